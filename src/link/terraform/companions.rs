//! Settings that stand in resources of their own (a bucket's public access block, its versioning, its
//! encryption) are joined with the resource that they are settings of, however that is named: by `.id` or
//! `.arn` of an instance, through locals and modules, by `!Ref` in a template, or by an equal name.
//!
//! A resource gets the attributes of each companion under the companion's type, so that a rule reads
//! `aws_s3_bucket_public_access_block.block_public_acls` of a bucket as if it stood in its block; a listener is
//! told of its load balancer in the same way. Where it is not known whose settings they are, they may be
//! anybody's: the same place holds an unknown.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use crate::ir::{Fact, FactKind, Node, NodeKind, Op, Resource, ResourceMode, Scope, Span, Why};
use crate::tables::table;

/// Companions of one resource that are looked at for siblings of one of them; nobody has as many.
const MAX_BESIDE: usize = 1_000;

/// Siblings of which one companion is told: there is one of each type.
const MAX_SIBLINGS: usize = 16;

/// How a type of companions names the resource that it belongs to.
#[derive(Debug, Clone, Copy)]
struct Row {
    attr: &'static str,
    of: &'static str,
    /// The attribute of the other resource that may hold the same name; empty if there is none.
    name: &'static str,
    siblings: bool,
    /// Whether a companion is told what it belongs to.
    back: bool,
}

static ROWS: LazyLock<FxHashMap<&'static str, Row>> = LazyLock::new(|| {
    let mut rows = FxHashMap::default();
    for row in table("companions").map_or(&[][..], |table| table.list("companion")) {
        let read = Row {
            attr: row.text("attr"),
            of: row.text("of"),
            name: row.text("name"),
            siblings: row.flag("siblings"),
            back: row.flag("back"),
        };
        rows.extend(row.texts("types").map(|ty| (ty, read)));
    }
    rows
});

/// The resources of one root module by what companions call them.
#[derive(Debug, Default)]
struct Owners {
    by_address: FxHashMap<SmolStr, usize>,
    by_name: FxHashMap<(&'static str, String), Vec<usize>>,
}

/// Joins the companions among the resources of one root module with their resources.
pub(in crate::link) fn link(facts: &mut [Fact]) {
    let Some(owners) = Owners::new(facts) else { return };
    // Companions by the index of what they belong to, and types of which one may belong to anything.
    let mut of: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    let mut astray: FxHashSet<SmolStr> = FxHashSet::default();
    let mut homes: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, resource, row) in companions(facts) {
        let home = resource.attrs.get(row.attr).and_then(|node| owners.find(node, row));
        match &home {
            Some(list) => list.iter().for_each(|owner| of.entry(*owner).or_default().push(at)),
            None => {
                astray.insert(resource.ty.clone());
            }
        }
        homes.push((at, home.unwrap_or_default()));
    }
    let mut added: Vec<(usize, SmolStr, Node)> = Vec::new();
    let settings = |at: usize| resource(&facts[at]).map(|it| (it.ty.clone(), it.attrs.clone()));
    for (owner, fact) in facts.iter().enumerate() {
        let Some(ty) = resource(fact).map(|it| it.ty.as_str()) else { continue };
        let known = of.get(&owner).into_iter().flatten().filter_map(|at| settings(*at));
        added.extend(known.map(|(ty, attrs)| (owner, ty, attrs)));
        let unsure = ROWS.iter().filter(|(name, row)| row.of == ty && astray.contains(**name));
        added.extend(unsure.map(|(name, _)| (owner, SmolStr::new_static(name), unknown())));
    }
    for (at, owners) in &homes {
        let Some(own) = resource(&facts[*at]) else { continue };
        let is_sibling = |ty: &str| {
            ty != own.ty && ROWS.get(ty).is_some_and(|row| row.siblings && Some(row.of) == ROWS.get(own.ty.as_str()).map(|row| row.of))
        };
        let told = owners.iter().filter(|_| ROWS.get(own.ty.as_str()).is_some_and(|row| row.back)).filter_map(|owner| settings(*owner));
        added.extend(told.map(|(ty, attrs)| (*at, ty, attrs)));
        let beside = owners.iter().filter_map(|owner| of.get(owner)).flat_map(|all| all.iter().take(MAX_BESIDE));
        let siblings = beside.filter(|at| resource(&facts[**at]).is_some_and(|it| is_sibling(&it.ty))).take(MAX_SIBLINGS);
        added.extend(siblings.filter_map(|other| settings(*other)).map(|(ty, attrs)| (*at, ty, attrs)));
        let unsure = ROWS.keys().filter(|name| is_sibling(name) && astray.contains(**name));
        added.extend(unsure.map(|name| (*at, SmolStr::new_static(name), unknown())));
    }
    added.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    for (at, ty, node) in added {
        if let FactKind::Resource(Resource { attrs: Node { kind: NodeKind::Map(map), .. }, .. }) = &mut facts[at].kind {
            map.push(ty, node.span, node);
        }
    }
}

fn unknown() -> Node {
    Node::unknown(Why::NoValue, Span::default())
}

fn resource(fact: &Fact) -> Option<&Resource> {
    match &fact.kind {
        FactKind::Resource(resource) if resource.mode == ResourceMode::Managed => Some(resource),
        _ => None,
    }
}

fn companions(facts: &[Fact]) -> impl Iterator<Item = (usize, &Resource, &'static Row)> {
    let named = facts.iter().enumerate().filter_map(|(at, fact)| Some((at, resource(fact)?)));
    named.filter_map(|(at, resource)| Some((at, resource, ROWS.get(resource.ty.as_str())?)))
}

impl Owners {
    /// Nothing if no resource here is a companion.
    fn new(facts: &[Fact]) -> Option<Self> {
        let kinds: FxHashMap<&'static str, &'static str> = companions(facts).map(|(_, _, row)| (row.of, row.name)).collect();
        if kinds.is_empty() {
            return None;
        }
        let mut out = Self::default();
        for (at, fact) in facts.iter().enumerate() {
            let Some(resource) = resource(fact) else { continue };
            let Some((of, name)) = kinds.get_key_value(resource.ty.as_str()) else { continue };
            out.by_address.insert(resource.address.clone(), at);
            if let Some(name) = resource.attrs.get(name).filter(|node| is_name(node)) {
                out.by_name.entry((of, name.to_string())).or_default().push(at);
            }
        }
        Some(out)
    }

    /// What a name stands for; nothing if that can't be told.
    fn find(&self, node: &Node, row: &Row) -> Option<Vec<usize>> {
        match &node.kind {
            NodeKind::Ref(reference) if super::access::is_handle(reference) => {
                Some(self.by_address.get(&reference.path[0]).copied().into_iter().collect())
            }
            // `!Ref Network`, `!GetAtt Firewall.Arn`: another resource of the template.
            NodeKind::Ref(reference) if reference.scope == Scope::Cfn => {
                let at = self.by_address.get(&format_smolstr!("{}.{}", row.of, reference.first()))?;
                Some(vec![*at])
            }
            // `create ? aws_s3_bucket.this[0].id : ""`, of which one branch names an instance.
            NodeKind::Op(Op::Cond, branches) => {
                let found: Vec<usize> = branches.iter().skip(1).filter_map(|branch| self.find(branch, row)).flatten().collect();
                (!found.is_empty()).then_some(found)
            }
            _ if is_name(node) => {
                let found = self.by_name.get(&(row.of, node.to_string())).cloned();
                // A name that is known and nobody has is that of a resource elsewhere.
                found.or_else(|| node.is_known().then(Vec::new))
            }
            _ => None,
        }
    }
}

/// Whether a value names something: a text, known or with the same holes, or a variable without a value.
fn is_name(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Text(_) | NodeKind::Ref(_))
}
