//! tRPC: procedures of a router, `name: publicProcedure.input(…).query(fn)`. What a procedure was built
//! with stands in front of it.

use smol_str::format_smolstr;

use super::names::{Module, unquoted};
use super::sinks::called_name;
use crate::extract::Extract;
use crate::ir::{Fact, FactKind, Field as Value, Node, NodeKind, Ref, Route, Scope, Service, ServiceKind, Span, Text, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "@trpc/server";

/// Adds the procedures of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    let mut facts = Vec::new();
    for pair in module.tree.all().filter(|node| node.kind() == Kind::Pair) {
        let (Some(key), Some(value)) = (pair.field(Field::Key), pair.field(Field::Value)) else { continue };
        if let Some(route) = procedure(module, unquoted(key), value, key.span()) {
            facts.push(Fact::new(key.span(), format_smolstr!("{} {}", route.methods[0], route.path), FactKind::Route(Box::new(route))));
        }
    }
    for declarator in module.tree.all().filter(|node| node.kind() == Kind::VariableDeclarator) {
        let (Some(name), Some(value)) = (declarator.field(Field::Name), declarator.field(Field::Value)) else { continue };
        if let Some(route) = procedure(module, name.text(), value, name.span()) {
            facts.push(Fact::new(name.span(), format_smolstr!("{} {}", route.methods[0], route.path), FactKind::Route(Box::new(route))));
        }
    }
    if facts.is_empty() {
        return;
    }
    let span = Span { end: 0, ..cx.file.span() };
    let service = Service::new(ServiceKind::Rpc, PACKAGE, binding());
    facts.push(Fact::new(span, PACKAGE, FactKind::Service(service)));
    cx.out.facts.append(&mut facts);
}

fn binding() -> Ref {
    Ref::new(Scope::Local, ["#procedures"])
}

fn procedure<'t>(module: &Module<'t>, name: &'t str, value: Syntax<'t>, span: Span) -> Option<Route> {
    if value.kind() != Kind::Call {
        return None;
    }
    let member = value.field(Field::Function).filter(|function| function.kind() == Kind::Member)?;
    let method = match member.field(Field::Property)?.text() {
        "query" => "QUERY",
        "mutation" => "MUTATION",
        "subscription" => "SUBSCRIPTION",
        _ => return None,
    };
    let base = member.field(Field::Object)?;
    let is_named = root_of(base)?.text().to_ascii_lowercase().ends_with("procedure") || base.text().contains(".procedure");
    if !is_named && !is_in_router(value) {
        return None;
    }
    let mut route = Route::new(binding(), PACKAGE, method, Text::lit(format!("/{name}"), span), span.start);
    route.guards = vec![module.lower(base)];
    route.handler = value.field(Field::Arguments).and_then(Syntax::first).map(|handler| module.lower(handler));
    // `const { token } = input`: whoever calls it was given the token.
    let is_token = |node: Syntax<'_>| {
        matches!(node.kind(), Kind::Identifier | Kind::ShorthandPattern | Kind::PropertyName)
            && node.text().to_ascii_lowercase().ends_with("token")
    };
    if value.field(Field::Arguments).into_iter().flat_map(Syntax::below).any(is_token) {
        route.security = Value::unknown(Why::Request, span);
    }
    if let Some(Node { kind: NodeKind::Func(func), .. }) = &route.handler {
        route.body = Some(func.clone());
    }
    Some(route)
}

/// Whether a value stands under its name in what a router is made of, and has a handler: `router({ mine: authed.query(…) })`.
fn is_in_router(value: Syntax<'_>) -> bool {
    let object = value.parent().filter(|pair| pair.kind() == Kind::Pair).and_then(Syntax::parent);
    let call = object.and_then(Syntax::parent).filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::parent);
    let is_router = call.is_some_and(|call| called_name(call).to_ascii_lowercase().ends_with("router"));
    is_router && value.field(Field::Arguments).and_then(Syntax::first).is_some_and(|handler| handler.kind().is_function())
}

/// The first name of a chain: `publicProcedure` of `publicProcedure.input(…)`.
fn root_of(mut node: Syntax<'_>) -> Option<Syntax<'_>> {
    for _ in 0..64 {
        node = match node.kind() {
            Kind::Call => node.field(Field::Function)?,
            Kind::Member => node.field(Field::Object)?,
            Kind::Identifier => return Some(node),
            _ => return None,
        };
    }
    None
}
