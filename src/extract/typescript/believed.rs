//! Whether anything is done with what a call answers. What is read off a token without a check of its signature is not
//! believed where nothing but its end is asked for, in a browser, or where the function that asked for it checks the
//! token afterwards.

use super::gate;
use super::sinks::{called_name, callers};
use crate::ir::Tri;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Claims that say when a token holds.
const OF_TIME: [&str; 3] = ["exp", "iat", "nbf"];

/// Nodes of a function or file that are searched; in a larger one, what is decoded is taken to be believed.
const MAX_SIZE: usize = 20_000;

/// Whether anything is done with a call's value; what is handed a function may hand it the value.
pub(super) fn result_used(node: Syntax<'_>) -> Tri {
    if decodes(node) && is_believed(node).is_no() {
        return Tri::No;
    }
    if node.field(Field::Arguments).and_then(|list| list.children().last()).is_some_and(|last| last.kind().is_function()) {
        return Tri::Maybe;
    }
    let outer = node.ancestors().find(|outer| !matches!(outer.kind(), Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As));
    outer.map_or(Tri::Maybe, |outer| (outer.kind() != Kind::ExpressionStatement).into())
}

/// Whether a call decodes a token, by its name.
fn decodes(call: Syntax<'_>) -> bool {
    matches!(called_name(call), "decode" | "decodeJwt" | "jwtDecode" | "jwt_decode")
}

/// Whether what such a call answers is believed.
fn is_believed(call: Syntax<'_>) -> Tri {
    let is_of_browser = || call.tree().holds("browser", |text| gate::is_of_browser("", text));
    (!(tells_time(call) || is_of_browser() || is_checked_by_caller(call))).into()
}

/// `decodeJwt(token).exp`, `const { exp } = decode(token)`, and a variable of which nothing else is read.
fn tells_time(call: Syntax<'_>) -> bool {
    let is_between = |outer: &Syntax<'_>| matches!(outer.kind(), Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As);
    let Some(outer) = call.ancestors().find(|outer| !is_between(outer)) else { return false };
    let is_time = |name: Syntax<'_>| OF_TIME.contains(&name.text());
    match outer.kind() {
        Kind::Member => outer.field(Field::Property).is_some_and(is_time),
        Kind::VariableDeclarator => match outer.field(Field::Name) {
            Some(name) if name.kind() == Kind::Identifier => reads_time_alone(name),
            Some(pattern) => pattern.children().next().is_some() && pattern.children().all(is_time),
            None => false,
        },
        _ => false,
    }
}

/// Whether of a variable only those claims are read, and that it is there.
fn reads_time_alone(name: Syntax<'_>) -> bool {
    let function = name.ancestors().find(|outer| outer.kind().is_function() || outer.kind() == Kind::Program);
    let Some(function) = function.filter(|function| function.size() <= MAX_SIZE) else { return false };
    let mut reads = false;
    function.below().filter(|used| used.kind() == Kind::Identifier && used.text() == name.text() && used.id() != name.id()).all(|used| {
        let Some(outer) = used.parent() else { return false };
        let claim = outer.field(Field::Property).filter(|_| outer.field(Field::Object) == Some(used));
        reads |= claim.is_some();
        let is_first = outer.field(Field::Operator).is_some_and(|operator| operator.text() == "&&") && used.role() == Field::Left;
        let is_asked = matches!(outer.kind(), Kind::Parenthesized | Kind::Unary) || used.role() == Field::Condition || is_first;
        is_asked || claim.is_some_and(|claim| OF_TIME.contains(&claim.text()))
    }) && reads
}

/// Whether a function of the file that calls the one around checks tokens, too: the claims say which key to ask for.
fn is_checked_by_caller(call: Syntax<'_>) -> bool {
    let file = call.tree().root();
    let Some(own) = call.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let name = callers::name_of(own);
    if name.is_empty() || file.size() > MAX_SIZE || !call.tree().holds("verify", |text| text.contains("erify")) {
        return false;
    }
    let calls = file.below().filter(|node| node.kind() == Kind::Call && called_name(*node) == name);
    calls.filter_map(|asked| asked.ancestors().find(|outer| outer.kind().is_function())).any(|function| {
        let mut inner = function.below().filter(|node| node.kind() == Kind::Call);
        inner.any(|node| matches!(called_name(node), "verify" | "jwtVerify" | "verifyAsync"))
    })
}
