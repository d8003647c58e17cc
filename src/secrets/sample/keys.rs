//! Made-up private keys in every container: the structure is right, the numbers are random.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Random;
use crate::secrets::keyfile::crc24;

/// The key of a name in its armour; on one line with `\n` written out if the name ends in `-line`.
pub(super) fn key(id: &str, random: &mut Random) -> Option<String> {
    let (kind, on_one_line) = id.strip_suffix("-line").map_or((id, false), |kind| (kind, true));
    let text = match kind.strip_prefix("private-key-")? {
        "rsa" => armour("RSA PRIVATE KEY", &rsa(random)),
        "pkcs8" => armour("PRIVATE KEY", &pkcs8(random)),
        "ec" => armour("EC PRIVATE KEY", &sec1(random)),
        "dsa" => armour("DSA PRIVATE KEY", &dsa(random)),
        "openssh" => armour("OPENSSH PRIVATE KEY", &openssh(random)),
        "encrypted" => armour("ENCRYPTED PRIVATE KEY", &encrypted(random)),
        "pgp" => pgp(random),
        "putty" => putty(random),
        "der" => STANDARD.encode(pkcs8(random)),
        _ => return None,
    };
    Some(if on_one_line { text.replace('\n', "\\n") } else { text })
}

fn armour(label: &str, raw: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines(raw))
}

/// Base64 in lines of 64.
fn lines(raw: &[u8]) -> String {
    let body = STANDARD.encode(raw);
    let lines: Vec<&str> = (0..body.len()).step_by(64).map(|at| &body[at..(at + 64).min(body.len())]).collect();
    lines.join("\n")
}

/// A value of DER: its tag, its length, its content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        middle @ 0x80..0x100 => vec![0x81, middle as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [&[tag], length.as_slice(), content].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

/// A positive integer of so many random bytes.
fn integer(random: &mut Random, bytes: usize) -> Vec<u8> {
    let mut content = random.bytes(bytes);
    content[0] = content[0] & 0x7f | 0x40;
    der(2, &content)
}

/// PKCS#1 (RFC 8017 appendix A.1.2).
fn rsa(random: &mut Random) -> Vec<u8> {
    let (version, exponent) = (der(2, &[0]), der(2, &[1, 0, 1]));
    let (modulus, private) = (integer(random, 128), integer(random, 128));
    let primes: Vec<Vec<u8>> = (0..5).map(|_| integer(random, 64)).collect();
    sequence(&[vec![version, modulus, exponent, private], primes].concat())
}

/// PKCS#8 (RFC 5208) around an RSA key.
fn pkcs8(random: &mut Random) -> Vec<u8> {
    const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    sequence(&[der(2, &[0]), sequence(&[der(6, &RSA_ENCRYPTION), der(5, &[])]), der(4, &rsa(random))])
}

/// RFC 5915, on P-256.
fn sec1(random: &mut Random) -> Vec<u8> {
    const PRIME256V1: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let public = [&[0, 4], random.bytes(64).as_slice()].concat();
    sequence(&[der(2, &[1]), der(4, &random.bytes(32)), der(0xa0, &der(6, &PRIME256V1)), der(0xa1, &der(3, &public))])
}

fn dsa(random: &mut Random) -> Vec<u8> {
    let numbers = [128, 20, 128, 128, 20].map(|bytes| integer(random, bytes));
    sequence(&[vec![der(2, &[0])], numbers.to_vec()].concat())
}

/// PKCS#8 with an encryption by password (PBES2).
fn encrypted(random: &mut Random) -> Vec<u8> {
    const PBES2: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
    sequence(&[sequence(&[der(6, &PBES2), sequence(&[der(4, &random.bytes(16))])]), der(4, &random.bytes(320))])
}

/// `openssh-key-v1`, an Ed25519 key without a passphrase.
fn openssh(random: &mut Random) -> Vec<u8> {
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let (public, private, check) = (random.bytes(32), random.bytes(64), random.bytes(4));
    let private = [check.clone(), check, string(b"ssh-ed25519"), string(&public), string(&private), string(b"app@host"), (1..=5).collect()];
    let public = [string(b"ssh-ed25519"), string(&public)];
    let parts = [
        b"openssh-key-v1\0".to_vec(),
        string(b"none"),
        string(b"none"),
        string(b""),
        1_u32.to_be_bytes().to_vec(),
        string(&public.concat()),
        string(&private.concat()),
    ];
    parts.concat()
}

/// A packet of a secret key (tag 5, RFC 9580), with the checksum of its armour.
fn pgp(random: &mut Random) -> String {
    let raw = [vec![0x95, 0x01, 0x2c, 4], random.bytes(0x12b)].concat();
    let sum = STANDARD.encode(&crc24(&raw).to_be_bytes()[1..]);
    format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{}\n={sum}\n-----END PGP PRIVATE KEY BLOCK-----", lines(&raw))
}

fn putty(random: &mut Random) -> String {
    format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: app\nPublic-Lines: 2\n{}\nPrivate-Lines: 1\n{}\nPrivate-MAC: {}",
        lines(&random.bytes(51)),
        lines(&random.bytes(36)),
        random.of(b"0123456789abcdef", 64)
    )
}
