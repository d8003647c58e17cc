//! Committed secrets: detectors, validity, and the judgement of values.
//!
//! ```text
//! bytes ─▶ automaton ─┬▶ token of a provider (shape, checksum)
//!                     ├▶ word of a key ─▶ assignment ─▶ judgement of the value
//!                     ├▶ URL, header, armour
//!                     └▶ …
//!          candidates ─▶ the most specific of overlapping ones ─▶ facts
//! ```
//!
//! One pass of an Aho-Corasick automaton over the file finds where to look; everything after that
//! looks at a bounded window around a hit. Each candidate keeps the [`Reason`] of its verdict.
//! Detectors are rows of `rules/secrets/*.toml`.

mod armour;
mod assignment;
mod candidate;
mod detector;
mod explain;
mod forms;
mod header;
mod jwt;
mod key;
mod known;
pub mod mask;
mod randomness;
pub mod sample;
mod scan;
mod shape;
mod tag;
mod url;
mod validity;
mod value;
mod words;

pub use detector::{Detector, all as detectors, keywords};
pub use explain::{Judged, explain};
pub use value::Reason;

use crate::extract::Extract;
use crate::ir::FactKind;

/// How much work a file was: deterministic, for the benchmark's golden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Places that the automaton found.
    pub hits: usize,
    /// Candidates that were judged.
    pub judged: usize,
    /// Secrets among them.
    pub found: usize,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { hits: self.hits + other.hits, judged: self.judged + other.judged, found: self.found + other.found }
    }
}

/// Scans a file for its counts alone.
pub fn count(file: &crate::source::SourceFile) -> Counts {
    scan::count(file)
}

/// Adds a fact for each secret in the file.
pub fn scan(cx: &mut Extract<'_>) {
    for found in scan::candidates(cx.file).iter().filter(|found| found.confidence.is_some()) {
        if let Some(secret) = candidate::secret(cx.file, found) {
            let owner = secret.key.clone().unwrap_or_else(|| secret.detector.clone());
            cx.fact(secret.span, owner, FactKind::Secret(secret));
        }
    }
}
