//! The word lists of `rules/secrets/words.toml`, read once.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::needles::Needles;
use crate::tables::{self, V};

use super::key::KeyClass;

/// A set of words.
pub(super) type Set = FxHashSet<&'static str>;

/// What words say about keys and values.
#[derive(Debug)]
pub(super) struct Words {
    /// What a key's name promises by its last word.
    pub(super) heads: FxHashMap<&'static str, KeyClass>,
    /// What `KEY` promises by the word before it.
    pub(super) keys: FxHashMap<&'static str, KeyClass>,
    /// What makes a secret one that signs.
    pub(super) signers: Set,
    /// What may follow a head.
    pub(super) tails: Set,
    /// What takes a head's promise back.
    pub(super) disarming: Set,
    /// Words before `key` that make it a name to look up.
    pub(super) lookups: Set,
    /// Starts of references.
    pub(super) references: Vec<&'static str>,
    /// Keywords and types.
    pub(super) keywords: Set,
    /// Words of labels.
    pub(super) labels: Set,
    /// What follows the last dot of a path or host.
    pub(super) endings: Set,
    /// ISO 639-1 codes of languages that software is translated to.
    pub(super) languages: Set,
    /// Words before `pass` that make it a run over something.
    pub(super) passes: Set,
    /// Words before `token` that make it a handle of a request.
    pub(super) handles: Set,
    /// Names of algorithms and protocols up to their first digit.
    pub(super) algorithms: Set,
    /// Values to be filled in.
    pub(super) placeholders: Set,
    /// Parts of such values.
    pub(super) placeholder_parts: Needles,
}

/// All of them.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let list = |name: &str| tables::secret_rows("words").flat_map(|row| row.texts(name)).collect::<Vec<_>>();
    let set = |name: &str| list(name).into_iter().collect::<Set>();
    Words {
        heads: classes("head"),
        keys: classes("key"),
        signers: set("signers"),
        tails: set("tails"),
        disarming: set("disarming"),
        lookups: set("lookups"),
        references: list("references"),
        keywords: set("keywords"),
        labels: set("labels"),
        endings: set("endings"),
        languages: set("languages"),
        passes: set("passes"),
        handles: set("handles"),
        algorithms: set("algorithms"),
        placeholders: set("placeholders"),
        placeholder_parts: Needles::new(list("placeholder_parts").iter().map(|part| (part.as_bytes(), true))),
    }
});

fn classes(key: &'static str) -> FxHashMap<&'static str, KeyClass> {
    let class = |row: &V| match row.text("class") {
        "password" => KeyClass::Password,
        "secret" => KeyClass::Secret,
        "signing" => KeyClass::Signing,
        _ => KeyClass::Token,
    };
    tables::secret_rows(key).flat_map(|row| row.texts("words").map(move |word| (word, class(row)))).collect()
}
