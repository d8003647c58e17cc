//! Answers that tell their caller what only the owner of an account, or the server alone, may know: the token that a
//! letter should bring, the secret that tokens are signed with.

use super::{called_name, owner, root_name};
use crate::extract::Extract;
use crate::extract::typescript::calls::{is_in_development, is_outside_production};
use crate::extract::typescript::names::{Module, unquoted};
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Entries of one answer that are looked at.
const MAX_ENTRIES: usize = 60;
/// What is sent to the owner of an account by another way, by its name without separators.
const LETTERS: [&str; 15] = [
    "resettoken",
    "passwordresettoken",
    "resetpasswordtoken",
    "passwordtoken",
    "resetcode",
    "passwordresetcode",
    "resetpasswordcode",
    "resetlink",
    "reseturl",
    "otp",
    "otpcode",
    "onetimepassword",
    "verificationcode",
    "verificationtoken",
    "recoverycode",
];

/// Emits the entries of `res.json({ … })` that tell such a thing.
pub(super) fn emit<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    if !matches!(called_name(call), "json" | "send" | "jsonp") || !matches!(root_name(call), "res" | "response" | "reply") {
        return;
    }
    let Some(answer) = call.field(Field::Arguments).and_then(Syntax::first).filter(|answer| answer.kind() == Kind::Object) else { return };
    let entries = answer.below().filter(|node| matches!(node.kind(), Kind::Pair | Kind::ShorthandProperty)).take(MAX_ENTRIES);
    for entry in entries {
        let value = entry.field(Field::Value).unwrap_or(entry);
        let name = entry.field(Field::Key).map_or_else(|| entry.text(), unquoted);
        let Some(label) = label(module, name, value) else { continue };
        if is_outside_production(call) || is_in_development(entry) {
            continue;
        }
        let callee = Ref::new(Scope::Global, [called_name(call)]);
        let parts = vec![SinkPart::new(Node::text(name, entry.span()), Tri::Yes, label)];
        let owner = owner(entry, &callee);
        cx.fact(entry.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Answer, callee, parts, options: None }));
    }
}

/// What an entry tells: `letter`, `secret`.
fn label<'t>(module: &Module<'t>, name: &str, value: Syntax<'t>) -> Option<&'static str> {
    let own = match value.kind() {
        Kind::Identifier | Kind::ShorthandProperty => value.text(),
        Kind::Member => value.field(Field::Property)?.text(),
        _ => return None,
    };
    let is_letter = |name: &str| LETTERS.contains(&squeezed(name).as_str());
    let is_of_token = |name: &str| {
        let name = squeezed(name);
        ["token", "code", "otp", "link", "url", "password"].iter().any(|word| name.ends_with(word))
    };
    let of_request = || match module.lower(value).kind {
        NodeKind::Ref(name) => name.scope == Scope::Request || module.of_constant(value, &name).is_some(),
        _ => false,
    };
    if (is_letter(name) && is_of_token(own) || is_letter(own)) && !of_request() {
        return Some("letter");
    }
    // `clientSecret` of a payment is meant for the browser.
    let is_constant = own.contains("SECRET") && !own.contains("CLIENT") && own.chars().all(|char| !char.is_ascii_lowercase());
    let is_of_code = value.kind() != Kind::Member || value.text().starts_with("process.env.");
    (is_constant && is_of_code).then_some("secret")
}

fn squeezed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect()
}
