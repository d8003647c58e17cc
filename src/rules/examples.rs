//! Runs the examples of a rule's page: the tests of the built-in rules and `seclint test`.

use crate::engine::Session;
use crate::finding::{Dials, Finding, Level};
use crate::settle::Settings;

use super::manifest::Example;
use super::{Registry, Rule};

/// Runs one example against all rules of `registry`; an error says what was expected and what came.
///
/// `{{sample:DETECTOR}}` in a file becomes a made-up secret: see [`crate::secrets::sample`].
/// A bad example must be flagged by `rule` on its marked lines and on no other; a good one must be
/// silent for every rule. Tracked files count as tracked by git; `untracked` ones are
/// ignored by it, and `new` ones are neither.
pub fn run(example: &Example, rule: &Rule, registry: &Registry) -> Result<(), String> {
    let mut session = Session::default();
    for file in &example.files {
        let text = crate::secrets::sample::expand(&file.text)?;
        session.set_file(&file.path, &text);
        session.set_tracked(&file.path, Some(file.tracked), Some(file.ignored));
    }
    session.look_again(|path| {
        let file = example.files.iter().find(|file| file.path == path)?;
        crate::secrets::sample::expand(&file.text).ok()
    });
    // A rule of a stricter level is tested at its own level; others must be silent as users see them.
    let level = if example.bad { Level::Auditor } else { rule.level };
    let outcome = session.findings(&registry.active(|_| true), &Settings { dials: Dials::of(level), ..Settings::default() });
    let show = |finding: &Finding| {
        let line = line_of(&outcome.files, finding);
        format!("{}:{line}: {} ({})", outcome.files.path(finding.span.file), finding.what, finding.rule.id)
    };
    let mut wrong = Vec::new();
    if example.bad {
        let mut got: Vec<(String, usize)> = outcome
            .findings
            .iter()
            .filter(|finding| finding.rule.id == rule.id)
            .map(|finding| (outcome.files.path(finding.span.file).to_owned(), line_of(&outcome.files, finding)))
            .collect();
        got.sort();
        got.dedup();
        let mut wanted: Vec<(String, usize)> = Vec::new();
        for file in &example.files {
            wanted.extend(file.marked.iter().map(|line| (file.path.clone(), *line)));
        }
        wanted.sort();
        wrong.extend(
            wanted
                .iter()
                .filter(|place| !got.contains(place))
                .map(|(path, line)| format!("{path}:{line} is marked, but `{}` is silent", rule.id)),
        );
        wrong.extend(
            got.iter()
                .filter(|place| !wanted.contains(place))
                .map(|(path, line)| format!("{path}:{line} is flagged by `{}`, but not marked", rule.id)),
        );
    } else {
        wrong.extend(outcome.findings.iter().map(|finding| format!("a good example is flagged: {}", show(finding))));
    }
    wrong.extend(outcome.problems.iter().map(|problem| format!("the example does not parse: {}", problem.message)));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn line_of(files: &crate::source::Files, finding: &Finding) -> usize {
    let text = files.whole(finding.span.file).unwrap_or_default();
    crate::source::LineIndex::new(text).line(finding.span.start as usize)
}
