//! Rules of Kubernetes roles as [`Grant`]s: verbs on `group/resource`, the core group being empty.
//!
//! What narrows a rule is a condition: `resourceNames`, and the namespace of a role that is no cluster role.

use crate::ir::{Condition, Dialect, Effect, Fact, FactKind, Field, Grant, Node, NodeKind, Part, Piece, Ref, Resource, Scope, Text};

/// Adds the rules of a role.
pub(super) fn lower(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
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
