//! The page of a rule: what `seclint explain` says, for a browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::explain;
use crate::rules::Rule;

/// What a code block's words after its file's name mean: see [`manifest`](crate::rules::manifest).
const NOTES: [(&str, &str); 2] = [("untracked", ", which an ignore file names"), ("new", ", which git doesn't track yet")];

pub(super) fn of(rule: &Rule) -> String {
    let mut out = format!("# {}\n\n`{}`\n\n| | |\n|---|---|\n", rule.title, rule.id);
    for (name, value) in explain::rows(rule).iter().filter(|(name, value)| *name != "elsewhere" && !value.is_empty()) {
        let _ = writeln!(out, "| {name} | {} |", linked(name, value));
    }
    out.push_str(&code_blocks(&deeper(explain::body(rule))));
    out.push_str(&elsewhere(rule));
    out
}

/// What other tools call the rule: hundreds of ids for some, so they stand at the end.
fn elsewhere(rule: &Rule) -> String {
    let mut tools: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (tool, id) in rule.peers.iter().filter_map(|peer| peer.split_once(':')) {
        tools.entry(tool).or_default().push(id);
    }
    let mut out = String::new();
    for (tool, ids) in tools {
        let heading = if out.is_empty() { "\n## In other tools\n\n" } else { "" };
        let _ = writeln!(out, "{heading}- {tool}: {}", ids.join(", "));
    }
    out
}

/// A row's value; weaknesses lead to their definitions.
fn linked(name: &str, value: &str) -> String {
    if name != "weakness" {
        return value.to_owned();
    }
    let link = |id: &str| format!("[{id}](https://cwe.mitre.org/data/definitions/{}.html)", id.trim_start_matches("CWE-"));
    value.split(", ").map(link).collect::<Vec<_>>().join(", ")
}

/// Where a line stands.
pub(super) enum Line<'t> {
    /// It opens a code block: its fence, and what stands behind it.
    Opens(&'t str, &'t str),
    /// It is code, or closes the block.
    Code(&'t str),
    /// It is text.
    Prose(&'t str),
}

pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut open: Option<&str> = None;
    text.lines().map(move |line| {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match open {
            Some(fence) => {
                if line.trim_end() == fence {
                    open = None;
                }
                Line::Code(line)
            }
            None if ticks >= 3 => {
                let (fence, info) = line.split_at(ticks);
                open = Some(fence);
                Line::Opens(fence, info)
            }
            None => Line::Prose(line),
        }
    })
}

/// Headings one level down: the page has a title of its own.
fn deeper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in lines(text) {
        match line {
            Line::Opens(fence, info) => out.extend([fence, info]),
            Line::Code(line) => out.push_str(line),
            Line::Prose(line) => out.extend([if line.starts_with('#') { "#" } else { "" }, line]),
        }
        out.push('\n');
    }
    out
}

/// A block's file stands above it, where a reader sees it. Samples of secrets are named, never made: a site
/// with tokens in it would set off the scanners of those who host it.
pub(super) fn code_blocks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in lines(text) {
        match line {
            Line::Opens(fence, info) => {
                let mut words = info.split_whitespace();
                let language = words.next().unwrap_or_default();
                if let Some(file) = words.next() {
                    let notes = words.filter_map(|word| NOTES.iter().find(|(name, _)| *name == word));
                    let _ = writeln!(out, "`{file}`{}:\n", notes.map(|(_, note)| *note).collect::<String>());
                }
                // Without it mdBook offers to run the code.
                let _ = write!(out, "{fence}{language}{}", if language == "rust" { ",ignore" } else { "" });
            }
            Line::Code(line) => out.push_str(&named(line)),
            Line::Prose(line) => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// `{{sample:github-pat}}` as `<github-pat>`.
fn named(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{sample:") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        let _ = write!(out, "{before}<{name}>");
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_above_their_blocks_and_code_is_left_alone() {
        let text =
            "# Bad\n\n```rust src/main.rs untracked\n# not a heading {{sample:github-pat}}\n```\n\n````md x.md\n```\n# x\n```\n````\n";
        let shown = "## Bad\n\n`src/main.rs`, which an ignore file names:\n\n```rust,ignore\n# not a heading <github-pat>\n```\n\n\
                     `x.md`:\n\n````md\n```\n# x\n```\n````\n";
        assert_eq!(code_blocks(&deeper(text)), shown);
    }
}
