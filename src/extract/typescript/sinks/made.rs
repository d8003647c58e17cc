//! What functions make of what they are handed: the statement, path or address that a helper returns. Linking puts it in
//! the place of its calls.

use super::Around;
use super::callers::name_of;
use super::handed::{Calls, may_hand_on, taken};
use crate::extract::typescript::names::{Form, Module};
use crate::ir::{Made, Node, NodeKind, Op, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Functions of one file that are kept.
const MAX_MADE: usize = 500;
/// The longest function that is looked at, in bytes: a helper is short.
const MAX_BYTES: usize = 4_096;

/// Keeps what a `return` gives, or the body of a short arrow, if a parameter or a request is in it that the function has
/// not tested.
pub(super) fn emit<'t>(around: &Around<'_, 't>, returned: Syntax<'t>, out: &mut Calls) {
    let value = if returned.kind() == Kind::Return { returned.first() } else { Some(returned) };
    let Some(value) = value.filter(|value| out.may_relay && may_be_made(*value)) else { return };
    let function = returned.ancestors().find(|outer| outer.kind().is_function());
    let Some(function) = function.filter(|function| function.span().len() <= MAX_BYTES && !name_of(*function).is_empty()) else { return };
    let mut taken = taken(around.module, value);
    taken.retain(|taken| taken.function == name_of(function));
    // Most functions return something else: what it is made of is asked last.
    if taken.is_empty() && !takes_request(function) || is_stripped(function, value) || is_replaced(around.module, value) {
        return;
    }
    let made = super::flow::flowing(around.module, value, around.module.lower(value));
    if taken.is_empty() && made.brought().is_none() || out.made.len() >= MAX_MADE || around.tested(returned, value) != Tri::No {
        return;
    }
    match out.made.iter_mut().rev().find(|made| made.function == function.span()) {
        Some(other) => {
            let both = vec![std::mem::replace(&mut other.value, Node::new(value.span(), NodeKind::Null)), made];
            other.value = Node::new(value.span(), NodeKind::Op(Op::Or, both));
            other.taken.extend(taken);
        }
        None => out.made.push(Made { function: function.span(), value: made, taken }),
    }
}

/// Whether a function may be handed a request, by the names of its parameters.
fn takes_request(function: Syntax<'_>) -> bool {
    let list = function.field(Field::Parameters).or_else(|| function.field(Field::Parameter)).map_or("", Syntax::text);
    ["req", "ctx", "context", "event", "params", "query", "body"].iter().any(|name| list.contains(name))
}

/// Whether a function takes members out of what it returns: `if (/^\$/.test(key)) delete value[key]`.
fn is_stripped(function: Syntax<'_>, value: Syntax<'_>) -> bool {
    let strips = |node: Syntax<'_>| node.text().strip_prefix("delete").is_some_and(|rest| rest.trim_start().starts_with(value.text()));
    value.kind() == Kind::Identifier && function.below().any(|node| node.kind() == Kind::Unary && strips(node))
}

/// Whether something else is put in the place of a parameter that a value is made of: `text = escape(text)`.
fn is_replaced<'t>(module: &Module<'t>, value: Syntax<'t>) -> bool {
    const MOST: usize = 16;
    let names = std::iter::once(value).chain(value.below()).filter(|node| node.kind() == Kind::Identifier).take(MOST);
    names.filter_map(|name| module.lookup(name.text(), name)).any(|declaration| {
        let is_parameter = matches!(&declaration.form, Form::Parameter(_));
        let is_default = |assignment: &Syntax<'t>| assignment.field(Field::Right).is_some_and(|right| right.kind() == Kind::String);
        is_parameter && !module.assignments(declaration).iter().all(is_default)
    })
}

/// Kinds of values that what a function is handed may be in: most functions return other things.
fn may_be_made(value: Syntax<'_>) -> bool {
    match value.kind() {
        Kind::Identifier | Kind::Binary | Kind::Ternary => true,
        Kind::Member => value.field(Field::Object).is_none_or(|object| object.kind() != Kind::This),
        Kind::TemplateString => value.child(Kind::Substitution).is_some(),
        Kind::Call | Kind::New => may_hand_on(value),
        Kind::Parenthesized | Kind::As | Kind::NonNull => value.first().is_some_and(may_be_made),
        _ => false,
    }
}
