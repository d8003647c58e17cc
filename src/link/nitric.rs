//! Nitric's shared modules: a handle that one file exports grants its words to every service that imports it, so
//! that what it is used for is what all of its importers do, and what each of them gets is more than it does.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::Linker;
use super::packages::Packages;
use super::symbols::{Names, Target};
use crate::ir::{Fact, FactKind, FileId, Map, Node, NodeKind, Span};

/// What one file does with a handle: nothing if that is not all seen.
struct Use {
    place: Span,
    used: Option<Vec<Node>>,
}

/// Adds what other files do to the handles that are exported, and drops those of which not all uses are seen.
pub(super) fn link(linker: &mut Linker) {
    place_grants(linker);
    let mut uses = if linker.facts.iter().any(|fact| handle(fact).is_some()) { found(linker) } else { BTreeMap::new() };
    linker.facts.retain_mut(|fact| {
        if fact.resource().is_some_and(|resource| resource.ty == "nitric-use") {
            return false;
        }
        let Some(name) = handle(fact) else { return true };
        let by_others = uses.remove(&(fact.span.file, name)).unwrap_or_default();
        // What nobody takes may be taken by what is not seen.
        if by_others.is_empty() || by_others.iter().any(|by| by.used.is_none()) {
            return false;
        }
        let own = fact.resource().and_then(|resource| resource.attrs.get("used")?.as_list());
        let all = own.into_iter().flatten().chain(by_others.iter().flat_map(|by| by.used.iter().flatten())).cloned().collect();
        let services = by_others.into_iter().map(|by| {
            let mut map = Map::default();
            map.push("used", by.place, Node::new(by.place, NodeKind::List(by.used.unwrap_or_default())));
            Node::new(by.place, NodeKind::Map(map))
        });
        let services = Node::new(fact.span, NodeKind::List(services.collect()));
        if let FactKind::Resource(resource) = &mut fact.kind
            && let NodeKind::Map(map) = &mut resource.attrs.kind
        {
            map.push("used", services.span, Node::new(services.span, NodeKind::List(all)));
            map.push("services", services.span, services);
        }
        true
    });
}

/// Gives permissions that are asked for here the resource that another file makes: its kind and its name.
fn place_grants(linker: &mut Linker) {
    let is_waiting = |fact: &Fact| fact.resource().is_some_and(|resource| resource.ty == "nitric-grant");
    if !linker.facts.iter().any(is_waiting) {
        return;
    }
    let packages = Packages::new(&linker.facts, &linker.files);
    let names = Names::new(&linker.files, &linker.symbols, &packages);
    linker.facts.retain_mut(|fact| {
        let file = fact.span.file;
        let FactKind::Resource(resource) = &mut fact.kind else { return true };
        if resource.ty != "nitric-grant" {
            return true;
        }
        let made = resource.attrs.get("made").map(|made| names.value(file, made));
        let Some(made) = made.as_ref().and_then(Node::as_call).filter(|made| made.callee.module() == Some("@nitric/sdk")) else {
            return false;
        };
        resource.ty = format!("nitric:{}", made.callee.last()).into();
        resource.name = made.args.first().map(ToString::to_string).unwrap_or_default().into();
        resource.address = format!("{} {}", made.callee.last(), resource.name).into();
        true
    });
}

/// What each file does with what it takes from others, by where that is bound.
fn found(linker: &Linker) -> BTreeMap<(FileId, SmolStr), Vec<Use>> {
    let packages = Packages::new(&linker.facts, &linker.files);
    let names = Names::new(&linker.files, &linker.symbols, &packages);
    let mut uses: BTreeMap<(FileId, SmolStr), Vec<Use>> = BTreeMap::new();
    for fact in &linker.facts {
        let Some(resource) = fact.resource().filter(|resource| resource.ty == "nitric-use") else { continue };
        let Some(target) = resource.attrs.get("handle").and_then(Node::as_ref) else { continue };
        if let Target::Bound { file, binding, rest } = names.target(fact.span.file, target) {
            let used = resource.attrs.get("used").and_then(Node::as_list).filter(|_| rest.is_empty()).map(<[Node]>::to_vec);
            uses.entry((file, binding.name.clone())).or_default().push(Use { place: fact.span, used });
        }
    }
    uses
}

/// The name by which other files take a handle.
fn handle(fact: &Fact) -> Option<SmolStr> {
    let resource = fact.resource().filter(|resource| resource.ty.starts_with("nitric:"))?;
    resource.attrs.get("exported").and_then(Node::as_str).map(SmolStr::from)
}
