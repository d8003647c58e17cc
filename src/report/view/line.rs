//! One line of a file as it may be shown, with the way from offsets of the file to offsets of what is
//! shown.

use std::ops::Range;

use super::mask::Mask;
use crate::source::{Span, floor, is_log_command, is_plain};

/// Characters of a line that are shown whole.
const MAX_LINE: usize = 180;
/// Bytes before and after a focus that are shown of a longer line.
const BEFORE: usize = 50;
const AFTER: usize = 50;
/// Bytes of one focus that are shown.
const MAX_FOCUS: usize = 100;
/// Windows of one line that are shown.
const MAX_WINDOWS: usize = 4;

/// A line, masked, escaped and clipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is shown.
    pub text: String,
    /// Runs: where one begins in the file and in `text`, and whether it is shown byte for byte.
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    from: usize,
    to: usize,
    verbatim: bool,
}

impl Line {
    pub(super) fn new(text: &str, range: Range<usize>, focus: &[Span], masks: &[Mask]) -> Self {
        let mut line = Self { text: String::new(), runs: Vec::new() };
        let mut at = range.start;
        for window in windows(text, &range, focus) {
            if window.start > at {
                line.replace(at, "…");
            }
            // A mask that a window would cut is shown whole.
            let mut next = window.start.max(at);
            for (masked, shown) in masks.iter().filter(|(masked, _)| masked.start < window.end && masked.end > window.start) {
                line.keep(text, next..masked.start.max(next));
                if masked.end > next {
                    line.replace(masked.start, shown);
                }
                next = next.max(masked.end);
            }
            line.keep(text, next..window.end.max(next));
            at = next.max(window.end);
        }
        if at < range.end {
            line.replace(at, "…");
        }
        line.runs.push(Run { from: range.end, to: line.text.len(), verbatim: false });
        line
    }

    /// Where an offset of the file stands in what is shown; inside a mask, at its beginning.
    pub fn offset(&self, offset: usize) -> usize {
        let at = self.runs.partition_point(|run| run.from <= offset);
        let Some(run) = at.checked_sub(1).map(|at| self.runs[at]) else { return 0 };
        let end = self.runs.get(at).map_or(self.text.len(), |next| next.to);
        if run.verbatim { (run.to + offset - run.from).min(end) } else { run.to }
    }

    /// What is shown of a range of the file, as a range of the text; at least one character wide where
    /// there is one.
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.offset(range.start);
        // The end is where the last byte's run ends, so that a range that ends in a mask covers it.
        let last = self.runs.partition_point(|run| run.from < range.end);
        let end = match last.checked_sub(1).map(|at| self.runs[at]) {
            Some(run) if !run.verbatim => self.runs.get(last).map_or(self.text.len(), |next| next.to),
            _ => self.offset(range.end),
        };
        start..end.max(start)
    }

    /// Whether the line begins at or before an offset of the file.
    pub fn begins_by(&self, offset: usize) -> bool {
        self.runs.first().is_some_and(|run| run.from <= offset)
    }

    fn keep(&mut self, text: &str, range: Range<usize>) {
        let mut fresh = true;
        for (at, character) in text[range.clone()].char_indices() {
            let command = character == '#' && is_log_command(&text[range.start + at..]);
            if (is_plain(character) && !command) || character == '\t' {
                if fresh {
                    self.runs.push(Run { from: range.start + at, to: self.text.len(), verbatim: true });
                    fresh = false;
                }
                self.text.push(character);
            } else {
                let escaped = if command { character.escape_unicode().to_string() } else { character.escape_default().to_string() };
                self.replace(range.start + at, &escaped);
                fresh = true;
            }
        }
    }

    fn replace(&mut self, from: usize, shown: &str) {
        self.runs.push(Run { from, to: self.text.len(), verbatim: false });
        self.text.push_str(shown);
    }
}

/// The parts of a line that are shown: all of a short one, else what stands around each focus.
fn windows(text: &str, range: &Range<usize>, focus: &[Span]) -> Vec<Range<usize>> {
    if text[range.clone()].chars().nth(MAX_LINE).is_none() {
        return vec![range.clone()];
    }
    let mut wanted: Vec<Range<usize>> = focus
        .iter()
        .map(|span| span.range())
        .filter(|place| place.start <= range.end && place.end >= range.start)
        .map(|place| {
            let start = place.start.max(range.start);
            start.saturating_sub(BEFORE)..(place.end.min(start + MAX_FOCUS) + AFTER)
        })
        .take(MAX_WINDOWS)
        .collect();
    if wanted.is_empty() {
        wanted.push(range.start..range.start + MAX_LINE);
    }
    wanted.sort_by_key(|window| window.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for window in wanted {
        let window = floor(text, window.start.clamp(range.start, range.end))..floor(text, window.end.clamp(range.start, range.end));
        match merged.last_mut() {
            Some(last) if window.start <= last.end + 8 => last.end = last.end.max(window.end),
            _ => merged.push(window),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn a_line_is_clipped_around_its_focus_and_offsets_follow() {
        let text = format!("{}NEEDLE{}", "a".repeat(5000), "é".repeat(5000));
        let focus = Span::new(FileId(0), 5000, 5006);
        let line = Line::new(&text, 0..text.len(), &[focus], &[]);
        assert!(line.text.chars().count() < 200 && line.text.starts_with('…') && line.text.ends_with('…'));
        assert_eq!(&line.text[line.range(focus.range())], "NEEDLE");
    }

    #[test]
    fn masks_and_escapes_keep_labels_in_place() {
        let text = "a\u{1b}b = secret; c";
        let line = Line::new(text, 0..text.len(), &[], &[(6..12, "****".to_owned())]);
        assert_eq!(line.text, "a\\u{1b}b = ****; c");
        assert_eq!(&line.text[line.range(6..12)], "****");
        assert_eq!(&line.text[line.range(7..9)], "****");
        assert_eq!(&line.text[line.range(14..15)], "c");
        assert_eq!(&line.text[line.range(2..3)], "b");
    }

    #[test]
    fn a_mask_at_the_edge_of_a_window_is_shown_whole() {
        let text = "x".repeat(1000);
        let line = Line::new(&text, 0..1000, &[Span::new(FileId(0), 500, 501)], &[(540..700, "****".to_owned())]);
        assert!(line.text.ends_with("x****…"), "{}", line.text);
    }
}
