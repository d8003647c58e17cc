//! `--fix`: changes files so that findings go away, and says what it did.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::scan::Seen;
use crate::engine::Outcome;
use crate::repair::{self, FileEdits, Wanted};
use crate::report::plural;
use crate::source::{Encoding, FileMeta};
use crate::walk::{MAX_FILE_BYTES, Root, read_guarded};

/// Rounds at the most: edits of the same bytes take one each.
const MAX_ROUNDS: usize = 8;

/// Arguments that change files.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Change files so that findings go away, where a right program stays as it is
    #[arg(long, conflicts_with_all = ["staged", "explain_secret"])]
    fix: bool,
    /// With `--fix`: make changes that may need a look as well
    #[arg(long = "unsafe", requires = "fix")]
    risky: bool,
    /// With `--fix`: print the changes as a diff, and change nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
}

/// What was repaired.
#[derive(Debug, Default)]
pub(super) struct Repaired {
    findings: usize,
    files: BTreeSet<String>,
    /// Findings that only `--unsafe` repairs.
    left: usize,
}

/// A file that is to be changed.
struct Target {
    path: String,
    at: PathBuf,
    before: String,
    after: String,
    marked: bool,
}

impl Arguments {
    pub(super) fn is_asked(&self) -> bool {
        self.fix
    }

    pub(super) fn is_dry(&self) -> bool {
        self.dry_run
    }

    fn wanted(&self) -> Wanted {
        if self.risky { Wanted::All } else { Wanted::Safe }
    }

    /// What would be changed, as a unified diff with secrets masked.
    pub(super) fn diff(&self, root: &Root, outcome: &Outcome) -> anyhow::Result<String> {
        let view = crate::report::view::View::of(outcome);
        let mut out = String::new();
        let plan = repair::plan(&outcome.findings, &outcome.files, self.wanted());
        for (path, edits) in &plan.files {
            let Some(target) = target(root, outcome, path, edits)? else { continue };
            for line in repair::unified(path, &target.before, &target.after).lines() {
                let _ = writeln!(out, "{}", view.inserted(line));
            }
        }
        Ok(out)
    }

    /// Changes files, looking again after each round; `seen` is the last look.
    pub(super) fn apply(&self, root: &Root, seen: &mut Seen, look: impl Fn() -> anyhow::Result<Seen>) -> anyhow::Result<Repaired> {
        let mut repaired = Repaired::default();
        for _ in 0..MAX_ROUNDS {
            let before = seen.outcome.findings.len();
            let plan = repair::plan(&seen.outcome.findings, &seen.outcome.files, self.wanted());
            let mut changed = false;
            for (path, edits) in &plan.files {
                let Some(target) = target(root, &seen.outcome, path, edits)? else { continue };
                write(&target)?;
                repaired.files.insert(target.path);
                changed = true;
            }
            if !changed {
                break;
            }
            *seen = look()?;
            repaired.findings += before.saturating_sub(seen.outcome.findings.len());
        }
        repaired.left = seen.outcome.findings.iter().filter(|finding| finding.repair().is_some_and(|repair| !repair.safe)).count();
        Ok(repaired)
    }
}

impl Repaired {
    /// The closing line.
    pub(super) fn describe(&self) -> String {
        let left = match self.left {
            0 => String::new(),
            left => format!("; {left} more with --unsafe"),
        };
        match self.findings {
            0 => format!("nothing was repaired{left}"),
            findings => format!("repaired {} in {}{left}", plural(findings, "finding"), plural(self.files.len(), "file")),
        }
    }
}

/// A file with its new text; none if nothing changes, or if it isn't the one that was scanned.
fn target(root: &Root, outcome: &Outcome, path: &str, edits: &FileEdits) -> anyhow::Result<Option<Target>> {
    let at = root.top.join(path);
    let parent = at.parent().unwrap_or(&root.top);
    // A folder on the way may be a link out of the tree.
    if parent.canonicalize().ok().as_deref() != Some(parent) {
        return Ok(None);
    }
    let scanned = outcome.files.find(path).and_then(|id| outcome.files.get(id));
    if scanned.is_some_and(FileMeta::is_lost) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let (before, marked) = if at.symlink_metadata().is_err() {
        (String::new(), false)
    } else if read_guarded(&at, MAX_FILE_BYTES, &mut bytes).with_context(|| format!("{path}: can't be read"))? {
        match crate::source::decode(&bytes) {
            Some((text, Encoding::Utf8)) => (text.to_string(), false),
            Some((text, Encoding::Utf8Bom)) => (text.to_string(), true),
            _ => return Ok(None),
        }
    } else {
        return Ok(None);
    };
    if scanned.and_then(FileMeta::text).is_some_and(|scanned| **scanned != *before) {
        return Ok(None);
    }
    let after = edits.apply(&before);
    Ok((after != before).then(|| Target { path: path.to_owned(), at, before, after, marked }))
}

#[expect(clippy::disallowed_methods, reason = "`--fix` is asked to write")]
fn write(target: &Target) -> anyhow::Result<()> {
    let mark = if target.marked { "\u{feff}" } else { "" };
    std::fs::write(&target.at, format!("{mark}{}", target.after)).with_context(|| format!("{}: can't be written", target.path))
}
