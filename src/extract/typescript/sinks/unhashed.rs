//! Functions that say they hash or encrypt a password, and give it back: as it is, or in other letters.

use super::callers::name_of;
use super::{called_name, owner};
use crate::extract::Extract;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::words::names_password;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits `const hashPassword = (password) => password`, and the same with `btoa(password)` or
/// `Buffer.from(password).toString('base64')`.
pub(super) fn emit(function: Syntax<'_>, cx: &mut Extract<'_>) {
    let name = name_of(function);
    let lower = name.to_ascii_lowercase();
    if !["hash", "encrypt", "encode", "crypt"].iter().any(|word| lower.contains(word)) || lower.contains("decrypt") {
        return;
    }
    let Some(password) = parameter(function)
        .filter(|one| names_password(one) && (lower.contains("hash") || lower.contains("crypt") || lower.contains("pass")))
    else {
        return;
    };
    let Some(given) = answer(function).filter(|given| gives_back(*given, password)) else { return };
    let callee = Ref::new(Scope::Global, [name]);
    let parts = vec![SinkPart::new(Node::text(name, given.span()), Tri::Yes, "given back")];
    let owner = owner(given, &callee);
    cx.fact(given.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
}

/// The first parameter of a function.
fn parameter(function: Syntax<'_>) -> Option<&str> {
    let first = function.field(Field::Parameters).and_then(Syntax::first).or_else(|| function.field(Field::Parameter))?;
    let name = first.field(Field::Pattern).unwrap_or(first);
    (name.kind() == Kind::Identifier).then(|| name.text())
}

/// What a function gives back that does nothing else.
fn answer(function: Syntax<'_>) -> Option<Syntax<'_>> {
    let body = function.field(Field::Body)?;
    if body.kind() != Kind::Block {
        return Some(body);
    }
    let mut statements = body.children();
    let only = statements.next().filter(|_| statements.next().is_none())?;
    only.first().filter(|_| only.kind() == Kind::Return)
}

/// Whether a value is the password, or can be read back without a key.
fn gives_back(value: Syntax<'_>, password: &str) -> bool {
    const MOST: u32 = 4;
    let mut value = value;
    for _ in 0..MOST {
        value = match value.kind() {
            Kind::Identifier => return value.text() == password,
            Kind::Parenthesized | Kind::As | Kind::NonNull | Kind::Await => match value.first() {
                Some(inner) => inner,
                None => return false,
            },
            Kind::Call => {
                let first = value.field(Field::Arguments).and_then(Syntax::first);
                let on = value.field(Field::Function).and_then(|function| function.field(Field::Object));
                let inner = match (called_name(value), on) {
                    ("btoa", _) => first,
                    ("from", Some(on)) if on.text() == "Buffer" => first,
                    ("resolve", Some(on)) if on.text() == "Promise" => first,
                    ("toString", Some(on)) => Some(on),
                    _ => None,
                };
                match inner {
                    Some(inner) => inner,
                    None => return false,
                }
            }
            _ => return false,
        };
    }
    false
}
