//! The private member of a JSON Web Key (RFC 7517) however the key is written: as JSON, as JSON within
//! a text, as an object or arguments of a program, as YAML.

use std::ops::Range;

use super::randomness;

/// Bytes of a key on each side of its `kty` at the most.
const MAX_JWK: usize = 4096;
/// Lines of a key in YAML on each side of its `kty` at the most.
const MAX_LINES: usize = 24;

/// The private member of the key whose `kty` stands at `at`: `d`, or `k` of a symmetric one. Also says
/// whether it is symmetric.
pub(super) fn read(text: &[u8], at: usize, is_yaml: bool) -> Option<(Range<usize>, bool)> {
    let enclosed = [(b'{', b'}'), (b'(', b')')].into_iter().find_map(|(open, close)| enclosed(text, at, open, close));
    let object = enclosed.or_else(|| is_yaml.then(|| mapping(text, at)))?;
    let kty = &text[at..object.end.min(at + 24)];
    let symmetric = memchr::memmem::find(kty, b"oct").is_some_and(|found| !kty.get(found + 3).is_some_and(u8::is_ascii_alphanumeric));
    let name = if symmetric { b'k' } else { b'd' };
    let member = memchr::memchr_iter(name, &text[object.clone()]).find_map(|found| member(&text[..object.end], object.start + found))?;
    Some((member, symmetric))
}

/// What stands between the nearest brackets around a place.
fn enclosed(text: &[u8], at: usize, open: u8, close: u8) -> Option<Range<usize>> {
    let floor = at.saturating_sub(MAX_JWK);
    let start = floor + memchr::memrchr(open, &text[floor..at])?;
    let end = start + memchr::memchr(close, &text[start..(start + 2 * MAX_JWK).min(text.len())])?;
    // Else what was opened ended before the place.
    (end > at).then_some(start..end)
}

/// The lines around a place that are indented as its own is, or deeper.
fn mapping(text: &[u8], at: usize) -> Range<usize> {
    let indent = |line: &[u8]| line.iter().take_while(|byte| matches!(byte, b' ' | b'-')).count();
    let line_start = at - super::line_before(text, at).len();
    let own = indent(&text[line_start..]);
    let floor = line_start.saturating_sub(MAX_JWK);
    let mut start = line_start;
    for line in text[floor..line_start].split_inclusive(|byte| *byte == b'\n').rev().take(MAX_LINES) {
        if indent(line) < own {
            break;
        }
        start -= line.len();
    }
    let ceiling = (line_start + MAX_JWK).min(text.len());
    let lines = text[line_start..ceiling].split_inclusive(|byte| *byte == b'\n').take(MAX_LINES).take_while(|line| indent(line) >= own);
    start..line_start + lines.map(<[u8]>::len).sum::<usize>()
}

/// The value of the member whose name of one letter stands at `at`.
fn member(object: &[u8], at: usize) -> Option<Range<usize>> {
    let begins = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',' | b'{' | b'(');
    object[..at].last().filter(|byte| begins(byte))?;
    let skip = |from: usize, keep: fn(u8) -> bool| from + object[from..].iter().take_while(|byte| keep(**byte)).count();
    let sign = skip(at + 1, |byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\'));
    object.get(sign).filter(|byte| matches!(byte, b':' | b'='))?;
    let start = skip(sign + 1, |byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\' | b'>'));
    let end = skip(start, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let ends = object.get(end).is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\' | b'='));
    (end - start >= 20 && ends && randomness::looks_random(&object[start..end])).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_private_member_is_found_however_the_key_is_written() {
        let (x, d) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
        for (text, symmetric) in [
            (format!("{{\"kty\":\"EC\",\"x\":\"{x}\",\"d\":\"{d}\"}}"), false),
            (format!("{{ kty: 'OKP', d: '{d}', x: '{x}' }}"), false),
            (format!("\"{{\\\"kty\\\":\\\"oct\\\",\\\"k\\\":\\\"{d}\\\"}}\""), true),
            (format!("JWK(kty=\"EC\", x=\"{x}\", d=\"{d}\")"), false),
            (format!("jwk:\n  - kty: OKP\n    crv: Ed25519\n    x: {x}\n    d: {d}\nother: 1\n"), false),
        ] {
            let found = read(text.as_bytes(), text.find("kty").unwrap(), text.contains('\n'));
            assert_eq!(found.map(|(span, symmetric)| (&text[span], symmetric)), Some((d, symmetric)), "{text}");
        }
        for text in [format!("{{\"kty\":\"EC\",\"x\":\"{x}\"}} {{\"d\":\"{d}\"}}"), format!("a:\n  kty: OKP\n  x: {x}\nb:\n  d: {d}\n")] {
            assert_eq!(read(text.as_bytes(), text.find("kty").unwrap(), true), None, "{text}");
        }
    }
}
