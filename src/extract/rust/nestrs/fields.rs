//! Which columns entities let out and in.

use super::{Attrs, called};
use crate::extract::Extract;
use crate::ir::Span;
use crate::parse::rust::{Attr, Expr, ExprKind, Item, ItemKind};

/// Fields with `#[expose]`, as resources: `input` lists the operations that may write them.
pub(super) fn extract(cx: &mut Extract<'_>, items: &[Item]) {
    for item in items {
        match &item.kind {
            ItemKind::Struct { name, fields } => {
                for field in fields {
                    let Some(expose) = field.attrs.iter().find(|attr| attr.is("expose")) else { continue };
                    let owner = format!("{}.{}", name.text, field.name.text);
                    Attrs::default()
                        .list("input", inputs(expose), expose.span)
                        .text("field", field.name.text.clone(), field.name.span)
                        .emit(cx, "nestrs-field", &owner, field.name.span);
                }
            }
            ItemKind::Module { items, .. } => extract(cx, items),
            _ => {}
        }
    }
}

/// `create` and `update` of `#[expose(input(create, update))]`.
fn inputs(expose: &Attr) -> Vec<(&str, Span)> {
    fn word(expr: &Expr) -> Option<(&str, Span)> {
        expr.as_path().map(|path| (path.last(), expr.span))
    }
    let input = expose.args.iter().find_map(|arg| match &arg.value.kind {
        ExprKind::Call { args, .. } if called(&arg.value).is_some_and(|(name, _)| name == "input") => Some(args),
        _ => None,
    });
    input.into_iter().flatten().filter_map(word).collect()
}
