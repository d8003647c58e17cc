//! Resolves what spans files and builds the [`Model`] that rules see.
//!
//! Order: names (`symbols`), Terraform instances, lowering to typed facts, routes with their guards,
//! images, and what git says. Never parses a file and never reads one.

use crate::ir::{Fact, FileFacts, Kind, Problem, Symbols};
use crate::source::{FileId, Files};

/// The linked repository: all that a rule can ask.
#[derive(Debug, Default)]
pub struct Model {
    /// Every file.
    pub files: Files,
    /// Every fact, in the order of files and places.
    pub facts: Vec<Fact>,
    /// What could not be read or evaluated.
    pub problems: Vec<Problem>,
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
}

impl Model {
    /// Every fact of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| fact.kind.kind() == kind)
    }
}

/// Links the facts of all files.
pub fn link(files: Files, extracted: Vec<FileFacts>) -> Model {
    let mut linker = Linker { symbols: vec![Symbols::default(); files.id_bound()], files, facts: Vec::new(), problems: Vec::new() };
    for file in extracted {
        let FileId(index) = file.file;
        linker.facts.extend(file.facts);
        linker.problems.extend(file.problems);
        if let Some(slot) = linker.symbols.get_mut(index as usize) {
            *slot = file.symbols;
        }
    }
    let mut lowered = Vec::new();
    for fact in &linker.facts {
        crate::lower::lower(fact, &mut lowered);
    }
    linker.facts.extend(lowered);
    linker.facts.sort_by_key(|fact| fact.span);
    Model { files: linker.files, facts: linker.facts, problems: linker.problems }
}
