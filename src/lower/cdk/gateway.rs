//! API gateways of AWS CDK: each method and route with what it asks of callers.

use smol_str::SmolStr;

use crate::ir::{Call, Fact, Field, Node, Ref, Span};
use crate::lower::gateway::{Asks, Endpoint, Gateway};
use crate::lower::javascript::{Site, option, receiver, root, root_span};

const LIBRARY: &str = "aws-cdk-lib";

/// What the constructor of a gateway declares by itself: the gateway, and a proxy for every path or for the root.
pub(super) fn construct(site: &Site<'_>, service: &str, class: &str, out: &mut Vec<Fact>) {
    let props = site.call.args.get(2);
    let gateway = Gateway::at(LIBRARY, site.span);
    let proxy = match (service, class) {
        ("apigateway", "LambdaRestApi") => is_on(props, "proxy").then_some("/{proxy+}"),
        ("apigateway", "StepFunctionsRestApi") => Some("/"),
        ("apigateway", "RestApi") | ("apigatewayv2", "HttpApi" | "WebSocketApi") => None,
        _ => return,
    };
    gateway.declare(site.call.args.get(1).and_then(Node::as_text).cloned(), site.span, out);
    if let Some(path) = proxy {
        let asks = asks_rest(&[], props, site.span);
        gateway.rest(&Endpoint { verb: "ANY", path, asks, span: site.span, handler: None }, out);
    }
    if class == "HttpApi" && props.is_some_and(|props| props.get("defaultIntegration").is_some()) {
        gateway.http(
            &Endpoint { verb: "ANY", path: "$default", asks: asks_http(props, None, site.span), span: site.span, handler: None },
            out,
        );
    }
    if let Some(connect) = props.and_then(|props| props.get("connectRouteOptions")).filter(|_| class == "WebSocketApi") {
        let asks = asks_http(None, Some(connect), connect.span);
        gateway.http(&Endpoint { verb: "ANY", path: "$connect", asks, span: connect.span, handler: None }, out);
    }
}

/// `api.root.addResource('users').addMethod('GET', …)`, `api.addRoutes({ path, … })`.
pub(super) fn method(site: &Site<'_>, service: &str, made: &str, out: &mut Vec<Fact>) {
    let api = root(site.call);
    // Of an API that is only looked up, the defaults are not seen.
    let Some(span) = root_span(site.call).filter(|_| super::is_construct(api)) else { return };
    let gateway = Gateway::at(LIBRARY, span);
    let props = api.args.get(2);
    match (service, made, site.call.callee.last()) {
        ("apigateway", "RestApi" | "LambdaRestApi", "addMethod") => {
            let verb = site.argument(0).and_then(Node::as_str).unwrap_or("ANY");
            let asks = asks_rest(&options_of(site.call, site.argument(2)), props, site.span);
            gateway.rest(&Endpoint { verb, path: &path_of(site.call), asks, span: site.span, handler: None }, out);
        }
        ("apigateway", "RestApi" | "LambdaRestApi", "addProxy") if is_on(site.argument(0), "anyMethod") => {
            let own = site.argument(0).and_then(|proxy| proxy.get("defaultMethodOptions"));
            let asks = asks_rest(&options_of(site.call, own), props, site.span);
            let path = format!("{}/{{proxy+}}", path_of(site.call).trim_end_matches('/'));
            gateway.rest(&Endpoint { verb: "ANY", path: &path, asks, span: site.span, handler: None }, out);
        }
        ("apigatewayv2", "HttpApi", "addRoutes") => {
            let Some(route) = site.argument(0) else { return };
            let path = route.get("path").map(ToString::to_string).unwrap_or_default();
            for verb in verbs(route) {
                let asks = asks_http(props, Some(route), site.span);
                gateway.http(&Endpoint { verb: &verb, path: &path, asks, span: site.span, handler: None }, out);
            }
        }
        ("apigatewayv2", "WebSocketApi", "addRoute") if site.argument(0).and_then(Node::as_str) == Some("$connect") => {
            let asks = asks_http(None, site.argument(1), site.span);
            gateway.http(&Endpoint { verb: "ANY", path: "$connect", asks, span: site.span, handler: None }, out);
        }
        _ => {}
    }
}

/// A flag that is on unless it is switched off.
fn is_on(props: Option<&Node>, key: &str) -> bool {
    option(props, key, Node::as_bool).is(true).is_yes()
}

fn verbs(route: &Node) -> Vec<SmolStr> {
    let Some(list) = route.get("methods") else { return vec!["ANY".into()] };
    list.one_or_many().into_iter().filter_map(|verb| verb.as_ref().map(|verb| verb.last().into())).collect()
}

/// The options that hold for a method: its own, then the defaults of the resources around it.
fn options_of<'c>(call: &'c Call, own: Option<&'c Node>) -> Vec<&'c Node> {
    let mut options: Vec<&Node> = own.into_iter().collect();
    let mut link = receiver(call);
    while let Some(inner) = link {
        if inner.callee.last() == "addResource" {
            options.extend(inner.args.get(1).and_then(|given| given.get("defaultMethodOptions")));
        }
        link = receiver(inner);
    }
    options
}

/// The path of a resource by the calls that lead to it.
fn path_of(call: &Call) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut link = receiver(call);
    while let Some(inner) = link {
        if matches!(inner.callee.last(), "addResource" | "resourceForPath" | "getResource") {
            parts.push(inner.args.first().map(ToString::to_string).unwrap_or_default().trim_matches('/').to_owned());
        }
        link = receiver(inner);
    }
    parts.reverse();
    format!("/{}", parts.join("/"))
}

/// What a method of a REST API asks: by its options, then by those of the resources around it and of the API.
fn asks_rest(options: &[&Node], props: Option<&Node>, site: Span) -> Asks {
    if is_narrowed(props) {
        return Asks::Unknown(site);
    }
    let default = option(props, "defaultMethodOptions", |node| Some(node.clone()));
    if let Field::Unknown { span, .. } = default {
        return Asks::Unknown(span);
    }
    for options in options.iter().copied().chain(default.value()) {
        if option(Some(options), "apiKeyRequired", Node::as_bool).is(false).is_yes() {
            return Asks::For("api key".into());
        }
        let named = |node: &Node| node.as_ref().map(|name| SmolStr::from(name.last())).or_else(|| node.as_str().map(SmolStr::from));
        match option(Some(options), "authorizationType", named) {
            Field::Known { value, span, .. } if value == "NONE" => return Asks::Nothing(span),
            Field::Known { value, .. } if matches!(value.as_str(), "IAM" | "AWS_IAM" | "COGNITO" | "CUSTOM") => return Asks::For(value),
            Field::Known { span, .. } | Field::Unknown { span, .. } => return Asks::Unknown(span),
            Field::Absent => {}
        }
        match option(Some(options), "authorizer", |node| Some(authorizer(node))) {
            Field::Known { value, .. } => return Asks::For(value),
            Field::Unknown { span, .. } => return Asks::Unknown(span),
            Field::Absent => {}
        }
    }
    Asks::Nothing(site)
}

/// Whether only some networks or principals reach an API at all: a private one, one with a policy.
fn is_narrowed(props: Option<&Node>) -> bool {
    let is_public = |node: &Node| {
        let types = node.get("types").unwrap_or(node).one_or_many();
        Some(types.iter().all(|ty| matches!(ty.as_ref().map(Ref::last), Some("REGIONAL" | "EDGE"))))
    };
    !option(props, "policy", |_| Some(())).is_absent()
        || ["endpointTypes", "endpointConfiguration"].iter().any(|key| match option(props, key, is_public) {
            Field::Absent => false,
            field => !field.is(true).is_yes(),
        })
}

/// What a route of an HTTP API asks: by its own authorizer, then by the API's.
fn asks_http(api: Option<&Node>, route: Option<&Node>, site: Span) -> Asks {
    for (options, key) in [(route, "authorizer"), (api, "defaultAuthorizer")] {
        match option(options, key, |node| Some(authorizer(node))) {
            Field::Known { value, span, .. } if value == "HttpNoneAuthorizer" => return Asks::Nothing(span),
            Field::Known { value, .. } => return Asks::For(value),
            Field::Unknown { span, .. } => return Asks::Unknown(span),
            Field::Absent => {}
        }
    }
    Asks::Nothing(site)
}

/// What an authorizer is called: `HttpJwtAuthorizer`.
fn authorizer(node: &Node) -> SmolStr {
    node.as_call().map_or_else(|| node.as_ref().map_or("authorizer", Ref::last).into(), |call| call.callee.last().into())
}
