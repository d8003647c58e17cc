//! The modules that `terraform init` downloaded into a tree. An ignore file names them as a rule, but the
//! configuration that calls them can't be evaluated without them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use ignore::WalkBuilder;

use super::{Entry, Root, Seen, excluded};

/// Files of downloaded modules that are taken.
const MAX_FILES: usize = 20_000;
/// Folders in folders.
const MAX_DEPTH: usize = 12;

/// The configuration below `.terraform/modules` of every folder with configuration, as far as a walk did
/// not list it. Links are not followed, and what modules bring for tests and examples is left out.
pub(super) fn downloaded(seen: &Seen, root: &Root, exclude: &GlobSet) -> Vec<(PathBuf, Entry)> {
    let is_configuration = |at: &&PathBuf| at.extension().is_some_and(|ending| ending == "tf" || ending == "tofu");
    let folders: BTreeSet<&Path> = seen.keys().filter(is_configuration).filter_map(|at| at.parent()).collect();
    let mut found = Vec::new();
    for folder in folders {
        let cache = folder.join(".terraform");
        let modules = cache.join("modules");
        let list = modules.join("modules.json");
        let is_real = |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        if seen.contains_key(&list) || !is_real(&cache) || !is_real(&modules) || excluded(exclude, root, &modules) {
            continue;
        }
        let (set, top) = (exclude.clone(), root.clone());
        let walk = WalkBuilder::new(&modules)
            .standard_filters(false)
            .follow_links(false)
            .max_depth(Some(MAX_DEPTH))
            .filter_entry(move |entry| {
                let is_beside = ["examples", "tests", "test", ".git"].iter().any(|name| entry.file_name() == *name);
                !is_beside && !excluded(&set, &top, entry.path())
            })
            .build();
        for entry in walk.flatten().filter(|entry| is_read(entry.path())) {
            let listed = entry.metadata().ok().and_then(|meta| Entry::of(&meta));
            if let Some(listed @ Entry::File(_)) = listed
                && found.len() < MAX_FILES
            {
                found.push((entry.into_path(), listed));
            }
        }
    }
    found
}

fn is_read(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == "modules.json" || [".tf", ".tofu", ".tf.json"].iter().any(|ending| name.ends_with(ending))
}
