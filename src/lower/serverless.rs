//! The Serverless Framework: `serverless.yml` and its forms in JSON and TypeScript. Its functions' events are
//! endpoints, its functions' statements policies, its `cors` flags cross-origin policies.
//! <https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>

use smol_str::{SmolStr, format_smolstr};

use super::cloudformation::aws;
use super::gateway::{Asks, Endpoint, Gateway};
use super::javascript::option;
use crate::ir::{Cors, Fact, FactKind, Field, Map, Node, NodeKind, Origins, Ref, Resource, Span};

const LIBRARY: &str = "serverless";

/// Adds what a service declares.
pub fn service(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    let attrs = &resource.attrs;
    let provider = attrs.get("provider");
    if provider.and_then(|provider| provider.get("name").or(Some(provider))).and_then(Node::as_str) != Some("aws") {
        return;
    }
    let gateway = Gateway { library: LIBRARY, id: format_smolstr!("{}:{}", fact.span.file.0, resource.name) };
    gateway.declare(None, fact.span, out);
    if let Some(provider) = provider {
        managed(provider, "iam.role.managedPolicies", out);
        managed(provider, "iamManagedPolicies", out);
        if let Some(cors) = provider.get("httpApi").and_then(|api| api.get("cors")) {
            origins(LIBRARY, cors, out);
        }
    }
    let service = Service { gateway, is_narrowed: provider.is_some_and(is_narrowed) };
    for functions in attrs.get("functions").map(Node::one_or_many).unwrap_or_default() {
        for (name, function) in functions.as_map().into_iter().flat_map(Map::pairs) {
            service.function(name, function, out);
        }
    }
}

/// Whether only some networks or principals reach its API.
fn is_narrowed(provider: &Node) -> bool {
    let gateway = provider.get("apiGateway");
    !option(gateway, "resourcePolicy", |_| Some(())).is_absent()
        || provider.get("resourcePolicy").is_some()
        || provider
            .get("endpointType")
            .is_some_and(|ty| !matches!(ty.as_str().map(str::to_ascii_uppercase).as_deref(), Some("REGIONAL" | "EDGE")))
}

struct Service {
    gateway: Gateway,
    is_narrowed: bool,
}

impl Service {
    fn function(&self, name: &SmolStr, function: &Node, out: &mut Vec<Fact>) {
        for path in ["iamRoleStatements", "iam.role.statements"] {
            statements(function, path, name, out);
        }
        self.url(name, function, out);
        let handler = function.get("handler").and_then(Node::as_str).and_then(super::gateway::handler);
        for event in function.get("events").map(Node::one_or_many).unwrap_or_default() {
            for (kind, written) in event.as_map().into_iter().flat_map(Map::pairs) {
                match kind.as_str() {
                    "http" => self.endpoint(written, true, event.span, handler.clone(), out),
                    "httpApi" => self.endpoint(written, false, event.span, handler.clone(), out),
                    "websocket" => self.websocket(written, event.span, out),
                    _ => {}
                }
            }
        }
    }

    /// `url: true`, `url: { authorizer: aws_iam }`.
    fn url(&self, name: &SmolStr, function: &Node, out: &mut Vec<Fact>) {
        let Some(url) = function.get("url") else { return };
        let is_open = match &url.kind {
            NodeKind::Map(map) => map.field("authorizer", |_| Some(())).is_absent(),
            _ => url.as_bool() == Some(true),
        };
        if is_open {
            let mut attrs = Map::default();
            attrs.push("authorization_type", url.span, Node::text("NONE", url.span));
            let resource = aws("aws_lambda_function_url", name, Node::new(url.span, NodeKind::Map(attrs)));
            out.push(Fact::new(url.span, format_smolstr!("{}.{name}", self.gateway.library), FactKind::Resource(resource)));
        }
    }

    /// `http: GET /users`, `http: { path, method, authorizer, private, cors }`, `httpApi: '*'`.
    fn endpoint(&self, written: &Node, is_rest: bool, span: Span, handler: Option<Ref>, out: &mut Vec<Fact>) {
        let (verb, path) = match &written.kind {
            NodeKind::Text(text) => {
                let Some(text) = text.as_str() else { return };
                let (verb, path) = text.trim().split_once(char::is_whitespace).unwrap_or(("ANY", text));
                (verb.to_ascii_uppercase(), path.trim().to_owned())
            }
            NodeKind::Map(map) => {
                let text = |key: &str| map.get(key).map(ToString::to_string);
                (text("method").map_or_else(|| "ANY".to_owned(), |verb| verb.to_ascii_uppercase()), text("path").unwrap_or_default())
            }
            _ => return,
        };
        if is_rest && let Some(cors) = written.get("cors") {
            origins(LIBRARY, cors, out);
        }
        let verb = if verb == "*" { "ANY" } else { &verb };
        let path = if path == "*" { "$default".to_owned() } else { format!("/{}", path.trim_start_matches('/')) };
        let asks = if self.is_narrowed { Asks::Unknown(span) } else { asks(written, span) };
        let endpoint = Endpoint { verb, path: &path, asks, span, handler };
        if is_rest { self.gateway.rest(&endpoint, out) } else { self.gateway.http(&endpoint, out) }
    }

    fn websocket(&self, written: &Node, span: Span, out: &mut Vec<Fact>) {
        let route = written.get("route").unwrap_or(written);
        if route.as_str() == Some("$connect") {
            self.gateway.http(&Endpoint { verb: "ANY", path: "$connect", asks: asks(written, span), span, handler: None }, out);
        }
    }
}

fn asks(event: &Node, span: Span) -> Asks {
    let options = Some(event).filter(|event| event.as_map().is_some());
    if option(options, "private", Node::as_bool).is(false).is_yes() {
        return Asks::For("api key".into());
    }
    let name = |node: &Node| {
        let named = ["name", "type", "arn", "id"].iter().find_map(|key| node.get(key));
        Some(SmolStr::from(named.unwrap_or(node).to_string()))
    };
    match option(options, "authorizer", name) {
        Field::Known { value, .. } => Asks::For(value),
        Field::Unknown { span, .. } => Asks::Unknown(span),
        Field::Absent => Asks::Nothing(span),
    }
}

/// Statements of the role that the functions run under.
fn statements(holder: &Node, path: &str, name: &str, out: &mut Vec<Fact>) {
    let Some(list) = path.split('.').try_fold(holder, |node, key| node.get(key)) else { return };
    let mut document = Map::default();
    document.push("Statement", list.span, list.clone());
    let mut attrs = Map::default();
    attrs.push("policy", list.span, Node::new(list.span, NodeKind::Map(document)));
    attrs.push("role", list.span, Node::text(format_smolstr!("{LIBRARY}-{}-{name}", list.span.file.0), list.span));
    let resource = aws("aws_iam_role_policy", &name.into(), Node::new(list.span, NodeKind::Map(attrs)));
    out.push(Fact::new(list.span, format_smolstr!("role of {name}"), FactKind::Resource(resource)));
}

fn managed(provider: &Node, path: &str, out: &mut Vec<Fact>) {
    let Some(list) = path.split('.').try_fold(provider, |node, key| node.get(key)) else { return };
    let mut attrs = Map::default();
    attrs.push("managed_policy_arns", list.span, list.clone());
    let resource = aws("aws_iam_role", &SmolStr::new_static("service"), Node::new(list.span, NodeKind::Map(attrs)));
    out.push(Fact::new(list.span, "role of service", FactKind::Resource(resource)));
}

/// `cors: true`, `cors: { origin: '*', allowCredentials: true }`, `cors: { allowedOrigins: [ … ] }`.
pub(super) fn origins(library: &str, cors: &Node, out: &mut Vec<Fact>) {
    let place = |value| Field::Known { value, span: cors.span, via: cors.via.clone() };
    let (origins, credentials) = match &cors.kind {
        NodeKind::Bool(true) => (place(Origins::Any), Field::Absent),
        NodeKind::Map(_) => {
            let listed = ["origin", "origins", "allowedOrigins", "allowOrigins"].iter().find_map(|key| cors.get(key));
            let list: Vec<Node> = listed.map(Node::one_or_many).unwrap_or_default().into_iter().cloned().collect();
            let is_any = list.is_empty() || list.iter().any(|node| node.as_str() == Some("*"));
            (place(if is_any { Origins::Any } else { Origins::List(list) }), option(Some(cors), "allowCredentials", Node::as_bool))
        }
        _ => return,
    };
    let cors_fact = Cors { library: library.into(), origins, credentials, methods: Field::Absent, headers: Field::Absent, service: None };
    out.push(Fact::new(cors.span, "cors", FactKind::Cors(Box::new(cors_fact))));
}
