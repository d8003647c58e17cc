//! One [`Session`] serves the command line, the hook and an editor: set files, remove files, ask for
//! findings. Reads nothing and prints nothing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use crate::finding::Finding;
use crate::ir::{FileFacts, Kind, Problem, ProblemKind};
use crate::link::{Model, link};
use crate::rules::{self, Active};
use crate::settle::{Settings, settle};
use crate::source::{FileId, FileMeta, Files, SourceFile};

/// One file, reduced to what is kept of it.
#[derive(Debug, Clone)]
pub struct Analysed {
    /// What is kept of the file; its text only if it gave facts or problems.
    pub meta: FileMeta,
    /// What it says.
    pub facts: FileFacts,
}

/// Reduces a file to its facts. A pure function; a panic in it becomes a problem of this file, and
/// every other file is still reported.
pub fn analyse(file: &SourceFile) -> Analysed {
    let facts = catch_unwind(AssertUnwindSafe(|| crate::extract::extract(file))).unwrap_or_else(|_| FileFacts {
        file: file.id,
        problems: vec![Problem::new(
            ProblemKind::Internal,
            "seclint failed on this file: please report it; every other file was scanned",
            file.span(),
        )],
        ..FileFacts::default()
    });
    let mut meta = FileMeta::from(file);
    if facts.facts.is_empty() && facts.problems.is_empty() && facts.symbols.is_empty() {
        meta.text = None;
    }
    Analysed { meta, facts }
}

/// The files of a repository and what they say.
#[derive(Debug, Default)]
pub struct Session {
    files: Files,
    facts: BTreeMap<FileId, Arc<FileFacts>>,
}

/// What a scan has to say.
#[derive(Debug)]
pub struct Outcome {
    /// Findings in their total order.
    pub findings: Vec<Finding>,
    /// What could not be read, by place.
    pub problems: Vec<Problem>,
    /// Every file, with the texts that findings show.
    pub files: Files,
    /// Deterministic counts.
    pub counts: Counts,
}

/// Counts that depend on the tree alone: the golden of the benchmark, and the summary's numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files that were read.
    pub files: usize,
    /// Bytes of their decoded texts.
    pub bytes: usize,
    /// Facts by kind, after linking.
    pub facts: BTreeMap<Kind, usize>,
    /// How often a rule looked at a fact.
    pub rule_calls: usize,
    /// Rules that ran.
    pub rules: usize,
    /// Findings that a suppression or a filter took out.
    pub suppressed: usize,
}

impl Session {
    /// The id that the file at `path` has or will get when it is set next.
    pub fn id_for(&self, path: &str) -> FileId {
        self.files.find(path).unwrap_or(FileId(self.files.id_bound() as u32))
    }

    /// Adds or replaces a file that was analysed under [`Self::id_for`] its path.
    pub fn set(&mut self, analysed: Analysed) {
        let id = self.files.set(analysed.meta);
        debug_assert_eq!(id, analysed.facts.file, "a file is analysed under the id that it has");
        self.facts.insert(id, Arc::new(analysed.facts));
    }

    /// Reads a text as the file at `path`.
    pub fn set_file(&mut self, path: &str, text: &str) {
        let file = SourceFile::new(self.id_for(path), path, text);
        self.set(analyse(&file));
    }

    /// Says what git knows of a file.
    pub fn set_tracked(&mut self, path: &str, tracked: Option<bool>, ignored: Option<bool>) {
        if let Some(meta) = self.files.find(path).and_then(|id| self.files.get_mut(id)) {
            meta.tracked = tracked;
            meta.ignored = ignored;
        }
    }

    /// Forgets a file.
    pub fn remove_file(&mut self, path: &str) {
        if let Some(id) = self.files.remove(path) {
            self.facts.remove(&id);
        }
    }

    /// The linked model of all files.
    pub fn model(&self) -> Model {
        link(self.files.clone(), self.facts.values().map(|facts| FileFacts::clone(facts)).collect())
    }

    /// Links, runs the rules, settles.
    pub fn findings(&self, active: &Active, settings: &Settings) -> Outcome {
        let model = self.model();
        let mut counts = Counts { files: model.files.len(), rules: active.count(), ..Counts::default() };
        for fact in &model.facts {
            *counts.facts.entry(fact.kind.kind()).or_default() += 1;
        }
        let (found, calls) = rules::run(active, &model);
        counts.rule_calls = calls;
        let (findings, suppressed) = settle(found, &model, settings);
        counts.suppressed = suppressed;
        let Model { files, mut problems, .. } = model;
        problems.sort_by(|a, b| (files.path(a.span.file), a.span, &a.message).cmp(&(files.path(b.span.file), b.span, &b.message)));
        Outcome { findings, problems, files, counts }
    }
}
