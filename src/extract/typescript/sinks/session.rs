//! Sessions that go on under the same name after somebody has logged in.

use super::{called_name, owner};
use crate::extract::Extract;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Bytes of a handler that signs somebody in; what is longer does many things, or is none.
const MAX_HANDLER: usize = 16 << 10;

/// Emits `request.session.user = …` in a function that has looked at a password, and makes no new session.
pub(super) fn assignment(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let Some(left) = node.field(Field::Left).filter(|left| left.kind() == Kind::Member) else { return };
    let (Some(session), Some(name)) = (left.field(Field::Object), left.field(Field::Property).map(Syntax::text)) else { return };
    if !matches!(session.text(), "req.session" | "request.session") || !says_who(name) {
        return;
    }
    let Some(handler) = node.ancestors().filter(|outer| outer.kind().is_function()).find(|outer| takes_request(*outer)) else { return };
    if handler.span().len() > MAX_HANDLER {
        return;
    }
    // A comment may say that none is made.
    let renews = |call: Syntax<'_>| call.kind() == Kind::Call && called_name(call) == "regenerate";
    if !handler.text().contains("assword") || handler.below().any(renews) || node.field(Field::Right).is_some_and(is_nobody) {
        return;
    }
    let callee = Ref::new(Scope::Global, ["session"]);
    let parts = vec![SinkPart::new(Node::text(name, left.span()), Tri::Yes, name)];
    let owner = owner(node, &callee);
    cx.fact(node.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Session, callee, parts, options: None }));
}

/// `userId`, `user`, `loggedIn`.
fn says_who(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let who = ["user", "userid", "user_id", "uid", "username", "account", "accountid", "loggedin", "isloggedin", "authenticated", "isauth"];
    who.contains(&name.as_str()) || name == "isauthenticated"
}

fn is_nobody(value: Syntax<'_>) -> bool {
    matches!(value.kind(), Kind::Null | Kind::Undefined | Kind::False)
}

/// Whether a function is the handler: it is handed the request.
fn takes_request(function: Syntax<'_>) -> bool {
    let first = function.field(Field::Parameters).and_then(Syntax::first);
    first.is_some_and(|first| matches!(first.field(Field::Pattern).unwrap_or(first).text(), "req" | "request"))
}
