//! `--fix`: what is changed on disk, what is left alone, and that a second time changes nothing.

use crate::tree::Tree;

const DOCKERFILE: &str = "FROM node:22.14.0-slim\r\nCOPY . /app\r\nCMD [\"node\", \"/app/index.js\"]\r\n";
const TOKEN: &str =
    "import jwt from 'jsonwebtoken'\nexport const check = (token) => jwt.verify(token, key, { algorithms: ['HS256', 'none'] })\n";

#[test]
fn safe_repairs_are_made_and_the_others_only_when_asked() {
    let tree = Tree::new(&[("Dockerfile", DOCKERFILE), ("auth.js", TOKEN)]);
    let rules = ["scan", "--rule", "dockerfile-root-user,jwt-alg-none", "--format", "concise"];
    let run = |more: &[&str]| tree.run(&[&rules[..], more].concat());
    let dry = run(&["--fix", "--unsafe", "--dry-run"]);
    assert!(dry.out.contains("+++ b/Dockerfile") && dry.out.contains("+USER node") && dry.code == 1, "{dry:?}");
    assert_eq!(tree.read("auth.js"), TOKEN, "a dry run changes nothing");
    let safe = run(&["--fix"]);
    assert!(safe.err.contains("repaired 1 finding in 1 file; 1 more with --unsafe"), "{safe:?}");
    assert!(tree.read("auth.js").contains("algorithms: ['HS256'] }"));
    assert_eq!(tree.read("Dockerfile"), DOCKERFILE);
    assert_eq!(run(&["--fix", "--unsafe"]).code, 0);
    assert_eq!(tree.read("Dockerfile"), DOCKERFILE.replace("CMD", "USER node\r\nCMD"), "line ends stay");
    let again = run(&["--fix", "--unsafe"]);
    assert!(again.code == 0 && again.err.contains("nothing was repaired"), "{again:?}");
}

#[test]
fn a_byte_order_mark_stays() {
    let tree = Tree::new(&[("auth.js", &format!("\u{feff}{TOKEN}"))]);
    assert_eq!(tree.run(&["scan", "--rule", "jwt-alg-none", "--fix"]).code, 0);
    assert!(tree.read("auth.js").starts_with("\u{feff}import") && !tree.read("auth.js").contains("none"));
}

#[test]
fn an_environment_is_named_in_the_ignore_file() {
    let tree = Tree::new(&[("api/.env", "DB_PASSWORD=Tr0ub4dor-and-3\n"), (".gitignore", "dist")]);
    tree.git(&["init", "-q"]);
    let run = || tree.run(&["scan", "--rule", "dotenv-not-ignored", "--fix"]);
    assert_eq!(run().code, 0);
    assert_eq!(tree.read(".gitignore"), "dist\n/api/.env\n");
    assert_eq!(run().code, 0);
    assert_eq!(tree.read(".gitignore"), "dist\n/api/.env\n");
}

#[test]
fn nothing_is_written_through_a_link() {
    let outside = Tree::new(&[("auth.js", TOKEN)]);
    let tree = Tree::new(&[]);
    std::os::unix::fs::symlink(outside.path().join("auth.js"), tree.path().join("auth.js")).expect("a link");
    tree.run(&["scan", "--fix", "--unsafe"]);
    assert_eq!(outside.read("auth.js"), TOKEN);
    assert_eq!(tree.run_with(&["scan", "-", "--fix"], &[], "x").code, 2);
}
