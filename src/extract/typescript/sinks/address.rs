//! Tests of an address that let more through than they mean: `url.startsWith('https://example.com')` lets
//! `https://example.com.evil.example` through.

use super::{called_name, maker, value_of};
use crate::extract::typescript::names::{Module, unquoted};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Whether a test of an address does not say which host it has.
pub(super) fn is_loose(test: Syntax<'_>) -> bool {
    let object = test.field(Field::Function).and_then(|function| function.field(Field::Object));
    let first = test.field(Field::Arguments).and_then(Syntax::first);
    match called_name(test) {
        "startsWith" => first.filter(|first| first.kind() == Kind::String).is_some_and(|first| is_open_beginning(unquoted(first), test)),
        "test" => object.and_then(pattern).is_some_and(is_open_pattern),
        "match" => first.and_then(pattern).is_some_and(is_open_pattern),
        _ => false,
    }
}

/// Whether a request goes out through something that a function of the application makes, or that looks names up itself: it
/// may refuse addresses of its own network. `fetch(url, { dispatcher: safeDispatcher() })`.
pub(super) fn is_sent_with_care<'t>(module: &Module<'t>, arguments: Syntax<'t>) -> bool {
    const THROUGH: [&str; 4] = ["dispatcher", "agent", "httpAgent", "httpsAgent"];
    let form = |options: Syntax<'t>| if options.kind() == Kind::As { options.first().unwrap_or(options) } else { options };
    let options = arguments.children().map(form).filter(|options| options.kind() == Kind::Object);
    let through = options.flat_map(|options| THROUGH.iter().filter_map(move |key| value_of(options, key)));
    through.filter_map(|value| maker(module, value)).any(|made| match made.kind() {
        // `new Agent({ connect: { timeout } })` connects to whatever there is.
        Kind::New => made.below().filter(|part| matches!(part.kind(), Kind::Pair | Kind::Method)).any(|part| {
            let name = part.field(Field::Key).or_else(|| part.field(Field::Name)).map_or("", unquoted);
            let is_own = part.field(Field::Value).is_none_or(|value| value.kind() != Kind::Object);
            matches!(name, "lookup" | "connect" | "createConnection") && is_own
        }),
        _ => true,
    })
}

/// The text of a pattern that is written out.
fn pattern(node: Syntax<'_>) -> Option<&str> {
    match node.kind() {
        Kind::Regex => node.text().strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map(|(pattern, _)| pattern),
        Kind::New | Kind::Call if called_name(node) == "RegExp" => {
            node.field(Field::Arguments)?.first().filter(|first| first.kind() == Kind::String).map(unquoted)
        }
        _ => None,
    }
}

/// A scheme and a host without the slash that ends it; a slash alone, where nothing asks for a second one.
fn is_open_beginning(text: &str, test: Syntax<'_>) -> bool {
    if text == "/" {
        let function = test.ancestors().find(|outer| outer.kind().is_function());
        return function.is_some_and(|function| !["'//'", "\"//\"", "[^/", "(?!"].iter().any(|sign| function.text().contains(sign)));
    }
    let host = ["https://", "http://", "//"].iter().find_map(|scheme| text.strip_prefix(scheme));
    host.is_some_and(|host| host.contains('.') && !host.contains('/'))
}

/// A pattern of an address that may stand anywhere in it, or whose dots fit any letter.
fn is_open_pattern(pattern: &str) -> bool {
    let is_of_address = pattern.contains("https") || pattern.contains("http:") || pattern.contains(":\\/\\/") || pattern.contains("://");
    // `https?:\/\/` is an address of any host.
    let names_host = pattern
        .split("//")
        .chain(pattern.split("\\/\\/"))
        .skip(1)
        .any(|rest| rest.starts_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '(' | '[' | '\\' | '.')));
    let is_anchored = pattern.starts_with('^') && !has_open_alternative(pattern);
    is_of_address && names_host && (!is_anchored || has_open_dot(pattern))
}

/// `^https:\/\/a\.example|https:\/\/b\.example`: an alternative that nothing ties to the beginning.
fn has_open_alternative(pattern: &str) -> bool {
    let mut depth = 0_i32;
    pattern.char_indices().any(|(at, char)| {
        depth += match char {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        char == '|' && depth == 0 && !pattern[at + 1..].starts_with('^')
    })
}

/// A dot between the letters of a host that no backslash stands before: `www.example\.com`.
pub(super) fn has_open_dot(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    (1..bytes.len()).any(|at| bytes[at] == b'.' && is_letter(at - 1) && is_letter(at + 1) && bytes.get(at.wrapping_sub(2)) != Some(&b'\\'))
}

#[cfg(test)]
mod tests {
    use super::is_open_pattern;

    #[test]
    fn a_pattern_of_an_address_is_anchored_and_escaped() {
        let open = [r"^https:\/\/www.example.com\/", r"https:\/\/accounts\.example\.com", r"^https:\/\/a\.io|https:\/\/b\.io"];
        let closed = [r"^https:\/\/www\.example\.com\/", r"^(https:\/\/a\.io\/|https:\/\/b\.io\/)", r"^[a-z.]+$"];
        assert!(open.into_iter().all(is_open_pattern));
        assert!(!closed.into_iter().any(is_open_pattern));
    }
}
