//! Rules of Kubernetes roles as [`Grant`]s: verbs on `group/resource`, the core group being empty.
//!
//! What narrows a rule is a condition: `resourceNames`, and the namespace of a role that is no cluster role.

use super::workload::to_manifest;
use crate::ir::{
    Condition, Dialect, Effect, Fact, FactKind, Field, Grant, Node, NodeKind, Part, Piece, Ref, Resource, ResourceMode, Scope, Text,
};

/// Adds the rules of a role. Roles and bindings of Terraform are those of a manifest, spelled otherwise.
pub(super) fn lower(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    if let Some(kind) = terraform_kind(&resource.ty).filter(|_| resource.mode == ResourceMode::Managed) {
        let manifest = Resource { provider: "kubernetes".into(), ty: kind.into(), attrs: to_manifest(&resource.attrs), ..resource.clone() };
        lower(fact, &manifest, out);
        out.push(Fact::new(fact.span, fact.owner.clone(), FactKind::Resource(manifest)));
        return;
    }
    if resource.provider != "kubernetes" || !matches!(resource.ty.as_str(), "Role" | "ClusterRole") {
        return;
    }
    for rule in resource.attrs.get("rules").map(Node::one_or_many).unwrap_or_default() {
        let list = |key: &str| rule.get(key).map(Node::one_or_many).unwrap_or_default();
        let (Some(verbs), false) = (rule.get("verbs"), list("resources").is_empty()) else { continue };
        let mut conditions = Vec::new();
        for (operator, values) in [("resourceNames", list("resourceNames")), ("namespace", namespace(resource))] {
            if !values.is_empty() || (operator == "namespace" && resource.ty == "Role") {
                let values = values.into_iter().cloned().collect();
                conditions.push(Condition { operator: operator.into(), key: Text::lit(operator, rule.span), values, span: rule.span });
            }
        }
        let grant = Grant {
            effect: Field::known(Effect::Allow, verbs.span),
            actions: verbs.one_or_many().into_iter().cloned().collect(),
            resources: resources(&list("apiGroups"), &list("resources")),
            conditions,
            open: rule.as_map().is_some_and(crate::ir::Map::is_open),
            holders: vec![Ref::new(Scope::Global, [resource.address.clone()])],
            ..Grant::new(Dialect::Kubernetes, rule.span)
        };
        out.push(Fact::new(verbs.span, fact.owner.clone(), FactKind::Grant(Box::new(grant))));
    }
}

/// The kind of manifest that a resource of the Kubernetes provider stands for.
fn terraform_kind(ty: &str) -> Option<&'static str> {
    Some(match ty.strip_suffix("_v1").unwrap_or(ty) {
        "kubernetes_role" => "Role",
        "kubernetes_cluster_role" => "ClusterRole",
        "kubernetes_role_binding" => "RoleBinding",
        "kubernetes_cluster_role_binding" => "ClusterRoleBinding",
        _ => return None,
    })
}

fn namespace(resource: &Resource) -> Vec<&Node> {
    if resource.ty == "Role" { resource.attrs.all("metadata.namespace") } else { Vec::new() }
}

/// Each resource in each group: `apps/deployments`, `/pods`.
fn resources(groups: &[&Node], names: &[&Node]) -> Vec<Node> {
    let mut out = Vec::new();
    for group in groups {
        for name in names {
            let (Some(group), Some(text)) = (group.as_text(), name.as_text()) else {
                out.push((*name).clone());
                continue;
            };
            let mut pieces = group.pieces.clone();
            pieces.push(Piece { span: name.span, part: Part::Lit("/".into()) });
            pieces.extend(text.pieces.iter().cloned());
            let joined = Text { pieces };
            // One known piece is what most questions want.
            let joined = match joined.known() {
                Some(known) => Text::lit(known.as_ref(), name.span),
                None => joined,
            };
            out.push(Node::new(name.span, NodeKind::Text(joined)));
        }
    }
    out
}
