//! Secrets that are compared with `==`: signatures, which tell byte by byte how much of them is right, and
//! passwords, which are stored as they are then.

use smol_str::SmolStr;

use super::sink;
use crate::extract::rust::chain::Chain;
use crate::ir::{Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};

/// One side of a comparison: its value and the name that it is read from.
pub(in super::super) struct Side<'s> {
    /// The value.
    pub value: &'s Node,
    /// `password` of `form.password.as_str()`.
    pub name: SmolStr,
}

/// What is compared, if that is a secret.
pub(in super::super) fn compared(left: &Side<'_>, right: &Side<'_>) -> Option<Sink> {
    let both = [left, right];
    let is_literal = both.iter().any(|side| side.value.is_known());
    if is_literal {
        return None;
    }
    let label = if both.iter().any(|side| is_code_of_message(side.value, 8)) || both.iter().all(|side| names_code(&side.name)) {
        "hmac"
    } else if both.iter().all(|side| names_password(&side.name)) {
        "password"
    } else if is_key_of_caller(left, right) || is_key_of_caller(right, left) {
        "key"
    } else {
        return None;
    };
    let callee = Ref::new(Scope::Local, ["=="]);
    let parts = both.iter().map(|side| SinkPart::new(side.value.clone(), Tri::No, label)).collect();
    Some(sink(SinkKind::Compare, &callee, parts))
}

/// What a caller sends, compared with a key that the program holds: `headers.get("x-api-key") == env::var("API_KEY")`.
fn is_key_of_caller(sent: &Side<'_>, held: &Side<'_>) -> bool {
    let from = super::root_of(sent.value).as_ref();
    let of_header = from.is_some_and(|name| name.scope == Scope::Request && name.first() == "headers");
    // A text that a function is handed, whose name says that somebody sent it.
    let is_handed = || {
        let name = from.filter(|name| name.scope == Scope::Local).and_then(|name| name.first().split_once('@'));
        name.is_some_and(|(name, _)| ["header", "provided", "presented", "given", "supplied", "sent", "bearer"].contains(&name))
    };
    let is_sent = of_header || is_handed();
    let names_key = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["api_key", "apikey", "secret", "token"].iter().any(|word| lower.ends_with(word)) && !lower.contains("hash")
    };
    let is_held = match held.value.as_ref() {
        Some(name) if name.scope == Scope::Env => names_key(name.last()),
        Some(name) => name.scope != Scope::Request && names_key(&held.name),
        None => names_key(&held.name),
    };
    is_sent && is_held
}

/// What was made by HMAC just before: `hex::encode(mac.finalize().into_bytes())`.
fn is_code_of_message(node: &Node, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &node.kind {
        NodeKind::Call(call) => {
            let chain = Chain::of(node);
            let ends = chain.steps.iter().any(|step| matches!(step.name, "finalize" | "finalize_reset" | "result" | "code"));
            let makes = |name: &SmolStr| name.contains("Hmac") || name.as_str() == "hmac";
            let is_made = chain.constructor().is_some_and(|made| made.callee.path.iter().any(makes));
            let is_signed = call.callee.names().ends_with(&["hmac", "sign"]);
            let inner = || matches!(call.callee.last(), "encode" | "format" | "encode_upper");
            ends && is_made || is_signed || inner() && call.args.iter().any(|arg| is_code_of_message(arg, depth))
        }
        NodeKind::Text(text) => text.holes().any(|hole| is_code_of_message(hole, depth)),
        _ => false,
    }
}

/// Names of a code that proves who wrote a message.
fn names_code(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    // The address of a network card.
    !lower.contains("addr") && lower.split('_').any(|word| matches!(word, "mac" | "hmac"))
}

/// Names of a password as it was typed or stored; what is typed twice is compared with itself.
fn names_password(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_other = ["confirm", "repeat", "retype", "again", "new", "old", "second", "verif", "re_", "first", "last"];
    ["password", "passwd", "pwd"].iter().any(|word| lower.ends_with(word)) && !is_other.iter().any(|word| lower.contains(word))
}
