//! How far a marker reaches: its line, the next statement, the block around it. Decided by indentation
//! and brackets at the ends of lines, which is the same in every language.

use crate::source::{FileKind, LineIndex, SourceFile, Span};

/// Lines that are looked at between a marker and what it is about.
const MAX_GAP: usize = 30;
/// Lines of a block that are followed.
const MAX_BLOCK: usize = 2_000;

/// The lines of a file.
pub(super) struct Lines<'f> {
    file: &'f SourceFile,
    index: &'f LineIndex,
}

impl<'f> Lines<'f> {
    pub(super) fn new(file: &'f SourceFile, index: &'f LineIndex) -> Self {
        Self { file, index }
    }

    pub(super) fn whole(&self) -> Span {
        self.file.span()
    }

    pub(super) fn line(&self, number: usize) -> Span {
        let start = self.index.start(number).unwrap_or(self.file.text.len());
        Span::new(self.file.id, start, start + self.text(number).len())
    }

    /// The next line that is neither blank nor a comment.
    pub(super) fn next(&self, number: usize) -> Span {
        self.next_code(number).map_or_else(|| self.line(number), |next| self.line(next))
    }

    /// The marker's own line if code stands on it, else down to the end of what begins on the next one.
    pub(super) fn line_or_next(&self, number: usize, marker: Span) -> Span {
        let start = self.index.start(number).unwrap_or(0);
        let before = &self.file.text[start..(marker.start as usize).max(start)];
        let has_code = before.chars().any(char::is_alphanumeric);
        match self.next_code(number).filter(|_| !has_code) {
            Some(next) => self.line(number).to(self.line(self.block_end(next))),
            None => self.line(number),
        }
    }

    /// The block of top level around a line; in a Dockerfile the whole file, as checkov has it.
    pub(super) fn around(&self, number: usize) -> Span {
        if self.file.kind == FileKind::Dockerfile {
            return self.whole();
        }
        let is_top = |line: &usize| {
            let text = self.text(*line);
            text.ends_with(['{', ':', '(', '[']) && text.starts_with(|first: char| !first.is_whitespace())
        };
        match (number.saturating_sub(MAX_BLOCK).max(1)..=number).rev().find(is_top) {
            Some(top) => self.line(top).to(self.line(self.block_end(top).max(number))),
            None => self.whole(),
        }
    }

    /// The last line of what begins on a line: its continuations, or the block that it opens.
    fn block_end(&self, first: usize) -> usize {
        let text = self.text(first).trim_end();
        let last = self.index.count().min(first + MAX_BLOCK);
        if text.ends_with('\\') {
            return (first..=last)
                .find(|line| !self.text(*line).trim_end().ends_with('\\') && !is_comment(self.text(*line)))
                .unwrap_or(last);
        }
        if !text.ends_with(['{', '(', '[', ':']) {
            return first;
        }
        let indent = indent_of(text);
        let mut end = first;
        for line in first + 1..=last {
            let text = self.text(line);
            if text.trim().is_empty() || is_comment(text) {
                continue;
            }
            if indent_of(text) <= indent {
                let closes = text.trim_start().starts_with(['}', ')', ']'])
                    || (indent_of(text) == indent
                        && text.trim_start().starts_with("- ")
                        && !self.text(first).trim_start().starts_with("- "));
                if !closes {
                    return end;
                }
                end = line;
                // `} else {` and `}, {` go on; a list at its key's own indentation does too.
                if text.trim_start().starts_with(['}', ')', ']']) && !text.trim_end().ends_with(['{', '(', '[']) {
                    return line;
                }
                continue;
            }
            end = line;
        }
        end
    }

    fn next_code(&self, number: usize) -> Option<usize> {
        let last = self.index.count().min(number + MAX_GAP);
        (number + 1..=last).find(|line| !self.text(*line).trim().is_empty() && !is_comment(self.text(*line)))
    }

    fn text(&self, number: usize) -> &'f str {
        self.index.text(&self.file.text, number)
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "/*", "* ", "*/", "<!--", "--"].iter().any(|opener| line.starts_with(opener))
        && !line.starts_with("---")
        && !line.starts_with("#[")
}
