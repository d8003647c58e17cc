//! What git knows of a tree: the files it tracks and those it ignores.
//!
//! The tree is hostile. Its `.git/config` can name programs that git runs even for `git status`
//! (`core.fsmonitor`, filters, textconv), so git is called with those switched off, with a cleared
//! environment, and only with commands that read (CVE-2022-24765 and its kin). Without git, or outside
//! a repository, a scan works the same, except that nothing is known of tracked files.

mod answer;
mod blobs;
mod log;
mod objects;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long git may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The device that is empty and swallows all.
const NULL: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

pub use blobs::Blob;
pub use log::{Commit, Log, Range, Version};
pub use objects::{Object, Oid};

/// A git work tree.
#[derive(Debug)]
pub struct Repository {
    top: PathBuf,
}

/// Why git could not answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is not there.
    #[error("git is not installed or can't be run: {0}")]
    Missing(std::io::Error),
    /// It refused.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// The first line that it said.
        message: String,
    },
}

/// Paths as git prints them: bytes, relative to the top, with `/`.
pub type Paths = BTreeSet<Vec<u8>>;

impl Repository {
    /// The work tree that holds `dir`: the nearest folder above that has a `.git`.
    pub fn around(dir: &Path) -> Option<Self> {
        dir.ancestors().find(|above| above.join(".git").symlink_metadata().is_ok()).map(|top| Self { top: top.to_owned() })
    }

    /// The work tree around `dir`, or the bare repository that it is.
    pub fn at_or_around(dir: &Path) -> Option<Self> {
        let is_bare = dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir();
        if is_bare { Some(Self { top: dir.to_owned() }) } else { Self::around(dir) }
    }

    /// The top of the work tree.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Files in the index.
    pub fn tracked(&self) -> Result<Paths, GitError> {
        self.list(&["ls-files", "-z", "--cached"])
    }

    /// A file as it is in a commit; `None` if the commit has none of that path.
    pub fn blob_of(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let commit = self.commit(commit)?;
        let listed = self.run(&["ls-tree", "-z", "--full-tree", &commit, path])?;
        if listed.is_empty() {
            return Ok(None);
        }
        self.run(&["cat-file", "blob", &format!("{commit}:{path}")]).map(Some)
    }

    /// The full name of a commit that a person or a workflow names. A name that begins with `-` would be
    /// an option.
    pub fn commit(&self, name: &str) -> Result<String, GitError> {
        let found = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
        let found = found.map_err(|_| GitError::Failed {
            command: "rev-parse".to_owned(),
            message: format!("there is no commit `{}`", crate::source::escape(name)),
        })?;
        Ok(String::from_utf8_lossy(&found).trim().to_owned())
    }

    /// Git's own folder, the one that all work trees share.
    pub fn folder(&self) -> Result<PathBuf, GitError> {
        let out = self.run(&["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
        Ok(path_from_git(out.trim_ascii_end()))
    }

    /// Where the repository's own configuration has git look for hooks.
    pub fn hooks_path(&self) -> Result<Option<String>, GitError> {
        let file = self.folder()?.join("config");
        let file = file.to_string_lossy();
        // It answers with a failure where nothing is set.
        let found = self.run(&["config", "--file", &file, "--get", "core.hooksPath"]).unwrap_or_default();
        let path = String::from_utf8_lossy(&found).trim().to_owned();
        Ok((!path.is_empty()).then_some(path))
    }

    fn list(&self, arguments: &[&str]) -> Result<Paths, GitError> {
        let out = self.run(arguments)?;
        Ok(out.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect())
    }

    /// Runs a reading git command; its output.
    fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<u8>, GitError> {
        self.run_with(arguments, Vec::new())
    }

    /// The same with standard input.
    fn run_with<S: AsRef<OsStr>>(&self, arguments: &[S], input: Vec<u8>) -> Result<Vec<u8>, GitError> {
        let command = arguments.first().map(|word| word.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
        let mut git = hardened(&self.top);
        let child =
            git.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(GitError::Missing)?;
        let output = within(child, input, PATIENCE).ok_or_else(|| GitError::Failed {
            command: command.clone(),
            message: format!("no answer within {} seconds", PATIENCE.as_secs()),
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(GitError::Failed { command, message: crate::source::escape(said.lines().next().unwrap_or("no message")).into_owned() })
    }
}

/// Waits for a child at most so long, then ends it: git opens files of the repository (an index that is a
/// pipe) without looking at what they are.
fn within(mut child: Child, input: Vec<u8>, patience: Duration) -> Option<Output> {
    let mut to_child = child.stdin.take()?;
    // Git may answer before it has read all, so both ends are served at once; that it reads no more is seen in its status.
    std::thread::spawn(move || to_child.write_all(&input));
    let (send, receive) = mpsc::channel();
    let (mut out, mut said) = (child.stdout.take()?, child.stderr.take()?);
    let reader = std::thread::spawn(move || {
        let mut stdout = Vec::new();
        let read = out.read_to_end(&mut stdout);
        let _ = send.send(());
        read.map(|_| stdout)
    });
    let errors = std::thread::spawn(move || {
        let mut stderr = Vec::new();
        said.by_ref().take(1 << 16).read_to_end(&mut stderr).map(|_| stderr)
    });
    if receive.recv_timeout(patience).is_err() {
        let _ = child.kill();
        let _ = child.wait();
        return None;
    }
    let status = child.wait().ok()?;
    Some(Output { status, stdout: reader.join().ok()?.ok()?, stderr: errors.join().ok()?.unwrap_or_default() })
}

/// Git with everything off that could run a program or write, in a cleared environment.
#[expect(clippy::disallowed_methods, reason = "the one place that runs a program: git, hardened")]
fn hardened(top: &Path) -> Command {
    let mut git = Command::new("git");
    git.env_clear().current_dir(top);
    for name in ["PATH", "SYSTEMROOT", "GIT_INDEX_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            git.env(name, value);
        }
    }
    let settings: [(&str, &str); 6] = [
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
    ];
    git.envs(settings);
    // Nothing above the folder is asked if what lies in it is no repository.
    if let Some(above) = top.parent() {
        git.env("GIT_CEILING_DIRECTORIES", above);
    }
    git.env("GIT_CONFIG_GLOBAL", NULL).env("GIT_GRAFT_FILE", NULL);
    let hooks = format!("core.hooksPath={NULL}");
    let options = [
        "core.fsmonitor=false",
        // A larger blob is streamed instead of being held whole.
        "core.bigFileThreshold=16m",
        hooks.as_str(),
        "core.pager=cat",
        "core.attributesFile=",
        "core.excludesFile=",
        "core.quotePath=false",
        "diff.external=",
        "protocol.allow=never",
        // The owner check protects against what is switched off here; containers often fail it.
        "safe.directory=*",
    ];
    for option in options {
        git.args([OsString::from("-c"), OsString::from(option)]);
    }
    git.arg("--no-pager").arg("--literal-pathspecs");
    git
}

/// A path as git writes it.
#[cfg(unix)]
pub fn path_from_git(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(name))
}

/// A path as git writes it.
#[cfg(not(unix))]
pub fn path_from_git(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}
