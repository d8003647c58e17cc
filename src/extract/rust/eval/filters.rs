//! warp: what its filters ask of a request. Joined by `and` and ended by a handler they are a router of one
//! route; joined by `or`, a router of routers.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::extract::rust::chain::Chain;
use crate::extract::rust::routers::{Router, Step};
use crate::ir::{Call, Func, Node, NodeKind, Op, Ref, Scope, Span, Text};

use crate::parse::rust::Type;

use super::Eval;

/// Filters inside filters that are followed.
const MAX_NESTING: u32 = 16;

/// What a chain of filters asks of a request before its handler runs.
#[derive(Debug, Default)]
struct Asked {
    path: Text,
    method: Option<SmolStr>,
    guards: Vec<Node>,
    /// Whether a path or a method is among it: the end of the chain is a route then.
    is_route: bool,
}

impl Eval<'_, '_> {
    /// A filter that turns away whoever does not send a key, in a function that makes it: `header::exact` by
    /// itself, one that reads a key by the rejection that follows, whatever its type is called.
    pub(super) fn note_filter(&mut self, callee: &Ref, args: &[Node], span: Span) {
        if callee.first() != "warp" {
            return;
        }
        // Whatever a cookie is called, whoever is turned away without it is known by it.
        let reads = callee.last() == "cookie" || args.first().and_then(Node::as_str).is_some_and(is_credential);
        self.func.reads_credentials |= reads;
        let rejects = callee.names().contains(&"reject") && matches!(callee.last(), "custom" | "reject" | "forbidden");
        if reads && is_compared(callee) || rejects && self.func.reads_credentials {
            self.func.denies.push(span);
        }
    }

    /// What a method makes of filters, if that is a route or a router.
    pub(super) fn filter(&mut self, name: &str, receiver: &Node, args: &[Node], whole: Span, place: Span) -> Option<Node> {
        let [arg] = args else { return None };
        if !self.names.uses("warp") {
            return None;
        }
        let key = smol_str::format_smolstr!("router@{}", place.start);
        match name {
            "or" if self.are_routes(receiver, arg) => Some(self.alternatives(key, receiver, arg, whole)),
            "and" if self.router_of(arg).is_some() || self.serves(arg) => {
                let asked = Asked::of(receiver, MAX_NESTING);
                Some(self.placed_below(key, asked, arg, whole))
            }
            "and" => {
                let (mut asked, handler) = self.ended(receiver)?;
                asked.add(Asked::of(arg, MAX_NESTING));
                Some(self.route_of_filters(key, asked, handler, whole))
            }
            "and_then" | "map" | "then" => {
                let asked = match self.ended(receiver) {
                    // What looked like the handler comes before this one.
                    Some((mut asked, before)) => {
                        asked.guards.push(before);
                        asked
                    }
                    None => Asked::of(receiver, MAX_NESTING),
                };
                asked.is_route.then(|| self.route_of_filters(key, asked, arg.clone(), whole))
            }
            _ => None,
        }
    }

    /// Whether a value is a chain of filters that ended in a handler.
    pub(super) fn ends_filters(&mut self, node: &Node) -> bool {
        self.router_of(node).is_some_and(|router| router.made == "filter")
    }

    fn made(&mut self, key: SmolStr, made: &str, steps: Vec<Step>, span: Span) -> Node {
        let name = Ref::new(Scope::Local, [key.clone()]);
        self.routers.push(Router { key, framework: "warp", made: made.into(), args: Vec::new(), steps, span, replaced: false });
        Node::new(span, NodeKind::Ref(name))
    }

    fn route_of_filters(&mut self, key: SmolStr, asked: Asked, handler: Node, span: Span) -> Node {
        let method = Node::text(asked.method.unwrap_or_else(|| "ANY".into()), span);
        let path = Node::new(span, NodeKind::Text(asked.path));
        let args = [path, method, handler].into_iter().chain(asked.guards).collect();
        self.made(key, "filter", vec![Step { name: "filter".into(), args, span }], span)
    }

    /// The filters of a route that ended already, and its handler; the longer chain takes its place.
    fn ended(&mut self, receiver: &Node) -> Option<(Asked, Node)> {
        let router = self.router_of(receiver).filter(|router| router.made == "filter")?;
        let [path, method, handler, guards @ ..] = router.steps.first()?.args.as_slice() else { return None };
        let asked = Asked {
            path: path.as_text().cloned().unwrap_or_default(),
            method: method.as_str().map(Into::into),
            guards: guards.to_vec(),
            is_route: true,
        };
        let handler = handler.clone();
        router.replaced = true;
        Some((asked, handler))
    }

    /// `a.or(b)`: both are tried in turn.
    fn alternatives(&mut self, key: SmolStr, first: &Node, second: &Node, span: Span) -> Node {
        let merge = |child: &Node| Step { name: "merge".into(), args: vec![child.clone()], span };
        if let Some(router) = self.router_of(first)
            && router.made == "or"
            && router.steps.iter().all(|step| step.name == "merge")
        {
            router.steps.push(merge(second));
            return first.clone();
        }
        self.made(key, "or", vec![merge(first), merge(second)], span)
    }

    /// `warp::path("api").and(auth()).and(routes)`: the routes, behind what is asked before.
    fn placed_below(&mut self, key: SmolStr, asked: Asked, router: &Node, span: Span) -> Node {
        let step = |name: &str, arg: Node| Step { name: name.into(), args: vec![arg], span };
        let mut steps = Vec::new();
        if !asked.path.pieces.is_empty() {
            steps.push(step("prefix", Node::new(span, NodeKind::Text(asked.path))));
        }
        steps.extend(asked.guards.into_iter().map(|guard| step("with", guard)));
        steps.push(step("merge", router.clone()));
        self.made(key, "or", steps, span)
    }

    /// Whether a function of this file says that what it makes answers: `-> impl Filter<Extract = (impl Reply,)>`.
    fn serves(&self, node: &Node) -> bool {
        let made = Chain::of(node).constructor().filter(|call| call.receiver.is_none() && call.callee.path.len() == 1);
        let function = made.and_then(|call| self.names.function_named(call.callee.last()));
        function.and_then(|function| function.returns.as_ref()).is_some_and(|ty| mentions_reply(ty, MAX_NESTING))
    }

    /// Whether `or` joins routes, not filters that read the request: one of both is known to be a route, or
    /// both are made by functions that are not named after credentials.
    fn are_routes(&mut self, first: &Node, second: &Node) -> bool {
        let is_router = self.router_of(first).is_some() || self.router_of(second).is_some();
        is_router || [first, second].into_iter().all(makes_routes)
    }
}

fn mentions_reply(ty: &Type, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    ty.last() == "Reply" || ty.args.iter().any(|inner| mentions_reply(inner, depth))
}

/// A call of the application's own whose name does not speak of credentials alone.
fn makes_routes(node: &Node) -> bool {
    let Some(call) = node.as_call().filter(|call| call.receiver.is_none() && call.callee.first() != "warp") else { return false };
    let name = call.callee.last().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    says(&["route", "api", "endpoint"]) || !says(&["auth", "token", "session", "user", "credential", "jwt", "cookie", "header"])
}

impl Asked {
    /// What a filter asks.
    fn of(filter: &Node, depth: u32) -> Self {
        let Some(depth) = depth.checked_sub(1) else { return Self::default() };
        let chain = Chain::of(filter);
        let mut asked = match &chain.root.kind {
            NodeKind::Call(call) if call.callee.first() == "warp" => Self::of_warp(call, chain.root.span),
            // What a function of the application's own is handed (a pool, a setting) is no guard.
            NodeKind::Call(call) => {
                let call = NodeKind::Call(Box::new(Call::of(call.callee.clone())));
                Self { guards: vec![Node::new(chain.root.span, call)], ..Self::default() }
            }
            NodeKind::Ref(_) => Self { guards: vec![chain.root.clone()], ..Self::default() },
            _ => Self::default(),
        };
        for step in &chain.steps {
            match step.name {
                "and" => step.args.iter().for_each(|arg| asked.add(Self::of(arg, depth))),
                // A filter that may turn the request away.
                "and_then" => asked.guards.extend(step.args.iter().cloned()),
                _ => {}
            }
        }
        asked
    }

    fn add(&mut self, other: Self) {
        self.path.pieces.extend(other.path.pieces);
        self.method = self.method.take().or(other.method);
        self.guards.extend(other.guards);
        self.is_route |= other.is_route;
    }

    /// One of warp's own filters.
    fn of_warp(call: &Call, span: Span) -> Self {
        let mut asked = Self::default();
        let first = call.args.first();
        match call.callee.last() {
            "path" => first.into_iter().for_each(|segment| asked.segment(segment)),
            "path!" => call.args.iter().for_each(|path| asked.segments(path, MAX_NESTING)),
            "param" => asked.literal("/:param", span),
            "tail" | "full" | "peek" => asked.literal("/*", span),
            "end" => asked.is_route = true,
            verb @ ("get" | "post" | "put" | "delete" | "patch" | "head" | "options") => {
                asked.method = Some(verb.to_ascii_uppercase().into());
                asked.is_route = true;
            }
            "header" | "exact" | "optional" | "cookie" | "exact_ignore_case" if first.and_then(Node::as_str).is_some_and(is_credential) => {
                let denies = if is_compared(&call.callee) { vec![span] } else { Vec::new() };
                let func = Func { reads_credentials: true, denies, span, ..Func::default() };
                asked.guards.push(Node::new(span, NodeKind::Func(Arc::new(func))));
            }
            _ => {}
        }
        asked
    }

    /// `"users" / u64 / "posts"`.
    fn segments(&mut self, path: &Node, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &path.kind {
            NodeKind::Op(Op::Div, operands) => operands.iter().for_each(|operand| self.segments(operand, depth)),
            NodeKind::Ref(_) => self.literal("/:param", path.span),
            _ => self.segment(path),
        }
    }

    fn segment(&mut self, segment: &Node) {
        self.literal("/", segment.span);
        self.path.push(segment.clone());
    }

    fn literal(&mut self, text: &str, span: Span) {
        self.path.push(Node::text(text, span));
        self.is_route = true;
    }
}

/// `warp::header::exact(name, value)`.
fn is_compared(callee: &Ref) -> bool {
    callee.last().starts_with("exact")
}

/// Headers and cookies that say who calls.
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "cookie", "token", "session", "api-key", "apikey", "sid", "jwt"].iter().any(|word| name.contains(word))
}
