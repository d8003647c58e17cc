//! Guards that are no middleware: functions that decide by what they answer, and members of what a file holds of guards.

use std::sync::Arc;

use super::verdict::unresolved;
use super::{Judge, MAX_DEPTH, Verdict};
use crate::ir::{CallSite, Func, Node, NodeKind, Op, Tri};
use crate::link::routes::library::{self, Does};

/// What the caller is called where an access function is handed it.
const CALLERS: [&str; 8] = ["user", "session", "req", "request", "context", "ctx", "auth", "policyContext"];

/// How many functions deep an answer is looked for that is the same for everybody.
const TELLING_DEPTH: usize = 4;

/// Methods of requests and answers which neither show nor change what is stored.
const ANSWERING: [&str; 28] = [
    "json",
    "text",
    "body",
    "html",
    "newResponse",
    "send",
    "end",
    "status",
    "code",
    "type",
    "set",
    "setHeader",
    "header",
    "headers",
    "get",
    "log",
    "info",
    "error",
    "warn",
    "debug",
    "trace",
    "append",
    "vary",
    "sendStatus",
    "writeHead",
    "Response",
    "NextResponse",
    "startsWith",
];

/// `isPasswordChangeEnabled(env)`, `apiError('gone')`: a question or what is answered with, by its name.
fn asks_only(name: &str) -> bool {
    ["is", "has", "should"].iter().any(|verb| name.strip_prefix(verb).is_some_and(|rest| rest.starts_with(char::is_uppercase)))
        || name.ends_with("Error")
        || name.ends_with("Message")
}

impl<'a> Judge<'a> {
    /// A function that turns everybody away whom it does not answer `true` for: `access: { create: () => true }`.
    pub(super) fn decides(&self, function: &Node, depth: usize) -> Verdict {
        if let Some(does) = function.as_ref().and_then(library::of) {
            let answer = if matches!(does, Does::Authn) { true.into() } else { false.into() };
            return Verdict::new(answer, format!("`{function}`"));
        }
        let held = self.held(function);
        let why = function.as_ref().map_or_else(|| "its access function".to_owned(), |name| format!("`{}`", super::plain(name)));
        match &held.kind {
            NodeKind::Bool(answer) => Verdict::new((!answer).into(), format!("its access is `{answer}`")),
            NodeKind::Func(func) => Verdict::new(self.answer(func, depth), why),
            _ => function.as_ref().map_or_else(|| Verdict::unknown(why), unresolved),
        }
    }

    /// What a name stands for, or what is put on the application under it.
    fn held<'n>(&self, function: &'n Node) -> &'n Node
    where
        'a: 'n,
    {
        let Some(name) = function.as_ref() else { return function };
        let file = function.span.file;
        let found = self.names.find(file, name).and_then(|found| found.value);
        let decorated = || self.names.decoration(file, name).map(|decoration| self.names.chase(decoration.value));
        found.or_else(decorated).unwrap_or(function)
    }

    /// Whether all that a handler does is to tell everybody the same, by itself or by functions of the application's own:
    /// `const unsupported = (c) => refuse(c, 'not here')` of `app.all('/sends/*', unsupported)`.
    pub(in crate::link::routes) fn tells_all_alike(&self, func: &Arc<Func>) -> bool {
        self.alike(func, TELLING_DEPTH).is_yes()
    }

    /// Whether a function tells everybody the same and does nothing else; `Maybe` of one that answers nothing.
    fn alike(&self, func: &Func, depth: usize) -> Tri {
        let Some(depth) = depth.checked_sub(1).filter(|_| !func.writes && !func.alters) else { return Tri::No };
        if func.calls.is_empty() {
            return Tri::Maybe;
        }
        let of_call = |call: &CallSite| match self.names.function_named(func.span.file, &call.callee) {
            Some(inner) if asks_only(call.callee.last_named()) && !inner.writes => Tri::Maybe,
            Some(inner) => self.alike(inner, depth),
            None if ANSWERING.contains(&call.callee.last()) || asks_only(call.callee.last_named()) => Tri::Maybe,
            None => Tri::No,
        };
        // Few calls: a body of more was not looked at, and says no.
        func.calls.iter().fold(func.answers_alike, |known, call| match (known, of_call(call)) {
            (Tri::No, _) | (_, Tri::No) => Tri::No,
            (Tri::Yes, _) | (_, Tri::Yes) => Tri::Yes,
            _ => Tri::Maybe,
        })
    }

    /// What another file provides for the whole application of NestJS: `{ provide: APP_GUARD, useClass: KeyGuard }`, alone or
    /// in a list. Whatever else is provided is no guard.
    pub(super) fn provided(&self, provider: &Node, depth: usize) -> Verdict {
        let Some(depth) = depth.checked_sub(1) else { return Verdict::none() };
        let held = self.held(provider);
        match &held.kind {
            NodeKind::List(items) => items.iter().map(|item| self.provided(item, depth)).fold(Verdict::none(), Verdict::with),
            NodeKind::Op(Op::Spread, operands) => {
                operands.iter().map(|item| self.provided(item, depth)).fold(Verdict::none(), Verdict::with)
            }
            NodeKind::Op(..) | NodeKind::Call(_) => Verdict::unknown("what is provided is not known".to_owned()),
            NodeKind::Map(options) if options.get("provide").and_then(Node::as_ref).is_some_and(|name| name.last() == "APP_GUARD") => {
                let what = ["useClass", "useExisting", "useValue", "useFactory"].iter().find_map(|key| options.get(key));
                what.map_or_else(Verdict::none, |what| match what.as_func().and_then(|func| func.returns.as_ref()) {
                    Some(made) => self.guard_within(made, depth),
                    None => self.guard_within(what, depth),
                })
            }
            _ => Verdict::none(),
        }
    }

    /// Whether a function's answer depends on who calls.
    fn answer(&self, func: &Arc<Func>, depth: usize) -> Tri {
        let answered = func.returns.as_ref();
        if func.denies.is_empty() && answered.and_then(Node::as_bool) == Some(true) {
            return Tri::No;
        }
        if answered.and_then(Node::as_bool) == Some(false) {
            return Tri::Yes;
        }
        let mut is_of_caller = false;
        if let Some(answered) = answered {
            answered.names(&mut |name| {
                let first = name.first().split('@').next().unwrap_or_default();
                is_of_caller |= CALLERS.contains(&first) || name.path.iter().any(|part| matches!(part.as_str(), "user" | "session"));
            });
        }
        let evidence = self.evidence(func, depth.min(MAX_DEPTH));
        if is_of_caller || evidence.looks || evidence.denies || evidence.proves { Tri::Yes } else { Tri::Maybe }
    }

    /// A member of guards that another file holds: `hooks.before.create`. What is not there stands in front of nothing.
    pub(super) fn member(&self, guard: &Node, operands: &[Node], depth: usize) -> Verdict {
        let unknown = || Verdict::unknown("a guard that is written in a way seclint can't follow".to_owned());
        // `new Logs().use`.
        if let [made, method] = operands
            && let (Some(class), Some(method)) = (made.as_call().filter(|class| class.is_new), method.as_str())
        {
            return self.named(made.span.file, &class.callee.child(method), depth);
        }
        let mut keys = Vec::new();
        let mut at = guard;
        while let NodeKind::Op(Op::Attr, operands) = &at.kind
            && let [whole, key] = operands.as_slice()
            && let Some(key) = key.as_str()
        {
            keys.push(key);
            at = whole;
        }
        if operands.len() != 2 {
            return unknown();
        }
        let mut held = self.held(at);
        while let Some(key) = keys.pop() {
            if let Some(exported) = held.as_ref().and_then(|name| self.names.find(held.span.file, &name.child(key))?.value) {
                // `exports.before = { … }` of another file.
                held = self.held(exported);
                continue;
            }
            // `const { protect } = csrfSync(options)`: what a library makes is what the library is for.
            if let NodeKind::Call(call) = &held.kind
                && call.callee.module().is_some_and(|module| !module.starts_with('.'))
            {
                return match self.library_call(held.span.file, call) {
                    Some(does) => Verdict::of_library(does, &call.callee),
                    None => unresolved(&call.callee.child(key)),
                };
            }
            let NodeKind::Map(map) = &held.kind else { return unknown() };
            held = match map.get(key) {
                Some(part) => self.held(part),
                None if map.is_open() => return unknown(),
                None => return Verdict::none(),
            };
        }
        self.guard_within(held, depth)
    }
}
