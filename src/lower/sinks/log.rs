//! What a log is told: words of a caller that can pass for a line of its own, and data of persons.

use smol_str::SmolStr;

use super::taint::tainted;
use crate::ir::{Node, NodeKind, Op, Ref, Scope, Sink, Tri};
use crate::lower::words::names_personal;

/// Whether words of a request stand in a line of a log, line breaks and all.
pub(super) fn line(sink: &mut Sink) -> bool {
    sink.parts.retain_mut(|part| {
        part.tainted = if holds_words(&part.value, 6) { tainted(&part.value, 12) } else { Tri::No };
        part.tainted.is_yes()
    });
    !sink.parts.is_empty()
}

/// A part of a request that may hold a line break: an address and a header may not.
fn holds_words(node: &Node, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    match &node.kind {
        NodeKind::Ref(name) => is_free_text(name),
        NodeKind::Text(text) => text.holes().any(|hole| holds_words(hole, depth - 1)),
        // `const { name } = request.body`.
        NodeKind::Op(Op::Attr, operands) if operands.first().and_then(Node::as_ref).is_some_and(is_part) => true,
        NodeKind::Op(Op::Or | Op::Coalesce | Op::Add | Op::Attr | Op::Await, operands) => {
            operands.iter().any(|part| holds_words(part, depth - 1))
        }
        NodeKind::Call(call) => match call.callee.last() {
            "replace" | "replaceAll" => {
                let pattern = call.args.first().map(|pattern| pattern.as_call().and_then(|made| made.args.first()).unwrap_or(pattern));
                let pattern = pattern.and_then(Node::as_str).unwrap_or_default();
                !["\\n", "\\r", "\n", "\\s", "[^"].iter().any(|sign| pattern.contains(sign))
                    && call.receiver.as_ref().is_some_and(|text| holds_words(text, depth - 1))
            }
            "parse" => call.callee.module() == Some("url"),
            "String" | "trim" | "decodeURIComponent" | "toString" => {
                call.args.iter().chain(&call.receiver).any(|part| holds_words(part, depth - 1))
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_free_text(name: &Ref) -> bool {
    is_part(name) && name.path.len() > 1 || name.scope == Scope::Request && name.last() == "querystring"
}

fn is_part(name: &Ref) -> bool {
    name.scope == Scope::Request && matches!(name.first(), "body" | "query" | "params")
}

/// The name of what tells of a person among what is told. Of what a function is handed, names alone say nothing: a
/// member of a record does.
pub(super) fn personal_in(node: &Node, depth: u32) -> Option<SmolStr> {
    if depth == 0 {
        return None;
    }
    match &node.kind {
        NodeKind::Ref(name) => {
            let is_of_thing = name.path.iter().rev().nth(1).is_some_and(|owner| is_thing(owner, name.last()));
            let is_member = name.path.len() > 1 && !is_of_thing && name.scope != Scope::Env && !matches!(name.scope, Scope::Import(_));
            Some(name.last()).filter(|last| is_member && names_personal(last)).map(SmolStr::new)
        }
        NodeKind::Text(text) => text.holes().find_map(|hole| personal_in(hole, depth - 1)),
        NodeKind::Op(Op::Attr, operands) => {
            let owner = operands.first().and_then(member).unwrap_or_default();
            let last = operands.get(1).and_then(Node::as_str);
            last.filter(|last| names_personal(last) && !is_thing(owner, last)).map(SmolStr::new)
        }
        NodeKind::Op(Op::Or | Op::Coalesce, operands) | NodeKind::List(operands) => {
            operands.iter().find_map(|part| personal_in(part, depth - 1))
        }
        NodeKind::Map(map) => map.pairs().find_map(|(_, value)| personal_in(value, depth - 1)),
        NodeKind::Call(call) if call.callee.last() == "stringify" => call.args.first().and_then(|value| personal_in(value, depth - 1)),
        _ => None,
    }
}

/// The name that a member is taken by.
fn member(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Op(Op::Attr, operands) => operands.get(1).and_then(Node::as_str),
        NodeKind::Ref(name) => Some(name.last()),
        _ => None,
    }
}

/// Whether a name is that of what has a name and is nobody: `repository.full_name` of GitHub, the `fullname` of a file,
/// which an item of a list may be.
fn is_thing(owner: &str, member: &str) -> bool {
    let owner = owner.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let is_of_file = || matches!(owner.as_str(), "file" | "folder" | "directory" | "entry" | "item");
    matches!(owner.as_str(), "repo" | "repository" | "project") || is_of_file() && member.eq_ignore_ascii_case("fullname")
}
