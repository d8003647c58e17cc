//! What a function of one file hands to those of others: data of a request, passwords. Linking puts it
//! in the place of the parameters that flow into a sink.

use super::Around;
use super::callers::name_of;
use crate::extract::typescript::items::is_whole;
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::extract::typescript::names::{Declaration, Form, Module, unquoted};
use crate::ir::{Handed, Made, Node, NodeKind, Op, Ref, Relayed, Scope, Taken, Text, Tri};
use crate::lower::words::names_password;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Arguments of one file that are kept.
const MAX_HANDED: usize = 2_000;
/// The longest object of a constant that is looked at, in bytes: it is read anew for each function that it is handed to.
const MAX_OBJECT: usize = 1_000;
/// Names of one part that are looked at, those of its variables included.
const MAX_NAMES: usize = 48;
/// Variables in variables that are followed.
const MAX_HOPS: u32 = 3;

/// The parameters that flow into a part of a sink, or into an argument, by the function that has them.
pub(super) fn taken<'t>(module: &Module<'t>, part: Syntax<'t>) -> Vec<Taken> {
    let mut found: Vec<Taken> = Vec::new();
    let mut seen: SmallVec<[u32; 8]> = SmallVec::new();
    let mut left: SmallVec<[(Syntax<'t>, u32); 8]> = SmallVec::from_iter([(part, MAX_HOPS)]);
    let mut names_left = MAX_NAMES;
    while let Some((value, hops)) = left.pop() {
        for name in std::iter::once(value).chain(value.below()).filter(|node| is_name(*node)) {
            let Some(fewer) = names_left.checked_sub(1) else { return found };
            names_left = fewer;
            let Some(declaration) = module.lookup(name.text(), name) else { continue };
            let id = declaration.name.id();
            if seen.contains(&id) {
                continue;
            }
            match &declaration.form {
                Form::Variable(made, _) if !declaration.top && hops > 0 => {
                    seen.push(id);
                    let given = module.assignments(declaration).iter().filter_map(|assignment| assignment.field(Field::Right));
                    let values = made.iter().copied().chain(given).chain(module.pushed(declaration).iter().copied());
                    left.extend(values.filter(|made| hops == MAX_HOPS || may_hand_on(*made)).map(|made| (made, hops - 1)));
                }
                Form::Parameter(_) => {
                    seen.push(id);
                    found.extend(parameter(module, declaration));
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether something that a value is made of may be in it yet: what most functions make of it is another thing.
pub(super) fn may_hand_on(made: Syntax<'_>) -> bool {
    const HAND_ON: [&str; 12] =
        ["join", "concat", "trim", "String", "toString", "resolve", "normalize", "toLowerCase", "replace", "format", "parse", "URL"];
    match made.kind() {
        Kind::Call | Kind::New => HAND_ON.contains(&super::called_name(made)),
        Kind::Await => false,
        kind => !kind.is_function(),
    }
}

/// The parameter that a declaration is of, if its function has a name to be called by.
fn parameter<'t>(module: &Module<'t>, declaration: &Declaration<'t>) -> Option<Taken> {
    let Form::Parameter(path) = &declaration.form else { return None };
    let function = declaration.name.ancestors().find(|outer| outer.kind().is_function())?;
    let called = name_of(function);
    if called.is_empty() || path.contains(&"[]") {
        return None;
    }
    let argument = match function.field(Field::Parameters) {
        Some(list) => list.children().position(|one| one.holds(declaration.name))?,
        None => 0,
    };
    let path = path.iter().map(SmolStr::new).collect();
    Some(Taken { parameter: module.linked_name(declaration), function: called.into(), argument, path })
}

/// What the calls of a file hand to functions that may stand in others.
#[derive(Debug, Default)]
pub(in crate::extract::typescript) struct Calls {
    /// Data of a request, and passwords.
    pub handed: Vec<Handed>,
    /// What the function around the call is handed itself.
    pub relayed: Vec<Relayed>,
    /// What its functions return of it.
    pub made: Vec<Made>,
    /// Whether the file may stand between a request and what is done with it: pages have no requests.
    pub may_relay: bool,
}

/// Arguments that a call hands on and that matter where they end.
pub(super) fn emit<'t>(around: &Around<'_, 't>, call: Syntax<'t>, out: &mut Calls) {
    let module = around.module;
    let Some(arguments) = call.field(Field::Arguments).filter(|arguments| arguments.kind() == Kind::Arguments) else { return };
    if is_of_platform(call) {
        return;
    }
    let relays = out.may_relay && !is_of_language(call);
    let callee = || module.callee_of(call).filter(|callee| !matches!(callee.scope, Scope::Request | Scope::Env));
    for (argument, part) in arguments.children().enumerate().take(8) {
        let is_wanted = |value: &Node| out.handed.len() < MAX_HANDED && !(is_password(value) && goes_into_slow_hash(call));
        if let Some(value) = brought(module, part).filter(is_wanted) {
            let Some(callee) = callee() else { return };
            // A validator in front of the handler has seen to the types.
            let is_typed = super::checked::is_behind_validator(call);
            let tested = around.tested(call, part).max(if is_typed { Tri::Maybe } else { Tri::No });
            out.handed.push(Handed { callee, argument, value, tested });
        } else if relays && out.relayed.len() < MAX_HANDED && may_relay(part) {
            let taken = taken(module, part);
            if taken.is_empty() {
                continue;
            }
            let Some(callee) = callee().filter(may_be_own) else { return };
            let value = super::flow::flowing(module, part, module.lower(part));
            out.relayed.push(Relayed { callee, argument, value, taken, tested: around.tested(call, part) });
        }
    }
}

/// A password, by its name.
fn is_password(value: &Node) -> bool {
    value.as_ref().is_some_and(|name| names_password(name.last()))
}

/// `bcrypt.hash(sha256(password), 12)`: what a password is made into is hashed well.
fn goes_into_slow_hash(call: Syntax<'_>) -> bool {
    const SLOW: [&str; 5] = ["bcrypt", "argon", "scrypt", "pbkdf", "hash"];
    let around = call.ancestors().take(4).filter(|outer| outer.kind() == Kind::Call);
    let mut called = around.filter_map(|outer| outer.field(Field::Function)).map(|function| function.text().to_ascii_lowercase());
    called.any(|name| SLOW.iter().any(|slow| name.contains(slow))) || super::purpose::is_hashed_again(call)
}

/// Methods that every list, text and log has.
fn is_of_language(call: Syntax<'_>) -> bool {
    const METHODS: [&str; 32] = [
        "push",
        "map",
        "filter",
        "forEach",
        "includes",
        "has",
        "set",
        "add",
        "join",
        "indexOf",
        "slice",
        "concat",
        "replace",
        "test",
        "then",
        "catch",
        "emit",
        "log",
        "error",
        "info",
        "warn",
        "debug",
        "split",
        "match",
        "some",
        "every",
        "startsWith",
        "endsWith",
        "toString",
        "bind",
        "apply",
        "reduce",
    ];
    let is_method = call.field(Field::Function).is_some_and(|function| function.kind() == Kind::Member);
    is_method && METHODS.contains(&super::called_name(call))
}

/// Whether a function may be one of the repository: not of a package that bears a plain name.
fn may_be_own(callee: &Ref) -> bool {
    match &callee.scope {
        Scope::Global => false,
        Scope::Import(module) => module.contains(['/', '.']),
        _ => true,
    }
}

/// Whether an argument may be what the function around the call is handed, or be put together of it.
fn may_relay(part: Syntax<'_>) -> bool {
    let is_kept = is_kept(part.kind()) || matches!(part.kind(), Kind::Call | Kind::New) && may_hand_on(part);
    is_kept && (part.kind() != Kind::Object || part.span().len() <= MAX_OBJECT)
}

/// Kinds of arguments that hand a value on as it is, or as a part of a text or an object.
fn is_kept(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Identifier
            | Kind::Member
            | Kind::As
            | Kind::NonNull
            | Kind::Subscript
            | Kind::Binary
            | Kind::Parenthesized
            | Kind::TemplateString
            | Kind::Object
    )
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
    if !is_kept(part.kind()) {
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
        let made = made_of_others(module, part);
        let whole = made.unwrap_or(part);
        value = super::flow::flowing(module, whole, made.map_or(value, |made| module.lower(made)));
        taken_apart(module, whole, &mut value);
        if let Some(made) = made.filter(|_| value.brought().is_none()) {
            value = super::flow::with_constants(module, made);
        }
    }
    // `password ?? ''`.
    let shown = match &value.kind {
        NodeKind::Op(Op::Or | Op::Coalesce, operands) if operands.len() == 2 && operands[1].is_known() => operands[0].as_ref(),
        _ => value.as_ref(),
    };
    let shown = shown.map(|name| name.last().split('@').next().unwrap_or_default().to_owned());
    if let Some(brought) = value.brought() {
        return Some(brought);
    }
    let name = shown.filter(|name| names_password(name))?;
    Some(Node::new(value.span, NodeKind::Ref(Ref::new(Scope::Local, [name]))))
}

/// Puts the parts of the request in the place of the constants that hold them: `login({ mail, password })` behind
/// `const { mail, password } = req.body`.
fn taken_apart<'t>(module: &Module<'t>, part: Syntax<'t>, value: &mut Node) {
    const MAX_PARTS: usize = 24;
    const MAX_NESTING: u32 = 6;
    if !matches!(part.kind(), Kind::Object | Kind::TemplateString | Kind::Binary) {
        return;
    }
    for name in part.below().filter(|node| is_name(*node)).take(MAX_PARTS) {
        let lowered = module.lower(name);
        let Some(own) = lowered.as_ref().filter(|own| own.scope == Scope::Local && own.path.len() == 1) else { continue };
        if let Some(whole) = module.of_constant(name, own) {
            value.replace(own, &Node::new(name.span(), NodeKind::Ref(whole)), MAX_NESTING);
        }
    }
}

/// The object that a constant holds: `const cart = { mail: req.body.mail }`.
fn object_of<'t>(module: &Module<'t>, part: Syntax<'t>) -> Option<Syntax<'t>> {
    let declaration = module.lookup(part.text(), part).filter(|_| part.kind() == Kind::Identifier)?;
    match declaration.form {
        Form::Variable(Some(made), _) if made.kind() == Kind::Object && made.span().len() <= MAX_OBJECT => Some(made),
        // `let cart = null`, and one object later.
        Form::Variable(made, _) if made.is_none_or(|made| made.kind() == Kind::Null) => match module.assignments(declaration) {
            [once] => once.field(Field::Right).filter(|made| made.kind() == Kind::Object && made.span().len() <= MAX_OBJECT),
            _ => None,
        },
        _ => None,
    }
}

/// What a constant of a function is put together of: `const base = req.query.base || 'https://…'`.
fn made_of_others<'t>(module: &Module<'t>, part: Syntax<'t>) -> Option<Syntax<'t>> {
    let declaration = module.lookup(part.text(), part).filter(|_| part.kind() == Kind::Identifier)?;
    let Form::Variable(Some(made), path) = &declaration.form else { return None };
    let is_put_together = matches!(made.kind(), Kind::Binary | Kind::Ternary | Kind::TemplateString | Kind::Parenthesized | Kind::As);
    let is_wanted = is_put_together && path.is_empty() && !declaration.top && made.span().len() <= MAX_OBJECT;
    (is_wanted && !module.is_reassigned(declaration)).then_some(*made)
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
