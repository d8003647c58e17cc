//! Comments that take findings out: our own and those of other tools.

use smol_str::SmolStr;

use super::Span;

/// A comment that asks for silence at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Whose comment it is: `seclint`, `checkov`, `gitleaks` …
    pub tool: &'static str,
    /// What it silences.
    pub scope: MarkerScope,
    /// Why, in the author's words; empty for none.
    pub reason: SmolStr,
    /// The day after which it holds no more, as written: `2026-12-31`.
    pub until: Option<SmolStr>,
    /// The comment, from its first word.
    pub span: Span,
    /// Findings that touch this are meant.
    pub covers: Span,
}

/// What a [`Marker`] silences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkerScope {
    /// These rules, by id: ours, or the other tool's. Each with its place.
    Rules(Vec<(SmolStr, Span)>),
    /// Every rule about secrets.
    Secrets,
    /// Every rule.
    All,
}
