//! What a log is told that is no secret whatever it is called: what is known to be missing, the name under which a secret is
//! kept, the path of its file.

use super::called_name;
use crate::extract::typescript::names::Module;
use crate::ir::{Node, NodeKind};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Values of one call that are looked at.
const MAX_VALUES: usize = 8;
/// Nesting of a value that others are replaced in.
const MAX_NESTING: u32 = 8;
/// Nodes of a function that is searched.
const MAX_SIZE: usize = 20_000;

/// What a log is told, without such values.
pub(super) fn without_names<'t>(module: &Module<'t>, call: Syntax<'t>, part: Syntax<'t>, mut value: Node) -> Node {
    let is_value = |node: &Syntax<'t>| matches!(node.kind(), Kind::Member | Kind::Identifier) && node.role() != Field::Object;
    for told in std::iter::once(part).chain(part.below()).filter(is_value).take(MAX_VALUES) {
        if (is_said_otherwise(call, told) || is_looked_up(call, told))
            && let NodeKind::Ref(name) = module.lower(told).kind
        {
            value.replace(&name, &Node::new(told.span(), NodeKind::Null), MAX_NESTING);
        }
    }
    value
}

/// `if (!user.email) warn(user.email)`, `if (isFilePath(key)) log(key)`.
fn is_said_otherwise(call: Syntax<'_>, told: Syntax<'_>) -> bool {
    let mut choices = call.ancestors().take_while(|outer| !outer.kind().is_function()).filter(|outer| outer.kind() == Kind::If);
    choices.any(|outer| {
        let then = outer.field(Field::Consequence).is_some_and(|then| then.holds(call));
        let condition = outer.field(Field::Condition).filter(|_| then);
        let asked = condition.map(|asked| if asked.kind() == Kind::Parenthesized { asked.first().unwrap_or(asked) } else { asked });
        asked.is_some_and(|asked| match asked.kind() {
            Kind::Unary => asked.text().strip_prefix('!').is_some_and(|missing| missing.trim() == told.text()),
            Kind::Call => {
                let name = called_name(asked).to_ascii_lowercase();
                let is_of_file = name == "existssync" || name.ends_with("path") || name.ends_with("file");
                is_of_file && asked.field(Field::Arguments).and_then(Syntax::first).is_some_and(|first| first.text() == told.text())
            }
            _ => false,
        })
    })
}

/// `store.getSecret(row.secretKey)`: the name that a secret is kept under.
fn is_looked_up(call: Syntax<'_>, told: Syntax<'_>) -> bool {
    if !told.text().to_ascii_lowercase().contains("secret") {
        return false;
    }
    let function = call.ancestors().find(|outer| outer.kind().is_function()).filter(|function| function.size() <= MAX_SIZE);
    let mut calls = function.into_iter().flat_map(Syntax::below).filter(|inner| inner.kind() == Kind::Call);
    calls.any(|asked| {
        let name = called_name(asked);
        let looks = ["get", "read", "load", "fetch", "find"].iter().any(|verb| name.starts_with(verb)) && name.contains("Secret");
        let mut given = asked.field(Field::Arguments).into_iter().flat_map(Syntax::children);
        looks && given.any(|one| one.text() == told.text())
    })
}
