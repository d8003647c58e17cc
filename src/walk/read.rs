//! Reading one file: regular, bounded, decoded.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::{Found, Skip};
use crate::source::{FileId, PathClass, SourceFile, decode, keystore};

/// A file that was read, or why it was not.
#[derive(Debug)]
pub enum Loaded {
    /// Its text.
    Text(SourceFile),
    /// Nothing to scan.
    Skip(Skip),
}

/// Reads a file that a walk found, once, into a buffer that is used again for the next.
pub fn load(found: &Found, id: FileId, max_bytes: u64, buffer: &mut Vec<u8>) -> Loaded {
    let staged = found.content.as_deref();
    match staged.map_or_else(|| read_guarded(&found.at, max_bytes, buffer), |bytes| Ok(bytes.len() as u64 <= max_bytes)) {
        Err(_) => return Loaded::Skip(Skip::Unreadable),
        Ok(false) => return Loaded::Skip(Skip::Size),
        Ok(true) => {}
    }
    let bytes = staged.unwrap_or(buffer);
    match decode(bytes) {
        Some((text, encoding)) => {
            let mut file = SourceFile::new(id, found.path.as_str(), text);
            file.encoding = encoding;
            if found.named > 0 {
                file.class = PathClass::of(&found.path[found.named..], &file.text);
            }
            Loaded::Text(file)
        }
        None => match keystore(&found.path, bytes) {
            Some(digest) => Loaded::Text(SourceFile { keystore: Some(digest), ..SourceFile::new(id, found.path.as_str(), "") }),
            None => Loaded::Skip(Skip::Binary),
        },
    }
}

/// Reads a regular file of at most `max_bytes` into `buffer`; `false` if it is larger.
///
/// Links and special files are refused before the file is opened, and what was opened must be what was
/// looked at: a pipe would block, a device could do anything.
#[expect(clippy::disallowed_methods, reason = "the one place that opens files of the tree, with its guards")]
pub fn read_guarded(path: &Path, max_bytes: u64, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    let before = path.symlink_metadata()?;
    if !before.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let file = File::open(path)?;
    let after = file.metadata()?;
    if !after.is_file() || !same_file(&before, &after) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the file changed while it was opened"));
    }
    buffer.reserve(usize::try_from(after.len().min(max_bytes)).unwrap_or(0) + 1);
    file.take(max_bytes + 1).read_to_end(buffer)?;
    Ok(buffer.len() as u64 <= max_bytes)
}

#[cfg(unix)]
fn same_file(before: &std::fs::Metadata, after: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (before.dev(), before.ino()) == (after.dev(), after.ino())
}

#[cfg(not(unix))]
fn same_file(before: &std::fs::Metadata, after: &std::fs::Metadata) -> bool {
    before.len() == after.len()
}
