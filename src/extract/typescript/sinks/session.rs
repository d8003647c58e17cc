//! Sessions that go on under the same name after somebody has logged in.

use super::callers::name_of;
use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module};
use crate::extract::typescript::request::is_resolver;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Bytes of a handler that signs somebody in; what is longer does many things, or is none.
const MAX_HANDLER: usize = 16 << 10;
/// Calls of a function that are looked at.
const MAX_CALLS: usize = 8;

/// Emits `request.session.user = …` in a function that has looked at a password, and makes no new session: the first
/// of what it writes there.
pub(super) fn assignment<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some((session, name)) = written(node) else { return };
    let Some(function) = node.ancestors().filter(|outer| outer.kind().is_function()).find(|outer| takes_session(module, *outer, session))
    else {
        return;
    };
    if function.span().len() > MAX_HANDLER {
        return;
    }
    let is_first = || function.below().find(|inner| written(*inner).is_some_and(|(other, _)| other.text() == session.text())) == Some(node);
    let signs_in = || asks_password(function) || hands_session_on(module, function, session);
    if !signs_in() || !is_first() || node.field(Field::Right).is_some_and(is_nobody) {
        return;
    }
    let callee = Ref::new(Scope::Global, ["session"]);
    let parts = vec![SinkPart::new(Node::text(name, session.span()), Tri::Yes, name)];
    let owner = owner(node, &callee);
    cx.fact(node.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Session, callee, parts, options: None }));
}

/// The session that an assignment writes who is logged in into, and under which name.
fn written(node: Syntax<'_>) -> Option<(Syntax<'_>, &str)> {
    let left = node.field(Field::Left).filter(|left| node.kind() == Kind::Assignment && left.kind() == Kind::Member)?;
    let (session, name) = (left.field(Field::Object)?, left.field(Field::Property)?.text());
    (matches!(session.text(), "req.session" | "request.session" | "session" | "context.session" | "context.req.session") && says_who(name))
        .then_some((session, name))
}

/// Whether a function looks at a password and makes no new session. A comment may say that none is made.
fn asks_password(function: Syntax<'_>) -> bool {
    let renews = |call: Syntax<'_>| call.kind() == Kind::Call && called_name(call) == "regenerate";
    let signs_in = |call: Syntax<'_>| {
        let name = called_name(call).to_ascii_lowercase();
        call.kind() == Kind::Call
            && matches!(name.as_str(), "login" | "signin" | "authenticate" | "verifycredentials" | "checkcredentials" | "loginuser")
    };
    (function.text().contains("assword") || function.below().any(|node| signs_in(node) || takes_pin(node))) && !function.below().any(renews)
}

/// `const { name, pin } = req.body`: who has the PIN is let in.
fn takes_pin(node: Syntax<'_>) -> bool {
    let is_body = |value: Syntax<'_>| matches!(value.text(), "req.body" | "request.body");
    match node.kind() {
        Kind::VariableDeclarator => {
            node.field(Field::Value).is_some_and(is_body)
                && node.field(Field::Name).into_iter().flat_map(Syntax::below).any(|name| name.text() == "pin")
        }
        Kind::Member => {
            node.field(Field::Property).is_some_and(|name| name.text() == "pin") && node.field(Field::Object).is_some_and(is_body)
        }
        _ => false,
    }
}

/// Whether a handler of the same file that looks at a password hands its session to a function: `signIn(req.session, user)`.
fn hands_session_on<'t>(module: &Module<'t>, function: Syntax<'t>, session: Syntax<'t>) -> bool {
    let name = name_of(function);
    if session.kind() != Kind::Identifier || name.is_empty() || !is_parameter(module, function, session) {
        return false;
    }
    let calls = module.tree.all().filter(|call| call.kind() == Kind::Call && called_name(*call) == name);
    calls.take(MAX_CALLS).any(|call| {
        let handler = call.ancestors().filter(|outer| outer.kind().is_function()).find(|outer| takes_request(*outer));
        let mut given = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
        let hands = given.any(|given| given.text().ends_with("session"));
        hands && handler.is_some_and(|handler| handler.span().len() <= MAX_HANDLER && asks_password(handler))
    })
}

/// Whether a function is handed the session, or the request that it is of.
fn takes_session<'t>(module: &Module<'t>, function: Syntax<'t>, session: Syntax<'t>) -> bool {
    match session.kind() {
        // `const session = req.session`, `const { session } = req`.
        Kind::Identifier => {
            let of_request = || match module.lookup(session.text(), session).map(|declaration| &declaration.form) {
                Some(Form::Variable(Some(made), path)) if path.is_empty() => matches!(made.text(), "req.session" | "request.session"),
                Some(Form::Variable(Some(made), path)) => path.as_slice() == ["session"] && matches!(made.text(), "req" | "request"),
                _ => false,
            };
            is_parameter(module, function, session) || takes_request(function) && of_request()
        }
        _ => takes_request(function),
    }
}

/// Whether a name is a parameter of a function.
fn is_parameter<'t>(module: &Module<'t>, function: Syntax<'t>, name: Syntax<'t>) -> bool {
    module.lookup(name.text(), name).is_some_and(|declaration| {
        let list = function.field(Field::Parameters);
        matches!(&declaration.form, Form::Parameter(path) if path.is_empty()) && list.is_some_and(|list| list.holds(declaration.name))
    })
}

/// `userId`, `user`, `loggedIn`.
fn says_who(name: &str) -> bool {
    const WHO: [&str; 28] = [
        "user",
        "userid",
        "uid",
        "username",
        "useremail",
        "email",
        "login",
        "account",
        "accountid",
        "customer",
        "customerid",
        "member",
        "memberid",
        "admin",
        "adminid",
        "isadmin",
        "logged",
        "loggedin",
        "islogged",
        "isloggedin",
        "userloggedin",
        "loggedinuser",
        "currentuser",
        "authenticated",
        "isauthenticated",
        "isauth",
        "auth",
        "authorized",
    ];
    let name: String = name.chars().filter(|char| *char != '_').map(|char| char.to_ascii_lowercase()).collect();
    WHO.contains(&name.as_str())
}

fn is_nobody(value: Syntax<'_>) -> bool {
    matches!(value.kind(), Kind::Null | Kind::Undefined | Kind::False)
}

/// Whether a function is the handler: it is handed the request.
fn takes_request(function: Syntax<'_>) -> bool {
    let named = |at: usize, names: &[&str]| {
        let one = function.field(Field::Parameters).and_then(|list| list.children().nth(at));
        one.is_some_and(|one| names.contains(&one.field(Field::Pattern).unwrap_or(one).text()))
    };
    // `login(@Body() credentials: LoginDto, @Req() request: Request)` of NestJS.
    let is_marked = |one: Syntax<'_>| one.text().starts_with("@Req(") && one.text().contains("req");
    let of_nest =
        function.kind() == Kind::Method && function.field(Field::Parameters).into_iter().flat_map(Syntax::children).any(is_marked);
    named(0, &["req", "request"]) || of_nest || named(2, &["context"]) && is_resolver(function)
}
