//! Reading one file: regular, bounded, decoded.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

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

/// Reads a file that a walk of `top` found, once, into a buffer that is used again for the next.
pub fn load(found: &Found, top: &Path, id: FileId, max_bytes: u64, buffer: &mut Vec<u8>) -> Loaded {
    let staged = found.content.as_deref();
    let listed = |buffer: &mut Vec<u8>| match &found.at {
        Some(at) => read_listed(at, max_bytes, buffer),
        None => read_listed(&top.join(&*found.path), max_bytes, buffer),
    };
    match staged.map_or_else(|| listed(buffer), |bytes| Ok(bytes.len() as u64 <= max_bytes)) {
        Err(_) => return Loaded::Skip(Skip::Unreadable),
        Ok(false) => return Loaded::Skip(Skip::Size),
        Ok(true) => {}
    }
    let bytes = staged.unwrap_or(buffer);
    match decode(bytes) {
        Some((text, encoding)) => {
            let mut file = SourceFile::new(id, found.path.clone(), text);
            file.encoding = encoding;
            if found.named > 0 {
                file.class = PathClass::of(&found.path[found.named..], &file.text);
            }
            Loaded::Text(file)
        }
        None => match keystore(&found.path, bytes) {
            Some(digest) => Loaded::Text(SourceFile { keystore: Some(digest), ..SourceFile::new(id, found.path.clone(), "") }),
            None => Loaded::Skip(Skip::Binary),
        },
    }
}

/// The text of a file that [`load`] has read before.
pub fn load_again(path: &Path, max_bytes: u64) -> Option<Arc<str>> {
    let mut buffer = Vec::new();
    read_listed(path, max_bytes, &mut buffer).ok()?.then(|| decode(&buffer))?.map(|(text, _)| text)
}

/// Reads a regular file of at most `max_bytes` into `buffer`; `false` if it is larger.
///
/// Links and special files are refused before the file is opened: a device could do anything.
pub fn read_guarded(path: &Path, max_bytes: u64, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    if path.symlink_metadata()?.is_file() { read_listed(path, max_bytes, buffer) } else { Err(not_regular()) }
}

/// The same for a file that the walk has seen to be regular. If it has become a link or a pipe since, it
/// is neither followed nor waited for.
fn read_listed(path: &Path, max_bytes: u64, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.clear();
    let mut file = open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(not_regular());
    }
    if meta.len() > max_bytes {
        return Ok(false);
    }
    // One call as a rule: to ask whether there is more than the size says costs as much as the reading.
    buffer.resize(usize::try_from(meta.len()).unwrap_or(usize::MAX), 0);
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(true)
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "the one place that opens files of the tree, with its guards")]
fn open(path: &Path) -> io::Result<File> {
    if path.symlink_metadata()?.is_file() { File::open(path) } else { Err(not_regular()) }
}
