//! Whether a file that names no library is worth parsing for what it logs: a word for a secret somewhere
//! and a log somewhere else are in a third of all files of an application with passwords.

use memchr::memmem;

use crate::prefilter::secret_words;

use super::sites;

/// Bytes of a call that are looked at.
const MAX_CALL: usize = 400;
/// What begins the arguments of what writes something down, and what ends them.
const BEGINNINGS: [(&str, char); 4] = [("!(", ';'), ("! (", ';'), ("fs::write(", ';'), ("instrument", '{')];

/// Whether a word for a secret stands in a call that logs, or a value is shown there whole.
pub(super) fn may_log_secrets(text: &str) -> bool {
    BEGINNINGS.iter().any(|(beginning, end)| {
        memmem::find_iter(text.as_bytes(), beginning).any(|at| {
            let is_macro = beginning.starts_with('!');
            let name = if is_macro { macro_before(&text[..at]) } else { "" };
            (!is_macro || sites::is_log_macro(name)) && (name == "dbg" || shows(call_at(&text[at..], *end)))
        })
    })
}

/// The name of the macro that a `!` ends.
fn macro_before(text: &str) -> &str {
    let start = text.rfind(|char: char| !char.is_ascii_alphanumeric() && char != '_').map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default()
}

/// A call from its beginning to its end, or as much of it as is looked at.
fn call_at(text: &str, end: char) -> &str {
    let mut most = MAX_CALL.min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    let text = &text[..most];
    text.find(end).map_or(text, |at| &text[..at])
}

/// A word for a secret, or a value by `Debug`, which shows every field.
fn shows(call: &str) -> bool {
    let lower = call.to_ascii_lowercase();
    [":?", "(?", " ?"].iter().any(|sign| lower.contains(sign)) || secret_words().any(|word| lower.contains(word))
}
