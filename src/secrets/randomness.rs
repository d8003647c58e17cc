//! How improbable a value is as an identifier or as English: what tells a key from a word.
//!
//! Shannon's entropy calls `getUserPasswordFromStore` more random than `hunter2`. A trigram model of
//! source code and English does not: words come out near 3.5 bits a character, random base62 near 10,
//! hex near 7. `scripts/train_randomness.py` makes the table from permissively licensed crates.

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

/// The same for what follows the prefix of a provider, where a name is not to be expected.
pub(super) fn looks_random_after_prefix(value: &[u8]) -> bool {
    let Measured { bits, random, .. } = measure(value);
    random || (value.len() >= 12 && bits >= base(value.len()))
}

/// What the model says about a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// Bits a character.
    pub(super) bits: f32,
    /// The bits from which on it is taken for random.
    pub(super) threshold: f32,
    /// Whether it is.
    pub(super) random: bool,
}

/// Whether a value reads like a key drawn at random.
pub(super) fn looks_random(value: &[u8]) -> bool {
    measure(value).random
}

/// Measures a value. The threshold falls with length, since the mean settles; it is higher for what
/// is built like a name, since `KafkaSslCfg` and foreign words are improbable too. Measured on the
/// identifiers of 60 repositories and on drawn strings (`scripts/train_randomness.py --measure`).
pub(super) fn measure(value: &[u8]) -> Measured {
    const NAME: f32 = 1.6;
    let base = base(value.len());
    let threshold = if is_built_like_a_name(value) { base + NAME } else { base };
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let bits = bits(value);
    // Of digits alone: a phone number, a timestamp, an id.
    let random = value.len() >= 8 && letters > 0 && digits + letters > value.len() / 2 && bits >= threshold;
    Measured { bits, threshold, random }
}

fn base(length: usize) -> f32 {
    match length {
        0..16 => 6.2,
        16..24 => 5.6,
        _ => 5.2,
    }
}

/// Whether a value changes between small letters, capitals and digits no more often than names do:
/// less than once in six characters of its longest part, not counting the small letter after a capital.
fn is_built_like_a_name(value: &[u8]) -> bool {
    if value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-') {
        return false;
    }
    let longest = value.split(|byte| !byte.is_ascii_alphanumeric()).max_by_key(|part| part.len()).unwrap_or_default();
    let sort = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    };
    let changes = longest.windows(2).filter(|pair| match (sort(pair[0]), sort(pair[1])) {
        (1, 0) => false,
        (before, after) => before != after,
    });
    changes.count() * 6 < longest.len()
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
