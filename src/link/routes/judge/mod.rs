//! What a guard does, judged by its body and not by its name.
//!
//! Evidence, strongest first: a library known to authenticate; a token or session look-up with a
//! rejection; a rejection alone. A name decides one thing only: whether a guard whose body is not in
//! the repository stays unknown ([`Tri::Maybe`]) or is taken for what most middleware is.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

mod answers;
mod evidence;
mod verdict;
mod wrappers;

pub(super) use verdict::{Verdict, is_open_question};

use super::library::{self, Does};
use super::names::Names;
use crate::ir::{Call, Entry, FileId, Func, Guard, Map, Node, NodeKind, Op, Ref, Scope, Tri};
use crate::link::Owner;
use evidence::Evidence;
use verdict::unresolved;

/// How deep calls are followed.
const MAX_DEPTH: usize = 6;

/// Steps of a builder's chain that are looked at.
const MAX_STEPS: usize = 64;

/// Keys of a route's options whose functions run before the handler.
const HOOKS: [&str; 6] = ["onRequest", "preParsing", "preValidation", "preHandler", "beforeHandle", "middleware"];

/// Judges guards; remembers what it saw of each function.
pub(super) struct Judge<'a> {
    names: &'a Names<'a>,
    owner: &'a Owner,
    memo: RefCell<FxHashMap<(FileId, u32), Evidence>>,
    /// Which functions call something that sounds like a check.
    asking: RefCell<FxHashMap<(FileId, u32), bool>>,
}

impl<'a> Judge<'a> {
    /// A judge over these names.
    pub(super) fn new(names: &'a Names<'a>, owner: &'a Owner) -> Self {
        Self { names, owner, memo: RefCell::default(), asking: RefCell::default() }
    }

    /// What stands in front of a route as `guard` does.
    pub(super) fn guard(&self, guard: &Node) -> Verdict {
        self.guard_within(guard, MAX_DEPTH)
    }

    /// The same for a registered guard, which an extractor may have judged already.
    pub(super) fn registered(&self, guard: &Guard) -> Verdict {
        let mut verdict = self.guard(&guard.what);
        if !guard.authn.is_maybe() {
            verdict.authn = guard.authn;
            verdict.why = format!("`{}`", guard.what);
        }
        verdict.rate_limit = verdict.rate_limit.or(if guard.rate_limit.is_yes() { Tri::Yes } else { Tri::No });
        verdict
    }

    /// What the run's owner says of a name.
    fn trusted(&self, name: &Ref) -> Option<Verdict> {
        self.owner.trusts(name).then(|| Verdict::new(Tri::Yes, format!("`{}`, which seclint.toml trusts", plain(name))))
    }

    /// What a call of a library's function makes, also of a library that the repository hands on.
    fn library_call(&self, file: FileId, call: &Call) -> Option<Does> {
        library::of_call(&call.callee, call).or_else(|| library::of_call(&self.names.handed_on(file, &call.callee)?, call))
    }

    /// Whether what a chain of calls begins with is made in the repository.
    fn is_of_client(&self, file: FileId, call: &Call) -> bool {
        let first = std::iter::successors(Some(call), |call| call.receiver.as_ref()?.as_call()).last().unwrap_or(call);
        let made = |client| self.names.find(file, &client).is_some_and(|found| found.value.is_some_and(|value| value.as_call().is_some()));
        first
            .callee
            .path
            .split_last()
            .filter(|(_, client)| !client.is_empty())
            .is_some_and(|(_, client)| made(Ref::new(first.callee.scope.clone(), client.iter().cloned())))
    }

    fn guard_within(&self, guard: &Node, depth: usize) -> Verdict {
        let Some(depth) = depth.checked_sub(1) else { return Verdict::new(Tri::Maybe, "a guard nested too deeply") };
        match &guard.kind {
            NodeKind::Func(func) => self.function(func, depth),
            NodeKind::Ref(name) => self.named(guard.span.file, name, depth),
            NodeKind::Call(call) => self.called(guard, call, depth),
            NodeKind::List(items) => self.any(items, depth),
            NodeKind::Map(options) => self.hooks(options, depth),
            NodeKind::Op(Op::Attr, operands) => self.member(guard, operands, depth),
            NodeKind::Op(Op::Cond, operands) => self.one_way(operands.get(1..).unwrap_or_default(), depth),
            // `isOpen && guard`: where it is not, nothing stands there.
            NodeKind::Op(Op::And, operands) => {
                let guard = operands.last().map_or_else(Verdict::none, |guard| self.guard_within(guard, depth));
                Verdict { authn: guard.authn.and(Tri::Maybe), ..guard }
            }
            NodeKind::Op(Op::Or | Op::Coalesce | Op::Spread | Op::Await, operands) => self.any(operands, depth),
            NodeKind::Unknown(_) | NodeKind::Op(..) | NodeKind::For(_) => {
                Verdict::new(Tri::Maybe, "a guard that is written in a way seclint can't follow")
            }
            _ => Verdict::new(Tri::No, "not a guard"),
        }
    }

    /// The hooks in a route's options that several routes share: `{ onRequest: [fastify.authenticate] }`.
    fn hooks(&self, options: &Map, depth: usize) -> Verdict {
        let hooks = options.entries.iter().filter_map(|entry| match entry {
            Entry::Pair { key, value, .. } if HOOKS.contains(&key.as_str()) => Some(value),
            Entry::Spread(shared) => Some(shared),
            _ => None,
        });
        hooks.map(|hook| self.guard_within(hook, depth)).fold(Verdict::new(Tri::No, "no guard"), Verdict::with)
    }

    fn any(&self, guards: &[Node], depth: usize) -> Verdict {
        guards.iter().map(|guard| self.guard_within(guard, depth)).fold(Verdict::new(Tri::No, "no guard"), Verdict::with)
    }

    /// One of several guards, by a condition: where they differ in whom they let through, it can't be told.
    fn one_way(&self, guards: &[Node], depth: usize) -> Verdict {
        let verdicts: Vec<Verdict> = guards.iter().map(|guard| self.guard_within(guard, depth)).collect();
        let is_same = verdicts.windows(2).all(|pair| pair[0].authn == pair[1].authn);
        let all = verdicts.into_iter().fold(Verdict::none(), Verdict::with);
        if is_same { all } else { Verdict { authn: Tri::Maybe, ..all } }
    }

    /// `some(bearer, limiter)` of Hono lets whom one of them lets through: all must turn anonymous callers away.
    fn one_of(&self, guards: &[Node], depth: usize) -> Verdict {
        let verdicts = guards.iter().map(|guard| self.guard_within(guard, depth));
        verdicts.min_by_key(|verdict| verdict.authn).unwrap_or_else(Verdict::none)
    }

    fn named(&self, file: FileId, name: &Ref, depth: usize) -> Verdict {
        if let Some(trusted) = self.trusted(name) {
            return trusted;
        }
        if let Some(does) = library::of(name) {
            return Verdict::of_library(does, name);
        }
        let found = self.names.find(file, name).filter(|found| found.value.is_some() || self.names.decoration(file, name).is_none());
        let Some(found) = found else {
            let Some(decoration) = self.names.decoration(file, name) else { return unresolved(name) };
            let mut verdict = self.guard_within(decoration.value, depth);
            if !decoration.is_only {
                // Which of several plugins put it there is not known.
                verdict.authn = verdict.authn.or(Tri::Maybe);
            }
            if verdict.authn.is_yes() {
                verdict.why = format!("`{}`", plain(name));
            }
            return verdict;
        };
        if found.place.name.ends_with(".procedure") {
            // tRPC's own bare builder.
            return Verdict::new(Tri::No, format!("`{}` has no middleware", plain(name)));
        }
        let class = self.class(found.place.file, &found.place.name, depth);
        match found.value {
            _ if class.is_some() => class.unwrap_or_else(|| unresolved(name)),
            Some(value) if !matches!(&value.kind, NodeKind::Ref(other) if other == name) => {
                let mut verdict = self.guard_within(value, depth);
                if verdict.authn.is_yes() && (matches!(value.kind, NodeKind::Func(_)) || verdict.why.is_empty()) {
                    verdict.why = format!("`{}`", plain(name));
                }
                verdict
            }
            _ => unresolved(name),
        }
    }

    /// A guard class: its own `canActivate`, or that of the class it extends.
    fn class(&self, file: FileId, name: &str, depth: usize) -> Option<Verdict> {
        let local = |member: &str| Ref::new(Scope::Local, [name, member]);
        for method in ["canActivate", "use", "resolve", "handle", "intercept"] {
            let Some(func) = self.names.function_named(file, &local(method)) else { continue };
            let mut verdict = match method {
                "canActivate" => self.can_activate(func),
                // It runs around the handler: what it throws may be what that answered.
                "intercept" => self.handler(func),
                _ => self.function(func, depth),
            };
            // `super.canActivate(context)` is the parent's word, also where another method of the class asks for it.
            let asks_parent = |func: &Func| func.calls.iter().any(|call| call.callee.last() == method);
            let own = func.calls.iter().filter(|call| call.callee.path.len() == 2 && call.callee.first() == name);
            let mut called = own.filter_map(|call| self.names.function_named(file, &local(call.callee.last())));
            if (asks_parent(func) || called.any(|func| asks_parent(func)))
                && let Some(parent) = self.parent(file, name, depth)
            {
                if func.lets_anonymous_through.is_yes() && verdict.skips.is_empty() {
                    return Some(Verdict { authn: Tri::No, ..parent });
                }
                verdict = verdict.with(parent);
            }
            if let Some(handler) = self.names.function_named(file, &local("handleRequest"))
                && handler.denies.is_empty()
                && handler.lets_anonymous_through.is_yes()
            {
                verdict.authn = Tri::No;
            }
            let always_true = func.returns.as_ref().and_then(Node::as_bool) == Some(true);
            if method == "canActivate"
                && verdict.authn.is_no()
                && !always_true
                && !func.lets_anonymous_through.is_yes()
                && !is_limiter(name)
            {
                // It answers by something that is not in the repository: an injected guard, a service.
                verdict.authn = Tri::Maybe;
            }
            verdict.why = format!("`{name}`");
            return Some(verdict);
        }
        let mut parent = self.parent(file, name, depth)?;
        if let Some(handler) = self.names.function_named(file, &local("handleRequest"))
            && handler.denies.is_empty()
        {
            // passport's own `handleRequest` throws; one that does not is optional authentication.
            parent.authn = Tri::No;
        }
        parent.why = format!("`{name}`");
        Some(parent)
    }

    fn parent(&self, file: FileId, name: &str, depth: usize) -> Option<Verdict> {
        let parent = self.names.value(file, name)?.get("extends")?;
        Some(self.guard_within(parent, depth))
    }

    /// A NestJS guard answers 403 by returning `false`, so that a look-up is enough for a rejection.
    fn can_activate(&self, func: &Arc<Func>) -> Verdict {
        let evidence = self.evidence(func, MAX_DEPTH);
        let mut verdict = Self::weigh(func, &evidence);
        if (evidence.looks || evidence.proves) && (verdict.skips.is_empty().then_some(func.lets_anonymous_through) != Some(Tri::Yes)) {
            verdict.authn = Tri::Yes;
        }
        verdict
    }

    fn called(&self, node: &Node, call: &Call, depth: usize) -> Verdict {
        let verdict = self.judged(node, call, depth);
        Verdict { escapes: verdict.escapes.or(escapes(call).into()), ..verdict }
    }

    fn judged(&self, node: &Node, call: &Call, depth: usize) -> Verdict {
        if let Some(trusted) = self.trusted(&call.callee) {
            return trusted;
        }
        if call.callee.last() == Guard::PROVIDED {
            return call.args.first().map_or_else(Verdict::none, |provider| self.provided(provider, depth));
        }
        if let Some(does) = self.library_call(node.span.file, call) {
            let guard = Verdict::of_library(does, &call.callee);
            return match does {
                Does::Decides => call.args.first().map_or(guard, |function| self.decides(function, depth)),
                Does::Nothing if call.callee.last() == "some" => self.one_of(&call.args, depth),
                // Which folder is served asks nobody.
                Does::Nothing if matches!(call.callee.last(), "static" | "serveStatic") => guard,
                // `clerkMiddleware(async (auth, request) => …)` asks what it is given.
                Does::Nothing | Does::Optional => guard.with(self.any(&call.args, depth)),
                _ => guard,
            };
        }
        let file = node.span.file;
        if call.is_new {
            return self.named(file, &call.callee, depth);
        }
        if let Some(method) = bound_method(call) {
            return self.named(file, &method, depth);
        }
        // `new Logs().use.bind(logs)`.
        if let Some(method) = call.receiver.as_ref().filter(|_| call.callee.last() == "bind") {
            return self.guard_within(method, depth);
        }
        if is_builder(call.callee.last()) {
            return self.built(node, call, depth);
        }
        let handed = call.args.iter().filter(|argument| self.is_handler(argument)).map(|argument| self.guard_within(argument, depth));
        let handed = handed.fold(Verdict::none(), Verdict::with);
        let Some(func) = self.names.function_named(file, &call.callee) else {
            // `body('email').isEmail()`: what a chain begins with is what it is.
            if let Some(first) = call.receiver.as_ref().filter(|first| call.callee.scope == Scope::Global && first.as_call().is_some()) {
                return self.guard_within(self.beginning(first), depth).with(handed);
            }
            // `t.middleware(fn)` is what it is given.
            return if handed.authn.is_yes() || matches!(call.callee.last(), "middleware" | "createMiddleware") {
                handed
            } else {
                unresolved(&call.callee).with(handed)
            };
        };
        let made = match &func.returns {
            // What a closure is seen to let through, the calls of its maker, among which its own stand, do not keep out.
            Some(Node { kind: NodeKind::Func(made), .. }) if made.lets_anonymous_through.is_yes() => self.function(made, depth),
            Some(returned) if matches!(returned.kind, NodeKind::Func(_) | NodeKind::Call(_) | NodeKind::List(_) | NodeKind::Map(_)) => {
                self.guard_within(returned, depth).with(self.function(func, depth))
            }
            _ => self.function(func, depth),
        };
        let mut whole = made.with(handed);
        if whole.authn.is_yes() {
            whole.why = format!("`{}`", plain(&call.callee));
        }
        whole
    }

    /// What a chain of calls begins with, or the last step of it that is handed what may ask: steps are not deeper than
    /// one another.
    fn beginning<'n>(&self, node: &'n Node) -> &'n Node {
        let mut at = node;
        for _ in 0..MAX_STEPS {
            let Some(call) = at.as_call().filter(|call| call.callee.scope == Scope::Global && !is_builder(call.callee.last())) else {
                break;
            };
            let Some(before) = call.receiver.as_ref().filter(|before| before.as_call().is_some()) else { break };
            if call.args.iter().any(|argument| self.is_handler(argument)) {
                break;
            }
            at = before;
        }
        at
    }

    /// Whether an argument may run in front of a route, unlike a schema or an option.
    fn is_handler(&self, argument: &Node) -> bool {
        match &argument.kind {
            NodeKind::Func(_) | NodeKind::Call(_) | NodeKind::List(_) => true,
            NodeKind::Ref(name) => {
                let value = self.names.find(argument.span.file, name).and_then(|found| found.value);
                library::of(name).is_some()
                    || value.is_some_and(|value| matches!(value.kind, NodeKind::Func(_) | NodeKind::Call(_) | NodeKind::List(_)))
            }
            _ => false,
        }
    }

    /// `t.procedure.use(isAuthed).input(…)`: everything that the chain was given. Its steps are walked: none is deeper
    /// than another.
    fn built(&self, node: &Node, call: &Call, depth: usize) -> Verdict {
        let (mut node, mut call, mut given) = (node, call, Verdict::none());
        for _ in 0..MAX_STEPS {
            if matches!(call.callee.last(), "use" | "concat" | "unstable_concat" | "onBeforeHandle" | "guard" | "pipe") {
                given = self.any(&call.args, depth).with(given);
            }
            let step = call.receiver.as_ref().and_then(|before| Some((before, before.as_call()?)));
            let Some((before, made)) = step.filter(|(before, made)| self.is_step(before.span.file, made)) else { break };
            (node, call) = (before, made);
        }
        let before = match &call.receiver {
            Some(receiver) => self.guard_within(receiver, depth),
            None if call.callee.path.len() > 1 => {
                let mut base = call.callee.clone();
                base.path.pop();
                match self.names.find(node.span.file, &base) {
                    Some(found) => match found.value {
                        Some(value) if !matches!(&value.kind, NodeKind::Ref(other) if *other == base) => self.guard_within(value, depth),
                        // `t.procedure` of a builder that is made in the repository is bare.
                        _ => Verdict::new(Tri::No, "no guard"),
                    },
                    None => unresolved(&base),
                }
            }
            None => Verdict::new(Tri::No, "no guard"),
        };
        before.with(given)
    }

    /// Whether a call of a chain adds something to what stands before it, and is nothing by itself.
    fn is_step(&self, file: FileId, call: &Call) -> bool {
        !call.is_new && is_builder(call.callee.last()) && self.trusted(&call.callee).is_none() && self.library_call(file, call).is_none()
    }

    fn function(&self, func: &Arc<Func>, depth: usize) -> Verdict {
        let evidence = self.evidence(func, depth);
        Self::weigh(func, &evidence)
    }
}

/// A name as it is written: names inside functions carry their place.
fn plain(name: &Ref) -> &str {
    name.last_named().split('@').next().unwrap_or_default()
}

/// The function that `notes.remove.bind(notes)` makes a method of an object.
fn bound_method(call: &Call) -> Option<Ref> {
    let (last, method) = call.callee.path.split_last()?;
    (last == "bind" && !method.is_empty()).then(|| Ref::new(call.callee.scope.clone(), method.iter().cloned()))
}

/// Methods by which guards and procedures are built step by step.
fn is_builder(method: &str) -> bool {
    matches!(
        method,
        "use"
            | "concat"
            | "unstable_concat"
            | "input"
            | "output"
            | "meta"
            | "guard"
            | "onBeforeHandle"
            | "derive"
            | "resolve"
            | "metadata"
            | "schema"
            | "inputSchema"
            | "outputSchema"
            | "bindArgsSchemas"
            | "unless"
    )
}

/// Whether a guard by its name limits something else than who may call.
fn is_limiter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["throttl", "rate", "limit", "captcha"].iter().any(|word| name.contains(word))
}

/// `check('text').trim().escape()` of express-validator, `xss()` of xss-clean: what the request brings is escaped where it
/// stands.
fn escapes(call: &Call) -> bool {
    const MOST: usize = 24;
    let chain = std::iter::successors(Some(call), |call| call.receiver.as_ref()?.as_call()).take(MOST);
    let mut names = chain.map(|call| (call.callee.last(), call.callee.module()));
    names.any(|(name, module)| name == "escape" || matches!(module, Some("xss-clean" | "express-xss-sanitizer")))
}
