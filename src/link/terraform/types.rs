//! Type constraints of variables: values are converted to the type that is asked for, attributes that it
//! does not name are dropped, and those of `optional(…)` have their defaults.
//! <https://developer.hashicorp.com/terraform/language/expressions/type-constraints>

use smol_str::SmolStr;

use super::access;
use crate::ir::{Entry, Map, Node, NodeKind};

/// Nested types that are followed.
const MAX_DEPTH: usize = 32;

/// `value` converted to the type that `ty` writes; what can't be converted stays as it is.
pub(super) fn convert(ty: &Node, value: Node) -> Node {
    convert_to(ty, value, 0)
}

/// A string, number or boolean as another of them; nothing if there is no such value. `null` and what
/// is not known have every type.
pub(super) fn primitive(ty: &str, value: Node) -> Option<Node> {
    let kind = match (ty, &value.kind) {
        ("string", NodeKind::Number(_) | NodeKind::Bool(_)) => NodeKind::Text(crate::ir::Text::lit(access::scalar(&value)?, value.span)),
        ("number", NodeKind::Text(text)) if !text.has_holes() => NodeKind::Number(value.as_number()?),
        ("bool", NodeKind::Text(text)) if !text.has_holes() => match text.known()?.as_ref() {
            "true" | "1" => NodeKind::Bool(true),
            "false" | "0" => NodeKind::Bool(false),
            _ => return None,
        },
        ("number", NodeKind::Bool(_)) | ("bool", NodeKind::Number(_)) | (_, NodeKind::List(_) | NodeKind::Map(_)) => return None,
        _ => return Some(value),
    };
    Some(Node { kind, ..value })
}

fn convert_to(ty: &Node, mut value: Node, depth: usize) -> Node {
    if let Some(name) = ty.as_ref().map(crate::ir::Ref::last) {
        let unchanged = matches!(value.kind, NodeKind::List(_) | NodeKind::Map(_));
        return if unchanged { value } else { primitive(name, value.clone()).unwrap_or(value) };
    }
    let Some(call) = ty.as_call().filter(|_| depth < MAX_DEPTH) else { return value };
    let Some(inner) = call.args.first() else { return value };
    match (call.callee.last(), &mut value.kind) {
        ("optional", _) => return convert_to(inner, value, depth + 1),
        ("list" | "set", NodeKind::List(items)) => {
            let taken = std::mem::take(items);
            *items = taken.into_iter().map(|item| convert_to(inner, item, depth + 1)).collect();
            if call.callee.last() == "set" {
                *items = access::set(std::mem::take(items));
            }
        }
        ("tuple", NodeKind::List(items)) => {
            let types = inner.as_list().unwrap_or_default();
            for (item, ty) in items.iter_mut().zip(types) {
                let taken = std::mem::replace(item, Node::new(item.span, NodeKind::Null));
                *item = convert_to(ty, taken, depth + 1);
            }
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
            // What is open stays open.
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
