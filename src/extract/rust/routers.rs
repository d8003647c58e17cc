//! Routers that are built by calls: axum, poem, loco, salvo, actix-web, Rocket, warp.
//!
//! A router is an object: each call on it is a step, whatever variable holds it. It is bound to
//! `router@place`; a router that a function gets as a parameter is bound to `name@place`, as linking
//! has it for all parameters.

use smol_str::SmolStr;

use crate::ir::{
    Call, CallSite, FactKind, Field, Func, Guard, GuardScope, Map, Mount, Node, NodeKind, Ref, Route, Scope, Service, ServiceKind, Span,
    Text,
};

use super::chain::{self, Chain};
use super::procedures::{self, TONIC};
use crate::extract::Extract;

/// Chains of methods in chains of methods.
const MAX_NESTING: u32 = 8;

/// A router with what is called on it.
#[derive(Debug, Clone)]
pub(super) struct Router {
    /// The name that stands for it.
    pub key: SmolStr,
    /// The framework's crate.
    pub framework: &'static str,
    /// What makes it: `new`, `scope`, `resource`, `build`; `parameter`.
    pub made: SmolStr,
    /// The arguments of the making.
    pub args: Vec<Node>,
    /// Calls on it, in order.
    pub steps: Vec<Step>,
    /// Where it is made.
    pub span: Span,
    /// Whether another router took its place: a filter of warp that goes on behind its handler.
    pub replaced: bool,
}

/// A call on a [`Router`].
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// The method.
    pub name: SmolStr,
    /// Its arguments.
    pub args: Vec<Node>,
    /// The call.
    pub span: Span,
}

/// The one framework whose paths are routers by themselves: `app.at("/users").with(guard).get(list)`.
pub(super) const TIDE: &str = "tide";

/// The framework whose router a call makes.
pub(super) fn framework(callee: &Ref) -> Option<&'static str> {
    let names = callee.names();
    let owner = names.len().checked_sub(2).map_or("", |at| names[at]);
    let from = |name: &str| names[0] == name || names.len() <= 2;
    // ntex is what became of an early actix-web.
    let is_actix = |name: &str| matches!(name, "actix_web" | "ntex");
    Some(match (owner, *names.last()?) {
        ("Router" | "ApiRouter" | "OpenApiRouter", "new" | "default") if from("axum") || matches!(names[0], "aide" | "utoipa_axum") => {
            "axum"
        }
        ("Router", "new") if names[0] == "salvo" => "salvo",
        ("Router", "with_path" | "with_hoop") => "salvo",
        ("Route", "new") if names[0] == "poem" => "poem",
        ("Routes", "new") | ("AppRoutes", "with_default_routes" | "empty") if from("loco_rs") => "loco-rs",
        ("App" | "ServiceConfig" | "Scope", "new") if is_actix(names[0]) => "actix-web",
        ("web", "scope" | "resource") if from("actix_web") || is_actix(names[0]) => "actix-web",
        ("rocket" | "Rocket", "build" | "custom" | "ignite") => "rocket",
        ("Server" | "Routes" | "RoutesBuilder", "builder" | "new" | "default") if names[0] == TONIC => TONIC,
        ("tide" | "Server", "new" | "with_state") if names[0] == "tide" => TIDE,
        _ => return None,
    })
}

/// The framework whose router a parameter's type is.
pub(super) fn framework_of_type(ty: &Ref) -> Option<&'static str> {
    match (ty.first(), ty.last()) {
        (_, "ServiceConfig") => Some("actix-web"),
        ("axum" | "Router", "Router") => Some("axum"),
        _ => None,
    }
}

/// Writes the facts of a router.
pub(super) fn facts(cx: &mut Extract<'_>, router: &Router, func: &Func) {
    let service = Ref::new(Scope::Local, [router.key.clone()]);
    let listens = |call: &CallSite| {
        matches!(call.callee.last(), "serve" | "into_make_service" | "into_make_service_with_connect_info" | "launch" | "run" | "listen")
    };
    let is_app = match (router.framework, router.made.as_str()) {
        ("actix-web", made) => made == "new" && router.args.is_empty() && !matches!(router.key.as_str(), "parameter"),
        ("rocket" | TONIC, _) => true,
        ("loco-rs", made) => made != "new",
        _ => router.made != "parameter" && func.calls.iter().any(listens),
    };
    let mut options = Map::default();
    if let (true, Some(prefix)) = (matches!(router.made.as_str(), "scope" | "resource" | "with_path" | "at"), router.args.first()) {
        options.push("prefix", prefix.span, prefix.clone());
    }
    if let Some(prefix) =
        router.steps.iter().find(|step| matches!(step.name.as_str(), "prefix" | "path")).and_then(|step| step.args.first())
    {
        options.push("prefix", prefix.span, prefix.clone());
    }
    let fact = Service {
        kind: if is_app { ServiceKind::App } else { ServiceKind::Router },
        framework: router.framework.into(),
        name: None,
        binding: service.clone(),
        security: Field::Absent,
        options: (!options.entries.is_empty()).then(|| Node::new(router.span, NodeKind::Map(options))),
    };
    let owner = if func.name.is_empty() { SmolStr::from(router.framework) } else { func.name.clone() };
    cx.fact(router.span, owner.clone(), FactKind::Service(fact));
    let mut writer = Writer { cx, router, service, owner, order: router.span.start, before: Vec::new() };
    if router.made == "with_hoop"
        && let Some(guard) = router.args.first()
    {
        writer.guard(guard);
    }
    for step in &router.steps {
        writer.order = step.span.start;
        writer.step(step);
    }
}

struct Writer<'c, 'f> {
    cx: &'c mut Extract<'f>,
    router: &'c Router,
    service: Ref,
    owner: SmolStr,
    order: u32,
    /// tide: what stands in front of the methods of a path that follow.
    before: Vec<Node>,
}

impl Writer<'_, '_> {
    fn step(&mut self, step: &Step) {
        let text = |at: usize| step.args.get(at).map(path_of).unwrap_or_default();
        match (step.name.as_str(), step.args.as_slice()) {
            ("with", [guard]) if self.router.made == "at" => self.before.push(guard.clone()),
            ("nest", [child]) if self.router.made == "at" => self.mount(Text::default(), child, self.before.clone(), step.span),
            ("all", [handler]) if self.router.made == "at" => self.route("ANY", &Text::default(), handler, &self.before.clone(), step.span),
            (method, [handler]) if self.router.made == "at" && method_of(method).is_some() => {
                self.route(&method.to_ascii_uppercase(), &Text::default(), handler, &self.before.clone(), step.span);
            }
            ("route" | "api_route" | "api_route_with" | "route_with_tsr" | "at" | "add", [_, handlers, ..]) => {
                self.methods(&text(0), handlers, step.span);
            }
            // actix: `resource.route(web::get().to(h))`, `resource.to(h)`, `resource.get(h)`.
            ("route", [handlers]) => self.methods(&Text::default(), handlers, step.span),
            // axum-extra: the type of a parameter says the path.
            ("typed_get" | "typed_post" | "typed_put" | "typed_delete" | "typed_patch", [handler]) => {
                let mut path = Text::default();
                path.push(handler.clone());
                self.route(&step.name["typed_".len()..].to_ascii_uppercase(), &path, handler, &[], step.span);
            }
            // utoipa: the handlers say in an attribute what they serve.
            ("routes", [handlers]) if is_list_of_handlers(handlers) => self.mount(Text::default(), handlers, Vec::new(), step.span),
            // warp: what its filters ask for.
            ("filter", [_, method, handler, guards @ ..]) => {
                self.route(method.as_str().unwrap_or("ANY"), &text(0), handler, guards, step.span);
            }
            ("to" | "to_async" | "goal", [handler]) => self.route("ANY", &Text::default(), handler, &[], step.span),
            ("get" | "post" | "put" | "delete" | "patch", [handler]) => {
                self.route(&step.name.to_ascii_uppercase(), &Text::default(), handler, &[], step.span);
            }
            ("nest" | "nest_api_service" | "mount" | "nest_no_strip", [_, child]) => self.mount(text(0), child, Vec::new(), step.span),
            ("nest_service", [_, child]) if matches!(child.kind, NodeKind::Ref(_)) => self.mount(text(0), child, Vec::new(), step.span),
            ("push" | "unshift", [child]) if self.router.framework == "salvo" => self.mount(Text::default(), child, Vec::new(), step.span),
            ("hoop", [guard]) => self.guard(guard),
            ("add_service", [child]) if self.router.framework == TONIC => {
                let (child, guards) = procedures::served(child);
                self.mount(Text::default(), &child, guards, step.span);
            }
            ("merge" | "service" | "configure" | "add_route" | "add_routes", [child]) => {
                self.mount(Text::default(), child, Vec::new(), step.span);
            }
            // actix: whom a function of the scope says no to, no route of it answers.
            ("guard", [guard]) if guard.as_call().is_some_and(|call| call.callee.last() == "fn_guard") => self.guard(guard),
            // Rocket's fairings can't answer a request: one may send it to another route at most, and says so.
            ("attach", [fairing]) if !speaks_of_login(fairing) => {}
            ("layer" | "route_layer" | "wrap" | "wrap_fn" | "with" | "around" | "attach" | "before" | "with_if", [guard, ..]) => {
                self.guard(guard);
            }
            _ => {}
        }
    }

    fn guard(&mut self, guard: &Node) {
        for what in layers(guard) {
            let guard = Guard::new(what.clone(), GuardScope::Controller, Some(self.service.clone()), self.order);
            self.cx.fact(what.span, self.owner.clone(), FactKind::Guard(guard));
        }
    }

    /// What is mounted may be put together on the spot: `admin().route_layer(auth).merge(open())`, where a layer stands
    /// in front of what is there before it alone.
    fn mount(&mut self, prefix: Text, child: &Node, guards: Vec<Node>, span: Span) {
        let chain = Chain::of(child);
        let joins = |step: &chain::Step<'_>| matches!((step.name, step.args.len()), ("merge", 1) | ("nest", 2));
        if !chain.steps.iter().any(joins) {
            return self.mount_one(prefix, child, guards, span);
        }
        let layers_from = |at: usize| {
            let layers = chain.steps[at..].iter().filter(|step| matches!(step.name, "layer" | "route_layer"));
            guards.iter().chain(layers.filter_map(|step| step.args.first())).cloned().collect()
        };
        self.mount_one(prefix.clone(), chain.root, layers_from(0), span);
        for (at, step) in chain.steps.iter().enumerate().filter(|(_, step)| joins(step)) {
            let mut prefix = prefix.clone();
            if let [path, _] = step.args {
                prefix.pieces.extend(path_of(path).pieces);
            }
            if let Some(joined) = step.args.last() {
                self.mount(prefix, joined, layers_from(at), span);
            }
        }
    }

    fn mount_one(&mut self, prefix: Text, child: &Node, guards: Vec<Node>, span: Span) {
        let mount = Mount { parent: self.service.clone(), prefix, child: child.clone(), guards, order: self.order };
        self.cx.fact(span, self.owner.clone(), FactKind::Mount(mount));
    }

    /// What a path serves by which methods.
    fn methods(&mut self, path: &Text, handlers: &Node, span: Span) {
        for Served { method, handler, guards } in served(handlers, MAX_NESTING) {
            match method {
                Some(method) => self.route(&method, path, handler, &guards, span),
                None => self.mount(path.clone(), handler, guards, span),
            }
        }
    }

    fn route(&mut self, method: &str, path: &Text, handler: &Node, guards: &[Node], span: Span) {
        let mut route = Route::new(self.service.clone(), self.router.framework, method, path.clone(), self.order);
        let (handler, more) = without_layers(handler);
        if handler
            .as_ref()
            .is_some_and(|name| matches!(name.last(), "NotFound" | "MethodNotAllowed" | "not_found" | "Gone" | "method_not_allowed"))
        {
            return;
        }
        route.guards = guards.iter().cloned().chain(more).collect();
        route.handler = Some(handler.clone());
        self.cx.fact(span, smol_str::format_smolstr!("{method} {path}"), FactKind::Route(Box::new(route)));
    }
}

/// One method of a path, and what stands in front of it.
struct Served<'n> {
    /// In upper case; none for what a function of the application's own serves.
    method: Option<SmolStr>,
    handler: &'n Node,
    guards: Vec<Node>,
}

impl<'n> Served<'n> {
    fn new(method: impl Into<SmolStr>, handler: &'n Node) -> Self {
        Self { method: Some(method.into()), handler, guards: Vec::new() }
    }
}

/// `get(list).post(create).layer(auth)`: layers guard the methods before them.
fn served(handlers: &Node, depth: u32) -> Vec<Served<'_>> {
    let (chain, Some(depth)) = (Chain::of(handlers), depth.checked_sub(1)) else { return Vec::new() };
    let Some(call) = chain.constructor() else { return Vec::new() };
    // actix: `web::get().to(handler)`.
    let mut verb = method_of(call.callee.last());
    let mut found: Vec<Served<'_>> = first_served(call, chain.root).into_iter().collect();
    for step in &chain.steps {
        match step.name {
            "merge" => found.extend(step.args.iter().flat_map(|other| served(other, depth))),
            "layer" | "route_layer" | "with" | "wrap" | "around" => {
                for Served { guards, .. } in &mut found {
                    guards.extend(step.args.first().into_iter().flat_map(layers).cloned());
                }
            }
            "to" | "to_async" => {
                found.extend(step.args.first().map(|handler| Served::new(verb.take().unwrap_or_else(|| "ANY".into()), handler)));
            }
            name => {
                if let (Some(method), Some(handler)) = (method_of(name), step.args.first()) {
                    found.push(Served::new(method, handler));
                }
            }
        }
    }
    found
}

/// What the function serves that a chain of methods begins with.
fn first_served<'n>(call: &'n Call, node: &'n Node) -> Option<Served<'n>> {
    let name = call.callee.last();
    match (method_of(name), method_of_own(&call.callee), call.args.as_slice()) {
        (Some(method), _, [handler, ..]) => Some(Served::new(method, handler)),
        (Some(_), _, []) => None,
        (_, Some(method), [handler]) => {
            let wrapper = Node::new(node.span, NodeKind::Ref(call.callee.clone()));
            Some(Served { guards: vec![wrapper], ..Served::new(method, handler) })
        }
        (_, _, [filter, handler]) if name == "on" => Some(Served::new(filter.as_ref().map_or("ANY", Ref::last), handler)),
        // A function of the application's own that says which methods it serves.
        _ if !matches!(name, "new" | "default" | "on") && call.callee.first() != "axum" => {
            Some(Served { method: None, handler: node, guards: Vec::new() })
        }
        _ => None,
    }
}

/// The layers that a value stands for: each of a `ServiceBuilder`'s, or itself.
fn layers(guard: &Node) -> Vec<&Node> {
    let chain = Chain::of(guard);
    let is_builder = chain.constructor().is_some_and(|call| call.callee.names().contains(&"ServiceBuilder"));
    if !is_builder {
        return vec![guard];
    }
    chain.steps.iter().filter(|step| matches!(step.name, "layer" | "option_layer")).filter_map(|step| step.args.first()).collect()
}

/// Whether the name of what is made says that it looks for credentials.
fn speaks_of_login(made: &Node) -> bool {
    let names = |name: &Ref| name.path.iter().any(|part| part.to_ascii_lowercase().contains("auth"));
    match &made.kind {
        NodeKind::Ref(name) => names(name),
        NodeKind::Call(call) => names(&call.callee),
        _ => true,
    }
}

/// `handler.layer(auth)`, poem's `handler.with(auth)`.
fn without_layers(handler: &Node) -> (&Node, Vec<Node>) {
    let chain = Chain::of(handler);
    if chain.steps.is_empty() || !matches!(chain.root.kind, NodeKind::Ref(_)) {
        return (handler, Vec::new());
    }
    let guards = chain
        .steps
        .iter()
        .filter(|step| matches!(step.name, "layer" | "with" | "around" | "wrap"))
        .flat_map(|step| step.args.iter().cloned());
    (chain.root, guards.collect())
}

fn method_of(name: &str) -> Option<SmolStr> {
    let verb = name.strip_suffix("_with").unwrap_or(name);
    matches!(verb, "get" | "post" | "put" | "delete" | "patch" | "options" | "head" | "any" | "trace")
        .then(|| verb.to_ascii_uppercase().into())
}

/// The verb of a function of the application's own that makes a route of a handler: `get_internal(handler)`.
fn method_of_own(callee: &Ref) -> Option<SmolStr> {
    let (verb, _) = callee.last().split_once('_')?;
    method_of(verb)
}

/// A step by which a router of axum is known, whoever made it: `admin::router().route("/jobs", get(jobs))`.
pub(super) fn is_step_of_axum(name: &str, args: &[Node]) -> bool {
    let [path, served] = args else { return false };
    let is_path = path.as_str().is_some_and(|path| path.starts_with('/'));
    let serves = || Chain::of(served).constructor().is_some_and(|call| method_of(call.callee.last()).is_some());
    is_path && (name == "route" && serves() || name == "nest")
}

/// `routes!(list, create)` of utoipa.
pub(super) fn is_list_of_handlers(node: &Node) -> bool {
    node.as_call().is_some_and(|call| call.callee.last() == "routes!")
}

/// A path as it is written; an unknown one is a hole.
fn path_of(node: &Node) -> Text {
    node.as_text().cloned().unwrap_or_else(|| {
        let mut text = Text::default();
        text.push(node.clone());
        text
    })
}
