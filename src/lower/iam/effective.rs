//! What each identity may do: the statements of all its policies joined, denials taken off, within its
//! boundary, and on which targets.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::condition;
use super::pattern::{self, covers, matches};
use super::target::{Targets, is_wide};
use crate::ir::{Dialect, Effect, Fact, FactKind, Grant, GrantSite, Node, NodeKind, Resource, Text, Tri};

/// Denials of one identity that are held against what it is allowed; more than any account's quotas let through.
const MAX_DENIALS: usize = 1_000;

/// Statements for one action that are held against the denials before it counts as denied.
const MAX_DENIED: usize = 64;

/// A statement and the fact that it is.
pub type Held<'m> = (&'m Fact, &'m Grant);

/// A user, group or role, or a policy whose use is not seen.
#[derive(Debug)]
pub struct Identity<'m> {
    /// Its address, or its kind and name.
    pub holder: &'m str,
    /// The statements of its policies.
    pub grants: Vec<Held<'m>>,
    /// The addresses of the groups that it is in.
    pub groups: Vec<&'m str>,
    /// Those of the statements that deny something.
    denials: Vec<&'m Grant>,
    boundary: Boundary<'m>,
}

/// What an identity's permissions are bounded by.
#[derive(Debug)]
enum Boundary<'m> {
    /// Nothing.
    Open,
    /// A policy that is seen.
    Policy(Vec<&'m Grant>),
    /// One that is not.
    Unknown,
}

/// An action in question: on which target, and for a role that is passed, to which service.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// `iam:PassRole`.
    pub action: &'q str,
    /// `ec2.amazonaws.com`, if a role is passed to it.
    pub service: Option<&'q str>,
}

/// Every identity of a repository, and who of them is an administrator.
#[derive(Debug)]
pub struct Identities<'m> {
    /// In the order of their addresses.
    list: Vec<Identity<'m>>,
    /// Statements of which nobody says who holds them: each judged alone.
    alone: Vec<Identity<'m>>,
    targets: Targets<'m>,
}

impl<'m> Identities<'m> {
    /// The identities that facts show.
    pub fn new(facts: &'m [Fact]) -> Self {
        let mut held: BTreeMap<&str, Vec<Held<'m>>> = BTreeMap::new();
        let mut bounds: FxHashMap<&str, Vec<&Grant>> = FxHashMap::default();
        let mut trusts: FxHashMap<&str, Vec<&Grant>> = FxHashMap::default();
        let mut alone = Vec::new();
        for fact in facts {
            let FactKind::Grant(grant) = &fact.kind else { continue };
            if grant.dialect == Dialect::Aws && grant.holders.is_empty() && grant.site == GrantSite::Identity {
                alone.push(Identity::new(&fact.owner, vec![(fact, grant)], Vec::new(), Boundary::Open));
            }
            for holder in grant.holders.iter().filter(|_| grant.dialect == Dialect::Aws) {
                match grant.site {
                    GrantSite::Identity | GrantSite::Unattached => held.entry(holder.first()).or_default().push((fact, grant)),
                    GrantSite::Boundary => bounds.entry(holder.first()).or_default().push(grant),
                    GrantSite::Trust => trusts.entry(holder.first()).or_default().push(grant),
                    GrantSite::Resource => {}
                }
            }
        }
        let resources = || {
            facts.iter().filter_map(|fact| match &fact.kind {
                FactKind::Resource(resource) if resource.ty.starts_with("aws_iam_") => Some(resource),
                _ => None,
            })
        };
        let names = Names::new(resources());
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for resource in resources() {
            memberships(resource, &names, &mut groups);
        }
        // A user without a policy of its own may still be something by its groups.
        for user in groups.keys() {
            held.entry(user).or_default();
        }
        let mut limits: FxHashMap<&str, Boundary<'m>> =
            resources().filter_map(|resource| Some((resource.address.as_str(), boundary(resource, &held, &bounds)?))).collect();
        let list: Vec<Identity<'m>> = held
            .into_iter()
            .map(|(holder, grants)| {
                let groups = groups.remove(holder).unwrap_or_default();
                Identity::new(holder, grants, groups, limits.remove(holder).unwrap_or(Boundary::Open))
            })
            .collect();
        let mut admins: FxHashSet<&str> = list.iter().filter(|identity| identity.is_admin()).map(|identity| identity.holder).collect();
        for resource in resources() {
            admins.extend(given_everything(resource, &names));
        }
        Self { list, alone, targets: Targets::new(resources(), &admins, trusts) }
    }

    /// Every identity.
    pub fn iter(&self) -> impl Iterator<Item = &Identity<'m>> {
        self.list.iter().chain(&self.alone)
    }

    /// The identity of a holder.
    pub fn get(&self, holder: &str) -> Option<&Identity<'m>> {
        self.list.binary_search_by(|identity| identity.holder.cmp(holder)).ok().and_then(|at| self.list.get(at))
    }

    /// Whether something holds for all that hold a statement, of whom one at least is seen.
    pub fn all_holders(&self, grant: &Grant, test: impl Fn(&Identity<'m>) -> bool) -> bool {
        let mut holders = grant.holders.iter().filter_map(|holder| self.get(holder.first())).peekable();
        holders.peek().is_some() && holders.all(test)
    }

    /// Where the identity, by its own policies or those of `more` (its groups), is allowed an action on
    /// every target, or on one that is as good as every.
    pub fn allowed(&self, identity: &Identity<'m>, more: &[Held<'m>], question: Question<'_>) -> Option<(&'m Fact, &'m Node)> {
        let all = || identity.grants.iter().chain(more);
        if !identity.boundary.permits(question) {
            return None;
        }
        let candidates = all().filter_map(|(fact, grant)| {
            let node = allowing(grant, question)?;
            let reached =
                grant.resources.iter().find(|node| is_wide(node, question.action) || self.targets.reaches(node, identity.holder, question));
            let resource = match reached {
                Some(node) => node.as_text().map(ToString::to_string),
                None if grant.resources.is_empty() && !grant.not_resources.is_empty() && !grant.open => None,
                None => return None,
            };
            Some((*fact, node, resource))
        });
        let denied = |resource: Option<&str>| all().any(|(_, other)| denies(other, question, resource));
        let mut first = candidates.take(MAX_DENIED);
        let found = first.find(|(_, _, resource)| !denied(resource.as_deref()));
        found.map(|(fact, node, _)| (fact, node))
    }
}

impl<'m> Identity<'m> {
    fn new(holder: &'m str, grants: Vec<Held<'m>>, groups: Vec<&'m str>, boundary: Boundary<'m>) -> Self {
        let denials = grants.iter().map(|(_, grant)| *grant).filter(|grant| is_denial(grant)).take(MAX_DENIALS).collect();
        Self { holder, grants, groups, denials, boundary }
    }

    /// Whether it may do everything: there is nothing to escalate to.
    pub fn is_admin(&self) -> bool {
        matches!(self.boundary, Boundary::Open) && self.grants.iter().any(|(_, grant)| is_everything(grant))
    }

    /// Whether a boundary holds it back; unknown where the boundary is not seen.
    pub fn is_bounded(&self) -> Tri {
        match &self.boundary {
            Boundary::Open => Tri::No,
            Boundary::Unknown => Tri::Maybe,
            Boundary::Policy(grants) => (!grants.iter().any(|grant| is_everything(grant))).into(),
        }
    }

    /// Whether its policies take an action away again on what a pattern of resources names.
    pub fn is_denied(&self, action: &str, resource: &str) -> bool {
        let question = Question { action, service: None };
        self.denials.iter().any(|grant| denies(grant, question, Some(resource)))
    }

    /// Whether every action that a pattern covers is denied on every resource that `resources` name.
    pub fn denies_all(&self, pattern: &str, resources: &[Node]) -> bool {
        let is_whole = |grant: &Grant| {
            grant.conditions.is_empty()
                && grant.actions.iter().filter_map(Node::as_str).any(|action| covers(action, pattern))
                && !resources.is_empty()
                && resources.iter().all(|resource| includes(&grant.resources, resource.as_text().map(ToString::to_string).as_deref()))
        };
        self.denials.iter().any(|grant| is_whole(grant))
    }
}

impl Boundary<'_> {
    /// Whether it provably lets an action through.
    fn permits(&self, question: Question<'_>) -> bool {
        match self {
            Self::Open => true,
            Self::Unknown => false,
            Self::Policy(grants) => {
                grants.iter().any(|grant| allowing(grant, question).is_some_and(|_| !grant.resources.is_empty()))
                    && !grants.iter().any(|grant| denies(grant, question, Some("*")))
            }
        }
    }
}

/// Whether the statement allows; without an effect it does.
pub fn allows(grant: &Grant) -> Tri {
    grant.effect.test(Tri::Yes, |effect| (*effect == Effect::Allow).into())
}

/// Whether a statement alone allows everything.
fn is_everything(grant: &Grant) -> bool {
    allows(grant).is_yes()
        && grant.conditions.is_empty()
        && grant.resources.iter().filter_map(Node::as_text).any(|text| pattern::is_everything(text).is_yes())
        && grant.actions.iter().filter_map(Node::as_text).any(|text| pattern::is_every_action(text).is_yes())
}

fn is_denial(grant: &Grant) -> bool {
    grant.effect.test(Tri::No, |effect| (*effect == Effect::Deny).into()).is_yes()
}

/// The pattern by which a statement allows an action, whatever it names as resource, if no condition
/// narrows it.
fn allowing<'m>(grant: &'m Grant, question: Question<'_>) -> Option<&'m Node> {
    if !allows(grant).is_yes() || grant.conditions.iter().any(|it| !condition::narrows(it, question.service).is_no()) {
        return None;
    }
    match grant.not_actions.first() {
        Some(first) => (!grant.open && list_covers(&grant.not_actions, question.action).is_no()).then_some(first),
        None => grant.actions.iter().find(|node| matches(node, question.action).is_yes()),
    }
}

/// Whether a statement takes an action away: without a condition, or with one that spares somebody in
/// particular.
fn denies(grant: &Grant, question: Question<'_>, resource: Option<&str>) -> bool {
    is_denial(grant)
        && grant.conditions.iter().all(condition::guards)
        && (list_covers(&grant.actions, question.action).is_yes()
            || (!grant.not_actions.is_empty() && list_covers(&grant.not_actions, question.action).is_no()))
        && (!grant.not_resources.is_empty()
            || includes(&grant.resources, resource)
            || grant.resources.iter().any(|node| is_wide(node, question.action)))
}

/// Whether one of some patterns of resources includes another.
fn includes(patterns: &[Node], resource: Option<&str>) -> bool {
    patterns.iter().filter_map(Node::as_text).any(|text: &Text| {
        let pattern = text.to_string();
        pattern == "*" || resource.is_some_and(|resource| covers(&pattern, resource))
    })
}

fn list_covers(list: &[Node], action: &str) -> Tri {
    Tri::any(list.iter().map(|node| matches(node, action)))
}

/// Users, groups and roles by kind and name.
#[derive(Debug)]
struct Names<'m>(FxHashMap<(&'m str, &'m str), &'m str>);

impl<'m> Names<'m> {
    fn new(resources: impl Iterator<Item = &'m Resource>) -> Self {
        let named = |resource: &'m Resource| {
            let kind = resource.ty.strip_prefix("aws_iam_").filter(|kind| matches!(*kind, "role" | "user" | "group"))?;
            Some(((kind, resource.attrs.get("name").and_then(Node::as_str)?), resource.address.as_str()))
        };
        Self(resources.filter_map(named).collect())
    }

    /// The addresses that an attribute (`user`, `groups`) gives by reference or by name.
    fn addresses(&self, resource: &'m Resource, attr: &str) -> Vec<&'m str> {
        let mut found: Vec<&'m str> = Vec::new();
        let kind = attr.trim_end_matches('s');
        if let Some(node) = resource.attrs.get(attr) {
            node.each(&mut |item| {
                let by_name = || self.0.get(&(kind, item.as_str()?)).copied();
                found.extend(item.as_ref().map(crate::ir::Ref::first).or_else(by_name));
            });
        }
        found
    }
}

/// The user of a membership and its groups, by address.
fn memberships<'m>(resource: &'m Resource, names: &Names<'m>, groups: &mut BTreeMap<&'m str, Vec<&'m str>>) {
    let (users, of) = match resource.ty.as_str() {
        "aws_iam_user_group_membership" => (names.addresses(resource, "user"), names.addresses(resource, "groups")),
        "aws_iam_group_membership" => (names.addresses(resource, "users"), names.addresses(resource, "group")),
        "aws_iam_user" => (vec![resource.address.as_str()], names.addresses(resource, "groups")),
        _ => return,
    };
    for user in users.into_iter().filter(|_| !of.is_empty()) {
        groups.entry(user).or_default().extend(&of);
    }
}

/// The boundary that a user or role names.
fn boundary<'m>(
    resource: &'m Resource,
    held: &BTreeMap<&str, Vec<Held<'m>>>,
    bounds: &FxHashMap<&str, Vec<&'m Grant>>,
) -> Option<Boundary<'m>> {
    let node = resource.attrs.get("permissions_boundary").filter(|node| !matches!(node.kind, NodeKind::Null))?;
    if node.as_text().is_some_and(|text| text.ends(":aws:policy/AdministratorAccess").is_yes()) {
        return None;
    }
    let seen = node.as_ref().and_then(|reference| {
        let address = reference.first();
        let of = held.get(address).map(|held| held.iter().map(|(_, grant)| *grant).collect());
        bounds.get(address).cloned().or(of)
    });
    Some(seen.map_or(Boundary::Unknown, Boundary::Policy))
}

/// Who is given the platform's own policy for administrators.
fn given_everything<'m>(resource: &'m Resource, names: &Names<'m>) -> Vec<&'m str> {
    let is_everything = |node: &Node| node.as_text().is_some_and(|text| text.ends(":aws:policy/AdministratorAccess").is_yes());
    let mut given = false;
    for node in ["policy_arn", "managed_policy_arns"].iter().filter_map(|attr| resource.attrs.get(attr)) {
        node.each(&mut |item| given |= is_everything(item));
    }
    if !given {
        return Vec::new();
    }
    if matches!(resource.ty.as_str(), "aws_iam_role" | "aws_iam_user" | "aws_iam_group") {
        return vec![resource.address.as_str()];
    }
    ["role", "user", "group", "roles", "users", "groups"].iter().flat_map(|attr| names.addresses(resource, attr)).collect()
}
