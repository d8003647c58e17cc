//! Whether a file that names no library is worth parsing: for a word for a secret in a call that logs or in one that asks
//! a server over plain HTTP, for random numbers where something is named that nobody may guess.

use memchr::memmem;

use crate::lower::words::names_drawn;

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

/// Whether random numbers may become something that nobody may guess: most choose a color or a place.
pub(super) fn may_be_guessed(text: &str) -> bool {
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    // A code lets somebody in by the words around it, which may stand apart.
    text.split(|char| !is_name(char)).any(|name| names_drawn(name) || name.to_ascii_lowercase().ends_with("code"))
}

/// As much of a call as is looked at.
fn beginning_of(text: &str) -> &str {
    let mut most = MAX_CALL.min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    &text[..most]
}
