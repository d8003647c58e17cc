//! `AdonisJS`, versions 4 to 6: `router.get(path, [Controller, 'index']).use(middleware.auth())`, groups with prefixes
//! and middleware, resources, and the names that a kernel gives to middleware.

use smol_str::format_smolstr;

use super::dialect::is_verb;
use super::names::{Form, Module, unquoted};
use super::routing::{method_name, path_text};
use crate::extract::Extract;
use crate::ir::{Fact, FactKind, Node, NodeKind, Part, Ref, Resource, ResourceMode, Route, Scope, Service, ServiceKind, Span, Text};
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "@adonisjs/core";

/// The routes of a resource: the action, its method, and what follows the resource's path.
const RESOURCE: [(&str, &str, &str); 7] = [
    ("index", "GET", ""),
    ("create", "GET", "/create"),
    ("store", "POST", ""),
    ("show", "GET", "/:id"),
    ("edit", "GET", "/:id/edit"),
    ("update", "PUT", "/:id"),
    ("destroy", "DELETE", "/:id"),
];

/// A call that is chained to a registration or a group.
struct Link<'t> {
    method: &'t str,
    arguments: Vec<Syntax<'t>>,
}

/// Adds the routes and the named middleware of one file; says whether it is a file of `AdonisJS` routes.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) -> bool {
    let mut facts = Vec::new();
    for call in module.tree.all().filter(|node| node.kind() == Kind::Call) {
        let Some((method, object)) = method_of(call) else { continue };
        if matches!(method, "named" | "registerNamed") {
            named(call, &mut facts);
        } else if is_router(module, object) {
            registered(module, call, method, &mut facts);
        }
    }
    let has_routes = facts.iter().any(|fact| matches!(fact.kind, FactKind::Route(_)));
    if has_routes {
        facts.push(service(Span { end: 0, ..cx.file.span() }));
    }
    cx.out.facts.append(&mut facts);
    has_routes
}

fn binding() -> Ref {
    Ref::new(Scope::Local, ["#adonis"])
}

fn service(span: Span) -> Fact {
    let service = Service::new(ServiceKind::App, PACKAGE, binding());
    Fact::new(span, PACKAGE, FactKind::Service(service))
}

/// The method that is called, and on what.
fn method_of(call: Syntax<'_>) -> Option<(&str, Syntax<'_>)> {
    let member = call.field(Field::Function).filter(|function| function.kind() == Kind::Member)?;
    Some((member.field(Field::Property)?.text(), member.field(Field::Object)?))
}

/// The router's own name: `import router from '@adonisjs/core/services/router'`, `const Route = use('Route')`.
fn is_router<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    if node.kind() != Kind::Identifier {
        return false;
    }
    let name = module.name(node);
    if matches!(name.module(), Some("@adonisjs/core/services/router" | "@ioc:Adonis/Core/Route")) {
        return true;
    }
    module.lookup(node.text(), node).is_some_and(|declaration| match &declaration.form {
        Form::Variable(Some(made), _) => matches!(made.text(), "use('Route')" | "use(\"Route\")"),
        _ => false,
    })
}

/// What is chained to a call, in order.
fn chained(call: Syntax<'_>) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut at = call;
    while let Some(next) = at.parent().filter(|member| member.kind() == Kind::Member && at.role() == Field::Object) {
        let Some(call) = next.parent().filter(|call| call.kind() == Kind::Call) else { break };
        let method = next.field(Field::Property).map_or("", Syntax::text);
        links.push(Link { method, arguments: arguments(call) });
        at = call;
    }
    links
}

fn arguments(call: Syntax<'_>) -> Vec<Syntax<'_>> {
    call.field(Field::Arguments).into_iter().flat_map(Syntax::children).collect()
}

fn registered<'t>(module: &Module<'t>, call: Syntax<'t>, method: &'t str, facts: &mut Vec<Fact>) {
    let given = arguments(call);
    let Some(first) = given.first() else { return };
    let links = chained(call);
    let path = path_text(&module.lower(*first));
    match method {
        "resource" | "apiResource" => {
            let Some(controller) = given.get(1) else { return };
            let is_api = method == "apiResource" || links.iter().any(|link| link.method == "apiOnly");
            for (action, verb, rest) in RESOURCE {
                if is_api && matches!(action, "create" | "edit") || !is_kept(&links, action) {
                    continue;
                }
                let mut path = path.clone();
                path.push(Node::text(rest, first.span()));
                let mut route = Route::new(binding(), PACKAGE, verb, path, call.start());
                route.guards = guards_of(module, &links, Some(action));
                route.handler = action_of(module, *controller, action);
                add(module, call, route, facts);
            }
        }
        _ if is_verb(method) || method == "any" => {
            let Some(handler) = given.get(1) else { return };
            let handler = match handler.kind() {
                Kind::Array => {
                    let mut parts = handler.children();
                    parts.next().and_then(|controller| action_of(module, controller, parts.next().map_or("handle", unquoted)))
                }
                Kind::String => unquoted(*handler).split_once('.').map(|(controller, action)| {
                    let module = format_smolstr!("App/Controllers/Http/{controller}");
                    Node::new(handler.span(), NodeKind::Ref(Ref::import(module, "default").child(action)))
                }),
                _ => Some(module.lower(*handler)),
            };
            let mut route = Route::new(binding(), PACKAGE, method_name(method), path, call.start());
            route.guards = guards_of(module, &links, None);
            route.handler = handler;
            add(module, call, route, facts);
        }
        _ => {}
    }
}

/// Whether `only` and `except` leave an action of a resource.
fn is_kept(links: &[Link<'_>], action: &str) -> bool {
    let names = |link: &Link<'_>| link.arguments.iter().flat_map(|list| list.below()).any(|name| unquoted(name) == action);
    links.iter().all(|link| match link.method {
        "only" => names(link),
        "except" => !names(link),
        _ => true,
    })
}

/// A method of a controller: the class itself, or `() => import('#controllers/posts')`.
fn action_of<'t>(module: &Module<'t>, controller: Syntax<'t>, action: &str) -> Option<Node> {
    let declared = module.lookup(controller.text(), controller).map(|declaration| &declaration.form);
    let lazy = match declared {
        Some(Form::Variable(Some(made), _)) => imported(*made),
        _ => imported(controller),
    };
    let class = match lazy {
        Some(specifier) => Ref::import(specifier, "default"),
        None => module.lower(controller).as_ref()?.clone(),
    };
    Some(Node::new(controller.span(), NodeKind::Ref(class.child(action))))
}

/// The specifier of `() => import('#middleware/auth')`.
fn imported(node: Syntax<'_>) -> Option<&str> {
    let call = node.below().find(|inner| inner.kind() == Kind::Call).filter(|_| node.kind() == Kind::ArrowFunction)?;
    call.field(Field::Function).filter(|function| function.kind() == Kind::Import)?;
    call.field(Field::Arguments)?.first().filter(|specifier| specifier.kind() == Kind::String).map(unquoted)
}

/// The middleware of a chain; of a resource, that of one action.
fn guards_of<'t>(module: &Module<'t>, links: &[Link<'t>], action: Option<&str>) -> Vec<Node> {
    let mut guards = Vec::new();
    for link in links.iter().filter(|link| matches!(link.method, "use" | "middleware")) {
        let mut given = link.arguments.as_slice();
        if let Some(action) = action.filter(|_| given.len() > 1) {
            // `.use('*', …)`, `.use(['store'], …)`.
            let holds =
                std::iter::once(given[0]).chain(given[0].below()).any(|name| matches!(unquoted(name), "*") || unquoted(name) == action);
            if !holds {
                continue;
            }
            given = &given[1..];
        }
        for node in given {
            written(module, *node, action, &mut guards);
        }
    }
    guards
}

/// Middleware as it is written: `middleware.auth({ guards })`, `'auth:api'`, lists of them, `{ store: 'auth' }` of a
/// resource.
fn written<'t>(module: &Module<'t>, node: Syntax<'t>, action: Option<&str>, out: &mut Vec<Node>) {
    let named = |name: &str| Node::new(node.span(), NodeKind::Ref(Ref::new(Scope::Local, ["middleware", name])));
    match node.kind() {
        Kind::Array => node.children().for_each(|item| written(module, item, action, out)),
        Kind::Object => {
            for pair in node.children().filter(|pair| pair.kind() == Kind::Pair) {
                let key = pair.field(Field::Key).map_or("", unquoted);
                if key == "*" || action.is_none_or(|action| action == key) {
                    pair.field(Field::Value).into_iter().for_each(|value| written(module, value, None, out));
                }
            }
        }
        Kind::String => out.push(named(unquoted(node).split(':').next().unwrap_or_default())),
        Kind::Call => match method_of(node) {
            Some((name, object)) if object.text() == "middleware" => out.push(named(name)),
            _ => out.push(module.lower(node)),
        },
        _ => out.push(module.lower(node)),
    }
}

/// Adds a route below the groups that it stands in, with their middleware in front of its own.
fn add<'t>(module: &Module<'t>, call: Syntax<'t>, mut route: Route, facts: &mut Vec<Fact>) {
    let span = route.path.pieces.first().map_or(call.span(), |piece| piece.span);
    for group in groups(call) {
        let links = chained(group);
        for prefix in links.iter().filter(|link| link.method == "prefix").filter_map(|link| link.arguments.first()) {
            let mut joined = path_text(&module.lower(*prefix));
            joined.push(Node::text("/", span));
            joined.pieces.append(&mut route.path.pieces);
            route.path = joined;
        }
        let mut guards = guards_of(module, &links, None);
        guards.append(&mut route.guards);
        route.guards = guards;
    }
    route.path = squeezed(route.path);
    if let Some(Node { kind: NodeKind::Func(func), .. }) = &route.handler {
        route.body = Some(func.clone());
    }
    let owner = format_smolstr!("{} {}", route.methods[0], route.path);
    facts.push(Fact::new(span, owner, FactKind::Route(Box::new(route))));
}

/// The groups around a registration, the innermost first.
fn groups(call: Syntax<'_>) -> impl Iterator<Item = Syntax<'_>> {
    let functions = call.ancestors().filter(|outer| outer.kind().is_function());
    functions.filter_map(|function| {
        let group = function.parent()?.parent().filter(|outer| outer.kind() == Kind::Call)?;
        (method_of(group)?.0 == "group").then_some(group)
    })
}

/// A path with one slash where prefixes meet.
fn squeezed(mut path: Text) -> Text {
    path.join_literals();
    for piece in &mut path.pieces {
        if let Part::Lit(text) = &mut piece.part {
            while text.contains("//") {
                *text = text.replace("//", "/").into();
            }
        }
    }
    path
}

/// `router.named({ auth: () => import('#middleware/auth_middleware') })`: what the names of middleware stand for.
fn named(call: Syntax<'_>, facts: &mut Vec<Fact>) {
    let Some(list) = call.field(Field::Arguments).and_then(Syntax::first).filter(|list| list.kind() == Kind::Object) else { return };
    for pair in list.children().filter(|pair| pair.kind() == Kind::Pair) {
        let (Some(key), Some(value)) = (pair.field(Field::Key), pair.field(Field::Value)) else { continue };
        let Some(specifier) = imported(value) else { continue };
        let class = Node::new(value.span(), NodeKind::Ref(Ref::import(specifier, "default")));
        let resource = Resource {
            provider: PACKAGE.into(),
            ty: "decoration".into(),
            name: unquoted(key).into(),
            address: format_smolstr!("middleware {}", unquoted(key)),
            mode: ResourceMode::Managed,
            attrs: class,
        };
        facts.push(Fact::new(key.span(), resource.address.clone(), FactKind::Resource(resource)));
    }
}
