//! Packages that are known for a hole, by the versions that a manifest takes.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::Check;
use crate::finding::{Level, Severity};
use crate::ir::{Fact, Node, Resource};
use crate::tables::{V, table};

/// Major, minor, patch.
type Version = [u64; 3];

static KNOWN: LazyLock<FxHashMap<&'static str, Vec<&'static V>>> = LazyLock::new(|| {
    let mut known: FxHashMap<&str, Vec<&V>> = FxHashMap::default();
    for row in table("packages").map(|table| table.list("package")).unwrap_or_default() {
        known.entry(row.text("name")).or_default().push(row);
    }
    known
});

/// Dependencies of which every version that may be installed has a hole.
pub(super) fn with_hole(cx: &mut Check<'_>, _: &Fact, manifest: &Resource) {
    if manifest.provider != "npm" || manifest.ty != "package" {
        return;
    }
    let Some(dependencies) = manifest.attrs.get("dependencies").and_then(Node::as_map) else { return };
    for (name, range) in dependencies.pairs() {
        let (Some(rows), Some(wanted)) = (KNOWN.get(name.as_str()), range.as_str()) else { continue };
        let Some(row) = rows.iter().find(|row| holds_for_all(row, wanted)) else { continue };
        let until = match row.text("below") {
            "" => "no version is without it".to_owned(),
            below => format!("{below} is the first without it"),
        };
        let what = format!("`{name}` {wanted} {} ({}): {until}", row.text("says"), row.text("cve"));
        let finding = cx.finding_about(name, range.span, what);
        cx.report_by_place(if row.flag("depends") { finding.severity(Severity::Low).level(Level::Pedantic) } else { finding });
    }
}

/// Whether every version that a range takes has the hole of a row.
fn holds_for_all(row: &V, wanted: &str) -> bool {
    match row.text("below") {
        "" => end_of(wanted).is_some(),
        below => end_of(wanted).zip(version(below)).is_some_and(|(end, below)| end <= below),
    }
}

/// The first version behind a range: `2.0.0` of `^1.4.2`, `0.4.0` of `^0.3.5`, `1.4.3` of `1.4.2`. Nothing of ranges that
/// are open or no versions.
fn end_of(range: &str) -> Option<Version> {
    let range = range.trim();
    let bare = range.trim_start_matches(['^', '~', '=', 'v']);
    let [major, minor, patch] = version(bare)?;
    Some(match (range.as_bytes().first(), major, minor) {
        (Some(b'^'), 0, 0) => [0, 0, patch + 1],
        (Some(b'^'), 0, _) | (Some(b'~'), ..) => [major, minor + 1, 0],
        (Some(b'^'), ..) => [major + 1, 0, 0],
        _ => [major, minor, patch + 1],
    })
}

/// A version of three numbers; what stands behind them is left out.
fn version(text: &str) -> Option<Version> {
    let numbers = text.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    let version = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(version)
}
