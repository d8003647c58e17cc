//! SARIF 2.1.0 as GitHub code scanning takes it: relative URIs, complete rule metadata, fingerprints that
//! survive edits, one result a rule and line, the limits kept with the worst first.
//!
//! Sources: OASIS SARIF 2.1.0, GitHub's "SARIF support for code scanning". GitHub ignores `suppressions`
//! and `originalUriBaseIds`, so suppressed findings are left out and URIs begin at the root.

mod line_hash;
mod rules;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, Message, Notification, PhysicalLocation, PropertyBag,
    Region, Replacement, Result as Found, ResultLevel, Run, RunAutomationDetails, Sarif, Suppression, Tool, ToolComponent,
};

use super::{HOME, Report};
use crate::finding::{Edit, Finding, Severity};
use crate::ir::Problem;
use crate::settle::Suppressed;
use crate::source::{Encoding, FileId, Span, path_to_uri};
use line_hash::LineHashes;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const ROOT: &str = "%SRCROOT%";
/// Results that GitHub keeps of one run; more would be dropped without a word.
const MAX_RESULTS: usize = 5_000;
/// GitHub takes 1,000 locations of one result and shows 100.
const MAX_RELATED: usize = 50;
/// Related places that the message links to.
const MAX_LINKS: usize = 8;
/// The first sentence is the alert's title; GitHub cuts longer ones.
const MAX_TITLE: usize = 190;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sarif = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run(report)]).build();
    serde_json::to_writer_pretty(&mut *out, &sarif)?;
    writeln!(out)
}

fn run(report: &Report<'_>) -> Run {
    let (rules, index) = rules::descriptors(report.rules);
    let driver = ToolComponent::builder()
        .name("seclint")
        .full_name(concat!("seclint ", env!("CARGO_PKG_VERSION")))
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(HOME)
        .rules(rules)
        .build();
    let groups = group(report);
    let left_out = groups.len().saturating_sub(MAX_RESULTS);
    let groups = worst(groups);
    let mut hashes = Hashes { report, files: BTreeMap::new() };
    let mut results: Vec<Found> = groups.iter().map(|group| result(report, group, &index, &mut hashes)).collect();
    if report.include_suppressed {
        let room = MAX_RESULTS.saturating_sub(results.len());
        results.extend(report.outcome.suppressed.iter().take(room).map(|taken| {
            let mut found = result(report, &[&taken.finding], &index, &mut hashes);
            found.suppressions = Some(vec![suppression(report, taken)]);
            found
        }));
    }
    let root = ArtifactLocation::builder().description(message("The root of the scanned tree.")).build();
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(RunAutomationDetails::builder().id("seclint/").build())
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .column_kind("utf16CodeUnits")
        .invocations(vec![invocation(report, left_out)])
        .results(results)
        .build()
}

/// Findings of one rule on one line: GitHub would make one alert of them, with one of their texts.
fn group<'r>(report: &'r Report<'_>) -> Vec<Vec<&'r Finding>> {
    let mut places: BTreeMap<(FileId, usize, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in &report.outcome.findings {
        let key = (finding.span.file, report.view.start(finding.span).line, finding.rule.id);
        let at = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// The worst of them, in the order that they came in.
fn worst(groups: Vec<Vec<&Finding>>) -> Vec<Vec<&Finding>> {
    if groups.len() <= MAX_RESULTS {
        return groups;
    }
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(groups[*at].iter().map(|finding| finding.severity).max()));
    order.truncate(MAX_RESULTS);
    order.sort_unstable();
    let mut kept: Vec<Vec<&Finding>> = Vec::with_capacity(MAX_RESULTS);
    let mut groups = groups;
    for at in order {
        kept.push(std::mem::take(&mut groups[at]));
    }
    kept
}

fn result(report: &Report<'_>, group: &[&Finding], index: &BTreeMap<&str, i64>, hashes: &mut Hashes<'_>) -> Found {
    let view = &report.view;
    let finding = group[0];
    let severity = group.iter().map(|finding| finding.severity).max().unwrap_or(finding.severity);
    let mut related: Vec<(Span, String)> = Vec::new();
    for other in &group[1..] {
        related.push((other.span, view.text(&other.what)));
    }
    for finding in group {
        related.extend(finding.related.iter().map(|related| (related.span, view.text(&related.text))));
    }
    related.truncate(MAX_RELATED);
    let mut text = format!("{}. {}. {}.", clip(&view.text(&finding.what)), view.text(finding.reason()), view.text(finding.remedy()));
    for (at, (_, label)) in related.iter().enumerate().take(MAX_LINKS) {
        text.push_str(if at == 0 { " See: " } else { ", " });
        let _ = write!(text, "[{}]({})", link_text(label), at + 1);
    }
    let mut fingerprints = BTreeMap::from([("seclint/v1".to_owned(), finding.fingerprint.clone())]);
    if let Some(hash) = hashes.line(finding.span) {
        fingerprints.insert("primaryLocationLineHash".to_owned(), hash);
    }
    let locations = related.iter().enumerate().map(|(at, (span, text))| {
        Location::builder().id(int(at + 1)).message(message(text)).physical_location(physical(report, *span)).build()
    });
    let mut about = json!({
        "severity": severity,
        "confidence": finding.confidence,
        "level": finding.level,
        "class": finding.rule.class,
        "subject": view.text(&finding.subject),
    });
    if let Some(history) = &finding.history {
        about["history"] = json!(history);
    }
    // SARIF §3.27.12: several locations where each must change to mend the result, as the halves of a credential.
    let places = std::iter::once(finding.span).chain(finding.related.iter().filter(|related| related.is_part).map(|related| related.span));
    let mut result = Found::builder()
        .rule_id(finding.rule.id)
        .level(level(severity))
        .message(message(&text))
        .locations(places.map(|span| Location::builder().physical_location(physical(report, span)).build()).collect::<Vec<_>>())
        .partial_fingerprints(fingerprints)
        .properties(properties(about))
        .build();
    result.rule_index = index.get(finding.rule.id).copied();
    let locations: Vec<Location> = locations.collect();
    result.related_locations = (!locations.is_empty()).then_some(locations);
    result.fixes = fix(report, finding).map(|fix| vec![fix]);
    result
}

/// What takes a finding away, where SARIF can say it: edits of files that are there.
fn fix(report: &Report<'_>, finding: &Finding) -> Option<Fix> {
    let repair = finding.repair()?;
    let mut files: BTreeMap<&str, Vec<Replacement>> = BTreeMap::new();
    for edit in &finding.edits {
        let Edit::Replace(span, text) = edit else { return None };
        let replacement = Replacement::builder()
            .deleted_region(region(report, *span))
            .inserted_content(ArtifactContent::builder().text(report.view.inserted(text)).build());
        files.entry(report.view.path(*span)).or_default().push(replacement.build());
    }
    let changes =
        files.into_iter().map(|(path, edits)| ArtifactChange::builder().artifact_location(artifact(path)).replacements(edits).build());
    let title = if repair.safe { format!("{}.", repair.title) } else { format!("{} (may need a look).", repair.title) };
    Some(Fix::builder().description(message(&title)).artifact_changes(changes.collect::<Vec<_>>()).build())
}

/// Who took a finding out, and why: a comment in the source, or a file beside it.
fn suppression(report: &Report<'_>, taken: &Suppressed) -> Suppression {
    let is_beside = matches!(taken.by, "baseline" | "seclint.toml");
    let reason = if taken.reason.is_empty() { taken.by.to_owned() } else { report.view.text(&taken.reason) };
    Suppression::builder().kind(if is_beside { "external" } else { "inSource" }).justification(reason).build()
}

fn physical(report: &Report<'_>, span: Span) -> PhysicalLocation {
    let start = report.view.start(span);
    let mut region = region(report, span);
    // Readers of SARIF compare a snippet with the bytes of the file; where a byte-order mark or another
    // encoding shifts those, no snippet is better than one that seems wrong.
    let comparable = match report.view.encoding(span.file) {
        Some(Encoding::Utf8Bom) => start.line > 1,
        Some(encoding) => encoding != Encoding::Utf16,
        None => false,
    };
    region.snippet = report.view.snippet(span).filter(|_| comparable).map(|text| ArtifactContent::builder().text(text).build());
    PhysicalLocation::builder().artifact_location(artifact(report.view.path(span))).region(region).build()
}

fn region(report: &Report<'_>, span: Span) -> Region {
    let (start, end) = report.view.utf16(span);
    Region::builder()
        .start_line(int(start.line))
        .start_column(int(start.column))
        .end_line(int(end.line))
        .end_column(int(end.column))
        .build()
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(path_to_uri(path)).uri_base_id(ROOT).build()
}

/// What could not be read is named, so that nobody takes silence for a clean file.
fn invocation(report: &Report<'_>, left_out: usize) -> Invocation {
    let mut notes: Vec<Notification> =
        report.outcome.problems.iter().take(MAX_RESULTS).map(|problem| problem_note(report, problem)).collect();
    for skipped in report.skipped.iter().filter(|skipped| skipped.why.is_loss()).take(MAX_RESULTS) {
        let location =
            Location::builder().physical_location(PhysicalLocation::builder().artifact_location(artifact(&skipped.path)).build()).build();
        let text = format!("Not scanned: {}.", skipped.why.describe());
        notes.push(Notification::builder().level("warning").message(message(&text)).locations(vec![location]).build());
    }
    let sentences = report.warnings.iter().map(|warning| format!("{}.", report.view.text(warning)));
    let sentences = sentences
        .chain((left_out > 0).then(|| format!("{left_out} findings of the least severity are left out: GitHub keeps {MAX_RESULTS}.")));
    for sentence in sentences {
        notes.push(Notification::builder().level("warning").message(message(&sentence)).build());
    }
    let mut invocation = Invocation::builder().execution_successful(true).build();
    invocation.tool_execution_notifications = (!notes.is_empty()).then_some(notes);
    invocation
}

fn problem_note(report: &Report<'_>, problem: &Problem) -> Notification {
    let location = Location::builder().physical_location(physical(report, problem.span)).build();
    let text = format!("{}.", report.view.text(&problem.message));
    Notification::builder().level("note").message(message(&text)).locations(vec![location]).build()
}

/// SARIF's integers are signed.
fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn properties(value: Value) -> PropertyBag {
    let pairs = if let Value::Object(pairs) = value { pairs.into_iter().collect() } else { BTreeMap::new() };
    PropertyBag::builder().additional_properties(pairs).build()
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Note => ResultLevel::Note,
    }
}

fn clip(text: &str) -> String {
    match text.char_indices().nth(MAX_TITLE) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// A text inside `[…](1)` (SARIF §3.11.6): brackets are escaped.
fn link_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// The line hashes of files, each file hashed once. A hash that covers a secret is left out, since
/// guesses could be tested against it: the upload action computes it where it has the file.
struct Hashes<'r> {
    report: &'r Report<'r>,
    /// Of the text as it is, and with tags in place of secrets; where they agree, no secret is covered.
    files: BTreeMap<FileId, Option<[LineHashes; 2]>>,
}

impl Hashes<'_> {
    fn line(&mut self, span: Span) -> Option<String> {
        let report = self.report;
        let hashes = self.files.entry(span.file).or_insert_with(|| {
            let encoding = report.view.encoding(span.file)?;
            Some([LineHashes::of(report.view.raw(span.file), encoding)?, LineHashes::of(&report.view.hashable(span.file), encoding)?])
        });
        let [true_to_file, tagged] = hashes.as_ref()?;
        let line = report.view.start(span).line;
        true_to_file.line(line).filter(|hash| tagged.line(line).as_ref() == Some(hash))
    }
}
