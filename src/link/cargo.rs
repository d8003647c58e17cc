//! Projects of Cargo: which crate a file belongs to, which version of another one it uses, and what follows of that.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use semver::{Op, Version, VersionReq};
use smol_str::SmolStr;

use crate::ir::{Fact, FactKind, Field, Map, Node, Resource};
use crate::lower::{cors, jwt};
use crate::source::Files;
use crate::source::paths::{folder_of, folders_up};

/// Tables of a manifest that name crates. `workspace.dependencies` is for the members that say `workspace = true`.
const TABLES: [&str; 4] = ["dependencies", "dev-dependencies", "build-dependencies", "workspace.dependencies"];

/// The crates of a repository, what their manifests ask for, and the versions that lock files settle.
#[derive(Debug, Default)]
pub struct Crates {
    /// The folder of each manifest with the name that paths begin with, the deepest first.
    folders: Vec<(SmolStr, SmolStr)>,
    /// What is required of each crate, by the manifest's folder.
    required: BTreeMap<SmolStr, FxHashMap<SmolStr, SmolStr>>,
    /// The versions of each crate, by the lock file's folder.
    locked: BTreeMap<SmolStr, FxHashMap<SmolStr, Vec<SmolStr>>>,
}

impl Crates {
    /// Reads the manifests and lock files among the facts.
    pub fn new(facts: &[Fact], files: &Files) -> Self {
        let mut crates = Self::default();
        for (fact, resource) in facts.iter().filter_map(|fact| Some((fact, fact.resource()?))).filter(|(_, it)| it.provider == "cargo") {
            let folder = SmolStr::from(folder_of(files.path(fact.span.file)));
            match resource.ty.as_str() {
                "manifest" => {
                    let name = |table: &str| resource.attrs.get(table)?.get("name").and_then(Node::as_str);
                    if let Some(name) = name("lib").or_else(|| name("package")) {
                        crates.folders.push((folder.clone(), name.replace('-', "_").into()));
                    }
                    crates.required.entry(folder).or_default().extend(requirements(resource));
                }
                "lock" => {
                    let locked = crates.locked.entry(folder).or_default();
                    for (name, version) in resource.attrs.as_map().into_iter().flat_map(Map::pairs) {
                        locked.entry(name.replace('_', "-").into()).or_default().extend(version.as_str().map(SmolStr::from));
                    }
                }
                _ => {}
            }
        }
        crates.folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        crates
    }

    /// The module names of a file: `crates/auth/src/jwt/mod.rs` of the crate `shop-auth` is `shop_auth jwt`, and
    /// `crates auth jwt` where no manifest names it.
    pub(super) fn modules(&self, path: &str) -> Vec<SmolStr> {
        let own = self.folders.iter().find_map(|(folder, name)| {
            let below = path.strip_prefix(folder.as_str())?;
            (folder.is_empty() || below.starts_with('/')).then_some((name, below))
        });
        let below = own.map_or(path, |(_, below)| below);
        let below = below.strip_suffix(".rs").unwrap_or(below);
        let parts = below.split('/').filter(|part| !matches!(*part, "" | "src" | "mod" | "lib" | "main" | "." | "crates"));
        own.map(|(name, _)| name.clone()).into_iter().chain(parts.map(|part| SmolStr::from(part.replace('-', "_")))).collect()
    }

    /// The version of a crate that a file uses: of those in the lock file the highest that the nearest manifest
    /// takes, the least that the manifest takes where nothing is locked. `None` where neither says one.
    ///
    /// `name` is the crate's, in either spelling (`actix-cors`, `actix_cors`).
    pub fn version(&self, path: &str, name: &str) -> Option<Version> {
        let name = name.replace('_', "-");
        let folders = || folders_up(folder_of(path));
        let required = folders().find_map(|folder| self.required.get(folder)?.get(name.as_str()));
        let required = required.and_then(|required| VersionReq::parse(required).ok());
        let locked = folders().find_map(|folder| self.locked.get(folder)?.get(name.as_str()));
        let locked = locked.into_iter().flatten().filter_map(|version| Version::parse(version).ok());
        let settled = locked.filter(|version| required.as_ref().is_none_or(|required| required.matches(version))).max();
        settled.or_else(|| least(&required?))
    }

    /// The least versions that manifests anywhere in the repository ask for of crates whose name begins so.
    pub fn required_of<'s>(&'s self, start: &'s str) -> impl Iterator<Item = Version> + 's {
        let all = self.required.values().flatten().filter(move |(name, _)| name.starts_with(start));
        all.filter_map(|(_, required)| least(&VersionReq::parse(required).ok()?))
    }
}

/// The crates that a manifest names, by the name in the registry, with what it requires of them. One that the workspace
/// settles is left to it.
fn requirements(manifest: &Resource) -> impl Iterator<Item = (SmolStr, SmolStr)> + '_ {
    // `[target.'cfg(unix)'.dependencies]`.
    let platforms = manifest.attrs.get("target").and_then(Node::as_map).into_iter().flat_map(Map::pairs).map(|(_, platform)| platform);
    let places = std::iter::once(&manifest.attrs).chain(platforms);
    let tables = places.flat_map(|place| TABLES.iter().flat_map(|table| place.all(table))).filter_map(Node::as_map);
    tables.flat_map(Map::pairs).filter_map(|(key, dependency)| {
        let required = dependency.as_str().or_else(|| dependency.get("version")?.as_str())?;
        let name = dependency.get("package").and_then(Node::as_str).unwrap_or(key);
        Some((name.replace('_', "-").into(), required.into()))
    })
}

/// The least version that a requirement takes; of one without a lower end nothing is known.
fn least(required: &VersionReq) -> Option<Version> {
    let starts = |op: Op| matches!(op, Op::Exact | Op::Greater | Op::GreaterEq | Op::Tilde | Op::Caret | Op::Wildcard);
    let low = required.comparators.iter().find(|part| starts(part.op))?;
    Some(Version::new(low.major, low.minor.unwrap_or(0), low.patch.unwrap_or(0)))
}

/// Tells what is known of tokens and cross-origin policies in Rust which version does it, and what that version does.
pub(super) fn link(crates: &Crates, files: &Files, facts: &mut [Fact]) {
    for fact in facts {
        let span = fact.span;
        if !matches!(fact.kind, FactKind::TokenCheck(_) | FactKind::TokenIssue(_) | FactKind::Cors(_)) {
            continue;
        }
        let path = files.path(span.file);
        if !path.ends_with(".rs") {
            continue;
        }
        match &mut fact.kind {
            FactKind::TokenCheck(check) => {
                let version = crates.version(path, &check.library);
                check.behaviour = jwt::behaviour_of_crate(&check.library, version.as_ref());
                check.version = version.map(|version| smol_str::format_smolstr!("{version}"));
            }
            FactKind::TokenIssue(issue) => {
                issue.version = crates.version(path, &issue.library).map(|version| smol_str::format_smolstr!("{version}"));
            }
            // What the chain says itself stands elsewhere in it.
            FactKind::Cors(cors) if matches!(cors.origins, Field::Known { span: said, .. } if said == span) => {
                let version = crates.version(path, &cors.library);
                if let Some(origins) = version.and_then(|version| cors::older_default(&cors.library, &version)) {
                    cors.origins = Field::known(origins, span);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_begins_somewhere() {
        let least = |required: &str| least(&VersionReq::parse(required).expect("a requirement")).map(|version| version.to_string());
        assert_eq!(least("9").as_deref(), Some("9.0.0"));
        assert_eq!(least("0.4.1").as_deref(), Some("0.4.1"));
        assert_eq!(least(">=0.5, <0.8").as_deref(), Some("0.5.0"));
        assert_eq!(least("=8.3.0").as_deref(), Some("8.3.0"));
        assert_eq!(least("*"), None);
    }
}
