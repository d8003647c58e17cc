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
}

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
        Self { starts }
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
        self.locate(text, offset, |before| before.chars().count())
    }

    /// Line and column of a byte offset, the column counted in UTF-16 code units.
    pub fn utf16(&self, text: &str, offset: usize) -> LineCol {
        self.locate(text, offset, |before| before.chars().map(char::len_utf16).sum())
    }

    fn locate(&self, text: &str, offset: usize, width: impl Fn(&str) -> usize) -> LineCol {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line(offset);
        let start = self.start(line).unwrap_or(0);
        LineCol { line, column: width(&text[start..offset]) + 1 }
    }
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
}
