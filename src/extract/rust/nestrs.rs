//! nestrs: which columns its entities let out and in, and where a query goes around their scope.

use smol_str::SmolStr;

use crate::extract::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span};
use crate::parse::rust::{Attr, Expr, ExprKind, Item, ItemKind};

/// Fields with `#[expose]`, as resources: `input` lists the operations that may write them.
pub(super) fn fields(cx: &mut Extract<'_>, items: &[Item]) {
    for item in items {
        match &item.kind {
            ItemKind::Struct { name, fields } => {
                for field in fields {
                    let Some(expose) = field.attrs.iter().find(|attr| attr.is("expose")) else { continue };
                    let mut attrs = Map::default();
                    attrs.push("input", expose.span, Node::new(expose.span, NodeKind::List(inputs(expose))));
                    attrs.push("field", field.name.span, Node::text(field.name.text.clone(), field.name.span));
                    resource(cx, "nestrs-field", &smol_str::format_smolstr!("{}.{}", name.text, field.name.text), field.name.span, attrs);
                }
            }
            ItemKind::Module { items, .. } if !super::names::is_test(&item.attrs) => self::fields(cx, items),
            _ => {}
        }
    }
}

/// `create` and `update` of `#[expose(input(create, update))]`.
fn inputs(expose: &Attr) -> Vec<Node> {
    let word = |expr: &Expr| expr.as_path().map(|path| Node::text(SmolStr::from(path.last()), expr.span));
    let input = expose.args.iter().find_map(|arg| match &arg.value.kind {
        ExprKind::Call { callee, args } if callee.as_path().is_some_and(|path| path.last() == "input") => Some(args),
        _ => None,
    });
    input.into_iter().flatten().filter_map(word).collect()
}

/// A call that goes around the scope of the caller's ability.
pub(super) fn unscoped(cx: &mut Extract<'_>, name: &str, span: Span, owner: &str) {
    if matches!(name, "unscoped" | "unscoped_by_id" | "insert_unscoped") {
        let mut attrs = Map::default();
        attrs.push("call", span, Node::text(SmolStr::from(name), span));
        resource(cx, "nestrs-query", owner, span, attrs);
    }
}

fn resource(cx: &mut Extract<'_>, ty: &str, name: &str, span: Span, attrs: Map) {
    let resource = Resource {
        provider: "nestrs".into(),
        ty: ty.into(),
        name: name.into(),
        address: name.into(),
        mode: ResourceMode::Managed,
        attrs: Node::new(span, NodeKind::Map(attrs)),
    };
    cx.fact(span, name, FactKind::Resource(resource));
}
