//! An operator's corner that whoever signs up may enter.

use std::collections::{BTreeMap, BTreeSet};

use super::{Application, Near, Registered, name_of, served};
use crate::ir::{Fact, FactKind, Func, Guard, Kind, Node, Route, SinkKind, Span, Tri};
use crate::link::Model;
use crate::rules::Check;

/// Frameworks whose guards stand in the chain of a route, and nowhere else.
const CHAINED: [&str; 4] = ["express", "koa", "fastify", "hono"];
/// Words in the names of guards that ask for a login and for nothing else.
const LOGIN: [&str; 6] = ["authenticated", "authenticate", "loggedin", "signedin", "requirelogin", "requireuser"];
/// Words for what a caller may do, in the names of whatever asks for it.
const RIGHTS: [&str; 9] = ["admin", "role", "permi", "authoriz", "polic", "abilit", "owner", "staff", "scope"];

/// What shows that a route is for those who run the application.
enum Sign<'m> {
    /// It is below `/admin`, and anybody may sign up.
    Path,
    /// Another route of the same handler asks for a role.
    Handler(Registered<'m>),
    /// Somebody who runs the application is sent to it when they log in.
    Landing(&'m Fact),
}

/// A route for operators that asks for a login alone: one below `/admin` in an application that anybody may sign up to,
/// one whose handler stands behind a role elsewhere, one that a login sends operators to.
pub(in crate::rules) fn login_alone(cx: &mut Check<'_>) {
    let model = cx.model;
    let signs_up = |route: &Route| route.public.as_deref() == Some("sign-up") && route.methods.iter().any(|method| method == "POST");
    let open: BTreeSet<Application<'_>> =
        served(model).filter(|(_, route)| signs_up(route)).map(|(fact, route)| (Near::of(fact, route), route.framework.as_str())).collect();
    let behind_role = behind_role(model);
    let landings = landings(model);
    for (fact, route) in served(model) {
        let application = (Near::of(fact, route), route.framework.as_str());
        if model.files.class(fact.span).is_not_production() || !is_chained(route) || !asks_for_login(route) {
            continue;
        }
        let handler = route.body.as_ref().filter(|body| is_of_people(body)).and_then(|body| behind_role.get(&body.span));
        let sign = if open.contains(&application) && is_for_operators(route) && !turns_some_away(route) {
            Sign::Path
        } else if let Some(other) = handler {
            Sign::Handler(*other)
        } else if let Some(landing) = landings.get(route.path.to_string().as_str()) {
            Sign::Landing(landing)
        } else {
            continue;
        };
        let finding = match sign {
            Sign::Path => cx.finding(fact, fact.span, format!("`{}` asks for a login alone, and anybody may sign up", fact.owner)),
            Sign::Handler((other, _)) => {
                let what = format!("`{}` asks for a login alone, and its handler for a role elsewhere", fact.owner);
                cx.finding(fact, fact.span, what).related(other.span, format!("`{}` asks for a role", other.owner))
            }
            Sign::Landing(landing) => {
                let what = format!("`{}` asks for a login alone, and only operators are sent to it", fact.owner);
                cx.finding(fact, fact.span, what).related(landing.span, "operators are sent to it here")
            }
        };
        cx.report(finding);
    }
}

/// The handlers that stand behind a guard which asks for a role.
fn behind_role(model: &Model) -> BTreeMap<Span, Registered<'_>> {
    let asks_for_role = |guard: &Guard| guard.authz.is_yes() || says_operator(&name_of(&guard.what));
    let guarded = served(model).filter(|(_, route)| route.chain.iter().any(asks_for_role));
    guarded.filter_map(|(fact, route)| Some((route.body.as_ref()?.span, (fact, route)))).collect()
}

/// The pages that operators are sent to, with the first place that does.
fn landings(model: &Model) -> BTreeMap<&str, &Fact> {
    let mut landings = BTreeMap::new();
    for fact in model.of(Kind::Sink) {
        if let FactKind::Sink(sink) = &fact.kind
            && sink.kind == SinkKind::Landing
        {
            landings.entry(fact.owner.as_str()).or_insert(fact);
        }
    }
    landings
}

/// Whether a handler changes something, or shows people: what products it lists, others may see as well.
fn is_of_people(body: &Func) -> bool {
    let names = |name: &str| ["user", "account", "member", "employee", "customer", "role"].iter().any(|word| name.contains(word));
    body.writes || body.calls.iter().any(|call| call.callee.path.iter().any(|part| names(&part.to_ascii_lowercase())))
}

fn is_chained(route: &Route) -> bool {
    CHAINED.contains(&route.framework.as_str())
}

fn is_for_operators(route: &Route) -> bool {
    route.path.to_string().split('/').any(|segment| segment.eq_ignore_ascii_case("admin"))
}

/// Whether every guard in front of a route is known and asks for a login, and its handler asks for no more.
fn asks_for_login(route: &Route) -> bool {
    let asks_more = |body: &Func| !body.denies.is_empty() || body.calls.iter().any(|call| says_rights(call.callee.last()));
    route.auth.is_yes() && route.chain.iter().all(is_login) && route.body.as_ref().is_some_and(|body| !asks_more(body))
}

/// Whether a handler may send callers elsewhere.
fn turns_some_away(route: &Route) -> bool {
    let turns_away = |name: &str| matches!(name, "redirect" | "next" | "throw");
    route.body.as_ref().is_some_and(|body| body.calls.iter().any(|call| turns_away(call.callee.last())))
}

pub(super) fn is_login(guard: &Guard) -> bool {
    if is_told_more(guard) {
        return false;
    }
    let name: String = name_of(&guard.what).chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    match guard.authn {
        Tri::Maybe => false,
        Tri::Yes => guard.authz.is_no() && LOGIN.iter().any(|word| name.contains(word)) && !says_rights(&name),
        Tri::No => guard.authz.is_no() && !says_rights(&name),
    }
}

/// `authenticate('HR')`: a guard that is told what it asks for; of Passport, the text names the strategy.
pub(super) fn is_told_more(guard: &Guard) -> bool {
    // `role.check(ROLES.Admin)`.
    let names_rights = |argument: &Node| argument.as_ref().is_some_and(|name| name.path.iter().any(|part| says_rights(part)));
    let told = |argument: &Node| argument.as_text().is_some() || argument.as_list().is_some() || names_rights(argument);
    let call = guard.what.as_call().filter(|call| !call.callee.to_string().to_ascii_lowercase().contains("passport"));
    guard.authn.is_yes() && call.is_some_and(|call| call.args.iter().any(told))
}

fn says_operator(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["admin", "role", "staff", "superuser"].iter().any(|word| name.contains(word))
}

pub(super) fn says_rights(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RIGHTS.iter().any(|word| name.contains(word))
}
