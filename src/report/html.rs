//! One page for a browser: findings with source, reason, remedy and the rule's help, to filter and to print.
//!
//! It loads nothing: style and script are in it, and its content security policy lets no other in, by hash.
//! Without the script it reads the same, unfiltered. Every text of the tree is masked by the view and escaped
//! here, so that a file's name or content never becomes markup.

mod markdown;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Report;
use crate::finding::{Finding, Severity};
use crate::rules::Rule;
use crate::source::Span;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
/// Findings that are shown; a browser gets slow beyond, and the worst come first.
const MAX_FINDINGS: usize = 5_000;
/// Lines of source before and after the place, and of the place itself.
const AROUND: usize = 2;
const MAX_LINES: usize = 8;
/// Related places that are shown.
const MAX_RELATED: usize = 12;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut findings: Vec<&Finding> = report.outcome.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let left_out = findings.len().saturating_sub(MAX_FINDINGS);
    findings.truncate(MAX_FINDINGS);
    head(report, &findings, left_out, out)?;
    writeln!(out, "<main id=\"findings\">")?;
    for (number, finding) in findings.iter().enumerate() {
        out.write_all(article(report, finding, number + 1).as_bytes())?;
    }
    if findings.is_empty() {
        writeln!(out, "<p class=\"none\">Nothing was found.</p>")?;
    }
    writeln!(out, "<p class=\"none\" id=\"nothing\" hidden>No finding fits the filter.</p>\n</main>")?;
    unread(report, out)?;
    help(&findings, out)?;
    writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// What a policy names a style or a script by.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

fn head(report: &Report<'_>, findings: &[&Finding], left_out: usize, out: &mut dyn Write) -> io::Result<()> {
    let policy = format!("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'", hash(STYLE), hash(SCRIPT));
    let total = report.outcome.findings.len();
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>seclint: {total} findings</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    )?;
    let mut counts: BTreeMap<std::cmp::Reverse<Severity>, usize> = BTreeMap::new();
    let (mut rules, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for finding in findings {
        *counts.entry(std::cmp::Reverse(finding.severity)).or_default() += 1;
        rules.insert(finding.rule.id);
        folders.insert(folder(report.view.path(finding.span)));
    }
    writeln!(out, "<a class=\"skip\" href=\"#findings\">To the findings</a>\n<header>\n<h1>seclint</h1>")?;
    let suppressed = report.outcome.suppressed.len();
    writeln!(
        out,
        "<p><strong id=\"shown\">{}</strong> of {total} findings; {} files scanned with {} rules, {suppressed} findings suppressed.</p>",
        findings.len(),
        report.files,
        report.outcome.counts.rules
    )?;
    if left_out > 0 {
        writeln!(out, "<p>The worst {MAX_FINDINGS} are shown; {left_out} more are in the other formats.</p>")?;
    }
    writeln!(out, "<form id=\"filter\" role=\"search\" aria-label=\"Filter findings\">\n<fieldset><legend>Severity</legend>")?;
    for (severity, count) in &counts {
        let name = severity.0.name();
        writeln!(
            out,
            "<label class=\"{name}\"><input type=\"checkbox\" name=\"severity\" value=\"{name}\" checked> {name} ({count})</label>"
        )?;
    }
    writeln!(out, "</fieldset>")?;
    select("rule", "Rule", &rules, out)?;
    let folders: BTreeSet<&str> = folders.into_iter().collect();
    select("folder", "Folder", &folders, out)?;
    writeln!(
        out,
        "<label>Text <input type=\"search\" name=\"text\" placeholder=\"press / to type\" autocomplete=\"off\"></label>\n\
         <button type=\"button\" id=\"open\">Open all</button>\n</form>\n</header>"
    )
}

fn select(name: &str, title: &str, values: &BTreeSet<&str>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<label>{title} <select name=\"{name}\"><option value=\"\">all</option>")?;
    for value in values {
        writeln!(out, "<option>{}</option>", escape(value))?;
    }
    writeln!(out, "</select></label>")
}

/// The first folder of a path.
fn folder(path: &str) -> &str {
    path.split_once('/').map_or(".", |(folder, _)| folder)
}

fn article(report: &Report<'_>, finding: &Finding, number: usize) -> String {
    let view = &report.view;
    let (path, start) = (view.path(finding.span), view.start(finding.span));
    let severity = finding.severity.name();
    let mut out = String::new();
    let _ = write!(
        out,
        "<article id=\"f{number}\" data-severity=\"{severity}\" data-rule=\"{}\" data-folder=\"{}\">\n<details{}>\n\
         <summary><span class=\"badge {severity}\">{severity}</span> <span class=\"what\">{}</span> <code class=\"place\">{}:{}:{}</code></summary>\n",
        escape(finding.rule.id),
        escape(folder(path)),
        if number <= 20 { " open" } else { "" },
        markdown::inline(&view.text(&finding.what)),
        escape(path),
        start.line,
        start.column,
    );
    out.push_str(&excerpt(report, finding.span, AROUND));
    let _ = write!(
        out,
        "<dl><dt>Why</dt><dd>{}.</dd><dt>Fix</dt><dd>{}.</dd>",
        markdown::inline(&view.text(finding.reason())),
        markdown::inline(&view.text(finding.remedy()))
    );
    if let Some(repair) = finding.repair() {
        let flag = if repair.safe { "--fix" } else { "--fix --unsafe" };
        let lines: Vec<String> = view.repair(finding).iter().map(|line| diff_line(line)).collect();
        let _ = write!(
            out,
            "<dt><code>{flag}</code></dt><dd>{}<pre class=\"diff\">{}</pre></dd>",
            markdown::inline(repair.title),
            lines.concat()
        );
    }
    let _ = writeln!(
        out,
        "<dt>Rule</dt><dd><a href=\"#rule-{0}\">{0}</a>: {1} (confidence: {2})</dd></dl>",
        escape(finding.rule.id),
        markdown::inline(finding.rule.title),
        finding.confidence.name()
    );
    for related in finding.related.iter().take(MAX_RELATED) {
        let at = view.start(related.span);
        let _ = write!(
            out,
            "<p class=\"related\"><code class=\"place\">{}:{}</code> {}</p>\n{}",
            escape(view.path(related.span)),
            at.line,
            markdown::inline(&view.text(&related.text)),
            excerpt(report, related.span, 0)
        );
    }
    out.push_str("</details>\n</article>\n");
    out
}

fn diff_line(line: &str) -> String {
    let class = match line.chars().next() {
        Some('+') => "new",
        Some('-') => "old",
        _ => "same",
    };
    format!("<span class=\"{class}\">{}</span>", escape(line))
}

/// The lines of a place, with what is meant marked.
fn excerpt(report: &Report<'_>, span: Span, around: usize) -> String {
    let view = &report.view;
    let (first, last) = (view.start(span).line, view.end(span).line);
    let last = last.min(first + MAX_LINES);
    let count = view.line_count(span);
    let mut out = String::from("<pre class=\"source\">");
    for number in first.saturating_sub(around).max(1)..=(last + around).min(count) {
        let line = view.line(span.file, number, &[span]);
        let text = &line.text;
        let marked = if (first..=last).contains(&number) && !span.is_empty() { line.range(span.range()) } else { 0..0 };
        let (before, rest) = text.split_at_checked(marked.start).unwrap_or((text, ""));
        let (inside, after) = rest.split_at_checked(marked.len()).unwrap_or((rest, ""));
        let _ = write!(out, "<span class=\"line\"><span class=\"number\">{number}</span>{}", escape(before));
        if !inside.is_empty() {
            let _ = write!(out, "<mark>{}</mark>", escape(inside));
        }
        let _ = write!(out, "{}</span>", escape(after));
    }
    out.push_str("</pre>\n");
    out
}

/// What was not scanned, so that silence is never taken for clean.
fn unread(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lost: Vec<_> = report.skipped.iter().filter(|skipped| skipped.why.is_loss()).collect();
    if report.outcome.problems.is_empty() && lost.is_empty() && report.warnings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Not read whole</h2>\n<ul>")?;
    for warning in report.warnings {
        writeln!(out, "<li>{}</li>", escape(&report.view.text(warning)))?;
    }
    for problem in report.outcome.problems.iter().take(MAX_FINDINGS) {
        let (path, line) = (report.view.path(problem.span), report.view.start(problem.span).line);
        writeln!(out, "<li><code>{}:{line}</code> {}</li>", escape(path), escape(&report.view.text(&problem.message)))?;
    }
    for skipped in lost {
        writeln!(out, "<li><code>{}</code> {}</li>", escape(&skipped.path), skipped.why.describe())?;
    }
    writeln!(out, "</ul>\n</section>")
}

/// The pages of the rules that found something.
fn help(findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let rules: BTreeMap<&str, &Rule> = findings.iter().map(|finding| (finding.rule.id, finding.rule)).collect();
    writeln!(out, "<section id=\"rules\">\n<h2>Rules</h2>")?;
    for (id, rule) in rules {
        let id = escape(id);
        writeln!(out, "<details id=\"rule-{id}\">\n<summary><code>{id}</code> {}</summary>", markdown::inline(rule.title))?;
        for (title, text) in [("What it flags", rule.what), ("Why it matters", rule.why), ("How to fix", rule.fix)] {
            writeln!(out, "<h3>{title}</h3>\n{}", markdown::blocks(text))?;
        }
        let cwe = rule.cwe.iter().map(|number| {
            format!("<li><a rel=\"noreferrer\" href=\"https://cwe.mitre.org/data/definitions/{number}.html\">CWE-{number}</a></li>")
        });
        let references = rule.references.iter().filter(|(_, address)| address.starts_with("https://"));
        let references =
            references.map(|(title, address)| format!("<li><a rel=\"noreferrer\" href=\"{}\">{}</a></li>", escape(address), escape(title)));
        let links: Vec<String> = cwe.chain(references).collect();
        writeln!(out, "<ul>{}</ul>\n</details>", links.concat())?;
    }
    writeln!(out, "</section>")
}

/// Text as HTML or XML, in content and in quoted attributes alike.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}
