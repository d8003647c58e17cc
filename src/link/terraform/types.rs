//! Type constraints of variables, as far as they change a value: defaults of `optional(…)`, and
//! lists that become sets.

use smol_str::SmolStr;

use crate::ir::{Entry, Map, Node, NodeKind};

/// Nested types that are followed.
const MAX_DEPTH: usize = 32;

/// `value` converted to the type that `ty` writes.
pub(super) fn convert(ty: &Node, value: Node) -> Node {
    convert_to(ty, value, 0)
}

fn convert_to(ty: &Node, mut value: Node, depth: usize) -> Node {
    let Some(call) = ty.as_call().filter(|_| depth < MAX_DEPTH) else { return value };
    let Some(inner) = call.args.first() else { return value };
    match (call.callee.last(), &mut value.kind) {
        ("optional", _) => return convert_to(inner, value, depth + 1),
        ("list" | "set" | "map", NodeKind::List(items)) => {
            let taken = std::mem::take(items);
            *items = taken.into_iter().map(|item| convert_to(inner, item, depth + 1)).collect();
        }
        ("map", NodeKind::Map(map)) => {
            for entry in &mut map.entries {
                if let Entry::Pair { value, .. } = entry {
                    let taken = std::mem::replace(value, Node::new(value.span, NodeKind::Null));
                    *value = convert_to(inner, taken, depth + 1);
                }
            }
        }
        ("object", NodeKind::Map(map)) => {
            let Some(wanted) = inner.as_map() else { return value };
            let open = map.is_open();
            let mut out = Map::default();
            for (name, ty) in wanted.pairs() {
                match map.pair(name) {
                    Some((key_span, given)) if !matches!(given.kind, NodeKind::Null) || default_of(ty).is_none() => {
                        out.push(name.clone(), key_span, convert_to(ty, given.clone(), depth + 1));
                    }
                    _ if open => {}
                    _ => missing(&mut out, name, ty, depth),
                }
            }
            // The object type drops what it does not name; what is open stays open.
            out.entries.extend(map.entries.iter().filter(|entry| !matches!(entry, Entry::Pair { .. })).cloned());
            *map = out;
        }
        _ => {}
    }
    value
}

/// `optional(type, default)`: the default.
fn default_of(ty: &Node) -> Option<&Node> {
    ty.as_call().filter(|call| call.callee.last() == "optional").and_then(|call| call.args.get(1))
}

fn missing(out: &mut Map, name: &SmolStr, ty: &Node, depth: usize) {
    let value = match default_of(ty) {
        Some(default) => convert_to(ty, default.clone(), depth + 1),
        None => Node::new(ty.span, NodeKind::Null),
    };
    out.push(name.clone(), ty.span, value);
}
