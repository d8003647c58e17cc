//! Views and what they are rendered with: a value that a view shows as it is may be one that a request brings, a
//! record's, or nothing that the repository shows.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::ir::{Fact, FactKind, Node, NodeKind, SinkKind};
use crate::lower::{is_meant_as_markup, origin};
use crate::source::Files;

/// Says of each value that a view shows where it comes from; takes out those that the code makes itself.
pub(super) fn link(files: &Files, facts: &mut Vec<Fact>) {
    let rendered = rendered(facts);
    facts.retain_mut(|fact| {
        let FactKind::Sink(sink) = &mut fact.kind else { return true };
        let is_view = sink.kind == SinkKind::Html && sink.callee.first() == "view";
        let (true, [part]) = (is_view, sink.parts.as_mut_slice()) else { return true };
        let NodeKind::Ref(shown) = &part.value.kind else { return true };
        let values = locals(&rendered, files.path(fact.span.file)).filter_map(|locals| member(locals, &shown.path));
        let Some((comes, value)) = values.map(|value| (origin(&value), value)).max_by_key(|(comes, _)| *comes) else { return true };
        part.tainted = comes;
        let is_doubtful = shown.path.last().is_some_and(|name| is_meant_as_markup(name));
        sink.options = Some(Node::text(if is_doubtful { "view" } else { "record" }, fact.span));
        part.value.via = value.via;
        !comes.is_no()
    });
}

/// What views are rendered with, by the last part of their names.
fn rendered(facts: &[Fact]) -> BTreeMap<SmolStr, Vec<(SmolStr, Node)>> {
    let mut rendered: BTreeMap<SmolStr, Vec<(SmolStr, Node)>> = BTreeMap::new();
    for fact in facts {
        let FactKind::Call(call) = &fact.kind else { continue };
        if call.callee.module() != Some("views") {
            continue;
        }
        let [name, locals, ..] = call.args.as_slice() else { continue };
        let Some(name) = name.as_str().map(stem) else { continue };
        let last = name.rsplit('/').next().unwrap_or(name);
        rendered.entry(last.into()).or_default().push((name.into(), locals.clone()));
    }
    rendered
}

/// What the view at a path is rendered with: its path ends in the name.
fn locals<'r>(rendered: &'r BTreeMap<SmolStr, Vec<(SmolStr, Node)>>, path: &str) -> impl Iterator<Item = &'r Node> {
    let path = stem(path).to_owned();
    let last = path.rsplit('/').next().unwrap_or(&path).to_owned();
    rendered.get(last.as_str()).into_iter().flatten().filter_map(move |(name, locals)| {
        let before = path.strip_suffix(name.trim_start_matches(['.', '/']))?;
        (before.is_empty() || before.ends_with('/')).then_some(locals)
    })
}

/// A path without the ending of its file.
fn stem(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    path[name..].find('.').filter(|dot| *dot > 0).map_or(path, |dot| &path[..name + dot])
}

/// A member of what is handed over; nothing if it is not there.
fn member(locals: &Node, path: &[SmolStr]) -> Option<Node> {
    let (first, rest) = path.split_first()?;
    let value = locals.get(first)?.clone();
    Some(rest.iter().fold(value, |value, name| value.get(name).cloned().unwrap_or_else(|| value.member(name))))
}
