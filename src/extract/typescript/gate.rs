//! Whether a file that names no library is worth parsing: for a word for a secret in a call that logs or in one that asks
//! a server over plain HTTP, for random numbers where something is named that nobody may guess.

use memchr::memmem;

use std::sync::LazyLock;

use crate::lower::words::{UNGUESSABLE as DRAWN_WORDS, names_drawn};
use crate::needles::Needles;

/// Bytes of a name before and after a word that are looked at.
const MAX_NAME: usize = 128;
/// Bytes of a call that are looked at.
const MAX_CALL: usize = 240;
/// What begins a call that logs.
const LOGS: [&str; 3] = ["console.", "logger.", "log."];
/// Words of a log that tell of a person.
const PERSONS: [&str; 7] = ["process.env)", ".email", ".phone", ".birth", ".dateOfBirth", "Address}", ".fullName"];
/// What begins an address on plain HTTP.
const PLAIN: [&str; 3] = ["'http://", "\"http://", "`http://"];
const SECRETS: [&str; 11] =
    ["assword", "passwd", "ecret", "oken", "pikey", "pi_key", "PI_KEY", "piKey", "redential", "cvv", "uthorization"];

/// What stands in every name of something that nobody may guess.
static DRAWN: LazyLock<Needles> = LazyLock::new(|| {
    let words = DRAWN_WORDS.iter().copied().chain(["code", "session", "key"]);
    Needles::new(words.map(|word| (word.as_bytes(), true)))
});

/// Whether a word for a secret stands where something is told, or the whole environment does.
pub(super) fn may_tell_secrets(text: &str) -> bool {
    let is_told = |beginning: &str, also: &[&str]| {
        memmem::find_iter(text.as_bytes(), beginning).any(|at| {
            let call = beginning_of(&text[at..]);
            SECRETS.iter().chain(also).any(|word| call.contains(word))
        })
    };
    LOGS.iter().any(|log| is_told(log, &PERSONS)) || PLAIN.iter().any(|start| is_told(start, &[]))
}

/// Whether a file of the server's own side may turn callers away from what files make routes: `app/session.server.ts`,
/// `src/lib/server/auth.ts`.
pub(super) fn may_turn_away(path: &str, text: &str) -> bool {
    let is_of_server = path.contains(".server.") || path.contains("/server/");
    is_of_server && ["redirect(", "401", "403", "getSession("].iter().any(|way| text.contains(way))
}

/// Whether a page of Next.js may send its visitor where the address says.
pub(super) fn may_send_elsewhere(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("page.") && text.contains("searchParams") && text.contains("edirect(")
}

/// Whether a file runs in a browser alone: it says so, is a component, or uses hooks of React. Nothing in it serves or asks
/// a store, whatever words of servers it names.
pub(super) fn is_of_browser(path: &str, text: &str) -> bool {
    const HOOKS: [&str; 10] = [
        "useState(",
        "useState<",
        "useEffect(",
        "useRef(",
        "useRef<",
        "useMemo(",
        "useCallback(",
        "useContext(",
        "useReducer(",
        "useNavigate(",
    ];
    let start = text.trim_start();
    start.starts_with("'use client'")
        || start.starts_with("\"use client\"")
        || path.ends_with(".vue")
        || path.ends_with(".svelte")
        || HOOKS.iter().any(|hook| memmem::find(text.as_bytes(), hook.as_bytes()).is_some())
}

/// Whether random numbers may become something that nobody may guess: most choose a color or a place.
pub(super) fn may_be_guessed(text: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let bytes = text.as_bytes();
    DRAWN.find(bytes).into_iter().any(|hit| {
        let range = hit.range();
        let before = bytes[..range.start].iter().rev().take(MAX_NAME).take_while(|byte| is_name(byte)).count();
        let after = bytes[range.end..].iter().take(MAX_NAME).take_while(|byte| is_name(byte)).count();
        let name = &text[range.start - before..range.end + after];
        // A code lets somebody in by the words around it, which may stand apart.
        names_drawn(name) || name.to_ascii_lowercase().ends_with("code")
    })
}

/// As much of a call as is looked at.
fn beginning_of(text: &str) -> &str {
    let mut most = MAX_CALL.min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    &text[..most]
}
