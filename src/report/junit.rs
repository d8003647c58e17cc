//! `JUnit`'s XML in the strict form that Jenkins' `xUnit` plugin checks (`junit-10.xsd`), which others read too: one
//! failed test case a finding; one that passed if there is none, since an empty suite reads as an error. Controls,
//! which XML 1.0 has no way to write, were escaped by the view.

use std::io::{self, Write};

use super::Report;
use super::html::escape;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = &report.outcome.findings;
    let count = findings.len().max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let counts = format!("tests=\"{count}\" failures=\"{}\" errors=\"0\"", findings.len());
    writeln!(out, "<testsuites name=\"seclint\" {counts}>\n  <testsuite name=\"seclint\" {counts}>")?;
    if findings.is_empty() {
        writeln!(out, "    <testcase name=\"no findings\" classname=\"seclint\"/>")?;
    }
    for finding in findings {
        let view = &report.view;
        let (path, line) = (escape(view.path(finding.span)), view.start(finding.span).line);
        writeln!(out, "    <testcase name=\"{}\" classname=\"{path}\">", finding.rule.id)?;
        writeln!(
            out,
            "      <failure message=\"{}\" type=\"{}\">{path}:{line}: {}. {}.</failure>",
            escape(&view.text(&finding.what)),
            finding.severity.name(),
            escape(&view.text(finding.reason())),
            escape(&view.text(finding.remedy())),
        )?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}
