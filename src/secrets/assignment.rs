//! Finds what a key is assigned, starting from a word inside the key: `key = value`, `"key": "value"`,
//! `export K=V`, `--password V`, XML elements and attributes, setters, pairs of name and value,
//! fallbacks of environment variables, connection strings.
//!
//! Works on the bytes around one hit and looks at a bounded window only, so that a minified line of
//! a megabyte costs no more than a short one.

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

/// Bytes of a key at the most.
const MAX_KEY: usize = 128;
/// Bytes of a value at the most: longer ones are key material, which `armour` reads.
const MAX_VALUE: usize = 2048;
/// Bytes between a key and its value at the most.
const MAX_GAP: usize = 80;

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
    // `NAME-` of `NAME->x` and `key.` of `key.method` lose their tail; a hit is never cut.
    (start + lead).min(hit.start)..(end - tail).max(hit.end)
}

/// What the key at `key` is assigned.
pub(super) fn read(text: &[u8], key: Range<usize>, kind: FileKind) -> Option<Assignment> {
    let cursor = Cursor { text, kind, before: text[..key.start].last().copied().unwrap_or(b'\n') };
    let (value, quoted) = cursor.value_of(&key)?;
    (!value.is_empty() && value.len() <= MAX_VALUE).then_some(Assignment { key, value, quoted })
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

    /// The last byte before the key that is neither blank nor quote.
    fn leads(&self, key: &Range<usize>) -> u8 {
        let skip = |byte: &&u8| !matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'`');
        self.text[..key.start].iter().rev().take(MAX_GAP).find(skip).copied().unwrap_or(b'\n')
    }

    fn value_of(&self, key: &Range<usize>) -> Option<(Range<usize>, bool)> {
        let (value, quoted) = self.assigned(key)?;
        // `"…, password=" + password`: what looks like an opening quote closes the text before.
        let closes = quoted && self.kind.is_code() && matches!(self.byte(value.start), b' ' | b',' | b')' | b'+' | b';' | b']');
        (!closes).then_some((value, quoted))
    }

    fn assigned(&self, key: &Range<usize>) -> Option<(Range<usize>, bool)> {
        if let Some(found) = self.pair(key) {
            return Some(found);
        }
        let mut at = key.end;
        let key_quoted = matches!(self.before, b'"' | b'\'' | b'`');
        if key_quoted {
            at += usize::from(self.byte(at) == b'\\');
            at += usize::from(matches!(self.byte(at), b'"' | b'\'' | b'`'));
        }
        let closed = at;
        while matches!(self.byte(at), b']' | b')' | b'?' | b'!') && at < closed + 3 {
            at += 1;
        }
        let gap = self.blanks(at);
        // `${PASSWORD:-default}` has a literal, `${PASSWORD:?message}` has none.
        if self.text[..key.start].ends_with(b"${") {
            let operators: &[&[u8]] = &[b":-", b":=", b"-"];
            return operators.iter().find(|operator| self.has(at, operator)).and_then(|operator| self.until(at + operator.len(), b"}\"'"));
        }
        if let Some(found) = self.fallback(gap) {
            return Some(found);
        }
        // `arn:aws:secretsmanager:…:secret:name`, `/run/secrets:/data`: parts of a longer name.
        if self.before == b'/' || (self.before == b':' && self.byte(at) == b':') {
            return None;
        }
        // `show ? 'password' : 'text'` assigns nothing.
        if self.leads(key) == b'?' && self.kind.is_code() {
            return None;
        }
        if at != closed && self.byte(gap) != b'=' {
            return None;
        }
        let rest = &self.text[gap.min(self.text.len())..];
        match rest {
            [b'=', b'=', b'=', ..] => self.quoted_at(gap + 3),
            [b'=', b'=' | b'>', ..] | [b':' | b'?', b'=', ..] => self.literal(gap + 2, key),
            [b'=', ..] => self.literal(gap + 1, key),
            [b'!', b'=', ..] | [b':', b':', ..] | [b'-', ..] => None,
            [b':', ..] if self.byte(self.space(gap + 1)) == b'{' => self.output(self.space(gap + 1)),
            [b':', ..] => self.typed(gap + 1).or_else(|| self.literal(gap + 1, key)),
            [b',', ..] if key_quoted && self.in_call(key) => self.quoted_at(gap + 1),
            [b'(', ..] if !key_quoted && gap == at => self.quoted_at(gap + 1),
            [b'\'', ..] if gap > at && self.is_sql_user(key) => self.quoted_at(gap),
            [b'{', ..] => self.default(key, gap),
            [b'>', ..] if self.before == b'<' || self.before == b':' => self.element(gap + 1),
            [b'>', ..] if key_quoted && self.kind == FileKind::Xml => self.element(gap + 1),
            _ if gap > at && self.spaced(key) => self.literal(gap, key),
            _ => None,
        }
    }

    /// `CREATE ROLE a WITH LOGIN PASSWORD 'x'`.
    fn is_sql_user(&self, key: &Range<usize>) -> bool {
        let before = self.text[key.start.saturating_sub(160)..key.start].to_ascii_uppercase();
        [b"USER ".as_slice(), b"ROLE ", b"LOGIN "].iter().any(|word| memchr::memmem::find(&before, word).is_some())
    }

    /// `variable "password" { default = "x" }` of Terraform.
    fn default(&self, key: &Range<usize>, brace: usize) -> Option<(Range<usize>, bool)> {
        if !self.text[..key.start].ends_with(b"variable \"") {
            return None;
        }
        let block = &self.text[brace..(brace + MAX_VALUE).min(self.text.len())];
        let block = &block[..memchr::memmem::find(block, b"\n}").unwrap_or(block.len())];
        let at = memchr::memmem::find(block, b"default")? + b"default".len();
        let equals = self.blanks(brace + at);
        if self.byte(equals) == b'=' { self.quoted_at(equals + 1) } else { None }
    }

    /// `"password": { "value": "x", "type": "string" }` of Terraform's state.
    fn output(&self, brace: usize) -> Option<(Range<usize>, bool)> {
        let at = self.space(brace + 1);
        if self.kind != FileKind::Json || !self.has(at, b"\"value\"") {
            return None;
        }
        let colon = self.blanks(at + b"\"value\"".len());
        if self.byte(colon) == b':' { self.quoted_at(colon + 1) } else { None }
    }

    /// Whether a quoted key is an argument: `get("password", "x")`, `["--password", "x"]`.
    fn in_call(&self, key: &Range<usize>) -> bool {
        self.leads(key) == b'(' || self.text[..key.start].ends_with(b"--")
    }

    /// Whether a blank alone separates key and value: `--password x`, `.netrc`, `requirepass x`, SQL.
    fn spaced(&self, key: &Range<usize>) -> bool {
        let before = &self.text[key.start.saturating_sub(2)..key.start];
        let line_start = memchr::memrchr(b'\n', &self.text[..key.start]).map_or(0, |at| at + 1);
        let line = &self.text[line_start.max(key.start.saturating_sub(MAX_VALUE))..key.start];
        let is_small = self.text[key.clone()].iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
        // Alone at the start of its line, or after `machine … login …` of netrc.
        let has_login = memchr::memmem::find(&self.text[key.start.saturating_sub(200)..key.start], b"login ").is_some();
        let leads = line.trim_ascii().is_empty() || has_login;
        before == b"--"
            || (matches!(self.kind, FileKind::NatsConf | FileKind::Ini) && is_small && leads)
            || (self.kind == FileKind::Text && is_small && (has_login || matches!(&self.text[key.clone()], b"requirepass" | b"masterauth")))
            || (self.kind == FileKind::Dockerfile && self.text[..key.start].trim_ascii_end().ends_with(b"ENV"))
    }

    /// `: Type = "v"` of typed languages.
    fn typed(&self, at: usize) -> Option<(Range<usize>, bool)> {
        if !self.kind.is_code() {
            return None;
        }
        let window = &self.text[at.min(self.text.len())..(at + 48).min(self.text.len())];
        let equals = window.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b" _<>&'|.?[]:".contains(byte)))?;
        if window[equals] == b'=' && window.get(equals + 1) != Some(&b'>') { self.quoted_at(at + equals + 1) } else { None }
    }

    /// A literal that stands in for a variable which is not set: `process.env.X || "v"`.
    fn fallback(&self, at: usize) -> Option<(Range<usize>, bool)> {
        const OPERATORS: &[&[u8]] = &[
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
        let operator = OPERATORS.iter().find(|operator| self.has(at, operator))?;
        let mut next = at + operator.len();
        for closure in [b"|_| ".as_slice(), b"|| ", b"|_e| ", b"() -> ", b"="] {
            if self.has(next, closure) {
                next += closure.len();
            }
        }
        self.quoted_at(next)
    }

    /// A literal in quotes, after blanks, line breaks and a wrapper that keeps it: `Some("v")`.
    fn quoted_at(&self, at: usize) -> Option<(Range<usize>, bool)> {
        let mut at = self.space(at);
        for _ in 0..3 {
            at += self.wrapper(at);
        }
        let before_quote = at;
        while matches!(self.byte(at), b'b' | b'r' | b'f' | b'u' | b'L' | b'@' | b'#' | b'&') && at < before_quote + 3 {
            at += 1;
        }
        at += usize::from(self.byte(at) == b'\\');
        let quote = self.byte(at);
        if !matches!(quote, b'"' | b'\'' | b'`') {
            return None;
        }
        let escaped = at > 0 && self.byte(at - 1) == b'\\';
        let fence = if self.has(at, &[quote; 3]) { 3 } else { 1 };
        let start = at + fence;
        let end = self.closing(start, quote, escaped)?;
        Some((start..end, true))
    }

    /// Length of a constructor that keeps its argument as it is, with its parenthesis.
    fn wrapper(&self, at: usize) -> usize {
        const KEEPING: &[&str] = &[
            "Some",
            "from",
            "new",
            "of",
            "Secret",
            "SecretString",
            "SecretStr",
            "String",
            "bytes",
            "str",
            "atob",
            "byte",
            "Bytes",
            "Ok",
            "literal",
            "plaintext",
            "unsafeUnwrap",
            "unsafePlainText",
        ];
        let rest = &self.text[at.min(self.text.len())..];
        let window = &rest[..rest.len().min(48)];
        let name = window.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_:.<>[] ".contains(byte)).count();
        if window.get(name) != Some(&b'(') {
            return 0;
        }
        let is_ident = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let start = window[..name].iter().rposition(|byte| !is_ident(byte)).map_or(0, |at| at + 1);
        let callee = std::str::from_utf8(&window[start..name]).unwrap_or_default();
        let is_constructor = window.starts_with(b"new ") && (callee.contains("Secret") || callee.contains("Key"));
        if KEEPING.contains(&callee) || is_constructor { name + 1 } else { 0 }
    }

    /// Where a quoted text ends; `None` if it does not end in its line (a backtick may span lines).
    fn closing(&self, start: usize, quote: u8, escaped: bool) -> Option<usize> {
        let limit = (start + MAX_VALUE).min(self.text.len());
        let mut at = start;
        while at < limit {
            match self.byte(at) {
                b'\\' if escaped && self.byte(at + 1) == quote => return Some(at),
                b'\\' => at += 1,
                byte if byte == quote => return Some(at),
                b'\n' if quote != b'`' => return None,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// A quoted literal, or a bare one where the format has them.
    fn literal(&self, at: usize, key: &Range<usize>) -> Option<(Range<usize>, bool)> {
        let start = self.blanks(at);
        if let Some(found) = self.quoted_at(at) {
            // A quote on the next line belongs to the next thing where lines matter.
            let same_line = !self.text[at..found.0.start].contains(&b'\n');
            if same_line || self.kind.is_code() || self.kind == FileKind::Json {
                return Some(found);
            }
        }
        if self.in_string(key, at) {
            return self.until(start, b";&\"'`\\,<>)]}|");
        }
        match self.kind {
            FileKind::Yaml => self.yaml(start),
            FileKind::Dotenv | FileKind::Ini => self.rest_of_line(start),
            FileKind::Toml | FileKind::Json | FileKind::Terraform | FileKind::Tfvars | FileKind::Hcl => None,
            FileKind::Prose => self.environment_style(key, at).then(|| self.until(start, b"\"'`;,<>|)"))?,
            kind if kind.is_code() => None,
            _ => self.until(start, b"\"'`;&|<>),"),
        }
    }

    /// `Server=x;Password=y`, `?token=x&…`: a key inside a longer string.
    fn in_string(&self, key: &Range<usize>, at: usize) -> bool {
        // `host=db user=a password=x`: another pair of libpq stands beside it.
        let beside = &self.text[key.start.saturating_sub(120)..(key.end + 160).min(self.text.len())];
        let libpq = || [b"host=".as_slice(), b"user=", b"dbname="].iter().any(|pair| memchr::memmem::find(beside, pair).is_some());
        if self.kind.is_code() && matches!(self.before, b' ' | b'"' | b'\'') && at == key.end + 1 && self.byte(at - 1) == b'=' && libpq() {
            return true;
        }
        matches!(self.before, b';' | b'?' | b'&') && self.byte(at.saturating_sub(1)) == b'=' && at == key.end + 1
            || (self.text[key.start.saturating_sub(2)..key.start] == *b"; " && at == key.end + 1)
    }

    /// `DB_PASSWORD=x` in running text, as in a shell.
    fn environment_style(&self, key: &Range<usize>, at: usize) -> bool {
        at == key.end + 1 && self.text[key.clone()].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    }

    fn until(&self, start: usize, stops: &[u8]) -> Option<(Range<usize>, bool)> {
        let rest = self.text.get(start..)?;
        let length = rest.iter().take(MAX_VALUE).take_while(|byte| !byte.is_ascii_whitespace() && !stops.contains(byte)).count();
        Some((start..start + length, false))
    }

    fn rest_of_line(&self, start: usize) -> Option<(Range<usize>, bool)> {
        let rest = self.text.get(start..)?;
        let line = &rest[..memchr::memchr(b'\n', &rest[..rest.len().min(MAX_VALUE)]).unwrap_or(rest.len().min(MAX_VALUE))];
        let comment = line.windows(2).position(|pair| pair[0].is_ascii_whitespace() && matches!(pair[1], b'#' | b';'));
        let line = line[..comment.unwrap_or(line.len())].trim_ascii_end();
        Some((start..start + line.len(), false))
    }

    /// A plain scalar of YAML, or the first line of a block scalar.
    fn yaml(&self, start: usize) -> Option<(Range<usize>, bool)> {
        match self.byte(start) {
            b'|' | b'>' => {
                let line_end = memchr::memchr(b'\n', self.text.get(start..(start + 8).min(self.text.len()))?)? + start;
                self.rest_of_line(self.blanks(line_end + 1))
            }
            b'&' | b'*' | b'!' | b'{' | b'[' | b'\n' | b'\r' | b'#' => None,
            _ => {
                let (value, _) = self.rest_of_line(start)?;
                // In a flow map the next entry or the brace ends it.
                let line_start = memchr::memrchr(b'\n', &self.text[..start]).map_or(0, |at| at + 1);
                let flow = self.text[line_start..start].contains(&b'{');
                // `"password": password,` is a program within the document.
                if !flow && self.text[value.clone()].ends_with(b",") {
                    return None;
                }
                let stop = self.text[value.clone()].iter().position(|byte| flow && matches!(byte, b',' | b'}'));
                Some((value.start..stop.map_or(value.end, |stop| value.start + stop), false))
            }
        }
    }

    /// The text of an XML element, whole or in CDATA.
    fn element(&self, at: usize) -> Option<(Range<usize>, bool)> {
        let start = self.space(at);
        let start = if self.has(start, b"<![CDATA[") { start + 9 } else { start };
        let rest = &self.text[start..(start + MAX_VALUE).min(self.text.len())];
        let end = rest.iter().position(|byte| matches!(byte, b'<' | b']' | b'\n'))?;
        // Without its end tag, `<password>` stands for a password.
        if !rest[end..].starts_with(b"</") && !rest[end..].starts_with(b"]]") {
            return None;
        }
        Some((start..start + rest[..end].trim_ascii_end().len(), true))
    }

    /// `"value": "v", "name": "KEY"`: the value of a pair that ends in its name; `head` ends in `name`.
    fn value_before(head: &[u8]) -> Option<Range<usize>> {
        let head = head.strip_suffix(b"name").or_else(|| head.strip_suffix(b"Name"))?;
        let end = head.strip_suffix(b"\"")?.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end().strip_suffix(b"\"")?.len();
        let start = memchr::memrchr(b'"', &head[..end])? + 1;
        let before = head[..start - 1].trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
        before.ends_with(b"\"value\"").then_some(start..end)
    }

    /// `name: KEY` with `value: v` beside or below it: Kubernetes, Compose, XML properties, Terraform.
    fn pair(&self, key: &Range<usize>) -> Option<(Range<usize>, bool)> {
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
        let mut at = key.end;
        at += usize::from(matches!(self.byte(at), b'"' | b'\''));
        at = self.space(at);
        at += usize::from(matches!(self.byte(at), b',' | b';'));
        at = self.space(at);
        at += usize::from(matches!(self.byte(at), b'"' | b'\''));
        if ![b"value".as_slice(), b"Value", b"VALUE"].iter().any(|word| self.has(at, word)) {
            return None;
        }
        at += b"value".len();
        at += usize::from(matches!(self.byte(at), b'"' | b'\''));
        at = self.blanks(at);
        if !matches!(self.byte(at), b':' | b'=') {
            return None;
        }
        self.literal(at + 1, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: FileKind, text: &str) -> Option<String> {
        let hit = ["assword", "ASSWORD", "ecret", "ECRET"].iter().find_map(|word| text.find(word).map(|at| at - 1..at + word.len()))?;
        let found = read(text.as_bytes(), key_around(text.as_bytes(), &hit), kind)?;
        Some(text[found.value].to_owned())
    }

    #[test]
    fn each_form_gives_its_literal() {
        use FileKind::{Code, Dockerfile, Dotenv, Ini, Json, Prose, Rust, Shell, Terraform, Text, TypeScript, Xml, Yaml};
        for (kind, text, expected) in [
            (Dotenv, "DB_PASSWORD=hunter2 # dev\n", Some("hunter2")),
            (Dotenv, "export DB_PASSWORD='hunter2'\n", Some("hunter2")),
            (Yaml, "password: hunter2\n", Some("hunter2")),
            (Yaml, "{ user: a, password: hunter2, x: 1 }\n", Some("hunter2")),
            (Yaml, "- name: DB_PASSWORD\n  value: hunter2\n", Some("hunter2")),
            (Yaml, "password:\n  other: x\n", None),
            (Json, "{\"password\": \"hunter2\"}", Some("hunter2")),
            (Json, r#"{"x": "{\"password\":\"hunter2\"}"}"#, Some("hunter2")),
            (TypeScript, "const password: string = 'hunter2';", Some("hunter2")),
            (TypeScript, "x: process.env.JWT_SECRET || 'hunter2'", Some("hunter2")),
            (TypeScript, "secret: config.secret", None),
            (TypeScript, "type: show ? 'password' : 'text'", None),
            (Rust, "env::var(\"DB_PASSWORD\").unwrap_or(\"hunter2\".into())", Some("hunter2")),
            (Rust, "let password = String::from(\"hunter2\");", Some("hunter2")),
            (Code, "os.getenv('DB_PASSWORD', 'hunter2')", Some("hunter2")),
            (Code, "$config['password'] = 'hunter2';", Some("hunter2")),
            (Code, "\"Server=x;Password=hunter2;Encrypt=true\"", Some("hunter2")),
            (Code, "user.setPassword(\"hunter2\")", Some("hunter2")),
            (Code, "login(password=getpass())", None),
            (Xml, "<password>hunter2</password>", Some("hunter2")),
            (Xml, "<property name=\"password\" value=\"hunter2\"/>", Some("hunter2")),
            (Shell, "docker run -e DB_PASSWORD=hunter2 img", Some("hunter2")),
            (Shell, "mysql --password hunter2 db", Some("hunter2")),
            (Shell, "echo ${DB_PASSWORD:-hunter2}", Some("hunter2")),
            (Dockerfile, "ENV DB_PASSWORD hunter2", Some("hunter2")),
            (Ini, "password = hunter2\n", Some("hunter2")),
            (Text, "machine x login y password hunter2\n", Some("hunter2")),
            (Terraform, "password = \"hunter2\"", Some("hunter2")),
            (Terraform, "password = var.password", None),
            (Prose, "run with DB_PASSWORD=hunter2 set", Some("hunter2")),
            (Prose, "the password is secret", None),
        ] {
            assert_eq!(value(kind, text).as_deref(), expected, "{kind:?}: {text}");
        }
    }
}
