//! One [`Session`] serves the command line, the hook and an editor: set files, remove files, ask for
//! findings. Reads nothing and prints nothing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use crate::finding::Finding;
use crate::ir::{Depth, FactKind, FileFacts, Kind, Names, Problem, ProblemKind, Secret, SecretValue};
use crate::link::{Model, Owner, link};
use crate::rules::{self, Active};
use crate::settle::{Settings, Settled, Suppressed, settle};
use crate::source::{Contents, FileId, FileKind, FileMeta, Files, Source, SourceFile, Span};

/// Bytes of stack that a thread needs to analyse any file: parsers recurse as deep as
/// [`crate::parse::MAX_DEPTH`] lets them.
pub const WORKER_STACK: usize = 16 << 20;

/// One file, reduced to what is kept of it.
#[derive(Debug, Clone)]
pub struct Analysed {
    /// What is kept of the file; its text only if it gave facts or problems.
    pub meta: FileMeta,
    /// What it says.
    pub facts: FileFacts,
}

/// What a session keeps of a file. Most say nothing, and a large tree has many.
#[derive(Debug)]
pub struct Kept {
    meta: FileMeta,
    facts: Option<Arc<FileFacts>>,
}

impl Kept {
    /// Makes small what a file says. `names` are those that the files before it had: most have the same ones.
    pub fn new(Analysed { meta, mut facts }: Analysed, names: &mut Names) -> Self {
        facts.trim(names);
        Self { meta, facts: (!facts.is_empty()).then(|| Arc::new(facts)) }
    }

    /// Lets the text of source code and lock files go, which is most of what a large tree would hold and seldom
    /// shown: `source` has it again.
    pub fn let_go(&mut self, source: &Arc<dyn Source>) {
        if self.meta.kind.is_code() || self.meta.class.lock {
            self.meta.contents.let_go(source);
        }
    }
}

impl From<Analysed> for Kept {
    fn from(analysed: Analysed) -> Self {
        Self::new(analysed, &mut Names::default())
    }
}

/// Reduces a file to its facts. A pure function; a panic in it becomes a problem of this file, and
/// every other file is still reported.
pub fn analyse(file: &SourceFile, depth: Depth) -> Analysed {
    let facts = catch_unwind(AssertUnwindSafe(|| crate::extract::extract(file, depth))).unwrap_or_else(|_| {
        let problem =
            Problem::new(ProblemKind::Internal, "seclint failed on this file: please report it; every other file was scanned", file.span());
        // What failed is as a rule a parser; secrets are found in the text without one.
        let mut facts = catch_unwind(AssertUnwindSafe(|| crate::extract::text_only(file))).unwrap_or_default();
        facts.file = file.id;
        facts.problems.push(problem);
        facts
    });
    let mut meta = FileMeta::from(file);
    meta.parsed = facts.parsed;
    meta.called = depth == Depth::Called;
    if facts.is_empty() && !file.is_included_elsewhere() {
        meta.contents = Contents::None;
    }
    Analysed { meta, facts }
}

/// How often files are looked for that the files read so far hand a request's data to: a route calls a service, which asks
/// another, which asks a store.
pub const LOOKS: usize = 3;

/// The files of a repository and what they say.
#[derive(Debug, Clone, Default)]
pub struct Session {
    files: Files,
    facts: BTreeMap<FileId, Arc<FileFacts>>,
    owner: Owner,
}

/// What a scan has to say.
#[derive(Debug)]
pub struct Outcome {
    /// Findings in their total order.
    pub findings: Vec<Finding>,
    /// What a comment or a baseline took out, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// What could not be read, by place.
    pub problems: Vec<Problem>,
    /// Every file, with the texts that findings show.
    pub files: Files,
    /// Every secret that was seen, reported or not: no report may show its bytes.
    pub secrets: Vec<(Span, SecretValue)>,
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
    /// Files that a parser read, by format; the rest gave no reason to.
    pub parsed: BTreeMap<FileKind, usize>,
    /// Bytes of those that it read.
    pub parsed_bytes: BTreeMap<FileKind, usize>,
    /// Facts by kind, after linking.
    pub facts: BTreeMap<Kind, usize>,
    /// How often a rule looked at a fact.
    pub rule_calls: usize,
    /// Rules that ran.
    pub rules: usize,
    /// Findings that a comment or a baseline took out.
    pub suppressed: usize,
    /// Findings below the severity or beyond the level that was asked for.
    pub hidden: usize,
}

impl Session {
    /// The id that the file at `path` has or will get when it is set next.
    pub fn id_for(&self, path: &str) -> FileId {
        self.files.find(path).unwrap_or(FileId(self.files.id_bound() as u32))
    }

    /// Adds or replaces a file that was analysed under [`Self::id_for`] its path.
    pub fn set(&mut self, file: impl Into<Kept>) {
        let Kept { meta, facts } = file.into();
        let id = self.files.set(meta);
        match facts {
            Some(facts) => {
                debug_assert_eq!(id, facts.file, "a file is analysed under the id that it has");
                self.facts.insert(id, facts);
            }
            None => drop(self.facts.remove(&id)),
        }
    }

    /// Reads a text as the file at `path`.
    pub fn set_file(&mut self, path: &str, text: &str) {
        let file = SourceFile::new(self.id_for(path), path, text);
        self.set(analyse(&file, self.depth_of(path)));
    }

    /// How far the file at `path` was looked into, and is when it is set again.
    pub fn depth_of(&self, path: &str) -> Depth {
        let meta = self.files.find(path).and_then(|id| self.files.get(id));
        if meta.is_some_and(|meta| meta.called) { Depth::Called } else { Depth::Structure }
    }

    /// Files of code that named no framework, and that others hand to what a request brings: they are worth a second look,
    /// to [`Depth::Called`].
    pub fn called(&self) -> Vec<FileId> {
        let facts: Vec<&FileFacts> = self.facts.values().map(|facts| &**facts).collect();
        crate::link::called(&self.files, &facts)
    }

    /// Reads those files anew, and those that they hand it to in turn: [`LOOKS`] times. `text_of` gives a text by its path.
    pub fn look_again(&mut self, text_of: impl Fn(&str) -> Option<String>) {
        for _ in 0..LOOKS {
            for id in self.called() {
                let Some((path, tracked, ignored)) = self.files.get(id).map(|meta| (meta.path.clone(), meta.tracked, meta.ignored)) else {
                    continue;
                };
                if let Some(text) = text_of(&path) {
                    self.set(analyse(&SourceFile::new(id, path.clone(), text), Depth::Called));
                    self.set_tracked(&path, tracked, ignored);
                }
            }
        }
    }

    /// Says what git knows of a file.
    pub fn set_tracked(&mut self, path: &str, tracked: Option<bool>, ignored: Option<bool>) {
        if let Some(meta) = self.files.find(path).and_then(|id| self.files.get_mut(id)) {
            meta.tracked = tracked;
            meta.ignored = ignored;
        }
    }

    /// Names Terraform's values files that count beside those that it reads by itself; the last wins.
    pub fn set_values_files(&mut self, paths: Vec<String>) {
        self.owner.values_files = paths;
    }

    /// Gives values to Terraform's variables by their names, as `TF_VAR_name` of an environment does; any
    /// values file is over them.
    pub fn set_variables(&mut self, values: Vec<(String, String)>) {
        self.owner.variables = values;
    }

    /// Names guards of the repository's own, which turn anonymous callers away whatever their bodies show.
    pub fn set_trusted_guards(&mut self, names: Vec<String>) {
        self.owner.guards = names;
    }

    /// Forgets a file.
    pub fn remove_file(&mut self, path: &str) {
        if let Some(id) = self.files.remove(path) {
            self.facts.remove(&id);
        }
    }

    /// The names of each file, by path.
    pub fn symbols(&self) -> impl Iterator<Item = (&str, &crate::ir::Symbols)> {
        self.facts.iter().map(|(id, facts)| (self.files.path(*id), &facts.symbols))
    }

    /// The linked model of all files.
    pub fn model(&self) -> Model {
        self.clone().into_model()
    }

    fn into_model(self) -> Model {
        link(self.files, self.facts.into_values().map(Arc::unwrap_or_clone).collect(), self.owner)
    }

    /// Links, runs the rules, settles.
    pub fn findings(&self, active: &Active, settings: &Settings) -> Outcome {
        self.clone().into_findings(active, settings)
    }

    /// The same of a session that is asked once: no fact is copied.
    pub fn into_findings(self, active: &Active, settings: &Settings) -> Outcome {
        let mut counts = Counts { files: self.files.len(), rules: active.count(), ..Counts::default() };
        for (_, meta) in self.files.iter() {
            counts.bytes += meta.bytes;
            if let Some(bytes) = meta.parsed {
                *counts.parsed.entry(meta.kind).or_default() += 1;
                *counts.parsed_bytes.entry(meta.kind).or_default() += bytes;
            }
        }
        let model = self.into_model();
        for fact in &model.facts {
            *counts.facts.entry(fact.kind.kind()).or_default() += 1;
        }
        judge(model, active, settings, counts)
    }
}

/// Runs the rules on a model, settles what they find, and completes the counts.
pub fn judge(model: Model, active: &Active, settings: &Settings, mut counts: Counts) -> Outcome {
    let (found, calls) = rules::run(active, &model);
    counts.rule_calls = calls;
    let Settled { findings, suppressed, hidden } = settle(found, &model, active, settings);
    counts.suppressed = suppressed.len();
    counts.hidden = hidden;
    let secrets = secrets(&model);
    let Model { files, mut problems, .. } = model;
    problems.sort_by(|a, b| (files.path(a.span.file), a.span, &a.message).cmp(&(files.path(b.span.file), b.span, &b.message)));
    Outcome { findings, suppressed, problems, files, secrets, counts }
}

/// The secrets of a text, whatever else it is. A pure function; of a text that it fails on, none.
pub fn secrets_of(file: &SourceFile) -> Vec<Secret> {
    let facts = catch_unwind(AssertUnwindSafe(|| crate::extract::text_only(file))).unwrap_or_default();
    let secret = |fact| if let FactKind::Secret(secret) = fact { Some(*secret) } else { None };
    facts.facts.into_iter().filter_map(|fact| secret(fact.kind)).collect()
}

/// Every secret of a model, and the id that belongs to it, by place.
pub fn secrets(model: &Model) -> Vec<(Span, SecretValue)> {
    let mut all = Vec::new();
    for fact in model.of(Kind::Secret) {
        let FactKind::Secret(secret) = &fact.kind else { continue };
        all.push((secret.span, secret.value.clone()));
        // A short one is a name, which stands in other places too.
        let id = secret.pair.and_then(|id| Some((id, model.files.text(id).filter(|text| text.len() >= 16)?)));
        all.extend(id.map(|(span, text)| (span, SecretValue::new(text))));
    }
    all
}
