//! What the command line names, and the root that reported paths are relative to.

use std::path::{Path, PathBuf};

use super::WalkError;
use crate::vcs::Repository;

/// The folder that reported paths are relative to.
#[derive(Debug, Clone)]
pub struct Root {
    /// The folder, absolute, links resolved.
    pub top: PathBuf,
    /// The git work tree, if the root is the top of one.
    pub repository: Option<std::sync::Arc<Repository>>,
}

/// The paths to scan.
#[derive(Debug)]
pub struct Targets {
    /// Where reported paths begin.
    pub root: Root,
    /// Absolute paths below the root, none inside another.
    pub paths: Vec<PathBuf>,
}

impl Root {
    /// The bytes of a path below the root, relative to it, with `/`; of another path, all of it.
    pub fn relative(&self, path: &Path) -> Vec<u8> {
        let inner = path.strip_prefix(&self.top).unwrap_or(path);
        let bytes = inner.as_os_str().as_encoded_bytes();
        if cfg!(windows) { bytes.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect() } else { bytes.to_vec() }
    }

    /// Where a file is, unless its reported path below the root says so: a tree has many files, and most
    /// are where their path says.
    pub(super) fn unless_named(&self, path: &str, at: PathBuf) -> Option<Box<Path>> {
        (at != self.top.join(path)).then(|| at.into())
    }
}

impl Targets {
    /// Whether a path of git's, from the root, is among them.
    pub fn hold(&self, path: &[u8]) -> bool {
        let at = self.root.top.join(crate::vcs::path_from_git(path));
        self.paths.iter().any(|target| at.starts_with(target))
    }

    /// Length of the reported path of the one folder that was named, with its slash; otherwise 0.
    pub(super) fn named_folder(&self) -> usize {
        match self.paths.as_slice() {
            [folder] if folder.is_dir() && *folder != self.root.top => self.root.relative(folder).len() + 1,
            _ => 0,
        }
    }

    /// Resolves what the command line names. The root is the top of the git work tree around it; without
    /// one, the folder that is named; for files and several paths the working folder, if it holds them.
    pub fn of(named: &[PathBuf], working: &Path) -> Result<Self, WalkError> {
        let mut paths = Vec::new();
        for name in named {
            let full = working.join(name);
            let failed = |error: std::io::Error| WalkError::Path { path: name.display().to_string(), message: error.to_string() };
            // The last name may be a link that the walk reports as such; the folders on the way are resolved.
            let meta = full.symlink_metadata().map_err(failed)?;
            let resolved = match (meta.is_symlink(), full.file_name(), full.parent()) {
                (true, Some(last), Some(parent)) if !full.is_dir() => parent.canonicalize().map_err(failed)?.join(last),
                _ => full.canonicalize().map_err(failed)?,
            };
            paths.push(resolved);
        }
        paths.sort();
        paths.dedup_by(|inner, outer| inner.starts_with(&*outer));
        let shared = paths.iter().skip(1).fold(paths.first().cloned().unwrap_or_else(|| working.to_owned()), |shared, path| {
            shared.ancestors().find(|above| path.starts_with(above)).map(Path::to_owned).unwrap_or_default()
        });
        let working = working.canonicalize().unwrap_or_else(|_| working.to_owned());
        let is_one_folder = paths.len() == 1 && shared.is_dir();
        let folder = match shared.parent() {
            _ if is_one_folder => shared,
            _ if shared.starts_with(&working) => working,
            Some(parent) if !shared.is_dir() => parent.to_owned(),
            _ => shared,
        };
        let root = match Repository::around(&folder) {
            Some(repository) => Root { top: repository.top().to_owned(), repository: Some(std::sync::Arc::new(repository)) },
            None => Root { top: folder, repository: None },
        };
        Ok(Self { root, paths })
    }
}
