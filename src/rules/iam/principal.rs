//! Statements that let everybody in.

use crate::finding::Severity;
use crate::ir::{Condition, Dialect, Fact, FactKind, Grant, GrantSite, Kind, Node, Principal, PrincipalKind, Tri};
use crate::lower::iam::actions::{Level, matching};
use crate::lower::iam::effective::allows;
use crate::rules::Check;

/// Keys whose condition ties a statement for everybody to somebody.
const STRONG: [&str; 26] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalservicename",
    "aws:principaltag/*",
    "aws:userid",
    "aws:username",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:vpcsourceip",
    "s3:dataaccesspointaccount",
    "lambda:functionurlauthtype",
    "sts:externalid",
    "kms:calleraccount",
    "aws:principalisawsservice",
    "aws:principalservicenameslist",
    "aws:sourceorgpaths",
    "ec2:sourceinstancearn",
    // A file system that is mounted is reached from its own network alone.
    "elasticfilesystem:accessedviamounttarget",
    "s3:dataaccesspointarn",
];

/// An allow statement for every principal that no condition ties to somebody.
pub(in crate::rules) fn wildcard_principal(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    let is_open = matches!(grant.site, GrantSite::Resource | GrantSite::Trust);
    if grant.dialect != Dialect::Aws || !is_open || !allows(grant).is_yes() || grant.conditions.iter().any(|it| !is_strong(it).is_no()) {
        return;
    }
    if is_narrowed_by_deny(cx, fact) {
        return;
    }
    let public = grant.principals.iter().find(|principal| is_everybody(principal).is_yes());
    let (node, who) = match (public, grant.not_principals.first()) {
        (Some(principal), _) => (&principal.name, format!("everybody (`{}`)", principal.name)),
        (None, Some(but)) => (&but.name, format!("everybody but `{}`", but.name)),
        (None, None) => return,
    };
    let is_read = |action: &Node| action.as_str().is_some_and(reads_only);
    // What an API's own policy lets everybody do is what any API does: its methods ask for a token, and a
    // private one is reached through its endpoint alone.
    let is_invoke = |action: &Node| action.as_text().is_some_and(|text| text.starts("execute-api:").is_yes());
    let severity = match grant.site {
        GrantSite::Resource if !grant.actions.is_empty() && grant.actions.iter().all(is_invoke) => Severity::Medium,
        GrantSite::Resource if grant.actions.iter().all(is_read) => Severity::High,
        _ => Severity::Critical,
    };
    let verb = if grant.site == GrantSite::Trust { "be assumed by" } else { "be used by" };
    let actions: Vec<String> = grant.actions.iter().take(3).map(|action| format!("`{action}`")).collect();
    let what = format!(
        "`{}` can {verb} {who}: {}",
        fact.owner,
        if actions.is_empty() { "all but some actions".to_owned() } else { actions.join(", ") }
    );
    cx.report(super::at(cx, fact, node, what).severity(severity));
}

/// Whether a statement of the same policy denies everybody who is not somebody in particular: the usual
/// way to write "only through this endpoint".
fn is_narrowed_by_deny(cx: &Check<'_>, fact: &Fact) -> bool {
    let denies = |other: &Fact| match &other.kind {
        FactKind::Grant(grant) => {
            allows(grant).is_no()
                && grant.conditions.iter().any(|condition| {
                    condition.operator.to_ascii_lowercase().contains("not")
                        && Tri::any(STRONG.iter().map(|key| condition.key.glob_ignore_case(key))).is_yes()
                })
        }
        _ => false,
    };
    cx.model.of(Kind::Grant).any(|other| other.owner == fact.owner && other.span.file == fact.span.file && denies(other))
}

/// Whether a pattern stands for reads alone.
fn reads_only(pattern: &str) -> bool {
    let actions = matching(pattern);
    !actions.is_empty() && actions.iter().all(|action| action.level >= Level::Read)
}

fn is_everybody(principal: &Principal) -> Tri {
    match principal.kind {
        PrincipalKind::Anyone => Tri::Yes,
        PrincipalKind::Aws => principal.name.as_text().map_or(Tri::Maybe, |name| name.eq_str("*").or(name.eq_str("arn:aws:iam::*:root"))),
        PrincipalKind::Service => principal.name.as_text().map_or(Tri::Maybe, |name| name.eq_str("*")),
        _ => Tri::No,
    }
}

/// Whether a condition ties the statement to somebody. Negated and optional operators do not: a
/// request without the key passes them.
fn is_strong(condition: &Condition) -> Tri {
    let operator = condition.operator.to_ascii_lowercase();
    if operator.is_empty() {
        return Tri::Maybe;
    }
    if operator.ends_with("ifexists") || operator.contains("not") || operator.starts_with("forallvalues") || operator == "null" {
        return Tri::No;
    }
    let is_key = Tri::any(STRONG.iter().map(|key| condition.key.glob_ignore_case(key)));
    let is_any = |value: &Node| match value.as_text() {
        Some(text) => text.known().map_or(Tri::No, |text| (is_any_arn(&text) || crate::lower::cidr_is_open(&text)).into()),
        None => Tri::No,
    };
    is_key.and(!Tri::any(condition.values.iter().map(is_any)))
}

/// Whether a pattern holds what anybody may own: `*`, `arn:aws:*`, `arn:aws:sns:*:*:*`, `arn:aws:iam::*:role/x`.
fn is_any_arn(pattern: &str) -> bool {
    let mut parts = pattern.splitn(6, ':');
    let is_star = |part: Option<&str>| part.is_none_or(|part| part.bytes().all(|byte| byte == b'*'));
    pattern == "*"
        || parts.next() == Some("arn") && {
            let service = parts.nth(1);
            let (account, path) = (parts.nth(1), parts.next());
            match service {
                // The bucket's name stands for its owner: its ARN has no account.
                Some("s3") => is_star(path),
                // Every account can have a role of that name.
                Some("iam" | "sts") => account == Some("*"),
                _ => is_star(path) && is_star(account),
            }
        }
}
