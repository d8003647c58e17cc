//! Who holds a policy: attachments joined, so that two policies of one role are judged together.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Fact, FactKind, Node, Ref, Resource, Scope};

/// Addresses by root module, kind (`role`) and name: a name of another root is another principal.
type Names<'f> = FxHashMap<(&'f str, &'f str, &'f str), &'f SmolStr>;

/// The principals of identity policies, by the address of what holds them.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// From the address of a policy (inline or managed) to those of its principals.
    principals: FxHashMap<SmolStr, Vec<SmolStr>>,
}

impl Holders {
    pub(super) fn new(facts: &[Fact]) -> Self {
        let resources = || {
            facts.iter().filter_map(|fact| match &fact.kind {
                FactKind::Resource(resource) => Some(resource),
                _ => None,
            })
        };
        let mut names: Names<'_> = FxHashMap::default();
        for resource in resources().filter(|resource| matches!(resource.ty.as_str(), "aws_iam_role" | "aws_iam_user" | "aws_iam_group")) {
            if let Some(name) = resource.attrs.get("name").and_then(Node::as_str) {
                names.insert((resource.root(), &resource.ty[8..], name), &resource.address);
            }
        }
        let mut out = Self::default();
        for resource in resources() {
            out.read(resource, &names);
        }
        out
    }

    fn read(&mut self, resource: &Resource, names: &Names<'_>) {
        let mut principals = Vec::new();
        for (attr, kind) in
            [("role", "role"), ("user", "user"), ("group", "group"), ("roles", "role"), ("users", "user"), ("groups", "group")]
        {
            if let Some(node) = resource.attrs.get(attr) {
                node.each(&mut |item| principals.extend(principal(item, kind, resource.root(), names)));
            }
        }
        match resource.ty.as_str() {
            // CloudFormation's policies name who holds them.
            "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy" | "aws_iam_policy" => {
                self.principals.entry(resource.address.clone()).or_default().append(&mut principals);
            }
            "aws_iam_role_policy_attachment"
            | "aws_iam_user_policy_attachment"
            | "aws_iam_group_policy_attachment"
            | "aws_iam_policy_attachment" => {
                let policy = resource.attrs.get("policy_arn").and_then(Node::as_ref).and_then(|reference| reference.path.first());
                if let Some(policy) = policy {
                    self.principals.entry(policy.clone()).or_default().append(&mut principals);
                }
            }
            "aws_iam_role" | "aws_iam_user" | "aws_iam_group" => {
                let Some(arns) = resource.attrs.get("managed_policy_arns") else { return };
                arns.each(&mut |arn| {
                    if let Some(policy) = arn.as_ref().and_then(|reference| reference.path.first()) {
                        self.principals.entry(policy.clone()).or_default().push(resource.address.clone());
                    }
                });
            }
            _ => {}
        }
    }

    /// Whether no principal is seen behind a holder.
    pub(super) fn is_unused(&self, holder: &Ref) -> bool {
        self.principals.get(holder.first()).is_none_or(Vec::is_empty)
    }

    /// The principals behind a holder; the holder itself if none is seen.
    pub(super) fn resolve(&self, holder: &Ref) -> Vec<Ref> {
        match self.principals.get(holder.first()) {
            Some(principals) if !principals.is_empty() => {
                principals.iter().map(|address| Ref::new(Scope::Hcl, [address.clone()])).collect()
            }
            _ => vec![holder.clone()],
        }
    }
}

/// The address of a role, user or group from a reference to it or from its name.
fn principal(node: &Node, kind: &str, root: &str, names: &Names<'_>) -> Option<SmolStr> {
    if let Some(reference) = node.as_ref() {
        return reference.path.first().cloned();
    }
    let name = node.as_str()?;
    Some(names.get(&(root, kind, name)).map_or_else(
        || SmolStr::new(if root.is_empty() { format!("{kind} {name}") } else { format!("{root}/{kind} {name}") }),
        |address| SmolStr::clone(address),
    ))
}
