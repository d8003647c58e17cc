//! Properties of SARIF that a snapshot would freeze wrongly: the text at a region is the text of the
//! span, whatever the encoding; nothing of a secret leaves; results keep GitHub's rules.
//! `SARIF_OUT=DIR cargo test --test sarif` keeps the tree and the report for `sarif_check.sh`.
#![expect(clippy::disallowed_methods, reason = "the test writes a tree when it is asked to")]

use std::path::Path;

use seclint::engine::{Counts, Outcome};
use seclint::finding::{Finding, Level, Related, Severity};
use seclint::ir::{Confidence, Problem, ProblemKind, SecretValue};
use seclint::report::view::View;
use seclint::report::{Format, Report, Style};
use seclint::rules::{Rule, load_user_rules};
use seclint::source::{FileId, FileMeta, Files, SourceFile, Span, decode};
use serde_json::Value;

const PAGE: &str = r#"+++
id = "test-rule"
title = "Something is wrong"
severity = "high"
confidence = "high"
class = "other"
cwe = [250]
since = "0.1.0"
on = "resource"
[match]
message = "wrong"
when = { path = "a", is = 1 }
+++

# What it flags

A thing.

# Why it matters

It hurts.

# How to fix

Do not.

# Examples

## Bad

```hcl main.tf
a # <--
```

## Good

```hcl main.tf
b
```

# References

- [CWE-250](https://cwe.mitre.org/data/definitions/250.html)
"#;

/// Bytes of files, each with needles that findings point at.
const FILES: &[(&str, &[u8], &[&str])] = &[
    ("ascii.tf", b"a = 1\nresource \"x\" \"y\" {\n  needle = true\n}\n", &["needle", "needle = true\n}"]),
    ("dir with space/café [1].tf", "x = \"é😀\" # needle ü\n\tneedle\n".as_bytes(), &["needle ü", "😀", "\tneedle"]),
    ("crlf.yaml", b"a: 1\r\nb: needle\r\nc: needle\r\n", &["needle", "1\r\nb"]),
    ("bom.json", b"\xef\xbb\xbf{\"needle\": 1,\n \"needle\": 2}", &["needle", "2}"]),
    ("utf16.env", b"\xff\xfeA\0=\0n\0e\0e\0d\0l\0e\0\n\0", &["needle"]),
    ("latin1.env", b"# caf\xe9 \xff\nA=needle\n", &["needle"]),
    ("empty.env", b"", &[""]),
    ("last.env", b"needle", &["needle"]),
    ("control.env", b"A=\x1b[31mneedle\x07\n", &["needle", "\x1b[31m"]),
    (
        "secret.env",
        b"PASSWORD=hunter2-hunter2-hunter2 # needle\nAGAIN=hunter2-hunter2-hunter2\n",
        &["hunter2-hunter2-hunter2", "needle", "AGAIN"],
    ),
];

struct Case {
    outcome: Outcome,
    rule: &'static Rule,
}

fn finding(rule: &'static Rule, span: Span, number: usize) -> Finding {
    Finding {
        rule,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Regular,
        what: format!("the value `hunter2-hunter2-hunter2` \u{1b}[31m is wrong\u{202e} {number}"),
        why: String::new(),
        fix: String::new(),
        span,
        label: "here".into(),
        related: vec![Related { span, text: "a [related] place".into(), is_part: true }],
        subject: format!("subject-{number}").into(),
        peers: &[],
        edits: Vec::new(),
        history: None,
        fingerprint: format!("fingerprint-{number}"),
    }
}

fn case() -> Case {
    let rule = load_user_rules(PAGE).expect("the page is right").rule;
    let mut outcome = Outcome {
        findings: vec![],
        suppressed: vec![],
        problems: vec![],
        files: Files::default(),
        secrets: vec![],
        counts: Counts::default(),
    };
    for (path, bytes, needles) in FILES {
        let (text, encoding) = decode(bytes).expect("it is text");
        let id = FileId(outcome.files.id_bound() as u32);
        let mut file = SourceFile::new(id, *path, text.clone());
        file.encoding = encoding;
        outcome.files.set(FileMeta::from(&file));
        for needle in *needles {
            for (at, _) in text.match_indices(needle) {
                let number = outcome.findings.len();
                outcome.findings.push(finding(rule, Span::new(id, at, at + needle.len()), number));
            }
        }
        for (at, value) in text.match_indices("hunter2-hunter2-hunter2") {
            outcome.secrets.push((Span::new(id, at, at + value.len()), SecretValue::new(value)));
        }
        outcome.problems.push(Problem::new(ProblemKind::Syntax, "it does not parse", Span::new(id, 0, text.len())));
    }
    Case { outcome, rule }
}

fn written(case: &Case, format: Format) -> String {
    let report = Report {
        before: 0,
        include_suppressed: false,
        outcome: &case.outcome,
        rules: &[case.rule],
        skipped: &[],
        files: FILES.len(),
        unit: "file",
        warnings: &[],
        view: View::of(&case.outcome),
    };
    let mut out = Vec::new();
    report.write(format, &Style::default(), &mut out).expect("memory can be written");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// The text at a region of a decoded file, by SARIF's own rules.
fn at_region(text: &str, region: &Value) -> String {
    let number = |key: &str| usize::try_from(region[key].as_u64().expect("four numbers")).expect("small");
    let mut starts = vec![0];
    let units: Vec<u16> = text.encode_utf16().collect();
    for (at, unit) in units.iter().enumerate() {
        if *unit == 10 || (*unit == 13 && units.get(at + 1) != Some(&10)) {
            starts.push(at + 1);
        }
    }
    let start = starts[number("startLine") - 1] + number("startColumn") - 1;
    let end = starts[number("endLine") - 1] + number("endColumn") - 1;
    String::from_utf16(&units[start..end]).expect("whole characters")
}

#[test]
fn the_text_at_the_region_is_the_text_of_the_finding() {
    let case = case();
    let sarif: Value = serde_json::from_str(&written(&case, Format::Sarif)).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let key = result["partialFingerprints"]["seclint/v1"].as_str().expect("own key");
        let finding = case.outcome.findings.iter().find(|finding| finding.fingerprint == key).expect("a finding of that key");
        let text = case.outcome.files.get(finding.span.file).and_then(|meta| meta.text().cloned()).expect("text is kept");
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(at_region(&text, region), text[finding.span.range()], "{} {region}", case.outcome.files.path(finding.span.file));
    }
}

#[test]
fn one_result_a_rule_and_line() {
    let case = case();
    let sarif: Value = serde_json::from_str(&written(&case, Format::Sarif)).expect("JSON");
    let mut seen = std::collections::BTreeSet::new();
    for result in sarif["runs"][0]["results"].as_array().expect("results") {
        let place = &result["locations"][0]["physicalLocation"];
        assert!(seen.insert((place["artifactLocation"]["uri"].to_string(), place["region"]["startLine"].to_string())), "{place}");
    }
}

#[test]
fn no_format_shows_a_secret_or_steers_a_terminal() {
    let case = case();
    for format in Format::ALL {
        let text = written(&case, *format);
        assert!(!text.contains("hunter2-h"), "{} shows a secret", format.name());
        let bad = text.chars().find(|character| (character.is_control() && !matches!(character, '\n' | '\t')) || *character == '\u{202e}');
        assert_eq!(bad, None, "{} lets a control through", format.name());
        if matches!(format, Format::GitHub | Format::Azure) {
            continue;
        }
        for line in text.lines() {
            assert!(!["::", "##[", "##vso["].iter().any(|command| line.trim_start().starts_with(command)) || *format == Format::Concise);
        }
    }
}

#[test]
fn the_tree_and_its_report_can_be_kept() {
    let Some(folder) = std::env::var_os("SARIF_OUT") else { return };
    let folder = Path::new(&folder);
    for (path, bytes, _) in FILES {
        let path = folder.join("tree").join(path);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    std::fs::write(folder.join("out.sarif"), written(&case(), Format::Sarif)).expect("a file");
    std::fs::write(folder.join("out.txt"), written(&case(), Format::Text)).expect("a file");
}

#[test]
fn formats_keep_the_form_that_their_readers_ask_for() {
    let case = case();
    for format in [Format::GitLab, Format::Sonar, Format::Rdjson] {
        let value: Value = serde_json::from_str(&written(&case, format)).expect("JSON");
        assert!(!value.is_null(), "{}", format.name());
    }
    let annotations = written(&case, Format::GitHub);
    assert_eq!(annotations.lines().filter(|line| line.starts_with("::error ")).count(), 10, "ten of a level are shown");
    assert!(annotations.ends_with("more findings: GitHub shows ten of a level, the summary has all\n"));
    assert!(annotations.lines().all(|line| line.starts_with("::error ") || line.starts_with("::notice ")));
    let table = written(&case, Format::Markdown);
    let rows = table.lines().filter(|line| line.starts_with("| high"));
    assert!(rows.clone().count() == case.outcome.findings.len() && rows.clone().all(|row| row.matches('|').count() == 5), "{table}");
    let xml = written(&case, Format::JUnit);
    assert_eq!(xml.matches("<failure ").count(), case.outcome.findings.len());
}
