//! `seclint scan --explain-secret FILE:LINE`: why a secret of a line was reported, and why not.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use crate::config::Config;
use crate::engine::Outcome;
use crate::finding::{Dials, Finding, Level};
use crate::ir::Validity;
use crate::rules::Active;
use crate::secrets::Judged;
use crate::settle::Settings;
use crate::source::{LineIndex, SourceFile, escape};

/// A line of a file.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The file as it was named.
    pub(super) file: PathBuf,
    /// The line, from 1.
    line: usize,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no place: it is a file and a line, such as `src/config.ts:12`");
        let (file, line) = text.rsplit_once(':').ok_or_else(wrong)?;
        let line = line.parse().ok().filter(|line| *line > 0).ok_or_else(wrong)?;
        if file.is_empty() { Err(wrong()) } else { Ok(Self { file: file.into(), line }) }
    }
}

/// Settings that hide nothing, to compare with those of the run.
pub(super) fn unhidden(settings: &Settings) -> Settings {
    Settings {
        dials: Dials::of(Level::Auditor),
        ignores: false,
        config: Config { severities: settings.config.severities.clone(), ..Config::default() },
        ..Settings::default()
    }
}

/// What there is to compare: the run as it was asked for, and everything that could have been said.
pub(super) struct Runs<'r> {
    /// The rules of the run.
    pub(super) active: &'r Active,
    /// Its settings.
    pub(super) settings: &'r Settings,
    /// What it reports.
    pub(super) shown: &'r Outcome,
    /// What every rule says with nothing hidden.
    pub(super) all: &'r Outcome,
}

/// The trail of a line as text.
pub(super) fn text(place: &Place, file: &SourceFile, runs: &Runs<'_>) -> String {
    let path = escape(&file.path).into_owned();
    let trail = crate::secrets::explain(file, place.line);
    if trail.is_empty() {
        return format!(
            "{path}:{}: nothing on this line could be a secret: no token of a known shape, no key material, no URL with a \
             password, and no literal under a key whose name promises one (it ends in a word such as `password`, `secret`, `token`)\n",
            place.line
        );
    }
    let lines = LineIndex::new(&file.text);
    let mut out = String::new();
    for judged in &trail {
        let column = lines.chars(&file.text, judged.span.start as usize).column;
        let key = judged.key.as_deref().map(|key| format!("{} = ", escape(key))).unwrap_or_default();
        let _ = writeln!(out, "{path}:{}:{column}: {key}{} ({})", lines.line(judged.span.start as usize), judged.masked, judged.name);
        rows(judged, runs, &mut out);
        out.push('\n');
    }
    out.pop();
    out
}

fn rows(judged: &Judged, runs: &Runs<'_>, out: &mut String) {
    let mut row = |name: &str, text: &str| {
        let _ = writeln!(out, "  {name:<10} {text}");
    };
    let verdict = match judged.confidence {
        Some(confidence) => format!("a secret, with {} confidence: it {}", confidence.name(), judged.reason.describe()),
        None => format!("no secret: it {}", judged.reason.describe()),
    };
    row("verdict", &verdict);
    row("detector", judged.detector);
    if let Some(promise) = judged.promise {
        row("key", promise);
    }
    let side = if judged.bits >= judged.threshold { "at least" } else { "less than" };
    row(
        "value",
        &format!(
            "{} bytes, {:.1} bits a character: {side} the {:.1} from which on one of this length and build counts as random",
            judged.length, judged.bits, judged.threshold
        ),
    );
    row(
        "structure",
        match judged.validity {
            Validity::Valid => "its checksum or structure is right",
            Validity::Malformed => "its checksum is wrong, which lowers the severity by one level",
            Validity::Unchecked => "it has no checksum that could be verified offline",
        },
    );
    if let Some(lowered) = &judged.lowered {
        row("lowered", &format!("by one level: {lowered}"));
    }
    if judged.confidence.is_some() {
        for finding in runs.all.findings.iter().filter(|finding| is_of(finding, judged)) {
            row("report", &fate(finding, runs));
        }
    }
}

/// Whether a finding is a rule's answer to a candidate.
fn is_of(finding: &Finding, judged: &Judged) -> bool {
    finding.span.file == judged.span.file && finding.span.start <= judged.span.start && judged.span.end <= finding.span.end
}

/// What became of a finding: reported, or what hides it.
fn fate(finding: &Finding, runs: &Runs<'_>) -> String {
    let (rule, severity) = (finding.rule.id, finding.severity.name());
    let dials = runs.settings.dials;
    let same = |other: &Finding| other.rule.id == rule && other.span == finding.span;
    if runs.shown.findings.iter().any(same) {
        return format!("yes, by {rule}: {severity} severity");
    }
    let hidden = if let Some(taken) = runs.shown.suppressed.iter().find(|taken| same(&taken.finding)) {
        let reason = if taken.reason.is_empty() { String::new() } else { format!(" ({})", escape(&taken.reason)) };
        match taken.by {
            "baseline" => format!("the baseline accepts it{reason}"),
            by => format!("a comment or setting of {by} takes it out{reason}"),
        }
    } else if runs.active.running(rule).is_none() {
        "the rule is switched off, or was not asked for".to_owned()
    } else if finding.severity < dials.severity() {
        format!("its severity, {severity}, is below `{}`", dials.severity().name())
    } else if finding.confidence < dials.confidence() {
        format!("its confidence, {}, is below `{}`", finding.confidence.name(), dials.confidence().name())
    } else if finding.level > dials.level() {
        format!("its level, {}, is beyond `{}`", finding.level.name(), dials.level().name())
    } else {
        "it is not part of the change that was asked for".to_owned()
    };
    format!("no, {rule} is silent: {hidden}")
}
