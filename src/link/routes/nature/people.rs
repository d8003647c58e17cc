//! Whose data a path or a handler shows: people's, what is theirs, and what operators alone look at.

use smol_str::SmolStr;

use super::{WORDS, has_parameter, last_literal, literal_segments, makes_new, split_words};
use crate::ir::{CallSite, Part, Route, Text};
use crate::lower::belongings;

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
    let is_known = |segment: &str| !segment.starts_with([':', '{', '<', '*', '[']);
    // `bookingTimeSlotRouter` of tRPC holds time slots.
    let is_router = |segment: &str| segment.ends_with("Router");
    let sensitive = |segment: &str| split_words(segment).iter().any(|word| words.sensitive.contains(word.as_str()));
    // What a page shows of somebody on purpose: `/teams/:teamId/logo`.
    let is_shown = |segment: &str| matches!(segment, "logo" | "logos" | "branding" | "avatar" | "avatars");
    let segments: Vec<&str> = whole.split('/').filter(|segment| !segment.is_empty()).collect();
    let says = segments.iter().enumerate().any(|(at, segment)| {
        let is_side = segments.get(at + 1).is_some_and(|next| names_side(segment) && is_collection(next));
        is_known(segment) && !is_side && if is_router(segment) { is_of_people(segment) } else { sensitive(segment) }
    });
    says && !segments.into_iter().any(is_shown)
}

/// Whether a segment names several things by its ending: `movies`, and neither `lookup` nor `settings`.
fn is_collection(segment: &str) -> bool {
    let is_one = ["ss", "us", "settings", "details", "stats", "credentials"].iter().any(|ending| segment.ends_with(ending));
    segment.ends_with('s') && !is_one && !segment.starts_with([':', '{', '<', '*', '['])
}

/// Whether a segment in front of another says for whom it is, and not what it is of: `/user/movies`, `/admin/genres`.
fn names_side(segment: &str) -> bool {
    matches!(segment, "user" | "admin" | "customer" | "client" | "member" | "guest" | "visitor" | "public")
}

/// Whether a route that reads shows what is known of people, to whom nothing of it is meant to be shown: an operator's
/// corner, a whole collection of accounts or orders.
pub fn shows_people(route: &Route) -> bool {
    let segments = literal_segments(&route.path);
    let is_list = || last_literal(&route.path).is_some_and(|last| ends_in(&route.path, &last));
    is_operators_corner(&segments, &route.path)
        || is_list() && segments.last().is_some_and(|last| last.ends_with('s') && belongings::is_personal(last))
        || lists_people(route)
}

/// Whether a path is in an operators' corner, and what it names there is theirs: `/admin/stats`. What a catalogue holds
/// (`/admin/movies`) is shown to everybody elsewhere.
fn is_operators_corner(segments: &[String], path: &Text) -> bool {
    const THEIRS: [&str; 24] = [
        "stat",
        "dashboard",
        "log",
        "report",
        "setting",
        "config",
        "metric",
        "analytic",
        "audit",
        "overview",
        "system",
        "export",
        "backup",
        "revenue",
        "sale",
        "summary",
        "count",
        "queue",
        "job",
        "database",
        "debug",
        "env",
        "secret",
        "key",
    ];
    let Some(at) = segments.iter().position(|segment| matches!(segment.as_str(), "admin" | "administration")) else { return false };
    let below = &segments[at + 1..];
    below.is_empty() || is_sensitive(path) || below.iter().any(|segment| THEIRS.iter().any(|word| segment.contains(word)))
}

/// Whether a path leads to people, or its handler reads a table of theirs, and what the handler says names how to reach
/// them or what proves who they are: `select id, name, phone from driver` behind `/drivers/:id`.
pub fn tells_of_people(path: &Text, said: &str) -> bool {
    let is_of_people = || literal_segments(path).iter().any(|segment| belongings::is_people(segment));
    tells_how_to_reach(said) && (is_of_people() || reads_people(words_of(said)))
}

/// Whether a name has a word for people in it: `getUserRole`.
pub fn names_people(name: &str) -> bool {
    split_words(name).iter().any(|word| belongings::is_people(word))
}

/// Whether a text names columns of how to reach people, or of what proves who they are.
pub fn tells_how_to_reach(said: &str) -> bool {
    words_of(said).any(|word| WORDS.columns.contains(word))
}

fn words_of(said: &str) -> impl Iterator<Item = &str> {
    said.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

/// Whether words of a handler say that it reads a table of people or of what is theirs: `FROM members`, `prisma.user.findMany`.
fn reads_people<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let is_people = |word: &str| {
        let word = word.to_ascii_lowercase();
        belongings::is_people(&word) || belongings::is_personal(&word)
    };
    let mut before = "";
    for word in words {
        let is_table =
            ["from", "join", "selectFrom", "innerJoin", "leftJoin"].iter().any(|verb| before.eq_ignore_ascii_case(verb)) && is_people(word);
        if is_table || word.starts_with("find") && is_people(before) {
            return true;
        }
        before = word;
    }
    false
}

/// Whether a path ends in a word for all that is stored: `/members/export`.
pub fn hands_out_all(path: &Text) -> bool {
    last_literal(path)
        .is_some_and(|last| split_words(&last).iter().any(|word| matches!(word.as_str(), "export" | "exports" | "backup" | "dump")))
}

/// Whether a path ends in a segment, with no parameter behind it.
fn ends_in(path: &Text, last: &str) -> bool {
    path.pieces.last().is_some_and(|piece| matches!(&piece.part, Part::Lit(text) if text.trim_end_matches('/').ends_with(last)))
}

/// Whether a handler reads a whole collection of people or of what they own: `db.subscriber.findMany()`.
pub(super) fn lists_people(route: &Route) -> bool {
    let lists = |call: &CallSite| {
        let [.., of, what] = call.callee.path.as_slice() else { return false };
        let model = of.split('@').next().unwrap_or(of);
        WORDS.listing.contains(what.as_str()) && is_of_people(model)
    };
    route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "QUERY"))
        && route.body.as_ref().is_some_and(|body| body.calls.iter().any(lists))
}

/// Whether rows of a name are people or what they own, by what the name ends in: `customerOrders`, `UserModel`; a
/// `bookingTimeSlot` is no booking.
fn is_of_people(name: &str) -> bool {
    /// What holds rows, and parts of one.
    const HOLDS: [&str; 19] = [
        "router",
        "model",
        "models",
        "repository",
        "repo",
        "dao",
        "service",
        "collection",
        "table",
        "schema",
        "entity",
        "store",
        "item",
        "items",
        "detail",
        "details",
        "history",
        "record",
        "records",
    ];
    let words = split_words(name);
    let head = words.iter().rev().find(|word| !HOLDS.contains(&word.as_str())).or(words.last());
    head.is_some_and(|word| belongings::is_personal(word))
}

/// Whether a handler reads what is stored: by a method that finds or lists, or by what the callee is named for. One that
/// is not seen may.
pub fn reads_rows(route: &Route) -> bool {
    const FINDS: [&str; 13] =
        ["find", "list", "select", "query", "search", "aggregate", "count", "group", "sql", "prepare", "many", "one", "any"];
    let words = &*WORDS;
    let reads = |call: &CallSite| {
        let is_verb = split_words(call.callee.last_named()).first().is_some_and(|verb| FINDS.contains(&verb.as_str()));
        let names =
            |part: &SmolStr| split_words(part.split('@').next().unwrap_or(part)).iter().any(|word| words.sensitive.contains(word.as_str()));
        is_verb || call.callee.path.iter().any(names)
    };
    // `loader({ params })` of `/documents/:id` takes what is asked for by its key.
    let is_keyed = |params: usize| params > 0 && has_parameter(&route.path);
    route.body.as_ref().is_none_or(|body| is_keyed(body.params.len()) || body.calls.iter().any(reads))
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
