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
use super::super::place::{Holds, Place};
use super::super::value::Reason;
use super::super::{forms, harmless, header, sql};
use super::{MAX_DEPTH, Scanner};

impl Scanner<'_> {
    /// What a row of `places.toml` says of the place after its literal.
    pub(super) fn around(&mut self, literal: &Range<usize>, place: Place) {
        match place {
            Place::Argument(index, holds) => self.argument(literal, index, holds),
            Place::Option(option, glued) => self.option(literal.start, option.as_bytes(), glued),
            Place::Pipe { after_colon } => {
                let span = forms::piped(self.text, literal.start, after_colon);
                self.place(span, "command-password", "password that is piped into a command", SecretFamily::Generic);
            }
        }
    }

    /// An argument of a call, judged as a literal in code.
    fn argument(&mut self, anchor: &Range<usize>, index: usize, holds: Holds) {
        let Some(at) = forms::argument(self.text, anchor.end, index) else { return };
        let Some(value) = assignment::literal_at(self.text, at, self.file.kind) else { return };
        // `basic_auth("admin", conf["password"])`, `auth=("user", "pass")`
        if self.text[..value.start - 1].ends_with(b"[") || harmless::repeats_key("password", self.str(&value)) {
            return;
        }
        let name = anchor.start..anchor.end - usize::from(!self.text[anchor.end - 1].is_ascii_alphanumeric());
        match holds {
            Holds::Class(class) => self.assigned(&Assignment { key: name, value, quoted: true }, class),
            Holds::UserPassword => self.header(header::user_password_at(self.text, value), "user-password", "user and password"),
        }
    }

    /// An option of a command: commands stand in scripts and in what quotes them.
    fn option(&mut self, at: usize, option: &[u8], glued: bool) {
        let runs_commands = matches!(
            self.file.kind,
            FileKind::Shell | FileKind::Dockerfile | FileKind::Yaml | FileKind::Prose | FileKind::Text | FileKind::Json
        );
        let Some(span) = forms::option(self.text, at, option, glued) else { return };
        // In a program `-p` may be anything; a password there has a digit.
        if runs_commands || self.file.kind.is_code() && self.text[span.clone()].iter().any(u8::is_ascii_digit) {
            self.place(Some(span), "command-password", "password on a command line", SecretFamily::Generic);
        }
    }

    /// `Authorization: token …` without a scheme that has its own parser.
    pub(super) fn header_value(&mut self, hit: &Range<usize>) {
        let key = assignment::key_around(self.text, hit);
        if !self.str(&key).to_ascii_lowercase().ends_with("authorization") {
            return;
        }
        // `-H 'Authorization: token x'`: the quote stands before the name.
        let value = if self.text.get(key.end) == Some(&b':') {
            forms::rest_of_header(self.text, key.end + 1)
        } else {
            let Some(Assignment { value, .. }) = assignment::read(self.text, key, self.file.kind) else { return };
            value
        };
        let text = self.str(&value);
        if text.is_empty() || text.starts_with("Bearer") || text.starts_with("Basic") {
            return;
        }
        let start = value.start + text.find(' ').map_or(0, |space| space + 1);
        self.header(header::bearer(self.text, start), "authorization-header", "credential in a header");
    }

    /// Encoded text that holds a word which stands beside secrets: what does it say decoded?
    pub(super) fn encoded(&mut self, at: usize, encoding: Encoding) {
        if self.depth >= MAX_DEPTH || self.last_encoded.contains(&at) {
            return;
        }
        let Some((run, text)) = encoded::read(self.text, at, encoding) else { return };
        self.last_encoded = run.clone();
        let inner = SourceFile { text: text.into(), kind: FileKind::Text, ..self.file.clone() };
        let mut scanner = Scanner::new(&inner, self.depth + 1);
        scanner.run(&prefilter::look(&inner.text).hits);
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

    /// `CREATE USER u IDENTIFIED BY 'password'`; Oracle needs no quotes.
    pub(super) fn operand(&mut self, at: usize) {
        let rest = &self.text[at..(at + 200).min(self.text.len())];
        let key = at - b"IDENTIFIED BY ".len()..at - 1;
        if let Some(quote) = rest.iter().position(|byte| matches!(byte, b'\'' | b'"')).filter(|at| *at < 24) {
            let Some(length) = memchr::memchr(rest[quote], &rest[quote + 1..]) else { return };
            let start = at + quote + 1;
            return self.assigned(&Assignment { key, value: start..start + length, quoted: true }, KeyClass::Password);
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#' | b'$')).count();
        if rest[..length].iter().any(u8::is_ascii_digit) && matches!(rest.get(length), None | Some(b';' | b'\n' | b' ')) {
            self.assigned(&Assignment { key, value: at..at + length, quoted: true }, KeyClass::Password);
        }
    }
}
