//! Handlers that carry their route as an attribute: `#[get("/users")]` of actix-web and Rocket, and
//! the controllers of both nestrs frameworks.

use smol_str::SmolStr;

use crate::extract::Extract;
use crate::ir::{FactKind, Field, Guard, GuardScope, Map, Node, NodeKind, Ref, Route, Scope, Security, Service, ServiceKind, Span, Text};
use crate::parse::rust::{Attr, Expr, ExprKind, Function, Item, ItemKind, Path, Type};

use super::names::Names;
use super::nestrs::Dialect;

/// A free function with a route's attribute: a service of its own, bound to the function's name, that
/// `routes![…]` or `.service(…)` mounts.
pub(super) fn free(cx: &mut Extract<'_>, attrs: &[Attr], function: &Function, framework: &'static str) {
    let Some((method, path, span)) = attrs.iter().find_map(route_of) else { return };
    // Rocket asks a route of a later rank when the first one of that path turned the caller away.
    let is_fallback = attrs.iter().any(|attr| attr.args.iter().any(|arg| arg.name.as_deref() == Some("rank")));
    let redirects = |ty: &Type| std::iter::once(ty).chain(&ty.args).any(|ty| ty.last() == "Redirect");
    if is_fallback && function.returns.as_ref().is_some_and(redirects) {
        return;
    }
    let service = Ref::new(Scope::Local, [function.name.text.clone()]);
    let fact = Service {
        kind: ServiceKind::Router,
        framework: framework.into(),
        name: None,
        binding: service.clone(),
        security: Field::Absent,
        options: None,
    };
    cx.fact(function.name.span, function.name.text.clone(), FactKind::Service(fact));
    let mut route = Route::new(service.clone(), framework, method.clone(), path.clone(), function.span.start);
    route.handler = Some(Node::new(function.name.span, NodeKind::Ref(service)));
    // actix-web: `wrap = "Authenticated"` in the attribute.
    for attr in attrs {
        for name in attr.args.iter().filter(|arg| arg.name.as_deref() == Some("wrap")).filter_map(|arg| arg.value.as_str()) {
            let names = name.split("::").map(|part| part.split(['(', '<']).next().unwrap_or_default().trim().to_owned());
            route.guards.push(Node::new(attr.span, NodeKind::Ref(Ref::new(Scope::Rust, names))));
        }
    }
    cx.fact(span, smol_str::format_smolstr!("{method} {path}"), FactKind::Route(Box::new(route)));
}

/// `#[get("/x")]`, `#[route("/x", method = "GET")]`.
fn route_of(attr: &Attr) -> Option<(SmolStr, Text, Span)> {
    let name = attr.path.last();
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
                let fact = Service {
                    kind: ServiceKind::Controller,
                    framework: framework.into(),
                    name: None,
                    binding: service.clone(),
                    security: Field::Absent,
                    options: Some(Node::new(controller.span, NodeKind::Map(options))),
                };
                cx.fact(controller.span, name.text.clone(), FactKind::Service(fact));
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
            ItemKind::Module { items, .. } if !super::names::is_test(&item.attrs) => controllers(cx, items, names),
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

fn marker(attr: &Attr, names: &Names<'_>) -> Node {
    Node::new(attr.span, NodeKind::Ref(names.path(&attr.path, "")))
}
