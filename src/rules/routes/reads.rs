//! Routes that are there to be read, and do something else.

use super::served;
use crate::ir::Route;
use crate::rules::Check;

/// Words of a path that say that something is changed.
const CHANGES: [&str; 12] =
    ["change", "update", "delete", "remove", "destroy", "edit", "set", "add", "transfer", "promote", "approve", "create"];

/// A `GET` whose path and handler both say that it changes something.
pub(in crate::rules) fn that_change(cx: &mut Check<'_>) {
    let model = cx.model;
    for (fact, route) in served(model) {
        let is_read = route.methods.iter().all(|method| method == "GET") && !route.methods.is_empty();
        let writes = route.body.as_ref().is_some_and(|body| body.writes);
        if is_read && writes && says_change(route) && !model.files.class(fact.span).is_not_production() {
            cx.report(cx.finding(fact, fact.span, format!("`{}` changes something", fact.owner)));
        }
    }
}

/// Whether a segment of a path begins with a word for a change: `/change-password`, `/notes/:id/delete`.
fn says_change(route: &Route) -> bool {
    let path = route.path.to_string().to_ascii_lowercase();
    path.split('/').any(|segment| {
        let word = segment.split(|char: char| !char.is_ascii_alphabetic()).next().unwrap_or_default();
        CHANGES.contains(&word) || ["changepassword", "updatepassword", "deleteuser", "setpassword", "deleteaccount"].contains(&word)
    })
}
