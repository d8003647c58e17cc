//! `seclint history`: secrets in every content that a repository ever had.

use std::io::IsTerminal as _;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{ArgMatches, Args};

use super::progress::Progress;
use super::{Answer, config, output, own_rules, select, working_folder};
use crate::history::{History, Scanned};
use crate::report::Report;
use crate::report::view::View;
use crate::settle::Settings;
use crate::vcs::{Range, Repository};
use crate::walk::{Excluded, Root};

/// Arguments of `history`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Files and folders whose history is read, be they there no more; or a repository
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Read only what the current commit has and COMMIT has not; all branches and tags without it
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
    /// Exit with 2 if the clone is shallow, instead of saying so
    #[arg(long)]
    require_history: bool,
    #[command(flatten)]
    output: output::Arguments,
    #[command(flatten)]
    select: select::Arguments,
    #[command(flatten)]
    judgement: super::judgement::Arguments,
    /// Exit with 2 if a content could not be read
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    config: config::Source,
    #[command(flatten)]
    baseline: super::baseline::Source,
    #[command(flatten)]
    running: super::running::Arguments,
}

pub(super) fn run(arguments: &Arguments, matches: &ArgMatches) -> anyhow::Result<Answer> {
    let sinks = arguments.output.sinks(matches)?;
    let (root, paths) = locate(&arguments.paths, &working_folder()?)?;
    let Some(repository) = root.repository.clone() else { bail!("`seclint history` needs a git repository") };
    let mut warnings = Vec::new();
    if repository.is_shallow()? {
        let cut = "this clone is shallow: commits before its first are not there, and what they hold was not scanned (fetch them with `git fetch --unshallow`)";
        if arguments.require_history {
            bail!("{cut}");
        }
        warnings.push(cut.to_owned());
    }
    let registry = own_rules::registry(&root.top)?;
    let (config, _) = arguments.config.read(&root, &registry)?;
    // Only what a value alone shows can be said of contents that no longer stand beside one another.
    let active = arguments.select.active(&registry, &config)?;
    let active = registry.active(|rule| active.running(rule.id).is_some() && select::is_about_secrets(rule));
    if active.count() == 0 {
        bail!("no rule about secrets is left to run: look at --rule, --skip-rule and --class");
    }
    let rules: Vec<_> = registry.all().iter().copied().filter(|rule| active.running(rule.id).is_some()).collect();
    let excluded = Excluded::new(&arguments.running.excluded(&config))?;
    let range = Range { since: arguments.since.clone(), paths };
    let history = History::list(&repository, &range, &excluded)?;
    if history.commits() == 0 && !range.paths.is_empty() && range.since.is_none() {
        bail!("no commit has ever held what is named");
    }
    warnings.extend(history.broken().map(|error| format!("{error}; the commits behind that were not scanned")));
    let progress = Progress::new(history.len(), arguments.running.quiet);
    let pool = crate::scan::pool(arguments.running.jobs).context("threads can't be started")?;
    let settings = Settings {
        dials: arguments.select.dials().or(config.dials),
        ignores: !arguments.judgement.no_ignores && config.ignore_comments.unwrap_or(true),
        today: Some(super::today::today()),
        baseline: arguments.baseline.read(&root, arguments.config.config_from.as_deref())?,
        config,
    };
    let Scanned { outcome, skipped, left_out } =
        history.scan(arguments.running.max_file_size, &active, &settings, &pool, &|| progress.tick())?;
    if left_out > 0 {
        warnings.push(format!("{left_out} secrets of large files are not reported: scan their paths alone"));
    }
    let seconds = std::io::stderr().is_terminal().then_some(progress.finish().as_secs_f64());
    let report = Report {
        outcome: &outcome,
        rules: &rules,
        skipped: &skipped,
        files: outcome.counts.files,
        unit: "content",
        warnings: &warnings,
        before: 0,
        include_suppressed: arguments.judgement.include_suppressed,
        view: View::of(&outcome),
    };
    output::write(&report, &sinks, &arguments.output, &root.top)?;
    if !arguments.running.quiet {
        let _ = crate::report::summary(&report, arguments.running.verbose, seconds, &mut anstream::stderr().lock());
    }
    let is_incomplete = history.broken().is_some() || left_out > 0;
    let has_loss = is_incomplete || skipped.iter().any(|skipped| skipped.why.is_loss());
    Ok(if arguments.strict && has_loss {
        Answer::Incomplete
    } else if arguments.judgement.fails(&outcome.findings, &settings.config) {
        Answer::Findings
    } else if is_incomplete {
        Answer::Incomplete
    } else {
        Answer::Clean
    })
}

/// The repository around what is named, and the paths below its top; none for all of it. What history is
/// asked for need not be there any more, so names are resolved as far as there is something.
fn locate(named: &[PathBuf], working: &Path) -> anyhow::Result<(Root, Vec<Vec<u8>>)> {
    let full: Vec<PathBuf> = named.iter().map(|path| resolve(&working.join(path))).collect();
    let start = full.first().map_or(working, PathBuf::as_path);
    let folder = start.ancestors().find(|above| above.is_dir()).unwrap_or(working);
    let Some(repository) = Repository::at_or_around(folder) else {
        return Ok((Root { top: folder.to_owned(), repository: None }, Vec::new()));
    };
    let root = Root { top: repository.top().to_owned(), repository: Some(std::sync::Arc::new(repository)) };
    let mut paths = Vec::new();
    for (path, name) in full.iter().zip(named) {
        match path.strip_prefix(&root.top) {
            Ok(inner) if inner.as_os_str().is_empty() => return Ok((root, Vec::new())),
            Ok(_) => paths.push(root.relative(path)),
            Err(_) => bail!("{}: not in the repository at {}", name.display(), root.top.display()),
        }
    }
    Ok((root, paths))
}

/// A path without links, `.` and `..`, as far as it leads somewhere.
fn resolve(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    let Some((above, mut resolved)) = there else { return path.to_owned() };
    for part in path.strip_prefix(above).into_iter().flat_map(Path::components) {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    resolved
}
