//! The words of `rules/tables/guards.toml`: what a name may stand for when the body behind it is not in
//! the repository. No name makes a guard; a name only keeps a question open.

use std::sync::LazyLock;

use super::nature::split_words;
use crate::ir::{Ref, Scope};
use crate::needles::Needles;
use crate::tables::table;

/// Parts of names, by what they hint at.
struct Words {
    library: Needles,
    own: Needles,
    checks: Needles,
    limits: Needles,
    harmless: Needles,
    account: Needles,
    proves: Vec<&'static str>,
    asks: Vec<&'static str>,
    everywhere: Vec<&'static str>,
    path: Needles,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let words = table("guards").and_then(|guards| guards.get("words"));
    let of = |key: &str| -> Vec<&'static str> { words.map(|words| words.texts(key).collect()).unwrap_or_default() };
    let parts = |key: &str| Needles::new(of(key).iter().map(|word| (word.as_bytes(), true)));
    Words {
        library: parts("library"),
        own: parts("own"),
        checks: parts("checks"),
        limits: parts("limits"),
        harmless: parts("harmless"),
        account: parts("account"),
        proves: of("proves"),
        asks: of("asks"),
        everywhere: of("everywhere"),
        path: parts("path"),
    }
});

fn has_any(name: &str, words: &Needles) -> bool {
    words.stand_in(name.as_bytes())
}

/// What a called function is named for, as `verifyToken` and as `verify_token`.
fn called_for(name: &str, words: &Needles) -> bool {
    if name.contains('_') { has_any(&name.replace('_', ""), words) } else { has_any(name, words) }
}

/// Whether a library's or its export's name may stand for authentication.
pub(super) fn library_authenticates(name: &str) -> bool {
    has_any(name, &WORDS.library)
}

/// Whether a name of the application's own may stand for authentication or authorisation.
pub(in crate::link) fn may_authenticate(name: &str) -> bool {
    has_any(name, &WORDS.own)
}

/// Whether a name in the place of a path may stand for one.
pub(super) fn may_be_path(name: &str) -> bool {
    has_any(name, &WORDS.path)
}

/// Whether a called function may look an identity up or check a token.
pub(in crate::link) fn may_check(callee: &Ref) -> bool {
    callee.last() == "auth" || called_for(callee.last(), &WORDS.checks) || makes_checker(callee)
}

/// `AuthCheck::default()`: what a type of that name makes is asked next.
fn makes_checker(callee: &Ref) -> bool {
    let owner = callee.path.iter().rev().nth(1).filter(|_| callee.scope == Scope::Rust);
    // By whole words: there is a `user` in `StatusError`.
    owner.is_some_and(|owner| owner.starts_with(char::is_uppercase) && may_authenticate(&split_words(owner).join("_")))
}

/// Whether a called function asks what somebody may do, by its name: `assertAdmin(user)`, `ability.can('edit', post)`. One
/// that is named for a change of that, `updateRole`, does not.
pub(super) fn asks_rights(name: &str) -> bool {
    const RIGHTS: [&str; 12] =
        ["admin", "role", "permi", "authoriz", "polic", "abilit", "owner", "staff", "scope", "forbid", "entitle", "privileg"];
    const OTHERS: [&str; 24] = [
        "set", "update", "change", "assign", "add", "remove", "get", "list", "find", "create", "delete", "save", "map", "to", "load",
        "fetch", "by", "promote", "make", "grant", "revoke", "edit", "start", "notify",
    ];
    let words = split_words(name);
    let is_other = words.first().is_some_and(|first| OTHERS.contains(&first.as_str()));
    let says = words.iter().any(|word| RIGHTS.iter().any(|right| word.contains(right)));
    words.first().is_some_and(|first| matches!(first.as_str(), "can" | "cannot" | "may" | "allowed" | "enforce")) || says && !is_other
}

/// Whether a called function may check who sends something, by its name.
pub(super) fn may_prove_sender(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "verif",
        "signature",
        "sign",
        "construct",
        "unwrap",
        "hmac",
        "valid",
        "secret",
        "equal",
        "compare",
        "svix",
        "decrypt",
        "fetch",
        "retrieve",
        "auth",
        "token",
        "check",
    ];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// Whether a called function only reads or writes a store, a log or an answer, by its name.
pub(super) fn is_of_store(name: &str) -> bool {
    const VERBS: [&str; 30] = [
        "find",
        "create",
        "insert",
        "update",
        "upsert",
        "delete",
        "remove",
        "save",
        "json",
        "send",
        "status",
        "log",
        "error",
        "warn",
        "info",
        "debug",
        "end",
        "parse",
        "string",
        "number",
        "set",
        "where",
        "collection",
        "query",
        "run",
        "prepare",
        "to",
        "now",
        "date",
        "object",
    ];
    split_words(name).first().is_some_and(|verb| VERBS.contains(&verb.as_str()))
}

/// Whether a called function counts tries: `tooMany(email)`, `checkRateLimit(ip)`.
pub(super) fn limits(name: &str) -> bool {
    called_for(name, &WORDS.limits)
}

/// Whether a name stands for what middleware mostly does.
pub(super) fn is_harmless(name: &str) -> bool {
    has_any(name, &WORDS.harmless)
}

/// Whether a method that a framework puts on requests only says whether the caller is known: one that goes on
/// either way turns nobody away by it.
pub(super) fn only_asks(callee: &Ref) -> bool {
    is_of_request(callee) && WORDS.asks.contains(&callee.last())
}

/// Whether a method that a framework puts on requests, or a function that it imports everywhere, throws for whoever is
/// not known.
pub(super) fn proves(callee: &Ref) -> bool {
    is_of_request(callee) && WORDS.proves.contains(&callee.last())
        || callee.scope == Scope::Global && WORDS.everywhere.contains(&callee.last())
}

/// Whether a callee may be a method of a request: a member of something that no module gives.
fn is_of_request(callee: &Ref) -> bool {
    (callee.path.len() > 1 || callee.scope == Scope::Request) && callee.module().is_none()
}

/// Whether a called function hashes a password or makes a token.
pub(super) fn makes_account(name: &str) -> bool {
    called_for(name, &WORDS.account)
}
