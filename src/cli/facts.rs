//! `seclint facts`: the linked facts of files and the names that they bind.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::Answer;
use super::load::model_of;
use crate::engine::secrets;
use crate::ir::{Entry, Hop, Node, NodeKind};
use crate::report::view::{Masks, View};
use crate::rules::view;

/// Arguments of `facts`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files or folders; what is named together is linked together
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Print the names that the files bind, import and export as well
    #[arg(long)]
    names: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let (session, model) = model_of(&arguments.paths)?;
    let shown = View::new(&model.files, Masks::new(&secrets(&model)));
    let mut out = anstream::stdout().lock();
    for fact in &model.facts {
        let at = shown.start(fact.span);
        let (path, owner) = (shown.path(fact.span), shown.text(&fact.owner));
        writeln!(out, "{path}:{}:{}: {:?} {owner}", at.line, at.column, fact.kind.kind())?;
        let mut lines = String::new();
        tree_of(&view(fact), &shown, 1, &mut lines);
        out.write_all(lines.as_bytes())?;
    }
    if arguments.names {
        for (path, symbols) in session.symbols() {
            for binding in &symbols.bindings {
                let value = shown.text(&binding.value.to_string());
                writeln!(out, "{path}:{}: {:?} {} = {value}", shown.start(binding.span).line, binding.kind, shown.text(&binding.name))?;
            }
            for import in &symbols.imports {
                writeln!(out, "{path}:{}: import {} = {}", shown.start(import.span).line, import.local, import.target)?;
            }
            for (name, target) in &symbols.exports {
                writeln!(out, "{path}: export {name} = {target}")?;
            }
        }
    }
    for problem in &model.problems {
        writeln!(out, "{}:{}: problem: {}", shown.path(problem.span), shown.start(problem.span).line, shown.text(&problem.message))?;
    }
    Ok(Answer::Clean)
}

/// A value tree as indented lines: one a leaf, with the places that it came through.
fn tree_of(node: &Node, shown: &View<'_>, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth.min(40));
    let Some(map) = node.as_map() else {
        let _ = writeln!(out, "{indent}{}", shown.text(&node.to_string()));
        return;
    };
    for entry in &map.entries {
        let (key, value) = match entry {
            Entry::Pair { key, value, .. } => (key.to_string(), value),
            Entry::Computed { key, value } => (format!("[{key}]"), value),
            Entry::Spread(value) => ("...".to_owned(), value),
        };
        let nested = |item: &Node| matches!(&item.kind, NodeKind::Map(inner) if !inner.entries.is_empty());
        match &value.kind {
            _ if nested(value) => {
                let _ = writeln!(out, "{indent}{}:", shown.text(&key));
                tree_of(value, shown, depth + 1, out);
            }
            NodeKind::List(items) if items.iter().any(nested) => {
                for (at, item) in items.iter().enumerate() {
                    let _ = writeln!(out, "{indent}{}[{at}]:", shown.text(&key));
                    tree_of(item, shown, depth + 1, out);
                }
            }
            _ => {
                let via: String = value.via.hops().iter().map(|hop| way(hop, shown)).collect();
                let _ = writeln!(out, "{indent}{}: {}{via}", shown.text(&key), shown.text(&value.to_string()));
            }
        }
    }
}

fn way(hop: &Hop, shown: &View<'_>) -> String {
    format!("  <- {} ({}:{})", shown.text(&hop.describe()), shown.path(hop.span), shown.start(hop.span).line)
}
