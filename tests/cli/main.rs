//! The program as people and machines call it: exit codes, formats, what is walked, hostile trees.
#![expect(clippy::disallowed_methods, reason = "these tests write trees and run the program")]

mod change;
mod git;
mod history;
mod hostile;
mod lsp;
mod output;
mod provide;
mod repair;
mod scan;
mod setup;
mod trail;
mod tree;
