//! Credentials in URLs: `postgres://user:password@host/db`, `https://token@github.com`.

use std::ops::Range;

use crate::ir::Confidence;

use super::harmless;
use super::randomness;
use super::value::Reason;

/// A password in a URL.
#[derive(Debug, PartialEq)]
pub(super) struct Credential<'t> {
    /// `postgres`, `https`.
    pub(super) scheme: &'t str,
    /// The user, empty if the password stands alone.
    pub(super) user: &'t str,
    /// The host.
    pub(super) host: &'t str,
    /// The password's bytes.
    pub(super) span: Range<usize>,
    /// Whether it is what every developer's machine has: `postgres:postgres@localhost`.
    pub(super) customary: bool,
    /// How sure it is that this is one.
    pub(super) confidence: Confidence,
}

/// Names that examples use in the place of a password.
const STAND_INS: &[&str] = &[
    "password",
    "pass",
    "passwd",
    "pwd",
    "pw",
    "p",
    "b",
    "bar",
    "secret",
    "token",
    "x",
    "xxx",
    "xxxx",
    "my-password",
    "mypassword",
    "user",
    "username",
    "userpass",
    "host",
    "key",
    "api_key",
    "apikey",
    "login",
    "authtoken",
    "access_token",
    "your_password",
    "some_password",
    "some-password",
    "key_1234",
    "mypass",
    "userpassword",
    "yourpassword",
    "db_password",
    "x-oauth-basic",
    "x-access-token",
    "tok",
    "credentials",
    "pass123",
    "pat",
];

/// Reads the URL whose `://` stands at `at`. `Err` says why a candidate is none.
pub(super) fn read(text: &[u8], at: usize) -> Option<Result<Credential<'_>, (Range<usize>, Reason)>> {
    const AFTER: usize = 3;
    let start = at + AFTER;
    let window = &text[start..(start + 400).min(text.len())];
    let stop = window.iter().position(|byte| byte.is_ascii_whitespace() || b"/\"'`<>?#\\,;|".contains(byte)).unwrap_or(window.len());
    let at_sign = window[..stop].iter().rposition(|byte| *byte == b'@')?;
    let scheme_start = text[at.saturating_sub(24)..at].iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || b"+.-".contains(byte)));
    let scheme =
        std::str::from_utf8(&text[scheme_start.map_or(at.saturating_sub(24), |found| at.saturating_sub(24) + found + 1)..at]).ok()?;
    let userinfo = std::str::from_utf8(&window[..at_sign]).ok()?;
    let host = std::str::from_utf8(&window[at_sign + 1..stop]).ok()?;
    // `scheme://[user[:password]@]host` is a grammar.
    if scheme.is_empty() || is_of_name(scheme) || host.is_empty() || userinfo.contains(['[', ']']) {
        return None;
    }
    let (user, password, offset) = match userinfo.split_once(':') {
        // `https://TOKEN:x-oauth-basic@`, `https://TOKEN:@`
        Some((user, "" | "x-oauth-basic")) if scheme.starts_with("http") && user.len() >= 8 => ("", user, 0),
        Some((user, password)) => (user, password, user.len() + 1),
        // What takes a password alone is no user.
        None if matches!(scheme, "redis" | "rediss") && userinfo.bytes().any(|byte| byte.is_ascii_digit()) => ("", userinfo, 0),
        None if scheme.starts_with("http") && randomness::looks_random(userinfo.as_bytes()) => ("", userinfo, 0),
        None => return None,
    };
    let span = start + offset..start + offset + password.len();
    let name = host.split(':').next().unwrap_or_default();
    // A name without a dot is a service of the same network.
    let local = matches!(name, "127.0.0.1" | "0.0.0.0" | "host.docker.internal") || !name.contains('.');
    let customary = local && password.eq_ignore_ascii_case(user);
    // The public key of a Sentry project, followed by the project's number.
    let is_sentry = user.is_empty() && offset == 0 && (host.contains("sentry") || window[stop..].get(1).is_some_and(u8::is_ascii_digit));
    if is_sentry && password.len() == 32 && password.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(Err((span, Reason::PublicByContext)));
    }
    Some(
        judge(password, host)
            .map(|confidence| Credential { scheme, user, host, span: span.clone(), customary, confidence })
            .map_err(|reason| (span, reason)),
    )
}

/// Schemes of addresses that name something, where nobody logs in: `at://did:plc:…`.
fn is_of_name(scheme: &str) -> bool {
    matches!(scheme, "at" | "did" | "urn" | "tag" | "doi" | "ipfs" | "ipns" | "magnet" | "acct")
}

fn judge(password: &str, host: &str) -> Result<Confidence, Reason> {
    if password.is_empty() {
        return Err(Reason::TooShort);
    }
    if harmless::is_reference(password)
        || password.contains(['$', '{', '}', '(', '*', '['])
        || matches!(password, "%s" | "%v" | "%d" | "%@")
    {
        return Err(Reason::Reference);
    }
    // `https://USERNAME:PERSONAL_ACCESS_TOKEN@` of a documentation, `http://@HOST:@PORT` of a template.
    let is_name = password.contains('_') && password.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if is_name || password.starts_with('@') {
        return Err(Reason::Placeholder);
    }
    let lower = password.to_ascii_lowercase();
    if STAND_INS.contains(&lower.as_str())
        || harmless::is_placeholder(password)
        || password.bytes().all(|byte| byte == b'x' || byte == b'*' || byte == b'.')
    {
        return Err(Reason::Placeholder);
    }
    let name = host.split(':').next().unwrap_or_default();
    let documented = ["example.com", "example.org", "example.net", "host", "hostname", "server", "domain.com", "your-host", "HOST"];
    if documented.iter().any(|known| name == *known || name.ends_with(&format!(".{known}")))
        && !randomness::looks_random(password.as_bytes())
        && !is_chosen(&lower)
    {
        return Err(Reason::Placeholder);
    }
    Ok(if randomness::looks_random(password.as_bytes()) {
        Confidence::High
    } else if password.len() < 4 {
        Confidence::Low
    } else {
        Confidence::Medium
    })
}

/// Whether a person chose a password, as its length and its digits and signs tell, and did not write what says
/// that it stands for one: `s3cret-passw0rd-1`.
fn is_chosen(lower: &str) -> bool {
    const LENGTH: usize = 10;
    const WORDS: [&str; 8] = ["pass", "secret", "word", "user", "your", "token", "change", "example"];
    let has = |kind: fn(&u8) -> bool| lower.bytes().any(|byte| kind(&byte));
    let plain = lower.replace('0', "o").replace('3', "e").replace(['4', '@'], "a").replace('1', "i").replace(['5', '$'], "s");
    lower.len() >= LENGTH
        && has(u8::is_ascii_alphabetic)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_punctuation)
        && !WORDS.iter().any(|word| plain.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find("://")?;
        read(text.as_bytes(), at)?.ok().map(|credential| &text[credential.span])
    }

    #[test]
    fn a_password_is_told_from_a_stand_in() {
        assert_eq!(found("postgres://app:s3cr3t-pw@db.internal:5432/app"), Some("s3cr3t-pw"));
        assert_eq!(found("amqp://guest:gu@st@mq/"), Some("gu@st"));
        assert_eq!(found("postgres://user:password@localhost/db"), None);
        assert_eq!(found("postgres://app:${DB_PASSWORD}@db/app"), None);
        assert_eq!(found("https://example.com/a@b"), None);
        assert_eq!(found("ssh://git@github.com/x"), None);
        assert_eq!(found("nats://mail:t1ger-Lily-90@bus.example.com"), Some("t1ger-Lily-90"));
        assert_eq!(found("nats://mail:your-password-1@bus.example.com"), None);
    }
}
