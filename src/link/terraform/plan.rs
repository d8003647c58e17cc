//! Plans beside their source: the planned values are the ones that count, and findings about them stand
//! where the source says what is wrong.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::companions;
use crate::ir::{Entry, Fact, FactKind, FileId, Node, NodeKind, Resource, Span, Via};
use crate::link::Linker;
use crate::source::paths::folder_of;

/// The name that extraction binds in a plan.
const MARK: &str = "terraform.plan";

/// The resources of one root module with its folder.
type Root = (SmolStr, Vec<Fact>);

/// Joins the companions of each plan, and puts planned resources in the place of evaluated ones.
pub(super) fn link(linker: &mut Linker, roots: &mut [Root]) {
    let marked = linker.files.iter().filter(|(id, _)| linker.symbols.get(id.0 as usize).is_some_and(|symbols| symbols.get(MARK).is_some()));
    let plans: Vec<FileId> = marked.map(|(id, _)| id).collect();
    for file in plans {
        let is_planned = |fact: &Fact| fact.span.file == file && matches!(fact.kind, FactKind::Resource(_));
        let (mut planned, rest): (Vec<Fact>, Vec<Fact>) = std::mem::take(&mut linker.facts).into_iter().partition(is_planned);
        linker.facts = rest;
        companions::link(&mut planned);
        let folder = folder_of(linker.files.path(file));
        if let Some((folder, facts)) = best(roots, folder, &planned) {
            replace(folder, facts, &mut planned);
        }
        linker.facts.append(&mut planned);
    }
}

fn resource(fact: &Fact) -> Option<&Resource> {
    match &fact.kind {
        FactKind::Resource(resource) => Some(resource),
        _ => None,
    }
}

/// The root module that a plan is of: the one that shares most addresses, its own folder first.
fn best<'r>(roots: &'r mut [Root], folder: &str, planned: &[Fact]) -> Option<&'r mut Root> {
    let wanted: rustc_hash::FxHashSet<&str> = planned.iter().filter_map(resource).map(|it| it.address.as_str()).collect();
    let shared = |root: &Root| root.1.iter().filter_map(resource).filter(|it| wanted.contains(in_root(&it.address, &root.0))).count();
    let (index, shared, _) = roots
        .iter()
        .enumerate()
        .map(|(index, root)| (index, shared(root), root.0 == folder))
        .max_by_key(|(index, shared, is_own)| (*shared > 0 && *is_own, *shared, std::cmp::Reverse(*index)))?;
    (shared > 0).then(|| &mut roots[index])
}

/// An address as a plan of that root writes it.
fn in_root<'a>(address: &'a str, folder: &str) -> &'a str {
    address.strip_prefix(folder).map_or(address, |rest| rest.strip_prefix('/').unwrap_or(rest))
}

/// Takes the evaluated twins of planned resources out, and their places over.
fn replace(folder: &str, evaluated: &mut Vec<Fact>, planned: &mut [Fact]) {
    let by_address: FxHashMap<SmolStr, usize> =
        evaluated.iter().enumerate().filter_map(|(at, fact)| Some((in_root(&resource(fact)?.address, folder).into(), at))).collect();
    let mut taken = vec![false; evaluated.len()];
    for fact in planned {
        let Some(at) = resource(fact).and_then(|it| by_address.get(&it.address)).copied() else { continue };
        let twin = &evaluated[at];
        taken[at] = true;
        fact.span = twin.span;
        fact.owner = twin.owner.clone();
        if let (FactKind::Resource(planned), Some(source)) = (&mut fact.kind, resource(twin)) {
            planned.address = source.address.clone();
            place(&mut planned.attrs, Some(&source.attrs), twin.span, &Via::default());
        }
    }
    let mut index = 0;
    evaluated.retain(|_| {
        index += 1;
        !taken[index - 1]
    });
}

/// Gives a planned value the place of the value in the source; where there is none, that of what holds it.
fn place(node: &mut Node, source: Option<&Node>, around: Span, via: &Via) {
    let (span, via) = source.map_or((around, via.clone()), |source| (source.span, source.via.clone()));
    match &mut node.kind {
        NodeKind::List(items) => {
            let list = source.and_then(Node::as_list);
            for (at, item) in items.iter_mut().enumerate() {
                place(item, list.and_then(|list| list.get(at)), span, &via);
            }
        }
        NodeKind::Map(map) => {
            for entry in &mut map.entries {
                if let Entry::Pair { key, key_span, value } = entry {
                    let known = source.and_then(|source| match &source.kind {
                        NodeKind::Map(map) => map.pair(key),
                        _ => None,
                    });
                    *key_span = known.map_or(span, |(key_span, _)| key_span);
                    place(value, known.map(|(_, value)| value), span, &via);
                }
            }
        }
        _ => {}
    }
    node.span = span;
    node.via = via;
}
