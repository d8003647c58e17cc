//! Whether what people write into an application may be markup when it is shown: nothing cleans it, and its own routes take
//! it.

use super::Check;
use crate::ir::{FactKind, Kind, Map, Node, Route};
use crate::lower::is_written_by_people;
use crate::lower::words::stem_of_model;

/// Parts of the names of packages that take markup out of what is written, or leave none in.
const CLEANERS: [&str; 14] = [
    "purify",
    "saniti",
    "xss",
    "insane",
    "striptags",
    "bleach",
    "escape-html",
    "html-escaper",
    "rehype",
    "remark",
    "slate-react",
    "draft-js",
    "lexical",
    "prosemirror",
];

/// Whether the text of such a record (`comment`, `project`) is what somebody typed. Of what people write to each other it is
/// enough that a server has answered with it; of the rest, a route has to take it.
pub(super) fn is_let_in(cx: &Check<'_>, owner: &str, is_answer: bool) -> bool {
    !is_cleaned(cx) && (is_answer && is_written_by_people(owner) || is_taken(cx, owner))
}

/// Whether a manifest of the repository names what cleans markup.
fn is_cleaned(cx: &Check<'_>) -> bool {
    let manifests = cx.model.of(Kind::Resource).filter_map(|fact| {
        let resource = fact.resource().filter(|resource| resource.provider == "npm" && resource.ty == "package")?;
        resource.attrs.get("dependencies").and_then(Node::as_map)
    });
    let cleans = |dependencies: &Map| dependencies.pairs().any(|(name, _)| CLEANERS.iter().any(|cleaner| name.contains(cleaner)));
    let mut manifests = manifests.peekable();
    manifests.peek().is_none() || manifests.any(cleans)
}

/// Whether a route of the repository takes such records of callers who are no administrators: `POST /projects`.
fn is_taken(cx: &Check<'_>, owner: &str) -> bool {
    let takes = |route: &Route| {
        let path = route.path.to_string();
        let is_written = route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH"));
        let names_admin = |guard: &Node| guard.to_string().to_ascii_lowercase().contains("admin");
        let is_for_admins = path.contains("admin") || route.guards.iter().chain(&route.markers).any(names_admin);
        is_written && !is_for_admins && path.split('/').any(|part| stem_of_model(part) == owner)
    };
    cx.model.of(Kind::Route).any(|fact| matches!(&fact.kind, FactKind::Route(route) if takes(route)))
}
