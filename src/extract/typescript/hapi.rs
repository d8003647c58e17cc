//! Hapi: `server.route({ method, path, options: { auth }, handler })` alone or in lists, `server.auth.default(…)`,
//! and lists of routes that a file exports for `server.route`.

use smol_str::SmolStr;

use super::dialect::Dialect;
use super::loops;
use super::routing::{Registration, Routing};
use crate::ir::{Call, FactKind, Field as Value, GuardScope, Node, NodeKind, Ref, Security, Text, Tri, Why};
use crate::parse::typescript::{Field, Syntax};

const THIS: Dialect = Dialect::Hapi;
const PACKAGE: &str = "@hapi/hapi";

/// Reads one call on a server.
pub(super) fn register<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>) {
    let mut arguments = routing.arguments(at.call);
    if arguments.is_empty() {
        return;
    }
    let first = arguments.swap_remove(0);
    match at.method {
        "route" => {
            let written = at.call.field(Field::Arguments).and_then(Syntax::first);
            match written.and_then(|list| loops::elements(routing.module, list)) {
                Some(routes) => routes.iter().for_each(|route| add(routing, at, route)),
                None if matches!(first.kind, NodeKind::Map(_)) => add(routing, at, &first),
                // A list of another file.
                None => routing.mount(at, Text::default(), first, Vec::new()),
            }
        }
        "register" => {
            for plugin in first.one_or_many() {
                let prefix = plugin.get("routes").and_then(|routes| routes.get("prefix")).and_then(Node::as_text).cloned();
                let child = plugin.get("plugin").unwrap_or(plugin);
                let child = child.get("register").unwrap_or(child).clone();
                routing.mount(at, prefix.unwrap_or_default(), child, Vec::new());
            }
        }
        // `server.auth.default('session')`
        "default" if !is_lenient(&first) => {
            let callee = Ref::import(PACKAGE, "auth").child("default");
            let call = Call { callee, receiver: None, args: Vec::new(), is_new: false, result_used: Tri::Yes };
            routing.guard(at, Node::new(first.span, NodeKind::Call(Box::new(call))), GuardScope::App);
        }
        _ => {}
    }
}

/// Whether an object is a route.
pub(super) fn is_route(node: &Node) -> bool {
    node.get("method").is_some() && node.get("path").is_some_and(|path| path.as_text().is_some())
}

/// Adds one route.
pub(super) fn add<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>, route: &Node) {
    let (Some(path), true) = (route.get("path"), is_route(route)) else { return };
    let options = route.get("options").or_else(|| route.get("config"));
    let of_options = |key: &str| options.and_then(|options| options.get(key));
    let before = of_options("pre").map(Node::one_or_many).unwrap_or_default();
    let mut handlers: Vec<Node> = before.into_iter().map(|step| step.get("method").unwrap_or(step).clone()).collect();
    handlers.extend(route.get("handler").or_else(|| of_options("handler")).cloned());
    for method in route.get("method").map(Node::one_or_many).unwrap_or_default() {
        let method = method.as_str().filter(|method| *method != "*").unwrap_or("any");
        routing.route(at, THIS, method, path, handlers.clone());
        if let Some(FactKind::Route(added)) = routing.facts.last_mut().map(|fact| &mut fact.kind) {
            added.security = security(options);
        }
        if let Some(fact) = routing.facts.last_mut() {
            fact.span = path.span;
        }
    }
}

/// `auth: false`, `auth: 'session'`, `auth: { mode: 'try', strategies: […] }`.
fn security(options: Option<&Node>) -> Value<Security> {
    let Some(options) = options else { return Value::Absent };
    let Some(map) = options.as_map() else { return Value::unknown(Why::Opaque, options.span) };
    map.field("auth", |auth| match &auth.kind {
        NodeKind::Bool(false) => Some(Security::Off),
        NodeKind::Map(_) if is_lenient(auth) => Some(Security::Off),
        NodeKind::Map(map) if map.get("strategy").is_none() && map.get("strategies").is_none() => Some(Security::Inherit),
        NodeKind::Map(_) | NodeKind::Text(_) => {
            let name = auth.get("strategy").unwrap_or(auth).as_str().unwrap_or("auth");
            Some(Security::Schemes(vec![(Ref::import(PACKAGE, SmolStr::new(name)), Vec::new())]))
        }
        _ => None,
    })
}

/// Whether a request without credentials passes.
fn is_lenient(auth: &Node) -> bool {
    matches!(auth.get("mode").and_then(Node::as_str), Some("try" | "optional"))
}
