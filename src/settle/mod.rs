//! The last step before reports: one order, no repetitions, fingerprints, suppressions, filters.

mod baseline;
mod suppress;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::finding::{Dials, Finding};
use crate::link::Model;
use crate::rules::Active;
pub use baseline::Baseline;

/// What the run's owner asked for.
#[derive(Debug)]
pub struct Settings {
    /// Which findings are shown.
    pub dials: Dials,
    /// Whether comments may take findings out.
    pub ignores: bool,
    /// The day of the run as `2026-12-31`, for comments that end; without one none does.
    pub today: Option<String>,
    /// What `seclint.toml` says: severities, and findings that are accepted.
    pub config: Config,
    /// Findings that were there before.
    pub baseline: Baseline,
}

impl Default for Settings {
    fn default() -> Self {
        Self { dials: Dials::default(), ignores: true, today: None, config: Config::default(), baseline: Baseline::default() }
    }
}

/// Findings, settled.
#[derive(Debug, Default)]
pub struct Settled {
    /// What is reported, in its total order.
    pub findings: Vec<Finding>,
    /// What a comment or a file took out.
    pub suppressed: Vec<Suppressed>,
    /// How many the dials hide.
    pub hidden: usize,
}

/// A finding that was taken out.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Whose comment or file took it out: `seclint`, `checkov`, `baseline`.
    pub by: &'static str,
    /// Why, in its author's words; empty for none.
    pub reason: String,
}

/// Orders, removes repetitions, sets fingerprints, and takes out what is not to be shown.
pub fn settle(mut found: Vec<Finding>, model: &Model, active: &Active, settings: &Settings) -> Settled {
    for finding in &mut found {
        if let Some(severity) = settings.config.severities.get(finding.rule.id) {
            finding.severity = *severity;
        }
    }
    in_order(&mut found, model);
    found.dedup_by(|later, first| {
        let same = later.span == first.span && later.rule.id == first.rule.id && later.subject == first.subject;
        if same && later.severity > first.severity {
            first.severity = later.severity;
        }
        same
    });
    let mut settled = Settled::default();
    if settings.ignores {
        suppress::apply(&mut found, &mut settled.suppressed, model, active, settings);
        in_order(&mut found, model);
    }
    suppress::apply_paths(&mut found, &mut settled.suppressed, model, settings);
    // Before anything is filtered: that another finding is hidden must not change a fingerprint.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for finding in found.iter_mut().chain(settled.suppressed.iter_mut().map(|suppressed| &mut suppressed.finding)) {
        let base = fingerprint(finding, model);
        let count = seen.entry(base.clone()).and_modify(|count| *count += 1).or_insert(1);
        finding.fingerprint = format!("{base}:{count}");
    }
    take_known(&mut found, &mut settled.suppressed, &settings.baseline);
    let before = found.len();
    found.retain(|finding| settings.dials.show(finding));
    settled.hidden = before - found.len();
    settled.findings = found;
    settled
}

/// Moves what the baseline accepts.
fn take_known(found: &mut Vec<Finding>, suppressed: &mut Vec<Suppressed>, baseline: &Baseline) {
    if baseline.is_empty() {
        return;
    }
    let (known, new): (Vec<Finding>, Vec<Finding>) = found.drain(..).partition(|finding| baseline.accepts(&finding.fingerprint).is_some());
    *found = new;
    for finding in known {
        let reason = baseline.accepts(&finding.fingerprint).unwrap_or_default().to_owned();
        suppressed.push(Suppressed { finding, by: "baseline", reason });
    }
}

/// One order for everything: path, place, rule, words. Ids of files may differ between sessions.
fn in_order(found: &mut [Finding], model: &Model) {
    found.sort_by(|a, b| key(a, model).cmp(&key(b, model)));
}

fn key<'f>(finding: &'f Finding, model: &'f Model) -> (&'f str, u32, u32, &'static str, &'f str, &'f str) {
    (model.files.path(finding.span.file), finding.span.start, finding.span.end, finding.rule.id, &finding.subject, &finding.what)
}

/// Rule, path and subject, without positions, so that edits above a finding keep it. Subjects of
/// secrets hold no byte of the secret, and so few bits of a hash that guesses can't be told apart
/// (`secrets::tag`).
fn fingerprint(finding: &Finding, model: &Model) -> String {
    let mut hash = Sha256::new();
    for part in [finding.rule.id, model.files.path(finding.span.file), &finding.subject] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut key = String::with_capacity(24);
    for byte in hash.finalize().iter().take(12) {
        let _ = write!(key, "{byte:02x}");
    }
    key
}
