//! `Resource: "*"`, judged by what the actions are.

use std::sync::LazyLock;

use super::{KNOWN, is_mild, rows};
use crate::finding::Severity;
use crate::ir::{Dialect, Fact, FactKind, Grant, GrantSite, Kind, Node};
use crate::lower::iam::actions::{Action, Level, by_level, matching};
use crate::lower::iam::condition::narrows;
use crate::lower::iam::effective::{Identities, allows};
use crate::lower::iam::pattern::is_everything;
use crate::rules::Check;

/// Reads that on every resource are a leak of all data.
static READS: LazyLock<Vec<&'static str>> = LazyLock::new(|| rows("read"));
/// Calls that answer with a credential.
static CREDENTIALS: LazyLock<Vec<&'static str>> = LazyLock::new(|| rows("credentials"));

/// Writes, or reads of data, on every resource where they could be limited to some. What a denial of the same
/// holders takes off is not counted.
pub(in crate::rules) fn wildcard_resource(cx: &mut Check<'_>) {
    let identities = Identities::new(&cx.model.facts);
    for fact in cx.model.of(Kind::Grant) {
        if let FactKind::Grant(grant) = &fact.kind {
            statement(cx, fact, grant, &identities);
        }
    }
}

fn statement(cx: &mut Check<'_>, fact: &Fact, grant: &Grant, identities: &Identities<'_>) {
    let is_identity = matches!(grant.site, GrantSite::Identity | GrantSite::Unattached);
    if grant.dialect != Dialect::Aws || !is_identity || !allows(grant).is_yes() {
        return;
    }
    let Some(star) = grant
        .resources
        .iter()
        .find(|node| node.as_text().is_some_and(|text| is_everything(text).or(text.eq_str("arn:aws:s3:::*")).is_yes()))
    else {
        return;
    };
    if grant.conditions.iter().any(|condition| !narrows(condition, None).is_no()) {
        return;
    }
    let mut named: Vec<(Severity, Action)> = Vec::new();
    for pattern in grant.actions.iter().filter_map(Node::as_str).filter(|pattern| *pattern != "*:*") {
        named.extend(matching(pattern).into_iter().filter_map(|action| Some((weight(&action)?, action))));
    }
    let on = star.to_string();
    named.retain(|(_, action)| !identities.all_holders(grant, |identity| identity.is_denied(&action.name, &on)));
    named.sort_by(|a, b| (b.0, a.1.level, &a.1.name).cmp(&(a.0, b.1.level, &b.1.name)));
    named.dedup_by(|a, b| a.1.name == b.1.name);
    let Some((severity, _)) = named.first() else { return };
    let severity = (*severity).min(Severity::Medium);
    let actions: Vec<Action> = named.into_iter().map(|(_, action)| action).collect();
    let groups = match actions.as_slice() {
        [one] => format!("`{}`", one.name),
        many => by_level(many, &KNOWN),
    };
    let what = format!("`{}` allows {groups} on every resource (`{star}`)", fact.owner);
    cx.report(super::at(cx, fact, star, what).severity(severity));
}

/// How bad an action is on every resource; none if it knows no resources, or only shows settings.
fn weight(action: &Action) -> Option<Severity> {
    let is_in = |list: &[&str]| list.contains(&action.name.as_str());
    if !action.limited {
        return None;
    }
    match action.level {
        _ if is_mild(&action.name) => (action.level <= Level::Write).then_some(Severity::Low),
        Level::Permissions => Some(Severity::High),
        _ if is_in(&CREDENTIALS) => Some(Severity::High),
        Level::Write => Some(Severity::Medium),
        Level::Tagging => Some(Severity::Low),
        Level::Read | Level::List => is_in(&READS).then_some(Severity::Medium),
    }
}
