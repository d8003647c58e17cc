//! Next.js: route handlers in `app/**/route.ts`, API routes in `pages/api`, server actions, and
//! `middleware.ts` with its matcher. Here a file's path is its route.

use smol_str::SmolStr;

use super::filed::{self, Filed, default_span, exported};
use super::names::Module;
use super::paths;
use crate::extract::Extract;
use crate::ir::{Fact, Field as Value, Node, NodeKind, Ref, Scope, Span, Text, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "next";

/// What a file's path makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// `app/**/route.ts`, with the path that it serves.
    Handlers(String),
    /// `pages/api/**`, with the path that it serves.
    Api(String),
    /// `middleware.ts` (`proxy.ts` from version 16).
    Middleware,
}

/// The role of a path, if it has one.
pub(super) fn role(path: &str) -> Option<Role> {
    let (stem, ending) = path.rsplit_once('.')?;
    if !matches!(ending, "ts" | "tsx" | "js" | "jsx" | "mjs") {
        return None;
    }
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    let below = |root: &str, path: &str| -> Option<String> {
        let marked = format!("/{path}/");
        let at = marked.find(&format!("/{root}/"))?;
        Some(marked[at + root.len() + 1..].trim_end_matches('/').to_owned())
    };
    if name == "route" {
        return Some(Role::Handlers(served(&below("app", folder)?)));
    }
    if matches!(name, "middleware" | "proxy") && matches!(folder.rsplit('/').next(), Some("" | "src") | None)
        || name == "middleware"
            && folder.split('/').count() <= 3
            && !folder.split('/').any(|part| matches!(part, "server" | "lib" | "utils"))
    {
        return Some(Role::Middleware);
    }
    let api = below("pages/api", stem)?;
    Some(Role::Api(served(&format!("/api{}", api.strip_suffix("/index").unwrap_or(&api)))))
}

/// Folders as a path: groups and slots are no part of it, `[id]` is a parameter.
fn served(folders: &str) -> String {
    let mut path = String::new();
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('(') && part.ends_with(')') || part.starts_with('@') {
            continue;
        }
        path.push('/');
        match part.trim_matches(['[', ']']).strip_prefix("...") {
            Some(rest) => path.extend([":", rest, "*"]),
            None if part.starts_with('[') => path.extend([":", part.trim_matches(['[', ']'])]),
            None => path.push_str(part),
        }
    }
    path
}

/// The parameters that the folders of a path name: `id` of `app/notes/[id]/route.ts`.
pub(super) fn keys(path: &str) -> Vec<SmolStr> {
    let named = |part: &str| Some(SmolStr::new(part.strip_prefix('[')?.split(']').next()?.trim_start_matches("...")));
    path.split('/').filter_map(named).collect()
}

/// Adds the facts of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    let role = role(&cx.file.path);
    let mut filed = Filed::new(PACKAGE);
    match &role {
        Some(Role::Handlers(path)) => {
            for (name, span) in exported(module) {
                if matches!(name, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") {
                    // `export { handler as GET }`: the export leads to the function.
                    filed.add(filed.route(name, path, filed::own(&cx.file.path, name, span)));
                }
            }
        }
        Some(Role::Api(path)) if cx.file.text.contains("export default") || cx.file.text.contains("module.exports") => {
            let span = default_span(module).unwrap_or_else(|| cx.file.span());
            // The default export may name a function of the file.
            filed.add(filed.route("ANY", path, filed::own(&cx.file.path, "default", span)));
        }
        Some(Role::Middleware) if cx.file.text.contains("next/") || cx.file.text.contains("auth") => {
            middleware(cx, module, &mut filed.facts);
        }
        _ => {}
    }
    if module.tree.root().children().take(3).any(|node| is_use_server(node)) {
        // What is said to be the server's alone is called by no page, unless one is handed it.
        let is_internal = ["\"server-only\"", "'server-only'"].iter().any(|package| cx.file.text.contains(package));
        for (name, span) in exported(module) {
            let handler = Node::new(span, NodeKind::Ref(Ref::new(Scope::Local, [name])));
            let mut route = filed.route("ACTION", &format!("/{name}"), handler);
            if is_internal {
                route.security = Value::unknown(Why::Opaque, span);
            }
            filed.add(route);
        }
    }
    if cx.file.text.contains("use server") {
        inline_actions(module, &mut filed);
    }
    filed.emit(cx);
}

/// Actions that stand in a component: `async function clear(form) { 'use server'; … }`. They are called without the page
/// being rendered anew, so that what the component checks protects nothing
/// (<https://nextjs.org/docs/app/guides/data-security#authentication-and-authorization>); where it checks something, who
/// gets to know the action is a question.
fn inline_actions<'t>(module: &Module<'t>, filed: &mut Filed) {
    const CHECKS: [&str; 8] = ["redirect(", "notFound(", "unauthorized(", "forbidden(", "auth(", "Session(", "currentUser(", "requireUser"];
    let is_action = |function: &Syntax<'t>| {
        let body = function.field(Field::Body).filter(|body| function.kind().is_function() && body.kind() == Kind::Block);
        body.and_then(Syntax::first).is_some_and(is_use_server)
    };
    for function in module.tree.all().filter(is_action) {
        let name = function.field(Field::Name).or_else(|| function.parent()?.field(Field::Name));
        let place = name.unwrap_or(function).span();
        let handler = Node::new(place, NodeKind::Func(module.function(function)));
        let mut route = filed.route("ACTION", &format!("/{}", name.map_or("action", Syntax::text)), handler);
        let around = function.ancestors().skip(1).find(|outer| outer.kind().is_function());
        if around.is_some_and(|component| CHECKS.iter().any(|check| component.text().contains(check))) {
            route.security = Value::unknown(Why::Opaque, place);
        }
        filed.add(route);
    }
}

/// `'use server'` as a directive.
fn is_use_server(node: Syntax<'_>) -> bool {
    node.kind() == Kind::ExpressionStatement
        && node.first().is_some_and(|text| text.kind() == Kind::String && super::names::unquoted(text) == "use server")
}

/// `export function middleware` or `export default`, with `config.matcher`.
fn middleware(cx: &Extract<'_>, module: &Module<'_>, facts: &mut Vec<Fact>) {
    let names = exported(module);
    let named = names.iter().find(|(name, _)| matches!(*name, "middleware" | "proxy"));
    let (handler, span) = match named {
        _ if let Some(handed_on) = handed_on(module) => handed_on,
        Some((name, span)) => (Ref::new(Scope::Local, [*name]), *span),
        None => match default_span(module) {
            Some(span) => (filed::own_name(&cx.file.path, "default"), span),
            None => return,
        },
    };
    paths::guards(module, Node::new(span, NodeKind::Ref(handler)), matchers(module), PACKAGE, facts);
}

/// `export { default } from 'next-auth/middleware'`: the middleware of a library.
fn handed_on(module: &Module<'_>) -> Option<(Ref, Span)> {
    let exports = module.tree.root().children().filter(|node| node.kind() == Kind::Export);
    exports.filter_map(|export| Some((export.child(Kind::ExportClause)?, export.field(Field::Source)?))).find_map(|(clause, source)| {
        let is_middleware = |specifier: &Syntax<'_>| {
            let shown = specifier.field(Field::Alias).or_else(|| specifier.field(Field::Name)).map_or("", Syntax::text);
            matches!(shown, "default" | "middleware" | "proxy")
        };
        let specifier = clause.children().filter(|child| child.kind() == Kind::ExportSpecifier).find(is_middleware)?;
        let name = specifier.field(Field::Name)?;
        Some((super::names::imported(super::names::unquoted(source), &[name.text()]), name.span()))
    })
}

/// `export const config = { matcher: [...] }`.
fn matchers(module: &Module<'_>) -> Option<Vec<Text>> {
    let config = module.tree.root().children().filter(|node| node.kind() == Kind::Export).find_map(|export| {
        let declaration = export.field(Field::Declaration)?;
        declaration.children().find(|declarator| {
            declarator.kind() == Kind::VariableDeclarator && declarator.field(Field::Name).is_some_and(|name| name.text() == "config")
        })
    })?;
    let value = module.lower(config.field(Field::Value)?);
    let matcher = value.get("matcher")?;
    let of = |item: &Node| item.get("source").unwrap_or(item).as_text().cloned();
    Some(matcher.one_or_many().into_iter().filter_map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_route() {
        let handlers = |path: &str| Some(Role::Handlers(path.to_owned()));
        assert_eq!(role("apps/web/src/app/(main)/api/users/[id]/route.ts"), handlers("/api/users/:id"));
        assert_eq!(role("app/api/files/[...path]/route.js"), handlers("/api/files/:path*"));
        assert_eq!(role("pages/api/posts/index.ts"), Some(Role::Api("/api/posts".to_owned())));
        assert_eq!(role("src/middleware.ts"), Some(Role::Middleware));
        assert_eq!(role("src/users.ts"), None);
    }
}
