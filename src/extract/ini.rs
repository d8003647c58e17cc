//! INI-like files: their values, for the secrets engine, and the settings of package managers.

use super::{Extract, document};
use crate::parse::ini;

/// Reads the file's values.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if !cx.is_too_large() {
        let document = cx.take(ini::parse(&cx.file.src()));
        if cx.file.path.ends_with(".npmrc") {
            document::resource(cx, document.span, "npm", "settings", "", document.clone());
        }
        cx.documents.push(document);
    }
}
