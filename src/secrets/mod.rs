//! Committed secrets: detectors, validity, and the judgement of values.
//!
//! ```text
//! bytes ─▶ needles ───┬▶ token of a provider (shape, checksum)
//!                     ├▶ word of a key ─▶ assignment ─▶ judgement of the value
//!                     ├▶ URL, header, armour
//!                     └▶ …
//!          candidates ─▶ the most specific of overlapping ones ─▶ facts
//! ```
//!
//! The prefilter's one pass over the file finds where to look; everything after that
//! looks at a bounded window around a hit. Each candidate keeps the [`Reason`] of its verdict.
//! Detectors are rows of `rules/secrets/*.toml`.

mod armour;
mod assigned;
mod assignment;
mod candidate;
mod command;
mod context;
mod credential;
mod detector;
mod encoded;
mod explain;
mod forms;
mod harmless;
mod header;
mod jwk;
mod jwt;
mod key;
mod keyfile;
mod known;
pub mod mask;
mod mnemonic;
mod nats;
mod pair;
mod place;
mod randomness;
pub mod sample;
mod sampled;
mod scan;
mod shape;
mod sql;
mod tag;
mod url;
mod validity;
mod value;
mod words;

pub use credential::{credential, credentials};
pub(crate) use detector::literals;
pub use detector::{Detector, all as detectors, keywords};
pub use explain::{Judged, explain, trail};
pub use tag::tag;
pub use value::Reason;

use serde::Serialize;

use crate::extract::Extract;
use crate::ir::FactKind;

/// How much work a file was: deterministic, for the benchmark's golden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Places that the one pass found.
    pub hits: usize,
    /// Candidates that were judged.
    pub judged: usize,
    /// Secrets among them.
    pub found: usize,
    /// Bytes of encoded text that were decoded.
    pub decoded: usize,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            judged: self.judged + other.judged,
            found: self.found + other.found,
            decoded: self.decoded + other.decoded,
        }
    }
}

/// What stands before `at` in its line; of a line without end, the last of it.
fn line_before(text: &[u8], at: usize) -> &[u8] {
    const MAX_LINE: usize = 4096;
    let before = &text[at.saturating_sub(MAX_LINE)..at];
    &before[memchr::memrchr(b'\n', before).map_or(0, |found| found + 1)..]
}

/// Scans a file for its counts alone.
pub fn count(file: &crate::source::SourceFile) -> Counts {
    scan::count(file)
}

/// Adds a fact for each secret in the file.
pub fn scan(cx: &mut Extract<'_>) {
    if let Some(secret) = candidate::keystore(cx.file) {
        cx.fact(secret.span, secret.detector.clone(), FactKind::Secret(Box::new(secret)));
    }
    let candidates = scan::candidates(cx.file, &cx.hits);
    for found in candidates.iter().filter(|found| found.detector == "jwt") {
        nats::claims(cx, found.span.clone());
    }
    for found in candidates.iter().filter(|found| found.confidence.is_some()) {
        if let Some(secret) = candidate::secret(cx.file, found) {
            let owner = secret.key.clone().unwrap_or_else(|| secret.detector.clone());
            cx.fact(secret.span, owner, FactKind::Secret(Box::new(secret)));
        }
    }
}
