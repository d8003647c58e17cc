//! `seclint baseline`: start on a repository with findings, and fail on new ones alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::{Answer, config, own_rules, working_folder};
use crate::engine::Outcome;
use crate::finding::Dials;
use crate::ir::Depth;
use crate::scan::{self, Reading};
use crate::settle::{Baseline, Settings};
use crate::walk::{self, Root, Targets, read_guarded};

/// The file that a scan reads by itself, below the root.
const PLACE: &str = ".seclint/baseline.txt";
/// Bytes of the file at the most.
const MAX_BYTES: u64 = 16 << 20;

/// Which baseline a scan reads.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Source {
    /// Leave out the findings of this file instead of those of `.seclint/baseline.txt`
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Report what the baseline accepts as well
    #[arg(long)]
    no_baseline: bool,
}

impl Source {
    /// The baseline; empty without a file. With `commit`, the tree's file is read as it is there.
    pub(super) fn read(&self, root: &Root, commit: Option<&str>) -> anyhow::Result<Baseline> {
        match (&self.baseline, commit, &root.repository) {
            _ if self.no_baseline => Ok(Baseline::default()),
            (Some(path), ..) => read(path, &path.display().to_string()),
            (None, Some(commit), Some(repository)) => match repository.blob_of(commit, PLACE)? {
                Some(bytes) => parse(&bytes, &format!("{commit}:{PLACE}")),
                None => Ok(Baseline::default()),
            },
            _ => of_tree(root),
        }
    }
}

fn of_tree(root: &Root) -> anyhow::Result<Baseline> {
    let path = root.top.join(PLACE);
    if path.symlink_metadata().is_ok() { read(&path, PLACE) } else { Ok(Baseline::default()) }
}

fn read(path: &Path, shown: &str) -> anyhow::Result<Baseline> {
    let mut bytes = Vec::new();
    if !read_guarded(path, MAX_BYTES, &mut bytes).with_context(|| format!("{shown}: can't be read"))? {
        bail!("{shown}: over {MAX_BYTES} bytes");
    }
    parse(&bytes, shown)
}

fn parse(bytes: &[u8], shown: &str) -> anyhow::Result<Baseline> {
    Baseline::parse(&String::from_utf8_lossy(bytes)).map_err(|message| anyhow::anyhow!("{shown}: {message}"))
}

/// What `baseline` does.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Accept every finding that is there now
    Create,
    /// Accept new findings, drop what is gone, keep reasons
    Update,
    /// Fail if an entry is stale, or a finding is new
    Check,
}

pub(super) fn run(command: &Command) -> anyhow::Result<Answer> {
    let targets = Targets::of(&[PathBuf::from(".")], &working_folder()?)?;
    let path = targets.root.top.join(PLACE);
    let before = of_tree(&targets.root)?;
    let outcome = scan(&targets)?;
    let now = Baseline::of(&outcome.findings, &outcome.files, &before);
    let stale = before.stale(&outcome.findings);
    let mut out = anstream::stdout().lock();
    match *command {
        Command::Create if path.symlink_metadata().is_ok() => bail!("{PLACE} is there already: `seclint baseline update` changes it"),
        Command::Create | Command::Update => {
            let failed = || format!("{PLACE}: can't be written");
            std::fs::create_dir_all(path.parent().unwrap_or(&path)).with_context(failed)?;
            std::fs::File::create(&path).and_then(|mut file| file.write_all(now.to_string().as_bytes())).with_context(failed)?;
            writeln!(out, "{PLACE}: {} findings accepted, {} entries dropped", now.len(), stale.len())?;
            Ok(Answer::Clean)
        }
        Command::Check => {
            let new: Vec<_> = outcome.findings.iter().filter(|finding| before.accepts(&finding.fingerprint).is_none()).collect();
            for entry in &stale {
                writeln!(out, "stale: {entry}")?;
            }
            for finding in &new {
                writeln!(out, "new: {} {}", finding.rule.id, outcome.files.path(finding.span.file))?;
            }
            Ok(if stale.is_empty() && new.is_empty() { Answer::Clean } else { Answer::Findings })
        }
    }
}

/// Every finding of the repository, as the tree's own settings have it.
fn scan(targets: &Targets) -> anyhow::Result<Outcome> {
    let registry = own_rules::registry(&targets.root.top)?;
    let config = config::Source::default().read(&targets.root, &registry)?.0;
    let options = walk::Options { exclude: config.exclude.clone(), ..walk::Options::default() };
    let pool = scan::pool(0)?;
    let mut scanned = scan::scan(walk::walk(targets, &options)?, Reading::once(options.max_bytes, Depth::Structure), &pool, &|| {});
    scanned.session.set_trusted_guards(config.guards.clone());
    let active = registry.active(|rule| !config.off.contains_key(rule.id));
    let settings = Settings { dials: Dials::of(config.dials.level()), today: Some(super::today::today()), config, ..Settings::default() };
    Ok(pool.install(|| scanned.session.into_findings(&active, &settings)))
}
