//! `seclint scan`.

mod change;
mod look;
mod variables;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::{ArgMatches, Args, ValueEnum};

use super::{Answer, output, select, trail};
use crate::config::Config;
use crate::finding::Severity;
use crate::report::Report;
use crate::report::view::View;
use crate::walk;
use look::Job;
pub(super) use look::Seen;

/// Arguments of `scan`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Files and folders to scan; `-` reads one file from standard input
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    output: output::Arguments,
    #[command(flatten)]
    select: select::Arguments,
    #[command(flatten)]
    judgement: super::judgement::Arguments,
    /// Say why the secrets of a line were reported, or why not, instead of scanning
    #[arg(long, value_name = "FILE:LINE", conflicts_with_all = ["paths", "since", "staged", "diff"])]
    explain_secret: Option<trail::Place>,
    /// Exit with 2 if a file could not be read whole
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    change: change::Arguments,
    #[command(flatten)]
    repair: super::repair::Arguments,
    /// List the files that a scan would read, instead of scanning
    #[arg(long)]
    show_files: bool,
    /// Count the findings of each rule, instead of showing them
    #[arg(long, conflicts_with_all = ["format", "output"])]
    statistics: bool,
    #[command(flatten)]
    config: super::config::Source,
    #[command(flatten)]
    baseline: super::baseline::Source,
    #[command(flatten)]
    walk: Walk,
    #[command(flatten)]
    variables: variables::Variables,
    /// The name of the file that `-` reads
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    #[command(flatten)]
    running: super::running::Arguments,
}

/// What to walk.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Walk {
    /// Scan what `.gitignore` and `.ignore` name as well; files that git tracks always are
    #[arg(long)]
    no_ignore: bool,
    /// Scan files and folders whose names begin with a dot (the default)
    #[arg(long, overrides_with = "no_hidden")]
    hidden: bool,
    /// Leave out files and folders whose names begin with a dot
    #[arg(long, overrides_with = "hidden")]
    no_hidden: bool,
}

impl Arguments {
    fn walked(&self, config: &Config) -> walk::Options {
        walk::Options {
            no_ignore: self.walk.no_ignore,
            no_hidden: self.walk.no_hidden && !self.walk.hidden,
            exclude: self.running.excluded(config),
            max_bytes: self.running.max_file_size,
        }
    }
}

pub(super) fn run(arguments: &Arguments, matches: &ArgMatches) -> anyhow::Result<Answer> {
    let sinks = arguments.output.sinks(matches)?;
    let job = Job::new(arguments)?;
    if arguments.show_files {
        return show_files(&job);
    }
    if let Some(place) = &arguments.explain_secret {
        anstream::stdout().lock().write_all(job.explain(place)?.as_bytes())?;
        return Ok(Answer::Clean);
    }
    let start = super::progress::now();
    let mut seen = job.look()?;
    let mut repaired = None;
    if arguments.repair.is_asked() {
        if arguments.repair.is_dry() {
            anstream::stdout().lock().write_all(arguments.repair.diff(&job.targets.root, &seen.outcome)?.as_bytes())?;
            return Ok(job.verdict(&seen));
        }
        repaired = Some(arguments.repair.apply(&job.targets.root, &mut seen, || job.look())?);
    }
    let elapsed = start.elapsed();
    let seconds = std::io::stderr().is_terminal().then_some(elapsed.as_secs_f64());
    let shown = Report {
        outcome: &seen.outcome,
        rules: &job.rules,
        skipped: &seen.skipped,
        files: seen.files,
        unit: "file",
        warnings: &seen.warnings,
        before: seen.before,
        include_suppressed: arguments.judgement.include_suppressed,
        view: View::of(&seen.outcome),
    };
    if arguments.statistics {
        crate::report::statistics(&shown, &mut anstream::stdout().lock())?;
    } else {
        output::write(&shown, &sinks, &arguments.output, &job.targets.root.top)?;
    }
    if let Some(repaired) = repaired.filter(|_| !arguments.running.quiet) {
        super::say(&repaired.describe());
    }
    let silent = arguments.running.quiet || (arguments.change.hook && seen.outcome.findings.is_empty());
    if !silent {
        let _ = crate::report::summary(&shown, arguments.running.verbose, seconds, &mut anstream::stderr().lock());
    }
    Ok(job.verdict(&seen))
}

/// The files that a scan would read, one a line.
fn show_files(job: &Job<'_>) -> anyhow::Result<Answer> {
    let tree = walk::walk(&job.targets, &job.options)?;
    let mut out = anstream::stdout().lock();
    for found in &tree.files {
        writeln!(out, "{}", crate::source::escape(&found.path))?;
    }
    Ok(Answer::Clean)
}

impl ValueEnum for Severity {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Note, Self::Low, Self::Medium, Self::High, Self::Critical]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}
