//! GitHub workflow commands: annotations on the lines of a pull request.
//!
//! GitHub shows ten annotations of a level and step and drops the rest without a word, so the worst ten
//! are written and the rest is counted (actions/toolkit, "Problem Matchers", limits).

use std::io::{self, Write};

use super::Report;
use crate::finding::{Finding, Severity};

const MAX_OF_LEVEL: usize = 10;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut left_out = 0;
    for level in ["error", "warning", "notice"] {
        let mut findings: Vec<&Finding> = report.outcome.findings.iter().filter(|finding| level_of(finding.severity) == level).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        left_out += findings.len().saturating_sub(MAX_OF_LEVEL);
        for finding in findings.into_iter().take(MAX_OF_LEVEL) {
            let view = &report.view;
            let span = view.first_line(finding.span);
            let (start, end) = (view.start(span), view.end(span));
            writeln!(
                out,
                "::{level} file={},line={},endLine={},col={},endColumn={},title={}::{}",
                property(view.path(span)),
                start.line,
                end.line,
                start.column,
                end.column,
                property(&format!("{} ({})", finding.rule.id, finding.severity.name())),
                data(&format!("{}. {}. {}.", view.text(&finding.what), view.text(finding.reason()), view.text(finding.remedy()))),
            )?;
        }
    }
    if left_out > 0 {
        writeln!(out, "::notice title=seclint::and {left_out} more findings: GitHub shows ten of a level, the summary has all")?;
    }
    Ok(())
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "notice",
    }
}

/// A command's message (actions/toolkit, `escapeData`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A command's property (`escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
