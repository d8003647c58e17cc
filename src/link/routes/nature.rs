//! `rules/tables/public-routes.toml`: which routes anybody may call by nature, and which are worth
//! protecting although they only read.

mod fits;
mod people;
mod phrases;

use std::sync::{Arc, LazyLock};

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

pub use self::people::{
    hands_out_all, is_of_accounts, is_sensitive, names_people, reads_rows, shows_people, tells_how_to_reach, tells_of_people,
};
use crate::ir::{CallSite, Func, Guard, Part, Ref, Route, Scope, Text};
use crate::lower::belongings;
use crate::tables::table;
pub(super) use phrases::creates;
use phrases::{public_phrase, public_procedure, registers};

#[derive(Default)]
struct Words {
    last: FxHashMap<&'static str, &'static str>,
    any: FxHashMap<&'static str, &'static str>,
    sensitive: FxHashSet<&'static str>,
    reading: FxHashSet<&'static str>,
    changing: FxHashSet<&'static str>,
    offered: FxHashSet<&'static str>,
    listing: FxHashSet<&'static str>,
    deleting: FxHashSet<&'static str>,
    bulk: FxHashSet<&'static str>,
    left: FxHashSet<&'static str>,
    forms: FxHashSet<&'static str>,
    tracked: FxHashSet<&'static str>,
    columns: FxHashSet<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    let Some(rows) = table("public-routes") else { return words };
    for row in rows.list("public") {
        let into = if row.text("at") == "any" { &mut words.any } else { &mut words.last };
        into.extend(row.texts("words").map(|word| (word, row.text("why"))));
    }
    for (key, into) in [
        ("sensitive", &mut words.sensitive),
        ("reading", &mut words.reading),
        ("changing", &mut words.changing),
        ("offered", &mut words.offered),
        ("listing", &mut words.listing),
        ("deleting", &mut words.deleting),
        ("bulk", &mut words.bulk),
        ("left", &mut words.left),
        ("forms", &mut words.forms),
        ("tracked", &mut words.tracked),
        ("columns", &mut words.columns),
    ] {
        into.extend(rows.get(key).into_iter().flat_map(|row| row.texts("words")));
    }
    words
});

/// Why anybody may call a route, if that is its nature.
pub(super) fn public(route: &Route) -> Option<&'static str> {
    let by_deed = || match () {
        () if is_form(route) || is_left_behind(route) => Some("contact form"),
        () if limits_strangers(route) => Some("limited by itself, for strangers"),
        () if begins_oauth(route) => Some("OAuth"),
        () if takes_webhook(route) => Some("webhook"),
        () => None,
    };
    let named = by_name(route).map(|why| if why == "OAuth" && fits::is_called_back(route) { "webhook" } else { why });
    named.filter(|why| fits::fits(route, why)).or_else(by_deed)
}

/// Whether an action on a plain client counts itself how often it is called, which is asked of strangers.
fn limits_strangers(route: &Route) -> bool {
    // What a client is handed has no name of its own.
    let is_of_client = |body: &Arc<Func>| body.name.is_empty() && route.methods.iter().all(|method| method == "ACTION");
    let limits = |body: &Arc<Func>| body.calls.iter().any(|call| squeeze(call.callee.last_named()).contains("ratelimit"));
    route.body.as_ref().is_some_and(|body| is_of_client(body) && limits(body))
}

/// Whether all that a handler is for is to send its caller to where they give their consent, with a state of its own.
fn begins_oauth(route: &Route) -> bool {
    let makes_state = |call: &CallSite| {
        let name = squeeze(call.callee.last_named());
        name.contains("oauthstate") || name.ends_with("consenturl") || name == "generatestate" || name == "createauthorizationurl"
    };
    let sends = |call: &CallSite| call.callee.last() == "redirect";
    route.methods.iter().all(|method| method == "GET")
        && !has_parameter(&route.path)
        && route.body.as_ref().is_some_and(|body| body.calls.iter().any(makes_state) && body.calls.iter().any(sends) && !body.alters)
}

/// Whether all that a handler calls is the function of the application's own that takes webhooks: `handleWebhookRoute(request)`.
fn takes_webhook(route: &Route) -> bool {
    let takes = |call: &CallSite| {
        let words = split_words(call.callee.last_named());
        words.first().is_some_and(|verb| matches!(verb.as_str(), "handle" | "process" | "receive"))
            && words.iter().any(|word| word == "webhook")
    };
    let is_plain = |call: &CallSite| takes(call) || call.callee.scope == Scope::Global;
    route.methods.iter().all(|method| method == "POST")
        && route.body.as_ref().is_some_and(|body| body.calls.iter().any(takes) && body.calls.iter().all(is_plain))
}

/// Whether strangers send something by a path's own word: `POST /enquiry`, `POST /waiting-list`.
fn is_form(route: &Route) -> bool {
    let segments = literal_segments(&route.path);
    let is_post = route.methods.iter().all(|method| method == "POST");
    is_post
        && !is_of_operators(&route.path)
        && !has_parameter(&route.path)
        && segments.last().is_some_and(|last| WORDS.forms.contains(last.as_str()))
}

/// Whether a path leads to an operator's corner.
pub(super) fn is_of_operators(path: &Text) -> bool {
    literal_segments(path).iter().any(|segment| matches!(segment.as_str(), "admin" | "administration" | "internal"))
}

/// Whether all that a handler changes is one new row of what strangers leave behind: `db.inquiry.create(…)`.
fn is_left_behind(route: &Route) -> bool {
    let is_sent = route.methods.iter().all(|method| matches!(method.as_str(), "POST" | "ACTION" | "MUTATION"));
    let Some(body) = route.body.as_ref().filter(|_| is_sent && !has_parameter(&route.path)) else { return false };
    let mut changes = body.calls.iter().filter_map(|call| {
        let [.., of, what] = call.callee.path.as_slice() else { return None };
        sounds_like_change(what).then(|| (squeeze(of.split('@').next().unwrap_or(of)), what.as_str()))
    });
    let is_new = |(of, what): (String, &str)| WORDS.left.contains(of.as_str()) && matches!(what, "create" | "insert" | "insertOne" | "add");
    changes.next().is_some_and(is_new) && changes.next().is_none()
}

/// Whether a handler takes rows out of a collection.
pub fn deletes(route: &Route) -> bool {
    calls_any(route, &WORDS.deleting)
}

fn calls_any(route: &Route, names: &FxHashSet<&str>) -> bool {
    let is_method = |callee: &Ref| callee.path.len() > 1 || callee.module().is_some();
    let is_named = |call: &CallSite| is_method(&call.callee) && names.contains(call.callee.last());
    route.body.as_ref().is_some_and(|body| body.calls.iter().any(is_named))
}

/// Whether anybody may call an endpoint of a gateway by its nature: `GET /health`.
pub fn is_for_everybody(method: &str, path: &Text) -> bool {
    public(&Route::new(Ref::new(Scope::Global, ["gateway"]), Route::GATEWAY, method, path.clone(), 0)).is_some()
}

/// Whether a path asks for one row by its key: `/assets/user/:id`.
pub fn has_key(path: &Text) -> bool {
    let names = path.pieces.iter().filter_map(|piece| match &piece.part {
        Part::Lit(text) => Some(text),
        Part::Hole(_) => None,
    });
    let keys = names.flat_map(|text| text.split('/')).filter_map(|segment| segment.strip_prefix([':', '{', '<']));
    keys.map(|name| name.trim_end_matches(['}', '>'])).any(|name| name == "id" || name.ends_with("Id"))
}

/// Whether a path ends in the key of what somebody owns: `/invoices/:id`; people are looked at by design.
pub(super) fn is_record_of_one(path: &Text) -> bool {
    let whole = path.to_string();
    let mut ends = whole.rsplit('/');
    let is_keyed = ends.next().is_some_and(|key| key == ":id" || key.starts_with(':') && key.ends_with("Id"));
    let owned = ends.next().map(squeeze).unwrap_or_default();
    is_keyed && belongings::is_personal(&owned) && !belongings::is_people(&owned)
}

/// Whether a segment of a path is the caller's to choose; what stands before all of it is the application's own prefix.
fn has_parameter(path: &Text) -> bool {
    let is_before = |at: usize| path.pieces[..at].iter().all(|piece| matches!(&piece.part, Part::Lit(text) if text == "/"));
    path.pieces.iter().enumerate().any(|(at, piece)| match &piece.part {
        Part::Lit(text) => text.split('/').any(|segment| segment.starts_with([':', '{', '<', '['])),
        Part::Hole(_) => at + 1 == path.pieces.len() || !is_before(at),
    })
}

/// What a route is by its path and the name of its handler.
fn by_name(route: &Route) -> Option<&'static str> {
    let words = &*WORDS;
    let segments = literal_segments(&route.path);
    let is_admin = segments.iter().any(|segment| matches!(segment.as_str(), "admin" | "internal" | "debug"));
    let is_read = route.methods.iter().all(|method| method == "GET");
    let is_procedure = route.methods.iter().any(|method| matches!(method.as_str(), "QUERY" | "MUTATION" | "ACTION"));
    if is_procedure && let Some(why) = segments.last().and_then(|name| public_procedure(name)) {
        return Some(why);
    }
    // `auth.logout`: procedures are named with dots.
    let last = thing(&segments);
    let member = last.rsplit('.').next().unwrap_or(last);
    if let Some(why) = [last, member, without_variant(last)].iter().find_map(|name| words.last.get(name)) {
        return Some(why);
    }
    if is_admin {
        return None;
    }
    if let Some(why) = last_literal(&route.path).and_then(|last| public_phrase(&last)) {
        return Some(why);
    }
    let is_query = || route.methods.iter().all(|method| method == "QUERY");
    if (is_read || is_query()) && last_literal(&route.path).is_some_and(|last| is_offered_kind(&last)) {
        return Some("what is offered to all");
    }
    let asks = route.only_looks_up || only_reads(&route.path) && route.body.as_ref().is_some_and(|body| !body.writes);
    let looks_up = is_read || asks && route.methods.iter().all(|method| method == "POST");
    if words.offered.contains(last) && looks_up && !is_of_somebody(&route.path) {
        return Some("what is offered to all");
    }
    if let [.., "auth", "pin" | "code" | "otp" | "magic" | "challenge"] = segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        && draws_code(route)
    {
        return Some("sign-in");
    }
    if sends_code(route, &segments) {
        return Some("sign-in");
    }
    if let [.., what, "start" | "begin" | "initiate"] = segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        && ["auth", "login", "signin", "sso", "oauth"].iter().any(|end| what.ends_with(end))
    {
        return Some("sign-in");
    }
    if let Some("authrequests" | "loginrequests" | "signinrequests") = segments.last().map(String::as_str)
        && route.methods.iter().all(|method| method == "POST")
        && !has_parameter(&route.path)
    {
        return Some("sign-in");
    }
    if let [.., what, "accept" | "redeem" | "decline"] = segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        && what.starts_with("invit")
    {
        return Some("secret in the call");
    }
    if let [.., "password" | "passwords", "request" | "requestreset" | "recover" | "lost"] =
        segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
    {
        return Some("password reset");
    }
    if registers(route, &segments) {
        return Some("sign-up");
    }
    if makes_new(&segments).is_some_and(|what| ["signup", "signups", "registration", "registrations"].iter().any(|end| what.ends_with(end)))
    {
        return Some("sign-up");
    }
    let is_code = || is_read && route.path.to_string().ends_with("/:code");
    if has_secret_parameter(&route.path) || is_code() {
        return Some("secret in the path");
    }
    let name = route.body.as_ref().map(|func| squeeze(&func.name)).filter(|name| !name.is_empty());
    let named = name.or_else(|| route.handler.as_ref().and_then(|handler| handler.as_ref()).map(|name| squeeze(name.last())));
    if let Some(why) = named.and_then(|name| words.last.get(name.as_str()).copied()) {
        return Some(why);
    }
    // No other service calls a procedure of tRPC.
    let is_procedure = route.framework == Route::PROCEDURE;
    let why = segments.iter().find_map(|segment| words.any.get(segment.as_str()).copied());
    why.filter(|why| !(is_procedure && *why == "webhook"))
}

/// `activePaymentMethods`, `available-currencies`: the kinds of something that there are to choose from.
fn is_offered_kind(segment: &str) -> bool {
    let words = split_words(segment);
    let begins = |word: &String| matches!(word.as_str(), "active" | "available" | "eligible" | "supported" | "enabled");
    let ends = |word: &String| {
        matches!(word.as_str(), "methods" | "types" | "options" | "providers" | "countries" | "currencies" | "languages" | "locales")
    };
    words.first().is_some_and(begins) && words.last().is_some_and(ends)
}

/// Whether a handler draws a number, as one does that sends a code to sign in with.
fn draws_code(route: &Route) -> bool {
    let draws = |call: &CallSite| matches!(call.callee.last(), "randomInt" | "randomBytes" | "random" | "generate" | "customAlphabet");
    route.body.as_ref().is_some_and(|body| body.calls.iter().any(draws))
}

/// Whether a handler below what is about signing in sends its caller a code: `POST /auth/sms`, `POST /auth/email/send`.
fn sends_code(route: &Route, segments: &[String]) -> bool {
    let is_sent = route.methods.iter().all(|method| method == "POST") && !has_parameter(&route.path);
    let is_about = || segments.iter().any(|segment| matches!(segment.as_str(), "auth" | "login" | "signin" | "signup" | "register"));
    let sends = |call: &CallSite| {
        let words = split_words(call.callee.last_named());
        words.first().is_some_and(|verb| matches!(verb.as_str(), "send" | "issue" | "request" | "mail" | "text" | "dispatch"))
            && words.last().is_some_and(|what| matches!(what.as_str(), "code" | "otp" | "pin" | "passcode"))
    };
    is_sent && is_about() && route.body.as_ref().is_some_and(|body| body.calls.iter().any(sends))
}

/// `register` of `register-fixed`, `login` of `loginv2`: a path that is there in several forms.
fn without_variant(last: &str) -> &str {
    const FORMS: [&str; 14] =
        ["fixed", "insecure", "secure", "unsafe", "safe", "vulnerable", "vuln", "patched", "legacy", "old", "v1", "v2", "v3", "v4"];
    FORMS.iter().find_map(|form| last.strip_suffix(form)).unwrap_or(last)
}

/// Whether a path ends in whose it is: `/plans/:household`.
fn is_of_somebody(path: &Text) -> bool {
    let whole = path.to_string();
    let key = whole.rsplit('/').next().and_then(|last| last.strip_prefix(':')).map(squeeze);
    key.is_some_and(|key| {
        let key = key.trim_end_matches("id");
        belongings::is_people(key) || matches!(key, "household" | "family" | "team" | "tenant" | "organization" | "company")
    })
}

/// The segment that says what a path is: `contact` of `/contact/add`, `otp` of `/otp/send`.
fn thing(segments: &[String]) -> &str {
    match segments {
        [.., what, verb]
            if matches!(
                (what.as_str(), verb.as_str()),
                ("contact" | "contactus", "send" | "add" | "submit")
                    | ("otp", "send")
                    | ("newsletter", "add")
                    | ("login" | "signin" | "logout" | "signout", "mobile" | "web" | "app" | "desktop")
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

/// Whether one thing is looked up by a number that whoever ordered, booked or sent it was given, signed in or not:
/// `GET /track-order/:number`, `GET /guest/bookings/:reference`.
pub(super) fn may_be_for_guests(route: &Route) -> bool {
    let path = route.path.to_string();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_key = |segment: &&str| segment.starts_with([':', '{', '<', '[']);
    let looks_up = |pair: &[&str]| {
        let words = split_words(pair[0]);
        !is_key(&pair[0])
            && is_key(&pair[1])
            && words.first().into_iter().chain(words.last()).any(|word| WORDS.tracked.contains(word.as_str()))
    };
    let is_of_guests = || segments.iter().any(|segment| matches!(*segment, "guest" | "guests")) && segments.last().is_some_and(is_key);
    route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "QUERY")) && (segments.windows(2).any(looks_up) || is_of_guests())
}

/// Whether a path is that of one cart or of what is in it, which guests of a shop have too.
pub(super) fn is_cart(path: &Text) -> bool {
    let segments = literal_segments(path);
    let holder = match segments.as_slice() {
        [.., cart, within] if matches!(within.as_str(), "items" | "item" | "products" | "lines") => Some(cart),
        segments => segments.last(),
    };
    holder.is_some_and(|segment| matches!(segment.as_str(), "cart" | "basket"))
}

/// Whether a handler is handed its caller's session, and asks for nothing by a key: `@Put('mine') put(@Session() session)`.
pub(super) fn is_of_own_session(route: &Route) -> bool {
    let is_session = |body: &Arc<Func>| body.params.iter().flat_map(|param| &param.markers).any(|marker| marker.last() == "Session");
    !has_parameter(&route.path) && route.body.as_ref().is_some_and(is_session)
}

/// Whether what stands in front of a handler keeps files: `upload.single('image')` of multer.
pub fn takes_files(route: &Route) -> bool {
    let keeps = |guard: &Guard| {
        let called = guard.what.as_call().map(|call| &call.callee);
        called.is_some_and(|callee| callee.path.len() > 1 && matches!(callee.last(), "single" | "array" | "fields" | "any"))
    };
    route.chain.iter().any(keeps)
}

/// Whether a path is that of an empty form: `/users/new`.
pub fn is_empty_form(path: &Text) -> bool {
    last_literal(path).as_deref() == Some("new")
}

/// Whether the last word of a path says that nothing is written although it is a POST.
pub fn only_reads(path: &Text) -> bool {
    last_literal(path).is_some_and(|last| split_words(&last).iter().any(|word| WORDS.reading.contains(word.as_str())))
}

/// Whether the verb of a callee says that it changes something.
pub(super) fn sounds_like_change(callee: &str) -> bool {
    split_words(callee).first().is_some_and(|verb| WORDS.changing.contains(verb.as_str()))
}

/// Whether neither a route's method nor its handler says that something is changed.
pub(super) fn changes_nothing(route: &Route) -> bool {
    let asks = |method: &SmolStr| matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "QUERY");
    let is_post = |method: &SmolStr| method == "POST";
    let handled = |body: &Arc<Func>| !body.writes && !body.calls.iter().any(|call| sounds_like_change(call.callee.last()));
    route.methods.iter().all(asks) || route.methods.iter().all(is_post) && route.body.as_ref().is_some_and(handled)
}

/// Words of a path: at slashes, dashes, underscores, dots, and where a capital begins.
pub fn split_words(text: &str) -> Vec<String> {
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
