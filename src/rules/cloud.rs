//! Properties of cloud resources by tables: each row of `rules/tables/cloud.toml` says which attribute of
//! which resource types means "public", "encrypted", "logged", what absence means and what is bad.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::finding::Severity;
use crate::ir::{Entry, Fact, FactKind, Kind, Node, NodeKind, Op, Resource, ResourceMode, Text, Tri, Why};
use crate::tables::{V, table};

use super::Check;

/// A row of the table.
struct Row {
    topic: &'static str,
    path: Vec<&'static str>,
    shown: &'static str,
    bad: Vec<&'static str>,
    /// Whether nothing written is bad: the platform's default.
    absent: bool,
    /// Whether the innermost block must be there for absence to count.
    in_block: bool,
    unless: &'static [V],
    /// A resource type that settles the matter for the whole account.
    moot: &'static str,
    says: &'static str,
    severity: Severity,
}

/// Rows by resource type; those with a pattern apart.
struct Rows {
    exact: FxHashMap<&'static str, Vec<Row>>,
    patterns: Vec<(&'static str, Row)>,
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let mut rows = Rows { exact: FxHashMap::default(), patterns: Vec::new() };
    for row in table("cloud").map_or(&[][..], |table| table.list("property")) {
        for ty in row.texts("types") {
            if ty.contains('*') {
                rows.patterns.push((ty, read(row)));
            } else {
                rows.exact.entry(ty).or_default().push(read(row));
            }
        }
    }
    rows
});

fn read(row: &'static V) -> Row {
    Row {
        topic: row.text("topic"),
        path: row.text("attr").split('.').collect(),
        shown: row.text("attr"),
        bad: row.texts("bad").collect(),
        absent: row.flag("absent"),
        in_block: row.flag("in-block"),
        unless: row.list("unless"),
        moot: row.text("moot"),
        says: row.text("says"),
        severity: match row.text("severity") {
            "critical" => Severity::Critical,
            "high" => Severity::High,
            "low" => Severity::Low,
            "note" => Severity::Note,
            _ => Severity::Medium,
        },
    }
}

/// Data that is kept in clear.
pub(super) fn unencrypted_at_rest(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "at-rest");
}

/// Traffic in clear, or under a broken version of TLS.
pub(super) fn unencrypted_in_transit(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "in-transit");
}

/// What the internet reaches.
pub(super) fn public_exposure(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "public");
}

/// The metadata service answers without a token.
pub(super) fn imds_v1(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "imds");
}

/// Nobody can see afterwards what happened.
pub(super) fn missing_logging(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "logging");
}

fn property(cx: &mut Check<'_>, fact: &Fact, resource: &Resource, topic: &str) {
    if resource.mode != ResourceMode::Managed {
        return;
    }
    let exact = ROWS.exact.get(resource.ty.as_str()).into_iter().flatten();
    let globs = ROWS.patterns.iter().filter(|(pattern, _)| is_like(&resource.ty, pattern)).map(|(_, row)| row);
    for row in exact.chain(globs).filter(|row| row.topic == topic) {
        if row.unless.iter().any(|unless| !exempt(unless, resource).is_no()) {
            continue;
        }
        let bad = find(&resource.attrs, &row.path, row);
        if bad.is_empty() || is_settled(cx, row.moot, resource.root()) {
            continue;
        }
        for found in bad {
            let (span, via, written) = match found {
                Some(node) => (node.span, node.via.clone(), format!(" (`{} = {}`)", row.shown, short(node))),
                None => (fact.span, crate::ir::Via::default(), format!(" (`{}` is not set)", row.shown)),
            };
            let finding = cx.finding(fact, span, format!("`{}` {}{written}", fact.owner, row.says)).via(&via).severity(row.severity);
            cx.report(match via.hops().first() {
                Some(hop) => finding.subject(hop.name.clone()),
                None => finding,
            });
        }
    }
}

/// Whether the account has the setting that makes a row moot, as far as the same root module says; one that
/// is switched off has no effect.
fn is_settled(cx: &Check<'_>, ty: &str, root: &str) -> bool {
    !ty.is_empty()
        && cx.model.of(Kind::Resource).any(|fact| match &fact.kind {
            FactKind::Resource(other) => {
                other.ty == ty && other.root() == root && other.attrs.get("enabled").is_none_or(|enabled| !enabled.truth().is_no())
            }
            _ => false,
        })
}

fn is_like(ty: &str, pattern: &str) -> bool {
    Text::lit(ty, crate::ir::Span::default()).glob(pattern).is_yes()
}

fn short(node: &Node) -> String {
    let text = node.to_string();
    if text.len() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}

/// The places where a row's attribute is provably bad: the value, or nothing where absence is.
fn find<'n>(node: &'n Node, path: &[&str], row: &Row) -> Vec<Option<&'n Node>> {
    let Some((key, rest)) = path.split_first() else { return Vec::new() };
    let mut found = Vec::new();
    let mut maps = Vec::new();
    node.each(&mut |item| maps.push(item));
    for item in maps {
        let Some(map) = item.as_map() else { continue };
        match map.get(key).filter(|value| !is_nothing(value)) {
            None => {
                if row.absent && !map.is_open() && (rest.is_empty() || !row.in_block) {
                    found.push(None);
                }
            }
            Some(value) if rest.is_empty() => value.each(&mut |value| {
                if is_bad(value, row) {
                    found.push(Some(value));
                }
            }),
            Some(value) => found.extend(find(value, rest, row)),
        }
    }
    found
}

/// Whether a value is provably one of the bad ones: of a condition that is not known, both branches.
fn is_bad(value: &Node, row: &Row) -> bool {
    match &value.kind {
        NodeKind::Op(Op::Cond, branches) => branches.len() == 3 && branches[1..].iter().all(|branch| is_bad(branch, row)),
        NodeKind::Null => row.absent,
        _ => row.bad.iter().any(|bad| equals(value, bad).is_yes()),
    }
}

/// `null`, or a list of no blocks.
fn is_nothing(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Null => true,
        NodeKind::List(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether a value is the one that the table writes: a word, a glob, `any`, or `open` for an open range.
fn equals(value: &Node, wanted: &str) -> Tri {
    match (wanted, &value.kind) {
        ("any", _) => Tri::Yes,
        ("true", _) => value.truth(),
        ("false", _) => !value.truth(),
        ("open", NodeKind::Text(text)) => text.known().map_or(Tri::Maybe, |text| crate::lower::cidr_is_open(&text).into()),
        (_, NodeKind::Text(text)) => text.glob_ignore_case(wanted),
        (_, NodeKind::Number(number)) => (number.to_string() == wanted).into(),
        (_, NodeKind::Null | NodeKind::Bool(_) | NodeKind::List(_) | NodeKind::Map(_)) => Tri::No,
        _ => Tri::Maybe,
    }
}

/// Whether an entry may set an attribute that is not seen. The defaults of a module that is not in the
/// repository don't.
fn may_set(entry: &Entry) -> bool {
    match entry {
        Entry::Pair { .. } => false,
        Entry::Spread(node) => !matches!(node.kind, NodeKind::Unknown(Why::Missing)),
        Entry::Computed { .. } => true,
    }
}

/// Whether something on the way to an attribute is not known.
fn is_hidden(attrs: &Node, path: &str) -> bool {
    let parents = path.match_indices('.').map(|(at, _)| &path[..at]);
    parents.flat_map(|parent| attrs.all(parent)).any(|node| matches!(node.kind, NodeKind::Unknown(_) | NodeKind::Ref(_) | NodeKind::Op(..)))
}

/// Whether an exception holds: an attribute with one of some values. What is not known may hold.
fn exempt(unless: &V, resource: &Resource) -> Tri {
    let path = unless.text("attr");
    let parents_open = resource.attrs.as_map().is_some_and(|map| map.entries.iter().any(may_set));
    let mut answer = if parents_open || is_hidden(&resource.attrs, path) { Tri::Maybe } else { Tri::No };
    for value in resource.attrs.all(path) {
        value.each(&mut |value| {
            if !is_nothing(value) {
                answer = answer.or(Tri::any(unless.texts("is").map(|wanted| equals(value, wanted))));
            }
        });
    }
    answer
}
