//! SST, whose components are functions with rights, gateways and buckets: version 3 (`sst.aws.Function`, a global)
//! and version 2 (`sst/constructs`).

use smol_str::SmolStr;

use super::cloudformation::aws;
use super::code::push;
use super::gateway::{Asks, Endpoint, Gateway};
use super::javascript::{Site, is_root, option, root, root_span};
use crate::ir::{Call, Dialect, Effect, Fact, FactKind, Field, Grant, Map, Node, NodeKind, Ref, Resource, ResourceMode, Scope, Span};

const LIBRARY: &str = "sst";

/// Adds what a component, or a method of one, declares.
pub(super) fn call(site: &Site<'_>, out: &mut Vec<Fact>) {
    let made = root(site.call);
    let Some((class, props)) = component(made) else { return };
    if is_root(site.call) {
        if site.call.is_new {
            declare(site, class, site.call.args.get(props), out);
        }
        return;
    }
    let Some(span) = root_span(site.call) else { return };
    let gateway = Gateway::at(LIBRARY, span);
    match (class, site.call.callee.last()) {
        ("ApiGatewayV1" | "ApiGatewayV2" | "ApiGatewayWebSocket", "route") => {
            let Some(key) = site.argument(0).and_then(Node::as_str) else { return };
            let asks = asks(site.argument(2), made.args.get(props), site.span);
            endpoint(&gateway, key, asks, site.span, out);
        }
        ("Api" | "ApiGatewayV1Api" | "WebSocketApi", "addRoutes") => {
            routes(&gateway, site.argument(1), made.args.get(props), out);
        }
        ("Function", "attachPermissions") => permissions(site, site.argument(0), out),
        _ => {}
    }
}

/// The class of a component, and the position of its properties.
fn component(call: &Call) -> Option<(&str, usize)> {
    let names = call.callee.names();
    match (&call.callee.scope, names.as_slice()) {
        (Scope::Global, ["sst", "aws", class]) => {
            let at = call.callee.path.iter().position(|name| name == class)?;
            Some((call.callee.path[at].as_str(), 1))
        }
        (Scope::Import(module), [.., _]) if module == "sst/constructs" || module == "@serverless-stack/resources" => {
            Some((call.callee.last(), 2))
        }
        _ => None,
    }
}

fn declare(site: &Site<'_>, class: &str, props: Option<&Node>, out: &mut Vec<Fact>) {
    match class {
        "Function" => {
            url(site, props, out);
            cors(props.and_then(|props| props.get("url")), out);
            permissions(site, props.and_then(|props| props.get("permissions")), out);
        }
        "Bucket" => {
            let access = option(props, "access", |node| Some(node.as_str()? == "public"));
            let older = option(props, "public", Node::as_bool);
            if let Some(Field::Known { value: true, span, .. }) = [access, older].into_iter().find(|field| field.value() == Some(&true)) {
                let mut attrs = Map::default();
                attrs.push("publicReadAccess", span, Node::new(span, NodeKind::Bool(true)));
                let name = name_of(site);
                let resource = Resource {
                    provider: LIBRARY.into(),
                    ty: "sst:Bucket".into(),
                    address: format!("Bucket {name}").into(),
                    name,
                    mode: ResourceMode::Managed,
                    attrs: Node::new(site.span, NodeKind::Map(attrs)),
                };
                out.push(Fact::new(site.span, resource.address.clone(), FactKind::Resource(resource)));
            }
        }
        "ApiGatewayV1" | "ApiGatewayV2" | "ApiGatewayWebSocket" | "Api" | "ApiGatewayV1Api" | "WebSocketApi" => {
            let gateway = Gateway::at(LIBRARY, site.span);
            let name = site.call.args.iter().find_map(Node::as_text).cloned();
            gateway.declare(name, site.span, out);
            cors(props, out);
            routes(&gateway, props.and_then(|props| props.get("routes")), props, out);
        }
        _ => {}
    }
}

fn name_of(site: &Site<'_>) -> SmolStr {
    site.call.args.iter().find_map(Node::as_str).unwrap_or_default().into()
}

/// `url: true` is a URL that asks nobody who they are.
fn url(site: &Site<'_>, props: Option<&Node>, out: &mut Vec<Fact>) {
    let Field::Known { value, span, .. } = option(props, "url", |node| Some(node.clone())) else { return };
    let kind = match &value.kind {
        NodeKind::Bool(true) => "NONE",
        NodeKind::Map(map) => {
            let own = |key: &str| map.field(key, |node| node.as_str().map(str::to_ascii_lowercase));
            match (own("authorization"), own("authorizer")) {
                (Field::Absent, Field::Absent) => "NONE",
                (Field::Known { value, .. }, _) | (_, Field::Known { value, .. }) if value == "none" => "NONE",
                _ => return,
            }
        }
        _ => return,
    };
    let mut attrs = Map::default();
    attrs.push("authorization_type", span, Node::text(kind, span));
    push(site, aws("aws_lambda_function_url", &name_of(site), Node::new(site.span, NodeKind::Map(attrs))), out);
}

/// `cors: true` and `cors: { allowOrigins: ['*'] }`, where they are written.
fn cors(options: Option<&Node>, out: &mut Vec<Fact>) {
    let Some(policy) = options.and_then(|options| options.get("cors")) else { return };
    // What is left out of an object is the library's to choose.
    if policy.as_bool() == Some(true) || policy.get("allowOrigins").is_some_and(|origins| origins.as_list().is_some()) {
        super::serverless::origins(LIBRARY, policy, out);
    }
}

/// `permissions: [{ actions: ['s3:*'], resources: ['*'] }]`, `permissions: '*'`, `permissions: ['s3']`.
fn permissions(site: &Site<'_>, list: Option<&Node>, out: &mut Vec<Fact>) {
    for item in list.map(Node::one_or_many).unwrap_or_default() {
        let mut grant = Grant::new(Dialect::Aws, item.span);
        match &item.kind {
            NodeKind::Text(text) => {
                let Some(word) = text.as_str() else { continue };
                // A service's name alone is all of its actions.
                let is_whole = word != "*" && !word.contains(':');
                let action = if is_whole { Node::text(format!("{word}:*"), item.span) } else { item.clone() };
                grant.actions.push(action);
                grant.resources.push(Node::text("*", item.span));
            }
            NodeKind::Map(map) => {
                let nodes = |key: &str| map.get(key).map(Node::one_or_many).unwrap_or_default().into_iter().cloned().collect();
                (grant.actions, grant.resources) = (nodes("actions"), nodes("resources"));
                grant.open = map.is_open();
                if map.get("effect").and_then(Node::as_str) == Some("deny") {
                    grant.effect = Field::known(Effect::Deny, item.span);
                }
            }
            _ => continue,
        }
        let holder = format!("{}/sst.Function.{}", (site.path)(site.span.file), name_of(site));
        grant.holders.push(Ref::new(Scope::Hcl, [holder]));
        out.push(Fact::new(item.span, format!("Function {}", name_of(site)), FactKind::Grant(Box::new(grant))));
    }
}

/// The routes of a gateway of version 2: `{ 'GET /notes': 'src/list.handler' }`.
fn routes(gateway: &Gateway, routes: Option<&Node>, props: Option<&Node>, out: &mut Vec<Fact>) {
    let default = option(props, "defaults.authorizer", |node| node.as_str().map(SmolStr::from));
    for (key, value) in routes.and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
        let own = option(Some(value).filter(|value| value.as_map().is_some()), "authorizer", |node| node.as_str().map(SmolStr::from));
        let asks = match if own.is_absent() { &default } else { &own } {
            Field::Known { value: name, span, .. } if name == "none" => Asks::Nothing(*span),
            Field::Known { value: name, .. } => Asks::For(name.clone()),
            Field::Absent => Asks::Nothing(value.span),
            Field::Unknown { span, .. } => Asks::Unknown(*span),
        };
        endpoint(gateway, key, asks, value.span, out);
    }
}

/// What a route of version 3 asks: `{ auth: { iam: true } }`, `{ auth: { jwt: { … } } }`.
fn asks(route: Option<&Node>, api: Option<&Node>, site: Span) -> Asks {
    let named = |node: &Node| match &node.kind {
        NodeKind::Map(map) => map.pairs().next().map(|(name, _)| name.clone()),
        NodeKind::Bool(false) => Some(SmolStr::default()),
        _ => None,
    };
    for (options, path) in [(route, "auth"), (api, "transform.route.args.auth")] {
        match option(options, path, named) {
            Field::Known { value, span, .. } if value.is_empty() => return Asks::Nothing(span),
            Field::Known { value, .. } => return Asks::For(value),
            Field::Unknown { span, .. } => return Asks::Unknown(span),
            Field::Absent => {}
        }
    }
    Asks::Nothing(site)
}

/// Of a websocket, only `$connect` can ask who calls.
fn endpoint(gateway: &Gateway, key: &str, asks: Asks, span: Span, out: &mut Vec<Fact>) {
    let (verb, path) = key.split_once(' ').unwrap_or(("ANY", key));
    if path.starts_with('/') || matches!(path, "$default" | "$connect") {
        gateway.http(&Endpoint { verb, path: path.trim(), asks, span, handler: None }, out);
    }
}
