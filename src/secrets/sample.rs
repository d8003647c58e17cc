//! Made-up secrets for tests and examples, so that the repository holds none that a push protection
//! would stop: `{{sample:github-pat}}` in a rule's example or a detector's row becomes a token of that
//! shape with a right checksum. The same id and seed give the same token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD as URL};
use sha2::{Digest, Sha256};

mod keys;
mod nats;

use super::detector::{Detector, find};
use super::shape::Step;
use super::validity::{Validator, bech32_sum};

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
        _ if id.starts_with("private-key-") => keys::key(id, &mut random),
        _ if id.starts_with("nats-jwt-") => nats::jwt(id, &mut random),
        _ if id.starts_with("nats-") && id.ends_with("-public") => Some(nats::public(id, &mut random)),
        "bip39-mnemonic" => Some(super::mnemonic::write(&random.bytes(16))),
        "basic-credentials" => Some(STANDARD.encode(format!("admin:{}", random.word(12)))),
        "random-hex" => Some(random.of(b"0123456789abcdef", 32)),
        "random-base62" => Some(random.word(32)),
        _ => Some(of_detector(find(id)?, &mut random)),
    }
}

fn of_detector(detector: &Detector, random: &mut Random) -> String {
    if detector.validator == Some(Validator::Nkey) {
        return nats::seed(detector.id, random);
    }
    if detector.id == "aws-access-key-id" {
        // Of an account, in the alphabet of base32.
        return format!("AKIAQ{}", random.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 15));
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
                // Most tokens end in a letter or a digit, so that only their inside has the signs.
                let whole: Vec<u8> = class.bytes().collect();
                let letters: Vec<u8> = class.bytes().filter(u8::is_ascii_alphanumeric).collect();
                let edge = if letters.is_empty() { &whole } else { &letters };
                let count = (*min).max(1).min(*max) + random.below((max - min).min(24) + 1);
                let count = count.min(*max);
                if count > 0 {
                    token.push_str(&random.of(edge, 1));
                    token.push_str(&random.of(&whole, count.saturating_sub(2)));
                    token.push_str(&random.of(edge, usize::from(count > 1)));
                }
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
            token.truncate(at);
            token + &URL.encode(format!("{{\"o\":\"{}\",\"k\":\"{}\"}}", random.word(12), random.word(96)))
        }
        Some(Validator::SentryOrg) => {
            let payload = format!(
                "{{\"iat\":17{}.5,\"url\":\"https://sentry.io\",\"region_url\":\"https://us.sentry.io\",\"org\":\"{}\"}}",
                random.of(b"0123456789", 8),
                random.word(8)
            );
            format!("sntrys_{}_{}", STANDARD.encode(payload), STANDARD_NO_PAD.encode(random.bytes(32)))
        }
        Some(Validator::Macaroon) => macaroon(&token, random),
        Some(Validator::Bech32) => format!("AGE-SECRET-KEY-1{}", bech32("age-secret-key-", random).to_ascii_uppercase()),
        Some(Validator::Base58Check) if token.starts_with("xprv") => {
            // BIP-32: version, depth, fingerprint, child number, chain code, zero, key.
            base58check(&[[0x04, 0x88, 0xAD, 0xE4, 0].as_slice(), &[0; 8], &random.bytes(32), &[0], &random.bytes(32)].concat())
        }
        Some(Validator::Base58Check) => base58check(&[[0x80].as_slice(), &random.bytes(32), &[1]].concat()),
        Some(Validator::Snowflake) => {
            let digits = 17 + random.below(2);
            let id = format!("1{}", random.of(b"0123456789", digits));
            format!("{}.G{}.{}", URL.encode(id), random.word(5), random.word(38))
        }
        Some(Validator::Jwt) => jwt(random),
        Some(Validator::Base64Jwt) => STANDARD.encode(jwt(random)),
        _ => token,
    }
}

/// A macaroon of version 2 with the location that the prefix holds.
fn macaroon(token: &str, random: &mut Random) -> String {
    let location: &[u8] = if token.contains("dGVzdC5weXBpLm9yZw") { b"test.pypi.org" } else { b"pypi.org" };
    let field = |kind: u8, content: &[u8]| [&[kind, content.len() as u8], content].concat();
    let raw = [
        vec![2],
        field(1, location),
        field(2, random.word(36).as_bytes()),
        vec![0],
        field(2, b"[2,[\"x\"]]"),
        vec![0, 0],
        field(6, &random.bytes(32)),
    ];
    format!("pypi-{}", URL.encode(raw.concat()))
}

/// The data part of BIP-173 for 32 random bytes under a prefix, with its checksum.
fn bech32(head: &str, random: &mut Random) -> String {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let mut values: Vec<u8> = (0..51).map(|_| random.below(32) as u8).chain([16]).collect();
    let high = head.bytes().map(|byte| byte >> 5).chain([0]);
    let expanded: Vec<u8> = high.chain(head.bytes().map(|byte| byte & 31)).chain(values.iter().copied()).chain([0; 6]).collect();
    let sum = bech32_sum(expanded.into_iter()) ^ 1;
    values.extend((0..6).map(|at| (sum >> (5 * (5 - at)) & 31) as u8));
    values.into_iter().map(|value| char::from(ALPHABET[usize::from(value)])).collect()
}

/// Base58 of bytes with the head of their double SHA-256.
fn base58check(body: &[u8]) -> String {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let sum = Sha256::digest(Sha256::digest(body));
    let mut digits: Vec<u32> = Vec::new();
    for byte in body.iter().chain(&sum[..4]) {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    digits.into_iter().rev().map(|digit| char::from(ALPHABET[digit as usize])).collect()
}

fn jwt(random: &mut Random) -> String {
    let encode = |bytes: &[u8]| URL.encode(bytes);
    let claims = format!("{{\"sub\":\"{}\",\"iat\":1700000000}}", random.word(10));
    let signature = random.bytes(32);
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

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }

    fn word(&mut self, count: usize) -> String {
        self.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", count)
    }
}
