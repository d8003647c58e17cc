//! Schemas of Prisma: which models keep a password among their columns. Nothing hides or hashes it but the client's options
//! and extensions, which are told where they stand.

use super::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span};
use crate::lower::words::names_password_of;

/// Reads the file's facts, if it is such a schema.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if !cx.file.path.ends_with(".prisma") {
        return;
    }
    let mut model: Option<(&str, Span)> = None;
    let mut start = 0_u32;
    for line in cx.file.text.split_inclusive('\n') {
        let span = Span { file: cx.file.id, start, end: start + line.trim_end().len() as u32 };
        start += line.len() as u32;
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("model"), Some(name)) => model = Some((name.trim_end_matches('{'), span)),
            (Some("}"), _) => model = None,
            (Some(column), Some(kind)) if kind.starts_with("String") && model.is_some_and(|(name, _)| names_password_of(name, column)) => {
                if let Some((name, place)) = model.take() {
                    let model = passworded(name, column, place, false, false);
                    cx.fact(place, model.name.clone(), FactKind::Resource(model));
                }
            }
            _ => {}
        }
    }
}

/// A model with a password among its columns: whether it hides it when its records are made into answers, and whether it
/// hashes what it is handed.
pub(super) fn passworded(name: &str, column: &str, span: Span, hides: bool, hashes: bool) -> Resource {
    let mut attrs = Map::default();
    attrs.push("password", span, Node::text(column, span));
    attrs.push("hides", span, Node::new(span, NodeKind::Bool(hides)));
    attrs.push("hashes", span, Node::new(span, NodeKind::Bool(hashes)));
    named("model", crate::lower::words::stem_of_model(name).as_str(), Node::new(span, NodeKind::Map(attrs)))
}

/// What is said of all models of a store: `hook`, that something is done with what they are handed.
pub(super) fn named(ty: &str, name: &str, attrs: Node) -> Resource {
    Resource { provider: "orm".into(), ty: ty.into(), name: name.into(), address: name.into(), mode: ResourceMode::Managed, attrs }
}
