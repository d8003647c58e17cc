//! What Terraform evaluates, feature by feature: the projects of `testdata/terraform/*.md`. Lines that
//! end in `# <--` must be flagged, and no other may be.
//! `CASE=splat cargo test --test terraform_features` runs the projects whose title holds that word.
#![expect(clippy::disallowed_methods, reason = "the test reads its projects and is told by the environment which to run")]

use std::collections::BTreeSet;
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

/// The places that are flagged or marked, as `path:line`.
type Places = BTreeSet<String>;

fn run(project: &Project) -> Result<(), String> {
    let mut session = Session::default();
    let mut wanted = Places::new();
    for (path, text) in &project.files {
        session.set_file(path, text);
        let marked = text.lines().enumerate().filter(|(_, line)| line.contains("<--"));
        wanted.extend(marked.map(|(at, _)| format!("{path}:{}", at + 1)));
    }
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    let mut got = Places::new();
    let mut told = Vec::new();
    for finding in &outcome.findings {
        let path = outcome.files.path(finding.span.file);
        let text = outcome.files.get(finding.span.file).and_then(|meta| meta.text.clone()).unwrap_or_default();
        let place = format!("{path}:{}", LineIndex::new(&text).line(finding.span.start as usize));
        told.push(format!("{place}: {}", finding.what));
        got.insert(place);
    }
    if got == wanted {
        return Ok(());
    }
    let missing: Vec<_> = wanted.difference(&got).collect();
    let wrong: Vec<_> = got.difference(&wanted).collect();
    Err(format!("missing {missing:?}, wrong {wrong:?}\n    {}", told.join("\n    ")))
}

#[test]
fn every_feature_of_every_page() {
    let only = std::env::var("CASE").unwrap_or_default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
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
