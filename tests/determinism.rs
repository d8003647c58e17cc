//! Output is a function of the tree's bytes: not of threads, of the order of files, or of where the
//! tree stands.
#![expect(clippy::disallowed_methods, reason = "runs the binary on a copy of testdata/")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::settle::Settings;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/projects/shop")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder for the copy");
    for entry in fs::read_dir(from).expect("testdata").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { fs::copy(entry.path(), target).map(drop).expect("a copied file") }
    }
}

/// What a format says of the tree at `dir`.
fn scan(dir: &Path, format: &str, jobs: &str) -> String {
    scan_with(dir, format, &["--jobs", jobs])
}

fn scan_with(dir: &Path, format: &str, arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_seclint"))
        .args(["scan", ".", "--format", format, "--exit-zero", "--quiet"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("seclint runs");
    assert!(run.status.success(), "{format}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("output is UTF-8")
}

#[test]
fn threads_and_places_change_nothing() {
    let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let elsewhere = other.path().join("deeper/with space");
    copy(&testdata(), one.path());
    copy(&testdata(), &elsewhere);
    for format in ["sarif", "json", "json-lines", "text", "concise"] {
        let first = scan(one.path(), format, "1");
        assert!(first.contains("iam-wildcard-action"), "{format}: the sample has findings");
        for jobs in ["2", "8"] {
            assert_eq!(first, scan(one.path(), format, jobs), "{format} with {jobs} threads");
        }
        assert_eq!(first, scan(&elsewhere, format, "2"), "{format} of the same tree elsewhere");
    }
}

#[test]
fn fewer_rules_give_the_same_findings_of_those_that_run() {
    // Where secrets alone are asked for, structure is not read at all.
    let rules = ["generic-secret", "hardcoded-secret", "private-key", "secret-in-url", "nats-seed"];
    let of_rules = |line: &&str| rules.iter().any(|rule| line.contains(&format!("[{rule}]")));
    let everything = scan(&testdata(), "concise", "2");
    let selected = scan_with(&testdata(), "concise", &rules.map(|rule| ["--rule", rule]).concat());
    let expected: Vec<_> = everything.lines().filter(of_rules).collect();
    assert!(!expected.is_empty(), "the sample has secrets: {everything}");
    assert_eq!(selected.lines().filter(of_rules).collect::<Vec<_>>(), expected);
}

#[test]
fn the_order_of_files_changes_nothing() {
    fn below(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("testdata").flatten() {
            if entry.path().is_dir() { below(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let mut paths = Vec::new();
    below(&testdata(), &mut paths);
    paths.sort();
    let active = Registry::default().active(|_| true);
    let mut seen = Vec::new();
    for turn in 0..4 {
        let mut order = paths.clone();
        order.rotate_left(turn * 5 % paths.len());
        if turn % 2 == 1 {
            order.reverse();
        }
        let mut session = Session::default();
        for path in &order {
            let name = path.strip_prefix(testdata()).expect("below testdata").to_string_lossy().replace('\\', "/");
            session.set_file(&name, &fs::read_to_string(path).expect("testdata is text"));
        }
        let outcome = session.findings(&active, &Settings::default());
        let lines: Vec<String> = outcome
            .findings
            .iter()
            .map(|finding| {
                let related: Vec<_> =
                    finding.related.iter().map(|place| (outcome.files.path(place.span.file), place.span.start, &place.text)).collect();
                format!(
                    "{} {} {} {} {related:?}",
                    outcome.files.path(finding.span.file),
                    finding.span.start,
                    finding.rule.id,
                    finding.fingerprint
                )
            })
            .collect();
        seen.push(lines);
    }
    assert!(!seen[0].is_empty());
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[test]
fn a_session_that_was_edited_says_what_a_new_one_says() {
    const OPEN: &str = "resource \"aws_iam_policy\" \"x\" {\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }] })\n}\n";
    let active = Registry::default().active(|_| true);
    let found = |session: &Session| {
        let outcome = session.findings(&active, &Settings::default());
        outcome
            .findings
            .iter()
            .map(|finding| (outcome.files.path(finding.span.file).to_owned(), finding.fingerprint.clone()))
            .collect::<Vec<_>>()
    };
    let mut fresh = Session::default();
    fresh.set_file("b/main.tf", OPEN);
    let mut edited = Session::default();
    edited.set_file("c/main.tf", OPEN);
    edited.set_file("b/main.tf", "locals {}\n");
    edited.set_file("a/main.tf", OPEN);
    edited.set_file("b/main.tf", OPEN);
    edited.remove_file("a/main.tf");
    edited.remove_file("c/main.tf");
    assert_eq!(found(&fresh).len(), 1);
    assert_eq!(found(&edited), found(&fresh));
}
