//! Places where a secret stands without a key that names it: command-line options, arguments of
//! calls, members of a JSON Web Key, whole files, lines of `.pgpass`.

use std::ops::Range;

use super::randomness;

/// Bytes that are looked at around an anchor.
const WINDOW: usize = 400;

/// The quoted text that stands `index` arguments after an opening parenthesis at `at`.
pub(super) fn quoted_argument(text: &[u8], at: usize, index: usize) -> Option<Range<usize>> {
    let rest = &text[at..(at + WINDOW).min(text.len())];
    let mut seen = 0;
    let mut here = 0;
    while here < rest.len() && rest[here] != b'\n' {
        let quote = rest[here];
        if matches!(quote, b'"' | b'\'' | b'`') {
            let length = memchr::memchr(quote, &rest[here + 1..])?;
            if seen == index {
                return Some(at + here + 1..at + here + 1 + length);
            }
            here += length + 1;
        }
        match rest[here] {
            b',' => seen += 1,
            b')' | b';' => return None,
            _ => {}
        }
        here += 1;
    }
    None
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
    (length >= 4).then_some(begin..begin + length)
}

/// The private member of the JSON Web Key whose `kty` stands at `at` (RFC 7517): `d`, or `k` of a
/// symmetric one. Also says whether it is symmetric.
pub(super) fn jwk(text: &[u8], at: usize) -> Option<(Range<usize>, bool)> {
    const MAX_JWK: usize = 4096;
    let floor = at.saturating_sub(MAX_JWK);
    let open = floor + memchr::memrchr(b'{', &text[floor..at])?;
    let rest = &text[open..(open + 2 * MAX_JWK).min(text.len())];
    let object = &rest[..memchr::memchr(b'}', rest)?];
    // Else the object ended before `kty`, which then belongs to none.
    let kty = object.get(at - open..)?;
    let kty = &kty[..kty.len().min(24)];
    let symmetric = memchr::memmem::find(kty, b"oct\"").or_else(|| memchr::memmem::find(kty, b"oct'")).is_some();
    let name = if symmetric { b'k' } else { b'd' };
    let mut from = 0;
    while let Some(found) = memchr::memchr(name, &object[from..]).map(|found| from + found) {
        from = found + 1;
        let before = object[found - 1];
        let mut next = found + 1;
        if matches!(before, b'"' | b'\'') {
            next += usize::from(object.get(next) == Some(&before));
        } else if !(before.is_ascii_whitespace() || matches!(before, b',' | b'{')) {
            continue;
        }
        while object.get(next).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b':') {
            next += 1;
        }
        if !matches!(object.get(next), Some(b'"' | b'\'')) || object[found + 1..next].iter().all(|byte| *byte != b':') {
            continue;
        }
        let value = &object[next + 1..];
        let length = value.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
        if length >= 20 && matches!(value.get(length), Some(b'"' | b'\'')) && randomness::looks_random(&value[..length]) {
            return Some((open + next + 1..open + next + 1 + length, symmetric));
        }
    }
    None
}

/// `user:password@tcp(host)` of Go's driver for `MySQL`, whose `@tcp(` stands at `at`.
pub(super) fn go_dsn(text: &[u8], at: usize) -> Option<Range<usize>> {
    let floor = at.saturating_sub(200);
    let start = floor + text[floor..at].iter().rposition(|byte| byte.is_ascii_whitespace() || b"\"'`=/".contains(byte))? + 1;
    let colon = start + memchr::memchr(b':', &text[start..at])?;
    (colon + 1 < at).then_some(colon + 1..at)
}

/// The signature of an Azure shared access signature, whose `sig=` begins at `at`.
pub(super) fn azure_sas(text: &[u8], at: usize) -> Option<Range<usize>> {
    let around = &text[at.saturating_sub(WINDOW)..(at + WINDOW).min(text.len())];
    memchr::memmem::find(around, b"sv=20").or_else(|| memchr::memmem::find(around, b"sr="))?;
    let start = at + b"sig=".len();
    let rest = &text[start..(start + 120).min(text.len())];
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"%+/=".contains(byte)).count();
    (length >= 40).then_some(start..start + length)
}

/// The secret of a file that holds nothing else, by its name: its place, detector and name.
pub(super) fn whole_file(path: &str, text: &str) -> Option<(Range<usize>, &'static str, &'static str)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let value = text.trim();
    let start = text.len() - text.trim_start().len();
    let span = start..start + value.len();
    let one_word = !value.is_empty() && value.len() <= 256 && !value.contains(char::is_whitespace);
    let is_hex = value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name {
        "master.key" | "production.key" | "staging.key" if is_hex => Some((span, "rails-master-key", "Rails master key")),
        _ if one_word && is_vault_password_file(name) => Some((span, "ansible-vault-password", "Ansible Vault password")),
        _ if one_word && value.len() >= 12 && is_token_file(name) && randomness::looks_random(value.as_bytes()) => {
            Some((span, "token-file", "token in a file of its own"))
        }
        _ => None,
    }
}

fn is_vault_password_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace('-', "_");
    ["vault_pass", "vault_password", "vaultpass"].iter().any(|stem| lower.trim_start_matches('.').starts_with(stem))
        && !lower.ends_with(".py")
        && !lower.ends_with(".sh")
}

fn is_token_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.trim_start_matches('.').split('.').next().unwrap_or_default();
    ["token", "secret", "password", "apikey", "api_key", "passwd", "vault-token"].contains(&stem)
        || stem.ends_with("_token")
        || stem.ends_with("-token")
        || stem.ends_with("_password")
}

/// The passwords of the lines of `.pgpass`: `host:port:database:user:password`.
pub(super) fn pgpass(path: &str, text: &str) -> Vec<Range<usize>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if !matches!(name, ".pgpass" | "pgpass.conf" | "pgpass") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        if let Some((head, password)) = body.rsplit_once(':').filter(|(head, _)| !body.starts_with('#') && head.matches(':').count() == 3) {
            found.push(at + head.len() + 1..at + head.len() + 1 + password.len());
        }
        at += line.len();
    }
    found
}

/// A run of base64 around `at`, if it is long enough to hold something.
pub(super) fn base64_around(text: &[u8], at: usize) -> Option<Range<usize>> {
    const MAX_RUN: usize = 8192;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let floor = at.saturating_sub(MAX_RUN);
    let start = text[floor..at].iter().rposition(|byte| !is_base64(byte)).map_or(floor, |found| floor + found + 1);
    let rest = &text[at..(at + MAX_RUN).min(text.len())];
    let end = at + rest.iter().take_while(|byte| is_base64(byte)).count();
    let padding = text[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    (end - start >= 24).then_some(start..end + padding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_found_without_keys() {
        let text = "SetBasicAuth(\"bob\", \"pw-42\")";
        assert_eq!(quoted_argument(text.as_bytes(), 13, 1).map(|span| &text[span]), Some("pw-42"));
        let text = "mysql -u root -phunter2 db";
        assert_eq!(option(text.as_bytes(), 0, b" -p", true).map(|span| &text[span]), Some("hunter2"));
        assert_eq!(option(b"mysql -u root -p db", 0, b" -p", true), None);
        let text = "bob:hunter2@tcp(db:3306)/app";
        assert_eq!(go_dsn(format!("\"{text}").as_bytes(), 12).map(|span| span.start), Some(5));
        assert_eq!(pgpass(".pgpass", "# c\nh:5432:d:u:pw\n"), vec![15..17]);
    }
}
