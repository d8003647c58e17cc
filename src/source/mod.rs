//! A file of the repository as the rest of the pipeline sees it: its text, its kind, the class of
//! its path, and positions in it.
//!
//! This module knows no format and no rule, reads nothing from disk, and uses no other module.

mod class;
mod contents;
mod date;
mod decode;
mod escape;
mod files;
mod keystore;
mod kind;
mod lines;
pub mod paths;
mod span;

use std::sync::Arc;

pub use class::PathClass;
pub(crate) use class::is_packed;
pub use contents::{Contents, Source};
pub use date::{civil_date, days_of};
pub use decode::{Encoding, decode};
pub use escape::{escape, is_log_command, is_plain, path_from_bytes, path_to_uri};
pub use files::{FileMeta, Files};
pub use keystore::keystore;
pub use kind::FileKind;
pub(crate) use lines::floor;
pub use lines::{LineCol, LineIndex};
pub use span::{FileId, MapPiece, Span, Src};

/// One file that was read, decoded to UTF-8, and classified.
///
/// Offsets into `text` are what [`Span`] holds. A byte-order mark is not part of `text`, and a
/// UTF-16 file is decoded: line and column stay those that an editor shows.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Index in the sorted list of files; equal trees give equal ids.
    pub id: FileId,
    /// Path relative to the root of the scan, with `/`, as it is written in reports.
    pub path: Arc<str>,
    /// The decoded text.
    pub text: Arc<str>,
    /// What the file holds, by its name and its first bytes.
    pub kind: FileKind,
    /// What the path says about the file's role: test, example, vendored, generated …
    pub class: PathClass,
    /// How its bytes became text.
    pub encoding: Encoding,
    /// The digest of its bytes if it is a container of private keys, which has no text.
    pub keystore: Option<[u8; 16]>,
}

impl SourceFile {
    /// A file from its path and text, with kind and class read off them.
    pub fn new(id: FileId, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let (path, text) = (path.into(), text.into());
        let kind = FileKind::of(&path, &text);
        let class = PathClass::of(&path, &text);
        Self { id, path, text, kind, class, encoding: Encoding::Utf8, keystore: None }
    }

    /// The whole text as something a parser reads.
    pub fn src(&self) -> Src<'_> {
        Src::whole(self.id, &self.text)
    }

    /// Whether other files include it by name, so that its text is kept for linking: templates, data and
    /// policy documents that Terraform's `file()` reads.
    pub fn is_included_elsewhere(&self) -> bool {
        const MAX_POLICY: usize = 1 << 18;
        const MAX_DATA: usize = 1 << 15;
        let is_template = [".tftpl", ".tpl", ".tmpl", ".csv"].iter().any(|ending| self.path.ends_with(ending));
        let is_data = matches!(self.kind, FileKind::Yaml | FileKind::Json) && !self.class.i18n && !self.class.lock;
        let is_policy = || {
            matches!(self.kind, FileKind::Json | FileKind::Text | FileKind::Prose)
                && memchr::memmem::find(self.text.as_bytes(), b"\"Statement\"").is_some()
        };
        let bytes = self.text.len();
        bytes <= MAX_DATA && is_data || bytes <= MAX_POLICY && (is_template || is_policy())
    }

    /// The span of the whole file.
    pub fn span(&self) -> Span {
        Span::new(self.id, 0, self.text.len())
    }
}
