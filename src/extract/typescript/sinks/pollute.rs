//! Members whose names come from outside: `object[a][b] = value`, and functions that copy objects into each
//! other with their `__proto__`.

use super::callers::name_of;
use super::{Around, owner};
use crate::extract::Extract;
use crate::ir::{FactKind, Node, NodeKind, Op, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// `object[req.body.group][req.body.name] = …`: the first name may be `__proto__`. With one name, only what
/// the object itself has can be replaced.
pub(super) fn assignment<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(left) = node.field(Field::Left).filter(|left| left.kind() == Kind::Subscript) else { return };
    let (Some(object), Some(index)) = (left.field(Field::Object), left.field(Field::Index)) else { return };
    let is_name = |node: Syntax<'_>| {
        let is_last_of_path = node.kind() == Kind::Call && matches!(super::called_name(node), "at" | "pop" | "shift");
        is_last_of_path || matches!(node.kind(), Kind::Identifier | Kind::Member | Kind::Subscript)
    };
    let first = (object.kind() == Kind::Subscript).then(|| object.field(Field::Index)).flatten();
    // `parts.at(-1)!`.
    let bare = |name: Syntax<'t>| if name.kind() == Kind::NonNull { name.first().unwrap_or(name) } else { name };
    let Some(name) = first.or(Some(index)).map(bare).filter(|name| is_name(*name)) else { return };
    let label = if first.is_some() { "deep" } else { "own" };
    let mut parts = around.flowing(node, name, SinkKind::Pollute, label);
    if first.is_none() {
        // The value has to come from outside too, or it is a count or a mark.
        let Some(value) = node.field(Field::Right) else { return };
        let value = around.module.lower(value);
        for part in &mut parts {
            part.value = Node::new(part.value.span, NodeKind::Op(Op::And, vec![part.value.clone(), value.clone()]));
        }
    }
    if !parts.is_empty() {
        let callee = Ref::new(Scope::Global, ["[]"]);
        let owner = owner(node, &callee);
        cx.fact(node.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Pollute, callee, parts, options: None }));
    }
}

/// A function that copies the members of one object into another, goes into those that both have, and
/// leaves no name out.
pub(super) fn merge(function: Syntax<'_>, cx: &mut Extract<'_>) {
    let (Some(body), name) = (function.field(Field::Body), name_of(function)) else { return };
    if name.is_empty() || body.size() > 400 {
        return;
    }
    let text = body.text();
    if !text.contains(name) {
        return;
    }
    let loops = text.contains(" in ") || text.contains("Object.keys(") || text.contains("Object.entries(");
    let leaves_out = ["__proto__", "hasOwn", "constructor", "Object.create(null)", "isSafe", "has("].iter().any(|word| text.contains(word));
    if !loops || leaves_out {
        return;
    }
    let keyed =
        |node: Syntax<'_>| node.kind() == Kind::Subscript && node.field(Field::Index).is_some_and(|index| index.kind() == Kind::Identifier);
    // `merge(into[key], from[key])`, `merge(into[key] ?? {}, from[key])`.
    let is_member = |node: Syntax<'_>| keyed(node) || node.field(Field::Left).is_some_and(keyed);
    let descent = body.below().find(|node| {
        let arguments = node.field(Field::Arguments).into_iter().flat_map(Syntax::children);
        node.kind() == Kind::Call && super::called_name(*node) == name && arguments.filter(|argument| is_member(*argument)).count() >= 2
    });
    let copies = body.below().any(|node| node.kind() == Kind::Assignment && node.field(Field::Left).is_some_and(keyed));
    if let Some(place) = descent.filter(|_| copies) {
        let callee = Ref::new(Scope::Local, [name]);
        let parts = vec![SinkPart::new(Node::text(name, function.span()), Tri::Maybe, "merge")];
        let owner = owner(function, &callee);
        cx.fact(place.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Pollute, callee, parts, options: None }));
    }
}
