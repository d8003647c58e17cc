//! What an application serves: services, routes, the guards in front of them, and CORS.

use smol_str::SmolStr;

use super::{Field, Func, Node, Ref, Span, Text, Tri};
use std::sync::Arc;

/// An application, router, API, gateway, websocket, queue consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What it is.
    pub kind: ServiceKind,
    /// The framework, by its package: `express`, `@nitric/sdk`, `axum`, `aws-cdk-lib`.
    pub framework: SmolStr,
    /// Its own name (`api('main')`), where it has one.
    pub name: Option<Text>,
    /// The binding that stands for it in its file (`app`, `router`, a class, a function).
    pub binding: Ref,
    /// Security that all its routes inherit.
    pub security: Field<Security>,
    /// Everything else that was written, for rules in data.
    pub options: Option<Node>,
}

impl Service {
    /// The option that holds what a module of NestJS gives to those that import it.
    pub const EXPORTS: &str = "exports";
}

/// Kinds of [`Service`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    /// An HTTP API described to a platform: Nitric `api`, an API gateway.
    Api,
    /// An HTTP application that listens.
    App,
    /// A router that is mounted somewhere.
    Router,
    /// A list of routes as data, which serves nothing until a loop registers it.
    Table,
    /// A controller or resolver class.
    Controller,
    /// A module that provides guards to what it holds.
    Module,
    /// A websocket.
    Websocket,
    /// A queue, topic or schedule.
    Worker,
    /// Remote procedures: tRPC, GraphQL, MCP.
    Rpc,
}

/// What an API or a route says about security.
#[derive(Debug, Clone, PartialEq)]
pub enum Security {
    /// What stands above it holds.
    Inherit,
    /// Switched off here.
    Off,
    /// One of these schemes, each with the scopes it asks for.
    Schemes(Vec<(Ref, Vec<Text>)>),
    /// Written in a form that the platform ignores; the text says which.
    Ignored(SmolStr),
    /// What its documentation says, which nothing enforces: whether a caller must be known.
    Documented(bool),
}

/// A way to authenticate: a JWT issuer, an API key, a passport strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthScheme {
    /// Its name, as routes refer to it.
    pub name: Text,
    /// The binding that stands for it.
    pub binding: Option<Ref>,
    /// `jwt`, `oidc`, `api-key`, `basic`, `session`, `iam`.
    pub kind: SmolStr,
    /// Token issuer.
    pub issuer: Field<Text>,
    /// Accepted audiences.
    pub audiences: Field<Vec<Text>>,
    /// Accepted algorithms.
    pub algorithms: Field<Vec<Text>>,
    /// Scopes that it can ask for.
    pub scopes: Vec<Text>,
    /// The service that it is defined on.
    pub service: Option<Ref>,
}

/// One endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The service that it is registered on.
    pub service: Ref,
    /// The framework's package.
    pub framework: SmolStr,
    /// HTTP methods in upper case; `ANY` for all; `QUERY`/`MUTATION`/`MESSAGE` for procedures.
    pub methods: Vec<SmolStr>,
    /// Its path; after linking with all prefixes.
    pub path: Text,
    /// Decorators, attributes and option keys on it that may matter.
    pub markers: Vec<Node>,
    /// Middleware, guards, hooks and extractors named at the route itself, in order.
    pub guards: Vec<Node>,
    /// Its own word on security.
    pub security: Field<Security>,
    /// The handler.
    pub handler: Option<Node>,
    /// The handler's summary, where its body was found.
    pub body: Option<Arc<Func>>,
    /// Whether an anonymous caller is turned away; set by linking.
    pub auth: Tri,
    /// Whether the handler, or what it calls, turns callers away by what they may do; maybe if it only tests that. Set by
    /// linking.
    pub asks_rights: Tri,
    /// Whether nothing in the handler or in what it calls may tell who sends what it is handed, all of which was looked at;
    /// set by linking.
    pub proves_nothing: bool,
    /// Whether its handler, with what it calls, looks something up and changes nothing, by all that is seen of it; set by
    /// linking.
    pub only_looks_up: bool,
    /// The decorator that says what a caller has to be, where no guard in front of it reads that; set by linking.
    pub unread: Option<SmolStr>,
    /// Why linking thinks so, for people: `JwtAuthGuard (global, src/main.ts:12)`.
    pub reason: String,
    /// Guards in front of it, in the order they run, after linking.
    pub chain: Vec<Guard>,
    /// Why anybody may call it (`login`, `health check`); set by linking.
    pub public: Option<SmolStr>,
    /// The application that it is served by, as the place where that is made; set by linking.
    pub app: Option<Span>,
    /// Whether all that stands around it is known; set by linking.
    pub mounted: bool,
    /// Whether an application serves it: no, where none of its project brings in the module that it is part of; set by linking.
    pub served: Tri,
    /// Position in its file; a guard registered later does not hold for it in most frameworks.
    pub order: u32,
}

impl Service {
    /// A service of which nothing more is written.
    pub fn new(kind: ServiceKind, framework: impl Into<SmolStr>, binding: Ref) -> Self {
        Self { kind, framework: framework.into(), name: None, binding, security: Field::Absent, options: None }
    }
}

impl Route {
    /// The framework of an operation that an `OpenAPI` document describes, which enforces nothing.
    pub const DESCRIPTION: &str = "openapi";
    /// The framework of a procedure of tRPC, which is called by its name.
    pub const PROCEDURE: &str = "@trpc/server";
    /// The framework of an operation of a document that a gateway is made of.
    pub const GATEWAY: &str = "api-gateway";

    /// A route as it is registered; what linking finds out is left open.
    pub fn new(service: Ref, framework: impl Into<SmolStr>, method: impl Into<SmolStr>, path: Text, order: u32) -> Self {
        Self {
            service,
            framework: framework.into(),
            methods: vec![method.into()],
            path,
            markers: Vec::new(),
            guards: Vec::new(),
            security: Field::Absent,
            handler: None,
            body: None,
            auth: Tri::Maybe,
            asks_rights: Tri::No,
            proves_nothing: false,
            only_looks_up: false,
            unread: None,
            reason: String::new(),
            chain: Vec::new(),
            public: None,
            app: None,
            mounted: true,
            served: Tri::Maybe,
            order,
        }
    }

    /// What callers write to reach it: the path; of a procedure of tRPC, the names of its routers and its own, as in
    /// `members.remove`.
    pub fn address(&self) -> String {
        let path = self.path.to_string();
        if self.framework == Self::PROCEDURE { path.trim_start_matches('/').replace('/', ".") } else { path }
    }
}

impl Guard {
    /// The function that stands around the name of what another file may provide as a guard for the whole application.
    pub const PROVIDED: &str = "provided";

    /// A guard as it is registered; what it does is for linking to find out.
    pub fn new(what: Node, scope: GuardScope, service: Option<Ref>, order: u32) -> Self {
        let span = what.span;
        Self {
            what,
            authn: Tri::Maybe,
            authz: Tri::Maybe,
            rate_limit: Tri::Maybe,
            headers: Tri::Maybe,
            csrf: Tri::Maybe,
            escapes: false,
            scope,
            service,
            skip_marker: None,
            order,
            span,
        }
    }
}

/// Something in front of routes.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// What was written: a middleware, a guard class, a layer, an extractor's type.
    pub what: Node,
    /// Whether it turns anonymous callers away.
    pub authn: Tri,
    /// Whether it checks what the caller may do.
    pub authz: Tri,
    /// Whether it limits the rate.
    pub rate_limit: Tri,
    /// Whether it sets security headers.
    pub headers: Tri,
    /// Whether it protects against CSRF.
    pub csrf: Tri,
    /// Whether it escapes what the request brings, or some of it, in its place: `body('name').escape()`.
    pub escapes: bool,
    /// How far it reaches.
    pub scope: GuardScope,
    /// The service that it is registered on.
    pub service: Option<Ref>,
    /// Metadata key by which a route opts out of it.
    pub skip_marker: Option<Text>,
    /// Position in its file.
    pub order: u32,
    /// Where it is registered.
    pub span: Span,
}

/// How far a [`Guard`] reaches.
#[derive(Debug, Clone, PartialEq)]
pub enum GuardScope {
    /// Every route of the application.
    App,
    /// Every route of a module.
    Module,
    /// Every route below a path, of the given methods (none: all).
    Prefix(Text, Vec<SmolStr>),
    /// Every route of a controller or router.
    Controller,
    /// One route.
    Route,
}

/// A service placed below another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Mount {
    /// The service that it is placed in.
    pub parent: Ref,
    /// The path prefix; empty for none.
    pub prefix: Text,
    /// What is placed: a router, a plugin, a controller, a function that registers routes.
    pub child: Node,
    /// Guards named at the mount, in order.
    pub guards: Vec<Node>,
    /// Position in its file.
    pub order: u32,
}

/// A cross-origin policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Cors {
    /// The library or platform.
    pub library: SmolStr,
    /// Which origins are allowed.
    pub origins: Field<Origins>,
    /// Whether credentials are allowed.
    pub credentials: Field<bool>,
    /// Allowed methods.
    pub methods: Field<Vec<Text>>,
    /// Allowed headers.
    pub headers: Field<Vec<Text>>,
    /// The service that it applies to.
    pub service: Option<Ref>,
}

/// The origins of a [`Cors`] policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Origins {
    /// A literal `*`: browsers refuse it with credentials.
    Any,
    /// The request's origin is echoed, whatever it is.
    Reflected,
    /// These; regular expressions keep their slashes.
    List(Vec<Node>),
    /// Decided by a function whose answer is not known.
    Callback(Node),
    /// None.
    None,
}
