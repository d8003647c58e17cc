//! Markdown for a step summary or a comment: the worst first, a table a reviewer can read, within the
//! megabyte that GitHub takes of a step.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::Report;
use crate::finding::{Finding, Severity};

/// Rows at the most: a row is at the most some 1,500 bytes, and GitHub drops a summary over 1 MiB whole.
const MAX_ROWS: usize = 500;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = &report.outcome.findings;
    writeln!(out, "## seclint\n")?;
    if findings.is_empty() {
        writeln!(out, "No findings in {} files with {} rules.", report.files, report.outcome.counts.rules)?;
    } else {
        let mut counts: BTreeMap<std::cmp::Reverse<Severity>, usize> = BTreeMap::new();
        for finding in findings {
            *counts.entry(std::cmp::Reverse(finding.severity)).or_default() += 1;
        }
        let counted: Vec<String> = counts.iter().map(|(severity, count)| format!("{count} {}", severity.0.name())).collect();
        writeln!(out, "**{}** in {} files with {} rules.\n", counted.join(", "), report.files, report.outcome.counts.rules)?;
        writeln!(out, "| Severity | Place | What | What to do |\n|---|---|---|---|")?;
        let mut worst: Vec<&Finding> = findings.iter().collect();
        worst.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in worst.into_iter().take(MAX_ROWS) {
            row(report, finding, out)?;
        }
        if let more @ 1.. = findings.len().saturating_sub(MAX_ROWS) {
            writeln!(out, "\nand {more} more findings")?;
        }
    }
    let unread = report.outcome.problems.len() + report.skipped.iter().filter(|skipped| skipped.why.is_loss()).count();
    if unread > 0 {
        writeln!(out, "\n{unread} places could not be read; the log names them.")?;
    }
    if !report.outcome.suppressed.is_empty() {
        writeln!(out, "\n{} findings are suppressed by comments, configuration or baseline.", report.outcome.suppressed.len())?;
    }
    Ok(())
}

fn row(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let view = &report.view;
    writeln!(
        out,
        "| {} | {}:{} | **{}**: {} | {} |",
        finding.severity.name(),
        cell(view.path(finding.span)),
        view.start(finding.span).line,
        finding.rule.id,
        cell(&view.text(&finding.what)),
        cell(&view.text(finding.remedy())),
    )
}

/// Text that stays text in a table's cell: nothing in a file's name or content becomes markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // As entities, since some renderers take `\|` for the end of a cell, and `@` for a mention.
            '|' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '!' | '~' | '\\' | '@' | '#' | ':' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}
