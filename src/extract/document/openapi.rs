//! `OpenAPI` and Swagger documents: each operation as a route with the security that is written for it, the
//! schemes and the servers as resources. <https://spec.openapis.org/oas/v3.1.0#security-requirement-object>
//!
//! What a document asks for is enforced by a gateway that is made of it, and is a description anywhere else: the
//! framework's name tells the two apart.

use smol_str::{SmolStr, format_smolstr};

use crate::extract::Extract;
use crate::ir::{
    Entry, Fact, FactKind, Field, Map, Node, NodeKind, OAuthClient, Ref, Route, Scope, Security, Service, ServiceKind, Span, Text, Tri,
};

/// How many operations of one document are read.
const MAX_OPERATIONS: usize = 5_000;

/// Adds the operations, schemes and servers, if the document is one.
pub(super) fn document(cx: &mut Extract<'_>, map: &Map) -> bool {
    let is_version = |key: &str| map.get(key).is_some_and(|version| version.to_string().trim_matches('"').starts_with(['2', '3']));
    let Some(paths) = map.get("paths").and_then(Node::as_map).filter(|_| is_version("openapi") || is_version("swagger")) else {
        return false;
    };
    let text = &cx.file.text;
    let is_gateway = text.contains("x-amazon-apigateway-integration") || text.contains("x-google-backend");
    let document = Document {
        framework: if is_gateway { Route::GATEWAY } else { Route::DESCRIPTION },
        binding: Ref::new(Scope::Local, ["#operations"]),
        security: map.get("security"),
    };
    let mut routes = Vec::new();
    for entry in &paths.entries {
        if let Entry::Pair { key, value, .. } = entry {
            document.path(key, value, &mut routes);
        }
    }
    document.service(cx, map, &routes);
    cx.out.facts.append(&mut routes);
    schemes(cx, map);
    servers(cx, map);
    true
}

struct Document<'d> {
    framework: &'static str,
    binding: Ref,
    /// What all operations ask for that say nothing themselves.
    security: Option<&'d Node>,
}

impl Document<'_> {
    fn path(&self, path: &str, item: &Node, routes: &mut Vec<Fact>) {
        for entry in item.as_map().into_iter().flat_map(|map| &map.entries) {
            let Entry::Pair { key: verb, key_span, value } = entry else { continue };
            let method = verb.to_ascii_uppercase();
            let is_verb = matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS");
            let method = if verb == "x-amazon-apigateway-any-method" { "ANY" } else { method.as_str() };
            if !is_verb && method != "ANY" || routes.len() >= MAX_OPERATIONS {
                continue;
            }
            let mut route = Route::new(self.binding.clone(), self.framework, method, Text::lit(path, *key_span), key_span.start);
            let written = value.get("security").or(self.security);
            route.security = Field::known(written.map_or(Security::Off, asked), written.map_or(*key_span, |written| written.span));
            let owner = format_smolstr!("{method} {path}");
            routes.push(Fact::new(*key_span, owner, FactKind::Route(Box::new(route))));
        }
    }

    /// The document itself; its security is what any of its operations asks for.
    fn service(&self, cx: &mut Extract<'_>, map: &Map, routes: &[Fact]) {
        let asks = routes.iter().find_map(|fact| match &fact.kind {
            FactKind::Route(route) if !route.security.value().is_none_or(|security| *security == Security::Off) => {
                Some(route.security.clone())
            }
            _ => None,
        });
        let mut options = Map::default();
        if let Some((span, prefix)) = base_path(map) {
            options.push("prefix", span, Node::text(prefix, span));
        }
        let span = cx.file.span();
        let span = Span { end: span.start, ..span };
        let mut service = Service::new(ServiceKind::Api, self.framework, self.binding.clone());
        service.security = asks.unwrap_or(Field::Absent);
        service.options = Some(Node::new(span, NodeKind::Map(options)));
        cx.fact(span, self.framework, FactKind::Service(service));
    }
}

fn key_of(entry: &Entry) -> Option<(&SmolStr, Span)> {
    match entry {
        Entry::Pair { key, key_span, .. } => Some((key, *key_span)),
        _ => None,
    }
}

/// The schemes of the first alternative; none, where one of the alternatives asks for nothing.
fn asked(security: &Node) -> Security {
    let Some(alternatives) = security.as_list() else { return Security::Inherit };
    let is_optional = alternatives.iter().any(|alternative| alternative.as_map().is_some_and(|schemes| schemes.entries.is_empty()));
    let first = alternatives.first().filter(|_| !is_optional).and_then(Node::as_map);
    let schemes = first.into_iter().flat_map(Map::pairs).map(|(name, scopes)| {
        let scopes = scopes.one_or_many().into_iter().filter_map(Node::as_text).cloned().collect();
        (Ref::new(Scope::Local, [name.clone()]), scopes)
    });
    let schemes: Vec<_> = schemes.collect();
    if schemes.is_empty() { Security::Off } else { Security::Schemes(schemes) }
}

/// The path that all operations stand below: of the first server, or Swagger's `basePath`.
fn base_path(map: &Map) -> Option<(Span, String)> {
    let written = map.get("servers").and_then(Node::as_list).and_then(|servers| servers.first()).and_then(|server| server.get("url"));
    let written = written.or_else(|| map.get("basePath"))?;
    let address = written.as_str()?;
    let path = address.split_once("://").map_or(address, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    Some((written.span, path.to_owned())).filter(|(_, path)| path.len() > 1)
}

/// The ways to authenticate: `components.securitySchemes`, Swagger's `securityDefinitions`.
fn schemes(cx: &mut Extract<'_>, map: &Map) {
    let declared =
        map.get("components").and_then(|components| components.get("securitySchemes")).or_else(|| map.get("securityDefinitions"));
    for (name, scheme) in declared.and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
        super::resource(cx, scheme.span, Route::DESCRIPTION, "openapi:scheme", name.clone(), scheme.clone());
        let flows = scheme.get("flows").and_then(Node::as_map).into_iter().flat_map(|flows| &flows.entries).filter_map(key_of);
        for (flow, span) in flows {
            grant(cx, flow, span);
        }
        if let Some(flow) = scheme.get("flow").and_then(Node::as_str) {
            grant(cx, flow, scheme.get("flow").map_or(scheme.span, |flow| flow.span));
        }
    }
}

/// A client of this API asks for tokens with this grant.
fn grant(cx: &mut Extract<'_>, flow: &str, span: Span) {
    if !matches!(flow, "implicit" | "password") {
        return;
    }
    let client = OAuthClient {
        library: Route::DESCRIPTION.into(),
        grant: Field::known(Text::lit(flow, span), span),
        pkce: Field::Absent,
        state: Field::Absent,
        redirect_uris: Vec::new(),
        secret: Field::Absent,
        storage: None,
        follows_redirects: Tri::Maybe,
        span,
    };
    cx.fact(span, flow, FactKind::OAuthClient(Box::new(client)));
}

/// The addresses that it is served at; of Swagger's `schemes`, only what is plain says something.
fn servers(cx: &mut Extract<'_>, map: &Map) {
    for server in map.get("servers").and_then(Node::as_list).into_iter().flatten() {
        let url = server.get("url").map_or(server.span, |url| url.span);
        super::resource(cx, url, Route::DESCRIPTION, "openapi:server", "", server.clone());
    }
    let host = map.get("host").and_then(Node::as_str).unwrap_or_default();
    for scheme in map.get("schemes").and_then(Node::as_list).into_iter().flatten() {
        let mut attrs = Map::default();
        attrs.push("url", scheme.span, Node::text(format!("{scheme}://{host}"), scheme.span));
        super::resource(cx, scheme.span, Route::DESCRIPTION, "openapi:server", "", Node::new(scheme.span, NodeKind::Map(attrs)));
    }
}
