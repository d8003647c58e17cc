//! Answers that tell anybody what only the owner of an account, or the server alone, may know.

use super::records::{Handlers, label, sinks};
use crate::ir::{Route, SinkKind};
use crate::rules::Check;

/// Tokens that a letter should bring, in the answer to whoever asked for the letter; secrets that sign.
pub(in crate::rules) fn to_anybody(cx: &mut Check<'_>) {
    let handlers = Handlers::of(cx.model);
    let told: Vec<_> = sinks(cx.model, SinkKind::Answer).filter(|(_, sink)| !label(sink).is_empty()).collect();
    for (fact, sink) in told {
        let Some(name) = sink.parts.first().and_then(|part| part.value.as_str()) else { continue };
        let is_secret = label(sink) == "secret";
        let routes = handlers.around(fact.span);
        let is_asked_by_anybody =
            |route: &Route| route.public.is_some() && !route.chain.iter().any(|guard| guard.authn.is_yes() || guard.authz.is_yes());
        if !is_secret && (routes.is_empty() || !routes.iter().all(|(_, route)| is_asked_by_anybody(route))) {
            continue;
        }
        let what = match routes.first() {
            Some((at, _)) if !is_secret => format!("`{}` answers whoever asks with `{name}`", at.owner),
            _ => format!("the answer holds the secret `{name}`"),
        };
        cx.report_by_place(cx.finding(fact, fact.span, what));
    }
}
