//! Roles that decorators say and no guard asks for.

use std::collections::BTreeSet;

use super::served;
use crate::ir::Tri;
use crate::rules::Check;

/// A route whose decorator says what its caller has to be, behind a login and no guard that reads it.
pub(in crate::rules) fn roles(cx: &mut Check<'_>) {
    let model = cx.model;
    let mut told = BTreeSet::new();
    for (fact, route) in served(model).filter(|(_, route)| route.auth.is_yes() && route.asks_rights == Tri::No) {
        let Some(marker) = &route.unread else { continue };
        if told.insert(fact.span) {
            let what = format!("`{marker}` of `{}` is read by no guard in front of it", fact.owner);
            cx.report_by_place(cx.finding(fact, fact.span, what));
        }
    }
}
