//! nestrs: which application serves which controller. The guards that an application puts in front of
//! everything hold for what it serves, and for nothing of its neighbours in the workspace.
//!
//! Where no application is seen to serve a controller, any of them may: there the guards of all hold that are in
//! the same workspace of cargo.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Linker;
use crate::ir::{Fact, FactKind, Node, NodeKind, Resource, Security};
use crate::lower::nestrs::{guard_name, limits_rate};
use crate::source::paths::{folder_of, folders_up};
use crate::source::{FileId, Files};

/// A type by its name and the file that declares it.
type Type = (SmolStr, FileId);

/// Adds to each route the guards of the applications that serve it, and to gateways, resolvers and generated
/// routes whether such a guard stands in front of them (`pool`).
pub(super) fn guard(linker: &mut Linker) {
    let is_global =
        |fact: &Fact| matches!(&fact.kind, FactKind::Guard(guard) if guard.service.is_none() && fact.owner == "use_guards_global");
    let (pools, facts): (Vec<Fact>, Vec<Fact>) = std::mem::take(&mut linker.facts).into_iter().partition(is_global);
    linker.facts = facts;
    if pools.is_empty() {
        return;
    }
    let served = Served::new(&linker.facts, &linker.files, &pools);
    let found: Vec<Vec<Node>> =
        linker.facts.iter().map(|fact| controller(fact).map_or_else(Vec::new, |name| served.guards(name, fact))).collect();
    for (fact, guards) in linker.facts.iter_mut().zip(found).filter(|(_, guards)| !guards.is_empty()) {
        match &mut fact.kind {
            // What is public is slowed down all the same.
            FactKind::Route(route) if route.security.value() == Some(&Security::Off) => {
                route.guards.extend(guards.into_iter().filter(|guard| limits_rate(&guard_name(guard))));
            }
            FactKind::Route(route) => route.guards.extend(guards),
            FactKind::Resource(endpoint) => add_pool(endpoint, &guards),
            _ => {}
        }
    }
}

/// The name of the type that answers.
fn controller(fact: &Fact) -> Option<&str> {
    match &fact.kind {
        FactKind::Route(route) if route.framework == "nestrs" => Some(route.service.last()),
        FactKind::Resource(resource) if resource.ty == "nestrs-endpoint" => Some(&resource.name),
        _ => None,
    }
}

fn add_pool(endpoint: &mut Resource, guards: &[Node]) {
    let span = endpoint.attrs.span;
    if let NodeKind::Map(map) = &mut endpoint.attrs.kind
        && guards.iter().any(|guard| !limits_rate(&guard_name(guard)))
    {
        map.push("pool", span, Node::new(span, NodeKind::Bool(true)));
    }
}

/// What applications serve.
struct Served<'f> {
    files: &'f Files,
    /// Files that declare a module, controller, gateway or resolver of the name.
    declared: FxHashMap<&'f str, BTreeSet<FileId>>,
    /// Each application's types and guards.
    applications: Vec<(BTreeSet<Type>, Vec<Node>)>,
    /// The guards of all, with the workspaces that they stand in.
    guards: Vec<(Option<&'f str>, Node)>,
    /// The folders of workspaces.
    workspaces: BTreeSet<&'f str>,
}

impl<'f> Served<'f> {
    fn new(facts: &'f [Fact], files: &'f Files, pools: &[Fact]) -> Self {
        let guard = |fact: &Fact| if let FactKind::Guard(guard) = &fact.kind { Some((fact.span.file, guard.what.clone())) } else { None };
        let guards: Vec<(FileId, Node)> = pools.iter().filter_map(guard).collect();
        let guards_of = |file: FileId| guards.iter().filter(|(of, _)| *of == file).map(|(_, guard)| guard.clone()).collect();
        let is_workspace = |fact: &&Fact| {
            fact.resource().is_some_and(|it| it.provider == "cargo" && it.ty == "manifest" && it.attrs.get("workspace").is_some())
        };
        let workspaces = facts.iter().filter(is_workspace).map(|fact| folder_of(files.path(fact.span.file))).collect();
        let mut served = Self { files, declared: FxHashMap::default(), applications: Vec::new(), guards: Vec::new(), workspaces };
        served.guards = guards.iter().map(|(file, guard)| (served.workspace(*file), guard.clone())).collect();
        let mut parts: FxHashMap<Type, &Node> = FxHashMap::default();
        for fact in facts {
            let name = match &fact.kind {
                FactKind::Service(service) => service.binding.last(),
                FactKind::Resource(it) if matches!(it.ty.as_str(), "nestrs-endpoint" | "nestrs-module") => {
                    if let Some(list) = it.attrs.get("parts") {
                        parts.insert((it.name.clone(), fact.span.file), list);
                    }
                    &it.name
                }
                _ => continue,
            };
            served.declared.entry(name).or_default().insert(fact.span.file);
        }
        for fact in facts {
            let Some(modules) = fact.resource().filter(|it| it.ty == "nestrs-application").and_then(|it| it.attrs.get("modules")) else {
                continue;
            };
            let reached = served.reach(modules, fact.span.file, &parts);
            served.applications.push((reached, guards_of(fact.span.file)));
        }
        served
    }

    /// Every type that modules import or provide, however far down.
    fn reach(&self, modules: &Node, from: FileId, parts: &FxHashMap<Type, &Node>) -> BTreeSet<Type> {
        let mut reached = BTreeSet::new();
        let mut open = vec![(modules, from)];
        while let Some((list, from)) = open.pop() {
            for name in list.one_or_many().into_iter().filter_map(Node::as_ref) {
                let Some(file) = self.declaration(name.last(), from) else { continue };
                let ty = (SmolStr::from(name.last()), file);
                if let Some(parts) = parts.get(&ty).filter(|_| !reached.contains(&ty)) {
                    open.push((parts, file));
                }
                reached.insert(ty);
            }
        }
        reached
    }

    /// The file that declares what a file means by a name: of several the nearest.
    fn declaration(&self, name: &str, from: FileId) -> Option<FileId> {
        let here = self.files.path(from);
        let shared = |file: &FileId| here.split('/').zip(self.files.path(*file).split('/')).take_while(|(a, b)| a == b).count();
        self.declared.get(name)?.iter().copied().max_by_key(|file| (shared(file), std::cmp::Reverse(file.0)))
    }

    /// The folder of the workspace that a file belongs to; without one, a crate stands by itself.
    fn workspace(&self, file: FileId) -> Option<&'f str> {
        folders_up(folder_of(self.files.path(file))).find(|folder| self.workspaces.contains(folder))
    }

    /// The guards of every application that may serve a file.
    fn guards_around(&self, file: FileId) -> Vec<Node> {
        let workspace = self.workspace(file);
        self.guards.iter().filter(|(of, _)| *of == workspace).map(|(_, guard)| guard.clone()).collect()
    }

    /// The guards in front of what a type of a file answers.
    fn guards(&self, name: &str, fact: &Fact) -> Vec<Node> {
        let Some(file) = self.declaration(name, fact.span.file) else { return self.guards_around(fact.span.file) };
        let ty = (SmolStr::from(name), file);
        let mut serving = self.applications.iter().filter(|(reached, _)| reached.contains(&ty)).map(|(_, guards)| guards).peekable();
        if serving.peek().is_none() {
            return self.guards_around(fact.span.file);
        }
        serving.flatten().cloned().collect()
    }
}
