//! Errors that are answered with and tell a caller nothing: their stack is taken away, they are texts, or they are never
//! sent.

use super::called_name;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Whether what an answer is handed as an error tells nothing of the server.
pub(super) fn tells_nothing<'t>(module: &Module<'t>, call: Syntax<'t>, part: Syntax<'t>) -> bool {
    loses_stack(call, part) || is_never_sent(module, call) || is_text(call, part) || has_words_alone(module, call, part)
}

/// `delete answer.stack` in the function that sends the answer.
fn loses_stack(call: Syntax<'_>, part: Syntax<'_>) -> bool {
    let name = format!("{}.stack", part.text());
    let function = call.ancestors().find(|outer| outer.kind().is_function());
    function.filter(|_| part.kind() == Kind::Identifier).is_some_and(|function| {
        let is_deleted = |node: Syntax<'_>| node.text().strip_prefix("delete").is_some_and(|rest| rest.trim() == name);
        function.below().filter(|node| node.kind() == Kind::Unary).any(is_deleted)
    })
}

/// `next ? next(err) : res.json(err)`: a framework always says what comes next.
fn is_never_sent<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    let choice = call.ancestors().take_while(|outer| !outer.kind().is_function()).find(|outer| outer.kind() == Kind::Ternary);
    let Some((choice, asked)) = choice.and_then(|choice| Some((choice, choice.field(Field::Condition)?))) else { return false };
    let is_else = choice.field(Field::Alternative).is_some_and(|other| other.holds(call));
    let goes_on = choice.field(Field::Consequence).is_some_and(|then| then.kind() == Kind::Call && called_name(then) == asked.text());
    let declared = module.lookup(asked.text(), asked).filter(|_| is_else && goes_on && asked.kind() == Kind::Identifier);
    declared.is_some_and(|declared| {
        let list = declared.name.ancestors().find(|outer| outer.kind() == Kind::FormalParameters);
        matches!(&declared.form, Form::Parameter(path) if path.is_empty())
            && list.is_some_and(|list| list.children().skip(2).any(|one| one.holds(declared.name)))
    })
}

/// `if (typeof error === 'string') res.send(error)`.
fn is_text(call: Syntax<'_>, part: Syntax<'_>) -> bool {
    let asks = |test: Syntax<'_>| {
        let asked = test.field(Field::Left).filter(|left| left.kind() == Kind::Unary).and_then(|left| left.field(Field::Argument));
        let kind = test.field(Field::Right).map_or("", unquoted);
        let is_equal = test.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "===" | "=="));
        is_equal && kind == "string" && asked.is_some_and(|asked| asked.text() == part.text())
    };
    let mut choices = call.ancestors().take_while(|outer| !outer.kind().is_function());
    choices.any(|outer| {
        let then = outer.field(Field::Consequence).is_some_and(|then| then.holds(call));
        let condition = outer.field(Field::Condition).filter(|_| matches!(outer.kind(), Kind::If | Kind::Ternary) && then);
        let condition = condition.map(|asked| if asked.kind() == Kind::Parenthesized { asked.first().unwrap_or(asked) } else { asked });
        condition.is_some_and(asks)
    })
}

/// `JSON` of an `Error` is `{}`: what the only function of a `try` throws, where it catches all else itself.
fn has_words_alone<'t>(module: &Module<'t>, call: Syntax<'t>, part: Syntax<'t>) -> bool {
    let clause = call.ancestors().take_while(|outer| !outer.kind().is_function()).find(|outer| outer.kind() == Kind::Catch);
    let is_caught = |clause: &Syntax<'t>| clause.field(Field::Parameter).is_some_and(|name| name.text() == part.text());
    let tried = clause.filter(is_caught).and_then(Syntax::parent).and_then(|attempt| attempt.field(Field::Body));
    let Some(tried) = tried.filter(|_| called_name(call) == "json") else { return false };
    let throws_words = |thrower: Syntax<'t>| {
        let function = thrower.field(Field::Function).filter(|function| function.kind() == Kind::Identifier);
        let declared = function.and_then(|function| module.lookup(function.text(), function));
        let body = match declared.map(|declared| &declared.form) {
            Some(Form::Function(function)) => function.field(Field::Body),
            Some(Form::Variable(Some(function), path)) if path.is_empty() => function.field(Field::Body),
            _ => None,
        };
        body.is_some_and(throws_its_own)
    };
    let mut calls = tried.below().filter(|inner| matches!(inner.kind(), Kind::Call | Kind::New)).peekable();
    calls.peek().is_some() && calls.all(throws_words)
}

/// `{ try { … } catch { throw new Error('…') } }` and nothing else.
fn throws_its_own(body: Syntax<'_>) -> bool {
    let mut statements = body.children();
    let only = statements.next().filter(|only| only.kind() == Kind::Try && statements.next().is_none());
    let clause = only.and_then(|only| only.field(Field::Handler)?.field(Field::Body));
    let thrown = clause.and_then(Syntax::first).filter(|first| first.kind() == Kind::Throw).and_then(Syntax::first);
    thrown.is_some_and(|thrown| thrown.kind() == Kind::New && called_name(thrown) == "Error")
}
