//! What an answer or a page shows: markup with values in it, insides of an error.

use super::statement::first_words;
use super::taint::tainted;
use crate::ir::{Entry, Node, NodeKind, Op, Scope, Sink, SinkPart, Tri};

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
        if part.tainted.is_no() && is_cleaned(&part.value) {
            return false;
        }
        let is_open = matches!(part.value.kind, NodeKind::Ref(_) | NodeKind::Op(..) | NodeKind::Unknown(_));
        if part.tainted.is_no() && is_open {
            part.tainted = Tri::Maybe;
        }
        !part.tainted.is_no()
    });
    !parts.is_empty()
}

/// Whether one of the values of a variable is what a function has escaped; the others are made of it:
/// `text = _.escape(value); text = text.replace(…)`.
fn is_cleaned(value: &Node) -> bool {
    let NodeKind::Op(Op::Or, values) = &value.kind else { return false };
    values.iter().filter_map(Node::as_call).any(|call| {
        let name = call.callee.last().to_ascii_lowercase();
        ["escape", "sanitize", "sanitise", "purify"].iter().any(|word| name.contains(word)) && !name.contains("unescape")
    })
}

/// Whether markup of a page holds what a request brings, or a text of a record.
pub(super) fn is_of_page(sink: &mut Sink) -> bool {
    let is_of_request = sink.parts.iter().any(|part| tainted(&part.value, 12).is_yes());
    if !is_of_request && sink.parts.iter().any(|part| is_text_of_record(&part.value)) {
        sink.options = sink.options.as_ref().map(|options| Node::text("record", options.span));
        sink.parts.iter_mut().for_each(|part| part.tainted = Tri::Maybe);
        return true;
    }
    sink.parts.retain_mut(|part| {
        part.tainted = tainted(&part.value, 12);
        part.tainted.is_yes()
    });
    !sink.parts.is_empty()
}

/// `(await notes.findOne(…)).title`: a member of what a store has found.
fn is_text_of_record(node: &Node) -> bool {
    let NodeKind::Op(Op::Attr, operands) = &node.kind else { return false };
    let [base, name] = operands.as_slice() else { return false };
    name.as_str().is_some_and(|name| !is_meant_as_markup(name)) && is_found(base)
}

fn is_found(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Op(Op::Attr | Op::Or | Op::Coalesce, operands) => operands.first().is_some_and(is_found),
        NodeKind::Op(Op::Await, operands) => {
            operands.first().and_then(Node::as_call).is_some_and(|call| call.callee.last().starts_with("find"))
        }
        _ => false,
    }
}

/// Whether a text of a record is in a value, as it is or put in the place of something else.
pub(super) fn holds_record(node: &Node, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    let any = |nodes: &[Node]| nodes.iter().any(|node| holds_record(node, depth - 1));
    match &node.kind {
        NodeKind::Op(Op::Attr, _) => is_text_of_record(node),
        NodeKind::Op(_, operands) => any(operands),
        NodeKind::Text(text) => text.holes().any(|hole| holds_record(hole, depth - 1)),
        NodeKind::Call(call) => {
            matches!(
                call.callee.last(),
                "replace" | "replaceAll" | "concat" | "String" | "toString" | "substring" | "substr" | "slice" | "trim"
            ) && { any(&call.args) || call.receiver.as_ref().is_some_and(|receiver| holds_record(receiver, depth - 1)) }
        }
        _ => false,
    }
}

/// Whether a name is that of a text that is markup on purpose: whoever fills it in has seen to it.
pub fn is_meant_as_markup(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["html", "markup", "css", "script", "style", "json", "svg", "icon", "csrf", "layout", "rendered", "markdown", "meta"]
        .iter()
        .any(|word| name.contains(word))
}
