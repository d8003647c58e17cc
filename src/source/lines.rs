//! From byte offsets to the lines and columns that people and formats use.

/// A 1-based line and column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineCol {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in the unit asked for.
    pub column: usize,
}

/// Where each line of a text begins. LF, CRLF and a lone CR end a line, as editors have it.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    marks: Vec<Mark>,
}

/// How wide a long line is up to a place in it, so that a thousand places on one line don't count its
/// characters a thousand times.
#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: u32,
    chars: u32,
    units: u32,
}

/// Bytes between two marks; shorter lines have none.
const MARK: usize = 4096;

impl LineIndex {
    /// Reads the lines off `text`, once.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at as u32 + 1);
            }
        }
        let mut index = Self { starts, marks: Vec::new() };
        for line in 1..=index.count() {
            let (start, end) = (index.start(line).unwrap_or(0), index.start(line + 1).unwrap_or(text.len()));
            if end - start > MARK {
                index.mark(text, start, end);
            }
        }
        index
    }

    fn mark(&mut self, text: &str, start: usize, end: usize) {
        let (mut from, mut chars, mut units) = (start, 0, 0);
        while end - from > MARK {
            let to = floor(text, from + MARK);
            let passed = &text[from..to];
            chars += passed.chars().count() as u32;
            units += passed.encode_utf16().count() as u32;
            self.marks.push(Mark { offset: to as u32, chars, units });
            from = to;
        }
    }

    /// The 1-based line that holds byte `offset`.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= offset)
    }

    /// Number of lines; a text that ends with a line break has an empty last one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The first byte of a 1-based line; past the last line, `None`.
    pub fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).map(|start| *start as usize)
    }

    /// The text of a 1-based line without its line break.
    pub fn text<'t>(&self, text: &'t str, line: usize) -> &'t str {
        let Some(start) = self.start(line) else { return "" };
        let end = self.start(line + 1).unwrap_or(text.len());
        text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// Line and column of a byte offset, the column counted in Unicode scalar values.
    pub fn chars(&self, text: &str, offset: usize) -> LineCol {
        self.locate(text, offset, |mark| mark.chars, |after| after.chars().count())
    }

    /// Line and column of a byte offset, the column counted in UTF-16 code units.
    pub fn utf16(&self, text: &str, offset: usize) -> LineCol {
        self.locate(text, offset, |mark| mark.units, |after| after.encode_utf16().count())
    }

    fn locate(&self, text: &str, offset: usize, known: impl Fn(&Mark) -> u32, width: impl Fn(&str) -> usize) -> LineCol {
        let offset = floor(text, offset);
        let line = self.line(offset);
        let start = self.start(line).unwrap_or(0);
        let before = self.marks.partition_point(|mark| mark.offset as usize <= offset);
        let mark = before.checked_sub(1).map(|at| self.marks[at]).filter(|mark| mark.offset as usize > start);
        let (from, passed) = mark.map_or((start, 0), |mark| (mark.offset as usize, known(&mark) as usize));
        LineCol { line, column: passed + width(&text[from..offset]) + 1 }
    }
}

/// The nearest character boundary at or before an offset.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ending_counts_once() {
        let text = "a\r\nbé\rc\n\nd😀e";
        let lines = LineIndex::new(text);
        assert_eq!(lines.count(), 5);
        assert_eq!(lines.text(text, 2), "bé");
        assert_eq!(lines.chars(text, text.find('c').unwrap_or(0)), LineCol { line: 3, column: 1 });
        let after = text.find('e').unwrap_or(0);
        assert_eq!(lines.chars(text, after), LineCol { line: 5, column: 3 });
        assert_eq!(lines.utf16(text, after), LineCol { line: 5, column: 4 });
        assert_eq!(lines.text(text, 99), "");
    }

    #[test]
    fn columns_of_long_lines_are_those_of_short_ones() {
        let text = format!("a\n{}\nb", "é😀x".repeat(5000));
        let lines = LineIndex::new(&text);
        let line = lines.text(&text, 2);
        for (at, (offset, _)) in line.char_indices().enumerate() {
            let offset = offset + 2;
            assert_eq!(lines.chars(&text, offset), LineCol { line: 2, column: at + 1 });
            if at % 3 == 0 {
                assert_eq!(lines.utf16(&text, offset), LineCol { line: 2, column: at / 3 * 4 + 1 });
            }
        }
        assert_eq!(lines.chars(&text, text.len()), LineCol { line: 3, column: 2 });
    }
}
