//! Lists of allowed addresses that are looked for in a part of an address: `url.includes('https://shop.example')` is true of
//! `https://evil.example/?https://shop.example` too.

use super::address::{has_open_dot, is_loose};
use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Words in the names of functions that decide whether an address is one that is wanted.
const DECIDES: [&str; 7] = ["allow", "valid", "safe", "trust", "permit", "whitelist", "restrict"];

/// Whole words of such names.
const DECIDES_WHOLE: [&str; 6] = ["own", "ours", "ok", "internal", "same", "partner"];

/// Emits a test of an address that others pass too: `address.includes(known)`, `host.endsWith('example.com')`.
pub(super) fn emit<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(object) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return };
    let Some(first) = call.field(Field::Arguments).and_then(Syntax::first) else { return };
    if refuses(call) {
        return;
    }
    let (how, address) = match called_name(call) {
        _ if asks_for_script_alone(call, object, first) => ("scheme", if object.kind() == Kind::Regex { first } else { object }),
        "includes" | "indexOf" if is_parameter(module, object) && is_of_decision(call) && is_address(module, first) => ("includes", object),
        "includes" if is_for_all_of_list(module, call, first) && is_sent(module, object) => ("includes", object),
        "endsWith" if is_host(module, object) && is_bare_domain(first) => ("endsWith", object),
        "startsWith" if is_loose(call) && unquoted(first).contains("//") && decides(module, call, object) => ("startsWith", object),
        "test" if is_loose(call) && decides(module, call, first) => ("test", first),
        "test" if is_host(module, first) && has_open_dot_of_host(object) => ("test", first),
        "match" if is_loose(call) && decides(module, call, object) => ("test", object),
        _ => return,
    };
    let callee = Ref::new(Scope::Global, [how]);
    let parts = vec![SinkPart::new(Node::text(first.text(), first.span()), Tri::Yes, address.text())];
    let owner = owner(call, &callee);
    cx.fact(call.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Within, callee, parts, options: None }));
}

/// `if (pattern.test(name)) return false`, `file.indexOf('a.log') === 0`: what holds an address is turned away, or begins
/// with it.
fn refuses(call: Syntax<'_>) -> bool {
    let outer = call.ancestors().find(|outer| outer.kind() != Kind::Parenthesized);
    let begins = |test: Syntax<'_>| {
        let sign = test.field(Field::Operator).map_or("", Syntax::text);
        matches!(sign, "===" | "==") && test.field(Field::Right).is_some_and(|right| right.text() == "0")
    };
    outer.is_some_and(|outer| match outer.kind() {
        Kind::Binary => called_name(call) == "indexOf" && begins(outer),
        Kind::If => {
            outer.field(Field::Condition).is_some_and(|asked| asked.holds(call)) && outer.field(Field::Consequence).is_some_and(leaves)
        }
        _ => false,
    })
}

/// `return false`, `{ throw … }`.
fn leaves(then: Syntax<'_>) -> bool {
    let first = if then.kind() == Kind::Block { then.first() } else { Some(then) };
    first.is_some_and(|first| match first.kind() {
        Kind::Throw => true,
        Kind::Return => first.first().is_some_and(|answer| answer.kind() == Kind::False),
        _ => false,
    })
}

/// A variable that holds what the request says: `const to = String(req.query.to)`.
fn is_sent<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    const MOST: usize = 12;
    let declared = module.lookup(node.text(), node).filter(|_| node.kind() == Kind::Identifier);
    let Some(Form::Variable(Some(made), _)) = declared.map(|declared| &declared.form) else { return false };
    let mut parts =
        std::iter::once(*made).chain(made.below()).take(MOST).filter(|part| matches!(part.kind(), Kind::Member | Kind::Identifier));
    parts.any(|part| module.lower(part).as_ref().is_some_and(super::super::items::is_part))
}

/// Whether a test is asked of each address of a list of those that are wanted, before the browser is sent there or the
/// server asks there: `partners.some((partner) => to.includes(partner))`.
fn is_for_all_of_list<'t>(module: &Module<'t>, test: Syntax<'t>, sought: Syntax<'t>) -> bool {
    let call = test.ancestors().take(6).find(|outer| outer.kind() == Kind::Call).filter(|call| called_name(*call) == "some");
    let Some(call) = call.filter(|_| sought.kind() == Kind::Identifier) else { return false };
    let list = call.field(Field::Function).and_then(|function| function.field(Field::Object)).map_or("", Syntax::text).to_ascii_lowercase();
    let is_wanted =
        DECIDES.iter().chain(&DECIDES_WHOLE).any(|word| list.contains(word)) || is_address(module, sought) || sends_there(call, test);
    let handler = call.ancestors().find(|outer| outer.kind().is_function()).map_or("", Syntax::text);
    let goes_there = ["redirect(", "fetch(", "axios", "got(", "Location"].iter().any(|goes| handler.contains(goes));
    is_wanted && goes_there
}

/// `if (friends.some((friend) => to.includes(friend))) res.redirect(to)`: whatever the list holds, the browser is sent where it
/// stands anywhere in the address.
fn sends_there(some: Syntax<'_>, test: Syntax<'_>) -> bool {
    let address = test.field(Field::Function).and_then(|function| function.field(Field::Object)).map_or("", Syntax::text);
    let choice = some.ancestors().take(4).find(|outer| matches!(outer.kind(), Kind::If | Kind::Ternary));
    let then = choice.and_then(|choice| choice.field(Field::Consequence)).filter(|then| !then.holds(some));
    then.is_some_and(|then| {
        let mut calls =
            std::iter::once(then).chain(then.below()).filter(|inner| inner.kind() == Kind::Call && called_name(*inner) == "redirect");
        calls.any(|call| call.field(Field::Arguments).into_iter().flat_map(Syntax::children).any(|given| given.text() == address))
    })
}

/// Whether a function decides by a test of what it is handed, or a test is of a host.
fn decides<'t>(module: &Module<'t>, call: Syntax<'t>, address: Syntax<'t>) -> bool {
    is_parameter(module, address) && is_of_decision(call) || is_host(module, address)
}

/// The host of an address, by its name: `url.hostname`, a constant that holds one. Origins are what CORS is about, whose
/// policies are judged as a whole.
fn is_host<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    let named = |name: &str| matches!(name, "host" | "hostname");
    let made = || match module.lookup(node.text(), node).map(|found| &found.form) {
        Some(Form::Variable(Some(made), path)) if path.is_empty() => made.field(Field::Property).is_some_and(|name| named(name.text())),
        _ => false,
    };
    match node.kind() {
        Kind::Member => node.field(Field::Property).is_some_and(|name| named(name.text())),
        Kind::Identifier => named(&node.text().to_ascii_lowercase()) || made(),
        _ => false,
    }
}

/// `'example.com'`, which names that only end so end in too.
fn is_bare_domain(text: Syntax<'_>) -> bool {
    let domain = if text.kind() == Kind::String { unquoted(text) } else { return false };
    let is_of_names = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    is_of_names && domain.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && !name.starts_with('.') && top.len() >= 2)
}

/// A pattern of a host (`^www.example\.com$`) with a dot that fits any letter.
fn has_open_dot_of_host(pattern: Syntax<'_>) -> bool {
    let text = pattern.text();
    let is_of_host = [".com", ".net", ".org", ".io", ".dev", ".app"].iter().any(|top| text.contains(top));
    pattern.kind() == Kind::Regex && is_of_host && has_open_dot(text)
}

/// `link.startsWith('javascript:')` in a function that asks for no other scheme that runs code.
fn asks_for_script_alone(call: Syntax<'_>, object: Syntax<'_>, first: Syntax<'_>) -> bool {
    let asked = match called_name(call) {
        "startsWith" | "indexOf" | "includes" if first.kind() == Kind::String => unquoted(first),
        "test" if object.kind() == Kind::Regex => object.text(),
        _ => return false,
    };
    let function = call.ancestors().find(|outer| outer.kind().is_function()).map_or("", Syntax::text);
    // `/javascript:` begins a path, and `/javascript:/` is a pattern.
    let asked = if object.kind() == Kind::Regex { asked.trim_start_matches(['/', '^']) } else { asked };
    asked.to_ascii_lowercase().starts_with("javascript:") && !function.contains("data:") && !function.is_empty()
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
        let name = named.map_or("", Syntax::text);
        let lower = name.to_ascii_lowercase();
        DECIDES.iter().any(|word| lower.contains(word)) || words(name).any(|word| DECIDES_WHOLE.contains(&word.as_str()))
    })
}

/// The words of a name: `is`, `our`, `host` of `isOurHost`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words: Vec<String> = vec![String::new()];
    for char in name.rsplit('.').next().unwrap_or_default().chars() {
        if char.is_ascii_uppercase() || char == '_' {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut() {
            last.extend(char.to_lowercase().filter(|char| *char != '_'));
        }
    }
    words.into_iter()
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
    is_bare_domain(text)
        || address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).is_some_and(|rest| !rest.is_empty())
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
