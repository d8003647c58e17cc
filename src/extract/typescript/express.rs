//! Express and what is built like it: `app.METHOD(path, …middleware, handler)`, `app.use(path, …)`,
//! `router.route(path).get(…).post(…)`.

use super::dialect::{Dialect, is_verb};
use super::routing::{Registration, Routing, flat, method_name, path_text};
use crate::ir::{GuardScope, Node, NodeKind, Text};

const THIS: Dialect = Dialect::Express;

/// Reads one call on an application or router.
pub(super) fn register<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>) {
    let mut arguments = routing.arguments(at.call);
    match at.method {
        "use" => {
            // What a name in the place of a path stands for is known when names are: where it is a guard, it holds.
            if let [first, _, ..] = arguments.as_slice()
                && first.as_ref().is_some_and(|name| !is_called_path(name.last()))
            {
                routing.guard(at, first.clone(), GuardScope::Controller);
            }
            let prefixes = take_paths(&mut arguments);
            // What serves a schema answers there, and nothing behind it is asked.
            if arguments.last().is_some_and(super::graphql::serves) {
                for prefix in prefixes {
                    let path = prefix.unwrap_or_else(|| Node::text("/", at.call.span()));
                    routing.route(at, THIS, "all", &path, arguments.clone());
                }
                return;
            }
            for handler in flat(arguments) {
                for prefix in &prefixes {
                    used(routing, at, prefix.as_ref(), &handler);
                }
            }
        }
        method if is_verb(method) => {
            let paths: Vec<Node> = match &at.path {
                Some(path) => vec![path.clone()],
                None if arguments.len() >= 2 => {
                    let first = arguments.remove(0);
                    if !is_path(&first) {
                        return;
                    }
                    first.one_or_many().into_iter().cloned().collect()
                }
                // `app.get('setting')`.
                None => return,
            };
            if arguments.is_empty() {
                return;
            }
            for path in paths {
                routing.route(at, THIS, method, &path, arguments.clone());
                // What hands on, and stands here for a path alone, holds for a later route of this path.
                for handler in flat(arguments.clone()).into_iter().filter(hands_on) {
                    let methods = if at.method == "all" { Vec::new() } else { vec![method_name(method)] };
                    let scope = GuardScope::Prefix(path_text(&path), methods);
                    routing.guard(at, handler, scope);
                }
            }
        }
        _ => {}
    }
}

/// `use(handler)`: a guard or a router; linking knows which.
fn used<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>, prefix: Option<&Node>, handler: &Node) {
    let path = prefix.map_or_else(Text::default, path_text);
    let scope = if prefix.is_some() { GuardScope::Prefix(path.clone(), Vec::new()) } else { GuardScope::Controller };
    if !matches!(handler.kind, NodeKind::Func(_)) {
        routing.mount(at, path, handler.clone(), Vec::new());
    }
    routing.guard(at, handler.clone(), scope);
}

/// Takes the path or paths off the arguments of `use`; one `None` if it has none.
pub(super) fn take_paths(arguments: &mut Vec<Node>) -> Vec<Option<Node>> {
    let is_first_path =
        arguments.len() > 1 && arguments.first().is_some_and(is_path) || arguments.first().is_some_and(|first| first.as_text().is_some());
    if !is_first_path {
        return vec![None];
    }
    let first = arguments.remove(0);
    first.one_or_many().into_iter().cloned().map(Some).collect()
}

/// `controller.path`, `ordersPrefix`: by its name a path, and no guard.
fn is_called_path(name: &str) -> bool {
    let name = name.split('@').next().unwrap_or_default().to_ascii_lowercase();
    ["path", "prefix", "route", "endpoint", "url"].iter().any(|word| name.ends_with(word))
}

/// A string, a list of strings, a regular expression.
fn is_path(node: &Node) -> bool {
    match &node.kind {
        // Of a name (`PATHS.login`, `apiVersion`), linking tells a constant from a guard.
        NodeKind::Text(_) | NodeKind::Op(..) | NodeKind::Ref(_) => true,
        NodeKind::List(items) => !items.is_empty() && items.iter().all(is_path),
        NodeKind::Call(call) => call.is_new && call.callee.last() == "RegExp",
        _ => false,
    }
}

/// Whether a handler may pass the request on: middleware by its third parameter, or not written here.
fn hands_on(handler: &Node) -> bool {
    match &handler.kind {
        NodeKind::Func(func) => func.params.len() > 2,
        NodeKind::Ref(_) | NodeKind::Call(_) => true,
        _ => false,
    }
}
