//! Functions that take how much work is done as a number: rows of `rules/tables/settings.toml`, by the crate.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::ir::{Node, NodeKind, Ref, Scope};
use crate::tables::table;

/// What a library of Rust is called in the table.
const REGISTRY: &str = "crates.io/";

/// Crates with the functions that rows name, as paths below the crate.
static KNOWN: LazyLock<FxHashMap<&'static str, Vec<Vec<&'static str>>>> = LazyLock::new(|| {
    let mut known: FxHashMap<&'static str, Vec<Vec<&'static str>>> = FxHashMap::default();
    for row in table("settings").map(|table| table.list("rust")).unwrap_or_default() {
        if let Some(library) = row.text("library").strip_prefix(REGISTRY) {
            known.entry(library).or_default().extend(row.texts("export").map(|export| export.split('.').collect::<Vec<_>>()));
        }
    }
    known
});

/// A function of a row, as the row calls it.
pub(in super::super) fn costs(callee: &Ref) -> Option<Ref> {
    let [library, path @ ..] = callee.path.as_slice() else { return None };
    let is_known = KNOWN.get(library.as_str())?.iter().any(|known| path.iter().eq(known.iter()));
    is_known.then(|| Ref::new(Scope::Import(smol_str::format_smolstr!("{REGISTRY}{library}")), path.iter().cloned()))
}

/// The number of `NonZeroU32::new(1000)`.
pub(in super::super) fn number_in(node: &Node) -> &Node {
    match &node.kind {
        NodeKind::Call(call) if call.callee.names().iter().any(|name| name.starts_with("NonZero")) => call.args.first().unwrap_or(node),
        _ => node,
    }
}
