//! `rules/tables/public-routes.toml`: which routes anybody may call by nature, and which are worth
//! protecting although they only read.

use std::sync::{Arc, LazyLock};

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::ir::{CallSite, Func, Part, Ref, Route, Scope, Text};
use crate::tables::table;

#[derive(Default)]
struct Words {
    last: FxHashMap<&'static str, &'static str>,
    any: FxHashMap<&'static str, &'static str>,
    sensitive: FxHashSet<&'static str>,
    reading: FxHashSet<&'static str>,
    changing: FxHashSet<&'static str>,
    personal: FxHashSet<&'static str>,
    offered: FxHashSet<&'static str>,
    listing: FxHashSet<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    let Some(rows) = table("public-routes") else { return words };
    for row in rows.list("public") {
        let into = if row.text("at") == "any" { &mut words.any } else { &mut words.last };
        into.extend(row.texts("words").map(|word| (word, row.text("why"))));
    }
    words.sensitive.extend(rows.get("sensitive").into_iter().flat_map(|row| row.texts("words")));
    words.reading.extend(rows.get("reading").into_iter().flat_map(|row| row.texts("words")));
    for (key, into) in [("personal", &mut words.personal), ("offered", &mut words.offered), ("listing", &mut words.listing)] {
        into.extend(rows.get(key).into_iter().flat_map(|row| row.texts("words")));
    }
    words.changing.extend(rows.get("changing").into_iter().flat_map(|row| row.texts("words")));
    words
});

/// Why anybody may call a route, if that is its nature.
pub(super) fn public(route: &Route) -> Option<&'static str> {
    by_name(route).filter(|why| fits(route, why))
}

/// Whether anybody may call an endpoint of a gateway by its nature: `GET /health`.
pub fn is_for_everybody(method: &str, path: &Text) -> bool {
    public(&Route::new(Ref::new(Scope::Global, ["gateway"]), Route::GATEWAY, method, path.clone(), 0)).is_some()
}

/// Whether a nature is one of the route's method: nobody changes a health check, and what stands under a key
/// is no static file.
fn fits(route: &Route, why: &str) -> bool {
    let is_any = |methods: &[&str]| route.methods.iter().all(|method| methods.contains(&method.as_str()));
    match why {
        // The sessions of somebody by his key are ended by whoever may do that.
        "sign-in" => !(is_any(&["DELETE"]) && has_parameter(&route.path)),
        "health check" | "API documentation" => !is_any(&["PUT", "PATCH", "DELETE"]),
        // What is sent about one row is no form for strangers (`POST /telemetry/:id`), nor is a row that is changed.
        "contact form" => {
            let reads = is_any(&["GET", "HEAD"]);
            !has_key(&route.path) && !is_any(&["PUT", "PATCH", "DELETE"]) && (!reads || !lists_people(route))
        }
        "static file" => is_any(&["GET", "HEAD", "OPTIONS", "ANY", "QUERY"]) && (!has_key(&route.path) || is_said_public(&route.path)),
        _ => true,
    }
}

/// `/assets/user/:id`.
fn has_key(path: &Text) -> bool {
    let names = path.pieces.iter().filter_map(|piece| match &piece.part {
        Part::Lit(text) => Some(text),
        Part::Hole(_) => None,
    });
    names.flat_map(|text| text.split('/')).filter_map(|segment| segment.strip_prefix(':')).any(|name| name == "id" || name.ends_with("Id"))
}

/// Whether a segment of a path is the caller's to choose.
fn has_parameter(path: &Text) -> bool {
    path.pieces.iter().any(|piece| match &piece.part {
        Part::Lit(text) => text.split('/').any(|segment| segment.starts_with([':', '{', '<', '['])),
        Part::Hole(_) => true,
    })
}

fn is_said_public(path: &Text) -> bool {
    literal_segments(path).iter().any(|segment| matches!(segment.as_str(), "public" | "static"))
}

/// What a route is by its path and the name of its handler.
fn by_name(route: &Route) -> Option<&'static str> {
    let words = &*WORDS;
    let segments = literal_segments(&route.path);
    let is_admin = segments.iter().any(|segment| matches!(segment.as_str(), "admin" | "internal" | "debug"));
    let is_procedure = route.methods.iter().any(|method| matches!(method.as_str(), "QUERY" | "MUTATION" | "ACTION"));
    if is_procedure && let Some(why) = segments.last().and_then(|name| public_procedure(name)) {
        return Some(why);
    }
    // `auth.logout`: procedures are named with dots.
    let last = thing(&segments);
    let member = last.rsplit('.').next().unwrap_or(last);
    if let Some(why) = words.last.get(last).or_else(|| words.last.get(member)) {
        return Some(why);
    }
    if is_admin {
        return None;
    }
    if let Some(why) = last_literal(&route.path).and_then(|last| public_phrase(&last)) {
        return Some(why);
    }
    if words.offered.contains(last) && route.methods.iter().all(|method| method == "GET") {
        return Some("what is offered to all");
    }
    if makes_new(&segments).is_some_and(|what| ["signup", "signups", "registration", "registrations"].iter().any(|end| what.ends_with(end)))
    {
        return Some("sign-up");
    }
    if has_secret_parameter(&route.path) {
        return Some("secret in the path");
    }
    let name = route.body.as_ref().map(|func| squeeze(&func.name)).filter(|name| !name.is_empty());
    let named = name.or_else(|| route.handler.as_ref().and_then(|handler| handler.as_ref()).map(|name| squeeze(name.last())));
    if let Some(why) = named.and_then(|name| words.last.get(name.as_str()).copied()) {
        return Some(why);
    }
    segments.iter().find_map(|segment| words.any.get(segment.as_str()).copied())
}

/// The segment that says what a path is: `contact` of `/contact/add`, `otp` of `/otp/send`.
fn thing(segments: &[String]) -> &str {
    match segments {
        [.., what, verb]
            if matches!(
                (what.as_str(), verb.as_str()),
                ("contact" | "contactus", "send" | "add" | "submit") | ("otp", "send") | ("newsletter", "add")
            ) =>
        {
            what
        }
        [.., last] => last,
        [] => "",
    }
}

/// The last known segment of a path as it is written.
fn last_literal(path: &Text) -> Option<String> {
    let Some(Part::Lit(text)) = path.pieces.last().map(|piece| &piece.part) else { return None };
    text.split('/').rfind(|segment| !segment.is_empty() && !segment.starts_with([':', '{', '<', '*', '['])).map(str::to_owned)
}

/// `verify-registration`, `resendVerificationMail`: what is done comes first or last.
fn public_phrase(segment: &str) -> Option<&'static str> {
    let words = split_words(segment);
    let (first, last) = (words.first()?.as_str(), words.last()?.as_str());
    match (first, last) {
        (_, "login" | "signin") => Some("sign-in"),
        (_, "registration" | "signup" | "reg") => Some("sign-up"),
        (_, "logout" | "signout") => Some("sign-out"),
        (_, "callback") => Some("OAuth"),
        (_, "webhook") => Some("webhook"),
        ("forgot" | "forget", _) => Some("password reset"),
        ("resend", _) | ("verify", "token" | "email" | "code" | "account" | "phone" | "link") | (_, "verification") => {
            Some("confirmation of an address")
        }
        _ => None,
    }
}

/// Procedures are named by whole phrases: `acceptInviteRoute`, `removeFieldWithToken`.
fn public_procedure(name: &str) -> Option<&'static str> {
    const PHRASES: [(&str, &str); 16] = [
        ("signin", "sign-in"),
        ("login", "sign-in"),
        ("signup", "sign-up"),
        ("register", "sign-up"),
        ("signout", "sign-out"),
        ("logout", "sign-out"),
        ("resetpassword", "password reset"),
        ("forgotpassword", "password reset"),
        ("verifyemail", "confirmation of an address"),
        ("verification", "confirmation of an address"),
        ("bytoken", "secret in the call"),
        ("withtoken", "secret in the call"),
        ("acceptinvit", "secret in the call"),
        ("declineinvit", "secret in the call"),
        ("userinvite", "secret in the call"),
        ("webhook", "webhook"),
    ];
    PHRASES.iter().find(|(phrase, _)| name.contains(phrase)).map(|(_, why)| *why)
}

/// `/invitations/:token`: whoever knows the path was given it.
fn has_secret_parameter(path: &Text) -> bool {
    path.pieces.iter().any(|piece| match &piece.part {
        Part::Lit(text) => text.split('/').filter_map(|segment| segment.strip_prefix([':', '{', '<', '['])).any(|name| {
            let name = squeeze(name);
            name.contains("token")
                || ["shareid", "sharekey", "sharecode", "shareslug", "hash", "signature", "otp"].iter().any(|word| name.starts_with(word))
        }),
        Part::Hole(_) => false,
    })
}

/// Whether a path ends in the collection of accounts, outside of an operator's corner.
pub fn is_of_accounts(path: &Text) -> bool {
    let segments = literal_segments(path);
    let is_admin = segments.iter().any(|segment| matches!(segment.as_str(), "admin" | "internal"));
    !is_admin
        && makes_new(&segments)
            .or_else(|| segments.last().map(String::as_str))
            .is_some_and(|last| matches!(last, "users" | "user" | "accounts" | "account" | "customers" | "members"))
}

/// What a path makes a new one of: `users` of `/users/new`.
fn makes_new(segments: &[String]) -> Option<&str> {
    match segments {
        [.., what, last] if last == "new" => Some(what),
        _ => None,
    }
}

/// The known segments of a path in lower case, without `-` and `_`; parameters are left out.
fn literal_segments(path: &Text) -> Vec<String> {
    let mut whole = String::new();
    for piece in &path.pieces {
        match &piece.part {
            Part::Lit(text) => whole.push_str(text),
            Part::Hole(_) => whole.push_str(":hole"),
        }
    }
    whole.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with([':', '{', '<', '*', '['])).map(squeeze).collect()
}

fn squeeze(word: &str) -> String {
    word.chars().filter(|letter| !matches!(letter, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Whether a path names stored or personal data, or an operator's corner.
pub fn is_sensitive(path: &Text) -> bool {
    let words = &*WORDS;
    let mut whole = String::new();
    for piece in &path.pieces {
        match &piece.part {
            Part::Lit(text) => whole.push_str(text),
            Part::Hole(_) => whole.push_str(":hole"),
        }
    }
    let is_known = |segment: &&str| !segment.starts_with([':', '{', '<', '*', '[']);
    let sensitive = |segment: &str| split_words(segment).iter().any(|word| words.sensitive.contains(word.as_str()));
    whole.split('/').filter(is_known).any(sensitive)
}

/// Whether a route that reads shows what is known of people, to whom nothing of it is meant to be shown: an operator's
/// corner, a whole collection of accounts or orders.
pub fn shows_people(route: &Route) -> bool {
    let segments = literal_segments(&route.path);
    let is_list = || last_literal(&route.path).is_some_and(|last| ends_in(&route.path, &last));
    segments.iter().any(|segment| matches!(segment.as_str(), "admin" | "administration"))
        || is_list() && segments.last().is_some_and(|last| last.ends_with('s') && WORDS.personal.contains(last.as_str()))
        || lists_people(route)
}

/// Whether a path ends in a segment, with no parameter behind it.
fn ends_in(path: &Text, last: &str) -> bool {
    path.pieces.last().is_some_and(|piece| matches!(&piece.part, Part::Lit(text) if text.trim_end_matches('/').ends_with(last)))
}

/// Whether a handler reads a whole collection of people or of what they own: `db.subscriber.findMany()`.
fn lists_people(route: &Route) -> bool {
    let lists = |call: &CallSite| {
        let [.., of, what] = call.callee.path.as_slice() else { return false };
        let model = of.split('@').next().unwrap_or(of);
        WORDS.listing.contains(what.as_str()) && split_words(model).iter().any(|word| WORDS.personal.contains(word.as_str()))
    };
    route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "QUERY"))
        && route.body.as_ref().is_some_and(|body| body.calls.iter().any(lists))
}

/// Whether a path is that of an empty form: `/users/new`.
pub fn is_empty_form(path: &Text) -> bool {
    last_literal(path).as_deref() == Some("new")
}

/// Whether the last word of a path says that nothing is written although it is a POST.
pub fn only_reads(path: &Text) -> bool {
    last_literal(path).is_some_and(|last| split_words(&last).iter().any(|word| WORDS.reading.contains(word.as_str())))
}

/// Whether neither a route's method nor its handler says that something is changed.
pub(super) fn changes_nothing(route: &Route) -> bool {
    let asks = |method: &SmolStr| matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "QUERY");
    let is_post = |method: &SmolStr| method == "POST";
    let changes = |call: &CallSite| split_words(call.callee.last()).first().is_some_and(|verb| WORDS.changing.contains(verb.as_str()));
    let handled = |body: &Arc<Func>| !body.writes && !body.calls.iter().any(changes);
    route.methods.iter().all(asks) || route.methods.iter().all(is_post) && route.body.as_ref().is_some_and(handled)
}

/// Words of a path: at slashes, dashes, underscores, dots, and where a capital begins.
fn split_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            was_lower = letter.is_lowercase();
            words.last_mut().into_iter().for_each(|word| word.extend(letter.to_lowercase()));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
