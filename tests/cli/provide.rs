//! How the action comes by its binary (`packaging/provide.sh`), with a `curl` and a `cargo` that only tell.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A copy of the action with a release's archive that the false `curl` brings.
struct Runner {
    folder: TempDir,
}

impl Runner {
    fn new() -> Self {
        let runner = Self { folder: TempDir::new().expect("a temporary folder") };
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        runner.write("action/Cargo.toml", "[package]\nname = \"seclint\"\nversion = \"9.9.9\"\n");
        let script = std::fs::read_to_string(here.join("packaging/provide.sh")).expect("the script");
        runner.write("action/packaging/provide.sh", &script);
        runner.program("made/seclint", "echo released");
        let mut tar = Command::new("tar");
        tar.args(["-czf", "archive.tar.gz", "-C", "made", "."]).current_dir(runner.folder.path());
        assert!(tar.status().expect("tar").success());
        runner.program("bin/curl", "echo curl >> \"$LOG\"; while [ \"$1\" != --output ]; do shift; done; cp \"$ARCHIVE\" \"$2\"");
        runner.program("bin/cargo", "echo cargo >> \"$LOG\"");
        runner
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(&path, text).expect("a file is written");
        path
    }

    fn program(&self, path: &str, body: &str) {
        let path = self.write(path, &format!("#!/bin/sh\n{body}\n"));
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("a mode is set");
    }

    fn archive(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("archive.tar.gz")).expect("the archive")
    }

    /// Writes the checksums of the release, of which this machine's archive has `sum`.
    fn release(&self, sum: &str) {
        let lines = format!("{sum}  seclint-x86_64-unknown-linux-musl.tar.gz\n");
        self.write("action/packaging/checksums-9.9.9.txt", &lines);
    }

    /// Runs the script; says its exit code, what it printed, and which programs it called.
    fn run(&self) -> (i32, String, String) {
        let at = self.folder.path();
        let log = self.write("log", "");
        let ran = Command::new("bash")
            .arg(at.join("action/packaging/provide.sh"))
            .env("PATH", format!("{}:/usr/bin:/bin", at.join("bin").display()))
            .env("RUNNER_TEMP", at.join("temp"))
            .env("RUNNER_TOOL_CACHE", at.join("cache"))
            .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")])
            .env("LOG", &log)
            .env("ARCHIVE", at.join("archive.tar.gz"))
            .current_dir(at)
            .output()
            .expect("bash");
        let called = std::fs::read_to_string(log).expect("the log");
        (
            ran.status.code().expect("a code"),
            String::from_utf8_lossy(&ran.stdout).into_owned(),
            called.split_whitespace().collect::<Vec<_>>().join(" "),
        )
    }

    fn provided(&self) -> bool {
        self.folder.path().join("temp/seclint/bin/seclint").exists()
    }
}

fn sum(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
fn a_released_binary_is_fetched_once() {
    let runner = Runner::new();
    runner.release(&sum(&runner.archive()));
    assert_eq!(runner.run(), (0, String::new(), "curl".into()));
    assert!(runner.provided());
    assert_eq!(runner.run(), (0, String::new(), String::new()), "the second job takes the cached archive");
}

#[test]
fn a_binary_with_another_checksum_is_refused() {
    let runner = Runner::new();
    runner.release(&"0".repeat(64));
    let (code, out, called) = runner.run();
    assert_eq!((code, called.as_str()), (2, "curl"), "no build hides it");
    assert!(out.contains("::error title=seclint::") && out.contains("SHA-256"), "{out}");
    assert!(!runner.provided());
}

#[test]
fn what_was_put_into_the_cache_is_not_trusted() {
    let runner = Runner::new();
    runner.release(&sum(&runner.archive()));
    runner.write("cache/seclint/9.9.9/seclint-x86_64-unknown-linux-musl.tar.gz", "planted");
    assert_eq!(runner.run(), (0, String::new(), "curl".into()));
    assert!(runner.provided());
}

#[test]
fn without_a_release_it_is_built() {
    let runner = Runner::new();
    assert_eq!(runner.run(), (0, String::new(), "cargo".into()));
}
