//! Hono: `app.METHOD(path, …middleware, handler)`, `app.use('/api/*', guard)`, `app.route('/x', sub)`,
//! `app.on(methods, paths, …)`, `app.openapi(route, handler)`.

use super::dialect::{Dialect, is_verb};
use super::routing::{Registration, Routing, flat, path_text};
use crate::ir::{GuardScope, NodeKind, Text};

const THIS: Dialect = Dialect::Hono;

/// Reads one call on an application.
pub(super) fn register<'t>(routing: &mut Routing<'_, 't>, at: &Registration<'t>) {
    let mut arguments = routing.arguments(at.call);
    match at.method {
        "use" => {
            let path = match arguments.first().and_then(|first| first.as_text()) {
                Some(text) => {
                    let text = text.clone();
                    arguments.remove(0);
                    Some(text)
                }
                None => None,
            };
            for guard in flat(arguments) {
                let scope = path.clone().map_or(GuardScope::Controller, |path| GuardScope::Prefix(path, Vec::new()));
                routing.guard(at, guard, scope);
            }
        }
        "route" | "mount" if arguments.len() == 2 => {
            let child = arguments.pop();
            if let Some(child) = child {
                routing.mount(at, arguments.first().map_or_else(Text::default, path_text), child, Vec::new());
            }
        }
        "on" if arguments.len() >= 3 => {
            let methods = arguments.remove(0);
            let paths = arguments.remove(0);
            for method in methods.one_or_many() {
                for path in paths.one_or_many() {
                    routing.route(at, THIS, method.as_str().unwrap_or("ANY"), path, arguments.clone());
                }
            }
        }
        // `app.openapi(createRoute({ method, path, middleware }), handler)`.
        "openapi" if arguments.len() >= 2 => {
            let made = arguments.remove(0);
            let options = made.as_call().and_then(|call| call.args.first()).unwrap_or(&made);
            let Some(path) = options.get("path") else {
                // `app.openapi(routes.list, handlers.list)`: linking finds what the name stands for.
                if matches!(options.kind, NodeKind::Ref(_)) {
                    routing.route(at, THIS, "all", options, arguments);
                }
                return;
            };
            let method = options.get("method").and_then(|method| method.as_str()).unwrap_or("ANY");
            let mut handlers: Vec<_> = options.get("middleware").cloned().into_iter().collect();
            handlers.extend(arguments.into_iter().take(1));
            routing.route(at, THIS, method, path, handlers);
        }
        method if is_verb(method) && arguments.len() >= 2 && arguments[0].as_text().is_some() => {
            let path = arguments.remove(0);
            routing.route(at, THIS, method, &path, arguments);
        }
        _ => {}
    }
}
