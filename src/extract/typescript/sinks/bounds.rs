//! Loops that run as often as a caller says.

use super::{Around, called_name, value_sink};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module};
use crate::ir::{Ref, Scope, SinkKind};
use crate::parse::typescript::{Field, Kind, Syntax};

/// `for (…; i < request.body.list.length; …)`: a length that a caller writes is no list's.
pub(super) fn emit<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let bound = node.field(Field::Condition).and_then(|condition| {
        let condition = if condition.kind() == Kind::ExpressionStatement { condition.first()? } else { condition };
        condition.field(Field::Right)
    });
    let length = bound.filter(|bound| bound.field(Field::Property).is_some_and(|name| name.text() == "length"));
    // What an upload has kept is a list of its own making.
    let is_kept = |list: Syntax<'_>| list.field(Field::Property).is_some_and(|name| name.text() == "files");
    if let Some(list) = length
        .and_then(|length| length.field(Field::Object))
        .filter(|list| !is_kept(*list) && !ends_early(node, *list) && !is_gone_through(node, *list) && !is_list(around.module, *list))
    {
        value_sink(around, node, SinkKind::Allocate, Ref::new(Scope::Global, ["for"]), list, None, cx);
    }
}

/// Whether the function has gone through a list before: `for (const id of ids)` throws for what only has a length.
fn is_gone_through(node: Syntax<'_>, list: Syntax<'_>) -> bool {
    let Some(function) = node.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let before = function.text().get(..(node.start() - function.start()) as usize).unwrap_or_default();
    before.contains(&format!(" of {})", list.text()))
}

/// `const tries = [ext, 'png']`, `(bytes: Buffer)`: as long as what was sent.
fn is_list<'t>(module: &Module<'t>, list: Syntax<'t>) -> bool {
    let Some(declared) = module.lookup(list.text(), list).filter(|_| list.kind() == Kind::Identifier) else { return false };
    let is_written = |made: Syntax<'t>| made.kind() == Kind::Array && made.child(Kind::Spread).is_none();
    match &declared.form {
        // `all = all.concat(body)` has as many items as were sent.
        Form::Variable(Some(made), path) => {
            let joins = |right: Syntax<'t>| {
                is_written(right) || right.kind() == Kind::Call && matches!(called_name(right), "concat" | "filter" | "slice")
            };
            path.is_empty()
                && is_written(*made)
                && module.assignments(declared).iter().all(|assignment| assignment.field(Field::Right).is_some_and(joins))
        }
        Form::Parameter(_) => {
            let kind = declared.name.parent().and_then(|one| one.field(Field::Type)).map_or("", Syntax::text);
            matches!(kind.trim_start_matches([':', ' ']), "Buffer" | "Uint8Array" | "ArrayBuffer")
        }
        _ => false,
    }
}

/// `if (!ROLES.includes(list[i])) return …`: a loop over more than there is ends at the first that is not there.
fn ends_early(node: Syntax<'_>, list: Syntax<'_>) -> bool {
    // `text.charCodeAt(i)`: what only has a length has no methods.
    let asks = |inner: Syntax<'_>| {
        let function = inner.field(Field::Function).filter(|function| inner.kind() == Kind::Call && function.kind() == Kind::Member);
        function.and_then(|function| function.field(Field::Object)).is_some_and(|on| on.text() == list.text())
    };
    if node.field(Field::Body).into_iter().flat_map(Syntax::below).any(asks) {
        return true;
    }
    let body = node.field(Field::Body).into_iter().flat_map(Syntax::below);
    body.filter(|inner| inner.kind() == Kind::If).any(|test| {
        let asked = test.field(Field::Condition).map_or("", Syntax::text).trim_start_matches('(');
        let is_of_item = asked.split(list.text()).skip(1).any(|rest| rest.starts_with('['));
        let asks_for_none = asked.starts_with('!') || ["!==", "!=", "=== -1", "== -1", "< 0"].iter().any(|sign| asked.contains(sign));
        let leaves =
            |inner: Syntax<'_>| matches!(inner.kind(), Kind::Return | Kind::Throw) || inner.text().trim_end_matches(';') == "break";
        let then = test.field(Field::Consequence);
        is_of_item && asks_for_none && then.is_some_and(|then| leaves(then) || then.below().any(leaves))
    })
}
