//! `.env` files: the entries of a process environment.

use super::Extract;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let _ = cx;
}
