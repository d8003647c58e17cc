//! Made-up secrets for tests and examples, so that the repository holds none that a push protection
//! would stop: `{{sample:github-pat}}` in a rule's example or a detector's row becomes a token of that
//! shape with a right checksum. The same id and seed give the same token.

use base64::Engine as _;

use super::detector::{Detector, find};
use super::shape::Step;
use super::validity::{Validator, crc16};

/// Expands every `{{sample:ID}}` and `{{sample:ID:SEED}}`; an unknown id is an error that names it.
pub fn expand(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{sample:") {
        let (name, tail) = after.split_once("}}").ok_or("`{{sample:` is never closed")?;
        let (id, seed) = name.split_once(':').unwrap_or((name, "0"));
        let seed = seed.parse().map_err(|_| format!("`{seed}` is not a seed"))?;
        out.push_str(before);
        out.push_str(&sample(id, seed).ok_or_else(|| format!("there is no detector `{id}` to sample"))?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

/// A token of a detector.
pub fn sample(id: &str, seed: u64) -> Option<String> {
    let mut random = Random::new(id, seed);
    match id {
        "private-key-rsa" => Some(pem(&mut random, "RSA PRIVATE KEY", 600)),
        "private-key-pkcs8" => Some(pem(&mut random, "PRIVATE KEY", 600)),
        "private-key-ec" => Some(pem(&mut random, "EC PRIVATE KEY", 118)),
        "jwt" => Some(jwt(&mut random)),
        "basic-credentials" => Some(base64::engine::general_purpose::STANDARD.encode(format!("admin:{}", random.word(12)))),
        "random-hex" => Some(random.of(b"0123456789abcdef", 32)),
        "random-base62" => Some(random.word(32)),
        _ => Some(of_detector(find(id)?, &mut random)),
    }
}

fn of_detector(detector: &Detector, random: &mut Random) -> String {
    if detector.validator == Some(Validator::Nkey) {
        return nkey(detector, random);
    }
    let mut token = String::new();
    for step in detector.shape.steps() {
        match step {
            Step::Literal(bytes) => token.push_str(&String::from_utf8_lossy(bytes)),
            Step::OneOf(options) => {
                let option = &options[random.below(options.len())];
                token.push_str(&String::from_utf8_lossy(option));
            }
            Step::Run { class, min, max } => {
                let letters: Vec<u8> = class.bytes().filter(u8::is_ascii_alphanumeric).collect();
                let alphabet = if letters.is_empty() { class.bytes().collect() } else { letters };
                let count = if *max > min + 40 { min + 24 } else { (*min).max(1).min(*max) };
                token.push_str(&random.of(&alphabet, count));
            }
        }
    }
    match detector.validator {
        Some(validator @ (Validator::Crc32Base62 | Validator::Crc32Base36 | Validator::Crc32Hex)) => {
            if let Some(sum) = validator.sum(&token) {
                token.replace_range(token.len() - sum.len().., &sum);
            }
            token
        }
        Some(Validator::Base64Json) => {
            let at = token.find("eyJ").unwrap_or(token.len());
            let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!(
                "{{\"o\":\"{}\",\"k\":\"{}\"}}",
                random.word(12),
                random.word(96)
            ));
            token.truncate(at);
            token + &body
        }
        _ => token,
    }
}

/// A seed: two prefix bytes, 32 random ones, CRC-16, in base32.
fn nkey(detector: &Detector, random: &mut Random) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let role = match detector.id {
        "nats-operator-seed" => 14_u8,
        "nats-account-seed" => 0,
        "nats-server-seed" => 13,
        "nats-cluster-seed" => 2,
        "nats-xkey-seed" => 23,
        "nats-module-seed" => 12,
        _ => 20,
    };
    // `S` and the role, five bits each, stand in the first two characters.
    let mut raw = vec![18 << 3 | role >> 2, (role & 3) << 6];
    raw.extend((0..32).map(|_| random.below(256) as u8));
    let sum = crc16(&raw);
    raw.extend(sum.to_le_bytes());
    let mut out = String::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in raw {
        buffer = (buffer << 8 | u32::from(byte)) & 0xFFFF;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(buffer >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(buffer << (5 - bits) & 31) as usize]));
    }
    out
}

/// An ASN.1 sequence of an integer 0 and random bytes, in armour.
fn pem(random: &mut Random, label: &str, length: u16) -> String {
    let mut raw = if length < 128 { vec![0x30, length as u8] } else { [[0x30, 0x82], length.to_be_bytes()].concat() };
    raw.extend([2, 1, 0]);
    raw.extend((3..length).map(|_| random.below(256) as u8));
    let body = base64::engine::general_purpose::STANDARD.encode(raw);
    let lines: Vec<&str> = (0..body.len()).step_by(64).map(|at| &body[at..(at + 64).min(body.len())]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}

fn jwt(random: &mut Random) -> String {
    let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let claims = format!("{{\"sub\":\"{}\",\"iat\":1700000000}}", random.word(10));
    let signature: Vec<u8> = (0..32).map(|_| random.below(256) as u8).collect();
    format!("{}.{}.{}", encode(b"{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), encode(claims.as_bytes()), encode(&signature))
}

/// A small generator (splitmix64) seeded by the detector's id.
struct Random(u64);

impl Random {
    fn new(id: &str, seed: u64) -> Self {
        Self(
            id.bytes()
                .fold(seed ^ 0x9E37_79B9_7F4A_7C15, |state, byte| state.rotate_left(9) ^ u64::from(byte).wrapping_mul(0x0100_0000_01B3)),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn of(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }

    fn word(&mut self, count: usize) -> String {
        self.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", count)
    }
}
