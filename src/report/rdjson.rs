//! Reviewdog's diagnostic format: lines and columns from 1, columns in UTF-8 bytes, the end exclusive.

use std::io::{self, Write};

use serde_json::json;

use super::Report;
use crate::finding::{Edit, Severity};
use crate::source::Span;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diagnostics: Vec<_> = report
        .outcome
        .findings
        .iter()
        .map(|finding| {
            let range = |span: Span| {
                let (start, end) = report.view.bytes(span);
                json!({
                    "start": { "line": start.line, "column": start.column },
                    "end": { "line": end.line, "column": end.column },
                })
            };
            // A suggestion is of the file that the finding stands in.
            let suggestions: Vec<_> = finding
                .edits
                .iter()
                .filter_map(|edit| match edit {
                    Edit::Replace(span, text) if span.file == finding.span.file => {
                        Some(json!({ "range": range(*span), "text": report.view.inserted(text) }))
                    }
                    _ => None,
                })
                .collect();
            let mut diagnostic = json!({
                "message": format!("{}. {}.", report.view.text(&finding.what), report.view.text(finding.remedy())),
                "severity": severity(finding.severity),
                "code": { "value": finding.rule.id },
                "location": {
                    "path": report.view.path(finding.span),
                    "range": range(finding.span),
                },
            });
            if suggestions.len() == finding.edits.len() && !suggestions.is_empty() {
                diagnostic["suggestions"] = json!(suggestions);
            }
            diagnostic
        })
        .collect();
    let root = json!({ "source": { "name": "seclint", "url": super::HOME }, "diagnostics": diagnostics });
    serde_json::to_writer_pretty(&mut *out, &root)?;
    writeln!(out)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "ERROR",
        Severity::Medium => "WARNING",
        Severity::Low | Severity::Note => "INFO",
    }
}
