//! On what an action is allowed: everything of its kind, an administrator of this repository, or the
//! holder itself.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::condition;
use super::effective::{Question, allows};
use super::pattern::{covers, is_everything};
use crate::ir::{Grant, Node, Part, PrincipalKind, Resource, Text};
use crate::tables::table;

/// The kinds of identity that actions of IAM are about, from the table of escalation.
static KINDS: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let rows = table("aws_escalation").and_then(|table| table.get("target"));
    let kinds = ["role", "user", "group", "policy"];
    kinds.iter().flat_map(|kind| rows.into_iter().flat_map(|row| row.texts(kind)).map(|action| (action, *kind))).collect()
});

/// Actions that need no other target than the holder itself.
static OWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    table("aws_escalation").and_then(|table| table.get("target")).map(|row| row.texts("own").collect()).unwrap_or_default()
});

/// Whether a pattern of resources holds everything that an action can be about: `*`, or every role for
/// an action on roles (`arn:aws:iam::*:role/*`).
pub(super) fn is_wide(resource: &Node, action: &str) -> bool {
    let Some(text) = resource.as_text() else { return false };
    if is_everything(text).is_yes() {
        return true;
    }
    if !text.starts("arn:").is_yes() {
        return false;
    }
    let shown = shape(text);
    let mut parts = shown.splitn(6, ':').skip(2);
    let (Some(service), Some(_), Some(account), Some(path)) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if account == "aws" || !is_of(service, action) {
        return false;
    }
    let is_rest = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| matches!(byte, b'*' | b'/' | b':'));
    let (kind, rest) = path.find(['/', ':']).map_or(("", path), |at| (&path[..at], &path[at + 1..]));
    let is_kind = kind.is_empty() || kind == "*" || KINDS.get(action).is_none_or(|known| *known == kind);
    is_kind && is_rest(rest) && !kind.contains('$')
}

/// A text with `$` for each hole: what a hole is called may hold a colon.
fn shape(text: &Text) -> String {
    let piece = |part: &Part| match part {
        Part::Lit(text) => text.to_string(),
        Part::Hole(_) => "$".to_owned(),
    };
    text.pieces.iter().map(|one| piece(&one.part)).collect()
}

/// Whether resources of a service are what an action can be about.
fn is_of(service: &str, action: &str) -> bool {
    match action.split(':').next().unwrap_or_default() {
        "sts" => covers(service, "iam"),
        "ssm" => covers(service, "ssm") || covers(service, "ec2"),
        own => covers(service, own),
    }
}

/// The administrators of a repository as targets.
#[derive(Debug)]
pub(super) struct Targets<'m> {
    /// Kind, address and name of each administrator.
    admins: Vec<(&'m str, &'m str, Option<&'m str>)>,
    trusts: FxHashMap<&'m str, Vec<&'m Grant>>,
}

impl<'m> Targets<'m> {
    pub(super) fn new(
        resources: impl Iterator<Item = &'m Resource>,
        admins: &FxHashSet<&str>,
        trusts: FxHashMap<&'m str, Vec<&'m Grant>>,
    ) -> Self {
        let found = resources.filter_map(|resource| {
            let kind = resource.ty.strip_prefix("aws_iam_").filter(|kind| matches!(*kind, "role" | "user"))?;
            let name = resource.attrs.get("name").and_then(Node::as_str);
            admins.contains(resource.address.as_str()).then_some((kind, resource.address.as_str(), name))
        });
        Self { admins: found.collect(), trusts }
    }

    /// Whether a pattern of resources holds somebody who makes the action as good as on everybody.
    pub(super) fn reaches(&self, resource: &Node, holder: &str, question: Question<'_>) -> bool {
        let Some(kind) = KINDS.get(question.action) else { return false };
        if OWN.contains(&question.action) && is_own(resource, holder) {
            return true;
        }
        self.admins.iter().any(|(of, address, name)| {
            of == kind && *address != holder && is_named(resource, kind, address, *name) && self.lets_in(address, question)
        })
    }

    /// Whether a role that is to be passed or assumed trusts who would be it.
    fn lets_in(&self, role: &str, question: Question<'_>) -> bool {
        let trusted = |test: &dyn Fn(&Grant) -> bool| self.trusts.get(role).is_some_and(|grants| grants.iter().any(|grant| test(grant)));
        match (question.action, question.service) {
            ("iam:PassRole", None) => false,
            ("iam:PassRole", Some(service)) => trusted(&|grant| {
                allows(grant).is_yes() && grant.principals.iter().any(|principal| principal.name.as_str() == Some(service))
            }),
            ("sts:AssumeRole", _) => trusted(&|grant| {
                allows(grant).is_yes()
                    && grant.conditions.iter().all(|it| condition::narrows(it, None).is_no())
                    && grant.principals.iter().any(|principal| principal.kind == PrincipalKind::Aws)
            }),
            _ => true,
        }
    }
}

/// Whether a pattern names an identity, by reference or by its name.
fn is_named(resource: &Node, kind: &str, address: &str, name: Option<&str>) -> bool {
    if let Some(reference) = resource.as_ref() {
        return reference.first() == address;
    }
    let (Some(text), Some(name)) = (resource.as_text(), name) else { return false };
    let shown = text.to_string();
    let Some(at) = shown.rfind(&format!(":{kind}/")) else { return false };
    let pattern = &shown[at + kind.len() + 2..];
    covers(pattern, name) || pattern.rsplit_once('/').is_some_and(|(_, last)| covers(last, name))
}

/// Whether a pattern is the holder: by reference, or by the variable for the caller's name.
fn is_own(resource: &Node, holder: &str) -> bool {
    match resource.as_ref() {
        Some(reference) => reference.first() == holder,
        None => resource.as_text().is_some_and(|text| {
            let shown = text.to_string();
            shown.ends_with(":user/${aws:username}") || shown.ends_with(":user/&{aws:username}")
        }),
    }
}
