//! Names and texts from a scanned tree on their way out: nothing in them may steer a terminal, a log
//! or a reader's eye.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character may stand in output as it is: no C0 or C1 control, no character that reorders
/// or hides text (Trojan Source, CVE-2021-42574), no line separator.
pub fn is_plain(character: char) -> bool {
    !(character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}'))
}

/// Whether a text begins like a command to a build's log: Azure Pipelines and the old form of GitHub's
/// runner act on these anywhere in a line. (`::error::` counts at the start of a line alone.)
pub fn is_log_command(text: &str) -> bool {
    text.starts_with("##[") || text.starts_with("##vso[")
}

/// The text with every character that is not plain, and the first of a log command, written as `\u{…}`;
/// tabs become a space.
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, character) in text.char_indices() {
        match character {
            '\t' => out.push(' '),
            '#' if is_log_command(&text[at..]) => out.extend(character.escape_unicode()),
            _ if is_plain(character) => out.push(character),
            _ => out.extend(character.escape_default()),
        }
    }
    Cow::Owned(out)
}

/// A path from its bytes. What is not UTF-8, what is not plain, and what would begin a log command is
/// percent-encoded, so that the name can be written anywhere; a literal `%` stays unless it would read as such an escape, so that the
/// bytes can be had back.
pub fn path_from_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let rest = &bytes[at..];
            let command = (at == 0 && rest.starts_with(b"::")) || rest.starts_with(b"##");
            if is_plain(character) && !command && !(character == '%' && is_escape(rest)) {
                out.push(character);
            } else {
                let mut buffer = [0; 4];
                percent(&mut out, character.encode_utf8(&mut buffer).as_bytes());
            }
            at += character.len_utf8();
        }
        percent(&mut out, chunk.invalid());
        at += chunk.invalid().len();
    }
    out
}

/// A path of [`path_from_bytes`] as a relative URI reference (RFC 3986): its escapes stay, and what
/// must be escaped in a URI is.
pub fn path_to_uri(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(byte) || (*byte == b':' && at > 0);
        if unreserved || (*byte == b'%' && is_escape(&bytes[at..])) {
            out.push(char::from(*byte));
        } else {
            percent(&mut out, &[*byte]);
        }
    }
    out
}

/// Whether bytes begin with `%` and two hexadecimal digits.
fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

fn percent(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "%{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(escape("plain ✓ é"), "plain ✓ é");
        assert_eq!(escape("a\x1b]0;PWN\x07\u{202e}b\tc\nd"), "a\\u{1b}]0;PWN\\u{7}\\u{202e}b c\\nd");
        assert_eq!(path_from_bytes(b"a/\xff\x1b[31m\n.tf"), "a/%FF%1B[31m%0A.tf");
        assert_eq!(escape("a ##vso[task.x]y ## b"), "a \\u{23}#vso[task.x]y ## b");
        assert_eq!(path_from_bytes(b"::error::a::b/##[x]"), "%3A:error::a::b/%23#[x]");
        assert_eq!(path_from_bytes(b"100%/%41"), "100%/%2541");
        assert_eq!(path_to_uri("100%/%2541 ä[1].tf"), "100%25/%2541%20%C3%A4%5B1%5D.tf");
    }
}
