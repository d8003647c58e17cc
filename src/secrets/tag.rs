//! A short tag that tells two values of one key apart, for fingerprints: a changed secret is a new
//! finding, and nothing in a report lets anybody test guesses for the old one.
//!
//! Fingerprints must be equal on every machine, so that their key is known and whoever has a report can
//! compute the tag of a guess. No salt or slow hash changes that; only few bits do. A value that cannot
//! be guessed (at least 20 characters that read as random, over 80 bits) gets 32 bits of a keyed hash. A
//! password gets 4: a changed one is seen 15 times of 16, and of a list of 10,000 guesses some 625 fit
//! every report equally well. The tag depends on the value alone, so that a password in many files still
//! gives away 4 bits in all.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::randomness;

/// Separates these tags from every other use of the same hash. Not a secret.
// seclint: ignore[cipher-key-in-code] it keeps these tags apart from other hashes and authenticates nothing
const DOMAIN: &[u8] = b"seclint: tag of a secret's value, version 2";

/// The tag of a value.
pub fn tag(value: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(DOMAIN) else { return String::new() };
    mac.update(value.as_bytes());
    let digest = mac.finalize().into_bytes();
    if can_be_guessed(value) { hex(&digest[..1])[..1].to_owned() } else { hex(&digest[..4]) }
}

/// Whether a list of guesses may hold a value.
pub(super) fn can_be_guessed(value: &str) -> bool {
    value.len() < 20 || !randomness::looks_random(value.as_bytes())
}

/// Bytes as small hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn a_password_gets_few_bits() {
        assert_eq!(tag("hunter2").len(), 1);
        assert_eq!(tag("q7Zx0KpV2mWn8RtBq7Zx0KpV2mWn8RtB").len(), 8);
        assert_ne!(tag("hunter2"), tag("hunter4"));
    }

    #[test]
    fn no_tag_singles_out_a_word() {
        let mut words = std::collections::BTreeMap::new();
        for number in 0..10_000 {
            *words.entry(tag(&format!("Passw0rd-{number}"))).or_insert(0) += 1;
        }
        assert_eq!(words.len(), 16);
        assert!(words.values().all(|count| *count > 10_000 / 32), "{words:?}");
    }
}
