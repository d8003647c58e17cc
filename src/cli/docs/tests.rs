//! Holds the guides to the program: what they tell a reader to type and to write is taken as it is told.

use std::collections::BTreeSet;

use clap::{CommandFactory as _, Parser as _};

use super::page::Line;
use super::*;
use crate::cli::Arguments as Program;
use crate::engine::Session;
use crate::rules::{examples, load_user_rules};
use crate::settle::Settings;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn made() -> Book {
    book(&guides(&folder()).unwrap(), &Known::new(Registry::default(), Program::command())).unwrap()
}

/// Where the links of a page lead, as paths of the book; addresses of other sites are left out.
fn links(path: &str, text: &str) -> Vec<(String, String)> {
    let prose = page::lines(text).filter_map(|line| if let Line::Prose(line) = line { Some(line) } else { None });
    let targets = prose.flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
    let own = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    let mut found = Vec::new();
    for target in own {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let mut parts: Vec<&str> = path.split('/').collect();
        parts.pop();
        for part in file.split('/') {
            if part == ".." {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        found.push((if file.is_empty() { path.to_owned() } else { parts.join("/") }, anchor.to_owned()));
    }
    found
}

/// The anchors of a page, as mdBook names its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let slug = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(|line| slug(line.trim_start_matches('#'))).collect()
}

/// A code block.
struct Block {
    guide: String,
    /// The words behind its fence.
    info: String,
    text: String,
}

/// The blocks of the guides and of the README.
fn blocks() -> Vec<Block> {
    let mut texts = guides(&folder()).unwrap();
    texts.insert("README.md".to_owned(), read(&folder().join("../README.md")).unwrap());
    let mut found: Vec<Block> = Vec::new();
    for (guide, text) in texts {
        for line in page::lines(&text) {
            match (line, found.last_mut()) {
                (Line::Opens(_, info), _) => found.push(Block { guide: guide.clone(), info: info.to_owned(), text: String::new() }),
                (Line::Code(line), Some(block)) => block.text.extend([line, "\n"]),
                _ => {}
            }
        }
    }
    for block in &mut found {
        let end = block.text.trim_end().trim_end_matches('`').len();
        block.text.truncate(end);
    }
    found
}

#[test]
fn every_rule_has_one_page_and_every_page_is_in_the_contents() {
    let book = made();
    let listed: Vec<String> = links("SUMMARY.md", &book["SUMMARY.md"]).into_iter().map(|(page, _)| page).collect();
    let pages: Vec<&String> = book.keys().filter(|path| *path != "SUMMARY.md").collect();
    for page in &pages {
        assert_eq!(listed.iter().filter(|other| other == page).count(), 1, "{page}");
    }
    let registry = Registry::default();
    let rules = registry.all();
    assert_eq!(pages.iter().filter(|path| path.starts_with("rules/")).count(), rules.len());
    for rule in rules {
        assert!(book[&tables::address(rule)].contains("\n## How to fix\n"), "{}", rule.id);
        assert!(tables::FAMILIES.iter().any(|(family, _)| *family == rule.family), "`{}` has no name in FAMILIES", rule.family);
    }
}

#[test]
fn links_lead_somewhere() {
    let book = made();
    for (path, text) in &book {
        for (page, anchor) in links(path, text) {
            let target = book.get(&page).unwrap_or_else(|| panic!("{path}: `{page}` is no page"));
            assert!(anchor.is_empty() || anchors(target).contains(&anchor), "{path}: {page} has no heading `#{anchor}`");
        }
    }
}

#[test]
fn commands_are_understood() {
    let mut seen = 0;
    for block in blocks() {
        let commands = block.text.lines().filter_map(|line| match &*block.info {
            "console" => line.strip_prefix("$ "),
            "sh" | "yaml .gitlab-ci.yml" => Some(line.trim_start().trim_start_matches("- ")),
            _ => None,
        });
        // What follows a comment, a pipe or another command is the shell's.
        for command in commands.filter(|command| command.starts_with("seclint ")) {
            let words = command.split_whitespace().take_while(|word| !["#", "|", "||", "&&", ">"].contains(word));
            let parsed = Program::try_parse_from(words.map(|word| word.trim_matches(['\'', '"'])));
            assert!(parsed.is_ok(), "{}: {command}\n{}", block.guide, parsed.err().unwrap());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn settings_and_own_rules_are_right() {
    let registry = Registry::default();
    for block in blocks() {
        if block.info == "toml seclint.toml" {
            let parsed = crate::config::parse(&block.text, &registry);
            assert!(parsed.is_ok(), "{}: {:?}", block.guide, parsed.err());
        } else if block.info.starts_with("markdown .seclint/rules/") {
            let own = load_user_rules(&block.text).unwrap_or_else(|mistakes| panic!("{}: {mistakes:?}", block.guide));
            let registry = Registry::with(vec![own.rule]).unwrap();
            for example in &own.examples {
                assert_eq!(examples::run(example, own.rule, &registry), Ok(()), "{}", block.guide);
            }
        }
    }
}

/// What is told to be copied is nothing that seclint would complain about.
#[test]
fn recipes_are_clean() {
    let active = Registry::default().active(|_| true);
    for block in blocks() {
        let Some(path) = block.info.strip_prefix("yaml ").or_else(|| block.info.strip_prefix("dockerfile ")) else { continue };
        let mut session = Session::default();
        session.set_file(path, &block.text);
        let outcome = session.findings(&active, &Settings::default());
        let found: Vec<String> = outcome.findings.iter().map(|finding| format!("{}: {}", finding.rule.id, finding.what)).collect();
        assert!(found.is_empty() && outcome.problems.is_empty(), "{}: {path}: {found:?}", block.guide);
    }
}
