//! Rust services.

use super::Extract;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let _ = cx;
}
