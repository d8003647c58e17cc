//! INI-like files: the settings of package managers. The secrets of others are found in their text.

use super::{Extract, document};
use crate::parse::ini;

/// Reads the settings of an `.npmrc`.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if cx.file.path.ends_with(".npmrc") && !cx.is_too_large() {
        let settings = cx.take(ini::parse(&cx.file.src()));
        document::resource(cx, settings.span, "npm", "settings", "", settings);
    }
}
