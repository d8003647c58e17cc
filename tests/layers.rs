//! Holds the dependency rules of ARCHITECTURE.md: reads the `crate::` paths and the names of crates in
//! `src/` against the tables below. A new edge is a change of the design: change the table on purpose.
#![expect(clippy::disallowed_methods, reason = "the test reads the sources of seclint itself")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Which top-level modules each top-level module may name.
const MAY_USE: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("ir", &["source"]),
    ("tables", &[]),
    ("needles", &[]),
    ("prefilter", &["needles", "secrets", "tables"]),
    ("parse", &["source", "ir"]),
    ("lower", &["ir", "source", "tables", "parse"]),
    ("secrets", &["source", "ir", "tables", "parse", "extract", "needles", "prefilter"]),
    ("extract", &["source", "ir", "parse", "lower", "needles", "prefilter", "tables", "secrets"]),
    ("link", &["source", "ir", "needles", "lower", "secrets", "tables"]),
    ("finding", &["ir", "rules"]),
    ("repair", &["source", "finding"]),
    ("rules", &["source", "ir", "link", "lower", "finding", "tables", "engine", "settle", "secrets", "repair"]),
    ("settle", &["source", "ir", "link", "finding", "rules", "config"]),
    ("config", &["source", "ir", "finding", "rules"]),
    ("engine", &["source", "ir", "extract", "link", "finding", "rules", "settle", "config"]),
    ("change", &["source", "finding", "engine", "rules", "settle"]),
    ("scan", &["source", "ir", "engine", "walk"]),
    ("history", &["source", "ir", "engine", "link", "rules", "settle", "vcs", "walk"]),
    ("report", &["config", "source", "ir", "finding", "repair", "rules", "engine", "settle", "secrets", "link", "walk"]),
    ("vcs", &["source"]),
    ("walk", &["source", "vcs", "engine"]),
];

/// Crates that only one room may name, by the start of its path below `src/`.
const OWNED: &[(&str, &[&str])] = &[
    ("serde_sarif", &["report/sarif"]),
    ("codespan_reporting", &["report/"]),
    ("tree_sitter", &["parse/typescript"]),
    ("tree_sitter_typescript", &["parse/typescript"]),
    ("tree_sitter_javascript", &["parse/typescript"]),
    ("syn", &["parse/rust"]),
    ("proc_macro2", &["parse/rust"]),
    ("hcl_edit", &["parse/hcl"]),
    ("granit_parser", &["parse/yaml"]),
    ("jsonc_parser", &["parse/json"]),
    ("parse_dockerfile", &["parse/dockerfile"]),
    ("clap", &["cli", "main.rs"]),
    ("lsp_server", &["cli/lsp"]),
    ("lsp_types", &["cli/lsp"]),
    ("similar", &["repair", "change"]),
    ("anyhow", &["cli", "main.rs"]),
    ("indicatif", &["cli", "walk"]),
    ("ignore", &["walk", "link/images"]),
    // On values and names alone: no pass over a file is a regular expression's.
    ("regex", &["rules/condition", "link/terraform/functions"]),
];

fn sources() -> BTreeMap<String, String> {
    fn visit(dir: &Path, root: &Path, found: &mut BTreeMap<String, String>) -> io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                visit(&path, root, found)?;
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    visit(&root, &root, &mut found).expect("src/ is readable");
    found
}

/// The code of a file: without comments, and without its test module.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    text.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The identifiers that follow `prefix` in `code`, groups (`crate::{a, b}`) included.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|character| character.is_alphanumeric() || character == '_') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let ident = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for character in group.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        names.insert(ident(item.trim()));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                item.push(character);
            }
            names.insert(ident(item.trim()));
        } else {
            names.insert(ident(rest));
        }
    }
    names.remove("");
    names
}

#[test]
fn modules_use_what_the_design_lets_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            assert!(["lib", "main", "cli"].contains(&module.as_str()), "{path}: module `{module}` is not in the table of tests/layers.rs");
            continue;
        };
        for used in names_after(&code(&text), "crate::") {
            if used != module && !allowed.contains(&used.as_str()) && used.starts_with(char::is_lowercase) {
                wrong.push(format!("src/{path} uses `crate::{used}`, which `{module}` may not"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_crate_with_an_owner_is_named_by_it_alone() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        for (name, owners) in OWNED {
            let named = code.match_indices(&format!("{name}::")).any(|(at, _)| {
                !code[..at]
                    .ends_with(|character: char| character.is_alphanumeric() || character == '_' || character == ':' || character == '"')
            });
            if named && !owners.iter().any(|owner| path.starts_with(owner)) {
                wrong.push(format!("src/{path} names `{name}`, which belongs to {}", owners.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_know_no_format() {
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("rules/") && path != "rules/manifest.rs") {
        let code = code(&text);
        for ending in ["\".tf\"", "\".ts\"", "\".rs\"", "\".yaml\"", "\".yml\"", "\".json\"", "FileKind::"] {
            assert!(!code.contains(ending), "src/{path} decides by the format of a file ({ending}): teach the extractor the fact");
        }
    }
}
