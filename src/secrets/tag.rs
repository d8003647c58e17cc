//! A short tag that tells two values of one key apart, for fingerprints: a changed secret is a new
//! finding, and nothing in a report lets anybody test guesses for the old one.
//!
//! A value of more than 80 bits cannot be guessed, so 32 bits of a keyed hash may stand for it. A
//! password can be, so its tag has 6 bits: it notices 63 of 64 changes and leaves a guesser with
//! every 64th word of the dictionary, which is no help.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::randomness;

/// Separates these tags from every other use of the same hash. Not a secret.
const DOMAIN: &[u8] = b"seclint: tag of a secret's value, version 1";

/// The tag of a value.
pub(super) fn of(value: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(DOMAIN) else { return String::new() };
    mac.update(value.as_bytes());
    let digest = mac.finalize().into_bytes();
    let hard_to_guess = value.len() >= 20 && randomness::looks_random(value.as_bytes());
    if hard_to_guess { hex(&digest[..4]) } else { hex(&[digest[0] & 0x3f]) }
}

/// Bytes as small hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_password_gets_few_bits() {
        assert_eq!(of("hunter2").len(), 2);
        assert_eq!(of("q7Zx0KpV2mWn8RtBq7Zx0KpV2mWn8RtB").len(), 8);
        assert_ne!(of("hunter2"), of("hunter3"));
    }
}
