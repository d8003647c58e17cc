//! What people write about their passwords, in notes, documentation, comments and markup: `the root
//! password is v`, `**Password:** v`, `| Password | v |`, `"v" as the password`.

use std::ops::Range;

use crate::source::FileKind;

use super::super::words::WORDS;
use super::super::{context, randomness};
use super::{Cursor, Found};

/// Bytes of a sentence that are looked at.
const MAX_SENTENCE: usize = 120;
/// Bytes between a key and what leads to its value at the most: `(for the user admin)`.
const MAX_BETWEEN: usize = 32;
/// What leads from a key to its value.
const LEADS: &[&[u8]] = &[
    b": ",
    b" = ",
    b" is ",
    b" is: ",
    b" is now ",
    b" will be ",
    b" set to ",
    b" changed to ",
    b" reset to ",
    b" | ",
    b":\t",
    b" : ",
    b":** ",
    b":* ",
    b":__ ",
];
/// What stands around a value to set it off.
const MARKS: &[&[u8]] = &[b"`", b"**", b"\"", b"'", b"<b>", b"<code>", b"<strong>", b"<td>"];

impl Cursor<'_> {
    /// The value that a sentence gives to the key in it.
    pub(super) fn stated(&self, key: &Range<usize>) -> Found {
        let is_sentence = matches!(self.kind, FileKind::Prose | FileKind::Text) || context::is_comment(self.text, self.kind, key.start);
        if !is_sentence || self.is_part_of_word(key) {
            return None;
        }
        if let Some(found) = self.named_after(key) {
            return Some(found);
        }
        let rest = self.window(key.end, MAX_SENTENCE);
        let rest = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        // What closes the key's own marks: `**Password:**`, `"password"`.
        let lead = LEADS
            .iter()
            .filter_map(|lead| Some((find(rest, lead).filter(|at| *at <= MAX_BETWEEN)?, lead.len())))
            .min()
            .or_else(|| find(rest, b"</").and(find(rest, b">")).filter(|at| *at <= MAX_BETWEEN).map(|at| (at, 1)));
        let (at, marked) = match lead {
            Some((at, length)) if is_between(&rest[..at]) => self.after_marks(key.end + at + length),
            // `with password v`, at the end of the line.
            _ if rest.first() == Some(&b' ') => self.after_marks(key.end + 1),
            _ => return None,
        };
        let (value, _) = self.until(at, b"`*\"'<|,;)")?;
        let value = value.start..value.end - self.text[value].iter().rev().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
        let after = self.window(self.blanks(value.end), 1);
        let ends =
            marked || after.is_empty() || matches!(after, [b'\n' | b'\r' | b'.' | b'!' | b',' | b';' | b')' | b'|' | b'<' | b'*', ..]);
        // A text in quotes is read as an assignment is.
        (ends && self.is_drawn(&value)).then_some((value, true))
    }

    /// `use "v" as the password`
    fn named_after(&self, key: &Range<usize>) -> Found {
        let line = self.line_before(key.start, MAX_SENTENCE).trim_ascii_end();
        let head = [b" as the".as_slice(), b" as", b" as a", b" as admin", b" as root", b" as your"]
            .iter()
            .find_map(|words| line.strip_suffix(*words))?;
        let (quote, inner) = head.split_last()?;
        if !matches!(quote, b'"' | b'\'' | b'`') {
            return None;
        }
        let line_start = key.start - self.line_before(key.start, MAX_SENTENCE).len();
        let start = memchr::memrchr(*quote, inner)? + 1;
        let value = line_start + start..line_start + inner.len();
        self.is_drawn(&value).then_some((value, true))
    }

    /// Whether a key is a part of a name, a path or an address: `--password`, `/password`, `password.md`.
    fn is_part_of_word(&self, key: &Range<usize>) -> bool {
        let joins = |byte: u8| matches!(byte, b'-' | b'/' | b'.' | b'$' | b'<' | b'@' | b'%' | b'{' | b'=' | b'&' | b'?');
        joins(self.before) || matches!(self.byte(key.end), b'/' | b'(' | b'>' | b'{' | b'[' | b'=')
    }

    /// Skips blanks and marks; also says whether there were marks.
    fn after_marks(&self, at: usize) -> (usize, bool) {
        let mut here = self.blanks(at);
        let start = here;
        while let Some(mark) = MARKS.iter().find(|mark| self.has(here, mark)) {
            here = self.blanks(here + mark.len());
        }
        (here, here > start)
    }

    /// Code between marks: ``Pass `Some(Duration::from_secs(60))` ``.
    pub(super) fn is_call(&self, value: &Range<usize>) -> bool {
        let value = &self.text[value.clone()];
        let name = value.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'!')).count();
        name > 0 && value.get(name) == Some(&b'(') && value.ends_with(b")")
    }

    /// A letter and two digits, or a digit and a capital: prose has words, and names of algorithms.
    fn is_drawn(&self, value: &Range<usize>) -> bool {
        let value = &self.text[value.clone()];
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        let capitals = value.iter().filter(|byte| byte.is_ascii_uppercase()).count();
        let signs = value.len() - digits - letters;
        let drawn = digits >= 2 || (digits == 1 && capitals + signs > 0) || randomness::looks_random(value);
        value.len() >= 6 && letters >= 3 && drawn && !value.contains(&b'(') && !is_algorithm(value)
    }
}

/// `SHA-256`, `TLS1.3`, `PBKDF2WithHmacSHA256`.
fn is_algorithm(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (stem, rest) = value.split_at(letters);
    let is_known = std::str::from_utf8(&stem.to_ascii_lowercase()).is_ok_and(|stem| WORDS.algorithms.contains(stem));
    is_known && (!rest.iter().any(u8::is_ascii_alphabetic) || find(rest, b"ith").is_some())
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

/// Words, marks and a name in brackets, and no sign that ends a clause.
fn is_between(text: &[u8]) -> bool {
    text.iter().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'*' | b'_' | b'`' | b'"' | b'\'' | b'(' | b')' | b'@' | b'-' | b'/')
    }) && text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count() <= 4
}
