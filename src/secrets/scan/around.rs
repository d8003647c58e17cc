//! Secrets without a key of their own: arguments, options, what is piped, columns, encoded text, whole
//! files. What stands around them says what they are.

use std::ops::Range;

use smol_str::SmolStr;

use crate::ir::{Confidence, Power, SecretFamily, Validity};
use crate::prefilter;
use crate::source::{FileKind, SourceFile};

use super::super::assignment::{self, Assignment};
use super::super::candidate::{Candidate, RANK_GENERIC, settle};
use super::super::encoded::{self, Encoding};
use super::super::key::{self, KeyClass};
use super::super::line_before;
use super::super::place::{Holds, Place};
use super::super::value::{Position, Reason};
use super::super::{command, forms, harmless, header, randomness, sql};
use super::{MAX_DEPTH, Scanner};

impl Scanner<'_> {
    /// What a row of `places.toml` says of the place after its literal.
    pub(super) fn around(&mut self, literal: &Range<usize>, place: Place) {
        match place {
            Place::Argument(index, holds) => self.argument(literal, index, holds),
            Place::Option(option, glued) => self.option(literal.start, option.as_bytes(), glued),
            Place::Operand(index) => self.operand_of(literal.end, index),
            Place::Directive => self.directive(literal.end),
            Place::Pipe { after_colon } => {
                let span = command::piped(self.text, literal.start, after_colon);
                self.place(span, "command-password", "password that is piped into a command", SecretFamily::Generic);
            }
        }
    }

    /// An argument of a call, judged as a literal in code.
    fn argument(&mut self, anchor: &Range<usize>, index: Option<usize>, holds: Holds) {
        let at = match index {
            Some(index) => forms::argument(self.text, anchor.end, index),
            None => forms::last_argument(self.text, anchor.end),
        };
        let Some(at) = at else { return };
        let Some(value) = assignment::literal_at(self.text, at, self.file.kind) else { return };
        // `basic_auth("admin", conf["password"])`, `auth=("user", "pass")`
        if self.text[..value.start - 1].ends_with(b"[") || harmless::repeats_key("password", self.str(&value)) {
            return;
        }
        let name = anchor.start..anchor.end - usize::from(!self.text[anchor.end - 1].is_ascii_alphanumeric());
        match holds {
            Holds::DrawnPassword if is_word(&self.text[value.clone()]) => {}
            Holds::DrawnPassword => self.assigned(&Assignment { key: name, value, quoted: true }, KeyClass::Password),
            Holds::Class(class) => self.assigned(&Assignment { key: name, value, quoted: true }, class),
            Holds::Written => self.assigned_at(&Assignment { key: name, value, quoted: true }, KeyClass::Password, Some(Position::Config)),
            // What is encoded may be anything, unless it is put into a header.
            Holds::Encoded
                if memchr::memmem::find(line_before(self.text, anchor.start), b"asic").is_none()
                    || !self.text[value.clone()].iter().any(u8::is_ascii_digit) => {}
            Holds::Encoded | Holds::UserPassword => {
                self.header(header::user_password_at(self.text, value), "user-password", "user and password");
            }
        }
    }

    /// An option of a command: commands stand in scripts and in what quotes them.
    fn option(&mut self, at: usize, option: &[u8], glued: bool) {
        use FileKind::{Dockerfile, Json, Prose, Shell, Terraform, Text, Toml, Yaml};
        let runs_commands = matches!(self.file.kind, Shell | Dockerfile | Yaml | Prose | Text | Json | Terraform | Toml);
        let Some(span) = command::option(self.text, at, option, glued) else { return };
        // In a program `-p` may be anything; a password there has a digit.
        if runs_commands || self.file.kind.is_code() && self.text[span.clone()].iter().any(u8::is_ascii_digit) {
            self.place(Some(span), "command-password", "password on a command line", SecretFamily::Generic);
        }
    }

    /// An operand of a command, which has a digit: `add_user guest guest` and a name of a file have none.
    fn operand_of(&mut self, at: usize, index: Option<usize>) {
        let Some(span) = command::operand(self.text, at, index) else { return };
        let word = &self.text[span.clone()];
        if word.iter().any(u8::is_ascii_digit) && !word.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
            self.place(Some(span), "command-password", "password on a command line", SecretFamily::Generic);
        }
    }

    /// What a directive of a network device sets: in a program it would be a message.
    fn directive(&mut self, at: usize) {
        let Some(span) = command::directive(self.text, at).filter(|_| !self.file.kind.is_code()) else { return };
        if forms::is_hash(self.str(&span)) {
            self.hash_or_password(span);
        } else {
            self.place(Some(span), "device-password", "password of a network device", SecretFamily::Generic);
        }
    }

    /// `Authorization: token …` without a scheme that has its own parser.
    pub(super) fn header_value(&mut self, hit: &Range<usize>) {
        let key = assignment::key_around(self.text, hit);
        if !self.str(&key).to_ascii_lowercase().ends_with("authorization") {
            return;
        }
        // `-H 'Authorization: token x'`: the quote stands before the name.
        let rest = &self.text[key.end..];
        let is_quoted = rest[1.min(rest.len())..].trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        let value = if rest.first() == Some(&b':') && !is_quoted {
            forms::rest_of_header(self.text, key.end + 1)
        } else {
            let Some(Assignment { value, .. }) = assignment::read(self.text, key, self.file.kind) else { return };
            value
        };
        let text = self.str(&value);
        if text.is_empty() || text.starts_with("Bearer") || text.starts_with("Basic") {
            return;
        }
        let scheme = text.find(' ').map_or(0, |space| space + 1);
        let named = ["token=", "key=", "auth="].iter().find(|name| text[scheme..].starts_with(**name)).map_or(0, |name| name.len());
        let start = value.start + scheme + named;
        // `` `client:${process.env.TOKEN}` ``: the secret comes from elsewhere, what stands here says whose it is.
        if text[scheme + named..].contains("${") {
            return;
        }
        self.header(header::bearer(self.text, start), "authorization-header", "credential in a header");
    }

    /// Encoded text that holds a word which stands beside secrets: what does it say decoded?
    pub(super) fn encoded(&mut self, at: usize, encoding: Encoding) {
        if self.depth >= MAX_DEPTH || self.last_encoded.contains(&at) {
            return;
        }
        let Some(run) = encoded::run(self.text, at, encoding) else { return };
        // What is no text is not tried again for the next word in it.
        self.last_encoded = run.clone();
        let Some(left) = self.decodable.checked_sub(run.len()) else { return };
        self.decodable = left;
        let Some(text) = encoded::decode(&self.text[run.clone()], encoding) else { return };
        let inner = SourceFile { text: text.into(), kind: FileKind::Text, ..self.file.clone() };
        let mut scanner = Scanner { depth: self.depth + 1, decodable: left, ..Scanner::new(&inner) };
        scanner.run(&prefilter::look(&inner.text).hits);
        self.decodable = scanner.decodable;
        for candidate in settle(scanner.found) {
            let name = SmolStr::new(format!("{}, encoded", candidate.name));
            self.found.push(Candidate { span: run.clone(), name, ..candidate });
        }
    }

    /// Files that hold nothing but a secret, and formats of lines without keys.
    pub(super) fn whole_file(&mut self) {
        if let Some((span, detector, name)) = forms::whole_file(&self.file.path, &self.file.text) {
            self.place(Some(span), detector, name, SecretFamily::Generic);
        }
        for span in forms::pgpass(&self.file.path, &self.file.text) {
            self.place(Some(span), "pgpass", "password of a PostgreSQL user", SecretFamily::Generic);
        }
        for span in forms::point_to_point(&self.file.path, &self.file.text) {
            self.place(Some(span), "password-file", "password", SecretFamily::Generic);
        }
        for span in forms::password_lines(&self.file.path, &self.file.text) {
            self.hash_or_password(span);
        }
        if self.is_k8s_secret {
            for (key, value) in forms::secret_data(&self.file.text) {
                // What a key names is read as an assignment.
                if key::classify(self.str(&key)).is_none() {
                    self.assigned(&Assignment { key, value, quoted: false }, KeyClass::Token);
                }
            }
        }
    }

    /// A password in a list of users, most of which are hashed: of the hash, whoever has it can try
    /// passwords without end.
    fn hash_or_password(&mut self, span: Range<usize>) {
        if !forms::is_hash(self.str(&span)) {
            return self.place(Some(span), "password-file", "password", SecretFamily::Generic);
        }
        self.found.push(Candidate {
            key: None,
            span,
            detector: "password-hash",
            name: SmolStr::new_static("hash of a password"),
            family: SecretFamily::Generic,
            pair: None,
            power: Power::Little,
            validity: Validity::Unchecked,
            reason: Reason::PasswordHash,
            confidence: Some(Confidence::Medium),
            rank: RANK_GENERIC,
        });
    }

    /// The rows of an `INSERT INTO`, whose table's name begins at `at`.
    pub(super) fn inserted(&mut self, at: usize) {
        for (column, value) in sql::inserted(self.text, at) {
            let class = column.clone().and_then(|column| key::classify(self.str(&column)));
            match (column, class) {
                (Some(key), Some(class)) if !forms::is_hash(self.str(&value)) => {
                    self.assigned(&Assignment { key, value, quoted: true }, class);
                }
                _ if forms::is_hash(self.str(&value)) => self.hash_or_password(value),
                _ => {}
            }
        }
    }

    /// `CREATE USER u IDENTIFIED BY 'password'`, `IDENTIFIED WITH plugin BY 'password'`; Oracle needs no
    /// quotes. What stands after `IDENTIFIED …` begins at `at`.
    pub(super) fn operand(&mut self, at: usize) {
        let rest = &self.text[at..(at + 200).min(self.text.len())];
        let is_plugin = self.text[..at - 1].last_chunk().is_some_and(|word: &[u8; 4]| word.eq_ignore_ascii_case(b"with"));
        let skip = if is_plugin {
            let by = [b" BY ".as_slice(), b" by "].iter().find_map(|word| memchr::memmem::find(&rest[..rest.len().min(48)], word));
            let Some(by) = by else { return };
            by + 4
        } else {
            [b"PASSWORD ".as_slice(), b"password "].iter().find_map(|word| rest.starts_with(word).then_some(word.len())).unwrap_or(0)
        };
        let rest = &rest[skip..];
        let at = at + skip;
        let key = at - "BY ".len()..at - 1;
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if let Some(quote) = rest.get(blanks).filter(|byte| matches!(byte, b'\'' | b'"')) {
            let start = at + blanks + 1;
            let Some(length) = memchr::memchr(*quote, &rest[blanks + 1..]) else { return };
            return self.assigned(&Assignment { key, value: start..start + length, quoted: true }, KeyClass::Password);
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#' | b'$')).count();
        if rest[..length].iter().any(u8::is_ascii_digit) && matches!(rest.get(length), None | Some(b';' | b'\n' | b' ')) {
            self.assigned(&Assignment { key, value: at..at + length, quoted: true }, KeyClass::Password);
        }
    }
}

/// Letters that make a word, and no key.
fn is_word(value: &[u8]) -> bool {
    value.iter().all(u8::is_ascii_alphabetic) && !randomness::looks_random(value)
}
