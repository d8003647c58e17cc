//! AWS CDK: constructs become resources, statements of policies grants, rules of security groups
//! network rules, and what answers browsers cross-origin policies.

use super::javascript::{Site, option, receiver, root};
use crate::ir::{
    Call, Condition, Cors, Dialect, Effect, Entry, Fact, FactKind, Field, Grant, GrantSite, Map, NetRule, Node, NodeKind, Op, Origins,
    Principal, PrincipalKind, Resource, ResourceMode, Span, Text, Tri,
};

/// Adds what a construct, or a method of one, declares.
pub(super) fn call(site: &Site<'_>, out: &mut Vec<Fact>) {
    let Some((service, name)) = construct(root(site.call)) else { return };
    if !std::ptr::eq(root(site.call), site.call) {
        method(site, service, name, out);
        return;
    }
    match (service, name) {
        ("iam", "PolicyStatement") if site.call.is_new => statement(site, out),
        ("iam", "fromAwsManagedPolicyName") => managed_policy(site, out),
        (_, _) if site.call.is_new && site.call.args.len() >= 2 => {
            let name = site.call.args[1].as_str().unwrap_or(name).to_owned();
            let props = site.call.args.get(2);
            resource(site, service, site.call.callee.last(), &name, props, out);
            cors(site, props, out);
        }
        _ => {}
    }
}

/// `bucket.grantPublicAccess()`, `fn.addFunctionUrl({ … })`, `group.addIngressRule(…)`.
fn method(site: &Site<'_>, service: &str, made: &str, out: &mut Vec<Fact>) {
    let owner = root(site.call).args.get(1).and_then(Node::as_str).unwrap_or(made).to_owned();
    match (service, site.call.callee.last()) {
        ("lambda" | "lambda-nodejs" | "lambda_nodejs", "addFunctionUrl") => {
            resource(site, "lambda", "FunctionUrl", &owner, site.argument(0), out);
            cors(site, site.argument(0), out);
        }
        ("s3", "grantPublicAccess") => resource(site, "s3", "PublicAccess", &owner, None, out),
        ("ec2", "addIngressRule") => ingress(site, &owner, out),
        _ => {}
    }
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

/// Managed policies of AWS that allow everything.
fn managed_policy(site: &Site<'_>, out: &mut Vec<Fact>) {
    let Some(name) = site.argument(0).filter(|name| name.as_str() == Some("AdministratorAccess")) else { return };
    let star = || Node { via: name.via.clone(), ..Node::text("*", name.span) };
    let grant = Grant { actions: vec![star()], resources: vec![star()], ..Grant::new(Dialect::Aws, site.span) };
    out.push(Fact::new(site.span, site.owner.clone(), FactKind::Grant(grant)));
}

/// `group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(22))`.
fn ingress(site: &Site<'_>, owner: &str, out: &mut Vec<Fact>) {
    let (Some(peer), Some(port)) = (site.argument(0).and_then(Node::as_call), site.argument(1)) else { return };
    let place = site.argument(0).map_or(site.span, |peer| peer.span);
    let range = match peer.callee.last() {
        "anyIpv4" => Node::text("0.0.0.0/0", place),
        "anyIpv6" => Node::text("::/0", place),
        "ipv4" | "ipv6" => match peer.args.first() {
            Some(range) => range.clone(),
            None => return,
        },
        _ => return,
    };
    let number = |node: Option<&Node>| node.map_or(Field::Absent, |node| node.to_field(Node::as_number));
    let protocol = |name: &str| Field::known(Text::lit(name, port.span), port.span);
    let (protocol, from_port, to_port) = match port.as_call() {
        Some(call) => match call.callee.last() {
            "tcp" => (protocol("tcp"), number(call.args.first()), number(call.args.first())),
            "udp" => (protocol("udp"), number(call.args.first()), number(call.args.first())),
            "tcpRange" => (protocol("tcp"), number(call.args.first()), number(call.args.get(1))),
            "allTcp" => (protocol("tcp"), Field::known(0.0, port.span), Field::known(65535.0, port.span)),
            "allTraffic" => (protocol("-1"), Field::Absent, Field::Absent),
            _ => return,
        },
        None => match port.as_ref().map(crate::ir::Ref::last) {
            Some("SSH") => (protocol("tcp"), Field::known(22.0, port.span), Field::known(22.0, port.span)),
            Some("RDP") => (protocol("tcp"), Field::known(3389.0, port.span), Field::known(3389.0, port.span)),
            _ => return,
        },
    };
    let rule = NetRule {
        ingress: true,
        allow: Tri::Yes,
        protocol,
        from_port,
        to_port,
        cidrs: vec![range],
        peers: Vec::new(),
        group: None,
        description: site.argument(2).and_then(Node::as_text).cloned(),
    };
    out.push(Fact::new(site.span, owner, FactKind::NetRule(rule)));
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
            out.push(Fact::new(policy.span, site.owner.clone(), FactKind::Cors(cors)));
        }
    }
}

/// Service and class of a construct, in any form of import: `aws-cdk-lib/aws-iam#PolicyStatement`,
/// `aws-cdk-lib#aws_iam.PolicyStatement`, `@aws-cdk/aws-iam#PolicyStatement`.
pub(super) fn construct(call: &Call) -> Option<(&str, &str)> {
    let module = call.callee.module()?;
    let names = call.callee.path.as_slice();
    if let Some(service) = module.strip_prefix("aws-cdk-lib/aws-").or_else(|| module.strip_prefix("@aws-cdk/aws-")) {
        return Some((service, names.last()?));
    }
    match (module, names) {
        ("aws-cdk-lib", [service, .., class]) => Some((service.strip_prefix("aws_")?, class)),
        ("aws-cdk-lib" | "@aws-cdk/core", [class]) => Some(("core", class)),
        _ => None,
    }
}

fn statement(site: &Site<'_>, out: &mut Vec<Fact>) {
    let props = site.argument(0);
    let mut open = props.is_some_and(|props| props.as_map().is_none_or(crate::ir::Map::is_open));
    let mut list = |key: &str| -> Vec<Node> {
        let Field::Known { value, .. } = option(props, key, |node| Some(node.clone())) else { return Vec::new() };
        let items: Vec<Node> = value.one_or_many().into_iter().cloned().collect();
        open |= items.iter().any(|item| matches!(item.kind, NodeKind::Op(Op::Spread, _) | NodeKind::Ref(_)));
        items
    };
    let (actions, not_actions) = (list("actions"), list("notActions"));
    let (resources, not_resources) = (list("resources"), list("notResources"));
    let (principals, not_principals) = (list("principals"), list("notPrincipals"));
    // Without the key the effect is to allow.
    let effect = match option(props, "effect", effect) {
        Field::Absent => Field::known(Effect::Allow, site.span),
        field => field,
    };
    let written = props.and_then(|props| props.get("conditions"));
    let conditions = conditions(written);
    let grant = Grant {
        site: if principals.is_empty() { GrantSite::Identity } else { GrantSite::Resource },
        effect,
        sid: props.and_then(|props| props.get("sid")).and_then(Node::as_str).map(Into::into),
        actions,
        not_actions,
        resources,
        not_resources,
        principals: principals.iter().filter_map(principal).collect(),
        not_principals: not_principals.iter().filter_map(principal).collect(),
        // Conditions that cannot be read may narrow the statement to anything.
        open: open || written.is_some() && conditions.is_empty(),
        conditions,
        ..Grant::new(Dialect::Aws, site.span)
    };
    out.push(Fact::new(site.span, site.owner.clone(), FactKind::Grant(grant)));
}

/// `{ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }`.
fn conditions(written: Option<&Node>) -> Vec<Condition> {
    let mut list = Vec::new();
    for (operator, tests) in written.and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
        for entry in tests.as_map().into_iter().flat_map(|tests| &tests.entries) {
            let (key, span, value) = match entry {
                Entry::Pair { key, key_span, value } => (Text::lit(key.clone(), *key_span), *key_span, value),
                Entry::Computed { key, value } => (key.as_text().cloned().unwrap_or_default(), key.span, value),
                Entry::Spread(_) => continue,
            };
            list.push(Condition { operator: operator.clone(), key, values: value.one_or_many().into_iter().cloned().collect(), span });
        }
    }
    list
}

/// The statements that a call hands to the policy of a VPC endpoint: they bound what may pass, and
/// grant nothing by themselves.
pub fn bounded_statements(call: &Call) -> Vec<Span> {
    let is_endpoint = |call: &Call| {
        let name = call.callee.last();
        name.contains("Endpoint") && (name.starts_with("add") || name.contains("Vpc"))
    };
    let mut link = receiver(call);
    while let Some(inner) = link {
        if is_endpoint(inner) {
            return if call.callee.last() == "addToPolicy" {
                call.args.iter().map(|statement| statement.span).collect()
            } else {
                Vec::new()
            };
        }
        link = receiver(inner);
    }
    Vec::new()
}

/// `iam.Effect.DENY`.
fn effect(node: &Node) -> Option<Effect> {
    match node.as_ref().map_or_else(|| node.as_str().unwrap_or_default(), crate::ir::Ref::last) {
        "ALLOW" | "Allow" => Some(Effect::Allow),
        "DENY" | "Deny" => Some(Effect::Deny),
        _ => None,
    }
}

/// `new iam.AnyPrincipal()`, `new iam.ServicePrincipal('lambda.amazonaws.com')`.
fn principal(node: &Node) -> Option<Principal> {
    let call = node.as_call()?;
    let name = call.args.first().cloned();
    let kind = match call.callee.last() {
        "AnyPrincipal" | "StarPrincipal" | "Anyone" => {
            return Some(Principal { kind: PrincipalKind::Anyone, name: Node::text("*", node.span) });
        }
        "ServicePrincipal" => PrincipalKind::Service,
        "ArnPrincipal" | "AccountPrincipal" => PrincipalKind::Aws,
        "AccountRootPrincipal" | "OrganizationPrincipal" | "Role" | "User" | "CompositePrincipal" => {
            return Some(Principal { kind: PrincipalKind::Aws, name: node.clone() });
        }
        "FederatedPrincipal" | "WebIdentityPrincipal" | "OpenIdConnectPrincipal" => PrincipalKind::Federated,
        "CanonicalUserPrincipal" => PrincipalKind::Canonical,
        _ => return None,
    };
    Some(Principal { kind, name: name? })
}
