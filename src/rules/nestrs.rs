//! nestrs: what its threat model leaves to the application.

use super::Check;
use crate::ir::{Fact, Route, Security};

/// A sign-in that nothing slows down.
pub(super) fn login_without_throttle(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    const WORDS: [&str; 9] = ["login", "token", "password", "register", "signup", "signin", "otp", "verify", "reset"];
    if route.framework != "nestrs" || !route.methods.iter().any(|method| method == "POST") {
        return;
    }
    let path = route.path.to_string().to_ascii_lowercase();
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let tries = last.split(['-', '_']).any(|word| WORDS.contains(&word));
    if tries && !route.chain.iter().any(|guard| !guard.rate_limit.is_no()) {
        cx.report_by_place(cx.finding(fact, fact.span, format!("nothing limits how often `{}` may be tried", fact.owner)));
    }
}

/// A callback of an OAuth flow that anybody may call.
pub(super) fn public_callback(cx: &mut Check<'_>, fact: &Fact, route: &Route) {
    let is_public = route.security.value() == Some(&Security::Off);
    if route.framework == "nestrs" && is_public && route.path.contains("callback").is_yes() {
        cx.report_by_place(cx.finding(
            fact,
            fact.span,
            format!("`{}` is `#[public]`, so that a forged callback reaches the handler", fact.owner),
        ));
    }
}
