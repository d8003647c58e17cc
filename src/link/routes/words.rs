//! The words of `rules/tables/guards.toml`: what a name may stand for when the body behind it is not in
//! the repository. No name makes a guard; a name only keeps a question open.

use std::sync::LazyLock;

use crate::ir::Ref;
use crate::tables::table;

/// Parts of names, by what they hint at.
struct Words {
    library: Vec<&'static str>,
    own: Vec<&'static str>,
    checks: Vec<&'static str>,
    harmless: Vec<&'static str>,
    account: Vec<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let of = |key: &str| table("guards").and_then(|guards| guards.get("words")).map(|words| words.texts(key).collect()).unwrap_or_default();
    Words { library: of("library"), own: of("own"), checks: of("checks"), harmless: of("harmless"), account: of("account") }
});

fn has_any(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}

/// Whether a library's or its export's name may stand for authentication.
pub(super) fn library_authenticates(name: &str) -> bool {
    has_any(name, &WORDS.library)
}

/// Whether a name of the application's own may stand for authentication or authorisation.
pub(super) fn may_authenticate(name: &str) -> bool {
    has_any(name, &WORDS.own)
}

/// Whether a called function may look an identity up or check a token.
pub(super) fn may_check(callee: &Ref) -> bool {
    callee.last() == "auth" || has_any(callee.last(), &WORDS.checks)
}

/// Whether a name stands for what middleware mostly does.
pub(super) fn is_harmless(name: &str) -> bool {
    has_any(name, &WORDS.harmless)
}

/// Whether a called function hashes a password or makes a token.
pub(super) fn makes_account(name: &str) -> bool {
    has_any(name, &WORDS.account)
}
