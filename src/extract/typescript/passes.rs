//! Whether a function lets callers through who show no credentials, and what it looks up in vain.

use super::func::is_denial;
use crate::ir::{Ref, Span};
use crate::parse::typescript::{Field, Kind, Syntax};

/// `if (!token) return next()`, `if (!roles?.length) return true`, `catch { next() }`: whoever has no
/// credentials is let through.
pub(super) fn without_credentials(node: Syntax<'_>) -> bool {
    let branch = if node.kind() == Kind::If {
        let Some(condition) = node.field(Field::Condition) else { return false };
        let inner = condition.first().filter(|_| condition.kind() == Kind::Parenthesized).unwrap_or(condition);
        let text = inner.text();
        let tests = ["== null", "== undefined", "=== null", "=== undefined", "length == 0", "length === 0"];
        let is_absence = text.starts_with('!') || tests.iter().any(|test| text.ends_with(test));
        // What is absent is the last name: of `token.expiry === null`, not the token.
        let tested = text.trim_start_matches('!').split([' ', '(']).next().unwrap_or_default();
        let tested = tested.trim_end_matches(".length").trim_end_matches('?');
        let lower = tested.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let of_caller = ["token", "header", "auth", "user", "session", "cookie", "jwt", "bearer", "credential", "role", "permission"]
            .iter()
            .any(|word| lower.contains(word));
        if !is_absence || !of_caller { None } else { node.field(Field::Consequence) }
    } else {
        node.field(Field::Body)
    };
    let Some(branch) = branch else { return false };
    let statements: Vec<Syntax<'_>> = if branch.kind() == Kind::Block { branch.children().collect() } else { vec![branch] };
    let is_denied = || branch.below().any(|inner| matches!(inner.kind(), Kind::Throw) || inner.kind() == Kind::Number && is_denial(inner));
    statements.last().is_some_and(|last| matches!(last.kind(), Kind::Return | Kind::ExpressionStatement) && hands_on(last.text()))
        || statements.iter().any(|statement| statement.kind() == Kind::ExpressionStatement && hands_on(statement.text())) && !is_denied()
}

/// `next()`, `return next()`, `return true`.
fn hands_on(statement: &str) -> bool {
    let text = statement.trim_end_matches(';').trim_start_matches("return").trim_start_matches(" await").trim();
    matches!(text, "next()" | "true" | "done()" | "await next()")
}

/// Methods of a request that only answer a question, whoever calls.
const QUESTIONS: [&str; 4] = ["isAuthenticated", "isUnauthenticated", "get", "header"];

/// `req.isAuthenticated()`, `ctx.get('authorization')`: turns nobody away.
fn only_asks(call: Syntax<'_>) -> bool {
    let method =
        call.field(Field::Function).filter(|called| called.kind() == Kind::Member).and_then(|called| called.field(Field::Property));
    call.kind() == Kind::Call && method.is_some_and(|method| QUESTIONS.contains(&method.text()))
}

/// Whether a body ends in `next()` and nothing before keeps a caller without credentials from it: what it
/// checks, it checks in an `if` or a `try` that go on in any case.
pub(super) fn runs_through(body: Syntax<'_>) -> bool {
    let statements: Vec<Syntax<'_>> = body.children().collect();
    let Some((last, before)) = statements.split_last().filter(|_| body.kind() == Kind::Block) else { return false };
    let is_call = |node: Syntax<'_>| matches!(node.kind(), Kind::Call | Kind::New | Kind::Await) && !only_asks(node);
    hands_on(last.text())
        && before.iter().all(|statement| match statement.kind() {
            Kind::If | Kind::Try => !statement.below().any(stops),
            _ => !statement.below().any(is_call),
        })
}

/// `throw`, and a `return` of something else than the next step.
fn stops(node: Syntax<'_>) -> bool {
    node.kind() == Kind::Throw || node.kind() == Kind::Return && !hands_on(node.text())
}

/// Whether a call is made whatever comes, outside of any branch, `try`, callback or chain that catches, and takes
/// no callback for its error.
pub(super) fn is_certain(call: Syntax<'_>, function: Span) -> bool {
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    if arguments.any(|argument| argument.kind().is_function()) {
        return false;
    }
    for outer in call.ancestors() {
        let catches = || outer.field(Field::Property).is_some_and(|name| matches!(name.text(), "catch" | "then"));
        match outer.kind() {
            _ if outer.span() == function => return true,
            Kind::Member if catches() => return false,
            Kind::Member
            | Kind::Call
            | Kind::Arguments
            | Kind::Await
            | Kind::Parenthesized
            | Kind::As
            | Kind::NonNull
            | Kind::VariableDeclarator
            | Kind::Lexical
            | Kind::Variable
            | Kind::ExpressionStatement
            | Kind::Assignment
            | Kind::Return
            | Kind::Try => {}
            Kind::Block => match outer.parent() {
                Some(parent) if parent.span() == function => return true,
                Some(parent) if parent.kind() == Kind::Try && outer.role() == Field::Body && is_turned_away(parent) => {}
                _ => return false,
            },
            _ => return false,
        }
    }
    false
}

/// Whether what a `try` catches ends the request: `catch (error) { return next(error) }`.
fn is_turned_away(attempt: Syntax<'_>) -> bool {
    let handler = attempt.children().find(|part| part.kind() == Kind::Catch).and_then(|clause| clause.field(Field::Body));
    let last = handler.and_then(|body| body.children().last());
    last.is_some_and(|last| stops(last) || last.text().starts_with("next(") && !hands_on(last.text()))
}

/// Whether what a look-up of the caller gives is dropped or only logged: `const session = await auth()` beside
/// a `console.log(session)`. A function that throws is not told apart here.
pub(super) fn is_ignored(call: Syntax<'_>, callee: &Ref) -> bool {
    let name = callee.last_named().to_ascii_lowercase();
    if !["auth", "session", "user", "token"].iter().any(|word| name.contains(word)) {
        return false;
    }
    let taken = call.ancestors().find(|outer| !matches!(outer.kind(), Kind::Await | Kind::Parenthesized | Kind::As | Kind::NonNull));
    match taken {
        Some(statement) if statement.kind() == Kind::ExpressionStatement => true,
        Some(declarator) if declarator.kind() == Kind::VariableDeclarator => is_only_logged(declarator),
        _ => false,
    }
}

fn is_only_logged(declarator: Syntax<'_>) -> bool {
    let Some(pattern) = declarator.field(Field::Name) else { return false };
    let is_taken = |node: &Syntax<'_>| matches!(node.kind(), Kind::Identifier | Kind::ShorthandPattern);
    let names: Vec<Syntax<'_>> = std::iter::once(pattern).chain(pattern.below()).filter(is_taken).collect();
    let Some(body) = declarator.ancestors().find(|outer| outer.kind().is_function()).and_then(|function| function.field(Field::Body))
    else {
        return false;
    };
    let is_use = |node: &Syntax<'_>| {
        matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty)
            && names.iter().any(|name| node.text() == name.text() && node.id() != name.id())
    };
    body.below().filter(is_use).all(|used| used.ancestors().take_while(|outer| outer.id() > body.id()).any(is_log))
}

/// `console.log(…)`, `logger.info(…)`.
fn is_log(node: Syntax<'_>) -> bool {
    let root = node.field(Field::Function).filter(|_| node.kind() == Kind::Call).map_or("", Syntax::text);
    let root = root.trim_start_matches("this.").to_ascii_lowercase();
    ["console.", "logger.", "log.", "debug("].iter().any(|log| root.starts_with(log))
}
