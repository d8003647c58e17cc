//! What sets seclint up: `init`, `hook`, completions, the manual page, the list of files.

use crate::tree::Tree;

#[test]
fn init_writes_once() {
    let tree = Tree::new(&[("Dockerfile", "FROM scratch\n"), ("vendor/a.js", "1\n")]);
    assert!(tree.run(&["init", "--print"]).out.contains("\"vendor/\""));
    assert_eq!(tree.run(&["init"]).code, 0);
    let written = tree.read("seclint.toml");
    assert_eq!(tree.run(&["scan"]).code, 0, "what it writes is right");
    tree.write("seclint.toml", "fail-on = \"high\"\n");
    assert_eq!(tree.run(&["init"]).code, 2);
    assert_eq!(tree.read("seclint.toml"), "fail-on = \"high\"\n");
    assert!(written.starts_with("# seclint.toml"));
}

#[test]
fn a_hook_comes_and_goes_without_a_trace() {
    let tree = Tree::new(&[]);
    assert_eq!(tree.run(&["hook", "install"]).code, 2, "no repository");
    tree.git(&["init", "-q"]);
    assert_eq!(tree.run(&["hook", "install"]).code, 0);
    let hook = ".git/hooks/pre-commit";
    assert!(tree.read(hook).contains("seclint scan --staged --hook"));
    assert!(tree.run(&["hook", "install"]).out.contains("already"));
    assert_eq!(tree.run(&["hook", "uninstall"]).code, 0);
    assert!(!tree.path().join(hook).exists());
}

#[test]
fn a_foreign_hook_is_left_alone() {
    let tree = Tree::new(&[]);
    tree.git(&["init", "-q"]);
    let hook = ".git/hooks/pre-commit";
    tree.write(hook, "#!/bin/sh\nmake lint\n");
    assert_eq!(tree.run(&["hook", "install"]).code, 2);
    assert_eq!(tree.read(hook), "#!/bin/sh\nmake lint\n");
    assert_eq!(tree.run(&["hook", "install", "--append"]).code, 0);
    assert!(tree.read(hook).starts_with("#!/bin/sh\nmake lint\n# >>> seclint"));
    assert_eq!(tree.run(&["hook", "uninstall"]).code, 0);
    assert_eq!(tree.read(hook), "#!/bin/sh\nmake lint\n");
    tree.write(hook, "#!/usr/bin/env python3\n");
    assert_eq!(tree.run(&["hook", "install", "--append"]).code, 2);
}

#[test]
fn hooks_go_where_git_looks_for_them() {
    let tree = Tree::new(&[]);
    tree.git(&["init", "-q"]);
    tree.git(&["config", "core.hooksPath", "tools/hooks"]);
    assert_eq!(tree.run(&["hook", "install"]).code, 0);
    assert!(tree.path().join("tools/hooks/pre-commit").exists());
    tree.git(&["config", "core.hooksPath", "/tmp"]);
    assert_eq!(tree.run(&["hook", "install"]).code, 2, "a folder of everybody");
    tree.git(&["config", "core.hooksPath", ".husky/_"]);
    tree.write(".husky/pre-commit", "npm test\n");
    assert_eq!(tree.run(&["hook", "install", "--append"]).code, 0);
    assert!(tree.read(".husky/pre-commit").starts_with("npm test\n# >>> seclint"));
    tree.write("lefthook.yml", "pre-commit:\n");
    let managed = tree.run(&["hook", "install"]);
    assert!(managed.code == 2 && managed.err.contains("run: seclint scan --staged --hook"), "{managed:?}");
}

#[test]
fn completions_and_the_manual_are_printed() {
    let tree = Tree::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(tree.run(&["completions", shell]).out.contains("explain"), "{shell}");
    }
    assert!(tree.run(&["man"]).out.contains(".TH seclint"));
    std::fs::create_dir(tree.path().join("man")).expect("a folder");
    assert_eq!(tree.run(&["man", "--out", "man"]).code, 0);
    assert!(tree.path().join("man/seclint-scan.1").exists());
}

#[test]
fn files_and_statistics_are_listed() {
    let tree = Tree::new(&[("a.env", "A=bad\nB=bad\n"), ("skip/b.env", "A=bad\n"), (".gitignore", "skip/\n")]);
    let files = tree.run(&["scan", "--show-files"]);
    assert!(files.out.lines().any(|line| line == "a.env") && !files.out.contains("skip/b.env"), "{files:?}");
    let counted = tree.run(&["scan", "--statistics"]);
    assert_eq!((counted.code, &*counted.out), (1, "     2  test-bad-value  high    \n"));
}

#[test]
fn colours_and_links_follow_the_environment() {
    let tree = Tree::new(&[("a b.env", "A=bad\n")]);
    let run = |variables: &[(&str, &str)]| tree.run_with(&["scan"], variables, "").out;
    let is_coloured = |out: &str| out.contains("\u{1b}[");
    assert!(!is_coloured(&run(&[])));
    assert!(is_coloured(&run(&[("FORCE_COLOR", "1")])) && is_coloured(&run(&[("CLICOLOR_FORCE", "1")])));
    assert!(!is_coloured(&run(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")])));
    let linked = run(&[("FORCE_HYPERLINK", "1")]);
    assert!(linked.contains("\u{1b}]8;;file:///") && linked.contains("/a%20b.env\u{1b}\\a b.env\u{1b}]8;;"), "{linked}");
}

#[test]
fn trusted_guards_and_values_are_believed() {
    let app = "import express from 'express'\nimport { guard } from './guard'\nconst app = express()\n\
               app.delete('/users/:id', wrap(4), (req, res) => { db.users.delete(req.params.id); res.end() })\n\
               app.post('/orders', guard, (req, res) => res.json(db.orders.insert(req.body)))\n\
               function wrap(n) { return (req, res, next) => next() }\n";
    let guard = "export function guard(req, res, next) {\n  if (!req.session.userId) return res.status(401).end()\n  next()\n}\n";
    let tree = Tree::new(&[("app.ts", app), ("guard.ts", guard), ("a.env", "A=bad-but-known\n")]);
    assert_eq!(tree.found(&["--rule", "route-without-auth,test-bad-value"]), ["a.env", "app.ts"]);
    tree.write("seclint.toml", "[trust]\nguards = [\"wrap\"]\nvalues = [\"bad-but-known\"]\n");
    assert_eq!(tree.found(&["--rule", "route-without-auth,test-bad-value"]), [""; 0]);
    assert!(tree.run(&["config", "show"]).out.contains("trust.guards = [\"wrap\"] # seclint.toml"));
}
