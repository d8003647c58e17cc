//! `seclint scan`.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{ArgMatches, Args, ValueEnum};

use super::output::{self, Sink};
use super::progress::Progress;
use super::{Answer, own_rules, select, trail, working_folder};
use crate::config::Config;
use crate::engine::{Outcome, Session};
use crate::finding::Severity;
use crate::ir::ProblemKind;
use crate::report::Report;
use crate::report::view::View;
use crate::rules::Active;
use crate::scan::Scanned;
use crate::settle::{Baseline, Settings};
use crate::source::{FileId, SourceFile};
use crate::walk::{self, Loaded, Root, Skipped, Targets, Tree};

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
    #[arg(long, value_name = "FILE:LINE", conflicts_with_all = ["paths", "since", "staged"])]
    explain_secret: Option<trail::Place>,
    /// Exit with 2 if a file could not be read whole
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    change: Change,
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

/// Which part of the findings a change answers for. The whole tree is read all the same, since linking
/// needs it.
#[derive(Debug, Args)]
#[group(skip)]
struct Change {
    /// Scan what is staged, and report findings in staged files alone
    #[arg(long, conflicts_with = "since")]
    staged: bool,
    /// Report only what was not there in the commit that this one and COMMIT come from
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
    /// Called by a hook: files that git has no more are left out, and nothing is said about a clean scan
    #[arg(long)]
    hook: bool,
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
    let working = working_folder()?;
    let from_stdin = arguments.paths.iter().any(|path| path.as_os_str() == "-");
    let targets = match from_stdin {
        true if arguments.paths.len() > 1 => bail!("`-` can't be scanned together with other paths"),
        true => Targets { root: Root { top: working.clone(), repository: None }, paths: Vec::new() },
        false => Targets::of(&[named(arguments, &working), arguments.var_file.clone()].concat(), &working)?,
    };
    let registry = own_rules::registry(&targets.root.top)?;
    let (config, _) = arguments.config.read(&targets.root, &registry)?;
    let active = arguments.select.active(&registry, &config)?;
    let rules: Vec<_> = registry.all().iter().copied().filter(|rule| active.running(rule.id).is_some()).collect();
    let options = arguments.walk.options(&config);
    let mut tree = if from_stdin { Tree::default() } else { walk::walk(&targets, &options)? };
    let only = if arguments.change.staged { Some(overlay_staged(&mut tree, &targets, &options)?) } else { None };
    let warnings = tree.warnings.clone();
    let progress = Progress::new(tree.files.len(), arguments.quiet);
    let everything = registry.active(|_| true);
    let explained = arguments.explain_secret.as_ref().map(|place| text_of(place, &tree, options.max_bytes)).transpose()?;
    let depth = if explained.is_some() { everything.depth() } else { active.depth() };
    // To start a second thread costs more than a small file.
    let one_file = arguments.jobs == 0 && tree.files.len() < 2 && arguments.change.since.is_none();
    let pool = crate::scan::pool(if one_file { 1 } else { arguments.jobs }).context("threads can't be started")?;
    let mut scanned = if from_stdin {
        stdin(arguments, options.max_bytes)?
    } else {
        crate::scan::scan(tree, options.max_bytes, depth, &pool, &|| progress.tick())
    };
    scanned.session.set_values_files(values_files(arguments, &targets.root, &working)?);
    let mut settings = Settings {
        severity: arguments.select.severity.or(config.severity).unwrap_or(Severity::Note),
        level: arguments.select.level.or(config.level).unwrap_or_default(),
        ignores: !arguments.judgement.no_ignores && config.ignore_comments.unwrap_or(true),
        today: Some(super::today::today()),
        config,
        only,
        baseline: arguments.baseline.read(&targets.root, arguments.config.config_from.as_deref())?,
    };
    if let Some(name) = &arguments.change.since {
        let known = before(&targets, name, &active, &settings, &pool)?;
        settings.baseline = std::mem::take(&mut settings.baseline).and(known);
    }
    let said = explained.is_some().then(|| pool.install(|| scanned.session.findings(&everything, &trail::unhidden(&settings))));
    let Scanned { session, files, skipped, .. } = scanned;
    let outcome = pool.install(|| session.into_findings(&active, &settings));
    let elapsed = progress.finish();
    if let (Some(place), Some(file), Some(all)) = (&arguments.explain_secret, &explained, &said) {
        let runs = trail::Runs { active: &active, settings: &settings, shown: &outcome, all };
        anstream::stdout().lock().write_all(trail::text(place, file, &runs).as_bytes())?;
        return Ok(Answer::Clean);
    }
    let seconds = std::io::stderr().is_terminal().then_some(elapsed.as_secs_f64());
    let view = View::of(&outcome);
    let include_suppressed = arguments.judgement.include_suppressed;
    let shown = Report { outcome: &outcome, rules: &rules, skipped: &skipped, files, warnings: &warnings, include_suppressed, view };
    report(arguments, &sinks, &shown, seconds)?;
    let threshold = arguments.judgement.fail_on.or(settings.config.fail_on).unwrap_or(Severity::Note);
    Ok(verdict(arguments, threshold, &skipped, &outcome))
}

/// Terraform's values files as they are reported: from the root of the scan.
fn values_files(arguments: &Arguments, root: &Root, working: &Path) -> anyhow::Result<Vec<String>> {
    let reported = |name: &PathBuf| {
        let at = working.join(name).canonicalize().with_context(|| format!("{} can't be read", name.display()))?;
        Ok(crate::source::path_from_bytes(&root.relative(&at)))
    };
    arguments.var_file.iter().map(reported).collect()
}

/// The paths that were named. A hook is handed the names of files that a commit deletes, or of links to
/// nothing, as well.
fn named(arguments: &Arguments, working: &Path) -> Vec<PathBuf> {
    if let Some(place) = &arguments.explain_secret {
        return vec![place.file.clone()];
    }
    let there = |path: &&PathBuf| !arguments.change.hook || working.join(path).symlink_metadata().is_ok();
    arguments.paths.iter().filter(there).cloned().collect()
}

/// The file whose line is to be explained, as the scan reads it.
fn text_of(place: &trail::Place, tree: &Tree, max_bytes: u64) -> anyhow::Result<SourceFile> {
    let [found] = tree.files.as_slice() else { bail!("{}: is not one file that a scan reads", place.file.display()) };
    match walk::load(found, FileId(0), max_bytes, &mut Vec::new()) {
        Loaded::Text(file) => Ok(file),
        Loaded::Skip(skip) => bail!("{}: {}", place.file.display(), skip.describe()),
    }
}

/// Puts what is staged in the place of what is on disk; says which files are staged.
fn overlay_staged(tree: &mut Tree, targets: &Targets, options: &walk::Options) -> anyhow::Result<BTreeSet<String>> {
    let Some(repository) = &targets.root.repository else { bail!("`--staged` needs a git repository") };
    let excluded = walk::Excluded::new(&options.exclude)?;
    let wanted: BTreeSet<Vec<u8>> =
        repository.staged_paths()?.into_iter().filter(|path| targets.hold(path) && !excluded.holds(path)).collect();
    let only = wanted.iter().map(|path| crate::source::path_from_bytes(path)).collect();
    tree.overlay(&targets.root, repository.staged(&wanted)?);
    Ok(only)
}

/// The findings of the commit that a change started from, as a baseline.
fn before(targets: &Targets, name: &str, active: &Active, settings: &Settings, pool: &rayon::ThreadPool) -> anyhow::Result<Baseline> {
    let Some(repository) = &targets.root.repository else { bail!("`--since` needs a git repository") };
    let mut tree = Tree::default();
    tree.overlay(&targets.root, repository.common_ancestor(name)?);
    let scanned = crate::scan::scan(tree, u64::MAX, active.depth(), pool, &|| {});
    // Everything that was found there, whatever the dials: what is hidden now was there before all the same.
    let everything = Settings { level: settings.level, today: settings.today.clone(), ..Settings::default() };
    let outcome = pool.install(|| scanned.session.into_findings(active, &everything));
    Ok(Baseline::of(&outcome.findings, &outcome.files, &Baseline::default()))
}

/// Standard input as the one file of a scan.
fn stdin(arguments: &Arguments, max_bytes: u64) -> anyhow::Result<Scanned> {
    let name = arguments.stdin_filename.as_deref().unwrap_or("stdin");
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(max_bytes + 1).read_to_end(&mut bytes).context("standard input can't be read")?;
    if bytes.len() as u64 > max_bytes {
        bail!("standard input is over the size limit (`--max-file-size`)");
    }
    let Some((text, _)) = crate::source::decode(&bytes) else { bail!("standard input is not text") };
    let mut session = Session::default();
    session.set_file(&crate::source::path_from_bytes(name.as_bytes()), &text);
    Ok(Scanned { session, skipped: Vec::new(), files: 1, bytes: text.len() as u64 })
}

fn report(arguments: &Arguments, sinks: &[Sink], report: &Report<'_>, seconds: Option<f64>) -> anyhow::Result<()> {
    output::write(report, sinks, arguments.output.color)?;
    let silent = arguments.quiet || (arguments.change.hook && report.outcome.findings.is_empty());
    if !silent {
        let _ = crate::report::summary(report, arguments.verbose, seconds, &mut anstream::stderr().lock());
    }
    Ok(())
}

fn verdict(arguments: &Arguments, threshold: Severity, skipped: &[Skipped], outcome: &Outcome) -> Answer {
    let unread =
        outcome.problems.iter().any(|problem| problem.kind != ProblemKind::Bound) || skipped.iter().any(|skipped| skipped.why.is_loss());
    if arguments.strict && unread {
        Answer::Incomplete
    } else if !arguments.judgement.exit_zero && outcome.findings.iter().any(|finding| finding.severity >= threshold) {
        Answer::Findings
    } else {
        Answer::Clean
    }
}

impl ValueEnum for Severity {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Note, Self::Low, Self::Medium, Self::High, Self::Critical]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}
