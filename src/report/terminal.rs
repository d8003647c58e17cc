//! Findings for people: the lines of source with what is wrong underlined, why it matters, and what to
//! do. Drawn by codespan-reporting over the view, so that it only ever sees what may be shown.

mod excerpt;

use std::io::{self, Write};

use codespan_reporting::diagnostic::{Diagnostic, Label, Severity as Drawn};
use codespan_reporting::term::{self, Config};

use super::paint::Paint;
use super::{Report, Style};
use crate::finding::{Finding, Severity};
use crate::source::Span;
use excerpt::Excerpts;

/// Related places that are drawn; more are counted.
const MAX_RELATED: usize = 6;

pub(super) fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let config = Config::default();
    for finding in &report.outcome.findings {
        one(report, finding, &config, style.links.as_deref(), &mut Paint::new(out, style.color, finding.severity))?;
    }
    Ok(())
}

fn one(report: &Report<'_>, finding: &Finding, config: &Config, links: Option<&str>, out: &mut Paint<'_>) -> io::Result<()> {
    let view = &report.view;
    let mut places: Vec<(Span, String)> = vec![(view.first_line(finding.span), view.text(&finding.label))];
    for related in finding.related.iter().take(MAX_RELATED) {
        places.push((view.first_line(related.span), view.text(&related.text)));
    }
    let excerpts = Excerpts::new(view, &places.iter().map(|(span, _)| *span).collect::<Vec<_>>(), links);
    let labels = places.into_iter().enumerate().map(|(at, (span, text))| {
        let (file, range) = excerpts.place(span);
        let label = if at == 0 { Label::primary(file, range) } else { Label::secondary(file, range) };
        label.with_message(text)
    });
    let mut notes = Vec::new();
    if let more @ 1.. = finding.related.len().saturating_sub(MAX_RELATED) {
        notes.push(format!("and {more} more places"));
    }
    notes.push(format!("why: {}", view.text(finding.reason())));
    notes.push(format!("fix: {}", view.text(finding.remedy())));
    if let Some(repair) = finding.repair() {
        let flag = if repair.safe { "--fix" } else { "--fix --unsafe" };
        let lines = view.repair(finding).into_iter().map(|line| format!("\n  {line}"));
        notes.push(format!("`{flag}` does this: {}{}", repair.title, lines.collect::<String>()));
    }
    let diagnostic = Diagnostic::new(drawn(finding.severity))
        .with_code(finding.rule.id)
        .with_message(view.text(&finding.what))
        .with_labels(labels.collect())
        .with_notes(notes);
    term::emit_to_write_style(out, config, &excerpts, &diagnostic).map_err(|error| match error {
        codespan_reporting::files::Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    })
}

/// The colours that a severity is drawn in.
fn drawn(severity: Severity) -> Drawn {
    match severity {
        Severity::Critical | Severity::High => Drawn::Error,
        Severity::Medium => Drawn::Warning,
        Severity::Low => Drawn::Help,
        Severity::Note => Drawn::Note,
    }
}
