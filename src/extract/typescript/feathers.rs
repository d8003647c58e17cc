//! Feathers: `app.use('/kilns', new Kilns(options))` is a service, whose methods are routes, and what `app.service('kilns')
//! .hooks({ before: { all: [authenticate('jwt')], … } })` runs before a method stands in front of its route.
//!
//! The hooks of a service stand beside it, mostly in a file of their own; those of the application hold for all services.

use std::collections::BTreeMap;

use memchr::memmem;

use super::dialect::Dialect;
use super::filed::Filed;
use super::names::{Form, Module, is_package, unquoted};
use super::routing::path_text;
use crate::extract::Extract;
use crate::ir::{Fact, FactKind, Field as Value, Guard, GuardScope, Node, NodeKind, Op, Part, Text, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

const PACKAGE: &str = "@feathersjs/feathers";

/// A service's methods, and what the platform makes of them.
const METHODS: [(&str, &str, &str); 6] = [
    ("find", "GET", ""),
    ("get", "GET", "/:id"),
    ("create", "POST", ""),
    ("update", "PUT", "/:id"),
    ("patch", "PATCH", "/:id"),
    ("remove", "DELETE", "/:id"),
];
/// When hooks are run in front of a method.
const PHASES: [&str; 2] = ["around", "before"];

/// Registrations of hooks that are read, of the application or of one service: more are nobody's, and each stands in front
/// of each route.
const MAX_REGISTERED: usize = 32;

/// Hooks that are registered in a file, by the path of their service; those of the application have none.
type Registered<'t> = BTreeMap<Option<&'t str>, Vec<Node>>;

/// Whether a file holds hooks by its name: those of an application that asks nothing name no package.
pub(super) fn is_hooks(path: &str) -> bool {
    path.ends_with(".hooks.js") || path.ends_with(".hooks.ts")
}

/// Adds the services and hooks of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    let text = &cx.file.text;
    // Of a service whose hooks are elsewhere, nothing can be told.
    if memmem::find(text.as_bytes(), b".hooks(").is_none() {
        return;
    }
    let mut filed = Filed::new(PACKAGE);
    let mut hooks = Registered::default();
    for (path, node) in calls(module).filter_map(|call| registered(module, call)) {
        hooks.entry(path).or_default().push(node);
    }
    for node in hooks.get(&None).into_iter().flatten().take(MAX_REGISTERED) {
        for what in PHASES.iter().map(|phase| part(node, &[phase, "all"])).filter(|part| !is_empty(part)) {
            let guard = Guard::new(what, GuardScope::App, None, 0);
            filed.facts.push(Fact::new(guard.span, PACKAGE, FactKind::Guard(guard)));
        }
    }
    for call in calls(module) {
        service(module, call, &hooks, &mut filed);
    }
    filed.emit(cx);
}

fn calls<'t>(module: &Module<'t>) -> impl Iterator<Item = Syntax<'t>> + use<'t> {
    module.tree.all().filter(|node| node.kind() == Kind::Call)
}

/// The method that is called, and on what.
fn method_of(call: Syntax<'_>) -> Option<(&str, Syntax<'_>)> {
    let member = call.field(Field::Function).filter(|function| function.kind() == Kind::Member)?;
    Some((member.field(Field::Property)?.text(), member.field(Field::Object)?))
}

fn arguments(call: Syntax<'_>) -> Vec<Syntax<'_>> {
    call.field(Field::Arguments).into_iter().flat_map(Syntax::children).collect()
}

/// `app.service('kilns').hooks(…)`, `service.hooks(…)`, `app.hooks(…)`.
fn registered<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<(Option<&'t str>, Node)> {
    let (_, object) = method_of(call).filter(|(method, _)| *method == "hooks")?;
    let hooks = module.lower(*arguments(call).first()?);
    let is_application = object.kind() == Kind::Identifier && matches!(object.text(), "app" | "api" | "application");
    let path = if is_application { None } else { Some(service_path(module, object)?) };
    Some((path, hooks))
}

/// Whether nothing is registered.
fn is_empty(hooks: &Node) -> bool {
    hooks.as_list().is_some_and(<[Node]>::is_empty)
}

/// The path of `app.service('kilns')`, also through a constant.
fn service_path<'t>(module: &Module<'t>, object: Syntax<'t>) -> Option<&'t str> {
    match object.kind() {
        Kind::Call => method_of(object).filter(|(method, _)| *method == "service").and_then(|_| Some(path_of(*arguments(object).first()?))),
        Kind::Identifier => match &module.lookup(object.text(), object)?.form {
            Form::Variable(Some(made), _) if made.kind() == Kind::Call => service_path(module, *made),
            _ => None,
        },
        // `app.use('/kilns', …).service('kilns')` is met as the call itself.
        _ => None,
    }
}

/// A path as it is written, without what may be left out.
fn path_of(node: Syntax<'_>) -> &str {
    unquoted(node).trim_matches('/')
}

/// A part of hooks, as far as the file says what they are: `before.create`.
fn part(hooks: &Node, path: &[&str]) -> Node {
    path.iter().fold(hooks.clone(), |at, key| match &at.kind {
        NodeKind::Map(map) if !map.is_open() => map.get(key).cloned().unwrap_or_else(|| Node::new(at.span, NodeKind::List(Vec::new()))),
        // What is left out.
        NodeKind::List(_) => at,
        _ => Node::new(at.span, NodeKind::Op(Op::Attr, vec![at.clone(), Node::text(*key, at.span)])),
    })
}

/// `app.use(path, …middleware, service, { methods })`.
fn service<'t>(module: &Module<'t>, call: Syntax<'t>, hooks: &Registered<'t>, filed: &mut Filed) {
    let Some(("use", _)) = method_of(call) else { return };
    let given = arguments(call);
    // What signs people in is the library's.
    let [path, rest @ ..] = given.as_slice() else { return };
    if path_of(*path) == "authentication" {
        return;
    }
    let Some(at) = rest.iter().position(|argument| is_service(module, *argument)) else { return };
    let own = hooks.get(&Some(path_of(*path))).map(Vec::as_slice).unwrap_or_default();
    let of_all = hooks.get(&None).map(Vec::as_slice).unwrap_or_default();
    let is_said = !(own.is_empty() && of_all.is_empty()) && own.len().max(of_all.len()) <= MAX_REGISTERED;
    let made = module.lower(rest[at]);
    let kept = rest.get(at + 1).map(|options| module.lower(*options)).and_then(|options| options.get("methods").cloned());
    for (method, verb, below) in METHODS {
        let Some(handler) = handler(&made, method) else { continue };
        if !is_kept(kept.as_ref(), method) {
            continue;
        }
        let mut route = filed.route(verb, "", Node { span: path.span(), ..handler });
        route.path = below_root(path_text(&module.lower(*path)), below);
        route.guards = rest[..at].iter().map(|guard| module.lower(*guard)).collect();
        for hooks in own.iter().take(MAX_REGISTERED) {
            let parts = PHASES.iter().flat_map(|phase| ["all", method].map(|of| part(hooks, &[phase, of])));
            route.guards.extend(parts.filter(|part| !is_empty(part)));
        }
        if !is_said {
            // Hooks may be registered anywhere.
            route.security = Value::unknown(Why::Opaque, path.span());
        }
        filed.add(route);
    }
}

/// The path of a method, which begins with a slash whether it is written or not.
fn below_root(mut path: Text, below: &str) -> Text {
    let span = path.pieces.first().map(|piece| piece.span).unwrap_or_default();
    if !matches!(path.pieces.first().map(|piece| &piece.part), Some(Part::Lit(text)) if text.starts_with('/')) {
        let mut rooted = Text::lit("/", span);
        rooted.pieces.append(&mut path.pieces);
        path = rooted;
    }
    path.push(Node::text(below, span));
    path.join_literals();
    path
}

/// What answers a method: the member of the class or of the object; nothing where an object has none.
fn handler(made: &Node, method: &str) -> Option<Node> {
    match &made.kind {
        NodeKind::Map(map) if !map.is_open() => map.get(method).cloned(),
        NodeKind::Call(call) if call.is_new => Some(Node::new(made.span, NodeKind::Ref(call.callee.child(method)))),
        NodeKind::Ref(name) => Some(Node::new(made.span, NodeKind::Ref(name.child(method)))),
        _ => Some(Node::unknown(Why::Opaque, made.span)),
    }
}

/// Whether a method is served: those that `methods` lists; where that can't be told, those that new services have.
fn is_kept(kept: Option<&Node>, method: &str) -> bool {
    match kept.and_then(Node::as_list) {
        Some(list) => list.iter().any(|name| name.as_str() == Some(method)),
        None => kept.is_none() || method != "update",
    }
}

/// Whether an argument of `use` is a service, unlike a router, middleware or a library's server.
fn is_service<'t>(module: &Module<'t>, argument: Syntax<'t>) -> bool {
    let is_of_feathers = |name: &str| name.starts_with("feathers-") || name.starts_with("@feathersjs/");
    let is_named = |name: &str| name.to_ascii_lowercase().ends_with("service");
    match argument.kind() {
        Kind::New => module.callee_of(argument).is_some_and(|callee| {
            Dialect::made_by(&callee).is_none() && callee.module().is_none_or(|module| !is_package(module) || is_of_feathers(module))
        }),
        Kind::Call => module.callee_of(argument).is_some_and(|callee| {
            callee.module().is_some_and(is_of_feathers) && callee.module() != Some("@feathersjs/express")
                || callee.last().starts_with("create") && is_named(callee.last())
        }),
        Kind::Object => argument.children().any(|entry| {
            let name = entry.field(Field::Key).or_else(|| entry.field(Field::Name)).map_or("", unquoted);
            METHODS.iter().any(|(method, ..)| *method == name)
        }),
        Kind::Identifier => match module.lookup(argument.text(), argument).map(|declaration| &declaration.form) {
            Some(Form::Variable(Some(made), path)) if path.is_empty() && made.id() != argument.id() => {
                matches!(made.kind(), Kind::New | Kind::Object) && is_service(module, *made)
            }
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hooks_leave_out_is_no_guard() {
        let span = crate::ir::Span::default();
        let mut before = crate::ir::Map::default();
        before.push("all", span, Node::new(span, NodeKind::List(vec![Node::text("x", span)])));
        let mut hooks = crate::ir::Map::default();
        hooks.push("before", span, Node::new(span, NodeKind::Map(before)));
        let hooks = Node::new(span, NodeKind::Map(hooks));
        assert_eq!(part(&hooks, &["before", "all"]).as_list().map(<[Node]>::len), Some(1));
        assert_eq!(part(&hooks, &["before", "remove"]).as_list().map(<[Node]>::len), Some(0));
        assert_eq!(part(&hooks, &["around", "all"]).as_list().map(<[Node]>::len), Some(0));
    }
}
