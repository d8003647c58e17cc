//! JavaScript projects: which package a file belongs to, which version of a library it uses, and
//! where a specifier leads that is no relative path (workspaces, `paths` of `tsconfig.json`).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use crate::ir::{Fact, FactKind, Map, Node, Resource};
use crate::source::paths::{folder_of, folders_up, join};
use crate::source::{FileId, Files};

/// The projects of a repository.
#[derive(Debug, Default)]
pub struct Packages {
    /// By folder; the root's is empty.
    by_folder: BTreeMap<SmolStr, Package>,
    /// Folders of workspace packages by name.
    by_name: FxHashMap<SmolStr, SmolStr>,
    /// Installed versions by folder of the lock file.
    locked: BTreeMap<SmolStr, FxHashMap<SmolStr, SmolStr>>,
    /// Path aliases by folder of the settings file.
    aliases: BTreeMap<SmolStr, Vec<Alias>>,
}

/// A `package.json`.
#[derive(Debug, Default)]
struct Package {
    /// Versions or ranges of dependencies of every sort.
    dependencies: FxHashMap<SmolStr, SmolStr>,
    /// Entry points: what it exports (`.`, `./x`) and the files named.
    entries: Vec<(SmolStr, SmolStr)>,
}

/// An entry of a `tsconfig.json`'s `paths` (`@app/*` to `src/*`) or of a `package.json`'s `imports`.
#[derive(Debug, Clone)]
struct Alias {
    /// What stands before the star; the whole specifier without one.
    prefix: SmolStr,
    /// What stands after the star.
    suffix: SmolStr,
    /// Whether there is a star.
    star: bool,
    /// Where it leads: paths from the root, with the star in place.
    targets: Vec<SmolStr>,
}

/// Endings that an import may leave out, in the order of the compiler.
const ENDINGS: [&str; 12] = ["", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte"];
/// Files that stand for their folder.
const INDEXES: [&str; 6] = ["/index.ts", "/index.tsx", "/index.js", "/index.mjs", "/index.cjs", "/index.mts"];
/// Levels of `extends` that are followed.
const MAX_EXTENDS: usize = 8;

impl Alias {
    fn new(pattern: &str, targets: Vec<SmolStr>) -> Self {
        let (prefix, suffix) = pattern.split_once('*').unwrap_or((pattern, ""));
        Self { prefix: prefix.into(), suffix: suffix.into(), star: pattern.contains('*'), targets }
    }
}

impl Packages {
    /// Reads the projects off the facts of JSON documents.
    pub(super) fn new<'f>(facts: impl IntoIterator<Item = &'f Fact>, files: &Files) -> Self {
        let mut packages = Self::default();
        let mut settings: BTreeMap<&str, &Resource> = BTreeMap::new();
        for fact in facts {
            let FactKind::Resource(resource) = &fact.kind else { continue };
            let path = files.path(fact.span.file);
            match (resource.provider.as_str(), resource.ty.as_str()) {
                ("npm", "package") => packages.add_package(folder_of(path), resource),
                ("npm", "lock") => {
                    let locked = packages.locked.entry(folder_of(path).into()).or_default();
                    locked.extend(
                        resource
                            .attrs
                            .as_map()
                            .into_iter()
                            .flat_map(Map::pairs)
                            .filter_map(|(name, version)| Some((name.clone(), SmolStr::new(version.as_str()?)))),
                    );
                }
                ("tsconfig", _) => {
                    settings.insert(path, resource);
                }
                _ => {}
            }
        }
        for path in settings.keys() {
            let aliases = aliases_of(path, &settings, MAX_EXTENDS);
            if !aliases.is_empty() {
                packages.aliases.entry(folder_of(path).into()).or_default().extend(aliases);
            }
        }
        packages
    }

    fn add_package(&mut self, folder: &str, resource: &Resource) {
        let mut package = Package::default();
        for sort in ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"] {
            for (name, version) in resource.attrs.get(sort).and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
                let version = version.as_str().unwrap_or_default();
                package.dependencies.entry(name.clone()).or_insert_with(|| version.into());
            }
        }
        for key in ["source", "main", "module", "types"] {
            if let Some(path) = resource.attrs.get(key).and_then(Node::as_str) {
                package.entries.push((".".into(), path.into()));
            }
        }
        if let Some(exports) = resource.attrs.get("exports") {
            add_exports(exports, ".", &mut package.entries, 4);
        }
        // `"#models/*": "./app/models/*.js"`.
        let own = resource.attrs.get("imports").and_then(Node::as_map).into_iter().flat_map(Map::pairs);
        let mut own: Vec<Alias> =
            own.filter_map(|(pattern, target)| Some(Alias::new(pattern, [join(folder, target.as_str()?)?.into()].into()))).collect();
        // `"_moduleAliases": { "@": "src" }` of the package module-alias: the name alone, and what is below it.
        for (name, target) in resource.attrs.get("_moduleAliases").and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
            let Some(target) = target.as_str().and_then(|target| join(folder, target)) else { continue };
            own.push(Alias::new(name, [target.clone().into()].into()));
            own.push(Alias::new(&format!("{name}/*"), [format_smolstr!("{target}/*")].into()));
        }
        if !own.is_empty() {
            self.aliases.entry(folder.into()).or_default().extend(own);
        }
        if let Some(name) = resource.attrs.get("name").and_then(Node::as_str) {
            self.by_name.entry(name.into()).or_insert_with(|| folder.into());
        }
        self.by_folder.insert(folder.into(), package);
    }

    /// The version of a library that a file uses, as the nearest `package.json` that names it says:
    /// the least version of the range, `9.0.0` of `^9.0.0`; that of the
    /// lock file where the range says nothing.
    pub fn version(&self, path: &str, library: &str) -> Option<SmolStr> {
        let named = folders_up(folder_of(path))
            .filter_map(|folder| self.by_folder.get(folder))
            .find_map(|package| package.dependencies.get(library))?;
        let locked = || folders_up(folder_of(path)).filter_map(|folder| self.locked.get(folder)).find_map(|locked| locked.get(library));
        let is_settled = |range: &SmolStr| range.contains(|char: char| char.is_ascii_digit()) && !range.contains(':');
        let range = if is_settled(named) { named } else { locked()? };
        let digits = range.trim_start_matches(|char: char| !char.is_ascii_digit());
        let end = digits.find(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '.' | '-'))).unwrap_or(digits.len());
        let is_version = digits.starts_with(|char: char| char.is_ascii_digit()) && !range.contains(':');
        is_version.then(|| digits[..end].into())
    }

    /// The folder of the project that a file belongs to: that of the nearest `package.json` with dependencies.
    pub fn project<'p>(&self, path: &'p str) -> &'p str {
        let is_project = |folder: &&str| self.by_folder.get(*folder).is_some_and(|package| !package.dependencies.is_empty());
        folders_up(folder_of(path)).find(is_project).unwrap_or_default()
    }

    /// Whether a file's project depends on a library.
    pub fn depends(&self, path: &str, library: &str) -> bool {
        folders_up(folder_of(path))
            .filter_map(|folder| self.by_folder.get(folder))
            .any(|package| package.dependencies.contains_key(library))
    }

    /// The file that a specifier in the file at `from` leads to, if it is in the repository.
    pub(super) fn find(&self, files: &Files, from: &str, specifier: &str) -> Option<FileId> {
        if specifier.starts_with('.') {
            return file_at(files, &join(folder_of(from), specifier)?);
        }
        self.through_alias(files, from, specifier)
            .or_else(|| self.in_workspace(files, specifier))
            .or_else(|| self.at_root(files, from, specifier))
    }

    /// `@/lib/auth` below the project's root or its sources, where no settings say what the alias stands for.
    fn at_root(&self, files: &Files, from: &str, specifier: &str) -> Option<FileId> {
        let below = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/"))?;
        let mut projects = folders_up(folder_of(from)).filter(|folder| self.by_folder.contains_key(*folder));
        projects.find_map(|folder| ["src/", "", "app/"].iter().find_map(|part| file_at(files, &join(folder, &format!("{part}{below}"))?)))
    }

    fn through_alias(&self, files: &Files, from: &str, specifier: &str) -> Option<FileId> {
        folders_up(folder_of(from)).filter_map(|folder| self.aliases.get(folder)).flatten().find_map(|alias| {
            let inner = if alias.star {
                specifier.strip_prefix(alias.prefix.as_str())?.strip_suffix(alias.suffix.as_str())?
            } else {
                (specifier == alias.prefix).then_some("")?
            };
            alias.targets.iter().find_map(|target| file_at(files, &target.replacen('*', inner, 1)))
        })
    }

    fn in_workspace(&self, files: &Files, specifier: &str) -> Option<FileId> {
        let end = specifier.match_indices('/').nth(usize::from(specifier.starts_with('@'))).map_or(specifier.len(), |(at, _)| at);
        let (name, sub) = specifier.split_at(end);
        let folder = self.by_name.get(name)?;
        // A project that depends on what is called like itself means that of the registry.
        if self.by_folder.get(folder)?.dependencies.contains_key(name) {
            return None;
        }
        let wanted = format!(".{sub}");
        let in_folder =
            |path: &str| join(folder, path).and_then(|path| file_at(files, &path).or_else(|| file_at(files, &source_of(&path))));
        let named = self.by_folder.get(folder)?.entries.iter().filter(|(entry, _)| *entry == wanted).find_map(|(_, path)| in_folder(path));
        named.or_else(|| {
            let sub = sub.trim_start_matches('/');
            [format!("src/{sub}"), sub.to_owned(), format!("lib/{sub}")].iter().find_map(|path| in_folder(path))
        })
    }
}

/// `dist/x.js` is built from `src/x.ts`.
fn source_of(path: &str) -> String {
    let path = path.replacen("/dist/", "/src/", 1).replacen("/build/", "/src/", 1).replacen("/lib/", "/src/", 1);
    let stem = [".d.ts", ".js", ".mjs", ".cjs"].iter().find_map(|ending| path.strip_suffix(ending));
    stem.unwrap_or(&path).to_owned()
}

fn add_exports(node: &Node, entry: &str, out: &mut Vec<(SmolStr, SmolStr)>, depth: usize) {
    if let Some(path) = node.as_str() {
        out.push((entry.into(), path.into()));
    }
    if depth == 0 {
        return;
    }
    for (key, value) in node.as_map().into_iter().flat_map(Map::pairs) {
        // Conditions (`import`, `types`) nest below entries (`./x`).
        add_exports(value, if key.starts_with('.') { key } else { entry }, out, depth - 1);
    }
}

/// The aliases of a settings file; its own `paths` replace those that it extends.
fn aliases_of(path: &str, settings: &BTreeMap<&str, &Resource>, depth: usize) -> Vec<Alias> {
    let Some(resource) = settings.get(path).filter(|_| depth > 0) else { return Vec::new() };
    let folder = folder_of(path);
    let options = resource.attrs.get("compilerOptions");
    let base = options.and_then(|options| options.get("baseUrl")).and_then(Node::as_str).and_then(|base| join(folder, base));
    let mut aliases = Vec::new();
    let root = base.clone().unwrap_or_else(|| folder.to_owned());
    for (pattern, targets) in options.and_then(|options| options.get("paths")).and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
        let targets = targets.one_or_many().into_iter().filter_map(|target| join(&root, target.as_str()?).map(SmolStr::from)).collect();
        aliases.push(Alias::new(pattern, targets));
    }
    if let Some(base) = base {
        let target = if base.is_empty() { "*".into() } else { format_smolstr!("{base}/*") };
        aliases.push(Alias { prefix: SmolStr::default(), suffix: SmolStr::default(), star: true, targets: vec![target] });
    }
    if aliases.is_empty()
        && let Some(parent) = resource.attrs.get("extends").and_then(|parent| parent.one_or_many().into_iter().find_map(Node::as_str))
        && parent.starts_with('.')
        && let Some(parent) = join(folder, parent)
    {
        let with_ending = format!("{parent}.json");
        aliases = aliases_of(if settings.contains_key(parent.as_str()) { &parent } else { &with_ending }, settings, depth - 1);
    }
    aliases
}

/// The file at a path as an import names it: with an ending left out, with the ending of the
/// compiled file, or as a folder's index.
fn file_at(files: &Files, path: &str) -> Option<FileId> {
    if let Some(found) = with_ending(files, path, &ENDINGS) {
        return Some(found);
    }
    for (compiled, sources) in [(".js", [".ts", ".tsx"]), (".mjs", [".mts", ".ts"]), (".cjs", [".cts", ".ts"]), (".jsx", [".tsx", ".ts"])] {
        if let Some(found) = path.strip_suffix(compiled).and_then(|stem| with_ending(files, stem, &sources)) {
            return Some(found);
        }
    }
    if path.is_empty() { INDEXES.iter().find_map(|index| files.find(&index[1..])) } else { with_ending(files, path, &INDEXES) }
}

/// The first of the files that a stem becomes with these endings, if it is code.
fn with_ending(files: &Files, stem: &str, endings: &[&str]) -> Option<FileId> {
    let mut path = stem.to_owned();
    let found = endings.iter().find_map(|ending| {
        path.truncate(stem.len());
        path.push_str(ending);
        files.find(&path)
    });
    found.filter(|id| files.get(*id).is_some_and(|meta| meta.kind.is_typescript()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_inside_the_repository() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("", "./d").as_deref(), Some("d"));
        assert_eq!(join("a", "../../x"), None);
    }
}
