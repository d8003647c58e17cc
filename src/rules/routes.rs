//! Routes: which of them anybody may call, and the table that `seclint routes` prints.

pub(super) mod admin;
mod answers;
mod corners;
mod customs;
mod habits;
mod houses;
pub(super) mod limits;
pub(super) mod models;
pub(super) mod plain;
pub(super) mod reads;
pub(super) mod records;
pub(super) mod sign_in;
pub(super) mod told;
pub(super) mod unread;

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::finding::Severity;
use crate::ir::{Confidence, Fact, FactKind, Guard, Kind, Node, NodeKind, Route, Security, Span, Tri};
use crate::link::Model;
use crate::link::routes::{
    deletes, hands_out_all, has_key, is_empty_form, is_sensitive, only_reads, reads_rows, shows_people, split_words, takes_files,
};

use self::answers::{does_nothing, names_file};
use self::habits::{Application, Habits, Near};
use super::Check;

/// The one framework that tries several routes of one path in turn.
const ROCKET: &str = "rocket";

/// What the fields of a schema are registered with, behind one route of a server.
const GRAPHQL: &str = "graphql";

/// Frameworks whose reads are pages, which show what their address says to whoever may see it.
const PAGES: [&str; 2] = ["@remix-run/react", "@sveltejs/kit"];

/// What a reviewer wants to know of a route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct RouteRow {
    /// The path with all prefixes.
    pub path: String,
    /// HTTP method, or `QUERY`, `MUTATION`, `ACTION`; `ANY` for all.
    pub method: String,
    /// The framework's package.
    pub framework: SmolStr,
    /// What stands in front of it, in the order it runs.
    pub guards: Vec<String>,
    /// Whether an anonymous caller is turned away.
    pub verdict: RouteVerdict,
    /// Why that is thought.
    pub reason: String,
    /// Where it is registered.
    #[serde(skip)]
    pub span: Span,
}

/// What is thought of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteVerdict {
    /// Anonymous callers are turned away.
    Protected,
    /// Nothing stops an anonymous caller.
    Open,
    /// Anybody may call it by nature: sign-in, health.
    Public,
    /// Not to be told from the repository.
    CannotTell,
}

/// Every route of the repository, by path and method.
pub fn table(model: &Model) -> Vec<RouteRow> {
    let mut rows: Vec<RouteRow> = routes(model)
        .flat_map(|(fact, route)| {
            route.methods.iter().map(move |method| RouteRow {
                path: route.address(),
                method: method.to_string(),
                framework: route.framework.clone(),
                guards: named_once(route),
                verdict: verdict(route),
                reason: route.public.as_ref().filter(|_| !route.auth.is_yes()).map_or_else(|| route.reason.clone(), ToString::to_string),
                span: fact.span,
            })
        })
        .collect();
    rows.sort();
    rows
}

fn verdict(route: &Route) -> RouteVerdict {
    match route.auth {
        Tri::Yes => RouteVerdict::Protected,
        _ if route.public.is_some() => RouteVerdict::Public,
        Tri::No => RouteVerdict::Open,
        Tri::Maybe => RouteVerdict::CannotTell,
    }
}

/// Whether a guard says something: body parsers and loggers are left out of the table.
fn tells(guard: &Guard) -> bool {
    [guard.authn, guard.authz, guard.rate_limit, guard.csrf].iter().any(|says| !says.is_no())
}

/// The guards of a route that say something, each once: one may stand before the application and before the route, too.
fn named_once(route: &Route) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in route.chain.iter().filter(|guard| tells(guard)).map(|guard| name_of(&guard.what)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A guard as it is written, in short.
fn name_of(guard: &Node) -> String {
    match &guard.kind {
        NodeKind::Ref(name) => name.last_named().split('@').next().unwrap_or_default().to_owned(),
        // A chain of a builder is known by what it begins with: `protectedProcedure.input(…)`.
        NodeKind::Call(call) if call.receiver.as_ref().is_some_and(|receiver| receiver.as_call().is_some()) => {
            call.receiver.as_ref().map_or_else(String::new, name_of)
        }
        NodeKind::Call(call) if matches!(call.callee.last(), "input" | "output" | "meta") && call.callee.path.len() > 1 => {
            call.callee.path[call.callee.path.len() - 2].split('@').next().unwrap_or_default().to_owned()
        }
        // What leaves paths out is known by the guard.
        NodeKind::Call(call) if call.callee.last() == "exclude" && !call.args.is_empty() => name_of(&call.args[0]),
        NodeKind::Call(call) => format!("{}()", call.callee.last_named().split('@').next().unwrap_or_default()),
        NodeKind::List(parts) => parts.first().map_or_else(String::new, name_of),
        NodeKind::Func(func) if func.name.is_empty() => "inline function".to_owned(),
        NodeKind::Func(func) => func.name.to_string(),
        _ => guard.to_string(),
    }
}

pub(super) fn routes(model: &Model) -> impl Iterator<Item = Registered<'_>> {
    model.of(Kind::Route).filter_map(|fact| match &fact.kind {
        FactKind::Route(route) => Some((fact, &**route)),
        _ => None,
    })
}

/// The routes that something serves, of those the ones that no document alone tells of.
fn served(model: &Model) -> impl Iterator<Item = Registered<'_>> {
    routes(model).filter(|(_, route)| !route.served.is_no() && !super::openapi::is_documented(route))
}

/// A registered route.
pub(super) type Registered<'m> = (&'m Fact, &'m Route);

/// A route that changes or shows something without asking who calls.
///
/// One alone says little: a route is only told apart from what is meant to be open where the
/// application protects others, or where it signs people in. An application that does neither is one finding.
pub(super) fn without_auth(cx: &mut Check<'_>) {
    let model = cx.model;
    let (habits, owned) = (Habits::of(model), records::owned(model));
    let mut bare: BTreeMap<Application<'_>, Vec<(Registered<'_>, Severity)>> = BTreeMap::new();
    for (fact, route) in served(model).filter(|(fact, route)| !route.auth.is_yes() && is_served(model, fact) && !habits.is_told(route)) {
        let by_path = weight(route).filter(|severity| *severity == Severity::High || !reads::picks_harmless(model, route));
        let Some(severity) = by_path.or_else(|| reads::shows_rows_of_somebody(model, route, &owned)) else { continue };
        if let Some(signed) = habits.signed_beside(fact, route) {
            report_unsigned(cx, (fact, route), signed);
        } else if is_believed(model, route) {
            let what = format!("`{}` believes whoever calls it: nothing checks who sends what it changes", fact.owner);
            cx.report(cx.finding(fact, fact.span, what));
        } else if route.public.is_some() || habits.is_sign_up(fact, route) {
            // Anybody may call it by nature.
        } else if habits.is_chosen_procedure(fact, route) && reads::shows_rows_of_somebody(model, route, &owned).is_none() {
            // Anybody may by choice.
        } else if route.auth.is_maybe() || reads::finds_by_code(model, route) {
            let finding = cx.finding(fact, fact.span, format!("`{}` may be open: {}", fact.owner, route.reason));
            cx.report(finding.confidence(Confidence::Low));
        } else {
            let application = (Near::of(fact, route), route.framework.as_str());
            match habits.protected_beside(&application) {
                Some(_) if habits.is_chosen_to_be_read(fact, route) => {}
                Some(_) if is_read(route) && !deletes(route) && !habits.protects_reads.contains(&application) && !shows_people(route) => {}
                Some(protected) => report_open(cx, (fact, route), severity, protected),
                None => bare.entry(application).or_default().push(((fact, route), severity)),
            }
        }
    }
    for (application, open) in bare.into_iter().filter(|(application, _)| !habits.unclear.contains(application)) {
        if habits.asks_for_passwords.contains(&application) {
            report_beside_sign_in(cx, &open, habits.asks_perhaps.get(&application));
        } else {
            report_bare(cx, &open, habits.knows_users.contains(&application));
        }
    }
}

/// Whether a route is part of what runs: examples are, since they are copied.
fn is_served(model: &Model, fact: &Fact) -> bool {
    let class = model.files.class(fact.span);
    !(class.test || class.docs || class.vendored || class.generated)
}

fn is_webhook(route: &Route) -> bool {
    route.public.as_deref() == Some("webhook")
}

/// Whether a webhook changes what is paid, ordered or allowed by what anybody sends it.
fn is_believed(model: &Model, route: &Route) -> bool {
    /// What only a service that is known should tell of.
    const WORTH: [&str; 18] = [
        "pay",
        "payment",
        "payments",
        "order",
        "orders",
        "invoice",
        "invoices",
        "bill",
        "bills",
        "subscription",
        "subscriptions",
        "user",
        "users",
        "account",
        "accounts",
        "customer",
        "credit",
        "balance",
    ];
    /// What is said where a sender is checked in place.
    const CHECKS: [&str; 8] = ["secret", "signature", "hmac", "verif", "token", "key", "trusted", "remoteaddress"];
    let Some(body) = route.body.as_ref().filter(|body| is_webhook(route) && route.auth.is_no() && route.proves_nothing && body.alters)
    else {
        return false;
    };
    let said = model.files.text(body.span).map(str::to_ascii_lowercase).unwrap_or_default();
    let is_post = route.methods.iter().all(|method| matches!(method.as_str(), "POST" | "PUT"));
    let names = |text: &str| split_words(text).iter().any(|word| WORTH.contains(&word.as_str()));
    let worth = names(&route.path.to_string()) || body.calls.iter().any(|call| call.callee.path.iter().any(|part| names(part)));
    is_post && worth && !said.is_empty() && !CHECKS.iter().any(|word| said.contains(word))
}

/// Whether a handler checks a signature with a function that is known for it.
fn proves_sender(route: &Route) -> bool {
    const CHECKS: [&str; 5] = ["constructEvent", "constructEventAsync", "timingSafeEqual", "verifySignature", "verifyHeader"];
    route.body.as_ref().is_some_and(|body| body.calls.iter().any(|call| CHECKS.contains(&call.callee.last())))
}

/// Whether something in a handler sounds like the check of a signature, be it a library's that seclint does not know.
fn checks_signature(route: &Route) -> bool {
    let sounds = |name: &str| ["verif", "signature", "construct", "unwrap", "hmac", "valid"].iter().any(|word| name.contains(word));
    route.body.as_ref().is_none_or(|body| body.calls.iter().any(|call| sounds(&call.callee.last().to_ascii_lowercase())))
}

fn is_read(route: &Route) -> bool {
    route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD" | "QUERY"))
}

/// Whether what a route shows is a page, to whoever may see its address.
fn is_of_pages(route: &Route) -> bool {
    PAGES.contains(&route.framework.as_str())
}

/// How much a route matters; `None` for one that only reads what may be meant for all.
pub(super) fn weight(route: &Route) -> Option<Severity> {
    let method = route.methods.first().map_or("", SmolStr::as_str);
    let writes = route.body.as_ref().is_some_and(|body| body.writes);
    let is_page = is_of_pages(route) && !route.path.to_string().starts_with("/api/");
    let sensitive = match () {
        () if is_page => shows_people(route) && reads_rows(route),
        () if is_said_open(route) => shows_people(route) || hands_out_all(&route.path) || has_key(&route.path) && is_sensitive(&route.path),
        () => is_sensitive(&route.path) || shows_people(route),
    };
    match method {
        _ if route.body.as_ref().is_some_and(|body| does_nothing(body, names_file(route))) && !takes_files(route) => None,
        "GET" if is_empty_form(&route.path) => None,
        // How much is asked, by whom, and what fails.
        "GET" if route.path.to_string().ends_with("/metrics") => Some(Severity::Low),
        "POST" | "PUT" | "PATCH" | "DELETE" if writes || !only_reads(&route.path) && !searches(route) => Some(Severity::High),
        "MUTATION" => Some(Severity::High),
        // A procedure that is built on a bare one by choice, and answers with what the application knows anyhow.
        "QUERY" if route.framework == Route::PROCEDURE && !reads_rows(route) => None,
        "GET" | "QUERY" if deletes(route) => Some(Severity::High),
        "ACTION" | "ANY" if writes => Some(Severity::High),
        "POST" | "GET" | "ANY" | "QUERY" if sensitive => Some(Severity::Medium),
        _ => None,
    }
}

/// Whether a route is sent what it looks for: `POST /stays/availability` with the days in its body.
fn searches(route: &Route) -> bool {
    route.only_looks_up && route.methods.iter().all(|method| method == "POST")
}

/// Whether somebody wrote that anybody may call a route: `auth: false` of Strapi, `access: { read: () => true }` of Payload.
fn is_said_open(route: &Route) -> bool {
    let decides = |guard: &Guard| guard.what.as_call().is_some_and(|call| call.callee.last() == "access");
    route.security.value() == Some(&Security::Off) || route.chain.iter().any(decides)
}

fn report_unsigned(cx: &mut Check<'_>, (fact, route): Registered<'_>, (signed, _): &Registered<'_>) {
    let what = format!("`{}` takes calls of another service from anybody: {}", fact.owner, route.reason);
    let finding = cx.finding(fact, fact.span, what);
    cx.report(finding.related(signed.span, format!("`{}` asks who calls", signed.owner)));
}

fn report_open(cx: &mut Check<'_>, (fact, route): Registered<'_>, severity: Severity, (other, protected): &Registered<'_>) {
    let mut finding = cx.finding(fact, fact.span, format!("`{}` answers everybody: {}", fact.owner, route.reason)).severity(severity);
    // A procedure is built on a bare one by choice.
    let is_chosen = route.methods.iter().any(|method| matches!(method.as_str(), "MUTATION" | "QUERY"));
    if severity == Severity::High && !is_chosen {
        finding = finding.confidence(Confidence::High);
    }
    if cx.model.files.class(fact.span).example {
        finding = finding.confidence(Confidence::Low);
    }
    if let Some(body) = route.body.as_ref().filter(|body| !fact.span.contains(body.span)) {
        finding = finding.related(body.span, "it is handled here");
    }
    cx.report(finding.related(other.span, format!("`{}` is protected by {}", other.owner, protected.reason)));
}

/// An application that protects nothing that can be told, and yet has users: each of its open routes, since a guard may
/// stand in front of one of them tomorrow and the next stays open.
fn report_beside_sign_in(cx: &mut Check<'_>, open: &[(Registered<'_>, Severity)], asked: Option<&Registered<'_>>) {
    if asked.is_none() && open.iter().all(|(_, severity)| *severity != Severity::High) {
        return;
    }
    for ((fact, route), severity) in open {
        let what = format!("`{}` answers everybody: {}", fact.owner, route.reason);
        let what = if asked.is_none() { format!("{what}, as none of the application's routes asks who calls") } else { what };
        let mut finding = cx.finding(fact, fact.span, what).severity(*severity);
        if cx.model.files.class(fact.span).example {
            finding = finding.confidence(Confidence::Low);
        }
        cx.report(match asked {
            Some((other, told)) => finding.related(other.span, format!("`{}` seems to ask: {}", other.owner, told.reason)),
            None => finding,
        });
    }
}

/// An application that protects nothing and signs nobody in: one finding, at its place.
fn report_bare(cx: &mut Check<'_>, open: &[(Registered<'_>, Severity)], knows_users: bool) {
    let Some(((first, route), _)) = open.first() else { return };
    let writes = open.iter().filter(|(_, severity)| *severity == Severity::High).count();
    let span = route.app.unwrap_or(first.span);
    if writes == 0 {
        return;
    }
    let what = format!("none of its routes asks who calls: {} of them change or show data, such as `{}`", open.len(), first.owner);
    let mut finding = cx.finding(first, span, what);
    for ((fact, route), _) in open.iter().take(8) {
        finding = finding.related(fact.span, format!("`{}` is open: {}", fact.owner, route.reason));
    }
    cx.report(if knows_users {
        finding.severity(Severity::High).confidence(Confidence::Medium)
    } else {
        // A service behind a gateway, a demonstration, a tool on localhost look the same.
        finding.confidence(Confidence::Low)
    });
}
