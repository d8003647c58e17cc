//! `rules/tables/frameworks.toml`: for which routes a guard holds.

use std::sync::LazyLock;

use super::path::Cover;
use crate::tables::table;

/// For which registrations of its service a guard holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those after it.
    Later,
    /// Those before it.
    Earlier,
    /// All.
    All,
}

/// A framework's way with guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Semantics {
    /// For which registrations a guard holds.
    pub reach: Reach,
    /// How a guard's path is read.
    pub cover: Cover,
    /// Whether a route is there only if the class that answers it has the method.
    pub is_defined: bool,
}

static ROWS: LazyLock<Vec<(&'static str, Semantics)>> = LazyLock::new(|| {
    let rows = table("frameworks").map(|frameworks| frameworks.list("framework")).unwrap_or_default();
    let semantics = |row: &crate::tables::V| Semantics {
        reach: match row.text("guards") {
            "later" => Reach::Later,
            "earlier" => Reach::Earlier,
            _ => Reach::All,
        },
        cover: if row.text("path") == "exact" { Cover::Exact } else { Cover::Below },
        is_defined: row.text("handlers") == "defined",
    };
    rows.iter().map(|row| (row.text("package"), semantics(row))).collect()
});

/// The semantics of a framework; of one that the table does not know, the widest: an unknown guard
/// must not make a route look open.
pub(super) fn of(framework: &str) -> Semantics {
    let known = ROWS.iter().find(|(package, _)| match package.strip_suffix('*') {
        Some(start) => framework.starts_with(start),
        None => framework == *package,
    });
    known.map_or(Semantics { reach: Reach::All, cover: Cover::Below, is_defined: false }, |(_, semantics)| *semantics)
}
