//! How improbable a value is as an identifier or as English: what tells a key from a word.
//!
//! Shannon's entropy calls `getUserPasswordFromStore` more random than `hunter2`. A trigram model of
//! source code and English does not: words come out near 3.5 bits a character, random base62 near 10,
//! hex near 7. `tools/train_randomness.py` makes the table from permissively licensed crates.

/// -log2 P(c | a, b) in sixteenths of a bit, for 32 folded symbols.
static TRIGRAMS: &[u8; 32 * 32 * 32] = include_bytes!("trigrams.bin");

const START: usize = 26;
const DIGIT: usize = 27;
const SEPARATOR: usize = 28;
const OTHER: usize = 29;

/// log2(10) in sixteenths: the model folds digits into one symbol, a digit still says which it is.
const WHICH_DIGIT: u16 = 53;
/// Charged for a capital after a small letter beyond what camelCase has at a word's start.
const WHICH_CASE: u16 = 24;

/// Bits a character; at most the first 128 characters are looked at.
pub(super) fn bits(value: &[u8]) -> f32 {
    let (mut a, mut b, mut sum, mut count) = (START, START, 0_u16, 0_u16);
    let mut before = 0_u8;
    for &byte in value.iter().take(128) {
        let symbol = fold(byte);
        sum += u16::from(TRIGRAMS[(a * 32 + b) * 32 + symbol]);
        if symbol == DIGIT {
            sum += WHICH_DIGIT;
        }
        if before.is_ascii_lowercase() && byte.is_ascii_uppercase() {
            sum += WHICH_CASE;
        }
        (a, b, before, count) = (b, symbol, byte, count + 1);
    }
    if count == 0 { 0.0 } else { f32::from(sum) / f32::from(count) / 16.0 }
}

fn fold(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => usize::from(byte - b'a'),
        b'A'..=b'Z' => usize::from(byte - b'A'),
        b'0'..=b'9' => DIGIT,
        b'_' | b'-' | b'.' | b'/' | b':' | b'@' | b' ' => SEPARATOR,
        _ => OTHER,
    }
}

/// Whether a value reads like a key drawn at random: improbable as words, and of more than one
/// alphabet or long. The threshold falls with length, since the mean settles.
pub(super) fn looks_random(value: &[u8]) -> bool {
    let threshold = match value.len() {
        0..8 => return false,
        8..16 => 6.2,
        16..24 => 5.6,
        _ => 5.2,
    };
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    // Of digits alone: a phone number, a timestamp, an id.
    letters > 0 && digits + letters > value.len() / 2 && bits(value) >= threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_keys_are_far_apart() {
        for word in ["getUserPassword", "access_token_validity_seconds", "com.example.app.Main", "my-cluster-name-prod", "supersecretkey"] {
            assert!(bits(word.as_bytes()) < 4.5, "{word}: {}", bits(word.as_bytes()));
        }
        for key in ["9f86d081884c7d65", "q7Zx0KpV2mWn8RtB", "k3n9x2v7q1z8w4y6"] {
            assert!(looks_random(key.as_bytes()), "{key}: {}", bits(key.as_bytes()));
        }
    }
}
