//! Answers that are no call of `send`: what the methods of NestJS's controllers return (a text is sent as HTML, and of
//! `@Redirect()` the `url` is where the browser goes), and the views that a handler renders, with what.

use super::{Around, flow, root_name, value_sink};
use crate::extract::Extract;
use crate::extract::typescript::names::unquoted;
use crate::extract::typescript::symbols::decorators_of;
use crate::ir::{Call, FactKind, Node, Ref, Scope, SinkKind};
use crate::parse::typescript::{Field, Kind, Syntax};

/// `res.render('view', { name })`, as a call of a library that does not exist, `views#render`, so that its values
/// are resolved.
pub(super) fn view<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let mut arguments = node.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    let (Some(name), Some(locals)) = (arguments.next(), arguments.next()) else { return };
    if matches!(root_name(node), "res" | "response" | "reply" | "ctx" | "h" | "app") && name.kind() == Kind::String {
        render(around, node, name, locals, cx);
    }
}

fn render<'t>(around: &Around<'_, 't>, node: Syntax<'t>, name: Syntax<'t>, locals: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    let args = vec![module.lower(name), flow::flowing(module, locals, module.lower(locals))];
    cx.fact(node.span(), unquoted(name), FactKind::Call(Call { args, ..Call::of(Ref::import("views", "render")) }));
}

/// Emits what a `return` answers with.
pub(super) fn emit<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(value) = node.first() else { return };
    let kind = match value.kind() {
        Kind::TemplateString | Kind::Binary => SinkKind::Html,
        Kind::Object => SinkKind::Redirect,
        _ => return,
    };
    let Some(method) = node.ancestors().find(|outer| outer.kind().is_function()).filter(|outer| outer.kind() == Kind::Method) else {
        return;
    };
    let marked = |names: &[&str]| {
        decorators_of(method).filter_map(Syntax::first).any(|decorator| {
            let name = decorator.field(Field::Function).unwrap_or(decorator).text();
            names.contains(&name)
        })
    };
    let view = decorators_of(method)
        .filter_map(Syntax::first)
        .find(|decorator| decorator.field(Field::Function).is_some_and(|name| name.text() == "Render"));
    if let Some(name) = view.and_then(|view| view.field(Field::Arguments)?.first()) {
        return render(around, node, name, value, cx);
    }
    let options = Some(Node::text("res", node.span()));
    match kind {
        SinkKind::Html if marked(&["Get", "Post", "Put", "Patch", "Delete", "All"]) && !marked(&["Header"]) => {
            value_sink(around, node, kind, Ref::new(Scope::Global, ["return"]), value, options, cx);
        }
        SinkKind::Redirect if marked(&["Redirect"]) => {
            let pairs = value.children().filter(|entry| entry.kind() == Kind::Pair);
            let mut urls = pairs.filter(|entry| entry.field(Field::Key).is_some_and(|key| unquoted(key) == "url"));
            if let Some(url) = urls.next().and_then(|entry| entry.field(Field::Value)) {
                value_sink(around, node, kind, Ref::new(Scope::Global, ["Redirect"]), url, None, cx);
            }
        }
        _ => {}
    }
}
