//! Nitric: APIs with their security, routes, schemes and permissions, as each generation of the SDK
//! reads them (`@nitric/sdk`: `api.ts`, `bucket.ts` and their kin at the tags of each release).

use smol_str::SmolStr;

use super::javascript::{Site, option, receiver, root};
use crate::ir::{
    AuthScheme, Call, Dialect, Fact, FactKind, Field, Grant, Guard, GuardScope, Map, Node, NodeKind, Ref, Route, Security, Service,
    ServiceKind, Text, Why,
};

const SDK: &str = "@nitric/sdk";

/// Adds what a call of the SDK declares.
pub(super) fn call(site: &Site<'_>, out: &mut Vec<Fact>) {
    let made = root(site.call);
    if made.callee.module() != Some(SDK) {
        return;
    }
    if std::ptr::eq(made, site.call) {
        match site.call.callee.last() {
            "api" => api(site, out),
            "websocket" => websocket(site, out),
            "oidcRule" => scheme(site, site.argument(0), None, None, out),
            _ => {}
        }
    } else if made.callee.last() == "websocket" {
        connection(site, made, out);
    } else if made.callee.last() == "api" {
        route(site, made, out);
    } else if matches!(site.call.callee.last(), "for" | "allow") && receiver(site.call).is_some_and(|inner| std::ptr::eq(inner, made)) {
        grant(site, made, out);
    }
}

fn api(site: &Site<'_>, out: &mut Vec<Fact>) {
    let options = site.argument(1);
    let binding = service_of(site, site.call);
    let security = security(site, options);
    if let Some(definitions) = options.and_then(|options| options.get("securityDefinitions")).and_then(Node::as_map) {
        for (name, definition) in definitions.pairs() {
            scheme(site, Some(definition), Some(name), Some(&binding), out);
        }
    }
    for guard in options.and_then(|options| options.get("middleware")).map(Node::one_or_many).unwrap_or_default() {
        let guard = Guard::new(guard.clone(), GuardScope::Controller, Some(binding.clone()), site.span.start);
        out.push(Fact::new(guard.span, name_of(site.call), FactKind::Guard(guard)));
    }
    let service = Service {
        kind: ServiceKind::Api,
        framework: SDK.into(),
        name: site.argument(0).and_then(Node::as_text).cloned(),
        binding,
        security,
        options: options.cloned().map(placed),
    };
    out.push(Fact::new(site.span, name_of(site.call), FactKind::Service(service)));
}

/// The options of an API with the path that all its routes are below, as linking asks for it.
fn placed(mut options: Node) -> Node {
    let path = options.get("path").filter(|path| path.as_text().is_some()).cloned();
    if let (NodeKind::Map(map), Some(path)) = (&mut options.kind, path) {
        map.push("prefix", path.span, path);
    }
    options
}

fn websocket(site: &Site<'_>, out: &mut Vec<Fact>) {
    let service = Service {
        kind: ServiceKind::Websocket,
        framework: SDK.into(),
        name: site.argument(0).and_then(Node::as_text).cloned(),
        binding: socket_of(site, site.call),
        security: Field::Absent,
        options: None,
    };
    out.push(Fact::new(site.span, name_of(site.call), FactKind::Service(service)));
}

fn socket_of(site: &Site<'_>, socket: &Call) -> Ref {
    named(site, "websocket", socket)
}

/// `socket.on('connect', handler)`: the only place that can turn a caller away. Whether it does is a field of
/// its answer, which is not looked at.
fn connection(site: &Site<'_>, made: &Call, out: &mut Vec<Fact>) {
    if site.argument(0).and_then(Node::as_str) != Some("connect") {
        return;
    }
    let path = Text::lit(format!("/{}", name_of(made)), site.span);
    let mut route = Route::new(socket_of(site, made), SDK, "CONNECT", path, site.span.start);
    route.security = Field::unknown(Why::Opaque, site.span);
    route.handler = site.argument(1).cloned();
    out.push(Fact::new(site.span, format!("CONNECT {}", name_of(made)), FactKind::Route(Box::new(route))));
}

/// The name by which the SDK itself tells APIs apart: declaring one again in the same project gives the same.
fn service_of(site: &Site<'_>, api: &Call) -> Ref {
    named(site, "api", api)
}

fn named(site: &Site<'_>, sort: &str, made: &Call) -> Ref {
    let sort = Ref::import(SDK, sort);
    let project = if site.project.is_empty() { sort } else { sort.child(site.project) };
    project.child(name_of(made))
}

fn name_of(call: &Call) -> SmolStr {
    call.args.first().map(|name| SmolStr::new(name.to_string())).unwrap_or_default()
}

/// What `security` says. Version 0 wants an object, version 1 a list; the constructor of version 1
/// tests `.length`, which an object has not, so that it ignores the older form without an error.
fn security(site: &Site<'_>, options: Option<&Node>) -> Field<Security> {
    let version_one = site.major(SDK).map(|major| major >= 1);
    option(options, "security", |node| {
        Some(match &node.kind {
            NodeKind::Map(_) if version_one == Some(true) => Security::Ignored("an object, the form of SDK 0.x".into()),
            NodeKind::Map(map) if map.entries.is_empty() => Security::Off,
            NodeKind::Map(map) => {
                Security::Schemes(map.pairs().map(|(name, scopes)| (Ref::import(SDK, name.clone()), texts(scopes))).collect())
            }
            NodeKind::List(items) if items.is_empty() => Security::Off,
            NodeKind::List(items) => Security::Schemes(items.iter().map(rule).collect()),
            _ => return None,
        })
    })
}

/// `rule('scope')`, where `rule = oidcRule({ name, … })`.
fn rule(node: &Node) -> (Ref, Vec<Text>) {
    let call = node.as_call();
    let name = call.map(root).and_then(|rule| rule.args.first()).and_then(|options| options.get("name")).and_then(Node::as_str);
    (Ref::import(SDK, name.unwrap_or("rule")), call.map(|call| call.args.iter().flat_map(texts).collect()).unwrap_or_default())
}

fn texts(node: &Node) -> Vec<Text> {
    node.one_or_many().into_iter().filter_map(Node::as_text).cloned().collect()
}

fn scheme(site: &Site<'_>, definition: Option<&Node>, name: Option<&SmolStr>, service: Option<&Ref>, out: &mut Vec<Fact>) {
    let Some(definition) = definition else { return };
    let own = definition.get("name").and_then(Node::as_text).cloned();
    let name = own.or_else(|| name.map(|name| Text::lit(name.clone(), definition.span))).unwrap_or_default();
    let scheme = AuthScheme {
        kind: "oidc".into(),
        binding: None,
        issuer: option(Some(definition), "issuer", |node| node.as_text().cloned()),
        // One that a variable holds is an audience, too.
        audiences: option(Some(definition), "audiences", |node| {
            node.as_list().and_then(|items| items.iter().map(|item| item.as_text().cloned()).collect())
        }),
        algorithms: Field::Absent,
        scopes: Vec::new(),
        service: service.cloned(),
        name,
    };
    let span = if service.is_some() { definition.span } else { site.span };
    out.push(Fact::new(span, scheme.name.to_string(), FactKind::AuthScheme(Box::new(scheme))));
}

/// `api.get(path, handlers, options)`, `api.route(path, options).get(handlers, options)`.
fn route(site: &Site<'_>, api: &Call, out: &mut Vec<Fact>) {
    let method = match site.call.callee.last() {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "options" => "OPTIONS",
        "all" => "ANY",
        _ => return,
    };
    let outer = receiver(site.call).filter(|inner| inner.callee.last() == "route");
    let path = outer.map_or(&site.call.args, |outer| &outer.args).first().and_then(Node::as_text).cloned();
    let handlers = &site.call.args[usize::from(outer.is_none()).min(site.call.args.len())..];
    let options = handlers.last().filter(|last| last.as_map().is_some());
    let security = match security(site, options) {
        Field::Absent => self::security(site, outer.and_then(|outer| outer.args.get(1))),
        own => own,
    };
    let path = path.unwrap_or_default();
    let owner = format!("{method} {path}");
    let mut route = Route::new(service_of(site, api), SDK, method, path, site.span.start);
    route.security = security;
    // Of a list, the last one answers; those before it may turn callers away.
    let listed = handlers.first().map(Node::one_or_many).unwrap_or_default();
    route.handler = listed.last().map(|last| (*last).clone());
    route.guards = listed.split_last().map(|(_, before)| before.iter().map(|guard| (*guard).clone()).collect()).unwrap_or_default();
    route.markers = options.cloned().into_iter().collect();
    out.push(Fact::new(site.span, owner, FactKind::Route(Box::new(route))));
}

/// `bucket('images').allow('read')`.
fn grant(site: &Site<'_>, made: &Call, out: &mut Vec<Fact>) {
    let kind = made.callee.last();
    let name = made.args.first().cloned().unwrap_or_else(|| Node::unknown(Why::NoValue, site.span));
    let mut actions = Vec::new();
    let mut open = false;
    for argument in &site.call.args {
        match &argument.kind {
            NodeKind::Text(_) => actions.push(argument.clone()),
            NodeKind::List(items) => actions.extend(items.iter().cloned()),
            _ => open = true,
        }
    }
    let owner = format!("{kind} {name}");
    let grant =
        Grant { actions, resources: vec![name], open, holders: vec![Ref::import(SDK, kind)], ..Grant::new(Dialect::Nitric, site.span) };
    out.push(Fact::new(site.span, owner, FactKind::Grant(Box::new(grant))));
}

/// Whether options name middleware, whose work is not known here.
pub fn has_middleware(options: Option<&Node>) -> bool {
    options.and_then(Node::as_map).is_some_and(|map: &Map| map.get("middleware").is_some() || map.is_open())
}
