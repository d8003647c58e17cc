//! What a token's own structure says, offline: checksums and decodable parts. Nothing is ever sent.
//!
//! A failed checksum lowers a finding and never drops it: people edit a digit before they paste.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::ir::Validity;

/// How a format can be checked. The name in a detector's row is the kebab-case of the variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validator {
    /// The last six characters are the CRC-32 of the thirty before, in base 62 (GitHub, npm).
    Crc32Base62,
    /// The last seven characters are the CRC-32 of all before, in base 36 (GitLab routable tokens).
    Crc32Base36,
    /// After the last `_`, the CRC-32 of all before, as little-endian hex (Grafana).
    Crc32Hex,
    /// After `=`, the CRC-32 of all before, as hex; not documented, so that only agreement says something (Atlassian).
    Crc32HexMaybe,
    /// An AWS key id is base32: an id outside that alphabet is made up.
    AwsId,
    /// After the prefix stands base64 of a JSON object (Grafana Cloud, 1Password).
    Base64Json,
    /// The same with when it was issued, then `_` and 32 random bytes (Sentry).
    SentryOrg,
    /// A macaroon: base64 whose second field names its location (`PyPI`).
    Macaroon,
    /// A NATS key: base32 with a CRC-16 (nkeys).
    Nkey,
    /// Bech32 (age).
    Bech32,
    /// Base58 with a double SHA-256 (Bitcoin WIF, BIP-32).
    Base58Check,
    /// The first segment is base64 of a number (Discord's snowflake).
    Snowflake,
    /// `header.payload.signature` of base64url JSON.
    Jwt,
    /// The same as a whole in base64 once more.
    Base64Jwt,
}

/// The names that rows use.
const NAMES: &[(&str, Validator)] = &[
    ("crc32-base62", Validator::Crc32Base62),
    ("crc32-base36", Validator::Crc32Base36),
    ("crc32-hex", Validator::Crc32Hex),
    ("crc32-hex-maybe", Validator::Crc32HexMaybe),
    ("aws-id", Validator::AwsId),
    ("base64-json", Validator::Base64Json),
    ("sentry-org", Validator::SentryOrg),
    ("macaroon", Validator::Macaroon),
    ("nkey", Validator::Nkey),
    ("bech32", Validator::Bech32),
    ("base58check", Validator::Base58Check),
    ("snowflake", Validator::Snowflake),
    ("jwt", Validator::Jwt),
    ("base64-jwt", Validator::Base64Jwt),
];

impl Validator {
    /// The validator of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, validator)| *validator)
    }

    /// What the token's structure says.
    pub(super) fn check(self, token: &str) -> Validity {
        let verdict = match self {
            Self::Crc32HexMaybe => {
                let agrees = token.rsplit_once('=').is_some_and(|(body, sum)| sum.eq_ignore_ascii_case(&format!("{:08X}", crc32(body))));
                return if agrees { Validity::Valid } else { Validity::Unchecked };
            }
            Self::Crc32Base62 | Self::Crc32Base36 | Self::Crc32Hex => self.sum(token).is_some_and(|sum| token.ends_with(&sum)),
            Self::AwsId => {
                // The alphabet alone is no proof that an id exists, only that it could.
                let base32 = token.bytes().skip(4).all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
                return if base32 { Validity::Unchecked } else { Validity::Malformed };
            }
            Self::Base64Json => after_prefix(token).and_then(json).is_some(),
            Self::SentryOrg => {
                let payload = after_prefix(token).and_then(|rest| json(rest.rsplit_once('_')?.0));
                payload.is_some_and(|payload| payload.get("iat").is_some_and(Value::is_number))
            }
            Self::Macaroon => token.split_once('-').and_then(|(_, body)| base64(body)).is_some_and(|raw| is_macaroon(&raw)),
            Self::Nkey => nkey_is_valid(token),
            Self::Bech32 => bech32_is_valid(token),
            Self::Base58Check => base58_is_valid(token),
            Self::Snowflake => {
                let first = token.split('.').next().and_then(base64);
                first.is_some_and(|id| (15..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
            }
            Self::Jwt | Self::Base64Jwt => return super::jwt::read(token).map_or(Validity::Malformed, |jwt| jwt.validity()),
        };
        if verdict { Validity::Valid } else { Validity::Malformed }
    }

    /// The checksum that the token should end with. Also what the sample generator writes.
    pub(super) fn sum(self, token: &str) -> Option<String> {
        match self {
            Self::Crc32Base62 => {
                let end = token.len().checked_sub(6)?;
                let body = token.get(end.checked_sub(30)?..end)?;
                Some(in_base(crc32(body), 62, 6))
            }
            Self::Crc32Base36 => Some(in_base(crc32(token.get(..token.len().checked_sub(7)?)?), 36, 7)),
            Self::Crc32Hex => {
                let (body, _) = token.rsplit_once('_')?;
                Some(super::tag::hex(&crc32(body).to_le_bytes()))
            }
            _ => None,
        }
    }
}

fn crc32(text: &str) -> u32 {
    crc32fast::hash(text.as_bytes())
}

/// A number in a base of at most 62, padded with `0`. Digits, then capitals, then small letters;
/// base 36 uses small letters.
fn in_base(mut number: u32, base: u32, width: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % base) as usize];
        number /= base;
    }
    let text: String = digits.into_iter().map(char::from).collect();
    if base <= 36 { text.to_ascii_lowercase() } else { text }
}

fn after_prefix(token: &str) -> Option<&str> {
    token.find("eyJ").map(|at| &token[at..])
}

/// The JSON object in base64.
fn json(text: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(&base64(text)?).ok().filter(Value::is_object)
}

/// Whether the bytes are a macaroon of version 2: fields of type, length and content, which end in a
/// signature of 32 bytes (type 6), the location (1) and the identifier (2) before it.
fn is_macaroon(raw: &[u8]) -> bool {
    let Some((2, mut fields)) = raw.split_first() else { return false };
    let mut seen = Vec::new();
    while let [kind, rest @ ..] = fields {
        fields = rest;
        if *kind == 0 {
            continue;
        }
        // A length is a varint; none of these is longer than two bytes.
        let (length, rest) = match fields {
            [low, rest @ ..] if *low < 0x80 => (usize::from(*low), rest),
            [low, high, rest @ ..] if *high < 0x80 => (usize::from(low & 0x7f) | usize::from(*high) << 7, rest),
            _ => return false,
        };
        let Some(rest) = rest.get(length..) else { return false };
        seen.push((*kind, length));
        fields = rest;
    }
    matches!(seen.as_slice(), [(1, _), (2, _), .., (6, 32)])
}

/// The account of an AWS key id: 40 bits after the four letters. Ids of before 2019, which begin with
/// `I` or `J`, hold none.
pub(super) fn aws_account(id: &str) -> Option<String> {
    let body = id.get(4..).filter(|body| !body.starts_with(['I', 'J']))?;
    let raw = base32(body.as_bytes());
    let number = raw.get(..6)?.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let account = (number & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// Decodes base64 of either alphabet, padded or not; trailing bits are not looked at.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
    const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);
    let text = text.trim_end_matches('=');
    if text.contains(['-', '_']) { URL.decode(text).ok() } else { STANDARD.decode(text).ok() }
}

/// What a NATS key (nkey) is for, and whether it is the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NkeyKind {
    /// `O`, `A`, `U`, `N`, `C`, `X`, `M`, `V`.
    pub(super) role: u8,
    /// A seed, from which the private key follows; otherwise a public key.
    pub(super) seed: bool,
}

/// Reads the kind off a NATS key: base32 of one prefix byte (two for a seed), 32 key bytes, CRC-16.
pub(super) fn nkey(token: &str) -> Option<NkeyKind> {
    let bytes = token.as_bytes();
    let is_base32 = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    match bytes {
        [b'S', role @ (b'A' | b'C' | b'N' | b'O' | b'U' | b'X' | b'M' | b'V'), b'A', b'A'..=b'P', rest @ ..]
            if rest.len() == 54 && is_base32(rest) =>
        {
            Some(NkeyKind { role: *role, seed: true })
        }
        [role @ (b'A' | b'C' | b'N' | b'O' | b'U' | b'X' | b'M' | b'V'), b'A'..=b'D', rest @ ..] if rest.len() == 54 && is_base32(rest) => {
            Some(NkeyKind { role: *role, seed: false })
        }
        _ => None,
    }
}

/// Whether the checksum of a NATS key holds: CRC-16/XMODEM over all but the last two bytes, little-endian.
pub(super) fn nkey_is_valid(token: &str) -> bool {
    let raw = base32(token.as_bytes());
    match raw.as_slice() {
        [body @ .., low, high] if body.len() >= 33 => crc16(body) == u16::from_le_bytes([*low, *high]),
        _ => false,
    }
}

/// CRC-16/XMODEM.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    })
}

/// Decodes RFC 4648 base32 without padding; other bytes count as zero bits.
fn base32(text: &[u8]) -> Vec<u8> {
    let (mut out, mut buffer, mut bits) = (Vec::with_capacity(text.len() * 5 / 8), 0_u32, 0);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => 0,
        };
        buffer = (buffer << 5 | u32::from(value)) & 0xFFFF;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
        }
    }
    out
}

/// BIP-173: the checksum of an age key (`AGE-SECRET-KEY-1…`), case aside.
fn bech32_is_valid(token: &str) -> bool {
    const ALPHABET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let token = token.to_ascii_lowercase();
    let Some((head, data)) = token.rsplit_once('1') else { return false };
    let mut values: Vec<u8> = head.bytes().map(|byte| byte >> 5).chain([0]).chain(head.bytes().map(|byte| byte & 31)).collect();
    for byte in data.bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == byte) else { return false };
        values.push(value as u8);
    }
    bech32_sum(values.into_iter()) == 1
}

/// The checksum of BIP-173 over five-bit values.
pub(super) fn bech32_sum(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATORS.iter().enumerate().fold(sum, |sum, (bit, generator)| if top >> bit & 1 == 1 { sum ^ generator } else { sum })
    })
}

/// Whether the last four bytes are the head of the double SHA-256 of the rest.
fn base58_is_valid(token: &str) -> bool {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if token.len() > 128 {
        return false;
    }
    let mut number: Vec<u8> = Vec::new();
    for byte in token.bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == byte) else { return false };
        let mut carry = value as u32;
        for digit in number.iter_mut().rev() {
            carry += u32::from(*digit) * 58;
            *digit = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            number.insert(0, carry as u8);
        }
    }
    let zeros = token.bytes().take_while(|byte| *byte == b'1').count();
    let raw = [vec![0; zeros], number].concat();
    let Some((body, sum)) = raw.split_last_chunk::<4>() else { return false };
    Sha256::digest(Sha256::digest(body)).starts_with(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_agree_with_published_vectors() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(in_base(crc32("123456789"), 16, 8), "cbf43926");
        assert!(bech32_is_valid("A12UEL5L"));
        assert!(!bech32_is_valid("A12UEL5M"));
        // The address of Bitcoin's first block: base58check without being a key.
        assert!(base58_is_valid("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"));
        assert!(!base58_is_valid("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"));
        // The id that Aidan Steele published with its account in "AWS access key ID formats".
        assert_eq!(aws_account(concat!("ASIA", "QNZGKIQY56JQ7WML")).as_deref(), Some("029608264753"));
    }

    #[test]
    fn every_structure_is_told_from_a_damaged_one() {
        for (id, damage) in [
            ("github-pat", 3),
            ("npm-access-token", 3),
            ("gitlab-pat-routable", 1),
            ("gitlab-pat-routable-versioned", 1),
            ("grafana-service-account-token", 12),
            ("nats-user-seed", 4),
            ("age-secret-key", 9),
            ("bip32-private-key", 7),
            ("wif-private-key", 7),
            ("pypi-upload-token", 48),
            ("1password-service-account-token", 20),
            ("grafana-cloud-api-token", 20),
            ("sentry-org-token", 60),
            ("jwt", 5),
        ] {
            let detector = super::super::detector::find(id).unwrap();
            let validator = detector.validator.unwrap();
            for seed in 0..10 {
                let token = super::super::sample::sample(id, seed).unwrap();
                assert_eq!(validator.check(&token), Validity::Valid, "{id}: {token}");
                // One character more in the middle, one less at the place of the damage.
                let at = token.len() - damage;
                let damaged = format!("{}{}", &token[..at], &token[at + 1..]);
                assert_eq!(validator.check(&damaged), Validity::Malformed, "{id}: {damaged}");
            }
        }
    }
}
