//! Fastify: `fastify.METHOD(path, { preHandler }, handler)`, `fastify.route({ … })`,
//! `fastify.addHook('onRequest', …)`, `fastify.register(plugin, { prefix })`, `fastify.decorate(…)`.

use super::dialect::{Dialect, is_verb};
use super::names::{Form, unquoted};
use super::routing::{Registration, Routing, path_text};
use super::sinks::value_of;
use crate::ir::{Call, Entry, FactKind, GuardScope, Node, NodeKind, Ref, Text, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

const THIS: Dialect = Dialect::Fastify;

/// Hooks that run before a handler and can answer in its place.
const HOOKS: [&str; 4] = ["onRequest", "preParsing", "preValidation", "preHandler"];

/// Whether a file holds hooks by its name, which `@fastify/autoload` runs for the folder: it names no package.
pub(super) fn is_hooks(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.trim_start_matches(['.', '_']).starts_with("autohooks.")
}

/// A function that a hook puts on the request for handlers to call, and its name: `request.currentUser = async () => { … }`.
fn handed_out(node: Syntax<'_>) -> Option<(&str, Syntax<'_>)> {
    let (left, right) = (node.field(Field::Left)?, node.field(Field::Right)?);
    let is_put = super::func::is_handed_out(right);
    left.field(Field::Property).filter(|_| is_put).map(|name| (name.text(), right))
}

/// Reads one call on an application or plugin instance.
pub(super) fn register<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>) {
    let mut arguments = routing.arguments(at.call);
    match at.method {
        "addHook" if arguments.len() >= 2 && arguments[0].as_str().is_some_and(|hook| HOOKS.contains(&hook)) => {
            let hook = arguments.swap_remove(1);
            for (name, function) in at.call.below().filter_map(handed_out) {
                let made = routing.module.lower(function);
                routing.decorate(at, name, made);
            }
            routing.guard(at, hook, GuardScope::Controller);
        }
        "decorate" if arguments.len() >= 2 => {
            if let Some(name) = arguments[0].as_str() {
                routing.decorate(at, name, arguments[1].clone());
            }
        }
        "register" if !arguments.is_empty() => {
            let mut plugin = arguments.remove(0);
            let options = arguments.first();
            let prefix = options.and_then(|options| options.get("prefix").or_else(|| options.get("options")?.get("prefix")));
            let prefix = prefix.map_or_else(Text::default, path_text);
            if let Some(name) = plugin.as_ref().filter(|name| name.module() == Some("@fastify/autoload")) {
                // What is loaded is told by the options.
                let call = Call { callee: name.clone(), receiver: None, args: arguments.clone(), is_new: false, result_used: Tri::Yes };
                plugin = Node::new(plugin.span, NodeKind::Call(Box::new(call)));
            }
            let written = at.call.field(Field::Arguments).and_then(Syntax::first);
            if let Some(function) = written.filter(|function| function.kind().is_function()) {
                routing.adopt(function, THIS);
            }
            // A plugin of a library can guard everything: `@fastify/bearer-auth`.
            if plugin.as_ref().is_some_and(|name| name.module().is_some_and(super::names::is_package)) {
                let mut call = crate::ir::Call {
                    callee: plugin.as_ref().cloned().unwrap_or_else(|| at.service.clone()),
                    receiver: None,
                    args: Vec::new(),
                    is_new: false,
                    result_used: crate::ir::Tri::Yes,
                };
                call.args = arguments;
                routing.guard(at, Node::new(plugin.span, NodeKind::Call(Box::new(call))), GuardScope::Controller);
            }
            routing.mount(at, prefix, plugin, Vec::new());
        }
        "route" => {
            // `const review: RouteOptions = { method, url, handler }` that is registered by its name.
            let written = at.call.field(Field::Arguments).and_then(Syntax::first).and_then(|options| constant_of(routing, options));
            let declared = written.map(|options| routing.module.lower(options));
            let Some(options) = declared.as_ref().or(arguments.first()) else { return };
            let Some(path) = options.get("url").or_else(|| options.get("path")) else { return };
            let mut handlers = hooks(options);
            handlers.extend(limit(routing, at.call));
            handlers.extend(options.get("handler").cloned());
            let methods = options.get("method").cloned();
            for method in methods.iter().flat_map(Node::one_or_many) {
                routing.route(at, THIS, method.as_str().unwrap_or("ANY"), path, handlers.clone());
                mark(routing, at.call);
            }
        }
        method if is_verb(method) && !arguments.is_empty() => {
            if arguments[0].as_text().is_none() && arguments.len() < 2 {
                return;
            }
            let path = arguments.remove(0);
            let mut handlers = Vec::new();
            for argument in arguments {
                match &argument.kind {
                    NodeKind::Map(_) => {
                        handlers.extend(hooks(&argument));
                        handlers.extend(limit(routing, at.call));
                        handlers.extend(argument.get("handler").cloned());
                    }
                    NodeKind::List(_) | NodeKind::Ref(_) | NodeKind::Call(_) | NodeKind::Func(_) => handlers.push(argument),
                    _ => {}
                }
            }
            routing.route(at, THIS, method, &path, handlers);
            mark(routing, at.call);
        }
        _ => {}
    }
}

/// The hooks in a route's options.
fn hooks(options: &Node) -> Vec<Node> {
    let spread = options.as_map().into_iter().flat_map(|map| &map.entries).filter_map(|entry| match entry {
        Entry::Spread(shared) => Some(shared.clone()),
        _ => None,
    });
    spread.chain(HOOKS.iter().filter_map(|hook| options.get(hook).cloned())).collect()
}

/// The limit that a route sets for the framework's plugin, which holds whether others have one or not:
/// `config: { rateLimit: { max: 5 } }`.
fn limit<'t>(routing: &Routing<'_, 't>, call: Syntax<'t>) -> Option<Node> {
    let set = limit_of(routing, call).filter(|set| set.kind() != Kind::False)?;
    Some(of_limiter(set, "rateLimit", vec![routing.module.lower(set)]))
}

/// Marks the route that was added last with what its configuration says to hooks: that it is left out of the limit
/// (`config: { rateLimit: false }`), and what is switched on for it (`config: { anonymous: true }`).
fn mark<'t>(routing: &mut Routing<'_, 't>, call: Syntax<'t>) {
    let Some(config) = config_of(routing, call) else { return };
    let lifted = value_of(config, "rateLimit").filter(|set| set.kind() == Kind::False);
    let mut markers: Vec<Node> = lifted.map(|set| of_limiter(set, "skip", Vec::new())).into_iter().collect();
    for pair in config.children().filter(|pair| pair.kind() == Kind::Pair) {
        if let (Some(key), Some(set)) = (pair.field(Field::Key), pair.field(Field::Value).filter(|set| set.kind() == Kind::True)) {
            let args = vec![Node::text(unquoted(key), key.span()), routing.module.lower(set)];
            let call = Call { callee: Ref::import("fastify", "SetMetadata"), receiver: None, args, is_new: false, result_used: Tri::Yes };
            markers.push(Node::new(pair.span(), NodeKind::Call(Box::new(call))));
        }
    }
    if let Some(FactKind::Route(route)) = routing.facts.last_mut().map(|fact| &mut fact.kind) {
        route.markers.extend(markers);
    }
}

/// What a hook asks a route's configuration for: `anonymous` of `request.routeOptions.config.anonymous`.
pub(super) fn asked_of_route(member: Syntax<'_>) -> Option<Syntax<'_>> {
    const CONFIGS: [&str; 5] = ["routeOptions.config", "routeOptions?.config", "routeConfig", "context.config", "routeOptions.config?"];
    let of = member.field(Field::Object)?;
    let is_config = of.kind() == Kind::Member && CONFIGS.iter().any(|config| of.text().ends_with(config));
    member.field(Field::Property).filter(|_| is_config)
}

/// What a route says of the limit for itself.
fn limit_of<'t>(routing: &Routing<'_, 't>, call: Syntax<'t>) -> Option<Syntax<'t>> {
    value_of(config_of(routing, call)?, "rateLimit")
}

/// What a route tells hooks of itself.
fn config_of<'t>(routing: &Routing<'_, 't>, call: Syntax<'t>) -> Option<Syntax<'t>> {
    let object = |argument: Syntax<'t>| constant_of(routing, argument).filter(|options| options.kind() == Kind::Object);
    let config = value_of(call.field(Field::Arguments)?.children().find_map(object)?, "config")?;
    constant_of(routing, config)
}

/// What a name of a constant of the file stands for; whatever is no name, itself.
fn constant_of<'t>(routing: &Routing<'_, 't>, value: Syntax<'t>) -> Option<Syntax<'t>> {
    if value.kind() != Kind::Identifier {
        return Some(value);
    }
    match routing.module.lookup(value.text(), value).map(|declared| &declared.form) {
        Some(Form::Variable(Some(made), path)) if path.is_empty() => Some(*made),
        _ => None,
    }
}

/// A call of the framework's limiter, as if it stood there.
fn of_limiter(place: Syntax<'_>, name: &str, args: Vec<Node>) -> Node {
    let call = Call { callee: Ref::import("@fastify/rate-limit", name), receiver: None, args, is_new: false, result_used: Tri::Yes };
    Node::new(place.span(), NodeKind::Call(Box::new(call)))
}
