//! From the lines and columns of `proc-macro2` to bytes.
//!
//! Its own `byte_range` keeps a map of every place that was asked for, which took a tenth of a scan; a line
//! and a column in characters are cheap to get, and lines of ASCII have as many bytes as characters.

use std::ops::Range;

use proc_macro2::{LineColumn, Span};

/// The lines of a text that was tokenised.
pub(super) struct Places<'t> {
    text: &'t str,
    /// Where each line begins, and whether all of it is ASCII.
    lines: Vec<(usize, bool)>,
}

impl<'t> Places<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len()));
        Self { text, lines: starts.zip(ends).map(|(start, end)| (start, text[start..end].is_ascii())).collect() }
    }

    /// The bytes of a token.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start());
        start..self.byte(span.end()).max(start)
    }

    fn byte(&self, LineColumn { line, column }: LineColumn) -> usize {
        match self.lines.get(line.saturating_sub(1)) {
            Some((start, true)) => start + column,
            Some((start, false)) => {
                let line = &self.text[*start..];
                start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
            }
            None => self.text.len(),
        }
    }
}
