//! What the body of a function shows: what it looks up, proves and refuses, and what the functions that it
//! calls do.

use std::sync::Arc;

use super::{Judge, MAX_DEPTH, Verdict};
use crate::ir::{Call, CallSite, Func, Node, NodeKind, Op, Param, Ref, Tri};
use crate::link::routes::library::{self, Does};
use crate::link::routes::{nature, words};

/// `NotAuthorizedError`: what is thrown looks nobody up.
fn names_error(name: &str) -> bool {
    name.ends_with("Error") || name.ends_with("Exception")
}

/// Whether a library checks a token in a promise.
fn is_promised(callee: &Ref) -> bool {
    matches!(callee.module(), Some("jose" | "aws-jwt-verify" | "google-auth-library" | "openid-client"))
        || callee.module().is_some_and(|module| module.starts_with("jose/") || module.starts_with("firebase-admin"))
}

/// `admin.auth().deleteUser(id)` of Firebase: what runs accounts is asked for, and not who calls.
fn is_of_accounts(func: &Func, accessor: &CallSite) -> bool {
    const RUNS: [&str; 12] = [
        "getUser",
        "getUserByEmail",
        "getUsers",
        "listUsers",
        "createUser",
        "updateUser",
        "deleteUser",
        "deleteUsers",
        "setCustomUserClaims",
        "createCustomToken",
        "revokeRefreshTokens",
        "generatePasswordResetLink",
    ];
    let holds = |call: &CallSite| call.span.start == accessor.span.start && call.span.end > accessor.span.end;
    accessor.callee.last() == "auth" && func.calls.iter().take(MAX_CALLS).any(|call| holds(call) && RUNS.contains(&call.callee.last()))
}

/// `@Cookie('refreshToken') refreshToken: string`: a handler that is handed a token may look its owner up.
fn holds_token(param: &Param) -> bool {
    let name = param.name.to_ascii_lowercase();
    !param.markers.is_empty() && ["refreshtoken", "accesstoken", "sessiontoken", "authtoken", "bearertoken"].contains(&name.as_str())
}

/// How many calls of one function are looked at.
const MAX_CALLS: usize = 400;

/// What a function's body shows.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent observations of one body")]
pub(super) struct Evidence {
    /// It reads credentials or looks a session up.
    pub(super) looks: bool,
    /// It proves a token with a function that throws.
    pub(super) proves: bool,
    /// It turns callers away.
    pub(super) denies: bool,
    /// What it proves, a function proves that answers nothing where the proof fails.
    pub(super) quiet: bool,
    /// It limits the rate: by what a library does, or maybe by what it calls something.
    pub(super) limits: Tri,
    /// It turns callers away by what they may do: it reads a role or a permission of them.
    pub(super) rights: bool,
    /// It calls something that may do any of these and is not in the repository.
    pub(super) unknown: Option<String>,
    /// What was seen, for people.
    pub(super) seen: String,
}

/// Whether a guard may ask what its caller may do: it looks at that, or at an id of the request and at who calls. What goes
/// on with every caller only notes their rights: `res.locals.isManager = req.user?.role === 'manager'; next()`; or puts them
/// in the place of the id: `req.params.id = req.user.id; next()`.
fn may_ask(func: &Func, evidence: &Evidence) -> Tri {
    let only_notes = func.runs_on && func.continues && !evidence.denies && evidence.unknown.is_none();
    Tri::from(!only_notes && func.tests_rights || func.reads_ids && func.reads_caller)
}

impl<'a> Judge<'a> {
    /// What evidence makes of a guard.
    pub(super) fn weigh(func: &Func, evidence: &Evidence) -> Verdict {
        let anonymous = func.lets_anonymous_through;
        // A hook of Fastify ends the request with its answer: `catch (error) { reply.send(error) }`.
        let says = |name: &str| func.calls.iter().any(|call| call.callee.last() == name && call.callee.module().is_none());
        let authn = if says("jwtVerify") && says("send") {
            Tri::Yes
        } else if evidence.denies {
            // A guard that asks the route for a marker lets callers through because of it.
            if anonymous.is_yes() && func.reads_markers.is_empty() { Tri::No } else { Tri::Yes }
        } else if evidence.quiet && func.runs_on {
            // `req.user = readUser(req); next()`: whoever is not known goes on as nobody.
            Tri::No
        } else if evidence.proves || evidence.quiet {
            !anonymous
        } else if evidence.unknown.is_some() {
            Tri::Maybe
        } else {
            Tri::No
        };
        let why = match &evidence.unknown {
            Some(name) if authn.is_maybe() => format!("`{name}` is not in the repository"),
            _ if evidence.seen.is_empty() && !func.name.is_empty() => format!("`{}`", func.name),
            _ if evidence.seen.is_empty() => "an inline function".to_owned(),
            _ => evidence.seen.clone(),
        };
        Verdict {
            csrf: func.checks_form.into(),
            authz: Tri::from(evidence.rights).or(may_ask(func, evidence).and(Tri::Maybe)),
            rate_limit: if func.slows_down { Tri::Yes } else { evidence.limits },
            skips: func.reads_markers.clone(),
            takes_any: func.accepts_any.then(|| func.name.clone()),
            only_when_asked: anonymous.is_yes(),
            asks_of_marked: func.asks_of_marked.into(),
            optional: anonymous.is_yes() && authn.is_no() && (evidence.proves || evidence.quiet),
            ..Verdict::new(authn, why)
        }
    }

    /// Whether a route's own handler turns anonymous callers away: weaker evidence than a guard,
    /// since a 401 may come from a check of the input.
    pub(in crate::link::routes) fn handler(&self, func: &Arc<Func>) -> Verdict {
        let evidence = self.evidence(func, MAX_DEPTH);
        let anonymous = func.lets_anonymous_through;
        let secret = func.calls.iter().map(|call| call.callee.last()).find(|name| {
            let name = name.to_ascii_lowercase();
            // `if (!this.store.hasReadPermission(ctx, key)) return`: whom the answer depends on is asked there.
            let asks_rights = name.starts_with("has") && name.contains("permission");
            asks_rights || ["bytoken", "withtoken", "fromtoken", "verifysignature", "invitetoken"].iter().any(|word| name.contains(word))
        });
        // `/activate/:id`: who was sent the sealed number was sent it by the application.
        let opens_sealed = |func: &Func| {
            let of_sealed = |call: &CallSite| {
                let name = call.callee.last_named().to_ascii_lowercase();
                ["decryptid", "decrypttoken", "unseal", "verifysigned"].iter().any(|word| name.starts_with(word))
            };
            func.calls.iter().take(MAX_CALLS).any(of_sealed)
        };
        let secret = secret.or_else(|| func.params.iter().find(|param| holds_token(param)).map(|param| param.name.as_str()));
        let secret = secret.or_else(|| self.any_below(func, opens_sealed).then_some("what opens a sealed number"));
        let mut evidence = evidence;
        if let Some(secret) = secret {
            evidence.unknown.get_or_insert_with(|| secret.to_owned());
        }
        let authn = if evidence.denies && (evidence.looks || evidence.proves) {
            if anonymous.is_yes() { Tri::No } else { Tri::Yes }
        } else if evidence.denies || evidence.proves || evidence.quiet || evidence.looks || evidence.unknown.is_some() || func.hands_over {
            Tri::Maybe
        } else {
            Tri::No
        };
        let why = match &evidence.unknown {
            Some(name) if authn.is_maybe() => format!("the handler calls `{name}`"),
            _ if authn.is_yes() => "the handler turns anonymous callers away".to_owned(),
            _ if func.hands_over => "the handler hands the request on".to_owned(),
            _ => "the handler reads credentials".to_owned(),
        };
        let only_looks = evidence.looks && !evidence.denies && !evidence.proves && evidence.unknown.is_none();
        Verdict { authz: evidence.rights.into(), rate_limit: evidence.limits, only_looks, ..Verdict::new(authn, why) }
    }

    /// Whether a handler hands requests on to what guards itself: `fetchRequestHandler({ router })`.
    pub(in crate::link::routes) fn dispatches(&self, handler: &'a Node) -> bool {
        let is_dispatch = |name: &Ref| library::of(name) == Some(Does::Dispatch);
        let made_by = |call: &Call| is_dispatch(&call.callee);
        let makes = |maker: &Func| {
            let returns = maker.returns.as_ref().is_some_and(|made| matches!(made.kind, NodeKind::Func(_)));
            returns && maker.calls.iter().take(MAX_CALLS).any(|call| is_dispatch(&call.callee))
        };
        let mut at = self.names.chase(handler);
        for _ in 0..MAX_DEPTH {
            match &at.kind {
                NodeKind::Func(func) => {
                    // `(request) => consume(request)` of `const consume = handleCallback(work)`.
                    let is_made = |name: &Ref| {
                        let is_handler = |name: &Ref| {
                            let found = self.names.find(func.span.file, name).and_then(|found| found.value);
                            found.and_then(Node::as_call).is_some_and(made_by)
                        };
                        // `handlers.GET(request)` of `const handlers = toNextJsHandler(auth)`.
                        let whole = name.path.split_last().filter(|(_, whole)| !whole.is_empty());
                        let of_whole = || whole.is_some_and(|(_, whole)| is_handler(&Ref::new(name.scope.clone(), whole.iter().cloned())));
                        is_handler(name) || of_whole()
                    };
                    return func.calls.iter().take(MAX_CALLS).any(|call| is_dispatch(&call.callee) || is_made(&call.callee));
                }
                NodeKind::Op(Op::Attr, operands) => {
                    return operands.first().is_some_and(|whole| self.names.chase(whole).as_call().is_some_and(made_by));
                }
                NodeKind::Call(call) if made_by(call) => return true,
                // `consumer('letters')` of a function that makes such a handler, and returns what calls it.
                NodeKind::Call(call) if self.names.function_named(at.span.file, &call.callee).is_some_and(|maker| makes(maker)) => {
                    return true;
                }
                // `withStats(authPost)` of `const { POST: authPost } = toNextJsHandler(auth)`.
                NodeKind::Call(call) => match call.args.as_slice() {
                    [only] => at = self.names.chase(only),
                    _ => return false,
                },
                // `DELETE` of `export const { POST, DELETE } = handlers`.
                NodeKind::Ref(name) => {
                    let Some(found) = self.names.find(at.span.file, name) else { return false };
                    let whole = found.place.name.split_once('.').and_then(|(whole, _)| self.names.value(found.place.file, whole));
                    return whole.and_then(Node::as_call).is_some_and(made_by);
                }
                _ => return false,
            }
        }
        false
    }

    /// Whether a handler, or what it calls, hashes a password or issues a token.
    pub(in crate::link::routes) fn makes_account(&self, func: &Arc<Func>) -> bool {
        let is_of_account = |call: &CallSite| {
            let library = call.callee.module().unwrap_or_default();
            words::makes_account(call.callee.last()) || matches!(library, "bcrypt" | "bcryptjs" | "argon2")
        };
        self.any_below(func, |func| func.calls.iter().take(MAX_CALLS).any(is_of_account))
    }

    /// Whether a handler, or what it calls, tests what its caller may do, or calls something that is named for that.
    pub(in crate::link::routes) fn asks_rights(&self, func: &Arc<Func>) -> Tri {
        if self.evidence(func, MAX_DEPTH).rights {
            return Tri::Yes;
        }
        let asks = |func: &Func| func.calls.iter().take(MAX_CALLS).any(|call| words::asks_rights(call.callee.last_named()));
        Tri::from(self.any_below(func, |func| func.tests_rights || asks(func))).and(Tri::Maybe)
    }

    /// Whether a handler and all that it calls is known, and nothing of it sounds like the check of a signature or of a
    /// secret, or asks another service again. Stores and loggers are known by the names of their methods.
    pub(in crate::link::routes) fn proves_nothing(&self, func: &Arc<Func>) -> bool {
        let is_question = |func: &Func, call: &CallSite| {
            words::may_prove_sender(call.callee.last_named())
                || !words::is_of_store(call.callee.last_named()) && self.names.function_named(func.span.file, &call.callee).is_none()
        };
        let asks = |func: &Func| {
            func.reads_credentials || !func.denies.is_empty() || func.calls.iter().take(MAX_CALLS).any(|call| is_question(func, call))
        };
        !self.any_below(func, asks)
    }

    /// Whether a handler, or what it calls, changes stored data.
    pub(in crate::link::routes) fn writes(&self, func: &Arc<Func>) -> bool {
        self.any_below(func, |func| func.writes)
    }

    /// Whether a handler, or what it calls, finds rows of a store, and nothing in any of them sounds like a change.
    pub(in crate::link::routes) fn only_looks_up(&self, func: &Arc<Func>) -> bool {
        const FINDS: [&str; 5] = ["find", "count", "aggregate", "distinct", "populate"];
        let finds = |call: &CallSite| FINDS.iter().any(|verb| call.callee.last().starts_with(verb));
        let calls = |func: &Func, holds: &dyn Fn(&CallSite) -> bool| func.calls.iter().take(MAX_CALLS).any(holds);
        !self.below(func, |func| func.writes || calls(func, &|call| nature::sounds_like_change(call.callee.last())), true)
            && self.any_below(func, |func| calls(func, &finds))
    }

    /// Whether a handler, or what it calls, adds to stored data and changes nothing that is there.
    pub(in crate::link::routes) fn only_adds(&self, func: &Arc<Func>) -> bool {
        self.writes(func) && !self.any_below(func, |func| func.alters)
    }

    /// Whether a guard gives whoever has none a number of their own in a cookie, that nobody can guess: what the route
    /// then changes is that guest's.
    pub(in crate::link::routes) fn makes_guest(&self, guard: &'a Node) -> bool {
        let calls = |func: &Func, names: &[&str]| func.calls.iter().take(MAX_CALLS).any(|call| names.contains(&call.callee.last_named()));
        self.names.function(guard).is_some_and(|func| {
            calls(func, &["randomUUID", "randomBytes", "nanoid", "uuid", "uuidv4", "v4", "createId", "ulid"])
                && calls(func, &["cookie", "setCookie", "set"])
                && func.continues
        })
    }

    /// Whether something holds for a function or for one that it calls.
    fn any_below(&self, func: &Arc<Func>, holds: impl Fn(&Func) -> bool) -> bool {
        self.below(func, holds, false)
    }

    /// The same; where not all could be looked at, `unseen`.
    fn below(&self, func: &Arc<Func>, holds: impl Fn(&Func) -> bool, unseen: bool) -> bool {
        let mut open = vec![(func.clone(), 4)];
        let mut looked_at = 0;
        while let Some((func, depth)) = open.pop() {
            if holds(&func) {
                return true;
            }
            for call in func.calls.iter().take(MAX_CALLS).filter(|_| depth > 0 || unseen) {
                looked_at += 1;
                if looked_at > 2_000 {
                    return unseen;
                }
                let Some(inner) = self.names.function_named(func.span.file, &call.callee) else { continue };
                if depth == 0 {
                    return true;
                }
                open.push((inner.clone(), depth - 1));
            }
        }
        false
    }

    /// What a function shows, remembered.
    pub(super) fn evidence(&self, func: &Arc<Func>, depth: usize) -> Evidence {
        let key = (func.span.file, func.span.start);
        if let Some(known) = self.memo.borrow().get(&key) {
            return known.clone();
        }
        // What a handler answers with 429 may be one of many things; a guard has nothing else to count.
        let (denies, limits) = (!func.denies.is_empty(), Tri::from(func.slows_down).and(Tri::Maybe));
        let rights = denies && func.tests_rights;
        let mut evidence = Evidence { looks: func.reads_credentials, denies, limits, rights, ..Evidence::default() };
        let Some(depth) = depth.checked_sub(1).filter(|_| !func.accepts_any) else { return evidence };
        // A cycle of calls sees what is known so far.
        self.memo.borrow_mut().insert(key, evidence.clone());
        for call in func.calls.iter().take(MAX_CALLS) {
            if words::limits(call.callee.last_named()) {
                evidence.limits = evidence.limits.or(Tri::Maybe);
            }
            match self.library(func, &call.callee) {
                // Who has no session gets none, and the function goes on.
                Some(Does::Session) if call.is_ignored || call.is_noted => {}
                // What a promise that nobody waits for is refused with, nobody hears.
                Some(Does::Verify) if call.is_left_alone && is_promised(&call.callee) => {}
                Some(Does::Authn) => {
                    evidence.proves = true;
                    evidence.denies = true;
                    evidence.seen = format!("`{}`", call.callee);
                }
                Some(Does::Verify) => {
                    evidence.proves = true;
                    // What it throws turns the caller away.
                    evidence.denies |= call.is_certain;
                    evidence.seen = format!("`{}`", call.callee);
                }
                Some(Does::Session) => evidence.looks = true,
                Some(Does::RateLimit) => evidence.limits = Tri::Yes,
                Some(_) => {}
                None if words::proves(&call.callee) => {
                    evidence.proves = true;
                    evidence.denies |= call.is_certain;
                    evidence.seen = format!("`{}`", call.callee.last());
                }
                None => self.follow(func, call, depth, &mut evidence),
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

    /// What a library does that a function calls, also through what it makes:
    /// `export const { auth } = NextAuth(options)`.
    fn library(&self, func: &Func, callee: &Ref) -> Option<Does> {
        library::of(callee)
            .or_else(|| {
                let NodeKind::Op(Op::Attr, operands) = &self.names.find(func.span.file, callee)?.value?.kind else { return None };
                let [made, member] = operands.as_slice() else { return None };
                library::of(&made.as_call()?.callee.child(member.as_str()?))
            })
            .or_else(|| self.instance(func, callee))
    }

    /// `limiter.consume(ip)` of `const limiter = new RateLimiterMemory(…)`, `lucia.validateSession(id)` of `new Lucia(…)`.
    fn instance(&self, func: &Func, callee: &Ref) -> Option<Does> {
        let (method, object) = callee.path.split_last().filter(|(_, object)| !object.is_empty())?;
        // `c.env.LIMITER.limit({ key })`: a binding of the platform, which the code does not make.
        let is_limiter = |name: &str| ["limit", "throttle"].iter().any(|word| name.to_ascii_lowercase().contains(word));
        if matches!(method.as_str(), "limit" | "consume") && object.last().is_some_and(|name| is_limiter(name)) {
            return Some(Does::RateLimit);
        }
        let object = Ref::new(callee.scope.clone(), object.iter().cloned());
        let made = self.names.find(func.span.file, &object)?.value?.as_call()?;
        library::of(&made.callee).filter(|does| matches!(does, Does::RateLimit | Does::Session | Does::Verify))
    }

    /// Whether a function calls something that sounds like a check, remembered: many call the same ones.
    fn asks(&self, func: &Func) -> bool {
        let sounds = |callee: &Ref| words::may_check(callee) || words::may_authenticate(callee.last_named());
        // A function that turns away whoever is not known, whatever it is called.
        let turns_away = |callee: &Ref| {
            self.names.function_named(func.span.file, callee).is_some_and(|inner| inner.reads_credentials && !inner.denies.is_empty())
        };
        let asks = || func.calls.iter().take(MAX_CALLS).any(|call| sounds(&call.callee) || turns_away(&call.callee));
        *self.asking.borrow_mut().entry((func.span.file, func.span.start)).or_insert_with(asks)
    }

    /// Whether a function asks a limiter: `const { success } = await limiter.limit(key)`.
    fn counts(&self, func: &Func) -> bool {
        let is_asked = |call: &CallSite| matches!(call.callee.last(), "limit" | "consume");
        let mut asked = func.calls.iter().take(MAX_CALLS).filter(|call| is_asked(call));
        asked.any(|call| self.instance(func, &call.callee) == Some(Does::RateLimit))
    }

    fn follow(&self, func: &Arc<Func>, call: &CallSite, depth: usize, evidence: &mut Evidence) {
        let callee = &call.callee;
        // `request.currentUser()` of a hook that put it there.
        let put = || self.names.decoration(func.span.file, callee).filter(|put| put.is_only)?.value.as_func();
        if let Some(inner) = self.names.function_named(func.span.file, callee).or_else(put) {
            // `proxy(request)` says nothing of what it asks before it hands on.
            let is_telling = words::may_authenticate(callee.last())
                || self.counts(inner)
                || inner.reads_credentials
                || inner.slows_down
                || !inner.denies.is_empty()
                || self.asks(inner);
            if inner.span == func.span || !is_telling || inner.is_async && call.is_left_alone {
                return;
            }
            let is_quiet = inner.fails_quietly && inner.denies.is_empty();
            let inner = self.evidence(inner, depth);
            // `await readAuth(request)`, which gives nothing to whoever is not known, and whose answer nobody looks at.
            if (call.is_noted || call.is_ignored && is_quiet) && !inner.denies {
                return;
            }
            // `await requireSession()`: who has none is sent away, whatever is done with what it gives.
            evidence.looks |= inner.looks && (!call.is_ignored || inner.denies);
            evidence.quiet |= is_quiet && inner.proves || inner.quiet;
            evidence.proves |= inner.proves && !is_quiet;
            evidence.denies |= inner.denies;
            evidence.rights |= inner.rights;
            evidence.limits = evidence.limits.or(inner.limits);
            // A signature is checked in more ways than can be told: what is named for it and answers is a question.
            let is_silent = !inner.looks && !inner.denies && inner.unknown.is_none();
            let checked = || (is_silent && !call.is_ignored && words::may_check(callee)).then(|| callee.to_string());
            evidence.unknown = evidence.unknown.take().or_else(checked).or(inner.unknown);
        } else if let Some(wrapped) = self.wrapped(func, callee, depth) {
            evidence.looks |= wrapped.is_yes();
            evidence.denies |= wrapped.is_yes();
            if wrapped.is_maybe() {
                evidence.unknown.get_or_insert_with(|| callee.last_named().to_owned());
            }
        } else if words::may_check(callee) && !call.is_noted && !names_error(callee.last()) && !is_of_accounts(func, call) {
            evidence.looks = true;
            if func.lets_anonymous_through.is_yes() && words::only_asks(callee) {
                return;
            }
            evidence.unknown.get_or_insert_with(|| callee.to_string());
        }
    }
}
