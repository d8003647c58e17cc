//! An operator's corner that whoever signs up may enter.

use std::collections::BTreeSet;

use super::{Application, Near, name_of, served};
use crate::ir::{Func, Guard, Route, Tri};
use crate::rules::Check;

/// Frameworks whose guards stand in the chain of a route, and nowhere else.
const CHAINED: [&str; 4] = ["express", "koa", "fastify", "hono"];
/// Words in the names of guards that ask for a login and for nothing else.
const LOGIN: [&str; 6] = ["authenticated", "authenticate", "loggedin", "signedin", "requirelogin", "requireuser"];
/// Words for what a caller may do, in the names of whatever asks for it.
const RIGHTS: [&str; 9] = ["admin", "role", "permi", "authoriz", "polic", "abilit", "owner", "staff", "scope"];

/// A route below `/admin` that asks for a login alone, in an application that anybody may sign up to.
pub(in crate::rules) fn login_alone(cx: &mut Check<'_>) {
    let model = cx.model;
    let signs_up = |route: &Route| route.public.as_deref() == Some("sign-up") && route.methods.iter().any(|method| method == "POST");
    let open: BTreeSet<Application<'_>> =
        served(model).filter(|(_, route)| signs_up(route)).map(|(fact, route)| (Near::of(fact, route), route.framework.as_str())).collect();
    for (fact, route) in served(model) {
        let application = (Near::of(fact, route), route.framework.as_str());
        let class = model.files.class(fact.span);
        if open.contains(&application) && !class.is_not_production() && is_for_operators(route) && asks_for_login_alone(route) {
            let what = format!("`{}` asks for a login alone, and anybody may sign up", fact.owner);
            let finding = cx.finding(fact, fact.span, what);
            cx.report(finding);
        }
    }
}

fn is_for_operators(route: &Route) -> bool {
    CHAINED.contains(&route.framework.as_str()) && route.path.to_string().split('/').any(|segment| segment.eq_ignore_ascii_case("admin"))
}

/// Whether every guard in front of a route is known and asks for a login, and its handler asks for no more.
fn asks_for_login_alone(route: &Route) -> bool {
    let handler_asks = |body: &Func| {
        let turns_away = |name: &str| matches!(name, "redirect" | "next" | "throw") || says_rights(name);
        !body.denies.is_empty() || body.calls.iter().any(|call| turns_away(call.callee.last()))
    };
    route.auth.is_yes() && route.chain.iter().all(is_login) && route.body.as_ref().is_some_and(|body| !handler_asks(body))
}

fn is_login(guard: &Guard) -> bool {
    let name: String = name_of(&guard.what).chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    match guard.authn {
        Tri::Maybe => false,
        Tri::Yes => guard.authz.is_no() && LOGIN.iter().any(|word| name.contains(word)) && !says_rights(&name),
        Tri::No => guard.authz.is_no() && !says_rights(&name),
    }
}

fn says_rights(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RIGHTS.iter().any(|word| name.contains(word))
}
