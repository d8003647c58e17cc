//! Roles of Azure as [`Grant`]s: a role definition grants operations, an assignment a role by its name
//! (or by the id that all tenants share) on a scope.

use rustc_hash::FxHashMap;

use crate::ir::{
    Condition, Dialect, Fact, FactKind, Grant, GrantSite, Map, Node, NodeKind, Principal, PrincipalKind, Ref, Resource, ResourceMode, Scope,
};
use crate::tables::table;

/// Adds what every role definition, assignment and federated credential grants.
pub fn grants(facts: &[Fact], out: &mut Vec<Fact>) {
    let mut definitions: FxHashMap<&str, &Node> = FxHashMap::default();
    for resource in facts.iter().filter_map(Fact::resource) {
        if resource.ty == "azurerm_role_definition" && resource.mode == ResourceMode::Data {
            let name = resource.attrs.get("name").or_else(|| resource.attrs.get("role_definition_id"));
            definitions.extend(name.map(|name| (resource.address.as_str(), name)));
        }
    }
    for fact in facts {
        let Some(resource) = fact.resource() else { continue };
        if resource.mode != ResourceMode::Managed {
            continue;
        }
        let made = match resource.ty.as_str() {
            "azurerm_role_definition" => definition(resource),
            "azurerm_role_assignment" | "azurerm_pim_active_role_assignment" | "azurerm_pim_eligible_role_assignment" => {
                assignment(fact, resource, &definitions)
            }
            _ => Vec::new(),
        };
        out.extend(made.into_iter().map(|mut grant| {
            grant.holders.push(Ref::new(Scope::Hcl, [resource.address.clone()]));
            Fact::new(grant.span, fact.owner.clone(), FactKind::Grant(Box::new(grant)))
        }));
    }
}

fn items(node: Option<&Node>) -> Vec<Node> {
    let mut out = Vec::new();
    if let Some(node) = node {
        node.each(&mut |item| {
            if !matches!(item.kind, NodeKind::Null) {
                out.push(item.clone());
            }
        });
    }
    out
}

/// The permissions of a role: operations on resources, and those on the data in them.
fn definition(resource: &Resource) -> Vec<Grant> {
    let mut scopes = items(resource.attrs.get("assignable_scopes"));
    if scopes.is_empty() {
        scopes = items(resource.attrs.get("scope"));
    }
    let mut made = Vec::new();
    for block in resource.attrs.get("permissions").map(Node::one_or_many).unwrap_or_default() {
        for (allowed, but) in [("actions", "not_actions"), ("data_actions", "not_data_actions")] {
            let actions = items(block.get(allowed));
            if actions.is_empty() {
                continue;
            }
            made.push(Grant {
                site: GrantSite::Unattached,
                actions,
                not_actions: items(block.get(but)),
                resources: scopes.clone(),
                open: block.as_map().is_none_or(Map::is_open),
                ..Grant::new(Dialect::Azure, block.span)
            });
        }
    }
    made
}

/// A role for a principal.
fn assignment(fact: &Fact, resource: &Resource, definitions: &FxHashMap<&str, &Node>) -> Vec<Grant> {
    let attrs = &resource.attrs;
    let role = match (attrs.get("role_definition_name"), attrs.get("role_definition_id")) {
        (Some(name), _) if !matches!(name.kind, NodeKind::Null) => name.clone(),
        (_, Some(id)) => {
            let by_data = id.as_ref().and_then(|reference| definitions.get(reference.first()));
            let name = by_data.map_or(id, |name| name);
            let known = built_in(name).map(|known| Node { via: id.via.clone(), ..Node::text(known, id.span) });
            known.unwrap_or_else(|| Node { span: id.span, via: id.via.clone(), kind: name.kind.clone() })
        }
        _ => return Vec::new(),
    };
    let mut grant = Grant { site: GrantSite::Resource, actions: vec![role], ..Grant::new(Dialect::Azure, fact.span) };
    grant.resources = items(attrs.get("scope"));
    if let Some(name) = attrs.get("principal_id") {
        grant.principals.push(Principal { kind: PrincipalKind::Subject, name: name.clone() });
    }
    if let Some(condition) = attrs.get("condition").filter(|it| !matches!(it.kind, NodeKind::Null)) {
        let key = condition.as_text().cloned().unwrap_or_default();
        grant.conditions.push(Condition { operator: "expression".into(), key, values: Vec::new(), span: condition.span });
    }
    vec![grant]
}

/// The name of a role that is given by its id, which is the same in all tenants.
fn built_in(id: &Node) -> Option<&'static str> {
    let text = id.as_text()?;
    let rows = table("azure_roles").map_or(&[][..], |table| table.list("role"));
    rows.iter().find(|row| !row.text("id").is_empty() && text.ends(row.text("id")).is_yes()).map(|row| row.text("name"))
}
