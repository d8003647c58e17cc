//! Who calls, in forms that anybody can write, or that all callers share: a token that is an encoded record, a cookie that is
//! read as one, the login that is kept for the whole application.

use super::callers::name_of;
use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module};
use crate::ir::{FactKind, Field as Value, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Text, TokenIssue, Tri, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Constants in constants that are followed.
const MAX_HOPS: usize = 3;

/// Emits `Buffer.from(JSON.stringify(user)).toString('base64')`, `btoa(JSON.stringify(user))` in a function that makes a
/// token.
pub(super) fn issued(call: Syntax<'_>, cx: &mut Extract<'_>) {
    let text = call.text();
    let is_encoded = match called_name(call) {
        "toString" => text.starts_with("Buffer.from(JSON.stringify(") && (text.contains("'base64") || text.contains("\"base64")),
        "btoa" => text.starts_with("btoa(JSON.stringify("),
        _ => false,
    };
    if !is_encoded {
        return;
    }
    let Some(function) = call.ancestors().find(|outer| outer.kind().is_function()) else { return };
    let name = name_of(function).to_ascii_lowercase();
    let makes = [
        "token",
        "generatetoken",
        "createtoken",
        "maketoken",
        "issuetoken",
        "gettoken",
        "signtoken",
        "newtoken",
        "encodetoken",
        "authtoken",
    ];
    let is_other =
        ["hmac", "sign(", "signature", "encrypt", "cursor", "page"].iter().any(|word| function.text().to_ascii_lowercase().contains(word));
    if !makes.iter().any(|word| name.ends_with(word)) || is_other {
        return;
    }
    let span = call.span();
    let issue = TokenIssue {
        library: "code".into(),
        version: None,
        callee: Ref::new(Scope::Global, [name_of(function)]),
        algorithm: Value::known(Text::lit("none", span), span),
        lifetime: Value::unknown(Why::Opaque, span),
        claims: None,
        key: Value::unknown(Why::Opaque, span),
        span,
    };
    cx.fact(span, name_of(function), FactKind::TokenIssue(Box::new(issue)));
}

/// Emits `JSON.parse(req.cookies.user)`: the record of who is logged in, as the browser sends it.
pub(super) fn cookie<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    const WHO: [&str; 8] = ["user", "currentUser", "account", "member", "admin", "loggedInUser", "userInfo", "auth"];
    if call.field(Field::Function).is_none_or(|function| function.text() != "JSON.parse") {
        return;
    }
    let Some(mut value) = call.field(Field::Arguments).and_then(Syntax::first) else { return };
    for _ in 0..MAX_HOPS {
        value = match value.kind() {
            Kind::Identifier => match module.lookup(value.text(), value).map(|declared| &declared.form) {
                Some(Form::Variable(Some(made), path)) if path.is_empty() => *made,
                _ => return,
            },
            Kind::Call if matches!(called_name(value), "atob" | "decodeURIComponent" | "from") => {
                match value.field(Field::Arguments).and_then(Syntax::first) {
                    Some(inner) => inner,
                    None => return,
                }
            }
            _ => break,
        };
    }
    let object = value.field(Field::Object).map_or("", Syntax::text).trim_end_matches('?');
    let name = value.field(Field::Property).map_or("", Syntax::text);
    if value.kind() == Kind::Member && matches!(object, "req.cookies" | "request.cookies") && WHO.contains(&name) {
        let callee = Ref::new(Scope::Global, ["cookies", name]);
        let parts = vec![SinkPart::new(Node::text(name, call.span()), Tri::Yes, "cookies")];
        cx.fact(call.span(), owner(call, &callee), FactKind::Sink(Sink { kind: SinkKind::Claim, callee, parts, options: None }));
    }
}

/// Emits `req.app.locals.user = user` and `currentUser = user` of a variable of the module, in a function that is handed a
/// request: the next caller is whoever came before.
pub(super) fn shared<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    let name = match left.kind() {
        Kind::Member
            if left
                .field(Field::Object)
                .is_some_and(|object| matches!(object.text(), "req.app.locals" | "request.app.locals" | "app.locals")) =>
        {
            left.field(Field::Property).map_or("", Syntax::text)
        }
        Kind::Identifier
            if module.lookup(left.text(), left).is_some_and(|declared| declared.top && matches!(declared.form, Form::Variable(..))) =>
        {
            left.text()
        }
        _ => return,
    };
    let is_nobody = matches!(right.kind(), Kind::Null | Kind::False | Kind::Undefined | Kind::Object | Kind::String | Kind::Number);
    if !says_who(name) || is_nobody || right.text() == "undefined" {
        return;
    }
    let takes_request = |function: &Syntax<'t>| {
        let first = function.field(Field::Parameters).and_then(Syntax::first);
        function.kind().is_function()
            && first.is_some_and(|first| matches!(first.field(Field::Pattern).unwrap_or(first).text(), "req" | "request" | "_req"))
    };
    let Some(handler) = node.ancestors().find(takes_request) else { return };
    // Where nothing but the account of a test is signed in, or a lock is held around it, it is another matter.
    let signs_in = ["assword", "login", "Login", "signIn", "cookie", "token"].iter().any(|word| handler.text().contains(word));
    if signs_in {
        let callee = Ref::new(Scope::Global, ["shared", name]);
        let parts = vec![SinkPart::new(Node::new(node.span(), NodeKind::Null), Tri::Yes, name)];
        cx.fact(node.span(), owner(node, &callee), FactKind::Sink(Sink { kind: SinkKind::Session, callee, parts, options: None }));
    }
}

/// `currentUser`, `isLoggedIn`, `isAdmin`.
fn says_who(name: &str) -> bool {
    const WHO: [&str; 11] = [
        "user",
        "currentuser",
        "loggedinuser",
        "loggeduser",
        "isloggedin",
        "loggedin",
        "isadmin",
        "isauthenticated",
        "sessionuser",
        "activeuser",
        "currentuserid",
    ];
    let name: String = name.chars().filter(|char| *char != '_').map(|char| char.to_ascii_lowercase()).collect();
    WHO.contains(&name.as_str())
}
