//! What a web application of JavaScript leaves out: headers for browsers, a check of where a form comes from. Told
//! by the packages that its manifest names, since nothing else of these can be seen for certain.

use super::Check;
use crate::ir::{Call, Fact, FactKind, Field, Kind, Map, Node, NodeKind, Service, ServiceKind, Span};
use crate::lower::option;

/// Packages that set the headers.
const HEADERS: [&str; 3] = ["helmet", "lusca", "hsts"];
/// Packages that check where a form comes from.
const FORMS: [&str; 3] = ["csrf", "csurf", "lusca"];

/// An application whose answers carry none of the headers that browsers ask for.
pub(super) fn no_headers(cx: &mut Check<'_>, fact: &Fact, service: &Service) {
    let is_app = service.kind == ServiceKind::App && matches!(service.framework.as_str(), "express" | "koa" | "fastify");
    if is_app && names_none(cx, fact.span, &HEADERS) {
        let what = format!("no package of the application sets security headers (`helmet` does for {})", service.framework);
        cx.report_by_place(cx.finding(fact, fact.span, what));
    }
}

/// Sessions in cookies that forms of other sites are sent with.
pub(super) fn forged_forms(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    let same_site = match call.callee.module() {
        Some("express-session") => "cookie.sameSite",
        Some("cookie-session") => "sameSite",
        _ => return,
    };
    let is_open = option(call.args.first(), same_site, |value| Some(value.clone()));
    let changes = cx.model.of(Kind::Route).any(|fact| match &fact.kind {
        FactKind::Route(route) => route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "DELETE" | "PATCH")),
        _ => false,
    });
    if matches!(is_open, Field::Absent) && changes && names_none(cx, fact.span, &FORMS) {
        cx.report_by_place(cx.finding(fact, fact.span, "the session's cookie goes with forms of other sites (no `sameSite`, no token)"));
    }
}

/// Limits that count by a header of the caller's making.
pub(super) fn limit_by_header(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    if !matches!(call.callee.module(), Some("express-rate-limit" | "hono-rate-limiter" | "express-slow-down")) {
        return;
    }
    let key = call.args.first().and_then(|options| options.get("keyGenerator")).and_then(|key| match &key.kind {
        NodeKind::Func(func) => func.returns.as_ref(),
        _ => None,
    });
    if key.is_some_and(|key| reads_forwarded(key, 6)) {
        cx.report_by_place(cx.finding(fact, fact.span, "callers are counted by `X-Forwarded-For`, which they write themselves"));
    }
}

/// Whether a value is made of the header that names the addresses a request came through.
fn reads_forwarded(node: &Node, depth: u32) -> bool {
    let is_header = |name: &str| name.eq_ignore_ascii_case("x-forwarded-for");
    let reads = |node: &Node| depth > 0 && reads_forwarded(node, depth - 1);
    match &node.kind {
        NodeKind::Ref(name) => name.path.iter().any(|part| is_header(part)),
        NodeKind::Text(text) => node.as_str().is_some_and(is_header) || text.holes().any(reads),
        NodeKind::Op(_, operands) => operands.iter().any(reads),
        NodeKind::Call(call) => {
            call.callee.path.iter().any(|part| is_header(part)) || call.receiver.as_ref().is_some_and(reads) || call.args.iter().any(reads)
        }
        _ => false,
    }
}

/// Whether the manifests of the project that a place is in are there, and name no package with one of these parts.
pub(super) fn names_none(cx: &Check<'_>, place: Span, packages: &[&str]) -> bool {
    let path = cx.model.files.path(place.file);
    let manifests = cx.model.of(Kind::Resource).filter_map(|fact| {
        let resource = fact.resource().filter(|resource| resource.provider == "npm" && resource.ty == "package")?;
        let folder = cx.model.files.path(fact.span.file).rsplit_once('/').map_or("", |(folder, _)| folder);
        let holds = folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        holds.then_some(resource)
    });
    let mut dependencies = manifests.filter_map(|manifest| manifest.attrs.get("dependencies")).filter_map(Node::as_map).peekable();
    let names = |dependencies: &Map| dependencies.pairs().any(|(name, _)| packages.iter().any(|package| name.contains(package)));
    dependencies.peek().is_some() && !dependencies.any(names)
}
