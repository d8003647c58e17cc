//! Comments that take findings out, and what is wrong with such comments: they are findings themselves,
//! for a comment that silences nothing, or says no reason, hides something from the next reader.

use std::collections::BTreeMap;

use super::{Settings, Suppressed};
use crate::finding::Finding;
use crate::ir::{FileId, Marker, MarkerScope, Span};
use crate::link::Model;
use crate::rules::{Active, Check};

/// The tool whose comments are ours.
const OURS: &str = "seclint";

/// Moves what a comment covers from `found` to `suppressed`, and adds findings about comments.
pub(super) fn apply(found: &mut Vec<Finding>, suppressed: &mut Vec<Suppressed>, model: &Model, active: &Active, settings: &Settings) {
    let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
    for (at, marker) in model.markers.iter().enumerate() {
        by_file.entry(marker.span.file).or_default().push(at);
    }
    let mut used = vec![Vec::new(); model.markers.len()];
    let mut kept = Vec::with_capacity(found.len());
    for finding in found.drain(..) {
        let markers = by_file.get(&finding.span.file).map_or(&[][..], Vec::as_slice);
        let mut by = None;
        for at in markers.iter().copied() {
            let marker = &model.markers[at];
            if !touches(marker.covers, finding.span) || has_ended(marker, settings) {
                continue;
            }
            if let Some(id) = silenced_by(marker, &finding, active) {
                used[at].push(id);
                by = by.or(Some(marker));
            }
        }
        match by {
            Some(marker) => suppressed.push(Suppressed { finding, by: marker.tool, reason: marker.reason.to_string() }),
            None => kept.push(finding),
        }
    }
    *found = kept;
    for (marker, used) in model.markers.iter().zip(&used).filter(|(marker, _)| marker.tool == OURS) {
        judge(marker, used, model, active, settings, found);
    }
}

/// Moves what `seclint.toml` accepts in some paths.
pub(super) fn apply_paths(found: &mut Vec<Finding>, suppressed: &mut Vec<Suppressed>, model: &Model, settings: &Settings) {
    let holds = |until: &Option<String>| match (until, &settings.today) {
        (Some(until), Some(today)) => until >= today,
        _ => true,
    };
    let ignores: Vec<_> = settings.config.ignores.iter().filter(|ignore| holds(&ignore.until)).collect();
    let trusted = &settings.config.trusted_values;
    if ignores.is_empty() && trusted.is_empty() {
        return;
    }
    let stands_on_trusted = |finding: &Finding| {
        let text = model.files.text(finding.span).unwrap_or_default();
        let text = text.trim_matches(['"', '\'', '`']);
        trusted.iter().any(|value| value == text)
    };
    let mut kept = Vec::with_capacity(found.len());
    for finding in found.drain(..) {
        let path = model.files.path(finding.span.file);
        match ignores.iter().find(|ignore| ignore.rules.contains(&finding.rule.id) && ignore.paths.is_match(path)) {
            Some(ignore) => suppressed.push(Suppressed { finding, by: "seclint.toml", reason: ignore.reason.clone() }),
            None if stands_on_trusted(&finding) => {
                suppressed.push(Suppressed { finding, by: "seclint.toml", reason: "a trusted value".to_owned() });
            }
            None => kept.push(finding),
        }
    }
    *found = kept;
}

/// Whether a finding stands, at least in part, where a marker holds.
fn touches(covers: Span, span: Span) -> bool {
    covers.file == span.file && covers.start <= span.end && span.start <= covers.end
}

/// Dates in the form of ISO 8601 compare as text.
fn has_ended(marker: &Marker, settings: &Settings) -> bool {
    match (&marker.until, &settings.today) {
        (Some(until), Some(today)) => is_date(until) && until.as_str() < today.as_str(),
        _ => false,
    }
}

fn is_date(text: &str) -> bool {
    let digit_or_dash = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(digit_or_dash)
}

/// The name by which a marker silences a finding, if it does.
fn silenced_by<'m>(marker: &'m Marker, finding: &Finding, active: &Active) -> Option<&'m str> {
    let rule = finding.rule;
    match &marker.scope {
        MarkerScope::All => Some(""),
        MarkerScope::Secrets => (rule.family == "secrets").then_some(""),
        MarkerScope::Rules(ids) => ids.iter().map(|(id, _)| id.as_str()).find(|id| {
            if marker.tool == OURS {
                active.find(id).is_some_and(|named| named.id == rule.id)
            } else {
                let peers = if finding.peers.is_empty() { rule.peers } else { finding.peers };
                peers.iter().any(|peer| names_peer(peer, marker.tool, id))
            }
        }),
    }
}

/// Whether `checkov:CKV_AWS_1`, or `CKV_AWS_1` alone, is what `checkov` calls `ckv_aws_1`. Trivy reads the ids
/// of tfsec as well, and has left the `AVD-` of its own ids out; semgrep's begin with the folders of the registry.
fn names_peer(peer: &str, tool: &str, id: &str) -> bool {
    let (whose, name) = peer.split_once(':').unwrap_or((tool, peer));
    let same_tool = whose == tool || (matches!(whose, "trivy" | "tfsec") && matches!(tool, "trivy" | "tfsec"));
    let short = |id: &str| id.get(..4).filter(|start| start.eq_ignore_ascii_case("avd-")).map_or(0, str::len);
    let id = if tool == "semgrep" { id.rsplit('.').next().unwrap_or(id) } else { id };
    same_tool && name[short(name)..].eq_ignore_ascii_case(&id[short(id)..])
}

/// Findings about a comment of ours.
fn judge(marker: &Marker, used: &[&str], model: &Model, active: &Active, settings: &Settings, found: &mut Vec<Finding>) {
    let mut add = |rule: &str, span: Span, subject: &str, what: String| {
        if let Some(rule) = active.running(rule) {
            found.push(Check::new(model, rule).finding_about(subject, span, what));
        }
    };
    let MarkerScope::Rules(ids) = &marker.scope else { return };
    if ids.is_empty() {
        add("suppression-unknown-rule", marker.span, "", "this comment names no rule, so it has no effect".to_owned());
        return;
    }
    if marker.reason.is_empty() {
        let names: Vec<&str> = ids.iter().map(|(id, _)| id.as_str()).collect();
        add("suppression-without-reason", marker.span, &names.join(","), format!("`{}` is ignored without a reason", names.join("`, `")));
    }
    match &marker.until {
        Some(until) if !is_date(until) => {
            add("suppression-expired", marker.span, until, format!("`until={until}` is no date: write `until=2026-12-31`"));
        }
        Some(until) if has_ended(marker, settings) => {
            add("suppression-expired", marker.span, until, format!("this comment held until {until} and has no effect any more"));
            return;
        }
        _ => {}
    }
    for (id, span) in ids {
        match active.find(id) {
            None => {
                let near = active.suggest(id).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                add("suppression-unknown-rule", *span, id, format!("there is no rule `{id}`{near}"));
            }
            // A rule that does not run says nothing about whether its comment is needed.
            Some(rule) if active.running(rule.id).is_some() && !used.contains(&id.as_str()) && !rule.id.starts_with("suppression-") => {
                add("suppression-unused", *span, id, format!("`{id}` finds nothing here, so ignoring it has no effect"));
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_other_tools() {
        assert!(names_peer("checkov:CKV_AWS_1", "checkov", "ckv_aws_1") && names_peer("CKV_AWS_1", "checkov", "CKV_AWS_1"));
        assert!(names_peer("trivy:AVD-AWS-0107", "tfsec", "aws-0107"));
        assert!(names_peer("semgrep:jwt-none-alg", "semgrep", "javascript.jsonwebtoken.security.jwt-none-alg.jwt-none-alg"));
        assert!(!names_peer("checkov:CKV_AWS_1", "trivy", "CKV_AWS_1") && !names_peer("semgrep:jwt-none-alg", "semgrep", "none-alg"));
    }
}
