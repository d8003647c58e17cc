//! From trees to facts, one module a source kind. A pure function of one file: nothing is resolved
//! across files, nothing is judged.

mod docker;
mod dotenv;
mod json;
mod rust;
mod terraform;
mod toml;
mod typescript;
mod yaml;

use crate::ir::{Fact, FactKind, FileFacts, Node, Problem, Span};
use crate::parse::Parsed;
use crate::prefilter::Gates;
use crate::source::{FileKind, SourceFile};

/// What an extractor works with: the file, the gates it opened, and where facts go.
#[derive(Debug)]
pub struct Extract<'f> {
    /// The file.
    pub file: &'f SourceFile,
    /// What its text names.
    pub gates: Gates,
    /// The value trees that its format's parser gave (YAML documents, a JSON or TOML value, the
    /// entries of `.env`): the secrets engine reads keys and values off them, so nothing is parsed twice.
    pub documents: Vec<Node>,
    /// What is collected.
    pub out: FileFacts,
}

impl<'f> Extract<'f> {
    /// An empty collection for a file.
    pub fn new(file: &'f SourceFile, gates: Gates) -> Self {
        Self { file, gates, documents: Vec::new(), out: FileFacts { file: file.id, ..FileFacts::default() } }
    }

    /// Adds a fact.
    pub fn fact(&mut self, span: Span, owner: impl Into<smol_str::SmolStr>, kind: FactKind) {
        self.out.facts.push(Fact::new(span, owner, kind));
    }

    /// Keeps a parser's problems and hands out its tree.
    pub fn take<T>(&mut self, parsed: Parsed<T>) -> T {
        self.problems(parsed.problems);
        parsed.tree
    }

    /// Adds what a parser could not read.
    pub fn problems(&mut self, problems: Vec<Problem>) {
        self.out.problems.extend(problems);
    }
}

/// Everything that one file says.
pub fn extract(file: &SourceFile) -> FileFacts {
    let gates = crate::prefilter::gates(&file.text);
    let mut cx = Extract::new(file, gates);
    match file.kind {
        FileKind::Terraform | FileKind::Tfvars | FileKind::Hcl => terraform::extract(&mut cx),
        FileKind::TypeScript | FileKind::Tsx | FileKind::JavaScript | FileKind::Component => typescript::extract(&mut cx),
        FileKind::Rust => rust::extract(&mut cx),
        FileKind::Dockerfile => docker::extract(&mut cx),
        FileKind::Dotenv => dotenv::extract(&mut cx),
        FileKind::Yaml => yaml::extract(&mut cx),
        FileKind::Json => json::extract(&mut cx),
        FileKind::Toml => toml::extract(&mut cx),
        _ => {}
    }
    crate::secrets::scan(&mut cx);
    cx.out
}
