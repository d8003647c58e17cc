//! Whether what a look-up of the caller gives is only written down: `const me = await viewer()` with
//! `{ data: { moderatedBy: me?.id ?? null } }` lets everybody through.
//!
//! Every use of the name has to expect that there is nobody, and none may decide anything: a condition, a filter of
//! the rows that are read or changed, or a use that fails for nobody makes the look-up one that is asked for.

use rustc_hash::FxHashSet;

use crate::ir::Span;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Calls of which the whole argument is what is written.
const WRITES: [&str; 9] = ["set", "values", "create", "insert", "insertOne", "insertMany", "json", "send", "render"];

/// Names of a text that some place uses as one that may be missing: `me?.id`, `me ?? nobody`. Most names are used as
/// what is there, and that is told by this without a look at each use.
pub(super) fn may_be_missing(text: &str) -> FxHashSet<&str> {
    let is_of_name = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$');
    let marks = text.match_indices('?').filter(|(at, _)| text[at + 1..].starts_with(['?', '.']));
    let names = marks.map(|(at, _)| {
        let before = text[..at].trim_end_matches(' ');
        before.rfind(|char| !is_of_name(char)).map_or(before, |end| &before[end..])
    });
    names.map(|name| name.trim_start_matches(|char| !is_of_name(char))).filter(|name| !name.is_empty()).collect()
}

/// The name that a call's result is bound to, and the body of the function that it stands in.
pub(super) fn bound_to(call: Syntax<'_>, function: Span) -> Option<(Syntax<'_>, Syntax<'_>)> {
    let is_between = |outer: &Syntax<'_>| matches!(outer.kind(), Kind::Await | Kind::Parenthesized | Kind::As | Kind::NonNull);
    let declarator = call.ancestors().find(|outer| !is_between(outer)).filter(|outer| outer.kind() == Kind::VariableDeclarator)?;
    let pattern = declarator.field(Field::Name)?;
    let is_name = |node: &Syntax<'_>| matches!(node.kind(), Kind::Identifier | Kind::ShorthandPattern);
    let mut names = std::iter::once(pattern).chain(pattern.below()).filter(is_name);
    let name = names.next().filter(|_| names.next().is_none())?;
    let home = declarator.ancestors().find(|outer| outer.kind().is_function())?;
    let body = home.field(Field::Body).filter(|body| body.kind() == Kind::Block && home.span() == function)?;
    Some((name, body))
}

/// Whether all uses of a name in a body only write it down.
pub(super) fn is_noted<'t>(name: Syntax<'t>, body: Syntax<'t>) -> bool {
    let is_name = |node: &Syntax<'t>| matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty) && node.text() == name.text();
    let mut uses = body.below().filter(|node| is_name(node) && node.id() != name.id()).peekable();
    uses.peek().is_some() && uses.all(|used| only_writes(used, body))
}

fn only_writes<'t>(used: Syntax<'t>, body: Syntax<'t>) -> bool {
    let parent = used.parent();
    let is_first = |outer: Syntax<'t>| outer.start() == used.start();
    let is_asked = |outer: Syntax<'t>| {
        outer.kind() == Kind::Member && outer.text().strip_prefix(used.text()).is_some_and(|rest| rest.trim_start().starts_with("?."))
    };
    let expects_nobody = parent.is_some_and(|parent| is_first(parent) && (is_asked(parent) || is_default(parent)));
    let mut has_default = false;
    for outer in used.ancestors().take_while(|outer| outer.id() != body.id()) {
        has_default |= is_default(outer);
        match outer.kind() {
            Kind::If | Kind::While | Kind::Switch | Kind::Unary => return false,
            Kind::Ternary if outer.field(Field::Condition).is_some_and(|condition| condition.span().contains(used.span())) => return false,
            Kind::Binary if !is_default(outer) => return false,
            Kind::Pair => match outer.field(Field::Key).map_or("", super::names::unquoted) {
                "where" | "filter" | "_id" | "id" => return false,
                "data" | "$set" | "$push" => return expects_nobody,
                _ => {}
            },
            Kind::Call => {
                let called = called_name(outer);
                let writes = WRITES.contains(&called) || ["console", "log", "logger"].iter().any(|log| outer.text().starts_with(log));
                return expects_nobody && (writes || has_default && !outer.text().to_ascii_lowercase().contains("where"));
            }
            _ => {}
        }
    }
    false
}

/// `value ?? 'nobody'`, `value || null`.
fn is_default(node: Syntax<'_>) -> bool {
    node.kind() == Kind::Binary && node.field(Field::Operator).is_some_and(|operator| matches!(operator.text(), "??" | "||"))
}

fn called_name(call: Syntax<'_>) -> &str {
    let function = call.field(Field::Function);
    function.map_or("", |function| function.field(Field::Property).unwrap_or(function).text())
}
