//! AWS policy documents to [`Grant`]s: documents as values, as JSON in text, and as
//! `aws_iam_policy_document` data sources, which are merged as the provider merges them.

pub mod actions;
mod document;
mod holders;

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use self::document::Documents;
use crate::ir::{Fact, FactKind, Grant, GrantSite, Node, NodeKind, Ref, Resource, Scope};
use crate::tables::table;

/// Where a policy stands: the attribute's path and the kind of policy.
type Place = (&'static str, GrantSite);

/// The attributes that hold policies, by resource type.
static PLACES: LazyLock<FxHashMap<&'static str, Vec<Place>>> = LazyLock::new(|| {
    let mut places: FxHashMap<&'static str, Vec<Place>> = FxHashMap::default();
    for row in table("aws_policies").map_or(&[][..], |table| table.list("policy")) {
        let site = match row.text("site") {
            "identity" => GrantSite::Identity,
            "trust" => GrantSite::Trust,
            "boundary" => GrantSite::Boundary,
            _ => GrantSite::Resource,
        };
        for ty in row.texts("types") {
            places.entry(ty).or_default().push((row.text("attr"), site));
        }
    }
    places
});

/// Adds the statements of every policy that a resource holds. A document that is used in several
/// places, or by several instances of one block, is one grant with several holders.
pub fn grants(facts: &[Fact], out: &mut Vec<Fact>) {
    let documents = Documents::new(facts);
    let mut found = Found::default();
    let mut used = FxHashSet::default();
    for fact in facts {
        let FactKind::Resource(resource) = &fact.kind else { continue };
        for (attr, site) in PLACES.get(resource.ty.as_str()).into_iter().flatten() {
            for node in resource.attrs.all(attr) {
                let owner = match document_address(node) {
                    Some(address) => {
                        used.insert(address.clone());
                        documents.owner(address).unwrap_or(&fact.owner).clone()
                    }
                    None => fact.owner.clone(),
                };
                for grant in documents.read(node, &mut used) {
                    found.add(owner.clone(), *site, grant, resource);
                }
            }
        }
    }
    permissions(facts, &mut found);
    for (owner, resource) in documents.all() {
        if !used.contains(&resource.address) {
            for grant in documents.statements(resource, &mut FxHashSet::default()) {
                found.add(owner.clone(), GrantSite::Unattached, grant, resource);
            }
        }
    }
    let holders = holders::Holders::new(facts);
    for (_, grant) in &mut found.grants {
        let mut resolved: Vec<Ref> = grant.holders.iter().flat_map(|holder| holders.resolve(holder)).collect();
        resolved.sort();
        resolved.dedup();
        grant.holders = resolved;
    }
    out.extend(found.grants.into_iter().map(|(owner, grant)| Fact::new(grant.span, owner, FactKind::Grant(grant))));
}

/// `aws_lambda_permission` is a statement of a function's policy, spelled as attributes.
fn permissions(facts: &[Fact], found: &mut Found) {
    for fact in facts {
        let FactKind::Resource(resource) = &fact.kind else { continue };
        if resource.ty == "aws_lambda_permission" {
            let grant = document::lambda_permission(&resource.attrs);
            found.add(fact.owner.clone(), GrantSite::Resource, Grant { span: fact.span, ..grant }, resource);
        }
    }
}

/// The data source whose JSON a node is.
fn document_address(node: &Node) -> Option<&SmolStr> {
    match &node.kind {
        NodeKind::Ref(reference) if reference.scope == Scope::Hcl && matches!(reference.last(), "json" | "minified_json") => {
            reference.path.first().filter(|first| first.contains("data.aws_iam_policy_document."))
        }
        _ => None,
    }
}

/// The grants so far, equal ones joined.
#[derive(Debug, Default)]
struct Found {
    grants: Vec<(SmolStr, Grant)>,
    index: FxHashMap<String, usize>,
}

impl Found {
    fn add(&mut self, owner: SmolStr, site: GrantSite, mut grant: Grant, holder: &Resource) {
        // A document with principals is a resource policy, wherever it goes.
        let is_resource = site == GrantSite::Unattached && !(grant.principals.is_empty() && grant.not_principals.is_empty());
        grant.site = if is_resource { GrantSite::Resource } else { site };
        let holder = Ref::new(Scope::Hcl, [holder.address.clone()]);
        let key = key(&owner, &grant);
        if let Some(at) = self.index.get(&key) {
            let holders = &mut self.grants[*at].1.holders;
            if holders.last() != Some(&holder) {
                holders.push(holder);
            }
        } else {
            grant.holders.push(holder);
            self.index.insert(key, self.grants.len());
            self.grants.push((owner, grant));
        }
    }
}

/// What makes two grants the same: place and content, not the way that the values came.
fn key(owner: &str, grant: &Grant) -> String {
    use std::fmt::Write as _;
    let mut key = format!("{owner} {:?} {:?} {:?}", grant.site, grant.span, grant.effect.value());
    for list in [&grant.actions, &grant.not_actions, &grant.resources, &grant.not_resources] {
        for node in list {
            let _ = write!(key, " {}:{}:{node}", node.span.file.0, node.span.start);
        }
        key.push(';');
    }
    for principal in grant.principals.iter().chain(&grant.not_principals) {
        let _ = write!(key, " {:?} {}", principal.kind, principal.name);
    }
    for condition in &grant.conditions {
        let _ = write!(key, " {} {}", condition.operator, condition.key);
        for value in &condition.values {
            let _ = write!(key, " {value}");
        }
    }
    key
}
