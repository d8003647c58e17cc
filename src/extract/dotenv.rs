//! `.env` files: variables of a process environment.

use super::Extract;
use crate::ir::{Entry, EnvEntry, NodeKind};
use crate::parse::dotenv;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if cx.is_too_large() {
        return;
    }
    let document = cx.take(dotenv::parse(&cx.file.src()));
    if let NodeKind::Map(map) = &document.kind {
        for entry in &map.entries {
            let Entry::Pair { key, key_span, value } = entry else { continue };
            let entry = EnvEntry { key: key.clone(), value: value.clone(), place: "dotenv".into() };
            cx.variable(key_span.to(value.span), entry);
        }
    }
}
