//! Resolvers behind the one route that takes all of their requests: who is turned away there, reaches none of them.

use crate::ir::{Fact, FactKind, Guard, Ref, Route, Tri};

/// Frameworks whose resolvers are served by a route of another one.
const FRAMEWORKS: [&str; 2] = ["async-graphql", "juniper"];
/// Types that such a route reads a request as.
const REQUESTS: [&str; 3] = ["GraphQLRequest", "GraphQLBatchRequest", "JuniperRequest"];

/// Lets what guards the endpoints hold for the resolvers of the repository; the endpoints themselves hand on.
pub(super) fn behind_endpoints(facts: &mut [Fact]) {
    let is_resolver = |fact: &Fact| matches!(&fact.kind, FactKind::Route(route) if FRAMEWORKS.contains(&route.framework.as_str()));
    if !facts.iter().any(is_resolver) {
        return;
    }
    let mut guarded: Option<(Tri, String)> = None;
    for fact in facts.iter_mut() {
        let FactKind::Route(route) = &mut fact.kind else { continue };
        if !takes_requests(route) {
            continue;
        }
        route.public.get_or_insert("handed on to what guards itself".into());
        let known = guard_of(route);
        // Which resolvers stand behind which of several is not known.
        guarded = Some(match guarded {
            Some((other, why)) if other == known => (other, why),
            Some((_, why)) => (Tri::Maybe, why),
            None => (known, format!("{}: {}", fact.owner, route.reason)),
        });
    }
    let Some((auth, why)) = guarded.filter(|(auth, _)| !auth.is_no()) else { return };
    for fact in facts {
        if let FactKind::Route(route) = &mut fact.kind
            && FRAMEWORKS.contains(&route.framework.as_str())
            && route.auth < auth
        {
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

/// `.route("/graphql", post(graphql))`, `async fn graphql(State(schema): State<Schema>, request: GraphQLRequest)`, `post(GraphQL::new(schema))`.
fn takes_requests(route: &Route) -> bool {
    let is_named = || {
        let path = route.path.to_string();
        path.ends_with("/graphql") && route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "ANY"))
    };
    let reads = |name: &Ref| REQUESTS.contains(&name.last());
    let serves = route.handler.as_ref().and_then(|handler| handler.as_call()).is_some_and(|call| call.callee.names().contains(&"GraphQL"));
    serves || is_named() || route.body.iter().flat_map(|body| &body.params).any(|param| param.ty.iter().chain(&param.ty_args).any(reads))
}
