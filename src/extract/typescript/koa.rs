//! Koa with one of its routers: `router.METHOD(name?, path, …middleware, handler)`,
//! `app.use(router.routes())`.

use super::express::take_paths;
use super::routing::{Dialect, Registration, Routing, flat, is_verb, path_text};
use crate::ir::{GuardScope, Node, NodeKind, Text};

/// Reads one call on an application or router.
pub(super) fn register<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>) {
    let mut arguments = routing.arguments(at.call);
    match at.method {
        "use" => {
            let prefixes = take_paths(&mut arguments);
            for handler in flat(arguments) {
                let handler = mounted(handler);
                for prefix in &prefixes {
                    let path = prefix.as_ref().map_or_else(Text::default, path_text);
                    let scope = if prefix.is_some() { GuardScope::Prefix(path.clone(), Vec::new()) } else { GuardScope::Controller };
                    if !matches!(handler.kind, NodeKind::Func(_)) {
                        routing.mount(at, path, handler.clone(), Vec::new());
                    }
                    routing.guard(at, handler.clone(), scope);
                }
            }
        }
        method if is_verb(method) && arguments.len() >= 2 => {
            // A route may have a name before its path.
            let named = arguments.len() >= 3 && arguments[0].as_text().is_some() && arguments[1].as_text().is_some();
            if named {
                arguments.remove(0);
            }
            let path = arguments.remove(0);
            if path.as_text().is_none() && path.as_list().is_none() && path.as_ref().is_none() && path.as_call().is_none() {
                return;
            }
            for path in path.one_or_many() {
                routing.route(at, Dialect::Koa, method, path, arguments.clone());
            }
        }
        _ => {}
    }
}

/// `router.routes()` as the router.
fn mounted(handler: Node) -> Node {
    let NodeKind::Call(call) = &handler.kind else { return handler };
    if !matches!(call.callee.last(), "routes" | "middleware") {
        return handler;
    }
    if let Some(receiver) = &call.receiver {
        return mounted(receiver.clone());
    }
    let mut router = call.callee.clone();
    router.path.pop();
    if router.path.is_empty() { handler } else { Node::new(handler.span, NodeKind::Ref(router)) }
}
