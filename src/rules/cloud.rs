//! Properties of cloud resources by tables: each row of `rules/tables/cloud-*.toml` says which attribute of
//! which resource types means "public", "encrypted", "logged", what absence means and what is bad.

mod rows;

use std::borrow::Cow;

use crate::finding::Finding;
use crate::ir::{Entry, Fact, Map, Node, NodeKind, Op, Resource, ResourceMode, Span, Text, Tri, Via, Why};
use crate::link::routes::is_for_everybody;

use self::rows::{Absent, Condition, Row, rows};
use super::Check;

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

/// Who need not prove who they are, or only weakly.
pub(super) fn weak_authentication(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "authentication");
}

/// An endpoint of an API that everybody may call, and that is not meant for everybody by nature.
pub(super) fn api_without_authorization(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let key = resource.attrs.get("route_key");
    let is_meant = key.and_then(Node::as_str).and_then(|key| key.split_once(' ')).is_some_and(|(method, path)| {
        let span = key.map_or(fact.span, |key| key.span);
        is_for_everybody(method, &Text::lit(path, span))
    });
    if !is_meant {
        property(cx, fact, resource, "authorization");
    }
}

/// A protection of the platform is off.
pub(super) fn protection_off(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "hardening");
}

/// What was destroyed is gone; a key stays the same for ever.
pub(super) fn missing_recovery(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "recovery");
}

/// A flag of a cluster's own programs that opens it.
pub(super) fn control_plane(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "control-plane");
}

/// A policy that lets pods out of their fence.
pub(super) fn pod_policy(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "pod-policy");
}

/// What checklists ask for and attackers don't.
pub(super) fn hygiene(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    property(cx, fact, resource, "hygiene");
}

fn property(cx: &mut Check<'_>, fact: &Fact, resource: &Resource, table: &str) {
    let Some(rows) = rows(table) else { return };
    let ty = match resource.mode {
        ResourceMode::Managed => Cow::Borrowed(resource.ty.as_str()),
        ResourceMode::Data => Cow::Owned(format!("data.{}", resource.ty)),
        _ => return,
    };
    // Of two rows about one attribute, the first is the more urgent one.
    let mut told: Vec<(&str, Span)> = Vec::new();
    for row in rows.of(&ty) {
        let is_off = |condition: &Condition| !holds(condition, &resource.attrs).is_no();
        if row.unless.iter().any(is_off) || !row.when.iter().all(|condition| holds(condition, &resource.attrs).is_yes()) {
            continue;
        }
        if !row.moot.is_empty() && cx.model.platform.has(resource.root(), row.moot) {
            continue;
        }
        let default_is_old = || row.absent_before.is_some_and(|major| cx.model.platform.is_before(&cx.model.files, fact, resource, major));
        for found in find(&resource.attrs, &row.path, row, &default_is_old) {
            let place = (row.shown, found.place().filter(|place| place.file == fact.span.file).unwrap_or(fact.span));
            if told.contains(&place) {
                continue;
            }
            told.push(place);
            if matches!(found, Found::Nothing(_)) && row.absent_unless.iter().any(|condition| holds(condition, &resource.attrs).is_yes()) {
                continue;
            }
            let finding = match &found {
                Found::Value(node) => {
                    let what = format!("`{}` {} (`{} = {}`)", fact.owner, row.says, row.shown, short(node));
                    about(cx.finding(fact, node.span, what), &node.via)
                }
                // Several attributes that are not set stand at one place.
                Found::Nothing(_) => {
                    let written = if row.path.is_empty() { String::new() } else { format!(" (`{}` is not set)", row.shown) };
                    let finding = cx.finding(fact, place.1, format!("`{}` {}{written}", fact.owner, row.says));
                    finding.subject(format!("{} {}", fact.owner, row.shown))
                }
            };
            cx.report(finding.severity(row.severity).level(row.level).peers(&row.peers));
        }
    }
}

/// A value that came from elsewhere makes one finding however many resources take it.
fn about(finding: Finding, via: &Via) -> Finding {
    let finding = finding.via(via);
    match via.hops().first() {
        Some(hop) => finding.subject(hop.name.clone()),
        None => finding,
    }
}

fn short(node: &Node) -> String {
    let text = node.to_string();
    if text.len() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}

/// A place where a row's attribute is provably bad.
enum Found {
    /// This value is.
    Value(Node),
    /// Nothing is written, and the default is bad: in this block, or in the resource.
    Nothing(Option<Span>),
}

impl Found {
    fn place(&self) -> Option<Span> {
        match self {
            Self::Value(node) => Some(node.span),
            Self::Nothing(block) => *block,
        }
    }
}

fn find(node: &Node, path: &[&str], row: &Row, default_is_old: &dyn Fn() -> bool) -> Vec<Found> {
    let Some((key, rest)) = path.split_first() else {
        return if row.path.is_empty() { vec![Found::Nothing(None)] } else { Vec::new() };
    };
    let node = crate::lower::embedded::document(node);
    let mut found = Vec::new();
    node.each(&mut |item| {
        let Some(map) = item.as_map() else { return };
        match map.get(key).filter(|value| !is_nothing(value)) {
            None => {
                let is_bad = match row.absent {
                    Absent::Good => default_is_old(),
                    Absent::Bad => true,
                    Absent::Attr => rest.is_empty(),
                    Absent::Block => !rest.is_empty(),
                };
                // A block of which more may be set says so by `null` that nothing is.
                let is_unset = map.get(key).is_some_and(|list| list.as_list().is_some()) || map.field(key, |_| Some(())).is_absent();
                if is_bad && is_unset && stands_beside(row, map) {
                    found.push(Found::Nothing(hole(item, key, path.len() < row.path.len())));
                }
            }
            Some(value) if rest.is_empty() => {
                if stands_beside(row, map) {
                    if lacks_one(value, row) {
                        found.push(Found::Value(value.clone()));
                    }
                    value.each(&mut |value| {
                        if is_bad(value, row) {
                            found.push(Found::Value(value.clone()));
                        }
                    });
                }
            }
            Some(value) => found.extend(find(value, rest, row, default_is_old)),
        }
    });
    found
}

/// Where a reader looks for what is not set: at the empty list that is written, else at the block without it.
/// What came from elsewhere stands elsewhere.
fn hole(item: &Node, key: &str, is_block: bool) -> Option<Span> {
    let written = item.get(key).filter(|value| matches!(value.kind, NodeKind::List(_)));
    let node = written.or(Some(item).filter(|_| is_block))?;
    node.via.hops().is_empty().then_some(node.span)
}

/// Whether a value is provably one of the bad ones: of a condition that is not known, both branches.
fn is_bad(value: &Node, row: &Row) -> bool {
    match &value.kind {
        NodeKind::Op(Op::Cond, branches) => branches.len() == 3 && branches[1..].iter().all(|branch| is_bad(branch, row)),
        NodeKind::Null => matches!(row.absent, Absent::Bad | Absent::Attr),
        _ => row.bad.iter().any(|bad| equals(value, bad).is_yes()),
    }
}

/// Whether a list provably holds not all that it must.
fn lacks_one(value: &Node, row: &Row) -> bool {
    row.lacks.iter().any(|wanted| Tri::any(value.one_or_many().into_iter().map(|item| equals(item, wanted))).is_no())
}

/// Whether the conditions on the neighbours in the same block hold.
fn stands_beside(row: &Row, map: &Map) -> bool {
    row.beside
        .iter()
        .all(|condition| map.get(condition.attr).is_some_and(|value| condition.is.iter().any(|wanted| equals(value, wanted).is_yes())))
}

/// `null`, or a list of no blocks.
fn is_nothing(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Null => true,
        NodeKind::List(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether a value is the one that the table writes.
fn equals(value: &Node, wanted: &str) -> Tri {
    match (wanted, &value.kind) {
        ("any", _) => Tri::Yes,
        // Google's metadata is text: `enable-oslogin = "TRUE"`.
        ("true" | "false", NodeKind::Text(text)) => text.eq_ignore_case(wanted),
        ("true", _) => value.truth(),
        ("false", _) => !value.truth(),
        ("open", NodeKind::Text(text)) => text.known().map_or(Tri::Maybe, |text| crate::lower::cidr_is_open(&text).into()),
        (_, NodeKind::Text(_) | NodeKind::Number(_)) if wanted.starts_with(['<', '>']) => compares(value, wanted),
        ("*", NodeKind::Text(text)) => text.eq_str("*"),
        (_, NodeKind::Text(text)) => match wanted.strip_prefix('^') {
            Some(head) => text.starts(head),
            None => text.glob_ignore_case(wanted),
        },
        (_, NodeKind::Number(number)) => (number.to_string() == wanted).into(),
        (_, NodeKind::Null | NodeKind::Bool(_) | NodeKind::List(_) | NodeKind::Map(_)) => Tri::No,
        _ => Tri::Maybe,
    }
}

/// `<14`, `>2`; a value may be seconds as Google writes them: `7776000s`.
fn compares(value: &Node, wanted: &str) -> Tri {
    let seconds = || value.as_str()?.strip_suffix('s')?.parse().ok();
    let (Some(number), Ok(bound)) = (value.as_number().or_else(seconds), wanted[1..].parse::<f64>()) else { return Tri::Maybe };
    (if wanted.starts_with('<') { number < bound } else { number > bound }).into()
}

/// Whether a condition holds. What is not known may hold.
fn holds(condition: &Condition, attrs: &Node) -> Tri {
    let path: Vec<&str> = condition.attr.split('.').collect();
    let mut answer = Tri::No;
    visit(attrs, &path, &mut |value| {
        answer = answer.or(match value {
            Some(value) => Tri::any(condition.is.iter().map(|wanted| equals(value, wanted))),
            None => Tri::Maybe,
        });
    });
    answer
}

/// Shows each value at a path, down into JSON texts; nothing for one that may be there.
fn visit(node: &Node, path: &[&str], show: &mut dyn FnMut(Option<&Node>)) {
    let Some((key, rest)) = path.split_first() else {
        node.each(&mut |item| {
            if !is_nothing(item) {
                show(Some(item));
            }
        });
        return;
    };
    crate::lower::embedded::document(node).each(&mut |item| match item.as_map() {
        Some(map) => match map.get(key) {
            Some(value) => visit(value, rest, show),
            None if map.entries.iter().any(may_set) => show(None),
            None => {}
        },
        None if is_settled(item) => {}
        None => show(None),
    });
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

/// Whether a value that is no map is known to hold none.
fn is_settled(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::List(_))
}
