//! `--since`, `--staged`, `--diff`: what a change brings, told at the line that changed.

use crate::tree::Tree;

const APP: [&str; 3] = [
    "import express from 'express'\nimport { requireUser } from './auth'\nimport { signedIn } from './session'\nconst app = express()\n",
    "app.use('/users', requireUser)\n",
    "app.post('/orders', signedIn, (req, res) => res.json(db.orders.insert(req.body)))\n\
     app.delete('/users/:id', (req, res) => { db.users.delete(req.params.id); res.end() })\napp.listen(3000)\n",
];
const CHECK: &str = "(req, res, next) {\n  if (!req.session.userId) {\n    return res.status(401).end()\n  }\n  next()\n}\n";
const HARMLESS: &str = "export function requireUser(req, res, next) {\n  next()\n}\n";

/// An application with two guards, in files of their own.
fn guarded() -> Tree {
    let (auth, session) = (format!("export function requireUser{CHECK}"), format!("export function signedIn{CHECK}"));
    committed(&[("app.ts", &APP.concat()), ("auth.ts", &auth), ("session.ts", &session), ("old.env", "A=bad\n")])
}

const VOLUME: &str = "variable \"encrypted\" {\n  default = true\n}\n";
const USE: &str = "resource \"aws_ebs_volume\" \"v\" {\n  availability_zone = \"eu-west-1a\"\n  encrypted = var.encrypted\n}\n";

fn committed(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new(files);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "."]);
    tree.git(&["commit", "-q", "-m", "base"]);
    tree
}

/// `path:line rule` of each finding.
fn found(tree: &Tree, arguments: &[&str]) -> Vec<String> {
    let ran = tree.run(&[&["scan", "--format", "concise"], arguments].concat());
    let place = |line: &str| {
        let (place, rest) = line.split_once(": ").unwrap_or_default();
        let rule = rest.rsplit('[').next().unwrap_or_default().trim_end_matches(']');
        format!("{} {rule}", place.rsplit_once(':').unwrap_or_default().0)
    };
    assert!(ran.code < 2, "{ran:?}");
    ran.out.lines().map(place).collect()
}

const ROUTES: [&str; 2] = ["--rule", "route-without-auth"];

#[test]
fn a_removed_guard_is_told_where_it_stood() {
    let tree = guarded();
    tree.write("app.ts", [APP[0], APP[2]].concat());
    for change in [&["--since", "HEAD"][..], &["--diff", "change.diff"]] {
        let diff = tree.git_with(&["diff"], &[]);
        tree.write("change.diff", diff);
        assert_eq!(found(&tree, &[&ROUTES[..], change].concat()), ["app.ts:5 route-without-auth"], "{change:?}");
    }
}

#[test]
fn a_guard_emptied_elsewhere_is_told_there_with_the_route_beside_it() {
    let tree = guarded();
    tree.write("auth.ts", HARMLESS);
    assert_eq!(found(&tree, &["--since", "HEAD"]), ["auth.ts:2 route-without-auth"]);
    let ran = tree.run(&["scan", "--since", "HEAD", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let related = &report["findings"][0]["related"][0];
    assert_eq!(related["location"]["path"], "app.ts");
    assert!(related["message"].as_str().is_some_and(|text| text.starts_with("what follows from it")), "{related}");
    assert!(ran.err.contains("were there before"), "{}", ran.err);
    tree.git(&["add", "auth.ts"]);
    assert_eq!(found(&tree, &["--staged"]), ["auth.ts:2 route-without-auth"], "what staging brings elsewhere");
}

#[test]
fn a_widened_variable_is_told_at_its_default() {
    let tree = committed(&[("variables.tf", VOLUME), ("main.tf", USE)]);
    tree.write("variables.tf", VOLUME.replace("true", "false"));
    assert_eq!(found(&tree, &["--rule", "unencrypted-at-rest", "--since", "HEAD"]), ["variables.tf:2 unencrypted-at-rest"]);
}

#[test]
fn a_diff_from_standard_input_needs_no_git() {
    let tree = Tree::new(&[("a.env", "A=bad\nB=bad\n"), ("new.env", "C=bad\n")]);
    let diff = "--- a/a.env\n+++ b/a.env\n@@ -1 +1,2 @@\n A=bad\n+B=bad\n--- /dev/null\n+++ b/new.env\n@@ -0,0 +1 @@\n+C=bad\n";
    let ran = tree.run_with(&["scan", "--diff", "-", "--format", "concise"], &[], diff);
    let places: Vec<&str> = ran.out.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(places, ["a.env:2:3", "new.env:1:3"], "{ran:?}");
    let other = tree.run_with(&["scan", "--diff", "-"], &[], &diff.replace(" A=bad", " X=bad"));
    assert!(other.code == 2 && other.err.contains("does not fit `a.env` at line 1"), "{other:?}");
    assert_eq!(tree.run_with(&["scan", "--diff", "-"], &[], "no diff").code, 2);
}

#[test]
fn a_renamed_file_brings_nothing() {
    let tree = committed(&[("old.env", "A=bad\n")]);
    tree.git(&["mv", "old.env", "new.env"]);
    let diff = tree.git_with(&["diff", "HEAD", "-M"], &[]);
    tree.write("change.diff", diff);
    assert_eq!(found(&tree, &["--diff", "change.diff"]), [""; 0]);
}
