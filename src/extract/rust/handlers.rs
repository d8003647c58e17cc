//! Handlers that carry their route as an attribute: `#[get("/users")]` of actix-web and Rocket, utoipa's
//! `#[utoipa::path(…)]`, and the controllers of both nestrs frameworks.

use smol_str::SmolStr;

use crate::extract::Extract;
use crate::ir::{FactKind, Field, Guard, GuardScope, Map, Node, NodeKind, Ref, Route, Scope, Security, Service, ServiceKind, Span, Text};
use crate::parse::rust::{Arg, Attr, Expr, ExprKind, Function, Item, ItemKind, Path, Type};

use super::names::Names;
use super::nestrs::Dialect;

/// A free function with a route's attribute: a service of its own, bound to the function's name, that
/// `routes![…]` or `.service(…)` mounts.
pub(super) fn free(cx: &mut Extract<'_>, attrs: &[Attr], function: &Function, framework: &'static str) {
    // In other frameworks utoipa's attribute says what another one, or a router, serves.
    let is_documented = framework == "axum";
    let route = attrs.iter().find_map(|attr| if is_documented { documented_route(attr) } else { route_of(attr) });
    let Some((method, path, span)) = route else { return };
    // Rocket asks a route of a later rank when the first one of that path turned the caller away.
    let is_fallback = attrs.iter().any(|attr| attr.args.iter().any(|arg| arg.name.as_deref() == Some("rank")));
    let redirects = |ty: &Type| std::iter::once(ty).chain(&ty.args).any(|ty| ty.last() == "Redirect");
    if is_fallback && function.returns.as_ref().is_some_and(redirects) {
        return;
    }
    let service = Ref::new(Scope::Local, [function.name.text.clone()]);
    // It may be there for the documents alone: such a route is served where it is mounted.
    let mut options = Map::default();
    if is_documented {
        options.push("base", span, Node::new(span, NodeKind::Bool(true)));
    }
    let fact = served(ServiceKind::Router, framework, &service, span, options);
    cx.fact(function.name.span, function.name.text.clone(), fact);
    let mut route = Route::new(service.clone(), framework, method.clone(), path.clone(), function.span.start);
    route.handler = Some(Node::new(function.name.span, NodeKind::Ref(service)));
    if is_documented {
        route.security = Field::known(Security::Documented(attrs.iter().any(documents_security)), span);
    }
    // actix-web: `wrap = "Authenticated"` in the attribute.
    for attr in attrs {
        for name in attr.args.iter().filter(|arg| arg.name.as_deref() == Some("wrap")).filter_map(|arg| arg.value.as_str()) {
            let names = name.split("::").map(|part| part.split(['(', '<']).next().unwrap_or_default().trim().to_owned());
            route.guards.push(Node::new(attr.span, NodeKind::Ref(Ref::new(Scope::Rust, names))));
        }
    }
    cx.fact(span, smol_str::format_smolstr!("{method} {path}"), FactKind::Route(Box::new(route)));
}

/// A service by its binding, with what its attribute says of it.
fn served(kind: ServiceKind, framework: &str, binding: &Ref, span: Span, options: Map) -> FactKind {
    FactKind::Service(Service {
        kind,
        framework: framework.into(),
        name: None,
        binding: binding.clone(),
        security: Field::Absent,
        options: (!options.entries.is_empty()).then(|| Node::new(span, NodeKind::Map(options))),
    })
}

/// `#[oai(path = "/x", method = "get")]` of poem-openapi.
fn operation(attr: &Attr) -> Option<(SmolStr, Text, Span)> {
    let path = attr.named("path").filter(|_| attr.is("oai"))?;
    let verb = attr.named("method")?.as_str()?;
    Some((verb.to_ascii_uppercase().into(), Text::lit(path.as_str()?, path.span), attr.span))
}

/// The operations of poem-openapi: an `impl` with `#[OpenApi(prefix_path = "/v1")]` is a router.
pub(super) fn operations(cx: &mut Extract<'_>, items: &[Item]) {
    for item in items {
        match &item.kind {
            ItemKind::Impl { of: None, ty, items: methods } => {
                let Some(api) = item.attrs.iter().find(|attr| attr.is("OpenApi")) else { continue };
                let service = Ref::new(Scope::Local, [ty.last()]);
                let mut options = Map::default();
                if let Some(prefix) = api.named("prefix_path")
                    && let Some(text) = prefix.as_str()
                {
                    options.push("prefix", prefix.span, Node::text(text, prefix.span));
                }
                cx.fact(api.span, ty.last(), served(ServiceKind::Router, "poem", &service, api.span, options));
                for method in methods {
                    let ItemKind::Function(function) = &method.kind else { continue };
                    let Some((verb, path, span)) = method.attrs.iter().find_map(operation) else { continue };
                    let owner = smol_str::format_smolstr!("{verb} {path}");
                    let mut route = Route::new(service.clone(), "poem", verb, path, function.span.start);
                    let handler = Ref::new(Scope::Local, [SmolStr::from(ty.last()), function.name.text.clone()]);
                    route.handler = Some(Node::new(function.name.span, NodeKind::Ref(handler)));
                    cx.fact(span, owner, FactKind::Route(Box::new(route)));
                }
            }
            ItemKind::Module { items, .. } => operations(cx, items),
            _ => {}
        }
    }
}

/// Whether a security scheme of poem-openapi turns callers away: by the checker of one, and unless one of several is the
/// way for everybody else (`#[oai(fallback)]`).
pub(super) fn is_checked_scheme(item: &Item) -> bool {
    let is_said = |arg: &Arg, word: &str| arg.name.as_deref().or_else(|| arg.value.as_path()?.single()) == Some(word);
    let says =
        |attrs: &[Attr], word: &str| attrs.iter().filter(|attr| attr.is("oai")).flat_map(|attr| &attr.args).any(|arg| is_said(arg, word));
    match &item.kind {
        ItemKind::Enum { variants, .. } => !variants.iter().any(|variant| says(&variant.attrs, "fallback")),
        _ => says(&item.attrs, "checker"),
    }
}

/// `#[utoipa::path(get, path = "/x")]`.
fn documented_route(attr: &Attr) -> Option<(SmolStr, Text, Span)> {
    let verb = attr.args.first().filter(|arg| arg.name.is_none() && attr.path.last() == "path")?.value.as_path()?.single()?;
    let path = attr.named("path")?;
    Some((verb.to_ascii_uppercase().into(), Text::lit(path.as_str()?, path.span), attr.span))
}

/// `security(("cookie" = []))` of utoipa; a `()` among the schemes leaves them to the caller.
fn documents_security(attr: &Attr) -> bool {
    attr.args.iter().any(|arg| {
        let ExprKind::Call { callee, args } = &arg.value.kind else { return false };
        let is_nothing = |arg: &Expr| matches!(&arg.kind, ExprKind::Tuple(items) if items.is_empty());
        let is_security = callee.as_path().and_then(Path::single).is_some_and(|name| name == "security");
        is_security && !args.is_empty() && !args.iter().any(is_nothing)
    })
}

/// `#[get("/x")]`, `#[route("/x", method = "GET")]`.
fn route_of(attr: &Attr) -> Option<(SmolStr, Text, Span)> {
    let name = attr.path.last();
    // dropshot: `#[endpoint { method = GET, path = "/x" }]`.
    if let ("endpoint", Some(method), Some(path)) = (name, attr.named("method").and_then(Expr::as_path), attr.named("path")) {
        return Some((method.last().into(), Text::lit(path.as_str()?, path.span), attr.span));
    }
    let first = attr.args.first().filter(|arg| arg.name.is_none())?;
    let path = first.value.as_str()?;
    let method = match name {
        "get" | "post" | "put" | "delete" | "patch" | "head" | "options" => name.to_ascii_uppercase(),
        "route" => attr.named("method").and_then(Expr::as_str).unwrap_or("ANY").to_owned(),
        _ => return None,
    };
    // Rocket writes the query behind the path.
    let path = path.split('?').next().unwrap_or_default();
    Some((method.into(), Text::lit(path, first.value.span), attr.span))
}

/// The controllers of nestrs in a list of items: structs with `#[controller]`, `impl`s with `#[routes]`.
pub(super) fn controllers(cx: &mut Extract<'_>, items: &[Item], names: &Names<'_>) {
    // An example may leave its imports out.
    let framework = Dialect::of(&cx.file.text).unwrap_or(Dialect::Poem).framework();
    for item in items {
        match &item.kind {
            ItemKind::Struct { name, .. } => {
                let Some(controller) = item.attrs.iter().find(|attr| attr.is("controller")) else { continue };
                let service = Ref::new(Scope::Local, [name.text.clone()]);
                let prefix = controller.named("path").or_else(|| controller.named("prefix"));
                let mut options = Map::default();
                if let Some(Expr { kind: ExprKind::Str { text, inner }, .. }) = prefix {
                    options.push("prefix", *inner, Node::text(text.clone(), *inner));
                }
                let fact = served(ServiceKind::Controller, framework, &service, controller.span, options);
                cx.fact(controller.span, name.text.clone(), fact);
                for (order, what) in guards(&item.attrs, names).into_iter().enumerate() {
                    let guard = Guard::new(what.clone(), GuardScope::Controller, Some(service.clone()), order as u32);
                    cx.fact(what.span, name.text.clone(), FactKind::Guard(guard));
                }
            }
            ItemKind::Impl { of: None, ty, items: methods } if item.attrs.iter().any(|attr| attr.is("routes") || attr.is("crud")) => {
                let service = Ref::new(Scope::Local, [ty.last()]);
                for method in methods {
                    let ItemKind::Function(function) = &method.kind else { continue };
                    let Some((verb, path, span)) = method.attrs.iter().find_map(route_of) else { continue };
                    let mut route = Route::new(service.clone(), framework, verb.clone(), path, function.span.start);
                    route.guards = guards(&method.attrs, names);
                    if method.attrs.iter().any(|attr| attr.is("public")) {
                        route.security = Field::known(Security::Off, span);
                    }
                    // The verb and the guards are read already.
                    let says_more = |attr: &&Attr| route_of(attr).is_none() && !attr.is("use_guards");
                    route.markers = method.attrs.iter().filter(says_more).map(|attr| marker(attr, names)).collect();
                    let handler = Ref::new(Scope::Local, [SmolStr::from(ty.last()), function.name.text.clone()]);
                    route.handler = Some(Node::new(function.name.span, NodeKind::Ref(handler)));
                    let owner = smol_str::format_smolstr!("{}.{}", ty.last(), function.name.text);
                    cx.fact(span, owner, FactKind::Route(Box::new(route)));
                }
            }
            ItemKind::Module { items, .. } => controllers(cx, items, names),
            _ => {}
        }
    }
}

/// The types that `#[use_guards(A, B<C>)]` names. The prelude brings the guards of nestrs in without naming them.
fn guards(attrs: &[Attr], names: &Names<'_>) -> Vec<Node> {
    let arguments = attrs.iter().filter(|attr| attr.is("use_guards")).flat_map(|attr| &attr.args);
    let guard = |path: &Path| match names.path(path, "") {
        name if name.scope == Scope::Local && name.last() == "AuthStrategyGuard" => Ref::new(Scope::Rust, ["nestrs", "AuthStrategyGuard"]),
        name => name,
    };
    arguments.filter_map(|arg| arg.value.as_path()).map(|path| Node::new(path.span, NodeKind::Ref(guard(path)))).collect()
}

/// What an attribute says of a route. `#[roles]` is data that a guard may ask for: its prelude brings it in unnamed.
fn marker(attr: &Attr, names: &Names<'_>) -> Node {
    let name = match attr.path.single() {
        Some(data @ ("roles" | "set_metadata")) => Ref::import("nestrs", data),
        _ => names.path(&attr.path, ""),
    };
    Node::new(attr.span, NodeKind::Ref(name))
}
