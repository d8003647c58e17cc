//! TOML documents: manifests of Rust crates, configuration.

use super::{Extract, document};
use crate::parse::toml;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if cx.file.class.lock {
        super::lock::extract(cx);
        return;
    }
    if cx.is_too_large() {
        return;
    }
    let mut document = cx.take(toml::parse(&cx.file.src()));
    document::extract(cx, &mut document);
}
