//! NestJS: controllers with their routes and decorators, modules with what they hold, global guards,
//! middleware by `consumer.apply(…).forRoutes(…)`, and the application that `NestFactory` makes.

mod modules;

use smol_str::{SmolStr, format_smolstr};

use super::names::Module;
use super::routing::path_text;
use super::symbols::decorators_of;
use crate::extract::Extract;
use crate::ir::{
    Call, Fact, FactKind, Field as Value, Guard, GuardScope, Map, Mount, Node, NodeKind, Ref, Route, Scope, Service, ServiceKind, Span,
    Text,
};
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "@nestjs/core";

/// Adds the facts of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    let mut facts = Vec::new();
    for node in module.tree.all() {
        match node.kind() {
            Kind::Class | Kind::AbstractClass => class(module, node, &mut facts),
            Kind::Call => call(module, node, &mut facts),
            _ => {}
        }
    }
    cx.out.facts.append(&mut facts);
}

/// The decorators of a class or member, as values.
fn decorators<'t>(module: &Module<'t>, node: Syntax<'t>) -> Vec<(Syntax<'t>, Node)> {
    decorators_of(node).filter_map(|decorator| Some((decorator, module.lower(decorator.first()?)))).collect()
}

/// What a decorator is, if it is one of a package of the framework.
fn framework_name(decorator: &Node) -> Option<(&str, &str)> {
    let name = match &decorator.kind {
        NodeKind::Call(call) => &call.callee,
        NodeKind::Ref(name) => name,
        _ => return None,
    };
    let module = name.module()?;
    let package = module.strip_prefix("@nestjs/").or((module == "type-graphql").then_some(module))?;
    Some((package, name.last()))
}

fn argument(decorator: &Node, at: usize) -> Option<&Node> {
    decorator.as_call()?.args.get(at)
}

fn class<'t>(module: &Module<'t>, node: Syntax<'t>, facts: &mut Vec<Fact>) {
    let Some(name) = node.field(Field::Name) else { return };
    let written = decorators(module, node);
    let binding = Ref::new(Scope::Local, [name.text()]);
    let is_served = |decorator: &Node| {
        matches!(
            framework_name(decorator),
            Some(("common", "Controller") | ("graphql" | "type-graphql", "Resolver") | ("websockets", "WebSocketGateway"))
        )
    };
    let served = written.iter().any(|(_, decorator)| is_served(decorator));
    if (served || has_endpoints(module, node))
        && let Some(base) = module.base_class(node).filter(|base| matches!(base.kind, NodeKind::Ref(_)))
    {
        let span = base.span;
        let mount = Mount { parent: binding.clone(), prefix: Text::default(), child: base, guards: Vec::new(), order: node.start() };
        facts.push(Fact::new(span, super::shown(&binding), FactKind::Mount(mount)));
    }
    if !served && has_endpoints(module, node) {
        let markers: Vec<Node> = written.iter().map(|(_, marker)| marker.clone()).collect();
        let prefix = markers.iter().find_map(composed_path).cloned();
        add_service(&binding, ServiceKind::Controller, name.span(), prefix, markers, facts);
        add_option("base", Node::new(name.span(), NodeKind::Bool(true)), facts);
        controller(module, node, &binding, facts);
    }
    for (syntax, decorator) in &written {
        match framework_name(decorator) {
            Some(("common", "Controller")) => {
                let markers: Vec<Node> = written.iter().map(|(_, marker)| marker.clone()).collect();
                let paths = argument(decorator, 0).map(|option| option.get("path").unwrap_or(option));
                let prefix = paths.and_then(|paths| paths.one_or_many().into_iter().next().cloned());
                add_service(&binding, ServiceKind::Controller, syntax.span(), prefix, markers, facts);
                controller(module, node, &binding, facts);
            }
            Some(("graphql" | "type-graphql", "Resolver") | ("websockets", "WebSocketGateway")) => {
                let markers = written.iter().map(|(_, marker)| marker.clone()).collect();
                add_service(&binding, ServiceKind::Rpc, syntax.span(), None, markers, facts);
                controller(module, node, &binding, facts);
            }
            Some(("common", "Module")) => {
                add_service(&binding, ServiceKind::Module, syntax.span(), None, Vec::new(), facts);
                modules::add(module, node, (&binding, name.text()), (*syntax, decorator), facts);
            }
            _ => {}
        }
    }
}

/// `@ApiController('posts')` of the application's own, which makes a controller of the class.
fn composed_path(marker: &Node) -> Option<&Node> {
    let call = marker.as_call().filter(|call| call.callee.last_named().contains("Controller"))?;
    call.args.first().filter(|first| first.as_text().is_some())
}

/// Adds an option to the service that was added last.
fn add_option(key: &'static str, value: Node, facts: &mut [Fact]) {
    if let Some(FactKind::Service(Service { options: Some(Node { kind: NodeKind::Map(map), .. }), .. })) =
        facts.last_mut().map(|fact| &mut fact.kind)
    {
        map.push(key, value.span, value);
    }
}

fn add_service(binding: &Ref, kind: ServiceKind, span: Span, prefix: Option<Node>, markers: Vec<Node>, facts: &mut Vec<Fact>) {
    let mut options = Map::default();
    if let Some(prefix) = prefix {
        options.push("prefix", prefix.span, prefix);
    }
    options.push("markers", span, Node::new(span, NodeKind::List(markers)));
    let service = Service {
        kind,
        framework: PACKAGE.into(),
        name: None,
        binding: binding.clone(),
        security: Value::Absent,
        options: Some(Node::new(span, NodeKind::Map(options))),
    };
    facts.push(Fact::new(span, super::shown(binding), FactKind::Service(service)));
}

/// The routes of a controller or resolver.
fn controller<'t>(module: &Module<'t>, class: Syntax<'t>, binding: &Ref, facts: &mut Vec<Fact>) {
    let members = class.field(Field::Body).into_iter().flat_map(Syntax::children).filter(|member| member.kind() == Kind::Method);
    for member in members {
        let Some(name) = member.field(Field::Name) else { continue };
        let written = decorators(module, member);
        for (syntax, decorator) in &written {
            let Some((method, path)) = endpoint(decorator, name.text(), name.span()) else { continue };
            for path in path.one_or_many() {
                let mut route = Route::new(binding.clone(), PACKAGE, method.clone(), path_text(path), syntax.start());
                route.markers = written.iter().map(|(_, marker)| marker.clone()).collect();
                route.handler = Some(Node::new(name.span(), NodeKind::Ref(binding.child(name.text()))));
                let owner = format_smolstr!("{method} {}", route.path);
                facts.push(Fact::new(syntax.span(), owner, FactKind::Route(Box::new(route))));
            }
        }
    }
}

/// Whether a class has methods that are endpoints.
fn has_endpoints<'t>(module: &Module<'t>, class: Syntax<'t>) -> bool {
    let mut members = class.field(Field::Body).into_iter().flat_map(Syntax::children).filter(|member| member.kind() == Kind::Method);
    members.any(|member| decorators(module, member).iter().any(|(_, decorator)| endpoint(decorator, "", member.span()).is_some()))
}

/// The HTTP method and path (or the operation's name) that a decorator stands for.
fn endpoint(decorator: &Node, member: &str, span: Span) -> Option<(SmolStr, Node)> {
    let root = || Node::text("", span);
    match framework_name(decorator)? {
        ("common", verb @ ("Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" | "Options" | "Sse")) => {
            let method = if verb == "Sse" { "GET".into() } else { SmolStr::new(verb.to_ascii_uppercase()) };
            Some((method, argument(decorator, 0).cloned().unwrap_or_else(root)))
        }
        ("common", "All") => Some(("ANY".into(), argument(decorator, 0).cloned().unwrap_or_else(root))),
        ("websockets", "SubscribeMessage") => Some(("MESSAGE".into(), argument(decorator, 0).cloned().unwrap_or_else(root))),
        ("graphql" | "type-graphql", operation @ ("Query" | "Mutation" | "Subscription")) => {
            Some((operation.to_ascii_uppercase().into(), Node::text(member, span)))
        }
        _ => None,
    }
}

fn call<'t>(module: &Module<'t>, node: Syntax<'t>, facts: &mut Vec<Fact>) {
    let Some(member) = node.field(Field::Function).filter(|function| function.kind() == Kind::Member) else { return };
    match member.field(Field::Property).map_or("", Syntax::text) {
        "create" => application(module, node, facts),
        "useGlobalGuards" => {
            let Some(NodeKind::Ref(app)) = member.field(Field::Object).map(|object| module.lower(object).kind) else { return };
            for guard in node.field(Field::Arguments).into_iter().flat_map(Syntax::children) {
                let guard = Guard::new(module.lower(guard), GuardScope::App, Some(app.clone()), node.start());
                facts.push(Fact::new(guard.span, super::shown(&app), FactKind::Guard(guard)));
            }
        }
        "forRoutes" => middleware(module, node, facts),
        _ => {}
    }
}

/// `const app = await NestFactory.create(AppModule)`.
fn application<'t>(module: &Module<'t>, node: Syntax<'t>, facts: &mut Vec<Fact>) {
    let is_factory =
        module.callee_of(node).is_some_and(|callee| callee.module() == Some("@nestjs/core") && callee.first() == "NestFactory");
    let Some(root) = node.field(Field::Arguments).and_then(Syntax::first).filter(|_| is_factory) else { return };
    let declared = node.ancestors().take(4).find(|outer| outer.kind() == Kind::VariableDeclarator);
    let name = declared.and_then(|declarator| declarator.field(Field::Name)).filter(|name| name.kind() == Kind::Identifier);
    let binding = name.map_or_else(|| Ref::new(Scope::Local, [format_smolstr!("#{}", node.start())]), |name| module.name(name));
    let prefix = name.and_then(|name| global_prefix(module, name));
    add_service(&binding, ServiceKind::App, node.span(), prefix, Vec::new(), facts);
    for child in modules::held(&module.lower(root), 4) {
        let span = child.span;
        let mount = Mount { parent: binding.clone(), prefix: Text::default(), child, guards: Vec::new(), order: node.start() };
        facts.push(Fact::new(span, super::shown(&binding), FactKind::Mount(mount)));
    }
}

/// `app.setGlobalPrefix('api')`.
fn global_prefix<'t>(module: &Module<'t>, app: Syntax<'t>) -> Option<Node> {
    module.tree.all().filter(|node| node.kind() == Kind::Call).find_map(|node| {
        let member = node.field(Field::Function).filter(|function| function.kind() == Kind::Member)?;
        let is_prefix = member.field(Field::Property)?.text() == "setGlobalPrefix" && member.field(Field::Object)?.text() == app.text();
        is_prefix.then(|| node.field(Field::Arguments)?.first().map(|path| module.lower(path)))?
    })
}

/// A guard that leaves paths out, which linking knows by this name.
fn except(guard: Node, paths: &[Node]) -> Node {
    let span = guard.span;
    let args = std::iter::once(guard).chain(paths.iter().cloned()).collect();
    Node::new(span, NodeKind::Call(Box::new(Call { args, ..Call::of(Ref::import("@nestjs/common", "exclude")) })))
}

/// `consumer.apply(AuthMiddleware).forRoutes({ path: 'user', method: RequestMethod.GET })`.
fn middleware<'t>(module: &Module<'t>, node: Syntax<'t>, facts: &mut Vec<Fact>) {
    let Some(class) = node.ancestors().find(|outer| outer.kind().is_class()).and_then(|class| class.field(Field::Name)) else { return };
    let lowered = module.lower(node);
    let Some(call) = lowered.as_call() else { return };
    let mut guards: Vec<Node> = Vec::new();
    let mut excluded: Vec<Node> = Vec::new();
    let mut receiver = call.receiver.as_ref();
    while let Some(inner) = receiver.and_then(Node::as_call) {
        if inner.callee.last() == "apply" {
            guards.extend(super::routing::flat(inner.args.clone()));
        } else if inner.callee.last() == "exclude" {
            excluded.extend(super::routing::flat(inner.args.clone()));
        }
        receiver = inner.receiver.as_ref();
    }
    if !excluded.is_empty() {
        guards = guards.into_iter().map(|guard| except(guard, &excluded)).collect();
    }
    let of_module = Ref::new(Scope::Local, [class.text()]);
    for target in super::routing::flat(call.args.clone()) {
        let (service, scope) = match &target.kind {
            NodeKind::Ref(controller) => (controller.clone(), GuardScope::Controller),
            NodeKind::Map(options) => {
                let path = options.get("path").map_or_else(Text::default, path_text);
                let method = options.get("method").and_then(Node::as_ref).map(|method| method.last().to_ascii_uppercase());
                let methods = method.filter(|method| method != "ALL").map(SmolStr::new).into_iter().collect();
                (of_module.clone(), GuardScope::Prefix(path, methods))
            }
            _ => (of_module.clone(), GuardScope::Prefix(path_text(&target), Vec::new())),
        };
        for guard in &guards {
            let guard = Guard::new(guard.clone(), scope.clone(), Some(service.clone()), node.start());
            facts.push(Fact::new(guard.span, super::shown(&service), FactKind::Guard(guard)));
        }
    }
}
