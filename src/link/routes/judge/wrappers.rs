//! What is put around a handler: functions that take it and give another one, which asks first.

use std::sync::Arc;

use super::verdict::unresolved;
use super::{Judge, MAX_DEPTH, Verdict, bound_method};
use crate::ir::{Call, Entry, Func, Node, NodeKind, Op};

/// Keys under which a wrapper takes the handlers of a path.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

impl<'a> Judge<'a> {
    /// The function that a handler is in the end, and what the functions wrapped around it do:
    /// `withAuth(handler)`, `asyncHandler(list)`.
    pub(in crate::link::routes) fn unwrap(&self, handler: &'a Node) -> (Option<&'a Arc<Func>>, Option<Verdict>) {
        self.unwrap_within(handler, MAX_DEPTH)
    }

    fn unwrap_within(&self, handler: &'a Node, depth: usize) -> (Option<&'a Arc<Func>>, Option<Verdict>) {
        let mut wrappers: Option<Verdict> = None;
        let mut at = handler;
        for _ in 0..MAX_DEPTH {
            let NodeKind::Call(call) = &at.kind else {
                let chased = made_by(self.names.chase(at));
                if matches!(chased.kind, NodeKind::Call(_)) && !std::ptr::eq(chased, at) {
                    at = chased;
                    continue;
                }
                return (self.names.function(at), wrappers);
            };
            if let Some(method) = bound_method(call) {
                return (self.names.function_named(at.span.file, &method), wrappers);
            }
            let inner =
                call.args.iter().rev().find(|argument| {
                    matches!(argument.kind, NodeKind::Func(_) | NodeKind::Call(_)) || self.names.function(argument).is_some()
                });
            // `list(deps)`: what it gives handles the request, and nothing is wrapped.
            if let Some(made) = self.made_handler(at, call).filter(|_| inner.is_none()) {
                at = made;
                continue;
            }
            let wrapper = self.wrapper(at, call);
            wrappers = Some(match wrappers {
                Some(known) => known.with(wrapper),
                None => wrapper,
            });
            let Some(inner) = inner else {
                if let Some((func, methods)) = self.by_method(call, depth) {
                    return (func, wrappers.map(|known| known.with(methods)));
                }
                // `makeHandler(options)`: what it returns handles the request.
                let made = self.names.function_named(at.span.file, &call.callee).and_then(|func| func.returns.as_ref());
                return (made.and_then(|returned| self.names.function(returned)), wrappers);
            };
            at = inner;
        }
        (None, wrappers)
    }

    /// The handler that a function of the application's own makes: `const list = (deps) => wrap(async (req, res) => …)`.
    fn made_handler(&self, node: &Node, call: &Call) -> Option<&'a Node> {
        // `serve({ GET: list, POST: add })` makes one handler of several.
        let is_by_method = |argument: &Node| argument.as_map().is_some();
        if call.args.iter().any(is_by_method) || self.trusted(&call.callee).is_some() {
            return None;
        }
        let made = self.names.function_named(node.span.file, &call.callee)?.returns.as_ref()?;
        matches!(made.kind, NodeKind::Func(_) | NodeKind::Call(_)).then_some(made)
    }

    /// The handlers of one path by their methods, of a wrapper that takes them so: `serve({ GET: list, POST: secured(add) })`.
    /// The path is as open as the most open of them.
    fn by_method(&self, call: &'a Call, depth: usize) -> Option<(Option<&'a Arc<Func>>, Verdict)> {
        let depth = depth.checked_sub(1)?;
        let map = call.args.iter().find_map(Node::as_map)?;
        let methods: Vec<&Node> = map
            .entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Pair { key, value, .. } if METHODS.contains(&key.to_ascii_uppercase().as_str()) => Some(value),
                _ => None,
            })
            .collect();
        let judged = methods.iter().map(|method| {
            let (func, wrappers) = self.unwrap_within(method, depth);
            let own = func.map_or_else(Verdict::none, |func| self.handler(func));
            (func, wrappers.unwrap_or_else(Verdict::none).with(own))
        });
        judged.min_by_key(|(_, verdict)| verdict.authn)
    }

    fn wrapper(&self, node: &Node, call: &Call) -> Verdict {
        if let Some(trusted) = self.trusted(&call.callee) {
            return trusted;
        }
        if let Some(does) = self.library_call(node.span.file, call) {
            return Verdict::of_library(does, &call.callee);
        }
        if call.callee.last() == "action" && self.is_of_client(node.span.file, call) {
            // `client.schema(…).action(handler)` of next-safe-action: what the client was given stands in front.
            return self.built(node, call, MAX_DEPTH);
        }
        let Some(func) = self.names.function_named(node.span.file, &call.callee) else { return unresolved(&call.callee) };
        let own = self.function(func, MAX_DEPTH);
        match func.returns.as_ref().map(|returned| (returned, &returned.kind)) {
            // `const secured = (handler) => [authenticate, wrap(handler)]`.
            Some((guards, NodeKind::List(_))) => self.guard_within(guards, MAX_DEPTH).with(own),
            // `(handler) => wrap(handler, authenticate)`.
            Some((_, NodeKind::Call(inner))) => self.handed_to(inner).with(own),
            // `(a, b) => (typeof a === 'string' ? wrap(b, authenticate, a) : wrap(a, authenticate))`.
            Some((_, NodeKind::Op(Op::Cond, ways))) => {
                let ways = ways.iter().skip(1).map(|way| way.as_call().map_or_else(Verdict::none, |inner| self.handed_to(inner)));
                ways.min_by_key(|verdict| verdict.authn).unwrap_or_else(Verdict::none).with(own)
            }
            _ => own,
        }
    }

    /// What the functions do that an inner wrapper is handed by their names, beside the handler: that wrapper runs them first.
    fn handed_to(&self, inner: &Call) -> Verdict {
        let guards = inner.args.iter().filter(|argument| argument.as_ref().is_some() && self.names.function(argument).is_some());
        guards.map(|guard| self.guard_within(guard, MAX_DEPTH)).fold(Verdict::none(), Verdict::with)
    }
}

/// The call that makes a member of what it returns: `const { action } = createAction(options, handler)`.
fn made_by(node: &Node) -> &Node {
    match &node.kind {
        NodeKind::Op(Op::Attr, operands) => operands.first().filter(|made| made.as_call().is_some()).unwrap_or(node),
        _ => node,
    }
}
