//! `JUnit`'s XML, as CI servers read it: one failed test case a finding; one that passed if there is none,
//! since an empty suite reads as an error.

use std::io::{self, Write};

use super::Report;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = &report.outcome.findings;
    let count = findings.len().max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"seclint\" tests=\"{count}\" failures=\"{}\">", findings.len())?;
    writeln!(out, "  <testsuite name=\"seclint\" tests=\"{count}\" failures=\"{}\">", findings.len())?;
    if findings.is_empty() {
        writeln!(out, "    <testcase name=\"no findings\" classname=\"seclint\"/>")?;
    }
    for finding in findings {
        let view = &report.view;
        let (path, line) = (xml(view.path(finding.span)), view.start(finding.span).line);
        writeln!(out, "    <testcase name=\"{}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\">", finding.rule.id)?;
        writeln!(
            out,
            "      <failure message=\"{}\" type=\"{}\">{path}:{line}: {}. {}.</failure>",
            xml(&view.text(&finding.what)),
            finding.severity.name(),
            xml(&view.text(finding.reason())),
            xml(&view.text(finding.remedy())),
        )?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// Text as XML; controls, which XML 1.0 has no way to write, were escaped by the view.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
