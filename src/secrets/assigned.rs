//! Literals under keys: what the key promises, what stands around, and the verdict on the value.

use std::ops::Range;

use smol_str::SmolStr;

use crate::ir::{Confidence, Power, SecretFamily, Validity};
use crate::source::FileKind;

use super::assignment::{self, Assignment};
use super::candidate::{Candidate, RANK_CONTEXT, RANK_GENERIC, RANK_NAMED};
use super::detector::{DETECTORS, Detector};
use super::key::{self, KeyClass};
use super::scan::Scanner;
use super::value::{self, Position, Reason};
use super::{context, randomness, validity};

/// Bytes before a key in which its instruction of a Dockerfile may begin.
const MAX_INSTRUCTION: usize = 16 << 10;

impl Scanner<'_> {
    /// A word of a key: what is the key assigned?
    pub(super) fn word(&mut self, hit: &Range<usize>) {
        if self.last_key.contains(&hit.start) {
            return;
        }
        // A short word is found with what ends its key.
        let after = self.text[hit.clone()].iter().rev().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        let key = assignment::key_around(self.text, &(hit.start..hit.end - after));
        self.last_key = key.clone();
        let name = setter(self.str(&key));
        let signs_tokens = name == "Key" && self.near_jwt(key.start);
        let class = if signs_tokens { Some(KeyClass::Signing) } else { key::classify(name) };
        let Some(class) = class else { return };
        let class = if class == KeyClass::Token && name == "token" && self.is_nats_context() { KeyClass::Password } else { class };
        let plain_secret = class == KeyClass::Secret && name.eq_ignore_ascii_case("secret");
        let class = if plain_secret && self.signs(key.start) { KeyClass::Signing } else { class };
        let of_client = matches!(class, KeyClass::Token | KeyClass::Password) && self.is_of_nats_client(key.start);
        let Some(assignment) = assignment::read(self.text, key, self.file.kind) else { return };
        if of_client {
            self.assigned_at(&assignment, KeyClass::Password, Some(Position::Config));
        } else {
            self.assigned(&assignment, class);
        }
    }

    /// Whether a key is one of the options of a NATS client, whose token and password people choose:
    /// `nats.Options{Token: "…"}`, `nats.connect(url, password="…")`, `new Options.Builder().token("…")`.
    fn is_of_nats_client(&self, at: usize) -> bool {
        const WINDOW: usize = 200;
        const OPTIONS: [&[u8]; 6] =
            [b"nats.Options", b"NatsAuthOpts", b"nats.connect(", b"natsserver.Options", b" Options.Builder(", b"ConnectOptions::new("];
        let names = |name: &[u8]| memchr::memmem::find(self.file.text.as_bytes(), name).is_some();
        if !self.file.kind.is_code() || !*self.names_nats.get_or_init(|| names(b"nats") || names(b"Nats")) {
            return false;
        }
        let before = &self.text[at.saturating_sub(WINDOW)..at];
        let starts = OPTIONS.iter().filter_map(|name| Some(memchr::memmem::rfind(before, name)? + name.len() - 1));
        let Some(between) = starts.max().map(|start| &before[start..]) else { return false };
        let count = |brackets: [u8; 2]| between.iter().filter(|byte| brackets.contains(byte)).count();
        let (open, closed) = (count([b'(', b'{']), count([b')', b'}']));
        // Of a chain the last call is closed, and the next one begins.
        open > closed || (open == closed && closed > 0 && between.ends_with(b"."))
    }

    /// `"Jwt": { "Key": "…" }` of .NET's settings.
    fn near_jwt(&self, at: usize) -> bool {
        let before = &self.text[..at];
        before.ends_with(b"Jwt:")
            || before.ends_with(b"JWT:")
            || self.file.kind == FileKind::Json
                && memchr::memmem::find(&self.text[at.saturating_sub(120)..at].to_ascii_lowercase(), b"\"jwt").is_some()
    }

    /// A context of the `nats` command, whose token a person chose: `{ "url": "nats://…", "token": "…" }`.
    fn is_nats_context(&self) -> bool {
        const MAX_CONTEXT: usize = 8 << 10;
        self.file.kind == FileKind::Json
            && self.text.len() <= MAX_CONTEXT
            && [b"\"nats://".as_slice(), b"\"tls://"].iter().any(|scheme| memchr::memmem::find(self.text, scheme).is_some())
    }

    /// Whether what stands before says that tokens or sessions are signed: `session({ secret: … })`.
    fn signs(&self, at: usize) -> bool {
        let before = self.text[at.saturating_sub(120)..at].to_ascii_lowercase();
        [b"jwt".as_slice(), b"session(", b"cookie", b"express-session"].iter().any(|word| memchr::memmem::find(&before, word).is_some())
    }

    pub(super) fn assigned(&mut self, assignment: &Assignment, class: KeyClass) {
        self.assigned_at(assignment, class, None);
    }

    /// The same where the position is known by more than the file's kind.
    pub(super) fn assigned_at(&mut self, assignment: &Assignment, class: KeyClass, position: Option<Position>) {
        let Assignment { key, value: span, quoted } = assignment;
        let span = if *quoted { span.clone() } else { context::trim(self.text, span.clone()) };
        let (name, value) = (setter(self.str(key)), self.str(&span));
        if value.is_empty() {
            return;
        }
        let place = context::Place {
            text: &self.file.text,
            kind: self.file.kind,
            key: (key.start, key.end),
            value: (span.start, span.end),
            quoted: *quoted,
        };
        let position = position.unwrap_or_else(|| self.position(&place));
        let decoded = self.decoded(value).or_else(|| self.uncoloured(&span));
        let plain = decoded.as_deref().unwrap_or(value);
        let verdict = if self.is_public_by_design() {
            Err(Reason::PathClass)
        } else if let Some(reason) = place.refutes() {
            Err(reason)
        } else if value::is_resource_name(value, class) && names_resources(self.file.kind) || is_of_quadlet(&self.file.path, name) {
            Err(Reason::Identifier)
        } else if DETECTORS.is_publishable(plain) || validity::nkey(plain).is_some_and(|kind| !kind.seed) {
            Err(Reason::PublicByContext)
        } else {
            value::judge(name, class, plain, position)
                .or_else(|reason| value::judge_pair(name, value).ok_or(reason))
                .and_then(|verdict| self.in_example(value, verdict))
        };
        let near = self.near(key, value);
        let (detector, label, family, power) = match (near, class) {
            (Some(detector), _) => (detector.id, SmolStr::new_static(detector.name), detector.family, detector.power),
            (None, KeyClass::Signing) => ("signing-secret", SmolStr::new_static("signing secret"), SecretFamily::Signing, Power::Much),
            (None, _) if self.is_image_variable(key.start) => {
                ("image-variable", SmolStr::new_static("secret in a variable of an image"), SecretFamily::Generic, Power::Some)
            }
            (None, KeyClass::Password) => ("generic-password", SmolStr::new_static("password"), SecretFamily::Generic, Power::Some),
            (None, KeyClass::Secret) => ("generic-secret", SmolStr::new_static("secret"), SecretFamily::Generic, Power::Some),
            (None, KeyClass::Bare) => ("generic-key", SmolStr::new_static("key"), SecretFamily::Generic, Power::Some),
            (None, KeyClass::Token) => ("generic-token", SmolStr::new_static("token"), SecretFamily::Generic, Power::Some),
        };
        let verdict = match (verdict, near) {
            // The provider's own shape beside its name is as good as randomness.
            (_, Some(detector)) if detector.power == Power::Nothing => Err(Reason::PublicByContext),
            (Ok(_), Some(_)) => Ok((Reason::Shape, Confidence::High)),
            // A format may hold a run of zeros or `A`s at a fixed place.
            (Err(Reason::Repetitive), Some(_)) if randomness::looks_random(value.as_bytes()) => Ok((Reason::Shape, Confidence::High)),
            // So may one that a prefix gives away anyway.
            (Err(Reason::LowRandomness), Some(detector)) if detector.literal >= 3 => Ok((Reason::Shape, Confidence::Medium)),
            (verdict, _) => verdict,
        };
        let (reason, confidence) = match verdict {
            Ok((reason, confidence)) => (reason, Some(confidence)),
            Err(reason) => (reason, None),
        };
        let validity = near.and_then(|detector| detector.validator).map_or(Validity::Unchecked, |validator| validator.check(value));
        let confidence = confidence.map(|sure| if validity == Validity::Malformed { sure.min(Confidence::Medium) } else { sure });
        let candidate = Candidate {
            span,
            detector,
            name: label,
            family,
            pair: None,
            power,
            key: Some(name.into()),
            validity,
            reason,
            confidence,
            rank: match near {
                Some(detector) if detector.literal >= 3 => RANK_NAMED,
                Some(_) => RANK_CONTEXT,
                None => RANK_GENERIC,
            },
        };
        self.found.push(candidate);
    }

    /// Whether a key stands in an instruction of a Dockerfile that puts it into the image.
    fn is_image_variable(&self, at: usize) -> bool {
        if self.file.kind != FileKind::Dockerfile {
            return false;
        }
        let mut lines = self.text[at.saturating_sub(MAX_INSTRUCTION)..at].rsplit(|byte| *byte == b'\n');
        let mut line = lines.next().unwrap_or_default();
        // An instruction goes on over lines that end in a backslash.
        for above in lines.take(64) {
            if !above.trim_ascii_end().ends_with(b"\\") {
                break;
            }
            line = above;
        }
        let starts =
            |word: &&str| line.trim_ascii_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
        ["ENV ", "ARG ", "LABEL "].iter().any(starts)
    }

    /// The value of a Kubernetes Secret, out of its base64.
    fn decoded(&self, value: &str) -> Option<String> {
        if !self.is_k8s_secret {
            return None;
        }
        let decoded = String::from_utf8(validity::base64(value)?).ok()?;
        decoded.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\n').then(|| decoded.trim_end().to_owned())
    }

    /// A value of a terminal's record, without the sequences that colour it.
    fn uncoloured(&self, span: &Range<usize>) -> Option<String> {
        const ESCAPE: char = '\u{1b}';
        let value = self.str(span);
        let starts_inside = value.starts_with('[') && span.start > 0 && self.text[span.start - 1] == 0x1b;
        if !starts_inside && !value.contains(ESCAPE) {
            return None;
        }
        let mut plain = String::with_capacity(value.len());
        for (index, run) in value.split(ESCAPE).enumerate() {
            let is_sequence = (index > 0 || starts_inside) && run.starts_with('[');
            let text = if is_sequence {
                run[1..].trim_start_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, ';' | '?'))
            } else {
                run
            };
            plain.push_str(if is_sequence { text.get(1..).unwrap_or_default() } else { text });
        }
        Some(plain)
    }

    /// In a file that is meant to be filled in, words are what to fill in.
    fn in_example(&self, value: &str, verdict: (Reason, Confidence)) -> Result<(Reason, Confidence), Reason> {
        if self.file.class.example && verdict.0 != Reason::Random && value::is_identifier(value) {
            Err(Reason::Placeholder)
        } else {
            Ok(verdict)
        }
    }

    /// The detector whose shape the value has and whose provider is named in the key or before it in
    /// its line: of several the one with the longest literal, then with the longest name.
    fn near(&self, key: &Range<usize>, value: &str) -> Option<&'static Detector> {
        let detectors = &*DETECTORS;
        let floor = key.start.saturating_sub(96);
        let line_start = memchr::memrchr(b'\n', &self.text[floor..key.start]).map_or(floor, |at| floor + at + 1);
        let context = &self.text[line_start..key.end];
        detectors
            .near
            .find(context)
            .into_iter()
            .filter(|hit| stands_alone(context, hit.range()))
            .flat_map(|hit| detectors.of_word[usize::from(hit.needle)].iter().map(move |index| (*index, hit.len)))
            .filter(|(index, _)| detectors.list[*index].shape.is_whole(value.as_bytes()))
            .max_by_key(|(index, word)| (detectors.list[*index].literal, *word, std::cmp::Reverse(*index)))
            .map(|(index, _)| &detectors.list[index])
    }

    fn position(&self, place: &context::Place<'_>) -> Position {
        match self.file.kind {
            FileKind::Prose => Position::Prose,
            // What stands in for a variable that is not set configures as well as a file does.
            kind if kind.is_code() && place.is_fallback() => Position::Config,
            kind if kind.is_code() => Position::Code,
            // A quoted text in a shell script or a Dockerfile is as often a message.
            FileKind::Shell | FileKind::Text if place.quoted => Position::Code,
            kind if context::is_comment(place.text.as_bytes(), kind, place.key.0) => Position::Code,
            _ => Position::Config,
        }
    }
}

/// Formats in which `secret: my-app-tls` names an object that holds the secret.
fn names_resources(kind: FileKind) -> bool {
    matches!(kind, FileKind::Yaml | FileKind::Terraform | FileKind::Tfvars | FileKind::Hcl)
}

/// `Secret=app-jwt,type=env,target=JWT_SECRET` of a quadlet: podman keeps the secret, and this names it.
fn is_of_quadlet(path: &str, key: &str) -> bool {
    key == "Secret" && [".container", ".build"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a short word is not a part of a longer one: `wiz` of `wizard`, `fal` of `fallback`.
fn stands_alone(context: &[u8], word: Range<usize>) -> bool {
    const SHORT: usize = 5;
    let before = context[..word.start].last();
    let after = context.get(word.end);
    word.len() > SHORT || (!before.is_some_and(u8::is_ascii_alphabetic) && !after.is_some_and(u8::is_ascii_lowercase))
}

/// `setPassword`, `with_token`, `addSecret`: the name that a setter sets.
fn setter(name: &str) -> &str {
    let name = name.rsplit('.').next().filter(|last| last.len() >= 3).unwrap_or(name);
    for verb in ["set", "with", "add", "use", "get"] {
        if let Some(rest) = name.strip_prefix(verb).filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')) {
            return rest.trim_start_matches('_');
        }
    }
    name
}
