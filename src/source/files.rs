//! The table of files that a scan looked at; what is kept of each when its text is dropped.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Contents, Encoding, FileId, FileKind, PathClass, SourceFile, Span};

/// What is kept of a file for linking, rules and reports.
#[derive(Debug, Clone)]
pub struct FileMeta {
    /// Path relative to the root of the scan.
    pub path: Arc<str>,
    /// Its format.
    pub kind: FileKind,
    /// Its role.
    pub class: PathClass,
    /// How its bytes became text.
    pub encoding: Encoding,
    /// Whether git tracks it; `None` outside a repository.
    pub tracked: Option<bool>,
    /// Whether an ignore file of git names it; `None` outside a repository if none does.
    pub ignored: Option<bool>,
    /// Bytes of its decoded text.
    pub bytes: usize,
    /// Whether it was read because another file hands it what a request brings.
    pub called: bool,
    /// Bytes of it that a parser read, if one did; most source files need none.
    pub parsed: Option<usize>,
    /// Its text, while a finding may need to show it.
    pub contents: Contents,
}

/// All files, by [`FileId`]. A scan adds them sorted by path, so that equal trees give equal ids; an
/// editor adds and removes them in any order, and what is reported is ordered by path.
#[derive(Debug, Clone, Default)]
pub struct Files {
    list: Vec<FileMeta>,
    by_path: BTreeMap<Arc<str>, FileId>,
    /// The same to look up: linking asks for a dozen spellings of every import, and paths of a tree begin alike.
    ids: FxHashMap<Arc<str>, FileId>,
}

impl FileMeta {
    /// Its text, if it is held or can be had again.
    pub fn text(&self) -> Option<&Arc<str>> {
        self.contents.text(&self.path)
    }

    /// Whether its text was let go and can't be had again: the file has changed since.
    pub fn is_lost(&self) -> bool {
        matches!(self.contents, Contents::LetGo(_)) && self.text().is_none()
    }
}

impl From<&SourceFile> for FileMeta {
    fn from(file: &SourceFile) -> Self {
        Self {
            path: file.path.clone(),
            kind: file.kind,
            class: file.class,
            encoding: file.encoding,
            tracked: None,
            ignored: None,
            bytes: file.text.len(),
            called: false,
            parsed: None,
            contents: Contents::Held(file.text.clone()),
        }
    }
}

impl Files {
    /// Adds a file, or replaces the one of the same path; says its id.
    pub fn set(&mut self, meta: FileMeta) -> FileId {
        let next = FileId(self.list.len() as u32);
        let id = *self.by_path.entry(meta.path.clone()).or_insert(next);
        if id == next {
            self.ids.insert(meta.path.clone(), id);
            self.list.push(meta);
        } else {
            self.list[id.0 as usize] = meta;
        }
        id
    }

    /// Adds a former content of a file: several may have one path, and none is found by it.
    pub fn add_version(&mut self, meta: FileMeta) -> FileId {
        self.list.push(meta);
        FileId(self.list.len() as u32 - 1)
    }

    /// Takes a file out; its id is not given again to another path.
    pub fn remove(&mut self, path: &str) -> Option<FileId> {
        self.ids.remove(path);
        self.by_path.remove(path)
    }

    /// A file's meta.
    pub fn get(&self, id: FileId) -> Option<&FileMeta> {
        self.list.get(id.0 as usize)
    }

    /// The same, to change.
    pub fn get_mut(&mut self, id: FileId) -> Option<&mut FileMeta> {
        self.list.get_mut(id.0 as usize)
    }

    /// A file's path; empty for an id that is not in the table.
    pub fn path(&self, id: FileId) -> &str {
        self.get(id).map_or("", |meta| &meta.path)
    }

    /// The role of the file that a span lies in.
    pub fn class(&self, span: Span) -> PathClass {
        self.get(span.file).map(|meta| meta.class).unwrap_or_default()
    }

    /// A file's whole text.
    pub fn whole(&self, id: FileId) -> Option<&str> {
        self.get(id)?.text().map(|text| &**text)
    }

    /// The text at a span.
    pub fn text(&self, span: Span) -> Option<&str> {
        self.whole(span.file)?.get(span.range())
    }

    /// The id of a path.
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.ids.get(path).copied()
    }

    /// The paths that begin with `prefix`, in order.
    pub fn below<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = &'f str> {
        let from = (std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded);
        self.by_path.range::<str, _>(from).map(|(path, _)| &**path).take_while(move |path| path.starts_with(prefix))
    }

    /// All files with their ids, by path.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &FileMeta)> {
        self.by_path.values().filter_map(|id| Some((*id, self.get(*id)?)))
    }

    /// One more than the largest id.
    pub fn id_bound(&self) -> usize {
        self.list.len()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.by_path.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }
}
