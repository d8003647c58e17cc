//! Users' own rules: the pages below `.seclint/rules/` of the scanned tree.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::rules::{Registry, UserRule, load_user_rules};
use crate::walk::read_guarded;

/// Bytes of one page at the most.
const MAX_PAGE_BYTES: u64 = 1 << 20;

/// The built-in rules and those of the tree.
pub(super) fn registry(root: &Path) -> anyhow::Result<Registry> {
    let own = load(root)?;
    Registry::with(own.into_iter().map(|(_, own)| own.rule).collect()).map_err(|message| anyhow::anyhow!(".seclint/rules: {message}"))
}

/// Every rule of the tree with its path, sorted; every mistake in any of them is said at once.
pub(super) fn load(root: &Path) -> anyhow::Result<Vec<(PathBuf, UserRule)>> {
    let mut rules = Vec::new();
    let mut mistakes = Vec::new();
    let mut buffer = Vec::new();
    for path in pages(&root.join(".seclint").join("rules"))? {
        let shown = path.strip_prefix(root).unwrap_or(&path).to_owned();
        read_guarded(&path, MAX_PAGE_BYTES, &mut buffer).with_context(|| format!("{}: can't be read", shown.display()))?;
        match load_user_rules(&String::from_utf8_lossy(&buffer)) {
            Ok(rule) => rules.push((shown, rule)),
            Err(list) => mistakes.extend(list.iter().map(|mistake| format!("{}:{}: {}", shown.display(), mistake.line, mistake.message))),
        }
    }
    if !mistakes.is_empty() {
        bail!("{}", mistakes.join("\n       "));
    }
    Ok(rules)
}

/// The Markdown files of a folder, sorted.
pub(super) fn pages(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    // Neither the folder nor a page may be a link: it could lead out of the tree.
    let mut pages = Vec::new();
    if !folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        return Ok(pages);
    }
    for entry in folder.read_dir().with_context(|| format!("{}: can't be listed", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}
