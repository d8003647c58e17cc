//! Exit codes, selection, and what is walked.

use crate::tree::Tree;

#[test]
fn exit_codes_are_an_interface() {
    let tree = Tree::new(&[("a.env", "A=bad\n"), ("clean/b.env", "B=good\n")]);
    let code = |arguments: &[&str]| tree.run(arguments).code;
    assert_eq!(code(&["scan"]), 1);
    assert_eq!(code(&["scan", "clean"]), 0);
    assert_eq!(code(&["scan", "--fail-on", "critical"]), 0);
    assert_eq!(code(&["scan", "--fail-on", "high"]), 1);
    assert_eq!(code(&["scan", "--exit-zero"]), 0);
    assert_eq!(code(&["scan", "missing"]), 2);
    assert_eq!(code(&["scan", "--no-such-flag"]), 2);
    assert_eq!(code(&["scan", "--rule", "no-such-rule"]), 2);
    assert_eq!(code(&["scan", "--output", "missing/out.json"]), 2);
    assert_eq!(code(&["scan", "--exclude", "["]), 2);
    assert_eq!(code(&["nonsense"]), 2);
    assert_eq!(code(&["--help"]), 0);
    assert_eq!(code(&["scan", "--format", "sarif"]), 1, "the same code in every format");
}

#[test]
fn mistakes_are_one_clear_message() {
    let tree = Tree::new(&[]);
    let error = |arguments: &[&str]| tree.run(arguments).err;
    assert_eq!(error(&["scan", "missing"]), "error: missing: No such file or directory (os error 2)\n");
    assert_eq!(error(&["explain", "test-bad-valu"]), "error: there is no rule `test-bad-valu`; did you mean `test-bad-value`?\n");
    assert!(error(&["scan", "--skip-rule", "user"]).starts_with("") && !error(&["scan", "--class", "nope"]).contains("panicked"));
}

#[test]
fn a_broken_own_rule_is_named_with_its_line() {
    let tree = Tree::new(&[(".seclint/rules/broken.md", "+++\nid = 1\n+++\n")]);
    let ran = tree.run(&["scan"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(".seclint/rules/broken.md:2:"), "{}", ran.err);
}

#[test]
fn own_rules_are_listed_explained_and_tested() {
    let tree = Tree::new(&[]);
    assert!(tree.run(&["rules"]).out.contains("test-bad-value"));
    assert!(tree.run(&["rules", "--format", "json"]).out.contains("\"test-bad-value\""));
    assert!(tree.run(&["explain", "TEST-BAD-VALUE"]).out.contains("Use a good one."));
    assert_eq!(tree.run(&["test"]).out, "2 passed, 0 failed\n");
}

#[test]
fn facts_of_a_file_are_printed() {
    let tree = Tree::new(&[(".env", "A=bad\n")]);
    let ran = tree.run(&["facts", ".env"]);
    assert!(ran.out.contains(".env:1:1: EnvEntry A") && ran.out.contains("value: bad"), "{}", ran.out);
}

#[test]
fn ignore_files_are_respected_dot_files_are_scanned() {
    let tree = Tree::new(&[
        (".env", "A=bad\n"),
        ("ignored/a.env", "A=bad\n"),
        ("other/a.env", "A=bad\n"),
        (".gitignore", "ignored/\n"),
        (".ignore", "other\n"),
    ]);
    assert_eq!(tree.found(&[]), [".env"]);
    assert_eq!(tree.found(&["--no-ignore"]), [".env", "ignored/a.env", "other/a.env"]);
    assert_eq!(tree.found(&["--no-hidden", "--no-ignore"]), ["ignored/a.env", "other/a.env"]);
    assert_eq!(tree.found(&["--no-ignore", "--exclude", "other", "--exclude", "ignored/*.env"]), [".env"]);
    assert_eq!(tree.found(&["ignored/a.env"]), ["ignored/a.env"], "what is named is scanned");
}

#[test]
fn a_tracked_file_can_not_be_ignored_away() {
    let tree = Tree::new(&[(".env", "A=bad\n"), ("untracked.env", "A=bad\n"), ("deep/secret.env", "A=bad\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", ".env", "deep"]);
    tree.write(".gitignore", "*.env\n.env\n");
    tree.write("deep/.ignore", "*\n");
    assert_eq!(tree.found(&[]), [".env", "deep/secret.env"]);
    assert_eq!(tree.found(&["deep"]), ["deep/secret.env"]);
}

#[test]
fn paths_are_relative_to_the_top_of_the_repository() {
    let tree = Tree::new(&[("deep/a.env", "A=bad\n")]);
    tree.git(&["init", "-q"]);
    assert_eq!(tree.found(&["deep"]), ["deep/a.env"]);
    assert_eq!(tree.found(&["deep/a.env", "deep"]), ["deep/a.env"], "named twice, scanned once");
}

#[test]
fn standard_input_is_a_file() {
    let tree = Tree::new(&[]);
    let ran = tree.run_with(&["scan", "-", "--stdin-filename", "x/.env", "--format", "concise"], &[], "A=bad\n");
    assert_eq!((ran.code, &*ran.out), (1, "x/.env:1:3: high: `A` is bad [test-bad-value]\n"));
}

#[test]
fn rules_are_chosen_by_id_family_and_class() {
    let tree = Tree::new(&[(".env", "A=bad\n")]);
    for chosen in [["--rule", "test-bad-value"], ["--rule", "user"], ["--class", "other"], ["--severity", "high"]] {
        assert_eq!(tree.found(&chosen), [".env"], "{chosen:?}");
    }
    for left_out in [["--skip-rule", "test-bad-value"], ["--skip-rule", "user"], ["--severity", "critical"]] {
        let ran = tree.run(&[&["scan"], &left_out[..]].concat());
        assert!(ran.code != 1, "{left_out:?}: {ran:?}");
    }
}

#[test]
fn secrets_alone_are_found_without_the_rest() {
    let tree = Tree::new(&[(".env", "A=bad\nDB_PASSWORD=s3cr3t!pw\n"), ("Dockerfile", "FROM alpine\nUSER root\n")]);
    let found = |arguments: &[&str]| tree.run(&[&["scan", "--format", "concise", "-q"], arguments].concat()).out;
    let all = found(&[]);
    assert!(all.contains("[generic-secret]") && all.contains("[test-bad-value]"), "{all}");
    let alone = found(&["--secrets"]);
    assert!(alone.lines().count() == 1 && alone.starts_with(".env:2:13: "), "{alone}");
}

#[test]
fn comments_take_findings_out_and_are_judged() {
    let tree = Tree::new(&[(
        ".env",
        "A=bad\n# seclint: ignore[test-bad-value] a test\nB=bad\nC=bad # gitleaks:allow\n# seclint: ignore[test-bad-value] until=2020-01-01 old\nD=bad\n",
    )]);
    let ran = tree.run(&["scan", "--format", "concise"]);
    let lines: Vec<&str> = ran.out.lines().map(|line| line.split(": ").next().unwrap_or_default()).collect();
    assert_eq!(lines, [".env:1:3", ".env:4:3", ".env:5:3", ".env:6:3"], "{}", ran.out);
    assert!(ran.out.contains("[suppression-expired]") && ran.err.contains("1 suppressed (1 by seclint)"), "{ran:?}");
    assert_eq!(tree.run(&["scan", "--no-ignores", "--format", "concise"]).out.lines().count(), 4);
    let earlier = tree.run_with(&["scan", "--format", "concise"], &[("SOURCE_DATE_EPOCH", "1500000000")], "");
    assert_eq!(earlier.out.lines().count(), 2, "{}", earlier.out);
}

#[test]
fn seclint_toml_adds_and_every_mistake_is_an_error() {
    let tree = Tree::new(&[("a/.env", "A=bad\n"), ("b/.env", "A=bad\n")]);
    let config =
        "[rules.test-bad-value]\nseverity = \"low\"\n[[ignore]]\nrules = [\"test-bad-value\"]\npaths = [\"a/**\"]\nreason = \"old\"\n";
    tree.write("seclint.toml", config);
    let ran = tree.run(&["scan", "--format", "concise"]);
    assert_eq!(ran.out, "b/.env:1:3: low: `A` is bad [test-bad-value]\n");
    assert!(ran.err.contains("1 suppressed (1 by seclint.toml)"), "{}", ran.err);
    assert!(tree.run(&["config", "show"]).out.contains("rules.test-bad-value.severity = low # seclint.toml"));
    assert_eq!(tree.found(&["--no-config"]), ["a/.env", "b/.env"]);
    tree.write("seclint.toml", "fail_on = \"low\"\n");
    let ran = tree.run(&["scan"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("unknown key `fail_on`; did you mean `fail-on`?") && ran.err.contains("seclint.toml:1:1"), "{}", ran.err);
}

#[test]
fn a_change_can_not_switch_its_own_check_off() {
    let tree = Tree::new(&[(".env", "A=bad\n"), ("seclint.toml", "fail-on = \"high\"\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "."]);
    tree.git(&["commit", "-q", "-m", "base"]);
    tree.write("seclint.toml", "exclude = [\"**\"]\n");
    assert_eq!(tree.found(&[]), [""; 0]);
    assert_eq!(tree.found(&["--config-from", "HEAD"]), [".env"]);
    assert_eq!(tree.run(&["scan", "--config-from", "nothing"]).code, 2);
    assert_eq!(tree.run(&["scan", "--config-from=--output=x"]).code, 2);
}

#[test]
fn the_schema_knows_every_key() {
    let tree = Tree::new(&[]);
    let schema: serde_json::Value = serde_json::from_str(&tree.run(&["config", "schema"]).out).expect("JSON");
    let keys: Vec<&str> = schema["properties"].as_object().expect("an object").keys().map(String::as_str).collect();
    tree.write("seclint.toml", "no-such-key = 1\n");
    let error = tree.run(&["scan"]).err;
    for key in keys {
        assert!(error.contains(&format!("`{key}`")) || error.contains(key), "{key} is in the schema alone: {error}");
    }
}

#[test]
fn a_baseline_leaves_new_findings_alone() {
    let tree = Tree::new(&[(".env", "A=bad\nB=bad\n")]);
    assert_eq!(tree.run(&["baseline", "create"]).code, 0);
    assert_eq!(tree.run(&["baseline", "create"]).code, 2, "it would lose reasons");
    assert_eq!(tree.found(&[]), [""; 0]);
    assert_eq!(tree.run(&["baseline", "check"]).code, 0);
    assert_eq!(tree.found(&["--no-baseline"]).len(), 2);
    tree.write(".env", "\n\n# moved\nA=bad\nC=bad\n");
    assert_eq!(tree.run(&["scan", "--format", "concise"]).out, ".env:5:3: high: `C` is bad [test-bad-value]\n");
    let check = tree.run(&["baseline", "check"]);
    assert_eq!((check.code, &*check.out), (1, "stale: test-bad-value .env\nnew: test-bad-value .env\n"));
    let reasoned = tree.read(".seclint/baseline.txt").replace(" .env\n", " .env # soon\n");
    tree.write(".seclint/baseline.txt", reasoned);
    assert_eq!(tree.run(&["baseline", "update"]).out, ".seclint/baseline.txt: 2 findings accepted, 1 entries dropped\n");
    let file = tree.read(".seclint/baseline.txt");
    assert!(file.contains(" # soon\n") && file.lines().count() == 4, "{file}");
    tree.write(".seclint/baseline.txt", "<<<<<<< HEAD\n");
    assert_eq!(tree.run(&["scan"]).code, 2);
}

#[test]
fn staged_content_is_what_is_judged() {
    let tree = Tree::new(&[("old.env", "A=bad\n"), ("half.env", "A=good\n"), ("gone.env", "A=good\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "."]);
    assert_eq!(tree.found(&["--staged"]), ["old.env"], "before the first commit everything is staged");
    tree.git(&["commit", "-q", "-m", "base"]);
    assert_eq!(tree.found(&["--staged"]), [""; 0], "nothing is staged");
    tree.write("half.env", "A=bad\n");
    tree.git(&["add", "half.env"]);
    tree.write("half.env", "A=good\n");
    tree.write("untracked.env", "A=bad\n");
    assert_eq!(tree.found(&["--staged"]), ["half.env"], "the index counts, not the disk");
    tree.git(&["rm", "-q", "gone.env"]);
    assert_eq!(tree.run(&["scan", "--hook", "--", "gone.env"]).code, 0, "a deleted file is no mistake of a hook");
    assert_eq!(tree.run(&["scan", "gone.env"]).code, 2);
}

#[test]
fn since_reports_what_a_change_brings() {
    let tree = Tree::new(&[(".env", "A=bad\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "."]);
    tree.git(&["commit", "-q", "-m", "base"]);
    tree.write(".env", "B=bad\n\nA=bad\n");
    tree.write("new.env", "A=bad\n");
    let ran = tree.run(&["scan", "--since", "HEAD", "--format", "concise"]);
    assert_eq!(ran.out.lines().map(|line| line.split(": ").next().unwrap_or_default()).collect::<Vec<_>>(), [".env:1:3", "new.env:1:3"]);
    assert_eq!(tree.run(&["scan", "--since", "no-such-commit"]).code, 2);
    let outside = Tree::new(&[]);
    assert_eq!(outside.run(&["scan", "--since", "HEAD"]).code, 2);
    assert_eq!(outside.run(&["scan", "--staged"]).code, 2);
}

const VOLUME: &str = "variable \"e\" {}\nresource \"aws_ebs_volume\" \"v\" {\n  encrypted = var.e\n}\n";

#[test]
fn values_files_are_read_when_they_are_named() {
    let tree = Tree::new(&[("main.tf", VOLUME), ("prod.tfvars", "e = false\n"), ("fine.tfvars", "e = true\n")]);
    let rule = ["--rule", "unencrypted-at-rest"];
    let found = |more: &[&str]| tree.found(&[&rule[..], more].concat());
    assert!(found(&[]).is_empty());
    assert_eq!(found(&["--var-file", "prod.tfvars"]), ["prod.tfvars"]);
    assert!(found(&["--var-file", "prod.tfvars", "--var-file", "fine.tfvars"]).is_empty(), "the last wins");
    assert_eq!(tree.run(&["scan", "--var-file", "missing.tfvars"]).code, 2);
}

#[test]
fn the_environment_gives_values_only_when_asked() {
    let list = "variable \"list\" { type = list(bool) }\nresource \"aws_ebs_volume\" \"l\" {\n  encrypted = var.list[0]\n}\n";
    let tree = Tree::new(&[("main.tf", VOLUME), ("list.tf", list), ("fine.tfvars", "e = true\n")]);
    let environment = [("TF_VAR_e", "false"), ("TF_VAR_list", "[false]"), ("TF_VAR_other", "x")];
    let found = |more: &[&str]| tree.found_with(&[&["--rule", "unencrypted-at-rest"], more].concat(), &environment);
    assert!(found(&[]).is_empty(), "the environment is not read");
    assert_eq!(found(&["--var-env"]), ["list.tf", "main.tf"]);
    assert_eq!(found(&["--var-env", "--var-file", "fine.tfvars"]), ["list.tf"], "a file is over the environment");
}

#[test]
fn downloaded_modules_are_read_though_git_ignores_them() {
    let call = "module \"m\" {\n  source = \"acme/disk/aws\"\n  e      = false\n}\n";
    let list = r#"{"Modules":[{"Key":"m","Source":"acme/disk/aws","Dir":".terraform/modules/m"}]}"#;
    let tree = Tree::new(&[
        ("infra/main.tf", call),
        ("infra/.terraform/modules/modules.json", list),
        ("infra/.terraform/modules/m/main.tf", VOLUME),
        (".gitignore", ".terraform/\n"),
    ]);
    tree.git(&["init", "-q"]);
    assert_eq!(tree.found(&["--rule", "unencrypted-at-rest"]), ["infra/main.tf"]);
}

/// Helpers name no framework, and what they do with a request is seen all the same.
#[test]
fn code_that_handlers_hand_requests_to_is_read() {
    let tree = Tree::new(&[
        ("package.json", r#"{ "dependencies": { "express": "^4.19.2", "axios": "^1.7.0" } }"#),
        (
            "routes/tools.js",
            "const router = require('express').Router()\nconst { grab } = require('../helpers/grab')\nconst { store } = \
             require('../helpers/store')\nrouter.get('/grab', async (req, res) => res.json(await grab(req.query.url)))\nstore(router)\n",
        ),
        ("helpers/grab.js", "const axios = require('axios')\nexports.grab = (address) => axios.get(address)\n"),
        ("helpers/store.js", "const fs = require('fs')\nexports.store = (name) => fs.readFileSync(name)\n"),
    ]);
    let ran = tree.run(&["scan", "--format", "concise", "--rule", "request-forgery", "--rule", "path-from-request", "--exit-zero"]);
    assert!(ran.out.contains("helpers/grab.js:2:") && !ran.out.contains("store.js"), "{}", ran.out);
}
