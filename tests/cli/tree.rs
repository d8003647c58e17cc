//! A tree to scan, and a run of the program in it with an environment of its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A rule that flags every variable whose value begins with `bad`.
const RULE: &str = r#"+++
id = "test-bad-value"
title = "A variable is bad"
severity = "high"
confidence = "high"
class = "other"
cwe = [250]
since = "0.1.0"
on = "env-entry"
[match]
at = "value"
message = "`{key}` is bad"
when = { path = "value", glob = "bad*" }
+++

# What it flags

A bad value.

# Why it matters

It hurts.

# How to fix

Use a good one.

# Examples

## Bad

```sh .env
A=bad # <--
```

## Good

```sh .env
A=good
```

# References

- [CWE-250](https://cwe.mitre.org/data/definitions/250.html)
"#;

/// A folder that goes away at the end.
pub(crate) struct Tree {
    folder: TempDir,
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tree {
    /// A tree with the test's rule and these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self { folder: TempDir::new().expect("a temporary folder") };
        tree.write(".seclint/rules/test-bad-value.md", RULE);
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("below the tree")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).expect("a file")
    }

    /// Runs git in the tree, with the machine's own settings out of the way.
    pub(crate) fn git(&self, arguments: &[&str]) {
        self.git_with(arguments, &[]);
    }

    /// The same; what it prints.
    pub(crate) fn git_says(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, &[]).trim().to_owned()
    }

    /// The same with variables.
    pub(crate) fn git_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let done = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(variables.iter().copied())
            .current_dir(self.path())
            .output()
            .expect("git is there");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Runs the program in the tree.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], "")
    }

    /// The same with variables and standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ran {
        use std::io::Write as _;
        let mut child = Command::new(env!("CARGO_BIN_EXE_seclint"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables.iter().copied())
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    /// The paths that a scan with these arguments has findings in.
    pub(crate) fn found(&self, arguments: &[&str]) -> Vec<String> {
        self.found_with(arguments, &[])
    }

    /// The same with variables.
    pub(crate) fn found_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
        let ran = self.run_with(&[&["scan", "--format", "concise", "-q"], arguments].concat(), variables, "");
        assert!(ran.code == 0 || ran.code == 1, "{ran:?}");
        ran.out.lines().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect()
    }
}
