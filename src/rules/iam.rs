//! Permissions: what a policy allows, whoever wrote it and in whatever format.

pub(super) mod escalation;
pub(super) mod principal;
pub(super) mod resource;

use crate::finding::{Finding, Severity};
use crate::ir::{Dialect, Effect, Fact, Grant, GrantSite, Node, Resource, Tri};

use super::Check;

/// Services of which every action is as good as the account, or as its data.
const SENSITIVE: [&str; 11] = ["iam", "sts", "kms", "organizations", "secretsmanager", "s3", "lambda", "ec2", "ssm", "sso", "dynamodb"];

/// An allow statement whose action is `*`, `*:*` or `service:*`.
pub(super) fn wildcard_action(cx: &mut Check<'_>, fact: &Fact, grant: &Grant) {
    if grant.dialect != Dialect::Aws || grant.site == GrantSite::Boundary || !allows(grant).is_yes() {
        return;
    }
    for action in &grant.actions {
        let Some(text) = action.as_text() else { continue };
        if text.eq_str("*").or(text.eq_str("*:*")).is_yes() {
            let severity =
                if is_any_resource(grant).is_yes() && grant.site != GrantSite::Resource { Severity::Critical } else { Severity::High };
            let what = format!("`{}` allows every action (`{text}`) on {}", fact.owner, resources(grant));
            cx.report(at(cx, fact, action, what).severity(severity));
        } else if let Some(service) = text.as_str().and_then(|text| text.strip_suffix(":*"))
            && matches!(grant.site, GrantSite::Identity | GrantSite::Unattached)
        {
            let wide = is_any_resource(grant).is_yes();
            let severity = match (wide, SENSITIVE.contains(&service.to_ascii_lowercase().as_str())) {
                (true, true) => Severity::High,
                (true, false) | (false, true) => Severity::Medium,
                (false, false) => Severity::Low,
            };
            let what = format!("`{}` allows every action of `{service}` (`{text}`) on {}", fact.owner, resources(grant));
            cx.report(at(cx, fact, action, what).severity(severity));
        }
    }
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

/// The platform's own policies that are as good as the account.
const ADMIN_POLICIES: [&str; 3] = ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"];

/// A principal that is given one of [`ADMIN_POLICIES`].
pub(super) fn admin_policy(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let is_attachment = resource.ty.starts_with("aws_iam_") || resource.ty == "aws_ssoadmin_managed_policy_attachment";
    if !is_attachment {
        return;
    }
    for node in ["policy_arn", "managed_policy_arns", "managed_policy_arn"].iter().flat_map(|attr| resource.attrs.all(attr)) {
        node.each(&mut |arn| {
            let Some(text) = arn.as_text().filter(|text| text.contains(":policy/").is_yes() && text.starts("arn:").is_yes()) else {
                return;
            };
            let name = ADMIN_POLICIES.iter().find(|name| text.ends(&format!(":aws:policy/{name}")).is_yes());
            if let Some(name) = name {
                let severity = if *name == "AdministratorAccess" { Severity::High } else { Severity::Medium };
                let what = format!("`{}` gives `{name}`", fact.owner);
                cx.report(at(cx, fact, arn, what).severity(severity));
            }
        });
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

/// Whether the statement allows; without an effect it does.
fn allows(grant: &Grant) -> Tri {
    grant.effect.test(Tri::Yes, |effect| (*effect == Effect::Allow).into())
}

/// Whether it holds for every resource.
fn is_any_resource(grant: &Grant) -> Tri {
    Tri::any(grant.resources.iter().map(|node| node.as_text().map_or(Tri::Maybe, |text| text.eq_str("*"))))
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
