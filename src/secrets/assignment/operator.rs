//! What stands between a key and its value beyond `=` and `:`: types, defaults, fallbacks of variables
//! that are not set, comparisons, arguments, and blanks alone.

use std::ops::Range;

use crate::source::FileKind;

use super::{Cursor, Found, MAX_VALUE};

/// Operators and methods whose right side stands in for a missing left side.
const FALLBACKS: &[&[u8]] = &[
    b"||",
    b"??",
    b"?:",
    b"or ",
    b".unwrap_or(",
    b".unwrap_or_else(",
    b".unwrap_or_default(",
    b".or_else(",
    b".orElse(",
    b".getOrElse(",
    b".ok().unwrap_or(",
];

impl Cursor<'_> {
    /// `${PASSWORD:-default}` has a literal, `${PASSWORD:?message}` has none; Spring writes `${password:default}`.
    pub(super) fn expansion(&self, key: &Range<usize>) -> Found {
        let operators: &[&[u8]] = if self.kind == FileKind::Shell { &[b":-", b":=", b"-"] } else { &[b":-", b":=", b"-", b":"] };
        let operator = operators.iter().find(|operator| self.has(key.end, operator))?;
        if *operator == b":" && matches!(self.byte(key.end + 1), b'?' | b'+' | b'$' | b'{') {
            return None;
        }
        self.until(key.end + operator.len(), b"}\"'")
    }

    /// The literal within a value that is one expansion: `password: ${DB_PW:hunter2}`.
    pub(super) fn fallback_within(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let inner = self.text.get(value.clone())?.strip_prefix(b"${")?.strip_suffix(b"}")?;
        let name = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')).count();
        let skip = match &inner[name..] {
            [b':', b'-' | b'=', ..] => 2,
            [b':', b'?' | b'+' | b'$', ..] => return None,
            [b':' | b'-', ..] => 1,
            _ => return None,
        };
        let start = value.start + 2 + name + skip;
        (name > 0 && start + 1 < value.end && !self.text[start..value.end].contains(&b'{')).then_some(start..value.end - 1)
    }

    /// A literal that stands in for a variable which is not set: `process.env.X || "v"`.
    pub(super) fn fallback(&self, at: usize) -> Found {
        // `env.password as string || "v"`
        let at = if self.has(at, b"as ") {
            self.blanks(at + 3 + self.window(at + 3, 24).iter().take_while(|byte| byte.is_ascii_alphabetic()).count())
        } else {
            at
        };
        let operator = FALLBACKS.iter().find(|operator| self.has(at, operator))?;
        let mut next = at + operator.len();
        for closure in [b"|_| ".as_slice(), b"|| ", b"|_e| ", b"() -> ", b"="] {
            if self.has(next, closure) {
                next += closure.len();
            }
        }
        self.quoted_at(next)
    }

    /// `: Type = "v"` of typed languages.
    pub(super) fn typed(&self, at: usize) -> Found {
        if !self.kind.is_code() {
            return None;
        }
        let window = self.window(at, 48);
        let equals = window.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b" _<>&'|.?[]:".contains(byte)))?;
        if window[equals] == b'=' && window.get(equals + 1) != Some(&b'>') { self.quoted_at(at + equals + 1) } else { None }
    }

    /// A name, a type, a literal: `var token string = "v"`; a macro: `#define TOKEN "v"`; a statement of
    /// two words: `storePassword "v"`.
    pub(super) fn declared(&self, key: &Range<usize>, gap: usize) -> Found {
        let line = self.line_before(key.start, 64).trim_ascii();
        if line == b"#define" || (matches!(line, [] | [.., b'{' | b';']) && matches!(self.byte(gap), b'"' | b'\'')) {
            let (value, quoted) = self.quoted_at(gap)?;
            // `password "x" + y` and a sentence that quotes a word go on.
            let rest = self.window(value.end + 1, 80);
            let rest = rest.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
            let ends = rest.is_empty() || matches!(rest, [b'}' | b';' | b'#', ..] | [b'/', b'/' | b'*', ..]);
            return ends.then_some((value, quoted));
        }
        let window = self.window(gap, 32);
        let type_end = window.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"_.*[]".contains(byte)))?;
        let equals = self.blanks(gap + type_end);
        (type_end > 0 && self.byte(equals) == b'=' && !matches!(self.byte(equals + 1), b'=' | b'>'))
            .then(|| self.quoted_at(equals + 1))
            .flatten()
    }

    /// `public string Password { get; set; } = "v";`
    pub(super) fn property(&self, brace: usize) -> Found {
        let window = self.window(brace, 64);
        let close = memchr::memchr(b'}', window)?;
        memchr::memmem::find(&window[..close], b"get")?;
        let equals = self.blanks(brace + close + 1);
        if self.byte(equals) == b'=' { self.quoted_at(equals + 1) } else { None }
    }

    /// `variable "password" { default = "x" }` of Terraform.
    pub(super) fn default(&self, key: &Range<usize>, brace: usize) -> Found {
        if !self.text[..key.start].ends_with(b"variable \"") {
            return None;
        }
        let block = self.window(brace, MAX_VALUE);
        let block = &block[..memchr::memmem::find(block, b"\n}").unwrap_or(block.len())];
        let at = memchr::memmem::find(block, b"default")? + b"default".len();
        let equals = self.blanks(brace + at);
        if self.byte(equals) == b'=' { self.quoted_at(equals + 1) } else { None }
    }

    /// `"password": { "value": "x", … }` of Terraform's state, `"gitlab-token": { "gitlab.com": "x" }` of
    /// Composer.
    pub(super) fn member(&self, brace: usize) -> Found {
        let at = self.space(brace + 1);
        if self.kind != FileKind::Json || self.byte(at) != b'"' {
            return None;
        }
        let name = self.window(at + 1, 64);
        let name = &name[..memchr::memchr(b'"', name)?];
        let is_host = name.contains(&b'.') && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        let colon = self.blanks(at + name.len() + 2);
        if (is_host || name == b"value") && self.byte(colon) == b':' { self.quoted_at(colon + 1) } else { None }
    }

    /// The argument after the key: `get("password", "v")`, `strcmp(password, "v")`, `set :password, "v"`,
    /// `add_argument("--password", default="v")`.
    pub(super) fn argument(&self, key: &Range<usize>, at: usize) -> Found {
        let line = self.line_before(key.start, 96);
        let calls = |names: &[&[u8]]| names.iter().any(|name| memchr::memmem::find(line, name).is_some());
        let is_option = self.text[..key.start].ends_with(b"--");
        if is_option && let Some(found) = self.named_default(at) {
            return Some(found);
        }
        let holds = if self.is_quoted_key() {
            self.leads(key) == b'(' || is_option || calls(&[b"Var(&", b"Var(", b"flag", b"Flags", b"buildConfigField(", b"resValue("])
        } else if self.before == b':' {
            line.trim_ascii_start().starts_with(b"set :") || line.ends_with(b"(:")
        } else {
            let callee = line.trim_ascii_end().strip_suffix(b"(").unwrap_or_default();
            [
                b"strcmp".as_slice(),
                b"strcpy",
                b"strncpy",
                b"strncmp",
                b"equals",
                b"Equals",
                b"hash_equals",
                b"secure_compare",
                b"strcasecmp",
            ]
            .iter()
            .any(|name| callee.ends_with(name))
        };
        if holds { self.quoted_at(at) } else { None }
    }

    /// `default="v"` among the arguments of a call that `at` lies in.
    fn named_default(&self, at: usize) -> Found {
        let window = self.window(at, 240);
        let window = &window[..memchr::memchr(b')', window).unwrap_or(window.len())];
        let found = at + memchr::memmem::find(window, b"default")? + b"default".len();
        let found = self.blanks(found);
        if self.byte(found) == b'=' { self.quoted_at(found + 1) } else { None }
    }

    /// `password.equals("v")`; `at` is after the dot.
    pub(super) fn compared(&self, at: usize) -> Found {
        let window = self.window(at, 24);
        let name = window.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let open = at + name + usize::from(window.get(name) == Some(&b'?'));
        if super::COMPARISONS.contains(&&window[..name]) && self.byte(open) == b'(' { self.quoted_at(open + 1) } else { None }
    }

    /// `CREATE ROLE a WITH LOGIN PASSWORD 'x'`.
    pub(super) fn is_sql_user(&self, key: &Range<usize>) -> bool {
        let before = self.text[key.start.saturating_sub(160)..key.start].to_ascii_uppercase();
        [b"USER ".as_slice(), b"ROLE ", b"LOGIN "].iter().any(|word| memchr::memmem::find(&before, word).is_some())
    }

    /// Whether the key is an option of a command: `--password`, `-storepass`.
    pub(super) fn is_option(&self, key: &Range<usize>) -> bool {
        match self.line_before(key.start, 3) {
            [.., b'-', b'-'] => true,
            [.., b' ' | b'\t' | b'"' | b'\'', b'-'] => !matches!(self.kind, FileKind::Yaml) && self.text[key.clone()].len() > 3,
            _ => false,
        }
    }

    /// Whether a blank alone separates key and value: `--password x`, `.netrc`, `requirepass x`, SQL.
    pub(super) fn spaced(&self, key: &Range<usize>) -> bool {
        let name = &self.text[key.clone()];
        let is_small = name.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
        // Alone at the start of its line, or after `machine … login …` of netrc.
        let has_login = memchr::memmem::find(&self.text[key.start.saturating_sub(200)..key.start], b"login ").is_some();
        let leads = self.line_before(key.start, MAX_VALUE).trim_ascii().is_empty() || has_login;
        self.is_option(key)
            || (matches!(self.kind, FileKind::NatsConf | FileKind::Ini) && is_small && leads)
            || (self.kind == FileKind::Text && is_small && (has_login || matches!(name, b"requirepass" | b"masterauth")))
            || (self.kind == FileKind::Text && is_small && leads && self.is_last_word(key.end))
            || (self.kind == FileKind::Dockerfile && self.text[..key.start].trim_ascii_end().ends_with(b"ENV"))
    }

    /// Whether one word with a digit in it ends the line: a setting, not a sentence.
    pub(super) fn is_last_word(&self, at: usize) -> bool {
        let line = self.window(at, 128).split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        !line.is_empty() && !line.contains(&b' ') && line.iter().any(u8::is_ascii_digit)
    }
}
