//! `rules/tables/guards.toml`: what the functions of libraries do in front of a route.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use semver::Version;

use crate::ir::{Call, Node, NodeKind, Ref};
use crate::tables::{V, table};

/// What a library's function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Turns anonymous callers away.
    Authn,
    /// Proves a token and throws when it is wrong.
    Verify,
    /// Looks an identity up, and may find none.
    Session,
    /// Reads an identity when there is one.
    Optional,
    /// Checks what a known caller may do.
    Authz,
    /// Limits the rate.
    RateLimit,
    /// Sets security headers.
    Headers,
    /// Protects against forged requests.
    Csrf,
    /// Checks or shapes what is sent or answered, whatever it is made with.
    Shapes,
    /// Takes a function that decides by its answer.
    Decides,
    /// Hands requests on to what guards itself: procedures, an identity library.
    Dispatch,
    /// Nothing of these.
    Nothing,
}

/// A row.
struct Row {
    names: Vec<&'static str>,
    does: Does,
    off: Vec<(&'static str, bool)>,
    off_argument: &'static str,
    /// The row itself, for its versions.
    entry: &'static V,
}

/// Rows by exact module, and those by a module's beginning, the longest first.
struct Rows {
    exact: FxHashMap<&'static str, Vec<Row>>,
    below: Vec<(&'static str, Row)>,
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let mut rows = Rows { exact: FxHashMap::default(), below: Vec::new() };
    for entry in table("guards").map(|guards| guards.list("guard")).unwrap_or_default() {
        let row = Row {
            names: entry.texts("names").collect(),
            does: does(entry.text("does")),
            off: entry.list("off").iter().map(|off| (off.text("option"), matches!(off.get("value"), Some(V::Bool(true))))).collect(),
            off_argument: entry.text("off-argument"),
            entry,
        };
        match entry.text("module").strip_suffix('*') {
            Some(start) => rows.below.push((start, row)),
            None => rows.exact.entry(entry.text("module")).or_default().push(row),
        }
    }
    rows.below.sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
    rows
});

fn does(word: &str) -> Does {
    match word {
        "authn" => Does::Authn,
        "verify" => Does::Verify,
        "session" => Does::Session,
        "optional" => Does::Optional,
        "authz" => Does::Authz,
        "rate-limit" => Does::RateLimit,
        "headers" => Does::Headers,
        "csrf" => Does::Csrf,
        "decides" => Does::Decides,
        "shapes" => Does::Shapes,
        "dispatch" => Does::Dispatch,
        _ => Does::Nothing,
    }
}

/// What a library's export does; `None` for a library or a name that the table does not know.
pub(super) fn of(name: &Ref) -> Option<Does> {
    row(name, None).map(|row| row.does)
}

/// Whether what turns anonymous callers away in a crate's newest version lets them through in this one.
pub(in crate::link) fn guards_only_later(name: &Ref, version: impl FnOnce() -> Option<Version>) -> bool {
    let newest = row(name, None).filter(|row| row.does == Does::Authn && row.entry.get("versions").is_some());
    newest.is_some() && row(name, version().as_ref()).is_none_or(|row| row.does != Does::Authn)
}

fn row(name: &Ref, version: Option<&Version>) -> Option<&'static Row> {
    let module = name.module()?;
    let rows = &*ROWS;
    let is_named = |row: &Row| row.names.is_empty() || row.names.iter().any(|known| name.path.iter().any(|part| part == known));
    let named = |row: &&Row| is_named(row) && row.entry.is_for(version);
    if let Some(own) = rows.exact.get(module) {
        let by_name = own.iter().find(|row| !row.names.is_empty() && named(row));
        if let Some(row) = by_name.or_else(|| own.iter().find(named)) {
            return Some(row);
        }
    }
    rows.below.iter().filter(|(start, _)| module.starts_with(start)).map(|(_, row)| row).find(named)
}

/// What a call of a library's function makes: its options can turn a guard into none.
pub(super) fn of_call(callee: &Ref, call: &Call) -> Option<Does> {
    let row = row(callee, None)?;
    if !matches!(row.does, Does::Authn | Does::RateLimit) {
        return Some(row.does);
    }
    let off = call.args.iter().any(|argument| match &argument.kind {
        NodeKind::Map(map) => row.off.iter().any(|(option, value)| map.get(option).and_then(Node::as_bool) == Some(*value)),
        NodeKind::List(items) => items.iter().any(|item| is_off_argument(row, item)),
        _ => is_off_argument(row, argument),
    });
    Some(match row.does {
        Does::Authn if off => Does::Optional,
        _ if off => Does::Nothing,
        does => does,
    })
}

fn is_off_argument(row: &Row, argument: &Node) -> bool {
    !row.off_argument.is_empty() && argument.as_str() == Some(row.off_argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert_eq!(of(&Ref::import("express-jwt", "expressjwt")), Some(Does::Authn));
        assert_eq!(of(&Ref::import("passport", "default").child("session")), Some(Does::Optional));
        assert_eq!(of(&Ref::import("supertokens-node/recipe/session/framework/express", "verifySession")), Some(Does::Authn));
        assert_eq!(of(&Ref::import("left-pad", "default")), None);
    }
}
