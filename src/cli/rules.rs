//! `seclint rules`.

use std::io::Write as _;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Answer, own_rules, working_folder};
use crate::finding::{Level, Severity};
use crate::ir::Confidence;
use crate::rules::Rule;

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to write the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
    /// Print the literals that the secret engine looks for instead, one a line (to compare speed with `rg -F -f`)
    #[arg(long, hide = true)]
    keywords: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ListFormat {
    /// One line a rule
    Text,
    /// Everything known of each rule
    Json,
}

/// A rule as `--format json` shows it.
#[derive(Debug, Serialize)]
struct Row {
    id: &'static str,
    family: &'static str,
    title: &'static str,
    severity: Severity,
    confidence: Confidence,
    level: Level,
    class: &'static str,
    cwe: &'static [u32],
    owasp: &'static [&'static str],
    peers: &'static [&'static str],
    since: &'static str,
    preview: bool,
    aliases: &'static [&'static str],
    what: &'static str,
    why: &'static str,
    fix: &'static str,
    references: Vec<&'static str>,
}

impl Row {
    fn of(rule: &'static Rule) -> Self {
        Self {
            id: rule.id,
            family: rule.family,
            title: rule.title,
            severity: rule.severity,
            confidence: rule.confidence,
            level: rule.level,
            class: rule.class,
            cwe: rule.cwe,
            owasp: rule.owasp,
            peers: rule.peers,
            since: rule.since,
            preview: rule.preview,
            aliases: rule.aliases,
            what: rule.what.trim(),
            why: rule.why.trim(),
            fix: rule.fix.trim(),
            references: rule.references.iter().map(|(_, address)| *address).collect(),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let mut out = anstream::stdout().lock();
    if arguments.keywords {
        for word in crate::secrets::keywords() {
            writeln!(out, "{word}")?;
        }
        return Ok(Answer::Clean);
    }
    let registry = own_rules::registry(&working_folder()?)?;
    match arguments.format {
        ListFormat::Text => {
            let width = registry.all().iter().map(|rule| rule.id.len()).max().unwrap_or(0);
            for rule in registry.all() {
                writeln!(out, "{:width$}  {:8}  {}", rule.id, rule.severity.name(), rule.title)?;
            }
        }
        ListFormat::Json => {
            let rows: Vec<Row> = registry.all().iter().copied().map(Row::of).collect();
            serde_json::to_writer_pretty(&mut out, &rows)?;
            writeln!(out)?;
        }
    }
    Ok(Answer::Clean)
}
