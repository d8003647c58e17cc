//! INI-like files: their values, for the secrets engine.

use super::Extract;
use crate::parse::ini;

/// Reads the file's values.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if !cx.is_too_large() {
        let document = cx.take(ini::parse(&cx.file.src()));
        cx.documents.push(document);
    }
}
