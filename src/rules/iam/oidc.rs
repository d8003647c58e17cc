//! Roles for workflows of shared platforms, whose trust says too little about whose.

use crate::finding::Severity;
use crate::ir::{Condition, Fact, Grant, GrantSite, Principal, PrincipalKind};
use crate::lower::iam::effective::allows;
use crate::rules::Check;

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

/// Providers that AWS knows by themselves, whose tokens are for whichever application asked for one, with the
/// claims that say which, or who.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const BUILT_IN: [(&str, &[&str]); 4] = [
    ("cognito-identity.amazonaws.com", &["aud", "sub"]),
    ("accounts.google.com", &["aud", "oaud", "sub", "email"]),
    ("graph.facebook.com", &["app_id", "id"]),
    ("www.amazon.com", &["app_id", "user_id"]),
];

/// What an identity provider calls those it issues tokens to.
fn workloads(issuer: &str) -> &'static str {
    if issuer == "oidc.eks." { "service account of the cluster" } else { "workflow" }
}

/// A role for workflows of a shared platform whose trust does not say whose.
pub(in crate::rules) fn oidc_subject(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.site != GrantSite::Trust || !allows(grant).is_yes() {
        return;
    }
    any_application(cx, fact, grant);
    let Some((principal, (issuer, prefix, end))) =
        grant.principals.iter().find_map(|principal| Some((principal, issuer(principal, grant)?)))
    else {
        return;
    };
    let claim = |name: &str| {
        let ending = format!(":{name}");
        grant.conditions.iter().filter(move |condition| condition.key.ends(&ending).is_yes()).collect::<Vec<_>>()
    };
    if grant.conditions.iter().any(|condition| condition.operator.is_empty() || condition.key.has_holes() && !is_claim(condition)) {
        return;
    }
    let subjects = claim("sub");
    if subjects.is_empty() {
        if TENANTS.contains(issuer) || OWNER_CLAIMS.iter().any(|name| !claim(name).is_empty()) {
            return;
        }
        let what = format!("`{}` can be assumed by any {} of `{issuer}`: no condition names the subject", fact.owner, workloads(issuer));
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
            let what = match severity {
                Severity::Medium => format!("`{}` can be assumed by every project of an owner (`{text}`)", fact.owner),
                Severity::High => format!("`{}` can be assumed by every {} (`{text}`)", fact.owner, workloads(issuer)),
                _ => format!("`{}` can be assumed by workflows of other owners on `{issuer}` (`{text}`)", fact.owner),
            };
            cx.report(super::at(cx, fact, value, what).severity(severity));
        }
    }
}

/// A role for users of a public provider, whatever application they signed in to.
fn any_application(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    for principal in grant.principals.iter().filter(|principal| principal.kind == PrincipalKind::Federated) {
        let Some((issuer, claims)) = BUILT_IN.iter().find(|(name, _)| principal.name.as_str() == Some(name)) else { continue };
        let names = |condition: &Condition| claims.iter().any(|claim| condition.key.ends(&format!(":{claim}")).is_yes());
        if !grant.conditions.iter().any(|condition| condition.operator.is_empty() || condition.key.has_holes() || names(condition)) {
            let what = format!("`{}` can be assumed by users of any application on `{issuer}`: no condition names one", fact.owner);
            cx.report(super::at(cx, fact, &principal.name, what).severity(Severity::Critical));
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

/// Whether a key with holes is a claim all the same: `${var.issuer}:sub`.
fn is_claim(condition: &Condition) -> bool {
    [":sub", ":aud"].iter().any(|claim| condition.key.ends(claim).is_yes())
        || OWNER_CLAIMS.iter().any(|claim| condition.key.ends(claim).is_yes())
}

/// How loose a subject's pattern is: open before the owner ends, or over all that an owner has.
fn looseness(subject: &str, prefix: &str, end: char, wild: bool) -> Option<Severity> {
    let first = subject.find(['*', '?']).filter(|_| wild)?;
    // The tokens of a cluster are its own workloads': what is open is only which of them.
    let is_cluster = prefix == "system:serviceaccount:";
    let open = if is_cluster { Severity::High } else { Severity::Critical };
    let Some(rest) = subject.strip_prefix(prefix) else {
        return (first < prefix.len()).then_some(open);
    };
    let (owner, below) = rest.split_once(end).unwrap_or((rest, ""));
    if owner.contains(['*', '?']) {
        return Some(open);
    }
    (below.starts_with('*') && !is_cluster).then_some(Severity::Medium)
}
