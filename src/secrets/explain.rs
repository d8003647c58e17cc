//! The trail of a file: every candidate with the reason of its verdict, for `--explain-secret FILE:LINE`.

use serde::Serialize;
use smol_str::SmolStr;

use crate::ir::{Confidence, SecretValue, Span, Validity};
use crate::prefilter;
use crate::source::{LineIndex, SourceFile};

use super::scan;
use super::value::Reason;

/// A candidate and its verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// Where the value stands.
    pub span: Span,
    /// What it was taken for.
    pub detector: &'static str,
    /// Its key, if it has one.
    pub key: Option<SmolStr>,
    /// What may be shown of the value.
    pub masked: String,
    /// Why it was reported or not; [`Reason::describe`] has the words.
    pub reason: Reason,
    /// How sure it is; `None` if it was not reported.
    pub confidence: Option<Confidence>,
    /// What its structure says.
    pub validity: Validity,
}

/// Every candidate that touches the 1-based `line`.
pub fn explain(file: &SourceFile, line: usize) -> Vec<Judged> {
    let lines = LineIndex::new(&file.text);
    scan::candidates(file, &prefilter::look(&file.text).hits)
        .into_iter()
        .filter(|candidate| (lines.line(candidate.span.start)..=lines.line(candidate.span.end)).contains(&line))
        .map(|candidate| Judged {
            span: file.src().span(candidate.span.clone()),
            detector: candidate.detector,
            key: candidate.key,
            masked: SecretValue::new(file.text.get(candidate.span).unwrap_or_default()).masked(),
            reason: candidate.reason,
            confidence: candidate.confidence,
            validity: candidate.validity,
        })
        .collect()
}
