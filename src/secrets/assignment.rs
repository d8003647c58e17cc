//! Finds what a key is assigned, starting from a word inside the key: `key = value`, `"key": "value"`,
//! `export K=V`, `--password V`, comparisons, setters, and, in files of their own, what stands between
//! key and value ([`operator`]), how a literal is written ([`literal`]), keys that stand after their
//! value or beside it ([`pair`]), and what people write about their passwords ([`prose`]).
//!
//! Works on the bytes around one hit and looks at a bounded window only, so that a minified line of
//! a megabyte costs no more than a short one.

mod literal;
mod operator;
mod pair;
mod prose;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::source::FileKind;

/// A key with the literal that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The key's bytes.
    pub(super) key: Range<usize>,
    /// The value's bytes, without quotes.
    pub(super) value: Range<usize>,
    /// Whether quotes stood around the value.
    pub(super) quoted: bool,
}

/// The value's bytes, and whether quotes stood around it.
type Found = Option<(Range<usize>, bool)>;

/// Bytes of a key at the most.
const MAX_KEY: usize = 128;
/// Bytes of a value at the most: longer ones are key material, which `armour` reads.
const MAX_VALUE: usize = 2048;
/// Bytes between a key and its value at the most.
const MAX_GAP: usize = 80;

/// Methods that compare what they are called on with their argument.
const COMPARISONS: &[&[u8]] =
    &[b"equals", b"equalsIgnoreCase", b"contentEquals", b"compareTo", b"isEqual", b"eql", b"Equals", b"eq", b"CompareTo"];

/// The key that a hit lies in.
pub(super) fn key_around(text: &[u8], hit: &Range<usize>) -> Range<usize> {
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let floor = hit.start.saturating_sub(MAX_KEY);
    let start = (floor..hit.start).rev().find(|at| !is_key(text[*at])).map_or(floor, |at| at + 1);
    let ceiling = (hit.end + MAX_KEY).min(text.len());
    let end = (hit.end..ceiling).find(|at| !is_key(text[*at])).unwrap_or(ceiling);
    let trimmed = |byte: &u8| matches!(byte, b'-' | b'.');
    let lead = text[start..end].iter().take_while(|byte| trimmed(byte)).count();
    let tail = text[start..end].iter().rev().take_while(|byte| trimmed(byte)).count();
    // `-Ddb.password=x` of Java.
    let lead = lead + usize::from(lead == 1 && text[start..end].starts_with(b"-D") && start + 2 < hit.end);
    // `password.equals(…)`: what is called on the key is no part of it.
    let call = memchr::memrchr(b'.', &text[hit.end..end]).map(|dot| hit.end + dot);
    if let Some(dot) = call.filter(|dot| matches!(text.get(end), Some(b'(' | b'?')) && COMPARISONS.contains(&&text[dot + 1..end])) {
        return (start + lead).min(hit.start)..dot;
    }
    // `NAME-` of `NAME->x` and `key.` of `key.method` lose their tail; a hit is never cut.
    (start + lead).min(hit.start)..(end - tail).max(hit.end)
}

/// What the key at `key` is assigned.
pub(super) fn read(text: &[u8], key: Range<usize>, kind: FileKind) -> Option<Assignment> {
    let cursor = Cursor { text, kind, before: byte_before(text, key.start) };
    let (value, quoted) = cursor.value_of(&key)?;
    let value = cursor.fallback_within(&value).unwrap_or(value);
    (!value.is_empty() && value.len() <= MAX_VALUE).then_some(Assignment { key, value, quoted })
}

/// The literal that begins at `at` and is all of an argument: nothing is joined to it.
pub(super) fn literal_at(text: &[u8], at: usize, kind: FileKind) -> Option<Range<usize>> {
    let cursor = Cursor { text, kind, before: b'\n' };
    let (value, _) = cursor.quoted_at(at)?;
    let next = cursor.space(value.end + 1);
    let joined = matches!(cursor.byte(next), b'+' | b'%') || cursor.has(next, b". ");
    (!joined && !value.is_empty()).then_some(value)
}

/// The byte before a key; of the option `"--password"` the quote before its dashes.
fn byte_before(text: &[u8], at: usize) -> u8 {
    let before = &text[..at];
    let bare = before.strip_suffix(b"--").or_else(|| before.strip_suffix(b"-")).unwrap_or(before);
    let is_quote = |byte: &&u8| matches!(byte, b'"' | b'\'' | b'`');
    bare.last().filter(is_quote).or(before.last()).copied().unwrap_or(b'\n')
}

/// The text with what stands before the key.
struct Cursor<'t> {
    text: &'t [u8],
    kind: FileKind,
    /// The byte before the key.
    before: u8,
}

impl Cursor<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b'\n')
    }

    fn has(&self, at: usize, word: &[u8]) -> bool {
        self.text.get(at..).is_some_and(|rest| rest.starts_with(word))
    }

    /// At most `length` bytes from `at` on.
    fn window(&self, at: usize, length: usize) -> &[u8] {
        &self.text[at.min(self.text.len())..(at + length).min(self.text.len())]
    }

    /// At most `length` bytes before `at`, of its own line alone.
    fn line_before(&self, at: usize, length: usize) -> &[u8] {
        let before = &self.text[at.saturating_sub(length)..at];
        &before[memchr::memrchr(b'\n', before).map_or(0, |found| found + 1)..]
    }

    /// Skips blanks, not line breaks.
    fn blanks(&self, at: usize) -> usize {
        at + self.text[at.min(self.text.len())..].iter().take(MAX_GAP).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// Skips blanks and at most two line breaks.
    fn space(&self, at: usize) -> usize {
        let (mut at, mut breaks) = (at, 0);
        while at < self.text.len() && self.byte(at).is_ascii_whitespace() && breaks <= 2 {
            breaks += usize::from(self.byte(at) == b'\n');
            at += 1;
        }
        at
    }

    /// Skips the backslashes of a text within a text, and the quote after them.
    fn quote(&self, at: usize) -> usize {
        let slashes = self.window(at, 3).iter().take_while(|byte| **byte == b'\\').count();
        if matches!(self.byte(at + slashes), b'"' | b'\'' | b'`') { at + slashes + 1 } else { at }
    }

    /// The last byte before the key that is neither blank nor quote.
    fn leads(&self, key: &Range<usize>) -> u8 {
        let skip = |byte: &&u8| !matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'`');
        self.text[..key.start].iter().rev().take(MAX_GAP).find(skip).copied().unwrap_or(b'\n')
    }

    fn is_quoted_key(&self) -> bool {
        matches!(self.before, b'"' | b'\'' | b'`')
    }

    fn value_of(&self, key: &Range<usize>) -> Found {
        let (value, quoted) = self.assigned(key).filter(|(value, _)| !value.is_empty()).or_else(|| self.stated(key))?;
        // `"…, password=" + password`: what looks like an opening quote closes the text before.
        let last = self.byte(value.end.saturating_sub(1));
        let closes = quoted
            && self.kind.is_code()
            && match self.byte(value.start) {
                b' ' | b',' | b')' | b';' | b']' => true,
                // `"…, password="+password+"…"`
                b'+' => matches!(last, b'+' | b' ' | b'(' | b','),
                _ => false,
            };
        (!closes).then_some((value, quoted))
    }

    fn assigned(&self, key: &Range<usize>) -> Found {
        if let Some(found) = self.pair(key).or_else(|| self.value_first(key)) {
            return Some(found);
        }
        if self.text[..key.start].ends_with(b"${") {
            return self.expansion(key);
        }
        let is_quoted = self.is_quoted_key();
        // `configuration["Jwt:Key"]`
        let ends_quoted = is_quoted || (self.before == b':' && self.kind.is_code());
        let closed = if ends_quoted { self.quote(key.end) } else { key.end };
        let at = self.closers(closed);
        let gap = self.blanks(at);
        // `'pass' or 'fail'` lists two words: what can be missing is a variable.
        if let Some(found) = self.fallback(gap).filter(|_| at != closed || !is_quoted) {
            return Some(found);
        }
        // `arn:aws:secretsmanager:…:secret:name`, `/run/secrets:/data`: parts of a longer name.
        let in_name = self.before == b':' && self.byte(at) == b':' && !self.line_before(key.start - 1, MAX_GAP).trim_ascii().is_empty();
        // `!PSK:!RC4` of a list of ciphers
        if matches!(self.before, b'/' | b'!') || in_name {
            return None;
        }
        // `show ? 'password' : 'text'` assigns nothing, `url?password=x` does.
        if self.kind.is_code() && self.before != b'?' && self.leads(key) == b'?' {
            return None;
        }
        if at != closed && !matches!(self.byte(gap), b'=' | b'!') {
            // `ENV.fetch("KEY") { "v" }`
            let is_fetch = self.byte(gap) == b'{' && self.line_before(key.start, 16).ends_with(b"fetch(\"");
            return if is_fetch { self.quoted_at(gap + 1) } else { self.compared_at_end(gap).filter(|_| is_quoted) };
        }
        let rest = self.window(gap, 4);
        match rest {
            [b'=' | b'!', b'=', b'=', ..] => self.quoted_at(gap + 3),
            [b'!', b'=', ..] => self.quoted_at(gap + 2),
            [b'=', b'=' | b'>', ..] | [b':' | b'?' | b'+', b'=', ..] => self.literal(gap + 2, key),
            [b'=', ..] => self.literal(gap + 1, key),
            [b'%', b'3', b'D' | b'd', ..] => self.until(gap + 3, b"%&\"'`;,<>()"),
            [b'<', b'-', ..] if self.kind.is_code() => self.quoted_at(gap + 2),
            // `"key" to "v"` of Kotlin, `key -> "v"` of Scala.
            [b't', b'o', b' ', ..] if is_quoted && self.kind.is_code() => self.quoted_at(gap + 3),
            [b'-', b'>', ..] if gap > at && self.kind.is_code() => self.quoted_at(gap + 2),
            [b':', b':', ..] | [b'-', ..] => None,
            [b':', ..] if self.byte(self.space(gap + 1)) == b'{' => {
                self.member(self.space(gap + 1)).or_else(|| self.parameter(key, gap + 1))
            }
            [b':', ..] if self.kind == FileKind::Yaml && self.byte(self.blanks(gap + 1)) == b'\n' => {
                self.parameter(key, gap + 1).or_else(|| self.typed(gap + 1)).or_else(|| self.literal(gap + 1, key))
            }
            [b':', ..] => self.typed(gap + 1).or_else(|| self.literal(gap + 1, key)),
            [b',', ..] => self.argument(key, gap + 1),
            [b'.', ..] => self.compared(gap + 1),
            [b'(', b')', ..] if !is_quoted && self.kind.is_code() => self.returned(gap + 2),
            [b'(', ..] if !is_quoted && gap == at => self.quoted_at(gap + 1),
            [b'\'', ..] if gap > at && self.is_sql_user(key) => self.quoted_at(gap),
            // `std::string token{"v"}`
            [b'{', b'"', ..] if gap == at && !is_quoted && self.kind == FileKind::Code => self.quoted_at(gap + 1),
            [b'{', ..] => self.default(key, gap).or_else(|| self.property(gap)),
            [b'>', ..] if self.before == b'<' || self.before == b':' => self.element(gap + 1),
            [b'>', ..] if is_quoted && self.kind == FileKind::Xml => self.element(gap + 1),
            [b'<', b'/', ..] if self.before == b'>' && self.kind == FileKind::Xml => self.element_after(gap),
            _ if gap > at && matches!(self.before, b'<' | b':') && matches!(self.kind, FileKind::Xml | FileKind::Text) => {
                self.element_with_attributes(gap)
            }
            [b'`', ..] if gap > at && self.kind == FileKind::Prose => {
                self.digits(self.quoted_at(gap)).filter(|(value, _)| !self.is_call(value))
            }
            _ if gap > at && self.spaced(key) => self.literal(gap, key),
            // `param adminPassword string = 'v'` of Bicep.
            _ if gap > at && !is_quoted && (self.kind.is_code() || self.line_before(key.start, 16) == b"param ") => self.declared(key, gap),
            _ => None,
        }
    }

    /// Skips what closes the expression that a key is an index of, and the bounds of a C array:
    /// `form["password"]`, `char password[32]`.
    fn closers(&self, closed: usize) -> usize {
        let mut at = closed;
        while matches!(self.byte(at), b']' | b')' | b'?' | b'!') && !self.has(at, b"!=") && at < closed + 3 {
            at += 1;
        }
        if self.byte(at) == b'[' && self.kind.is_code() {
            let window = self.window(at + 1, 24);
            let bound = window.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            if window.get(bound) == Some(&b']') && self.byte(self.blanks(at + bound + 2)) == b'=' {
                return at + bound + 2;
            }
        }
        at
    }
}
