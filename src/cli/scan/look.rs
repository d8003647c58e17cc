//! One look at the tree: walk, read, link, judge. `--fix` looks several times.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rayon::ThreadPool;

use super::change::Delta;
use super::{Arguments, trail};
use crate::change;
use crate::cli::progress::Progress;
use crate::cli::{Answer, own_rules, working_folder};
use crate::engine::{Outcome, Session};
use crate::finding::Finding;
use crate::ir::{Depth, ProblemKind};
use crate::rules::{Active, Registry, Rule};
use crate::scan::{self, Reading, Scanned};
use crate::settle::Settings;
use crate::source::{FileId, Files, SourceFile};
use crate::walk::{self, Loaded, Root, Skipped, Targets, Tree};

/// What a run was asked for, resolved.
pub(super) struct Job<'a> {
    arguments: &'a Arguments,
    working: PathBuf,
    from_stdin: bool,
    pub(super) targets: Targets,
    pub(super) rules: Vec<&'static Rule>,
    pub(super) options: walk::Options,
    registry: Registry,
    active: Active,
    settings: Settings,
}

/// What a look at the tree saw.
pub(in crate::cli) struct Seen {
    pub(in crate::cli) outcome: Outcome,
    pub(super) skipped: Vec<Skipped>,
    pub(super) files: usize,
    pub(super) warnings: Vec<String>,
    /// Findings that were there before the change.
    pub(super) before: usize,
}

impl<'a> Job<'a> {
    pub(super) fn new(arguments: &'a Arguments) -> anyhow::Result<Self> {
        let working = working_folder()?;
        let from_stdin = arguments.paths.iter().any(|path| path.as_os_str() == "-");
        let targets = match from_stdin {
            true if arguments.paths.len() > 1 => bail!("`-` can't be scanned together with other paths"),
            true if arguments.repair.is_asked() => bail!("what comes from standard input can't be repaired in place"),
            true => Targets { root: Root { top: working.clone(), repository: None }, paths: Vec::new() },
            false => Targets::of(&[named(arguments, &working), arguments.variables.var_file.clone()].concat(), &working)?,
        };
        let registry = own_rules::registry(&targets.root.top)?;
        let (config, _) = arguments.config.read(&targets.root, &registry)?;
        let active = arguments.select.active(&registry, &config)?;
        let rules = registry.all().iter().copied().filter(|rule| active.running(rule.id).is_some()).collect();
        let options = arguments.walked(&config);
        let settings = Settings {
            dials: arguments.select.dials().or(config.dials),
            ignores: !arguments.judgement.no_ignores && config.ignore_comments.unwrap_or(true),
            today: Some(crate::cli::today::today()),
            config,
            baseline: arguments.baseline.read(&targets.root, arguments.config.config_from.as_deref())?,
        };
        Ok(Self { arguments, working, from_stdin, targets, rules, options, registry, active, settings })
    }

    pub(super) fn look(&self) -> anyhow::Result<Seen> {
        let mut tree = if self.from_stdin { Tree::default() } else { walk::walk(&self.targets, &self.options)? };
        let delta = self.arguments.change.delta(&mut tree, &self.targets, &self.options)?;
        let warnings = tree.warnings.clone();
        let progress = Progress::new(tree.files.len(), self.arguments.running.quiet);
        let pool = self.pool(&tree)?;
        let Scanned { session, files, skipped, .. } = self.read(tree, self.active.depth(), &pool, &progress)?;
        let (outcome, before) = pool.install(|| match &delta {
            None => (session.into_findings(&self.active, &self.settings), 0),
            Some(delta) => self.brought_by(delta, &session),
        });
        progress.finish();
        Ok(Seen { outcome, skipped, files, warnings, before })
    }

    /// What a change brings, and how many findings were there before.
    fn brought_by(&self, delta: &Delta, session: &Session) -> (Outcome, usize) {
        let mut outcome = session.findings(&self.active, &self.settings);
        let is_whole = |finding: &Finding, files: &Files| delta.whole.contains(files.path(finding.span.file));
        if outcome.findings.iter().all(|finding| is_whole(finding, &outcome.files)) {
            return (outcome, 0);
        }
        let known = change::known_before(session, &delta.changes, &self.active, &self.settings);
        let all = outcome.findings.len();
        let files = std::mem::take(&mut outcome.files);
        outcome.findings.retain(|finding| is_whole(finding, &files) || known.accepts(&finding.fingerprint).is_none());
        outcome.files = files;
        let before = all - outcome.findings.len();
        let is_new = |finding: &Finding, files: &Files| !is_whole(finding, files);
        change::to_causes(&mut outcome, session, &delta.changes, &self.active, &self.settings, is_new);
        (outcome, before)
    }

    fn pool(&self, tree: &Tree) -> anyhow::Result<ThreadPool> {
        // To start a second thread costs more than a small file.
        let one_file = self.arguments.running.jobs == 0 && tree.files.len() < 2;
        scan::pool(if one_file { 1 } else { self.arguments.running.jobs }).context("threads can't be started")
    }

    fn read(&self, tree: Tree, depth: Depth, pool: &ThreadPool, progress: &Progress) -> anyhow::Result<Scanned> {
        let mut scanned = if self.from_stdin {
            stdin(self.arguments, self.options.max_bytes)?
        } else {
            scan::scan(tree, Reading::once(self.options.max_bytes, depth), pool, &|| progress.tick())
        };
        self.arguments.variables.give(&mut scanned.session, &self.targets.root, &self.working)?;
        scanned.session.set_trusted_guards(self.settings.config.guards.clone());
        Ok(scanned)
    }

    /// Why the secrets of a line were reported, and why not.
    pub(super) fn explain(&self, place: &trail::Place) -> anyhow::Result<String> {
        let everything = self.registry.active(|_| true);
        let tree = walk::walk(&self.targets, &self.options)?;
        let file = text_of(place, &tree, self.options.max_bytes)?;
        let progress = Progress::new(tree.files.len(), self.arguments.running.quiet);
        let pool = self.pool(&tree)?;
        let scanned = self.read(tree, everything.depth(), &pool, &progress)?;
        let all = pool.install(|| scanned.session.findings(&everything, &trail::unhidden(&self.settings)));
        let shown = pool.install(|| scanned.session.into_findings(&self.active, &self.settings));
        progress.finish();
        let runs = trail::Runs { active: &self.active, settings: &self.settings, shown: &shown, all: &all };
        Ok(trail::text(place, &file, &runs))
    }

    pub(super) fn verdict(&self, seen: &Seen) -> Answer {
        let unread = seen.outcome.problems.iter().any(|problem| problem.kind != ProblemKind::Bound)
            || seen.skipped.iter().any(|skipped| skipped.why.is_loss());
        if self.arguments.strict && unread {
            Answer::Incomplete
        } else if self.arguments.judgement.fails(&seen.outcome.findings, &self.settings.config) {
            Answer::Findings
        } else {
            Answer::Clean
        }
    }
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
    match walk::load(found, &tree.top, FileId(0), max_bytes, &mut Vec::new()) {
        Loaded::Text(file) => Ok(file),
        Loaded::Skip(skip) => bail!("{}: {}", place.file.display(), skip.describe()),
    }
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
