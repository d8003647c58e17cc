//! The walk from each application down its mounts: a route gets its full path and the guards that
//! stand in front of it there. A route that is mounted twice is two routes.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::except::Except;
use super::graph::{Child, Event, Graph, Service, is_application};
use super::judge::{Judge, Verdict};
use super::markers::{self, Markers};
use super::names::{Names, Place};
use super::path::{Cover, covers, join};
use super::semantics::{self, Reach};
use crate::ir::{Fact, FactKind, Guard, GuardScope, Node, NodeKind, Part, Piece, Ref, Route, Security, Span, Text, Tri};

/// How deep mounts are followed.
const MAX_DEPTH: usize = 24;

/// How many routes are made; the rest of a hostile tree is not.
const MAX_ROUTES: usize = 50_000;

/// A guard in force where the walk stands.
#[derive(Debug, Clone)]
struct Standing {
    guard: Guard,
    verdict: Verdict,
    /// The full path that it covers and the methods; `None` for everything in its scope.
    only: Option<(Text, Vec<SmolStr>)>,
    cover: Cover,
    /// The routes that it leaves out.
    except: Option<Except>,
    fact: Option<usize>,
}

/// Where the walk stands.
#[derive(Debug, Clone)]
struct Context<'a> {
    prefix: Text,
    standing: Vec<Standing>,
    keys: Vec<(&'a Node, &'a str)>,
    unknown: Vec<&'a Ref>,
    security: Option<&'a Security>,
    app: Option<Span>,
    mounted: bool,
    /// The class that inherits the routes: what it defines itself takes their place.
    heir: Option<&'a Place>,
    depth: usize,
}

/// The walk over all services.
pub(super) struct Walk<'a> {
    facts: &'a [Fact],
    names: &'a Names<'a>,
    graph: &'a Graph,
    judge: &'a Judge<'a>,
    judged: BTreeMap<usize, Verdict>,
    reached: BTreeSet<usize>,
    /// Guards over a whole application, for routers that nothing mounts as far as seclint sees.
    loose: Vec<(SmolStr, Standing)>,
    /// Whether the documentation of any route says that a caller must be known.
    documented: bool,
    out: Vec<Fact>,
}

impl<'a> Walk<'a> {
    /// All routes as they are reached, in the order of the walk.
    pub(super) fn all(facts: &'a [Fact], names: &'a Names<'a>, graph: &'a Graph, judge: &'a Judge<'a>) -> Vec<Fact> {
        let asks =
            |fact: &Fact| matches!(&fact.kind, FactKind::Route(route) if route.security.value() == Some(&Security::Documented(true)));
        let documented = facts.iter().any(asks);
        let (judged, reached, loose, out) = (BTreeMap::new(), BTreeSet::new(), Vec::new(), Vec::new());
        let mut walk = Self { facts, names, graph, judge, judged, reached, loose, documented, out };
        let (apps, others): (Vec<_>, Vec<_>) =
            graph.services.iter().filter(|(_, service)| !service.is_child).partition(|(_, service)| is_application(facts, service));
        for (place, _) in apps {
            walk.root(place, true);
        }
        // A class without a path of its own serves nothing but through those that extend it.
        for (place, service) in others.into_iter().filter(|(_, service)| !service.is_part(facts)) {
            let is_module = service.events.iter().any(|event| matches!(facts[event.fact].kind, FactKind::Mount(_)));
            walk.root(place, is_module);
        }
        // What only a cycle of mounts reaches.
        for (place, service) in &graph.services {
            if !service.is_part(facts) && service.events.iter().any(|event| walk.is_unreached_route(event)) {
                walk.root(place, false);
            }
        }
        once(walk.out)
    }

    /// Guards without a service hold for the applications of their folder.
    fn folder_guards(&self, place: &Place) -> Vec<usize> {
        let path = self.names.path(place.file);
        let holds = |fact: &Fact| {
            let FactKind::Guard(Guard { service: None, .. }) = &fact.kind else { return false };
            let folder = self.names.path(fact.span.file).rsplit_once('/').map_or("", |(folder, _)| folder);
            let folder = folder.strip_suffix("src").unwrap_or(folder);
            folder.is_empty() || path.starts_with(folder)
        };
        (0..self.facts.len()).filter(|index| holds(&self.facts[*index])).collect()
    }

    fn is_unreached_route(&self, event: &Event) -> bool {
        matches!(self.facts[event.fact].kind, FactKind::Route(_)) && !self.reached.contains(&event.fact)
    }

    fn root(&mut self, place: &'a Place, mounted: bool) {
        let Some(service) = self.graph.services.get(place) else { return };
        let mut context = Context {
            prefix: Text::default(),
            standing: Vec::new(),
            keys: Vec::new(),
            unknown: Vec::new(),
            security: None,
            // Routes that files make belong to no application that is made somewhere, nor do those of a module that
            // is brought in as it pleases the configuration.
            app: service
                .fact
                .filter(|_| !place.name.starts_with('#') && !self.graph.is_module(place, self.facts))
                .map(|index| self.facts[index].span),
            mounted,
            heir: None,
            depth: 0,
        };
        for fact in self.folder_guards(place) {
            let standing = self.stand(fact, &context.prefix, &service.framework);
            context.standing.extend(standing);
        }
        for fact in self.graph.global_guards(place, self.facts) {
            let standing = self.stand(fact, &context.prefix, "");
            context.standing.extend(standing);
        }
        if !mounted {
            let same = self.loose.iter().filter(|(framework, _)| *framework == service.framework);
            context.standing.extend(same.map(|(_, standing)| standing.clone()));
        }
        let left = self.service(place, context, &mut Vec::new());
        if mounted {
            for mut standing in left {
                if standing.only.is_none() && !standing.verdict.authn.is_no() {
                    standing.verdict.authn = standing.verdict.authn.and(Tri::Maybe);
                    self.loose.push((service.framework.clone(), standing));
                }
            }
        }
    }

    /// Walks one service; gives the guards in force at its end, for a parent that it extends.
    fn service(&mut self, place: &'a Place, mut context: Context<'a>, stack: &mut Vec<&'a Place>) -> Vec<Standing> {
        let Some(service) = self.graph.services.get(place) else { return context.standing };
        if stack.contains(&place) || context.depth >= MAX_DEPTH || self.out.len() >= MAX_ROUTES {
            return context.standing;
        }
        stack.push(place);
        self.enter(place, service, &mut context);
        let semantics = semantics::of(&service.framework);
        let own: Vec<Option<Standing>> =
            service.events.iter().map(|event| self.registered(place, *event, &context, &service.framework)).collect();
        if semantics.reach == Reach::All {
            context.standing.extend(own.iter().flatten().cloned());
        }
        for (at, event) in service.events.iter().enumerate() {
            match &self.facts[event.fact].kind {
                FactKind::Guard(_) if semantics.reach == Reach::Later => context.standing.extend(own[at].clone()),
                FactKind::Route(route) => {
                    let mut here = context.clone();
                    if semantics.reach == Reach::Earlier {
                        here.standing.extend(own[at + 1..].iter().rev().flatten().cloned());
                    }
                    self.route(event.fact, route, &here);
                }
                FactKind::Mount(mount) => {
                    for Child { service: child, inline, prefix, hooks } in self.graph.children.get(&event.fact).into_iter().flatten() {
                        let mut below = context.clone();
                        below.depth += 1;
                        below.prefix = join(&below.prefix, &self.filled(&mount.prefix));
                        below.prefix = prefix.as_ref().map_or(below.prefix.clone(), |own| join(&below.prefix, own));
                        let is_base = self.graph.services.get(child).is_some_and(|service| service.is_base(self.facts));
                        below.heir = if is_base { below.heir.or(Some(place)) } else { None };
                        if semantics.reach == Reach::Earlier {
                            below.standing.extend(own[at + 1..].iter().rev().flatten().cloned());
                        }
                        for guard in &mount.guards {
                            below.standing.push(self.stand_for(guard, GuardScope::Controller, semantics.cover));
                        }
                        for hook in hooks {
                            let Some((hook, _)) = self.graph.services.get_key_value(hook) else { continue };
                            below.standing = self.service(hook, below.clone(), stack);
                        }
                        let Some((child, _)) = self.graph.services.get_key_value(child) else { continue };
                        let before = below.standing.len();
                        let mut left = self.service(child, below, stack);
                        let leaks = |standing: &Standing| *inline || standing.guard.scope == GuardScope::App;
                        if left.len() > before {
                            context.standing.extend(left.drain(before..).filter(leaks));
                        }
                    }
                }
                _ => {}
            }
        }
        stack.pop();
        context.standing
    }

    /// What the service itself says: markers on a controller, security of an API.
    fn enter(&self, place: &Place, service: &Service, context: &mut Context<'a>) {
        let Some(FactKind::Service(fact)) = service.fact.map(|index| &self.facts[index].kind) else { return };
        if let Some(security) = fact.security.value()
            && !matches!(security, Security::Inherit)
        {
            context.security = Some(security);
        }
        if let Some(prefix) = fact.options.as_ref().and_then(|options| options.get("prefix")) {
            let prefix = prefix.as_text().cloned().unwrap_or_else(|| {
                let mut hole = Text::default();
                hole.push(prefix.clone());
                hole
            });
            context.prefix = join(&context.prefix, &prefix);
        }
        let Some(NodeKind::List(written)) = fact.options.as_ref().and_then(|options| options.get("markers")).map(|node| &node.kind) else {
            return;
        };
        self.marked(written, context);
        // What is written on the class that a controller extends holds for it too.
        let mut class = self.names.value(place.file, &place.name);
        for _ in 0..MAX_DEPTH {
            let Some(base) = class.and_then(|class| class.get("extends")) else { return };
            class = Some(self.names.chase(base));
            if let Some(NodeKind::List(written)) = class.and_then(|class| class.get("decorators")).map(|node| &node.kind) {
                self.marked(written, context);
            }
        }
    }

    fn marked(&self, written: &'a [Node], context: &mut Context<'a>) {
        let markers = Markers::of(written, self.names);
        for guard in &markers.guards {
            context.standing.push(self.stand_for(guard, GuardScope::Controller, Cover::Below));
        }
        context.keys.extend(markers.keys);
        context.unknown.extend(markers.unknown);
    }

    /// The guard of an event, as it stands below the context's prefix.
    fn registered(&mut self, place: &Place, event: Event, context: &Context<'a>, framework: &str) -> Option<Standing> {
        let FactKind::Guard(guard) = &self.facts[event.fact].kind else { return None };
        if self.graph.mounted.contains(&guard.what.span) {
            return None;
        }
        if guard.scope == GuardScope::App && context.standing.iter().any(|standing| standing.fact == Some(event.fact)) {
            return None;
        }
        let mut standing = self.stand(event.fact, &context.prefix, framework)?;
        if event.file != place.file {
            // Which file runs first is not known.
            standing.verdict.authn = standing.verdict.authn.and(Tri::Maybe);
        }
        Some(standing)
    }

    fn stand(&mut self, fact: usize, prefix: &Text, framework: &str) -> Option<Standing> {
        let FactKind::Guard(guard) = &self.facts[fact].kind else { return None };
        let judge = self.judge;
        let verdict = self.judged.entry(fact).or_insert_with(|| judge.registered(guard)).clone();
        let semantics = semantics::of(framework);
        let (only, cover) = match &guard.scope {
            GuardScope::Prefix(path, methods) => {
                // `app.get(path, guard)` covers that path alone; `app.use(path, guard)` what is below.
                let cover = if methods.is_empty() { semantics.cover } else { Cover::Exact };
                (Some((join(prefix, &self.filled(path)), methods.clone())), cover)
            }
            _ => (None, semantics.cover),
        };
        let except = Except::of(&guard.what, self.names);
        Some(Standing { guard: told(guard.clone(), &verdict), verdict, only, cover, except, fact: Some(fact) })
    }

    /// A path with the names in it replaced by the texts that they stand for: `${this.path}/:id`.
    fn filled(&self, path: &Text) -> Text {
        let mut filled = Text::default();
        for piece in &path.pieces {
            let known = match &piece.part {
                Part::Hole(hole) => Node::as_ref(hole).and_then(|name| self.names.find(hole.span.file, name)?.value?.as_text()),
                Part::Lit(_) => None,
            };
            match known {
                Some(text) => filled.pieces.extend(text.pieces.iter().cloned()),
                None => filled.pieces.push(piece.clone()),
            }
        }
        filled
    }

    fn stand_for(&self, what: &Node, scope: GuardScope, cover: Cover) -> Standing {
        let verdict = self.judge.guard(what);
        let except = Except::of(what, self.names);
        Standing { guard: told(Guard::new(what.clone(), scope, None, 0), &verdict), verdict, only: None, cover, except, fact: None }
    }

    fn route(&mut self, fact: usize, route: &'a Route, context: &Context<'a>) {
        self.reached.insert(fact);
        let member = route.handler.as_ref().and_then(Node::as_ref).map_or("", Ref::last);
        let is_replaced = context.heir.is_some_and(|heir| self.names.value(heir.file, &format!("{}.{member}", heir.name)).is_some());
        if self.out.len() >= MAX_ROUTES || is_replaced {
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
        linked.app = context.app.filter(|_| context.mounted);
        linked.mounted = context.mounted;
        let own = Markers::of(&route.markers, self.names);
        let keys: Vec<(String, &str)> =
            own.keys.iter().chain(&context.keys).map(|(key, marker)| (self.names.identity(key), *marker)).collect();
        let mut best = Verdict::none();
        let mut opener: Option<&str> = None;
        // What switches its security off, switches off what stands around it.
        let is_off = matches!(route.security.value(), Some(Security::Off));
        for standing in context.standing.iter().filter(|_| !is_off) {
            let holds = standing.holds(&linked);
            if holds.is_no() {
                continue;
            }
            opener = opener.or_else(|| self.opener(&standing.verdict, &keys));
            let mut verdict = self.asked(&standing.verdict, &keys);
            verdict.authn = verdict.authn.and(holds);
            if !verdict.authn.is_no() {
                verdict.why = format!("{} ({})", verdict.why, reach_words(&standing.guard.scope));
            }
            linked.chain.push(told(standing.guard.clone(), &verdict));
            best = best.with(verdict);
        }
        let (listed, handler) = self.handlers(route);
        let declared = described.and_then(|options| options.get("middleware"));
        for guard in route.guards.iter().chain(declared).chain(listed).chain(own.guards.iter().copied()) {
            let standing = self.stand_for(guard, GuardScope::Route, Cover::Exact);
            opener = opener.or_else(|| self.opener(&standing.verdict, &keys));
            let verdict = self.asked(&standing.verdict, &keys);
            linked.chain.push(told(standing.guard, &verdict));
            best = best.with(verdict);
        }
        if let Some(unknown) = own.unknown.iter().chain(&context.unknown).find(|name| super::judge::is_open_question(name)) {
            best = best.with(Verdict::unknown(format!("`{}` is not in the repository", unknown.last_named())));
        }
        if !context.mounted && route.framework.starts_with("fastify") {
            // Plugins are loaded by folder, with the hooks of the folder.
            best = best.with(Verdict::unknown("what loads its plugin is not known".to_owned()));
        }
        self.handle(&mut linked, handler, route, &mut best);
        let security = match route.security.value() {
            Some(Security::Inherit | Security::Documented(_)) | None => context.security,
            own => own,
        };
        secured(security, route.security.value().is_none() && !route.security.is_absent(), &mut best);
        if best.authn.is_no() {
            let why = if context.mounted { "no guard in front of it" } else { "no guard; where it is mounted is not known" };
            why.clone_into(&mut best.why);
        }
        linked.auth = best.authn;
        linked.reason = best.why;
        linked.public = super::nature::public(&linked).or_else(|| self.signs_up(&linked)).map(Into::into);
        if linked.public.is_none() && handler.is_some_and(|handler| self.judge.dispatches(handler)) {
            linked.public = Some("handed on to what guards itself".into());
        }
        if linked.public.is_none()
            && let Some(opener) = opener.filter(|_| super::nature::changes_nothing(&linked))
        {
            linked.public = Some(format!("marked `{opener}`").into());
        }
        let is_documented = self.documented && route.security.value() == Some(&Security::Documented(false));
        if linked.public.is_none() && is_documented && super::nature::changes_nothing(&linked) {
            linked.public = Some("documented without security".into());
        }
        let method = linked.methods.first().cloned().unwrap_or_default();
        let owner = format!("{method} {}", linked.path);
        self.out.push(Fact::new(self.facts[fact].span, owner, FactKind::Route(Box::new(linked))));
    }

    /// `POST /users` whose handler hashes a password or hands out a token makes an account.
    fn signs_up(&self, route: &Route) -> Option<&'static str> {
        let is_post = route.methods.iter().any(|method| method == "POST");
        let makes_account = || route.body.as_ref().is_some_and(|func| self.judge.makes_account(func));
        (is_post && super::nature::is_of_accounts(&route.path) && makes_account()).then_some("sign-up")
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
        match &self.names.chase(handler).kind {
            NodeKind::List(items) => items.split_last().map_or((&[], None), |(last, before)| (before, Some(last))),
            _ => (&[], Some(handler)),
        }
    }

    /// The handler's own word.
    fn handle(&self, linked: &mut Route, handler: Option<&'a Node>, route: &'a Route, best: &mut Verdict) {
        let Some(handler) = handler else { return };
        let (func, wrappers) = self.judge.unwrap(handler);
        if let Some(wrapped) = wrappers {
            linked.chain.push(told(Guard::new(handler.clone(), GuardScope::Route, None, 0), &wrapped));
            *best = best.clone().with(wrapped);
        }
        // What another file says of the parameters' types stands in the route's own copy.
        let own = route.body.as_ref().filter(|body| func.is_none_or(|func| func.span == body.span));
        if let Some(func) = own.or(func) {
            linked.body = Some(func.clone());
            if self.judge.handler(func).rate_limit.is_yes() {
                let mut limit = Guard::new(handler.clone(), GuardScope::Route, None, 0);
                (limit.authn, limit.authz, limit.headers, limit.csrf) = (Tri::No, Tri::No, Tri::No, Tri::No);
                limit.rate_limit = Tri::Yes;
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

    /// A guard that asks routes for metadata holds or not by what this route carries.
    fn asked(&self, verdict: &Verdict, keys: &[(String, &str)]) -> Verdict {
        let mut verdict = verdict.clone();
        if verdict.skips.is_empty() {
            return verdict;
        }
        let asked: Vec<String> = verdict.skips.iter().map(|key| self.names.identity(key)).collect();
        let asks_for_more = verdict.only_when_asked && !asked.iter().any(|key| markers::opens(key, ""));
        let carries_none = !keys.iter().any(|(key, _)| asked.contains(key));
        if self.opener(&verdict, keys).is_some() || (carries_none && asks_for_more) {
            verdict.authn = Tri::No;
        }
        verdict
    }

    /// The marker by which a route opts out of a guard: `@Public()`.
    fn opener<'k>(&self, verdict: &Verdict, keys: &[(String, &'k str)]) -> Option<&'k str> {
        let asks = |key: &str| verdict.skips.iter().any(|asked| self.names.identity(asked) == key);
        keys.iter().find(|(key, marker)| markers::opens(key, marker) && asks(key)).map(|(_, marker)| *marker)
    }
}

/// One route of each registration and path: a module that many import is served once. Where ways to
/// it differ in their guards, the least guarded counts.
fn once(routes: Vec<Fact>) -> Vec<Fact> {
    let mut kept: Vec<Fact> = Vec::with_capacity(routes.len());
    let mut seen: BTreeMap<(Span, SmolStr), usize> = BTreeMap::new();
    for fact in routes {
        let auth = |fact: &Fact| match &fact.kind {
            FactKind::Route(route) => route.auth,
            _ => Tri::Maybe,
        };
        let at = *seen.entry((fact.span, fact.owner.clone())).or_insert(kept.len());
        match kept.get_mut(at) {
            Some(known) if auth(&fact) < auth(known) => *known = fact,
            Some(_) => {}
            None => kept.push(fact),
        }
    }
    kept
}

impl Standing {
    /// Whether it runs for a route.
    fn holds(&self, route: &Route) -> Tri {
        if self.guard.service.is_none()
            && self.guard.scope != GuardScope::Controller
            && route.methods.iter().any(|method| method == "ACTION")
        {
            // A server action is called through any page that brings it: what guards some paths alone guards no
            // action, and of what guards the front page too, it can't be told.
            let front = Text::lit("/", self.guard.span);
            let is_everywhere = self.only.as_ref().is_none_or(|(pattern, _)| !covers(pattern, &front, self.cover).is_no());
            return if is_everywhere { Tri::Maybe } else { Tri::No };
        }
        let left_out = self.except.as_ref().map_or(Tri::No, |except| except.holds(route));
        let Some((pattern, methods)) = &self.only else { return !left_out };
        if !methods.is_empty() && !route.methods.iter().any(|method| methods.contains(method)) {
            return Tri::No;
        }
        covers(pattern, &route.path, self.cover).and(!left_out)
    }
}

/// The guard with what was found out about it.
fn told(mut guard: Guard, verdict: &Verdict) -> Guard {
    guard.authn = verdict.authn;
    guard.authz = verdict.authz;
    guard.rate_limit = verdict.rate_limit;
    guard.headers = verdict.headers;
    guard.csrf = verdict.csrf;
    guard
}

fn reach_words(scope: &GuardScope) -> &'static str {
    match scope {
        GuardScope::App => "global",
        GuardScope::Module => "module",
        GuardScope::Prefix(..) => "by path",
        GuardScope::Controller => "router",
        GuardScope::Route => "route",
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
