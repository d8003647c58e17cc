//! Whether anything is done with what a call answers. What is read off a token without a check of its signature is not
//! believed where nothing but its end is asked for, in a browser, or where the function that asked for it checks the
//! token afterwards.

use super::gate;
use super::sinks::{called_name, callers};
use crate::ir::Tri;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Claims that say when a token holds.
const OF_TIME: [&str; 3] = ["exp", "iat", "nbf"];
/// Libraries that run in a browser alone, where there is no key to check a token with.
const OF_BROWSER: [&str; 3] = ["@angular/core", "js-cookie", "vuex"];

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
    let is_of_browser = || call.tree().holds("browser", |text| gate::is_of_browser("", text) || imports_of_browser(text));
    (!(tells_time(call) || is_of_browser() || has_expired(call) || is_checked_by_caller(call))).into()
}

fn imports_of_browser(text: &str) -> bool {
    let imports = text.lines().filter(|line| line.contains(" from ")).filter_map(|line| line.split(['\'', '"']).nth(1));
    imports.into_iter().any(|library| OF_BROWSER.contains(&library))
}

/// Whether the function around asks whether the check of a token failed for its age alone: signatures are checked first.
fn has_expired(call: Syntax<'_>) -> bool {
    call.tree().holds("expired", |text| text.contains("TokenExpiredError"))
        && call.ancestors().find(|outer| outer.kind().is_function()).is_some_and(|function| {
            let mut tests = function.below().filter(|inner| inner.kind() == Kind::Binary);
            function.size() <= MAX_SIZE && tests.any(|test| test.text().contains("TokenExpiredError"))
        })
}

/// `decodeJwt(token).exp`, `const { exp } = decode(token)`, and a variable of which nothing else is read.
fn tells_time(call: Syntax<'_>) -> bool {
    // `token && decode(token)`.
    let is_guarded = |outer: Syntax<'_>| outer.field(Field::Operator).is_some_and(|sign| sign.text() == "&&");
    let mut outer = call.ancestors();
    let Some(outer) = outer.find(|outer| !is_form(*outer) && !is_guarded(*outer)) else { return false };
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

/// What leaves a value as it is.
fn is_form(outer: Syntax<'_>) -> bool {
    matches!(outer.kind(), Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As)
}

/// What is done with a value in the end: `(token as Claims).exp` of `token`.
fn used_as(value: Syntax<'_>) -> Option<(Syntax<'_>, Syntax<'_>)> {
    std::iter::successors(Some(value), |inner| inner.parent()).zip(value.ancestors()).find(|(_, outer)| !is_form(*outer))
}

/// Whether of a variable only those claims are read, and that it or one of its claims is there.
fn reads_time_alone(name: Syntax<'_>) -> bool {
    let function = name.ancestors().find(|outer| outer.kind().is_function() || outer.kind() == Kind::Program);
    let Some(function) = function.filter(|function| function.size() <= MAX_SIZE) else { return false };
    let mut reads = false;
    function.below().filter(|used| used.kind() == Kind::Identifier && used.text() == name.text() && used.id() != name.id()).all(|used| {
        let Some((inner, outer)) = used_as(used) else { return false };
        let is_read = |outer: Syntax<'_>| matches!(outer.kind(), Kind::Member | Kind::Subscript);
        let mut claim = Some(outer).filter(|outer| is_read(*outer) && outer.field(Field::Object) == Some(inner));
        // With the header beside them, the claims stand one further in.
        if let Some((_, further)) =
            claim.filter(|claim| claim.field(Field::Property).is_some_and(|name| name.text() == "payload")).and_then(used_as)
        {
            claim = Some(further).filter(|further| is_read(*further));
        }
        reads |= claim.is_some();
        let is_first = outer.field(Field::Operator).is_some_and(|operator| operator.text() == "&&") && inner.role() == Field::Left;
        let is_asked = outer.kind() == Kind::Unary || inner.role() == Field::Condition || is_first;
        is_asked
            || claim.is_some_and(|claim| {
                // Who issued it says which key to check it with.
                let is_of_check = |name: Syntax<'_>| name.text() == "iss" && claim.tree().holds("verify", |text| text.contains("erify("));
                claim.field(Field::Property).is_some_and(|name| OF_TIME.contains(&name.text()) || is_of_check(name))
                    || is_asked_to_be_there(claim)
            })
    }) && reads
}

/// `claims['scope'] != null`: whatever it says.
fn is_asked_to_be_there(claim: Syntax<'_>) -> bool {
    let test = claim.parent().filter(|outer| outer.kind() == Kind::Binary);
    test.is_some_and(|test| {
        let sign = test.field(Field::Operator).map_or("", Syntax::text);
        let other = test.field(Field::Right).map_or("", Syntax::text);
        matches!(sign, "!=" | "!==" | "==" | "===") && matches!(other, "null" | "undefined")
    })
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
