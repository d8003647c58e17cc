//! Dockerfiles: stages and what they do.

use super::Extract;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let _ = cx;
}
