//! Which contents the history of a repository holds: each blob once, with the commit that brought it and
//! the one that replaced it. Read off `git log --raw`, which compares trees and opens no blob.

use std::io::{self, BufRead as _, Read as _};
use std::process::Stdio;

use rustc_hash::FxHashMap;

use super::answer::Answer;
use super::objects::Oid;
use super::{GitError, Repository, hardened};
use crate::source::civil_date;

/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;
/// Bytes of a message or a path at the most.
const MAX_TOKEN: u64 = 1 << 20;

/// Which commits are read.
#[derive(Debug, Clone, Default)]
pub struct Range {
    /// Only those that the current commit has and this one has not; of all branches and tags without one.
    pub since: Option<String>,
    /// Only what lies at or below these paths, from the top; everything if there is none.
    pub paths: Vec<Vec<u8>>,
}

/// A commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit {
    /// When its author wrote it, in seconds since 1970.
    pub date: u64,
    /// Its name.
    pub oid: Oid,
}

/// A content that a file had.
#[derive(Debug, Clone)]
pub struct Version {
    /// The blob.
    pub oid: Oid,
    /// The path that it came under: an index of [`Log::paths`].
    pub path: u32,
    /// The oldest commit of the range that brought it; `None` if it was there before.
    pub added: Option<Commit>,
    /// The newest commit that replaced or removed it.
    pub replaced: Option<Commit>,
}

/// What history holds.
#[derive(Debug, Default)]
pub struct Log {
    /// Every path that a version names.
    pub paths: Vec<Vec<u8>>,
    /// Every blob.
    pub versions: Vec<Version>,
    /// How many commits were read.
    pub commits: usize,
    /// Why the rest was not read, if something is damaged.
    pub broken: Option<GitError>,
}

impl Commit {
    /// The day on which its author wrote it, as `2026-12-31`.
    pub fn day(self) -> String {
        civil_date(self.date / (24 * 60 * 60))
    }
}

impl Repository {
    /// Reads the log. Each commit and its message are handed to `message`.
    pub fn log(&self, range: &Range, message: &mut dyn FnMut(Commit, &[u8])) -> Result<Log, GitError> {
        let mut git = hardened(self.top());
        git.args(["log", "--raw", "-z", "-c", "--root", "--full-history", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"]);
        git.args(["--no-show-signature", "--no-notes", "--no-decorate", "--no-mailmap", "--no-color", "--ignore-submodules=all"]);
        git.args([&format!("-O{}", super::NULL), "--encoding=UTF-8", "--format=%x01%H %at%n%B"]);
        match &range.since {
            None => git.arg("--all"),
            Some(name) => git.arg("HEAD").arg(format!("^{}", self.commit(name)?)),
        };
        git.arg("--").args(range.paths.iter().map(|path| super::path_from_git(path)));
        let child = git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(GitError::Missing)?;
        let mut answer = Answer::of(child);
        let mut reader = Reader::default();
        let read = reader.read(&mut answer, message);
        let mut log = reader.log;
        log.broken = match read {
            Ok(()) => answer.finish("log").err(),
            Err(error) => Some(GitError::Failed { command: "log".to_owned(), message: error.to_string() }),
        };
        Ok(log)
    }

    /// The files of the current commit: their blobs and paths. Empty before the first commit.
    pub fn head(&self) -> Result<Vec<(Oid, Vec<u8>)>, GitError> {
        if self.commit("HEAD").is_err() {
            return Ok(Vec::new());
        }
        let listed = self.run(&["ls-tree", "-r", "-z", "--full-tree", "HEAD"])?;
        let entries = listed.split(|byte| *byte == 0).filter_map(|line| {
            // `100644 blob <object>\t<path>`
            let at = memchr::memchr(b'\t', line)?;
            let oid = line[..at].rsplit(|byte| *byte == b' ').next()?;
            line.starts_with(b"100").then_some((Oid::parse(oid)?, line[at + 1..].to_vec()))
        });
        Ok(entries.collect())
    }

    /// Whether history is cut off: a clone of the last commits alone.
    pub fn is_shallow(&self) -> Result<bool, GitError> {
        Ok(self.run(&["rev-parse", "--is-shallow-repository"])?.starts_with(b"true"))
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    log: Log,
    paths: FxHashMap<Vec<u8>, u32>,
    blobs: FxHashMap<Oid, u32>,
}

impl Reader {
    /// Tokens end with a NUL: a commit with its message, then for each change one with modes and objects,
    /// and one with the path.
    fn read(&mut self, answer: &mut Answer, message: &mut dyn FnMut(Commit, &[u8])) -> io::Result<()> {
        let mut commit = None;
        let (mut token, mut path) = (Vec::new(), Vec::new());
        while next(answer, &mut token)? {
            let text = token.trim_ascii_start();
            if let Some(header) = text.strip_prefix(b"\x01") {
                let end = memchr::memchr(b'\n', header).unwrap_or(header.len());
                commit = parse_commit(&header[..end]);
                if let Some(commit) = commit {
                    self.log.commits += 1;
                    message(commit, &header[end..]);
                }
            } else if text.starts_with(b":") {
                if !next(answer, &mut path)? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if let (Some(commit), Some(change)) = (commit, Change::parse(text)) {
                    self.add(commit, &change, &path);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, commit: Commit, change: &Change, path: &[u8]) {
        for old in &change.old {
            // Newer commits come first, so that a blob is replaced before it is known who brought it.
            let path = self.path(path);
            let version = self.version(*old, path);
            version.replaced = version.replaced.max(Some(commit));
        }
        if let Some(new) = change.new {
            let path = self.path(path);
            let version = self.version(new, path);
            if version.added.is_none_or(|added| (commit, path) < (added, version.path)) {
                (version.added, version.path) = (Some(commit), path);
            }
        }
    }

    fn version(&mut self, oid: Oid, path: u32) -> &mut Version {
        let next = self.log.versions.len() as u32;
        let index = *self.blobs.entry(oid).or_insert(next);
        if index == next {
            self.log.versions.push(Version { oid, path, added: None, replaced: None });
        }
        &mut self.log.versions[index as usize]
    }

    fn path(&mut self, path: &[u8]) -> u32 {
        if let Some(index) = self.paths.get(path) {
            return *index;
        }
        let index = self.log.paths.len() as u32;
        self.log.paths.push(path.to_vec());
        self.paths.insert(path.to_vec(), index);
        index
    }
}

/// What a commit did to a path: `:<modes> <objects> <status>`, with a `:` for each parent.
struct Change {
    old: Vec<Oid>,
    new: Option<Oid>,
}

impl Change {
    fn parse(token: &[u8]) -> Option<Self> {
        let parents = token.iter().take_while(|byte| **byte == b':').count();
        let words: Vec<&[u8]> = token[parents..].split(|byte| *byte == b' ').collect();
        let (modes, objects) = (words.get(..=parents)?, words.get(parents + 1..2 * parents + 2)?);
        // Links and submodules (120000, 160000) hold no content of a file.
        let file = |at: usize| if modes[at].starts_with(b"100") { Oid::parse(objects[at]).filter(|oid| !oid.is_none()) } else { None };
        Some(Self { old: (0..parents).filter_map(file).collect(), new: file(parents) })
    }
}

fn parse_commit(header: &[u8]) -> Option<Commit> {
    let mut words = header.split(|byte| *byte == b' ');
    let oid = Oid::parse(words.next()?)?;
    let date = words.next().and_then(|date| std::str::from_utf8(date).ok()?.parse().ok()).unwrap_or(0).min(LAST);
    Some(Commit { date, oid })
}

/// Reads up to the next NUL; `false` at the end. Of a token that is too long the rest is dropped.
fn next(answer: &mut Answer, token: &mut Vec<u8>) -> io::Result<bool> {
    token.clear();
    answer.by_ref().take(MAX_TOKEN).read_until(0, token)?;
    if token.last() == Some(&0) {
        token.pop();
        return Ok(true);
    }
    let was_cut = token.len() as u64 == MAX_TOKEN;
    if was_cut {
        answer.skip_until(0)?;
    }
    Ok(was_cut || !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Change;

    #[test]
    fn changes_are_read_with_every_number_of_parents() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let change = |text: &str| Change::parse(text.as_bytes()).map(|change| (change.old.len(), change.new.is_some()));
        assert_eq!(change(&format!(":100644 100755 {a} {b} M")), Some((1, true)));
        assert_eq!(change(&format!(":100644 000000 {a} {} D", "0".repeat(40))), Some((1, false)));
        assert_eq!(change(&format!(":::100644 100644 100644 100644 {a} {a} {a} {b} MMM")), Some((3, true)));
        assert_eq!(change(&format!(":100644 120000 {a} {b} T")), Some((1, false)), "a link holds no content");
        assert_eq!(change(":160000"), None);
    }
}
