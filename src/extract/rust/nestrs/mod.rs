//! nestrs: what its threat model leaves to the application, as facts of the provider `nestrs`. Which columns
//! entities let out and in (`nestrs-field`), who stands in front of what (`nestrs-guards`, `nestrs-endpoint`,
//! `nestrs-application`, `nestrs-module`), and what functions do by hand that the framework would do for them
//! (`nestrs-ability`, `nestrs-query`, `nestrs-password`, `nestrs-strategy`, `nestrs-token-options` …), and what settings
//! it writes itself (`nestrs-setting`).
//!
//! There are two projects of this name. `nest_rs` (over poem; `nestrs_*` in its first generation) is the one
//! of the threat model; `nestrs` (over axum) shares attribute names and little else.

mod abilities;
mod bodies;
mod endpoints;
mod fields;
mod modules;
mod requests;
mod settings;
mod tools;

use smol_str::SmolStr;

use super::names::Names;
use crate::extract::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span};
use crate::parse::rust::{Expr, ExprKind, Function, Item, ItemKind};

pub(super) use endpoints::Dialect;

/// Adds the facts of a file that uses either framework.
pub(super) fn extract(cx: &mut Extract<'_>, items: &[Item], names: &Names<'_>) {
    // Tests are not shipped.
    let Some(dialect) = Dialect::of(&cx.file.text).filter(|_| !cx.file.class.test) else { return };
    fields::extract(cx, items);
    endpoints::extract(cx, items, dialect, names);
    modules::extract(cx, items, names);
    functions(cx, items, &Place { of: "", ty: "" });
}

/// Where a function stands.
struct Place<'t> {
    /// The trait of its `impl`.
    of: &'t str,
    /// The type of its `impl`.
    ty: &'t str,
}

impl Place<'_> {
    fn owner(&self, function: &Function) -> SmolStr {
        if self.ty.is_empty() { function.name.text.clone() } else { smol_str::format_smolstr!("{}.{}", self.ty, function.name.text) }
    }
}

fn functions(cx: &mut Extract<'_>, items: &[Item], place: &Place<'_>) {
    for item in items {
        match &item.kind {
            ItemKind::Function(function) => {
                abilities::extract(cx, function, place);
                bodies::extract(cx, function, place);
                requests::extract(cx, &item.attrs, function, place);
                settings::extract(cx, function, &place.owner(function));
            }
            ItemKind::Impl { of, ty, items } => {
                // Background work has no caller whose scope could hold.
                let is_background =
                    item.attrs.iter().any(|attr| matches!(attr.path.last(), "processor" | "hooks" | "indicators" | "schedule"));
                if !is_background {
                    functions(cx, items, &Place { of: of.as_ref().map_or("", |of| of.last()), ty: ty.last() });
                }
            }
            ItemKind::Module { items, .. } => functions(cx, items, place),
            _ => {}
        }
    }
}

/// The last name of a path, field, or what is cloned, borrowed or converted of one.
fn name_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Path(path) => Some(path.last()),
        ExprKind::Field { name, .. } => Some(&name.text),
        ExprKind::Method { on, name, .. }
            if matches!(
                name.text.as_str(),
                "clone" | "to_string" | "to_owned" | "into" | "as_str" | "as_ref" | "as_deref" | "as_bytes" | "trim"
            ) =>
        {
            name_of(on)
        }
        ExprKind::Unary(_, inner) | ExprKind::Try(inner) => name_of(inner),
        _ => None,
    }
}

/// The name of what is called: a function's or a method's.
fn called(expr: &Expr) -> Option<(&str, Span)> {
    match &expr.kind {
        ExprKind::Call { callee, .. } => callee.as_path().map(|path| (path.last(), path.span)),
        ExprKind::Method { name, .. } => Some((name.text.as_str(), name.span)),
        _ => None,
    }
}

/// The items of a list, or the one thing that is no list.
fn elements(list: &Expr) -> Vec<&Expr> {
    match &list.kind {
        ExprKind::List(items) => items.iter().collect(),
        _ => vec![list],
    }
}

/// Attributes in the making.
#[derive(Default)]
struct Attrs(Map);

impl Attrs {
    fn text(mut self, key: &'static str, value: impl Into<SmolStr>, span: Span) -> Self {
        self.0.push(key, span, Node::text(value, span));
        self
    }

    fn flag(mut self, key: &'static str, value: bool, span: Span) -> Self {
        self.0.push(key, span, Node::new(span, NodeKind::Bool(value)));
        self
    }

    fn number(mut self, key: &'static str, value: f64, span: Span) -> Self {
        self.0.push(key, span, Node::new(span, NodeKind::Number(value)));
        self
    }

    fn list<'a>(self, key: &'static str, values: impl IntoIterator<Item = (&'a str, Span)>, span: Span) -> Self {
        self.nodes(key, values.into_iter().map(|(value, span)| Node::text(SmolStr::from(value), span)).collect(), span)
    }

    fn nodes(mut self, key: &'static str, items: Vec<Node>, span: Span) -> Self {
        self.0.push(key, span, Node::new(span, NodeKind::List(items)));
        self
    }

    fn emit(self, cx: &mut Extract<'_>, ty: &'static str, owner: &str, span: Span) {
        let resource = Resource {
            provider: "nestrs".into(),
            ty: ty.into(),
            name: owner.into(),
            address: owner.into(),
            mode: ResourceMode::Managed,
            attrs: Node::new(span, NodeKind::Map(self.0)),
        };
        cx.fact(span, owner, FactKind::Resource(resource));
    }
}
