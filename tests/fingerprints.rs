//! Fingerprints of secrets: they stay where nothing changed, and no report lets anybody test guesses.

use std::collections::BTreeMap;

use seclint::engine::{Outcome, Session};
use seclint::report::view::View;
use seclint::report::{Format, Report, Style};
use seclint::rules::Registry;
use seclint::settle::{Baseline, Settings};

fn scan(files: &[(&str, &str)]) -> Outcome {
    let mut session = Session::default();
    for (path, text) in files {
        session.set_file(path, text);
    }
    session.findings(&Registry::default().active(|rule| rule.family == "secrets"), &Settings::default())
}

fn fingerprints(files: &[(&str, &str)]) -> Vec<String> {
    scan(files).findings.into_iter().map(|finding| finding.fingerprint).collect()
}

/// All that can be printed of a scan.
fn printed(outcome: &Outcome) -> String {
    let report = Report {
        outcome,
        rules: &[],
        skipped: &[],
        files: 1,
        unit: "file",
        warnings: &[],
        before: 0,
        include_suppressed: true,
        view: View::of(outcome),
    };
    let mut out = Vec::new();
    for format in Format::ALL {
        report.write(*format, &Style::default(), &mut out).expect("memory takes all");
    }
    let baseline = Baseline::of(&outcome.findings, &outcome.files, &Baseline::default());
    String::from_utf8(out).expect("output is UTF-8") + &baseline.to_string()
}

#[test]
fn a_moved_secret_keeps_its_fingerprint_and_a_changed_one_is_new() {
    let before = fingerprints(&[("config.yml", "db:\n  password: hunter2-Prod\n")]);
    assert_eq!(before.len(), 1);
    assert_eq!(before, fingerprints(&[("config.yml", "# a\n\nother: 1\ndb:\n    host: x\n    password: hunter2-Prod # y\n")]));
    assert_eq!(before, fingerprints(&[("config.yml", "database:\n  password: hunter2-Prod\n"), ("z.yml", "a: 1\n")]));
    assert_ne!(before, fingerprints(&[("config.yml", "db:\n  password: hunter3-Prod\n")]));
    let two = fingerprints(&[("config.yml", "password: hunter2-Prod\n"), ("other.yml", "password: hunter2-Prod\n")]);
    assert_eq!((two.len(), &two[0]), (2, &before[0]));
    assert_ne!(two[0], two[1]);
}

#[test]
fn of_sixteen_changes_fifteen_are_seen() {
    let one = |number: usize| fingerprints(&[("a.yml", &format!("password: Tiger-{number:03}-Prod\n"))]);
    let first = one(0);
    let same = (1..=320).filter(|number| one(*number) == first).count();
    assert!((1..=40).contains(&same), "{same} of 320");
}

/// Whoever has every report and runs seclint over a list of guesses is left with a sixteenth of the list.
#[test]
fn no_report_tells_guesses_apart() {
    const WORDS: [&str; 16] = [
        "tiger", "apple", "river", "stone", "cloud", "horse", "plant", "train", "glass", "bread", "chair", "ocean", "piano", "queen",
        "robot", "snake",
    ];
    let mut fitting: BTreeMap<String, usize> = BTreeMap::new();
    let guesses = WORDS.iter().flat_map(|word| (0..40).map(move |number| format!("{word}{number:02}-Pr0d")));
    for guess in guesses {
        let outcome = scan(&[(".env", &format!("DB_PASSWORD={guess}\n")), ("a.yml", &format!("password: {guess}\n"))]);
        assert_eq!(outcome.findings.len(), 2, "{guess}");
        *fitting.entry(printed(&outcome)).or_default() += 1;
    }
    assert!(fitting.len() <= 16, "{} different outputs", fitting.len());
    assert!(fitting.values().all(|count| *count >= 640 / 64), "{:?}", fitting.values());
}
