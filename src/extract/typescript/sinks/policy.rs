//! How short a password may be, by what the code tries it against.

use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::extract::typescript::sinks::called_name;
use crate::ir::{Call, FactKind, Node, NodeKind, Ref};
use crate::lower::words::names_password;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Below this, a password is guessed whatever else is done.
const SHORT: f64 = 6.0;

/// Emits `/^.{1,20}$/.test(password)`, whose pattern may be a constant, and `check('password').isLength({ min: 3 })`.
pub(super) fn pattern<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(object) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return };
    let Some(first) = call.field(Field::Arguments).and_then(Syntax::first) else { return };
    match called_name(call) {
        "test" if names_password(last_name(first)) => {
            let pattern = match object.kind() {
                Kind::Regex => Some(object),
                Kind::Identifier => match module.lookup(object.text(), object).map(|declared| &declared.form) {
                    Some(Form::Variable(Some(made), path)) if path.is_empty() && made.kind() == Kind::Regex => Some(*made),
                    _ => None,
                },
                _ => None,
            };
            if let Some(pattern) = pattern
                && let Some(shortest) = shortest(pattern.text())
            {
                emit(pattern, shortest, cx);
            }
        }
        "isLength" if is_field(object) => {
            if let Some(least) = number_after(first.text(), &["min:"]) {
                limit(call, least, cx);
            }
        }
        _ => {}
    }
}

/// `check('password')`, whatever is asked of it before.
fn is_field(object: Syntax<'_>) -> bool {
    std::iter::once(object).chain(object.below()).any(|node| node.kind() == Kind::String && names_password(unquoted(node)))
}

/// Emits `password.length < 4`.
pub(super) fn length(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    let is_length = left.field(Field::Property).is_some_and(|name| name.text() == "length");
    if !is_length || right.kind() != Kind::Number || !left.field(Field::Object).is_some_and(|object| names_password(last_name(object))) {
        return;
    }
    // The server decides what a password may be: what a form asks before it sends one, it says alone.
    if super::is_component(&cx.file.path) {
        return;
    }
    let Ok(number) = right.text().parse::<f64>() else { return };
    match node.field(Field::Operator).map_or("", Syntax::text) {
        "<" | ">=" => limit(node, number, cx),
        "<=" | ">" => limit(node, number + 1.0, cx),
        _ => {}
    }
}

/// Emits `password: { minlength: 3 }`, `password: Joi.string().min(3)` of a schema.
pub(super) fn pair(pair: Syntax<'_>, cx: &mut Extract<'_>) {
    let (Some(key), Some(value)) = (pair.field(Field::Key), pair.field(Field::Value)) else { return };
    if !matches!(value.kind(), Kind::Object | Kind::Call) || !names_password(unquoted(key)) {
        return;
    }
    if let Some(least) = number_after(value.text(), &["minlength:", "minLength:", ".min(", "min:"]) {
        limit(pair, least, cx);
    }
}

/// The number behind one of these words.
fn number_after(text: &str, words: &[&str]) -> Option<f64> {
    words.iter().find_map(|word| {
        let (_, rest) = text.split_once(word)?;
        let rest = rest.trim_start_matches([' ', '[']);
        rest[..rest.find(|char: char| !char.is_ascii_digit())?].parse().ok()
    })
}

/// A limit that is one: that something is there at all is asked elsewhere too.
fn limit(node: Syntax<'_>, least: f64, cx: &mut Extract<'_>) {
    if least > 1.0 {
        emit(node, least, cx);
    }
}

fn emit(node: Syntax<'_>, least: f64, cx: &mut Extract<'_>) {
    if least < SHORT {
        let args = vec![Node::new(node.span(), NodeKind::Number(least))];
        cx.fact(node.span(), "password", FactKind::Call(Call { args, ..Call::of(Ref::import("password-policy", "shortest")) }));
    }
}

/// The fewest characters that a pattern of one repeated kind takes: `/^.{1,20}$/`, `/^\S+$/`.
fn shortest(pattern: &str) -> Option<f64> {
    let (body, _) = pattern.strip_prefix("/^")?.rsplit_once("$/")?;
    let rest = match body.strip_prefix('[') {
        Some(class) => class.split_once(']')?.1,
        None => body.strip_prefix('.').or_else(|| body.strip_prefix("\\S")).or_else(|| body.strip_prefix("\\w"))?,
    };
    match rest {
        "+" => Some(1.0),
        "*" => Some(0.0),
        _ => {
            let counts = rest.strip_prefix('{')?.strip_suffix('}')?;
            counts.split(',').next()?.trim().parse().ok()
        }
    }
}

fn last_name(node: Syntax<'_>) -> &str {
    node.field(Field::Property).unwrap_or(node).text()
}
