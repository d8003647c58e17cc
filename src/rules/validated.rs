//! Validators that stand in front of a handler in another file than the handler itself:
//! `router.post('/login', validate(schema), controller.login)`.

use super::Check;
use super::web::names_none;
use crate::ir::{FactKind, Kind, Node, Route, Span, Tri};

/// Parts of the names of packages that see to the types and names of what a request brings.
const VALIDATORS: [&str; 14] = [
    "validat",
    "celebrate",
    "joi",
    "zod",
    "yup",
    "ajv",
    "superstruct",
    "valibot",
    "typebox",
    "io-ts",
    "runtypes",
    "fastest",
    "arktype",
    "openapi",
];

/// Whether what a place is handed has been looked at: yes where each route that leads to it has a validator in
/// front, no where one has none or the project knows no validator, else perhaps.
pub(super) fn is_validated(cx: &Check<'_>, place: Span) -> Tri {
    let mut routes = cx
        .model
        .of(Kind::Route)
        .filter_map(|fact| match &fact.kind {
            FactKind::Route(route) => Some(&**route),
            _ => None,
        })
        .filter(|route| route.body.as_ref().is_some_and(|body| body.span.contains(place)))
        .peekable();
    if routes.peek().is_some() {
        return routes.all(has_validator).into();
    }
    if names_none(cx, place, &VALIDATORS) { Tri::No } else { Tri::Maybe }
}

/// Whether something in front of a route that leads to a place escapes what the request brings.
pub(super) fn is_escaped_before(cx: &Check<'_>, place: Span) -> bool {
    cx.model.of(Kind::Route).any(|fact| match &fact.kind {
        FactKind::Route(route) => {
            route.body.as_ref().is_some_and(|body| body.span.contains(place)) && route.chain.iter().any(|guard| guard.escapes)
        }
        _ => false,
    })
}

fn has_validator(route: &Route) -> bool {
    let names = |guard: &Node| {
        let text = guard.to_string().to_ascii_lowercase();
        // `validateToken` looks at who asks, not at what is sent.
        let is_of_caller = ["token", "jwt", "session", "auth", "login", "user", "key", "role"].iter().any(|word| text.contains(word));
        !is_of_caller && ["valid", "schema", "celebrate", "joi", "zod", "sanit"].iter().any(|word| text.contains(word))
    };
    route.guards.iter().chain(route.chain.iter().map(|guard| &guard.what)).any(names)
}
