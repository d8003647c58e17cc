//! What a command line says: operands of options, operands by their place, what is piped into a
//! program, and the directives of network devices, which are commands too.

use std::ops::Range;

/// Bytes that are looked at around a command's name.
const WINDOW: usize = 400;

/// What `echo` on the same line writes to the program at `at`.
pub(super) fn piped(text: &[u8], at: usize, after_colon: bool) -> Option<Range<usize>> {
    let floor = at.saturating_sub(WINDOW);
    let line_start = memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |found| floor + found + 1);
    let line = &text[line_start..at];
    let pipe = memchr::memrchr(b'|', line)?;
    let echo = ["echo ", "printf "].iter().find_map(|word| Some(memchr::memmem::rfind(&line[..pipe], word.as_bytes())? + word.len()));
    let written = &line[echo.or_else(|| last_literal(&line[..pipe]))?..pipe];
    let written = &written[memchr::memmem::find(written, b"-n ").map_or(0, |flag| flag + 3)..];
    let is_edge = |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\');
    let lead = written.iter().take_while(is_edge).count();
    let tail = written[lead..].iter().rev().take_while(is_edge).count();
    let word = &written[lead..written.len() - tail];
    let skip = if after_colon { memchr::memchr(b':', word)? + 1 } else { 0 };
    let end = line_start + pipe - tail;
    (word.len() - skip >= 4 && !word.contains(&b' ')).then_some(end - (word.len() - skip)..end)
}

/// Where the literal in quotes begins that a line ends in: PowerShell writes what stands alone.
fn last_literal(line: &[u8]) -> Option<usize> {
    let (quote, inner) = line.trim_ascii_end().split_last()?;
    matches!(quote, b'"' | b'\'').then(|| memchr::memrchr(*quote, inner)).flatten()
}

/// The operand of an option on the command line that begins at `at`: `-p secret`, glued as `-psecret`.
pub(super) fn option(text: &[u8], at: usize, option: &[u8], glued: bool) -> Option<Range<usize>> {
    let rest = &text[at..(at + WINDOW).min(text.len())];
    let line = &rest[..memchr::memchr2(b'\n', b'|', rest).unwrap_or(rest.len())];
    let found = memchr::memmem::find(line, option)? + option.len();
    let spaces = line[found..].iter().take_while(|byte| **byte == b' ').count();
    if (spaces == 0) != glued {
        return None;
    }
    let start = found + spaces;
    let quote = usize::from(matches!(line.get(start), Some(b'"' | b'\'')));
    let stops = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`;&)".contains(byte);
    let length = line[start + quote..].iter().position(stops).unwrap_or(line.len() - start - quote);
    let begin = at + start + quote;
    // Of `docker run -p 27017:27017` the option is another one.
    let is_ports = text[begin..begin + length].iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    (length >= 4 && !(is_ports && text[begin..begin + length].contains(&b':'))).then_some(begin..begin + length)
}

/// The operand with this index of the command that begins at `at`, or its last one: options, which begin
/// with `-` or `/`, do not count.
pub(super) fn operand(text: &[u8], at: usize, index: Option<usize>) -> Option<Range<usize>> {
    let rest = &text[at..(at + WINDOW).min(text.len())];
    let line = &rest[..rest.iter().position(|byte| b"\n|;&`)<>".contains(byte)).unwrap_or(rest.len())];
    let mut operands = words(line).filter(|word| !matches!(line[word.start], b'-' | b'/'));
    let word = match index {
        Some(index) => operands.nth(index)?,
        None => operands.last()?,
    };
    (word.len() >= 4).then_some(at + word.start..at + word.end)
}

/// The words of a line, without the quotes around them.
fn words(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += line[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let quote = line.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\''));
        let start = at + usize::from(quote.is_some());
        let ends = |byte: &u8| quote.map_or_else(|| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\''), |quote| *byte == quote);
        let length = line.get(start..)?.iter().position(ends).unwrap_or(line.len() - start);
        at = start + length + usize::from(quote.is_some());
        (length > 0).then_some(start..start + length)
    })
}

/// The secret after a directive of a router, a switch or a VPN, which ends at `at`. The digit before it
/// says how it is kept: `0` as it is, `7` under a key that everybody has, the others hashed.
pub(super) fn directive(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..(at + WINDOW).min(text.len())];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    // `message-digest-key 1 md5 x`
    let is_form = |word: &Range<usize>| matches!(&line[word.clone()], [b'0'..=b'9'] | b"md5");
    let word = words(line).find(|word| !is_form(word))?;
    let value = &line[word.clone()];
    let value = value.strip_suffix(b";").unwrap_or(value);
    let is_drawn = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    let begins = line.iter().position(|byte| !byte.is_ascii_whitespace()) <= Some(word.start);
    (begins && value.len() >= 4 && is_drawn).then_some(at + word.start..at + word.start + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_found_by_their_option_or_place() {
        let text = "echo -n 'root:hunter2' | chpasswd";
        assert_eq!(piped(text.as_bytes(), 25, true).map(|span| &text[span]), Some("hunter2"));
        let text = "$pw = \"hunter2\" | ConvertTo-SecureString";
        assert_eq!(piped(text.as_bytes(), 18, false).map(|span| &text[span]), Some("hunter2"));
        let text = "mysql -u root -phunter2 db";
        assert_eq!(option(text.as_bytes(), 0, b" -p", true).map(|span| &text[span]), Some("hunter2"));
        assert_eq!(option(b"mysql -u root -p db", 0, b" -p", true), None);
        let text = "bc .htpasswd bob 'hunter2' && ls";
        assert_eq!(operand(text.as_bytes(), 2, None).map(|span| &text[span]), Some("hunter2"));
        assert_eq!(operand(text.as_bytes(), 2, Some(1)).map(|span| &text[span]), None, "three bytes are none");
        for (text, expected) in [
            ("0 hunter2\n", Some("hunter2")),
            ("\"hunter2\";", Some("hunter2")),
            ("1 md5 hunter2", Some("hunter2")),
            ("rotation of 7 days", None),
        ] {
            assert_eq!(directive(text.as_bytes(), 0).map(|span| &text[span]), expected, "{text}");
        }
    }
}
