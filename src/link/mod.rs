//! Resolves what spans files and builds the [`Model`] that rules see.
//!
//! Order: names (`symbols`), Terraform instances, lowering to typed facts, routes with their guards,
//! images, and what git says. Never parses a file and never reads one.

mod called;
mod callers;
pub mod cargo;
mod cloudformation;
pub mod images;
mod installs;
mod javascript;
mod made;
mod modules;
mod nats;
mod nestrs;
mod nitric;
pub mod packages;
mod picked;
pub mod platform;
mod repository;
pub mod routes;
mod rust;
mod shapes;
pub mod symbols;
mod terraform;
mod views;

use std::collections::BTreeMap;

pub(crate) use called::called;

use crate::ir::{Fact, FileFacts, Kind, Marker, Problem, Symbols};
use crate::source::{FileId, Files};

/// The linked repository: all that a rule can ask.
#[derive(Debug, Default)]
pub struct Model {
    /// Every file.
    pub files: Files,
    /// Every fact, in the order of files and places.
    pub facts: Vec<Fact>,
    /// What holds for all of its Terraform.
    pub platform: platform::Platform,
    /// What could not be read or evaluated.
    pub problems: Vec<Problem>,
    /// What images copy of the repository.
    pub images: images::Images,
    /// Comments that take findings out; for settling alone, no rule looks at them.
    pub markers: Vec<Marker>,
    /// Where the facts of each kind stand in `facts`: rules ask for one kind again and again.
    by_kind: BTreeMap<Kind, Vec<usize>>,
}

/// What linking steps work on.
#[derive(Debug)]
pub struct Linker {
    /// Every file.
    pub files: Files,
    /// The names of each file, by [`FileId`].
    pub symbols: Vec<Symbols>,
    /// Facts so far; a step may replace those that it understands.
    pub facts: Vec<Fact>,
    /// Problems so far.
    pub problems: Vec<Problem>,
    /// What the run's owner says.
    pub owner: Owner,
}

/// What the run's owner says of a repository, since no file of it does.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// Terraform's values files that count beside those that it reads by itself; the last wins.
    pub values_files: Vec<String>,
    /// Values of Terraform's variables that the environment of the run gives; any file is over them.
    pub variables: Vec<(String, String)>,
    /// Names of the repository's own guards, which turn anonymous callers away whatever their bodies show.
    pub guards: Vec<String>,
}

impl Owner {
    /// Whether a name is one of the guards: by its last part, or by as many as are given (`auth.required`).
    pub(crate) fn trusts(&self, name: &crate::ir::Ref) -> bool {
        !self.guards.is_empty()
            && self.guards.iter().any(|guard| {
                let parts: Vec<&str> = guard.split(['.', ':']).filter(|part| !part.is_empty()).collect();
                let path: Vec<&str> = name.path.iter().map(|part| part.split('@').next().unwrap_or(part)).collect();
                !parts.is_empty() && path.ends_with(&parts)
            })
    }
}

impl Model {
    /// Every fact of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Fact> {
        self.by_kind.get(&kind).into_iter().flatten().map(|at| &self.facts[*at])
    }

    /// Every fact of a kind in one file.
    pub fn of_file(&self, kind: Kind, file: FileId) -> impl Iterator<Item = &Fact> {
        let all = self.by_kind.get(&kind).map_or(&[][..], Vec::as_slice);
        let before = |at: &usize| self.facts[*at].span.file < file;
        let of_it = move |at: &&usize| self.facts[**at].span.file == file;
        all[all.partition_point(before)..].iter().take_while(of_it).map(|at| &self.facts[*at])
    }

    /// Adds facts that no linking step has to see.
    pub fn add(&mut self, facts: Vec<Fact>) {
        self.facts.extend(facts);
        self.facts.sort_by_key(|fact| fact.span);
        self.by_kind = by_kind(&self.facts);
    }
}

fn by_kind(facts: &[Fact]) -> BTreeMap<Kind, Vec<usize>> {
    let mut by_kind: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
    for (at, fact) in facts.iter().enumerate() {
        by_kind.entry(fact.kind.kind()).or_default().push(at);
    }
    by_kind
}

/// Links the facts of all files.
pub fn link(files: Files, extracted: Vec<FileFacts>, owner: Owner) -> Model {
    let symbols = vec![Symbols::default(); files.id_bound()];
    let facts = Vec::with_capacity(extracted.iter().map(|file| file.facts.len()).sum());
    let mut linker = Linker { symbols, files, facts, problems: Vec::new(), owner };
    let mut markers = Vec::new();
    for file in extracted {
        let FileId(index) = file.file;
        linker.facts.extend(file.facts);
        linker.problems.extend(file.problems);
        markers.extend(file.markers);
        if let Some(slot) = linker.symbols.get_mut(index as usize) {
            *slot = file.symbols;
        }
    }
    terraform::evaluate(&mut linker);
    modules::link(&mut linker.facts);
    nats::link(&mut linker);
    nitric::link(&mut linker);
    let crates = cargo::Crates::new(&linker.facts, &linker.files);
    cargo::link(&crates, &linker.files, &mut linker.facts);
    rust::constants::link(&mut linker, &crates);
    rust::flows::link(&mut linker, &crates);
    javascript::link(&linker.files, &linker.symbols, &mut linker.facts);
    views::link(&linker.files, &linker.symbols, &mut linker.facts);
    cloudformation::link(&mut linker);
    let mut lowered = Vec::new();
    for fact in &linker.facts {
        crate::lower::lower(fact, &mut lowered);
    }
    crate::lower::iam::grants(&linker.facts, &mut lowered);
    crate::lower::google::grants(&linker.facts, &mut lowered);
    crate::lower::azure::grants(&linker.facts, &mut lowered);
    crate::lower::net::rules(&linker.facts, &mut lowered);
    crate::secrets::credentials(&linker.facts, &linker.files, &mut lowered);
    linker.facts.extend(lowered);
    rust::link(&mut linker, &crates);
    routes::link(&mut linker);
    let images = images::link(&mut linker);
    installs::link(&linker.files, &mut linker.facts);
    repository::git_state(&linker.files, &mut linker.facts);
    repository::examples(&linker.files, &mut linker.facts);
    linker.facts.sort_by_key(|fact| fact.span);
    let platform = platform::Platform::new(&linker.files, &linker.facts);
    let by_kind = by_kind(&linker.facts);
    Model { by_kind, platform, files: linker.files, facts: linker.facts, problems: linker.problems, images, markers }
}
