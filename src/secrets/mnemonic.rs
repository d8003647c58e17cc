//! Mnemonics of wallets (BIP-39): 12 to 24 words of a list of 2048, of which the last carries a
//! checksum. They are looked for only where a key or a sentence names them.

use std::ops::Range;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

use crate::ir::Validity;

/// The words with their numbers of eleven bits.
static WORDS: LazyLock<FxHashMap<&'static str, u16>> =
    LazyLock::new(|| include_str!("bip39.txt").split_ascii_whitespace().zip(0..).collect());

/// Bytes between the name and the first word at the most.
const MAX_GAP: usize = 48;
/// The longest word of the list.
const MAX_WORD: usize = 8;
/// The most words that a mnemonic has.
const MAX_WORDS: usize = 24;

/// The mnemonic after a name that ends at `at`, and whether its checksum holds.
pub(super) fn read(text: &[u8], at: usize) -> Option<(Range<usize>, Validity)> {
    let gap = &text[at..(at + MAX_GAP).min(text.len())];
    let separator = gap.iter().position(|byte| matches!(byte, b'=' | b':' | b'"' | b'\'' | b'`'))?;
    let lead = gap[separator..].iter().position(u8::is_ascii_lowercase)?;
    let start = at + separator + lead;
    let (mut numbers, mut end, mut next) = (Vec::new(), start, start);
    while numbers.len() < MAX_WORDS {
        let rest = &text[next..];
        let length = rest.iter().take(MAX_WORD + 1).take_while(|byte| byte.is_ascii_lowercase()).count();
        let Some(number) = std::str::from_utf8(&rest[..length]).ok().and_then(|word| WORDS.get(word)) else { break };
        numbers.push(*number);
        end = next + length;
        if rest.get(length) != Some(&b' ') {
            break;
        }
        next = end + 1;
    }
    let whole = matches!(numbers.len(), 12 | 15 | 18 | 21 | 24);
    whole.then(|| (start..end, if checksum_holds(&numbers) { Validity::Valid } else { Validity::Malformed }))
}

/// Whether the last bits, one for each 32 of the others, begin the SHA-256 of those.
fn checksum_holds(numbers: &[u16]) -> bool {
    let bits: Vec<u8> = numbers.iter().flat_map(|number| (0..11).rev().map(move |bit| (number >> bit & 1) as u8)).collect();
    let (entropy, sum) = bits.split_at(bits.len() * 32 / 33);
    let bytes: Vec<u8> = entropy.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    let digest = Sha256::digest(&bytes);
    sum.iter().enumerate().all(|(at, bit)| digest[at / 8] >> (7 - at % 8) & 1 == *bit)
}

/// A mnemonic of so many bytes of entropy: what the sample generator writes.
pub(super) fn write(entropy: &[u8]) -> String {
    let digest = Sha256::digest(entropy);
    let all: Vec<u8> = entropy.iter().chain(digest.iter()).copied().collect();
    let count = entropy.len() * 33 / 44;
    let number =
        |word: usize| (word * 11..(word + 1) * 11).fold(0_u16, |number, bit| number << 1 | u16::from(all[bit / 8] >> (7 - bit % 8) & 1));
    let list: Vec<&str> = include_str!("bip39.txt").split_ascii_whitespace().collect();
    (0..count).map(|word| list[usize::from(number(word))]).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_standard_hold() {
        // BIP-39's test vectors: 16 bytes of 0x7f, and of zeros.
        assert_eq!(write(&[0x7f; 16]), "legal winner thank year wave sausage worth useful legal winner thank yellow");
        assert_eq!(write(&[0; 16]).split(' ').next_back(), Some("about"));
        let text = "mnemonic: \"legal winner thank year wave sausage worth useful legal winner thank yellow\"";
        assert_eq!(read(text.as_bytes(), 8), Some((11..text.len() - 1, Validity::Valid)));
        let wrong = text.replace("yellow", "year");
        assert_eq!(read(wrong.as_bytes(), 8).map(|(_, validity)| validity), Some(Validity::Malformed));
        assert_eq!(read(b"mnemonic: \"press any key to go on and see what comes next\"", 8), None);
    }
}
