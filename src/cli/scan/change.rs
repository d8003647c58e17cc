//! Which part of the findings a change answers for: `--since`, `--staged`, `--diff`. The whole tree is read
//! all the same, since linking needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::change::{Changed, patch};
use crate::source::path_from_bytes;
use crate::vcs::Blob;
use crate::walk::{self, Excluded, Found, Loaded, Targets, Tree, read_guarded};

/// Bytes of a diff at the most.
const MAX_DIFF: u64 = 64 << 20;

/// Arguments that name a change.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Scan what is staged: report findings in staged files, and those elsewhere that staging brings
    #[arg(long, conflicts_with = "since")]
    pub(super) staged: bool,
    /// Report only what was not there in the commit that this one and COMMIT come from
    #[arg(long, value_name = "COMMIT")]
    pub(super) since: Option<String>,
    /// Report only what a unified diff brings; it leads to the files as they are, and `-` reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "staged"])]
    diff: Option<PathBuf>,
    /// Called by a hook: files that git has no more are left out, and nothing is said about a clean scan
    #[arg(long)]
    pub(super) hook: bool,
}

/// A change of the tree.
pub(super) struct Delta {
    pub(super) changes: Vec<Changed>,
    /// Files of which every finding is reported, old or new.
    pub(super) whole: BTreeSet<String>,
}

impl Arguments {
    /// The change that was asked for. What is staged takes the place of what is on disk in `tree`.
    pub(super) fn delta(&self, tree: &mut Tree, targets: &Targets, options: &walk::Options) -> anyhow::Result<Option<Delta>> {
        if self.staged {
            return staged(tree, targets, options).map(Some);
        }
        let changes = match (&self.since, &self.diff) {
            (Some(name), _) => since(name, tree, targets, options)?,
            (None, Some(path)) => patched(path, tree, options)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(Delta { changes, whole: BTreeSet::new() }))
    }
}

fn staged(tree: &mut Tree, targets: &Targets, options: &walk::Options) -> anyhow::Result<Delta> {
    let Some(repository) = &targets.root.repository else { bail!("`--staged` needs a git repository") };
    let excluded = Excluded::new(&options.exclude)?;
    let wanted = |path: &Vec<u8>| targets.hold(path) && !excluded.holds(path);
    let paths: BTreeSet<Vec<u8>> = repository.staged_paths()?.into_iter().filter(wanted).collect();
    let gone: BTreeSet<Vec<u8>> = repository.staged_deletions()?.into_iter().filter(wanted).collect();
    let now = repository.staged(&paths)?;
    let both = paths.union(&gone).cloned().collect();
    let mut before = texts(repository.committed(&both)?);
    let whole = paths.iter().map(|path| path_from_bytes(path)).collect();
    let mut changes: Vec<Changed> =
        texts(now.clone()).into_iter().map(|(path, after)| Changed { before: before.remove(&path), path, after: Some(after) }).collect();
    for path in gone.iter().map(|path| path_from_bytes(path)) {
        tree.files.retain(|found| *found.path != *path);
        changes.push(Changed { before: before.remove(&path), path, after: None });
    }
    tree.overlay(&targets.root, now);
    Ok(Delta { changes, whole })
}

fn since(name: &str, tree: &Tree, targets: &Targets, options: &walk::Options) -> anyhow::Result<Vec<Changed>> {
    let Some(repository) = &targets.root.repository else { bail!("`--since` needs a git repository") };
    let excluded = Excluded::new(&options.exclude)?;
    let blobs = repository.common_ancestor(name)?;
    let mut before = texts(blobs.into_iter().filter(|(path, _)| targets.hold(path) && !excluded.holds(path)).collect());
    let mut changes = Vec::new();
    for found in &tree.files {
        let old = before.remove(&*found.path);
        let new = text_of(found, &tree.top, options.max_bytes);
        if old != new {
            changes.push(Changed { path: found.path.to_string(), before: old, after: new });
        }
    }
    // A file that is there but not read (a link by now, over the limit) did not go.
    let is_there = |path: &String| tree.skipped.iter().any(|skipped| skipped.path == *path);
    changes.extend(before.into_iter().filter(|(path, _)| !is_there(path)).map(|(path, old)| Changed {
        path,
        before: Some(old),
        after: None,
    }));
    Ok(changes)
}

/// The files of a diff as they were, from the files as they are.
fn patched(path: &Path, tree: &Tree, options: &walk::Options) -> anyhow::Result<Vec<Changed>> {
    let mut bytes = Vec::new();
    let shown = path.display();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_DIFF + 1).read_to_end(&mut bytes).context("standard input can't be read")?;
    } else if !read_guarded(path, MAX_DIFF, &mut bytes).with_context(|| format!("{shown}: can't be read"))? {
        bail!("{shown}: over {MAX_DIFF} bytes");
    }
    let files = patch::parse(&String::from_utf8_lossy(&bytes)).map_err(|message| anyhow::anyhow!("{shown}: {message}"))?;
    let mut changes = Vec::new();
    for file in &files {
        let found = file
            .new
            .as_ref()
            .and_then(|path| tree.files.binary_search_by(|found| (*found.path).cmp(path.as_str())).ok().map(|at| &tree.files[at]));
        let after = found.and_then(|found| text_of(found, &tree.top, options.max_bytes));
        // What is excluded, ignored or no text has no findings, then as now.
        if after.is_none() && file.new.is_some() {
            continue;
        }
        let old = file.backwards(after.as_deref().unwrap_or_default()).map_err(|message| anyhow::anyhow!("{shown}: {message}"))?;
        // A renamed file was there under its former name; its findings are no new ones.
        if let Some(path) = file.new.clone().or_else(|| file.old.clone()) {
            changes.push(Changed { path, before: file.old.is_some().then(|| old.into()), after });
        }
    }
    Ok(changes)
}

fn text_of(found: &Found, top: &Path, max_bytes: u64) -> Option<Arc<str>> {
    match walk::load(found, top, crate::source::FileId(0), max_bytes, &mut Vec::new()) {
        Loaded::Text(file) => Some(file.text),
        Loaded::Skip(_) => None,
    }
}

/// Contents out of git's store as texts, by path as it is reported.
fn texts(blobs: Vec<Blob>) -> BTreeMap<String, Arc<str>> {
    let text = |(path, bytes): Blob| Some((path_from_bytes(&path), crate::source::decode(&bytes)?.0));
    blobs.into_iter().filter_map(text).collect()
}
