//! The rows of `rules/tables/cloud-*.toml`: one attribute of some resource types, and what is bad about it.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::finding::{Level, Severity};
use crate::tables::{V, table};

/// A row of a table.
#[derive(Debug)]
pub(super) struct Row {
    /// The way to the attribute; empty for a row about the resource as a whole.
    pub(super) path: Vec<&'static str>,
    /// The same as it is written.
    pub(super) shown: &'static str,
    /// Bad values: globs (`*` alone is that letter, `^` before a beginning as it stands), `any`, `open` for an address range that is the internet, `<14`, `>2`.
    pub(super) bad: Vec<&'static str>,
    /// Values of which a list must hold all.
    pub(super) lacks: Vec<&'static str>,
    /// What it means that nothing is written.
    pub(super) absent: Absent,
    /// The major version of the provider that made the default a good one.
    pub(super) absent_before: Option<u32>,
    /// Conditions of which one that surely holds makes the default a good one.
    pub(super) absent_unless: Vec<Condition>,
    /// Conditions that must all hold.
    pub(super) when: Vec<Condition>,
    /// Conditions of which none may hold.
    pub(super) unless: Vec<Condition>,
    /// Conditions on the attributes beside the last one, in the same block: `name=tls` for `value`.
    pub(super) beside: Vec<Condition>,
    /// A resource type that settles the matter for the whole account, or stands beside this one.
    pub(super) moot: &'static str,
    /// What is said of the resource.
    pub(super) says: &'static str,
    /// How bad it is.
    pub(super) severity: Severity,
    /// Who wants to know.
    pub(super) level: Level,
    /// What other tools call it.
    pub(super) peers: Vec<&'static str>,
}

/// Whether nothing written is bad, which depends on the platform's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// The default is good.
    Good,
    /// The default is bad.
    Bad,
    /// It is bad for the attribute in a block that is written.
    Attr,
    /// It is bad where the block is missing; in a block the default is good.
    Block,
}

/// `attr=one|other`, or `attr` alone for any value.
#[derive(Debug)]
pub(super) struct Condition {
    /// The way to the attribute.
    pub(super) attr: &'static str,
    /// The values that make it hold.
    pub(super) is: Vec<&'static str>,
}

/// The rows of a table, by resource type.
#[derive(Debug, Default)]
pub(super) struct Rows {
    list: Vec<Row>,
    by_type: FxHashMap<&'static str, Vec<usize>>,
}

impl Rows {
    /// The rows about a resource type, in the order of the table.
    pub(super) fn of(&self, ty: &str) -> impl Iterator<Item = &Row> {
        self.by_type.get(ty).into_iter().flatten().map(|row| &self.list[*row])
    }
}

/// The tables, by what stands after `cloud-` in their file names.
static TABLES: LazyLock<FxHashMap<&'static str, Rows>> = LazyLock::new(|| {
    let names = [
        "at-rest",
        "in-transit",
        "public",
        "logging",
        "authentication",
        "authorization",
        "imds",
        "hardening",
        "hygiene",
        "recovery",
        "control-plane",
        "pod-policy",
    ];
    names.into_iter().filter_map(|name| Some((name, read(table(&format!("cloud-{name}"))?)))).collect()
});

/// The rows of `cloud-NAME.toml`.
pub(super) fn rows(name: &str) -> Option<&'static Rows> {
    TABLES.get(name)
}

fn read(table: &'static V) -> Rows {
    let mut rows = Rows::default();
    for entry in table.list("rows") {
        let index = rows.list.len();
        rows.list.push(Row::new(entry, table));
        for ty in entry.texts("types") {
            rows.by_type.entry(ty).or_default().push(index);
        }
    }
    rows
}

impl Row {
    /// What a row does not say, its table says for all.
    fn new(row: &'static V, table: &'static V) -> Self {
        let text = |key| row.get(key).or_else(|| table.get(key)).and_then(V::as_text).unwrap_or_default();
        let conditions = |key| row.texts(key).map(Condition::new).collect();
        Self {
            path: row.text("attr").split('.').filter(|part| !part.is_empty()).collect(),
            shown: row.text("attr"),
            bad: row.texts("bad").collect(),
            lacks: row.texts("lacks").collect(),
            absent: match row.get("absent") {
                Some(V::Bool(true)) => Absent::Bad,
                Some(V::Text("attr")) => Absent::Attr,
                Some(V::Text("block")) => Absent::Block,
                _ => Absent::Good,
            },
            absent_before: row.int("absent-before").and_then(|major| u32::try_from(major).ok()),
            absent_unless: conditions("absent-unless"),
            when: conditions("when"),
            unless: conditions("unless"),
            beside: conditions("beside"),
            moot: row.text("moot"),
            says: text("says"),
            severity: match text("severity") {
                "critical" => Severity::Critical,
                "high" => Severity::High,
                "low" => Severity::Low,
                "note" => Severity::Note,
                _ => Severity::Medium,
            },
            level: match text("level") {
                "auditor" => Level::Auditor,
                "pedantic" => Level::Pedantic,
                _ => Level::Regular,
            },
            peers: row.texts("peers").collect(),
        }
    }
}

impl Condition {
    fn new(text: &'static str) -> Self {
        match text.split_once('=') {
            Some((attr, is)) => Self { attr, is: is.split('|').collect() },
            None => Self { attr: text, is: vec!["any"] },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_what_is_bad() {
        assert_eq!(TABLES.len(), 12);
        for row in TABLES.values().flat_map(|rows| &rows.list) {
            let judges = !row.bad.is_empty()
                || !row.lacks.is_empty()
                || row.absent != Absent::Good
                || row.absent_before.is_some()
                || row.path.is_empty();
            assert!(judges && !row.says.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn what_a_row_does_not_say_its_table_says() {
        let volume = rows("at-rest").unwrap().of("aws_ebs_volume").next().unwrap();
        assert_eq!((volume.says, volume.severity, volume.absent), ("is not encrypted at rest", Severity::High, Absent::Bad));
    }
}
