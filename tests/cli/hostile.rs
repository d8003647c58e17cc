//! Trees that want to run something, lead out, block, or speak to the terminal.
#![cfg(unix)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::tree::Tree;

fn pipe(tree: &Tree, path: &str) {
    let path = tree.path().join(path);
    let _ = std::fs::remove_file(&path);
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is there").success());
}

#[test]
fn pipes_are_never_opened() {
    let tree = Tree::new(&[(".env", "A=bad\n"), ("deep/a.env", "A=bad\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "."]);
    for path in ["pipe.env", ".gitignore", "deep/.ignore", ".ignore", ".seclint/rules/pipe.md"] {
        pipe(&tree, path);
    }
    let start = Instant::now();
    std::fs::remove_file(tree.path().join(".seclint/rules/pipe.md")).expect("it is there");
    assert_eq!(tree.found(&[]), [".env", "deep/a.env"]);
    let ran = tree.run(&["scan", "-v"]);
    assert!(ran.err.contains("skipped (pipes or devices): .gitignore, .ignore, deep/.ignore, pipe.env"), "{}", ran.err);
    assert!(start.elapsed() < Duration::from_secs(10));
    pipe(&tree, ".seclint/rules/pipe.md");
    assert_eq!(tree.run(&["scan"]).code, 2, "a rule that can't be read is an error, not a wait");
}

#[test]
fn links_do_not_lead_out_of_the_tree() {
    let outside = Tree::new(&[("secret.env", "A=bad\n"), ("rules/x.md", "")]);
    let tree = Tree::new(&[("a.env", "A=good\n")]);
    symlink(outside.path(), tree.path().join("folder")).expect("a link");
    symlink(outside.path().join("secret.env"), tree.path().join("link.env")).expect("a link");
    symlink("..", tree.path().join("up")).expect("a link");
    assert_eq!(tree.found(&[]), [""; 0]);
}

#[test]
fn a_tracked_folder_that_became_a_link_is_not_followed() {
    let outside = Tree::new(&[("a.env", "A=bad\n")]);
    let tree = Tree::new(&[("folder/a.env", "A=bad\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "."]);
    std::fs::remove_dir_all(tree.path().join("folder")).expect("it is there");
    symlink(outside.path(), tree.path().join("folder")).expect("a link");
    assert_eq!(tree.found(&[]), [""; 0]);
}

#[test]
fn nothing_that_git_is_told_to_run_is_run() {
    let tree = Tree::new(&[(".env", "A=bad\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "."]);
    let flag = tree.path().join("PWNED");
    let run = format!("touch {}", flag.display());
    tree.write("hook.sh", format!("#!/bin/sh\n{run}\n"));
    for (key, value) in [
        ("core.fsmonitor", run.as_str()),
        ("core.pager", &run),
        ("core.sshCommand", &run),
        ("diff.external", &run),
        ("filter.x.clean", &run),
        ("filter.x.smudge", &run),
        ("filter.x.process", &run),
        ("diff.x.textconv", &run),
        ("alias.ls-files", &format!("!{run}")),
        ("credential.helper", &format!("!{run}")),
        ("core.hooksPath", &tree.path().display().to_string()),
    ] {
        tree.git(&["config", key, value]);
    }
    tree.write(".gitattributes", "* filter=x diff=x\n");
    assert_eq!(tree.found(&[]), [".env"]);
    assert!(!flag.exists(), "the tree ran a program");
}

#[test]
fn a_broken_repository_is_said_and_its_files_are_scanned() {
    let tree = Tree::new(&[(".env", "A=bad\n"), (".git/HEAD", "nonsense"), (".git/index", "nonsense")]);
    let ran = tree.run(&["scan", "--format", "concise"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains(".env:1:3"), "{ran:?}");
    assert!(ran.err.contains("warning: `git ls-files` failed"), "{ran:?}");
}

#[test]
fn names_do_not_speak_to_the_terminal() {
    let tree = Tree::new(&[("::error::x.env", "A=bad\n"), ("new\nline\u{202e}.env", "A=bad\n"), ("esc\u{1b}]0;PWN\u{7}.env", "A=bad\n")]);
    std::fs::write(tree.path().join(OsStr::from_bytes(b"not-utf8-\xff.env")), "A=bad\n").expect("a file");
    for format in ["text", "concise", "json", "sarif"] {
        let ran = tree.run(&["scan", "--format", format, "-v"]);
        assert_eq!(ran.code, 1);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{format}");
        assert!(all.contains("not-utf8-%FF.env"), "{format}");
        assert!(!all.lines().any(|line| line.starts_with("::") || line.starts_with("line")), "{format}: {all}");
    }
}

#[test]
fn large_and_binary_files_are_named_and_skipped() {
    let tree = Tree::new(&[("a.env", "A=bad\n")]);
    tree.write("big.env", "A=bad\n".repeat(3000));
    tree.write("binary.env", b"A=bad\0\n");
    let ran = tree.run(&["scan", "--max-file-size", "16K", "--strict", "--format", "concise"]);
    assert_eq!(ran.code, 2, "--strict");
    assert!(ran.err.contains("skipped (over the size limit): big.env") && ran.err.contains("skipped (not text): 1 file"), "{}", ran.err);
    assert_eq!(ran.out.lines().count(), 1);
}
