//! Calls that are weak for some purposes only: hashes and random numbers.

use super::owner;
use crate::extract::Extract;
use crate::extract::typescript::names::{Module, unquoted};
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits a weak hash or random number: the purpose is read off the names around them.
pub(super) fn emit<'t>(module: &Module<'t>, node: Syntax<'t>, callee: &Ref, cx: &mut Extract<'_>) {
    let (kind, label) = match (callee.module(), callee.last()) {
        (Some("crypto"), "createHash") => {
            let Some(algorithm) = node.field(Field::Arguments).and_then(Syntax::first).filter(|first| first.kind() == Kind::String) else {
                return;
            };
            if !matches!(unquoted(algorithm).to_ascii_lowercase().replace('-', "").as_str(), "md5" | "sha1" | "md4" | "ripemd160") {
                return;
            }
            (SinkKind::Hash, secret_name(node))
        }
        (None, "random") if callee.scope == Scope::Global && callee.first() == "Math" => (SinkKind::Random, secret_name(node)),
        _ => return,
    };
    let Some(label) = label else { return };
    let argument = node.field(Field::Arguments).and_then(Syntax::first).map(|first| module.lower(first));
    let value = argument.unwrap_or_else(|| Node::new(node.span(), NodeKind::Null));
    let sink = Sink { kind, callee: callee.clone(), parts: vec![SinkPart { value, tainted: Tri::No, label: label.into() }], options: None };
    cx.fact(node.span(), owner(node, callee), FactKind::Sink(sink));
}

/// The nearest name around a value that says it is a password, token or key: what is hashed in the
/// same chain, the variable or property it is for, the function it is made in.
fn secret_name(node: Syntax<'_>) -> Option<&str> {
    for outer in node.ancestors().take(24) {
        let name = match outer.kind() {
            Kind::Call => {
                let inner = outer.field(Field::Arguments).into_iter().flat_map(Syntax::below);
                if let Some(found) = inner
                    .filter(|inner| inner.kind() != Kind::Fragment)
                    .map(Syntax::text)
                    .find(|text| text.len() <= 40 && is_secret_name(text))
                {
                    return Some(found);
                }
                continue;
            }
            Kind::VariableDeclarator | Kind::Function | Kind::Method | Kind::Field | Kind::JsField => {
                outer.field(Field::Name).or_else(|| outer.field(Field::Property))
            }
            Kind::Pair => outer.field(Field::Key),
            Kind::Assignment => outer.field(Field::Left),
            Kind::Class | Kind::Program => return None,
            _ => None,
        };
        if let Some(name) = name.map(unquoted)
            && is_secret_name(name)
        {
            return Some(name);
        }
        if matches!(outer.kind(), Kind::Function | Kind::Method) {
            return None;
        }
    }
    None
}

/// Words in a name, by case and separators; `passwordHint` and `tokenize` are none.
fn is_secret_name(name: &str) -> bool {
    let mut words: Vec<String> = vec![String::new()];
    let mut after_lower = false;
    for char in name.chars() {
        if !char.is_ascii_alphanumeric() || char.is_ascii_uppercase() && after_lower {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| char.is_ascii_alphanumeric()) {
            word.extend(char.to_lowercase());
        }
        after_lower = char.is_ascii_lowercase();
    }
    let is = |word: &String| {
        matches!(
            word.as_str(),
            "password" | "passwd" | "pwd" | "passphrase" | "secret" | "token" | "otp" | "apikey" | "nonce" | "csrf" | "salt"
        )
    };
    let harmless = |word: &String| {
        matches!(
            word.as_str(),
            "hint" | "strength" | "count" | "length" | "limit" | "etag" | "cache" | "color" | "id" | "index" | "address"
        )
    };
    words.iter().any(is) && !words.iter().any(harmless)
}
