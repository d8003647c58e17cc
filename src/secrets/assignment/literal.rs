//! How a literal is written: in quotes of any language, and bare where the format has bare words.

use std::ops::Range;

use crate::source::FileKind;

use super::{Cursor, Found, MAX_VALUE};

/// How far back the brace of a flow map is looked for: a line may be the whole file.
const MAX_LINE_HEAD: usize = 4096;

/// Constructors and functions that keep their argument as it is.
const KEEPING: &[&str] = &[
    "Some",
    "from",
    "new",
    "of",
    "Secret",
    "SecretString",
    "SecretStr",
    "String",
    "string",
    "QString",
    "QStringLiteral",
    "bytes",
    "str",
    "atob",
    "b64decode",
    "urlsafe_b64decode",
    "base64_decode",
    "decodeBase64",
    "FromBase64String",
    "decode64",
    "byte",
    "Bytes",
    "GetBytes",
    "Ok",
    "literal",
    "plaintext",
    "unsafeUnwrap",
    "unsafePlainText",
];

impl Cursor<'_> {
    /// A literal in quotes, after blanks, line breaks and a wrapper that keeps it: `Some("v")`.
    pub(super) fn quoted_at(&self, at: usize) -> Found {
        let mut at = self.space(at);
        for _ in 0..3 {
            at = self.space(at + self.wrapper(at));
        }
        let before_quote = at;
        while matches!(self.byte(at), b'b' | b'r' | b'f' | b'u' | b'L' | b'N' | b'@' | b'#' | b'&') && at < before_quote + 3 {
            at += 1;
        }
        let slashes = self.window(at, 3).iter().take_while(|byte| **byte == b'\\').count();
        at += slashes;
        let quote = self.byte(at);
        if !matches!(quote, b'"' | b'\'' | b'`') {
            return None;
        }
        let fence = if self.has(at, &[quote; 3]) { 3 } else { 1 };
        let start = at + fence;
        // `"\"v\""`: source code as a text.
        if slashes == 0 && self.byte(start) == b'\\' && matches!(self.byte(start + 1), b'"' | b'\'') {
            return self.quoted_at(start);
        }
        let end = self.closing(start, quote, slashes)?;
        Some((start..end, true))
    }

    /// Length of what keeps its argument as it is, with its parenthesis: `Some(`, `new Secret(`, `(`.
    fn wrapper(&self, at: usize) -> usize {
        let window = self.window(at, 48);
        let name = window.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_:.<>[] ".contains(byte)).count();
        if window.get(name) != Some(&b'(') {
            return 0;
        }
        let is_ident = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let start = window[..name].iter().rposition(|byte| !is_ident(byte)).map_or(0, |at| at + 1);
        let callee = std::str::from_utf8(&window[start..name]).unwrap_or_default();
        let is_constructor = window.starts_with(b"new ") && (callee.contains("Secret") || callee.contains("Key"));
        // `from_string(`, `GetBytes(`: see `KEEPING`; of code alone, a text may go on with `(`.
        if (name == 0 && self.kind.is_code()) || KEEPING.contains(&callee) || is_constructor { name + 1 } else { 0 }
    }

    /// Where a quoted text ends, whose quotes have `slashes` before them; `None` if it does not end in
    /// its line (a backtick may span lines).
    fn closing(&self, start: usize, quote: u8, slashes: usize) -> Option<usize> {
        let limit = (start + MAX_VALUE).min(self.text.len());
        let mut at = start;
        while at < limit {
            match self.byte(at) {
                b'\\' => {
                    let run = self.window(at, limit - at).iter().take_while(|byte| **byte == b'\\').count();
                    if slashes > 0 && run <= slashes && self.byte(at + run) == quote {
                        return Some(at);
                    }
                    at += run - usize::from(run % 2 == 0);
                }
                byte if byte == quote => return Some(at),
                b'\n' if quote != b'`' => return None,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// A quoted literal, or a bare one where the format has them.
    pub(super) fn literal(&self, at: usize, key: &Range<usize>) -> Found {
        let start = self.blanks(at);
        if self.has(start, b"{{") {
            return self.filtered(start + 2);
        }
        if let Some(found) = self.quoted_at(at) {
            // A quote on the next line belongs to the next thing where lines matter.
            let same_line = !self.text[at..found.0.start].contains(&b'\n');
            if same_line || self.kind.is_code() || self.kind == FileKind::Json {
                return Some(found);
            }
        }
        if self.in_string(key, at) {
            return self.until(start, b";&\"'`\\,<>)]}|").filter(|_| self.byte(start) != b'{');
        }
        if self.is_exported(key, at) {
            return self.until(start, b"\"'`;&|<>),");
        }
        // `"DB_PASSWORD=x /app/run"`, an environment as a list: a pair of its own in a configuration's text.
        if !self.kind.is_code()
            && self.is_quoted_key()
            && self.environment_style(key, at)
            && let Some(found) = self.digits(self.until(start, b"\"'`;&|<>),\\"))
        {
            return Some(found);
        }
        if self.kind.is_code() && self.is_option(key) {
            // A command within a program; help about an option goes on with words.
            return self.digits(self.until(start, b"\"'`;&|<>),"));
        }
        match self.kind {
            FileKind::Yaml => self.yaml(start),
            FileKind::Dotenv | FileKind::Ini => self.rest_of_line(start),
            FileKind::Prose if self.environment_style(key, at) => self.until(start, b"\"'`;,<>|)"),
            FileKind::Prose if self.is_last_word(at) => self.digits(self.until(start, b"\"'`;,<>|)")),
            FileKind::Toml | FileKind::Json | FileKind::Terraform | FileKind::Tfvars | FileKind::Hcl | FileKind::Prose => None,
            kind if kind.is_code() => self.in_expression(start),
            _ => self.until(start, b"\"'`;&|<>),"),
        }
    }

    /// `{{ 'v' | password_hash('sha512') }}`: a literal that a template works on.
    fn filtered(&self, at: usize) -> Found {
        let start = self.blanks(at);
        let quoted = matches!(self.byte(start), b'"' | b'\'').then(|| self.quoted_at(start)).flatten()?;
        (self.byte(self.blanks(quoted.0.end + 1)) == b'|').then_some(quoted)
    }

    /// `Server=x;Password=y`, `?token=x&…`: a key inside a longer string.
    fn in_string(&self, key: &Range<usize>, at: usize) -> bool {
        if at != key.end + 1 || self.byte(key.end) != b'=' {
            return self.text[key.start.saturating_sub(2)..key.start] == *b"; " && at == key.end + 1;
        }
        if matches!(self.before, b';' | b'?' | b'&') || self.text[key.start.saturating_sub(2)..key.start] == *b"; " {
            return true;
        }
        // `host:6379,password=x` of .NET's driver for Redis.
        if self.before == b',' {
            let line = self.line_before(key.start - 1, 32);
            let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            return digits >= 4 && line[..line.len() - digits].ends_with(b":");
        }
        if !self.kind.is_code() || !matches!(self.before, b' ' | b'"' | b'\'') {
            return false;
        }
        // `host=db user=a password=x`: another pair of libpq stands beside it.
        let beside = &self.text[key.start.saturating_sub(120)..(key.end + 160).min(self.text.len())];
        let libpq = [b"host=".as_slice(), b"user=", b"dbname="].iter().any(|pair| memchr::memmem::find(beside, pair).is_some());
        // `"password=hunter2"`: a pair of its own, told from `"password=" + password` by its value.
        let alone = || self.before != b' ' && self.digits(self.until(at, b"\"'`\\")).is_some();
        libpq || alone()
    }

    /// `export DB_PASSWORD=x`: a script within a document or a program, such as the user data of a machine.
    fn is_exported(&self, key: &Range<usize>, at: usize) -> bool {
        self.environment_style(key, at) && self.starts_export(key.start)
    }

    /// Whether `export` stands before a place, where a command begins: alone in its line, in a line of a text
    /// with `\n` in it, at the beginning of such a text, or after another command.
    fn starts_export(&self, at: usize) -> bool {
        let line = self.line_before(at, 64).trim_ascii();
        let Some(before) = line.strip_suffix(b"export") else { return false };
        before.ends_with(b"\\n") || matches!(before.trim_ascii_end().last(), None | Some(b'"' | b'\'' | b'`' | b';' | b'&' | b'|' | b'('))
    }

    /// `DB_PASSWORD=x` in running text, as in a shell.
    fn environment_style(&self, key: &Range<usize>, at: usize) -> bool {
        at == key.end + 1 && self.text[key.clone()].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    }

    /// What was found, if it has a digit: words do not.
    pub(super) fn digits(&self, found: Found) -> Found {
        found.filter(|(value, _)| self.text[value.clone()].iter().any(u8::is_ascii_digit))
    }

    pub(super) fn until(&self, start: usize, stops: &[u8]) -> Found {
        let rest = self.text.get(start..)?;
        let length = rest.iter().take(MAX_VALUE).take_while(|byte| !byte.is_ascii_whitespace() && !stops.contains(byte)).count();
        Some((start..start + length, false))
    }

    pub(super) fn rest_of_line(&self, start: usize) -> Found {
        let rest = self.text.get(start..)?;
        let line = &rest[..memchr::memchr(b'\n', &rest[..rest.len().min(MAX_VALUE)]).unwrap_or(rest.len().min(MAX_VALUE))];
        let comment = line.windows(2).position(|pair| pair[0].is_ascii_whitespace() && matches!(pair[1], b'#' | b';'));
        let line = line[..comment.unwrap_or(line.len())].trim_ascii_end();
        Some((start..start + line.len(), false))
    }

    /// A plain scalar of YAML, or the first line of a block scalar.
    fn yaml(&self, start: usize) -> Found {
        match self.byte(start) {
            b'|' | b'>' => {
                let line_end = memchr::memchr(b'\n', self.text.get(start..(start + 8).min(self.text.len()))?)? + start;
                self.rest_of_line(self.blanks(line_end + 1))
            }
            // `!!str v`, `&anchor v`
            b'&' | b'!' if self.byte(start) == b'&' || self.has(start, b"!!") => {
                let (mark, _) = self.until(start, b"")?;
                let after = self.blanks(mark.end);
                (after > mark.end && !matches!(self.byte(after), b'&' | b'!')).then(|| self.yaml(after)).flatten()
            }
            b'&' | b'*' | b'!' | b'{' | b'[' | b'\n' | b'\r' | b'#' => None,
            quote @ (b'"' | b'\'') => {
                let end = self.closing(start + 1, quote, 0);
                end.map(|end| (start + 1..end, true)).or_else(|| self.rest_of_line(start))
            }
            _ => {
                let (value, _) = self.rest_of_line(start)?;
                // In a flow map the next entry or the brace ends it.
                let flow = self.line_before(start, MAX_LINE_HEAD).contains(&b'{');
                // `"password": password,` is a program within the document.
                if !flow && self.text[value.clone()].ends_with(b",") {
                    return None;
                }
                let stop = self.text[value.clone()].iter().position(|byte| flow && matches!(byte, b',' | b'}'));
                let end = stop.map_or(value.end, |stop| value.start + stop);
                let blanks = self.text[value.start..end].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
                Some((value.start..end - blanks, false))
            }
        }
    }

    /// The text of an XML element, whole or in CDATA.
    pub(super) fn element(&self, at: usize) -> Found {
        let start = self.space(at);
        let start = if self.has(start, b"<value>") { self.space(start + 7) } else { start };
        let start = if self.has(start, b"<![CDATA[") { start + 9 } else { start };
        let rest = self.window(start, MAX_VALUE);
        let end = rest.iter().position(|byte| matches!(byte, b'<' | b']' | b'\n'))?;
        // Without its end tag, `<password>` stands for a password.
        if !rest[end..].starts_with(b"</") && !rest[end..].starts_with(b"]]") {
            return None;
        }
        Some((start..start + rest[..end].trim_ascii_end().len(), true))
    }

    /// `<password encoding="base64">v</password>`; `at` is after the name.
    pub(super) fn element_with_attributes(&self, at: usize) -> Found {
        let window = self.window(at, 160);
        let end = window.iter().position(|byte| matches!(byte, b'<' | b'>' | b'\n'))?;
        if window[end] == b'>' && end > 0 && window[end - 1] != b'/' { self.element(at + end + 1) } else { None }
    }
}
