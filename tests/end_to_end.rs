//! The whole program. One value through every stage: a wildcard that is the default of a module's variable, from the walk to
//! the region in SARIF that holds it, with the way that it took.
#![expect(clippy::disallowed_methods, reason = "runs the binary on testdata/")]

use std::fs;
use std::path::Path;
use std::process::Command;

use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::settle::Settings;

#[test]
fn a_wildcard_goes_from_a_modules_variable_to_a_sarif_region() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/projects/module-wildcard");
    let run = Command::new(env!("CARGO_BIN_EXE_seclint"))
        .args(["scan", ".", "--format", "sarif", "--rule", "iam-wildcard-action"])
        .current_dir(&case)
        .output()
        .expect("seclint runs");
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stderr));
    let sarif: serde_json::Value = serde_json::from_slice(&run.stdout).expect("SARIF is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 1, "one default is one finding: {results:#?}");
    let result = &results[0];
    assert_eq!(result["ruleId"], "iam-wildcard-action");

    // The region is the literal, in the module's own file.
    let place = &result["locations"][0]["physicalLocation"];
    let uri = place["artifactLocation"]["uri"].as_str().expect("a uri");
    assert!(uri.ends_with("modules/policy/variables.tf"), "{uri}");
    let region = &place["region"];
    let number = |key: &str| usize::try_from(region[key].as_u64().expect("a number")).expect("a small number");
    let text = fs::read_to_string(case.join("modules/policy/variables.tf")).expect("the module's file");
    let line: Vec<u16> = text.lines().nth(number("startLine") - 1).expect("the line").encode_utf16().collect();
    let covered = String::from_utf16(&line[number("startColumn") - 1..number("endColumn") - 1]).expect("text");
    assert!(covered.trim_matches('"') == "*", "the region covers {covered:?}");

    // The way: the variable that it is the default of, and the module that is called.
    let related = result["relatedLocations"].as_array().expect("related locations");
    let says = |word: &str| related.iter().any(|place| place["message"]["text"].as_str().is_some_and(|text| text.contains(word)));
    assert!(says("var."), "{related:#?}");
    assert!(!result["partialFingerprints"].as_object().expect("fingerprints").is_empty());
}

#[test]
fn a_suppressed_finding_is_in_sarif_only_when_it_is_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = "# seclint: ignore[dockerfile-unpinned-image] a throw-away demo\nFROM alpine:latest\nUSER 10001\n";
    fs::write(dir.path().join("Dockerfile"), text).expect("a file");
    let results = |more: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_seclint"))
            .args(["scan", ".", "--format", "sarif"])
            .args(more)
            .current_dir(dir.path())
            .output()
            .expect("seclint runs");
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
        let sarif: serde_json::Value = serde_json::from_slice(&run.stdout).expect("SARIF is JSON");
        sarif["runs"][0]["results"].as_array().expect("results").clone()
    };
    assert!(results(&[]).is_empty());
    let shown = results(&["--include-suppressed"]);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(shown[0]["suppressions"][0]["justification"], "a throw-away demo");
}

#[test]
fn a_file_that_is_copied_by_name_is_told_once() {
    let mut session = Session::default();
    session.set_file(".env.example", "DB_PASSWORD=\n");
    session.set_file("Dockerfile", "FROM node:22.14.0-slim\nCOPY .env .\nUSER node\n");
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    let ids: Vec<_> = outcome.findings.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, ["dockerfile-secret"]);
}
