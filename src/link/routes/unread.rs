//! Roles that a decorator says and nothing reads: `@Roles('admin')` where the guard that asks for them is registered nowhere.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::judge::Verdict;
use super::markers::MarkerKey;
use super::names::Names;
use crate::ir::NodeKind;

/// What the words of a key or its decorator say, where a caller has to be something.
const RIGHTS: [&str; 6] = ["role", "permi", "polic", "abilit", "privileg", "scope"];

/// Who reads metadata, by the key: whether all that do are guards, whose place in front of a route is seen.
pub(super) struct Readers(BTreeMap<String, bool>);

impl Readers {
    /// Looks at the functions of all files.
    pub(super) fn of(names: &Names<'_>) -> Self {
        let mut readers = BTreeMap::new();
        for (name, value) in names.bindings() {
            let NodeKind::Func(func) = &value.kind else { continue };
            for key in &func.reads_markers {
                *readers.entry(names.identity(key)).or_insert(true) &= name.ends_with(".canActivate");
            }
        }
        Self(readers)
    }

    /// The decorator by which a route says what its caller has to be, where none of the guards in front of it reads that,
    /// all of which are known.
    pub(super) fn unread(&self, keys: &[(String, MarkerKey<'_>)], in_force: &InForce) -> Option<SmolStr> {
        let says_right = |text: &str| RIGHTS.iter().any(|word| text.to_ascii_lowercase().contains(word));
        let mut demands = keys.iter().filter(|(key, set)| set.demands && (says_right(key) || says_right(set.marker)));
        let is_read = |key: &String| in_force.asked.contains(key);
        if in_force.is_open || demands.clone().any(|(key, _)| is_read(key)) {
            return None;
        }
        demands.find(|(key, _)| self.0.get(key) == Some(&true)).map(|(_, set)| SmolStr::new(set.marker))
    }
}

/// What the guards in front of one route read.
#[derive(Default)]
pub(super) struct InForce {
    /// The keys.
    asked: Vec<String>,
    /// Whether one of them may ask for more than is seen.
    is_open: bool,
}

impl InForce {
    /// Adds a guard.
    pub(super) fn add(&mut self, verdict: &Verdict, names: &Names<'_>) {
        self.asked.extend(verdict.skips.iter().map(|key| names.identity(key)));
        self.is_open |= verdict.authn.is_maybe() && verdict.skips.is_empty();
    }
}
