//! Where secrets were seen in history, without the contents that they stood in. Adding is commutative, so
//! that the order in which threads read contents makes no difference.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use smol_str::{SmolStr, format_smolstr};

use crate::ir::{History, Moment, Secret, SecretValue};
use crate::vcs::{Commit, Oid};

/// One secret of one file, whatever the versions that hold it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The detector and the value: what makes two secrets the same.
    what: (SmolStr, SecretValue),
    /// The path, as the log counts them.
    pub(super) path: u32,
    /// The variable.
    name: Option<SmolStr>,
}

/// A version of a file.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: u32,
    pub(super) oid: Oid,
    /// Who brought it; `None` if it was there before the range.
    pub(super) added: Option<Commit>,
    pub(super) replaced: Option<Commit>,
    pub(super) in_head: bool,
}

/// Where a secret was seen.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// The oldest version and the commit that brought it.
    first: (Option<Commit>, Oid),
    /// The version of the current commit.
    head: Option<Oid>,
    /// The newest commit that replaced a version.
    replaced: Option<Commit>,
}

/// Secrets with where they were seen.
pub(super) type Secrets = BTreeMap<Key, Seen>;

/// Every secret that was seen.
#[derive(Debug, Default)]
pub(super) struct Sightings(Secrets);

impl Key {
    fn of(path: u32, secret: &Secret) -> Self {
        Self { what: (secret.detector.clone(), secret.value.clone()), path, name: secret.key.clone() }
    }

    /// Whether it is this secret, its file aside.
    pub(super) fn is_of(&self, secret: &Secret) -> bool {
        self.what.0 == secret.detector && self.what.1 == secret.value && self.name == secret.key
    }
}

impl Seen {
    fn and(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.head = self.head.max(other.head);
        self.replaced = self.replaced.max(other.replaced);
    }

    /// The version that it is reported in.
    pub(super) fn place(&self) -> Oid {
        self.head.unwrap_or(self.first.1)
    }

    /// When it came and went.
    pub(super) fn history(&self) -> History {
        let moment = |commit: Commit| Moment { commit: format_smolstr!("{}", commit.oid), date: commit.day().into() };
        let added = self.first.0.map_or_else(|| Moment { commit: SmolStr::default(), date: SmolStr::default() }, moment);
        History { added, removed: self.replaced.filter(|_| self.head.is_none()).map(moment), in_head: self.head.is_some() }
    }
}

impl Sightings {
    /// Adds the secrets of a version.
    pub(super) fn add(&mut self, place: &Place, secrets: &[Secret]) {
        for secret in secrets {
            let seen = Seen { first: (place.added, place.oid), head: place.in_head.then_some(place.oid), replaced: place.replaced };
            self.insert(Key::of(place.path, secret), seen);
        }
    }

    /// Adds what another thread has seen.
    pub(super) fn and(&mut self, other: Self) {
        for (key, seen) in other.0 {
            self.insert(key, seen);
        }
    }

    fn insert(&mut self, key: Key, seen: Seen) {
        match self.0.entry(key) {
            Entry::Occupied(mut there) => there.get_mut().and(&seen),
            Entry::Vacant(free) => {
                free.insert(seen);
            }
        }
    }

    /// What is reported: not what was there before the range, and one that moved to another file of the
    /// current commit in that file alone, with the commit that first brought it.
    pub(super) fn settled(self) -> Secrets {
        let mut settled = Secrets::new();
        let mut rest = self.0.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut group = vec![first];
            while let Some(next) = rest.next_if(|(key, _)| key.what == group[0].0.what) {
                group.push(next);
            }
            let Some(oldest) = group.iter().map(|(_, seen)| seen.first.0).min().flatten() else { continue };
            let still_there = group.iter().any(|(_, seen)| seen.head.is_some());
            for (key, mut seen) in group {
                if still_there {
                    if seen.head.is_none() {
                        continue;
                    }
                    seen.first.0 = Some(oldest);
                }
                settled.insert(key, seen);
            }
        }
        settled
    }
}
