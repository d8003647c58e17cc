//! Shapes of Rust: every file of `testdata/rust/` is scanned alone, every folder of `testdata/rust/apps/` as a
//! repository. It must be flagged where a line ends in `// <-- rule-id` (several with commas) and nowhere else.
#![expect(clippy::disallowed_methods, reason = "the test reads its own data")]

use std::path::{Path, PathBuf};

use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::settle::Settings;
use seclint::source::LineIndex;

#[test]
fn every_marked_line_and_no_other() {
    let registry = Registry::default();
    let mut failed = Vec::new();
    let folder = Path::new("testdata/rust");
    let mut cases: Vec<Vec<PathBuf>> = files(folder).into_iter().map(|file| vec![file]).collect();
    cases.extend(folders(&folder.join("apps")).iter().map(|app| below(app)));
    for case in cases {
        failed.extend(compare(&registry, &case));
    }
    assert!(failed.is_empty(), "{} lines differ:\n{}", failed.len(), failed.join("\n"));
}

/// The lines of a repository that are flagged and should not be, and the other way round.
fn compare(registry: &Registry, paths: &[PathBuf]) -> Vec<String> {
    let mut session = Session::default();
    let mut wanted = Vec::new();
    for path in paths {
        let name = path.strip_prefix("testdata/rust").unwrap_or(path).to_string_lossy().replace('\\', "/");
        let mut plain = String::new();
        for (at, line) in std::fs::read_to_string(path).expect("text").lines().enumerate() {
            let (code, rules) = line.split_once("// <-- ").unwrap_or((line, ""));
            wanted.extend(rules.split(", ").filter(|rule| !rule.is_empty()).map(|rule| (format!("src/{name}"), at + 1, rule.to_owned())));
            plain.push_str(code.trim_end());
            plain.push('\n');
        }
        // Below a folder of its own: `testdata` is no production code.
        session.set_file(&format!("src/{name}"), &plain);
    }
    let outcome = session.findings(&registry.active(|_| true), &Settings::default());
    let line = |span: seclint::ir::Span| {
        let text = outcome.files.get(span.file).and_then(|meta| meta.text().cloned()).unwrap_or_default();
        LineIndex::new(&text).line(span.start as usize)
    };
    let mut got: Vec<(String, usize, String)> = outcome
        .findings
        .iter()
        .map(|finding| (outcome.files.path(finding.span.file).to_owned(), line(finding.span), finding.rule.id.to_owned()))
        .collect();
    got.sort();
    got.dedup();
    let show = |what: &str, (path, line, rule): &(String, usize, String)| format!("{what} {path}:{line} {rule}");
    let mut failed: Vec<String> = wanted.iter().filter(|one| !got.contains(one)).map(|one| show("missed", one)).collect();
    failed.extend(got.iter().filter(|one| !wanted.contains(one)).map(|one| show("not marked", one)));
    failed.extend(outcome.problems.iter().map(|problem| problem.message.clone()));
    failed
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn files(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_file()).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_dir()).collect()
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = files(folder);
    for inner in folders(folder) {
        found.extend(below(&inner));
    }
    found
}
