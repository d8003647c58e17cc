//! Strapi, from version 4: the routes that a file below `src/api/*/routes` exports, as a list or by `createCoreRouter`.
//!
//! The users-permissions plugin stands in front of every route, and lets nobody in whom an operator gave no right: `auth:
//! false` takes it away, and leaves the route's policies alone. A handler's name leads to a controller of the same API.

use smol_str::format_smolstr;

use super::collections::decides;
use super::filed::Filed;
use super::names::Module;
use super::routing::path_text;
use crate::extract::Extract;
use crate::ir::{FactKind, Field as Value, Node, NodeKind, Ref, Resource, ResourceMode, Scope, Security, Span, Text, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "@strapi/strapi";

/// The routes of `createCoreRouter`: the action, its method, and what follows the path of the type.
const CORE: [(&str, &str, &str); 5] =
    [("find", "GET", ""), ("findOne", "GET", "/:id"), ("create", "POST", ""), ("update", "PUT", "/:id"), ("delete", "DELETE", "/:id")];

/// Whether a file is one of an API's own: its routes, and what they name.
pub(super) fn is_route(path: &str, text: &str) -> bool {
    role(path).is_some() && ["strapi", "ctx", "policyContext", "routes:"].iter().any(|word| text.contains(word))
}

/// The folder that a file of an API stands in: `routes`, `controllers`, `policies`, `middlewares`.
fn role(path: &str) -> Option<&str> {
    let stem = path.strip_suffix(".ts").or_else(|| path.strip_suffix(".js"))?;
    let below = stem.strip_prefix("src/").or_else(|| stem.split_once("/src/").map(|(_, below)| below))?;
    let mut parts = below.split('/');
    let folder = match parts.next()? {
        "api" | "extensions" => parts.nth(1)?,
        "plugins" => parts.nth(1).filter(|part| *part == "server").and_then(|_| parts.find(|part| *part != "src"))?,
        folder => folder,
    };
    matches!(folder, "routes" | "controllers" | "policies" | "middlewares").then_some(folder)
}

/// Adds the routes of one file, or the guard that it defines.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    match role(&cx.file.path) {
        Some("routes") => routes(cx, module),
        Some("policies" | "middlewares") => guard(cx),
        _ => {}
    }
}

fn routes(cx: &mut Extract<'_>, module: &Module<'_>) {
    let mut filed = Filed::new(PACKAGE);
    for node in module.tree.all() {
        match node.kind() {
            Kind::Call if module.callee_of(node).is_some_and(|callee| callee.last() == "createCoreRouter") => {
                core(&module.lower(node), &cx.file.path, &mut filed);
            }
            Kind::Object if is_route_object(node) => listed(&module.lower(node), &mut filed),
            _ => {}
        }
    }
    filed.emit(cx);
}

/// `{ method: 'POST', path: '/x', handler: 'kiln.fire' }`: a handler's name tells it from routes of others.
fn is_route_object(node: Syntax<'_>) -> bool {
    let of = |key: &str| {
        let is_key = |pair: &Syntax<'_>| pair.field(Field::Key).is_some_and(|name| super::names::unquoted(name) == key);
        node.children().filter(|pair| pair.kind() == Kind::Pair).find(is_key)?.field(Field::Value)
    };
    of("method").is_some() && of("path").is_some() && of("handler").is_some_and(|handler| handler.kind() == Kind::String)
}

fn listed(route: &Node, filed: &mut Filed) {
    let (Some(path), Some(handler)) = (route.get("path"), route.get("handler")) else { return };
    for method in route.get("method").map(Node::one_or_many).unwrap_or_default() {
        let Some(method) = method.as_str() else { continue };
        add(&method.to_ascii_uppercase(), prefixed(path_text(path), path.span), action_of(handler), route.get("config"), path.span, filed);
    }
}

/// `createCoreRouter('api::kiln.kiln', { only, except, config: { create: { auth: false } } })`.
fn core(router: &Node, file: &str, filed: &mut Filed) {
    let Some(call) = router.as_call() else { return };
    let name = file.rsplit('/').next().unwrap_or(file).split('.').next().unwrap_or_default();
    let kind = call.args.first().and_then(Node::as_str).and_then(|uid| uid.rsplit('.').next()).unwrap_or(name);
    let options = call.args.get(1);
    let says = |key: &str| options.and_then(|options| options.get(key));
    let lists =
        |key: &str, action: &str| says(key).and_then(Node::as_list).map(|list| list.iter().any(|name| name.as_str() == Some(action)));
    for (action, method, below) in CORE {
        if lists("only", action) == Some(false) || lists("except", action) == Some(true) {
            continue;
        }
        let config = says("config").and_then(|config| config.get(action));
        let span = config.map_or(router.span, |config| config.span);
        let span = Span { end: span.end.min(span.start + 1), ..span };
        let handler = Node::new(span, NodeKind::Ref(Ref::import(format_smolstr!("../controllers/{kind}"), "default").child(action)));
        add(method, Text::lit(format!("/api/{kind}s{below}"), span), Some(handler), config, span, filed);
    }
}

/// Below which path an API is served.
fn prefixed(path: Text, span: Span) -> Text {
    let mut whole = Text::lit("/api", span);
    whole.pieces.extend(path.pieces);
    whole.join_literals();
    whole
}

/// `kiln.fire`, `api::kiln.kiln.fire`: an action of the controller beside the routes.
fn action_of(handler: &Node) -> Option<Node> {
    let (controller, action) = handler.as_str()?.rsplit_once('.')?;
    let controller = controller.rsplit(['.', ':']).next()?;
    let name = Ref::import(format_smolstr!("../controllers/{controller}"), "default").child(action);
    Some(Node::new(handler.span, NodeKind::Ref(name)))
}

fn add(method: &str, path: Text, handler: Option<Node>, config: Option<&Node>, span: Span, filed: &mut Filed) {
    let mut route = filed.route(method, "", handler.unwrap_or_else(|| Node::unknown(Why::Opaque, span)));
    route.path = path;
    let of_config = |key: &str| config.and_then(|config| config.get(key)).map(Node::one_or_many).unwrap_or_default();
    route.guards = of_config("middlewares").into_iter().filter_map(named).collect();
    route.guards.extend(of_config("policies").into_iter().filter_map(named).map(|policy| decides(PACKAGE, policy)));
    route.security = match config {
        Some(config) if config.as_map().is_none_or(crate::ir::Map::is_open) => Value::unknown(Why::Opaque, config.span),
        config => match config.and_then(|config| config.get("auth")) {
            Some(auth) if auth.as_bool() == Some(false) => Value::known(Security::Off, auth.span),
            Some(auth) if auth.as_map().is_none() && auth.as_bool().is_none() => Value::unknown(Why::Opaque, auth.span),
            _ => Value::known(Security::Schemes(vec![(Ref::import(PACKAGE, "users-permissions"), Vec::new())]), span),
        },
    };
    filed.add(route);
}

/// A policy or middleware: by its name, by `{ name, config }`, or written in place.
fn named(guard: &Node) -> Option<Node> {
    match &guard.kind {
        NodeKind::Text(_) | NodeKind::Map(_) => {
            let name = guard.get("name").unwrap_or(guard).as_str()?.rsplit(['.', ':']).next()?.to_owned();
            Some(Node::new(guard.span, NodeKind::Ref(Ref::new(Scope::Local, ["policy", name.as_str()]))))
        }
        _ => Some(guard.clone()),
    }
}

/// What the name of a policy or middleware stands for.
fn guard(cx: &mut Extract<'_>) {
    let file = cx.file.path.rsplit('/').next().unwrap_or_default();
    let name = file.split('.').next().unwrap_or(file);
    let span = Span { end: 0, ..cx.file.span() };
    let resource = Resource {
        provider: PACKAGE.into(),
        ty: "decoration".into(),
        name: name.into(),
        address: format_smolstr!("policy {name}"),
        mode: ResourceMode::Managed,
        attrs: super::filed::own(&cx.file.path, "default", span),
    };
    cx.fact(span, resource.address.clone(), FactKind::Resource(resource));
}
