//! The closing lines: what was scanned and what was not, so that silence is never taken for clean.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::Report;
use crate::finding::Severity;
use crate::ir::ProblemKind;

/// Names that are listed of each kind; the rest is counted.
const MAX_NAMES: usize = 5;

/// Writes the closing lines. `verbose` names every file; `seconds` is said where a person reads it.
pub fn summary(report: &Report<'_>, verbose: bool, seconds: Option<f64>, out: &mut dyn Write) -> io::Result<()> {
    for warning in report.warnings {
        writeln!(out, "warning: {}", report.view.text(warning))?;
    }
    let names = if verbose { usize::MAX } else { MAX_NAMES };
    limited(report, |kind| kind != ProblemKind::Bound, "not read whole", names, out)?;
    limited(report, |kind| kind == ProblemKind::Bound, "a bound was reached", names, out)?;
    skipped(report, names, out)?;
    let mut by_severity: BTreeMap<std::cmp::Reverse<Severity>, usize> = BTreeMap::new();
    for finding in &report.outcome.findings {
        *by_severity.entry(std::cmp::Reverse(finding.severity)).or_default() += 1;
    }
    let counted: Vec<String> = by_severity.iter().map(|(severity, count)| format!("{count} {}", severity.0.name())).collect();
    let total = report.outcome.findings.len();
    let found = match total {
        0 => "no findings".to_owned(),
        1 => format!("1 finding ({})", counted.join(", ")),
        _ => format!("{total} findings ({})", counted.join(", ")),
    };
    let left_out = left_out(report);
    let time = seconds.map(|seconds| format!(" in {seconds:.2} s")).unwrap_or_default();
    writeln!(
        out,
        "{found}{left_out}; {} scanned with {}{time}",
        plural(report.files, report.unit),
        plural(report.outcome.counts.rules, "rule")
    )
}

/// How often each rule found something, most first.
pub fn statistics(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<&str, (usize, Severity, usize)> = BTreeMap::new();
    for finding in &report.outcome.findings {
        let entry = counts.entry(finding.rule.id).or_insert((0, finding.severity, 0));
        entry.0 += 1;
        entry.1 = entry.1.max(finding.severity);
        entry.2 += usize::from(finding.repair().is_some());
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(rule, (count, ..))| (std::cmp::Reverse(*count), *rule));
    let width = rows.iter().map(|(rule, _)| rule.len()).max().unwrap_or(0);
    for (rule, (count, severity, repairs)) in rows {
        let repairs = if repairs > 0 { format!("  {repairs} can be repaired") } else { String::new() };
        writeln!(out, "{count:>6}  {rule:width$}  {:8}{repairs}", severity.name())?;
    }
    Ok(())
}

/// What was found and is not shown: taken out by comments, by whose, and hidden by the dials.
fn left_out(report: &Report<'_>) -> String {
    let mut by: BTreeMap<&str, usize> = BTreeMap::new();
    for suppressed in &report.outcome.suppressed {
        *by.entry(suppressed.by).or_default() += 1;
    }
    let mut out = String::new();
    if !by.is_empty() {
        let whose: Vec<String> = by.iter().map(|(by, count)| format!("{count} by {by}")).collect();
        let _ = write!(out, ", {} suppressed ({})", report.outcome.suppressed.len(), whose.join(", "));
    }
    if report.before > 0 {
        let _ = write!(out, ", {} were there before", report.before);
    }
    if let hidden @ 1.. = report.outcome.counts.hidden {
        let _ = write!(out, ", {hidden} hidden by --severity, --confidence or --level");
    }
    out
}

/// Files of which something was not read or not evaluated, each named once with the first problem of those kinds.
fn limited(report: &Report<'_>, of: impl Fn(ProblemKind) -> bool, what: &str, names: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for problem in report.outcome.problems.iter().filter(|problem| of(problem.kind)) {
        let at = format!("{}: {}", report.view.start(problem.span).line, report.view.text(&problem.message));
        files.entry(report.view.path(problem.span)).or_insert((0, at)).0 += 1;
    }
    for (path, (count, first)) in files.iter().take(names) {
        let more = if *count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
        writeln!(out, "{what}: {path}:{first}{more}")?;
    }
    if let more @ 1.. = files.len().saturating_sub(names) {
        writeln!(out, "{what}: {} more (--verbose names them)", plural(more, "file"))?;
    }
    Ok(())
}

fn skipped(report: &Report<'_>, names: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for skipped in report.skipped {
        reasons.entry(skipped.why).or_default().push(&skipped.path);
    }
    for (why, paths) in reasons {
        // What is not text is no loss; it is counted, and named on request.
        let shown = if why.is_loss() || names == usize::MAX { names } else { 0 };
        let listed: Vec<&str> = paths.iter().take(shown).copied().collect();
        let more = paths.len() - listed.len();
        let rest = match (listed.is_empty(), more) {
            (_, 0) => listed.join(", "),
            (true, _) => plural(more, "file"),
            (false, _) => format!("{} and {more} more", listed.join(", ")),
        };
        writeln!(out, "skipped ({}): {rest}", why.describe())?;
    }
    Ok(())
}

/// `1 file`, `2 files`.
pub fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
