//! Rust names across files, as far as routes need them: a handler, a guard or a router that stands in
//! another module or crate of the workspace.
//!
//! `mod` trees, re-exports and crate names need not be known for that: of the bindings of a name, the
//! one whose file agrees best with the path's modules is meant. A path of which no module agrees with
//! any file is a library's.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::Linker;
use super::routes::{lets_all_through, may_check};
use crate::ir::{Binding, BindingKind, Call, CallSite, Fact, FactKind, Func, Node, NodeKind, Param, Ref, Scope, Span, Tri, Why};
use crate::source::{FileId, Files};

/// Calls of one extractor that are looked at.
const MAX_CALLS: usize = 60;
/// Functions that return routers of other functions.
const MAX_HOPS: usize = 6;

/// Replaces names of other Rust files by what they stand for, in what routes are made of.
pub(super) fn link(linker: &mut Linker) {
    let is_rust = |file: FileId| linker.files.path(file).ends_with(".rs");
    let concerns =
        |fact: &Fact| matches!(fact.kind, FactKind::Route(_) | FactKind::Guard(_) | FactKind::Mount(_)) && is_rust(fact.span.file);
    if !linker.facts.iter().any(concerns) {
        return;
    }
    let index = Index::new(&linker.files, &linker.symbols);
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
                    let own = |param: &Param| of_prelude(param).filter(|_| is_loco).or_else(|| index.extractor(param, func.span.file));
                    route.guards.extend(func.params.iter().filter_map(own));
                    let mut body = func.clone();
                    if !body.reads_credentials && func.params.iter().any(|param| index.is_optional_identity(param, func.span.file)) {
                        Arc::make_mut(&mut body).reads_credentials = true;
                    }
                    let checks = index.checks_elsewhere(func);
                    if !checks.is_empty() {
                        Arc::make_mut(&mut body).calls.extend(checks);
                    }
                    route.body = Some(body);
                }
            }
            FactKind::Guard(guard) => guard.what = index.guard(&guard.what, file, MAX_HOPS),
            FactKind::Mount(mount) => mount.child = index.child(&mount.child, file, MAX_HOPS, &mut mount.guards),
            _ => {}
        }
    }
    super::nestrs::guard(linker);
}

/// What a library makes that turns nobody away, whatever it is told: which origins `CorsLayer` allows, how large a
/// body `RequestBodyLimitLayer` takes.
fn harmless(call: &Call) -> Option<NodeKind> {
    let mut root = call;
    while let Some(receiver) = &root.receiver {
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
}

impl<'l> Index<'l> {
    fn new(files: &Files, symbols: &'l [crate::ir::Symbols]) -> Self {
        let mut index = Self { by_name: FxHashMap::default(), modules: FxHashMap::default() };
        for (at, symbols) in symbols.iter().enumerate() {
            let file = FileId(at as u32);
            let path = files.path(file);
            if symbols.bindings.is_empty() || !path.ends_with(".rs") {
                continue;
            }
            index.modules.insert(file, modules(path));
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

    /// The function of a handler.
    fn handler(&self, handler: &Node, from: FileId) -> Option<&'l Arc<Func>> {
        self.function(handler.as_ref()?, from)
    }

    /// What a guard is: a function of the workspace by its summary, a library's by its crate.
    fn guard(&self, node: &Node, from: FileId, hops: usize) -> Node {
        let Some(hops) = hops.checked_sub(1) else { return node.clone() };
        let kind = match &node.kind {
            NodeKind::Ref(name) => match self.function(name, from) {
                Some(func) => NodeKind::Func(self.with_inner(func, hops)),
                None => NodeKind::Ref(library(&self.behind_aliases(name, from).1)),
            },
            NodeKind::Call(call) => harmless(call).unwrap_or_else(|| self.guard_by_call(node, call, from, hops)),
            NodeKind::List(items) => {
                NodeKind::List(items.iter().filter(|item| !is_constant(item)).map(|item| self.guard(item, from, hops)).collect())
            }
            NodeKind::Op(op, operands) => NodeKind::Op(*op, operands.iter().map(|item| self.guard(item, from, hops)).collect()),
            other => other.clone(),
        };
        Node { span: node.span, via: node.via.clone(), kind }
    }

    /// What a call makes: a function that makes the guard by what it does and what it returns, a chain by its parts.
    fn guard_by_call(&self, node: &Node, call: &Call, from: FileId, hops: usize) -> NodeKind {
        let arguments = call.args.iter().filter(|argument| !is_constant(argument));
        let mut parts: Vec<Node> = arguments.map(|argument| self.guard(argument, from, hops)).collect();
        parts.extend(call.receiver.as_ref().map(|receiver| self.guard(receiver, from, hops)));
        match self.function(&call.callee, from).or_else(|| self.made_by(&call.callee, from)) {
            Some(func) => {
                parts.push(Node::new(node.span, NodeKind::Func(func.clone())));
                parts.extend(func.returns.as_ref().map(|made| self.guard(made, func.span.file, hops)));
                NodeKind::List(parts)
            }
            None if call.receiver.is_some() => NodeKind::List(parts),
            None => NodeKind::Call(Box::new(Call { callee: library(&call.callee), args: parts, ..call.clone() })),
        }
    }

    /// An extractor with what those that it asks first do: `request.guard::<User>()?`,
    /// `User::from_request_parts(parts, state).await?`.
    fn with_inner(&self, func: &Arc<Func>, hops: usize) -> Arc<Func> {
        let Some(hops) = hops.checked_sub(1).filter(|_| func.denies.is_empty()) else { return func.clone() };
        for (at, call) in func.calls.iter().enumerate().take(MAX_CALLS) {
            if is_optional(&func.calls[..at], call) {
                continue;
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

    /// The checks that functions of other files make for a handler: `inbox::handle(data)?`.
    fn checks_elsewhere(&self, func: &Func) -> Vec<CallSite> {
        let calls = func.calls.iter().take(MAX_CALLS).filter(|call| !call.is_ignored);
        let called = calls.filter_map(|call| self.function(&call.callee, func.span.file));
        let inner = called.filter(|inner| inner.span.file != func.span.file).flat_map(|inner| inner.calls.iter().take(MAX_CALLS));
        let checks = inner.filter(|call| may_check(&call.callee));
        checks.take(MAX_CALLS).map(|call| CallSite { is_certain: false, ..call.clone() }).collect()
    }

    /// Whether a parameter is an identity that may be missing: `Option<User>`.
    fn is_optional_identity(&self, param: &Param, file: FileId) -> bool {
        // Nobody asks for an `Option` but to look at it; a `Result` may be there to swallow the refusal.
        let is_optional = param.ty.as_ref().is_some_and(|ty| ty.last() == "Option");
        is_optional
            && !param.name.starts_with('_')
            && param
                .ty_args
                .first()
                .and_then(|ty| self.function(ty, file))
                .is_some_and(|func| func.reads_credentials || !func.denies.is_empty())
    }

    /// `Auth::new(…)`, `Auth { … }`: the type's own summary.
    fn made_by(&self, callee: &Ref, from: FileId) -> Option<&'l Arc<Func>> {
        let mut ty = callee.clone();
        if ty.path.len() > 1 {
            ty.path.pop();
        }
        self.function(&ty, from)
    }

    /// The guard that a handler's parameter is: a type that can turn the caller away.
    fn extractor(&self, param: &Param, file: FileId) -> Option<Node> {
        const PLAIN: [&str; 30] = [
            "Path",
            "Query",
            "Json",
            "Form",
            "State",
            "Extension",
            "Data",
            "Option",
            "Result",
            "String",
            "Bytes",
            "HeaderMap",
            "Request",
            "Multipart",
            "HttpRequest",
            "TypedHeader",
            "Uri",
            "Method",
            "ConnectInfo",
            "Vec",
            "Arc",
            "Body",
            "Payload",
            "Host",
            "Valid",
            "Ctx",
            "Piped",
            "Scope",
            "Inject",
            "Bind",
        ];
        let ty = param.ty.as_ref()?;
        // `u32`, `&str`: what Rocket and salvo read off the path.
        let is_primitive = ty.path.len() == 1 && ty.last().starts_with(char::is_lowercase);
        if PLAIN.contains(&ty.last()) || ty.path.is_empty() || is_primitive {
            return None;
        }
        let node = Node::new(param.span, NodeKind::Ref(ty.clone()));
        let guard = self.guard(&node, file, 2);
        let NodeKind::Func(func) = &guard.kind else { return Some(guard) };
        let seen = if func.denies.is_empty() { self.seen_in(func, MAX_HOPS, &mut FxHashSet::default()) } else { Seen::default() };
        // Credentials are read and something is refused, in words that say no status: it can't be told.
        let is_open_question = seen.credentials && seen.refusal;
        Some(if is_open_question { Node { kind: NodeKind::Unknown(Why::Opaque), ..guard } } else { guard })
    }

    /// What an extractor and what it asks show: the extractors that it is made of, and its own methods.
    fn seen_in(&self, func: &Func, hops: usize, visited: &mut FxHashSet<Span>) -> Seen {
        let mut seen = Seen { credentials: func.reads_credentials, refusal: !func.denies.is_empty() };
        let Some(hops) = hops.checked_sub(1).filter(|_| visited.insert(func.span)) else { return seen };
        for (at, call) in func.calls.iter().enumerate().take(MAX_CALLS) {
            if is_optional(&func.calls[..at], call) {
                continue;
            }
            seen.refusal |=
                matches!(call.callee.last(), "Err" | "err" | "ok_or" | "ok_or_else" | "bail!" | "ensure!" | "Error" | "Failure");
            let asked = match call.callee.path.as_slice() {
                // `User::from_request(…)`: the type's own summary.
                [owner, name] if owner.starts_with(char::is_uppercase) && (name.starts_with("from_request") || name == "extract") => {
                    Ref::new(call.callee.scope.clone(), [owner.clone()])
                }
                [owner, _] if owner.starts_with(char::is_uppercase) => call.callee.clone(),
                [_] => call.callee.clone(),
                _ => continue,
            };
            if let Some(inner) = self.function(&asked, func.span.file) {
                let inner = self.seen_in(inner, hops, visited);
                seen.credentials |= inner.credentials;
                seen.refusal |= inner.refusal;
            }
        }
        seen
    }

    /// The router that a mount places: the one that a function of another file makes or configures. What is
    /// laid around it where it is mounted, `users::router().layer(auth)`, joins the guards.
    fn child(&self, node: &Node, from: FileId, hops: usize, guards: &mut Vec<Node>) -> Node {
        let Some(hops) = hops.checked_sub(1) else { return node.clone() };
        let kind = match &node.kind {
            NodeKind::Ref(name) if name.path.len() > 1 || self.find(name, from).is_some() => match self.find(name, from) {
                Some((file, binding)) => {
                    let NodeKind::Func(func) = &binding.value.kind else { return node.clone() };
                    // `.configure(users::config)`: its parameter is the router.
                    let router = func.params.iter().find(|param| param.ty.as_ref().is_some_and(|ty| ty.last() == "ServiceConfig"));
                    let name = match router {
                        Some(param) => smol_str::format_smolstr!("{}@{}", param.name, param.span.start),
                        None => binding.name.clone(),
                    };
                    let mut there = func.span;
                    there.file = file;
                    return Node::new(there, NodeKind::Ref(Ref::new(Scope::Local, [name])));
                }
                None => return node.clone(),
            },
            NodeKind::Call(call) => {
                if let Some(router) = call.receiver.as_ref().filter(|_| lays_around(call.callee.last())) {
                    guards.extend(call.args.iter().map(|guard| self.guard(guard, from, hops)));
                    return self.child(router, from, hops, guards);
                }
                if let Some(func) = self.function(&call.callee, from) {
                    return func.returns.as_ref().map_or_else(|| node.clone(), |made| self.child(made, func.span.file, hops, guards));
                }
                let mut call = call.clone();
                call.args = call.args.iter().map(|argument| self.child(argument, from, hops, guards)).collect();
                call.receiver = call.receiver.as_ref().map(|receiver| self.child(receiver, from, hops, guards));
                NodeKind::Call(call)
            }
            NodeKind::List(items) => NodeKind::List(items.iter().map(|item| self.child(item, from, hops, guards)).collect()),
            NodeKind::Op(op, operands) => NodeKind::Op(*op, operands.iter().map(|item| self.child(item, from, hops, guards)).collect()),
            other => other.clone(),
        };
        Node { span: node.span, via: node.via.clone(), kind }
    }
}

/// Methods that put a guard around a whole router.
fn lays_around(method: &str) -> bool {
    matches!(method, "layer" | "route_layer" | "wrap" | "around" | "with")
}

/// What the functions behind an extractor do.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// They read credentials.
    credentials: bool,
    /// They answer with an error.
    refusal: bool,
}

/// Whether nothing comes of it where an extractor is asked and says no: `request.guard::<User>().succeeded()`.
fn is_optional(before: &[CallSite], call: &CallSite) -> bool {
    let asked = |call: &&CallSite| matches!(call.callee.last(), "guard" | "extract" | "extract_with_state");
    let around = before.iter().rev().find(|call| !asked(call));
    around.is_some_and(|around| around.span.start > call.span.start && matches!(around.callee.last(), "succeeded" | "ok" | "is_ok"))
}

/// loco's prelude brings `auth::JWT` in by a glob.
fn of_prelude(param: &Param) -> Option<Node> {
    let names = param.ty.as_ref()?.names();
    let is_token = matches!(names.as_slice(), ["auth", _] | [_] | ["loco_rs", ..])
        && names.last().is_some_and(|name| matches!(*name, "JWT" | "JWTWithUser" | "ApiToken"));
    is_token.then(|| Node::new(param.span, NodeKind::Ref(Ref::import("loco_rs", names[names.len() - 1]))))
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

/// The module names of a file's path: `crates/auth/src/jwt/mod.rs` is `crates auth jwt`.
fn modules(path: &str) -> Vec<SmolStr> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let parts = path.split('/').filter(|part| !matches!(*part, "src" | "mod" | "lib" | "main" | "." | "crates"));
    parts.map(|part| SmolStr::from(part.replace('-', "_"))).collect()
}
