//! What a request brings of a value, as another file can read it.

use super::{Call, Entry, Map, Node, NodeKind, Op, Part, Ref, Scope, Text, Why};

/// Nesting of a value that is looked at.
const MAX_NESTING: u32 = 6;

impl Ref {
    /// Whether a name is that of a part of a request.
    pub fn is_part_of_request(&self) -> bool {
        self.scope == Scope::Request && self.path.len() > 1
    }
}

impl Node {
    /// The value with only what a request brings: that stays, every other name is unknown elsewhere. Nothing if no request
    /// is in it.
    pub fn brought(&self) -> Option<Self> {
        brought(self, MAX_NESTING)
    }
}

fn brought(node: &Node, depth: u32) -> Option<Node> {
    let depth = depth.checked_sub(1)?;
    let unknown = |inner: &Node| {
        brought(inner, depth).unwrap_or_else(|| match inner.as_str() {
            Some(_) => inner.clone(),
            None => Node::unknown(Why::Opaque, inner.span),
        })
    };
    let kind = match &node.kind {
        NodeKind::Ref(name) if name.is_part_of_request() => return Some(node.clone()),
        NodeKind::Text(text) if text.holes().any(|hole| brought(hole, depth).is_some()) => {
            let mut out = Text::default();
            for piece in &text.pieces {
                match &piece.part {
                    Part::Lit(_) => out.pieces.push(piece.clone()),
                    Part::Hole(hole) => out.push(unknown(hole)),
                }
            }
            NodeKind::Text(out)
        }
        NodeKind::Op(Op::Attr, operands) if let Some(part) = part_of_either(operands) => NodeKind::Ref(part),
        NodeKind::Op(op, operands) if operands.iter().any(|operand| brought(operand, depth).is_some()) => {
            NodeKind::Op(*op, operands.iter().map(unknown).collect())
        }
        NodeKind::Call(call) if is_of_request(call) => return Some(node.clone()),
        // `JSON.parse(request.query.filter)`, `request.query.name.trim()`: the same in every file.
        NodeKind::Call(call) if hands_on(call) => {
            let receiver = call.receiver.as_ref().and_then(|receiver| brought(receiver, depth));
            let is_own = call.callee.is_part_of_request() && call.callee.path.len() > 2;
            if receiver.is_none() && !is_own && !call.args.iter().any(|given| brought(given, depth).is_some()) {
                return None;
            }
            let mut call = call.clone();
            call.receiver = receiver;
            call.args = call.args.iter().map(unknown).collect();
            NodeKind::Call(call)
        }
        NodeKind::Map(map) => {
            let brought = map.entries.iter().filter_map(|entry| match entry {
                Entry::Pair { key, key_span, value } => {
                    let value = if is_whole(value) { value.clone() } else { brought(value, depth)? };
                    Some(Entry::Pair { key: key.clone(), key_span: *key_span, value })
                }
                _ => None,
            });
            let entries: Vec<Entry> = brought.collect();
            if entries.is_empty() {
                return None;
            }
            NodeKind::Map(Map { entries })
        }
        _ => return None,
    };
    Some(Node::new(node.span, kind))
}

/// `request.json()`, `request.url.searchParams.get('name')`: what it gives is a part of the request.
fn is_of_request(call: &Call) -> bool {
    let is_getter = || matches!(call.callee.last(), "get" | "header" | "param") && call.args.iter().all(|given| given.as_str().is_some());
    call.callee.scope == Scope::Request && (matches!(call.callee.names().as_slice(), ["json" | "formData" | "text"]) || is_getter())
}

/// Whether what a function of the language is handed is in what it gives.
fn hands_on(call: &Call) -> bool {
    match call.callee.scope {
        Scope::Global => matches!(call.callee.names().as_slice(), ["JSON", "parse"] | ["String" | "decodeURIComponent" | "decodeURI"]),
        _ => matches!(call.callee.last(), "trim" | "toLowerCase" | "toUpperCase" | "toString") && call.args.is_empty(),
    }
}

/// `asked.mail` where `asked` is the query or the body: `asked = isRead ? req.query : req.body`.
fn part_of_either(operands: &[Node]) -> Option<Ref> {
    let [base, key] = operands else { return None };
    let NodeKind::Op(Op::Or | Op::Cond | Op::Coalesce, values) = &base.kind else { return None };
    let whole = values.iter().find(|value| is_whole(value))?.as_ref()?;
    Some(whole.child(key.as_str()?))
}

/// All that a request sends, as a member of an object: `service.execute({ data: req.body })`.
fn is_whole(node: &Node) -> bool {
    node.as_ref().is_some_and(|name| {
        name.scope == Scope::Request
            && (matches!(name.names().as_slice(), ["body" | "query" | "params" | "payload" | "dto"])
                || name.path.len() == 1 && name.declared_as().is_some())
    })
}
