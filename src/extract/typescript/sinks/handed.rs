//! What a function of one file hands to those of others: data of a request, passwords. Linking puts it
//! in the place of the parameters that flow into a sink.

use super::callers::name_of;
use crate::extract::typescript::items::{is_part, is_whole};
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{Entry, Handed, Map, Node, NodeKind, Part, Ref, Scope, Taken, Text, Why};
use crate::lower::words::names_password;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Arguments of one file that are kept.
const MAX_HANDED: usize = 2_000;
/// The longest object of a constant that is looked at, in bytes: it is read anew for each function that it is handed to.
const MAX_OBJECT: usize = 1_000;
/// Names of one part that are looked at.
const MAX_NAMES: usize = 32;

/// The parameters that flow into a part of a sink, by the function that has them.
pub(super) fn taken<'t>(module: &Module<'t>, part: Syntax<'t>) -> Vec<Taken> {
    let mut found: Vec<Taken> = Vec::new();
    let names = |node: Syntax<'t>| std::iter::once(node).chain(node.below()).filter(|node| is_name(*node)).take(MAX_NAMES);
    for name in names(part) {
        let Some(declaration) = module.lookup(name.text(), name) else { continue };
        match &declaration.form {
            Form::Variable(Some(made), _) if !declaration.top => {
                found.extend(names(*made).filter_map(|name| parameter(module, name)));
            }
            Form::Parameter(_) => found.extend(parameter(module, name)),
            _ => {}
        }
    }
    found.dedup();
    found
}

/// The parameter that a name is, if its function has a name to be called by.
fn parameter<'t>(module: &Module<'t>, name: Syntax<'t>) -> Option<Taken> {
    let declaration = module.lookup(name.text(), name)?;
    if !matches!(&declaration.form, Form::Parameter(path) if path.is_empty()) {
        return None;
    }
    let function = declaration.name.ancestors().find(|outer| outer.kind().is_function())?;
    let argument = match function.field(Field::Parameters) {
        Some(list) => list.children().position(|one| one.holds(declaration.name))?,
        None => 0,
    };
    let called = name_of(function);
    (!called.is_empty()).then(|| Taken { parameter: Module::linked_name(declaration), function: called.into(), argument })
}

/// Arguments that a call hands on and that matter where they end.
pub(super) fn emit<'t>(module: &Module<'t>, call: Syntax<'t>, out: &mut Vec<Handed>) {
    let Some(arguments) = call.field(Field::Arguments).filter(|arguments| arguments.kind() == Kind::Arguments) else { return };
    if out.len() >= MAX_HANDED || is_of_platform(call) {
        return;
    }
    for (argument, part) in arguments.children().enumerate().take(8) {
        let Some(value) = brought(module, part) else { continue };
        if super::checked::is_behind_validator(call) {
            return;
        }
        let Some(callee) = module.callee_of(call).filter(|callee| !matches!(callee.scope, Scope::Request | Scope::Env)) else { return };
        out.push(Handed { callee, argument, value });
    }
}

/// The data of a request, or the password, that an argument is.
fn brought<'t>(module: &Module<'t>, part: Syntax<'t>) -> Option<Node> {
    // `String(req.body.text)` is a text, whatever came.
    if part.kind() == Kind::Call && super::called_name(part) == "String" {
        let inner = part.field(Field::Arguments)?.first().filter(|inner| inner.kind() != Kind::Call)?;
        let mut text = Text::default();
        text.push(brought(module, inner)?);
        return Some(Node::new(part.span(), NodeKind::Text(text)));
    }
    let is_kept = matches!(
        part.kind(),
        Kind::Identifier
            | Kind::Member
            | Kind::As
            | Kind::NonNull
            | Kind::Subscript
            | Kind::Binary
            | Kind::Parenthesized
            | Kind::TemplateString
            | Kind::Object
    );
    if !is_kept {
        return None;
    }
    let part = object_of(module, part).unwrap_or(part);
    let mut value = module.lower(part);
    // What of it ends in a sink, the function says: `body.name`.
    if value.as_ref().is_some_and(is_whole) {
        return Some(value);
    }
    if let Some(whole) = value.as_ref().and_then(|name| module.of_constant(part, name)) {
        value.kind = NodeKind::Ref(whole);
    } else if !matches!(part.kind(), Kind::Member | Kind::Subscript) {
        value = super::flow::flowing(module, part, value);
    }
    let shown = value.as_ref().map(|name| name.last().split('@').next().unwrap_or_default().to_owned());
    if let Some(brought) = closed(&value, 6) {
        return Some(brought);
    }
    let name = shown.filter(|name| names_password(name))?;
    Some(Node::new(value.span, NodeKind::Ref(Ref::new(Scope::Local, [name]))))
}

/// The object that a constant holds: `const cart = { mail: req.body.mail }`.
fn object_of<'t>(module: &Module<'t>, part: Syntax<'t>) -> Option<Syntax<'t>> {
    let declaration = module.lookup(part.text(), part).filter(|_| part.kind() == Kind::Identifier)?;
    match declaration.form {
        Form::Variable(Some(made), _) if made.kind() == Kind::Object && made.span().len() <= MAX_OBJECT => Some(made),
        _ => None,
    }
}

/// A value as another file can read it: data of a request stays, every other name is unknown there. Nothing
/// if no request is in it.
fn closed(node: &Node, depth: u32) -> Option<Node> {
    if depth == 0 {
        return None;
    }
    let unknown = |inner: &Node| closed(inner, depth - 1).unwrap_or_else(|| Node::unknown(Why::Opaque, inner.span));
    let kind = match &node.kind {
        NodeKind::Ref(name) if is_part(name) => return Some(node.clone()),
        NodeKind::Text(text) if text.holes().any(|hole| closed(hole, depth - 1).is_some()) => {
            let mut out = Text::default();
            for piece in &text.pieces {
                match &piece.part {
                    Part::Lit(_) => out.pieces.push(piece.clone()),
                    Part::Hole(hole) => out.push(unknown(hole)),
                }
            }
            NodeKind::Text(out)
        }
        NodeKind::Op(op, operands) if operands.iter().any(|operand| closed(operand, depth - 1).is_some()) => {
            NodeKind::Op(*op, operands.iter().map(unknown).collect())
        }
        NodeKind::Map(map) => {
            let brought = map.entries.iter().filter_map(|entry| match entry {
                Entry::Pair { key, key_span, value } => {
                    Some(Entry::Pair { key: key.clone(), key_span: *key_span, value: closed(value, depth - 1)? })
                }
                _ => None,
            });
            let entries: Vec<Entry> = brought.collect();
            if entries.is_empty() {
                return None;
            }
            NodeKind::Map(Map { entries })
        }
        _ => return None,
    };
    Some(Node::new(node.span, kind))
}

/// Calls of what the platform and the frameworks bring, which no file of the repository defines.
fn is_of_platform(call: Syntax<'_>) -> bool {
    let root = super::root_name(call);
    matches!(
        root,
        "console" | "JSON" | "Object" | "Math" | "String" | "Number" | "res" | "response" | "reply" | "Buffer" | "Array" | "require"
    ) || call
        .field(Field::Function)
        .is_some_and(|function| matches!(unquoted(function), "parseInt" | "parseFloat" | "next" | "done" | "cb"))
}

fn is_name(node: Syntax<'_>) -> bool {
    matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty)
}
