//! The roles, users, groups and policies of a template: named by it, since every template has its `Role`,
//! and referred to by that name, so that policies are joined as Terraform's are.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use crate::ir::{Entry, Fact, FactKind, Node, NodeKind, Ref, Scope};
use crate::source::{FileId, Files};

/// The attributes that hold identities or policies by reference.
const LINKS: [&str; 8] = ["permissions_boundary", "managed_policy_arns", "role", "roles", "user", "users", "group", "groups"];

/// Gives the identities of each template their own addresses, and what links to them those addresses.
pub(super) fn name(files: &Files, added: &mut [Fact]) {
    let mut addresses: FxHashMap<(FileId, SmolStr), SmolStr> = FxHashMap::default();
    for fact in added.iter_mut() {
        let FactKind::Resource(resource) = &mut fact.kind else { continue };
        if resource.ty.starts_with("aws_iam_") {
            resource.address = format_smolstr!("{}/{}", files.path(fact.span.file), resource.address);
            addresses.insert((fact.span.file, resource.name.clone()), resource.address.clone());
        }
    }
    for fact in added {
        let FactKind::Resource(resource) = &mut fact.kind else { continue };
        let NodeKind::Map(map) = &mut resource.attrs.kind else { continue };
        if !resource.ty.starts_with("aws_iam_") {
            continue;
        }
        for entry in &mut map.entries {
            let Entry::Pair { key, value, .. } = entry else { continue };
            if !LINKS.contains(&key.as_str()) {
                continue;
            }
            let items = match &mut value.kind {
                NodeKind::List(items) => items.as_mut_slice(),
                _ => std::slice::from_mut(value),
            };
            for item in items {
                link(item, fact.span.file, files, &addresses);
            }
        }
    }
}

/// A reference to a resource of the template becomes one to its address.
fn link(node: &mut Node, file: FileId, files: &Files, addresses: &FxHashMap<(FileId, SmolStr), SmolStr>) {
    if let NodeKind::Ref(reference) = &mut node.kind
        && reference.scope == Scope::Cfn
        && let Some(name) = reference.path.first()
    {
        let known = addresses.get(&(file, name.clone())).cloned();
        let address = known.unwrap_or_else(|| format_smolstr!("{}/{name}", files.path(file)));
        *reference = Ref::new(Scope::Hcl, [address, SmolStr::new_static("arn")]);
    }
}
