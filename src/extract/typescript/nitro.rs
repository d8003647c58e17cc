//! Nuxt and Nitro: a file below `server/api` or `server/routes` is a route by its path and ending (`[id].delete.ts`), one
//! below `server/middleware` runs in front of all of them, and what one below `server/utils` exports is there
//! everywhere without an import.

use smol_str::format_smolstr;

use super::filed::{self, Filed, default_export, exported};
use super::names::Module;
use super::paths;
use crate::extract::Extract;
use crate::ir::{Fact, FactKind, Node, Resource, ResourceMode};

const PACKAGE: &str = "nitropack";

/// Methods that a file's name may end in.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// What a file's path makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    /// A route: its method and the path that it serves.
    Endpoint(String, String),
    /// What runs in front of all routes.
    Middleware,
    /// What is imported everywhere.
    Utility,
}

/// Whether a file is a route or stands in front of routes: Express applications have such folders too, so that the text has to
/// say what it handles.
pub(super) fn is_route(path: &str, text: &str) -> bool {
    match role(path) {
        Some(Role::Endpoint(..) | Role::Middleware) => {
            text.contains("export default") && (text.contains("ventHandler") || text.contains("(event"))
        }
        Some(Role::Utility) => text.contains("export ") && (text.contains("createError(") || text.contains("ventHandler")),
        None => false,
    }
}

fn role(path: &str) -> Option<Role> {
    let (stem, ending) = path.rsplit_once('.')?;
    let below = stem.strip_prefix("server/").or_else(|| stem.split_once("/server/").map(|(_, below)| below))?;
    if !matches!(ending, "ts" | "js" | "mjs" | "mts") {
        return None;
    }
    let (folder, rest) = below.split_once('/')?;
    match folder {
        "api" => Some(endpoint("/api", rest)),
        "routes" => Some(endpoint("", rest)),
        "middleware" => Some(Role::Middleware),
        "utils" => Some(Role::Utility),
        _ => None,
    }
}

/// `users/[id].delete` as a method and a path: groups are no part of it, `[id]` is a parameter, `[...rest]` all that follows.
fn endpoint(above: &str, file: &str) -> Role {
    let (file, method) = match file.rsplit_once('.').filter(|(_, method)| METHODS.contains(method)) {
        Some((file, method)) => (file, method.to_ascii_uppercase()),
        None => (file, "ANY".to_owned()),
    };
    let mut path = above.to_owned();
    for part in file.split('/').filter(|part| *part != "index" && !part.starts_with('(')) {
        path.push('/');
        match part.trim_matches(['[', ']']).strip_prefix("...") {
            Some(rest) => path.extend([":", rest, "*"]),
            None if part.starts_with('[') => path.extend([":", part.trim_matches(['[', ']'])]),
            None => path.push_str(part),
        }
    }
    Role::Endpoint(method, if path.is_empty() { "/".to_owned() } else { path })
}

/// Adds the facts of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    if !is_route(&cx.file.path, &cx.file.text) {
        return;
    }
    let mut filed = Filed::new(PACKAGE);
    match role(&cx.file.path) {
        Some(Role::Endpoint(method, path)) => handler(cx, module, &method, &path, &mut filed),
        Some(Role::Middleware) => {
            if let Some(span) = filed::default_span(module) {
                paths::guards(module, filed::own(&cx.file.path, "default", span), None, PACKAGE, &mut filed.facts);
            }
        }
        Some(Role::Utility) => utilities(cx, module, &mut filed.facts),
        None => {}
    }
    filed.emit(cx);
}

/// `export default defineEventHandler(async (event) => …)`, with hooks in front of it where it is an object.
fn handler(cx: &Extract<'_>, module: &Module<'_>, method: &str, path: &str, filed: &mut Filed) {
    let Some(span) = filed::default_span(module) else { return };
    let lowered = default_export(module).map(|value| module.lower(value));
    let options = lowered.as_ref().and_then(Node::as_call).and_then(|call| call.args.first());
    let Some(inner) = options.and_then(|options| options.get("handler")) else {
        filed.add(filed.route(method, path, filed::own(&cx.file.path, "default", span)));
        return;
    };
    let mut route = filed.route(method, path, Node { span, ..inner.clone() });
    route.guards =
        options.and_then(|options| options.get("onRequest")).map(Node::one_or_many).unwrap_or_default().into_iter().cloned().collect();
    filed.add(route);
}

/// What is known by its name in every file of the server.
fn utilities(cx: &Extract<'_>, module: &Module<'_>, facts: &mut Vec<Fact>) {
    for (name, span) in exported(module) {
        let resource = Resource {
            provider: PACKAGE.into(),
            ty: "auto-import".into(),
            name: name.into(),
            address: format_smolstr!("auto-import {name}"),
            mode: ResourceMode::Managed,
            attrs: filed::own(&cx.file.path, name, span),
        };
        facts.push(Fact::new(span, resource.address.clone(), FactKind::Resource(resource)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_a_method_and_a_path() {
        let endpoint = |method: &str, path: &str| Some(Role::Endpoint(method.to_owned(), path.to_owned()));
        assert_eq!(role("server/api/kilns/[id].delete.ts"), endpoint("DELETE", "/api/kilns/:id"));
        assert_eq!(role("apps/web/server/routes/index.ts"), endpoint("ANY", "/"));
        assert_eq!(role("server/api/(shop)/files/[...path].get.js"), endpoint("GET", "/api/files/:path*"));
        assert_eq!(role("server/middleware/1.auth.ts"), Some(Role::Middleware));
        assert_eq!(role("src/server.ts"), None);
    }
}
