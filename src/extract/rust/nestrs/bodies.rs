//! What functions do by hand that the framework would do for them: queries around the scope, passwords
//! kept as they are, tokens taken apart, cookies written.

use std::collections::BTreeSet;

use super::{Attrs, Place, called, name_of};
use crate::extract::Extract;
use crate::ir::{FactKind, Field, OAuthClient, Span, Tri, Why};
use crate::parse::rust::{Block, Expr, ExprKind, Function, Stmt};

/// Adds the facts of one function.
pub(super) fn extract(cx: &mut Extract<'_>, function: &Function, place: &Place<'_>) {
    let mut exprs = Vec::new();
    function.body.walk(0, &mut |expr, _| exprs.push(expr));
    let body = Body { function, place, exprs: &exprs, owner: &place.owner(function) };
    body.queries(cx);
    body.passwords(cx);
    body.verification(cx);
    body.exchange(cx);
    body.token_options(cx);
    body.cookies(cx);
    body.log_filters(cx);
    if matches!(place.of, "Strategy" | "AuthStrategy" | "Guard" | "CanActivate") {
        body.strategy(cx);
    }
}

struct Body<'f> {
    function: &'f Function,
    place: &'f Place<'f>,
    /// Every expression, outer ones before their parts.
    exprs: &'f [&'f Expr],
    owner: &'f str,
}

impl Body<'_> {
    fn calls(&self) -> impl Iterator<Item = (&str, Span)> {
        self.exprs.iter().filter_map(|expr| called(expr))
    }

    fn call(&self, wanted: &[&str]) -> Option<Span> {
        self.calls().find(|(name, _)| wanted.contains(name)).map(|(_, span)| span)
    }

    /// Reads and writes that the caller's ability does not narrow. Who signs in has none yet, and nobody calls what
    /// fills a new database.
    fn queries(&self, cx: &mut Extract<'_>) {
        const BEFORE_SIGN_IN: [&str; 9] = ["auth", "login", "sign", "email", "identity", "credential", "register", "social", "password"];
        const NO_CALLER: [&str; 3] = ["seed", "migrat", "fixture"];
        let name = self.function.name.text.to_ascii_lowercase();
        if self.place.of == "Strategy" || BEFORE_SIGN_IN.iter().chain(&NO_CALLER).any(|word| name.contains(word)) {
            return;
        }
        let mut seen = BTreeSet::new();
        for expr in self.exprs {
            if let Some((call, span)) = called(expr).filter(|(name, _)| matches!(*name, "unscoped" | "unscoped_by_id" | "insert_unscoped"))
            {
                Attrs::default().text("call", call, span).emit(cx, "nestrs-query", self.owner, span);
            }
            let (steps, root) = expr.chain();
            let ends = steps.iter().any(|step| matches!(*step, "one" | "all" | "paginate" | "stream"));
            let ExprKind::Call { callee, .. } = &root.kind else { continue };
            let Some(path) = callee.as_path().filter(|path| ends && matches!(path.last(), "find" | "find_by_id")) else { continue };
            // `Posts::find()`, `post::Entity::find()`; `self.svc.find()` is the service's own.
            let is_entity = path.names.len() > 1 && path.names[path.names.len() - 2].starts_with(char::is_uppercase);
            if is_entity && path.names[path.names.len() - 2] != "Self" && !narrows(expr) && seen.insert(root.span) {
                Attrs::default().text("call", path.names.join("::"), path.span).emit(cx, "nestrs-query", self.owner, path.span);
            }
        }
    }

    /// A password that is stored as it came.
    fn passwords(&self, cx: &mut Extract<'_>) {
        const STORED: [&str; 5] = ["password", "password_hash", "passwd", "hashed_password", "pwd"];
        const PLAIN: [&str; 4] = ["password", "passwd", "pwd", "plain_password"];
        let hashes = self.calls().any(|(name, _)| name.contains("hash") || matches!(name, "argon2" | "bcrypt" | "scrypt"));
        let set = |value: &'_ Expr| match &value.kind {
            ExprKind::Call { args, .. } if called(value).is_some_and(|(name, _)| matches!(name, "Set" | "Some" | "NotSet")) => args
                .first()
                .and_then(|inner| match &inner.kind {
                    ExprKind::Call { args, .. } => args.first().and_then(name_of),
                    _ => name_of(inner),
                })
                .is_some_and(|name| PLAIN.contains(&name)),
            _ => false,
        };
        for expr in self.exprs {
            match &expr.kind {
                ExprKind::Assign { target, value }
                    if !hashes && name_of(target).is_some_and(|name| STORED.contains(&name)) && set(value) =>
                {
                    Attrs::default().text("use", "stored", expr.span).emit(cx, "nestrs-password", self.owner, expr.span);
                }
                ExprKind::Struct { fields, .. } if !hashes => {
                    for (name, value) in fields.iter().filter(|(name, value)| STORED.contains(&name.text.as_str()) && set(value)) {
                        let span = name.span.to(value.span);
                        Attrs::default().text("use", "stored", span).emit(cx, "nestrs-password", self.owner, span);
                    }
                }
                _ => {}
            }
        }
    }

    /// A password that is checked only where the account exists: who is missing is answered sooner.
    fn verification(&self, cx: &mut Extract<'_>) {
        let Some(span) = self.call(&["verify_password"]) else { return };
        let misses = has_otherwise(&self.function.body)
            || self.calls().any(|(name, _)| matches!(name, "ok_or" | "ok_or_else"))
            || self.exprs.iter().any(|expr| match &expr.kind {
                ExprKind::Match { arms, .. } => arms.iter().any(|arm| arm.pat.path.last().is_some_and(|name| name == "None")),
                _ => false,
            });
        if misses {
            let burns = self.call(&["burn_verify"]).is_some();
            Attrs::default().flag("burns", burns, span).emit(cx, "nestrs-verification", self.owner, span);
        }
    }

    /// A code that is exchanged for a token by hand, with the `oauth2` crate.
    fn exchange(&self, cx: &mut Extract<'_>) {
        let Some(span) = self.call(&["exchange_code"]) else { return };
        let makes_client = self.exprs.iter().any(|expr| match &expr.kind {
            ExprKind::Call { callee, .. } => callee.as_path().is_some_and(|path| match path.names.as_slice() {
                [.., owner, name] => {
                    matches!(owner.as_str(), "Client" | "ClientBuilder") && matches!(name.as_str(), "new" | "builder" | "default")
                }
                _ => false,
            }),
            _ => false,
        });
        let stops = self.call(&["redirect"]).is_some();
        let client = OAuthClient {
            library: "oauth2".into(),
            grant: Field::known(crate::ir::Text::lit("authorization_code", span), span),
            pkce: self.call(&["set_pkce_verifier"]).map_or(Field::Absent, |span| Field::known(true, span)),
            state: Field::unknown(Why::Opaque, span),
            redirect_uris: Vec::new(),
            secret: Field::Absent,
            follows_redirects: if stops {
                Tri::No
            } else if makes_client {
                Tri::Yes
            } else {
                Tri::Maybe
            },
            storage: None,
            span,
        };
        cx.fact(span, self.owner, FactKind::OAuthClient(Box::new(client)));
    }

    /// `JwtOptions { … }`, and what is assigned to one later.
    fn token_options(&self, cx: &mut Extract<'_>) {
        for expr in self.exprs {
            match &expr.kind {
                ExprKind::Struct { path, fields, .. } if path.last() == "JwtOptions" => {
                    for (name, value) in fields {
                        self.token_option(cx, &name.text, value, name.span.to(value.span));
                    }
                }
                ExprKind::Assign { target, value } => {
                    if let ExprKind::Field { name, .. } = &target.kind {
                        self.token_option(cx, &name.text, value, expr.span);
                    }
                }
                _ => {}
            }
        }
    }

    fn token_option(&self, cx: &mut Extract<'_>, name: &str, value: &Expr, span: Span) {
        let attrs = Attrs::default();
        let attrs = match (name, &value.kind) {
            ("expires_in", _) => match seconds(value) {
                Some(seconds) => attrs.number("lifetime", seconds, span),
                None => return,
            },
            ("allow_any_audience", ExprKind::Bool(on)) => attrs.flag("any-audience", *on, span),
            ("explicit_typing", ExprKind::Bool(on)) => attrs.flag("explicit-typing", *on, span),
            ("audience", ExprKind::Path(path)) if path.last() == "None" => attrs.flag("audience", false, span),
            _ => return,
        };
        attrs.emit(cx, "nestrs-token-options", self.owner, span);
    }

    /// The cookie that ties an answer of the identity provider to the browser that asked.
    fn cookies(&self, cx: &mut Extract<'_>) {
        for expr in self.exprs {
            let ExprKind::Macro(call) = &expr.kind else { continue };
            let Some(text) = call.args.first().and_then(|arg| arg.value.as_str()).filter(|_| call.path.last() == "format") else {
                continue;
            };
            let Some((cookie, flags)) = text.split_once(';') else { continue };
            let holds_transaction = cookie.contains("transaction}")
                || call.args.iter().skip(1).any(|arg| name_of(&arg.value).is_some_and(|name| name.contains("transaction")));
            // What is put in behind the value may be a flag.
            let is_open = flags.matches('{').count() > flags.matches("Max-Age={").count();
            let flags = flags.to_ascii_lowercase();
            let missing = ["httponly", "samesite", "secure"].into_iter().find(|flag| !flags.contains(flag));
            if let Some(missing) = missing.filter(|missing| holds_transaction && !(is_open && *missing == "secure")) {
                Attrs::default().text("missing", missing, expr.span).emit(cx, "nestrs-cookie", self.owner, expr.span);
            }
        }
    }

    /// A log filter in code that silences the framework's own warnings.
    fn log_filters(&self, cx: &mut Extract<'_>) {
        for expr in self.exprs {
            if let ExprKind::Str { text, inner } = &expr.kind
                && (text.contains("=off") || text.contains("=error"))
                && text.contains("nest")
            {
                Attrs::default().text("filter", text.clone(), *inner).emit(cx, "nestrs-log", self.owner, *inner);
            }
        }
    }

    /// How a strategy or guard finds out who calls.
    fn strategy(&self, cx: &mut Extract<'_>) {
        let reads = self.exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::Path(path) if path.last() == "COOKIE" => Some(path.span),
            ExprKind::Method { name, .. } if matches!(name.text.as_str(), "cookie" | "cookies" | "get_cookie") => Some(name.span),
            _ => None,
        });
        if let Some(span) = reads {
            let csrf = self.exprs.iter().any(|expr| match &expr.kind {
                ExprKind::Str { text, .. } => text.to_ascii_lowercase().contains("csrf"),
                _ => called(expr)
                    .map(|(name, _)| name)
                    .or_else(|| name_of(expr))
                    .is_some_and(|name| name.to_ascii_lowercase().contains("csrf")),
            });
            Attrs::default().flag("cookies", true, span).flag("csrf", csrf, span).emit(cx, "nestrs-strategy", self.owner, span);
        }
        let verifies = self.calls().any(|(name, _)| name.contains("verify") || name.contains("valid") || name == "introspect");
        if let Some((header, span)) = self.believed_header().filter(|_| !verifies) {
            Attrs::default().text("header", header, span).emit(cx, "nestrs-strategy", self.owner, span);
        }
        let decodes = self.exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::Method { on, name, .. } if name.text == "decode" => {
                let of = name_of(on).unwrap_or_default();
                ["BASE64", "STANDARD", "URL_SAFE"].iter().any(|engine| of.contains(engine)).then_some(name.span)
            }
            _ => called(expr)
                .filter(|(name, _)| name.contains("insecure") || name.contains("decode_unverified") || *name == "decode_config")
                .map(|(_, span)| span),
        });
        if let Some(span) = decodes.filter(|_| !verifies) {
            Attrs::default().flag("unverified", true, span).emit(cx, "nestrs-strategy", self.owner, span);
        }
    }
}

impl Body<'_> {
    /// A header that says who calls, where no proof is looked at. What begins with `x-forwarded-` and the like is
    /// set by a proxy that signed the caller in.
    fn believed_header(&self) -> Option<(&str, Span)> {
        const WHO: [&str; 8] = ["user", "role", "email", "principal", "subject", "account", "tenant", "member"];
        const BY_PROXY: [&str; 6] = ["x-forwarded-", "x-auth-request-", "x-amzn-", "x-ms-", "x-goog-", "x-authentik-"];
        const PROOFS: [&str; 7] = ["authorization", "token", "cookie", "key", "secret", "signature", "assertion"];
        let mut believed = None;
        for expr in self.exprs {
            let named = match &expr.kind {
                ExprKind::Str { text, inner } => Some((text.as_str(), *inner)),
                ExprKind::Path(path) => Some((path.last(), path.span)),
                _ => None,
            };
            let Some((name, span)) = named else { continue };
            let lower = name.to_ascii_lowercase();
            if PROOFS.iter().any(|proof| lower.contains(proof)) {
                return None;
            }
            let is_who = lower.starts_with("x-") && WHO.iter().any(|word| lower.contains(word));
            if is_who && !BY_PROXY.iter().any(|proxy| lower.starts_with(proxy)) {
                believed = believed.or(Some((name, span)));
            }
        }
        believed
    }
}

/// Whether a query is filtered by something that belongs to the caller.
fn narrows(chain: &Expr) -> bool {
    const OWN: [&str; 10] = ["scope", "condition", "org", "tenant", "owner", "userid", "user_id", "author", "account", "actor"];
    let mut found = false;
    chain.walk(0, &mut |expr, _| {
        let name = match &expr.kind {
            ExprKind::Path(path) => path.last(),
            ExprKind::Field { name, .. } | ExprKind::Method { name, .. } => &name.text,
            _ => return,
        };
        let lower = name.to_ascii_lowercase();
        found |= OWN.iter().any(|word| lower.contains(word));
    });
    found
}

/// Whether a block or one inside it has `let … else`.
fn has_otherwise(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| matches!(stmt, Stmt::Let { otherwise: Some(_), .. }))
}

/// `Duration::from_secs(60 * 60)` in seconds.
fn seconds(expr: &Expr) -> Option<f64> {
    let ExprKind::Call { args, .. } = &expr.kind else { return None };
    let unit = match called(expr)?.0 {
        "from_secs" | "seconds" => 1.0,
        "from_mins" | "minutes" => 60.0,
        "from_hours" | "hours" => 3600.0,
        "from_days" | "days" => 86_400.0,
        "from_weeks" | "weeks" => 604_800.0,
        _ => return None,
    };
    Some(number(args.first()?)? * unit)
}

fn number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(number) => Some(*number),
        ExprKind::Binary { op: "*", left, right } => Some(number(left)? * number(right)?),
        _ => None,
    }
}
