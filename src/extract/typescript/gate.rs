//! Whether a file that names no library is worth parsing for what it tells: a word for a secret in a call that logs, or
//! in one that asks a server over plain HTTP.

/// Bytes of a call that are looked at.
const MAX_CALL: usize = 240;
/// What begins a call that logs.
const LOGS: [&str; 3] = ["console.", "logger.", "log."];
/// What begins an address on plain HTTP.
const PLAIN: [&str; 3] = ["'http://", "\"http://", "`http://"];
const SECRETS: [&str; 11] =
    ["assword", "passwd", "ecret", "oken", "pikey", "pi_key", "PI_KEY", "piKey", "redential", "cvv", "uthorization"];

/// Whether a word for a secret stands where something is told, or the whole environment does.
pub(super) fn may_tell_secrets(text: &str) -> bool {
    let is_told = |beginning: &str, also: &[&str]| {
        text.match_indices(beginning).any(|(at, _)| {
            let call = beginning_of(&text[at..]);
            SECRETS.iter().chain(also).any(|word| call.contains(word))
        })
    };
    LOGS.iter().any(|log| is_told(log, &["process.env)"])) || PLAIN.iter().any(|start| is_told(start, &[]))
}

/// As much of a call as is looked at.
fn beginning_of(text: &str) -> &str {
    let mut most = MAX_CALL.min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    &text[..most]
}
