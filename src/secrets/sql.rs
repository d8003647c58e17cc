//! Rows that an `INSERT INTO` writes: each literal with the column that it goes to.

use std::ops::Range;

/// Bytes of a statement that are looked at.
const MAX_STATEMENT: usize = 64 * 1024;
/// Columns of a table at the most.
const MAX_COLUMNS: usize = 128;

/// A column's name, if the statement has them, and a value in it.
type Cell = (Option<Range<usize>>, Range<usize>);

/// The quoted values of the statement whose table's name begins at `at`, each with its column's name if
/// the statement has them.
pub(super) fn inserted(text: &[u8], at: usize) -> Vec<Cell> {
    let end = (at + MAX_STATEMENT).min(text.len());
    let mut reader = Reader { text: &text[..end], at };
    reader.statement().unwrap_or_default()
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> u8 {
        self.at += self.text[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn statement(&mut self) -> Option<Vec<Cell>> {
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.`\"[]$-".contains(byte);
        self.at += self.text[self.at..].iter().take_while(is_name).count();
        let mut columns = Vec::new();
        if self.peek() == b'(' {
            let length = memchr::memchr(b')', &self.text[self.at..])?;
            let mut start = self.at + 1;
            for name in self.text[start..self.at + length].split(|byte| *byte == b',').take(MAX_COLUMNS) {
                let is_quote = |byte: &&u8| byte.is_ascii_whitespace() || b"`\"'[]\\".contains(byte);
                let lead = name.iter().take_while(is_quote).count();
                let tail = name[lead..].iter().rev().take_while(is_quote).count();
                columns.push(start + lead..start + name.len() - tail);
                start += name.len() + 1;
            }
            self.at += length + 1;
        }
        self.peek();
        let word = self.text.get(self.at..self.at + b"VALUES".len())?;
        if !word.eq_ignore_ascii_case(b"VALUES") {
            return None;
        }
        self.at += word.len();
        let mut found = Vec::new();
        while self.peek() == b'(' {
            self.at += 1;
            self.row(&columns, &mut found)?;
            if self.peek() != b',' {
                break;
            }
            self.at += 1;
        }
        Some(found)
    }

    /// One row after its parenthesis.
    fn row(&mut self, columns: &[Range<usize>], found: &mut Vec<Cell>) -> Option<()> {
        let (mut index, mut depth) = (0, 0);
        loop {
            match self.peek() {
                0 => return None,
                b'\'' => {
                    let value = self.quoted()?;
                    // `crypt('x', …)` makes of the text what is stored.
                    if depth == 0 {
                        found.push((columns.get(index).cloned(), value));
                    }
                    continue;
                }
                b'(' => depth += 1,
                b')' if depth == 0 => {
                    self.at += 1;
                    return Some(());
                }
                b')' => depth -= 1,
                b',' if depth == 0 => index += 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// A text in single quotes, in which a quote is doubled or escaped.
    fn quoted(&mut self) -> Option<Range<usize>> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            match self.text.get(at)? {
                b'\\' => at += 1,
                b'\'' if self.text.get(at + 1) == Some(&b'\'') => at += 1,
                b'\'' => break,
                _ => {}
            }
            at += 1;
        }
        self.at = at + 1;
        Some(start..at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_find_their_columns() {
        let text = "INSERT INTO `users` (id, `password`) VALUES (1, 'it''s'), (f('a', 2), 'b');";
        let found: Vec<(&str, &str)> =
            inserted(text.as_bytes(), 12).into_iter().map(|(column, value)| (&text[column.unwrap()], &text[value])).collect();
        assert_eq!(found, [("password", "it''s"), ("password", "b")]);
        assert_eq!(inserted(b"INSERT INTO t SELECT 'a'", 12), []);
        assert_eq!(inserted(b"INSERT INTO t VALUES ('a", 12), []);
    }
}
