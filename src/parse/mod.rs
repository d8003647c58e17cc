//! From bytes to spanned trees, one module a format. Only `parse/x` names its parser's crate.
//!
//! No parser fails and none panics: each returns what it could read, with [`Problem`]s for the rest.

use crate::ir::Problem;

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
