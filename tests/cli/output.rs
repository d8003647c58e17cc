//! Formats, colours, and where reports go.

use crate::tree::Tree;

#[test]
fn text_says_what_why_and_what_to_do() {
    let tree = Tree::new(&[(".env", "A=bad\n")]);
    let ran = tree.run(&["scan"]);
    let wanted = "\
high[test-bad-value]: `A` is bad
  ┌─ .env:1:3
  │
1 │ A=bad
  │   ^^^
  │
  = why: It hurts
  = fix: Use a good one

";
    assert_eq!(ran.out, wanted);
    assert!(ran.err.starts_with("1 finding (1 high); 2 files scanned with "), "{}", ran.err);
    assert!(!ran.err.contains(" in "), "no time where nobody watches: {}", ran.err);
    assert_eq!(tree.run(&["scan", "-q"]).err, "");
}

/// What was not evaluated is said where a person reads it, not in the machines' formats alone.
#[test]
fn a_reached_bound_is_named() {
    let tree = Tree::new(&[("main.tf", "resource \"aws_s3_bucket\" \"logs\" {\n  count = 20000\n}\n")]);
    let said = tree.run(&["scan"]).err;
    assert!(said.starts_with("a bound was reached: main.tf:1: "), "{said}");
    assert_eq!(tree.run(&["scan", "--strict", "--exit-zero"]).code, 0, "what was read was read whole");
}

#[test]
fn findings_are_grouped_by_file_and_by_rule() {
    let tree = Tree::new(&[(".env", "A=bad\n"), ("b/.env", "X=good\nLONG=bad\nB=bad\n")]);
    let by_file = "\
.env (1 finding)
  1:3  high      `A` is bad [test-bad-value]

b/.env (2 findings)
  2:6  high      `LONG` is bad [test-bad-value]
  3:3  high      `B` is bad [test-bad-value]

";
    assert_eq!(tree.run(&["scan", "--format", "by-file"]).out, by_file);
    let by_rule = "\
test-bad-value: A variable is bad (3 findings)
  .env:1:3    high      `A` is bad
  b/.env:2:6  high      `LONG` is bad
  b/.env:3:3  high      `B` is bad
  = why: It hurts
  = fix: Use a good one

";
    assert_eq!(tree.run(&["scan", "--format", "by-rule"]).out, by_rule);
}

#[test]
fn every_dial_hides_what_is_below_it() {
    let script = "export function keep(token) {\n  localStorage.setItem('token', token)\n}\n";
    let tree = Tree::new(&[(".env", "A=bad\n"), ("a.js", script)]);
    let lines = |arguments: &[&str]| tree.run(&[&["scan", "--format", "concise"], arguments].concat()).out.lines().count();
    assert_eq!(lines(&[]), 2);
    assert_eq!(lines(&["--severity", "critical"]), 0);
    assert_eq!(lines(&["--confidence", "high"]), 1);
    tree.write("seclint.toml", "confidence = \"high\"\n");
    assert_eq!(lines(&[]), 1);
    assert_eq!(lines(&["--confidence", "medium"]), 2, "the command line wins");
}

#[test]
fn several_reports_go_to_their_files() {
    let tree = Tree::new(&[(".env", "A=bad\n")]);
    let ran = tree.run(&["scan", "--format", "sarif", "--output", "o.sarif", "--format", "json", "-o", "o.json", "--format", "concise"]);
    assert_eq!(ran.out, ".env:1:3: high: `A` is bad [test-bad-value]\n");
    assert!(tree.read("o.sarif").contains("primaryLocationLineHash"));
    assert!(tree.read("o.json").contains("json-v1"));
    tree.run(&["scan", "-o", "by-ending.sarif"]);
    assert!(tree.read("by-ending.sarif").contains("\"version\": \"2.1.0\""));
    assert_eq!(tree.run(&["scan", "--format", "sarif", "--format", "json"]).code, 2);
}

#[test]
fn colour_follows_the_conventions() {
    let tree = Tree::new(&[(".env", "A=bad\n")]);
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        tree.run_with(&[&["scan"], arguments].concat(), variables, "").out.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "a pipe is not a terminal");
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]) && colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&["--format", "json", "--color", "always"], &[]));
}

#[test]
fn output_is_the_same_whatever_the_threads() {
    let mut files = Vec::new();
    let names: Vec<String> = (0..60).map(|number| format!("d{}/f{number}.env", number % 7)).collect();
    for name in &names {
        files.push((name.as_str(), "A=bad\nB=good\nC=bad2\n"));
    }
    let tree = Tree::new(&files);
    for format in ["text", "sarif", "json"] {
        let one = tree.run(&["scan", "--format", format, "--jobs", "1"]);
        assert!(one.out.contains("d3/f3.env"));
        for jobs in ["2", "8"] {
            let many = tree.run(&["scan", "--format", format, "--jobs", jobs]);
            assert_eq!((&one.out, &one.err), (&many.out, &many.err), "{format} with {jobs} threads");
        }
    }
}

#[test]
fn no_report_names_the_machine() {
    let tree = Tree::new(&[(".env", "A=bad\n"), ("broken.env", "A='open\n")]);
    let folder = tree.path().to_str().expect("UTF-8").to_owned();
    for format in ["text", "concise", "json", "json-lines", "sarif"] {
        let ran = tree.run(&["scan", &folder, "--format", format]);
        assert!(!ran.out.contains(&folder) && !ran.err.contains(&folder), "{format}");
    }
}
