//! What Terraform evaluates and how NATS, nestrs and routes are written, feature by feature: the projects of
//! `testdata/{terraform,nats,nestrs,routes}/*.md`. Lines that end in `<--` must be flagged, by the rules named
//! behind it if there are any, and no other may be. `{{sample:ID}}` is a made-up secret.
//! `CASE=splat cargo test --test features` runs the projects whose title holds that word.
#![expect(clippy::disallowed_methods, reason = "the test reads its projects and is told by the environment which to run")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::settle::Settings;
use seclint::source::LineIndex;

/// A small project: a title and files, as one section of a page.
struct Project {
    title: String,
    files: Vec<(String, String)>,
}

/// A section begins with `## `; a file stands in a fence whose second word is its path.
fn projects(page: &str) -> Vec<Project> {
    let mut projects: Vec<Project> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            open = !open;
            if let (true, Some(project)) = (open, projects.last_mut()) {
                let path = fence.split_whitespace().nth(1).expect("a fence names its file");
                project.files.push((path.to_owned(), String::new()));
            }
        } else if open {
            let (_, text) = projects.last_mut().and_then(|project| project.files.last_mut()).expect("a file is open");
            text.push_str(line);
            text.push('\n');
        } else if let Some(title) = line.strip_prefix("## ") {
            projects.push(Project { title: title.to_owned(), files: Vec::new() });
        }
    }
    projects
}

/// The rules by the place that they flag, as `path:line`; no rule named stands for any.
type Places = BTreeMap<String, BTreeSet<String>>;

/// The files as they are scanned, without marks, and what is marked.
fn marked(project: &Project) -> (Session, Places) {
    let (mut session, mut wanted, mut texts) = (Session::default(), Places::new(), BTreeMap::new());
    for (path, text) in &project.files {
        let mut plain = String::new();
        for (at, line) in text.lines().enumerate() {
            let (code, mark) = line.split_once("<--").map_or((line, None), |(code, mark)| (code, Some(mark)));
            let is_rules = |mark: &&str| mark.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | ' '));
            let rules = mark.filter(is_rules).unwrap_or_default();
            if mark.is_some() {
                wanted.insert(format!("{path}:{}", at + 1), rules.split_whitespace().map(str::to_owned).collect());
            }
            plain.push_str(if rules.is_empty() { line } else { code.trim_end().trim_end_matches(['#', '/']).trim_end() });
            plain.push('\n');
        }
        let plain = seclint::secrets::sample::expand(&plain).expect("a known sample");
        session.set_file(path, &plain);
        texts.insert(path.as_str(), plain);
    }
    session.look_again(|path| texts.get(path).cloned());
    (session, wanted)
}

fn run(project: &Project) -> Result<(), String> {
    let (session, wanted) = marked(project);
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    let mut got = Places::new();
    let mut told = Vec::new();
    for finding in &outcome.findings {
        let path = outcome.files.path(finding.span.file);
        let text = outcome.files.get(finding.span.file).and_then(|meta| meta.text().cloned()).unwrap_or_default();
        let place = format!("{path}:{}", LineIndex::new(&text).line(finding.span.start as usize));
        told.push(format!("{place}: {}: {}", finding.rule.id, finding.what));
        got.entry(place).or_default().insert(finding.rule.id.to_owned());
    }
    let same = |(place, rules): (&String, &BTreeSet<String>)| got.get(place).is_some_and(|ids| rules.is_empty() || ids == rules);
    if got.len() == wanted.len() && wanted.iter().all(same) {
        return Ok(());
    }
    let missing: Vec<_> = wanted.iter().filter(|(place, rules)| !same((place, rules))).collect();
    let wrong: Vec<_> = got.keys().filter(|place| !wanted.contains_key(*place)).collect();
    Err(format!("missing {missing:?}, wrong {wrong:?}\n    {}", told.join("\n    ")))
}

#[test]
fn every_feature_of_every_page() {
    let only = std::env::var("CASE").unwrap_or_default();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let folders = ["terraform", "nats", "nestrs", "routes"].map(|folder| std::fs::read_dir(data.join(folder)).unwrap());
    let mut pages: Vec<_> = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let (mut count, mut failed) = (0, Vec::new());
    for page in pages {
        for project in projects(&std::fs::read_to_string(&page).unwrap()).iter().filter(|project| project.title.contains(&only)) {
            count += 1;
            if let Err(why) = run(project) {
                failed.push(format!("{} · {}\n  {why}", page.file_stem().unwrap().to_string_lossy(), project.title));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {count} projects failed:\n{}", failed.len(), failed.join("\n"));
    assert!(count > 60 || !only.is_empty(), "only {count} projects were read");
}
