//! Findings in groups, a line each, for people who clean up: by file, to go through a repository, or by rule, with
//! its remedy said once.

use std::collections::BTreeMap;
use std::io::{self, Write};

use codespan_reporting::term::WriteStyle as _;

use super::paint::Paint;
use super::{Report, Style, plural};
use crate::finding::Finding;

/// Groups in the order of their paths; findings in the order of their lines.
pub(super) fn by_file(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let view = &report.view;
    for group in report.outcome.findings.chunk_by(|a, b| a.span.file == b.span.file) {
        let places: Vec<String> = group.iter().map(|finding| place(report, finding)).collect();
        heading(view.path(group[0].span), group.len(), style, out)?;
        rows(report, group.iter().zip(places), true, style, out)?;
        writeln!(out)?;
    }
    Ok(())
}

/// The worst rules first, among them those with the most findings.
pub(super) fn by_rule(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let view = &report.view;
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.outcome.findings {
        groups.entry(finding.rule.id).or_default().push(finding);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse((group.iter().map(|finding| finding.severity).max(), group.len())));
    for (id, group) in groups {
        let places = group.iter().map(|finding| format!("{}:{}", view.path(finding.span), place(report, finding)));
        heading(&format!("{id}: {}", group[0].rule.title), group.len(), style, out)?;
        rows(report, group.iter().copied().zip(places.collect::<Vec<_>>()), false, style, out)?;
        let why = group[0].rule.why_short;
        writeln!(out, "  = why: {}\n  = fix: {}\n", view.text(why), view.text(group[0].rule.fix_short))?;
    }
    Ok(())
}

fn place(report: &Report<'_>, finding: &Finding) -> String {
    let at = report.view.start(finding.span);
    format!("{}:{}", at.line, at.column)
}

fn heading(text: &str, count: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let bold = if style.color { anstyle::Style::new().bold() } else { anstyle::Style::new() };
    writeln!(out, "{bold}{text}{bold:#} ({})", plural(count, "finding"))
}

/// The lines of a group, its columns as wide as they need to be.
fn rows<'f>(
    report: &Report<'_>,
    group: impl Iterator<Item = (&'f Finding, String)> + Clone,
    named: bool,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = group.clone().map(|(_, place)| place.chars().count()).max().unwrap_or(0);
    for (finding, place) in group {
        write!(out, "  {place:width$}  ")?;
        let mut paint = Paint::new(out, style.color, finding.severity);
        paint.set_severity()?;
        write!(paint, "{:8}", finding.severity.name())?;
        paint.reset()?;
        let rule = if named { format!(" [{}]", finding.rule.id) } else { String::new() };
        writeln!(out, "  {}{rule}", report.view.text(&finding.what))?;
    }
    Ok(())
}
