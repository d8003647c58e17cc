//! Secrets that everybody knows: samples of documentation and default keys that ship with products.
//! Held as truncated SHA-256, so that no scanner stops on this repository.

use sha2::{Digest, Sha256};

use crate::tables;

/// What sample a value is, if it is one.
pub(super) fn sample(value: &str) -> Option<&'static str> {
    let hash = body(value).map_or_else(|| hash(value), |body| hash(&body));
    tables::secret_rows("known").find(|row| row.text("hash") == hash).map(|row| row.text("name"))
}

/// The base64 of a key in armour, which is written with and without line breaks.
fn body(value: &str) -> Option<String> {
    let (_, rest) = value.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let rest = rest.split("-----").next().unwrap_or_default().replace("\\n", "");
    Some(rest.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect())
}

/// The first eight bytes of the SHA-256 in hex.
fn hash(value: &str) -> String {
    super::tag::hex(&Sha256::digest(value.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_however_its_lines_are_broken() {
        let expected = Some("AB+/cd".to_owned());
        assert_eq!(body("-----BEGIN X KEY-----\nAB+/\ncd==\n-----END X KEY-----"), expected);
        assert_eq!(body("-----BEGIN X KEY-----\\nAB+/\\ncd\\n-----END X KEY-----"), expected);
        assert_eq!(body("AB+/cd"), None);
        // The key id of AWS's documentation.
        assert!(sample(concat!("AKIA", "IOSFODNN7EXAMPLE")).is_some());
    }
}
