//! What a change brings: the findings that were not there before it, each at the place that changed.
//!
//! A finding may stand far from its cause: the guard that was removed, the variable that was widened. It is
//! told at the line that changed, found by taking changes back one at a time until it is gone, and the place
//! where it shows becomes a related one.
//!
//! Pure: whoever asks brings both contents of each file that changed.

mod hunks;
pub mod patch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::{Outcome, Session};
use crate::finding::{Dials, Finding, Related};
use crate::rules::Active;
use crate::settle::{Baseline, Settings};
use crate::source::{Contents, Files, LineIndex, Span};
use hunks::{Hunk, hunks};

/// How often the repository is judged with a part of the change taken back.
const MAX_TRIALS: usize = 24;

/// A file on both sides of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Path from the root.
    pub path: String,
    /// What it held; `None` if it was not there.
    pub before: Option<Arc<str>>,
    /// What it holds; `None` if it is gone.
    pub after: Option<Arc<str>>,
}

/// A file that git tracks.
fn set(session: &mut Session, path: &str, text: &str) {
    session.set_file(path, text);
    session.set_tracked(path, Some(true), Some(false));
}

/// The findings of the repository before a change, whatever the dials: what is hidden now was there all the same.
pub fn known_before(session: &Session, changes: &[Changed], active: &Active, settings: &Settings) -> Baseline {
    let mut before = session.clone();
    for changed in changes {
        match &changed.before {
            Some(text) => set(&mut before, &changed.path, text),
            None => before.remove_file(&changed.path),
        }
    }
    let outcome = before.into_findings(active, &everything(settings));
    Baseline::of(&outcome.findings, &outcome.files, &Baseline::default())
}

/// Settings that hide nothing but what they hide by level.
fn everything(settings: &Settings) -> Settings {
    Settings { dials: Dials::of(settings.dials.level()), today: settings.today.clone(), ..Settings::default() }
}

/// A file that changed, with what is asked again and again of it.
struct Side<'c> {
    changed: &'c Changed,
    hunks: Vec<Hunk>,
    /// The lines of what it holds now.
    index: LineIndex,
}

/// The files of a change, by path.
struct Sides<'c>(BTreeMap<&'c str, Side<'c>>);

impl<'c> Sides<'c> {
    fn new(changes: &'c [Changed]) -> Self {
        let side = |changed: &'c Changed| Side {
            changed,
            hunks: hunks(changed),
            index: LineIndex::new(changed.after.as_deref().unwrap_or_default()),
        };
        Self(changes.iter().map(|changed| (changed.path.as_str(), side(changed))).collect())
    }

    /// Whether a span stands, at least in part, on lines that the change wrote.
    fn wrote(&self, span: Span, files: &Files) -> bool {
        self.0.get(files.path(span.file)).is_some_and(|side| {
            let line = |offset: u32| side.index.line(offset as usize);
            let (first, last) = (line(span.start), line(span.end.saturating_sub(1).max(span.start)));
            side.hunks.iter().any(|hunk| hunk.after.start < last && first <= hunk.after.end && !hunk.after.is_empty())
        })
    }
}

/// Takes findings to the lines of the change that they come from. `is_new` says which are of interest.
pub fn to_causes(
    outcome: &mut Outcome,
    session: &Session,
    changes: &[Changed],
    active: &Active,
    settings: &Settings,
    is_new: impl Fn(&Finding, &Files) -> bool,
) {
    let sides = Sides::new(changes);
    let mut seek: BTreeSet<usize> = BTreeSet::new();
    for (at, finding) in outcome.findings.iter_mut().enumerate() {
        if !is_new(finding, &outcome.files) || sides.wrote(finding.span, &outcome.files) {
            continue;
        }
        let there = finding.related.iter().rev().map(|related| related.span).find(|span| sides.wrote(*span, &outcome.files));
        match there {
            Some(cause) => move_to(finding, cause),
            None => {
                seek.insert(at);
            }
        }
    }
    let mut trials = Trials { session, active, settings: everything(settings), left: MAX_TRIALS };
    for side in sides.0.values().filter(|side| side.changed.after.is_some()) {
        if seek.is_empty() || trials.left == 0 {
            break;
        }
        let without = trials.without(side.changed, side.changed.before.as_deref());
        let mut caused: Vec<usize> = seek.iter().copied().filter(|at| !without.contains(&outcome.findings[*at].fingerprint)).collect();
        seek.retain(|at| !caused.contains(at));
        for (number, hunk) in side.hunks.iter().enumerate() {
            if caused.is_empty() {
                break;
            }
            // Of the last one, that it is the cause follows from the others not being it.
            let is_last = number + 1 == side.hunks.len() || trials.left == 0;
            let without = if is_last { BTreeSet::new() } else { trials.without(side.changed, Some(&hunk.taken_back(side.changed))) };
            let (here, rest) = caused.into_iter().partition(|at| !without.contains(&outcome.findings[*at].fingerprint));
            let here: Vec<usize> = here;
            for at in here {
                if let Some(cause) = place_of(hunk, side, &mut outcome.files) {
                    move_to(&mut outcome.findings[at], cause);
                }
            }
            caused = rest;
        }
    }
    let Outcome { findings, files, .. } = outcome;
    findings.sort_by(|a, b| (files.path(a.span.file), a.span, a.rule.id).cmp(&(files.path(b.span.file), b.span, b.rule.id)));
}

/// The repository judged with a part of the change taken back.
struct Trials<'t> {
    session: &'t Session,
    active: &'t Active,
    settings: Settings,
    left: usize,
}

impl Trials<'_> {
    /// The fingerprints of what is found when a file holds another text, or is not there.
    fn without(&mut self, changed: &Changed, text: Option<&str>) -> BTreeSet<String> {
        self.left = self.left.saturating_sub(1);
        let mut tried = self.session.clone();
        match text {
            Some(text) => set(&mut tried, &changed.path, text),
            None => tried.remove_file(&changed.path),
        }
        tried.into_findings(self.active, &self.settings).findings.into_iter().map(|finding| finding.fingerprint).collect()
    }
}

/// Where a hunk is told: its first line with text, or the line that stands where it took something away.
fn place_of(hunk: &Hunk, side: &Side<'_>, files: &mut Files) -> Option<Span> {
    let text = side.changed.after.as_ref()?;
    let id = files.find(&side.changed.path)?;
    // A file that says nothing any more keeps no text, but is shown now.
    files.get_mut(id)?.contents = Contents::Held(text.clone());
    let index = &side.index;
    let lines = (hunk.after.start + 1)..=hunk.after.end.max(hunk.after.start + 1).min(index.count());
    let with_text = |line: &usize| !index.text(text, *line).trim().is_empty();
    let line = lines.clone().find(with_text).or_else(|| (1..=*lines.start()).rev().find(with_text))?;
    let (start, shown) = (index.start(line)?, index.text(text, line));
    let indent = shown.len() - shown.trim_start().len();
    Some(Span::new(id, start + indent, start + shown.trim_end().len()))
}

/// Tells a finding at its cause; where it shows is said beside it.
fn move_to(finding: &mut Finding, cause: Span) {
    let shows = Related { span: finding.span, text: format!("what follows from it: {}", finding.what), is_part: false };
    finding.related.retain(|related| related.span != cause);
    finding.related.iter_mut().for_each(|related| related.is_part = false);
    finding.related.insert(0, shows);
    finding.span = cause;
    "this change brings it".clone_into(&mut finding.label);
    // They repair where it shows, which is not where it went wrong.
    finding.edits.clear();
}
