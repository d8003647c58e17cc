//! Made-up keys of NATS: seeds with a right checksum, and the tokens of users, accounts and operators.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as URL;

use super::Random;
use crate::secrets::validity::crc16;

/// The prefix of a seed, five bits.
const SEED: u8 = 18;

/// The five bits of a role that an id names: `nats-user-seed`, `nats-account-public`.
fn role(id: &str) -> u8 {
    match id.split('-').nth(1) {
        Some("operator") => 14,
        Some("account") => 0,
        Some("server") => 13,
        Some("cluster") => 2,
        Some("xkey") => 23,
        Some("module") => 12,
        Some("service") => 21,
        _ => 20,
    }
}

/// A public key for the role.
pub(super) fn public(id: &str, random: &mut Random) -> String {
    key(&[role(id) << 3], random)
}

/// A seed for the role that the detector is of.
pub(super) fn seed(detector: &str, random: &mut Random) -> String {
    let role = role(detector);
    // `S` and the role, five bits each, stand in the first two characters.
    key(&[SEED << 3 | role >> 2, (role & 3) << 6], random)
}

/// Prefix bytes, 32 random ones and their CRC-16, in base32.
fn key(prefix: &[u8], random: &mut Random) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut raw = prefix.to_vec();
    raw.extend(random.bytes(32));
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

/// A token whose claims are those of the name: `nats-jwt-bearer`, `nats-jwt-wide`, `nats-jwt-narrow`,
/// `nats-jwt-account`, `nats-jwt-exporter`, `nats-jwt-limitless`,
/// `nats-jwt-operator`, `nats-jwt-strict`.
pub(super) fn jwt(id: &str, random: &mut Random) -> Option<String> {
    const USER: u8 = 20 << 3;
    const ACCOUNT: u8 = 0;
    const OPERATOR: u8 = 14 << 3;
    const NARROW: &str = r#""pub":{"allow":["orders.new"]},"sub":{"allow":["_INBOX.>"]}"#;
    let (issuer, subject, more, nats) = match id.strip_prefix("nats-jwt-")? {
        "bearer" => (ACCOUNT, USER, r#""exp":1900000000,"#, format!(r#"{NARROW},"bearer_token":true,"type":"user""#)),
        "wide" => (ACCOUNT, USER, "", r#""pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user""#.to_owned()),
        "narrow" => (ACCOUNT, USER, r#""exp":1900000000,"#, format!(r#"{NARROW},"src":["10.0.0.0/8"],"type":"user""#)),
        "account" => {
            (OPERATOR, ACCOUNT, "", r#""limits":{"subs":-1,"wildcards":true},"default_permissions":{},"type":"account""#.to_owned())
        }
        "exporter" => {
            let exports = r#""exports":[{"name":"all","subject":">","type":"stream"},{"name":"api","subject":"api.>","type":"service"}]"#;
            let defaults = r#""default_permissions":{"pub":{"allow":[">"]},"sub":{"allow":[">"]}}"#;
            let callout = format!(r#""authorization":{{"auth_users":["{}"]}}"#, key(&[USER], random));
            (OPERATOR, ACCOUNT, "", format!(r#"{exports},{defaults},{callout},"type":"account""#))
        }
        "limitless" => (OPERATOR, ACCOUNT, "", r#""limits":{"subs":-1,"data":-1,"payload":-1,"conn":-1},"type":"account""#.to_owned()),
        "operator" => (OPERATOR, OPERATOR, "", r#""type":"operator""#.to_owned()),
        "strict" => (OPERATOR, OPERATOR, "", r#""strict_signing_key_usage":true,"type":"operator""#.to_owned()),
        _ => return None,
    };
    let (issuer, subject) = (key(&[issuer], random), key(&[subject], random));
    let claims = format!(r#"{{{more}"iat":1700000000,"iss":"{issuer}","name":"it","nats":{{{nats},"version":2}},"sub":"{subject}"}}"#);
    let header = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;
    Some(format!("{}.{}.{}", URL.encode(header), URL.encode(claims), URL.encode(random.bytes(64))))
}
