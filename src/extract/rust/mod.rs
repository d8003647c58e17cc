//! Rust services: what their functions build and call, as facts and as names for linking.
//!
//! Test code (`#[test]`, `#[cfg(test)]`) is not shipped, and not read ([`crate::parse::rust::live`]).

mod chain;
mod cors;
mod eval;
mod func;
mod gate;
mod handlers;
mod names;
mod nestrs;
mod printed;
mod procedures;
mod routers;
mod sinks;
mod sites;
mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::ir::{
    Binding, BindingKind, CallSite, FactKind, Field, Func, Guard, GuardScope, Node, NodeKind, Ref, Scope, Sink, SinkKind, Span, Tri, Why,
};
use crate::parse::rust::{Attr, Function, Item, ItemKind, Stmt, Type, live, parse};

use super::Extract;
use crate::prefilter::{Gate, Gates};
use crate::source::Src;
use chain::Chain;
use eval::{Eval, Read};
use names::Names;
use sites::Interest;

/// What a Rust file must name to be parsed.
const GATES: [Gate; 5] = [Gate::Jwt, Gate::Cors, Gate::RustRoutes, Gate::Nestrs, Gate::RustSinks];

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let holds_constants = gate::holds_constants(&cx.file.path, &cx.file.text);
    if !holds_constants && !is_wanted(cx.gates, &cx.file.text) {
        return;
    }
    // What opened a gate is often in a test or a comment alone.
    let live = live(&cx.file.text);
    if !holds_constants && !is_wanted(crate::prefilter::look(&live.text).gates, &live.text) {
        return;
    }
    let tree = cx.take(parse(&Src::embedded(cx.file.id, &live.text, &[])));
    cx.out.parsed = Some(live.bytes);
    let mut names = Names::of(&tree, &cx.file.text);
    names.speaks_of_secrets = cx.gates.has(Gate::SecretWord);
    let mut reader = Reader { names: &names, read: Vec::new(), bindings: Vec::new() };
    reader.items(&tree.items, "");
    let Reader { read: reads, bindings, .. } = reader;
    let by_name: FxHashMap<&str, &Func> = reads.iter().map(|read| (read.func.name.as_str(), &read.func)).collect();
    let callers = callers(&reads);
    for read in &reads {
        let all = callers.get(read.func.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let others: SmallVec<[&Read; 4]> = all.iter().copied().filter(|other| other.func.span != read.func.span).collect();
        facts(cx, read, &by_name, &others);
        read.routers.iter().filter(|router| !router.replaced).for_each(|router| routers::facts(cx, router, &read.func));
        for what in &read.global_guards {
            let guard = Guard::new(what.clone(), GuardScope::App, None, what.span.start);
            cx.fact(what.span, "use_guards_global", FactKind::Guard(guard));
        }
    }
    dangerous(cx, &reads);
    let is_checked_elsewhere = if names.uses("jsonwebtoken") { Tri::Maybe } else { Tri::No };
    let believed: BTreeMap<Span, &Read> = reads.iter().flat_map(|read| read.believed.iter().map(move |place| (*place, read))).collect();
    for (place, read) in believed {
        let check = token::by_hand(place, is_checked_elsewhere);
        cx.fact(place, read.owner.clone(), FactKind::TokenCheck(Box::new(check)));
    }
    routed(cx, &tree.items);
    if cx.gates.has(Gate::Nestrs) {
        nestrs::extract(cx, &tree.items, &names);
    }
    handlers::controllers(cx, &tree.items, &names);
    if cx.file.text.contains("poem_openapi") {
        handlers::operations(cx, &tree.items);
    }
    cx.out.symbols.bindings = bindings;
    procedures::extract(cx, &tree.items, &names);
    for mut read in reads {
        read.flows.keep(&mut cx.out.symbols);
        let span = read.func.span;
        let value = Node::new(span, NodeKind::Func(Arc::new(read.func)));
        cx.out.symbols.bindings.push(Binding { name: read.owner, kind: BindingKind::Function, value, span });
    }
}

/// Whether a text names something that a rule knows, or may write a secret to a log.
fn is_wanted(gates: Gates, text: &str) -> bool {
    let may_show = || gates.has(Gate::RustLog) && gate::may_log_secrets(text) || gate::may_print_secrets(text);
    gates.has_any(&GATES) || gates.has(Gate::SecretWord) && may_show()
}

/// Goes through items and reads each function once.
struct Reader<'n, 't> {
    names: &'n Names<'t>,
    read: Vec<Read>,
    bindings: Vec<Binding>,
}

impl Reader<'_, '_> {
    fn items(&mut self, items: &[Item], self_type: &str) {
        for item in items {
            match &item.kind {
                ItemKind::Function(function) => self.function(function, &item.attrs, self_type),
                ItemKind::Const { name, value } => {
                    let (node, sites) = Eval::new(self.names, self_type).constant(value);
                    let func = Func { name: name.text.clone(), span: value.span, ..Func::default() };
                    if !sites.is_empty() {
                        self.read.push(Read { owner: name.text.clone(), func, sites, ..Read::default() });
                    } else if node.is_known() && node.weight(64) < 64 {
                        self.bind(name.text.clone(), BindingKind::Const, node, name.span);
                    }
                }
                ItemKind::Impl { of, ty, items } => {
                    let before = self.read.len();
                    self.items(items, ty.last());
                    if let Some(place) =
                        of.as_ref().filter(|of| of.last().ends_with("CertVerifier")).and_then(|_| sinks::accepts_all(items))
                    {
                        let off = Sink::unverified(Ref::new(Scope::Local, ["verify_server_cert"]), place);
                        self.read.push(Read { owner: ty.last().into(), sinks: vec![(place, off)], ..Read::default() });
                    }
                    if let Some(sink) = of.as_ref().filter(|of| of.last() == "CipherSuite").and_then(|_| sinks::unstretched(items)) {
                        self.read.push(Read { owner: ty.last().into(), sinks: vec![sink], ..Read::default() });
                    }
                    match of.as_ref().map_or("", |of| of.last()) {
                        of if is_extractor(of) => self.extractor(ty.last(), ty.span, before, None),
                        "IntoResponse" | "ResponseError" | "Responder" | "Writer" | "Scribe" => self.answered(ty.last(), ty.span, before),
                        "Transform" | "Middleware" | "Layer" => {
                            let made = items.iter().find_map(|item| match &item.kind {
                                ItemKind::Alias { name, ty } if matches!(name.text.as_str(), "Transform" | "Service" | "Output") => {
                                    Some(ty.last())
                                }
                                _ => None,
                            });
                            self.extractor(ty.last(), ty.span, before, made);
                        }
                        "Service"
                        | "AuthorizeRequest"
                        | "AsyncAuthorizeRequest"
                        | "ValidateRequest"
                        | "Interceptor"
                        | "CanActivate"
                        | "Handler" => {
                            self.extractor(ty.last(), ty.span, before, None);
                        }
                        "Guard" => {
                            if self.names.uses("async_graphql") {
                                self.refused_by_error(before);
                            }
                            self.extractor(ty.last(), ty.span, before, None);
                        }
                        _ => {}
                    }
                }
                ItemKind::Trait { name, items } => self.items(items, &name.text),
                ItemKind::Module { items, .. } => self.items(items, self_type),
                ItemKind::Alias { name, ty } => {
                    let value = Node::new(ty.span, NodeKind::Ref(self.names.ty(ty, self_type)));
                    self.bind(name.text.clone(), BindingKind::Alias, value, name.span);
                }
                ItemKind::Macro(call) => {
                    self.items(&call.items, self_type);
                    if !call.stmts.is_empty() || !call.args.is_empty() {
                        let stmts = call.stmts.iter().cloned();
                        let args = call.args.iter().map(|arg| Stmt::Expr { expr: arg.value.clone(), semi: true });
                        let body = crate::parse::rust::Block { stmts: stmts.chain(args).collect(), span: call.span };
                        let function = Function { body, span: call.span, ..Function::default() };
                        self.function(&function, &[], self_type);
                    }
                }
                ItemKind::Struct { name, .. } | ItemKind::Enum { name, .. } => {
                    if item.attrs.iter().any(is_security_scheme) {
                        self.scheme(&name.text, name.span, handlers::is_checked_scheme(item));
                    }
                    let ty = Type { names: vec![name.text.clone()], ..Type::default() };
                    if let Some(secret) = self.names.printed(&ty) {
                        let shown = smol_str::format_smolstr!("{}.Debug", name.text);
                        self.bind(shown, BindingKind::Class, Node::text(secret, name.span), name.span);
                    }
                    if item.attrs.iter().any(is_database) {
                        let pool = Func { name: name.text.clone(), span: name.span, lets_anonymous_through: Tri::Yes, ..Func::default() };
                        self.bind(name.text.clone(), BindingKind::Class, Node::new(name.span, NodeKind::Func(Arc::new(pool))), name.span);
                    }
                    if let Some(path) = item.attrs.iter().find(|attr| attr.is("typed_path")).and_then(|attr| attr.args.first())
                        && let Some(text) = path.value.as_str()
                    {
                        self.bind(name.text.clone(), BindingKind::Class, Node::text(text, path.value.span), name.span);
                    }
                }
                // `pub use fuel::router as fuel`: other files know it by that name.
                ItemKind::Use(leaves) => {
                    for leaf in
                        leaves.iter().filter(|leaf| leaf.public && leaf.path.last() != Some(&leaf.local.text) && leaf.local.text != "*")
                    {
                        let value = Node::new(leaf.local.span, NodeKind::Ref(Ref::new(Scope::Rust, leaf.path.iter().cloned())));
                        self.bind(leaf.local.text.clone(), BindingKind::Alias, value, leaf.local.span);
                    }
                }
            }
        }
    }

    fn bind(&mut self, name: SmolStr, kind: BindingKind, value: Node, span: Span) {
        self.bindings.push(Binding { name, kind, value, span });
    }

    fn function(&mut self, function: &Function, attrs: &[Attr], self_type: &str) {
        let read = Eval::new(self.names, self_type).function(function, attrs);
        let name = &read.func.name;
        let owner = if self_type.is_empty() { name.clone() } else { smol_str::format_smolstr!("{self_type}.{name}") };
        self.read.push(Read { owner, ..read });
        // Functions inside functions.
        for stmt in &function.body.stmts {
            if let Stmt::Item(item) = stmt {
                self.items(std::slice::from_ref(item), self_type);
            }
        }
    }

    /// poem-openapi answers 401 to whoever does not send what a scheme's checker asks for; what a scheme without one
    /// is sent, the handler may check.
    fn scheme(&mut self, name: &SmolStr, span: Span, checked: bool) {
        let mut asks = Func { name: name.clone(), span, reads_credentials: true, lets_anonymous_through: Tri::Maybe, ..Func::default() };
        if checked {
            (asks.denies, asks.lets_anonymous_through) = (vec![span], Tri::No);
        }
        self.bind(name.clone(), BindingKind::Class, Node::new(span, NodeKind::Func(Arc::new(asks))), span);
    }

    /// A type by the answer that is made of it, if that turns a caller away.
    fn answered(&mut self, name: &str, span: Span, first: usize) {
        let denies: Vec<Span> = self.read[first..].iter().flat_map(|read| read.func.denies.iter().copied()).collect();
        if !denies.is_empty() {
            let answer = Func { name: name.into(), span, denies, ..Func::default() };
            self.bind(name.into(), BindingKind::Class, Node::new(span, NodeKind::Func(Arc::new(answer))), span);
        }
    }

    /// A guard of async-graphql turns away by any error.
    fn refused_by_error(&mut self, first: usize) {
        for read in &mut self.read[first..] {
            let error = read.func.calls.iter().find(|call| call.callee.last() == "Err").map(|call| call.span);
            read.func.denies.extend(error);
        }
    }

    /// A type that a framework takes from the request: it authenticates if it can turn a caller away.
    /// `made` is the type that does the work for it.
    fn extractor(&mut self, name: &str, span: Span, first: usize, made: Option<&str>) {
        let mut whole = Func { name: name.into(), span, ..Func::default() };
        for read in &self.read[first..] {
            whole.calls.extend(read.func.calls.iter().cloned());
            whole.denies.extend(read.func.denies.iter().copied());
            whole.reads_credentials |= read.func.reads_credentials;
        }
        for method in made.into_iter().flat_map(|made| ["call", "endpoint"].map(|method| (made, method))) {
            whole.calls.push(CallSite::new(Ref::new(Scope::Local, [method.0, method.1]), span));
        }
        // Rocket: a guard that finds no session or key fails, or forwards to the next route, which is mostly none.
        let forwards = |call: &CallSite| match call.callee.names().as_slice() {
            [.., "Outcome", "Error" | "Failure" | "Forward"] => true,
            names => names.last().is_some_and(|name| matches!(*name, "or_forward" | "or_error" | "into_outcome" | "Forward")),
        };
        if whole.reads_credentials && whole.denies.is_empty() {
            whole.denies.extend(whole.calls.iter().find(|call| forwards(call)).map(|call| call.span));
        }
        whole.accepts_any = whole.reads_credentials
            && made.is_none()
            && self.read[first..].iter().all(|read| read.checks_nothing && eval::only_looks(&read.func));
        if whole.accepts_any {
            whole.denies.clear();
        }
        whole.lets_anonymous_through = match (whole.denies.is_empty(), made) {
            (true, None) => Tri::Yes,
            (true, Some(_)) => Tri::Maybe,
            (false, _) => Tri::No,
        };
        let value = Node::new(span, NodeKind::Func(Arc::new(whole)));
        self.bind(name.into(), BindingKind::Class, value, span);
    }
}

/// The dangerous calls of all functions. One that was found on several ways is what the worst of them says.
fn dangerous(cx: &mut Extract<'_>, read: &[Read]) {
    let mut found: BTreeMap<(Span, SinkKind, SmolStr, bool), (&Read, &Sink)> = BTreeMap::new();
    let worst = |sink: &Sink| sink.parts.iter().map(|part| part.tainted).max();
    for read in read {
        for (span, sink) in &read.sinks {
            let label = sink.parts.first().map(|part| part.label.clone()).unwrap_or_default();
            let waits = sink.parts.iter().any(|part| !part.taken.is_empty());
            let slot = found.entry((*span, sink.kind, label, waits)).or_insert((read, sink));
            if worst(slot.1) < worst(sink) {
                *slot = (read, sink);
            }
        }
    }
    let text = cx.file.text.clone();
    for ((span, ..), (read, sink)) in found {
        if sink.kind == SinkKind::Hash && asks_for_breaches(&text, read.func.span) {
            continue;
        }
        cx.fact(span, read.owner.clone(), FactKind::Sink(sink.clone()));
    }
}

/// Whether a function makes the range query for breached passwords, which asks for SHA-1.
fn asks_for_breaches(text: &str, function: Span) -> bool {
    text.get(function.start as usize..function.end as usize).is_some_and(|body| body.contains("pwnedpasswords.com"))
}

/// Free functions that carry their route: of Rocket and actix-web, of axum by utoipa's attribute.
fn routed(cx: &mut Extract<'_>, items: &[Item]) {
    let text: &str = &cx.file.text;
    let is_actix = text.contains("actix_web") || text.contains("ntex::");
    let framework = match (text.contains("rocket"), is_actix, text.contains("nestrs") || text.contains("nest_rs")) {
        (false, false, false) if text.contains("dropshot::") => "dropshot",
        (false, false, false) if text.contains("utoipa::path") => "axum",
        (_, _, true) | (false, false, false) => return,
        (_, true, _) => "actix-web",
        (true, false, _) => "rocket",
    };
    for item in items {
        match &item.kind {
            ItemKind::Function(function) => handlers::free(cx, &item.attrs, function, framework),
            ItemKind::Module { items, .. } => routed(cx, items),
            _ => {}
        }
    }
}

/// `#[database("notes")] struct Db(…)` of Rocket: a pool of connections, which handlers get as they get guards.
fn is_database(attr: &Attr) -> bool {
    attr.is("database") && attr.args.len() == 1
}

/// `#[derive(SecurityScheme)]`.
fn is_security_scheme(attr: &Attr) -> bool {
    let names_it = |arg: &crate::parse::rust::Arg| arg.value.as_path().is_some_and(|path| path.last() == "SecurityScheme");
    attr.is("derive") && attr.args.iter().any(names_it)
}

/// Traits by which a framework takes a value from the request.
fn is_extractor(name: &str) -> bool {
    matches!(name, "FromRequest" | "FromRequestParts" | "RequestPartsExt" | "FromRequestPartsRef" | "ExtractFromRequest")
}

/// The facts of one function.
fn facts(cx: &mut Extract<'_>, read: &Read, functions: &FxHashMap<&str, &Func>, callers: &[&Read]) {
    let owner = if read.owner.is_empty() { SmolStr::from("snippet") } else { read.owner.clone() };
    for (span, policy) in cors::by_headers(&read.headers) {
        cx.fact(span, owner.clone(), FactKind::Cors(Box::new(policy)));
    }
    for (span, call) in &read.costs {
        cx.fact(*span, owner.clone(), FactKind::Call(call.clone()));
    }
    let mut used = Vec::new();
    let mut keys = Vec::new();
    let place = |key: &Field<Node>| match key {
        Field::Known { span, .. } => Some(*span),
        _ => None,
    };
    for ((interest, span), node) in &read.sites {
        match interest {
            Interest::Cors => {
                if let Some(policy) = cors::policy(node) {
                    cx.fact(*span, owner.clone(), FactKind::Cors(Box::new(policy)));
                }
            }
            Interest::TokenCheck => {
                if let Some(mut check) = token::check(node) {
                    used.extend(check.options.as_ref().map(|options| Chain::of(options).root.span));
                    keys.extend(place(&check.key));
                    if read.compares_expiry {
                        check.expiry = Field::unknown(Why::Opaque, *span);
                    }
                    if check.signature.value() == Some(&false) {
                        check.verified_elsewhere = verified(&owner, &read.func, *span, functions, callers);
                    }
                    cx.fact(*span, owner.clone(), FactKind::TokenCheck(Box::new(check)));
                }
            }
            Interest::TokenOptions | Interest::TokenKey => {}
            Interest::Cookie => {
                for (span, sink) in sinks::cookie(node, cx.file.text.contains("rocket::http::*")) {
                    cx.fact(span, owner.clone(), FactKind::Sink(sink));
                }
            }
            Interest::TokenIssue => {
                if let Some(issue) = token::issue(node) {
                    keys.extend(place(&issue.key));
                    cx.fact(*span, owner.clone(), FactKind::TokenIssue(Box::new(issue)));
                }
            }
        }
    }
    // Keys that no call in this function uses are used by another one.
    for ((interest, span), node) in &read.sites {
        if *interest == Interest::TokenKey
            && let Some(issue) = token::key(node)
            && !place(&issue.key).is_some_and(|span| keys.contains(&span))
        {
            cx.fact(*span, owner.clone(), FactKind::TokenIssue(Box::new(issue)));
        }
    }
    // The same of options.
    for ((interest, span), node) in &read.sites {
        if *interest == Interest::TokenOptions
            && !used.contains(span)
            && let Some(mut check) = token::options(node)
        {
            // The claims come back to who asked for the options.
            if read.compares_expiry || callers.iter().any(|caller| caller.compares_expiry) {
                check.expiry = Field::unknown(Why::Opaque, *span);
            }
            let says = |field: &Field<bool>| field.value() == Some(&false);
            let takes_all = check.audience.value().and_then(Node::as_bool) == Some(false);
            if says(&check.signature) || says(&check.expiry) || takes_all || !check.required_claims.is_absent() {
                check.verified_elsewhere = verified(&owner, &read.func, *span, functions, callers);
                cx.fact(*span, owner.clone(), FactKind::TokenCheck(Box::new(check)));
            }
        }
    }
}

/// The functions of a file that call one of a name, for those names that are called plainly.
type Callers<'r> = FxHashMap<&'r str, Vec<&'r Read>>;

/// Who calls which function of the file, where somebody may ask: a file may have thousands of either.
fn callers(reads: &[Read]) -> Callers<'_> {
    let mut callers = Callers::default();
    if reads.iter().all(|read| read.sites.is_empty()) {
        return callers;
    }
    for read in reads {
        for call in &read.func.calls {
            if matches!(call.callee.scope, Scope::Local | Scope::Rust) && call.callee.path.len() == 1 {
                let of_name = callers.entry(call.callee.last()).or_default();
                if of_name.last().is_none_or(|last| last.func.span != read.func.span) {
                    of_name.push(read);
                }
            }
        }
    }
    callers
}

/// Whether the function, one of this file that it calls or one that calls it also verifies a token: a claim is looked
/// at first to find the key, and the token is checked with it afterwards.
fn verified(owner: &str, func: &Func, site: Span, functions: &FxHashMap<&str, &Func>, callers: &[&Read]) -> Tri {
    let says_so = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["unverified", "untrusted", "unchecked"].iter().any(|word| name.contains(word))
    };
    // A type that says so in its name goes with one that is verified.
    if owner.split_once('.').is_some_and(|(ty, _)| says_so(ty)) {
        return Tri::Yes;
    }
    let other = |call: &crate::ir::CallSite| call.span != site && token::verifies(&call.callee);
    let here = func.calls.iter().any(other);
    let callee = |name: &Ref| {
        matches!(name.scope, Scope::Local | Scope::Rust)
            .then(|| functions.get(name.last()))
            .flatten()
            .filter(|callee| callee.span != func.span)
    };
    let below = || {
        func.calls
            .iter()
            .filter_map(|call| callee(&call.callee))
            .any(|callee| callee.calls.iter().any(|call| token::verifies(&call.callee)))
    };
    let above = || callers.iter().flat_map(|caller| &caller.func.calls).any(|call| token::verifies(&call.callee));
    // Whoever calls a function that says so knows, and may check.
    if here || below() || above() {
        Tri::Yes
    } else if says_so(owner) {
        Tri::Maybe
    } else {
        Tri::No
    }
}
