//! What stands between a key and its value beyond `=` and `:`: types, defaults, fallbacks of variables
//! that are not set, comparisons, arguments, and blanks alone.

use std::ops::Range;

use crate::source::FileKind;

use super::{Cursor, Found, MAX_VALUE};

/// Bytes of a chain of calls that are looked at for what it is compared with.
const MAX_CHAIN: usize = 160;
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

    /// `process.env.X || "v"`, `env("X") ? env("X") : "v"`: the literal that the expression at `at` falls
    /// back to.
    pub(super) fn in_expression(&self, at: usize) -> Found {
        let name_end = self.operand_end(at)?;
        let gap = self.blanks(name_end);
        // rustfmt puts the method on a line of its own.
        let below = self.space(gap);
        let gap = if self.byte(below) == b'.' { below } else { gap };
        if let Some(found) = self.fallback(gap) {
            return Some(found);
        }
        let reads_environment = memchr::memmem::find(&self.text[at..name_end].to_ascii_lowercase(), b"env").is_some();
        if self.byte(gap) != b'?' || !reads_environment {
            return None;
        }
        let colon = self.blanks(self.operand_end(self.blanks(gap + 1))?);
        (self.byte(colon) == b':').then(|| self.quoted_at(colon + 1)).flatten()
    }

    /// Where the name at `at` ends, with its members, indices and calls.
    fn operand_end(&self, at: usize) -> Option<usize> {
        let window = self.window(at, 96);
        window.first().filter(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$'))?;
        let mut depth = 0_usize;
        let mut ends = |at: usize| match &window[at] {
            // A fallback is no part of what it stands in for.
            b'.' if depth == 0 && FALLBACKS.iter().any(|method| window[at..].starts_with(method)) => true,
            b'(' | b'[' => {
                depth += 1;
                false
            }
            b')' | b']' if depth > 0 => {
                depth -= 1;
                false
            }
            b'\n' | b';' => true,
            byte => depth == 0 && !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.' | b'!' | b':')),
        };
        Some(at + (0..window.len()).find(|at| ends(*at))?)
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
        // `Dim password As String = "v"`
        let gap = if self.has(gap, b"As ") { gap + 3 } else { gap };
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
        let type_end = window.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"_.*[]()".contains(byte)))?;
        let equals = self.blanks(gap + type_end);
        (type_end > 0 && self.byte(equals) == b'=' && !matches!(self.byte(equals + 1), b'=' | b'>'))
            .then(|| self.quoted_at(equals + 1))
            .flatten()
    }

    /// `getPassword() { return "v"; }`; `at` is after the parentheses.
    pub(super) fn returned(&self, at: usize) -> Found {
        let head = self.window(at, 64);
        let brace = memchr::memchr(b'{', head).filter(|brace| !head[..*brace].contains(&b';'))?;
        let body = self.space(at + brace + 1);
        if self.has(body, b"return ") { self.quoted_at(body + b"return ".len()) } else { None }
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

    /// `Password: {Type: String, NoEcho: true, Default: x}` of CloudFormation: the block that begins at `at`.
    pub(super) fn parameter(&self, key: &Range<usize>, at: usize) -> Found {
        let window = self.window(at, MAX_VALUE);
        let end = if self.byte(self.space(at)) == b'{' {
            memchr::memchr(b'}', window)?
        } else {
            let indent = self.line_before(key.start, 64).len();
            let is_deeper = |line: &&[u8]| line.len() - line.trim_ascii_start().len() > indent || line.trim_ascii().is_empty();
            window.split_inclusive(|byte| *byte == b'\n').take_while(is_deeper).map(<[u8]>::len).sum()
        };
        let block = &window[..end];
        // Other languages of schemas write `type` small.
        let ty = memchr::memmem::find(block, b"Type")?;
        block[ty..].get(..24.min(block.len() - ty)).filter(|ty| memchr::memmem::find(ty, b"String").is_some())?;
        let name = memchr::memmem::find_iter(block, b"Default").find(|start| {
            let before = start.checked_sub(1).and_then(|before| block.get(before));
            before.is_none_or(|byte| b" \t\n\"'{,".contains(byte)) && block.get(start + 7).is_some_and(|byte| b":\"' ".contains(byte))
        })?;
        let after = at + name + b"Default".len();
        let colon = self.blanks(after + usize::from(matches!(self.byte(after), b'"' | b'\'')));
        if self.byte(colon) != b':' {
            return None;
        }
        if self.kind == FileKind::Json { self.quoted_at(colon + 1) } else { self.literal(colon + 1, key) }
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
        if name == b"type" {
            return self.member_default(brace);
        }
        let is_host = name.contains(&b'.') && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        let colon = self.blanks(at + name.len() + 2);
        if (is_host || name == b"value") && self.byte(colon) == b':' { self.quoted_at(colon + 1) } else { None }
    }

    /// `"password": { "type": "securestring", "defaultValue": "v" }` of a schema or a template of Azure.
    fn member_default(&self, brace: usize) -> Found {
        let object = self.window(brace, 400);
        let object = &object[..memchr::memchr(b'}', object)?];
        let (at, name) =
            [b"\"defaultValue\"".as_slice(), b"\"default\""].iter().find_map(|name| Some((memchr::memmem::find(object, name)?, *name)))?;
        let colon = self.blanks(brace + at + name.len());
        if self.byte(colon) == b':' { self.quoted_at(colon + 1) } else { None }
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
            (self.is_first_argument(key) && !self.names_thing(key, at))
                || self.is_entry(key, at)
                || is_option
                || calls(&[b"Var(&", b"Var(", b"flag", b"Flags", b"buildConfigField(", b"resValue("])
        } else if self.before == b':' {
            line.trim_ascii_start().starts_with(b"set :") || line.ends_with(b"(:")
        } else {
            let callee = line.trim_ascii_end().strip_suffix(b"(").unwrap_or_default();
            let is_constant =
                !self.text[key.clone()].rsplit(|byte| *byte == b'.').next().unwrap_or_default().iter().any(u8::is_ascii_lowercase);
            let puts = is_constant && [b".put".as_slice(), b".set", b".setProperty", b".add"].iter().any(|name| callee.ends_with(name));
            puts || [
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

    /// Whether a key in quotes follows the parenthesis of a call: that of a tuple, in which each text is a
    /// value, follows a sign or a blank.
    fn is_first_argument(&self, key: &Range<usize>) -> bool {
        let head = self.line_before(key.start, 96).trim_ascii_end();
        let quotes = head.iter().rev().take_while(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b' ')).count();
        match &head[..head.len() - quotes] {
            [.., before, b'('] => before.is_ascii_alphanumeric() || matches!(before, b'_' | b'>' | b'!' | b'?' | b']'),
            [b'('] | [] => self.leads(key) == b'(',
            _ => false,
        }
    }

    /// Whether the call gives a name to what it makes: `Cookie::new("secret", "v")`, and
    /// `CreateClusterSecret("my-secret", "cluster1", url)`, which says more of the secret than a value.
    fn names_thing(&self, key: &Range<usize>, at: usize) -> bool {
        let head = self.line_before(key.start - 1, 96).trim_ascii_end().to_ascii_lowercase();
        let Some(head) = head.strip_suffix(b"(") else { return false };
        if [b"cookie::new".as_slice(), b"cookie", b"cookie::build"].iter().any(|name| head.ends_with(name)) {
            return true;
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let callee = &head[head.iter().rposition(|byte| !is_name(byte)).map_or(0, |before| before + 1)..];
        callee.starts_with(b"create")
            && callee.ends_with(b"secret")
            && self.quoted_at(at).is_some_and(|(value, _)| self.byte(self.space(value.end + 1)) == b',')
    }

    /// `{ "password", "v" }`: an entry of a dictionary of C# or C++; `at` is after the comma.
    fn is_entry(&self, key: &Range<usize>, at: usize) -> bool {
        let closes = |value: Range<usize>| self.byte(self.space(value.end + 1)) == b'}';
        self.leads(key) == b'{' && self.quoted_at(at).is_some_and(|(value, _)| closes(value))
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

    /// `headers.get("x-api-key").and_then(|key| key.to_str().ok()) == Some("v")`: what a chain of calls is compared with
    /// that begins at `at`, behind the key.
    pub(super) fn compared_at_end(&self, at: usize) -> Found {
        let chain = self.window(at, MAX_CHAIN);
        let quote = memchr::memchr3(b';', b'{', b'"', chain).filter(|end| chain.starts_with(b".") && chain[*end] == b'"')?;
        let wrapped = [b"Some(".as_slice(), b"Ok(", b"&", b"b"].iter().find_map(|wrapper| chain[..quote].strip_suffix(*wrapper));
        let before = wrapped.unwrap_or(&chain[..quote]).trim_ascii_end();
        if before.ends_with(b"==") || before.ends_with(b"!=") { self.quoted_at(at + quote) } else { None }
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
        let is_small = name.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.'));
        // Alone at the start of its line, or after `machine … login …` of netrc.
        let has_login = memchr::memmem::find(&self.text[key.start.saturating_sub(200)..key.start], b"login ").is_some();
        let leads = self.line_before(key.start, MAX_VALUE).trim_ascii().is_empty() || has_login;
        // A sentence puts the name in quotes: `using the "requirepass" configuration`.
        let is_directive = !self.is_quoted_key() && matches!(name, b"requirepass" | b"masterauth");
        // `aws configure set KEY v`, `setx NAME v`, `proxy_set_header X-Api-Key "v"`
        let line = self.line_before(key.start, MAX_VALUE);
        let sets = || {
            let head = line.trim_ascii_start();
            [b"setx ".as_slice(), b"proxy_set_header ", b"add_header ", b"neighbor "].iter().any(|word| head.starts_with(word))
                || [b"configure set ".as_slice(), b"config set ", b"config --global ", b"config --local "]
                    .iter()
                    .any(|word| memchr::memmem::find(line, word).is_some())
        };
        self.is_option(key)
            || (!self.kind.is_code() && sets())
            || (matches!(self.kind, FileKind::NatsConf | FileKind::Ini) && is_small && leads)
            || (self.kind == FileKind::Text && is_small && (has_login || is_directive))
            || (self.kind == FileKind::Text && is_small && leads && self.is_last_word(key.end))
            || (self.kind == FileKind::Dockerfile && self.text[..key.start].trim_ascii_end().ends_with(b"ENV"))
    }

    /// Whether one word with a digit in it ends the line: a setting, not a sentence.
    pub(super) fn is_last_word(&self, at: usize) -> bool {
        let line = self.window(at, 128).split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        !line.is_empty() && !line.contains(&b' ') && line.iter().any(u8::is_ascii_digit)
    }
}
