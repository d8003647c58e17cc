//! What a principal can make of its permissions: all its policies together, denials taken off,
//! against the ways of `rules/tables/aws_escalation.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::finding::Severity;
use crate::ir::{Dialect, Effect, Fact, FactKind, Grant, GrantSite, Kind, Node, Ref, Tri};
use crate::rules::Check;
use crate::tables::table;

/// One way from some permissions to more.
struct Path {
    name: &'static str,
    actions: Vec<&'static str>,
    severity: Severity,
}

static PATHS: LazyLock<Vec<Path>> = LazyLock::new(|| {
    let rows = table("aws_escalation").map_or(&[][..], |table| table.list("path"));
    rows.iter()
        .map(|row| Path {
            name: row.text("name"),
            actions: row.texts("actions").collect(),
            severity: if row.text("severity") == "medium" { Severity::Medium } else { Severity::High },
        })
        .collect()
});

/// Every principal's ways to more permissions, as one finding that names the first.
pub(in crate::rules) fn privilege_escalation(cx: &mut Check<'_>) {
    let mut principals: BTreeMap<&Ref, Vec<(&Fact, &Grant)>> = BTreeMap::new();
    for fact in cx.model.of(Kind::Grant) {
        let FactKind::Grant(grant) = &fact.kind else { continue };
        if grant.dialect == Dialect::Aws && matches!(grant.site, GrantSite::Identity | GrantSite::Unattached) {
            for holder in &grant.holders {
                principals.entry(holder).or_default().push((fact, grant));
            }
        }
    }
    for (holder, grants) in principals {
        if grants.iter().any(|(_, grant)| is_admin(grant)) {
            continue;
        }
        let found: Vec<(&Path, Vec<(&Fact, &Node)>)> = PATHS.iter().filter_map(|path| Some((path, way(path, &grants)?))).collect();
        let Some((first, places)) = found.first() else { continue };
        let Some((fact, node)) = places.first() else { continue };
        let who = if places.iter().all(|(other, _)| other.owner == fact.owner) { fact.owner.as_str() } else { holder.first() };
        let more = match found.len() {
            1 => String::new(),
            count => format!(", and in {} other ways", count - 1),
        };
        let what = format!("`{who}` can {} (`{}`){more}", first.name, first.actions.join("`, `"));
        let mut finding = super::at(cx, fact, node, what).severity(first.severity);
        for (place, (_, node)) in first.actions.iter().zip(places).skip(1) {
            finding = finding.related(node.span, format!("`{place}` is allowed here"));
        }
        cx.report(finding);
    }
}

/// Full administrators have nothing to escalate to; that is another rule's finding.
fn is_admin(grant: &Grant) -> bool {
    super::allows(grant).is_yes()
        && super::is_any_resource(grant).is_yes()
        && grant.actions.iter().filter_map(Node::as_text).any(|text| text.eq_str("*").or(text.eq_str("*:*")).is_yes())
}

/// For each action of a path the place that allows it, if all are allowed.
fn way<'m>(path: &Path, grants: &[(&'m Fact, &'m Grant)]) -> Option<Vec<(&'m Fact, &'m Node)>> {
    path.actions.iter().map(|action| grants.iter().find_map(|(fact, grant)| Some((*fact, allowed(action, grant, grants)?)))).collect()
}

/// Where `grant` allows an action on every resource, unconditionally, and no other statement denies it.
fn allowed<'m>(action: &str, grant: &'m Grant, all: &[(&Fact, &Grant)]) -> Option<&'m Node> {
    if !super::allows(grant).is_yes() || !super::is_any_resource(grant).is_yes() || !grant.conditions.is_empty() {
        return None;
    }
    let node = match grant.not_actions.first() {
        Some(first) if !grant.open && covers(&grant.not_actions, action).is_no() => first,
        Some(_) => return None,
        None => grant.actions.iter().find(|node| matches(node, action).is_yes())?,
    };
    let denied = all.iter().any(|(_, other)| {
        !super::allows(other).is_yes()
            && other.effect.test(Tri::No, |effect| (*effect == Effect::Deny).into()).is_yes()
            && other.conditions.is_empty()
            && (covers(&other.actions, action).is_yes() || (!other.not_actions.is_empty() && covers(&other.not_actions, action).is_no()))
    });
    (!denied).then_some(node)
}

fn covers(list: &[Node], action: &str) -> Tri {
    Tri::any(list.iter().map(|node| matches(node, action)))
}

/// Whether the pattern that a policy writes covers an action.
fn matches(pattern: &Node, action: &str) -> Tri {
    match pattern.as_text() {
        Some(text) => match text.known() {
            Some(pattern) => crate::ir::Text::lit(action, pattern_span(text)).glob_ignore_case(&pattern),
            None => Tri::Maybe,
        },
        None => Tri::Maybe,
    }
}

fn pattern_span(text: &crate::ir::Text) -> crate::ir::Span {
    text.pieces.first().map(|piece| piece.span).unwrap_or_default()
}
