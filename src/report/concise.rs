//! One line a finding: `path:line:column: severity: message [rule]`, for grep and editors.

use std::io::{self, Write};

use super::Report;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.outcome.findings {
        let at = report.view.start(finding.span);
        writeln!(
            out,
            "{}:{}:{}: {}: {} [{}]",
            report.view.path(finding.span),
            at.line,
            at.column,
            finding.severity.name(),
            report.view.text(&finding.what),
            finding.rule.id
        )?;
    }
    Ok(())
}
