//! Tokens and sessions whose name is the time at which they are made.

use super::callers::name_of;
use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::unquoted;
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits a token, or the id of a session, that is nothing but the time at which it is made.
pub(super) fn emit(call: Syntax<'_>, cx: &mut Extract<'_>) {
    let on = call.field(Field::Function).and_then(|function| function.field(Field::Object)).map_or("", Syntax::text);
    if !matches!((called_name(call), on), ("now", "Date") | ("getTime" | "valueOf", "new Date()" | "new Date")) {
        return;
    }
    let Some(name) = session_of(call).or_else(|| made_of_clock(call)) else { return };
    let callee = Ref::new(Scope::Global, ["clock"]);
    let parts = vec![SinkPart::new(Node::new(call.span(), NodeKind::Null), Tri::No, name)];
    cx.fact(call.span(), owner(call, &callee), FactKind::Sink(Sink { kind: SinkKind::Random, callee, parts, options: None }));
}

/// `genid: () => Date.now().toString()` of express-session.
fn session_of(call: Syntax<'_>) -> Option<&'static str> {
    let function = call.ancestors().find(|outer| outer.kind().is_function())?;
    let is_id = name_of(function) == "genid";
    let holder = call.ancestors().find(|outer| outer.kind() == Kind::Return || *outer == function)?;
    let made = if holder == function { function.field(Field::Body)? } else { holder };
    (is_id && !draws(made.text())).then_some("session id")
}

/// The name of a token that is a text, or a hash, of the time.
fn made_of_clock(call: Syntax<'_>) -> Option<&str> {
    const TOKENS: [&str; 10] = [
        "token",
        "resettoken",
        "sessionid",
        "sid",
        "sessiontoken",
        "authtoken",
        "apikey",
        "verificationtoken",
        "resetcode",
        "passwordresettoken",
    ];
    let mut outer = call.ancestors().take(12).take_while(|outer| !outer.kind().is_function());
    let holder = outer.find(|holder| matches!(holder.kind(), Kind::VariableDeclarator | Kind::Pair | Kind::Assignment))?;
    let made = holder.field(Field::Value).or_else(|| holder.field(Field::Right))?;
    let name = holder.field(Field::Name).or_else(|| holder.field(Field::Key)).or_else(|| holder.field(Field::Left))?;
    let name = unquoted(name.field(Field::Property).unwrap_or(name));
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    // A token that is signed says when it was.
    let is_text = ["toString(", "String(", "`", "md5(", "digest("].iter().any(|way| made.text().contains(way));
    let is_other = draws(made.text()) || ["sign(", "encode(", "encrypt("].iter().any(|way| made.text().contains(way));
    (TOKENS.contains(&letters.as_str()) && is_text && !is_other && made.kind() != Kind::Object).then_some(name)
}

/// Whether something is drawn, too.
fn draws(text: &str) -> bool {
    // A hash draws nothing.
    let text = text.to_ascii_lowercase().replace("crypto.createhash", "");
    ["random", "uuid", "nanoid", "crypto.", "secret"].iter().any(|way| text.contains(way))
}
