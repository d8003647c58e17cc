//! `--explain-secret`: why a secret of a line was reported, and why not.

use crate::tree::Tree;

/// What is said about a line, with more arguments.
fn said(tree: &Tree, place: &str, more: &[&str]) -> String {
    let mut arguments = vec!["scan", "--explain-secret", place];
    arguments.extend(more);
    let ran = tree.run(&arguments);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    ran.out
}

#[test]
fn every_verdict_says_why() {
    let tree = Tree::new(&[(
        "app.yaml",
        "db_password: k7Qp2xZt9\napi_token: getTokenFromStore\npassword: changeme\nname: web\n# password: k7Qp2xZt9\n",
    )]);
    let first = said(&tree, "app.yaml:1", &[]);
    assert!(first.starts_with("app.yaml:1:14: db_password = **** (password)\n"), "{first}");
    assert!(first.contains("verdict    a secret, with high confidence: it stands as a literal under a key"), "{first}");
    assert!(first.contains("key        names a password: any literal may be one"), "{first}");
    assert!(first.contains("value      9 bytes, ") && first.contains(" bits a character"), "{first}");
    assert!(first.contains("report     yes, by generic-secret: medium severity"), "{first}");
    let word = said(&tree, "app.yaml:2", &[]);
    assert!(word.contains("no secret: it is not random enough") && word.contains("less than the "), "{word}");
    assert!(!word.contains("report "), "{word}");
    assert!(said(&tree, "app.yaml:3", &[]).contains("no secret: it is a placeholder"));
    assert!(said(&tree, "app.yaml:4", &[]).starts_with("app.yaml:4: nothing on this line could be a secret"));
    assert!(said(&tree, "app.yaml:5", &[]).contains("lowered    by one level: it stands in a comment"));
}

#[test]
fn what_hides_a_finding_is_named() {
    let tree = Tree::new(&[
        ("app.yaml", "db_password: k7Qp2xZt9 # seclint: ignore[generic-secret] a made-up one\nother_password: k7Qp2xZt8\n"),
        ("tests/app.yaml", "db_password: k7Qp2xZt9\n"),
    ]);
    assert!(
        said(&tree, "app.yaml:1", &[])
            .contains("no, generic-secret is silent: a comment or setting of seclint takes it out (a made-up one)")
    );
    let below = said(&tree, "tests/app.yaml:1", &["--severity", "medium"]);
    assert!(below.contains("lowered    by one level: it stands in a test"), "{below}");
    assert!(below.contains("is silent: its severity, low, is below `medium`"), "{below}");
    assert!(said(&tree, "app.yaml:2", &["--skip-rule", "generic-secret"]).contains("the rule is switched off, or was not asked for"));
    assert_eq!(tree.run(&["baseline", "update"]).code, 0);
    assert!(said(&tree, "app.yaml:2", &[]).contains("the baseline accepts it"));
}

#[test]
fn a_secret_is_masked_and_a_place_is_checked() {
    let secret = "Zq8vLw3RtY6uBn1M";
    let tree = Tree::new(&[("app.yaml", &format!("api_token: {secret}\n"))]);
    let out = said(&tree, "app.yaml:1", &[]);
    assert!(out.contains("api_token = Zq8v****") && !out.contains("Zq8vL"), "{out}");
    assert_eq!(tree.run(&["scan", "--explain-secret", "app.yaml"]).code, 2);
    assert_eq!(tree.run(&["scan", "--explain-secret", "missing.yaml:1"]).code, 2);
    assert!(tree.run(&["explain", "app.yaml:1"]).err.contains("seclint scan --explain-secret app.yaml:1"));
}
