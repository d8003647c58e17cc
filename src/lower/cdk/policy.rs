//! Permissions in AWS CDK: statements, what holds them, managed policies, who may assume a role.

use crate::ir::{
    Call, Condition, Dialect, Effect, Entry, Fact, FactKind, Field, Grant, GrantSite, Map, Node, NodeKind, Op, Principal, PrincipalKind,
    Ref, Scope, Span, Text,
};
use crate::lower::cloudformation::aws;
use crate::lower::code::{address_of, place, push};
use crate::lower::javascript::{Site, is_root, option, receiver, root, root_span};

use super::construct;

/// How deep statements are looked for in the arguments of a call.
const MAX_DEPTH: usize = 12;

/// What a call says of statements that are made in it or were made before.
#[derive(Debug, Default)]
pub struct Joins {
    /// Statements that bound what may pass and grant nothing by themselves.
    pub bounded: Vec<Span>,
    /// Statements with what holds them.
    pub held: Vec<(Span, Ref)>,
    /// Statements with what is added to them.
    pub added: Vec<(Span, Added)>,
}

/// What a method adds to a statement.
#[derive(Debug)]
pub enum Added {
    /// Actions.
    Actions(Vec<Node>),
    /// What they are granted on.
    Resources(Vec<Node>),
    /// Who may do them.
    Anybody(Node),
}

/// What a call says of statements.
pub fn joins(site: &Site<'_>) -> Joins {
    let mut joins = Joins::default();
    let made = root(site.call);
    let Some((service, class)) = construct(made) else { return joins };
    if let ("iam", "PolicyStatement", false) = (service, class, is_root(site.call)) {
        let nodes = || site.call.args.iter().flat_map(Node::one_or_many).cloned().collect();
        let added = match site.call.callee.last() {
            "addActions" => Added::Actions(nodes()),
            "addResources" => Added::Resources(nodes()),
            "addAllResources" => Added::Resources(vec![Node::text("*", site.span)]),
            "addAnyPrincipal" => Added::Anybody(Node::text("*", site.span)),
            _ => return joins,
        };
        joins.added.extend(root_span(site.call).map(|span| (span, added)));
        return joins;
    }
    let mut statements = Vec::new();
    for argument in &site.call.args {
        statements_in(argument, 0, &mut statements);
    }
    if is_bound(site.call) {
        joins.bounded = statements;
        return joins;
    }
    let span = root_span(site.call).unwrap_or(site.span);
    let mut holders: Vec<Ref> = Vec::new();
    for key in ["roles", "users", "groups"] {
        let listed = site.call.args.get(2).and_then(|props| props.get(key)).map(Node::one_or_many).unwrap_or_default();
        let calls = listed.into_iter().filter_map(|node| address_of(site, node.as_call()?, node.span));
        holders.extend(calls.map(|address| Ref::new(Scope::Hcl, [address])));
    }
    if holders.is_empty() {
        holders.extend(address_of(site, made, span).map(|address| Ref::new(Scope::Hcl, [address])));
    }
    for statement in statements {
        joins.held.extend(holders.iter().map(|holder| (statement, holder.clone())));
    }
    joins
}

/// The statements below a value.
fn statements_in(node: &Node, depth: usize, out: &mut Vec<Span>) {
    if depth > MAX_DEPTH {
        return;
    }
    match &node.kind {
        NodeKind::Call(call) => {
            if construct(call) == Some(("iam", "PolicyStatement")) {
                out.push(node.span);
            } else if construct(call).is_some_and(|(service, _)| service == "iam") {
                call.args.iter().for_each(|argument| statements_in(argument, depth + 1, out));
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| statements_in(item, depth + 1, out)),
        NodeKind::Map(map) => map.pairs().for_each(|(_, value)| statements_in(value, depth + 1, out)),
        _ => {}
    }
}

/// Whether a call gives statements to the policy of a VPC endpoint.
fn is_bound(call: &Call) -> bool {
    let is_endpoint = |call: &Call| {
        let name = call.callee.last();
        name.contains("Endpoint") && (name.starts_with("add") || name.contains("Vpc"))
    };
    let mut link = receiver(call);
    while let Some(inner) = link {
        if is_endpoint(inner) {
            return call.callee.last() == "addToPolicy";
        }
        link = receiver(inner);
    }
    false
}

/// Adds what a class of `aws-iam` that is no construct says; whether it was one.
pub(super) fn made(site: &Site<'_>, service: &str, class: &str, out: &mut Vec<Fact>) -> bool {
    match (service, class) {
        ("iam", "PolicyStatement") if site.call.is_new => statement(site, out),
        // `PolicyStatement.fromJson({ … })` and `PolicyDocument.fromJson({ … })`.
        ("iam", "fromJson") => document(site, out),
        ("iam", "fromAwsManagedPolicyName" | "fromManagedPolicyArn") => managed_policy(site, out),
        ("iam", "Role") if site.call.is_new => {
            trust(site, out);
            return false;
        }
        _ => return false,
    }
    true
}

/// `bucket.grantRead(new iam.AnyPrincipal())`.
pub(super) fn method(site: &Site<'_>, service: &str, out: &mut Vec<Fact>) {
    let action = match (service, site.call.callee.last()) {
        ("s3", "grantRead") => "s3:GetObject",
        ("s3", "grantWrite" | "grantPut") => "s3:PutObject",
        ("s3", "grantReadWrite") => "s3:*Object",
        ("s3", "grantDelete") => "s3:DeleteObject",
        ("sns", "grantPublish") => "sns:Publish",
        ("sqs", "grantSendMessages") => "sqs:SendMessage",
        ("sqs", "grantConsumeMessages") => "sqs:ReceiveMessage",
        ("lambda" | "lambda-nodejs" | "lambda_nodejs", "grantInvoke") => "lambda:InvokeFunction",
        ("lambda" | "lambda-nodejs" | "lambda_nodejs", "grantInvokeUrl") => "lambda:InvokeFunctionUrl",
        ("kms", "grantDecrypt") => "kms:Decrypt",
        ("secretsmanager", "grantRead") => "secretsmanager:GetSecretValue",
        _ => return,
    };
    let Some(principal) = site.argument(0).and_then(principal).filter(|principal| principal.kind == PrincipalKind::Anyone) else { return };
    let span = principal.name.span;
    let grant = Grant {
        site: GrantSite::Resource,
        actions: vec![Node::text(action, site.span)],
        resources: vec![Node::text("*", span)],
        principals: vec![principal],
        ..Grant::new(Dialect::Aws, site.span)
    };
    out.push(Fact::new(site.span, site.owner.clone(), FactKind::Grant(Box::new(grant))));
}

/// A policy of AWS's own, attached wherever the call stands.
fn managed_policy(site: &Site<'_>, out: &mut Vec<Fact>) {
    let named = site.call.callee.last() == "fromAwsManagedPolicyName";
    let Some(name) = site.argument(if named { 0 } else { 2 }) else { return };
    let mut arn = Text::default();
    if named {
        arn.push(Node::text("arn:aws:iam::aws:policy/", name.span));
    }
    arn.push(name.clone());
    arn.join_literals();
    let arn = Node { via: name.via.clone(), ..Node::new(name.span, NodeKind::Text(arn)) };
    let mut attrs = Map::default();
    attrs.push("policy_arn", name.span, arn);
    let policy = aws("aws_iam_role_policy_attachment", &place(site.span), Node::new(site.span, NodeKind::Map(attrs)));
    push(site, policy, out);
}

/// A statement or a document of statements in JSON's form.
fn document(site: &Site<'_>, out: &mut Vec<Fact>) {
    let Some(json) = site.argument(0).filter(|json| json.as_map().is_some()) else { return };
    let mut attrs = Map::default();
    attrs.push("policy", json.span, json.clone());
    push(site, aws("aws_iam_policy", &place(site.span), Node::new(site.span, NodeKind::Map(attrs))), out);
}

/// `new iam.Role(this, 'R', { assumedBy: new iam.AnyPrincipal() })`.
fn trust(site: &Site<'_>, out: &mut Vec<Fact>) {
    let Some(trusted) = site.call.args.get(2).and_then(|props| props.get("assumedBy")) else { return };
    // `principal.withConditions({ … })`
    let outer = trusted.as_call().filter(|call| call.callee.last() == "withConditions");
    let made = outer.and_then(|call| call.receiver.as_ref()).unwrap_or(trusted);
    let Some(principal) = principal(made) else { return };
    let written = outer.and_then(|call| call.args.first()).or_else(|| made.as_call().and_then(|call| call.args.get(1)));
    let written = written.or_else(|| site.call.args.get(2).and_then(|props| props.get("externalIds")));
    let mut grant = Grant {
        site: GrantSite::Trust,
        actions: vec![Node::text(
            if principal.kind == PrincipalKind::Federated { "sts:AssumeRoleWithWebIdentity" } else { "sts:AssumeRole" },
            made.span,
        )],
        conditions: conditions(written),
        principals: vec![principal],
        ..Grant::new(Dialect::Aws, made.span)
    };
    grant.open = written.is_some() && grant.conditions.is_empty();
    grant.holders.extend(address_of(site, site.call, site.span).map(|address| Ref::new(Scope::Hcl, [address])));
    out.push(Fact::new(made.span, site.owner.clone(), FactKind::Grant(Box::new(grant))));
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
    out.push(Fact::new(site.span, site.owner.clone(), FactKind::Grant(Box::new(grant))));
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

/// `iam.Effect.DENY`.
fn effect(node: &Node) -> Option<Effect> {
    match node.as_ref().map_or_else(|| node.as_str().unwrap_or_default(), crate::ir::Ref::last) {
        "ALLOW" | "Allow" => Some(Effect::Allow),
        "DENY" | "Deny" => Some(Effect::Deny),
        _ => None,
    }
}

/// `new iam.AnyPrincipal()`, `new iam.ServicePrincipal('lambda.amazonaws.com')`.
pub(super) fn principal(node: &Node) -> Option<Principal> {
    let call = node.as_call()?;
    let name = call.args.first().cloned();
    let is_anybody = name.as_ref().is_some_and(|name| name.as_str() == Some("*"));
    let kind = match call.callee.last() {
        "AnyPrincipal" | "StarPrincipal" | "Anyone" => {
            return Some(Principal { kind: PrincipalKind::Anyone, name: Node::text("*", node.span) });
        }
        "ArnPrincipal" | "AccountPrincipal" if is_anybody => PrincipalKind::Anyone,
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
