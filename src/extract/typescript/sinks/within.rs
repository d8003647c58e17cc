//! Lists of allowed addresses that are looked for in a part of an address: `url.includes('https://shop.example')` is true of
//! `https://evil.example/?https://shop.example` too.

use super::owner;
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Words in the names of functions that decide whether an address is one that is wanted.
const DECIDES: [&str; 7] = ["allow", "valid", "safe", "trust", "permit", "whitelist", "restrict"];

/// Emits `address.includes(known)` where a function decides by it.
pub(super) fn emit<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(address) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return };
    let Some(sought) = call.field(Field::Arguments).and_then(Syntax::first) else { return };
    if !is_parameter(module, address) || !is_of_decision(call) || !is_address(module, sought) {
        return;
    }
    let callee = Ref::new(Scope::Global, ["includes"]);
    let parts = vec![SinkPart::new(Node::text(sought.text(), sought.span()), Tri::Yes, address.text())];
    let owner = owner(call, &callee);
    cx.fact(call.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Within, callee, parts, options: None }));
}

/// A parameter that is one address: of a list, `includes` asks for a whole member.
fn is_parameter<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    let is_one = |name: &str| (!name.ends_with('s') || name.ends_with("ss")) && !name.to_ascii_lowercase().contains("list");
    let declared = module.lookup(node.text(), node).filter(|_| node.kind() == Kind::Identifier);
    declared.is_some_and(|declared| matches!(declared.form, Form::Parameter(_))) && is_one(node.text())
}

/// Whether one of the functions around a call says by its name that it decides.
fn is_of_decision(call: Syntax<'_>) -> bool {
    call.ancestors().filter(|outer| outer.kind().is_function()).any(|function| {
        let named = function.field(Field::Name).or_else(|| {
            let holder = function.parent()?;
            holder.field(Field::Name).or_else(|| holder.field(Field::Left)).or_else(|| holder.field(Field::Key))
        });
        let name = named.map_or("", Syntax::text).to_ascii_lowercase();
        DECIDES.iter().any(|word| name.contains(word))
    })
}

/// An address that is written out, or one of a list of such.
fn is_address<'t>(module: &Module<'t>, sought: Syntax<'t>) -> bool {
    match sought.kind() {
        Kind::String => is_written(sought),
        Kind::Identifier => listed(module, sought).is_some_and(|list| {
            let mut words = list.below().filter(|node| node.kind() == Kind::String).peekable();
            words.peek().is_some() && words.all(is_written)
        }),
        _ => false,
    }
}

fn is_written(text: Syntax<'_>) -> bool {
    let address = unquoted(text);
    address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).is_some_and(|rest| !rest.is_empty())
}

/// The list that a name goes through: of `for (const name of LIST)`, `LIST.some((name) => …)`.
fn listed<'t>(module: &Module<'t>, name: Syntax<'t>) -> Option<Syntax<'t>> {
    let declared = module.lookup(name.text(), name)?.name;
    let list = declared.ancestors().take(6).find_map(|outer| match outer.kind() {
        Kind::ForIn => outer.field(Field::Right),
        Kind::Call => outer.field(Field::Function)?.field(Field::Object),
        _ => None,
    })?;
    match module.lookup(list.text(), list).map(|found| &found.form) {
        Some(Form::Variable(Some(value), path)) if path.is_empty() => Some(*value),
        _ => None,
    }
}
