//! GitLab's Code Quality report: a JSON array that merge requests show.

use std::io::{self, Write};

use serde_json::json;

use super::Report;
use crate::finding::Severity;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let issues: Vec<_> = report
        .outcome
        .findings
        .iter()
        .map(|finding| {
            let (start, end) = (report.view.start(finding.span), report.view.end(finding.span));
            json!({
                "description": format!("{}. {}.", report.view.text(&finding.what), report.view.text(finding.remedy())),
                "check_name": finding.rule.id,
                "fingerprint": finding.fingerprint,
                "severity": severity(finding.severity),
                "location": {
                    "path": report.view.path(finding.span),
                    "lines": { "begin": start.line, "end": end.line },
                },
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

/// GitLab's own five names.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Note => "info",
    }
}
