//! seclint: a static security linter for infrastructure as code and source repositories.
//!
//! ```text
//! walk ─▶ load ─▶ prefilter ─▶ parse ─▶ extract ─▶ │ link ─▶ check ─▶ settle ─▶ report
//!   IO      IO     one file at a time, rayon, pure │  whole repository, pure       IO
//! ```
//!
//! `walk` lists the files, sorted. Each is read once; `prefilter` says in one pass which parsers and
//! secret detectors it needs; `parse` gives a spanned tree and never fails; `extract` turns trees into
//! the facts of `ir`. `link` resolves what spans files, `rules` look at the linked model alone,
//! `settle` applies suppressions and orders findings, and `report` writes them.
//! ARCHITECTURE.md has the map and the invariants.

pub mod change;
pub mod cli;
pub mod config;
pub mod engine;
pub mod extract;
pub mod finding;
pub mod history;
pub mod ir;
pub mod link;
pub mod lower;
pub mod needles;
pub mod parse;
pub mod prefilter;
pub mod repair;
pub mod report;
pub mod rules;
pub mod scan;
pub mod secrets;
pub mod settle;
pub mod source;
pub mod tables;
pub mod vcs;
pub mod walk;
