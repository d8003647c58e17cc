//! The detectors: rows of `rules/secrets/*.toml`, read once, and the literals that lead to them.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::ir::{Power, SecretFamily};
use crate::needles::Needles;
use crate::tables::{self, V};

use super::encoded::{self, Encoding};
use super::place::{self, Place};
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
    /// Bytes of the longest literal that leads to it.
    pub(super) literal: usize,
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
    /// What other tools and its provider call it.
    pub covers: Vec<&'static str>,
    /// Words of keys that hold the id of this secret: see `secrets::pair`.
    pub(super) pair: Vec<&'static str>,
    /// Detectors that find the id of this secret.
    pub(super) ids: Vec<&'static str>,
}

/// What a literal leads to.
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
    /// What a row of `places.toml` says.
    Place(Place),
    /// A member of a JSON Web Key.
    Jwk,
    /// A key whose value is base64 of `user:password`.
    BasicValue,
    /// The name of an HTTP header that authenticates.
    Header,
    /// `@tcp(`, after a user and a password.
    GoDsn,
    /// `user/password@` of Oracle's programs and drivers.
    OracleUser,
    /// The signature of an Azure URL.
    Sas,
    /// A word that stands beside secrets, encoded.
    Encoded(Encoding),
    /// The columns of an `INSERT`.
    Insert,
    /// A name of the words that a wallet is restored from.
    Mnemonic,
}

/// Every detector with the literals at which one may begin.
#[derive(Debug)]
pub(super) struct Detectors {
    pub(super) list: Vec<Detector>,
    /// What the one pass over a file looks for.
    literals: Vec<Vec<u8>>,
    /// What each of `literals` leads to.
    pub(super) triggers: Vec<Trigger>,
    /// Words of providers, for shapes that need one near.
    pub(super) near: Needles,
    /// The detectors of each word of `near`.
    pub(super) of_word: Vec<Vec<usize>>,
}

/// All of them.
pub(super) static DETECTORS: LazyLock<Detectors> = LazyLock::new(Detectors::load);

/// The words of keys, in small letters. None holds another: each would be found within it.
const WORDS: &[&str] = &[
    "pass",
    "pwd",
    "psw",
    "secret",
    "token",
    "key",
    "cred",
    "salt",
    "nonce",
    "seed",
    "pepper",
    "dsn",
    "rootpw",
    "adminpw",
    "bindpw",
    "masterauth",
    "_auth",
    "_pat",
    "_sas",
    "senha",
    "contrasena",
];

/// Words that are parts of many others: only what ends a key there is looked at.
const SHORT_WORDS: &[&str] = &["auth", "pw", "appid", "iv", "psk"];
/// What ends a key.
const ENDS: &[&str] = &["\"", "'", " =", "=", ":", " :="];

/// Makes the trigger of an anchor.
type Anchor = fn() -> Trigger;

/// Literals with a parser of their own.
const ANCHORS: &[(&str, Anchor)] = &[
    ("://", || Trigger::Url),
    ("Bearer ", || Trigger::Bearer),
    ("bearer ", || Trigger::Bearer),
    ("BEARER ", || Trigger::Bearer),
    ("Bearer\\ ", || Trigger::Bearer),
    ("Basic ", || Trigger::Basic),
    ("basic ", || Trigger::Basic),
    (" -u ", || Trigger::User),
    (" -u\"", || Trigger::User),
    (" -u'", || Trigger::User),
    ("--user ", || Trigger::User),
    ("--proxy-user ", || Trigger::User),
    ("--user=", || Trigger::User),
    ("-----BEGIN ", || Trigger::Pem),
    ("LS0tLS1CRUdJTi", || Trigger::Base64Pem),
    ("MII", || Trigger::Der),
    ("PuTTY-User-Key-File-", || Trigger::Putty),
    ("IDENTIFIED BY ", || Trigger::Operand),
    ("identified by ", || Trigger::Operand),
    ("IDENTIFIED WITH ", || Trigger::Operand),
    ("identified with ", || Trigger::Operand),
    ("INSERT INTO ", || Trigger::Insert),
    ("insert into ", || Trigger::Insert),
    ("Insert into ", || Trigger::Insert),
    ("kty", || Trigger::Jwk),
    ("\"auth\"", || Trigger::BasicValue),
    ("_auth", || Trigger::BasicValue),
    ("uthorization", || Trigger::Header),
    ("UTHORIZATION", || Trigger::Header),
    ("@tcp(", || Trigger::GoDsn),
    ("oracle:thin:", || Trigger::OracleUser),
    ("oracle:oci:", || Trigger::OracleUser),
    ("sqlplus ", || Trigger::OracleUser),
    ("racle.connect(\"", || Trigger::OracleUser),
    ("racle.connect('", || Trigger::OracleUser),
    ("sig=", || Trigger::Sas),
    ("nemonic", || Trigger::Mnemonic),
    ("NEMONIC", || Trigger::Mnemonic),
    ("seed phrase", || Trigger::Mnemonic),
    ("seed_phrase", || Trigger::Mnemonic),
    ("seedPhrase", || Trigger::Mnemonic),
    ("SEED_PHRASE", || Trigger::Mnemonic),
    ("ecovery phrase", || Trigger::Mnemonic),
    ("ecovery_phrase", || Trigger::Mnemonic),
    ("ecoveryPhrase", || Trigger::Mnemonic),
    ("RECOVERY_PHRASE", || Trigger::Mnemonic),
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
            for prefix in detector.shape.literals() {
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
        for word in SHORT_WORDS {
            let capital = word[..1].to_ascii_uppercase() + &word[1..];
            for (spelling, end) in [(*word).to_owned(), capital, word.to_ascii_uppercase()]
                .iter()
                .flat_map(|spelling| ENDS.iter().map(move |end| (spelling, end)))
            {
                literals.push(format!("{spelling}{end}").into_bytes());
                triggers.push(Trigger::Word);
            }
        }
        for (anchor, trigger) in ANCHORS {
            literals.push(anchor.as_bytes().to_vec());
            triggers.push(trigger());
        }
        for (literal, place) in place::all() {
            literals.push(literal.as_bytes().to_vec());
            triggers.push(Trigger::Place(place));
        }
        let mut near_words: Vec<String> = Vec::new();
        let mut of_word: Vec<Vec<usize>> = Vec::new();
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        for (index, detector) in list.iter().enumerate() {
            for word in detector.near.iter().flat_map(|word| spellings(word)) {
                let place = *known.entry(word.clone()).or_insert_with(|| {
                    near_words.push(word);
                    of_word.push(Vec::new());
                    near_words.len() - 1
                });
                of_word[place].push(index);
            }
        }
        for (literal, encoding) in encoded::spellings() {
            literals.push(literal);
            triggers.push(Trigger::Encoded(encoding));
        }
        Self { literals, triggers, near: Needles::new(near_words.iter().map(|word| (word.as_bytes(), true))), of_word, list }
    }
}

/// `slack_signing` as keys of other formats write it; one that ends in `_` keeps that.
fn spellings(word: &str) -> Vec<String> {
    let (stem, end) = word.strip_suffix('_').map_or((word, ""), |stem| (stem, "_"));
    let mut all: Vec<String> = ["_", "", "-", "."].iter().map(|separator| stem.replace('_', separator) + end).collect();
    all.sort();
    all.dedup();
    all
}

/// Every detector, in the order of the files.
pub fn all() -> &'static [Detector] {
    &DETECTORS.list
}

/// What the one pass over a file looks for: literals that lead to a closer look.
pub(crate) fn literals() -> &'static [Vec<u8>] {
    &DETECTORS.literals
}

/// The same, sorted, to give to another tool on the same tree.
pub fn keywords() -> Vec<&'static str> {
    let mut words: Vec<&str> = DETECTORS.literals.iter().filter_map(|literal| std::str::from_utf8(literal).ok()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The detector of an id.
pub(super) fn find(id: &str) -> Option<&'static Detector> {
    all().iter().find(|detector| detector.id == id)
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
    let shape = Shape::parse(row.text("pattern"))?;
    Some(Detector {
        id: row.get("id")?.as_text()?,
        name: row.get("name")?.as_text()?,
        family,
        power,
        literal: shape.literals().iter().map(Vec::len).max().unwrap_or(0),
        shape,
        validator: Validator::named(row.text("check")),
        near: row.texts("near").collect(),
        random: row.flag("random"),
        hits: row.texts("hits").collect(),
        misses: row.texts("misses").collect(),
        covers: row.texts("covers").collect(),
        pair: row.texts("pair").collect(),
        ids: row.texts("ids").collect(),
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
            let literals = detector.shape.literals();
            assert!(
                !detector.near.is_empty() || (!literals.is_empty() && literals.iter().all(|literal| literal.len() >= 3)),
                "{}: a shape without a near word holds a literal of three bytes",
                detector.id
            );
        }
    }
}
