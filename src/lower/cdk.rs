//! AWS CDK: constructs become resources, statements of policies grants, rules of security groups
//! network rules, methods of gateways routes, and what answers browsers cross-origin policies.

mod gateway;
mod network;
mod policy;
mod props;

use smol_str::{SmolStr, format_smolstr};

pub use policy::{Added, Joins, joins};

use super::cloudformation::aws;
use super::code::push;
use super::javascript::{Site, is_root, option, root};
use crate::ir::{Call, Cors, Entry, Fact, FactKind, Field, Map, Node, NodeKind, Origins, Resource, ResourceMode, Text};

/// Adds what a construct, or a method of one, declares.
pub(super) fn call(site: &Site<'_>, out: &mut Vec<Fact>) {
    let Some((service, name)) = construct(root(site.call)) else { return };
    if !is_root(site.call) {
        method(site, service, name, out);
        return;
    }
    if policy::made(site, service, name, out) || !is_construct(site.call) {
        return;
    }
    let id = id_of(site.call).unwrap_or_else(|| name.into());
    let props = site.call.args.get(2);
    resource(site, service, site.call.callee.last(), &id, props, out);
    if let Some(row) = props::row(service, name) {
        row.declare(site, &id, props, out);
    }
    gateway::construct(site, service, name, out);
    cors(site, props, out);
}

/// `bucket.grantPublicAccess()`, `fn.addFunctionUrl({ … })`, `group.addIngressRule(…)`.
fn method(site: &Site<'_>, service: &str, made: &str, out: &mut Vec<Fact>) {
    let owner = id_of(root(site.call)).unwrap_or_else(|| made.into());
    if site.call.callee.last() == "unsafeUnwrap" {
        let mut props = Map::default();
        props.push("unwrapped", site.span, Node::new(site.span, NodeKind::Bool(true)));
        resource(site, "core", "SecretValue", &owner, Some(&Node::new(site.span, NodeKind::Map(props))), out);
        return;
    }
    match (service, site.call.callee.last()) {
        ("lambda" | "lambda-nodejs" | "lambda_nodejs", "addFunctionUrl") => {
            resource(site, "lambda", "FunctionUrl", &owner, site.argument(0), out);
            cors(site, site.argument(0), out);
        }
        ("s3", "grantPublicAccess") => {
            let mut props = Map::default();
            props.push("publicReadAccess", site.span, Node::new(site.span, NodeKind::Bool(true)));
            resource(site, "s3", "PublicAccess", &owner, Some(&Node::new(site.span, NodeKind::Map(props))), out);
        }
        ("elasticloadbalancingv2", "addListener") => {
            let listener = if made.starts_with("Network") { "NetworkListener" } else { "ApplicationListener" };
            if let Some(row) = props::row(service, listener) {
                let name = site.argument(0).and_then(Node::as_str).unwrap_or_default();
                row.declare(site, &format_smolstr!("{owner}-{name}"), site.argument(1), out);
            }
        }
        (_, "addPermission") => permission(site, &owner, out),
        _ => {}
    }
    network::method(site, &owner, out);
    policy::method(site, service, out);
    gateway::method(site, service, made, out);
}

/// `fn.addPermission('everybody', { principal: new iam.AnyPrincipal() })`.
fn permission(site: &Site<'_>, owner: &SmolStr, out: &mut Vec<Fact>) {
    let options = site.argument(1);
    let Some(principal) = options.and_then(|options| options.get("principal")).and_then(policy::principal) else { return };
    let mut attrs = Map::default();
    attrs.push("principal", principal.name.span, principal.name);
    for (key, attr) in [("action", "action"), ("sourceArn", "source_arn"), ("sourceAccount", "source_account")] {
        if let Some(value) = options.and_then(|options| options.get(key)) {
            attrs.push(attr, value.span, value.clone());
        }
    }
    if let Some(kind) = options.and_then(|options| options.get("functionUrlAuthType")) {
        attrs.push("function_url_auth_type", kind.span, named(kind, 2));
    }
    if attrs.get("action").is_none() {
        attrs.push("action", site.span, Node::text("lambda:InvokeFunction", site.span));
    }
    push(site, aws("aws_lambda_permission", owner, Node::new(site.span, NodeKind::Map(attrs))), out);
}

/// A construct with its properties; members of enums become their names.
fn resource(site: &Site<'_>, service: &str, class: &str, name: &str, props: Option<&Node>, out: &mut Vec<Fact>) {
    let attrs = props.map_or_else(|| Node::new(site.span, NodeKind::Map(Map::default())), |props| named(props, 12));
    let ty = format!("cdk:{}.{class}", service.replace('_', "-"));
    let resource = Resource {
        provider: "aws-cdk".into(),
        address: format!("{ty}/{name}").into(),
        ty: ty.into(),
        name: name.into(),
        mode: ResourceMode::Managed,
        attrs,
    };
    out.push(Fact::new(site.span, resource.address.clone(), FactKind::Resource(resource)));
}

/// `lambda.FunctionUrlAuthType.NONE` as the text `NONE`.
fn named(node: &Node, depth: u32) -> Node {
    let kind = match &node.kind {
        _ if depth == 0 => node.kind.clone(),
        NodeKind::Ref(name) if name.module().is_some_and(|module| module.starts_with("aws-cdk-lib") || module.starts_with("@aws-cdk/")) => {
            NodeKind::Text(Text::lit(name.last(), node.span))
        }
        NodeKind::List(items) => NodeKind::List(items.iter().map(|item| named(item, depth - 1)).collect()),
        NodeKind::Map(map) => {
            let mut out = Map::default();
            for entry in &map.entries {
                match entry {
                    Entry::Pair { key, key_span, value } => out.push(key.clone(), *key_span, named(value, depth - 1)),
                    other => out.entries.push(other.clone()),
                }
            }
            NodeKind::Map(out)
        }
        kind => kind.clone(),
    };
    Node { span: node.span, via: node.via.clone(), kind }
}

/// `defaultCorsPreflightOptions`, `corsPreflight`, `cors` of the constructs that answer browsers.
fn cors(site: &Site<'_>, props: Option<&Node>, out: &mut Vec<Fact>) {
    for key in ["defaultCorsPreflightOptions", "corsPreflight", "cors"] {
        let Field::Known { value, .. } = option(props, key, |node| Some(node.clone())) else { continue };
        for policy in value.one_or_many() {
            let list = |key: &str| option(Some(policy), key, |node| Some(node.clone()));
            let Some(origins) = list("allowOrigins").value().or(list("allowedOrigins").value()).cloned() else {
                continue;
            };
            let origins = named(&origins, 4);
            let is_star = |node: &Node| node.as_text().is_some_and(|text| text.eq_str("*").or(text.eq_str("ALL_ORIGINS")).is_yes());
            let allowed = if origins.one_or_many().into_iter().any(is_star) {
                Origins::Any
            } else {
                Origins::List(origins.one_or_many().into_iter().cloned().collect())
            };
            let cors = Cors {
                library: site.call.callee.module().unwrap_or_default().into(),
                origins: Field::Known { value: allowed, span: origins.span, via: origins.via.clone() },
                credentials: option(Some(policy), "allowCredentials", Node::as_bool),
                methods: Field::Absent,
                headers: Field::Absent,
                service: None,
            };
            out.push(Fact::new(policy.span, site.owner.clone(), FactKind::Cors(Box::new(cors))));
        }
    }
}

/// Service and class of a construct, in any form of import: `aws-cdk-lib/aws-iam#PolicyStatement`,
/// `aws-cdk-lib#aws_iam.PolicyStatement`, `@aws-cdk/aws-iam#PolicyStatement`.
pub(super) fn construct(call: &Call) -> Option<(&str, &str)> {
    let module = call.callee.module()?;
    let names = call.callee.path.as_slice();
    if let Some(service) = module.strip_prefix("aws-cdk-lib/aws-").or_else(|| module.strip_prefix("@aws-cdk/aws-")) {
        return Some((service.strip_suffix("-alpha").unwrap_or(service), names.last()?));
    }
    match (module, names) {
        ("aws-cdk-lib", [service, .., class]) => Some((service.strip_prefix("aws_")?, class)),
        ("aws-cdk-lib" | "@aws-cdk/core", [class]) => Some(("core", class)),
        _ => None,
    }
}

/// Whether a call makes a construct: `new Class(scope, 'id', …)`.
fn is_construct(call: &Call) -> bool {
    call.is_new && call.args.len() >= 2
}

/// The id of a construct in its scope.
fn id_of(call: &Call) -> Option<SmolStr> {
    call.args.get(1).and_then(Node::as_text).map(|id| format_smolstr!("{id}"))
}

/// The type and the name of what a construct of the second layer declares.
pub(super) fn construct_type(call: &Call) -> Option<(SmolStr, SmolStr)> {
    let (service, class) = construct(call).filter(|_| is_construct(call))?;
    let ty = props::row(service, class).map_or_else(|| format_smolstr!("cdk:{service}.{class}"), |row| SmolStr::new_static(row.terraform));
    Some((ty, id_of(call).unwrap_or_else(|| class.into())))
}
