//! The `json-v1` format: everything that is known of each finding, for programs. Fields are added within
//! a version; none changes its meaning or goes away.
//!
//! Lines and columns count from 1, columns in characters; the end is exclusive.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::finding::{Edit, Finding, Level, Severity};
use crate::ir::{Confidence, History, ProblemKind};
use crate::source::{LineCol, Span};
use crate::walk::Skipped;

#[derive(Debug, Serialize)]
struct Root<'r> {
    version: &'static str,
    tool: Tool,
    summary: Summary<'r>,
    findings: Vec<Row<'r>>,
    problems: Vec<ProblemRow<'r>>,
    skipped: &'r [Skipped],
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct Summary<'r> {
    files: usize,
    rules: usize,
    findings: BTreeMap<&'r str, usize>,
    suppressed: usize,
}

/// One finding.
#[derive(Debug, Serialize)]
pub(super) struct Row<'r> {
    rule: &'static str,
    title: &'static str,
    class: &'static str,
    severity: Severity,
    confidence: Confidence,
    level: Level,
    message: String,
    why: String,
    fix: String,
    subject: String,
    fingerprint: &'r str,
    cwe: &'static [u32],
    location: Place<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'r History>,
    related: Vec<Related<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<RepairRow<'r>>,
}

/// What takes the finding away; `end` is exclusive, and an edit without a place adds a line at the file's end.
#[derive(Debug, Serialize)]
struct RepairRow<'r> {
    title: &'static str,
    safe: bool,
    edits: Vec<EditRow<'r>>,
}

#[derive(Debug, Serialize)]
struct EditRow<'r> {
    path: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Position>,
    text: String,
}

#[derive(Debug, Serialize)]
struct Place<'r> {
    path: &'r str,
    start: Position,
    end: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<String>,
}

#[derive(Debug, Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Debug, Serialize)]
struct Related<'r> {
    message: String,
    location: Place<'r>,
    /// Whether it is half of what is found: an id with its secret.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_part: bool,
}

#[derive(Debug, Serialize)]
struct ProblemRow<'r> {
    kind: ProblemKind,
    message: String,
    location: Place<'r>,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut findings = BTreeMap::new();
    for finding in &report.outcome.findings {
        *findings.entry(finding.severity.name()).or_default() += 1;
    }
    let root = Root {
        version: "json-v1",
        tool: Tool { name: "seclint", version: env!("CARGO_PKG_VERSION") },
        summary: Summary {
            files: report.files,
            rules: report.outcome.counts.rules,
            findings,
            suppressed: report.outcome.counts.suppressed,
        },
        findings: report.outcome.findings.iter().map(|finding| row(report, finding)).collect(),
        problems: report
            .outcome
            .problems
            .iter()
            .map(|problem| ProblemRow {
                kind: problem.kind,
                message: report.view.text(&problem.message),
                location: place(report, problem.span),
            })
            .collect(),
        skipped: report.skipped,
        warnings: report.warnings.iter().map(|warning| report.view.text(warning)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &root)?;
    writeln!(out)
}

/// One finding a line, each the object that `findings` of the whole format holds.
pub(super) fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.outcome.findings {
        serde_json::to_writer(&mut *out, &row(report, finding))?;
        writeln!(out)?;
    }
    Ok(())
}

fn row<'r>(report: &'r Report<'_>, finding: &'r Finding) -> Row<'r> {
    let view = &report.view;
    Row {
        rule: finding.rule.id,
        title: finding.rule.title,
        class: finding.rule.class,
        severity: finding.severity,
        confidence: finding.confidence,
        level: finding.level,
        message: view.text(&finding.what),
        why: view.text(finding.reason()),
        fix: view.text(finding.remedy()),
        subject: view.text(&finding.subject),
        fingerprint: &finding.fingerprint,
        cwe: finding.rule.cwe,
        location: place(report, finding.span),
        history: finding.history.as_ref(),
        related: finding
            .related
            .iter()
            .map(|related| Related { message: view.text(&related.text), location: place(report, related.span), is_part: related.is_part })
            .collect(),
        repair: finding.repair().map(|repair| RepairRow {
            title: repair.title,
            safe: repair.safe,
            edits: finding.edits.iter().map(|edit| edit_row(report, edit)).collect(),
        }),
    }
}

fn edit_row<'r>(report: &'r Report<'_>, edit: &'r Edit) -> EditRow<'r> {
    let position = |at: LineCol| Some(Position { line: at.line, column: at.column });
    match edit {
        Edit::Replace(span, text) => EditRow {
            path: report.view.path(*span),
            start: position(report.view.start(*span)),
            end: position(report.view.end(*span)),
            text: report.view.inserted(text),
        },
        Edit::AddLine { path, line } => EditRow { path, start: None, end: None, text: report.view.inserted(line) },
    }
}

fn place<'r>(report: &'r Report<'_>, span: Span) -> Place<'r> {
    let (start, end) = (report.view.start(span), report.view.end(span));
    Place {
        path: report.view.path(span),
        start: Position { line: start.line, column: start.column },
        end: Position { line: end.line, column: end.column },
        snippet: report.view.snippet(span),
    }
}
