//! The judgement of a value: what makes it a secret, and what makes it a reference, a placeholder, a
//! word, an identifier or a hash. Each answer is kept as a [`Reason`] for `--explain-secret`.

use crate::ir::Confidence;

use super::key::{self, KeyClass};
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

/// Judges the value of an assignment whose key names a secret.
pub(super) fn judge(key: &str, class: KeyClass, value: &str, position: Position) -> Result<(Reason, Confidence), Reason> {
    match harmless(key, value) {
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
    if random && value.len() >= 12 {
        return Ok((Reason::Random, Confidence::High));
    }
    let (letters, digits, signs) = alphabet(value);
    let spaced = value.contains(' ');
    let mixed = letters > 0 && (digits > 0 || signs > 0);
    match class {
        KeyClass::Token if random && value.len() >= 10 => Ok((Reason::Random, Confidence::Medium)),
        KeyClass::Bare | KeyClass::Token => Err(if spaced { Reason::NaturalLanguage } else { Reason::LowRandomness }),
        // `keyboard cat` signs many a session.
        KeyClass::Signing if spaced && position == Position::Code && value.split(' ').count() <= 3 => {
            Ok((Reason::Chosen, Confidence::Medium))
        }
        _ if spaced => passphrase(class, value, position),
        KeyClass::Password | KeyClass::Secret | KeyClass::Signing if value.len() < 4 => Err(Reason::TooShort),
        KeyClass::Password => match position {
            Position::Config => Ok((Reason::LiteralPassword, if mixed { Confidence::High } else { Confidence::Medium })),
            Position::Code if mixed && !is_identifier(value) => Ok((Reason::LiteralPassword, Confidence::High)),
            // A capitalised word is a label: `password: "Passwort"`.
            Position::Code if value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) => {
                Ok((Reason::LiteralPassword, Confidence::Medium))
            }
            Position::Code => Err(Reason::Identifier),
            Position::Prose if mixed && !is_identifier(value) => Ok((Reason::LiteralPassword, Confidence::Medium)),
            Position::Prose => Err(Reason::NaturalLanguage),
        },
        KeyClass::Secret | KeyClass::Signing => match position {
            Position::Config if value.len() >= 6 && !is_camel_case(value) => Ok((Reason::Chosen, Confidence::Medium)),
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

/// `DB_ADMIN_PASSWORD` as a value names a variable.
fn is_constant_name(value: &str) -> bool {
    let shaped = value.contains('_') && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit());
    shaped && !randomness::looks_random(value.as_bytes())
}

fn is_small_word(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// `chunkReload`: letters alone, with a capital inside.
fn is_camel_case(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphabetic()) && value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
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

/// What makes a value harmless whatever its key; `None` if nothing does.
pub(super) fn harmless(key: &str, value: &str) -> Option<Reason> {
    if value.len() < 3 {
        return Some(Reason::TooShort);
    }
    if is_reference(value) {
        return Some(Reason::Reference);
    }
    if let Some(reason) = stored_safely(value) {
        return Some(reason);
    }
    // A certificate; `armour` reads private keys.
    if value.starts_with("LS0tLS1CRUdJTi") || value.starts_with("-----BEGIN") {
        return Some(Reason::PublicByContext);
    }
    if is_constant_name(value) {
        return Some(Reason::Identifier);
    }
    if is_keyword(value) {
        return Some(Reason::Keyword);
    }
    if is_placeholder(value) {
        return Some(Reason::Placeholder);
    }
    if echoes(key, value) {
        return Some(Reason::EchoesKey);
    }
    if is_repetitive(value.as_bytes()) {
        return Some(Reason::Repetitive);
    }
    if is_path_or_url(value) {
        return Some(Reason::PathOrUrl);
    }
    None
}

/// Templates, variables, look-ups in vaults: the literal is not here.
pub(super) fn is_reference(value: &str) -> bool {
    let bytes = value.as_bytes();
    WORDS.references.iter().any(|start| value.starts_with(start)) && !is_crypt(value)
        || value.contains("${") || value.contains("{{") || value.contains("$(") || value.contains("<%=") || value.contains("#{")
        // `%NAME%`, `__NAME__`, `@NAME@`, `[NAME]`, `<name>`, `{name}`
        || matches!((bytes.first(), bytes.last()), (Some(b'%'), Some(b'%')) | (Some(b'@'), Some(b'@')) | (Some(b'<'), Some(b'>')) | (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) | (Some(b'('), Some(b')')))
        || (value.starts_with("__") && value.ends_with("__"))
        || value.contains("secretKeyRef") || value.contains("resolve:secretsmanager") || value.contains("resolve:ssm")
}

/// `$2b$…`, `$argon2id$…`, `$6$…`: a hash of crypt(3).
fn is_crypt(value: &str) -> bool {
    let mut parts = value.split('$');
    value.starts_with('$') && parts.clone().count() >= 4 && parts.nth(1).is_some_and(|id| !id.is_empty() && id.len() <= 16)
}

fn stored_safely(value: &str) -> Option<Reason> {
    const ENCRYPTED: &[&str] =
        &["ENC[", "ENC(", "{cipher}", "AgA", "AgB", "vault:v1:", "{AES}", "{AES256}", "$ANSIBLE_VAULT", "encrypted:", "secure:"];
    if is_crypt(value)
        || value.starts_with("{bcrypt}")
        || value.starts_with("{SSHA}")
        || value.starts_with("pbkdf2_sha256$")
        || value.starts_with("SCRAM-SHA-256$")
    {
        return Some(Reason::PasswordHash);
    }
    // Sealed secrets begin with `AgA`/`AgB` and are long.
    let sealed = |start: &&&str| !start.starts_with("Ag") || value.len() > 300;
    ENCRYPTED.iter().filter(sealed).any(|start| value.starts_with(start)).then_some(Reason::Encrypted)
}

fn is_keyword(value: &str) -> bool {
    // `required|string|min:8` validates a form.
    if value.contains('|') && value.split('|').any(|part| WORDS.keywords.contains(part)) {
        return true;
    }
    (value.len() <= 24 && WORDS.keywords.contains(value.to_ascii_lowercase().as_str()))
        || value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b':' | b',')) && value.len() < 6
}

/// Whether the value's words are those of its key: `password: "Password"`, `apiKey: "api-key"`,
/// `PASSWORD=user_password`.
fn echoes(key: &str, value: &str) -> bool {
    if value.len() > 40
        || value.bytes().any(|byte| byte.is_ascii_digit())
        || !value.bytes().all(|byte| byte.is_ascii_alphabetic() || b" _-.:?!*/".contains(&byte))
    {
        return false;
    }
    let words = key::words(value);
    let key_words = key::words(key);
    let same = words.len() == key_words.len() && words == key_words;
    let all = words.iter().all(|word| WORDS.labels.contains(word.as_str()) || key_words.contains(word));
    let capital = value.starts_with(|c: char| c.is_ascii_uppercase());
    all && !words.is_empty() && (same || capital || words.len() >= 2)
}

/// The grammar of placeholders: `changeme`, `your-api-key`, `xxxx`, `<token>`, `…`, `EXAMPLE`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    if value.ends_with("...") || value.contains('…') || value.contains("---") {
        return true;
    }
    // `password` and `secret` themselves are not in the list: people do deploy with them.
    if value.len() <= 24 && WORDS.placeholders.contains(lower.as_str()) {
        return true;
    }
    // Within a long random value, four letters in a row may happen to spell a word.
    let long_random = value.len() >= 24 && randomness::bits(value.as_bytes()) > 6.5;
    WORDS.placeholder_parts.find(value.as_bytes()).iter().any(|part| !(long_random && part.len < 7))
}

/// One byte over and over, neighbours in order, or few distinct ones: `xxxxxxxx`, `12345678`, `abcabcabc`.
pub(super) fn is_repetitive(value: &[u8]) -> bool {
    if value.len() < 6 {
        return value.iter().all(|byte| *byte == value[0]);
    }
    let mut seen = [false; 256];
    for byte in value {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    if distinct <= 2 || (value.len() >= 16 && distinct <= 4) {
        return true;
    }
    let run = |step: i16| {
        let (mut longest, mut current) = (1, 1);
        for pair in value.windows(2) {
            let is_next = i16::from(pair[1]) - i16::from(pair[0]) == step && pair[0].is_ascii_alphanumeric();
            current = if is_next { current + 1 } else { 1 };
            longest = longest.max(current);
        }
        longest
    };
    // Someone's `123456` is a password; a machine's key of 20 with eight in a row is made up.
    let longest = run(0).max(run(1)).max(run(-1));
    value.len() >= 12 && (longest >= 8 || longest * 2 > value.len())
}

/// File paths, URLs without credentials, MIME types, versions, dates, e-mail addresses, host names.
fn is_path_or_url(value: &str) -> bool {
    if let Some((_, rest)) = value.split_once("://") {
        return !rest.split(['/', '?']).next().unwrap_or_default().contains('@');
    }
    let starts = ["/", "./", "../", "~/", "C:\\", "file:", "data:", "@/", "~", "urn:", "oauth2:", "http:"]
        .iter()
        .any(|start| value.starts_with(start));
    let path_like =
        value.matches('/').count() >= 1 && value.split('/').all(|part| part.len() <= 40 && !randomness::looks_random(part.as_bytes()));
    let ending = value.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && WORDS.endings.contains(ending));
    (starts && value.len() > 1 && path_like)
        || (path_like && !value.contains(['+', '='])) && value.bytes().filter(u8::is_ascii_uppercase).count() * 4 < value.len()
        || (ending && !value.contains('@'))
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
            ("password", Password, "Passwort", Code, Err(Reason::Identifier)),
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
