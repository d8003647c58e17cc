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

/// The longest file of settings that is read for its constants alone, in bytes.
const MAX_SETTINGS: usize = 16 << 10;

/// Whether a file holds constants that others sign or decide with: it is called so, or their names say it.
pub(super) fn holds_constants(path: &str, text: &str) -> bool {
    const FILES: [&str; 6] = ["config", "configuration", "settings", "constants", "consts", "secrets"];
    const BEGINNINGS: [&str; 2] = ["pub const ", "pub(crate) const "];
    let of_begin = |begin: &'static str| memmem::find_iter(text.as_bytes(), begin).map(move |at| at + begin.len());
    let mut constants = BEGINNINGS.into_iter().flat_map(of_begin).peekable();
    let name =
        path.rsplit('/').map(|part| part.trim_end_matches(".rs")).find(|part| !matches!(*part, "mod" | "lib" | "src")).unwrap_or_default();
    constants.peek().is_some() && FILES.contains(&name) && text.len() < MAX_SETTINGS || constants.any(|at| decides(&text[at..]))
}

/// Whether a constant is a text or a switch that the security of something hangs on, by its name: `SIGNING_KEY: &str`.
fn decides(constant: &str) -> bool {
    const WORDS: [&str; 10] =
        ["SECRET", "PASSWORD", "TOKEN", "JWT", "SIGNING", "API_KEY", "PRIVATE_KEY", "INSECURE", "INVALID_CERT", "ORIGIN"];
    let Some((name, ty)) = constant.split_once(':') else { return false };
    let ty = ty.trim_start();
    (ty.starts_with('&') || ty.starts_with("bool")) && (name == "KEY" || WORDS.iter().any(|word| name.contains(word)))
}

/// The longest file that is read for its structs alone, in bytes.
const MAX_PRINTED: usize = 32 << 10;

/// Whether a struct whose `Debug` is derived may hold a secret, which a log of another file shows.
pub(super) fn may_print_secrets(text: &str) -> bool {
    let is_text = |rest: &str| {
        let rest = rest.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || char == '_');
        rest.strip_prefix(": ").is_some_and(|ty| ty.starts_with("String") || ty.starts_with("Option<String>"))
    };
    let is_field = |word: &str| memmem::find_iter(text.as_bytes(), word).any(|at| text.get(at..).is_some_and(is_text));
    text.len() < MAX_PRINTED && text.contains("derive(") && text.contains("Debug") && secret_words().any(is_field)
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
