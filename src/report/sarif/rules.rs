//! Rules as SARIF describes them: all that ran, sorted, the same whatever was found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};

use crate::finding::Severity;
use crate::report::HOME;
use crate::rules::Rule;

/// GitHub takes 1,024 characters of a description.
const MAX_DESCRIPTION: usize = 1000;
/// GitHub keeps ten tags.
const MAX_TAGS: usize = 10;

/// The descriptors, and the index of each id.
pub(super) fn descriptors(rules: &[&'static Rule]) -> (Vec<ReportingDescriptor>, BTreeMap<&'static str, i64>) {
    let mut sorted: Vec<&'static Rule> = rules.to_vec();
    sorted.sort_by_key(|rule| rule.id);
    let index = sorted.iter().enumerate().map(|(at, rule)| (rule.id, super::int(at))).collect();
    (sorted.into_iter().map(descriptor).collect(), index)
}

fn descriptor(rule: &'static Rule) -> ReportingDescriptor {
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id)
        .name(pascal(rule.id))
        .short_description(plain(rule.title))
        .full_description(plain(&paragraph(rule.what)))
        .help(MultiformatMessageString::builder().text(help_text(rule)).markdown(help_markdown(rule)).build())
        .help_uri(help_uri(rule))
        .default_configuration(ReportingConfiguration::builder().level(level(rule.severity)).build())
        .properties(properties(rule))
        .build();
    if !rule.aliases.is_empty() {
        descriptor.deprecated_ids = Some(rule.aliases.iter().map(|alias| (*alias).to_owned()).collect());
    }
    descriptor
}

fn properties(rule: &Rule) -> PropertyBag {
    let mut tags = vec!["security".to_owned()];
    tags.extend(rule.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")));
    tags.extend(rule.owasp.iter().map(|entry| format!("external/owasp/{}", entry.to_ascii_lowercase().replace(':', "-"))));
    tags.truncate(MAX_TAGS);
    let pairs = [
        ("security-severity", json!(score(rule.severity))),
        ("precision", json!(rule.confidence)),
        ("severity", json!(rule.severity)),
        ("class", json!(rule.class)),
        ("family", json!(rule.family)),
        ("level", json!(rule.level)),
        ("since", json!(rule.since)),
        ("preview", json!(rule.preview)),
        ("peers", json!(rule.peers)),
    ];
    PropertyBag::builder()
        .tags(tags)
        .additional_properties(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>())
        .build()
}

/// GitHub reads over 9.0 as critical, from 7.0 as high, from 4.0 as medium, below as low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Note => "1.0",
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}

/// Where to read more: the weakness's page, else the rule's first reference, else the project.
fn help_uri(rule: &Rule) -> String {
    let reference = rule.references.iter().map(|(_, address)| *address).find(|address| address.starts_with("https://"));
    match (reference, rule.cwe.first()) {
        (Some(address), _) => address.to_owned(),
        (None, Some(number)) => format!("https://cwe.mitre.org/data/definitions/{number}.html"),
        (None, None) => HOME.to_owned(),
    }
}

fn help_text(rule: &Rule) -> String {
    format!("{}\n\nWhy it matters: {}\n\nHow to fix: {}", rule.what.trim(), rule.why.trim(), rule.fix.trim())
}

fn help_markdown(rule: &Rule) -> String {
    let mut out = format!("{}\n\n## Why it matters\n\n{}\n\n## How to fix\n\n{}\n", rule.what.trim(), rule.why.trim(), rule.fix.trim());
    let weaknesses =
        rule.cwe.iter().map(|number| (format!("CWE-{number}"), format!("https://cwe.mitre.org/data/definitions/{number}.html")));
    let references = rule.references.iter().map(|(title, address)| ((*title).to_owned(), (*address).to_owned()));
    let links: Vec<(String, String)> = references.chain(weaknesses).collect();
    if !links.is_empty() {
        out.push_str("\n## References\n\n");
    }
    for (title, address) in links {
        let _ = writeln!(out, "- [{title}]({address})");
    }
    out
}

fn plain(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(sentence(text)).build()
}

/// The first paragraph as one line.
fn paragraph(text: &str) -> String {
    text.trim().split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a full stop, within the limit.
fn sentence(text: &str) -> String {
    let cut: String = text.chars().take(MAX_DESCRIPTION).collect();
    let cut = cut.trim_end().trim_end_matches('.');
    format!("{cut}.")
}

/// `iam-wildcard-action` as `IamWildcardAction`.
fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    id.split('-').map(capital).collect()
}
