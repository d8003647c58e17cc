//! The last step before reports: filters, deduplication, fingerprints, and the total order.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::finding::{Finding, Level, Severity};
use crate::link::Model;

/// What the run's owner asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The least severity that is shown.
    pub severity: Severity,
    /// Whose findings are shown.
    pub level: Level,
}

impl Default for Settings {
    fn default() -> Self {
        Self { severity: Severity::Note, level: Level::Regular }
    }
}

/// Filters, removes repetitions, sets fingerprints and orders. Also says how many were left out.
pub fn settle(mut found: Vec<Finding>, model: &Model, settings: &Settings) -> (Vec<Finding>, usize) {
    let before = found.len();
    found.retain(|finding| finding.severity >= settings.severity && finding.level <= settings.level);
    let left_out = before - found.len();
    // One order for everything: path, place, rule, words. Ids of files may differ between sessions.
    found.sort_by(|a, b| key(a, model).cmp(&key(b, model)));
    found.dedup_by(|later, first| {
        let same = later.span == first.span && later.rule.id == first.rule.id && later.subject == first.subject;
        if same && later.severity > first.severity {
            first.severity = later.severity;
        }
        same
    });
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &mut found {
        let base = fingerprint(finding, model);
        let count = seen.entry(base.clone()).and_modify(|count| *count += 1).or_insert(1);
        finding.fingerprint = format!("{base}:{count}");
    }
    (found, left_out)
}

fn key<'f>(finding: &'f Finding, model: &'f Model) -> (&'f str, u32, u32, &'static str, &'f str, &'f str) {
    (model.files.path(finding.span.file), finding.span.start, finding.span.end, finding.rule.id, &finding.subject, &finding.what)
}

/// Rule, path and subject, without positions, so that edits above a finding keep it. Subjects of
/// secrets hold no byte of the secret.
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
