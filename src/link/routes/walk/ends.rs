//! Where walks begin and what they leave: classes that some application takes in, guards that reach past the part which
//! brings them, routes that several ways lead to.

use std::collections::BTreeMap;
use std::rc::Rc;

use smol_str::SmolStr;

use crate::ir::{Fact, FactKind, GuardScope, Span, Tri};
use crate::link::routes::names::Place;
use crate::link::routes::standing::Standing;

/// Whether a service is a class of handlers of which no file says which application takes it.
pub(super) fn is_class(place: &Place) -> bool {
    place.name.strip_prefix('#').is_some_and(|name| !name.starts_with(|first: char| first.is_ascii_digit()))
}

/// A guard of a part as it holds for the service that brings the part in, if it does: one of a module reaches no
/// further than that.
pub(super) fn leaked(standing: Rc<Standing>, inline: bool) -> Option<Rc<Standing>> {
    match standing.guard.scope {
        _ if inline => Some(standing),
        GuardScope::App => Some(standing),
        GuardScope::Module => {
            let mut here = Standing::clone(&standing);
            here.guard.scope = GuardScope::Controller;
            Some(Rc::new(here))
        }
        _ => None,
    }
}

/// One route of each registration and path: a module that many import is served once. Where ways to
/// it differ in their guards, the least guarded counts.
pub(super) fn once(routes: Vec<Fact>) -> Vec<Fact> {
    let mut kept: Vec<Fact> = Vec::with_capacity(routes.len());
    let mut seen: BTreeMap<(Span, SmolStr), usize> = BTreeMap::new();
    for fact in routes {
        let auth = |fact: &Fact| match &fact.kind {
            FactKind::Route(route) => route.auth,
            _ => Tri::Maybe,
        };
        let at = *seen.entry((fact.span, fact.owner.clone())).or_insert(kept.len());
        match kept.get_mut(at) {
            Some(known) if auth(&fact) < auth(known) => *known = fact,
            Some(_) => {}
            None => kept.push(fact),
        }
    }
    kept
}
