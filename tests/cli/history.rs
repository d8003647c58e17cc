//! Secrets in history: which are found, where they are said to stand, and what damage costs.

use crate::git::{rows, text};
use crate::tree::Tree;

const SECRET: &str = "DB_PASSWORD=hunter2-Prod\n";

/// A repository in which a secret of each sort of fate was committed.
fn repository() -> Tree {
    let tree = Tree::new(&[("kept/.env", SECRET), ("gone/.env", "A=1\n"), ("changed/.env", "A=1\n")]);
    tree.git(&["init", "-q"]);
    commit(&tree, "clean of gone", "2020-01-01");
    tree.write("gone/.env", "DB_PASSWORD=s3cret-Gone\n");
    tree.write("changed/.env", "DB_PASSWORD=s3cret-Old\n");
    commit(&tree, "with secrets", "2020-02-02");
    tree.write("changed/.env", "DB_PASSWORD=s3cret-New\n");
    commit(&tree, "rotated", "2020-03-03");
    tree.git(&["rm", "-q", "gone/.env"]);
    commit(&tree, "removed", "2020-04-04");
    tree.write("kept/.env", format!("# moved\n\n{SECRET}"));
    commit(&tree, "moved", "2020-05-05");
    tree
}

fn commit(tree: &Tree, message: &str, day: &str) {
    tree.git(&["add", "-A"]);
    let date = format!("{day}T12:00:00Z");
    tree.git_with(&["commit", "-q", "-m", message], &[("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)]);
}

/// `path:line added removed` of each finding.
fn found(tree: &Tree, arguments: &[&str]) -> Vec<String> {
    let ran = tree.run(&[&["history", "--format", "json-lines", "-q"], arguments].concat());
    assert!(ran.code == 0 || ran.code == 1, "{ran:?}");
    let line = |row: &serde_json::Value| {
        let removed = row.pointer("/history/removed/date").and_then(|date| date.as_str()).unwrap_or("-");
        let at = row.pointer("/location/start/line").and_then(serde_json::Value::as_u64).unwrap_or(0);
        format!("{}:{at} {} {removed}", text(row, "/location/path"), text(row, "/history/added/date"))
    };
    rows(&ran.out).iter().map(line).collect()
}

#[test]
fn every_secret_is_named_with_the_commits_that_brought_and_removed_it() {
    let tree = repository();
    let all = [
        "changed/.env:1 2020-03-03 -",
        "changed/.env:1 2020-02-02 2020-03-03",
        "gone/.env:1 2020-02-02 2020-04-04",
        "kept/.env:3 2020-01-01 -",
    ];
    let mut listed = found(&tree, &[]);
    listed.sort();
    let mut expected = all.map(str::to_owned);
    expected.sort();
    assert_eq!(listed, expected);
    assert_eq!(found(&tree, &["gone"]), ["gone/.env:1 2020-02-02 2020-04-04"], "of a folder that is there no more");
    assert_eq!(found(&tree, &["--exclude", "changed", "--exclude", "kept"]), ["gone/.env:1 2020-02-02 2020-04-04"]);
    assert_eq!(found(&tree, &["--since", "HEAD~3"]), ["changed/.env:1 2020-03-03 -"], "what moved was there before");
    let said = tree.run(&["history"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("of 2020-02-02, removed in ") && said.out.contains("and still there"), "{}", said.out);
    assert!(!said.out.contains("s3cret-Gone"));
    assert_eq!(tree.run(&["history", "--fail-on", "critical"]).code, 0);
    assert_eq!(tree.run(&["history", "nowhere"]).code, 2, "a typo is no clean history");
}

#[test]
fn every_format_says_the_same_and_threads_make_no_difference() {
    let tree = repository();
    for format in
        ["text", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "markdown", "rdjson", "sonarqube", "azure"]
    {
        let one = tree.run(&["history", "--format", format, "-j", "1"]);
        assert_eq!(one.code, 1, "{format}: {one:?}");
        assert_eq!(one.out, tree.run(&["history", "--format", format, "-j", "4"]).out, "{format}");
        assert!(one.out.contains("gone/.env"), "{format}");
    }
}

#[test]
fn what_a_scan_accepts_history_accepts() {
    let tree = repository();
    tree.run(&["baseline", "create"]);
    let mut listed = found(&tree, &[]);
    listed.sort();
    assert_eq!(listed, ["changed/.env:1 2020-02-02 2020-03-03", "gone/.env:1 2020-02-02 2020-04-04"]);
    tree.write(".seclint/baseline.txt", "");
    tree.write("kept/.env", format!("# seclint: ignore[generic-secret] a sample\n{SECRET}"));
    commit(&tree, "accepted", "2020-06-06");
    assert!(!found(&tree, &[]).iter().any(|line| line.starts_with("kept")));
    assert!(found(&tree, &["--no-ignores"]).contains(&"kept/.env:2 2020-01-01 -".to_owned()));
}

#[test]
fn commit_messages_are_read() {
    let tree = Tree::new(&[("a", "a\n")]);
    tree.git(&["init", "-q"]);
    commit(&tree, "deploy\n\nto postgres://app:hunter2-Prod@db.internal/app, second pass: split\n", "2020-01-01");
    assert_eq!(found(&tree, &[]), [".git/COMMIT_EDITMSG:3 2020-01-01 -"]);
}

#[test]
fn every_branch_tag_and_merge_is_read() {
    let tree = Tree::new(&[("a", "a\n")]);
    tree.git(&["init", "-q"]);
    commit(&tree, "one", "2020-01-01");
    tree.git(&["checkout", "-q", "-b", "side"]);
    tree.write("side.env", SECRET);
    commit(&tree, "side", "2020-02-02");
    tree.git(&["checkout", "-q", "main"]);
    tree.write("main.env", "A=1\n");
    commit(&tree, "main", "2020-03-03");
    tree.git(&["merge", "-q", "--no-commit", "side"]);
    tree.write("evil.env", "DB_PASSWORD=s3cret-Evil\n");
    commit(&tree, "merge", "2020-04-04");
    tree.git(&["checkout", "-q", "--orphan", "other"]);
    tree.write("tag.env", "DB_PASSWORD=s3cret-Tag\n");
    commit(&tree, "orphan", "2020-05-05");
    tree.git(&["tag", "v1"]);
    tree.git(&["checkout", "-q", "--detach", "main"]);
    tree.git(&["branch", "-q", "-D", "other", "side"]);
    tree.git(&["pack-refs", "--all"]);
    tree.git(&["gc", "-q"]);
    let mut listed = found(&tree, &[]);
    listed.sort();
    assert_eq!(listed, ["evil.env:1 2020-04-04 -", "side.env:1 2020-02-02 -", "tag.env:1 2020-05-05 -"]);
}

#[test]
fn repositories_of_every_shape() {
    let tree = repository();
    let count = |arguments: &[&str]| found(&tree, arguments).len();
    tree.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    assert_eq!(count(&["bare.git"]), 4);
    tree.git(&["worktree", "add", "-q", "other-tree", "HEAD~1"]);
    assert_eq!(count(&["other-tree"]), 4);
    tree.git(&["clone", "-q", "--shared", ".", "alternate"]);
    assert_eq!(count(&["alternate"]), 4);
    tree.git(&["clone", "-q", "--depth", "1", &format!("file://{}", tree.path().display()), "shallow"]);
    let shallow = tree.run(&["history", "shallow", "--format", "concise"]);
    assert!(shallow.err.contains("warning: this clone is shallow") && shallow.out.lines().count() == 2, "{shallow:?}");
    assert_eq!(tree.run(&["history", "shallow", "--require-history"]).code, 2);
    tree.git(&["init", "-q", "empty"]);
    assert_eq!(tree.run(&["history", "empty"]).code, 0);
    tree.git(&["init", "-q", "--object-format=sha256", "long"]);
    assert_eq!(tree.run(&["history", "long"]).code, 0);
    let outside = Tree::new(&[]);
    assert_eq!(outside.run(&["history"]).code, 2);
}

#[test]
fn strange_names_links_and_submodules() {
    use std::os::unix::ffi::OsStrExt as _;
    let tree = Tree::new(&[("new\nline\ttab.env", SECRET), (":100644 \u{1}x.env", "DB_PASSWORD=s3cret-Two\n"), ("real.env", "A=1\n")]);
    std::fs::write(tree.path().join(std::ffi::OsStr::from_bytes(b"not-utf8-\xff.env")), "DB_PASSWORD=s3cret-Three\n").expect("a file");
    std::os::unix::fs::symlink("real.env", tree.path().join("link.env")).expect("a link");
    tree.git(&["init", "-q"]);
    tree.git(&["init", "-q", "module"]);
    tree.write("module/.env", "DB_PASSWORD=s3cret-Module\n");
    tree.git(&["-C", "module", "add", "-A"]);
    tree.git(&["-C", "module", "commit", "-q", "-m", "m"]);
    commit(&tree, "strange", "2020-01-01");
    let paths: Vec<String> = found(&tree, &[]).iter().map(|line| line.rsplit_once(':').expect("a line").0.to_owned()).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(paths.iter().any(|path| path.starts_with("not-utf8-%FF")), "{paths:?}");
}

#[test]
fn a_damaged_object_costs_only_itself() {
    let tree = repository();
    let oid = tree.git_says(&["rev-parse", "HEAD~3:gone/.env"]);
    let object = tree.path().join(".git/objects").join(&oid[..2]).join(&oid[2..]);
    std::fs::remove_file(&object).expect("a loose object");
    let missing = tree.run(&["history", "--format", "concise"]);
    assert!(missing.err.contains("skipped (unreadable): gone/.env") && missing.out.lines().count() == 3, "{missing:?}");
    std::fs::write(&object, "nonsense").expect("a file");
    let damaged = tree.run(&["history", "--format", "concise"]);
    assert!(damaged.err.contains("skipped (unreadable): gone/.env") && damaged.out.lines().count() == 3, "{damaged:?}");
    assert_eq!(tree.run(&["history", "--strict"]).code, 2);
    let commit = tree.git_says(&["rev-parse", "HEAD~4"]);
    std::fs::remove_file(tree.path().join(".git/objects").join(&commit[..2]).join(&commit[2..])).expect("a loose object");
    let cut = tree.run(&["history", "--format", "concise"]);
    assert!(cut.err.contains("warning: `git log` failed"), "{cut:?}");
    assert_eq!(tree.run(&["history", "--severity", "critical"]).code, 2, "what was not read is not clean");
}

#[test]
fn what_is_too_large_is_said() {
    let tree = repository();
    tree.write("big.env", SECRET.repeat(2000));
    commit(&tree, "big", "2020-07-07");
    let ran = tree.run(&["history", "--max-file-size", "16K", "--format", "concise"]);
    assert!(ran.err.contains("skipped (over the size limit): big.env") && !ran.out.contains("big.env"), "{ran:?}");
}

#[test]
fn nothing_in_the_repository_runs() {
    let tree = repository();
    // A missing object must not be fetched either.
    let oid = tree.git_says(&["rev-parse", "HEAD~3:gone/.env"]);
    std::fs::remove_file(tree.path().join(".git/objects").join(&oid[..2]).join(&oid[2..])).expect("a loose object");
    let flag = tree.path().join("PWNED");
    let run = format!("touch {}", flag.display());
    tree.write("program", format!("#!/bin/sh\n{run}\n"));
    for (key, value) in [
        ("core.fsmonitor", run.as_str()),
        ("core.pager", &run),
        ("pager.log", &run),
        ("log.showSignature", "true"),
        ("gpg.program", &tree.path().join("program").display().to_string()),
        ("diff.external", &run),
        ("diff.x.textconv", &run),
        ("diff.x.command", &run),
        ("filter.x.smudge", &run),
        ("core.alternateRefsCommand", &run),
        ("alias.log", &format!("!{run}")),
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", &format!("ext::sh -c '{run}'")),
    ] {
        tree.git(&["config", key, value]);
    }
    tree.write(".gitattributes", "* filter=x diff=x\n");
    let ran = tree.run(&["history"]);
    assert!(ran.code == 1 && !flag.exists(), "the repository ran a program: {ran:?}");
}

#[test]
fn a_copy_is_a_finding_of_its_own_and_a_move_is_none() {
    let tree = Tree::new(&[("a.env", SECRET), ("b.env", SECRET)]);
    tree.git(&["init", "-q"]);
    commit(&tree, "two", "2020-01-01");
    tree.git(&["mv", "a.env", "c.env"]);
    commit(&tree, "moved", "2020-02-02");
    assert_eq!(found(&tree, &[]), ["b.env:1 2020-01-01 -", "c.env:1 2020-01-01 -"]);
}

#[test]
fn replaced_objects_hide_nothing() {
    let tree = repository();
    let bad = tree.git_says(&["rev-parse", "HEAD~3:gone/.env"]);
    let clean = tree.git_says(&["rev-parse", "HEAD~4:gone/.env"]);
    tree.git(&["replace", &bad, &clean]);
    assert!(found(&tree, &[]).contains(&"gone/.env:1 2020-02-02 2020-04-04".to_owned()));
}
