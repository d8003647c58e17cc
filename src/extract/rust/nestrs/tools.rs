//! Tools of the Model Context Protocol: which of them anybody may call. A host of tools is closed unless the
//! application says otherwise: by `#[public]` on a tool, or by a guard that lets everybody in.

use super::Attrs;
use crate::extract::Extract;
use crate::parse::rust::{Attr, Expr, Item, ItemKind};

/// What the name of a tool begins with that changes something.
const CHANGES: [&str; 30] = [
    "add", "approve", "archive", "assign", "ban", "book", "cancel", "change", "close", "create", "delete", "drop", "edit", "execute",
    "grant", "insert", "move", "pay", "post", "publish", "purge", "refund", "remove", "rename", "reset", "revoke", "run", "send", "set",
    "update",
];

/// Adds a `nestrs-tool` for each public tool of an `impl` that changes something.
pub(super) fn extract(cx: &mut Extract<'_>, attrs: &[Attr], methods: &[Item], owner: &str) {
    if !attrs.iter().any(|attr| matches!(attr.path.last(), "tool_router" | "tools")) {
        return;
    }
    for method in methods {
        let ItemKind::Function(function) = &method.kind else { continue };
        let Some(public) = method.attrs.iter().find(|attr| attr.is("public")) else { continue };
        let verb = function.name.text.split('_').next().unwrap_or_default();
        if method.attrs.iter().any(|attr| attr.is("tool")) && CHANGES.contains(&verb) {
            Attrs::default().text("tool", function.name.text.clone(), public.span).emit(cx, "nestrs-tool", owner, public.span);
        }
    }
}

/// Adds a `nestrs-tool` for a module that lets everybody call its tools.
pub(super) fn open_guard(cx: &mut Extract<'_>, providers: &[&Expr], owner: &str) {
    let guard = providers.iter().find_map(|entry| entry.as_path().filter(|path| path.last() == "AllowAllMcpGuard"));
    if let Some(path) = guard {
        Attrs::default().text("guard", path.last(), path.span).emit(cx, "nestrs-tool", owner, path.span);
    }
}
