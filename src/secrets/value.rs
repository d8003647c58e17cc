//! The judgement of a value: what makes it a secret, and what makes it a reference, a placeholder, a
//! word, an identifier or a hash. Each answer is kept as a [`Reason`] for `--explain-secret`.

use crate::ir::Confidence;

use super::harmless::harmless;
use super::key::KeyClass;
use super::randomness;
use super::words::WORDS;

/// Why a candidate was reported, or was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Of a provider's fixed shape.
    Shape,
    /// Under a key that names a password, in a literal position.
    LiteralPassword,
    /// Improbable as a word under the trigram model.
    Random,
    /// Chosen by a person: words with digits or signs under a key that names a secret.
    Chosen,
    /// Empty, or too short to guard anything.
    TooShort,
    /// Read from elsewhere at run time: a variable, a template, a vault.
    Reference,
    /// Stands for a value that somebody is to fill in.
    Placeholder,
    /// Runs of one character or of neighbours in the alphabet.
    Repetitive,
    /// Says what the key says: a label, a type, a form field.
    EchoesKey,
    /// English or another language.
    NaturalLanguage,
    /// A name of code: `camelCase`, `snake_case`, a path of names.
    Identifier,
    /// A file path, a URL without credentials, a MIME type, a version, a date.
    PathOrUrl,
    /// A boolean, a number, `null`, a type's name.
    Keyword,
    /// A hash or a public value by its context: integrity, digest, commit, public key.
    PublicByContext,
    /// Already hashed for storage: bcrypt, argon2, crypt.
    PasswordHash,
    /// Encrypted at rest: SOPS, ansible-vault, sealed secrets.
    Encrypted,
    /// Not random enough for a key that a machine draws.
    LowRandomness,
    /// A path that holds no secrets by design: a lock file, translations.
    PathClass,
    /// Inside a secret that is reported already.
    Covered,
}

impl Reason {
    /// The reason as words, for the trail.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Shape => "has the shape of a provider's token",
            Self::LiteralPassword => "stands as a literal under a key that names a password",
            Self::Random => "is too improbable to be a word or an identifier",
            Self::Chosen => "looks chosen by a person, under a key that names a secret",
            Self::TooShort => "is empty or too short",
            Self::Reference => "is read from elsewhere at run time",
            Self::Placeholder => "is a placeholder",
            Self::Repetitive => "repeats or counts up",
            Self::EchoesKey => "only repeats what its key says",
            Self::NaturalLanguage => "is natural language",
            Self::Identifier => "is an identifier",
            Self::PathOrUrl => "is a path, a URL without credentials, a type or a version",
            Self::Keyword => "is a keyword, a number or a type's name",
            Self::PublicByContext => "is a hash or a public value by its context",
            Self::PasswordHash => "is hashed already",
            Self::Encrypted => "is encrypted at rest",
            Self::LowRandomness => "is not random enough for a key that a machine draws",
            Self::PathClass => "stands in a file that holds hashes or translations by design",
            Self::Covered => "is part of a secret that is reported already",
        }
    }
}

/// Where a value stands, as far as its judgement depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// A value of a configuration file.
    Config,
    /// A string literal of a program.
    Code,
    /// Running text.
    Prose,
}

/// Longer values with blanks are prose, or several values; a mnemonic of 24 words is shorter.
const LONGEST_PHRASE: usize = 256;

/// Judges the value of an assignment whose key names a secret.
pub(super) fn judge(key: &str, class: KeyClass, value: &str, position: Position) -> Result<(Reason, Confidence), Reason> {
    // First, since it is cheap: a hostile line can make every key's value run to the window's end.
    if value.len() > LONGEST_PHRASE && value.contains(' ') {
        return Err(Reason::NaturalLanguage);
    }
    // `MYSQL_ROOT_PASSWORD: 1234`: what opens a database is no time and no length.
    if class == KeyClass::Password && position == Position::Config && opens_database(key) && is_number_of_person(value) {
        return Ok((Reason::LiteralPassword, Confidence::Medium));
    }
    match harmless(key, value, position) {
        // `password: password` is a label in a program and people's choice in configuration.
        Some(Reason::EchoesKey) if class == KeyClass::Password && position == Position::Config && is_small_word(value) => {
            return Ok((Reason::LiteralPassword, Confidence::Medium));
        }
        Some(reason) => return Err(reason),
        None => {}
    }
    if class == KeyClass::Password && position == Position::Code && is_uuid(value) {
        return Err(Reason::Identifier);
    }
    // `secretKey: password` of a Kubernetes reference names an entry.
    if key == "secretKey"
        && position == Position::Config
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.'))
    {
        return Err(Reason::Identifier);
    }
    let random = randomness::looks_random(value.as_bytes());
    if is_noise(value) {
        return Ok((Reason::Random, Confidence::High));
    }
    if class == KeyClass::Bare {
        return if random && is_drawn(value) { Ok((Reason::Random, Confidence::Medium)) } else { Err(Reason::LowRandomness) };
    }
    if random && value.len() >= 12 && !(class == KeyClass::Token && names_itself(value)) {
        return Ok((Reason::Random, Confidence::High));
    }
    let (letters, digits, signs) = alphabet(value);
    let spaced = value.contains(' ');
    let mixed = letters > 0 && (digits > 0 || signs > 0);
    match class {
        KeyClass::Token if random && names_itself(value) => Err(Reason::Identifier),
        KeyClass::Token if random && value.len() >= 10 => Ok((Reason::Random, Confidence::Medium)),
        KeyClass::Bare | KeyClass::Token => Err(if spaced { Reason::NaturalLanguage } else { Reason::LowRandomness }),
        // `keyboard cat` signs many a session.
        KeyClass::Signing if spaced && position == Position::Code && value.split(' ').count() <= 3 && !key.ends_with("salt") => {
            Ok((Reason::Chosen, Confidence::Medium))
        }
        _ if spaced => passphrase(class, value, position),
        KeyClass::Password | KeyClass::Secret | KeyClass::Signing if value.len() < 4 => Err(Reason::TooShort),
        KeyClass::Password => match position {
            Position::Config => Ok((Reason::LiteralPassword, if mixed { Confidence::High } else { Confidence::Medium })),
            Position::Code if random => Ok((Reason::LiteralPassword, Confidence::High)),
            Position::Code if mixed && (digits >= 2 && is_one_name(value) || !is_identifier(value)) => {
                Ok((Reason::LiteralPassword, Confidence::High))
            }
            // A capitalised word is a label: `password: "Passwort"`.
            Position::Code if value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) => {
                Ok((Reason::LiteralPassword, Confidence::Medium))
            }
            Position::Code => Err(Reason::Identifier),
            Position::Prose if mixed && (digits >= 2 && is_one_name(value) || !is_identifier(value)) => {
                Ok((Reason::LiteralPassword, Confidence::Medium))
            }
            Position::Prose => Err(Reason::NaturalLanguage),
        },
        KeyClass::Secret | KeyClass::Signing => match position {
            Position::Config if value.len() >= 6 && !is_camel_case(value) => Ok((Reason::Chosen, Confidence::Medium)),
            // `JWT_SECRET=apple` signs.
            Position::Config if class == KeyClass::Signing && is_word_of_environment(key, value) => {
                Ok((Reason::Chosen, Confidence::Medium))
            }
            Position::Code if class == KeyClass::Signing && value.len() >= 6 && mixed && !is_identifier(value) => {
                Ok((Reason::Chosen, Confidence::Medium))
            }
            Position::Code
                if value.len() >= 8 && ((class == KeyClass::Signing && !is_camel_case(value)) || (mixed && !is_identifier(value))) =>
            {
                Ok((Reason::Chosen, Confidence::Medium))
            }
            Position::Code if value.len() >= 8 && mentions_secret(value) && !value.contains('_') && !is_camel_case(value) => {
                Ok((Reason::Chosen, Confidence::Medium))
            }
            _ => Err(Reason::LowRandomness),
        },
    }
}

/// Judges `user:password` under a key that names both: `auth: "bob:…"`.
pub(super) fn judge_pair(key: &str, value: &str) -> Option<(Reason, Confidence)> {
    const KEYS: &[&str] = &["auth", "basicauth", "basic_auth", "userpass", "userpwd", "credentials", "credential", "login"];
    let key = key.to_ascii_lowercase();
    let (user, password) = value.split_once(':').filter(|_| KEYS.iter().any(|name| key.ends_with(name)))?;
    let is_user = !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@'));
    let (letters, digits, _) = alphabet(password);
    let drawn = letters > 0 && digits > 0 && password.len() >= 6 && is_one_name(password);
    (is_user && drawn && harmless(&key, password, Position::Code).is_none()).then_some((Reason::LiteralPassword, Confidence::Medium))
}

/// A value with spaces: a sentence in most places, a passphrase under a password of a configuration file.
fn passphrase(class: KeyClass, value: &str, position: Position) -> Result<(Reason, Confidence), Reason> {
    let (_, digits, signs) = alphabet(value);
    let words = value.split(' ').count();
    let unlike_prose = digits > 0 && signs > words - 1;
    if class == KeyClass::Password && position == Position::Config && unlike_prose && words <= 3 {
        Ok((Reason::LiteralPassword, Confidence::Medium))
    } else {
        Err(Reason::NaturalLanguage)
    }
}

/// Whether a variable is the password of a database: `MYSQL_PASSWORD`, `DB_PASSWORD`.
fn opens_database(key: &str) -> bool {
    const OF: [&str; 8] = ["MYSQL", "MARIADB", "POSTGRES", "DB", "MONGO", "MSSQL", "DATABASE", "ROOT"];
    key.strip_suffix("_PASSWORD").is_some_and(|before| before.split('_').any(|word| OF.contains(&word)))
}

/// A short word under a variable that is what signs: `JWT_SECRET`, `SESSION_SECRET`.
fn is_word_of_environment(key: &str, value: &str) -> bool {
    const NONE: [&str; 9] = ["none", "true", "false", "null", "todo", "test", "dummy", "empty", "unset"];
    matches!(key, "JWT_SECRET" | "SESSION_SECRET" | "TOKEN_SECRET" | "COOKIE_SECRET" | "JWT_KEY" | "SECRET_KEY" | "JWT_SECRET_KEY")
        && value.len() >= 4
        && is_small_word(value)
        && !NONE.contains(&value)
}

/// `1234`, `123456`: a number that somebody has typed.
fn is_number_of_person(value: &str) -> bool {
    (4..=12).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_small_word(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// No path of names: under a password `silver_fox22` is one, and `errors.e404` is none.
fn is_one_name(value: &str) -> bool {
    !value.contains(['.', '/', ':', '$'])
}

/// `chunkReload`: letters alone, with a capital inside.
fn is_camel_case(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphabetic()) && value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
}

/// `AIza-test-api-key-1`: says that it is a key, and no part of it is drawn at random.
pub(super) fn names_itself(value: &str) -> bool {
    let parts = || value.split(['-', '_', '.', ':', ' ']);
    parts().filter(|part| WORDS.labels.contains(part.to_ascii_lowercase().as_str())).count() >= 2
        && !parts().any(|part| part.len() >= 8 && randomness::looks_random(part.as_bytes()))
}

/// `my-app-tls`, `feeds-api-key`: an object that holds a secret, by its name.
pub(super) fn is_resource_name(value: &str, class: KeyClass) -> bool {
    const ENDINGS: &[&str] = &[
        "secret",
        "secrets",
        "cert",
        "certs",
        "tls",
        "ca",
        "cas",
        "creds",
        "credentials",
        "key",
        "keys",
        "token",
        "tokens",
        "auth",
        "password",
        "passwords",
        "jwt",
        "config",
    ];
    // Names of objects have no capitals, or no digits between them.
    let is_phrase = value.bytes().any(|byte| byte.is_ascii_uppercase()) && value.bytes().any(|byte| byte.is_ascii_digit());
    let value = value.trim_end_matches(|c: char| c.is_ascii_digit());
    !is_phrase
        && matches!(class, KeyClass::Secret | KeyClass::Signing)
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && value.rsplit_once('-').is_some_and(|(_, last)| ENDINGS.contains(&last.to_ascii_lowercase().as_str()))
}

/// `8-4-4-4-12` hexadecimal digits: an id as a rule, a key at some providers.
fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Signs of the whole keyboard, as `WordPress` draws them: no text in any language has so few letters.
fn is_noise(value: &str) -> bool {
    let (letters, digits, signs) = alphabet(value);
    let both_cases = value.bytes().any(|byte| byte.is_ascii_lowercase()) && value.bytes().any(|byte| byte.is_ascii_uppercase());
    // A path of the registry with an id in it has signs too.
    let has_word = value.as_bytes().split(|byte| !byte.is_ascii_lowercase()).any(|run| run.len() >= 6);
    value.len() >= 32
        && digits >= 2
        && signs >= 8
        && both_cases
        && letters * 3 < value.len() * 2
        && value.matches(' ').count() < 6
        && !has_word
}

/// Whether a value under a bare `key` or `salt` was drawn at random: one run with digits in it. Ids,
/// digests, public keys, formats and names with separators were not.
fn is_drawn(value: &str) -> bool {
    // Laravel says of its key how it is written.
    let value = value.strip_prefix("base64:").unwrap_or(value);
    let is_digest = matches!(value.len(), 40 | 64 | 128) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let run =
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'!' | b'@' | b'$' | b'%' | b'&'));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    value.len() >= 12 && run && digits >= 2 && !is_digest && !value.starts_with("AAAA")
}

/// `my-secret-value`, `supersecret`: a person's idea of a secret.
fn mentions_secret(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    ["secret", "passw", "s3cr3t", "p4ss"].iter().any(|word| lower.contains(word))
}

/// Letters, digits and other bytes of a value.
fn alphabet(value: &str) -> (usize, usize, usize) {
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    (letters, digits, value.chars().count() - letters - digits)
}

/// A name of code: its words, split at case and separators, are probable under the model.
pub(super) fn is_identifier(value: &str) -> bool {
    let ascii = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:$/".contains(&byte));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let separated = value.contains(['_', '-', '.', ':', '/']) || value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    ascii && separated && digits * 6 <= value.len() && randomness::bits(value.as_bytes()) < 4.6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_reason() {
        use KeyClass::{Password, Secret, Signing, Token};
        use Position::{Code, Config};
        for (key, class, value, position, expected) in [
            ("password", Password, "hunter2", Config, Ok(Reason::LiteralPassword)),
            ("password", Password, "Tr0ub4dor&3", Code, Ok(Reason::LiteralPassword)),
            ("password", Password, "Kennwort", Code, Err(Reason::Identifier)),
            ("password", Password, "Password", Config, Err(Reason::EchoesKey)),
            ("password", Password, "${DB_PASSWORD}", Config, Err(Reason::Reference)),
            ("password", Password, "{{ .Values.password }}", Config, Err(Reason::Reference)),
            ("password", Password, "Choose a good password", Code, Err(Reason::NaturalLanguage)),
            ("password", Password, "changeme", Config, Err(Reason::Placeholder)),
            ("password", Password, "$2b$12$abcdefghijklmnopqrstuv", Config, Err(Reason::PasswordHash)),
            ("api_key", Token, "getApiKeyFromStore", Code, Err(Reason::LowRandomness)),
            ("api_key", Token, "8f14e45fceea167a5a36dedd4bea2543", Code, Ok(Reason::Random)),
            ("api_key", Token, "your-api-key", Config, Err(Reason::Placeholder)),
            ("JWT_SECRET", Signing, "keyboard-cat-42", Config, Ok(Reason::Chosen)),
            ("client_secret", Secret, "/run/secrets/x", Config, Err(Reason::Reference)),
            ("api_key", Token, "00000000000000000000000000000000", Code, Err(Reason::Repetitive)),
        ] {
            assert_eq!(judge(key, class, value, position).map(|(reason, _)| reason), expected, "{key} = {value}");
        }
    }
}
