//! `seclint init`: a commented `seclint.toml` that fits what the repository holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::{Answer, working_folder};
use crate::config::PLACES;
use crate::source::FileKind;
use crate::walk::{self, Targets, Tree};

/// Folders that hold what others wrote, or bad examples on purpose.
const FOREIGN: [&str; 8] = ["vendor", "third_party", "third-party", "external", "testdata", "fixtures", "__fixtures__", "node_modules"];

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let targets = Targets::of(&[PathBuf::from(".")], &working_folder()?)?;
    let top = &targets.root.top;
    let there = PLACES.iter().find(|place| top.join(place).symlink_metadata().is_ok());
    let tree = walk::walk(&targets, &walk::Options::default())?;
    let text = file(&tree);
    if arguments.print {
        anstream::stdout().lock().write_all(text.as_bytes())?;
        return Ok(Answer::Clean);
    }
    if let Some(there) = there {
        bail!("{there} is there already; `seclint init --print` shows what would be written");
    }
    let place = PLACES[0];
    let failed = || format!("{place}: can't be written");
    // What came there in the meantime is not overwritten either.
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).open(top.join(place)).with_context(failed)?;
    out.write_all(text.as_bytes()).with_context(failed)?;
    writeln!(anstream::stdout().lock(), "{place} is written; `seclint config show` says what is in force")?;
    Ok(Answer::Clean)
}

/// The file for a tree.
fn file(tree: &Tree) -> String {
    let mut out = String::from(
        "# seclint.toml: it adds to the rules that are built in and never replaces them. A mistake in it is an error.\n\
         # `seclint config schema` prints its JSON schema.\n",
    );
    let held = held(tree);
    if !held.is_empty() {
        let _ = writeln!(out, "#\n# This repository holds {}.", held.join(", "));
    }
    out.push_str(
        "\n# The least severity that makes the exit code 1: note, low, medium, high, critical. Every finding does by default.\n\
         # fail-on = \"medium\"\n\n\
         # Whose findings are reported: regular, pedantic (doubtful ones too), auditor (everything that could matter).\n\
         # level = \"regular\"\n\n\
         # Paths that are left out. What others wrote can be left out; what is deployed should not be.\n",
    );
    let folders = foreign(tree);
    let list: Vec<String> = folders.iter().map(|folder| format!("\"{folder}/\"")).collect();
    let _ = writeln!(out, "# exclude = [{}]", if list.is_empty() { "\"third_party/\"".to_owned() } else { list.join(", ") });
    if has(tree, &[FileKind::TypeScript, FileKind::Tsx, FileKind::JavaScript, FileKind::Rust]) {
        out.push_str(
            "\n# Functions, classes and extractors of your own that turn anonymous callers away, where seclint can't see that they do.\n\
             # [trust]\n# guards = [\"requireUser\"]\n",
        );
    }
    let rule = if has(tree, &[FileKind::Dockerfile]) { "dockerfile-root-user" } else { "generic-secret" };
    let _ = write!(
        out,
        "\n# A rule can be weighed otherwise, or switched off with a reason.\n\
         # [rules.{rule}]\n# severity = \"low\"\n\n\
         # Findings that are accepted in some paths. For a single place a comment is better:\n\
         # `seclint: ignore[{rule}] why it is acceptable`.\n\
         # [[ignore]]\n# rules = [\"{rule}\"]\n# paths = [\"legacy/**\"]\n# reason = \"goes away with the old service\"\n# until = \"2030-12-31\"\n"
    );
    out
}

fn kind(path: &str) -> FileKind {
    FileKind::of(path, "")
}

fn has(tree: &Tree, kinds: &[FileKind]) -> bool {
    tree.files.iter().any(|found| kinds.contains(&kind(&found.path)))
}

/// What there is, in words: `12 Terraform files`.
fn held(tree: &Tree) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for found in &tree.files {
        let name = match kind(&found.path) {
            FileKind::Terraform | FileKind::Tfvars | FileKind::Hcl => "Terraform",
            FileKind::TypeScript | FileKind::Tsx | FileKind::JavaScript | FileKind::Component => "TypeScript or JavaScript",
            FileKind::Rust => "Rust",
            FileKind::Dockerfile => "Docker",
            FileKind::Dotenv => "environment",
            FileKind::Yaml if found.path.starts_with(".github/workflows/") => "workflow",
            FileKind::Yaml => "YAML",
            FileKind::NatsConf => "NATS configuration",
            _ => continue,
        };
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().map(|(name, count)| format!("{count} {name} file{}", if count == 1 { "" } else { "s" })).collect()
}

/// Folders of others, at the least depth.
fn foreign(tree: &Tree) -> BTreeSet<String> {
    let folder = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        let at = parts[..parts.len() - 1].iter().position(|part| FOREIGN.contains(part))?;
        Some(parts[..=at].join("/"))
    };
    tree.files.iter().filter_map(|found| folder(&found.path)).take(10_000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Registry;

    #[test]
    fn the_file_is_right_with_and_without_its_comments() {
        let found =
            |path: &str| walk::Found { path: path.into(), named: 0, at: None, bytes: 0, tracked: None, ignored: None, content: None };
        let tree = Tree { files: vec![found("api/src/main.ts"), found("api/vendor/x.js"), found("Dockerfile")], ..Tree::default() };
        let text = file(&tree);
        assert!(text.contains("holds 1 Docker file, 2 TypeScript or JavaScript files") && text.contains("\"api/vendor/\""), "{text}");
        assert!(crate::config::parse(&text, &Registry::default()).is_ok());
        // Every line that is meant to be taken in is right.
        let settings = ["fail-on", "level", "exclude", "[", "guards", "severity", "rules", "paths", "reason", "until"];
        let taken_in = |line: &str| {
            let rest = line.strip_prefix("# ")?;
            settings.iter().any(|start| rest.starts_with(start) && (rest.contains(" = ") || rest.starts_with('['))).then(|| rest.to_owned())
        };
        let live: Vec<String> = text.lines().filter_map(taken_in).collect();
        let parsed = crate::config::parse(&live.join("\n"), &Registry::default());
        assert!(parsed.is_ok() && live.len() > 9, "{live:?}: {:?}", parsed.err());
    }
}
