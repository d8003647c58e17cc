//! Contents out of git's own store: what is staged, and what a commit held. Blobs are read as they are:
//! filters and textconv, which a repository's configuration can point at programs, are never asked for.

use std::collections::BTreeSet;

use super::{GitError, Paths, Repository};

/// A file of the index or of a commit: its path and its bytes.
pub type Blob = (Vec<u8>, Vec<u8>);

/// Bytes of one blob at the most; larger ones are left out.
const MAX_BLOB: usize = 8 << 20;

impl Repository {
    /// Paths whose staged content differs from the last commit; before the first commit, all of the index.
    pub fn staged_paths(&self) -> Result<Paths, GitError> {
        self.staged_diff("--diff-filter=ACMT")
    }

    /// Paths that the last commit has and the index has no more.
    pub fn staged_deletions(&self) -> Result<Paths, GitError> {
        self.staged_diff("--diff-filter=D")
    }

    fn staged_diff(&self, filter: &str) -> Result<Paths, GitError> {
        let options = ["--cached", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules"];
        self.list(&[&["diff"], &options[..], &[filter]].concat())
    }

    /// These paths as they are in the last commit; none before the first.
    pub fn committed(&self, wanted: &Paths) -> Result<Vec<Blob>, GitError> {
        match self.commit("HEAD") {
            Ok(head) => self.files_of(&head, |path| wanted.contains(path)),
            Err(_) => Ok(Vec::new()),
        }
    }

    /// The staged content of these paths. Links and submodules have none.
    pub fn staged(&self, wanted: &Paths) -> Result<Vec<Blob>, GitError> {
        let listed = self.run(&["ls-files", "--stage", "-z"])?;
        let entries = listed.split(|byte| *byte == 0).filter_map(|line| {
            // `100644 <object> <stage>\t<path>`
            let (info, path) = split_once(line, b'\t')?;
            let mut words = info.split(|byte| *byte == b' ');
            let (mode, object, stage) = (words.next()?, words.next()?, words.next()?);
            (mode.starts_with(b"100") && stage == b"0" && wanted.contains(path)).then(|| (path.to_vec(), object.to_vec()))
        });
        self.blobs(entries.collect())
    }

    /// Every file of the commit from which the current one and `name` have both come.
    pub fn common_ancestor(&self, name: &str) -> Result<Vec<Blob>, GitError> {
        let commit = self.commit(name)?;
        // Without a common ancestor (a shallow clone) the named commit itself is compared with.
        let base = self.run(&["merge-base", &commit, "HEAD"]).ok();
        let base = base.map(|out| String::from_utf8_lossy(&out).trim().to_owned()).filter(|base| !base.is_empty()).unwrap_or(commit);
        self.files_of(&base, |_| true)
    }

    /// The files of a commit that `keep` wants.
    fn files_of(&self, commit: &str, keep: impl Fn(&[u8]) -> bool) -> Result<Vec<Blob>, GitError> {
        let listed = self.run(&["ls-tree", "-r", "-z", "--full-tree", "--long", commit])?;
        let entries = listed.split(|byte| *byte == 0).filter_map(|line| {
            // `100644 blob <object> <size>\t<path>`
            let (info, path) = split_once(line, b'\t')?;
            let words: Vec<&[u8]> = info.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
            let &[mode, b"blob", object, size] = words.as_slice() else { return None };
            let size: usize = std::str::from_utf8(size).ok()?.parse().ok()?;
            (mode.starts_with(b"100") && size <= MAX_BLOB && keep(path)).then(|| (path.to_vec(), object.to_vec()))
        });
        self.blobs(entries.collect())
    }

    /// The contents of objects, in one run of git.
    fn blobs(&self, entries: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Vec<Blob>, GitError> {
        let asked: BTreeSet<&[u8]> = entries.iter().map(|(_, object)| object.as_slice()).collect();
        let input: Vec<u8> = asked.iter().flat_map(|object| [object, &b"\n"[..]].concat()).collect();
        let out = self.run_with(&["cat-file", "--batch"], input)?;
        let mut contents = std::collections::BTreeMap::new();
        let mut rest = out.as_slice();
        // `<object> blob <size>\n<bytes>\n`
        while let Some((header, after)) = split_once(rest, b'\n') {
            let mut words = header.split(|byte| *byte == b' ');
            let (Some(object), Some(b"blob"), Some(size)) = (words.next(), words.next(), words.next()) else { break };
            let Some(size) = std::str::from_utf8(size).ok().and_then(|size| size.parse::<usize>().ok()) else { break };
            let Some((bytes, next)) = after.split_at_checked(size) else { break };
            contents.insert(object, bytes);
            rest = next.get(1..).unwrap_or_default();
        }
        let blob = |(path, object): (Vec<u8>, Vec<u8>)| contents.get(object.as_slice()).map(|bytes| (path, bytes.to_vec()));
        let count = entries.len();
        let blobs: Vec<Blob> = entries.into_iter().filter_map(blob).collect();
        if blobs.len() < count {
            return Err(GitError::Failed { command: "cat-file".to_owned(), message: "objects are missing from the repository".to_owned() });
        }
        Ok(blobs)
    }
}

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(separator, bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}
