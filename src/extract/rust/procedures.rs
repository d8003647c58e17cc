//! Procedures: the resolvers of async-graphql and juniper, the services of tonic. Each is a route of the common table,
//! guarded by what its attribute names, by what its body asks, and by what stands in front of its endpoint or server.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::chain::Chain;
use super::names::Names;
use crate::extract::Extract;
use crate::ir::{
    Binding, BindingKind, Call, FactKind, Func, Guard, GuardScope, Node, NodeKind, Ref, Route, Scope, Service, ServiceKind, Span, Text,
};
use crate::parse::rust::{Attr, Expr, ExprKind, Function, Item, ItemKind, Path, Type};

/// gRPC.
pub(super) const TONIC: &str = "tonic";

/// Wrappers in wrappers that are looked into.
const MAX_WRAPPERS: u32 = 6;

/// Adds the procedures in a list of items.
pub(super) fn extract(cx: &mut Extract<'_>, items: &[Item], names: &Names<'_>) {
    for item in items {
        match &item.kind {
            ItemKind::Impl { of: None, ty, items } => {
                if let (Some(attr), Some(method)) = (item.attrs.iter().find(|attr| is_object(attr)), operation(ty.last())) {
                    resolvers(cx, attr, method, ty, items, names);
                }
            }
            ItemKind::Impl { of: Some(of), ty, items } => service(cx, of, ty, items),
            ItemKind::Module { items, .. } => extract(cx, items, names),
            _ => {}
        }
    }
}

/// `#[Object]` of async-graphql, `#[graphql_object(context = Context)]` of juniper.
fn is_object(attr: &Attr) -> bool {
    attr.is("Object") || attr.is("graphql_object")
}

/// The operation whose root a type is, by the name that everybody gives it: `UserMutation`, `QueryRoot`.
fn operation(ty: &str) -> Option<&'static str> {
    let name = ty.strip_suffix("Root").unwrap_or(ty);
    match () {
        () if name.ends_with("Mutation") || name.ends_with("Mutations") => Some("MUTATION"),
        () if name.ends_with("Query") || name.ends_with("Queries") => Some("QUERY"),
        () => None,
    }
}

fn resolvers(cx: &mut Extract<'_>, attr: &Attr, method: &str, ty: &Type, methods: &[Item], names: &Names<'_>) {
    let framework = if attr.is("Object") { "async-graphql" } else { "juniper" };
    let service = announce(cx, framework, ty.last(), attr.span);
    for (order, what) in guards(attr, names).into_iter().enumerate() {
        let guard = Guard::new(what, GuardScope::Controller, Some(service.clone()), order as u32);
        cx.fact(attr.span, ty.last(), FactKind::Guard(guard));
    }
    for item in methods {
        let ItemKind::Function(function) = &item.kind else { continue };
        let own = || item.attrs.iter().filter(|attr| attr.is("graphql"));
        if own().any(|attr| attr.args.iter().any(|arg| ["skip", "entity"].iter().any(|word| says(&arg.value, word)))) {
            continue;
        }
        let mut route = route(&service, framework, method, &format!("/{}", function.name.text), ty, function);
        route.guards = own().flat_map(|attr| guards(attr, names)).collect();
        cx.fact(function.name.span, format_smolstr!("{method} {}", route.path), FactKind::Route(Box::new(route)));
    }
}

fn says(value: &Expr, word: &str) -> bool {
    value.as_path().and_then(Path::single) == Some(word)
}

/// Adds the service that procedures belong to; its name is nobody's binding, so that they are those of the whole tree.
fn announce(cx: &mut Extract<'_>, framework: &str, name: &str, span: Span) -> Ref {
    let binding = Ref::new(Scope::Local, [format_smolstr!("#{name}")]);
    cx.fact(span, name, FactKind::Service(Service::new(ServiceKind::Rpc, framework, binding.clone())));
    binding
}

fn route(service: &Ref, framework: &str, method: &str, path: &str, ty: &Type, function: &Function) -> Route {
    let path = Text::lit(path, function.name.span);
    let mut route = Route::new(service.clone(), framework, method, path, function.span.start);
    let handler = Ref::new(Scope::Local, [SmolStr::from(ty.last()), function.name.text.clone()]);
    route.handler = Some(Node::new(function.name.span, NodeKind::Ref(handler)));
    route
}

/// The guards of `guard = "RoleGuard::new(Role::Admin).and(Owns)"`, which newer versions write without quotes.
fn guards(attr: &Attr, names: &Names<'_>) -> Vec<Node> {
    let mut paths = Vec::new();
    match attr.named("guard").map(|value| &value.kind) {
        Some(ExprKind::Str { text, .. }) => paths.extend(text.split(".and(").flat_map(|part| part.split(".or(")).map(written)),
        Some(_) => attr.named("guard").into_iter().for_each(|value| made(value, &mut paths)),
        None => {}
    }
    paths.iter().map(|path| Node::new(attr.span, NodeKind::Ref(names.path(path, "")))).collect()
}

/// What a text begins with, as a path: `RoleGuard` of `RoleGuard::new(Role::Admin)`.
fn written(text: &str) -> Path {
    let path = text.split(['(', '{', '<', ')']).next().unwrap_or_default();
    let names = path.split("::").map(|name| SmolStr::from(name.trim()));
    without_constructor(&Path { names: names.collect(), ..Path::default() })
}

/// The types of guards that an expression makes and joins.
fn made(value: &Expr, paths: &mut Vec<Path>) {
    match &value.kind {
        ExprKind::Path(path) | ExprKind::Struct { path, .. } => paths.push(without_constructor(path)),
        ExprKind::Call { callee, .. } => made(callee, paths),
        ExprKind::Method { on, args, .. } => {
            made(on, paths);
            for arg in args {
                made(arg, paths);
            }
        }
        _ => {}
    }
}

fn without_constructor(path: &Path) -> Path {
    let mut path = path.clone();
    let is_type = |name: &SmolStr| name.starts_with(char::is_uppercase);
    if let [.., owner, last] = path.names.as_slice()
        && is_type(owner)
        && !is_type(last)
    {
        path.names.pop();
    }
    path
}

/// A service of tonic, which is known by its trait: `impl HiveService for Hives`. Where it is served, the server that is
/// made of the trait is named: `HiveServiceServer::new(hives)`.
fn service(cx: &mut Extract<'_>, of: &Path, ty: &Type, methods: &[Item]) {
    let calls: Vec<&Function> = methods
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Function(function) if is_rpc(function) => Some(function),
            _ => None,
        })
        .collect();
    let Some(first) = calls.first() else { return };
    let service = announce(cx, TONIC, of.last(), of.span);
    for function in &calls {
        let route = route(&service, TONIC, "POST", &format!("/{}/{}", of.last(), function.name.text), ty, function);
        cx.fact(function.name.span, format_smolstr!("POST {}", route.path), FactKind::Route(Box::new(route)));
    }
    let made = Node::new(first.name.span, NodeKind::Ref(service));
    let server = Func { name: "new".into(), span: of.span, returns: Some(made), ..Func::default() };
    let value = Node::new(of.span, NodeKind::Func(Arc::new(server)));
    let name = format_smolstr!("{}Server.new", of.last());
    cx.out.symbols.bindings.push(Binding { name, kind: BindingKind::Function, value, span: of.span });
}

/// `async fn add(&self, request: Request<Hive>) -> Result<Response<Hive>, Status>`.
fn is_rpc(function: &Function) -> bool {
    let takes = matches!(function.params.as_slice(), [param] if param.ty.as_ref().is_some_and(|ty| ty.last() == "Request"));
    let answers = |ty: &Type| matches!(ty.args.as_slice(), [answer, error] if answer.last() == "Response" && error.last() == "Status");
    takes && function.returns.as_ref().is_some_and(|ty| ty.last() == "Result" && answers(ty))
}

/// A service as it is handed to a server of tonic, and the interceptors around it:
/// `HiveServiceServer::with_interceptor(hives, check)`.
pub(super) fn served(child: &Node) -> (Node, Vec<Node>) {
    let (mut at, mut guards) = (child, Vec::new());
    for _ in 0..MAX_WRAPPERS {
        let Some(call) = Chain::of(at).constructor() else { break };
        match (call.callee.names().as_slice(), call.args.as_slice()) {
            ([.., "InterceptedService", "new"], [inner, guard]) => {
                guards.push(guard.clone());
                at = inner;
            }
            ([.., server, made], [_, more @ ..]) if server.ends_with("Server") => {
                guards.extend(more.first().filter(|_| *made == "with_interceptor").cloned());
                let callee = Ref::new(Scope::Local, [SmolStr::from(*server), "new".into()]);
                return (Node::new(at.span, NodeKind::Call(Box::new(Call::of(callee)))), guards);
            }
            // `tonic_web::enable(service)`
            (_, [inner, ..]) => at = inner,
            _ => break,
        }
    }
    (at.clone(), guards)
}
