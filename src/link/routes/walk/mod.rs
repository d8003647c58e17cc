//! The walk from each application down its mounts: a route gets its full path and the guards that
//! stand in front of it there. A route that is mounted twice is two routes.

mod ends;
mod loaded;
mod modules;
mod serve;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use smol_str::SmolStr;

use self::ends::{is_class, leaked, once};
use super::except::Except;
use super::graph::{Child, Event, Graph, Service, is_application};
use super::judge::{Judge, Verdict};
use super::markers::{MarkerKey, Markers};
use super::names::{Names, Place};
use super::path::{Cover, join};
use super::semantics::{self, Reach};
use super::standing::{Standing, told};
use super::unread::Readers;
use crate::ir::{
    Fact, FactKind, Guard, GuardScope, Node, NodeKind, Part, Piece, Problem, ProblemKind, Ref, Route, Security, Span, Text, Tri,
};

/// How deep mounts are followed.
const MAX_DEPTH: usize = 24;

/// How many routes are made; the rest of a hostile tree is not.
const MAX_ROUTES: usize = 50_000;

/// Services that are walked and guards that are held against routes, all ways through mounts counted: those may be
/// many more than are written.
const MAX_STEPS: usize = 3_000_000;

/// Guards in front of one route that are kept; no application has as many.
const MAX_CHAIN: usize = 256;
/// Names within the text that a name of a path stands for.
const MAX_FILLS: usize = 4;
/// Pieces of a path: constants made of many others multiply.
const MAX_PIECES: usize = 256;

/// Where the walk stands.
#[derive(Debug, Clone)]
struct Context<'a> {
    prefix: Text,
    /// Where a module of NestJS has a path of its own: the path around it, which modules that it imports have.
    around: Option<Text>,
    standing: Vec<Rc<Standing>>,
    keys: Vec<MarkerKey<'a>>,
    unknown: Vec<&'a Ref>,
    security: Option<&'a Security>,
    app: Option<Span>,
    mounted: bool,
    /// The class that inherits the routes: what it defines itself takes their place.
    heir: Option<&'a Place>,
    depth: usize,
}

/// Folders that hold what stands in front of the application around them.
const OF_MIDDLEWARE: [&str; 3] = ["src/middleware", "server/middleware", "src"];

/// The walk over all services.
pub(super) struct Walk<'a> {
    facts: &'a [Fact],
    names: &'a Names<'a>,
    graph: &'a Graph,
    judge: &'a Judge<'a>,
    judged: BTreeMap<usize, Verdict>,
    /// The guards without a service.
    of_folders: Vec<usize>,
    reached: BTreeSet<usize>,
    /// Modules that the walk from one root has entered, with the path that they are below: importing one a second
    /// time changes nothing.
    modules: BTreeSet<(&'a Place, String)>,
    steps: usize,
    /// Where the walk was stopped, if it was.
    stopped: Option<Span>,
    /// Guards over a whole application, for routers that nothing mounts as far as seclint sees.
    loose: Vec<(SmolStr, Rc<Standing>)>,
    /// The facts of these.
    loosened: BTreeSet<usize>,
    /// Where applications mount what they are handed: `routes.forEach(route => this.app.use('/api', route.router))`.
    handed: Vec<(SmolStr, Context<'a>)>,
    /// Whether the documentation of any route says that a caller must be known.
    documented: bool,
    modular: modules::Modular,
    /// Whether the walk is in a module that no application brings in: what one of them serves is served there alone.
    is_apart: bool,
    /// Who reads what decorators say.
    readers: Readers,
    out: Vec<Fact>,
}

impl<'a> Walk<'a> {
    /// All routes as they are reached, in the order of the walk; and a problem if there are too many ways to them.
    pub(super) fn all(facts: &'a [Fact], names: &'a Names<'a>, graph: &'a Graph, judge: &'a Judge<'a>) -> (Vec<Fact>, Option<Problem>) {
        let asks =
            |fact: &Fact| matches!(&fact.kind, FactKind::Route(route) if route.security.value() == Some(&Security::Documented(true)));
        let documented = facts.iter().any(asks);
        let is_of_folder = |fact: &Fact| matches!(fact.kind, FactKind::Guard(Guard { service: None, .. }));
        let of_folders = (0..facts.len()).filter(|index| is_of_folder(&facts[*index])).collect();
        let (judged, reached, loose, handed, out) = (BTreeMap::new(), BTreeSet::new(), Vec::new(), Vec::new(), Vec::new());
        let mut walk = Self {
            facts,
            names,
            graph,
            judge,
            judged,
            of_folders,
            reached,
            modules: BTreeSet::new(),
            steps: 0,
            stopped: None,
            loose,
            loosened: BTreeSet::new(),
            handed,
            documented,
            modular: modules::Modular::of(facts, graph, names),
            is_apart: false,
            readers: Readers::of(names),
            out,
        };
        let (mut apps, others): (Vec<_>, Vec<_>) =
            graph.services.iter().filter(|(_, service)| !service.is_child).partition(|(_, service)| is_application(facts, service));
        // Classes that some application takes in stand behind what guards that.
        apps.sort_by_key(|(place, _)| is_class(place));
        for (place, _) in apps {
            walk.root(place, true);
        }
        // A class without a path of its own serves nothing but through those that extend it.
        for (place, service) in others.into_iter().filter(|(_, service)| !service.is_part(facts)) {
            if let Some(context) = walk.handed(place, service) {
                walk.service(place, context, &mut Vec::new());
            } else {
                let is_module = service.events.iter().any(|event| graph.children.contains_key(&event.fact));
                walk.root(place, is_module);
            }
        }
        // What only a cycle of mounts reaches.
        for (place, service) in &graph.services {
            if !service.is_part(facts) && service.events.iter().any(|event| walk.is_unreached_route(event)) {
                walk.root(place, false);
            }
        }
        let message = "too many ways lead to the routes here: not all were looked at";
        let problem = walk.stopped.map(|span| Problem::new(ProblemKind::Bound, message, span));
        (once(walk.out), problem)
    }

    /// Counts what the walk does; whether it has to stop, which is remembered.
    fn spends(&mut self, steps: usize, span: Span) -> bool {
        self.steps += steps;
        let is_spent = self.steps > MAX_STEPS || self.out.len() >= MAX_ROUTES;
        if is_spent {
            self.stopped.get_or_insert(span);
        }
        is_spent
    }

    /// Guards without a service hold for the applications of their folder; those over a schema for all resolvers of
    /// their project.
    fn folder_guards(&self, place: &Place, framework: &str) -> Vec<usize> {
        let path = self.names.path(place.file);
        let holds = |fact: &Fact| {
            let FactKind::Guard(Guard { service: None, scope, .. }) = &fact.kind else { return false };
            let is_over_schema = *scope == GuardScope::Module || fact.owner == "graphql";
            if is_over_schema || framework == "graphql" {
                let is_same = || self.names.project(place.file) == self.names.project(fact.span.file);
                return is_over_schema && framework == "graphql" && is_same();
            }
            let folder = self.names.path(fact.span.file).rsplit_once('/').map_or("", |(folder, _)| folder);
            let folder = OF_MIDDLEWARE.iter().find_map(|own| folder.strip_suffix(own)).unwrap_or(folder);
            folder.is_empty() || path.starts_with(folder)
        };
        self.of_folders.iter().copied().filter(|index| holds(&self.facts[*index])).collect()
    }

    /// Where a router of a framework stands that nothing mounts by its name, if one application mounts what it is handed.
    fn handed(&self, place: &Place, service: &Service) -> Option<Context<'a>> {
        let project = self.names.project(place.file);
        let is_near = |context: &Context<'_>| context.app.is_some_and(|app| self.names.project(app.file) == project);
        let mut near = self.handed.iter().filter(|(framework, context)| *framework == service.framework && is_near(context));
        let (_, context) = near.next()?;
        near.next().is_none().then(|| context.clone())
    }

    fn is_unreached_route(&self, event: &Event) -> bool {
        matches!(self.facts[event.fact].kind, FactKind::Route(_)) && !self.reached.contains(&event.fact)
    }

    fn root(&mut self, place: &'a Place, mounted: bool) {
        let Some(service) = self.graph.services.get(place) else { return };
        let mut context = Context {
            prefix: Text::default(),
            around: None,
            standing: Vec::new(),
            keys: Vec::new(),
            unknown: Vec::new(),
            security: None,
            // Routes that files make belong to no application that is made somewhere, nor do those of a module that
            // is brought in as it pleases the configuration; which server answers for a procedure is seldom seen.
            app: service
                .fact
                .filter(|_| !place.name.starts_with('#') && !self.graph.is_module(place, self.facts))
                .filter(|_| service.framework != Route::PROCEDURE)
                .map(|index| self.facts[index].span),
            mounted,
            heir: None,
            depth: 0,
        };
        for fact in self.folder_guards(place, &service.framework) {
            let standing = self.stand(fact, &context.prefix, &service.framework);
            context.standing.extend(standing.map(Rc::new));
        }
        for fact in self.graph.global_guards(place, self.facts) {
            let standing = self.stand(fact, &context.prefix, "");
            context.standing.extend(standing.map(Rc::new));
        }
        let own = context.standing.len();
        // Which application brings a module in that none names, is not seen.
        let is_loose_module = service.framework.starts_with("@nestjs/") && !is_application(self.facts, service);
        if !mounted || is_loose_module {
            let same = self.loose.iter().filter(|(framework, _)| *framework == service.framework);
            context.standing.extend(same.map(|(_, standing)| standing.clone()));
        } else if is_class(place) {
            let is_near = |standing: &Standing| self.names.project(standing.guard.span.file) == self.names.project(place.file);
            let near = self.loose.iter().filter(|(_, standing)| is_near(standing));
            context.standing.extend(near.map(|(_, standing)| standing.clone()));
        }
        let before = context.standing.len();
        self.modules.clear();
        self.is_apart = is_loose_module;
        let left = self.service(place, context, &mut Vec::new());
        if mounted && !is_class(place) {
            // What is loose already would be twice as many after each of them.
            for standing in left[..own].iter().chain(&left[before..]) {
                let is_known = standing.fact.is_some_and(|fact| !self.loosened.insert(fact));
                if !is_known && standing.only.is_none() && !(standing.verdict.authn.is_no() && standing.verdict.rate_limit.is_no()) {
                    let mut loose = Standing::clone(standing);
                    loose.verdict.authn = loose.verdict.authn.and(Tri::Maybe);
                    loose.verdict.rate_limit = loose.verdict.rate_limit.and(Tri::Maybe);
                    self.loose.push((service.framework.clone(), Rc::new(loose)));
                }
            }
        }
    }

    /// Walks one service; gives the guards in force at its end, for a parent that it extends.
    fn service(&mut self, place: &'a Place, mut context: Context<'a>, stack: &mut Vec<&'a Place>) -> Vec<Rc<Standing>> {
        let Some(service) = self.graph.services.get(place) else { return context.standing };
        let span = service.events.first().map(|event| self.facts[event.fact].span);
        if stack.contains(&place) || context.depth >= MAX_DEPTH || span.is_some_and(|span| self.spends(service.events.len(), span)) {
            return context.standing;
        }
        if self.graph.is_module(place, self.facts) && !self.modules.insert((place, context.prefix.to_string())) {
            return context.standing;
        }
        stack.push(place);
        self.enter(place, service, &mut context);
        let semantics = semantics::of(&service.framework);
        let own: Vec<Option<Rc<Standing>>> =
            service.events.iter().map(|event| self.registered(place, *event, &context, &service.framework)).collect();
        if semantics.reach == Reach::All {
            context.standing.extend(own.iter().flatten().cloned());
        }
        for at in self.in_order(service) {
            let event = &service.events[at];
            match &self.facts[event.fact].kind {
                FactKind::Guard(_) if semantics.reach == Reach::Later => context.standing.extend(own[at].clone()),
                FactKind::Route(route) if semantics.reach == Reach::Earlier => {
                    let mut here = context.clone();
                    here.standing.extend(own[at + 1..].iter().rev().flatten().cloned());
                    self.route(event.fact, route, &here);
                }
                FactKind::Route(route) => self.route(event.fact, route, &context),
                FactKind::Mount(mount) => {
                    if !self.graph.children.contains_key(&event.fact) && loaded::is_any(&mount.child, self.names) {
                        let mut below = context.clone();
                        below.prefix = join(&below.prefix, &self.filled(&mount.prefix));
                        self.handed.push((service.framework.clone(), below));
                    }
                    for Child { service: child, inline, prefix, hooks } in self.graph.children.get(&event.fact).into_iter().flatten() {
                        let mut below = context.clone();
                        below.depth += 1;
                        below.prefix = join(&below.prefix, &self.filled(&mount.prefix));
                        below.prefix = prefix.as_ref().map_or(below.prefix.clone(), |own| join(&below.prefix, own));
                        self.at_module(place, child, &mount.prefix, &mut below, &context.prefix);
                        let is_base = self.graph.services.get(child).is_some_and(|service| service.is_base(self.facts));
                        below.heir = if is_base { below.heir.or(Some(place)) } else { None };
                        if semantics.reach == Reach::Earlier {
                            below.standing.extend(own[at + 1..].iter().rev().flatten().cloned());
                        }
                        for guard in &mount.guards {
                            below.standing.push(Rc::new(self.stand_for(guard, GuardScope::Controller, semantics.cover)));
                        }
                        for hook in hooks {
                            let Some((hook, _)) = self.graph.services.get_key_value(hook) else { continue };
                            below.standing = self.service(hook, below.clone(), stack);
                        }
                        let Some((child, _)) = self.graph.services.get_key_value(child) else { continue };
                        let before = below.standing.len();
                        let mut left = self.service(child, below, stack);
                        if left.len() > before {
                            context.standing.extend(left.drain(before..).filter_map(|standing| leaked(standing, *inline)));
                        }
                    }
                }
                _ => {}
            }
        }
        stack.pop();
        context.standing
    }

    /// The registrations of a service in the order in which they take hold. Fastify reads the hooks of a scope when all
    /// plugins are loaded, so that those of a plugin without a scope of its own hold for what was registered before, too.
    fn in_order(&self, service: &Service) -> Vec<usize> {
        let is_unscoped = |at: &usize| {
            let children = self.graph.children.get(&service.events[*at].fact);
            children.is_some_and(|children| !children.is_empty() && children.iter().all(|child| child.inline))
        };
        let all = 0..service.events.len();
        if !service.framework.starts_with("fastify") {
            return all.collect();
        }
        let (first, others): (Vec<usize>, Vec<usize>) = all.partition(is_unscoped);
        first.into_iter().chain(others).collect()
    }

    /// What the service itself says: markers on a controller, security of an API.
    fn enter(&self, place: &Place, service: &Service, context: &mut Context<'a>) {
        let Some(FactKind::Service(fact)) = service.fact.map(|index| &self.facts[index].kind) else { return };
        if let Some(security) = fact.security.value()
            && !matches!(security, Security::Inherit)
        {
            context.security = Some(security);
        }
        if let Some(prefix) = fact.options.as_ref().and_then(|options| options.get("prefix")) {
            let prefix = prefix.as_text().cloned().unwrap_or_else(|| {
                let mut hole = Text::default();
                hole.push(prefix.clone());
                hole
            });
            context.prefix = join(&context.prefix, &self.filled(&prefix));
        }
        let Some(NodeKind::List(written)) = fact.options.as_ref().and_then(|options| options.get("markers")).map(|node| &node.kind) else {
            return;
        };
        self.marked(written, context);
        // What is written on the class that a controller extends holds for it too.
        let mut class = self.names.value(place.file, place.name.trim_start_matches('#'));
        for _ in 0..MAX_DEPTH {
            let Some(base) = class.and_then(|class| class.get("extends")) else { return };
            class = Some(self.names.chase(base));
            if let Some(NodeKind::List(written)) = class.and_then(|class| class.get("decorators")).map(|node| &node.kind) {
                self.marked(written, context);
            }
        }
    }

    fn marked(&self, written: &'a [Node], context: &mut Context<'a>) {
        let markers = Markers::of(written, self.names);
        for guard in &markers.guards {
            context.standing.push(Rc::new(self.stand_for(guard, GuardScope::Controller, Cover::Below)));
        }
        context.keys.extend(markers.keys);
        context.unknown.extend(markers.unknown);
    }

    /// The guard of an event, as it stands below the context's prefix.
    fn registered(&mut self, place: &Place, event: Event, context: &Context<'a>, framework: &str) -> Option<Rc<Standing>> {
        let FactKind::Guard(guard) = &self.facts[event.fact].kind else { return None };
        if self.graph.mounted.contains(&guard.what.span) {
            return None;
        }
        if guard.scope == GuardScope::App && context.standing.iter().any(|standing| standing.fact == Some(event.fact)) {
            return None;
        }
        let mut standing = self.stand(event.fact, &context.prefix, framework)?;
        if event.file != place.file && semantics::of(framework).reach == Reach::Later {
            // Which file runs first is not known.
            standing.verdict.authn = standing.verdict.authn.and(Tri::Maybe);
        }
        Some(Rc::new(standing))
    }

    fn stand(&mut self, fact: usize, prefix: &Text, framework: &str) -> Option<Standing> {
        let FactKind::Guard(guard) = &self.facts[fact].kind else { return None };
        let judge = self.judge;
        let verdict = self.judged.entry(fact).or_insert_with(|| judge.registered(guard)).clone();
        let semantics = semantics::of(framework);
        let (only, cover) = match &guard.scope {
            GuardScope::Prefix(path, methods) => {
                // `app.get(path, guard)` covers that path alone; `app.use(path, guard)` what is below.
                let cover = if methods.is_empty() { semantics.cover } else { Cover::Exact };
                (Some((join(prefix, &self.filled(path)), methods.clone())), cover)
            }
            _ => (None, semantics.cover),
        };
        let except = Except::of(&guard.what, self.names);
        Some(Standing { guard: told(guard.clone(), &verdict), verdict, only, cover, except, fact: Some(fact) })
    }

    /// A path with the names in it replaced by the texts that they stand for: `${this.path}/:id`.
    ///
    /// Nothing where a guard stands in the place of a path: `use(verifyToken, router)`.
    fn filled(&self, path: &Text) -> Text {
        if let [Piece { part: Part::Hole(hole), .. }] = path.pieces.as_slice()
            && self.names.is_called(hole)
        {
            return Text::default();
        }
        // `${API}/users` of `API = `/${VERSION}``.
        let mut filled = path.clone();
        for _ in 0..MAX_FILLS {
            let mut is_changed = false;
            for piece in std::mem::take(&mut filled.pieces) {
                let known = match &piece.part {
                    Part::Hole(hole) => Node::as_ref(hole).and_then(|name| self.names.find(hole.span.file, name)?.value?.as_text()),
                    Part::Lit(_) => None,
                };
                match known.filter(|text| filled.pieces.len() + text.pieces.len() <= MAX_PIECES) {
                    Some(text) => {
                        filled.pieces.extend(text.pieces.iter().cloned());
                        is_changed = true;
                    }
                    None => filled.pieces.push(piece),
                }
            }
            if !is_changed {
                break;
            }
        }
        filled
    }

    fn stand_for(&self, what: &Node, scope: GuardScope, cover: Cover) -> Standing {
        let verdict = self.judge.guard(what);
        let except = Except::of(what, self.names);
        Standing { guard: told(Guard::new(what.clone(), scope, None, 0), &verdict), verdict, only: None, cover, except, fact: None }
    }
}
