//! What handlers do with what callers send: sign a token for whom they name, take a code without its state,
//! and how often they may be asked.

use super::{Attrs, Place, called, name_of};
use crate::extract::Extract;
use crate::ir::{FactKind, Field, OAuthClient, Span, Tri, Why};
use crate::lower::nestrs::signs_token;
use crate::parse::rust::{Attr, Expr, ExprKind, Function};

/// Adds the facts of one handler.
pub(super) fn extract(cx: &mut Extract<'_>, attrs: &[Attr], function: &Function, place: &Place<'_>) {
    let Some(path) = attrs.iter().find(|attr| matches!(attr.path.last(), "get" | "post")).map(path_of) else { return };
    if let Some((rate, span)) = attrs.iter().find_map(rate) {
        Attrs::default().number("per-minute", rate, span).emit(cx, "nestrs-throttle", &place.owner(function), span);
    }
    let mut exprs = Vec::new();
    function.body.walk(0, &mut |expr, _| exprs.push(expr));
    if let Some(span) = named_by_caller(function, &exprs) {
        Attrs::default().emit(cx, "nestrs-minting", &place.owner(function), span);
    }
    if let Some(span) = path.filter(|path| path.contains("callback")).and_then(|_| stateless(&exprs)) {
        let client = OAuthClient {
            library: "nestrs".into(),
            grant: Field::known(crate::ir::Text::lit("authorization_code", span), span),
            pkce: Field::unknown(Why::Opaque, span),
            state: Field::Absent,
            redirect_uris: Vec::new(),
            secret: Field::Absent,
            follows_redirects: Tri::Maybe,
            storage: None,
            span,
        };
        cx.fact(span, place.owner(function), FactKind::OAuthClient(Box::new(client)));
    }
}

fn path_of(attr: &Attr) -> Option<&str> {
    attr.args.first().and_then(|arg| arg.value.as_str())
}

/// How often a minute a route may be called: `#[meta(Throttle::per_minute(10))]`.
fn rate(attr: &Attr) -> Option<(f64, Span)> {
    let limit = &attr.args.first().filter(|_| attr.is("meta"))?.value;
    let ExprKind::Call { callee, args } = &limit.kind else { return None };
    let [.., owner, unit] = callee.as_path()?.names.as_slice() else { return None };
    let per_minute = match unit.as_str() {
        "per_second" => 60.0,
        "per_minute" => 1.0,
        "per_hour" => 1.0 / 60.0,
        _ => return None,
    };
    let ExprKind::Number(calls) = args.first().filter(|_| owner == "Throttle")?.kind else { return None };
    Some((calls * per_minute, limit.span))
}

/// Where a token is signed for fields of the request, none of which proves anything.
fn named_by_caller(function: &Function, exprs: &[&Expr]) -> Option<Span> {
    const PROOFS: [&str; 10] = ["pass", "secret", "code", "token", "assertion", "otp", "sign", "credential", "pin", "key"];
    const CHECKS: [&str; 9] = ["verif", "authenticat", "check", "valid", "login", "exchange", "introspect", "find", "by_"];
    // What a guard has put there is no word of the caller's.
    const PROVEN: [&str; 6] = ["Principal", "CurrentUser", "Ctx", "Claims", "AuthUser", "Session"];
    let sent_in = function.params.iter().filter(|param| param.ty.as_ref().is_none_or(|ty| !PROVEN.contains(&ty.last())));
    let bound: Vec<&str> = sent_in.flat_map(|param| &param.pat.names).map(|name| name.text.as_str()).collect();
    let lower = |text: &str| text.to_ascii_lowercase();
    if exprs.iter().filter_map(|expr| called(expr)).any(|(name, _)| CHECKS.iter().any(|check| lower(name).contains(check))) {
        return None;
    }
    exprs.iter().find_map(|expr| {
        let (ExprKind::Call { args, .. } | ExprKind::Method { args, .. }) = &expr.kind else { return None };
        let (_, span) = called(expr).filter(|(name, _)| signs_token(name))?;
        let said: Vec<&Expr> = args.iter().flat_map(claims).collect();
        let sent: Vec<&str> = said.iter().filter_map(|arg| field_of(arg, &bound)).collect();
        let proves = sent.iter().any(|field| PROOFS.iter().any(|proof| lower(field).contains(proof)));
        (!sent.is_empty() && sent.len() == said.len() && !proves).then_some(span)
    })
}

/// The values of an argument: of `&Claims { sub: body.sub, exp: 3600 }` what stands in its fields, but for literals.
fn claims(arg: &Expr) -> Vec<&Expr> {
    match &arg.kind {
        ExprKind::Unary(_, inner) => claims(inner),
        ExprKind::Struct { fields, .. } => fields
            .iter()
            .map(|(_, value)| value)
            .filter(|value| !matches!(value.kind, ExprKind::Number(_) | ExprKind::Str { .. }))
            .collect(),
        _ => vec![arg],
    }
}

/// The field of a parameter that an argument is: `&body.subject`, `body.0.scope.clone()`.
fn field_of<'e>(arg: &'e Expr, bound: &[&str]) -> Option<&'e str> {
    match &arg.kind {
        ExprKind::Field { on, name } => root(on).filter(|root| bound.contains(root)).map(|_| name.text.as_str()),
        ExprKind::Method { on, args, .. } if args.is_empty() => field_of(on, bound),
        ExprKind::Unary(_, inner) => field_of(inner, bound),
        _ => None,
    }
}

/// The variable that a path of fields begins at.
fn root(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Field { on, .. } => root(on),
        ExprKind::Path(path) if path.names.len() == 1 => Some(path.last()),
        _ => None,
    }
}

/// Where the code of an answer is handed on although nothing looks at the answer's state.
fn stateless(exprs: &[&Expr]) -> Option<Span> {
    // Logging it, or asking how long it is, compares nothing.
    let looks = |expr: &Expr| match &expr.kind {
        ExprKind::Call { args, .. } => args.iter().any(|arg| is_named(arg, "state")),
        ExprKind::Method { on, name, args, .. } => {
            args.iter().any(|arg| is_named(arg, "state")) || (is_named(on, "state") && !matches!(name.text.as_str(), "len" | "is_empty"))
        }
        ExprKind::Binary { left, right, .. } => is_named(left, "state") || is_named(right, "state"),
        ExprKind::Struct { fields, .. } => fields.iter().any(|(_, value)| is_named(value, "state")),
        ExprKind::Match { on, .. } | ExprKind::Let { value: on, .. } => is_named(on, "state"),
        _ => false,
    };
    if exprs.iter().any(|expr| looks(expr)) {
        return None;
    }
    exprs.iter().find_map(|expr| {
        let (ExprKind::Call { args, .. } | ExprKind::Method { args, .. }) = &expr.kind else { return None };
        let (name, span) = called(expr)?;
        let wraps = matches!(name, "Ok" | "Some" | "Err" | "from" | "new");
        (!wraps && args.iter().any(|arg| is_named(arg, "code"))).then_some(span)
    })
}

fn is_named(expr: &Expr, wanted: &str) -> bool {
    name_of(expr) == Some(wanted)
}
