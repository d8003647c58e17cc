//! The detectors: rows of `rules/secrets/*.toml`, read once, and the automaton over their literals.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine as _;
use rustc_hash::FxHashMap;

use crate::ir::{Power, SecretFamily};
use crate::tables::{self, V};

use super::shape::Shape;
use super::validity::Validator;

/// A format of secret.
#[derive(Debug)]
pub struct Detector {
    /// Its id.
    pub id: &'static str,
    /// What it is, for people.
    pub name: &'static str,
    /// Which rule reports it.
    pub family: SecretFamily,
    /// What whoever holds it can do.
    pub power: Power,
    /// Its pattern as written.
    pub(super) shape: Shape,
    /// Its offline check.
    pub(super) validator: Option<Validator>,
    /// Words of which one stands in its key or its line; empty if the shape alone is proof.
    pub near: Vec<&'static str>,
    /// Whether the whole must also look random, since the prefix is short or common.
    pub(super) random: bool,
    /// Lines that must give it and lines that must not; see `secrets::sample`.
    pub hits: Vec<&'static str>,
    /// The same for lines that must not.
    pub misses: Vec<&'static str>,
}

/// What a literal of the automaton leads to.
#[derive(Debug)]
pub(super) enum Trigger {
    /// These detectors' tokens may begin here.
    Tokens(Vec<usize>),
    /// A word of a key.
    Word,
    /// `://`.
    Url,
    /// `Bearer `.
    Bearer,
    /// `Basic `.
    Basic,
    /// ` -u `, `--user `.
    User,
    /// `-----BEGIN `.
    Pem,
    /// Base64 of `-----BEGI`.
    Base64Pem,
    /// Base64 of an ASN.1 sequence.
    Der,
    /// A PuTTY key file.
    Putty,
    /// `IDENTIFIED BY `, whose operand is a password.
    Operand,
    /// A call of which this argument is a password.
    Argument(usize),
    /// A command with an option whose operand is a password; glued to it or not.
    Command(&'static [u8], bool),
    /// A member of a JSON Web Key.
    Jwk,
    /// A key whose value is base64 of `user:password`.
    BasicValue,
    /// The name of an HTTP header that authenticates.
    Header,
    /// `@tcp(`, after a user and a password.
    GoDsn,
    /// The signature of an Azure URL.
    Sas,
    /// Base64 of a word that stands beside secrets.
    Encoded,
}

/// Every detector with the automaton that finds where one may begin.
#[derive(Debug)]
pub(super) struct Detectors {
    pub(super) list: Vec<Detector>,
    pub(super) automaton: AhoCorasick,
    pub(super) triggers: Vec<Trigger>,
    /// The literals of `automaton`, to compare with other tools on the same tree.
    keywords: Vec<String>,
    /// Words of providers, for shapes that need one near.
    pub(super) near: AhoCorasick,
    /// The detectors of each word of `near`.
    pub(super) of_word: Vec<Vec<usize>>,
}

/// All of them.
pub(super) static DETECTORS: LazyLock<Detectors> = LazyLock::new(Detectors::load);

/// The words of keys, in small letters. None holds another: each would be found within it.
const WORDS: &[&str] =
    &["pass", "pwd", "psw", "secret", "token", "key", "credential", "salt", "pepper", "dsn", "rootpw", "adminpw", "_auth", "_pat", "_sas"];

/// Makes the trigger of an anchor.
type Anchor = fn() -> Trigger;

/// Literals with a parser of their own.
const ANCHORS: &[(&str, Anchor)] = &[
    ("://", || Trigger::Url),
    ("Bearer ", || Trigger::Bearer),
    ("bearer ", || Trigger::Bearer),
    ("BEARER ", || Trigger::Bearer),
    ("Basic ", || Trigger::Basic),
    ("basic ", || Trigger::Basic),
    (" -u ", || Trigger::User),
    ("--user ", || Trigger::User),
    ("--user=", || Trigger::User),
    ("-----BEGIN ", || Trigger::Pem),
    ("LS0tLS1CRUdJTi", || Trigger::Base64Pem),
    ("MII", || Trigger::Der),
    ("PuTTY-User-Key-File-", || Trigger::Putty),
    ("IDENTIFIED BY ", || Trigger::Operand),
    ("identified by ", || Trigger::Operand),
    ("SecureString ", || Trigger::Argument(0)),
    ("BasicAuth(", || Trigger::Argument(1)),
    ("basic_auth(", || Trigger::Argument(1)),
    ("user_and_password(", || Trigger::Argument(1)),
    ("PasswordCredentials(", || Trigger::Argument(1)),
    ("PasswordAuthentication(", || Trigger::Argument(1)),
    ("UserInfo(", || Trigger::Argument(1)),
    ("UserPassword(", || Trigger::Argument(1)),
    ("auth=(", || Trigger::Argument(1)),
    ("sshpass -", || Trigger::Command(b" -p", true)),
    ("sshpass -", || Trigger::Command(b" -p", false)),
    ("docker login", || Trigger::Command(b" -p", false)),
    ("az login", || Trigger::Command(b" -p", false)),
    ("redis-cli", || Trigger::Command(b" -a", false)),
    ("mysql", || Trigger::Command(b" -p", true)),
    ("mongo", || Trigger::Command(b" -p", false)),
    ("sqlcmd", || Trigger::Command(b" -P", false)),
    ("kty", || Trigger::Jwk),
    ("\"auth\"", || Trigger::BasicValue),
    ("_auth", || Trigger::BasicValue),
    ("uthorization", || Trigger::Header),
    ("UTHORIZATION", || Trigger::Header),
    ("@tcp(", || Trigger::GoDsn),
    ("sig=", || Trigger::Sas),
];

impl Detectors {
    /// Whether a value is of a kind that its provider means to be public: a publishable key, a client id.
    pub(super) fn is_publishable(&self, value: &str) -> bool {
        self.list
            .iter()
            .any(|detector| detector.power == Power::Nothing && detector.near.is_empty() && detector.shape.is_whole(value.as_bytes()))
    }

    fn load() -> Self {
        let list: Vec<Detector> = tables::secret_rows("detector").filter_map(detector).collect();
        let mut literals: Vec<Vec<u8>> = Vec::new();
        let mut triggers: Vec<Trigger> = Vec::new();
        let mut places: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
        for (index, detector) in list.iter().enumerate().filter(|(_, detector)| detector.near.is_empty()) {
            for prefix in detector.shape.prefixes() {
                let place = *places.entry(prefix.clone()).or_insert_with(|| {
                    literals.push(prefix);
                    triggers.push(Trigger::Tokens(Vec::new()));
                    triggers.len() - 1
                });
                if let Trigger::Tokens(detectors) = &mut triggers[place] {
                    detectors.push(index);
                }
            }
        }
        for word in WORDS {
            let capital = word[..1].to_ascii_uppercase() + &word[1..];
            let mut spellings = vec![(*word).to_owned(), capital, word.to_ascii_uppercase()];
            spellings.dedup();
            for spelling in spellings {
                literals.push(spelling.into_bytes());
                triggers.push(Trigger::Word);
            }
        }
        for (anchor, trigger) in ANCHORS {
            literals.push(anchor.as_bytes().to_vec());
            triggers.push(trigger());
        }
        let mut near_words: Vec<&'static str> = Vec::new();
        let mut of_word: Vec<Vec<usize>> = Vec::new();
        for (index, detector) in list.iter().enumerate() {
            for word in &detector.near {
                let place = near_words.iter().position(|known| known == word).unwrap_or_else(|| {
                    near_words.push(word);
                    of_word.push(Vec::new());
                    near_words.len() - 1
                });
                of_word[place].push(index);
            }
        }
        for word in ENCODED {
            for literal in base64_spellings(word) {
                literals.push(literal);
                triggers.push(Trigger::Encoded);
            }
        }
        let keywords = literals.iter().map(|literal| String::from_utf8_lossy(literal).into_owned()).collect();
        Self { automaton: automaton(&literals, false), triggers, keywords, near: automaton(&near_words, true), of_word, list }
    }
}

/// Words of which the base64 is looked for, so that no other base64 needs to be decoded.
const ENCODED: &[&str] = &[
    "password",
    "Password",
    "PASSWORD",
    "passwd",
    "secret",
    "Secret",
    "SECRET",
    "token\"",
    "_TOKEN",
    "_token",
    "api_key",
    "apiKey",
    "API_KEY",
    "postgres",
    "mongodb",
    "mysql://",
    "redis://",
    "amqp://",
    "://user",
    "PRIVATE KEY",
];

/// What base64 of a text that holds `word` holds, for each of the three ways that it may be cut.
fn base64_spellings(word: &str) -> Vec<Vec<u8>> {
    let encode = |lead: usize| {
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode([vec![b' '; lead], word.as_bytes().to_vec()].concat());
        // A character is fixed by the word if all of its six bits are.
        let first = (lead * 8).div_ceil(6);
        let last = (lead + word.len()) * 8 / 6;
        encoded.as_bytes()[first..last].to_vec()
    };
    (0..3).map(encode).collect()
}

/// Every detector, in the order of the files.
pub fn all() -> &'static [Detector] {
    &DETECTORS.list
}

/// What the one pass over a file looks for, sorted: literals that lead to a closer look.
pub fn keywords() -> Vec<&'static str> {
    let mut words: Vec<&str> = DETECTORS.keywords.iter().map(String::as_str).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The detector of an id.
pub(super) fn find(id: &str) -> Option<&'static Detector> {
    all().iter().find(|detector| detector.id == id)
}

fn automaton(literals: &[impl AsRef<[u8]>], ignore_case: bool) -> AhoCorasick {
    // The NFA is a third as fast over a file; what runs on a key alone is not worth a DFA.
    let kind = if ignore_case { AhoCorasickKind::ContiguousNFA } else { AhoCorasickKind::DFA };
    AhoCorasick::builder()
        .kind(Some(kind))
        .ascii_case_insensitive(ignore_case)
        .build(literals)
        .unwrap_or_else(|error| unreachable!("the literals are constants: {error}"))
}

/// A row; one that cannot be read is left out, and a test says so.
fn detector(row: &'static V) -> Option<Detector> {
    let power = match row.text("power") {
        "nothing" => Power::Nothing,
        "little" => Power::Little,
        "much" => Power::Much,
        "everything" => Power::Everything,
        _ => Power::Some,
    };
    let family = match row.text("family") {
        "nats-seed" => SecretFamily::NatsSeed,
        "private-key" => SecretFamily::PrivateKey,
        "signing" => SecretFamily::Signing,
        _ => SecretFamily::Provider,
    };
    Some(Detector {
        id: row.get("id")?.as_text()?,
        name: row.get("name")?.as_text()?,
        family,
        power,
        shape: Shape::parse(row.text("pattern"))?,
        validator: Validator::named(row.text("check")),
        near: row.texts("near").collect(),
        random: row.flag("random"),
        hits: row.texts("hits").collect(),
        misses: row.texts("misses").collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        let rows: Vec<&V> = tables::secret_rows("detector").collect();
        for row in &rows {
            assert!(detector(row).is_some(), "{}: `{}` is not a pattern", row.text("id"), row.text("pattern"));
            let check = row.text("check");
            assert!(check.is_empty() || Validator::named(check).is_some(), "{}: unknown check `{check}`", row.text("id"));
        }
        for detector in all() {
            assert_eq!(all().iter().filter(|other| other.id == detector.id).count(), 1, "{} twice", detector.id);
            let prefixes = detector.shape.prefixes();
            assert!(
                !detector.near.is_empty() || (!prefixes.is_empty() && prefixes.iter().all(|prefix| prefix.len() >= 3)),
                "{}: a shape without a near word begins with a literal of three bytes",
                detector.id
            );
        }
    }
}
