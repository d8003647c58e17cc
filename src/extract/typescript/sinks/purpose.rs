//! Calls that are weak for some purposes only: hashes and random numbers.

use super::{handed, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::{Module, unquoted};
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::words::{names_drawn, names_password, names_unguessable};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits a weak hash or random number: the purpose is read off the names around them.
pub(super) fn emit<'t>(module: &Module<'t>, node: Syntax<'t>, callee: &Ref, cx: &mut Extract<'_>) {
    let first = node.field(Field::Arguments).and_then(Syntax::first);
    let mut taken = Vec::new();
    let (kind, label) = match (callee.module(), callee.last()) {
        (Some("crypto"), "createHash") => {
            let algorithm = first.filter(|first| first.kind() == Kind::String).map_or("", unquoted).to_ascii_lowercase().replace('-', "");
            let name = match algorithm.as_str() {
                // The range queries of Pwned Passwords ask for it, and are sent the first letters alone.
                "sha1" if cx.file.text.contains("pwnedpasswords.com") => return,
                "md5" | "sha1" | "md4" | "ripemd160" => {
                    taken = hashed(node).map(|hashed| handed::taken(module, hashed)).unwrap_or_default();
                    secret_name(node)
                }
                // Fast ones are good for keys of full length, and bad for passwords.
                "sha256" | "sha512" | "sha224" | "sha384" => hashed(node).map(last_name).filter(|name| names_password(name)),
                _ => return,
            };
            (SinkKind::Hash, name)
        }
        (Some("crypto"), "createHmac") => match first.filter(|first| first.kind() == Kind::String).map(unquoted) {
            Some("md5" | "sha1") => (SinkKind::Hash, hashed(node).map(last_name).filter(|name| names_password(name))),
            _ => return,
        },
        (Some("md5" | "blueimp-md5" | "js-md5" | "sha1" | "js-sha1"), "default" | "md5" | "sha1") => {
            taken = first.map(|first| handed::taken(module, first)).unwrap_or_default();
            (SinkKind::Hash, secret_name(node))
        }
        (Some("crypto-js"), "MD5" | "SHA1") => (SinkKind::Hash, secret_name(node)),
        (Some("crypto"), "pseudoRandomBytes") => (SinkKind::Random, Some("pseudoRandomBytes")),
        (None, "random") if callee.scope == Scope::Global && callee.first() == "Math" => {
            (SinkKind::Random, name_for(node, names_drawn).or_else(|| pin_of(node)).filter(|_| !is_said_to_be_unique(node, &cx.file.text)))
        }
        _ => return,
    };
    let label = match label {
        // The digests of HTTP are what the protocol asks for, and anybody may know a nonce.
        Some(label) if kind == SinkKind::Hash && (label.contains("realm") || label.contains("nonce")) => return,
        Some(label) => label.trim_start_matches("${").trim_end_matches('}'),
        // What callers in other files hand over may be a password.
        None if !taken.is_empty() => "",
        None => return,
    };
    let value = first.map_or_else(|| Node::new(node.span(), NodeKind::Null), |first| module.lower(first));
    let value = if callee.module() == Some("crypto") { value } else { Node::text(callee.last_named(), node.span()) };
    let sink =
        Sink { kind, callee: callee.clone(), parts: vec![SinkPart { taken, ..SinkPart::new(value, Tri::No, label) }], options: None };
    cx.fact(node.span(), owner(node, callee), FactKind::Sink(sink));
}

/// Emits a random byte that is cut to fewer results with a remainder: some come more often than others.
pub(super) fn biased(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    if node.field(Field::Operator).map_or("", Syntax::text) != "%" || right.kind() != Kind::Number {
        return;
    }
    let is_byte = ["randomBytes(", "getRandomValues("].iter().any(|made| left.text().contains(made)) && left.kind() == Kind::Subscript;
    let is_even = right.text().parse::<u32>().is_ok_and(u32::is_power_of_two);
    if is_byte && !is_even {
        let callee = Ref::new(Scope::Global, ["%"]);
        let parts = vec![SinkPart::new(Node::text(right.text(), right.span()), Tri::No, "remainder")];
        cx.fact(node.span(), owner(node, &callee), FactKind::Sink(Sink { kind: SinkKind::Random, callee, parts, options: None }));
    }
}

/// What is hashed: the argument of `update` in the same chain.
fn hashed(node: Syntax<'_>) -> Option<Syntax<'_>> {
    let update = node.parent()?.parent().filter(|outer| outer.kind() == Kind::Call && super::called_name(*outer) == "update")?;
    update.field(Field::Arguments)?.first()
}

/// The last name of what is hashed: `password` of `req.body.password`.
fn last_name(node: Syntax<'_>) -> &str {
    node.field(Field::Property).unwrap_or(node).text()
}

/// What a value is asked to be equal to.
fn compared_with<'t>(comparison: Syntax<'t>, value: Syntax<'t>) -> Option<Syntax<'t>> {
    let operator = comparison.field(Field::Operator).map_or("", Syntax::text);
    let (left, right) = (comparison.field(Field::Left)?, comparison.field(Field::Right)?);
    matches!(operator, "===" | "!==" | "==" | "!=").then_some(if left.holds(value) { right } else { left })
}

/// The key that a variable is put under in its function: `{ code: text }` of `text += …`.
fn key_of(variable: Syntax<'_>) -> Option<Syntax<'_>> {
    let function = variable.ancestors().find(|outer| outer.kind().is_function())?;
    let holds =
        |pair: &Syntax<'_>| pair.kind() == Kind::Pair && pair.field(Field::Value).is_some_and(|value| value.text() == variable.text());
    function.below().find(holds)?.field(Field::Key)
}

/// The nearest name around a value that says it is a password, token or key: what is hashed in the
/// same chain, the variable or property it is for, the function it is made in.
fn secret_name(node: Syntax<'_>) -> Option<&str> {
    name_for(node, names_unguessable)
}

/// The nearest such name that says what is asked.
fn name_for(node: Syntax<'_>, says: fn(&str) -> bool) -> Option<&str> {
    let mut is_member = false;
    let mut is_returned = true;
    for outer in std::iter::once(node).chain(node.ancestors()).take(24) {
        is_member |= outer.kind() == Kind::Pair;
        if outer.kind().is_function() {
            is_returned = returns(outer);
        }
        let name = match outer.kind() {
            // What is handed over beside it says nothing: `connect({ password, clientId: Math.random() })`.
            Kind::Call if is_member => return None,
            Kind::Call => {
                let inner = outer.field(Field::Arguments).into_iter().flat_map(Syntax::below);
                // What a function among the arguments names is its own matter: a module may be one.
                let is_argument = |inner: &Syntax<'_>| {
                    let mut between = inner.ancestors().take_while(|up| up.id() != outer.id());
                    // How long it is says which place of it is meant.
                    let is_measured =
                        inner.parent().is_some_and(|up| up.field(Field::Property).is_some_and(|name| name.text() == "length"));
                    inner.kind() != Kind::Fragment
                        && !is_measured
                        && !inner.kind().is_function()
                        && !between.any(|up| up.kind().is_function())
                };
                if let Some(found) = inner.filter(is_argument).map(Syntax::text).find(|text| text.len() <= 40 && says(text)) {
                    return Some(found);
                }
                continue;
            }
            // `onSubmitPassword` that draws a number on its way makes no password.
            Kind::VariableDeclarator | Kind::Function | Kind::Method | Kind::Field | Kind::JsField | Kind::Pair if !is_returned => None,
            Kind::VariableDeclarator | Kind::Function | Kind::Method | Kind::Field | Kind::JsField => {
                outer.field(Field::Name).or_else(|| outer.field(Field::Property))
            }
            Kind::Pair => outer.field(Field::Key),
            // `Math.random() < 0.1` draws a lot.
            Kind::Binary if matches!(outer.field(Field::Operator).map_or("", Syntax::text), "<" | ">" | "<=" | ">=") => return None,
            // `req.query.token === createHash('md5')…`.
            Kind::Binary => compared_with(outer, node).map(|other| other.field(Field::Property).unwrap_or(other)),
            Kind::Assignment => outer.field(Field::Left),
            Kind::AugmentedAssignment => outer.field(Field::Left).map(|variable| key_of(variable).unwrap_or(variable)),
            Kind::Class | Kind::Program => return None,
            _ => None,
        };
        if let Some(name) = name.map(unquoted)
            && says(name)
        {
            return Some(name);
        }
        // `insert({ token: code })` of `const code = …`.
        let kept = name.filter(|name| outer.kind() == Kind::VariableDeclarator && name.kind() == Kind::Identifier).and_then(key_of);
        if let Some(key) = kept.map(unquoted).filter(|key| says(key)) {
            return Some(key);
        }
        if matches!(outer.kind(), Kind::Function | Kind::Method) {
            return None;
        }
    }
    None
}

/// Whether a function gives something back.
fn returns(function: Syntax<'_>) -> bool {
    /// Nodes of a body that is searched; a larger one may give anything back.
    const MAX_SIZE: usize = 4096;
    let Some(body) = function.field(Field::Body) else { return false };
    if body.size() > MAX_SIZE {
        return true;
    }
    let is_own = |inner: &Syntax<'_>| {
        inner.ancestors().find(|outer| outer.kind().is_function()).is_some_and(|nearest| nearest.id() == function.id())
    };
    body.kind() != Kind::Block || body.below().any(|inner| inner.kind() == Kind::Return && inner.first().is_some() && is_own(&inner))
}

/// `pin` that is made of the digits of a number and of nothing else; one of a map has a place.
fn pin_of(node: Syntax<'_>) -> Option<&str> {
    let is_between = |outer: &Syntax<'_>| {
        let parts =
            [Kind::Call, Kind::Arguments, Kind::Member, Kind::Binary, Kind::Parenthesized, Kind::TemplateString, Kind::Substitution];
        parts.contains(&outer.kind())
    };
    let mut outer = node.ancestors().take(24).skip_while(is_between);
    let holder = outer.next().filter(|holder| matches!(holder.kind(), Kind::VariableDeclarator | Kind::Pair | Kind::Assignment))?;
    let made = holder.field(Field::Value).or_else(|| holder.field(Field::Right))?.text();
    let name = holder.field(Field::Name).or_else(|| holder.field(Field::Key)).or_else(|| holder.field(Field::Left))?;
    let is_text = ["toString(", "String(", "padStart(", "`"].iter().any(|way| made.contains(way));
    Some(unquoted(name.field(Field::Property).unwrap_or(name))).filter(|name| is_text && matches!(*name, "pin" | "PIN"))
}

/// Whether the documentation of the function around a number says that what is made of it needs to differ from others
/// and need not be secret: the number of a request, a key in a list.
fn is_said_to_be_unique(node: Syntax<'_>, text: &str) -> bool {
    let Some(function) = node.ancestors().find(|outer| matches!(outer.kind(), Kind::Function | Kind::Method)) else { return false };
    let above = text.get(..function.span().start as usize).unwrap_or_default().trim_end();
    let above = above.strip_suffix("default").unwrap_or(above).trim_end();
    let above = above.strip_suffix("export").unwrap_or(above).trim_end();
    let Some(said) = above.strip_suffix("*/").and_then(|said| said.rfind("/**").map(|start| said[start..].to_ascii_lowercase())) else {
        return false;
    };
    said.contains("not cryptographic") && said.contains("collision")
}
