//! `seclint scan`.

mod change;
mod look;

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
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
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
    /// A values file that `terraform plan` would be given; others than `terraform.tfvars` and
    /// `*.auto.tfvars` are not read by themselves, and the last one wins
    #[arg(long, value_name = "FILE")]
    var_file: Vec<PathBuf>,
    /// The name of the file that `-` reads
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    /// Threads to use; as many as there are processors by default
    #[arg(long, short, value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Print findings alone: no summary, no progress
    #[arg(long, short)]
    quiet: bool,
    /// Name every file that was skipped or not read whole
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
}

/// What to walk.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Walk {
    /// Leave out files and folders that match a glob; a name without `/` matches at any depth
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Scan what `.gitignore` and `.ignore` name as well; files that git tracks always are
    #[arg(long)]
    no_ignore: bool,
    /// Scan files and folders whose names begin with a dot (the default)
    #[arg(long, overrides_with = "no_hidden")]
    hidden: bool,
    /// Leave out files and folders whose names begin with a dot
    #[arg(long, overrides_with = "hidden")]
    no_hidden: bool,
    /// Skip files larger than this, in bytes, or with K or M; what is skipped is named
    #[arg(long, value_name = "SIZE", default_value = "8M", value_parser = size)]
    max_file_size: u64,
}

impl Walk {
    fn options(&self, config: &Config) -> walk::Options {
        walk::Options {
            no_ignore: self.no_ignore,
            no_hidden: self.no_hidden && !self.hidden,
            exclude: self.exclude.iter().chain(&config.exclude).cloned().collect(),
            max_bytes: self.max_file_size,
        }
    }
}

/// Bytes of a size such as `512K` or `8M`. Offsets are 32-bit numbers, so there is an upper end.
pub(super) fn size(text: &str) -> Result<u64, String> {
    const MOST: u64 = 1 << 30;
    let upper = text.to_ascii_uppercase();
    let (digits, factor) = match upper.strip_suffix(['K', 'M']) {
        Some(digits) => (digits, if upper.ends_with('K') { 1 << 10 } else { 1 << 20 }),
        None => (&*upper, 1),
    };
    let bytes: u64 = digits.parse().map_err(|_| "a size is a number of bytes, or one with K or M: 512K, 8M".to_owned())?;
    bytes.checked_mul(factor).filter(|bytes| *bytes <= MOST).ok_or_else(|| "the limit can't be over 1024M".to_owned())
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
    if let Some(repaired) = repaired.filter(|_| !arguments.quiet) {
        super::say(&repaired.describe());
    }
    let silent = arguments.quiet || (arguments.change.hook && seen.outcome.findings.is_empty());
    if !silent {
        let _ = crate::report::summary(&shown, arguments.verbose, seconds, &mut anstream::stderr().lock());
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
