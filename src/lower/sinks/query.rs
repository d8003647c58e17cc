//! Queries of document stores: where a text is meant, a request may send an object, whose keys are operators.

use super::taint::tainted;
use crate::ir::{Entry, Map, Node, NodeKind, Op, Scope};

/// Whether a filter lets a request bring operators in.
pub(super) fn is_query(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Map(map) => !is_of_mapper(map) && has_open_value(map, 4),
        _ => is_object_of_request(node, 0),
    }
}

/// The same where query strings are parsed into texts and lists of texts: their values hold no operators, while all of one
/// may have a key that is an operator. What they hold is made a path's, which is a text too.
pub fn flatten_queries(node: &mut Node, depth: u32) {
    match &mut node.kind {
        NodeKind::Ref(name) if name.scope == Scope::Request && name.first() == "query" => {
            if let [first, _, ..] = name.path.as_mut_slice() {
                *first = "params".into();
            }
        }
        // What is read out of a text is what the text says.
        NodeKind::Call(call) if call.callee.first() == "JSON" => {}
        _ if depth > 0 => node.each_part_mut(&mut |part| flatten_queries(part, depth - 1)),
        _ => {}
    }
}

/// `where`, `include`: a filter of an SQL mapper, which knows no operators as texts.
fn is_of_mapper(map: &Map) -> bool {
    ["where", "include", "select", "relations", "attributes", "data"].iter().any(|key| map.get(key).is_some())
}

fn has_open_value(map: &Map, depth: u32) -> bool {
    map.entries.iter().any(|entry| match entry {
        Entry::Pair { key, value, .. } => match (key.as_str(), &value.kind) {
            ("$and" | "$or" | "$nor", NodeKind::List(items)) if depth > 0 => {
                items.iter().filter_map(Node::as_map).any(|inner| has_open_value(inner, depth - 1))
            }
            // An operator is written: what it compares with is no filter of its own. Code of the store is
            // judged by itself, wherever it stands.
            ("$where", _) | (_, NodeKind::Map(_)) => false,
            _ => is_object_of_request(value, 1),
        },
        Entry::Spread(inner) => is_object_of_request(inner, 0),
        Entry::Computed { value, .. } => is_object_of_request(value, 1),
    })
}

/// A part of a body or a query string as it came, `names` deep at least: parsers make objects of it. Path
/// parameters and headers are texts.
fn is_object_of_request(node: &Node, names: usize) -> bool {
    match &node.kind {
        // Members of a payload may be those of a token (`req.payload.id`), which the server signed.
        NodeKind::Ref(name) if name.scope == Scope::Request && name.first() == "payload" => name.path.len() == 1 && names == 0,
        NodeKind::Ref(name) => name.scope == Scope::Request && matches!(name.first(), "body" | "query") && name.path.len() > names,
        // `(await request.json()).name`.
        NodeKind::Op(Op::Attr | Op::Await, operands) => operands.first().is_some_and(|inner| is_object_of_request(inner, 0)),
        // `req.query.filter || '{}'`.
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => match operands.as_slice() {
            [sent, other] => other.is_known() && is_object_of_request(sent, names),
            _ => false,
        },
        // `JSON.parse(args.search)` is whatever its sender wrote; `JSON.parse(JSON.stringify(req.body))` is the body again.
        NodeKind::Call(call) if call.callee.first() == "JSON" => call.args.first().is_some_and(|inner| {
            let is_parsed = call.callee.last() == "parse" && tainted(inner, 12).is_yes();
            is_parsed || is_object_of_request(inner, 0)
        }),
        NodeKind::Call(call) => call.callee.scope == Scope::Request && call.callee.last() == "json",
        _ => false,
    }
}
