//! Settings that are bad wherever they stand: certificates unchecked, cookies without their flags.

use super::root_name;
use crate::extract::Extract;
use crate::extract::typescript::names::{Module, unquoted};
use crate::ir::{FactKind, Map, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// `rejectUnauthorized: false`, wherever it stands: no caller wants it by accident.
pub(super) fn pair(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let key = node.field(Field::Key).map_or("", unquoted);
    if matches!(key, "httpOnly" | "secure") && node.field(Field::Value).is_some_and(|value| value.kind() == Kind::False) {
        cookie(node, key, cx);
        return;
    }
    if !matches!(key, "rejectUnauthorized" | "strictSSL" | "insecureSkipVerify") {
        return;
    }
    if let Some(value) = node.field(Field::Value)
        && (value.kind() == Kind::False || key == "insecureSkipVerify" && value.kind() == Kind::True)
    {
        verification_off(node, key, cx);
    }
}

/// `httpOnly: false`, `secure: false` in the options of a cookie, told from other `secure` by the
/// keys beside it or the name around it.
fn cookie(flag: Syntax<'_>, key: &str, cx: &mut Extract<'_>) {
    let Some(object) = flag.parent().filter(|object| object.kind() == Kind::Object) else { return };
    let has = |name: &str| object.children().any(|entry| entry.field(Field::Key).is_some_and(|key| unquoted(key) == name));
    let around = object.parent().and_then(|outer| outer.field(Field::Key)).map_or("", unquoted);
    if key == "secure" && !has("httpOnly") && !has("sameSite") && around != "cookie" {
        return;
    }
    let call = object.parent().filter(|outer| outer.kind() == Kind::Arguments);
    let name = call.and_then(Syntax::first).filter(|first| first.kind() == Kind::String).map_or("", unquoted);
    cx.fact(flag.span(), name, FactKind::Sink(unflagged(name, key, flag.span())));
}

/// `res.cookie('token', value)` without `httpOnly`, which is off unless it is asked for.
pub(super) fn cookie_set(call: Syntax<'_>, cx: &mut Extract<'_>) {
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    let (Some(name), Some(_), options) = (arguments.next(), arguments.next(), arguments.next()) else { return };
    if name.kind() != Kind::String || !matches!(root_name(call), "res" | "response") || !is_credential(unquoted(name)) {
        return;
    }
    let says_nothing = options.is_none_or(|options| {
        let may_hold = |entry: Syntax<'_>| {
            entry.kind() != Kind::Pair && entry.kind() != Kind::ShorthandProperty
                || entry.field(Field::Key).is_none_or(|key| unquoted(key) == "httpOnly")
        };
        options.kind() == Kind::Object && !options.children().any(may_hold)
    });
    if says_nothing {
        let name = unquoted(name);
        cx.fact(call.span(), name, FactKind::Sink(unflagged(name, "httpOnly", call.span())));
    }
}

/// Names of cookies that log somebody in.
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "session", "jwt", "auth", "sid"].iter().any(|word| name.contains(word))
}

fn unflagged(name: &str, flag: &str, span: Span) -> Sink {
    let value = Node::new(span, NodeKind::Bool(false));
    Sink {
        kind: SinkKind::Cookie,
        callee: Ref::new(Scope::Global, [flag]),
        parts: vec![SinkPart { value, tainted: Tri::No, label: name.into() }],
        options: None,
    }
}

/// `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'`, `agent.options.rejectUnauthorized = false`.
pub(super) fn assignment<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    if !matches!(left.kind(), Kind::Member | Kind::Subscript) {
        return;
    }
    let text = left.text();
    let off = text.ends_with("rejectUnauthorized") && right.kind() == Kind::False
        || text.contains("NODE_TLS_REJECT_UNAUTHORIZED") && module.lower(right).as_number() == Some(0.0);
    if off {
        verification_off(node, if right.kind() == Kind::False { "rejectUnauthorized" } else { "NODE_TLS_REJECT_UNAUTHORIZED" }, cx);
    }
}

fn verification_off(node: Syntax<'_>, name: &str, cx: &mut Extract<'_>) {
    let mut options = Map::default();
    options.push("verify", node.span(), Node::new(node.span(), NodeKind::Bool(false)));
    let options = Some(Node::new(node.span(), NodeKind::Map(options)));
    let callee = Ref::new(Scope::Global, [name]);
    cx.fact(node.span(), name, FactKind::Sink(Sink { kind: SinkKind::Tls, callee, parts: Vec::new(), options }));
}
