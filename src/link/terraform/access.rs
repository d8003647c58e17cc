//! Questions about values: their items, whether they are equal, how they become text.

use smol_str::SmolStr;

use crate::ir::{Entry, Node, NodeKind, Op, Part, Piece, Ref, Scope, Span, Tri, Via, Why};

/// A reference to an instance by its full address (`module.a.aws_x.y[0]`), which holds a dot where a
/// name as written never does.
pub(super) fn is_handle(reference: &Ref) -> bool {
    reference.scope == Scope::Hcl && reference.path.first().is_some_and(|first| first.contains('.'))
}

/// Whether an item of a list stands for any number of items.
pub(super) fn is_open(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Op(Op::Spread, _) | NodeKind::For(_))
}

/// The hops of a value, and after them those of the container that it was taken from.
pub(super) fn join(inner: &Via, outer: &Via) -> Via {
    if inner.hops().is_empty() || inner == outer {
        return outer.clone();
    }
    outer.hops().iter().fold(inner.clone(), |via, hop| if via.hops().contains(hop) { via } else { via.then(hop.clone()) })
}

/// A part of a container with the container's hops.
pub(super) fn inherit(node: &Node, via: &Via) -> Node {
    let mut node = node.clone();
    node.via = join(&node.via, via);
    node
}

/// Gives the hops of containers to all that is in them.
pub(super) fn push_down(node: &mut Node, via: &Via) {
    let via = join(&node.via, via);
    if via.hops().is_empty() {
        match &mut node.kind {
            NodeKind::List(items) => items.iter_mut().for_each(|item| push_down(item, &via)),
            NodeKind::Map(map) => values_mut(map).for_each(|value| push_down(value, &via)),
            NodeKind::Call(call) => call.args.iter_mut().for_each(|value| push_down(value, &via)),
            _ => {}
        }
        return;
    }
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| push_down(item, &via)),
        NodeKind::Map(map) => values_mut(map).for_each(|value| push_down(value, &via)),
        NodeKind::Call(call) => call.args.iter_mut().for_each(|value| push_down(value, &via)),
        _ => {}
    }
    node.via = via;
}

/// The values of a map, to change.
pub(super) fn values_mut(map: &mut crate::ir::Map) -> impl Iterator<Item = &mut Node> {
    map.entries.iter_mut().map(|entry| match entry {
        Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value) => value,
    })
}

/// The elements of a list or map with their keys, or nothing if it is not known. Open elements stay.
pub(super) fn iterate(node: &Node) -> Option<Vec<(Node, Node)>> {
    match &node.kind {
        NodeKind::List(items) => Some(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| (Node::new(item.span, NodeKind::Number(at as f64)), inherit(item, &node.via)))
                .collect(),
        ),
        NodeKind::Map(map) => {
            let mut pairs: Vec<(Node, Node)> = Vec::with_capacity(map.entries.len());
            let mut open = Vec::new();
            for entry in &map.entries {
                match entry {
                    Entry::Pair { key, key_span, value } => pairs.push((Node::text(key.clone(), *key_span), inherit(value, &node.via))),
                    Entry::Computed { key, value } => pairs.push((key.clone(), inherit(value, &node.via))),
                    Entry::Spread(rest) => {
                        open.push((rest.clone(), Node::new(rest.span, NodeKind::Op(Op::Spread, vec![rest.clone()]))));
                    }
                }
            }
            pairs.sort_by_cached_key(|(key, _)| key.to_string());
            pairs.extend(open);
            Some(pairs)
        }
        NodeKind::Null => Some(Vec::new()),
        _ => None,
    }
}

/// An entry of a map from its evaluated key.
pub(super) fn entry(key: Node, value: Node) -> Entry {
    match scalar(&key) {
        Some(name) => Entry::Pair { key: name, key_span: key.span, value },
        None => Entry::Computed { key, value },
    }
}

/// A string, number or boolean as a string.
pub(super) fn scalar(node: &Node) -> Option<SmolStr> {
    match &node.kind {
        NodeKind::Text(text) => text.known().map(SmolStr::new),
        NodeKind::Number(number) => Some(SmolStr::new(number.to_string())),
        NodeKind::Bool(value) => Some(SmolStr::new_static(if *value { "true" } else { "false" })),
        _ => None,
    }
}

/// Adds a value to a text: what is known as literals with their places, the rest as a hole.
/// Says how many bytes it added.
pub(super) fn push_text(pieces: &mut Vec<Piece>, value: Node, place: Span) -> usize {
    match value.kind {
        NodeKind::Text(text) => {
            let size = text.pieces.iter().map(|piece| if let Part::Lit(literal) = &piece.part { literal.len() } else { 8 }).sum();
            pieces.extend(text.pieces);
            size
        }
        NodeKind::Bool(_) | NodeKind::Number(_) => {
            let text = SmolStr::new(value.to_string());
            let size = text.len();
            pieces.push(Piece { span: value.span, part: Part::Lit(text) });
            size
        }
        _ => {
            pieces.push(Piece { span: place, part: Part::Hole(Box::new(value)) });
            8
        }
    }
}

/// Whether a part of a value is an evaluation error, which makes the whole one.
pub(super) fn has_error(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Unknown(why) => *why == Why::Broken,
        NodeKind::List(items) => items.iter().any(has_error),
        NodeKind::Map(map) => map.pairs().any(|(_, value)| has_error(value)),
        _ => false,
    }
}

/// The items of a set: each once, strings in their order.
pub(super) fn set(items: Vec<Node>) -> Vec<Node> {
    let mut seen = rustc_hash::FxHashSet::default();
    let mut once: Vec<Node> = items.into_iter().filter(|item| !item.is_known() || seen.insert(item.to_string())).collect();
    if once.iter().all(|item| scalar(item).is_some()) {
        once.sort_by_cached_key(scalar);
    }
    once
}

/// Whether two values are equal, as far as they are known.
pub(super) fn same(left: &Node, right: &Node) -> Tri {
    use NodeKind::{Bool, List, Map, Null, Number, Text};
    match (&left.kind, &right.kind) {
        (Null, Null) => Tri::Yes,
        (Bool(a), Bool(b)) => (a == b).into(),
        #[expect(clippy::float_cmp, reason = "both are values as written")]
        (Number(a), Number(b)) => (a == b).into(),
        (Text(a), Text(b)) => match (a.known(), b.known()) {
            (_, Some(known)) => a.eq_str(&known),
            (Some(known), None) => b.eq_str(&known),
            (None, None) => Tri::Maybe,
        },
        (List(a), List(b)) => {
            if a.iter().chain(b).any(is_open) {
                Tri::Maybe
            } else if a.len() == b.len() {
                Tri::all(a.iter().zip(b).map(|(a, b)| same(a, b)))
            } else {
                Tri::No
            }
        }
        (Map(a), Map(b)) => {
            if a.is_open() || b.is_open() {
                Tri::Maybe
            } else if a.entries.len() == b.entries.len() {
                Tri::all(a.pairs().map(|(key, value)| b.get(key).map_or(Tri::No, |other| same(value, other))))
            } else {
                Tri::No
            }
        }
        (NodeKind::Ref(reference), Null) | (Null, NodeKind::Ref(reference)) if is_handle(reference) && reference.path.len() == 1 => Tri::No,
        // Values of different types are never equal: `"1" == 1` is false.
        (Null | Bool(_) | Number(_) | Text(_) | List(_) | Map(_), Null | Bool(_) | Number(_) | Text(_) | List(_) | Map(_)) => Tri::No,
        _ => Tri::Maybe,
    }
}
