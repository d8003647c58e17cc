//! Roles of Google Cloud as [`Grant`]s: a role is the action, the project or thing it is granted on the
//! resource (`project/shop`, `storage_bucket/logs`), a member the principal.
//!
//! One reading for `google_*_iam_member`, `_iam_binding` and `_iam_policy`, policies that stand as JSON or
//! YAML, and the objects of Config Connector.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, ToSmolStr};

use super::embedded;
use crate::ir::{
    Condition, Dialect, Fact, FactKind, Grant, GrantSite, Map, Node, NodeKind, Part, Piece, Principal, PrincipalKind, Ref, Resource,
    ResourceMode, Scope, Text, Why,
};

/// Adds what every binding, member, policy and custom role grants.
pub fn grants(facts: &[Fact], out: &mut Vec<Fact>) {
    let mut policies: FxHashMap<&str, &Resource> = FxHashMap::default();
    for resource in facts.iter().filter_map(Fact::resource) {
        if resource.ty == "google_iam_policy" && resource.mode == ResourceMode::Data {
            policies.insert(&resource.address, resource);
        }
    }
    for fact in facts {
        let Some(resource) = fact.resource() else { continue };
        if resource.mode != ResourceMode::Managed {
            continue;
        }
        let mut bindings = Bindings { fact, resource, out };
        if let Some(name) = resource.ty.strip_prefix("google_") {
            terraform(name, &policies, &mut bindings);
        } else if resource.provider == "google" && resource.ty == "iam-policy" {
            bindings.of_policy(&resource.attrs, "policy", None);
        } else if resource.provider == "kubernetes" && resource.ty.starts_with("IAM") {
            config_connector(&mut bindings);
        }
    }
}

/// The resources of the provider: `project_iam_member` grants on a `project`.
fn terraform(name: &str, policies: &FxHashMap<&str, &Resource>, bindings: &mut Bindings<'_>) {
    let attrs = &bindings.resource.attrs;
    if let Some(kind) = name.strip_suffix("_iam_member").or_else(|| name.strip_suffix("_iam_binding")) {
        bindings.binding(attrs, kind, target(kind, attrs));
    } else if let Some(kind) = name.strip_suffix("_iam_policy") {
        let Some(data) = attrs.get("policy_data") else { return };
        let known = data.as_ref().and_then(|reference| policies.get(reference.first()));
        match known {
            Some(policy) => bindings.of_policy(&policy.attrs, kind, target(kind, attrs)),
            None => bindings.of_policy(data, kind, target(kind, attrs)),
        }
    } else if matches!(name, "project_iam_custom_role" | "organization_iam_custom_role") {
        bindings.custom_role(attrs.get("permissions"));
    }
}

/// `IAMPolicyMember`, `IAMPartialPolicy` and `IAMPolicy` of Config Connector.
fn config_connector(bindings: &mut Bindings<'_>) {
    let Some(spec) = bindings.resource.attrs.get("spec") else { return };
    let on = spec.get("resourceRef");
    let kind = on.and_then(|on| on.get("kind")).and_then(Node::as_str).unwrap_or("resource").to_ascii_lowercase();
    let target = on.and_then(|on| on.get("external").or_else(|| on.get("name")));
    match bindings.resource.ty.as_str() {
        "IAMPolicyMember" => bindings.binding(spec, &kind, target),
        "IAMPolicy" | "IAMPartialPolicy" => bindings.of_policy(spec, &kind, target),
        "IAMCustomRole" => bindings.custom_role(spec.get("permissions")),
        _ => {}
    }
}

/// Which attribute names what a role is granted on.
fn target<'n>(kind: &str, attrs: &'n Node) -> Option<&'n Node> {
    const PLACES: [&str; 12] =
        ["role", "member", "members", "condition", "project", "location", "region", "zone", "policy_data", "id", "etag", "timeouts"];
    match kind {
        "project" => attrs.get("project"),
        "organization" => attrs.get("org_id"),
        _ => attrs.as_map()?.pairs().find(|(key, _)| !PLACES.contains(&key.as_str())).map(|(_, value)| value),
    }
}

/// The grants of one resource while they are made.
struct Bindings<'a> {
    fact: &'a Fact,
    resource: &'a Resource,
    out: &'a mut Vec<Fact>,
}

impl Bindings<'_> {
    /// The bindings of a policy: blocks, a map, or a text of JSON.
    fn of_policy(&mut self, policy: &Node, kind: &str, target: Option<&Node>) {
        let tree;
        let policy = match &policy.kind {
            NodeKind::Text(text) => match embedded::json(text) {
                Some(parsed) => {
                    tree = parsed;
                    &tree
                }
                None => return,
            },
            NodeKind::Call(call) if call.callee.last() == "jsonencode" => match call.args.first() {
                Some(argument) => argument,
                None => return,
            },
            _ => policy,
        };
        for list in ["binding", "bindings"] {
            for binding in policy.get(list).map(Node::one_or_many).unwrap_or_default() {
                self.binding(binding, kind, target);
            }
        }
    }

    /// A role for a member or some members.
    fn binding(&mut self, binding: &Node, kind: &str, target: Option<&Node>) {
        let Some(role) = binding.get("role") else { return };
        // A binding of nobody takes the role away from all who had it.
        if binding.get("members").is_some_and(|members| members.one_or_many().is_empty()) {
            return;
        }
        let mut grant = unread(binding);
        grant.site = GrantSite::Resource;
        grant.actions.push(role.clone());
        grant.resources.push(on(kind, target, role));
        for key in ["member", "members"] {
            for member in binding.get(key).map(Node::one_or_many).unwrap_or_default() {
                // Config Connector names what has the member, or writes `member: …` in a list.
                let name = member.get("member").unwrap_or(member);
                grant.principals.push(Principal { kind: principal_kind(name), name: name.clone() });
            }
        }
        if let Some(condition) = binding.get("condition").filter(|it| !it.one_or_many().is_empty()) {
            grant.conditions.push(Condition {
                operator: "expression".into(),
                key: condition.get("expression").and_then(Node::as_text).cloned().unwrap_or_default(),
                values: Vec::new(),
                span: condition.span,
            });
        }
        self.emit(grant);
    }

    /// A role of the repository's own: permissions, of nobody yet.
    fn custom_role(&mut self, permissions: Option<&Node>) {
        let Some(permissions) = permissions else { return };
        let mut grant = unread(permissions);
        permissions.each(&mut |permission| grant.actions.push(permission.clone()));
        grant.site = GrantSite::Unattached;
        self.emit(grant);
    }

    fn emit(&mut self, mut grant: Grant) {
        grant.holders.push(Ref::new(Scope::Hcl, [self.resource.address.clone()]));
        self.out.push(Fact::new(grant.span, self.fact.owner.clone(), FactKind::Grant(Box::new(grant))));
    }
}

/// A grant of nothing yet.
fn unread(node: &Node) -> Grant {
    Grant { open: node.as_map().is_some_and(Map::is_open), via: node.via.clone(), ..Grant::new(Dialect::Gcp, node.span) }
}

/// `kind/target`, with a hole for a target that is not known.
fn on(kind: &str, target: Option<&Node>, role: &Node) -> Node {
    let span = target.unwrap_or(role).span;
    let mut text = Text::default();
    text.pieces.push(Piece { span, part: Part::Lit([kind, "/"].concat().to_smolstr()) });
    text.push(target.cloned().unwrap_or_else(|| Node::unknown(Why::NoValue, span)));
    if let Some(known) = text.known().map(SmolStr::new) {
        text = Text::lit(known, span);
    }
    Node::new(span, NodeKind::Text(text))
}

fn principal_kind(name: &Node) -> PrincipalKind {
    match name.as_str() {
        Some("allUsers") => PrincipalKind::Anyone,
        _ => PrincipalKind::Member,
    }
}
