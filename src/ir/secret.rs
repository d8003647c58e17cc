//! A committed secret. Its bytes are kept in [`SecretValue`], which no formatter prints.

use smol_str::SmolStr;

use super::{Span, Tri};

/// A value that grants access, found in the repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    /// The detector's id: `github-pat`, `nats-user-seed`, `generic-password`.
    pub detector: SmolStr,
    /// What it is, for people: `GitHub personal access token`.
    pub name: SmolStr,
    /// What sort of secret it is: decides which rule reports it.
    pub family: SecretFamily,
    /// What whoever holds it can do.
    pub power: Power,
    /// The bytes.
    pub value: SecretValue,
    /// The key or variable that it is assigned to, if any.
    pub key: Option<SmolStr>,
    /// The value alone.
    pub span: Span,
    /// The other half of a pair (an access key id beside its secret).
    pub pair: Option<Span>,
    /// How sure we are that it is a secret.
    pub confidence: Confidence,
    /// What an offline check of structure and checksum says.
    pub validity: Validity,
    /// Tells two values of one key apart without giving them away: see `secrets::tag`.
    pub tag: SmolStr,
    /// Whether a list of guesses may hold it: a password, and not a key drawn at random.
    pub can_be_guessed: bool,
    /// Why it may be harmless, if it may: `documented example`, `test fixture`.
    pub harmless: Option<SmolStr>,
    /// Whether it stands in an environment (`.env`) that a program runs with.
    pub in_environment: bool,
    /// Whether git tracks the file; set by linking.
    pub committed: Tri,
    /// Whether git ignores the file; set by linking.
    pub ignored: Tri,
    /// The image stage that copies the file, if one does; set by linking.
    pub in_image: Option<Span>,
    /// Of a secret in an example: the environment that uses the same value; set by linking.
    pub in_use: Option<Span>,
    /// When it came and went, if history was scanned.
    pub history: Option<History>,
}

/// When a secret came into a repository and when it went.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct History {
    /// The oldest commit that holds it.
    pub added: Moment,
    /// The newest commit that took it out of the file; `None` while the current commit has it, and for what
    /// stands in a commit's message.
    pub removed: Option<Moment>,
    /// Whether the current commit holds it.
    pub in_head: bool,
}

/// A commit and its day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Moment {
    /// The commit's full name.
    pub commit: SmolStr,
    /// The day on which its author wrote it, in UTC, as `2026-12-31`.
    pub date: SmolStr,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.commit.get(..10).unwrap_or(&self.commit), self.date)
    }
}

/// Sorts of secrets, as far as rules tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretFamily {
    /// A token or key of a known provider.
    Provider,
    /// A password, secret or token whose key's name alone says what it is.
    Generic,
    /// A private key in any container.
    PrivateKey,
    /// A seed of a NATS key.
    NatsSeed,
    /// A password in a URL or connection string.
    Url,
    /// The same of a NATS URL.
    NatsUrl,
    /// A password of a NATS server's own configuration, which has a rule of its own; set by linking.
    NatsUser,
    /// What signs tokens, sessions or cookies.
    Signing,
}

/// What whoever holds a secret can do; the severity before context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// Known to the public, or meant to be: a documented sample.
    Nothing,
    /// Useful with something else only: an encrypted key, a test-mode key.
    Little,
    /// One service or one user's data.
    Some,
    /// An account.
    Much,
    /// Everything: an operator's seed, a cloud account, who anybody is.
    Everything,
}

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Doubtful: shown under a pedantic level.
    Low,
    /// Likely.
    Medium,
    /// Provable from the repository.
    High,
}

impl Confidence {
    /// As written in reports and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The verdict of an offline check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// Checksum or structure is right.
    Valid,
    /// Checksum or structure is wrong: synthetic, or damaged.
    Malformed,
    /// The format has nothing to check.
    Unchecked,
}

/// The bytes of a secret. `Debug` and `Display` mask them; only `report::view` and the fingerprint
/// ask for them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretValue(SmolStr);

impl SecretValue {
    /// Wraps the bytes.
    pub fn new(value: impl Into<SmolStr>) -> Self {
        Self(value.into())
    }

    /// The bytes themselves: to compare, to mask, to fingerprint; never to print.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What may be shown: up to four leading characters when enough remain hidden.
    pub fn masked(&self) -> String {
        let shown = if self.0.chars().count() >= 16 { 4 } else { 0 };
        let head: String = self.0.chars().take(shown).filter(char::is_ascii_graphic).collect();
        format!("{head}****")
    }
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl std::fmt::Display for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_formatter_prints_the_bytes() {
        let value = SecretValue::new("abcdEFGH12345678ijkl");
        assert_eq!(format!("{value} {value:?}"), "abcd**** abcd****");
        assert_eq!(SecretValue::new("short").masked(), "****");
    }
}
