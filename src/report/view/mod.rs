//! What may be shown: secrets masked, controls escaped, long lines clipped. Every reporter asks here,
//! and none looks at a text itself: this is where a secret's bytes stop.

mod line;
mod mask;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::engine::Outcome;
use crate::finding::Finding;
use crate::source::{Encoding, FileId, Files, LineCol, LineIndex, Span, escape, is_plain};
pub use line::Line;
pub use mask::Masks;

/// Characters of one sentence that are shown at the most.
const MAX_SENTENCE: usize = 400;

/// Bytes of a snippet at the most.
const MAX_SNIPPET: usize = 200;

/// A view of the files of a scan.
pub struct View<'f> {
    files: &'f Files,
    masks: Masks,
    lines: RefCell<BTreeMap<FileId, Rc<LineIndex>>>,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("View")
    }
}

impl<'f> View<'f> {
    /// A view of these files that shows no byte of the secrets among `masks`.
    pub fn new(files: &'f Files, masks: Masks) -> Self {
        Self { files, masks, lines: RefCell::default() }
    }

    /// The view of a scan's outcome.
    pub fn of(outcome: &'f Outcome) -> Self {
        Self::new(&outcome.files, Masks::new(&outcome.secrets))
    }

    /// The path of the file of a span.
    pub fn path(&self, span: Span) -> &'f str {
        self.files.path(span.file)
    }

    /// A sentence as it may be shown: on one line, masked, escaped, and cut when it is very long.
    pub fn text(&self, text: &str) -> String {
        let masked = self.masks.text(text);
        let shown = escape(&masked);
        match shown.char_indices().nth(MAX_SENTENCE) {
            Some((cut, _)) => format!("{}…", &shown[..cut]),
            None => shown.into_owned(),
        }
    }

    /// Line and column of a span's first byte, in characters.
    pub fn start(&self, span: Span) -> LineCol {
        self.index(span.file).chars(self.raw(span.file), span.start as usize)
    }

    /// Line and column of the place after a span's last byte, in characters.
    pub fn end(&self, span: Span) -> LineCol {
        self.index(span.file).chars(self.raw(span.file), self.end_offset(span))
    }

    /// Both ends with columns in UTF-16 code units, as SARIF counts by default.
    pub fn utf16(&self, span: Span) -> (LineCol, LineCol) {
        let (text, index) = (self.raw(span.file), self.index(span.file));
        (index.utf16(text, span.start as usize), index.utf16(text, self.end_offset(span)))
    }

    /// Both ends with columns in bytes of UTF-8.
    pub fn bytes(&self, span: Span) -> (LineCol, LineCol) {
        let index = self.index(span.file);
        let at = |offset: usize| {
            let line = index.line(offset);
            LineCol { line, column: offset - index.start(line).unwrap_or(0) + 1 }
        };
        (at(span.start as usize), at(self.end_offset(span)))
    }

    /// The first line of a span alone: what is underlined, and what a reader looks at.
    pub fn first_line(&self, span: Span) -> Span {
        let index = self.index(span.file);
        let line = index.line(span.start as usize);
        let start = index.start(line).unwrap_or(0);
        let end = start + index.text(self.raw(span.file), line).len();
        Span::new(span.file, span.start as usize, (span.end as usize).min(end).max(span.start as usize))
    }

    /// A line as it may be shown, cut down to what stands around the `focus` when it is long.
    pub fn line(&self, file: FileId, number: usize, focus: &[Span]) -> Line {
        let text = self.raw(file);
        let index = self.index(file);
        let start = index.start(number).unwrap_or(text.len());
        let range = start..start + index.text(text, number).len();
        Line::new(text, range.clone(), focus, &self.masks.within(file, text, range))
    }

    /// How many lines the file of a span has.
    pub fn line_count(&self, span: Span) -> usize {
        self.index(span.file).count()
    }

    /// What stands at a span, if that is one short line that can be shown as it is or masked.
    pub fn snippet(&self, span: Span) -> Option<String> {
        let text = self.raw(span.file).get(span.range())?;
        if text.is_empty() || text.len() > MAX_SNIPPET || text.contains(['\n', '\r']) {
            return None;
        }
        let masks = self.masks.within(span.file, self.raw(span.file), span.range());
        if masks.is_empty() && !text.contains("##") && text.chars().all(|character| is_plain(character) || character == '\t') {
            return Some(text.to_owned());
        }
        Some(Line::new(self.raw(span.file), span.range(), &[span], &masks).text).filter(|_| !masks.is_empty())
    }

    /// What a finding's edits do: the lines that go and those that come, as they may be shown.
    pub fn repair(&self, finding: &Finding) -> Vec<String> {
        crate::repair::preview(finding, self.files).iter().map(|line| self.text(line)).collect()
    }

    /// A text that is put in a file, with the secrets masked that it takes from there.
    pub fn inserted(&self, text: &str) -> String {
        self.masks.text(text).into_owned()
    }

    /// How the bytes of a file became text, if its text is held.
    pub fn encoding(&self, file: FileId) -> Option<Encoding> {
        self.files.get(file).filter(|meta| meta.text().is_some()).map(|meta| meta.encoding)
    }

    /// The text of a file for a hash that is shown: guesses for a secret must not be testable against it, so
    /// that its tag stands in its place. Lines stay where they are.
    pub fn hashable(&self, file: FileId) -> Cow<'f, str> {
        let text = self.raw(file);
        let masks = self.masks.within(file, text, 0..text.len());
        if masks.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut out, mut rest) = (String::with_capacity(text.len()), 0);
        for (range, shown) in masks {
            let secret = &text[range.clone()];
            out.push_str(&text[rest..range.start]);
            out.push_str(&shown);
            out.push_str(&crate::secrets::tag(secret));
            out.extend(secret.chars().filter(|character| matches!(character, '\r' | '\n')));
            rest = range.end;
        }
        out.push_str(&text[rest..]);
        Cow::Owned(out)
    }

    /// A span never ends between the two bytes of a line break.
    fn end_offset(&self, span: Span) -> usize {
        let text = self.raw(span.file).as_bytes();
        let end = (span.end as usize).min(text.len());
        if end > 0 && text.get(end - 1) == Some(&b'\r') && text.get(end) == Some(&b'\n') { end - 1 } else { end }
    }

    pub(super) fn raw(&self, file: FileId) -> &'f str {
        self.files.whole(file).unwrap_or_default()
    }

    fn index(&self, file: FileId) -> Rc<LineIndex> {
        self.lines.borrow_mut().entry(file).or_insert_with(|| Rc::new(LineIndex::new(self.raw(file)))).clone()
    }
}
