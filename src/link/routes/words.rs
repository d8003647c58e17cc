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
pub(super) fn may_authenticate(name: &str) -> bool {
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
