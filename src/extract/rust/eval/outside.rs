//! What in a value comes from outside: from the current request, from another server, from the environment.

use super::flow;
use crate::ir::{Node, NodeKind, Ref, Scope};

/// The first part of a request that a value shows: what a function makes of its arguments is not known.
pub(super) fn shown_of_request(node: &Node, depth: u32) -> Option<&Node> {
    let depth = depth.checked_sub(1)?;
    match &node.kind {
        NodeKind::Ref(reference) => (reference.scope == Scope::Request).then_some(node),
        NodeKind::Text(text) => text.holes().find_map(|hole| shown_of_request(hole, depth)),
        NodeKind::Call(call) if call.receiver.is_some() => call.receiver.as_ref().and_then(|on| shown_of_request(on, depth)),
        NodeKind::Call(call) if call.callee.last().ends_with('!') => call.args.iter().find_map(|part| shown_of_request(part, depth)),
        NodeKind::Op(_, operands) | NodeKind::List(operands) => operands.iter().find_map(|part| shown_of_request(part, depth)),
        _ => None,
    }
}

/// Whether a value comes from the current request.
pub(super) fn is_of_request(node: &Node) -> bool {
    holds(node, false, &|name| name.scope == Scope::Request)
}

/// Whether a value comes from a request, from another server or from the environment.
pub(super) fn is_from_outside(node: &Node) -> bool {
    holds(node, false, &|name| matches!(name.scope, Scope::Request | Scope::Env)) || flow::is_answer(node)
}

/// Whether anything in a value comes from there: of a struct that is made here, any of its fields.
pub(super) fn holds_outside(node: &Node) -> bool {
    holds(node, true, &|name| matches!(name.scope, Scope::Request | Scope::Env))
}

/// Whether a name in a value is one that is asked for; `within` the fields of structs too.
pub(super) fn holds(node: &Node, within: bool, is: &impl Fn(&Ref) -> bool) -> bool {
    match &node.kind {
        NodeKind::Ref(reference) => is(reference),
        NodeKind::Text(text) => text.holes().any(|hole| holds(hole, within, is)),
        NodeKind::Call(call) => call.receiver.iter().chain(&call.args).any(|part| holds(part, within, is)),
        NodeKind::Op(_, parts) | NodeKind::List(parts) => parts.iter().any(|part| holds(part, within, is)),
        NodeKind::Map(_) => within && flow::fields(node).any(|value| holds(value, within, is)),
        _ => false,
    }
}
