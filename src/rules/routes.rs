//! Routes: which of them anybody may call, and the table that `seclint routes` prints.

pub(super) mod admin;
mod answers;
mod corners;
pub(super) mod limits;
pub(super) mod models;
pub(super) mod plain;
pub(super) mod reads;
pub(super) mod records;
pub(super) mod told;

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::finding::Severity;
use crate::ir::{Confidence, Fact, FactKind, Guard, Kind, Node, NodeKind, Route, Security, ServiceKind, Span, Tri};
use crate::link::Model;
use crate::link::routes::{
    deletes, hands_out_all, has_key, is_empty_form, is_of_accounts, is_sensitive, only_reads, reads_rows, shows_people, split_words,
};
use crate::source::FileId;

use self::answers::{does_nothing, names_file, takes_files};
use super::Check;
use super::nitric::SDK;

/// The one framework that tries several routes of one path in turn.
const ROCKET: &str = "rocket";

/// The framework whose routes are built on procedures that ask for all of them.
const TRPC: &str = "@trpc";

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
                path: route.path.to_string(),
                method: method.to_string(),
                framework: route.framework.clone(),
                guards: route.chain.iter().filter(|guard| tells(guard)).map(|guard| name_of(&guard.what)).collect(),
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
    routes(model).filter(|(_, route)| !super::openapi::is_documented(route))
}

/// A registered route.
pub(super) type Registered<'m> = (&'m Fact, &'m Route);

/// An application, and the framework that it is written with.
type Application<'m> = (Near, &'m str);

/// A route that changes or shows something without asking who calls.
///
/// One alone says little: a route is only told apart from what is meant to be open where the
/// application protects others. An application that protects none is one finding.
pub(super) fn without_auth(cx: &mut Check<'_>) {
    let model = cx.model;
    let (habits, owned) = (Habits::of(model), records::owned(model));
    let mut bare: BTreeMap<Application<'_>, Vec<Registered<'_>>> = BTreeMap::new();
    for (fact, route) in served(model).filter(|(fact, route)| !route.auth.is_yes() && is_served(model, fact) && !habits.is_told(route)) {
        let Some(severity) = weight(route).or_else(|| reads::shows_rows_of_somebody(model, route, &owned)) else { continue };
        if let Some(signed) = habits.signed_beside(fact, route) {
            report_unsigned(cx, (fact, route), signed);
        } else if is_believed(model, route) {
            let what = format!("`{}` believes whoever calls it: nothing checks who sends what it changes", fact.owner);
            cx.report(cx.finding(fact, fact.span, what));
        } else if route.public.is_some() || habits.is_sign_up(fact, route) {
            // Anybody may call it by nature.
        } else if route.auth.is_maybe() || reads::finds_by_code(model, route) {
            let finding = cx.finding(fact, fact.span, format!("`{}` may be open: {}", fact.owner, route.reason));
            cx.report(finding.confidence(Confidence::Low));
        } else {
            let application = (Near::of(fact, route), route.framework.as_str());
            match habits.protected_beside(&application) {
                Some(_) if is_read(route) && !deletes(route) && !habits.protects_reads.contains(&application) && !shows_people(route) => {}
                Some(protected) => report_open(cx, (fact, route), severity, protected),
                None => bare.entry(application).or_default().push((fact, route)),
            }
        }
    }
    for (application, open) in bare.into_iter().filter(|(application, _)| !habits.unclear.contains(application)) {
        report_bare(cx, &open, habits.knows_users.contains(&application));
    }
}

/// Whether a route is part of what runs: examples are, since they are copied.
fn is_served(model: &Model, fact: &Fact) -> bool {
    let class = model.files.class(fact.span);
    !(class.test || class.docs || class.vendored || class.generated)
}

/// What applications do with their other routes.
#[derive(Default)]
struct Habits<'m> {
    /// The first route of each application that asks who calls.
    protected: BTreeMap<Application<'m>, Registered<'m>>,
    /// Where somebody is asked before reading; elsewhere everything is there to be read.
    protects_reads: BTreeSet<Application<'m>>,
    /// Where what stands in front of some route can't be told.
    unclear: BTreeSet<Application<'m>>,
    /// Where people sign in or up.
    knows_users: BTreeSet<Application<'m>>,
    /// Where people sign in, and where they sign up.
    signs_in: BTreeSet<Application<'m>>,
    signs_up: BTreeSet<Application<'m>>,
    /// Webhooks that check who calls them, by their files and by what stands before the last part of their paths.
    signed_in_file: BTreeMap<FileId, Registered<'m>>,
    signed_below: BTreeMap<(Near, String), Registered<'m>>,
    /// Methods and paths of Rocket's guarded routes.
    guarded_twins: BTreeSet<(&'m [SmolStr], String)>,
    /// APIs of a platform, which declare their security in one place: the platform's own rules look there.
    apis: BTreeSet<Span>,
}

impl<'m> Habits<'m> {
    fn of(model: &'m Model) -> Self {
        // An API of Nitric without security, some of whose routes ask for themselves, is like any other application.
        let asking: BTreeSet<Span> = served(model).filter(|(_, route)| route.auth.is_yes()).filter_map(|(_, route)| route.app).collect();
        let is_api = |fact: &&Fact| match &fact.kind {
            FactKind::Service(service) => {
                let is_like_others = service.framework == SDK && service.security.is_absent() && asking.contains(&fact.span);
                service.kind == ServiceKind::Api && !is_like_others
            }
            _ => false,
        };
        let apis = model.of(Kind::Service).filter(is_api).map(|fact| fact.span).collect();
        let mut habits = Self { apis, ..Self::default() };
        for (fact, route) in served(model) {
            if is_webhook(route) && (route.auth.is_yes() || proves_sender(route)) {
                habits.signed_in_file.entry(fact.span.file).or_insert((fact, route));
                habits.signed_below.entry((Near::of(fact, route), parent(route))).or_insert((fact, route));
            }
            if route.framework == ROCKET && route.auth.is_yes() {
                habits.guarded_twins.insert((&route.methods, route.path.to_string()));
            }
            if !model.files.class(fact.span).is_not_production() {
                habits.learn(fact, route);
            }
        }
        habits
    }

    /// Whether it is said elsewhere who may call a route: rules of their own read that.
    fn is_told(&self, route: &Route) -> bool {
        // nestrs says by marks what is public.
        route.app.is_some_and(|app| self.apis.contains(&app)) || route.framework == "nestrs" || self.answers_the_turned_away(route)
    }

    /// Rocket tries the routes of one path in turn: one next to a guarded one gets whom that forwards.
    fn answers_the_turned_away(&self, route: &Route) -> bool {
        route.framework == ROCKET && self.guarded_twins.contains(&(route.methods.as_slice(), route.path.to_string()))
    }

    fn learn(&mut self, fact: &'m Fact, route: &'m Route) {
        for near in Near::all(fact, route) {
            let application = (near, route.framework.as_str());
            if route.auth.is_yes() {
                self.protected.entry(application).or_insert((fact, route));
            }
            if route.auth.is_yes() && is_read(route) {
                self.protects_reads.insert(application);
            }
            if route.auth.is_maybe() && route.chain.iter().any(|guard| guard.authn.is_maybe()) {
                self.unclear.insert(application);
            }
            match route.public.as_deref() {
                Some("sign-in") => self.signs_in.insert(application),
                Some("sign-up") => self.signs_up.insert(application),
                _ => continue,
            };
            self.knows_users.insert(application);
        }
    }

    /// A route of an application that asks who calls; beside the fields of its schema, those of the server, too.
    fn protected_beside(&self, application: &Application<'m>) -> Option<&Registered<'m>> {
        let of_server = || {
            let near = application.0;
            let from = (near, "");
            let mut all = self.protected.range(from..).take_while(move |((other, _), _)| *other == near);
            all.next().map(|(_, route)| route).filter(|_| application.1 == GRAPHQL && matches!(near, Near::App(_)))
        };
        self.protected.get(application).or_else(of_server)
    }

    /// `POST /users` where people sign in, and sign up nowhere else.
    fn is_sign_up(&self, fact: &Fact, route: &'m Route) -> bool {
        let application = (Near::of(fact, route), route.framework.as_str());
        route.methods.iter().all(|method| method == "POST")
            && is_of_accounts(&route.path)
            && self.signs_in.contains(&application)
            && !self.signs_up.contains(&application)
    }

    /// A webhook that checks who calls, next to one that does not: of the same file, or of the same path but for its
    /// last part where what comes in is written down.
    fn signed_beside(&self, fact: &Fact, route: &Route) -> Option<&Registered<'m>> {
        if !is_webhook(route) || !route.auth.is_no() || checks_signature(route) {
            return None;
        }
        let writes = route.body.as_ref().is_some_and(|body| body.writes);
        let below = || writes.then(|| self.signed_below.get(&(Near::of(fact, route), parent(route)))).flatten();
        self.signed_in_file.get(&fact.span.file).or_else(below)
    }
}

/// A path without its last part: `/api/hooks` of `/api/hooks/payments`.
fn parent(route: &Route) -> String {
    let path = route.path.to_string();
    path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned()
}

/// Whose guards show that an application asks who calls: those of the routes of the same application; of the whole
/// tree, where files or decorators make the routes; of the same file, where nobody knows what it is mounted in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    App(Span),
    File(FileId),
    Tree,
}

impl Near {
    fn of(fact: &Fact, route: &Route) -> Self {
        match route.app {
            Some(app) => Self::App(app),
            None if route.mounted => Self::Tree,
            None => Self::File(fact.span.file),
        }
    }

    fn all(fact: &Fact, route: &Route) -> impl Iterator<Item = Self> {
        [Self::File(fact.span.file), Self::Tree].into_iter().chain(route.app.map(Self::App))
    }
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
        "POST" | "PUT" | "PATCH" | "DELETE" if writes || !only_reads(&route.path) => Some(Severity::High),
        "MUTATION" => Some(Severity::High),
        // A procedure that is built on a bare one by choice, and answers with what the application knows anyhow.
        "QUERY" if route.framework.starts_with(TRPC) && !reads_rows(route) => None,
        "GET" | "QUERY" if deletes(route) => Some(Severity::High),
        "ACTION" | "ANY" if writes => Some(Severity::High),
        "POST" | "GET" | "ANY" | "QUERY" if sensitive => Some(Severity::Medium),
        _ => None,
    }
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

/// An application that protects nothing: one finding, at its place.
fn report_bare(cx: &mut Check<'_>, open: &[Registered<'_>], knows_users: bool) {
    let Some((first, route)) = open.first() else { return };
    let writes = open.iter().filter(|(_, route)| weight(route) == Some(Severity::High)).count();
    let span = route.app.unwrap_or(first.span);
    if writes == 0 {
        return;
    }
    let what = format!("none of its routes asks who calls: {} of them change or show data, such as `{}`", open.len(), first.owner);
    let mut finding = cx.finding(first, span, what);
    for (fact, route) in open.iter().take(8) {
        finding = finding.related(fact.span, format!("`{}` is open: {}", fact.owner, route.reason));
    }
    cx.report(if knows_users {
        finding.severity(Severity::High).confidence(Confidence::Medium)
    } else {
        // A service behind a gateway, a demonstration, a tool on localhost look the same.
        finding.confidence(Confidence::Low)
    });
}
