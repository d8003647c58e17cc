//! Small repositories with their expected findings: `testdata/projects/<case>/` beside
//! `testdata/projects/<case>.expected`. `UPDATE=1 cargo test --test projects` rewrites the expectations.
#![expect(clippy::disallowed_methods, reason = "reads testdata/ and rewrites expectations")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::settle::Settings;
use seclint::source::LineIndex;

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).expect("a folder of testdata").flatten() {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// One line a finding, one indented line a related place.
fn findings_of(dir: &Path) -> String {
    let mut session = Session::default();
    for path in files_below(dir) {
        let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).expect("testdata is text");
        session.set_file(&name, &text);
        session.set_tracked(&name, Some(true), Some(false));
    }
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    let mut out = String::new();
    let place = |span: seclint::ir::Span| {
        let text = outcome.files.get(span.file).and_then(|meta| meta.text().cloned()).unwrap_or_default();
        let at = LineIndex::new(&text).chars(&text, span.start as usize);
        format!("{}:{}:{}", outcome.files.path(span.file), at.line, at.column)
    };
    for finding in &outcome.findings {
        let _ = writeln!(out, "{}: {} {}: {}", place(finding.span), finding.severity.name(), finding.rule.id, finding.what);
        for related in &finding.related {
            let _ = writeln!(out, "    {}: {}", place(related.span), related.text);
        }
    }
    for problem in &outcome.problems {
        let _ = writeln!(out, "{}: problem: {}", place(problem.span), problem.message);
    }
    out
}

#[test]
fn every_project_has_its_expected_findings() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/projects");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&root).expect("testdata/projects").flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let got = findings_of(&case);
        let golden = case.with_extension("expected");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&golden, &got).expect("expectations are writable");
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(got, wanted, "{}: if that is meant, UPDATE=1 cargo test --test projects", case.display());
    }
}
