//! Whether the bytes of a key file are what their container says: DER of a private key, an OpenSSH
//! key, PGP packets. A header with random bytes below it is no key.

/// The first values of a DER sequence: tags, lengths of contents. `None` if it is none, or is cut.
fn members(raw: &[u8]) -> Option<Vec<(u8, usize)>> {
    let (tag, content, _) = value(raw)?;
    let mut rest = (tag == 0x30).then_some(content)?;
    let mut members = Vec::new();
    while !rest.is_empty() && members.len() < 10 {
        let (tag, content, after) = value(rest)?;
        members.push((tag, content.len()));
        rest = after;
    }
    Some(members)
}

/// One value of DER: tag, content, what follows.
fn value(raw: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = raw.split_first()?;
    let (length, rest) = match rest {
        [short, rest @ ..] if *short < 0x80 => (usize::from(*short), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((*tag, content, after))
}

/// Whether DER holds a private key: PKCS#1 (RFC 8017), PKCS#8 (RFC 5208), SEC1 (RFC 5915), DSA.
pub(super) fn is_private_key(raw: &[u8]) -> bool {
    const INTEGER: u8 = 2;
    const OCTETS: u8 = 4;
    const SEQUENCE: u8 = 0x30;
    let Some(members) = members(raw) else { return false };
    match members.as_slice() {
        // Version, algorithm, key; version, private key, curve; encryption, key.
        [(INTEGER, 1), (SEQUENCE, _), (OCTETS, 16..), ..] | [(INTEGER, 1), (OCTETS, 16..=66), ..] | [(SEQUENCE, _), (OCTETS, 16..)] => true,
        // Version and the numbers of RSA (eight) or DSA (five).
        [(INTEGER, 1), (INTEGER, 32..), rest @ ..] => rest.len() >= 4 && rest.iter().all(|(tag, _)| *tag == INTEGER),
        _ => false,
    }
}

/// Whether the bytes are an OpenSSH key, and whether a passphrase guards it.
pub(super) fn openssh(raw: &[u8]) -> Option<bool> {
    let cipher = raw.strip_prefix(b"openssh-key-v1\0")?;
    Some(!cipher.starts_with(b"\0\0\0\x04none"))
}

/// The checksum of PGP's armour (RFC 9580 §6.1).
pub(super) fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xb7_04ce, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 16, |crc, _| if crc & 0x80_0000 == 0 { crc << 1 } else { (crc << 1 ^ 0x86_4cfb) & 0xff_ffff })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_a_certificate() {
        assert_eq!(crc24(b"123456789"), 0x21_cf02);
        // A certificate begins with two sequences; the integer before a key must be a version.
        assert!(!is_private_key(&[0x30, 4, 0x30, 2, 5, 0]));
        assert!(!is_private_key(&[0x30, 3, 2, 1, 0]));
        assert!(!is_private_key(&[0x30, 9, 2, 1, 0]));
        assert_eq!(openssh(b"openssh-key-v1\0\0\0\0\x04none"), Some(false));
        assert_eq!(openssh(b"openssh-key-v1\0\0\0\0\x0aaes256-ctr"), Some(true));
    }
}
