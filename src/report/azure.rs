//! Azure Pipelines logging commands (`task.logissue`): issues on a build's page.

use std::io::{self, Write};

use super::Report;
use crate::finding::Severity;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.outcome.findings {
        let at = report.view.start(finding.span);
        let kind = if finding.severity >= Severity::High { "error" } else { "warning" };
        writeln!(
            out,
            "##vso[task.logissue type={kind};sourcepath={};linenumber={};columnnumber={};code={};]{}",
            escaped(report.view.path(finding.span)),
            at.line,
            at.column,
            finding.rule.id,
            escaped(&format!("{}. {}.", report.view.text(&finding.what), report.view.text(finding.remedy()))),
        )?;
    }
    Ok(())
}

/// Azure's own escapes ("Logging commands", formatting).
fn escaped(text: &str) -> String {
    text.replace('%', "%AZP25").replace(';', "%3B").replace('\r', "%0D").replace('\n', "%0A").replace(']', "%5D")
}
