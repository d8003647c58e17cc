//! What the name of a key says about its value: `DB_PASSWORD`, `jwtSecret`, `npm_token`, and on the
//! other side `password_file`, `tokenCount`, `secretName`, which hold no secret. The words are rows of
//! `rules/secrets/words.toml`.

use super::words::WORDS;

/// What a key's name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyClass {
    /// A key, a salt, a nonce that says no more than that: only what looks drawn at random is one.
    Bare,
    /// A token, an API key: drawn at random by a machine, so that a value made of words is none.
    Token,
    /// A secret, a signing or encryption key: random as a rule, chosen by a person sometimes.
    Secret,
    /// What signs sessions or tokens: whoever knows it can be anybody.
    Signing,
    /// A password: anything may be one.
    Password,
}

/// A key's words with what they promise; `None` if it promises nothing.
pub(super) fn classify(key: &str) -> Option<KeyClass> {
    if key.len() < 2 || key.len() > 120 {
        return None;
    }
    let table = &*WORDS;
    let words = words(key);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut end = words.len();
    // `db_password_prod_2`: tails are taken off, but never the whole name.
    while end > 1 && (table.tails.contains(words[end - 1]) || is_number(words[end - 1])) {
        end -= 1;
    }
    let (head, before) = words[..end].split_last()?;
    let head = head.trim_end_matches(|c: char| c.is_ascii_digit());
    // What Create React App hands to browsers; `react` alone says that the key is one of a list.
    let own = before.strip_prefix(&["react", "app"]).unwrap_or(before);
    if own.iter().any(|word| table.disarming.contains(word)) {
        return None;
    }
    let last = before.last().copied().unwrap_or_default();
    match head {
        "key" if before.is_empty() => Some(KeyClass::Bare),
        // Of Passport: a secret, or a key that verifies.
        "key" if before.ends_with(&["secret", "or"]) => Some(KeyClass::Signing),
        "key" | "keys" => {
            let is_lookup = head == "keys" || before.iter().any(|word| table.lookups.contains(word));
            table.keys.get(last).copied().or((!is_lookup).then_some(KeyClass::Bare))
        }
        // `SECURITY_CREDENTIALS` of Java's directories.
        "credentials" if last == "security" => Some(KeyClass::Password),
        "secret" | "secrets" | "salt" if before.iter().any(|word| table.signers.contains(word)) => Some(KeyClass::Signing),
        // The name of a secret of Kubernetes.
        "secret" | "secrets" if matches!(last, "tls" | "ca" | "cert" | "certs" | "certificate" | "existing" | "pull") => None,
        // `firstPass` of an encoder, `renderPass` of a shader.
        "pass" if table.passes.contains(last) => None,
        "token" if table.handles.contains(last) => None,
        // A person chooses it, as a password.
        "token" if before.contains(&"nats") => Some(KeyClass::Password),
        "auth" | "seed" | "salt" | "nonce" | "cnonce" | "iv" | "appid" | "cred" => Some(KeyClass::Bare),
        // Too short to mean anything by themselves.
        "pat" | "sas" | "dsn" if before.is_empty() => None,
        // `ECDHE-PSK-AES256`: a suite of ciphers.
        "psk" if key.contains("-PSK") => None,
        _ => table.heads.get(head).copied().or_else(|| stuck_password(head)),
    }
}

/// `wgDBpassword`: a word that ends in another, unless what stands before takes its promise back.
fn stuck_password(head: &str) -> Option<KeyClass> {
    let before = head.strip_suffix("password").or_else(|| head.strip_suffix("passwd"))?;
    (!WORDS.disarming.contains(before) && before.len() <= 8).then_some(KeyClass::Password)
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a name in lower case: `dbPassword2`, `DB_PASSWORD`, `db-password`, `db.password`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    // Where the word that goes on began.
    let mut start = None;
    let mut before = ' ';
    let mut chars = name.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_alphanumeric() {
            // A word begins at `aB`, and at the last capital of `ABc`.
            let mut next_is_small = || chars.peek().is_some_and(|(_, next)| next.is_lowercase());
            let begins =
                c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit() || (before.is_uppercase() && next_is_small()));
            if begins && let Some(start) = start.take() {
                words.push(name[start..at].to_lowercase());
            }
            start = start.or(Some(at));
        } else if let Some(start) = start.take() {
            words.push(name[start..at].to_lowercase());
        }
        before = c;
    }
    words.extend(start.map(|start: usize| name[start..].to_lowercase()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_name_decides() {
        for (key, class) in [
            ("DB_PASSWORD", Some(KeyClass::Password)),
            ("spring.datasource.password", Some(KeyClass::Password)),
            ("dbPassword2", Some(KeyClass::Password)),
            ("POSTGRES_PASSWORD_PROD", Some(KeyClass::Password)),
            ("NEXTAUTH_SECRET", Some(KeyClass::Signing)),
            ("NATS_TOKEN", Some(KeyClass::Password)),
            ("jwtSecret", Some(KeyClass::Signing)),
            ("SECRET_KEY_BASE", Some(KeyClass::Secret)),
            ("clientSecret", Some(KeyClass::Secret)),
            ("NESTRS_AUTHN__PRIVATE_KEY", Some(KeyClass::Secret)),
            ("stripeApiKey", Some(KeyClass::Token)),
            ("NPM_TOKEN", Some(KeyClass::Token)),
            ("password_file", None),
            ("passwordField", None),
            ("secretName", None),
            ("tokenCount", None),
            ("PRIMARY_KEY", None),
            ("key", Some(KeyClass::Bare)),
            ("secretOrKey", Some(KeyClass::Signing)),
            ("REACT_APP_API_KEY", Some(KeyClass::Token)),
            ("reactKey", None),
            ("client_salt", Some(KeyClass::Bare)),
            ("cache_key", None),
            ("public_key", None),
            ("forgotPassword", None),
            ("nextPageToken", None),
            ("monkey", None),
            ("wgDBpassword", Some(KeyClass::Password)),
            ("forgotpassword", None),
            ("ECDHE-PSK", None),
            ("compass", None),
        ] {
            assert_eq!(classify(key), class, "{key}");
        }
    }
}
