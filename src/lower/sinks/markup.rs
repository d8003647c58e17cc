//! What an answer or a page shows: markup with values in it, insides of an error.

use super::statement::first_words;
use super::taint::tainted;
use crate::ir::{Entry, Node, NodeKind, Scope, SinkPart, Tri};

pub(super) fn is_markup(node: &Node) -> bool {
    node.as_text().is_some_and(|text| text.has_holes() && text.contains("<").is_yes())
}

/// Words of a request in a page: what Express sends of a text is HTML.
pub(super) fn is_words(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && name.path.len() > 1,
        NodeKind::Text(text) => text.has_holes() && !first_words(text).is_some_and(|words| words.trim_start().starts_with(['{', '['])),
        _ => false,
    }
}

/// `err.stack` in what is answered, and, of Express, the whole error.
pub(super) fn shows_error(node: &Node, whole: bool, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    match &node.kind {
        NodeKind::Ref(name) if name.path.len() > 1 => name.last() == "stack",
        NodeKind::Ref(name) => whole && name.scope == Scope::Local && is_caught(name.first()),
        NodeKind::Map(map) => {
            map.entries.iter().any(|entry| matches!(entry, Entry::Pair { value, .. } if shows_error(value, whole, depth - 1)))
        }
        NodeKind::Text(text) => text.holes().any(|hole| shows_error(hole, false, depth - 1)),
        _ => false,
    }
}

/// A parameter that holds an error: of a `catch`, or the first of a callback.
fn is_caught(name: &str) -> bool {
    name.split_once("@@").is_some_and(|(name, _)| matches!(name, "err" | "error" | "e" | "ex" | "exception"))
}

/// Whether markup that a framework is told to trust may hold anything: it is not of the code, and nothing
/// cleans it.
pub(super) fn is_trusted(parts: &mut Vec<SinkPart>) -> bool {
    parts.retain_mut(|part| {
        part.tainted = tainted(&part.value, 12);
        let is_open = matches!(part.value.kind, NodeKind::Ref(_) | NodeKind::Op(..) | NodeKind::Unknown(_));
        if part.tainted.is_no() && is_open {
            part.tainted = Tri::Maybe;
        }
        !part.tainted.is_no()
    });
    !parts.is_empty()
}
