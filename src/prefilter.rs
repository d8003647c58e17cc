//! One pass over a file's bytes: which frameworks it names, so that most source files are never
//! parsed, and where the secrets engine has to look.

use std::sync::LazyLock;

use crate::needles::{Hit, Needles};
use crate::secrets;

/// A reason to parse a source file: some library or shape that an extractor knows is named in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Gate {
    /// Nitric's SDK.
    Nitric,
    /// AWS CDK, Pulumi, SST, CDKTF, serverless.ts: resources in code.
    CloudCode,
    /// A JavaScript HTTP framework, or a file whose name makes it a route.
    JsRoutes,
    /// A JavaScript or Rust JWT library.
    Jwt,
    /// CORS middleware or headers.
    Cors,
    /// Something that another file may lean on: a guard, options of a library, names handed on.
    JsNames,
    /// A function that is dangerous when a request reaches it, or a request.
    JsSinks,
    /// A Rust HTTP framework.
    RustRoutes,
    /// An SDK that is handed a secret.
    Sdk,
    /// A nestrs framework.
    Nestrs,
    /// A Rust library of databases, TLS or cryptography.
    RustSinks,
    /// A word for something that nobody may know.
    SecretWord,
    /// A macro of Rust that writes a log; a reason to parse with a word for a secret.
    RustLog,
    /// A comment that takes findings out; no reason to parse.
    Marker,
    /// A variable that builds inline; a reason to parse if its name says that it is secret.
    BrowserEnv,
}

/// The set of gates that a file opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gates(u64);

impl Gates {
    /// Adds a gate.
    pub fn insert(&mut self, gate: Gate) {
        self.0 |= 1 << gate as u8;
    }

    /// Whether a gate is open.
    pub fn has(self, gate: Gate) -> bool {
        self.0 & (1 << gate as u8) != 0
    }

    /// Whether one of these gates is open.
    pub fn has_any(self, gates: &[Gate]) -> bool {
        gates.iter().any(|gate| self.has(*gate))
    }

    /// Every gate open: for tests and for files given by name.
    pub const ALL: Self = Self(u64::MAX);
}

/// What opens which gate. Needles are matched without ASCII case.
const NEEDLES: &[(&str, Gate)] = &[
    ("@nitric/", Gate::Nitric),
    // What is done with a handle that another file asks permissions for.
    ("getdownloadurl", Gate::Nitric),
    ("getuploadurl", Gate::Nitric),
    (".enqueue(", Gate::Nitric),
    (".dequeue(", Gate::Nitric),
    ("aws-cdk-lib", Gate::CloudCode),
    ("@aws-cdk/", Gate::CloudCode),
    ("@pulumi/", Gate::CloudCode),
    ("@cdktf/provider-", Gate::CloudCode),
    (".gen/providers/", Gate::CloudCode),
    ("sst.aws.", Gate::CloudCode),
    ("sst.config", Gate::CloudCode),
    ("$config(", Gate::CloudCode),
    ("sst/constructs", Gate::CloudCode),
    ("@serverless-stack/resources", Gate::CloudCode),
    ("@serverless/typescript", Gate::CloudCode),
    ("events: [", Gate::CloudCode),
    // As a module's name: `expression` and `honor` are no frameworks.
    ("express'", Gate::JsRoutes),
    ("express\"", Gate::JsRoutes),
    ("express-", Gate::JsRoutes),
    ("express/", Gate::JsRoutes),
    ("@nestjs/", Gate::JsRoutes),
    ("fastify", Gate::JsRoutes),
    ("@hapi/", Gate::JsRoutes),
    ("server.route(", Gate::JsRoutes),
    ("restify", Gate::JsRoutes),
    ("type-graphql", Gate::JsRoutes),
    ("koa'", Gate::JsRoutes),
    ("koa\"", Gate::JsRoutes),
    ("koa-", Gate::JsRoutes),
    ("koa/", Gate::JsRoutes),
    ("hono'", Gate::JsRoutes),
    ("hono\"", Gate::JsRoutes),
    ("hono-", Gate::JsRoutes),
    ("hono/", Gate::JsRoutes),
    ("elysia", Gate::JsRoutes),
    ("procedure", Gate::JsRoutes),
    ("next/server", Gate::JsRoutes),
    ("next/headers", Gate::JsRoutes),
    ("'use server'", Gate::JsRoutes),
    ("\"use server\"", Gate::JsRoutes),
    // Routers and guards that name no framework: `module.exports = (req, res, next) => …`.
    ("req, res", Gate::JsRoutes),
    ("router.", Gate::JsRoutes),
    (".openapi(", Gate::JsRoutes),
    ("app.use(", Gate::JsRoutes),
    ("app.get(", Gate::JsRoutes),
    ("app.post(", Gate::JsRoutes),
    ("ctx, next", Gate::JsRoutes),
    ("unauthorized", Gate::JsRoutes),
    ("passport.a", Gate::JsRoutes),
    ("@adonisjs/", Gate::JsRoutes),
    ("@ioc:adonis/", Gate::JsRoutes),
    ("use('route')", Gate::JsRoutes),
    ("getserversession", Gate::JsRoutes),
    ("setmetadata", Gate::JsRoutes),
    // What makes an account, so that `POST /users` is told apart.
    ("bcrypt", Gate::JsRoutes),
    ("argon2", Gate::JsRoutes),
    // Barrels lead from one file to another.
    ("export * from", Gate::JsRoutes),
    ("export { default", Gate::JsRoutes),
    ("jsonwebtoken", Gate::Jwt),
    ("express-jwt", Gate::Jwt),
    ("koa-jwt", Gate::Jwt),
    ("passport-jwt", Gate::Jwt),
    ("@fastify/jwt", Gate::Jwt),
    ("fast-jwt", Gate::Jwt),
    ("hono/jwt", Gate::Jwt),
    ("jwt-simple", Gate::Jwt),
    ("jwt-decode", Gate::Jwt),
    ("'jose", Gate::Jwt),
    ("\"jose", Gate::Jwt),
    ("'jws'", Gate::Jwt),
    ("\"jws\"", Gate::Jwt),
    ("cors", Gate::Cors),
    ("socket.io", Gate::Cors),
    ("algorithms:", Gate::JsNames),
    ("expiresin", Gate::JsNames),
    ("origin:", Gate::JsNames),
    ("unauthorized", Gate::JsNames),
    ("forbidden", Gate::JsNames),
    ("(401", Gate::JsNames),
    ("(403", Gate::JsNames),
    ("export * from", Gate::JsNames),
    ("req.query", Gate::JsSinks),
    ("req.body", Gate::JsSinks),
    ("req.params", Gate::JsSinks),
    ("req.headers", Gate::JsSinks),
    ("request.body", Gate::JsSinks),
    ("request.query", Gate::JsSinks),
    ("request.params", Gate::JsSinks),
    ("ctx.request", Gate::JsSinks),
    ("ctx.query", Gate::JsSinks),
    ("ctx.params", Gate::JsSinks),
    ("c.req.", Gate::JsSinks),
    ("rejectunauthorized", Gate::JsSinks),
    ("httponly", Gate::JsSinks),
    ("response_type", Gate::JsSinks),
    ("responsetype", Gate::JsSinks),
    ("grant_type", Gate::JsSinks),
    ("reject_unauthorized", Gate::JsSinks),
    ("strictssl", Gate::JsSinks),
    ("math.random", Gate::JsSinks),
    ("createhash", Gate::JsSinks),
    ("createcipher", Gate::JsSinks),
    ("crypto-js", Gate::JsSinks),
    ("createdecipher", Gate::JsSinks),
    ("libxml", Gate::JsSinks),
    ("unserialize", Gate::JsSinks),
    ("electron'", Gate::JsSinks),
    ("electron\"", Gate::JsSinks),
    ("pathparameters", Gate::JsSinks),
    ("helmet", Gate::JsSinks),
    ("content-security-policy", Gate::JsSinks),
    ("undici", Gate::JsSinks),
    ("nodeintegration", Gate::JsSinks),
    ("contextisolation", Gate::JsSinks),
    ("@apollo/server", Gate::JsSinks),
    ("localstorage.setitem", Gate::JsSinks),
    ("sessionstorage.setitem", Gate::JsSinks),
    ("pug.compile(", Gate::JsSinks),
    ("pug.render(", Gate::JsSinks),
    ("ejs.render(", Gate::JsSinks),
    ("ejs.compile(", Gate::JsSinks),
    ("handlebars.compile(", Gate::JsSinks),
    ("renderstring(", Gate::JsSinks),
    ("checks: [", Gate::JsSinks),
    ("res.redirect", Gate::JsSinks),
    (".stack", Gate::JsSinks),
    ("postmessage(", Gate::JsSinks),
    ("onmessage", Gate::JsSinks),
    ("'message'", Gate::JsSinks),
    ("\"message\"", Gate::JsSinks),
    ("innerhtml", Gate::JsSinks),
    ("outerhtml", Gate::JsSinks),
    ("document.write", Gate::JsSinks),
    ("document.cookie", Gate::JsSinks),
    ("insertadjacenthtml", Gate::JsSinks),
    ("bypasssecuritytrust", Gate::JsSinks),
    ("location.hash", Gate::JsSinks),
    ("location.search", Gate::JsSinks),
    ("generatekeypair", Gate::JsSinks),
    ("pbkdf2", Gate::JsSinks),
    ("pseudorandombytes", Gate::JsSinks),
    ("createhmac", Gate::JsSinks),
    ("node-rsa", Gate::JsSinks),
    ("node-forge", Gate::JsSinks),
    ("'errorhandler'", Gate::JsSinks),
    ("\"errorhandler\"", Gate::JsSinks),
    ("serve-index", Gate::JsSinks),
    ("swig", Gate::JsSinks),
    ("tokenurl", Gate::JsSinks),
    ("cachelocation", Gate::JsSinks),
    ("child_process", Gate::JsSinks),
    ("getentries(", Gate::JsSinks),
    ("deepmerge(", Gate::JsSinks),
    ("mergedeep(", Gate::JsSinks),
    ("function merge(", Gate::JsSinks),
    ("unzipper", Gate::JsSinks),
    ("event.body", Gate::JsSinks),
    ("querystringparameters", Gate::JsSinks),
    ("js-yaml", Gate::JsSinks),
    ("xpath", Gate::JsSinks),
    ("$where", Gate::JsSinks),
    ("minversion", Gate::JsSinks),
    ("secureprotocol", Gate::JsSinks),
    ("checkserveridentity", Gate::JsSinks),
    (".raw(", Gate::JsSinks),
    ("whereraw(", Gate::JsSinks),
    ("orderbyraw(", Gate::JsSinks),
    ("createquerybuilder", Gate::JsSinks),
    (".query(", Gate::JsSinks),
    (".execute(", Gate::JsSinks),
    ("queryrawunsafe", Gate::JsSinks),
    ("executerawunsafe", Gate::JsSinks),
    ("tower_http", Gate::Cors),
    ("corslayer", Gate::Cors),
    ("actix_cors", Gate::Cors),
    ("rocket_cors", Gate::Cors),
    ("warp::", Gate::Cors),
    ("middleware::cors", Gate::Cors),
    ("poem::", Gate::RustRoutes),
    ("actix_web", Gate::RustRoutes),
    ("rocket", Gate::RustRoutes),
    ("loco_rs", Gate::RustRoutes),
    ("fromrequest", Gate::RustRoutes),
    ("use_guards", Gate::Nestrs),
    ("danger_accept_invalid", Gate::RustSinks),
    ("ssl_verify_none", Gate::RustSinks),
    ("sslverifymode", Gate::RustSinks),
    // Its macros (`query!`) take a literal alone.
    ("sqlx::query(", Gate::RustSinks),
    ("sqlx::query_as(", Gate::RustSinks),
    ("sqlx::query_as:", Gate::RustSinks),
    ("sqlx::query_scalar(", Gate::RustSinks),
    ("sqlx::query_scalar:", Gate::RustSinks),
    ("sqlx::query_with", Gate::RustSinks),
    ("sqlx::query_as_with", Gate::RustSinks),
    ("sqlx::query;", Gate::RustSinks),
    ("sqlx::query_as;", Gate::RustSinks),
    ("sqlx::query_scalar;", Gate::RustSinks),
    ("sqlx::{", Gate::RustSinks),
    ("sqlx::*", Gate::RustSinks),
    ("raw_sql", Gate::RustSinks),
    ("assertsqlsafe", Gate::RustSinks),
    ("querybuilder", Gate::RustSinks),
    ("sql_query", Gate::RustSinks),
    ("dsl::sql", Gate::RustSinks),
    ("batch_execute", Gate::RustSinks),
    ("statement::from_string", Gate::RustSinks),
    ("execute_unprepared", Gate::RustSinks),
    ("expr::cust", Gate::RustSinks),
    ("rusqlite", Gate::RustSinks),
    ("postgres::", Gate::RustSinks),
    ("mysql::", Gate::RustSinks),
    ("mysql_", Gate::RustSinks),
    ("md5::", Gate::RustSinks),
    ("sha1::", Gate::RustSinks),
    ("sha1_", Gate::RustSinks),
    ("sha2::", Gate::RustSinks),
    ("aes::", Gate::RustSinks),
    ("aes_", Gate::RustSinks),
    ("aes1", Gate::RustSinks),
    ("aes2", Gate::RustSinks),
    ("chacha20", Gate::RustSinks),
    ("cipher::", Gate::RustSinks),
    ("crypto::", Gate::RustSinks),
    ("cbc::", Gate::RustSinks),
    ("hmac", Gate::RustSinks),
    ("argon2::", Gate::RustSinks),
    ("pbkdf2", Gate::RustSinks),
    ("scrypt", Gate::RustSinks),
    ("ring::aead", Gate::RustSinks),
    ("ring::hmac", Gate::RustSinks),
    ("ring::digest", Gate::RustSinks),
    ("ring::pbkdf2", Gate::RustSinks),
    ("orion::", Gate::RustSinks),
    ("sodiumoxide", Gate::RustSinks),
    ("openssl::", Gate::RustSinks),
    ("magic_crypt", Gate::RustSinks),
    ("fernet", Gate::RustSinks),
    ("certverifier", Gate::RustSinks),
    ("certificate_verifier", Gate::RustSinks),
    ("accept_invalid", Gate::RustSinks),
    ("notls", Gate::RustSinks),
    ("sslmode", Gate::RustSinks),
    ("set_verify", Gate::RustSinks),
    ("ssl_verify", Gate::RustSinks),
    ("reqwest", Gate::RustSinks),
    ("ureq::", Gate::RustSinks),
    ("isahc", Gate::RustSinks),
    ("cookie::", Gate::RustSinks),
    ("smallrng", Gate::RustSinks),
    ("seed_from_u64", Gate::RustSinks),
    ("fastrand", Gate::RustSinks),
    ("oorandom", Gate::RustSinks),
    ("regex::new", Gate::RustSinks),
    ("regexbuilder", Gate::RustSinks),
    ("alloc::alloc", Gate::RustSinks),
    ("libc::malloc", Gate::RustSinks),
    ("warp::", Gate::RustRoutes),
    ("salvo", Gate::RustRoutes),
    ("tide::", Gate::RustRoutes),
    ("password", Gate::SecretWord),
    ("passwd", Gate::SecretWord),
    ("api_key", Gate::SecretWord),
    ("secret", Gate::SecretWord),
    ("credit_card", Gate::SecretWord),
    ("access_token", Gate::SecretWord),
    ("auth_token", Gate::SecretWord),
    ("println!", Gate::RustLog),
    ("print!", Gate::RustLog),
    ("info!", Gate::RustLog),
    ("warn!", Gate::RustLog),
    ("error!", Gate::RustLog),
    ("debug!", Gate::RustLog),
    ("trace!", Gate::RustLog),
    ("dbg!", Gate::RustLog),
    ("log!", Gate::RustLog),
    ("panic!", Gate::RustLog),
    ("fs::write", Gate::RustLog),
    ("instrument", Gate::RustLog),
    ("insecure_d", Gate::Jwt),
    ("jwt_simple", Gate::Jwt),
    ("jwt_compact", Gate::Jwt),
    ("frank_jwt", Gate::Jwt),
    ("alcoholic_jwt", Gate::Jwt),
    ("biscuit::", Gate::Jwt),
    ("jwt::", Gate::Jwt),
    ("jwt_authorizer", Gate::Jwt),
    ("josekit", Gate::Jwt),
    ("access-control-allow-", Gate::Cors),
    ("axum", Gate::RustRoutes),
    ("nest_rs", Gate::Nestrs),
    ("nestrs", Gate::Nestrs),
    // The packages of `rules/tables/sdks.toml`; those of Express open a gate already.
    ("'stripe'", Gate::Sdk),
    ("\"stripe\"", Gate::Sdk),
    ("'openai'", Gate::Sdk),
    ("\"openai\"", Gate::Sdk),
    ("'resend'", Gate::Sdk),
    ("\"resend\"", Gate::Sdk),
    ("'twilio'", Gate::Sdk),
    ("\"twilio\"", Gate::Sdk),
    ("'auth0'", Gate::Sdk),
    ("\"auth0\"", Gate::Sdk),
    ("'next-auth", Gate::Sdk),
    ("\"next-auth", Gate::Sdk),
    ("'better-auth'", Gate::Sdk),
    ("\"better-auth\"", Gate::Sdk),
    ("'cookie-parser'", Gate::Sdk),
    ("\"cookie-parser\"", Gate::Sdk),
    ("'cookie-session'", Gate::Sdk),
    ("\"cookie-session\"", Gate::Sdk),
    ("'iron-session'", Gate::Sdk),
    ("\"iron-session\"", Gate::Sdk),
    ("'octokit'", Gate::Sdk),
    ("\"octokit\"", Gate::Sdk),
    ("'aws-sdk'", Gate::Sdk),
    ("\"aws-sdk\"", Gate::Sdk),
    ("'pg'", Gate::Sdk),
    ("\"pg\"", Gate::Sdk),
    ("'mongoose'", Gate::Sdk),
    ("\"mongoose\"", Gate::Sdk),
    ("'mongodb'", Gate::Sdk),
    ("\"mongodb\"", Gate::Sdk),
    ("'ioredis'", Gate::Sdk),
    ("\"ioredis\"", Gate::Sdk),
    ("'redis'", Gate::Sdk),
    ("\"redis\"", Gate::Sdk),
    ("'nodemailer'", Gate::Sdk),
    ("\"nodemailer\"", Gate::Sdk),
    ("'pusher'", Gate::Sdk),
    ("\"pusher\"", Gate::Sdk),
    ("'razorpay'", Gate::Sdk),
    ("\"razorpay\"", Gate::Sdk),
    ("'passport-", Gate::Sdk),
    ("\"passport-", Gate::Sdk),
    ("'cloudinary'", Gate::Sdk),
    ("\"cloudinary\"", Gate::Sdk),
    ("@anthropic-ai/", Gate::Sdk),
    ("@google/gen", Gate::Sdk),
    ("@sendgrid/", Gate::Sdk),
    ("@slack/", Gate::Sdk),
    ("@supabase/", Gate::Sdk),
    ("@auth0/", Gate::Sdk),
    ("@octokit/", Gate::Sdk),
    ("@aws-sdk/", Gate::Sdk),
    ("@prisma/client", Gate::Sdk),
    ("@clerk/", Gate::Sdk),
    ("@notionhq/", Gate::Sdk),
    ("next_public_", Gate::BrowserEnv),
    ("vite_", Gate::BrowserEnv),
    ("react_app_", Gate::BrowserEnv),
    ("expo_public_", Gate::BrowserEnv),
    ("nuxt_public_", Gate::BrowserEnv),
    ("gatsby_", Gate::BrowserEnv),
    ("vue_app_", Gate::BrowserEnv),
    ("ng_app_", Gate::BrowserEnv),
    ("nx_public_", Gate::BrowserEnv),
    ("redwood_env_", Gate::BrowserEnv),
    ("sanity_studio_", Gate::BrowserEnv),
    ("plasmo_public_", Gate::BrowserEnv),
    ("env.storybook_", Gate::BrowserEnv),
    ("env.public_", Gate::BrowserEnv),
    ("$env/static/public", Gate::BrowserEnv),
    ("seclint:", Gate::Marker),
    ("leaks:allow", Gate::Marker),
    ("pragma: allowlist", Gate::Marker),
    ("trufflehog:ignore", Gate::Marker),
    ("kingfisher:ignore", Gate::Marker),
    ("checkov:skip", Gate::Marker),
    ("bridgecrew:skip", Gate::Marker),
    ("trivy:ignore", Gate::Marker),
    ("tfsec:ignore", Gate::Marker),
    ("hadolint ", Gate::Marker),
    ("nosemgrep", Gate::Marker),
    ("kics-scan", Gate::Marker),
];

/// Words for what nobody may know, in lower case.
pub fn secret_words() -> impl Iterator<Item = &'static str> {
    NEEDLES.iter().filter(|(_, gate)| *gate == Gate::SecretWord).map(|(word, _)| *word)
}

/// The literals of the secrets engine, then [`NEEDLES`].
static LITERALS: LazyLock<Needles> = LazyLock::new(|| {
    let secrets = secrets::literals().iter().map(|literal| (literal.as_slice(), false));
    Needles::new(secrets.chain(NEEDLES.iter().map(|(needle, _)| (needle.as_bytes(), true))))
});

/// What the one pass over a text finds.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The gates that the text opens.
    pub gates: Gates,
    /// Where the secrets engine's literals stand, by place.
    pub hits: Vec<Hit>,
}

/// Reads a text once.
pub fn look(text: &str) -> Seen {
    let mut gates = Gates::default();
    let mut hits = LITERALS.find(text.as_bytes());
    let secrets = secrets::literals().len();
    hits.retain(|hit| {
        let gate = usize::from(hit.needle).checked_sub(secrets);
        gate.inspect(|index| gates.insert(NEEDLES[*index].1)).is_none()
    });
    Seen { gates, hits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_opens_its_gate() {
        assert!(look("export const x = expression || honor").gates == Gates::default());
    }
}
