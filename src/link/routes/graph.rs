//! What is registered where: each service with its guards, routes and mounts in the order of the source.

mod lists;

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::names::{Names, Place};
use super::semantics::{self, Reach};
use crate::ir::{Fact, FactKind, FileId, Func, GuardScope, Node, NodeKind, Op, Param, Ref, Scope, ServiceKind, Span, Text};
use lists::elements;

/// An application, router, controller, module.
#[derive(Debug, Default)]
pub(super) struct Service {
    /// Its own fact, by index; none for one that only registrations name.
    pub fact: Option<usize>,
    /// The framework's package.
    pub framework: SmolStr,
    /// What is registered on it, in the order of the source.
    pub events: Vec<Event>,
    /// Whether it is a list of routes as data.
    pub is_table: bool,
    /// Whether another service mounts it.
    pub is_child: bool,
}

/// What takes a plugin of Fastify's scope of its own away.
const UNSCOPED: &str = "fastify-plugin";

/// One registration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    /// The file that it stands in; those of the service's own file come first.
    pub file: FileId,
    /// Its position in the file.
    pub order: u32,
    /// Index of the fact.
    pub fact: usize,
}

/// All services by the place that binds them.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The services.
    pub services: BTreeMap<Place, Service>,
    /// What each mount places where, by the mount's fact.
    pub children: BTreeMap<usize, Vec<Child>>,
    /// Values that are mounted: `use(router)` reads like `use(guard)`.
    pub mounted: BTreeSet<Span>,
}

/// A service below a mount.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Child {
    /// The service.
    pub service: Place,
    /// Whether its registrations are made on the parent itself: `require('./routes')(app)`, `register(fp(plugin))`.
    pub inline: bool,
    /// The path below the mount's, where one mount places several services.
    pub prefix: Option<Text>,
    /// Plugins that are run beforehand in the same place, the outermost first: `autohooks.js`.
    pub hooks: Vec<Place>,
}

impl Child {
    fn new(service: Place, inline: bool) -> Self {
        Self { service, inline, prefix: None, hooks: Vec::new() }
    }
}

impl Service {
    /// Whether it serves nothing but through another: a class whose routes others inherit, a list of routes.
    pub(super) fn is_part(&self, facts: &[Fact]) -> bool {
        self.is_base(facts) || self.is_table
    }

    /// Whether it is a class whose routes others inherit.
    pub(super) fn is_base(&self, facts: &[Fact]) -> bool {
        self.fact.is_some_and(|fact| match &facts[fact].kind {
            FactKind::Service(service) => service.options.as_ref().is_some_and(|options| options.get("base").is_some()),
            _ => false,
        })
    }
}

impl Graph {
    /// The graph of all facts.
    pub(super) fn new(facts: &[Fact], names: &Names<'_>) -> Self {
        let mut graph = Self::default();
        for (index, fact) in facts.iter().enumerate() {
            if let FactKind::Service(service) = &fact.kind {
                let entry = graph.services.entry(key(names, fact.span.file, &service.binding)).or_default();
                entry.fact.get_or_insert(index);
                entry.framework = service.framework.clone();
                entry.is_table = service.kind == ServiceKind::Table;
            }
        }
        for (index, fact) in facts.iter().enumerate() {
            let (service, order) = match &fact.kind {
                FactKind::Route(route) => (Some(&route.service), route.order),
                FactKind::Guard(guard) => (guard.service.as_ref(), guard.order),
                FactKind::Mount(mount) => (Some(&mount.parent), mount.order),
                _ => continue,
            };
            let Some(service) = service else { continue };
            let found = graph.registered_on(names, fact.span.file, service);
            let Some(place) = found.or_else(|| graph.inherited(names, fact.span.file, service)) else { continue };
            let Some(entry) = graph.services.get_mut(&place) else { continue };
            entry.events.push(Event { file: fact.span.file, order, fact: index });
        }
        for (place, service) in &mut graph.services {
            service.events.sort_by_key(|event| (event.file != place.file, event.file, event.order));
        }
        graph.connect(facts, names);
        graph
    }

    /// The service that something is registered on: bound to the name, or made by the function whose
    /// result is. On what nobody made a service of, nothing is registered: `http.get('/x', done)`.
    fn registered_on(&self, names: &Names<'_>, file: FileId, service: &Ref) -> Option<Place> {
        let place = key(names, file, service);
        if self.services.contains_key(&place) {
            return Some(place);
        }
        let made = names.find(file, service)?.value.filter(|value| matches!(value.kind, NodeKind::Call(_) | NodeKind::Op(..)))?;
        let mut found = Vec::new();
        self.children_of(made, &place, names, 6, &mut found);
        found.into_iter().next().map(|child| child.service)
    }

    /// The router that a class has from the one it extends, as its own: `class Kilns extends Controller` where that says
    /// `readonly router = Router()`.
    fn inherited(&mut self, names: &Names<'_>, file: FileId, service: &Ref) -> Option<Place> {
        let (member, class) = service.path.split_last().filter(|(_, class)| class.len() == 1 && service.scope == Scope::Local)?;
        let base = names.value(file, &class[0])?.get("extends")?.as_ref()?;
        let framework = self.services.get(&key(names, file, &base.child(member.clone())))?.framework.clone();
        let place = key(names, file, service);
        self.services.entry(place.clone()).or_insert_with(|| Service { framework, ..Service::default() });
        Some(place)
    }

    fn connect(&mut self, facts: &[Fact], names: &Names<'_>) {
        // Modules that a router module gives a path, which their imports elsewhere don't.
        let mut routed: BTreeSet<Place> = BTreeSet::new();
        for (index, fact) in facts.iter().enumerate() {
            let FactKind::Mount(mount) = &fact.kind else { continue };
            let Some(parent) = self.registered_on(names, fact.span.file, &mount.parent) else { continue };
            let mut found = Vec::new();
            self.children_of(&mount.child, &parent, names, 8, &mut found);
            found.retain(|child| child.service != parent);
            // What a function of the application's own made is the service itself.
            let is_itself = self.services.get(&parent).and_then(|service| service.fact).is_some_and(|made| facts[made].span == fact.span);
            for child in &mut found {
                child.inline |= is_itself;
            }
            found.dedup();
            for child in &found {
                if let Some(service) = self.services.get_mut(&child.service) {
                    service.is_child = true;
                }
            }
            let is_module = self.services.get(&parent).is_some_and(|service| service.framework.starts_with("@nestjs/"));
            if is_module && !mount.prefix.pieces.is_empty() {
                routed.extend(found.iter().map(|child| child.service.clone()));
            }
            if !found.is_empty() {
                self.mounted.insert(mount.child.span);
                self.children.insert(index, found);
            }
        }
        if !routed.is_empty() {
            self.children.retain(|index, children| {
                let is_plain = matches!(&facts[*index].kind, FactKind::Mount(mount) if mount.prefix.pieces.is_empty());
                children.retain(|child| !is_plain || !routed.contains(&child.service));
                !children.is_empty()
            });
        }
    }

    /// The services that a mounted value stands for.
    fn children_of(&self, node: &Node, parent: &Place, names: &Names<'_>, depth: usize, out: &mut Vec<Child>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &node.kind {
            NodeKind::Ref(name) => {
                let place = key(names, node.span.file, name);
                if self.services.contains_key(&place) {
                    out.push(Child::new(place, false));
                } else if let Some(value) = names.find(node.span.file, name).and_then(|found| found.value)
                    && !matches!(value.kind, NodeKind::Ref(_))
                {
                    self.children_of(value, parent, names, depth, out);
                }
            }
            NodeKind::Func(func) => {
                if let Some(service) = func.params.first().and_then(|param| self.handed_in(func.span, param)) {
                    out.push(Child::new(service, false));
                }
            }
            NodeKind::Call(call) if call.callee.module() == Some("@fastify/autoload") => self.loaded(node, call, names, out),
            NodeKind::Call(call) if call.is_values() => {
                for element in elements(node, names) {
                    self.children_of(&element, parent, names, depth, out);
                }
            }
            NodeKind::For(it) => self.each(it, parent, names, depth, out),
            NodeKind::Call(call) => {
                let before = out.len();
                if let Some(func) = names.function_named(node.span.file, &call.callee) {
                    let mut handed = false;
                    for (at, argument) in call.args.iter().enumerate() {
                        let is_parent = argument.as_ref().is_some_and(|name| key(names, argument.span.file, name) == *parent);
                        handed |= is_parent;
                        let service = func.params.get(at).filter(|_| is_parent).and_then(|param| self.handed_in(func.span, param));
                        out.extend(service.map(|service| Child::new(service, true)));
                    }
                    if !handed {
                        self.returned_by(func, parent, names, depth, out);
                    }
                } else if call.is_new {
                    let place = key(names, node.span.file, &call.callee);
                    if self.services.contains_key(&place) {
                        out.push(Child::new(place, false));
                    }
                }
                // `mount(app, table)`: a loop inside registers the list.
                let handed = call.args.iter().filter_map(|argument| Some(key(names, argument.span.file, argument.as_ref()?)));
                let tables = handed.filter(|place| self.services.get(place).is_some_and(|service| service.is_table));
                out.extend(tables.map(|table| Child::new(table, false)));
                if out.len() == before {
                    // `fp(plugin)`, `wrap(router)`: what is handed in is what is mounted.
                    for argument in &call.args {
                        self.children_of(argument, parent, names, depth, out);
                    }
                    // Without a scope of its own: its hooks hold for the instance that it is registered on.
                    let is_without_scope = call.callee.module() == Some(UNSCOPED);
                    out[before..].iter_mut().for_each(|child| child.inline |= is_without_scope);
                    if let Some(receiver) = &call.receiver {
                        self.children_of(receiver, parent, names, depth, out);
                    }
                }
            }
            NodeKind::List(items) => items.iter().for_each(|item| self.children_of(item, parent, names, depth, out)),
            // `new LettersRoute().router`: what the class keeps as its own.
            NodeKind::Op(Op::Attr, operands) if let Some(member) = member_of_new(operands) => {
                let place = key(names, node.span.file, &member);
                out.extend(self.services.contains_key(&place).then(|| Child::new(place, false)));
            }
            NodeKind::Op(_, operands) => operands.iter().for_each(|item| self.children_of(item, parent, names, depth, out)),
            _ => {}
        }
    }

    /// A function that makes a router: the one that it returns, or the only one that it makes.
    fn returned_by(&self, func: &Func, parent: &Place, names: &Names<'_>, depth: usize, out: &mut Vec<Child>) {
        if let Some(returned) = &func.returns {
            let before = out.len();
            self.children_of(returned, parent, names, depth, out);
            if out.len() > before {
                return;
            }
        }
        let from = Place { file: func.span.file, name: SmolStr::default() };
        let is_inside = |place: &Place| {
            let offset = place.name.rsplit_once(['@', '#']).and_then(|(_, at)| at.parse::<u32>().ok());
            let is_parameter = func.params.iter().any(|param| parameter(func.span, param).contains(place));
            offset.is_some_and(|at| func.span.start <= at && at < func.span.end) && !is_parameter
        };
        let of_file = self.services.range(from..).take_while(|(place, _)| place.file == func.span.file);
        let mut own = of_file.map(|(place, _)| place).filter(|place| is_inside(place));
        if let (Some(only), None) = (own.next(), own.next()) {
            out.push(Child::new(only.clone(), false));
        }
    }

    /// The service that a function gets as a parameter.
    fn handed_in(&self, func: Span, param: &Param) -> Option<Place> {
        parameter(func, param).into_iter().find(|place| self.services.contains_key(place))
    }

    /// Every service below a place, itself included, each once.
    pub(super) fn below(&self, root: &Place) -> Vec<&Place> {
        let mut seen = BTreeSet::new();
        let mut order = Vec::new();
        let mut open = vec![root];
        while let Some(place) = open.pop() {
            let Some((place, service)) = self.services.get_key_value(place) else { continue };
            if !seen.insert(place) {
                continue;
            }
            order.push(place);
            for event in &service.events {
                open.extend(self.children.get(&event.fact).into_iter().flatten().map(|child| &child.service));
            }
        }
        order
    }

    /// Whether a service is a module, which an application takes in.
    pub(super) fn is_module(&self, place: &Place, facts: &[Fact]) -> bool {
        self.services
            .get(place)
            .and_then(|service| service.fact)
            .is_some_and(|fact| matches!(&facts[fact].kind, FactKind::Service(service) if service.kind == ServiceKind::Module))
    }

    /// Guards for the whole application that are registered somewhere below `root` (`APP_GUARD` in a
    /// feature module), by fact.
    pub(super) fn global_guards(&self, root: &Place, facts: &[Fact]) -> Vec<usize> {
        let mut found = Vec::new();
        // Where guards hold for what comes later, one of a part holds from where that is brought in.
        let in_order = |place: &Place| semantics::of(&self.services[place].framework).reach == Reach::Later;
        for place in self.below(root).into_iter().filter(|place| !in_order(place)) {
            for event in &self.services[place].events {
                if let FactKind::Guard(guard) = &facts[event.fact].kind
                    && (guard.scope == GuardScope::App || (matches!(guard.scope, GuardScope::Prefix(..)) && self.is_module(place, facts)))
                {
                    found.push(event.fact);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

/// Whether a service can stand on its own: it listens, or a platform runs it. A resolver of NestJS is part of a module.
pub(super) fn is_application(facts: &[Fact], service: &Service) -> bool {
    service.fact.is_some_and(|index| match &facts[index].kind {
        FactKind::Service(fact) if fact.framework.starts_with("@nestjs/") => fact.kind == ServiceKind::App,
        FactKind::Service(fact) => matches!(fact.kind, ServiceKind::App | ServiceKind::Api | ServiceKind::Websocket | ServiceKind::Rpc),
        _ => false,
    })
}

/// The key of a service: where its name is bound in the end. One that a platform tells apart by a name of
/// its own (`api('orders')`) is the same in every file of its project.
pub(super) fn key(names: &Names<'_>, file: FileId, name: &Ref) -> Place {
    match (names.bound(file, name), &name.scope) {
        (Some(found), _) => found.place,
        (None, Scope::Import(_)) => {
            inherited_member(names, file, name).unwrap_or_else(|| Place { file: names.project(file), name: name.path.join(".").into() })
        }
        (None, _) => Place { file, name: name.path.join(".").into() },
    }
}

/// The member that is asked of what a class makes in place: `Class.router` of `new Class().router`.
fn member_of_new(operands: &[Node]) -> Option<Ref> {
    let [made, member] = operands else { return None };
    let made = made.as_call().filter(|call| call.is_new)?;
    Some(made.callee.child(member.as_str()?))
}

/// A member of a class of another file that the class does not write itself.
fn inherited_member(names: &Names<'_>, file: FileId, name: &Ref) -> Option<Place> {
    let (member, _) = name.path.split_last().filter(|(_, class)| !class.is_empty())?;
    let mut class = name.clone();
    class.path.pop();
    let found = names.bound(file, &class).filter(|found| found.value.is_some_and(|class| class.get("extends").is_some()))?;
    Some(Place { file: found.place.file, name: format!("{}.{member}", found.place.name).into() })
}

/// Where a parameter is bound: as all names inside functions, to its name and the place of its
/// declaration, with a mark that it is a parameter where the language's extractor sets one.
fn parameter(func: Span, param: &Param) -> [Place; 2] {
    let bound = |mark: &str| Place { file: func.file, name: format!("{}{mark}{}", param.name, param.span.start).into() };
    [bound("@@"), bound("@")]
}
