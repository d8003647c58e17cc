//! Rust's tokens, as far as can be told without a grammar: enough to see nesting, comments and where an item ends.

use std::ops::Range;

/// A token, as far as nesting and the cut into items ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Word,
    Literal,
    Punct(u8),
    Open,
    Close(u8),
}

/// Splits Rust text into tokens; comments and white space are left out. Never fails: a string that
/// is never closed reaches to the end.
pub(super) struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(0), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        self.at += memchr::memchr(b'\n', &self.bytes[self.at..]).unwrap_or(self.bytes.len() - self.at);
    }

    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => (depth, self.at) = (depth + 1, self.at + 2),
                (b'*', b'/') => {
                    (depth, self.at) = (depth - 1, self.at + 2);
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// From the opening quote to behind the closing one.
    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                byte if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// `r"…"`, `br#"…"#`; `at` stands behind the letters. Whether it was a raw string at all.
    fn skip_raw(&mut self) -> bool {
        let mut hashes = 0;
        while self.peek(hashes) == b'#' {
            hashes += 1;
        }
        if self.peek(hashes) != b'"' {
            return false;
        }
        self.at += hashes + 1;
        while self.at < self.bytes.len() {
            match memchr::memchr(b'"', &self.bytes[self.at..]) {
                Some(found) => self.at += found + 1,
                None => self.at = self.bytes.len(),
            }
            if self.bytes[self.at.min(self.bytes.len())..].iter().take(hashes).filter(|byte| **byte == b'#').count() == hashes {
                self.at = (self.at + hashes).min(self.bytes.len());
                break;
            }
        }
        true
    }

    /// `'a'` is a character, `'a` a lifetime.
    fn quote(&mut self) -> Token {
        let is_char = self.peek(1) == b'\\' || self.peek(2) == b'\'' || self.peek(1) >= 0x80;
        if is_char {
            self.skip_quoted(b'\'');
            return Token::Literal;
        }
        self.at += 1;
        self.skip_word();
        Token::Punct(b'\'')
    }

    fn skip_word(&mut self) {
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' || self.peek(0) >= 0x80 {
            self.at += 1;
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = (Token, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            let byte = *self.bytes.get(start)?;
            let token = match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    self.skip_space();
                    continue;
                }
                b'/' if self.peek(1) == b'/' => {
                    self.skip_line();
                    continue;
                }
                b'/' if self.peek(1) == b'*' => {
                    self.skip_comment();
                    continue;
                }
                b'"' => {
                    self.skip_quoted(b'"');
                    Token::Literal
                }
                b'\'' => self.quote(),
                b'(' | b'[' | b'{' => {
                    self.at += 1;
                    Token::Open
                }
                b')' | b']' | b'}' => {
                    self.at += 1;
                    Token::Close(byte)
                }
                b'0'..=b'9' => {
                    self.skip_word();
                    Token::Literal
                }
                _ if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                    self.skip_word();
                    let word = &self.bytes[start..self.at];
                    let raw = matches!(word, b"r" | b"br" | b"cr") && matches!(self.peek(0), b'"' | b'#') && self.skip_raw();
                    let plain = !raw && matches!(word, b"b" | b"c") && self.peek(0) == b'"';
                    if plain {
                        self.skip_quoted(b'"');
                    } else if !raw && word == b"b" && self.peek(0) == b'\'' {
                        self.skip_quoted(b'\'');
                    }
                    if raw || plain { Token::Literal } else { Token::Word }
                }
                _ => {
                    self.at += 1;
                    Token::Punct(byte)
                }
            };
            return Some((token, start..self.at));
        }
    }
}
