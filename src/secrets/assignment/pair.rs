//! Keys that stand after their value or beside it: `name`/`value` pairs, `setObject:… forKey:…`,
//! `"v".equals(password)`.

use std::ops::Range;

use super::{Cursor, Found};

/// What leads from a value to a key that follows it.
const SELECTORS: &[&[u8]] = &[b"forKey:", b"forHTTPHeaderField:"];

impl Cursor<'_> {
    /// The literal before a key that its place says it belongs to.
    pub(super) fn value_first(&self, key: &Range<usize>) -> Found {
        let line = self.line_before(key.start, 400);
        if self.is_quoted_key() {
            let line = line[..line.len() - 1].trim_ascii_end();
            let head = line.strip_suffix(b"@").unwrap_or(line).trim_ascii_end();
            let head = SELECTORS.iter().find_map(|selector| head.strip_suffix(*selector))?.trim_ascii_end();
            return self.literal_ending(key.start, head.strip_suffix(b",").unwrap_or(head));
        }
        // `"v".equals(password)`, `'v' === $password`
        let head = line.strip_suffix(b"$").unwrap_or(line).trim_ascii_end();
        let head = [b".equals(".as_slice(), b"==="]
            .iter()
            .find_map(|operator| head.strip_suffix(*operator))
            .or_else(|| head.strip_suffix(b"=="))?;
        self.literal_ending(key.start, head.trim_ascii_end())
    }

    /// The literal that `head`, a part of the line before `end`, ends in.
    fn literal_ending(&self, end: usize, head: &[u8]) -> Found {
        let line_start = end - self.line_before(end, 400).len();
        let (quote, inner) = head.split_last()?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let start = memchr::memrchr(*quote, inner)? + 1;
        Some((line_start + start..line_start + inner.len(), true))
    }

    /// `"value": "v", "name": "KEY"`: the value of a pair that ends in its name; `head` ends in `name`.
    fn value_before(head: &[u8]) -> Option<Range<usize>> {
        let head = head.strip_suffix(b"name").or_else(|| head.strip_suffix(b"Name"))?;
        let end = head.strip_suffix(b"\"")?.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end().strip_suffix(b"\"")?.len();
        let start = memchr::memrchr(b'"', &head[..end])? + 1;
        let before = head[..start - 1].trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
        before.ends_with(b"\"value\"").then_some(start..end)
    }

    /// `<name>password</name><value>v</value>`; `at` is where the name's element closes.
    pub(super) fn element_after(&self, at: usize) -> Found {
        let end = at + memchr::memchr(b'>', self.window(at, 32))? + 1;
        let next = self.space(end);
        if [b"<value>".as_slice(), b"<string>", b"<param-value>"].iter().any(|name| self.has(next, name)) {
            self.element(next + self.window(next, 16).iter().position(|byte| *byte == b'>')? + 1)
        } else {
            None
        }
    }

    /// `name: KEY` with `value: v` beside or below it: Kubernetes, Compose, XML properties, Terraform.
    pub(super) fn pair(&self, key: &Range<usize>) -> Found {
        let head = self.text[..key.start].trim_ascii_end();
        let head = head.strip_suffix(b"\"").or_else(|| head.strip_suffix(b"'")).unwrap_or(head).trim_ascii_end();
        let head = head.strip_suffix(b":").or_else(|| head.strip_suffix(b"="))?.trim_ascii_end();
        let head = head.strip_suffix(b"\"").or_else(|| head.strip_suffix(b"'")).unwrap_or(head);
        if ![b"name".as_slice(), b"Name", b"key", b"Key", b"NAME", b"KEY"].iter().any(|name| head.ends_with(name)) {
            return None;
        }
        if let Some(found) = Self::value_before(head) {
            return Some((found, true));
        }
        let at = self.next_entry(key.end);
        let at = self.plain_type(at).unwrap_or(at);
        let word = [b"value".as_slice(), b"Value", b"VALUE", b"content"].into_iter().find(|word| self.has(at, word))?;
        self.literal(self.assigns(at + word.len())?, key)
    }

    /// Behind `Type: PLAINTEXT` (`CodeBuild`), which stands between a name and its value.
    fn plain_type(&self, at: usize) -> Option<usize> {
        let word = [b"type".as_slice(), b"Type"].into_iter().find(|word| self.has(at, word))?;
        let mut value = self.blanks(self.assigns(at + word.len())?);
        value += usize::from(matches!(self.byte(value), b'"' | b'\''));
        self.has(value, b"PLAINTEXT").then(|| self.next_entry(value + b"PLAINTEXT".len()))
    }

    /// Where the next key begins, after a value that ends at `at`.
    fn next_entry(&self, mut at: usize) -> usize {
        at += usize::from(matches!(self.byte(at), b'"' | b'\''));
        at = self.space(at);
        at += usize::from(matches!(self.byte(at), b',' | b';'));
        at = self.space(at);
        at + usize::from(matches!(self.byte(at), b'"' | b'\''))
    }

    /// Behind the `:` or `=` that follows a key which ends at `at`.
    fn assigns(&self, mut at: usize) -> Option<usize> {
        at += usize::from(matches!(self.byte(at), b'"' | b'\''));
        at = self.blanks(at);
        matches!(self.byte(at), b':' | b'=').then_some(at + 1)
    }
}
