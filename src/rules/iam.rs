//! Permissions: what a policy allows, whoever wrote it and in whatever format.

pub(super) mod attached;
pub(super) mod azure;
pub(super) mod deputy;
pub(super) mod escalation;
pub(super) mod google;
pub(super) mod oidc;
pub(super) mod principal;
pub(super) mod resource;

use std::sync::LazyLock;

use crate::finding::{Finding, Severity};
use crate::ir::{Dialect, Fact, FactKind, Grant, GrantSite, Kind, Node, Tri};
use crate::lower::iam::actions::{Level, by_level, is_service, matching};
use crate::lower::iam::effective::{Identities, allows};
use crate::lower::iam::pattern::{covers, is_every_action, is_everything};
use crate::lower::iam::used::Uses;
use crate::tables::table;

use super::Check;

/// Services of which every action is as good as the account, or as its data.
const SENSITIVE: [&str; 11] = ["iam", "sts", "kms", "organizations", "secretsmanager", "s3", "lambda", "ec2", "ssm", "sso", "dynamodb"];

/// Called actions that a message names.
const MAX_CALLED: usize = 8;

/// Every allow statement whose action is `*`, `*:*`, `service:*`, or a part of a service that changes it.
pub(super) fn wildcard_action(cx: &mut Check<'_>) {
    let identities = Identities::new(&cx.model.facts);
    let uses = Uses::new(&cx.model.facts, &cx.model.files);
    for fact in cx.model.of(Kind::Grant) {
        let FactKind::Grant(grant) = &fact.kind else { continue };
        if grant.dialect == Dialect::Aws && grant.site != GrantSite::Boundary && allows(grant).is_yes() {
            let denied = |pattern: &str| identities.all_holders(grant, |identity| identity.denies_all(pattern, &grant.resources));
            let around = Around { worst: worst(&identities, grant), uses: &uses };
            for action in &grant.actions {
                if !action.as_str().is_some_and(|pattern| pattern.contains('*') && denied(pattern)) {
                    wide_action(cx, fact, grant, action, around);
                }
            }
        }
    }
}

/// How bad a statement can be within the boundaries of those that hold it.
fn worst(identities: &Identities<'_>, grant: &Grant) -> Severity {
    if identities.all_holders(grant, |identity| identity.is_bounded().is_yes()) {
        Severity::Medium
    } else if identities.all_holders(grant, |identity| !identity.is_bounded().is_no()) {
        Severity::High
    } else {
        Severity::Critical
    }
}

/// What is known around a statement.
#[derive(Clone, Copy)]
struct Around<'a> {
    /// How bad it can be within the boundaries of its holders.
    worst: Severity,
    /// What the code of its holders calls.
    uses: &'a Uses<'a>,
}

impl Around<'_> {
    /// What a wildcard stands for: the actions that the code of its holders calls, where that is seen, else all
    /// that it allows.
    fn meaning(self, grant: &Grant, pattern: &str) -> String {
        let Some((actions, code)) = self.uses.of(grant, pattern) else {
            let groups = by_level(&matching(pattern), &KNOWN);
            return if groups.is_empty() { groups } else { format!(": {groups}") };
        };
        let more = if actions.len() > MAX_CALLED { format!(" and {} more", actions.len() - MAX_CALLED) } else { String::new() };
        let shown: Vec<String> = actions.into_iter().take(MAX_CALLED).map(|action| format!("`{action}`")).collect();
        format!("; the code in {code} calls {}{more}", shown.join(", "))
    }
}

fn wide_action(cx: &mut Check<'_>, fact: &Fact, grant: &Grant, action: &Node, around: Around<'_>) {
    let Some(text) = action.as_text() else { return };
    let is_identity = matches!(grant.site, GrantSite::Identity | GrantSite::Unattached);
    let wide = is_any_resource(grant).is_yes();
    // A bucket whose policy leaves everything to its access points: their policies say who may what.
    if grant.conditions.iter().any(|condition| condition.key.glob_ignore_case("s3:DataAccessPoint*").is_yes()) {
        return;
    }
    if is_every_action(text).is_yes() {
        let severity = if wide && grant.site != GrantSite::Resource { Severity::Critical } else { Severity::High };
        let what = format!("`{}` allows every action (`{text}`) on {}{}", fact.owner, resources(grant), around.meaning(grant, "*"));
        cx.report(at(cx, fact, action, what).severity(severity.min(around.worst)));
        return;
    }
    let Some(pattern) = text.as_str().filter(|_| is_identity) else { return };
    let Some((service, name)) = pattern.split_once(':') else { return };
    let is_sensitive = SENSITIVE.contains(&service.to_ascii_lowercase().as_str());
    if name.bytes().all(|byte| byte == b'*') {
        let severity = match (wide, is_sensitive) {
            (true, true) => Severity::High,
            (true, false) if is_mild(pattern) => Severity::Low,
            (true, false) | (false, true) => Severity::Medium,
            (false, false) => Severity::Low,
        };
        let meaning = around.meaning(grant, pattern);
        let what = format!("`{}` allows every action of `{service}` (`{text}`) on {}{meaning}", fact.owner, resources(grant));
        cx.report(at(cx, fact, action, what).severity(severity.min(around.worst)));
    } else if name.contains('*') && wide && is_sensitive {
        let granting = matching(pattern);
        if granting.len() > 1 && granting.iter().any(|action| action.level == Level::Permissions) && grant.conditions.is_empty() {
            let what = format!("`{}` allows `{text}` on {}{}", fact.owner, resources(grant), around.meaning(grant, pattern));
            cx.report(at(cx, fact, action, what).severity(Severity::Medium));
        }
    }
}

/// Names that a reader knows, to be shown where a wildcard is expanded.
static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| rows("known"));

/// Writes that services need on every resource.
static MILD: LazyLock<Vec<&'static str>> = LazyLock::new(|| rows("mild"));

/// Whether an action, or all that a pattern stands for, is one of them.
fn is_mild(pattern: &str) -> bool {
    MILD.iter().any(|mild| covers(mild, pattern))
}

/// The actions of a row of the table of escalation.
fn rows(key: &str) -> Vec<&'static str> {
    table("aws_escalation").and_then(|table| table.get(key)).map(|row| row.texts("actions").collect()).unwrap_or_default()
}

/// An allow statement for all actions or resources but some.
pub(super) fn not_action(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    let is_identity = matches!(grant.site, GrantSite::Identity | GrantSite::Unattached);
    if grant.dialect != Dialect::Aws || !is_identity || !allows(grant).is_yes() {
        return;
    }
    if let Some(first) = grant.not_actions.first()
        && is_any_resource(grant).is_yes()
    {
        let what = format!("`{}` allows every action but {} on {}", fact.owner, some(&grant.not_actions), resources(grant));
        cx.report(at(cx, fact, first, what));
    } else if let Some(first) = grant.not_resources.first() {
        let what = format!("`{}` allows {} on everything but {}", fact.owner, some(&grant.actions), some(&grant.not_resources));
        cx.report(at(cx, fact, first, what).severity(Severity::Medium));
    }
}

/// An action that its service does not know: a statement that does nothing, or will one day.
pub(super) fn unknown_action(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.dialect != Dialect::Aws {
        return;
    }
    for action in grant.actions.iter().chain(&grant.not_actions) {
        let Some((text, (service, _))) = action.as_str().and_then(|text| Some((text, text.split_once(':')?))) else { continue };
        if is_service(service) && matching(text).is_empty() {
            let what = format!("`{}` names `{text}`, which is no action of `{service}`", fact.owner);
            cx.report(at(cx, fact, action, what));
        }
    }
}

/// Some values for a message.
fn some(nodes: &[Node]) -> String {
    match nodes {
        [] => "some".to_owned(),
        [one] => format!("`{one}`"),
        [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
    }
}

/// Whether it holds for every resource.
fn is_any_resource(grant: &Grant) -> Tri {
    Tri::any(grant.resources.iter().map(|node| node.as_text().map_or(Tri::Maybe, is_everything)))
}

/// The resources for a message.
fn resources(grant: &Grant) -> String {
    if grant.resources.is_empty() { "its resource".to_owned() } else { some(&grant.resources) }
}

/// A finding at a value, with the way that it came. What comes through a name is one finding about
/// that name, however many use it.
fn at(cx: &Check<'_>, fact: &Fact, node: &Node, what: String) -> Finding {
    let finding = cx.finding(fact, node.span, what).via(&node.via);
    match node.via.hops().first() {
        Some(hop) => finding.subject(hop.name.clone()),
        None => finding,
    }
}
