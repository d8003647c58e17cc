//! Whether a `.gitignore` of the tree names a file. Git itself would be asked, did it not open a
//! `.gitignore` that is a pipe, and wait.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::read_guarded;

/// Bytes of one ignore file that are read at the most.
const MAX_IGNORE_BYTES: u64 = 1 << 20;

/// The ignore files of a tree, each read when it is first needed.
#[derive(Debug)]
pub(super) struct Ignored<'r> {
    root: &'r Path,
    folders: BTreeMap<PathBuf, Gitignore>,
}

impl<'r> Ignored<'r> {
    pub(super) fn new(root: &'r Path) -> Self {
        Self { root, folders: BTreeMap::new() }
    }

    /// Whether a file below the root is named, by itself or by a folder that it lies in. The ignore file
    /// nearest to it decides (gitignore(5)); inside an ignored folder nothing can be taken back.
    pub(super) fn names(&mut self, file: &Path) -> bool {
        let mut inside: Vec<&Path> = file.ancestors().take_while(|path| *path != self.root).collect();
        inside.reverse();
        inside.iter().any(|path| self.names_one(path, *path != file))
    }

    fn names_one(&mut self, path: &Path, is_folder: bool) -> bool {
        for folder in path.ancestors().skip(1) {
            let found = self.folder(folder).matched(path, is_folder);
            if !found.is_none() {
                return found.is_ignore();
            }
            if folder == self.root {
                break;
            }
        }
        false
    }

    fn folder(&mut self, folder: &Path) -> &Gitignore {
        self.folders.entry(folder.to_owned()).or_insert_with(|| {
            let mut builder = GitignoreBuilder::new(folder);
            let mut buffer = Vec::new();
            if let Ok(true) = read_guarded(&folder.join(".gitignore"), MAX_IGNORE_BYTES, &mut buffer) {
                for line in String::from_utf8_lossy(&buffer).lines() {
                    // A line that is no pattern names nothing, as in git.
                    let _ = builder.add_line(None, line);
                }
            }
            builder.build().unwrap_or_else(|_| Gitignore::empty())
        })
    }
}
