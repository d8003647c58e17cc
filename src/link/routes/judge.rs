//! What a guard does, judged by its body and not by its name.
//!
//! Evidence, strongest first: a library known to authenticate; a token or session look-up with a
//! rejection; a rejection alone. A name decides one thing only: whether a guard whose body is not in
//! the repository stays unknown ([`Tri::Maybe`]) or is taken for what most middleware is.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::library::{self, Does};
use super::names::Names;
use super::words;
use crate::ir::{Call, FileId, Func, Guard, Node, NodeKind, Op, Ref, Scope, Tri};
use crate::link::Owner;

/// How deep calls are followed.
const MAX_DEPTH: usize = 6;

/// How many calls of one function are looked at.
const MAX_CALLS: usize = 400;

/// What a guard does.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    /// Whether it turns anonymous callers away.
    pub authn: Tri,
    /// Whether it checks what a known caller may do.
    pub authz: Tri,
    /// Whether it limits the rate.
    pub rate_limit: Tri,
    /// Whether it sets security headers.
    pub headers: Tri,
    /// Whether it protects against forged requests.
    pub csrf: Tri,
    /// Metadata keys by which a route opts out of it.
    pub skips: Vec<Node>,
    /// Whether it lets a route through that carries none of these keys.
    pub only_when_asked: bool,
    /// Whether it reads an identity when there is one, and asks for none.
    pub optional: bool,
    /// Whether all that speaks for it is a look at who calls.
    pub only_looks: bool,
    /// What decided, for people.
    pub why: String,
}

/// What a function's body shows.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent observations of one body")]
struct Evidence {
    /// It reads credentials or looks a session up.
    looks: bool,
    /// It proves a token with a function that throws.
    proves: bool,
    /// It turns callers away.
    denies: bool,
    /// It limits the rate.
    limits: bool,
    /// It calls something that may do any of these and is not in the repository.
    unknown: Option<String>,
    /// What was seen, for people.
    seen: String,
}

/// Judges guards; remembers what it saw of each function.
pub(super) struct Judge<'a> {
    names: &'a Names<'a>,
    owner: &'a Owner,
    memo: RefCell<FxHashMap<(FileId, u32), Evidence>>,
}

impl Verdict {
    fn new(authn: Tri, why: impl Into<String>) -> Self {
        Self {
            authn,
            authz: Tri::No,
            rate_limit: Tri::No,
            headers: Tri::No,
            csrf: Tri::No,
            skips: Vec::new(),
            only_when_asked: false,
            optional: false,
            only_looks: false,
            why: why.into(),
        }
    }

    /// No guard.
    pub(super) fn none() -> Self {
        Self::new(Tri::No, "")
    }

    /// It can't be told.
    pub(super) fn unknown(why: String) -> Self {
        Self::new(Tri::Maybe, why)
    }

    fn of_library(does: Does, name: &Ref) -> Self {
        let mut verdict = Self::new(Tri::No, format!("`{name}`"));
        match does {
            Does::Authn => verdict.authn = Tri::Yes,
            Does::Authz => verdict.authz = Tri::Yes,
            Does::RateLimit => verdict.rate_limit = Tri::Yes,
            Does::Headers => verdict.headers = Tri::Yes,
            Does::Csrf => verdict.csrf = Tri::Yes,
            Does::Optional => verdict.optional = true,
            Does::Verify | Does::Session | Does::Nothing => {}
        }
        verdict
    }

    /// Both stand in front of the route.
    pub(super) fn with(mut self, other: Self) -> Self {
        if other.authn > self.authn {
            self.why = other.why;
        }
        self.authn = self.authn.or(other.authn);
        self.authz = self.authz.or(other.authz);
        self.rate_limit = self.rate_limit.or(other.rate_limit);
        self.headers = self.headers.or(other.headers);
        self.csrf = self.csrf.or(other.csrf);
        self.skips.extend(other.skips);
        self.only_when_asked |= other.only_when_asked;
        self.optional |= other.optional;
        self
    }
}

impl<'a> Judge<'a> {
    /// A judge over these names.
    pub(super) fn new(names: &'a Names<'a>, owner: &'a Owner) -> Self {
        Self { names, owner, memo: RefCell::default() }
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

    /// The function that a handler is in the end, and what the functions wrapped around it do:
    /// `withAuth(handler)`, `asyncHandler(list)`.
    pub(super) fn unwrap(&self, handler: &'a Node) -> (Option<&'a Arc<Func>>, Option<Verdict>) {
        let mut wrappers: Option<Verdict> = None;
        let mut at = handler;
        for _ in 0..MAX_DEPTH {
            let NodeKind::Call(call) = &at.kind else {
                let chased = self.names.chase(at);
                if matches!(chased.kind, NodeKind::Call(_)) && !std::ptr::eq(chased, at) {
                    at = chased;
                    continue;
                }
                return (self.names.function(at), wrappers);
            };
            if call.callee.last() == "bind" && call.callee.path.len() > 1 {
                let mut bound = call.callee.clone();
                bound.path.pop();
                return (self.names.function_named(at.span.file, &bound), wrappers);
            }
            let wrapper = self.wrapper(at, call);
            wrappers = Some(match wrappers {
                Some(known) => known.with(wrapper),
                None => wrapper,
            });
            let inner =
                call.args.iter().rev().find(|argument| {
                    matches!(argument.kind, NodeKind::Func(_) | NodeKind::Call(_)) || self.names.function(argument).is_some()
                });
            let Some(inner) = inner else {
                // `makeHandler(options)`: what it returns handles the request.
                let made = self.names.function_named(at.span.file, &call.callee).and_then(|func| func.returns.as_ref());
                return (made.and_then(|returned| self.names.function(returned)), wrappers);
            };
            at = inner;
        }
        (None, wrappers)
    }

    /// What the run's owner says of a name.
    fn trusted(&self, name: &Ref) -> Option<Verdict> {
        self.owner.trusts(name).then(|| Verdict::new(Tri::Yes, format!("`{}`, which seclint.toml trusts", name.last_named())))
    }

    fn wrapper(&self, node: &Node, call: &Call) -> Verdict {
        if let Some(trusted) = self.trusted(&call.callee) {
            return trusted;
        }
        if let Some(does) = library::of_call(call) {
            return Verdict::of_library(does, &call.callee);
        }
        match self.names.function_named(node.span.file, &call.callee) {
            Some(func) => self.function(func, MAX_DEPTH),
            None => unresolved(&call.callee),
        }
    }

    fn guard_within(&self, guard: &Node, depth: usize) -> Verdict {
        let Some(depth) = depth.checked_sub(1) else { return Verdict::new(Tri::Maybe, "a guard nested too deeply") };
        match &guard.kind {
            NodeKind::Func(func) => self.function(func, depth),
            NodeKind::Ref(name) => self.named(guard.span.file, name, depth),
            NodeKind::Call(call) => self.called(guard, call, depth),
            NodeKind::List(items) => self.any(items, depth),
            NodeKind::Op(Op::Cond | Op::Or | Op::And | Op::Coalesce | Op::Spread | Op::Await, operands) => self.any(operands, depth),
            NodeKind::Unknown(_) | NodeKind::Op(..) | NodeKind::For(_) => {
                Verdict::new(Tri::Maybe, "a guard that is written in a way seclint can't follow")
            }
            _ => Verdict::new(Tri::No, "not a guard"),
        }
    }

    fn any(&self, guards: &[Node], depth: usize) -> Verdict {
        guards.iter().map(|guard| self.guard_within(guard, depth)).fold(Verdict::new(Tri::No, "no guard"), Verdict::with)
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
            // What a plugin put there may be replaced by another.
            let mut verdict = Verdict { authn: Tri::Maybe, ..Verdict::none() }.with(self.guard_within(decoration, depth));
            if verdict.authn.is_yes() {
                verdict.why = format!("`{}`", name.last_named());
            }
            return verdict;
        };
        if found.place.name.ends_with(".procedure") {
            // tRPC's own bare builder.
            return Verdict::new(Tri::No, format!("`{}` has no middleware", name.last_named()));
        }
        let class = self.class(found.place.file, &found.place.name, depth);
        match found.value {
            _ if class.is_some() => class.unwrap_or_else(|| unresolved(name)),
            Some(value) if !matches!(&value.kind, NodeKind::Ref(other) if other == name) => {
                let mut verdict = self.guard_within(value, depth);
                if verdict.authn.is_yes() && (matches!(value.kind, NodeKind::Func(_)) || verdict.why.is_empty()) {
                    verdict.why = format!("`{}`", name.last_named());
                }
                verdict
            }
            _ => unresolved(name),
        }
    }

    /// A guard class: its own `canActivate`, or that of the class it extends.
    fn class(&self, file: FileId, name: &str, depth: usize) -> Option<Verdict> {
        let local = |member: &str| Ref::new(Scope::Local, [name, member]);
        for method in ["canActivate", "use", "resolve"] {
            let Some(func) = self.names.function_named(file, &local(method)) else { continue };
            let mut verdict = if method == "canActivate" { self.can_activate(func) } else { self.function(func, depth) };
            // `super.canActivate(context)` is the parent's word.
            if func.calls.iter().any(|call| call.callee.last() == method)
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
        if let Some(trusted) = self.trusted(&call.callee) {
            return trusted;
        }
        if let Some(does) = library::of_call(call) {
            let guard = Verdict::of_library(does, &call.callee);
            return if matches!(does, Does::Nothing) { guard.with(self.any(&call.args, depth)) } else { guard };
        }
        let file = node.span.file;
        if call.is_new {
            return self.named(file, &call.callee, depth);
        }
        if is_builder(call.callee.last()) {
            return self.built(node, call, depth);
        }
        let handed = call.args.iter().filter(|argument| self.is_handler(argument)).map(|argument| self.guard_within(argument, depth));
        let handed = handed.fold(Verdict::none(), Verdict::with);
        let Some(func) = self.names.function_named(file, &call.callee) else {
            // `body('email').isEmail()`: what a chain begins with is what it is.
            if let Some(first) = call.receiver.as_ref().filter(|first| call.callee.scope == Scope::Global && first.as_call().is_some()) {
                return self.guard_within(first, depth).with(handed);
            }
            // `t.middleware(fn)` is what it is given.
            return if handed.authn.is_yes() || call.callee.last() == "middleware" {
                handed
            } else {
                unresolved(&call.callee).with(handed)
            };
        };
        let made = match &func.returns {
            Some(returned) if matches!(returned.kind, NodeKind::Func(_) | NodeKind::Call(_) | NodeKind::List(_)) => {
                self.guard_within(returned, depth).with(self.function(func, depth))
            }
            _ => self.function(func, depth),
        };
        let mut whole = made.with(handed);
        if whole.authn.is_yes() {
            whole.why = format!("`{}`", call.callee.last_named());
        }
        whole
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

    /// `t.procedure.use(isAuthed).input(…)`: everything that the chain was given.
    fn built(&self, node: &Node, call: &Call, depth: usize) -> Verdict {
        let given = if matches!(call.callee.last(), "use" | "concat" | "unstable_concat" | "onBeforeHandle" | "guard" | "pipe") {
            self.any(&call.args, depth)
        } else {
            Verdict::new(Tri::No, "no guard")
        };
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

    fn function(&self, func: &Arc<Func>, depth: usize) -> Verdict {
        let evidence = self.evidence(func, depth);
        Self::weigh(func, &evidence)
    }

    fn weigh(func: &Func, evidence: &Evidence) -> Verdict {
        let anonymous = func.lets_anonymous_through;
        // A hook of Fastify ends the request with its answer: `catch (error) { reply.send(error) }`.
        let says = |name: &str| func.calls.iter().any(|call| call.callee.last() == name && call.callee.module().is_none());
        let authn = if says("jwtVerify") && says("send") {
            Tri::Yes
        } else if evidence.denies {
            // A guard that asks the route for a marker lets callers through because of it.
            if anonymous.is_yes() && func.reads_markers.is_empty() { Tri::No } else { Tri::Yes }
        } else if evidence.proves {
            !anonymous
        } else if evidence.unknown.is_some() {
            Tri::Maybe
        } else {
            Tri::No
        };
        let why = match &evidence.unknown {
            Some(name) if authn.is_maybe() => format!("`{name}` is not in the repository"),
            _ if evidence.seen.is_empty() && !func.name.is_empty() => format!("`{}`", func.name),
            _ => evidence.seen.clone(),
        };
        Verdict {
            rate_limit: evidence.limits.into(),
            skips: func.reads_markers.clone(),
            only_when_asked: anonymous.is_yes(),
            ..Verdict::new(authn, why)
        }
    }

    /// Whether a route's own handler turns anonymous callers away: weaker evidence than a guard,
    /// since a 401 may come from a check of the input.
    pub(super) fn handler(&self, func: &Arc<Func>) -> Verdict {
        let evidence = self.evidence(func, MAX_DEPTH);
        let anonymous = func.lets_anonymous_through;
        let secret = func.calls.iter().map(|call| call.callee.last()).find(|name| {
            let name = name.to_ascii_lowercase();
            ["bytoken", "withtoken", "fromtoken", "verifysignature", "invitetoken"].iter().any(|word| name.contains(word))
        });
        let mut evidence = evidence;
        if let Some(secret) = secret {
            evidence.unknown.get_or_insert_with(|| secret.to_owned());
        }
        let authn = if evidence.denies && (evidence.looks || evidence.proves) {
            if anonymous.is_yes() { Tri::No } else { Tri::Yes }
        } else if evidence.denies || evidence.proves || evidence.looks || evidence.unknown.is_some() {
            Tri::Maybe
        } else {
            Tri::No
        };
        let why = match &evidence.unknown {
            Some(name) if authn.is_maybe() => format!("the handler calls `{name}`"),
            _ if authn.is_yes() => "the handler turns anonymous callers away".to_owned(),
            _ => "the handler reads credentials".to_owned(),
        };
        let only_looks = evidence.looks && !evidence.denies && !evidence.proves && evidence.unknown.is_none();
        Verdict { rate_limit: evidence.limits.into(), only_looks, ..Verdict::new(authn, why) }
    }

    /// Whether a handler, or what it calls, hashes a password or issues a token.
    pub(super) fn makes_account(&self, func: &Arc<Func>) -> bool {
        let mut open = vec![(func.clone(), 4)];
        let mut looked_at = 0;
        while let Some((func, depth)) = open.pop() {
            for call in func.calls.iter().take(MAX_CALLS) {
                looked_at += 1;
                if looked_at > 2_000 {
                    return false;
                }
                let library = call.callee.module().unwrap_or_default();
                if words::makes_account(call.callee.last()) || matches!(library, "bcrypt" | "bcryptjs" | "argon2") {
                    return true;
                }
                if depth > 0
                    && let Some(inner) = self.names.function_named(func.span.file, &call.callee)
                {
                    open.push((inner.clone(), depth - 1));
                }
            }
        }
        false
    }

    fn evidence(&self, func: &Arc<Func>, depth: usize) -> Evidence {
        let key = (func.span.file, func.span.start);
        if let Some(known) = self.memo.borrow().get(&key) {
            return known.clone();
        }
        let mut evidence = Evidence { looks: func.reads_credentials, denies: !func.denies.is_empty(), ..Evidence::default() };
        let Some(depth) = depth.checked_sub(1) else { return evidence };
        // A cycle of calls sees what is known so far.
        self.memo.borrow_mut().insert(key, evidence.clone());
        for call in func.calls.iter().take(MAX_CALLS) {
            match library::of(&call.callee) {
                Some(Does::Authn) => {
                    evidence.proves = true;
                    evidence.denies = true;
                    evidence.seen = format!("`{}`", call.callee);
                }
                Some(Does::Verify) => {
                    evidence.proves = true;
                    evidence.seen = format!("`{}`", call.callee);
                }
                Some(Does::Session) => evidence.looks = true,
                Some(Does::RateLimit) => evidence.limits = true,
                Some(_) => {}
                None => self.follow(func, &call.callee, depth, &mut evidence),
            }
        }
        self.memo.borrow_mut().insert(key, evidence.clone());
        evidence
    }

    /// Whether a called function was made by a guard: `const create = secured(async (req, res) => …)`.
    fn wrapped(&self, func: &Func, callee: &Ref, depth: usize) -> Option<Tri> {
        let value = self.names.find(func.span.file, callee)?.value?;
        let call =
            value.as_call().filter(|call| !call.is_new && call.args.iter().any(|argument| matches!(argument.kind, NodeKind::Func(_))))?;
        Some(self.called(value, call, depth).authn).filter(|authn| !authn.is_no())
    }

    fn follow(&self, func: &Arc<Func>, callee: &Ref, depth: usize, evidence: &mut Evidence) {
        if let Some(inner) = self.names.function_named(func.span.file, callee) {
            if inner.span == func.span || !(words::may_authenticate(callee.last()) || inner.reads_credentials || !inner.denies.is_empty()) {
                return;
            }
            let inner = self.evidence(inner, depth);
            evidence.looks |= inner.looks;
            evidence.proves |= inner.proves;
            evidence.denies |= inner.denies;
            evidence.limits |= inner.limits;
            evidence.unknown = evidence.unknown.take().or(inner.unknown);
        } else if let Some(wrapped) = self.wrapped(func, callee, depth) {
            evidence.looks |= wrapped.is_yes();
            evidence.denies |= wrapped.is_yes();
            if wrapped.is_maybe() {
                evidence.unknown.get_or_insert_with(|| callee.last_named().to_owned());
            }
        } else if words::may_check(callee) {
            evidence.looks = true;
            evidence.unknown.get_or_insert_with(|| callee.to_string());
        }
    }
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
            | "unless"
    )
}

/// A guard whose body is not in the repository.
fn unresolved(name: &Ref) -> Verdict {
    let last = name.last_named();
    let external = name.module().is_some_and(|module| !module.starts_with(['.', '@', '~', '#', '/']) || module.contains('/'));
    let said = if name.path.len() > 1 { format!("{}.{last}", name.first()) } else { last.to_owned() };
    let auth = if external {
        name.path.iter().map(SmolStr::as_str).chain(name.module()).any(words::library_authenticates)
    } else {
        words::may_authenticate(&said)
    };
    if !auth && (external || words::is_harmless(last)) {
        return Verdict::new(Tri::No, format!("`{said}` is no known guard"));
    }
    Verdict::new(Tri::Maybe, format!("`{said}` is not in the repository"))
}

/// Whether a guard by its name limits something else than who may call.
fn is_limiter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["throttl", "rate", "limit", "captcha"].iter().any(|word| name.contains(word))
}

/// Whether a marker that is not in the repository may be a guard.
pub(super) fn is_open_question(marker: &Ref) -> bool {
    !unresolved(marker).authn.is_no()
}
