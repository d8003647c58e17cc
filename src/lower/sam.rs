//! SAM functions: the permissions that they are given, the endpoints that their events declare, what each asks of callers by its own word, by that of
//! its API or of `Globals`, and their URLs.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::cloudformation::aws;
use super::gateway::{Asks, Endpoint, Gateway};
use super::javascript::option;
use crate::ir::{Fact, FactKind, Field, FileId, Map, Node, NodeKind, Ref, Resource, Scope, Span, Symbols};

const LIBRARY: &str = "aws-sam";

/// The APIs of templates, by file and logical id.
type Apis<'f> = FxHashMap<(FileId, &'f str), &'f Fact>;

/// Adds what a function writes below `Policies`: its own statements, and the role that SAM makes for it with the
/// managed policies that it names, by ARN or those of AWS by name. Policy templates grant what they name.
pub fn policies(span: Span, owner: &SmolStr, resource: &Resource, out: &mut Vec<Fact>) {
    if !resource.ty.starts_with("AWS::Serverless::") {
        return;
    }
    let written = resource.attrs.get("Policies").map(Node::one_or_many).unwrap_or_default();
    for (index, policy) in written.iter().filter(|policy| policy.get("Statement").is_some()).enumerate() {
        let role = Node::new(policy.span, NodeKind::Ref(Ref::new(Scope::Cfn, [resource.name.clone()])));
        let mut attrs = Map::default();
        attrs.push("policy", policy.span, (*policy).clone());
        attrs.push("role", policy.span, role);
        let attrs = Node::new(policy.span, NodeKind::Map(attrs));
        let inline = aws("aws_iam_role_policy", &format_smolstr!("{}-{index}", resource.name), attrs);
        out.push(Fact::new(policy.span, owner.clone(), FactKind::Resource(inline)));
    }
    let arn = |policy: &&Node| match policy.as_str() {
        Some(name) if !name.starts_with("arn:") => Node::text(format_smolstr!("arn:aws:iam::aws:policy/{name}"), policy.span),
        _ => (*policy).clone(),
    };
    let arns: Vec<Node> = written.iter().filter(|policy| policy.as_text().is_some()).map(arn).collect();
    if let Some(first) = arns.first().map(|arn| arn.span) {
        let mut attrs = Map::default();
        attrs.push("managed_policy_arns", first, Node::new(first, NodeKind::List(arns)));
        let role = aws("aws_iam_role", &resource.name, Node::new(first, NodeKind::Map(attrs)));
        out.push(Fact::new(span, owner.clone(), FactKind::Resource(role)));
    }
}

/// Adds the endpoints of every function.
pub fn endpoints(facts: &[Fact], symbols: &[Symbols], out: &mut Vec<Fact>) {
    let serverless =
        || facts.iter().filter_map(|fact| Some((fact, fact.resource()?))).filter(|(_, it)| it.ty.starts_with("AWS::Serverless::"));
    let apis: Apis<'_> = serverless()
        .filter(|(_, resource)| resource.ty.ends_with("Api"))
        .map(|(fact, resource)| ((fact.span.file, resource.name.as_str()), fact))
        .collect();
    let mut declared: Vec<SmolStr> = Vec::new();
    for (fact, function) in serverless().filter(|(_, resource)| resource.ty == "AWS::Serverless::Function") {
        url(fact, function, out);
        let globals = symbols.get(fact.span.file.0 as usize).and_then(|symbols| symbols.get("Globals")).map(|binding| &binding.value);
        for (_, event) in function.attrs.get("Events").and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
            let Some(kind @ ("Api" | "HttpApi")) = event.get("Type").and_then(Node::as_str) else { continue };
            let props = event.get("Properties");
            let id = props.and_then(|props| props.get(if kind == "Api" { "RestApiId" } else { "ApiId" }));
            let api = Api::of(id, kind, fact.span.file, &apis, globals);
            let gateway = Gateway { library: LIBRARY, id: format_smolstr!("{}:{}", fact.span.file.0, api.name) };
            if !declared.contains(&gateway.id) {
                gateway.declare(None, api.span.unwrap_or(fact.span), out);
                declared.push(gateway.id.clone());
            }
            let text = |key: &str| props.and_then(|props| props.get(key)).map(ToString::to_string);
            let verb = text("Method").map_or_else(|| "ANY".to_owned(), |verb| verb.to_ascii_uppercase());
            let path = text("Path").unwrap_or_else(|| "$default".to_owned());
            let handler = handler(&function.attrs);
            let endpoint = Endpoint { verb: &verb, path: &path, asks: api.asks(props, event.span), span: event.span, handler };
            match kind {
                "Api" => gateway.rest(&endpoint, out),
                _ => gateway.http(&endpoint, out),
            }
        }
    }
}

/// The function's own file and name: `CodeUri: src/`, `Handler: app.list`.
fn handler(function: &Node) -> Option<Ref> {
    let folder = function.get("CodeUri").and_then(Node::as_str).unwrap_or_default().trim_matches(['.', '/']);
    let named = function.get("Handler")?.as_str()?;
    super::gateway::handler(if folder.is_empty() { named.to_owned() } else { format!("{folder}/{named}") }.as_str())
}

fn url(fact: &Fact, function: &Resource, out: &mut Vec<Fact>) {
    let Some(kind) = function.attrs.get("FunctionUrlConfig").and_then(|config| config.get("AuthType")) else { return };
    let mut attrs = Map::default();
    attrs.push("authorization_type", kind.span, kind.clone());
    let resource = aws("aws_lambda_function_url", &function.name, Node::new(kind.span, NodeKind::Map(attrs)));
    out.push(Fact::new(kind.span, fact.owner.clone(), FactKind::Resource(resource)));
}

/// The API of an event.
struct Api<'f> {
    name: SmolStr,
    span: Option<Span>,
    /// Its properties; none if what it is can't be seen.
    props: Option<&'f Node>,
    /// Whether it is made by SAM for the functions that name none.
    implicit: bool,
}

impl<'f> Api<'f> {
    fn of(id: Option<&Node>, kind: &str, file: FileId, apis: &Apis<'f>, globals: Option<&'f Node>) -> Self {
        let Some(id) = id else {
            let props = globals.and_then(|globals| globals.get(kind));
            return Self { name: format_smolstr!("implicit {kind}"), span: None, props, implicit: true };
        };
        let name = match &id.kind {
            NodeKind::Ref(name) if name.scope == Scope::Cfn => name.first(),
            _ => "",
        };
        let found = apis.get(&(file, name)).copied();
        let props = found.and_then(Fact::resource).map(|resource| &resource.attrs);
        Self { name: name.into(), span: found.map(|fact| fact.span), props, implicit: false }
    }

    /// What an endpoint asks. An API that is described by a document asks what that says.
    fn asks(&self, event: Option<&Node>, span: Span) -> Asks {
        let Some(api) = self.props else {
            return if self.implicit { own(event).unwrap_or(Asks::Nothing(span)) } else { own(event).unwrap_or(Asks::Unknown(span)) };
        };
        let is_described = ["DefinitionBody", "DefinitionUri"].iter().any(|key| api.get(key).is_some());
        let is_narrowed = |auth: Option<&Node>| !option(auth, "ResourcePolicy", |_| Some(())).is_absent();
        let auth = api.get("Auth");
        if is_described || is_private(api) || is_narrowed(auth) || is_narrowed(event.and_then(|event| event.get("Auth"))) {
            return Asks::Unknown(span);
        }
        if let Some(own) = own(event) {
            return own;
        }
        if option(auth, "ApiKeyRequired", Node::as_bool).is(false).is_yes() {
            return Asks::For("api key".into());
        }
        match option(auth, "DefaultAuthorizer", |node| Some(SmolStr::from(node.to_string()))) {
            Field::Known { value, .. } => Asks::For(value),
            Field::Unknown { span, .. } => Asks::Unknown(span),
            Field::Absent => Asks::Nothing(span),
        }
    }
}

/// Whether an API may be out of the reach of strangers.
fn is_private(api: &Node) -> bool {
    let is_public = |ty: &&Node| matches!(ty.as_str(), Some("REGIONAL" | "EDGE"));
    !api.all("EndpointConfiguration.Type").iter().all(is_public)
}

/// The place of the document that an API of a template is made of, as it is written there, and whether the
/// template asks for more than the document: `Auth`, a policy, an endpoint that is not public.
pub fn document(resource: &Resource) -> Option<(&str, bool)> {
    let is_api = matches!(
        resource.ty.as_str(),
        "AWS::Serverless::Api" | "AWS::Serverless::HttpApi" | "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api"
    );
    let api = &resource.attrs;
    let mut bodies = ["DefinitionBody", "DefinitionUri", "Body"].iter().filter_map(|key| api.get(key)).filter(|_| is_api);
    let place = bodies.find_map(included)?;
    Some((place, is_private(api) || api.get("Auth").is_some() || api.get("Policy").is_some()))
}

/// `./api.yaml`, or where the transform `AWS::Include` takes it from.
fn included(body: &Node) -> Option<&str> {
    let transform = || body.as_call().filter(|call| matches!(call.callee.last(), "Fn::Transform" | "Transform"));
    body.as_str().or_else(|| transform()?.args.first()?.get("Parameters")?.get("Location")?.as_str())
}

/// What an event itself asks.
fn own(event: Option<&Node>) -> Option<Asks> {
    let auth = event.and_then(|event| event.get("Auth"));
    if option(auth, "ApiKeyRequired", Node::as_bool).is(false).is_yes() {
        return Some(Asks::For("api key".into()));
    }
    match option(auth, "Authorizer", |node| Some(SmolStr::from(node.to_string()))) {
        Field::Known { value, span, .. } if value == "NONE" => Some(Asks::Nothing(span)),
        Field::Known { value, .. } => Some(Asks::For(value)),
        Field::Unknown { span, .. } => Some(Asks::Unknown(span)),
        Field::Absent => None,
    }
}
