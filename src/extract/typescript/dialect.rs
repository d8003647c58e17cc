//! Which framework an application or router belongs to, and what reads like a registration on one.

use crate::ir::{Ref, Scope, ServiceKind, Tri, leads_inside};
use crate::parse::typescript::{Field, Kind, Syntax};

/// A framework whose routes are registered by method calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Express and what is built like it.
    Express,
    /// Koa with one of its routers.
    Koa,
    /// Hono.
    Hono,
    /// Fastify.
    Fastify,
    /// Elysia.
    Elysia,
    /// Hapi.
    Hapi,
}

/// Methods that stand for an HTTP method.
const VERBS: [&str; 9] = ["get", "post", "put", "patch", "delete", "del", "head", "options", "all"];

/// Names that a handed-in application or router has.
pub(super) const USUAL: [&str; 12] =
    ["app", "router", "server", "fastify", "api", "route", "routes", "instance", "application", "express", "expressApp", "apiRouter"];

impl Dialect {
    /// The package that facts name.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::Express => "express",
            Self::Koa => "koa",
            Self::Hono => "hono",
            Self::Fastify => "fastify",
            Self::Elysia => "elysia",
            Self::Hapi => "@hapi/hapi",
        }
    }

    /// What a function or class of a package makes.
    pub(super) fn made_by(name: &Ref) -> Option<(Self, ServiceKind)> {
        let module = name.module()?;
        Some(match (module, name.last()) {
            ("express" | "polka" | "@feathersjs/express" | "ultimate-express" | "hyper-express", "default" | "express") => {
                (Self::Express, ServiceKind::App)
            }
            ("restify", "createServer") => (Self::Express, ServiceKind::App),
            ("express" | "router" | "@types/express", "Router") | ("express-promise-router" | "router", "default") => {
                (Self::Express, ServiceKind::Router)
            }
            ("koa", "default" | "Koa") => (Self::Koa, ServiceKind::App),
            ("@koa/router" | "koa-router" | "koa-joi-router" | "koa-tree-router", "default" | "Router") => (Self::Koa, ServiceKind::Router),
            ("hono" | "hono/tiny" | "hono/quick", "Hono") | ("@hono/zod-openapi", "OpenAPIHono") => (Self::Hono, ServiceKind::Router),
            ("fastify", "default" | "fastify") => (Self::Fastify, ServiceKind::App),
            ("elysia", "Elysia" | "default") => (Self::Elysia, ServiceKind::Router),
            ("@hapi/hapi" | "hapi", "server" | "Server") => (Self::Hapi, ServiceKind::App),
            _ => return None,
        })
    }

    /// What a type says that its value is.
    pub(super) fn of_type(name: &Ref) -> Option<Self> {
        Some(match (name.module()?, name.last()) {
            ("express" | "express-serve-static-core", "Express" | "Application" | "Router" | "IRouter" | "Core") => Self::Express,
            ("koa", "default" | "Koa") | ("@koa/router" | "koa-router", _) => Self::Koa,
            ("hono", "Hono") | ("@hono/zod-openapi", "OpenAPIHono") => Self::Hono,
            ("fastify", "FastifyInstance" | "FastifyPluginAsync" | "FastifyPluginCallback" | "FastifyPlugin")
            | ("@fastify/type-provider-typebox", "FastifyPluginAsyncTypebox" | "FastifyPluginCallbackTypebox")
            | ("@fastify/type-provider-json-schema-to-ts", "FastifyPluginAsyncJsonSchemaToTs" | "FastifyPluginCallbackJsonSchemaToTs")
            | ("fastify-type-provider-zod", "FastifyPluginAsyncZod" | "FastifyPluginCallbackZod") => Self::Fastify,
            ("elysia", "Elysia" | "default") => Self::Elysia,
            ("@hapi/hapi" | "hapi", "Server") => Self::Hapi,
            _ => return None,
        })
    }

    /// The dialect that a file without a framework's name is likely written in.
    pub(super) fn guess(text: &str) -> Self {
        for (word, dialect) in [
            ("@hapi/hapi", Self::Hapi),
            ("fastify", Self::Fastify),
            ("hono", Self::Hono),
            (".openapi(", Self::Hono),
            ("elysia", Self::Elysia),
            ("koa", Self::Koa),
            // A plugin of its own file names no package.
            (".addHook(", Self::Fastify),
            ("preHandler", Self::Fastify),
            (".decorate(", Self::Fastify),
            ("(request, reply)", Self::Fastify),
            ("reply.code(", Self::Fastify),
            ("await app.register(", Self::Fastify),
        ] {
            if text.contains(word) {
                return dialect;
            }
        }
        if text.contains("server.route(") { Self::Hapi } else { Self::Express }
    }
}

/// Whether a function calls `name.use(…)` or `name.get('/…', …)`.
pub(super) fn is_registered_on(name: Syntax<'_>, function: Syntax<'_>) -> bool {
    function.below().filter(|node| node.kind() == Kind::Call).any(|call| {
        let member = call.field(Field::Function).filter(|function| function.kind() == Kind::Member);
        let Some(member) = member else { return false };
        let on_it = member.field(Field::Object).is_some_and(|object| object.kind() == Kind::Identifier && object.text() == name.text());
        let method = member.field(Field::Property).map_or("", Syntax::text);
        on_it
            && (matches!(method, "use" | "register" | "route" | "addHook" | "decorate")
                || (VERBS.contains(&method) && has_route_shape(call)))
    })
}

/// Whether a function hands `name` on: `require('./users')(app)`, `register(app, db)`.
pub(super) fn is_handed_on(name: Syntax<'_>, function: Syntax<'_>) -> bool {
    function.below().filter(|node| node.kind() == Kind::Call).any(|call| {
        let called = call.field(Field::Function).filter(|called| matches!(called.kind(), Kind::Identifier | Kind::Call));
        let first = call.field(Field::Arguments).and_then(Syntax::first);
        called.is_some() && first.is_some_and(|first| first.kind() == Kind::Identifier && first.text() == name.text())
    })
}

/// Whether a call reads like `createRouter()`, of a function that no package brings.
pub(super) fn is_factory(call: Syntax<'_>, callee: &Ref) -> bool {
    let is_own = callee.is_own() != Tri::No;
    let name = callee.last_named().split('@').next().unwrap_or_default().to_ascii_lowercase();
    call.kind() == Kind::Call
        && is_own
        && callee.path.len() == 1
        && ["create", "make", "build", "new"].iter().any(|verb| name.starts_with(verb))
        && ["app", "router", "hono"].iter().any(|made| name.ends_with(made))
}

/// An application that another file or function made: linking knows whether it is one.
pub(super) fn may_be_service(service: &Ref, method: &str, call: Syntax<'_>) -> bool {
    let is_foreign = match &service.scope {
        Scope::Import(module) => leads_inside(module) != Tri::No,
        Scope::Local => true,
        _ => false,
    };
    let name = service.last_named().split('@').next().unwrap_or_default();
    let is_named = USUAL.contains(&name) || name.ends_with("Router") || name.ends_with("App");
    is_foreign && is_named && (matches!(method, "use" | "register" | "route") || (VERBS.contains(&method) && has_route_shape(call)))
}

/// Whether a call reads like `get('/path', handler)`.
fn has_route_shape(call: Syntax<'_>) -> bool {
    let Some(arguments) = call.field(Field::Arguments) else { return false };
    let mut list = arguments.children();
    let is_path = list.next().is_some_and(|first| match first.kind() {
        Kind::String | Kind::TemplateString => first.text().get(1..2) == Some("/") || first.text().get(1..2) == Some("*"),
        _ => false,
    });
    is_path
        && list.last().is_some_and(|last| {
            last.kind().is_function() || matches!(last.kind(), Kind::Identifier | Kind::Member | Kind::Call | Kind::Array)
        })
}

/// Whether a method stands for an HTTP method.
pub(super) fn is_verb(method: &str) -> bool {
    VERBS.contains(&method)
}
