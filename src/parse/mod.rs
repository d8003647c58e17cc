//! From bytes to spanned trees, one module a format. Only `parse/x` names its parser's crate.
//!
//! No parser fails and none panics: each returns what it could read, with [`Problem`]s for the rest.

pub mod dockerfile;
pub mod dotenv;
pub mod hcl;
pub mod ini;
pub mod json;
pub mod nats_conf;
pub mod page;
pub mod rust;
pub mod shell;
mod template;
pub mod toml;
pub mod typescript;
pub mod view;
mod words;
pub mod yaml;

use crate::ir::{Problem, ProblemKind, Span};

/// What a parser returns: always a tree, with what could not be read beside it.
#[derive(Debug, Clone)]
pub struct Parsed<T> {
    /// What was read; of a broken file, the rest.
    pub tree: T,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Nesting that any parser is asked to follow. Past it a file is not parsed (a `Depth` problem)
/// and only text rules look at it: `syn` aborts the process on deeper input (rust-lang/rust parsers
/// recurse), and no written code comes near it.
pub const MAX_DEPTH: usize = 256;

/// Bytes of one source file that are parsed at the most; bundles are left to the text rules.
pub const MAX_PARSED_BYTES: usize = 1 << 20;

/// Problems of one text that are told; the rest of a binary that is named `.json` would say nothing new.
pub const MAX_PROBLEMS: usize = 8;

/// Collects up to [`MAX_PROBLEMS`] problems.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) list: Vec<Problem>,
}

impl Problems {
    /// Adds a problem unless there are enough.
    pub(crate) fn push(&mut self, kind: ProblemKind, message: impl Into<String>, span: Span) {
        if !self.is_full() {
            self.list.push(Problem::new(kind, message, span));
        }
    }

    /// Whether a parser should give up.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= MAX_PROBLEMS
    }
}
