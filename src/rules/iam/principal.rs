//! Who is let in: everybody, every workflow of a platform, any customer of a service.

use crate::finding::Severity;
use crate::ir::{Condition, Dialect, Fact, FactKind, Grant, GrantSite, Kind, Node, Principal, PrincipalKind, Tri};
use crate::rules::Check;

/// Keys whose condition ties a statement for everybody to somebody.
const STRONG: [&str; 20] = [
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
];

/// An allow statement for every principal that no condition ties to somebody.
pub(in crate::rules) fn wildcard_principal(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    let is_open = matches!(grant.site, GrantSite::Resource | GrantSite::Trust);
    if grant.dialect != Dialect::Aws
        || !is_open
        || !super::allows(grant).is_yes()
        || grant.conditions.iter().any(|it| !is_strong(it).is_no())
    {
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
    let is_read = |action: &Node| {
        action.as_text().is_some_and(|text| [":Get", ":List", ":Describe", ":Head"].iter().any(|verb| text.contains(verb).is_yes()))
    };
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
            super::allows(grant).is_no()
                && grant.conditions.iter().any(|condition| {
                    condition.operator.to_ascii_lowercase().contains("not")
                        && Tri::any(STRONG.iter().map(|key| condition.key.glob_ignore_case(key))).is_yes()
                })
        }
        _ => false,
    };
    cx.model.of(Kind::Grant).any(|other| other.owner == fact.owner && other.span.file == fact.span.file && denies(other))
}

fn is_everybody(principal: &Principal) -> Tri {
    match principal.kind {
        PrincipalKind::Anyone => Tri::Yes,
        PrincipalKind::Aws => principal.name.as_text().map_or(Tri::Maybe, |name| name.eq_str("*").or(name.eq_str("arn:aws:iam::*:root"))),
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
        Some(text) => {
            text.eq_str("*").or(text.eq_str("arn:aws:*")).or(text.known().map_or(Tri::No, |text| crate::lower::cidr_is_open(&text).into()))
        }
        None => Tri::No,
    };
    is_key.and(!Tri::any(condition.values.iter().map(is_any)))
}

/// How an identity provider's tokens name who they are for: the provider, what its subjects begin
/// with, and what ends the owner.
const ISSUERS: [(&str, &str, char); 7] = [
    ("token.actions.githubusercontent.com", "repo:", '/'),
    ("gitlab", "project_path:", '/'),
    ("app.terraform.io", "organization:", ':'),
    ("oidc.circleci.com", "org/", '/'),
    ("api.bitbucket.org", "", ':'),
    ("agent.buildkite.com", "organization:", ':'),
    ("oidc.eks.", "system:serviceaccount:", ':'),
];

/// Providers whose address is that of one cluster or organisation: only its own workloads have tokens.
const TENANTS: [&str; 3] = ["oidc.circleci.com", "api.bitbucket.org", "oidc.eks."];

/// Claims that name the owner as well as the subject does.
const OWNER_CLAIMS: [&str; 8] = [
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "project_id",
    "namespace_id",
    "terraform_organization_id",
    "job_workflow_ref",
];

/// A role for workflows of a shared platform whose trust does not say whose.
pub(in crate::rules) fn oidc_subject(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.site != GrantSite::Trust || !super::allows(grant).is_yes() {
        return;
    }
    let Some((principal, (issuer, prefix, end))) =
        grant.principals.iter().find_map(|principal| Some((principal, issuer(principal, grant)?)))
    else {
        return;
    };
    let claim = |name: &str| {
        let ending = format!(":{name}");
        grant.conditions.iter().filter(move |condition| condition.key.ends(&ending).is_yes()).collect::<Vec<_>>()
    };
    if grant.conditions.iter().any(|condition| condition.operator.is_empty()) {
        return;
    }
    let subjects = claim("sub");
    if subjects.is_empty() {
        if TENANTS.contains(issuer) || OWNER_CLAIMS.iter().any(|name| !claim(name).is_empty()) {
            return;
        }
        let what = format!("`{}` can be assumed by any workflow of `{issuer}`: no condition names the subject", fact.owner);
        cx.report(super::at(cx, fact, &principal.name, what).severity(Severity::Critical));
        return;
    }
    for condition in subjects {
        let weak = condition.operator.to_ascii_lowercase().starts_with("forallvalues");
        let wild = condition.operator.to_ascii_lowercase().contains("like");
        for value in &condition.values {
            let Some(text) = value.as_text().and_then(crate::ir::Text::known) else { continue };
            let Some(severity) = looseness(&text, prefix, *end, wild) else {
                if weak {
                    let what = format!(
                        "`{}` trusts tokens without a subject: `{}` passes when the claim is missing",
                        fact.owner, condition.operator
                    );
                    cx.report(super::at(cx, fact, value, what).severity(Severity::High));
                }
                continue;
            };
            let what = format!("`{}` can be assumed by workflows of other owners on `{issuer}` (`{text}`)", fact.owner);
            let what = if severity == Severity::Medium {
                format!("`{}` can be assumed by every project of an owner (`{text}`)", fact.owner)
            } else {
                what
            };
            cx.report(super::at(cx, fact, value, what).severity(severity));
        }
    }
}

fn issuer(principal: &Principal, grant: &Grant) -> Option<&'static (&'static str, &'static str, char)> {
    if principal.kind != PrincipalKind::Federated {
        return None;
    }
    let by_name = |name: &str| principal.name.as_text().is_some_and(|text| text.contains(name).is_yes());
    let by_key = |name: &str| grant.conditions.iter().any(|condition| condition.key.contains(name).is_yes());
    ISSUERS.iter().find(|(name, _, _)| by_name(name) || by_key(name))
}

/// How loose a subject's pattern is: open before the owner ends, or over all that an owner has.
fn looseness(subject: &str, prefix: &str, end: char, wild: bool) -> Option<Severity> {
    let first = subject.find(['*', '?']).filter(|_| wild)?;
    let Some(rest) = subject.strip_prefix(prefix) else {
        return (first < prefix.len()).then_some(Severity::Critical);
    };
    let (owner, below) = rest.split_once(end).unwrap_or((rest, ""));
    if owner.contains(['*', '?']) {
        return Some(Severity::Critical);
    }
    (below.starts_with('*') && prefix != "system:serviceaccount:").then_some(Severity::Medium)
}

/// A service that may act for any of its customers.
pub(in crate::rules) fn confused_deputy(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    const TIES: [&str; 5] = ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceowner", "aws:principalorgid"];
    if grant.site != GrantSite::Resource || !super::allows(grant).is_yes() || !fact.owner.starts_with("aws_lambda_permission.") {
        return;
    }
    let is_tied = |condition: &Condition| Tri::any(TIES.iter().map(|key| condition.key.eq_ignore_case(key)));
    if Tri::any(grant.conditions.iter().map(is_tied)).is_no()
        && let Some(service) = grant.principals.iter().find(|principal| principal.kind == PrincipalKind::Service)
    {
        let what = format!("`{}` lets `{}` call the function for any account", fact.owner, service.name);
        cx.report(super::at(cx, fact, &service.name, what));
    }
}
