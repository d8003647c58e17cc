//! The files of a tree, in a fixed order, and their bytes: the only door to the disk.
//!
//! The tree is hostile: links are not followed, nothing but regular files is opened (not even as
//! `.gitignore`), a size limit holds, and a file that git tracks is scanned whatever an ignore file
//! says, so that a change can't hide one. So is a `.env` that `.gitignore` names: git does not keep it,
//! but every program that runs on the machine can read it.

mod downloaded;
mod ignored;
mod read;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::{WalkBuilder, WalkState};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::source::path_from_bytes;
use crate::vcs::{Blob, Paths, path_from_git};
use ignored::Ignored;
pub use read::{Loaded, load, load_again, read_guarded};
pub use targets::{Root, Targets};

/// Bytes of one file that are read at the most, unless asked otherwise.
pub const MAX_FILE_BYTES: u64 = 8 << 20;

/// How to walk.
#[derive(Debug, Clone)]
pub struct Options {
    /// Scan what `.gitignore` and `.ignore` name as well.
    pub no_ignore: bool,
    /// Leave out files and folders whose names begin with a dot.
    pub no_hidden: bool,
    /// Globs of paths to leave out.
    pub exclude: Vec<String>,
    /// Larger files are named and skipped.
    pub max_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { no_ignore: false, no_hidden: false, exclude: Vec::new(), max_bytes: MAX_FILE_BYTES }
    }
}

/// What globs leave out.
#[derive(Debug)]
pub struct Excluded(GlobSet);

impl Excluded {
    /// Reads the globs.
    pub fn new(patterns: &[String]) -> Result<Self, WalkError> {
        globs(patterns).map(Self)
    }

    /// Whether a path of git's is left out.
    pub fn holds(&self, path: &[u8]) -> bool {
        !self.0.is_empty() && self.0.is_match(path_from_bytes(path))
    }
}

/// A file to scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Path relative to the root, as it is reported.
    pub path: Arc<str>,
    /// How much of `path` is the one folder that the command line named: a role (test, example) is read
    /// off the rest, since whoever names `tests/fixtures` wants it looked at for what it is.
    pub named: usize,
    /// Where it is, if `path` does not say it: a name that is not UTF-8, a character that is escaped.
    pub at: Option<Box<Path>>,
    /// Its size when it was listed.
    pub bytes: u64,
    /// Whether git tracks it.
    pub tracked: Option<bool>,
    /// Whether an ignore file of git names it; `None` outside a repository if none does.
    pub ignored: Option<bool>,
    /// Its bytes, where they are not those on disk: staged content.
    pub content: Option<Box<[u8]>>,
}

impl Found {
    /// Whether its path alone leads to its bytes: it has no staged content, and no name that can't be written.
    pub fn is_on_disk(&self) -> bool {
        self.content.is_none() && self.at.is_none()
    }
}

/// A file that is not scanned, by path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// Path relative to the root, as it is reported.
    pub path: String,
    /// Why.
    pub why: Skip,
}

/// Why a file is not scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// Not text.
    Binary,
    /// Larger than the limit.
    Size,
    /// The system refused to read it.
    Unreadable,
    /// A symbolic link: its target is scanned if it is in the tree.
    Link,
    /// A pipe, socket or device.
    Special,
}

impl Skip {
    /// Whether something that should have been scanned was not.
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Size | Self::Unreadable)
    }

    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Binary => "not text",
            Self::Size => "over the size limit",
            Self::Unreadable => "unreadable",
            Self::Link => "symbolic links",
            Self::Special => "pipes or devices",
        }
    }
}

impl Tree {
    /// Puts contents out of git's store in the place of those on disk; new paths are added.
    pub fn overlay(&mut self, root: &Root, blobs: Vec<Blob>) {
        let mut by_path: BTreeMap<Arc<str>, Found> =
            std::mem::take(&mut self.files).into_iter().map(|found| (found.path.clone(), found)).collect();
        for (name, bytes) in blobs {
            let path: Arc<str> = path_from_bytes(&name).into();
            self.skipped.retain(|skipped| *skipped.path != *path);
            let at = root.unless_named(&path, root.top.join(path_from_git(&name)));
            let found = Found {
                named: 0,
                path: path.clone(),
                at,
                bytes: bytes.len() as u64,
                tracked: Some(true),
                ignored: Some(false),
                content: Some(bytes.into()),
            };
            by_path.insert(path, found);
        }
        self.files = by_path.into_values().collect();
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Tree {
    /// The folder that paths are relative to.
    pub top: PathBuf,
    /// Files to scan, by path.
    pub files: Vec<Found>,
    /// What is left out, by path.
    pub skipped: Vec<Skipped>,
    /// Sentences about what could not be asked, for the summary.
    pub warnings: Vec<String>,
}

/// A mistake in the options.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A glob that is none.
    #[error("`{glob}` is no glob: {message}")]
    Glob {
        /// As written.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
    /// A path that is not there.
    #[error("{path}: {message}")]
    Path {
        /// As given.
        path: String,
        /// What the system says.
        message: String,
    },
}

/// Lists what is to be scanned.
pub fn walk(targets: &Targets, options: &Options) -> Result<Tree, WalkError> {
    let exclude = globs(&in_force(&options.exclude, targets)?)?;
    let named_folder = targets.named_folder();
    let mut tree = Tree { top: targets.root.top.clone(), ..Tree::default() };
    let mut seen = Seen::default();
    let mut environments = BTreeMap::new();
    for target in &targets.paths {
        list(target, targets, options, &exclude, &mut seen, &mut environments);
    }
    if !options.no_hidden {
        seen.extend(downloaded::downloaded(&seen, &targets.root, &exclude));
    }
    let mut ignored = Ignored::new(&targets.root.top);
    // What only an `.ignore` names is left out: it speaks to tools that search, as this one.
    environments.retain(|at, _| !seen.contains_key(at) && ignored.names(at));
    let mut tracked = None;
    let mut hidden_by_ignore: BTreeSet<PathBuf> = environments.keys().cloned().collect();
    seen.extend(environments);
    if let Some(repository) = &targets.root.repository {
        match repository.tracked() {
            Ok(names) => {
                hidden_by_ignore.append(&mut add_tracked(&names, targets, &exclude, &mut seen));
                tracked = Some(names);
            }
            Err(error) => tree.warnings.push(format!("{error}; scanned without knowing which files git tracks")),
        }
    }
    let mut add = |(at, entry): (PathBuf, Entry)| {
        let relative = targets.root.relative(&at);
        let path = path_from_bytes(&relative);
        match entry {
            Entry::File(bytes) if bytes > options.max_bytes => tree.skipped.push(Skipped { path, why: Skip::Size }),
            Entry::File(bytes) => {
                let is_tracked = tracked.as_ref().map(|names| names.contains(&relative));
                // What the walk itself listed, no ignore file names.
                let asked = options.no_ignore || hidden_by_ignore.contains(&at);
                let is_ignored = asked && ignored.names(&at);
                // Without git, a `.gitignore` still says what is not to be kept; that there is none says nothing.
                let ignored = (targets.root.repository.is_some() || is_ignored).then_some(is_ignored);
                let named = named_folder.min(path.len());
                let at = targets.root.unless_named(&path, at);
                tree.files.push(Found { path: path.into(), named, at, bytes, tracked: is_tracked, ignored, content: None });
            }
            Entry::Skip(why) => tree.skipped.push(Skipped { path, why }),
        }
    };
    seen.into_iter().for_each(&mut add);
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree.skipped.sort();
    Ok(tree)
}

/// What is listed, in no order: to compare paths part by part, as an ordered map does, took longer than the walk.
type Seen = FxHashMap<PathBuf, Entry>;

enum Entry {
    File(u64),
    Skip(Skip),
}

impl Entry {
    fn of(meta: &std::fs::Metadata) -> Option<Self> {
        let kind = meta.file_type();
        if kind.is_dir() {
            None
        } else if kind.is_file() {
            Some(Self::File(meta.len()))
        } else if kind.is_symlink() {
            Some(Self::Skip(Skip::Link))
        } else {
            Some(Self::Skip(Skip::Special))
        }
    }
}

/// The patterns without those that leave out a folder that is named on the command line: whoever names it
/// wants it scanned, and nothing scanned must not look like nothing found.
fn in_force(patterns: &[String], targets: &Targets) -> Result<Vec<String>, WalkError> {
    let mut kept = Vec::new();
    for pattern in patterns {
        let set = globs(std::slice::from_ref(pattern))?;
        if !targets.paths.iter().any(|path| path.is_dir() && *path != targets.root.top && excluded(&set, &targets.root, path)) {
            kept.push(pattern.clone());
        }
    }
    Ok(kept)
}

fn globs(patterns: &[String]) -> Result<GlobSet, WalkError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let bad = |error: globset::Error| WalkError::Glob { glob: pattern.clone(), message: error.kind().to_string() };
        // `testdata` leaves out the file or folder of that name anywhere, `/testdata` the one at the root.
        let trimmed = pattern.trim_end_matches('/');
        let anchored = match trimmed.strip_prefix('/') {
            Some(rooted) => rooted.to_owned(),
            None if trimmed.contains('/') => trimmed.to_owned(),
            None => format!("**/{trimmed}"),
        };
        set.add(Glob::new(&anchored).map_err(bad)?);
        set.add(Glob::new(&format!("{anchored}/**")).map_err(bad)?);
    }
    set.build().map_err(|error| WalkError::Glob { glob: patterns.join(", "), message: error.kind().to_string() })
}

/// Lists one path of the command line. A file named there is taken whatever an ignore file says.
fn list(
    target: &Path,
    targets: &Targets,
    options: &Options,
    exclude: &GlobSet,
    seen: &mut Seen,
    environments: &mut BTreeMap<PathBuf, Entry>,
) {
    let Ok(meta) = target.symlink_metadata() else { return };
    if let Some(entry) = Entry::of(&meta) {
        seen.insert(target.to_owned(), entry);
        return;
    }
    // Folders whose ignore file is a pipe, a device or a link are walked on their own, without it:
    // the walker would open it.
    let mut open = vec![(target.to_owned(), !options.no_ignore && has_safe_ignores(target))];
    while let Some((folder, ignores)) = open.pop() {
        let listing = walk_folder(&folder, ignores, targets, options, exclude);
        seen.extend(listing.entries);
        environments.extend(listing.environments);
        open.extend(listing.unsafe_folders.into_iter().map(|folder| (folder, false)));
    }
}

/// What a walk of one folder found.
struct Listing {
    entries: Vec<(PathBuf, Entry)>,
    /// Each `.env` in a folder that no ignore file names, itself named by one or not.
    environments: Vec<(PathBuf, Entry)>,
    /// Folders whose ignore files can't be opened.
    unsafe_folders: BTreeSet<PathBuf>,
}

fn walk_folder(folder: &Path, ignores: bool, targets: &Targets, options: &Options, exclude: &GlobSet) -> Listing {
    let below_root = folder != targets.root.top;
    let (send, receive) = std::sync::mpsc::channel();
    let (send_folder, receive_folder) = std::sync::mpsc::channel();
    let (send_environment, receive_environment) = std::sync::mpsc::channel();
    let wants_environments = ignores && !options.no_hidden;
    let (root, set, start) = (targets.root.clone(), exclude.clone(), folder.to_owned());
    let mut builder = WalkBuilder::new(folder);
    builder.standard_filters(false).hidden(options.no_hidden).follow_links(false);
    builder.git_ignore(ignores).ignore(ignores).require_git(false).parents(ignores && below_root);
    builder.filter_entry(move |entry| {
        let path = entry.path();
        if path == start {
            return true;
        }
        if entry.file_name() == ".git" || excluded(&set, &root, path) {
            return false;
        }
        let descends = entry.file_type().is_some_and(|kind| kind.is_dir());
        if descends && ignores && !has_safe_ignores(path) {
            let _ = send_folder.send(path.to_owned());
            return false;
        }
        true
    });
    builder.threads(std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8)).build_parallel().run(|| {
        let (send, send_environment) = (send.clone(), send_environment.clone());
        Box::new(move |entry| {
            match entry {
                Ok(entry) => {
                    if wants_environments && entry.file_type().is_some_and(|kind| kind.is_dir()) {
                        for found in environments(entry.path(), &targets.root, exclude) {
                            let _ = send_environment.send(found);
                        }
                    }
                    let listed = entry.metadata().map_or(Some(Entry::Skip(Skip::Unreadable)), |meta| Entry::of(&meta));
                    if let Some(listed) = listed {
                        let _ = send.send((entry.into_path(), listed));
                    }
                }
                Err(error) => {
                    if let Some(path) = path_of(&error) {
                        let _ = send.send((path, Entry::Skip(Skip::Unreadable)));
                    }
                }
            }
            WalkState::Continue
        })
    });
    drop((send, send_environment, builder));
    Listing {
        entries: receive.into_iter().collect(),
        environments: receive_environment.into_iter().collect(),
        unsafe_folders: receive_folder.into_iter().collect(),
    }
}

/// The environments of a folder: `.env`, `.env.local`, `.envrc`.
fn environments(folder: &Path, root: &Root, exclude: &GlobSet) -> Vec<(PathBuf, Entry)> {
    let named = |name: &[u8]| name == b".env" || name == b".envrc" || name.starts_with(b".env.");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let found = entries.filter(|entry| named(entry.file_name().as_encoded_bytes())).filter_map(|entry| {
        let at = entry.path();
        let listed = Entry::of(&entry.metadata().ok()?)?;
        (matches!(listed, Entry::File(_)) && !excluded(exclude, root, &at)).then_some((at, listed))
    });
    found.collect()
}

fn excluded(set: &GlobSet, root: &Root, path: &Path) -> bool {
    !set.is_empty() && set.is_match(path_from_bytes(&root.relative(path)))
}

/// The path that a walker's error is about.
fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, err } => path_of(err).or_else(|| Some(path.clone())),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// Whether the ignore files of a folder, where there are any, are regular files.
fn has_safe_ignores(folder: &Path) -> bool {
    [".gitignore", ".ignore"].iter().all(|name| folder.join(name).symlink_metadata().map_or(true, |meta| meta.is_file()))
}

/// Adds files that git tracks although an ignore file names them; says which.
fn add_tracked(names: &Paths, targets: &Targets, exclude: &GlobSet, seen: &mut Seen) -> BTreeSet<PathBuf> {
    let mut added = BTreeSet::new();
    for name in names {
        let at = targets.root.top.join(path_from_git(name));
        let wanted = targets.paths.iter().any(|target| at.starts_with(target));
        if !wanted || seen.contains_key(&at) || excluded(exclude, &targets.root, &at) {
            continue;
        }
        // A folder on the way may have become a link out of the tree.
        let inside = at.parent().and_then(|parent| parent.canonicalize().ok()).is_some_and(|parent| at.parent() == Some(&*parent));
        if let (true, Ok(meta)) = (inside, at.symlink_metadata())
            && let Some(entry) = Entry::of(&meta)
        {
            added.insert(at.clone());
            seen.insert(at, entry);
        }
    }
    added
}
