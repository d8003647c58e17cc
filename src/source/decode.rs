//! From the bytes of a file to the text that is scanned, or the reason why it is not.

use std::sync::Arc;

/// Bytes that are looked at for a NUL: a file with one so early is not text.
const BINARY_WINDOW: usize = 8 << 10;

/// How the bytes of a file became text. Reports that point into the file's own bytes need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8 as it stands.
    #[default]
    Utf8,
    /// UTF-8 after a byte-order mark, which is not part of the text.
    Utf8Bom,
    /// UTF-16 in either byte order, by its byte-order mark.
    Utf16,
    /// Not valid UTF-8; each invalid sequence became U+FFFD.
    Lossy,
}

/// Decodes a file; `None` if it is binary.
pub fn decode(bytes: &[u8]) -> Option<(Arc<str>, Encoding)> {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        let rest = &bytes[length..];
        if encoding == encoding_rs::UTF_8 {
            return text(rest).map(|(text, found)| (text, if found == Encoding::Utf8 { Encoding::Utf8Bom } else { found }));
        }
        let (decoded, _) = encoding.decode_without_bom_handling(rest);
        return Some((decoded.into(), Encoding::Utf16));
    }
    text(bytes)
}

fn text(bytes: &[u8]) -> Option<(Arc<str>, Encoding)> {
    if memchr::memchr(0, &bytes[..bytes.len().min(BINARY_WINDOW)]).is_some() {
        return None;
    }
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), Encoding::Utf8),
        Err(_) => (String::from_utf8_lossy(bytes).into(), Encoding::Lossy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_read_and_binaries_are_not() {
        let read = |bytes: &[u8]| decode(bytes).map(|(text, encoding)| (text.to_string(), encoding));
        assert_eq!(read(b"a = 1"), Some(("a = 1".into(), Encoding::Utf8)));
        assert_eq!(read(b"\xef\xbb\xbfa"), Some(("a".into(), Encoding::Utf8Bom)));
        assert_eq!(read(b"\xff\xfea\0\xe9\0"), Some(("aé".into(), Encoding::Utf16)));
        assert_eq!(read(b"\xfe\xff\0a"), Some(("a".into(), Encoding::Utf16)));
        assert_eq!(read(b"caf\xe9"), Some(("caf\u{fffd}".into(), Encoding::Lossy)));
        assert_eq!(read(b"\x7fELF\0"), None);
        assert_eq!(read(b""), Some((String::new(), Encoding::Utf8)));
    }
}
