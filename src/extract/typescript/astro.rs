//! Astro: endpoints below `src/pages` by the methods that they export, actions (`defineAction({ handler })`), and `onRequest`
//! of `src/middleware.ts` in front of all of them.

use super::filed::{self, Filed, exported};
use super::names::{Module, unquoted};
use super::paths;
use crate::extract::Extract;
use crate::ir::Node;
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "astro";

/// What a file's path makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    /// An endpoint, with the path that it serves.
    Endpoint(String),
    /// `src/middleware.ts`, `src/middleware/index.ts`.
    Middleware,
    /// Below `src/actions`.
    Actions,
}

/// Whether a file is a route or stands in front of routes: pages of other frameworks stand in the same folders.
pub(super) fn is_route(path: &str, text: &str) -> bool {
    let exports = |name: &str| text.contains(&format!("export const {name}")) || text.contains(&format!("function {name}("));
    match role(path) {
        Some(Role::Endpoint(_)) => ["GET", "POST", "PUT", "PATCH", "DELETE", "ALL"].iter().any(|method| exports(method)),
        Some(Role::Middleware) => text.contains("onRequest"),
        Some(Role::Actions) => text.contains("defineAction("),
        None => false,
    }
}

fn role(path: &str) -> Option<Role> {
    let stem = path.strip_suffix(".ts").or_else(|| path.strip_suffix(".js"))?;
    let below = stem.strip_prefix("src/").or_else(|| stem.split_once("/src/").map(|(_, below)| below))?;
    match below.split_once('/') {
        None if below == "middleware" => Some(Role::Middleware),
        Some(("middleware", "index")) => Some(Role::Middleware),
        Some(("actions", _)) => Some(Role::Actions),
        Some(("pages", rest)) => Some(Role::Endpoint(served(rest))),
        _ => None,
    }
}

/// `posts/[id].json` as a path: `[id]` is a parameter, `[...rest]` all that follows.
fn served(file: &str) -> String {
    let mut path = String::new();
    for part in file.split('/').filter(|part| *part != "index") {
        path.push('/');
        match part.strip_prefix('[').and_then(|part| part.split_once(']')) {
            Some((name, rest)) => match name.strip_prefix("...") {
                Some(name) => path.extend([":", name, "*"]),
                None => path.extend([":", name, rest]),
            },
            None => path.push_str(part),
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Adds the facts of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    if !is_route(&cx.file.path, &cx.file.text) {
        return;
    }
    let mut filed = Filed::new(PACKAGE);
    match role(&cx.file.path) {
        Some(Role::Endpoint(path)) => {
            for (name, span) in exported(module) {
                let method = match name {
                    "GET" | "POST" | "PUT" | "PATCH" | "DELETE" => name,
                    "ALL" => "ANY",
                    _ => continue,
                };
                filed.add(filed.route(method, &path, filed::own(&cx.file.path, name, span)));
            }
        }
        Some(Role::Middleware) => {
            if let Some((name, span)) = exported(module).into_iter().find(|(name, _)| *name == "onRequest") {
                paths::guards(module, filed::own(&cx.file.path, name, span), None, PACKAGE, &mut filed.facts);
            }
        }
        Some(Role::Actions) => actions(module, &mut filed),
        None => {}
    }
    filed.emit(cx);
}

/// `addNote: defineAction({ input, handler: async (input, context) => … })`, which anybody may call by its name.
fn actions<'t>(module: &Module<'t>, filed: &mut Filed) {
    let is_action = |call: &Syntax<'t>| {
        call.kind() == Kind::Call && module.callee_of(*call).is_some_and(|callee| callee.module() == Some("astro:actions"))
    };
    for call in module.tree.all().filter(is_action) {
        let Some(named) = call.parent().filter(|outer| matches!(outer.kind(), Kind::Pair | Kind::VariableDeclarator)) else { continue };
        let Some(name) = named.field(Field::Key).or_else(|| named.field(Field::Name)) else { continue };
        let lowered = module.lower(call);
        let handler = lowered.as_call().and_then(|call| call.args.first()).and_then(|options| options.get("handler"));
        let Some(handler) = handler else { continue };
        filed.add(filed.route("ACTION", &format!("/_actions/{}", unquoted(name)), Node { span: name.span(), ..handler.clone() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_a_path() {
        assert_eq!(role("src/pages/api/looms/[id].json.ts"), Some(Role::Endpoint("/api/looms/:id.json".to_owned())));
        assert_eq!(role("site/src/pages/index.js"), Some(Role::Endpoint("/".to_owned())));
        assert_eq!(role("src/middleware/index.ts"), Some(Role::Middleware));
        assert_eq!(role("src/pages/index.astro"), None);
    }
}
