//! SonarQube's generic issues (the form of 10.3 and later): lines from 1, columns from 0.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::json;

use super::Report;
use crate::finding::Severity;
use crate::rules::Rule;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut used: BTreeMap<&str, &Rule> = BTreeMap::new();
    for finding in &report.outcome.findings {
        used.insert(finding.rule.id, finding.rule);
    }
    let rules: Vec<_> = used
        .values()
        .map(|rule| {
            json!({
                "id": rule.id,
                "name": rule.title,
                "description": rule.what.trim(),
                "engineId": "seclint",
                "cleanCodeAttribute": "TRUSTWORTHY",
                "type": "VULNERABILITY",
                "severity": issue_severity(rule.severity),
                "impacts": [{ "softwareQuality": "SECURITY", "severity": impact(rule.severity) }],
            })
        })
        .collect();
    let issues: Vec<_> = report
        .outcome
        .findings
        .iter()
        .map(|finding| {
            let (start, end) = (report.view.start(finding.span), report.view.end(finding.span));
            let mut range = json!({ "startLine": start.line });
            // An empty range is refused; the line alone is right then.
            if start != end {
                range =
                    json!({ "startLine": start.line, "endLine": end.line, "startColumn": start.column - 1, "endColumn": end.column - 1 });
            }
            json!({
                "ruleId": finding.rule.id,
                "effortMinutes": 10,
                "primaryLocation": {
                    "message": report.view.text(&finding.what),
                    "filePath": report.view.path(finding.span),
                    "textRange": range,
                },
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "rules": rules, "issues": issues }))?;
    writeln!(out)
}

fn impact(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low | Severity::Note => "LOW",
    }
}

fn issue_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "BLOCKER",
        Severity::High => "CRITICAL",
        Severity::Medium => "MAJOR",
        Severity::Low => "MINOR",
        Severity::Note => "INFO",
    }
}
