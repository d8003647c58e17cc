//! Next.js: route handlers in `app/**/route.ts`, API routes in `pages/api`, server actions, and
//! `middleware.ts` with its matcher. Here a file's path is its route.

use smol_str::{SmolStr, format_smolstr};

use super::names::Module;
use crate::extract::Extract;
use crate::ir::{
    Fact, FactKind, Field as Value, Guard, GuardScope, Node, NodeKind, Ref, Route, Scope, Service, ServiceKind, Span, Text, Why,
};
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

/// Adds the facts of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    let role = role(&cx.file.path);
    let mut facts = Vec::new();
    match &role {
        Some(Role::Handlers(path)) => {
            for (name, span) in exported(module) {
                if matches!(name, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") {
                    // `export { handler as GET }`: the export leads to the function.
                    add(name, path, Ref::new(Scope::Import(own_module(&cx.file.path)), [name]), span, &mut facts);
                }
            }
            if !facts.is_empty() {
                facts.push(service(cx.file.span()));
            }
        }
        Some(Role::Api(path)) if cx.file.text.contains("export default") || cx.file.text.contains("module.exports") => {
            let span = default_span(module).unwrap_or_else(|| cx.file.span());
            // The default export may name a function of the file.
            let handler = Ref::new(Scope::Import(own_module(&cx.file.path)), ["default"]);
            add("ANY", path, handler, span, &mut facts);
            facts.push(service(span));
        }
        Some(Role::Middleware) if cx.file.text.contains("next/") || cx.file.text.contains("auth") => middleware(cx, module, &mut facts),
        _ => {}
    }
    if module.tree.root().children().take(3).any(|node| is_use_server(node)) {
        // What is said to be the server's alone is called by no page, unless one is handed it.
        let is_internal = ["\"server-only\"", "'server-only'"].iter().any(|package| cx.file.text.contains(package));
        for (name, span) in exported(module) {
            add("ACTION", &format!("/{name}"), Ref::new(Scope::Local, [name]), span, &mut facts);
            if let (true, Some(FactKind::Route(route))) = (is_internal, facts.last_mut().map(|fact| &mut fact.kind)) {
                route.security = Value::unknown(Why::Opaque, span);
            }
        }
        if !facts.is_empty() {
            facts.push(service(cx.file.span()));
        }
    }
    cx.out.facts.append(&mut facts);
}

/// `'use server'` as a directive.
fn is_use_server(node: Syntax<'_>) -> bool {
    node.kind() == Kind::ExpressionStatement
        && node.first().is_some_and(|text| text.kind() == Kind::String && super::names::unquoted(text) == "use server")
}

fn own_module(path: &str) -> SmolStr {
    let name = path.rsplit('/').next().unwrap_or(path);
    format_smolstr!("./{name}")
}

fn add(method: &str, path: &str, handler: Ref, span: Span, facts: &mut Vec<Fact>) {
    let mut route = Route::new(binding(), PACKAGE, method, Text::lit(path, span), span.start);
    route.handler = Some(Node::new(span, NodeKind::Ref(handler)));
    facts.push(Fact::new(span, format_smolstr!("{method} {path}"), FactKind::Route(Box::new(route))));
}

fn binding() -> Ref {
    Ref::new(Scope::Local, ["#routes"])
}

fn service(span: Span) -> Fact {
    let span = Span { end: span.start, ..span };
    let service = Service::new(ServiceKind::App, PACKAGE, binding());
    Fact::new(span, PACKAGE, FactKind::Service(service))
}

/// Names exported by declarations and clauses of the file itself, with where they stand.
fn exported<'t>(module: &Module<'t>) -> Vec<(&'t str, Span)> {
    let mut names = Vec::new();
    for export in module.tree.root().children().filter(|node| node.kind() == Kind::Export) {
        if export.child(Kind::TypeToken).is_some() {
            continue;
        }
        if let Some(declaration) = export.field(Field::Declaration) {
            if matches!(declaration.kind(), Kind::Function | Kind::GeneratorDeclaration) {
                names.extend(declaration.field(Field::Name).map(|name| (name.text(), name.span())));
            }
            for declarator in declaration.children().filter(|child| child.kind() == Kind::VariableDeclarator) {
                let Some(name) = declarator.field(Field::Name) else { continue };
                if name.kind() == Kind::Identifier {
                    names.push((name.text(), name.span()));
                } else {
                    let inner = name.below().filter(|inner| matches!(inner.kind(), Kind::Identifier | Kind::ShorthandPattern));
                    names.extend(inner.map(|inner| (inner.text(), inner.span())));
                }
            }
        }
        let Some(clause) = export.child(Kind::ExportClause) else { continue };
        for specifier in clause.children().filter(|child| child.kind() == Kind::ExportSpecifier) {
            // `export { handler as GET }` needs a binding of that name: the exported one leads there.
            if let Some(name) = specifier.field(Field::Alias).or_else(|| specifier.field(Field::Name)) {
                names.push((name.text(), name.span()));
            }
        }
    }
    names
}

fn default_span(module: &Module<'_>) -> Option<Span> {
    let export = module.tree.root().children().find(|node| node.kind() == Kind::Export && node.child(Kind::DefaultToken).is_some())?;
    let declared = export.field(Field::Declaration).and_then(|declaration| declaration.field(Field::Name));
    Some(declared.or_else(|| export.field(Field::Value)).map_or(export.span(), |node| {
        let span = node.span();
        Span { end: span.end.min(span.start + 80), ..span }
    }))
}

/// `export function middleware` or `export default`, with `config.matcher`.
fn middleware(cx: &Extract<'_>, module: &Module<'_>, facts: &mut Vec<Fact>) {
    let names = exported(module);
    let named = names.iter().find(|(name, _)| matches!(*name, "middleware" | "proxy"));
    let (handler, span) = match named {
        _ if let Some(handed_on) = handed_on(module) => handed_on,
        Some((name, span)) => (Ref::new(Scope::Local, [*name]), *span),
        None => match default_span(module) {
            Some(span) => (Ref::new(Scope::Import(own_module(&cx.file.path)), ["default"]), span),
            None => return,
        },
    };
    let matchers = matchers(module);
    let asks_for_path = asks_for_path(module);
    let scopes: Vec<GuardScope> = match matchers {
        Some(paths) => paths
            .into_iter()
            .map(|mut path| {
                if asks_for_path && path.to_string().contains("(?!") {
                    path.push(Node::unknown(Why::Opaque, span));
                }
                GuardScope::Prefix(path, Vec::new())
            })
            .collect(),
        None if asks_for_path => {
            let mut path = Text::lit("/", span);
            path.push(Node::unknown(Why::Opaque, span));
            path.push(Node::text("/:rest*", span));
            vec![GuardScope::Prefix(path, Vec::new())]
        }
        None => vec![GuardScope::App],
    };
    for scope in scopes {
        let guard = Guard::new(Node::new(span, NodeKind::Ref(handler.clone())), scope, None, 0);
        facts.push(Fact::new(span, PACKAGE, FactKind::Guard(guard)));
    }
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

/// Whether the middleware looks at the path itself: which paths it then guards is not followed.
fn asks_for_path(module: &Module<'_>) -> bool {
    let is_name = |node: Syntax<'_>| matches!(node.kind(), Kind::Identifier | Kind::PropertyName | Kind::ShorthandPattern);
    module.tree.all().any(|node| is_name(node) && matches!(node.text(), "pathname" | "createRouteMatcher"))
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
