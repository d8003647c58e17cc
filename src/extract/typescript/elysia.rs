//! Elysia: a chain of `.get(path, handler, { beforeHandle })`, `.guard({ … }, app => …)`,
//! `.group('/x', app => …)`, `.onBeforeHandle(…)`, `.use(plugin)`.

use super::dialect::{Dialect, is_verb};
use super::routing::{Registration, Routing, path_text};
use crate::ir::{GuardScope, Map, Node, NodeKind, Ref, Scope, Text};
use crate::parse::typescript::{Field, Syntax};

const THIS: Dialect = Dialect::Elysia;

/// Reads one call on an instance.
pub(super) fn register<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>) {
    let mut arguments = routing.arguments(at.call);
    let written: Vec<Syntax<'t>> = at.call.field(Field::Arguments).into_iter().flat_map(Syntax::children).collect();
    for function in written.iter().filter(|argument| argument.kind().is_function()) {
        if matches!(at.method, "group" | "guard" | "use") {
            routing.adopt(*function, THIS);
        }
    }
    match at.method {
        "use" => {
            for plugin in arguments {
                routing.mount(at, Text::default(), plugin, Vec::new());
            }
        }
        "group" if arguments.len() >= 2 => {
            let prefix = path_text(&arguments[0]);
            let guards = arguments[1..].iter().filter_map(before_handle).collect();
            if let Some(child) = arguments.pop() {
                routing.mount(at, prefix, child, guards);
            }
        }
        "guard" => {
            let guards: Vec<Node> = arguments.iter().filter_map(before_handle).collect();
            match arguments.pop() {
                Some(child) if matches!(child.kind, NodeKind::Func(_)) => routing.mount(at, Text::default(), child, guards),
                options => guards.into_iter().for_each(|guard| routing.guard(at, guard, scope(options.as_ref()))),
            }
        }
        "macro" => macros(routing, at, &arguments),
        "onBeforeHandle" | "onRequest" | "derive" | "resolve" | "onTransform" => {
            let scope = scope(arguments.first());
            if let Some(hook) = arguments.pop() {
                routing.guard(at, hook, scope);
            }
        }
        method if is_verb(method) && arguments.len() >= 2 => {
            let path = arguments.remove(0);
            let handler = arguments.remove(0);
            let mut handlers: Vec<Node> = arguments.first().and_then(before_handle).into_iter().collect();
            handlers.push(handler);
            routing.route(at, THIS, method, &path, handlers);
        }
        _ => {}
    }
}

/// `.macro({ seated: { resolve … } })`, `.macro('seated', { … })`, `.macro({ seated: (asked) => ({ beforeHandle … }) })`: what a
/// key of routes' options stands for.
fn macros<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>, arguments: &[Node]) {
    match arguments {
        [name, hooks] => name.as_str().into_iter().for_each(|name| routing.decorate(at, name, hooks_of(hooks))),
        [Node { kind: NodeKind::Map(named), .. }] => named.pairs().for_each(|(name, hooks)| routing.decorate(at, name, hooks_of(hooks))),
        // `({ onBeforeHandle }) => ({ seated(asked) { onBeforeHandle(…) } })`.
        [Node { kind: NodeKind::Func(func), .. }] => {
            for (name, hooks) in func.returns.as_ref().and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
                routing.decorate(at, name, hooks_of(hooks));
            }
        }
        _ => {}
    }
}

/// What runs in front of a handler by a macro.
fn hooks_of(hooks: &Node) -> Node {
    let given = match &hooks.kind {
        NodeKind::Func(func) => func.returns.as_ref().filter(|returned| returned.as_map().is_some()).unwrap_or(hooks),
        _ => hooks,
    };
    let Some(map) = given.as_map() else { return hooks.clone() };
    let run = ["beforeHandle", "resolve", "derive", "transform"].iter().filter_map(|hook| map.get(hook)).cloned().collect();
    Node::new(hooks.span, NodeKind::List(run))
}

/// How far a hook reaches by its options: its own instance, the one that uses that, or all above.
fn scope(options: Option<&Node>) -> GuardScope {
    match options.and_then(|options| options.get("as")).and_then(Node::as_str) {
        Some("global") => GuardScope::App,
        Some("scoped") => GuardScope::Module,
        _ => GuardScope::Controller,
    }
}

/// The hook in options; a macro that sounds like authentication is asked by its name.
fn before_handle(options: &Node) -> Option<Node> {
    let map = options.as_map()?;
    map.get("beforeHandle").cloned().or_else(|| {
        let known = ["body", "query", "params", "headers", "response", "detail", "tags", "cookie", "transform", "type", "as"];
        map.pairs()
            .find(|(key, value)| !known.contains(&key.as_str()) && value.as_bool() != Some(false))
            .map(|(key, value)| Node::new(value.span, NodeKind::Ref(Ref::new(Scope::Local, ["macro", key.as_str()]))))
    })
}
