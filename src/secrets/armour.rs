//! Private keys in armour: PEM in all its containers and spellings (on one line with `\n`, indented,
//! quoted line by line, base64 as a whole), PGP, PuTTY.

use std::ops::Range;

use crate::ir::{Power, Validity};

use super::validity::base64;
use super::{harmless, keyfile};

/// A private key that was found.
#[derive(Debug)]
pub(super) struct Key {
    /// From `-----BEGIN` to the end of the armour.
    pub(super) span: Range<usize>,
    /// The detector's id.
    pub(super) detector: &'static str,
    /// What it is.
    pub(super) name: &'static str,
    /// What its structure says.
    pub(super) validity: Validity,
    /// Less for an encrypted key.
    pub(super) power: Power,
}

/// Armour is at most this long: an RSA key of 8192 bits takes 6.4 KB.
const MAX_ARMOUR: usize = 16 * 1024;

/// Reads the armour whose `-----BEGIN ` stands at `at`.
pub(super) fn pem(text: &[u8], at: usize) -> Option<Key> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let rest = &text[at..(at + MAX_ARMOUR).min(text.len())];
    let label_end = memchr::memmem::find(&rest[..rest.len().min(80)], b"-----\n")
        .or_else(|| memchr::memmem::find(&rest[BEGIN.len()..rest.len().min(80)], b"-----").map(|end| end + BEGIN.len()))?;
    let label = std::str::from_utf8(&rest[BEGIN.len()..label_end]).ok()?;
    let (detector, name) = match label {
        "RSA PRIVATE KEY" => ("private-key-rsa", "RSA private key"),
        "EC PRIVATE KEY" => ("private-key-ec", "elliptic-curve private key"),
        "DSA PRIVATE KEY" => ("private-key-dsa", "DSA private key"),
        "OPENSSH PRIVATE KEY" => ("private-key-openssh", "OpenSSH private key"),
        "PGP PRIVATE KEY BLOCK" => ("private-key-pgp", "PGP private key"),
        "ENCRYPTED PRIVATE KEY" => ("private-key-encrypted", "encrypted private key"),
        "PRIVATE KEY" => ("private-key-pkcs8", "private key"),
        other if other.ends_with("PRIVATE KEY") && other.len() < 40 => ("private-key-pem", "private key"),
        _ => return None,
    };
    let body_start = label_end + 5;
    // Armour that another begins in was cut: headers alone, one below the other, cost no more than their lines.
    let rest = &rest[..memchr::memmem::find(&rest[body_start..], BEGIN).map_or(rest.len(), |next| body_start + next)];
    let end = memchr::memmem::find(&rest[body_start..], b"-----END");
    let body = &rest[body_start..end.map_or(rest.len(), |end| body_start + end)];
    let Body { base64: encoded, encrypted, elided, sum } = unfold(body);
    // Without its end a key was cut; what is left of it may still be most of it.
    if elided || encoded.len() < 40 || (end.is_none() && encoded.len() < 400) {
        return None;
    }
    let raw = base64(&encoded).or_else(|| base64(&encoded[..encoded.len() & !3])).unwrap_or_default();
    let ssh_locked = keyfile::openssh(&raw);
    let locked = encrypted || detector == "private-key-encrypted" || ssh_locked == Some(true);
    let agrees = sum.map(|sum| base64(&sum).is_some_and(|sum| sum == keyfile::crc24(&raw).to_be_bytes()[1..]));
    let validity = match (detector, agrees) {
        ("private-key-pgp", None) => Validity::Unchecked,
        (_, Some(true)) => Validity::Valid,
        _ if encrypted || ssh_locked.is_some() || keyfile::is_private_key(&raw) => Validity::Valid,
        _ => Validity::Malformed,
    };
    // The header of an OpenSSH key has runs of zeros; where the structure is right they mean nothing.
    if validity != Validity::Valid && harmless::is_repetitive(encoded.as_bytes()) {
        return None;
    }
    let span_end = end.map_or(at + body_start + body.len(), |end| {
        let tail = &rest[body_start + end + 5..];
        at + body_start + end + 5 + memchr::memmem::find(&tail[..tail.len().min(80)], b"-----").map_or(0, |close| close + 5)
    });
    Some(Key { span: at..span_end, detector, name, validity, power: if locked { Power::Little } else { Power::Much } })
}

/// The content of armour without its line breaks, quotes and headers.
struct Body {
    base64: String,
    encrypted: bool,
    elided: bool,
    /// The checksum of PGP's armour.
    sum: Option<String>,
}

fn unfold(body: &[u8]) -> Body {
    let mut unfolded = Body { base64: String::with_capacity(body.len()), encrypted: false, elided: false, sum: None };
    let text = String::from_utf8_lossy(body);
    // `\n` may be written out, in JSON within JSON twice.
    for line in text.replace("\\r", "").replace("\\\\n", "\n").replace("\\n", "\n").lines() {
        let line = line
            .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '\\' | '#' | '*' | '|' | '.' | '$'));
        let line = line.strip_prefix("//").unwrap_or(line).trim_start();
        let line = line.strip_suffix("\" +").or_else(|| line.strip_suffix("' +")).unwrap_or(line).trim_end_matches(['"', '\'', '\\']);
        if line.contains(": ") {
            unfolded.encrypted |= line.contains("ENCRYPTED");
            continue;
        }
        if line.contains("...") || line.contains(['<', '{', '[', '…']) {
            unfolded.elided = true;
            break;
        }
        // The checksum line of PGP.
        if let Some(sum) = line.strip_prefix('=') {
            unfolded.sum = (sum.len() == 4).then(|| sum.to_owned());
            continue;
        }
        unfolded.base64.extend(line.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')));
    }
    unfolded
}

/// Base64 of a whole PEM (`LS0tLS1CRUdJTi…`), as in Kubernetes Secrets and kubeconfig files.
pub(super) fn base64_pem(text: &[u8], at: usize) -> Option<Key> {
    let run = base64_run(text, at);
    let raw = base64(std::str::from_utf8(&text[run.clone()]).ok()?)?;
    let inner = pem(&raw, memchr::memmem::find(&raw, b"-----BEGIN ").filter(|at| *at < 8)?)?;
    Some(Key { span: run, ..inner })
}

/// Base64 of DER without armour: PKCS#1 and PKCS#8 begin with a sequence and `INTEGER 0`, where a
/// certificate begins with two sequences.
pub(super) fn bare_der(text: &[u8], at: usize) -> Option<Key> {
    let run = base64_run(text, at);
    if run.len() < 300 {
        return None;
    }
    let raw = base64(std::str::from_utf8(&text[run.clone()]).ok()?)?;
    keyfile::is_private_key(&raw).then_some(Key {
        span: run,
        detector: "private-key-der",
        name: "private key",
        validity: Validity::Valid,
        power: Power::Much,
    })
}

fn base64_run(text: &[u8], at: usize) -> Range<usize> {
    let rest = &text[at..(at + MAX_ARMOUR).min(text.len())];
    at..at + rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')).count()
}

/// A PuTTY key file: `PuTTY-User-Key-File-3: …` with `Private-Lines:`.
pub(super) fn putty(text: &[u8], at: usize) -> Option<Key> {
    let rest = &text[at..(at + MAX_ARMOUR).min(text.len())];
    let private = memchr::memmem::find(rest, b"Private-Lines:")?;
    let mac = memchr::memmem::find(&rest[private..], b"Private-MAC:").map_or(rest.len(), |mac| private + mac);
    let locked = memchr::memmem::find(rest, b"Encryption: none").is_none();
    Some(Key {
        span: at..at + mac,
        detector: "private-key-putty",
        name: "PuTTY private key",
        validity: Validity::Valid,
        power: if locked { Power::Little } else { Power::Much },
    })
}
