//! `SvelteKit`: endpoints in `+server.ts`, form actions and loads in `+page.server.ts`, and `handle` of `hooks.server.ts`
//! in front of all of them. What a layout loads guards no page.

use super::filed::{self, Filed, exported};
use super::names::{Module, unquoted};
use super::paths;
use crate::extract::Extract;
use crate::ir::{Node, NodeKind};
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "@sveltejs/kit";

/// What a file's path makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// `+server.ts`, with the path that it serves.
    Endpoint(String),
    /// `+page.server.ts`, with the path of the page.
    Page(String),
    /// `hooks.server.ts`.
    Hooks,
}

/// The role of a path, if it has one.
pub(super) fn role(path: &str) -> Option<Role> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "+server.ts" | "+server.js" => Some(Role::Endpoint(served(folder))),
        "+page.server.ts" | "+page.server.js" => Some(Role::Page(served(folder))),
        "hooks.server.ts" | "hooks.server.js" => Some(Role::Hooks),
        _ => None,
    }
}

/// Folders below `routes` as a path: groups are no part of it, `[id]` is a parameter.
fn served(folder: &str) -> String {
    let folders: Vec<&str> = folder.split('/').collect();
    let below = folders.iter().rposition(|folder| *folder == "routes").map_or(&folders[..], |at| &folders[at + 1..]);
    let mut path = String::new();
    for part in below.iter().filter(|part| !part.is_empty() && !part.starts_with('(')) {
        path.push('/');
        let name = part.trim_matches(['[', ']']).split('=').next().unwrap_or_default();
        match name.strip_prefix("...") {
            Some(rest) => path.extend([":", rest, "*"]),
            None if part.starts_with('[') => path.extend([":", name]),
            None => path.push_str(part),
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Adds the facts of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    let Some(role) = role(&cx.file.path) else { return };
    let mut filed = Filed::new(PACKAGE);
    for (name, span) in exported(module) {
        let handler = filed::own(&cx.file.path, name, span);
        let method = match (&role, name) {
            (Role::Endpoint(_), "GET" | "POST" | "PUT" | "PATCH" | "DELETE") => name,
            (Role::Endpoint(_), "fallback") => "ANY",
            (Role::Page(_), "load") => "GET",
            (Role::Page(path), "actions") => {
                actions(module, path, &mut filed);
                continue;
            }
            (Role::Hooks, "handle") => {
                paths::guards(module, handler, None, PACKAGE, &mut filed.facts);
                continue;
            }
            _ => continue,
        };
        if let Role::Endpoint(path) | Role::Page(path) = &role {
            filed.add(filed.route(method, path, handler));
        }
    }
    filed.emit(cx);
}

/// `export const actions = { remove: async ({ params }) => … }`: each is asked for as `?/remove`.
fn actions<'t>(module: &Module<'t>, path: &str, filed: &mut Filed) {
    let is_actions =
        |node: &Syntax<'t>| node.kind() == Kind::VariableDeclarator && node.field(Field::Name).is_some_and(|name| name.text() == "actions");
    let Some(mut map) = module.tree.all().find(is_actions).and_then(|declarator| declarator.field(Field::Value)) else { return };
    while matches!(map.kind(), Kind::Satisfies | Kind::As | Kind::Parenthesized) {
        let Some(inner) = map.first() else { return };
        map = inner;
    }
    for entry in map.children().filter(|entry| matches!(entry.kind(), Kind::Pair | Kind::Method)) {
        let Some(key) = entry.field(Field::Key).or_else(|| entry.field(Field::Name)) else { continue };
        let handler = match entry.field(Field::Value) {
            Some(value) => Node { span: key.span(), ..module.lower(value) },
            None => Node::new(key.span(), NodeKind::Func(module.function(entry))),
        };
        let name = unquoted(key);
        let path = if name == "default" { path.to_owned() } else { format!("{}/{name}", path.trim_end_matches('/')) };
        filed.add(filed.route("ACTION", &path, handler));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_path() {
        let page = |path: &str| Some(Role::Page(path.to_owned()));
        assert_eq!(role("src/routes/(shop)/glazes/[id=integer]/+page.server.ts"), page("/glazes/:id"));
        assert_eq!(role("apps/web/src/routes/files/[...path]/+server.js"), Some(Role::Endpoint("/files/:path*".to_owned())));
        assert_eq!(role("src/hooks.server.ts"), Some(Role::Hooks));
        assert_eq!(role("src/routes/+layout.server.ts"), None);
    }
}
