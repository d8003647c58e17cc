//! Routes where passwords and codes may be tried without a limit.

use std::collections::BTreeMap;

use super::{Application, Near, Registered, served};
use crate::finding::Severity;
use crate::ir::{CallSite, Confidence, GuardScope, Route, Tri};
use crate::link::Model;
use crate::rules::Check;
use crate::rules::web::names_none;

/// What is tried where a handler takes a code.
const CODE: &str = "a short code";

/// Parts of the names of packages that limit how often something may be asked.
const LIMITERS: [&str; 9] = ["rate-limit", "ratelimit", "limiter", "throttle", "brute", "slow-down", "bottleneck", "arcjet", "recaptcha"];

/// A route where a stranger may try passwords, codes or addresses as often as they like.
///
/// Limits are often set in front of the application, where the repository does not show them; the
/// doubt is gone where the application limits other routes itself.
pub(in crate::rules) fn without(cx: &mut Check<'_>) {
    let model = cx.model;
    let limit = |route: &Route| Tri::any(route.chain.iter().map(|guard| guard.rate_limit));
    let mut limited_by_application: BTreeMap<Application<'_>, Registered<'_>> = BTreeMap::new();
    for (fact, route) in served(model).filter(|(_, route)| limit(route).is_yes()) {
        limited_by_application.entry((Near::of(fact, route), route.framework.as_str())).or_insert((fact, route));
    }
    let anywhere = limited_by_application.values().min_by_key(|(fact, _)| fact.span).copied();
    // What counts logins in its handler may do so in a way of its own: a 429 among its answers.
    let counts = |route: &Route| limit(route).is_maybe() && asks_for_secret(&route.path.to_string());
    let counting = served(model).find(|(_, route)| counts(route));
    for (fact, route) in served(model) {
        let limited = limited_by_application.get(&(Near::of(fact, route), route.framework.as_str())).copied().or(anywhere);
        let class = model.files.class(fact.span);
        let is_reset = route.public.as_deref() == Some("password reset");
        let why = if route.public.as_deref() == Some("sign-in") || is_reset && resets_password(model, route) {
            route.public.as_deref().unwrap_or_default()
        } else if route.auth.is_no() && is_login_by_name(route) {
            "sign-in"
        } else if is_tried_code(model, route) || takes_code_by_path(route) {
            CODE
        } else {
            continue;
        };
        let limited = limited.or(counting.filter(|_| why == CODE));
        // Who signs in stands before the guards; the one of the route itself may be what reads the password. A procedure is
        // built on what has asked who calls.
        let is_procedure = route.methods.iter().any(|method| matches!(method.as_str(), "QUERY" | "MUTATION" | "ACTION"));
        let signs_in = why == "sign-in" && !is_procedure;
        let is_known = is_procedure && route.auth.is_yes()
            || route.chain.iter().any(|guard| guard.authn.is_yes() && !(signs_in && guard.scope == GuardScope::Route));
        // An action is called like any route; that it is one for strangers is told by its name alone.
        let is_tried = route.methods.iter().any(|method| match method.as_str() {
            "POST" | "PUT" | "PATCH" | "MUTATION" => true,
            "GET" => why == "sign-in" && takes_password_of_address(model, route),
            "ACTION" => limited.is_some_and(|(_, known)| known.framework == route.framework),
            _ => false,
        });
        if class.is_not_production()
            || class.generated
            || is_known
            || !is_tried
            || !limit(route).is_no()
            || is_catch_all(route)
            || asks_for_challenge(route)
        {
            continue;
        }
        let limits_nothing = names_none(cx, fact.span, &LIMITERS);
        // A handler that is not seen may limit by itself, with what some package brings; that of Passport does not.
        let is_of_passport = route.chain.last().is_some_and(|last| last.what.to_string().starts_with("passport.authenticate"));
        if route.body.is_none() && !is_of_passport && !limits_nothing
            || limited.is_none() && why != CODE && !asks_for_secret(&route.path.to_string()) && !is_login_by_name(route)
        {
            continue;
        }
        let finding = cx.finding(fact, fact.span, format!("`{}` ({why}) can be called without limit", fact.owner));
        cx.report(match limited {
            Some((other, known)) if known.framework == route.framework => {
                finding.confidence(Confidence::Medium).related(other.span, format!("`{}` is limited", other.owner))
            }
            // No package of the project limits anything: if something does, it is not here.
            _ if limits_nothing => finding.severity(Severity::Low).confidence(Confidence::Medium),
            _ => finding.confidence(Confidence::Low),
        });
    }
}

/// Whether what a route resets or recovers is a password: its path or its handler speaks of one, or of who gets a letter.
fn resets_password(model: &Model, route: &Route) -> bool {
    const SPEAKS: [&str; 4] = ["password", "passwd", "forgot", "mail"];
    let path = route.path.to_string().to_ascii_lowercase();
    let said = || route.body.as_ref().and_then(|body| model.files.text(body.span)).map(str::to_ascii_lowercase);
    SPEAKS.iter().any(|word| path.contains(word)) || said().is_none_or(|said| SPEAKS.iter().any(|word| said.contains(word)))
}

/// Whether what runs for a route is called what signs somebody in: `controller.login`.
fn is_login_by_name(route: &Route) -> bool {
    let name = route.handler.as_ref().and_then(|handler| handler.as_ref()).map(|name| name.last_named().to_ascii_lowercase());
    let is_login = |name: &str| matches!(name, "login" | "signin" | "loginuser" | "userlogin" | "postlogin" | "dologin" | "adminlogin");
    name.is_some_and(|name| is_login(&name)) && route.body.as_ref().is_some_and(|body| !body.calls.is_empty())
}

/// `POST /otp/verify`, `/2fa/check`: a code of a few digits is what is verified, by the path.
fn takes_code_by_path(route: &Route) -> bool {
    let path = route.path.to_string().to_ascii_lowercase();
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let verifies = parts.next().is_some_and(|last| matches!(last, "verify" | "check" | "confirm" | "validate"));
    let of_code = ["otp", "otps", "totp", "2fa", "mfa", "pin", "sms-code", "verification-code", "one-time-code"];
    verifies && route.auth.is_no() && parts.next().is_some_and(|outer| of_code.contains(&outer))
}

/// Whether a handler reads a password off the address that it is asked by.
fn takes_password_of_address(model: &Model, route: &Route) -> bool {
    let said = route.body.as_ref().and_then(|body| model.files.text(body.span)).unwrap_or_default();
    let ways = ["searchParams", "req.query", "request.query", "@Query("];
    said.lines().any(|line| line.contains("assword") && ways.iter().any(|way| line.contains(way)))
}

/// Whether a handler lets in whoever sends the right code of a few digits: its path says so, or its file how long one is.
fn is_tried_code(model: &Model, route: &Route) -> bool {
    /// What is called to let somebody in.
    const OPENS: [&str; 13] = [
        "sign",
        "issue",
        "mint",
        "opensession",
        "createsession",
        "startsession",
        "sessiontoken",
        "accesstoken",
        "generatetoken",
        "login",
        "jwtsign",
        "setsession",
        "sealsession",
    ];
    /// How a file says that a code has a few digits.
    const SHORT: [&str; 14] = [
        ".length(4)",
        ".length(5)",
        ".length(6)",
        "d{4}",
        "d{5}",
        "d{6}",
        "[0-9]{4}",
        "[0-9]{6}",
        "100000",
        "Length(6, 6)",
        "padStart(4",
        "padStart(6",
        "1_000_000",
        "900_000",
    ];
    /// Codes that another service gives out, and those that are long.
    const OTHERS: [&str; 6] = ["redirect_uri", "client_id", "grant_type", "code_verifier", "oauth", "invit"];
    let Some(body) = route.body.as_ref().filter(|body| !body.denies.is_empty()) else { return false };
    let opens = |call: &CallSite| {
        let name = call.callee.last_named().to_ascii_lowercase();
        OPENS.iter().any(|word| name.starts_with(word))
    };
    // The handler itself refuses whoever has not got the code right; one that looks at its caller knows them already.
    let is_known = || route.chain.iter().any(|guard| guard.authn.is_yes()) || body.reads_caller || route.security.value().is_some();
    if !body.calls.iter().any(opens) || route.auth.is_yes() && is_known() {
        return false;
    }
    let Some(said) = model.files.text(body.span).map(str::to_ascii_lowercase) else { return false };
    let path = route.path.to_string().to_ascii_lowercase();
    if OTHERS.iter().any(|word| said.contains(word) || path.contains(word)) {
        return false;
    }
    let words: Vec<&str> = said.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let is_of_path = ["otp", "pin", "2fa", "totp", "mfa"].iter().any(|word| path.split(['/', '-', '_']).any(|part| part == *word));
    let file = || model.files.whole(body.span.file).is_some_and(|text| SHORT.iter().any(|sign| text.contains(sign)));
    is_of_path || words.iter().any(|word| matches!(*word, "code" | "otp" | "pin")) && file()
}

/// Whether the last name of a path says that a password or a code is asked for; `/sso` asks for a token, and what
/// `/websites/:id/reset` takes back is no password.
fn asks_for_secret(path: &str) -> bool {
    let words = |part: &str| -> String { part.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect() };
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty()).map(words);
    let last = parts.next().unwrap_or_default();
    let whole = ["authenticate", "session", "sessions", "token", "mfa"];
    let within = ["login", "signin", "logon", "otp", "2fa", "password", "forgot"];
    // `/login/auth`, `/auth/local`.
    let is_below =
        |outer: String| matches!(last.as_str(), "auth" | "local" | "verify" | "check") && within.iter().any(|word| outer.contains(word));
    // Who comes from elsewhere was asked there: `login-with-google`; options are asked for before anything is tried.
    let is_elsewhere = last.contains("with") && !["password", "otp", "code"].iter().any(|word| last.ends_with(word));
    let is_named = within.iter().any(|word| last.contains(word)) && !last.contains("options") && !is_elsewhere;
    whole.contains(&last.as_str()) || is_named || parts.next().is_some_and(is_below)
}

/// `/api/auth/:nextauth*`: which of what is below is asked for a password is not known.
fn is_catch_all(route: &Route) -> bool {
    route.path.to_string().ends_with('*')
}

/// `createPasskeySigninOptions`: what is to be signed is given out, and nothing guessed.
fn asks_for_challenge(route: &Route) -> bool {
    let path = route.path.to_string().to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    ["options", "challenge"].iter().any(|word| last.contains(word))
}
