//! Routes as data: a list of `{ method, path, handler }` or `['get', '/path', guard, handler]` that a loop registers
//! one by one, `app[route.method](route.path, ...route.use, route.handler)`, most often from another file.

use super::dialect::{Dialect, is_verb};
use super::loops;
use super::names::Module;
use super::routing::{Registration, Routing};
use crate::ir::{FactKind, Node, Part, Piece, ServiceKind, Text, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Keys under which an element holds what runs in front of its handler.
const GUARDS: [&str; 9] = ["use", "middleware", "middlewares", "guards", "guard", "before", "preHandler", "beforeHandle", "handlers"];
/// Keys that say something of security to the loop, which alone knows what.
const SAYS: [&str; 10] = ["auth", "public", "isPublic", "protected", "secure", "secured", "roles", "role", "requiresAuth", "permissions"];

/// Adds the routes of a list that only holds routes.
pub(super) fn read<'t>(routing: &mut Routing<'_, 't>, list: Syntax<'t>) {
    let mut items = list.children().peekable();
    if items.peek().is_none() || !items.all(is_route) || is_read_here(list) {
        return;
    }
    let service = routing.binding_of(list);
    routing.add_service(service.clone(), routing.guess, ServiceKind::Table, list.span(), None);
    let at = Registration { call: list, method: "route", service, path: None, order: list.start() };
    for item in list.children() {
        let route = routing.module.lower(item);
        add(routing, &at, &route);
    }
}

/// `{ method: 'get', path: '/berths', handler: … }`, `['get', '/berths', handler]`.
fn is_route(item: Syntax<'_>) -> bool {
    if item.kind() == Kind::Array {
        let mut parts = item.children();
        let mut literal = || parts.next().filter(|part| part.kind() == Kind::String).map(super::names::unquoted);
        return literal().is_some_and(|verb| is_verb(&verb.to_ascii_lowercase()))
            && literal().is_some_and(|path| path.starts_with('/'))
            && parts.next().is_some();
    }
    let has = |names: &[&str]| item.children().any(|pair| names.contains(&key_of(pair)));
    let is_method = |pair: Syntax<'_>| {
        key_of(pair) == "method"
            && pair.field(Field::Value).is_some_and(|value| is_verb(&super::names::unquoted(value).to_ascii_lowercase()))
    };
    item.kind() == Kind::Object
        && item.children().any(is_method)
        && has(&["path", "url", "route"])
        && has(&["handler", "handlers", "controller", "action", "handle"])
}

fn key_of(pair: Syntax<'_>) -> &str {
    match pair.kind() {
        Kind::Pair => pair.field(Field::Key).map_or("", super::names::unquoted),
        Kind::Method => pair.field(Field::Name).map_or("", super::names::unquoted),
        Kind::ShorthandProperty => pair.text(),
        _ => "",
    }
}

/// A list that is an argument or that is looped over where it stands is read by whom it is given to.
fn is_read_here(list: Syntax<'_>) -> bool {
    list.parent().is_some_and(|parent| matches!(parent.kind(), Kind::Arguments | Kind::Member))
}

fn add<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>, route: &Node) {
    if let Some([method, path, handlers @ ..]) = route.as_list() {
        return add_one(routing, at, method, path, handlers.to_vec());
    }
    let of = |keys: &[&str]| keys.iter().find_map(|key| route.get(key)).cloned();
    let (Some(method), Some(path)) = (of(&["method"]), of(&["path", "url", "route"])) else { return };
    let mut handlers: Vec<Node> = GUARDS.iter().filter_map(|key| route.get(key)).cloned().collect();
    handlers.extend(SAYS.iter().filter_map(|key| route.get(key)).map(|said| Node::unknown(Why::Opaque, said.span)));
    handlers.extend(of(&["handler", "controller", "action", "handle"]));
    add_one(routing, at, &method, &path, handlers);
}

fn add_one<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>, method: &Node, path: &Node, handlers: Vec<Node>) {
    routing.route(at, routing.guess, method.as_str().unwrap_or("all"), path, handlers);
    if let Some(fact) = routing.facts.last_mut().filter(|fact| matches!(fact.kind, FactKind::Route(_))) {
        fact.span = path.span;
    }
}

/// `app[row.method](row.path, guard, ...row.use, row.handler)` in a loop: the list is mounted on the application,
/// and what the loop itself puts in front of each route is a guard. Says whether a call is one.
pub(super) fn mount<'t>(routing: &mut Routing<'_, 't>, call: Syntax<'t>) -> bool {
    let Some((application, elements, list)) = indexed(routing.module, call) else { return false };
    let Some(dialect) = Some(routing.guess).filter(|guess| matches!(guess, Dialect::Express | Dialect::Koa | Dialect::Hono)) else {
        return false;
    };
    let binding = routing.module.name(application);
    if !routing.is_service(&binding) {
        routing.add_service(binding.clone(), dialect, ServiceKind::Router, application.span(), None);
    }
    let at = Registration { call, method: "use", service: binding, path: None, order: call.start() };
    let is_guard = |argument: &Syntax<'_>| {
        let is_element = |node: Syntax<'_>| elements.iter().any(|element| node.text() == element.text());
        matches!(argument.kind(), Kind::Identifier | Kind::Member | Kind::Call)
            && !std::iter::once(*argument).chain(argument.below()).any(is_element)
    };
    let arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    let guards = arguments.filter(is_guard).map(|argument| routing.module.lower(argument)).collect();
    let prefix =
        call.field(Field::Arguments).and_then(Syntax::first).map_or_else(Text::default, |path| prefix(&routing.module.lower(path)));
    routing.mount(&at, prefix, list, guards);
    true
}

/// What a loop writes before the path of each row: `/api` of `'/api' + row.path`.
fn prefix(path: &Node) -> Text {
    match path.as_text().map(|path| path.pieces.as_slice()) {
        Some([first @ Piece { part: Part::Lit(_), .. }, Piece { part: Part::Hole(_), .. }]) => Text { pieces: vec![first.clone()] },
        _ => Text::default(),
    }
}

/// The application, the names that stand for the element and the list of `list.forEach((row) => app[row.method](…))`.
fn indexed<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<(Syntax<'t>, Vec<Syntax<'t>>, Node)> {
    let function = call.field(Field::Function).filter(|function| function.kind() == Kind::Subscript)?;
    let application = function.field(Field::Object).filter(|object| object.kind() == Kind::Identifier)?;
    let (pattern, list) = loops::around(call)?;
    let elements = names(pattern);
    let index = function.field(Field::Index)?;
    // Of `[verb, path, ...handlers]` the first one, whatever it is called.
    let is_by_place = matches!(pattern.kind(), Kind::Identifier | Kind::ArrayPattern);
    let method = elements.iter().find(|name| is_by_place || matches!(name.text(), "method" | "verb"))?;
    index.below().chain([index]).find(|node| node.text() == method.text())?;
    Some((application, elements, module.lower(list)))
}

/// The names that a loop gives its element, or the parts of it: `{ method, path, before = [], handler }`.
fn names(pattern: Syntax<'_>) -> Vec<Syntax<'_>> {
    let is_name = |node: &Syntax<'_>| matches!(node.kind(), Kind::Identifier | Kind::ShorthandPattern);
    std::iter::once(pattern).chain(pattern.below()).filter(is_name).collect()
}
