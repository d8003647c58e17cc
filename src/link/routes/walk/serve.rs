//! One route as it is served from where the walk stands: its path, the guards in front of it, its handler's own word.

use std::sync::Arc;

use super::{Context, MAX_CHAIN, Walk};
use crate::ir::{Fact, FactKind, Func, Guard, GuardScope, Node, NodeKind, Op, Part, Piece, Ref, Route, Scope, Security, Text, Tri};
use crate::link::routes::judge::{Verdict, is_open_question};
use crate::link::routes::markers::{self, MarkerKey, Markers};
use crate::link::routes::nature;
use crate::link::routes::path::{Cover, join};
use crate::link::routes::semantics;
use crate::link::routes::standing::{reach_words, told};
use crate::link::routes::unread::InForce;

/// The framework whose endpoints are guarded by their handlers alone.
const ASKS_IN_HANDLER: &str = "payload";

impl<'a> Walk<'a> {
    /// Adds the route as an anonymous caller finds it.
    pub(super) fn route(&mut self, fact: usize, route: &'a Route, context: &Context<'a>) {
        if !self.reached.insert(fact) && self.is_apart {
            return;
        }
        let member = route.handler.as_ref().and_then(Node::as_ref).map_or("", Ref::last);
        let is_replaced = context.heir.is_some_and(|heir| self.names.value(heir.file, &format!("{}.{member}", heir.name)).is_some());
        if is_replaced || self.is_missing(route) || self.spends(context.standing.len(), self.facts[fact].span) {
            return;
        }
        let mut linked = route.clone();
        let described = self.described(route);
        if let Some(options) = described {
            linked.path = options.get("path").and_then(Node::as_text).cloned().unwrap_or_default();
            linked.methods =
                options.get("method").and_then(Node::as_str).map(|method| method.to_ascii_uppercase().into()).into_iter().collect();
        }
        linked.path = join(&context.prefix, &self.filled(&linked.path));
        // A procedure that no router takes in has its own name alone.
        if route.framework == Route::PROCEDURE && linked.path.to_string().trim_matches('/').is_empty() {
            linked.path = Text::lit(format!("/{}", route.service.last()), self.facts[fact].span);
        }
        linked.app = context.app.filter(|_| context.mounted);
        linked.mounted = context.mounted;
        let own = Markers::of(&route.markers, self.names);
        let keys: Vec<(String, MarkerKey<'_>)> =
            own.keys.iter().chain(&context.keys).map(|key| (self.names.identity(key.key), *key)).collect();
        let mut best = Verdict::none();
        let mut opener: Option<&str> = None;
        let mut in_force = InForce::default();
        let mut of_marked: Vec<(Guard, Verdict)> = Vec::new();
        // What switches its security off, switches off what stands around it.
        let is_off = matches!(route.security.value(), Some(Security::Off));
        for standing in context.standing.iter().filter(|_| !is_off) {
            let holds = standing.holds(&linked);
            if holds.is_no() {
                continue;
            }
            in_force.add(&standing.verdict, self.names);
            opener = opener.or_else(|| self.opener(&standing.verdict, &keys));
            let Some(mut verdict) = self.asked(&standing.verdict, &keys) else { continue };
            if self.asks_of_marked(&verdict, &keys) {
                of_marked.push((standing.guard.clone(), verdict));
                continue;
            }
            verdict.authn = verdict.authn.and(holds);
            if !verdict.authn.is_no() {
                verdict.why = format!("{} ({})", verdict.why, reach_words(&standing.guard.scope));
            }
            if linked.chain.len() < MAX_CHAIN {
                linked.chain.push(told(standing.guard.clone(), &verdict));
            }
            best = best.with(verdict);
        }
        let (listed, handler) = self.handlers(route);
        let declared = described.and_then(|options| options.get("middleware"));
        for guard in route.guards.iter().chain(declared).chain(listed).chain(own.guards.iter().copied()) {
            let standing = self.stand_for(guard, GuardScope::Route, Cover::Exact);
            in_force.add(&standing.verdict, self.names);
            opener = opener.or_else(|| self.opener(&standing.verdict, &keys));
            let Some(verdict) = self.asked(&standing.verdict, &keys) else { continue };
            if self.asks_of_marked(&verdict, &keys) {
                of_marked.push((standing.guard, verdict));
                continue;
            }
            linked.chain.push(told(standing.guard, &verdict));
            best = best.with(verdict);
        }
        let is_known = best.authn.is_yes();
        // One that may ask who calls before it looks for a mark stands, unless another asks that.
        for (guard, verdict) in of_marked.into_iter().filter(|_| !is_known) {
            linked.chain.push(told(guard, &verdict));
            best = best.with(verdict);
        }
        if let Some(unknown) = own.unknown.iter().chain(&context.unknown).find(|name| is_open_question(name)) {
            best = best.with(Verdict::unknown(format!("what `{}` asks is not known", unknown.last_named())));
        } else if context.mounted {
            linked.unread = self.readers.unread(&keys, &in_force);
        }
        if !context.mounted && route.framework.starts_with("fastify") {
            // Plugins are loaded by folder, with the hooks of the folder.
            best = best.with(Verdict::unknown("what loads its plugin is not known".to_owned()));
        }
        linked.served = !Tri::from(self.is_unserved(self.facts[fact].span.file, route, context));
        if let Some(why) = self.not_brought_in(&linked, context) {
            best = best.with(Verdict::unknown(why.to_owned()));
        }
        self.handle(&mut linked, handler, route, &mut best);
        let security = match route.security.value() {
            Some(Security::Inherit | Security::Documented(_)) | None => context.security,
            own => own,
        };
        secured(security, route.security.value().is_none() && !route.security.is_absent(), &mut best);
        if best.authn.is_no() {
            best.why = match &best.takes_any {
                Some(guard) if guard.is_empty() => "the guard in front of it lets through whoever sends anything".to_owned(),
                Some(guard) => format!("`{guard}` lets through whoever sends anything"),
                None if context.mounted => "no guard in front of it".to_owned(),
                None => "no guard; where it is mounted is not known".to_owned(),
            };
        }
        linked.auth = best.authn;
        linked.reason = best.why;
        linked.public = nature::public(&linked).or_else(|| self.signs_up(&linked)).map(Into::into);
        if linked.public.is_none() && handler.is_some_and(|handler| self.judge.dispatches(handler)) {
            linked.public = Some("handed on to what guards itself".into());
        }
        // A marker on the class was written for its other routes where one asks for somebody's record by a key.
        let is_marked = |opener: &str| own.keys.iter().any(|key| key.marker == opener) || !nature::is_record_of_one(&linked.path);
        if linked.public.is_none()
            && let Some(opener) = opener
            && nature::changes_nothing(&linked)
            && !nature::shows_people(&linked)
            && is_marked(opener)
        {
            linked.public = Some(format!("marked `{opener}`").into());
        }
        if linked.public.is_none() && route.guards.iter().any(|guard| self.judge.makes_guest(guard)) {
            linked.public = Some("a guest's own, by a number in a cookie".into());
        }
        let is_alike = || linked.body.as_ref().is_some_and(|body| self.judge.tells_all_alike(body)) && !nature::takes_files(&linked);
        if linked.public.is_none() && linked.auth.is_no() && is_alike() {
            linked.public = Some("tells everybody the same".into());
        }
        let body = linked.body.as_ref();
        if linked.public.is_none()
            && linked.auth.is_no()
            && (nature::is_cart(&linked.path) && body.is_some_and(|body| body.reads_credentials) || nature::is_of_own_session(&linked))
        {
            linked.public = Some("a guest's own, by their session".into());
        }
        if linked.public.is_none() && linked.auth.is_no() && nature::may_be_for_guests(&linked) {
            linked.auth = Tri::Maybe;
            "looked up by a number, which guests may be given".clone_into(&mut linked.reason);
        }
        if linked.public.is_none() && linked.auth.is_no() && self.is_form(&linked) {
            linked.auth = Tri::Maybe;
            "a limit of its own stands before what only adds, as before the forms of strangers".clone_into(&mut linked.reason);
        }
        let is_documented = self.documented && route.security.value() == Some(&Security::Documented(false));
        if linked.public.is_none() && is_documented && nature::changes_nothing(&linked) {
            linked.public = Some("documented without security".into());
        }
        let method = linked.methods.first().cloned().unwrap_or_default();
        let owner = format!("{method} {}", linked.address());
        self.out.push(Fact::new(self.facts[fact].span, owner, FactKind::Route(Box::new(linked))));
    }

    /// Whether strangers may be meant: who calls is limited for this route alone, and all that it does is to add something.
    fn is_form(&self, route: &Route) -> bool {
        let is_sent = route.methods.iter().all(|method| matches!(method.as_str(), "POST" | "ACTION" | "MUTATION"));
        let is_limited = || route.chain.iter().any(|guard| guard.scope == GuardScope::Route && guard.rate_limit.is_yes());
        is_sent
            && is_limited()
            && !nature::is_of_operators(&route.path)
            && route.body.as_ref().is_some_and(|body| self.judge.only_adds(body))
    }

    /// Whether nothing answers a route: a service of Feathers serves the methods that its class has, itself or from another.
    fn is_missing(&self, route: &Route) -> bool {
        let Some(name) = route.handler.as_ref().filter(|_| semantics::of(&route.framework).is_defined) else { return false };
        let Some((name, file)) = name.as_ref().map(|of| (of, name.span.file)) else { return false };
        let mut class = name.clone();
        class.path.pop();
        let is_whole = |class: &Node| class.as_map().is_some_and(|map| !map.is_open()) && class.get("extends").is_none();
        let class = self.names.find(file, &class).and_then(|found| found.value);
        class.is_some_and(is_whole) && self.names.function_named(file, name).is_none()
    }

    /// `POST /users` whose handler hashes a password or hands out a token makes an account.
    fn signs_up(&self, route: &Route) -> Option<&'static str> {
        let is_post = route.methods.iter().any(|method| method == "POST");
        // `createTraveler`, whose service hashes a password.
        let is_created = || route.methods.iter().all(|method| method == "MUTATION") && nature::creates(&route.path);
        let makes_account = || route.body.as_ref().is_some_and(|func| self.judge.makes_account(func));
        ((is_post && nature::is_of_accounts(&route.path) || is_created()) && makes_account()).then_some("sign-up")
    }

    /// The options that say what a route is, where it is registered by their name:
    /// `export const list = createRoute({ method, path })`.
    fn described(&self, route: &Route) -> Option<&'a Node> {
        let [Piece { part: Part::Hole(hole), .. }] = route.path.pieces.as_slice() else { return None };
        let value = self.names.find(hole.span.file, Node::as_ref(hole)?)?.value?;
        let options = value.as_call().and_then(|call| call.args.first()).unwrap_or(value);
        (options.get("path").is_some() && options.get("method").and_then(Node::as_str).is_some()).then_some(options)
    }

    /// What stands in front of the handler and the handler itself, where a name stands for both:
    /// `exports.store = [auth, body('title'), (req, res) => …]`.
    fn handlers(&self, route: &'a Route) -> (&'a [Node], Option<&'a Node>) {
        let Some(handler) = &route.handler else { return (&[], None) };
        let handler = match &handler.kind {
            NodeKind::Op(Op::Spread, operands) => operands.first().unwrap_or(handler),
            _ => handler,
        };
        let opened = |items: &'a [Node]| items.split_last().map_or((&[][..], None), |(last, before)| (before, Some(last)));
        match &self.names.chase(handler).kind {
            NodeKind::List(items) => opened(items),
            // `...factory.createHandlers(guard, handler)` of Hono.
            NodeKind::Call(call) if call.callee.last() == "createHandlers" => opened(&call.args),
            _ => (&[], Some(handler)),
        }
    }

    /// The handler's own word.
    fn handle(&self, linked: &mut Route, handler: Option<&'a Node>, route: &'a Route, best: &mut Verdict) {
        let Some(handler) = handler else { return };
        let (func, wrappers) = self.judge.unwrap(handler);
        let is_unseen = linked.framework == ASKS_IN_HANDLER || is_handed(&linked.framework) && is_of_repository(handler);
        if func.is_none() && wrappers.is_none() && is_unseen {
            *best = best.clone().with(Verdict::unknown("its handler is not known".to_owned()));
        }
        if let Some(wrapped) = wrappers {
            // `export const loader = secured({ role: 'admin' }, handler)` of this file or another.
            let made = self.names.chase(handler);
            let what = if made.as_call().is_some() { made } else { handler };
            // What only catches errors is named for the handler that it is put around, and asks nothing.
            if wrapped.says_something() {
                linked.chain.push(told(Guard::new(what.clone(), GuardScope::Route, None, 0), &wrapped));
            }
            *best = best.clone().with(wrapped);
        }
        // What another file says of the parameters' types stands in the route's own copy.
        let own = route.body.as_ref().filter(|body| func.is_none_or(|func| func.span == body.span));
        if let Some(func) = own.or(func) {
            linked.body = Some(self.written(func, linked));
            linked.asks_rights = self.judge.asks_rights(func);
            linked.proves_nothing = self.judge.proves_nothing(func);
            linked.only_looks_up = self.judge.only_looks_up(func);
            let limited = self.judge.handler(func).rate_limit;
            if !limited.is_no() {
                let mut limit = Guard::new(handler.clone(), GuardScope::Route, None, 0);
                (limit.authn, limit.authz, limit.headers, limit.csrf) = (Tri::No, Tri::No, Tri::No, Tri::No);
                limit.rate_limit = limited;
                linked.chain.push(limit);
            }
            if !best.authn.is_yes() {
                let mut own = self.judge.handler(func);
                if own.only_looks && best.optional {
                    // Behind optional authentication, a look at the user asks for nothing.
                    own.authn = Tri::No;
                }
                *best = best.clone().with(own);
            }
        }
    }

    /// The handler of an action, which changes what the functions change that it calls.
    fn written(&self, func: &Arc<Func>, route: &Route) -> Arc<Func> {
        let is_action = route.methods.iter().any(|method| method == "ACTION");
        if is_action && !func.writes && self.judge.writes(func) {
            return Arc::new(Func { writes: true, ..Func::clone(func) });
        }
        func.clone()
    }

    /// A guard that asks routes for metadata holds or not by what this route carries; nothing of one that asks only
    /// those that carry it, where this one does not.
    fn asked(&self, verdict: &Verdict, keys: &[(String, MarkerKey<'_>)]) -> Option<Verdict> {
        let mut verdict = verdict.clone();
        if keys.iter().any(|(_, key)| key.marker == markers::NO_LIMIT) {
            verdict.rate_limit = Tri::No;
        }
        if verdict.skips.is_empty() {
            return Some(verdict);
        }
        let asked: Vec<String> = verdict.skips.iter().map(|key| self.names.identity(key)).collect();
        let asks_for_more = verdict.only_when_asked && !asked.iter().any(|key| markers::opens(key, ""));
        if asks_for_more && !keys.iter().any(|(key, _)| asked.contains(key)) {
            return None;
        }
        // `@RequiresTeamRole(OWNER)`: what the route is marked with says what its caller has to be.
        if keys.iter().any(|(key, set)| asked.contains(key) && !set.opens(key)) {
            verdict.authz = Tri::Yes;
        }
        if self.opener(&verdict, keys).is_some() {
            verdict.authn = Tri::No;
        }
        Some(verdict)
    }

    /// Whether a guard asks what callers may do of those routes alone that say so, which this one does not, beside what
    /// opens routes to everybody: `RolesGuard`, which reads `@Public()` as well as `@Roles('admin')`.
    fn asks_of_marked(&self, verdict: &Verdict, keys: &[(String, MarkerKey<'_>)]) -> bool {
        let asked: Vec<String> = verdict.skips.iter().map(|key| self.names.identity(key)).collect();
        let demands = |key: &&String| !markers::opens(key, "");
        verdict.asks_of_marked.is_yes()
            && asked.iter().any(|key| demands(&key))
            && !asked.iter().filter(demands).any(|key| keys.iter().any(|(set, _)| set == key))
    }

    /// The marker by which a route opts out of a guard: `@Public()`.
    fn opener<'k>(&self, verdict: &Verdict, keys: &[(String, MarkerKey<'k>)]) -> Option<&'k str> {
        let asks = |key: &str| verdict.skips.iter().any(|asked| self.names.identity(asked) == key);
        keys.iter().find(|(key, set)| set.opens(key) && asks(key)).map(|(_, set)| set.marker)
    }
}

/// Whether a framework is handed its handlers, so that each is written somewhere; others make those of a class that say
/// nothing of their own.
fn is_handed(framework: &str) -> bool {
    matches!(framework, "express" | "koa" | "hono" | "fastify" | "elysia" | "@hapi/hapi")
}

/// Whether a handler is the application's own by its name, so that it may turn callers away wherever it stands.
fn is_of_repository(handler: &Node) -> bool {
    let own = |name: &Ref| match &name.scope {
        Scope::Local => true,
        Scope::Import(module) => module.starts_with('.'),
        _ => false,
    };
    match &handler.kind {
        NodeKind::Ref(name) => own(name),
        NodeKind::Call(call) => own(&call.callee),
        _ => false,
    }
}

/// Security that is declared to a platform.
fn secured(security: Option<&Security>, is_unknown: bool, best: &mut Verdict) {
    let declared = match security {
        _ if is_unknown => Verdict::unknown("its security is not known".to_owned()),
        Some(Security::Schemes(schemes)) if !schemes.is_empty() => {
            Verdict { authn: Tri::Yes, why: format!("`{}`", schemes[0].0.last_named()), ..Verdict::none() }
        }
        _ => return,
    };
    *best = best.clone().with(declared);
}
