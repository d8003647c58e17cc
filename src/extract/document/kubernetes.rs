//! Kubernetes objects and lists of them.

use smol_str::SmolStr;

use super::resource;
use crate::extract::Extract;
use crate::ir::{Entry, Map, Node, NodeKind, Span};

/// Emits an object; of a list (`kind: List`, `kind: PodList`), each of its items.
pub(super) fn object(cx: &mut Extract<'_>, map: &Map, span: Span) {
    let Some(kind) = map.get("kind").and_then(Node::as_str) else { return };
    if kind.ends_with("List")
        && let Some(items) = map.get("items").and_then(Node::as_list)
    {
        for item in items {
            // A list in a list is no Kubernetes; it ends here.
            if let Some(inner) = item.as_map().filter(|inner| inner.get("items").is_none()) {
                object(cx, inner, item.span);
            }
        }
        return;
    }
    // A schema is no object, and the largest part of a bundle.
    if kind == "CustomResourceDefinition" {
        return;
    }
    let name = map.get("metadata").and_then(|meta| meta.get("name")).and_then(Node::as_text);
    let name: SmolStr = name.map(ToString::to_string).unwrap_or_default().into();
    let place = header(map).unwrap_or(span);
    resource(cx, place, "kubernetes", kind, name, Node::new(span, NodeKind::Map(map.clone())));
}

/// The line that says what it is: `kind: Deployment`.
fn header(map: &Map) -> Option<Span> {
    map.entries.iter().find_map(|entry| match entry {
        Entry::Pair { key, key_span, value } if key == "kind" => Some(key_span.to(value.span)),
        _ => None,
    })
}
