//! Text that stands encoded in a file: how to find it without decoding everything, and what it says.
//!
//! Only encodings of words that stand beside secrets are looked for, as literals of the one automaton.

use std::ops::Range;

use base64::Engine as _;

/// How a text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Base64 of either alphabet.
    Base64,
    /// Two digits a byte.
    Hex,
    /// `\x70\x61`, `\u0070\u0061`, `%70%61`.
    Escapes,
}

/// Words of which the base64 is looked for, so that no other base64 needs to be decoded.
const BASE64: &[&str] = &[
    "password",
    "Password",
    "PASSWORD",
    "passwd",
    "secret",
    "Secret",
    "SECRET",
    "token\"",
    "_TOKEN",
    "_token",
    "api_key",
    "apiKey",
    "API_KEY",
    "postgres",
    "mongodb",
    "mysql://",
    "redis://",
    "amqp://",
    "://user",
    "PRIVATE KEY",
    "NKEY SEED",
];

/// What seeds of NATS begin with: of one that is encoded by itself.
const SEEDS: &[&str] = &["SUA", "SAA", "SOA", "SNA", "SCA", "SXA", "SMA", "SVA"];

/// The same for the longer encodings.
const OTHER: &[&str] = &["passw", "Passw", "PASSW", "secret", "SECRET", "token", "TOKEN", "api_key", "://", "PRIVATE KEY"];

/// Fewer bytes hold no secret with its key.
const MIN_RUN: usize = 24;

/// The literals of the automaton.
pub(super) fn spellings() -> impl Iterator<Item = (Vec<u8>, Encoding)> {
    let seeds = SEEDS.iter().flat_map(|word| base64_spellings(word).into_iter().take(1));
    let base64 = BASE64.iter().flat_map(|word| base64_spellings(word)).chain(seeds).map(|literal| (literal, Encoding::Base64));
    let other = OTHER.iter().flat_map(move |word| {
        let mut hexes = vec![spelled(word, |byte| format!("{byte:02x}")), spelled(word, |byte| format!("{byte:02X}"))];
        hexes.dedup();
        hexes.retain(|literal| literal.len() > 6);
        let escapes = [spelled(word, |byte| format!("\\x{byte:02x}")), spelled(word, |byte| format!("\\u{byte:04x}"))];
        let percent = word.bytes().all(|byte| byte.is_ascii_lowercase()).then(|| spelled(word, |byte| format!("%{byte:02x}")));
        hexes
            .into_iter()
            .map(|literal| (literal, Encoding::Hex))
            .chain(escapes.into_iter().chain(percent).map(|literal| (literal, Encoding::Escapes)))
    });
    base64.chain(other)
}

/// A text with each of its bytes as `digits` writes it.
fn spelled(text: &str, digits: fn(u8) -> String) -> Vec<u8> {
    text.bytes().flat_map(|byte| digits(byte).into_bytes()).collect()
}

/// What base64 of a text that holds `word` holds, for each of the three ways that it may be cut.
fn base64_spellings(word: &str) -> Vec<Vec<u8>> {
    let encode = |lead: usize| {
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode([vec![b' '; lead], word.as_bytes().to_vec()].concat());
        // A character is fixed by the word if all of its six bits are.
        let first = (lead * 8).div_ceil(6);
        let last = (lead + word.len()) * 8 / 6;
        encoded.as_bytes()[first..last].to_vec()
    };
    (0..3).map(encode).collect()
}

/// The encoded text around `at`, unless it is too short to hold a secret.
pub(super) fn run(text: &[u8], at: usize, encoding: Encoding) -> Option<Range<usize>> {
    let run = match encoding {
        Encoding::Base64 => base64_around(text, at),
        Encoding::Hex => around(text, at, |byte| byte.is_ascii_hexdigit()),
        Encoding::Escapes => around(text, at, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'\\' | b'x' | b'u' | b'%')),
    };
    (run.len() >= MIN_RUN).then_some(run)
}

/// What an encoded text says, if that is text.
pub(super) fn decode(encoded: &[u8], encoding: Encoding) -> Option<String> {
    let encoded = std::str::from_utf8(encoded).ok()?;
    let raw = match encoding {
        Encoding::Base64 => super::validity::base64(encoded)?,
        Encoding::Hex => bytes_of_hex(encoded.as_bytes()).collect(),
        Encoding::Escapes => escapes(encoded.as_bytes()),
    };
    let decoded = String::from_utf8(raw).ok()?;
    let printable = decoded.chars().filter(|c| !c.is_control() || c.is_ascii_whitespace()).count();
    (printable * 10 >= decoded.chars().count() * 9).then_some(decoded)
}

fn around(text: &[u8], at: usize, keep: impl Fn(u8) -> bool) -> Range<usize> {
    let start = text[..at].iter().rposition(|byte| !keep(*byte)).map_or(0, |found| found + 1);
    start..at + text[at..].iter().take_while(|byte| keep(**byte)).count()
}

fn base64_around(text: &[u8], at: usize) -> Range<usize> {
    let run = around(text, at, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'));
    let padding = text[run.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    run.start..run.end + padding
}

fn bytes_of_hex(digits: &[u8]) -> impl Iterator<Item = u8> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0);
    digits.chunks_exact(2).map(move |pair| value(pair[0]) << 4 | value(pair[1]))
}

/// The bytes of `\x70`, `\u0070` and `%70`; what is not one is left out.
fn escapes(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 3);
    let mut at = 0;
    while at < text.len() {
        let digits = match text[at..] {
            [b'\\', b'x', ..] => at + 2..at + 4,
            // Of UTF-16 only what is Latin.
            [b'\\', b'u', b'0', b'0', ..] => at + 4..at + 6,
            [b'%', ..] => at + 1..at + 3,
            _ => at..at,
        };
        let end = digits.end.max(at + 1);
        bytes.extend(text.get(digits).into_iter().flat_map(bytes_of_hex));
        at = end;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, SourceFile};

    #[test]
    fn each_encoding_is_read() {
        let plain = "user=bob password=hunter2 host=db";
        let base64 = base64::engine::general_purpose::STANDARD.encode(plain);
        let hex = String::from_utf8(spelled(plain, |byte| format!("{byte:02X}"))).unwrap();
        let escaped = String::from_utf8(spelled(plain, |byte| format!("\\x{byte:02x}"))).unwrap();
        for (text, encoding) in [(base64, Encoding::Base64), (hex, Encoding::Hex), (escaped, Encoding::Escapes)] {
            let text = format!("x = \"{text}\"");
            let found = spellings().any(|(literal, of)| of == encoding && memchr::memmem::find(text.as_bytes(), &literal).is_some());
            assert!(found, "{encoding:?}: {text}");
            let run = run(text.as_bytes(), 8, encoding).unwrap();
            assert_eq!(decode(&text.as_bytes()[run], encoding).as_deref(), Some(plain), "{encoding:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_decoded_within_the_budget() {
        // Words of all three encodings, in one run that is base64 and hex and says nothing.
        let word: String =
            spellings().filter(|(_, of)| *of != Encoding::Escapes).map(|(literal, _)| String::from_utf8(literal).unwrap()).collect();
        let text = format!("x = \"{}\"\n{}", word.repeat(200), r"\x70\x61\x73\x73\x77 password%70%61%73%73%77 ".repeat(500));
        let file = SourceFile::new(FileId(0), "a.txt", &*text);
        let decoded = crate::secrets::count(&file).decoded;
        assert!((1..=4 * text.len()).contains(&decoded), "{decoded} bytes of {}", text.len());
    }

    #[test]
    fn a_long_encoded_text_is_read_whole() {
        let password = "q8Zr4vLxT2mWc7Ks";
        let plain = format!("{}\npassword = \"{password}\"\n{}", "filler ".repeat(4000), "more ".repeat(4000));
        let text = format!("data: {}\n", base64::engine::general_purpose::STANDARD.encode(plain));
        assert_eq!(crate::secrets::count(&SourceFile::new(FileId(0), "values.yaml", &*text)).found, 1);
    }
}
