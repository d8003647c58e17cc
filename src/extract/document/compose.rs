//! Compose projects: services and their environment.

use smol_str::SmolStr;

use super::resource;
use crate::extract::Extract;
use crate::ir::{Entry, EnvEntry, Map, Node, NodeKind, Part, Piece, Text};

/// A map of services, in a file that is named so or whose services are built or pulled.
pub(super) fn is_compose(name: &str, map: &Map) -> bool {
    let Some(services) = map.get("services").and_then(Node::as_map) else { return false };
    let runs = |service: &Node| service.get("image").is_some() || service.get("build").is_some();
    name.contains("compose") || services.pairs().any(|(_, service)| runs(service))
}

/// Emits a resource a service, and its environment.
pub(super) fn project(cx: &mut Extract<'_>, map: &Map) {
    let Some(services) = map.get("services").and_then(Node::as_map) else { return };
    for entry in &services.entries {
        let Entry::Pair { key, key_span, value } = entry else { continue };
        resource(cx, *key_span, "compose", "service", key.clone(), value.clone());
        let arguments = value.get("build").and_then(|build| build.get("args"));
        for variables in value.get("environment").into_iter().chain(arguments) {
            entries(cx, variables);
        }
    }
}

/// `KEY: value` or `- KEY=value`.
fn entries(cx: &mut Extract<'_>, environment: &Node) {
    match &environment.kind {
        NodeKind::Map(map) => {
            for entry in &map.entries {
                let Entry::Pair { key, key_span, value } = entry else { continue };
                cx.variable(key_span.to(value.span), EnvEntry { key: key.clone(), value: value.clone(), place: "compose".into() });
            }
        }
        NodeKind::List(items) => {
            for item in items {
                let Some((key, value)) = item.as_text().and_then(split) else { continue };
                let value = Node::new(item.span, NodeKind::Text(value));
                cx.variable(item.span, EnvEntry { key, value, place: "compose".into() });
            }
        }
        _ => {}
    }
}

/// `KEY=value` at the first `=`.
fn split(text: &Text) -> Option<(SmolStr, Text)> {
    let [Piece { span, part: Part::Lit(first) }, rest @ ..] = text.pieces.as_slice() else { return None };
    let (key, value) = first.split_once('=')?;
    let mut pieces = Vec::with_capacity(text.pieces.len());
    if !value.is_empty() || rest.is_empty() {
        let start = if span.len() == first.len() { span.start as usize + key.len() + 1 } else { span.start as usize };
        pieces.push(Piece { span: crate::ir::Span::new(span.file, start, span.end as usize), part: Part::Lit(value.into()) });
    }
    pieces.extend(rest.iter().cloned());
    Some((key.into(), Text { pieces }))
}
