//! Options of libraries that switch a protection off, or leave off what is off by default, by the rows
//! of `rules/tables/settings.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Check;
use crate::ir::{Call, Fact, Field, Node, NodeKind};
use crate::lower::option;
use crate::tables::{V, table};

/// The rows by library.
static ROWS: LazyLock<FxHashMap<&'static str, Vec<&'static V>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&'static str, Vec<&'static V>> = FxHashMap::default();
    for row in table("settings").map(|table| table.list("javascript")).unwrap_or_default() {
        rows.entry(row.text("library")).or_default().push(row);
    }
    rows
});

/// Session cookies that go over plain HTTP.
pub(super) fn session(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "session");
}

/// Protections of frameworks that are switched off.
pub(super) fn protection(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "protection");
}

/// Interfaces for developers that are open in production.
pub(super) fn explorer(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "explorer");
}

/// Pages that show a caller the stack of an error.
pub(super) fn errors(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "errors");
}

/// Tokens that are taken from the address.
pub(super) fn token_url(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "token-url");
}

/// Folders whose contents anybody may list.
pub(super) fn listing(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "listing");
}

/// Password hashes that take no time to try.
pub(super) fn hash_cost(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "hash-cost");
}

/// Keys that are too short for their algorithm.
pub(super) fn key_size(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "key-size");
}

/// Checks of the OAuth flow that are switched off.
pub(super) fn oauth(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    judge(cx, fact, call, "oauth");
}

fn judge(cx: &mut Check<'_>, fact: &Fact, call: &Call, about: &str) {
    let module = call.callee.module().unwrap_or_default();
    let family = module.rsplit_once('/').map_or(module, |(family, _)| family);
    let rows = [module, family].into_iter().filter_map(|library| ROWS.get(library)).flatten();
    let named = |row: &&&V| row.texts("export").any(|export| call.callee.path.iter().map(SmolStr::as_str).eq(export.split('.')));
    for row in rows.filter(|row| row.text("about") == about).filter(named) {
        let options = row.int("argument").and_then(|at| call.args.get(usize::try_from(at).ok()?));
        let (says, name) = (row.text("says"), row.text("option"));
        if row.flag("always") {
            cx.report_by_place(cx.finding(fact, fact.span, says).subject(module));
            continue;
        }
        let field = match options {
            Some(value) if name.is_empty() => value.to_field(|node| Some(node.clone())),
            options => option(options, name, |node| Some(node.clone())),
        };
        match field {
            Field::Known { value, span, via } if is_off(row, &value) => {
                cx.report_by_place(cx.finding(fact, span, says).subject(name).via(&via));
            }
            Field::Absent if row.flag("absent") && is_left_out(row, options) => {
                cx.report_by_place(cx.finding(fact, fact.span, says).subject(name));
            }
            _ => {}
        }
    }
}

/// Whether nothing else can set it: options of a name may be completed before they are used, those in
/// the call are all; and no other option stands for it.
fn is_left_out(row: &V, options: Option<&Node>) -> bool {
    options.is_none_or(|options| options.via.hops().is_empty() && row.texts("unless").all(|other| options.get(other).is_none()))
}

/// Whether the value is the one that the row calls off; of a list, none in it or `none`.
fn is_off(row: &V, value: &Node) -> bool {
    match &value.kind {
        NodeKind::Bool(value) => row.get("off").is_some() && *value == row.flag("off"),
        NodeKind::List(items) => row.flag("empty") && items.iter().all(|item| item.as_str() == Some("none")),
        NodeKind::Number(value) => {
            row.int("below").and_then(|least| i32::try_from(least).ok()).is_some_and(|least| *value < f64::from(least))
        }
        _ => false,
    }
}
