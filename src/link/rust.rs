//! Rust names across files, as far as routes need them: a handler, a guard or a router that stands in
//! another module or crate of the workspace.
//!
//! `mod` trees, re-exports and crate names need not be known for that: of the bindings of a name, the
//! one whose file agrees best with the path's modules is meant. A path of which no module agrees with
//! any file is a library's.

pub(super) mod constants;
mod extractors;
pub(super) mod flows;
mod results;
mod routers;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Linker;
use super::cargo::Crates;
use super::routes::{guards_only_later, lets_all_through, may_check};
use crate::ir::{Binding, BindingKind, Call, CallSite, Fact, FactKind, Func, Node, NodeKind, Param, Ref, Scope, Span, Text, Tri};
use crate::source::{FileId, Files};

/// Calls of one extractor that are looked at.
const MAX_CALLS: usize = 60;
/// Functions that return routers of other functions.
const MAX_HOPS: usize = 6;

/// Replaces names of other Rust files by what they stand for, in what routes are made of.
pub(super) fn link(linker: &mut Linker, crates: &Crates) {
    let is_rust = |file: FileId| linker.files.path(file).ends_with(".rs");
    let concerns =
        |fact: &Fact| matches!(fact.kind, FactKind::Route(_) | FactKind::Guard(_) | FactKind::Mount(_)) && is_rust(fact.span.file);
    if !linker.facts.iter().any(concerns) {
        return;
    }
    let mut index = Index::new(crates, &linker.files, &linker.symbols);
    index.layers = routers::layers(&linker.facts);
    let concerned: Vec<bool> = linker.facts.iter().map(concerns).collect();
    for (fact, concerned) in linker.facts.iter_mut().zip(concerned) {
        if !concerned {
            continue;
        }
        let file = fact.span.file;
        match &mut fact.kind {
            FactKind::Route(route) => {
                for guard in &mut route.guards {
                    *guard = index.guard(guard, file, MAX_HOPS);
                }
                if let Some(func) = route.handler.as_ref().and_then(|handler| index.handler(handler, file)) {
                    let is_loco = route.framework == "loco-rs";
                    let own = |param: &Param| {
                        extractors::of_prelude(param).filter(|_| is_loco).or_else(|| index.extractor(param, func.span.file))
                    };
                    // What warp hands to a handler, its filters have taken of the request; a resolver gets arguments.
                    let takes_itself = !matches!(route.framework.as_str(), "warp" | "async-graphql" | "juniper");
                    route.guards.extend(func.params.iter().filter(|_| takes_itself).filter_map(own));
                    let mut body = func.clone();
                    let says_who = |param: &Param| {
                        index.is_optional_identity(param, func.span.file) || index.is_left_to_handler(param, func.span.file)
                    };
                    if !body.reads_credentials && func.params.iter().any(says_who) {
                        Arc::make_mut(&mut body).reads_credentials = true;
                    }
                    route.guards.extend(index.asked_inside(func));
                    if let Some(path) = index.typed_path(&route.path, func) {
                        route.path = path;
                    }
                    if let Some(refusal) = index.refused_by_helper(func) {
                        let body = Arc::make_mut(&mut body);
                        body.denies.push(refusal);
                        body.reads_credentials = true;
                    }
                    if body.denies.is_empty()
                        && let Some(refusal) = index.refused_elsewhere(func)
                    {
                        Arc::make_mut(&mut body).denies.push(refusal);
                    }
                    let checks = index.checks_elsewhere(func);
                    if !checks.is_empty() {
                        Arc::make_mut(&mut body).calls.extend(checks);
                    }
                    route.body = Some(body);
                }
            }
            FactKind::Guard(guard) => guard.what = index.guard(&guard.what, file, MAX_HOPS),
            FactKind::Mount(mount) => {
                for guard in &mut mount.guards {
                    *guard = index.guard(guard, file, MAX_HOPS);
                }
                mount.child = index.child(&mount.child, file, MAX_HOPS, &mut mount.guards);
            }
            _ => {}
        }
    }
    super::nestrs::guard(linker);
}

/// What a library makes that turns nobody away, whatever it is told: which origins `CorsLayer` allows, how large a
/// body `RequestBodyLimitLayer` takes, where `AuthManagerLayerBuilder` looks the users of sessions up.
fn harmless(call: &Call) -> Option<NodeKind> {
    let mut root = call;
    while let Some(receiver) = &root.receiver {
        // salvo goes on whether or not there is a token.
        if root.callee.last() == "force_passed" && root.args.first().and_then(Node::as_bool) == Some(true) {
            return Some(NodeKind::Null);
        }
        root = receiver.as_call()?;
    }
    let callee = library(&root.callee);
    lets_all_through(&callee).then(|| NodeKind::Call(Box::new(Call::of(callee))))
}

/// A value that checks nothing: a constant by its name (`header::AUTHORIZATION` among the headers that a policy
/// allows), a variable of the environment.
fn is_constant(node: &Node) -> bool {
    let is_constant = |name: &Ref| name.scope == Scope::Env || name.last().len() > 1 && !name.last().contains(char::is_lowercase);
    match &node.kind {
        NodeKind::Ref(name) => is_constant(name),
        NodeKind::List(items) => items.iter().all(self::is_constant),
        _ => false,
    }
}

/// The bindings of all Rust files by name.
struct Index<'l> {
    by_name: FxHashMap<&'l str, Vec<(FileId, &'l Binding)>>,
    modules: FxHashMap<FileId, Vec<SmolStr>>,
    crates: &'l Crates,
    files: &'l Files,
    /// What functions lay around the routers that they are handed.
    layers: routers::Layers,
}

impl<'l> Index<'l> {
    fn new(crates: &'l Crates, files: &'l Files, symbols: &'l [crate::ir::Symbols]) -> Self {
        let mut index =
            Self { by_name: FxHashMap::default(), modules: FxHashMap::default(), crates, files, layers: routers::Layers::default() };
        for (at, symbols) in symbols.iter().enumerate() {
            let file = FileId(at as u32);
            let path = files.path(file);
            if symbols.bindings.is_empty() || !path.ends_with(".rs") {
                continue;
            }
            index.modules.insert(file, crates.modules(path));
            for binding in &symbols.bindings {
                index.by_name.entry(binding.name.as_str()).or_default().push((file, binding));
            }
        }
        index
    }

    /// The binding that a name of a file stands for.
    fn find(&self, name: &Ref, from: FileId) -> Option<(FileId, &'l Binding)> {
        if !matches!(name.scope, Scope::Rust | Scope::Local) {
            return None;
        }
        let names = name.names();
        let (last, before) = names.split_last()?;
        let owner = before.last().filter(|owner| owner.starts_with(char::is_uppercase));
        let key = owner.map_or_else(|| SmolStr::from(*last), |owner| smol_str::format_smolstr!("{owner}.{last}"));
        let path = if owner.is_some() { &before[..before.len() - 1] } else { before };
        let candidates = self.by_name.get(key.as_str())?;
        if path.is_empty()
            && let Some(own) = candidates.iter().rev().find(|(file, _)| *file == from)
        {
            return Some(*own);
        }
        let here = self.modules.get(&from).map(Vec::as_slice).unwrap_or_default();
        let score = |file: FileId| {
            let there = self.modules.get(&file).map(Vec::as_slice).unwrap_or_default();
            let agrees = |module: &&&str| matches!(**module, "crate" | "self" | "super") || there.iter().any(|part| part == **module);
            let named = path.iter().filter(agrees).count();
            let ends = usize::from(path.last().is_some_and(|module| there.last().is_some_and(|last| last == module)));
            let shared = here.iter().zip(there).take_while(|(a, b)| a == b).count();
            (named, ends, shared)
        };
        let best = candidates.iter().max_by_key(|(file, _)| (score(*file), std::cmp::Reverse(file.0)))?;
        let (named, ..) = score(best.0);
        let sure = if path.is_empty() { candidates.len() == 1 } else { named > 0 };
        sure.then_some(*best)
    }

    fn function(&self, name: &Ref, from: FileId) -> Option<&'l Arc<Func>> {
        let (file, name) = self.behind_aliases(name, from);
        match &self.find(&name, file)?.1.value.kind {
            NodeKind::Func(func) => Some(func),
            _ => None,
        }
    }

    /// What a name stands for once type aliases are followed: `type LoggedUser = SlimUser`.
    fn behind_aliases(&self, name: &Ref, from: FileId) -> (FileId, Ref) {
        let mut at = (from, name.clone());
        for _ in 0..MAX_HOPS {
            match self.find(&at.1, at.0) {
                Some((file, Binding { kind: BindingKind::Alias, value: Node { kind: NodeKind::Ref(next), .. }, .. })) if *next != at.1 => {
                    at = (file, next.clone());
                }
                _ => break,
            }
        }
        at
    }

    /// The path of a route that its handler's parameters tell: `#[typed_path("/users/{id}")] struct Member`.
    fn typed_path(&self, written: &Text, func: &Func) -> Option<Text> {
        written.holes().next()?;
        let types = func.params.iter().filter_map(|param| param.ty.as_ref());
        let mut told = types.filter_map(|ty| self.find(ty, func.span.file)?.1.value.as_text());
        told.next().cloned()
    }

    /// The function of a handler.
    fn handler(&self, handler: &Node, from: FileId) -> Option<&'l Arc<Func>> {
        self.function(handler.as_ref()?, from)
    }

    /// What a guard is: a function of the workspace by its summary, a library's by its crate.
    fn guard(&self, node: &Node, from: FileId, hops: usize) -> Node {
        let Some(hops) = hops.checked_sub(1) else { return node.clone() };
        let kind = match &node.kind {
            NodeKind::Ref(name) => self.guard_by_name(node, name, from, hops),
            NodeKind::Call(call) if self.only_remembers(call, from) => NodeKind::Null,
            NodeKind::Call(call) => harmless(call).unwrap_or_else(|| self.guard_by_call(node, call, from, hops)),
            NodeKind::List(items) => {
                NodeKind::List(items.iter().filter(|item| !is_constant(item)).map(|item| self.guard(item, from, hops)).collect())
            }
            NodeKind::Op(op, operands) => NodeKind::Op(*op, operands.iter().map(|item| self.guard(item, from, hops)).collect()),
            other => other.clone(),
        };
        Node { span: node.span, via: node.via.clone(), kind }
    }

    /// What a name that stands for a guard means: a function of the workspace, or what a library makes in the version
    /// that is used.
    fn guard_by_name(&self, node: &Node, name: &Ref, from: FileId, hops: usize) -> NodeKind {
        if let Some(func) = self.function(name, from) {
            return self.middleware(node, func, hops);
        }
        let name = library(&self.behind_aliases(name, from).1);
        if self.is_too_old(&name, from) { NodeKind::Null } else { NodeKind::Ref(name) }
    }

    /// A function with the extractors that it takes: `async fn staff_only(staff: Staff, request: Request, next: Next)`.
    fn middleware(&self, node: &Node, func: &Arc<Func>, hops: usize) -> NodeKind {
        if func.accepts_any && func.params.iter().any(is_rest_of_chain) {
            // Whoever sends any header goes on.
            let open = Func { denies: Vec::new(), lets_anonymous_through: Tri::Yes, ..Func::clone(func) };
            return NodeKind::Func(Arc::new(open));
        }
        let whole = NodeKind::Func(self.with_inner(func, hops));
        if func.name.starts_with(char::is_uppercase) || !func.denies.is_empty() {
            return whole;
        }
        let asks = |guard: &Node| !matches!(&guard.kind, NodeKind::Func(func) if func.denies.is_empty());
        let mut parts: Vec<Node> = func.params.iter().filter_map(|param| self.extractor(param, func.span.file)).filter(asks).collect();
        if parts.is_empty() {
            return whole;
        }
        parts.push(Node::new(node.span, whole));
        NodeKind::List(parts)
    }

    /// Whether a middleware runs a function that takes credentials where there are some, and refuses nobody who has any:
    /// `HttpAuthentication::with_fn(remember)`.
    fn only_remembers(&self, call: &Call, from: FileId) -> bool {
        let is_optional = |param: &Param| {
            let is_option = param.ty.as_ref().is_some_and(|ty| ty.last() == "Option");
            is_option && param.ty_args.first().is_some_and(|ty| matches!(ty.last(), "BearerAuth" | "BasicAuth"))
        };
        call.callee.path.iter().any(|name| name == "HttpAuthentication")
            && call
                .args
                .first()
                .and_then(Node::as_ref)
                .and_then(|name| self.function(name, from))
                .is_some_and(|func| func.accepts_any || func.denies.is_empty() && func.params.iter().any(is_optional))
    }

    /// What a call makes: a function that makes the guard by what it does and what it returns, a chain by its parts.
    fn guard_by_call(&self, node: &Node, call: &Call, from: FileId, hops: usize) -> NodeKind {
        // `from_fn_with_state(state, staff_only)`: the state guards nothing.
        let states = usize::from(call.callee.last().ends_with("_with_state"));
        let arguments = call.args.iter().skip(states).filter(|argument| !is_constant(argument));
        let mut parts: Vec<Node> = arguments.map(|argument| self.guard(argument, from, hops)).collect();
        parts.extend(call.receiver.as_ref().map(|receiver| self.guard(receiver, from, hops)));
        match self.function(&call.callee, from).or_else(|| self.made_by(&call.callee, from)) {
            Some(func) => {
                let returned = func.returns.as_ref().filter(|made| !matches!(made.kind, NodeKind::Null));
                let made = returned.map(|made| self.guard(made, func.span.file, hops));
                // How what lets everybody through is made says nothing.
                if made.as_ref().is_none_or(|made| !matches!(made.kind, NodeKind::Null)) {
                    parts.push(Node::new(node.span, NodeKind::Func(func.clone())));
                }
                parts.extend(made);
                NodeKind::List(parts)
            }
            None if call.receiver.is_some() => NodeKind::List(parts),
            None => NodeKind::Call(Box::new(Call { callee: library(&call.callee), args: parts, ..call.clone() })),
        }
    }

    /// An extractor with what those that it asks first do: `request.guard::<User>()?`,
    /// `User::from_request_parts(parts, state).await?`.
    fn with_inner(&self, func: &Arc<Func>, hops: usize) -> Arc<Func> {
        let Some(hops) = hops.checked_sub(1).filter(|_| func.denies.is_empty() && !func.accepts_any) else { return func.clone() };
        for (at, call) in func.calls.iter().enumerate().take(MAX_CALLS) {
            if is_optional(&func.calls[..at], call) {
                continue;
            }
            if func.reads_credentials && self.is_refusal(&call.callee, func.span.file) {
                let mut whole = Func::clone(func);
                whole.denies.push(call.span);
                whole.lets_anonymous_through = Tri::No;
                return Arc::new(whole);
            }
            let mut ty = call.callee.clone();
            if ty.last().starts_with("from_request") {
                ty.path.pop();
            }
            let is_type = ty.last().starts_with(char::is_uppercase);
            let Some(inner) = self.function(&ty, func.span.file).filter(|inner| inner.span != func.span) else { continue };
            let inner = self.with_inner(inner, hops);
            // A helper that reads the token and refuses whoever has none: `read_token(parts)?`.
            if !is_type && !inner.reads_credentials {
                continue;
            }
            if !inner.denies.is_empty() {
                let mut whole = Func::clone(func);
                whole.denies.extend(inner.denies.iter().copied());
                whole.reads_credentials |= inner.reads_credentials;
                whole.lets_anonymous_through = if is_type { inner.lets_anonymous_through } else { Tri::No };
                return Arc::new(whole);
            }
        }
        func.clone()
    }

    /// Where a handler is left because a function finds no caller in the request: `auth::caller(&headers).await?`.
    fn refused_by_helper(&self, func: &Func) -> Option<Span> {
        let needed = func.calls.iter().take(MAX_CALLS).filter(|call| call.is_certain && !call.is_noted);
        let mut refused = needed
            .filter(|call| self.function(&call.callee, func.span.file).is_some_and(|helper| self.with_inner(helper, 3).reads_credentials));
        refused.next().map(|call| call.span)
    }

    /// Where a handler calls a function of another file that refuses somebody, of whatever it asks.
    fn refused_elsewhere(&self, func: &Func) -> Option<Span> {
        let refuses = |call: &&CallSite| {
            let called = self.function(&call.callee, func.span.file).filter(|called| called.span.file != func.span.file);
            called.is_some_and(|called| !called.params.is_empty() && !called.denies.is_empty())
        };
        func.calls.iter().take(MAX_CALLS).filter(|call| !call.is_ignored && !call.is_noted).find(refuses).map(|call| call.span)
    }

    /// The extractors that a handler asks itself: `Staff::extract(&request).await?`.
    fn asked_inside(&self, func: &Func) -> Vec<Node> {
        let calls = func.calls.iter().take(MAX_CALLS).enumerate().filter(|(at, call)| !is_optional(&func.calls[..*at], call));
        let asked = calls.filter_map(|(_, call)| {
            let [.., owner, name] = call.callee.path.as_slice() else { return None };
            let asks = owner.starts_with(char::is_uppercase) && (name.starts_with("from_request") || name == "extract");
            let mut ty = call.callee.clone();
            ty.path.pop();
            asks.then(|| self.guard(&Node::new(call.span, NodeKind::Ref(ty)), func.span.file, 2))
        });
        asked.filter(|guard| matches!(&guard.kind, NodeKind::Func(func) if !func.denies.is_empty())).collect()
    }

    /// The checks that functions of other files make for a handler: `inbox::handle(data)?`.
    fn checks_elsewhere(&self, func: &Func) -> Vec<CallSite> {
        let calls = func.calls.iter().take(MAX_CALLS).filter(|call| !call.is_ignored);
        let called = calls.filter_map(|call| self.function(&call.callee, func.span.file));
        let inner = called.filter(|inner| inner.span.file != func.span.file).flat_map(|inner| inner.calls.iter().take(MAX_CALLS));
        let checks = inner.filter(|call| may_check(&call.callee));
        checks.take(MAX_CALLS).map(|call| CallSite { is_certain: false, ..call.clone() }).collect()
    }

    /// Whether a parameter is an identity that may be missing, `Option<User>`, by which the handler decides something.
    fn is_optional_identity(&self, param: &Param, file: FileId) -> bool {
        let is_optional = param.ty.as_ref().is_some_and(|ty| matches!(ty.last(), "Option" | "Result"));
        is_optional
            && param.is_asked
            && param
                .ty_args
                .first()
                .and_then(|ty| self.function(ty, file))
                .is_some_and(|func| func.reads_credentials || !func.denies.is_empty())
    }

    /// Whether a parameter is a credential that the handler alone can check, and does not leave unread.
    fn is_left_to_handler(&self, param: &Param, file: FileId) -> bool {
        let is_unchecked = |func: &Arc<Func>| {
            func.accepts_any || func.reads_credentials && func.denies.is_empty() && func.lets_anonymous_through.is_maybe()
        };
        !param.name.starts_with('_')
            && param.ty.as_ref().is_some_and(|ty| match self.function(ty, file) {
                Some(func) => is_unchecked(func),
                None => self.is_too_old(&library(ty), file),
            })
    }

    /// Whether a guard of a crate turns nobody away in the version that a file uses.
    fn is_too_old(&self, name: &Ref, file: FileId) -> bool {
        let version = || name.module().and_then(|module| self.crates.version(self.files.path(file), module));
        guards_only_later(name, version)
    }

    /// `Auth::new(…)`, `Auth { … }`: the type's own summary.
    fn made_by(&self, callee: &Ref, from: FileId) -> Option<&'l Arc<Func>> {
        let mut ty = callee.clone();
        if ty.path.len() > 1 {
            ty.path.pop();
        }
        self.function(&ty, from)
    }

    /// `Users.routes()`, `Users::new(pool).routes()`: the method of the type that stands there.
    fn method_of(&self, call: &Call, from: FileId) -> Option<&'l Arc<Func>> {
        let mut name = match &call.receiver.as_ref()?.kind {
            NodeKind::Ref(name) => name.clone(),
            NodeKind::Call(made) if made.is_new => made.callee.clone(),
            NodeKind::Call(made) if made.receiver.is_none() && made.callee.path.len() > 1 => {
                let mut ty = made.callee.clone();
                ty.path.pop();
                ty
            }
            _ => return None,
        };
        if !name.last().starts_with(char::is_uppercase) {
            return None;
        }
        name.path.push(call.callee.path.last()?.clone());
        self.function(&name, from)
    }

    /// Whether an error is answered with a status that turns callers away: `Refused::Missing`, by what its type's
    /// `IntoResponse` says.
    fn is_refusal(&self, error: &Ref, from: FileId) -> bool {
        let [.., owner, _] = error.path.as_slice() else { return false };
        let mut ty = error.clone();
        ty.path.pop();
        owner.starts_with(char::is_uppercase) && self.function(&ty, from).is_some_and(|answered| !answered.denies.is_empty())
    }
}

/// What a middleware hands the request on to.
fn is_rest_of_chain(param: &Param) -> bool {
    param.ty.as_ref().is_some_and(|ty| matches!(ty.last(), "Next" | "FlowCtrl"))
}

/// Whether nothing comes of it where an extractor is asked and says no: `request.guard::<User>().succeeded()`.
fn is_optional(before: &[CallSite], call: &CallSite) -> bool {
    if call.is_noted {
        return true;
    }
    let asked = |call: &&CallSite| matches!(call.callee.last(), "guard" | "extract" | "extract_with_state");
    let mut around = before.iter().rev().filter(|call| !asked(call)).take_while(|around| around.span.start > call.span.start);
    around.any(|around| takes_nothing_for_an_answer(around.callee.last()))
}

fn takes_nothing_for_an_answer(method: &str) -> bool {
    matches!(method, "succeeded" | "ok" | "is_ok" | "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "map_or" | "map_or_else")
}

/// The name as a library's: its first part is the crate.
fn library(name: &Ref) -> Ref {
    let [first, rest @ ..] = name.path.as_slice() else { return name.clone() };
    let outside = name.scope == Scope::Rust && !rest.is_empty() && !matches!(first.as_str(), "crate" | "self" | "super" | "Self");
    if outside && first.starts_with(char::is_lowercase) {
        Ref::new(Scope::Import(first.clone()), rest.iter().cloned())
    } else {
        name.clone()
    }
}
