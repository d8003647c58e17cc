//! Secrets in the history of a repository. Each blob is read once, and only what was found in it is kept,
//! so that memory follows the number of secrets and not that of contents.
//!
//! A secret that the current commit still holds is reported where it stands there, under the fingerprint
//! that a scan of the tree gives it: comments and a baseline hold for both. One that was removed is
//! reported in the oldest content that has it.

mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::ThreadPool;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::engine::{self, Counts, Outcome};
use crate::ir::{Depth, FactKind, Secret, SecretFamily, Tri};
use crate::link::Model;
use crate::rules::Active;
use crate::settle::Settings;
use crate::source::{FileId, SourceFile, decode, path_from_bytes};
use crate::vcs::{Commit, GitError, Log, Object, Oid, Range, Repository, Version};
use crate::walk::{Excluded, Skip, Skipped};
use seen::{Place, Secrets, Sightings};

/// What the message of a commit is called in reports, as git does.
const MESSAGE: &str = ".git/COMMIT_EDITMSG";
/// Bytes of the texts that are kept for reports at the most.
const MAX_KEPT: usize = 256 << 20;
/// A run of git reads at least so many blobs.
const MIN_CHUNK: usize = 256;

/// The contents of a history, listed and not yet read.
#[derive(Debug)]
pub struct History<'r> {
    repository: &'r Repository,
    log: Log,
    /// Versions in the order in which they are read: those of one file together, as git packs them.
    order: Vec<usize>,
    /// The paths of the blobs of the current commit.
    head: FxHashMap<Oid, SmallVec<[u32; 1]>>,
    /// Commits whose messages hold a secret.
    messages: Vec<Commit>,
}

/// What a scan of history has to say.
#[derive(Debug)]
pub struct Scanned {
    /// Findings and counts.
    pub outcome: Outcome,
    /// Contents that were not scanned, by path.
    pub skipped: Vec<Skipped>,
    /// Secrets whose texts would not fit into memory: they are not reported.
    pub left_out: usize,
}

impl<'r> History<'r> {
    /// Lists the contents of a range, without those under excluded paths.
    pub fn list(repository: &'r Repository, range: &Range, excluded: &Excluded) -> Result<Self, GitError> {
        let mut messages = Vec::new();
        let whole = range.paths.is_empty();
        let mut log = repository.log(range, &mut |commit, text| {
            if whole && !secrets_of_message(text).is_empty() {
                messages.push(commit);
            }
        })?;
        // A blob that the current commit has under another path than it came under is reported at that one.
        let mut head: FxHashMap<Oid, SmallVec<[u32; 1]>> = FxHashMap::default();
        let mut indices: FxHashMap<Vec<u8>, u32> = log.paths.iter().cloned().zip(0..).collect();
        let wanted = |path: &[u8]| {
            whole || range.paths.iter().any(|start| path.strip_prefix(&**start).is_some_and(|rest| rest.is_empty() || rest[0] == b'/'))
        };
        for (oid, path) in repository.head()?.into_iter().filter(|(_, path)| wanted(path)) {
            let index = *indices.entry(path).or_insert_with_key(|path| {
                log.paths.push(path.clone());
                log.paths.len() as u32 - 1
            });
            head.entry(oid).or_default().push(index);
        }
        for version in &mut log.versions {
            version.path = head.get(&version.oid).and_then(|paths| paths.first().copied()).unwrap_or(version.path);
        }
        let left_out: Vec<bool> = log.paths.iter().map(|path| excluded.holds(path)).collect();
        let mut order: Vec<usize> = (0..log.versions.len()).filter(|at| !left_out[log.versions[*at].path as usize]).collect();
        let key = |version: &Version| (log.paths[version.path as usize].as_slice(), version.added, version.oid);
        order.sort_unstable_by(|a, b| key(&log.versions[*a]).cmp(&key(&log.versions[*b])));
        Ok(Self { repository, log, order, head, messages })
    }

    /// How many contents there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// How many commits there are.
    pub fn commits(&self) -> usize {
        self.log.commits
    }

    /// Why the rest could not be listed, if something is damaged.
    pub fn broken(&self) -> Option<&GitError> {
        self.log.broken.as_ref()
    }

    /// Reads every content on the threads of `pool`, and judges what is in them. `tick` is called after each.
    pub fn scan(
        &self,
        max_bytes: u64,
        active: &Active,
        settings: &Settings,
        pool: &ThreadPool,
        tick: &(dyn Fn() + Sync),
    ) -> Result<Scanned, GitError> {
        let size = (self.order.len() / (pool.current_num_threads() * 8)).max(MIN_CHUNK);
        let chunks: Vec<&[usize]> = self.order.chunks(size).collect();
        let next = AtomicUsize::new(0);
        let parts = pool.broadcast(|_| {
            let mut part = Part::default();
            while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.read(chunk, max_bytes, &mut part, tick)?;
            }
            Ok(part)
        });
        let mut all = Part::default();
        for part in parts {
            all.and(part?);
        }
        let commits: Vec<Oid> = self.messages.iter().map(|commit| commit.oid).collect();
        self.repository.objects(&commits, max_bytes, &mut |at, object| {
            if let Object::Bytes(bytes) = object {
                let place = Place { path: u32::MAX, oid: commits[at], added: Some(self.messages[at]), replaced: None, in_head: false };
                all.seen.add(&place, &secrets_of_message(message_of(bytes)));
            }
        })?;
        let mut skipped: Vec<Skipped> = all.skipped.into_iter().map(|(path, why)| Skipped { path: self.path(path), why }).collect();
        skipped.sort();
        let counts = Counts { files: all.files, bytes: all.bytes, rules: active.count(), ..Counts::default() };
        let (model, left_out) = self.model(all.seen.settled(), max_bytes)?;
        Ok(Scanned { outcome: pool.install(|| engine::judge(model, active, settings, counts)), skipped, left_out })
    }

    /// Reads some contents, and keeps what is secret in them.
    fn read(&self, chunk: &[usize], max_bytes: u64, part: &mut Part, tick: &(dyn Fn() + Sync)) -> Result<(), GitError> {
        let oids: Vec<Oid> = chunk.iter().map(|at| self.log.versions[*at].oid).collect();
        self.repository.objects(&oids, max_bytes, &mut |at, object| {
            tick();
            let version = &self.log.versions[chunk[at]];
            let why = match object {
                Object::Bytes(bytes) => match decode(bytes) {
                    Some((text, _)) => {
                        part.files += 1;
                        part.bytes += text.len();
                        let found = engine::secrets_of(&SourceFile::new(FileId(0), self.path(version.path), text));
                        let Version { oid, path, added, replaced } = *version;
                        let there = self.head.get(&oid).map_or(&[][..], |paths| paths);
                        for path in there {
                            part.seen.add(&Place { path: *path, oid, added, replaced, in_head: true }, &found);
                        }
                        if there.is_empty() {
                            part.seen.add(&Place { path, oid, added, replaced, in_head: false }, &found);
                        }
                        return;
                    }
                    None => Skip::Binary,
                },
                Object::TooLarge => Skip::Size,
                Object::Unreadable => Skip::Unreadable,
            };
            part.skipped.insert((version.path, why));
        })
    }

    /// The contents that are reported, read again, with their secrets; how many did not fit.
    fn model(&self, seen: Secrets, max_bytes: u64) -> Result<(Model, usize), GitError> {
        let mut wanted: BTreeMap<(String, Oid), Secrets> = BTreeMap::new();
        for (key, seen) in seen {
            wanted.entry((self.path(key.path), seen.place())).or_default().insert(key, seen);
        }
        let (places, mut secrets): (Vec<_>, Vec<Secrets>) = wanted.into_iter().unzip();
        let oids: Vec<Oid> = places.iter().map(|(_, oid): &(String, Oid)| *oid).collect();
        let mut model = Model::default();
        let mut facts = Vec::new();
        let (mut kept, mut left_out) = (0, 0);
        self.repository.objects(&oids, max_bytes, &mut |at, object| {
            let path = places[at].0.as_str();
            let bytes = match object {
                Object::Bytes(bytes) if path == MESSAGE => message_of(bytes),
                Object::Bytes(bytes) => bytes,
                _ => &[],
            };
            kept += bytes.len();
            if kept > MAX_KEPT {
                left_out += secrets[at].len();
                return;
            }
            let Some((text, encoding)) = decode(bytes) else { return };
            let mut file = SourceFile::new(FileId(model.files.id_bound() as u32), path, text);
            file.encoding = encoding;
            let mut analysed = engine::analyse(&file, Depth::Secrets);
            (analysed.meta.tracked, analysed.meta.ignored) = (Some(true), Some(false));
            model.files.add_version(analysed.meta);
            model.markers.append(&mut analysed.facts.markers);
            for mut fact in analysed.facts.facts {
                if let FactKind::Secret(secret) = &mut fact.kind
                    && let Some(seen) = secrets[at]
                        .iter()
                        .find(|(key, _)| key.is_of(secret))
                        .map(|(key, _)| key.clone())
                        .and_then(|key| secrets[at].remove(&key))
                {
                    (secret.committed, secret.ignored) = (Tri::Yes, Tri::No);
                    secret.history = Some(seen.history());
                    facts.push(fact);
                }
            }
        })?;
        model.add(facts);
        Ok((model, left_out))
    }

    fn path(&self, index: u32) -> String {
        self.log.paths.get(index as usize).map_or_else(|| MESSAGE.to_owned(), |path| path_from_bytes(path))
    }
}

/// What a thread has read.
#[derive(Default)]
struct Part {
    seen: Sightings,
    skipped: BTreeSet<(u32, Skip)>,
    files: usize,
    bytes: usize,
}

impl Part {
    fn and(&mut self, mut other: Self) {
        self.seen.and(other.seen);
        self.skipped.append(&mut other.skipped);
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// Secrets that are known by their form. A message is prose, in which `second pass: split` sets no password.
fn secrets_of_message(message: &[u8]) -> Vec<Secret> {
    let Some((text, _)) = decode(message) else { return Vec::new() };
    let mut found = engine::secrets_of(&SourceFile::new(FileId(0), MESSAGE, text));
    found.retain(|secret| !matches!(secret.family, SecretFamily::Generic | SecretFamily::Signing));
    found
}

/// The message of a commit object: what follows its headers.
fn message_of(commit: &[u8]) -> &[u8] {
    memchr::memmem::find(commit, b"\n\n").map_or(&[], |at| &commit[at + 2..])
}
