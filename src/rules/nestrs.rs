//! nestrs: what its threat model leaves to the application.

pub(super) mod settings;

use std::collections::BTreeMap;

use super::Check;
use crate::finding::Severity;
use crate::ir::{Fact, FactKind, FileId, Guard, Kind, Node, OAuthClient, Resource, Route, Security, Tri};
use crate::lower::nestrs::{guard_name, limits_rate, signs_token};

/// Tries a minute that a sign-in may allow: the framework's own default.
const MAX_TRIES: f64 = 60.0;
/// Places that a finding about many names beside its own.
const MAX_RELATED: usize = 8;

/// Routes, gateways and resolvers that nothing guards.
pub(super) fn unguarded(cx: &mut Check<'_>) {
    let model = cx.model;
    let mut controllers: BTreeMap<(FileId, &str), Vec<(&Fact, &Route)>> = BTreeMap::new();
    for fact in model.of(Kind::Route) {
        if let FactKind::Route(route) = &fact.kind
            && route.framework == "nestrs"
        {
            controllers.entry((fact.span.file, route.service.last())).or_default().push((fact, route));
        }
    }
    for ((file, name), routes) in controllers {
        let open: Vec<_> = routes.iter().copied().filter(|(_, route)| is_open(route)).collect();
        let place = model.of(Kind::Service).find(|fact| fact.span.file == file && fact.owner == name);
        match place.filter(|_| open.len() == routes.len()) {
            Some(controller) => open_controller(cx, controller, &open),
            None => open.into_iter().filter(|(_, route)| does_something(route)).for_each(|(fact, route)| open_route(cx, fact, route)),
        }
    }
    for (fact, endpoint) in resources(cx, "nestrs-endpoint") {
        if endpoint.attrs.get("guarded").and_then(Node::as_bool) == Some(false) && endpoint.attrs.get("pool").is_none() {
            open_endpoint(cx, fact, endpoint);
        }
    }
}

/// Whether neither a guard nor a mark says who may call a route.
fn is_open(route: &Route) -> bool {
    !is_public(route) && route.public.is_none() && !is_guarded(route) && !takes_proof(route)
}

fn only_reads(route: &Route) -> bool {
    route.methods.iter().all(|method| method == "GET")
}

/// Handlers that only say something are no harm.
fn does_something(route: &Route) -> bool {
    !only_reads(route) || route.body.as_ref().is_some_and(|body| !body.calls.is_empty())
}

fn open_route(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    let finding = cx.finding(fact, fact.span, format!("`{}` has no guard and is not `#[public]`", fact.owner));
    cx.report_by_place(if only_reads(route) { finding.severity(Severity::Medium) } else { finding });
}

/// A controller of which no route says who may call it: one finding, where the guard belongs.
fn open_controller(cx: &mut Check<'_>, controller: &Fact, routes: &[(&Fact, &Route)]) {
    if !routes.iter().any(|(_, route)| does_something(route)) {
        return;
    }
    let what = format!("no route of `{}` has a guard, and none is `#[public]`", controller.owner);
    let mut finding = cx.finding(controller, controller.span, what);
    for (fact, _) in routes.iter().take(MAX_RELATED) {
        finding = finding.related(fact.span, format!("`{}` answers everybody", fact.owner));
    }
    let reads = routes.iter().all(|(_, route)| only_reads(route));
    cx.report_by_place(if reads { finding.severity(Severity::Medium) } else { finding });
}

/// The same of a gateway, a resolver or generated routes.
fn open_endpoint(cx: &mut Check<'_>, fact: &Fact, endpoint: &Resource) {
    let kind = endpoint.attrs.get("kind").map(ToString::to_string).unwrap_or_default();
    let mut finding = cx.finding(fact, fact.span, format!("the {kind} of `{}` have no guard and are not `#[public]`", fact.owner));
    if kind != "generated routes" {
        finding.what = format!("the {kind} `{}` has no guard and is not `#[public]`", fact.owner);
    }
    for operation in endpoint.attrs.get("open").map(Node::one_or_many).unwrap_or_default().into_iter().take(MAX_RELATED) {
        finding = finding.related(operation.span, format!("`{operation}` answers everybody"));
    }
    cx.report_by_place(finding);
}

/// The resources of a type.
fn resources<'m>(cx: &Check<'m>, ty: &'static str) -> impl Iterator<Item = (&'m Fact, &'m Resource)> + use<'m> {
    cx.model
        .of(Kind::Resource)
        .filter_map(|fact| fact.resource().map(|it| (fact, it)))
        .filter(move |(_, it)| it.provider == "nestrs" && it.ty == ty)
}

/// The resource of a type that the handler of a route is.
fn of_handler<'m>(cx: &Check<'m>, ty: &'static str, fact: &Fact, route: &Route) -> Option<(&'m Fact, &'m Resource)> {
    let handler = route.handler.as_ref()?.to_string();
    resources(cx, ty).find(|(other, _)| other.span.file == fact.span.file && other.owner == handler)
}

fn names(list: &Node) -> Vec<&str> {
    list.one_or_many().into_iter().filter_map(Node::as_str).collect()
}

fn is_public(route: &Route) -> bool {
    route.security.value() == Some(&Security::Off)
}

fn name_of(guard: &Guard) -> String {
    guard_name(&guard.what)
}

/// The guards in front of a route, without what its handler takes.
fn guards(route: &Route) -> impl Iterator<Item = &Guard> {
    let takes = |guard: &Guard| route.body.as_ref().is_some_and(|body| body.params.iter().any(|param| param.span == guard.span));
    route.chain.iter().filter(move |guard| !takes(guard))
}

/// Whether a guard stands in front of a route that does more than slow callers down.
fn is_guarded(route: &Route) -> bool {
    let asks = |guard: &Guard| !guard.authn.is_no() || !guard.authz.is_no();
    guards(route).any(|guard| asks(guard) && !limits_rate(&name_of(guard)))
}

/// Whether a route says what it needs, or its handler takes what only a guard can have put there.
fn takes_proof(route: &Route) -> bool {
    const PLAIN: [&str; 17] = [
        "Path",
        "Query",
        "Json",
        "Form",
        "Valid",
        "Piped",
        "State",
        "Data",
        "Multipart",
        "Body",
        "String",
        "HeaderMap",
        "Request",
        "Inject",
        "Vec",
        "Option",
        "Uri",
    ];
    let marked =
        route.markers.iter().filter_map(Node::as_ref).any(|marker| matches!(marker.last(), "authorize" | "roles" | "check_policies"));
    let taken = |ty: &str| !PLAIN.contains(&ty);
    marked || route.body.as_ref().is_some_and(|body| body.params.iter().filter_map(|param| param.ty.as_ref()).any(|ty| taken(ty.last())))
}

/// Guards that authorise before the caller is known.
pub(super) fn guard_order(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    if resource.provider != "nestrs" || !matches!(resource.ty.as_str(), "nestrs-guards" | "nestrs-application") {
        return;
    }
    let Some(list) = resource.attrs.get("guards") else { return };
    let names = names(list);
    let authorises = names.iter().position(|name| name.contains("Authz") || name.contains("Ability"));
    let authenticates = names.iter().position(|name| name.contains("Authn") || matches!(*name, "AuthGuard" | "JwtGuard" | "JwtAuthGuard"));
    if let (Some(first), Some(second)) = (authorises, authenticates)
        && first < second
    {
        let what = format!("`{}` runs before `{}` knows who calls", names[first], names[second]);
        cx.report_by_place(cx.finding(fact, list.span, what));
    }
}

/// A token for whoever asks.
pub(super) fn token_endpoint(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    let Some(body) = route.body.as_ref().filter(|_| route.framework.starts_with("nestrs")) else { return };
    let path = route.path.to_string().to_ascii_lowercase();
    let is_token = path.split('/').any(|part| part.contains("token") || part.contains("auth") || part == "login");
    if !is_token || (is_guarded(route) && !is_public(route)) {
        return;
    }
    // Nothing that a caller brings along can be checked: only what is the application's own is taken.
    let takes_nothing = body.params.iter().all(|param| param.ty.as_ref().is_some_and(|ty| matches!(ty.last(), "State" | "Inject" | "Arc")));
    let signs = if takes_nothing {
        body.calls.iter().find(|call| signs_token(call.callee.last())).map(|call| (call.span, "whoever calls it"))
    } else {
        of_handler(cx, "nestrs-minting", fact, route).map(|(place, _)| (place.span, "whom the caller names"))
    };
    if let Some((span, whom)) = signs {
        let finding = cx.finding(fact, fact.span, format!("`{}` signs a token for {whom}", fact.owner));
        cx.report_by_place(finding.related(span, "the token is signed here"));
    }
}

/// A sign-in that nothing slows down.
pub(super) fn login_without_throttle(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    if !route.framework.starts_with("nestrs") || !route.methods.iter().any(|method| method == "POST") {
        return;
    }
    let path = route.path.to_string().to_ascii_lowercase();
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let whole = matches!(last, "token" | "register" | "verify" | "reset" | "forgot" | "refresh");
    let part = ["login", "password", "signup", "sign-up", "signin", "sign-in", "otp", "2fa", "mfa"].iter().any(|word| last.contains(word));
    let limited = route.chain.iter().any(|guard| !guard.rate_limit.is_no() || limits_rate(&name_of(guard)));
    let controller = route.service.last();
    let of_controller = |other: &Fact| other.span.file == fact.span.file && other.owner == controller;
    let mut lists = resources(cx, "nestrs-guards").filter(|(other, _)| of_controller(other)).filter_map(|(_, it)| it.attrs.get("guards"));
    let limited = limited || lists.any(|list| names(list).into_iter().any(limits_rate));
    // Who is known already tries no passwords; a guard of clients by their secrets is one to try.
    let knows = guards(route).any(|guard| !limits_rate(&name_of(guard)) && !name_of(guard).contains("Client")) && !is_public(route);
    if !(whole || part) || knows {
        return;
    }
    let skips = route.markers.iter().find(|marker| marker.as_ref().is_some_and(|name| name.last() == "skip_throttle"));
    if let Some(marker) = skips {
        let what = format!("`#[skip_throttle]` lets `{}` be tried without limit", fact.owner);
        cx.report_by_place(cx.finding(fact, marker.span, what));
        return;
    }
    // Over axum the limit is the application's.
    if route.framework != "nestrs" {
        return;
    }
    if !limited {
        cx.report_by_place(cx.finding(fact, fact.span, format!("nothing limits how often `{}` may be tried", fact.owner)));
        return;
    }
    let rate =
        of_handler(cx, "nestrs-throttle", fact, route).and_then(|(place, it)| Some((place, it.attrs.get("per-minute")?.as_number()?)));
    if let Some((place, rate)) = rate.filter(|(_, rate)| *rate > MAX_TRIES) {
        cx.report_by_place(cx.finding(place, place.span, format!("`{}` may be tried {rate} times a minute", fact.owner)));
    }
}

/// A callback of an OAuth flow that anybody may call.
pub(super) fn public_callback(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    if route.framework == "nestrs" && is_public(route) && route.path.contains("callback").is_yes() {
        cx.report_by_place(cx.finding(
            fact,
            fact.span,
            format!("`{}` is `#[public]`, so that a forged callback reaches the handler", fact.owner),
        ));
    }
}

/// What is known to nobody but its owner, or is the caller's own.
fn names_capability(name: &str) -> bool {
    ["token", "code", "secret", "hash", "signature", "session", "logout", "subscri", "invit"].iter().any(|word| name.contains(word))
}

/// What anybody may delete or change.
pub(super) fn public_write(cx: &mut Check<'_>) {
    let model = cx.model;
    for fact in model.of(Kind::Route) {
        if let FactKind::Route(route) = &fact.kind {
            public_route(cx, fact, route);
        }
    }
    for (fact, mutation) in resources(cx, "nestrs-public-mutation") {
        let taken = mutation.attrs.get("takes").map(names).unwrap_or_default();
        let mut said = taken.into_iter().chain([mutation.name.as_str()]).map(str::to_ascii_lowercase);
        if !said.any(|name| names_capability(&name) || name.contains("password") || name.contains("login")) {
            let what = format!("`{}` is `#[public]`: anybody changes what they can name", fact.owner);
            cx.report_by_place(cx.finding(fact, fact.span, what));
        }
    }
}

fn public_route(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    if route.framework != "nestrs" || !is_public(route) || is_guarded(route) || takes_proof(route) {
        return;
    }
    let path = route.path.to_string().to_ascii_lowercase();
    let deletes = route.methods.iter().any(|method| method == "DELETE");
    let changes = deletes || route.methods.iter().any(|method| method == "PUT" || method == "PATCH");
    if changes && (deletes || names_id(&path)) && !names_capability(&path) {
        let does = if deletes { "deletes" } else { "changes" };
        cx.report_by_place(cx.finding(fact, fact.span, format!("`{}` is `#[public]`: anybody {does} what they can name", fact.owner)));
    }
}

/// Whether a path has the id of a row in it.
fn names_id(path: &str) -> bool {
    path.split('/').any(|part| {
        let name = part.trim_start_matches([':', '{']).trim_end_matches('}');
        let lower = name.to_ascii_lowercase();
        part.starts_with([':', '{']) && (lower == "id" || lower == "uuid" || lower.ends_with("_id") || name.ends_with("Id"))
    })
}

/// Whoever the caller claims to be is believed.
pub(super) fn client_role(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let (span, what) = match resource.ty.as_str() {
        "nestrs-guards" => {
            let Some(list) = resource.attrs.get("guards") else { return };
            if !names(list).iter().any(|name| name.ends_with("XRoleMetadataGuard")) {
                return;
            }
            (list.span, format!("`{}` is guarded by a role that the client names itself (the header `x-role`)", fact.owner))
        }
        "nestrs-strategy" => {
            let Some(header) = resource.attrs.get("header") else { return };
            (fact.span, format!("the caller is whoever the header `{header}` says, which anybody may send"))
        }
        _ => return,
    };
    cx.report_by_place(cx.finding(fact, span, what));
}

/// A row of a repository of nestrs over axum that is looked up by what the caller sends: `find_one(id)`, where
/// `find_one_authorized(&user, id)` would ask the policies.
fn unauthorized_query(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    const QUERIES: [&str; 7] = ["find_one", "find_by_id", "find_where", "update", "update_by_id", "delete", "delete_by_id"];
    let Some(body) = route.body.as_ref().filter(|_| route.framework == "nestrs-axum" && !is_public(route)) else { return };
    let is_of = |name: &str| body.params.iter().any(|param| param.ty.as_ref().is_some_and(|ty| ty.last() == name));
    if !names_id(&route.path.to_string()) || !is_of("Path") || !is_guarded(route) || takes_proof(route) {
        return;
    }
    if let Some(call) = body.calls.iter().find(|call| QUERIES.contains(&call.callee.last())) {
        let what = format!("`{}` asks for the row of a plain id, and no policy is asked whether the caller may", fact.owner);
        cx.report_by_place(cx.finding(fact, call.span, what));
    }
}

/// A row that is looked up by what the caller sends.
pub(super) fn unbound_id(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    unauthorized_query(cx, fact, route);
    let Some(body) = route.body.as_ref().filter(|_| route.framework == "nestrs" && !is_public(route)) else { return };
    let plain = body.params.iter().any(|param| param.ty.as_ref().is_some_and(|ty| ty.last() == "Path"));
    let checks = body.calls.iter().any(|call| {
        let name = call.callee.last();
        matches!(name, "access" | "bind" | "can" | "authorize" | "ensure" | "scoped")
            || (name.contains("scope") && !name.contains("unscoped"))
    });
    let bound =
        body.params.iter().any(|param| param.ty.as_ref().is_some_and(|ty| matches!(ty.last(), "Bind" | "Scope" | "Authorize" | "Ability")));
    if names_id(&route.path.to_string()) && plain && !bound && !checks && is_guarded(route) && !takes_authorize(route) {
        cx.report_by_place(cx.finding(
            fact,
            fact.span,
            format!("`{}` takes a plain id, and nothing binds the row to the caller", fact.owner),
        ));
    }
}

fn takes_authorize(route: &Route) -> bool {
    route.markers.iter().filter_map(Node::as_ref).any(|marker| marker.last() == "authorize")
}

/// A code that is exchanged without what keeps it safe.
pub(super) fn exchange(cx: &mut Check<'_>, fact: &Fact, client: &OAuthClient) {
    if !matches!(client.library.as_str(), "oauth2" | "nestrs") {
        return;
    }
    let flaws = [
        (client.state.is_absent(), "without comparing `state`"),
        (client.pkce.is_absent(), "without PKCE"),
        (client.follows_redirects == Tri::Yes, "by a client that follows redirects"),
    ];
    let flaws: Vec<&str> = flaws.into_iter().filter_map(|(is_there, flaw)| is_there.then_some(flaw)).collect();
    if !flaws.is_empty() {
        cx.report_by_place(cx.finding(fact, fact.span, format!("the code is exchanged {}", flaws.join(", "))));
    }
}

/// Tools that anybody may call.
pub(super) fn open_tools(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    if resource.ty != "nestrs-tool" {
        return;
    }
    let finding = if let Some(tool) = resource.attrs.get("tool").and_then(Node::as_str) {
        cx.finding(fact, fact.span, format!("the tool `{tool}` of `{}` is `#[public]`: any client of the endpoint may call it", fact.owner))
    } else {
        let what = format!("`{}` lets everybody call its tools (`AllowAllMcpGuard`)", fact.owner);
        cx.finding(fact, fact.span, what).severity(Severity::Low)
    };
    cx.report_by_place(finding);
}
