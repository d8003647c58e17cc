//! What git, an ignore file and an image say of a file with a secret, through the program on real
//! repositories.

use crate::tree::Tree;

const SECRET: &str = "DB_PASSWORD=hunter2-Prod\n";

/// `path severity` of each secret that a scan finds.
fn secrets(tree: &Tree, arguments: &[&str]) -> Vec<String> {
    let ran = tree.run(&[&["scan", "--format", "json-lines", "-q", "--rule", "generic-secret"], arguments].concat());
    assert!(ran.code == 0 || ran.code == 1, "{ran:?}");
    rows(&ran.out).iter().map(|row| format!("{} {}", text(row, "/location/path"), text(row, "/severity"))).collect()
}

/// The objects of a report, one a line.
pub(crate) fn rows(out: &str) -> Vec<serde_json::Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// A text inside one of them.
pub(crate) fn text<'r>(row: &'r serde_json::Value, at: &str) -> &'r str {
    row.pointer(at).and_then(serde_json::Value::as_str).unwrap_or_default()
}

#[test]
fn severity_follows_what_git_says_of_the_file() {
    let tree = Tree::new(&[("a/.env", SECRET), ("b/.env", SECRET), ("c/.env", SECRET), (".gitignore", "/c/.env\n")]);
    assert_eq!(secrets(&tree, &[]), ["a/.env medium", "b/.env medium", "c/.env low"], "no git: nothing is known but what is ignored");
    tree.git(&["init", "-q"]);
    tree.git(&["add", "a/.env"]);
    assert_eq!(secrets(&tree, &[]), ["a/.env high", "b/.env medium", "c/.env low"]);
    tree.git(&["add", "-f", "c/.env"]);
    assert_eq!(secrets(&tree, &[]), ["a/.env high", "b/.env medium", "c/.env high"], "what is tracked is not ignored");
    let said = tree.run(&["scan", "--format", "json-lines", "--rule", "generic-secret", "b"]).out;
    assert!(said.contains("one `git add .` commits it"), "{said}");
    assert_eq!(secrets(&tree, &["--exclude", "c/.env"]), ["a/.env high", "b/.env medium"]);
}

#[test]
fn an_ignored_environment_is_found_and_a_vault_advised() {
    let tree = Tree::new(&[("web/.env.local", SECRET), (".gitignore", "*.local\nbuild/\n"), ("build/.env", SECRET), ("x/.env", SECRET)]);
    tree.write(".ignore", "x/.env\n");
    tree.git(&["init", "-q"]);
    assert_eq!(secrets(&tree, &[]), ["web/.env.local low"], "not in an ignored folder, not what `.ignore` names");
    let said = tree.run(&["scan", "--format", "json-lines", "--rule", "generic-secret"]).out;
    assert!(said.contains("only this machine holds it") && said.contains("aws-vault"), "{said}");
    assert_eq!(secrets(&tree, &["--no-hidden"]), [""; 0]);
}

#[test]
fn an_image_is_named_only_if_it_ships_the_file() {
    let shipped = |files: &[(&str, &str)]| {
        let tree = Tree::new(&[&[(".env", SECRET)], files].concat());
        tree.git(&["init", "-q"]);
        tree.git(&["add", "."]);
        tree.run(&["scan", "--format", "json", "--rule", "generic-secret"]).out.contains("copies the file into an image")
    };
    assert!(shipped(&[("Dockerfile", "FROM node:22\nCOPY . .\n")]));
    assert!(!shipped(&[("Dockerfile", "FROM node:22\nCOPY . .\n"), (".dockerignore", "**/.env\n")]));
    assert!(!shipped(&[("Dockerfile", "FROM node:22 AS build\nCOPY . .\nFROM nginx:1\nCOPY --from=build /app/dist /srv\n")]));
    assert!(shipped(&[("Dockerfile", "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nFROM node:22\nCOPY --from=build /app /app\n")]));
}

#[test]
fn an_example_that_shows_what_is_in_use_is_no_example() {
    let key = "API_KEY=q7Zx0KpV2mWn8RtBs9Lk3JhGf6Yd1Ce5\n";
    let severity = |environment: &str| {
        let tree = Tree::new(&[(".env", environment), (".env.example", key), (".gitignore", ".env\n")]);
        tree.git(&["init", "-q"]);
        tree.git(&["add", "."]);
        secrets(&tree, &[])
    };
    assert_eq!(severity("A=1\n"), [".env.example low"]);
    assert_eq!(severity(key), [".env low", ".env.example high"]);
}

/// The paths that a scan of what is staged has secrets in.
fn staged(tree: &Tree) -> Vec<String> {
    secrets(tree, &["--staged"]).iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_index_is_read_whatever_state_an_entry_is_in() {
    let tree = Tree::new(&[("keep.env", SECRET), ("link.env", SECRET), ("part.env", "A=1\n"), ("module/x", "x\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A"]);
    assert_eq!(staged(&tree), ["keep.env", "link.env"], "the first commit");
    tree.git(&["commit", "-q", "-m", "first"]);

    tree.write("intent.env", SECRET);
    tree.git(&["add", "--intent-to-add", "intent.env"]);
    assert_eq!(staged(&tree), [""; 0], "only announced: a commit does not take it");

    tree.git(&["mv", "keep.env", "renamed.env"]);
    assert_eq!(staged(&tree), ["renamed.env"], "a new name is a new file");
    tree.git(&["commit", "-q", "-m", "renamed"]);

    tree.write("part.env", format!("A=1\n{SECRET}"));
    tree.git(&["add", "part.env"]);
    tree.write("part.env", "A=1\n");
    assert_eq!(staged(&tree), ["part.env"], "what is on disk is not what is committed");
    tree.git(&["reset", "-q", "--hard"]);
    tree.write("part.env", format!("A=1\n{SECRET}"));
    assert_eq!(staged(&tree), [""; 0]);

    std::fs::remove_file(tree.path().join("link.env")).expect("it is there");
    std::os::unix::fs::symlink("renamed.env", tree.path().join("link.env")).expect("a link");
    tree.git(&["add", "link.env"]);
    assert_eq!(staged(&tree), [""; 0], "a link holds nothing");
    std::fs::remove_file(tree.path().join("link.env")).expect("it is there");
    tree.write("link.env", SECRET);
    tree.git(&["add", "link.env"]);
    tree.git(&["commit", "-q", "--allow-empty", "-m", "link"]);

    tree.git(&["init", "-q", "sub"]);
    tree.write("sub/.env", SECRET);
    tree.git(&["-C", "sub", "add", "-A"]);
    tree.git(&["-C", "sub", "commit", "-q", "-m", "sub"]);
    tree.git(&["add", "sub"]);
    assert_eq!(staged(&tree), [""; 0], "a submodule is another repository");
}
