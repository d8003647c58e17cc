//! Resolvers behind the one route that takes all of their requests: who is turned away there, reaches none of them.

use std::collections::BTreeSet;

use super::library::{self, Does};
use crate::ir::{Fact, FactKind, Guard, Ref, Route, Tri};

/// Frameworks of Rust whose resolvers are served by a route of another one, and that of JavaScript.
const OF_RUST: [&str; 2] = ["async-graphql", "juniper"];
const OF_JAVASCRIPT: [&str; 1] = ["graphql"];
/// Frameworks of JavaScript that serve a schema, by the beginnings of their names.
const SERVING: [&str; 6] = ["express", "koa", "@koa", "hono", "fastify", "@hapi"];
/// Types that such a route reads a request as.
const REQUESTS: [&str; 3] = ["GraphQLRequest", "GraphQLBatchRequest", "JuniperRequest"];

/// Lets what guards the endpoints hold for the resolvers of the repository; the endpoints themselves hand on.
pub(super) fn behind_endpoints(facts: &mut [Fact]) {
    let is_of_javascript = |route: &Route| SERVING.iter().any(|framework| route.framework.starts_with(framework));
    behind(facts, &OF_RUST, |route| !is_of_javascript(route));
    behind(facts, &OF_JAVASCRIPT, is_of_javascript);
}

fn behind(facts: &mut [Fact], frameworks: &[&str], may_serve: impl Fn(&Route) -> bool) {
    let is_resolver = |route: &Route| frameworks.contains(&route.framework.as_str());
    if !facts.iter().any(|fact| matches!(&fact.kind, FactKind::Route(route) if is_resolver(route))) {
        return;
    }
    let mut guarded: Option<(Tri, String)> = None;
    let mut apps = BTreeSet::new();
    for fact in facts.iter_mut() {
        let FactKind::Route(route) = &mut fact.kind else { continue };
        if !may_serve(route) || !takes_requests(route) {
            continue;
        }
        route.public.get_or_insert("handed on to what guards itself".into());
        apps.insert(route.app);
        let known = guard_of(route);
        // Which resolvers stand behind which of several is not known.
        guarded = Some(match guarded {
            Some((other, why)) if other == known => (other, why),
            Some((_, why)) => (Tri::Maybe, why),
            None => (known, format!("{}: {}", fact.owner, route.reason)),
        });
    }
    let Some((auth, why)) = guarded else { return };
    // What the other routes of the one application ask is told there.
    let app = apps.pop_first().filter(|_| apps.is_empty()).flatten();
    for fact in facts {
        let FactKind::Route(route) = &mut fact.kind else { continue };
        if !is_resolver(route) {
            continue;
        }
        route.app = route.app.or(app);
        if route.auth < auth {
            (route.auth, route.reason) = (auth, why.clone());
        }
    }
}

/// Whether anonymous callers are turned away at an endpoint; that its handler looks for a token alone does not.
fn guard_of(route: &Route) -> Tri {
    match route.auth {
        Tri::Maybe => {
            let is_handler = |guard: &&Guard| route.handler.as_ref().is_some_and(|handler| handler.span == guard.span);
            Tri::any(route.chain.iter().filter(|guard| !is_handler(guard)).map(|guard| guard.authn)).and(Tri::Maybe)
        }
        known => known,
    }
}

/// Whether a library's function serves a schema, unlike one that hands procedures on.
fn is_of_graphql(callee: &Ref) -> bool {
    callee.module().is_some_and(|module| module.contains("graphql") || module.contains("apollo"))
}

/// `.route("/graphql", post(graphql))`, `async fn graphql(State(schema): State<Schema>, request: GraphQLRequest)`, `post(GraphQL::new(schema))`.
fn takes_requests(route: &Route) -> bool {
    let is_named = || {
        let path = route.path.to_string();
        path.ends_with("/graphql") && route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "ANY"))
    };
    let reads = |name: &Ref| REQUESTS.contains(&name.last());
    let made = route.handler.as_ref().and_then(|handler| handler.as_call());
    let serves = made.is_some_and(|call| {
        call.callee.names().contains(&"GraphQL") || library::of(&call.callee) == Some(Does::Dispatch) && is_of_graphql(&call.callee)
    });
    serves || is_named() || route.body.iter().flat_map(|body| &body.params).any(|param| param.ty.iter().chain(&param.ty_args).any(reads))
}
