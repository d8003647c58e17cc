//! The trail of a file: every candidate with the reason of its verdict, for `--explain-secret FILE:LINE`.

use serde::Serialize;
use smol_str::SmolStr;

use crate::ir::{Confidence, SecretValue, Span, Validity};
use crate::prefilter;
use crate::source::{LineIndex, SourceFile};

use super::key::{self, KeyClass};
use super::value::Reason;
use super::{candidate, randomness, scan};

/// A candidate and its verdict. Holds no byte of the value beyond what is shown.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// Where the value stands.
    pub span: Span,
    /// What it was taken for.
    pub detector: &'static str,
    /// The same for people.
    pub name: SmolStr,
    /// Its key, if it has one.
    pub key: Option<SmolStr>,
    /// What the key's name promises, if it promises anything.
    pub promise: Option<&'static str>,
    /// What may be shown of the value.
    pub masked: String,
    /// Bytes of the value.
    pub length: usize,
    /// Bits a character under the model of words.
    pub bits: f32,
    /// The bits from which on a value of this length and build counts as drawn at random.
    pub threshold: f32,
    /// Why it was reported or not; [`Reason::describe`] has the words.
    pub reason: Reason,
    /// How sure it is; `None` if it was not reported.
    pub confidence: Option<Confidence>,
    /// What its structure says.
    pub validity: Validity,
    /// What lowers its severity by one level.
    pub lowered: Option<SmolStr>,
}

/// Every candidate that touches the 1-based `line`.
pub fn explain(file: &SourceFile, line: usize) -> Vec<Judged> {
    let lines = LineIndex::new(&file.text);
    let mut trail = trail(file);
    trail.retain(|judged| (lines.line(judged.span.start as usize)..=lines.line(judged.span.end as usize)).contains(&line));
    trail
}

/// Every candidate of a file, in the order of places.
pub fn trail(file: &SourceFile) -> Vec<Judged> {
    scan::candidates(file, &prefilter::look(&file.text).hits).into_iter().map(|candidate| judged(file, candidate)).collect()
}

fn judged(file: &SourceFile, candidate: candidate::Candidate) -> Judged {
    let value = file.text.get(candidate.span.clone()).unwrap_or_default();
    let measured = randomness::measure(value.as_bytes());
    Judged {
        span: file.src().span(candidate.span.clone()),
        detector: candidate.detector,
        promise: candidate.key.as_deref().and_then(key::classify).map(promise),
        masked: SecretValue::new(value).masked(),
        length: value.len(),
        bits: measured.bits,
        threshold: measured.threshold,
        reason: candidate.reason,
        confidence: candidate.confidence,
        validity: candidate.validity,
        lowered: candidate::lowered(file, &candidate),
        name: candidate.name,
        key: candidate.key,
    }
}

/// What the class of a key asks of its value.
fn promise(class: KeyClass) -> &'static str {
    match class {
        KeyClass::Bare => "could hold a secret: only what is drawn at random counts",
        KeyClass::Token => "names a token, which a machine draws: words are none",
        KeyClass::Secret => "names a secret: drawn at random, or chosen by a person",
        KeyClass::Signing => "names what signs sessions or tokens: drawn at random, or chosen by a person",
        KeyClass::Password => "names a password: any literal may be one",
    }
}
