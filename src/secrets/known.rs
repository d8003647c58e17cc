//! Secrets that everybody knows: samples of documentation and default keys that ship with products.
//! Held as truncated SHA-256, so that no scanner stops on this repository.

use sha2::{Digest, Sha256};

use crate::tables;

/// What sample a value is, if it is one.
pub(super) fn sample(value: &str) -> Option<&'static str> {
    let hash = hash(value);
    tables::secret_rows("known").find(|row| row.text("hash") == hash).map(|row| row.text("name"))
}

/// The first eight bytes of the SHA-256 in hex.
fn hash(value: &str) -> String {
    super::tag::hex(&Sha256::digest(value.as_bytes())[..8])
}
