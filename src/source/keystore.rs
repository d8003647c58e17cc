//! Containers of private keys that are not text: PKCS#12 and Java key stores, by their first bytes.

use sha2::{Digest, Sha256};

/// The digest of a file that holds a private key under a password; `None` for any other file. A store
/// of certificates alone holds none: Java's says so in its first entry, PKCS#12 only by its name.
pub fn keystore(path: &str, bytes: &[u8]) -> Option<[u8; 16]> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_trust = name.contains("trust") || name.contains("cacerts");
    let holds_key = match bytes {
        // JKS and JCEKS: magic, version, count, and an entry's tag, of which 1 is a private key.
        [0xfe, 0xed, 0xfe, 0xed, rest @ ..] | [0xce, 0xce, 0xce, 0xce, rest @ ..] => rest.get(8..12) == Some(&[0, 0, 0, 1]),
        // PFX (RFC 7292): a sequence of the version 3 and a sequence.
        [0x30, 0x82, _, _, 2, 1, 3, 0x30, ..] | [0x30, 0x81, _, 2, 1, 3, 0x30, ..] | [0x30, 0x80, 2, 1, 3, 0x30, ..] => !is_trust,
        _ => false,
    };
    let digest = || Sha256::digest(bytes).first_chunk::<16>().copied();
    if holds_key { digest() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_certificates() {
        let java = |tag: u8| [[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1].as_slice(), &[0, 0, 0, tag]].concat();
        assert!(keystore("a/release.jks", &java(1)).is_some());
        assert!(keystore("a/cacerts", &java(2)).is_none());
        let pfx = [0x30, 0x82, 9, 0x40, 2, 1, 3, 0x30, 0x82];
        assert!(keystore("certs/server.p12", &pfx).is_some());
        assert!(keystore("certs/truststore.p12", &pfx).is_none());
        assert!(keystore("certs/server.der", &[0x30, 0x82, 9, 0x40, 0x30, 0x82]).is_none());
        assert!(keystore("a.png", b"\x89PNG").is_none());
    }
}
