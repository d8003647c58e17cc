//! Which crate a file belongs to, and the modules that lead to it there.

use smol_str::SmolStr;

use crate::ir::{Fact, Node};
use crate::source::Files;

/// The crates of a repository: the folder of each manifest with the name that paths begin with.
#[derive(Debug, Default)]
pub(super) struct Crates<'l> {
    folders: Vec<(&'l str, SmolStr)>,
}

impl<'l> Crates<'l> {
    pub(super) fn new(facts: &[Fact], files: &'l Files) -> Self {
        let named = |fact: &Fact| {
            let manifest = fact.resource().filter(|it| it.provider == "cargo" && it.ty == "manifest")?;
            let name = |table: &str| manifest.attrs.get(table)?.get("name").and_then(Node::as_str);
            let name = name("lib").or_else(|| name("package"))?;
            let path = files.path(fact.span.file);
            Some((path.rsplit_once('/').map_or("", |(folder, _)| folder), SmolStr::from(name.replace('-', "_"))))
        };
        let mut folders: Vec<_> = facts.iter().filter_map(named).collect();
        folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        Self { folders }
    }

    /// The module names of a file: `crates/auth/src/jwt/mod.rs` of the crate `shop-auth` is `shop_auth jwt`, and
    /// `crates auth jwt` where no manifest names it.
    pub(super) fn modules(&self, path: &str) -> Vec<SmolStr> {
        let own = self.folders.iter().find_map(|(folder, name)| {
            let below = path.strip_prefix(folder)?;
            (folder.is_empty() || below.starts_with('/')).then_some((name, below))
        });
        let below = own.as_ref().map_or(path, |(_, below)| below);
        let below = below.strip_suffix(".rs").unwrap_or(below);
        let parts = below.split('/').filter(|part| !matches!(*part, "" | "src" | "mod" | "lib" | "main" | "." | "crates"));
        own.map(|(name, _)| name.clone()).into_iter().chain(parts.map(|part| SmolStr::from(part.replace('-', "_")))).collect()
    }
}
