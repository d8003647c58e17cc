//! Terraform and OpenTofu: blocks become resources and bindings.

use super::Extract;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let _ = cx;
}
