//! What a rule's page says of its repair holds for its bad examples: the finding goes away, the file still
//! parses, nothing else is found, and a second time changes nothing.

use seclint::engine::{Outcome, Session};
use seclint::finding::{Dials, Edit, Finding, Level};
use seclint::repair::{self, Wanted};
use seclint::rules::manifest::{self, Example};
use seclint::rules::{Registry, Rule};
use seclint::secrets::sample;
use seclint::settle::Settings;

type Tree = Vec<(String, String)>;

fn scan(tree: &Tree, example: &Example, registry: &Registry) -> Outcome {
    let mut session = Session::default();
    for (path, text) in tree {
        session.set_file(path, text);
        let file = example.files.iter().find(|file| file.path == *path);
        // git, which is not here, would look at a `.gitignore`.
        let named = tree.iter().any(|(other, list)| other == ".gitignore" && list.lines().any(|line| line == path));
        session.set_tracked(path, Some(file.is_some_and(|file| file.tracked)), Some(named || file.is_some_and(|file| file.ignored)));
    }
    session.findings(&registry.active(|_| true), &Settings { dials: Dials::of(Level::Auditor), ..Settings::default() })
}

/// Repairs what one rule finds; how many findings that were.
fn repaired(tree: &mut Tree, outcome: &Outcome, rule: &Rule) -> usize {
    let own = outcome.findings.iter().filter(|finding| finding.rule.id == rule.id);
    let plan = repair::plan(own, &outcome.files, Wanted::All);
    for (path, edits) in &plan.files {
        match tree.iter_mut().find(|(known, _)| known == path) {
            Some((_, text)) => *text = edits.apply(text),
            None => tree.push((path.clone(), edits.apply(""))),
        }
    }
    plan.findings.len()
}

fn check(rule: &Rule, example: &Example, registry: &Registry) -> Result<usize, String> {
    let mut tree: Tree = Vec::new();
    for file in &example.files {
        tree.push((file.path.clone(), sample::expand(&file.text)?));
    }
    let mut before = scan(&tree, example, registry);
    let mut count = 0;
    // What touches the same bytes takes another round.
    for _ in 0..4 {
        let done = repaired(&mut tree, &before, rule);
        if done == 0 {
            break;
        }
        count += done;
        let after = scan(&tree, example, registry);
        if let Some(problem) = after.problems.first() {
            return Err(format!("no longer parses: {}\n{}", problem.message, tree[0].1));
        }
        // What only an auditor asks for may come in the place of what everybody is told.
        let own = before.findings.iter().filter(|finding| finding.rule.id == rule.id && finding.repair().is_some());
        let level = own.map(|finding| finding.level).max().unwrap_or_default();
        let seen = |outcome: &Outcome| outcome.findings.iter().filter(|finding| finding.level <= level).count();
        let is_own = |finding: &&Finding| finding.rule.id == rule.id && finding.level <= level;
        let of = |outcome: &Outcome| outcome.findings.iter().filter(is_own).count();
        if of(&after) + done > of(&before) {
            return Err(format!(
                "still found: {:?}\n{}",
                after.findings.iter().map(|finding| &finding.what).collect::<Vec<_>>(),
                tree[0].1
            ));
        }
        let others = |outcome: &Outcome| seen(outcome) - of(outcome);
        if others(&after) > others(&before) {
            return Err(format!(
                "something else is found now: {:?}",
                after.findings.iter().map(|finding| &finding.what).collect::<Vec<_>>()
            ));
        }
        before = after;
    }
    if repaired(&mut tree.clone(), &before, rule) > 0 {
        return Err("a repair never ends".to_owned());
    }
    Ok(count)
}

#[test]
fn every_repair_takes_its_finding_away() {
    let registry = Registry::default();
    let mut failed = Vec::new();
    for rule in registry.all() {
        let page = manifest::parse(rule.page).expect("build.rs accepted the page");
        let mut count = 0;
        for example in page.examples.iter().filter(|example| example.bad) {
            match check(rule, example, &registry) {
                Ok(repaired) => count += repaired,
                Err(message) => failed.push(format!("{} ({}): {message}", rule.id, example.title)),
            }
        }
        if rule.repair.is_some() && count == 0 {
            failed.push(format!("{}: has `[repair]`, but no bad example is repaired", rule.id));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn edits_without_a_declared_repair_are_not_made() {
    let registry = Registry::default();
    for rule in registry.all().iter().filter(|rule| rule.repair.is_none()) {
        let page = manifest::parse(rule.page).expect("build.rs accepted the page");
        for example in page.examples.iter().filter(|example| example.bad) {
            let tree: Tree = example.files.iter().map(|file| (file.path.clone(), sample::expand(&file.text).unwrap_or_default())).collect();
            let outcome = scan(&tree, example, &registry);
            let own: Vec<&Edit> =
                outcome.findings.iter().filter(|finding| finding.rule.id == rule.id).flat_map(|finding| &finding.edits).collect();
            assert!(own.is_empty(), "{}: edits need `[repair]` in the page: {own:?}", rule.id);
        }
    }
}
