//! Schemas of Prisma: which models keep a password among their columns, and whose records they keep. Nothing hides or hashes
//! a password but the client's options and extensions, which are told where they stand.

use super::Extract;
use super::belonging::Owner;
use crate::ir::{FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span};
use crate::lower::words::names_password_of;

/// Reads the file's facts, if it is such a schema.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if !cx.file.path.ends_with(".prisma") {
        return;
    }
    let mut model: Option<Written<'_>> = None;
    let mut start = 0_u32;
    let file = cx.file;
    for line in file.text.split_inclusive('\n') {
        let span = Span { file: file.id, start, end: start + line.trim_end().len() as u32 };
        start += line.len() as u32;
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("model"), Some(name)) => model = Some(Written { name: name.trim_end_matches('{'), span, columns: Vec::new() }),
            (Some("}"), _) => {
                if let Some(model) = model.take() {
                    model.tell(cx);
                }
            }
            (Some(column), Some(kind)) => {
                if let Some(model) = &mut model {
                    model.columns.push((column, kind));
                }
            }
            _ => {}
        }
    }
}

/// A model as it is written.
struct Written<'t> {
    name: &'t str,
    span: Span,
    /// Its columns with their types.
    columns: Vec<(&'t str, &'t str)>,
}

impl Written<'_> {
    fn tell(&self, cx: &mut Extract<'_>) {
        let is_password = |(column, kind): &&(&str, &str)| kind.starts_with("String") && names_password_of(self.name, column);
        if let Some((column, _)) = self.columns.iter().find(is_password) {
            let model = passworded(self.name, column, self.span, false, false);
            cx.fact(self.span, model.name.clone(), FactKind::Resource(model));
        }
        if let Some(owner) = Owner::of(&self.columns) {
            let model = owner.resource(self.name, self.span);
            cx.fact(self.span, model.name.clone(), FactKind::Resource(model));
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
