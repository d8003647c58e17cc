//! Koa with one of its routers: `router.METHOD(name?, path, …middleware, handler)`,
//! `app.use(router.routes())`.

use super::dialect::{Dialect, is_verb};
use super::express::take_paths;
use super::routing::{Registration, Routing, flat, path_text};
use crate::ir::{GuardScope, Node, NodeKind, Scope, Text};

/// Reads one call on an application or router.
pub(super) fn register<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>) {
    let mut arguments = routing.arguments(at.call);
    match at.method {
        "use" => {
            let prefixes = take_paths(&mut arguments);
            for handler in flat(arguments).into_iter().flat_map(composed).filter(|handler| !answers_method_errors(handler)) {
                let (below, handler) = placed(handler);
                let handler = mounted(handler);
                for prefix in &prefixes {
                    let prefix = below.as_ref().or(prefix.as_ref());
                    let path = prefix.map_or_else(Text::default, path_text);
                    let scope = if prefix.is_some() { GuardScope::Prefix(path.clone(), Vec::new()) } else { GuardScope::Controller };
                    if !matches!(handler.kind, NodeKind::Func(_)) {
                        routing.mount(at, path, handler.clone(), Vec::new());
                    }
                    routing.guard(at, handler.clone(), scope);
                }
            }
        }
        // `router.prefix('/api')` after the router is made.
        "prefix" if arguments.len() == 1 => routing.prefix(at, &arguments[0]),
        "register" if arguments.len() >= 3 => {
            let path = arguments.remove(0);
            let methods = arguments.remove(0);
            for method in methods.one_or_many().into_iter().filter_map(Node::as_str) {
                routing.route(at, Dialect::Koa, method, &path, arguments.iter().take(1).cloned().collect());
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
            let arguments: Vec<Node> = flat(arguments).into_iter().flat_map(composed).collect();
            for path in path.one_or_many() {
                routing.route(at, Dialect::Koa, method, path, arguments.clone());
            }
        }
        _ => {}
    }
}

/// `compose([guard, router.routes()])` of koa-compose as what it is made of.
fn composed(handler: Node) -> Vec<Node> {
    match &handler.kind {
        NodeKind::Call(call) if call.callee.module() == Some("koa-compose") => flat(call.args.clone()),
        _ => vec![handler],
    }
}

/// `mount('/shop', router.routes())` of koa-mount as its path and what is mounted there.
fn placed(handler: Node) -> (Option<Node>, Node) {
    match &handler.kind {
        NodeKind::Call(call) if call.callee.module() == Some("koa-mount") => match call.args.as_slice() {
            [path, inner] => (Some(path.clone()), inner.clone()),
            [inner] => (None, inner.clone()),
            _ => (None, handler),
        },
        _ => (None, handler),
    }
}

/// `router.allowedMethods()` answers 405 and 501 for paths that have routes: it neither guards nor serves.
fn answers_method_errors(handler: &Node) -> bool {
    handler.as_call().is_some_and(|call| call.callee.last() == "allowedMethods")
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
    if router.path.is_empty() {
        // `require('./users').routes()`: the router is what the module exports as a whole.
        let Scope::Import(_) = router.scope else { return handler };
        router.path.push("default".into());
    }
    Node::new(handler.span, NodeKind::Ref(router))
}
