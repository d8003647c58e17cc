//! Corners of an application that are of those whom their guards are called for: most of what stands below `/steward` asks
//! for `steward`, most below `/manage` for `isManager`.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::admin::may_ask_rights;
use super::{Registered, name_of};
use crate::ir::{Fact, FileId, Route};

/// Other routes of a corner that have to ask for it.
const MIN_ASKING: usize = 3;
/// Letters of a name that two words have to share.
const MIN_STEM: usize = 5;
/// Words of paths by which somebody becomes who may enter, or only looks whether they are.
const WAYS_IN: [&str; 14] = [
    "apply",
    "register",
    "join",
    "become",
    "onboard",
    "onboarding",
    "request",
    "login",
    "verify",
    "status",
    "me",
    "invite",
    "invitation",
    "accept",
];

/// The corners of all files.
pub(super) struct Corners<'m>(BTreeMap<(FileId, SmolStr), Corner<'m>>);

/// What stands below one first part of a path.
#[derive(Default)]
struct Corner<'m> {
    asking: Vec<Registered<'m>>,
    all: usize,
}

impl<'m> Corners<'m> {
    pub(super) fn of(all: &[Registered<'m>]) -> Self {
        let mut corners: BTreeMap<_, Corner<'m>> = BTreeMap::new();
        for (fact, route) in all.iter().copied() {
            for segment in segments(route) {
                let corner = corners.entry((fact.span.file, segment.clone())).or_default();
                corner.all += 1;
                // `requireProject` of `/project/:id/plans` asks for a project, and not for somebody.
                if asked_as(route, &segment).is_some() && !is_keyed(route, &segment) {
                    corner.asking.push((fact, route));
                }
            }
        }
        corners.retain(|_, corner| corner.asking.len() >= MIN_ASKING && corner.asking.len() * 3 >= corner.all * 2);
        Self(corners)
    }

    /// A route that asks for whoever the corner is called for that a route stands in.
    pub(super) fn around(&self, fact: &Fact, route: &Route) -> Option<Registered<'m>> {
        let path = route.path.to_string().to_ascii_lowercase();
        if path.split(['/', '-', '_']).any(|word| WAYS_IN.contains(&word)) {
            return None;
        }
        segments(route).into_iter().find_map(|segment| self.0.get(&(fact.span.file, segment))?.asking.first().copied())
    }
}

/// The name of the guard that asks a route's callers to be whom its corner is called for.
pub(super) fn asked(route: &Route) -> Option<String> {
    segments(route).iter().find_map(|segment| asked_as(route, segment))
}

fn asked_as(route: &Route, segment: &str) -> Option<String> {
    let asks = route.chain.iter().filter(|guard| guard.authn.is_yes() && may_ask_rights(guard)).map(|guard| name_of(&guard.what));
    asks.into_iter().find(|name| is_called_for(name, segment))
}

/// The known parts in front of the first parameter, but for the last: below which the route stands, or of which it is the
/// front page.
fn segments(route: &Route) -> Vec<SmolStr> {
    const MOST: usize = 3;
    let path = route.path.to_string().to_ascii_lowercase();
    let known = path.split('/').filter(|part| !part.is_empty()).take_while(|part| !part.starts_with([':', '{', '<', '[', '*', '$']));
    known.filter(|part| part.len() >= MIN_STEM && *part != "admin").take(MOST).map(SmolStr::new).collect()
}

/// Whether a parameter follows a part of a path.
fn is_keyed(route: &Route, segment: &str) -> bool {
    let path = route.path.to_string().to_ascii_lowercase();
    let mut parts = path.split('/').skip_while(|part| *part != segment).skip(1);
    parts.next().is_some_and(|next| next.starts_with([':', '{', '<', '[', '*', '$']))
}

/// Whether a guard asks for somebody who is called as a part of a path is: `isManager` and `manage`, `staffOnly` and `staff`.
fn is_called_for(guard: &str, segment: &str) -> bool {
    const BEFORE: [&str; 9] = ["is", "require", "requires", "ensure", "only", "must", "mustbe", "check", "needs"];
    const BEHIND: [&str; 6] = ["only", "guard", "required", "role", "auth", "user"];
    let stem = segment.strip_suffix("ment").or_else(|| segment.strip_suffix('e')).filter(|rest| rest.len() >= MIN_STEM).unwrap_or(segment);
    let name: String = guard.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    let Some((before, behind)) = name.split_once(stem) else { return false };
    let ending = behind.trim_start_matches("er").trim_start_matches('s');
    (before.is_empty() || BEFORE.contains(&before)) && (ending.is_empty() || BEHIND.contains(&ending))
}
