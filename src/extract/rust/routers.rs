//! Routers that are built by calls: axum, poem, loco, salvo, actix-web, Rocket, warp.
//!
//! A router is an object: each call on it is a step, whatever variable holds it. It is bound to
//! `router@place`; a router that a function gets as a parameter is bound to `name@place`, as linking
//! has it for all parameters.

use smol_str::SmolStr;

use crate::ir::{
    CallSite, FactKind, Field, Func, Guard, GuardScope, Map, Mount, Node, NodeKind, Ref, Route, Scope, Service, ServiceKind, Span, Text,
};

use super::chain::Chain;
use crate::extract::Extract;

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

/// The framework whose router a call makes.
pub(super) fn framework(callee: &Ref) -> Option<&'static str> {
    let names = callee.names();
    let owner = names.len().checked_sub(2).map_or("", |at| names[at]);
    let from = |name: &str| names[0] == name || names.len() <= 2;
    Some(match (owner, *names.last()?) {
        ("Router" | "ApiRouter" | "OpenApiRouter", "new" | "default") if from("axum") || matches!(names[0], "aide" | "utoipa_axum") => {
            "axum"
        }
        ("Router", "new") if names[0] == "salvo" => "salvo",
        ("Router", "with_path" | "with_hoop") => "salvo",
        ("Route", "new") if names[0] == "poem" => "poem",
        ("Routes", "new") | ("AppRoutes", "with_default_routes" | "empty") if from("loco_rs") => "loco-rs",
        ("App" | "ServiceConfig" | "Scope", "new") if names[0] == "actix_web" => "actix-web",
        ("web", "scope" | "resource") if from("actix_web") => "actix-web",
        ("rocket" | "Rocket", "build" | "custom" | "ignite") => "rocket",
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
        matches!(call.callee.last(), "serve" | "into_make_service" | "into_make_service_with_connect_info" | "launch" | "run")
    };
    let is_app = match (router.framework, router.made.as_str()) {
        ("actix-web", made) => made == "new" && router.args.is_empty() && !matches!(router.key.as_str(), "parameter"),
        ("rocket", _) => true,
        ("loco-rs", made) => made != "new",
        _ => router.made != "parameter" && func.calls.iter().any(listens),
    };
    let mut options = Map::default();
    if let (true, Some(prefix)) = (matches!(router.made.as_str(), "scope" | "resource" | "with_path"), router.args.first()) {
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
    let mut writer = Writer { cx, router, service, owner, order: router.span.start };
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
}

impl Writer<'_, '_> {
    fn step(&mut self, step: &Step) {
        let text = |at: usize| step.args.get(at).map(path_of).unwrap_or_default();
        match (step.name.as_str(), step.args.as_slice()) {
            ("route" | "api_route" | "route_with_tsr" | "at" | "add" | "typed_route", [_, handlers]) => {
                self.methods(&text(0), handlers, step.span);
            }
            // actix: `resource.route(web::get().to(h))`, `resource.to(h)`, `resource.get(h)`.
            ("route", [handlers]) => self.methods(&Text::default(), handlers, step.span),
            // utoipa: the handlers say in an attribute what they serve.
            ("routes", [handlers]) if is_list_of_handlers(handlers) => self.mount(Text::default(), handlers, step.span),
            // warp: what its filters ask for.
            ("filter", [_, method, handler, guards @ ..]) => {
                self.route(method.as_str().unwrap_or("ANY"), &text(0), handler, guards, step.span);
            }
            ("to" | "to_async" | "goal", [handler]) => self.route("ANY", &Text::default(), handler, &[], step.span),
            ("get" | "post" | "put" | "delete" | "patch", [handler]) => {
                self.route(&step.name.to_ascii_uppercase(), &Text::default(), handler, &[], step.span);
            }
            ("nest" | "nest_api_service" | "mount" | "nest_no_strip", [_, child]) => self.mount(text(0), child, step.span),
            ("nest_service", [_, child]) if matches!(child.kind, NodeKind::Ref(_)) => self.mount(text(0), child, step.span),
            ("push" | "unshift", [child]) if self.router.framework == "salvo" => self.mount(Text::default(), child, step.span),
            ("hoop", [guard]) => self.guard(guard),
            ("merge" | "service" | "configure" | "add_route" | "add_routes", [child]) => self.mount(Text::default(), child, step.span),
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

    fn mount(&mut self, prefix: Text, child: &Node, span: Span) {
        let mount = Mount { parent: self.service.clone(), prefix, child: child.clone(), guards: Vec::new(), order: self.order };
        self.cx.fact(span, self.owner.clone(), FactKind::Mount(mount));
    }

    /// `get(list).post(create).layer(auth)`: layers guard the methods before them.
    fn methods(&mut self, path: &Text, handlers: &Node, span: Span) {
        let chain = Chain::of(handlers);
        let Some(call) = chain.constructor() else { return };
        let mut found: Vec<(SmolStr, &Node, Vec<Node>)> = Vec::new();
        if let (Some(method), Some(handler)) = (method_of(call.callee.last()), handler_of(&call.args)) {
            found.push((method, handler, Vec::new()));
        } else if let (Some(method), [handler]) = (method_of_own(&call.callee), call.args.as_slice()) {
            let wrapper = Node::new(chain.root.span, NodeKind::Ref(call.callee.clone()));
            found.push((method, handler, vec![wrapper]));
        } else if let ("on", [filter, handler]) = (call.callee.last(), call.args.as_slice()) {
            let method = filter.as_ref().map_or("ANY", Ref::last);
            found.push((method.into(), handler, Vec::new()));
        }
        // actix: `web::get().to(handler)`.
        let mut verb = method_of(call.callee.last());
        for step in &chain.steps {
            match step.name {
                "layer" | "route_layer" | "with" | "wrap" | "around" => {
                    for (_, _, guards) in &mut found {
                        guards.extend(step.args.first().into_iter().flat_map(layers).cloned());
                    }
                }
                "to" | "to_async" => {
                    if let Some(handler) = step.args.first() {
                        found.push((verb.take().unwrap_or_else(|| "ANY".into()), handler, Vec::new()));
                    }
                }
                name => {
                    if let (Some(method), Some(handler)) = (method_of(name), handler_of(step.args)) {
                        found.push((method, handler, Vec::new()));
                    }
                }
            }
        }
        for (method, handler, guards) in found {
            self.route(&method, path, handler, &guards, span);
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

fn handler_of(args: &[Node]) -> Option<&Node> {
    args.last()
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
