//! Registrations in a loop over a list that the file holds: `for (const { path, router } of routes)
//! app.use(path, router)`, `routes.forEach((route) => router.use(route.path, route.handler))`. Each
//! element is a registration of its own.

use super::names::{Form, Module};
use crate::ir::{Node, NodeKind, Part, Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// How deep a value is looked through for the loop's names.
const MAX_DEPTH: usize = 8;

/// How many elements of one list are read.
const MAX_ELEMENTS: usize = 500;

/// What the loop's names stand for in one round.
pub(super) type Round = Vec<(Ref, Node)>;

/// The rounds of the loop around a call; none where there is no loop or its list is not in the file.
pub(super) fn rounds<'t>(module: &Module<'t>, call: Syntax<'t>) -> Vec<Round> {
    let Some((pattern, list)) = around(call) else { return Vec::new() };
    let Some(list) = elements(module, list) else { return Vec::new() };
    let round = |element: &Node| {
        if pattern.kind() == Kind::Identifier {
            return vec![(module.name(pattern), element.clone())];
        }
        if pattern.kind() == Kind::ArrayPattern {
            let parts = element.as_list().unwrap_or_default();
            let named = pattern.children().zip(parts).filter(|(name, _)| name.kind() == Kind::Identifier);
            return named.map(|(name, part)| (module.name(name), part.clone())).collect();
        }
        let names = pattern.children().filter(|name| name.kind() == Kind::ShorthandPattern);
        names.filter_map(|name| Some((module.name(name), element.get(name.text())?.clone()))).collect()
    };
    list.iter().take(MAX_ELEMENTS).map(round).collect()
}

/// The element of the loop around a call, and its list, where that is a name of another file's.
pub(super) fn foreign<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<(smol_str::SmolStr, Node)> {
    let (pattern, list) = around(call)?;
    let over = module.lower(list);
    let is_foreign = over.as_ref().is_some_and(|name| matches!(name.scope, Scope::Import(_)));
    (is_foreign && pattern.kind() == Kind::Identifier).then(|| Some((module.name(pattern).path.first()?.clone(), over)))?
}

/// The loop around a call: what it binds, and what it runs over.
pub(super) fn around(call: Syntax<'_>) -> Option<(Syntax<'_>, Syntax<'_>)> {
    call.ancestors().take(12).find_map(head)
}

/// The name or pattern that a loop binds, and what it runs over.
fn head(node: Syntax<'_>) -> Option<(Syntax<'_>, Syntax<'_>)> {
    if node.kind() == Kind::ForIn {
        let is_of = node.text().split_once(')').is_some_and(|(head, _)| head.contains(" of "));
        return Some((node.field(Field::Left).filter(|_| is_of)?, node.field(Field::Right)?));
    }
    if !node.kind().is_function() {
        return None;
    }
    let call = node.parent()?.parent().filter(|call| call.kind() == Kind::Call)?;
    let member = call.field(Field::Function).filter(|function| function.kind() == Kind::Member)?;
    let is_loop = matches!(member.field(Field::Property)?.text(), "forEach" | "map");
    let first = node.field(Field::Parameter).or_else(|| node.field(Field::Parameters)?.first())?;
    Some((first.field(Field::Pattern).unwrap_or(first), member.field(Field::Object).filter(|_| is_loop)?))
}

/// The elements of a list written here or bound to a name of the file.
pub(super) fn elements<'t>(module: &Module<'t>, list: Syntax<'t>) -> Option<Vec<Node>> {
    let written = match list.kind() {
        Kind::Identifier => match &module.lookup(list.text(), list)?.form {
            Form::Variable(Some(value), path) if path.is_empty() => module.lower(*value),
            _ => return None,
        },
        _ => module.lower(list),
    };
    match written.kind {
        NodeKind::List(items) => Some(items),
        _ => None,
    }
}

/// A value of one round.
pub(super) fn replaced(node: Node, round: &Round) -> Node {
    if round.is_empty() { node } else { replaced_within(node, round, MAX_DEPTH) }
}

fn replaced_within(mut node: Node, round: &Round, depth: usize) -> Node {
    let Some(depth) = depth.checked_sub(1) else { return node };
    match &mut node.kind {
        NodeKind::Ref(name) => return stands_for(name, round).unwrap_or(node),
        NodeKind::List(items) => {
            *items = std::mem::take(items).into_iter().map(|item| replaced_within(item, round, depth)).collect();
        }
        NodeKind::Call(call) => {
            call.args = std::mem::take(&mut call.args).into_iter().map(|argument| replaced_within(argument, round, depth)).collect();
        }
        NodeKind::Text(text) => {
            for piece in &mut text.pieces {
                let Part::Hole(hole) = &piece.part else { continue };
                let value = replaced_within((**hole).clone(), round, depth);
                piece.part = match value.as_str() {
                    Some(known) => Part::Lit(known.into()),
                    None => Part::Hole(Box::new(value)),
                };
            }
        }
        _ => {}
    }
    node
}

/// `route.path` where `route` is an element: its member.
pub(super) fn stands_for(name: &Ref, round: &Round) -> Option<Node> {
    if name.scope != Scope::Local {
        return None;
    }
    let (bound, value) = round.iter().find(|(bound, _)| bound.path.first() == name.path.first())?;
    let mut value = value.clone();
    for member in &name.path[bound.path.len()..] {
        value = match &value.kind {
            NodeKind::Ref(target) => Node::new(value.span, NodeKind::Ref(target.child(member.clone()))),
            // `new Kilns().router`: what the class says of its own.
            NodeKind::Call(call) if call.is_new => Node::new(value.span, NodeKind::Ref(call.callee.child(member.clone()))),
            _ => value.get(member)?.clone(),
        };
    }
    Some(value)
}
