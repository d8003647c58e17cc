//! API gateways, whatever declares them: each endpoint is a resource of the gateway's type, for the rules on
//! cloud resources, and a route, for the table of routes.

use smol_str::{SmolStr, format_smolstr};

use super::cloudformation::aws;
use crate::ir::{Fact, FactKind, Field, Map, Node, NodeKind, Ref, Route, Security, Service, ServiceKind, Span, Text, Why};

/// What an endpoint asks of callers.
#[derive(Debug, Clone)]
pub(super) enum Asks {
    /// A credential, by the name of the scheme.
    For(SmolStr),
    /// Nothing, as it says here or nowhere.
    Nothing(Span),
    /// It can't be told.
    Unknown(Span),
}

/// A gateway.
#[derive(Debug, Clone)]
pub(super) struct Gateway {
    /// What declares it, by its package or name.
    pub library: &'static str,
    /// What tells it from others: its place or its name.
    pub id: SmolStr,
}

/// One endpoint of a gateway.
#[derive(Debug)]
pub(super) struct Endpoint<'e> {
    /// The HTTP method, or `ANY`.
    pub verb: &'e str,
    /// Its path; `$default` and `$connect` have no method.
    pub path: &'e str,
    /// What it asks of callers.
    pub asks: Asks,
    /// Where it is declared.
    pub span: Span,
    /// The function of the repository that answers.
    pub handler: Option<Ref>,
}

/// `src/handlers/users.list` as the name that a module exports, as seen from the file that declares it.
pub(super) fn handler(written: &str) -> Option<Ref> {
    let (file, name) = written.rsplit_once('.')?;
    Some(Ref::import(format_smolstr!("./{}", file.trim_start_matches("./")), name))
}

impl Gateway {
    /// The gateway that is made at a place.
    pub(super) fn at(library: &'static str, made: Span) -> Self {
        Self { library, id: format_smolstr!("{}@{}", made.file.0, made.start) }
    }

    fn binding(&self) -> Ref {
        Ref::import(self.library, self.id.clone())
    }

    /// Adds the gateway itself.
    pub(super) fn declare(&self, name: Option<Text>, span: Span, out: &mut Vec<Fact>) {
        let owner = name.as_ref().map_or_else(|| self.id.to_string(), ToString::to_string);
        let service = Service {
            kind: ServiceKind::Api,
            framework: self.library.into(),
            name,
            binding: self.binding(),
            security: Field::Absent,
            options: None,
        };
        out.push(Fact::new(span, owner, FactKind::Service(service)));
    }

    /// Adds a method of a REST API.
    pub(super) fn rest(&self, endpoint: &Endpoint<'_>, out: &mut Vec<Fact>) {
        let mut attrs = Map::default();
        attrs.push("http_method", endpoint.span, Node::text(endpoint.verb, endpoint.span));
        attrs.push("route_key", endpoint.span, Node::text(endpoint.key(), endpoint.span));
        self.endpoint("aws_api_gateway_method", "authorization", attrs, endpoint, out);
    }

    /// Adds a route of an HTTP or websocket API.
    pub(super) fn http(&self, endpoint: &Endpoint<'_>, out: &mut Vec<Fact>) {
        let mut attrs = Map::default();
        attrs.push("route_key", endpoint.span, Node::text(endpoint.key(), endpoint.span));
        self.endpoint("aws_apigatewayv2_route", "authorization_type", attrs, endpoint, out);
    }

    fn endpoint(&self, ty: &str, attr: &str, mut attrs: Map, endpoint: &Endpoint<'_>, out: &mut Vec<Fact>) {
        let value = match &endpoint.asks {
            Asks::For(scheme) => Node::text(scheme.clone(), endpoint.span),
            Asks::Nothing(span) => Node::text("NONE", *span),
            Asks::Unknown(span) => Node::unknown(Why::Opaque, *span),
        };
        attrs.push(attr, value.span, value);
        let key = endpoint.key();
        let resource = aws(ty, &key, Node::new(endpoint.span, NodeKind::Map(attrs)));
        out.push(Fact::new(endpoint.span, resource.address.clone(), FactKind::Resource(resource)));
        let verb = endpoint.verb.to_ascii_uppercase();
        let mut route = Route::new(self.binding(), self.library, verb, Text::lit(endpoint.path, endpoint.span), endpoint.span.start);
        route.security = match &endpoint.asks {
            Asks::For(scheme) => {
                Field::known(Security::Schemes(vec![(Ref::import(self.library, scheme.clone()), Vec::new())]), endpoint.span)
            }
            Asks::Nothing(span) => Field::known(Security::Off, *span),
            Asks::Unknown(span) => Field::unknown(Why::Opaque, *span),
        };
        route.handler = endpoint.handler.clone().map(|handler| Node::new(endpoint.span, NodeKind::Ref(handler)));
        out.push(Fact::new(endpoint.span, key, FactKind::Route(Box::new(route))));
    }
}

impl Endpoint<'_> {
    /// `GET /users`, `$default`.
    fn key(&self) -> SmolStr {
        if self.path.starts_with('$') { self.path.into() } else { format_smolstr!("{} {}", self.verb, self.path) }
    }
}
