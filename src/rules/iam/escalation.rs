//! What an identity can make of its permissions: all its policies together, denials taken off,
//! against the ways of `rules/tables/aws_escalation.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::finding::Severity;
use crate::ir::{Fact, Node};
use crate::lower::iam::effective::{Held, Identities, Identity, Question};
use crate::rules::Check;
use crate::tables::table;

/// One way from some permissions to more.
struct Path {
    name: &'static str,
    /// Its page at pathfinding.cloud; empty for none.
    id: &'static str,
    actions: Vec<&'static str>,
    /// Who is given the role that is passed.
    service: Option<String>,
    severity: Severity,
}

static PATHS: LazyLock<Vec<Path>> = LazyLock::new(|| {
    let rows = table("aws_escalation").map_or(&[][..], |table| table.list("path"));
    rows.iter()
        .map(|row| Path {
            name: row.text("name"),
            id: row.text("id"),
            actions: row.texts("actions").collect(),
            service: Some(row.text("service")).filter(|name| !name.is_empty()).map(|name| format!("{name}.amazonaws.com")),
            severity: if row.text("severity") == "medium" { Severity::Medium } else { Severity::High },
        })
        .collect()
});

/// The place that allows each action of a way.
type Places<'m> = Vec<(&'m Fact, &'m Node)>;

/// Every identity's ways to more permissions, as one finding that names the first.
pub(in crate::rules) fn privilege_escalation(cx: &mut Check<'_>) {
    let identities = Identities::new(&cx.model.facts);
    for identity in identities.iter() {
        let groups: Vec<&Identity<'_>> = identity.groups.iter().filter_map(|group| identities.get(group)).collect();
        if identity.is_admin() || groups.iter().any(|group| group.is_admin()) {
            continue;
        }
        let joined: Vec<Held<'_>> = groups.iter().flat_map(|group| group.grants.iter().copied()).collect();
        let mut ways = ways(&identities, identity, &joined);
        // What a group may do is said where the group is judged.
        ways.retain(|(_, places)| groups.is_empty() || !groups.iter().any(|group| places.iter().all(|place| holds(group, place.0))));
        report(cx, identity, &ways);
    }
}

/// The ways that are open to an identity.
fn ways<'m>(identities: &Identities<'m>, identity: &Identity<'m>, more: &[Held<'m>]) -> Vec<(&'static Path, Places<'m>)> {
    let mut answers = FxHashMap::default();
    let mut ask = |action: &'static str, service: Option<&'static str>| {
        *answers.entry((action, service)).or_insert_with(|| identities.allowed(identity, more, Question { action, service }))
    };
    let open = |path: &'static Path| {
        let service = path.service.as_deref();
        let places = path.actions.iter().map(|action| ask(action, service.filter(|_| *action == "iam:PassRole")));
        Some((path, places.collect::<Option<Places<'m>>>()?))
    };
    PATHS.iter().filter_map(open).collect()
}

fn holds(identity: &Identity<'_>, fact: &Fact) -> bool {
    identity.grants.iter().any(|(held, _)| std::ptr::eq(*held, fact))
}

fn report(cx: &mut Check<'_>, identity: &Identity<'_>, ways: &[(&'static Path, Places<'_>)]) {
    let Some((first, places)) = ways.first() else { return };
    let Some((fact, node)) = places.first() else { return };
    let who = if places.iter().all(|(other, _)| other.owner == fact.owner) { fact.owner.as_str() } else { identity.holder };
    let others: Vec<&str> = ways[1..].iter().map(|(path, _)| path.name).filter(|name| *name != first.name).collect();
    let more = match others.as_slice() {
        [] => String::new(),
        [one] => format!(", and {one}"),
        [one, two] => format!(", {one}, and {two}"),
        [one, rest @ ..] => format!(", {one}, and has {} other ways", rest.len()),
    };
    let source = if first.id.is_empty() { String::new() } else { format!("; pathfinding.cloud {}", first.id) };
    let what = format!("`{who}` can {} (`{}`{source}){more}", first.name, first.actions.join("`, `"));
    let severity = ways.iter().map(|(path, _)| path.severity).max().unwrap_or(first.severity);
    let mut finding = super::at(cx, fact, node, what).severity(severity);
    for (place, (_, node)) in first.actions.iter().zip(places).skip(1) {
        finding = finding.related(node.span, format!("`{place}` is allowed here"));
    }
    cx.report(finding);
}
