//! Places where a secret stands without a key that names it: arguments of calls, connection strings,
//! whole files, lines of `.pgpass`.

use std::ops::Range;

use super::randomness;

/// Bytes that are looked at around an anchor.
const WINDOW: usize = 400;

/// Arguments of a call that are counted to find its last one.
const MAX_ARGUMENTS: usize = 12;

/// Where the last argument begins in the list of arguments that begins at `at`.
pub(super) fn last_argument(text: &[u8], at: usize) -> Option<usize> {
    (1..MAX_ARGUMENTS).map_while(|index| argument(text, at, index)).last()
}

/// Where the argument `index` begins in the list of arguments that begins at `at`.
pub(super) fn argument(text: &[u8], at: usize, index: usize) -> Option<usize> {
    let rest = &text[at..(at + WINDOW).min(text.len())];
    // Without its parenthesis a list ends with its line.
    let is_call = at > 0 && text[at - 1] == b'(';
    let (mut seen, mut depth, mut here) = (0, 0, 0);
    while seen < index {
        match rest.get(here)? {
            quote @ (b'"' | b'\'' | b'`') => here += 1 + memchr::memchr(*quote, &rest[here + 1..])?,
            b',' if depth == 0 => seen += 1,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return None,
            b')' | b']' | b'}' => depth -= 1,
            b';' => return None,
            b'\n' if !is_call => return None,
            _ => {}
        }
        here += 1;
    }
    Some(at + here)
}

/// The value of a header after its colon: to the end of the quotes or the line.
pub(super) fn rest_of_header(text: &[u8], at: usize) -> Range<usize> {
    let rest = &text[at..(at + WINDOW).min(text.len())];
    let start = rest.iter().take_while(|byte| **byte == b' ').count();
    let length = rest[start..].iter().take_while(|byte| !matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'\\')).count();
    at + start..at + start + length
}

/// `user:password@tcp(host)` of Go's driver for `MySQL`, whose `@tcp(` stands at `at`.
pub(super) fn go_dsn(text: &[u8], at: usize) -> Option<Range<usize>> {
    let floor = at.saturating_sub(200);
    let start = floor + text[floor..at].iter().rposition(|byte| byte.is_ascii_whitespace() || b"\"'`=/".contains(byte))? + 1;
    let colon = start + memchr::memchr(b':', &text[start..at])?;
    (colon + 1 < at).then_some(colon + 1..at)
}

/// The password of `user/password@…`, with which Oracle's programs and drivers name a user; it begins at `at`.
pub(super) fn oracle_user(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..(at + WINDOW).min(text.len())];
    let stop = rest.iter().position(|byte| byte.is_ascii_whitespace() || b"\"'`<>;".contains(byte)).unwrap_or(rest.len());
    let end = memchr::memchr(b'@', &rest[..stop])?;
    let slash = memchr::memchr(b'/', &rest[..end])?;
    let is_name = slash > 0 && rest[..slash].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#'));
    (is_name && slash + 1 < end).then_some(at + slash + 1..at + end)
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

/// The passwords of the lines of a server's list of users: `user:password`, as in `.htpasswd` and `shadow`.
pub(super) fn password_lines(path: &str, text: &str) -> Vec<Range<usize>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_web = name.trim_start_matches('.').starts_with("htpasswd");
    if !is_web && !matches!(name, "shadow" | "shadow-" | "gshadow" | "passwd" | "proftpdpasswd" | "ftpd.passwd" | "users.passwd") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut fields = line.trim_end().split(':');
        let (user, password) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        // `x`, `*` and `!` say that there is none here.
        if !user.is_empty()
            && !user.contains([' ', '#'])
            && password.len() >= 4
            && (is_hash(password) || (is_web && fields.next().is_none()))
        {
            found.push(at + user.len() + 1..at + user.len() + 1 + password.len());
        }
        at += line.len();
    }
    found
}

/// The passwords of the lines of `chap-secrets` and `pap-secrets`: `client server secret addresses`.
pub(super) fn point_to_point(path: &str, text: &str) -> Vec<Range<usize>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if !matches!(name, "chap-secrets" | "pap-secrets") {
        return Vec::new();
    }
    let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let secret =
        |line: &'_ str| line.split_whitespace().nth(2).map(|word| word.trim_matches('"')).map(|word| place(word)..place(word) + word.len());
    text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(secret).collect()
}

/// Whether a text is a password that was hashed to be kept: crypt(3), LDAP, the 13 bytes of DES.
pub(super) fn is_hash(text: &str) -> bool {
    let is_crypt = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    let modular = text.starts_with('$') && text.len() >= 20 && text.split('$').count() >= 4 && !text.contains([' ', '{', '(']);
    // Of 13 bytes there are words too: `organizations`.
    let is_des = text.len() == 13 && text.bytes().all(is_crypt) && randomness::looks_random(text.as_bytes());
    modular || text.starts_with("{SHA}") || text.starts_with("{SSHA}") || is_des
}

/// The keys and values below `data:` of the Kubernetes Secrets among a file's documents.
pub(super) fn secret_data(text: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let is_secret = |document: &str| document.lines().any(|line| line.trim().trim_start_matches("- ") == "kind: Secret");
    let mut found = Vec::new();
    let mut start = 0;
    for document in text.split_inclusive("\n---") {
        if is_secret(document) {
            data(document, start, &mut found);
        }
        start += document.len();
    }
    found
}

fn data(document: &str, start: usize, found: &mut Vec<(Range<usize>, Range<usize>)>) {
    let (mut at, mut inside) = (start, None);
    for line in document.split_inclusive('\n') {
        let body = line.trim_end();
        let indent = body.len() - body.trim_start().len();
        if body.trim_start() == "data:" {
            inside = Some(indent);
        } else if inside.is_some_and(|outer| indent <= outer) && !body.is_empty() {
            inside = None;
        } else if let Some((key, value)) = body.split_once(": ").filter(|(key, _)| inside.is_some() && !key.contains('#')) {
            let value = value.trim_start().trim_matches(['"', '\'']);
            let end = at + body.trim_end_matches(['"', '\'']).len();
            found.push((at + indent..at + key.len(), end - value.len()..end));
        }
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_found_without_keys() {
        let text = "SetBasicAuth(name(\"a\", 1),\n \"pw-42\")";
        assert_eq!(argument(text.as_bytes(), 13, 1).map(|at| &text[at..]), Some("\n \"pw-42\")"));
        assert_eq!(last_argument(b"(\"h\", 22, f(1), \"pw\")", 1), Some(15));
        let text = "jdbc:oracle:thin:scott/t1ger@//db:1521/x";
        assert_eq!(oracle_user(text.as_bytes(), 17).map(|span| &text[span]), Some("t1ger"));
        assert_eq!(oracle_user(b"//db.internal:1521/a@b", 0), None);
        let text = "bob:hunter2@tcp(db:3306)/app";
        assert_eq!(go_dsn(format!("\"{text}").as_bytes(), 12).map(|span| span.start), Some(5));
        assert_eq!(pgpass(".pgpass", "# c\nh:5432:d:u:pw\n"), vec![15..17]);
    }
}
