//! Variables that are assigned more than once: what flows into a sink through one is any of its values.

use smallvec::SmallVec;

use crate::extract::typescript::names::{Declaration, Form, Module};
use crate::ir::{Node, NodeKind, Op, Part, Ref, Scope, Text};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Variables in variables that are followed.
const MAX_HOPS: u32 = 4;
/// Names of one value that are looked at, and assignments of one variable.
const MAX_NAMES: usize = 32;
/// Nesting of a value that variables are replaced in.
const MAX_NESTING: u32 = 12;

/// `value`, which `part` is lowered to, with every variable in it replaced by what it is given.
pub(super) fn flowing<'t>(module: &Module<'t>, part: Syntax<'t>, mut value: Node) -> Node {
    follow(module, part, &mut value, MAX_HOPS);
    value
}

/// Replaces the variables in a value; says whether there were any.
fn follow<'t>(module: &Module<'t>, part: Syntax<'t>, value: &mut Node, hops: u32) -> bool {
    let mut found = false;
    if hops == 0 {
        return found;
    }
    let mut seen: SmallVec<[u32; 4]> = SmallVec::new();
    for name in std::iter::once(part).chain(part.below()).filter(|node| is_use(*node)).take(MAX_NAMES) {
        let Some(declaration) = module.lookup(name.text(), name) else { continue };
        let Form::Variable(made, path) = &declaration.form else { continue };
        if seen.contains(&declaration.name.id()) || declaration.name.id() >= part.id() {
            continue;
        }
        seen.push(declaration.name.id());
        let own = Ref::new(Scope::Local, [Module::linked_name(declaration)]);
        if module.is_reassigned(declaration) {
            value.replace(&own, &given(module, declaration, &own, hops), MAX_NESTING);
            found = true;
        } else if let Some(made) = made
            && path.is_empty()
            && !declaration.top
            && !made.kind().is_function()
        {
            let mut inner = module.lower(*made);
            if follow(module, *made, &mut inner, hops - 1) {
                value.replace(&own, &inner, MAX_NESTING);
                found = true;
            }
        }
    }
    found
}

/// Every value that a variable has: the first, with what is added to it, and those that replace it.
fn given<'t>(module: &Module<'t>, declaration: &Declaration<'t>, own: &Ref, hops: u32) -> Node {
    let span = declaration.name.span();
    let mut values: Vec<Node> = Vec::new();
    let lower = |syntax: Syntax<'t>| {
        let mut value = module.lower(syntax);
        follow(module, syntax, &mut value, hops - 1);
        value
    };
    if let Form::Variable(Some(made), path) = &declaration.form {
        let made = lower(*made);
        values.push(path.iter().fold(made, |value, key| value.member(key)));
    }
    for assignment in module.assignments(declaration).iter().take(MAX_NAMES) {
        let Some(right) = assignment.field(Field::Right) else { continue };
        let right = lower(right);
        let adds = assignment.kind() == Kind::AugmentedAssignment || begins_with(&right, own);
        match (adds, values.last_mut()) {
            (true, Some(last)) => *last = appended(last, right, own),
            _ => values.push(right),
        }
    }
    match values.len() {
        1 => values.swap_remove(0),
        _ => Node::new(span, NodeKind::Op(Op::Or, values)),
    }
}

/// `sql = sql + ' AND …'`.
fn begins_with(value: &Node, own: &Ref) -> bool {
    let first = value.as_text().and_then(|text| text.pieces.first());
    first.is_some_and(|piece| is_hole_of(&piece.part, own))
}

fn is_hole_of(part: &Part, name: &Ref) -> bool {
    matches!(part, Part::Hole(hole) if matches!(&hole.kind, NodeKind::Ref(found) if found == name))
}

/// A text with another behind it.
fn appended(before: &Node, more: Node, own: &Ref) -> Node {
    let mut text = Text::default();
    text.push(before.clone());
    match more.kind {
        NodeKind::Text(more) => {
            text.pieces.extend(more.pieces.into_iter().filter(|piece| !is_hole_of(&piece.part, own)));
        }
        _ => text.push(more),
    }
    text.join_literals();
    Node::new(before.span, NodeKind::Text(text))
}

fn is_use(node: Syntax<'_>) -> bool {
    matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty)
}
