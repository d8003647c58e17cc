//! The program as people and machines call it: exit codes, formats, what is walked, hostile trees.
#![expect(clippy::disallowed_methods, reason = "these tests write trees and run the program")]

mod git;
mod history;
mod hostile;
mod output;
mod scan;
mod trail;
mod tree;
