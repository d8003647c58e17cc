//! GitLab's security report for static analysis (security-report-schemas 15, `sast-report-format.json`):
//! what its vulnerability page and merge request widget read.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Report;
use crate::finding::{Finding, Severity};

const SCHEMA: &str = "15.1.4";
/// The schema asks for times; a report is a function of the tree alone, so it is always this one.
const NO_TIME: &str = "1970-01-01T00:00:00";
/// The schema's limits of a name and a solution.
const MAX_NAME: usize = 255;
const MAX_TEXT: usize = 7000;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tool = json!({
        "id": "seclint",
        "name": "seclint",
        "url": super::HOME,
        "version": env!("CARGO_PKG_VERSION"),
        "vendor": { "name": "seclint" },
    });
    let vulnerabilities: Vec<Value> = report.outcome.findings.iter().map(|finding| vulnerability(report, finding)).collect();
    let root = json!({
        "version": SCHEMA,
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "sast",
            "start_time": NO_TIME,
            "end_time": NO_TIME,
            "status": "success",
        },
        "vulnerabilities": vulnerabilities,
    });
    serde_json::to_writer_pretty(&mut *out, &root)?;
    writeln!(out)
}

fn vulnerability(report: &Report<'_>, finding: &Finding) -> Value {
    let view = &report.view;
    let (start, end) = (view.start(finding.span), view.end(finding.span));
    let rule = finding.rule;
    let mut identifiers = vec![json!({ "type": "seclint_rule", "name": rule.id, "value": rule.id, "url": super::HOME })];
    identifiers.extend(rule.cwe.iter().map(|number| {
        let url = format!("https://cwe.mitre.org/data/definitions/{number}.html");
        json!({ "type": "cwe", "name": format!("CWE-{number}"), "value": number.to_string(), "url": url })
    }));
    let links: Vec<Value> = rule
        .references
        .iter()
        .filter(|(_, address)| address.starts_with("https://"))
        .map(|(title, address)| json!({ "name": cut(title, MAX_NAME), "url": address }))
        .collect();
    json!({
        "id": finding.fingerprint,
        "name": cut(rule.title, MAX_NAME),
        "description": cut(&format!("{}. {}.", view.text(&finding.what), view.text(finding.reason())), MAX_TEXT),
        "severity": severity(finding.severity),
        "solution": cut(&format!("{}.", view.text(finding.remedy())), MAX_TEXT),
        "identifiers": identifiers,
        "links": links,
        "location": { "file": view.path(finding.span), "start_line": start.line, "end_line": end.line },
    })
}

/// GitLab's own names.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Note => "Info",
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
