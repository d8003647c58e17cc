//! AWS policy documents to [`Grant`]s: documents as values, as JSON in text, and as
//! `aws_iam_policy_document` data sources, which are merged as the provider merges them.

pub mod actions;
pub mod condition;
mod document;
pub mod effective;
mod holders;
pub mod pattern;
mod target;
pub mod used;

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use self::document::Documents;
use crate::ir::{Condition, Fact, FactKind, Grant, GrantSite, Node, NodeKind, Ref, Resource, ResourceMode, Scope, Span, Text};
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
            for node in places(resource, attr) {
                let owner = match document_address(node) {
                    Some(address) => {
                        used.insert(address.clone());
                        documents.owner(address).unwrap_or(&fact.owner).clone()
                    }
                    None => fact.owner.clone(),
                };
                for mut grant in documents.read(node, &mut used) {
                    grant.conditions.extend(network(resource));
                    found.add(owner.clone(), *site, grant, resource);
                }
            }
        }
    }
    permissions(facts, &mut found);
    files(facts, &documents, &mut found);
    for (owner, resource) in documents.all() {
        if !used.contains(&resource.address) {
            for grant in documents.statements(resource, &mut FxHashSet::default()) {
                found.add(owner.clone(), GrantSite::Unattached, grant, resource);
            }
        }
    }
    let holders = holders::Holders::new(facts);
    let boundaries = boundaries(facts);
    for (_, grant) in &mut found.grants {
        if grant.holders.iter().all(|holder| boundaries.contains(holder.first()) && holders.is_unused(holder)) {
            grant.site = GrantSite::Boundary;
        }
        let mut resolved: Vec<Ref> = grant.holders.iter().flat_map(|holder| holders.resolve(holder)).collect();
        resolved.sort();
        resolved.dedup();
        grant.holders = resolved;
    }
    out.extend(found.grants.into_iter().map(|(owner, grant)| Fact::new(grant.span, owner, FactKind::Grant(Box::new(grant)))));
}

/// What narrows every statement of a resource that only a network reaches: its domain or API has no
/// address on the internet.
fn network(resource: &Resource) -> Option<Condition> {
    let network = match resource.ty.as_str() {
        "aws_elasticsearch_domain" | "aws_opensearch_domain" => resource.attrs.get("vpc_options")?,
        "aws_api_gateway_rest_api" => {
            let types = resource.attrs.all("endpoint_configuration.types");
            types.into_iter().flat_map(Node::one_or_many).find(|ty| ty.as_str() == Some("PRIVATE"))?
        }
        _ => return None,
    };
    let values: Vec<Node> = network.one_or_many().into_iter().cloned().collect();
    let key = Text::lit("aws:SourceVpc", network.span);
    (!values.is_empty()).then(|| Condition { operator: "StringEquals".into(), key, values, span: network.span })
}

/// The values at a place of a resource; the resource itself is at the empty one.
fn places<'r>(resource: &'r Resource, attr: &str) -> Vec<&'r Node> {
    if attr.is_empty() { vec![&resource.attrs] } else { resource.attrs.all(attr) }
}

/// The policies that bound users and roles: what they allow is not granted by them. Of one that only others of
/// another repository name, its own name says it.
fn boundaries(facts: &[Fact]) -> FxHashSet<&str> {
    let resources = || facts.iter().filter_map(Fact::resource);
    let named = |resource: &&Resource| {
        let name = resource.attrs.get("name").and_then(Node::as_str).unwrap_or_default();
        resource.ty == "aws_iam_policy" && (says_bound(&resource.name) || says_bound(name))
    };
    let used = resources().filter_map(|resource| resource.attrs.get("permissions_boundary").and_then(Node::as_ref).map(Ref::first));
    used.chain(resources().filter(named).map(|resource| resource.address.as_str())).collect()
}

/// Whether a name says that a policy is a bound: nothing else of it does.
fn says_bound(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["scp", "service-control", "service_control", "boundar"].iter().any(|word| name.contains(word))
}

/// Statements of a resource's policy that are spelled as attributes, such as `aws_lambda_permission`.
fn permissions(facts: &[Fact], found: &mut Found) {
    for fact in facts {
        let FactKind::Resource(resource) = &fact.kind else { continue };
        if let Some(grant) = document::permission(&resource.ty, &resource.attrs).filter(|_| resource.mode == ResourceMode::Managed) {
            found.add(fact.owner.clone(), GrantSite::Resource, Grant { span: fact.span, ..grant }, resource);
        }
    }
}

/// Where a file of JSON holds policies: the document itself, what the command line takes and prints.
const IN_FILES: [&str; 10] = [
    "",
    "PolicyDocument",
    "AssumeRolePolicyDocument",
    "Role.AssumeRolePolicyDocument",
    "PolicyVersion.Document",
    "Policies.PolicyVersionList.Document",
    "RoleDetailList.AssumeRolePolicyDocument",
    "RoleDetailList.RolePolicyList.PolicyDocument",
    "UserDetailList.UserPolicyList.PolicyDocument",
    "GroupDetailList.GroupPolicyList.PolicyDocument",
];

/// Documents that stand in a file of their own. One that a resource uses is that resource's.
fn files(facts: &[Fact], documents: &Documents<'_>, found: &mut Found) {
    let used: FxHashSet<Span> = found.grants.iter().map(|(_, grant)| grant.span).collect();
    for fact in facts {
        let FactKind::Resource(resource) = &fact.kind else { continue };
        if resource.ty != "policy-document" {
            continue;
        }
        // A bound grants nothing by itself.
        let is_bound = says_bound(&resource.name);
        for node in IN_FILES.iter().flat_map(|place| places(resource, place)) {
            for grant in documents.read(node, &mut FxHashSet::default()) {
                if used.contains(&grant.span) {
                    continue;
                }
                let is_trust = !grant.principals.is_empty() && grant.actions.iter().all(is_assuming);
                let site = match (is_bound, is_trust) {
                    (true, _) => GrantSite::Boundary,
                    (false, true) => GrantSite::Trust,
                    (false, false) => GrantSite::Unattached,
                };
                found.add(fact.owner.clone(), site, grant, resource);
            }
        }
    }
}

fn is_assuming(action: &Node) -> bool {
    action.as_text().is_some_and(|text| text.starts("sts:AssumeRole").is_yes())
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
