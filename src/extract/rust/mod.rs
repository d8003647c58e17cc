//! Rust services: what their functions build and call, as facts and as names for linking.
//!
//! Test code (`#[test]`, `#[cfg(test)]`) gives neither: it is not shipped.

mod chain;
mod cors;
mod eval;
mod func;
mod handlers;
mod names;
mod nestrs;
mod routers;
mod sinks;
mod sites;
mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{
    Binding, BindingKind, CallSite, FactKind, Field, Func, Guard, GuardScope, Node, NodeKind, Ref, Scope, Sink, Span, Tri, Why,
};
use crate::parse::rust::{Function, Item, ItemKind, Stmt};

use super::Extract;
use crate::prefilter::Gate;
use chain::Chain;
use eval::Eval;
use names::Names;
use sites::Interest;

/// What a Rust file must name to be parsed.
const GATES: [Gate; 5] = [Gate::Jwt, Gate::Cors, Gate::RustRoutes, Gate::Nestrs, Gate::RustSinks];

/// A function that was read: its summary, and the calls in it that somebody knows.
struct Read {
    owner: SmolStr,
    func: Func,
    sites: BTreeMap<(Interest, Span), Node>,
    compares_expiry: bool,
    routers: Vec<routers::Router>,
    global_guards: Vec<Node>,
    sinks: Vec<(Span, Sink)>,
}

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if !cx.gates.has_any(&GATES) {
        return;
    }
    let tree = cx.take(crate::parse::rust::parse(&cx.file.src()));
    let names = Names::of(&tree);
    let mut reader = Reader { names: &names, read: Vec::new(), bindings: Vec::new() };
    reader.items(&tree.items, "");
    let Reader { read, bindings, .. } = reader;
    let by_name: FxHashMap<&str, &Func> = read.iter().map(|read| (read.func.name.as_str(), &read.func)).collect();
    for read in &read {
        facts(cx, read, &by_name);
        read.routers.iter().for_each(|router| routers::facts(cx, router, &read.func));
        for (span, sink) in &read.sinks {
            cx.fact(*span, read.owner.clone(), FactKind::Sink(sink.clone()));
        }
        for what in &read.global_guards {
            let guard = Guard::new(what.clone(), GuardScope::App, None, what.span.start);
            cx.fact(what.span, "use_guards_global", FactKind::Guard(guard));
        }
    }
    routed(cx, &tree.items);
    if cx.gates.has(Gate::Nestrs) {
        nestrs::fields(cx, &tree.items);
        // The names of its escapes are common words: the file must use the framework, not only name it.
        let imports = |line: &str| line.trim_start().starts_with("use nest_rs") || line.trim_start().starts_with("use nestrs");
        let uses = cx.file.text.lines().any(imports);
        for read in read.iter().filter(|_| uses) {
            for call in &read.func.calls {
                nestrs::unscoped(cx, call.callee.last(), call.span, &read.owner);
            }
        }
    }
    handlers::controllers(cx, &tree.items, &names);
    cx.out.symbols.imports = Names::imports(&tree);
    cx.out.symbols.bindings = bindings;
    for read in read {
        let span = read.func.span;
        let value = Node::new(span, NodeKind::Func(Arc::new(read.func)));
        cx.out.symbols.bindings.push(Binding { name: read.owner, kind: BindingKind::Function, value, span });
    }
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
            if names::is_test(&item.attrs) {
                continue;
            }
            match &item.kind {
                ItemKind::Function(function) => self.function(function, self_type),
                ItemKind::Const { name, value } => {
                    let (node, sites) = Eval::new(self.names, self_type).constant(value);
                    let func = Func { name: name.text.clone(), span: value.span, ..Func::default() };
                    if !sites.is_empty() {
                        self.read.push(Read {
                            owner: name.text.clone(),
                            func,
                            sites,
                            compares_expiry: false,
                            routers: Vec::new(),
                            global_guards: Vec::new(),
                            sinks: Vec::new(),
                        });
                    } else if node.is_known() && node.weight(64) < 64 {
                        self.bind(name.text.clone(), BindingKind::Const, node, name.span);
                    }
                }
                ItemKind::Impl { of, ty, items } => {
                    let before = self.read.len();
                    self.items(items, ty.last());
                    match of.as_ref().map_or("", |of| of.last()) {
                        of if is_extractor(of) => self.extractor(ty.last(), ty.span, before, None),
                        "Transform" | "Middleware" | "Layer" => {
                            let made = items.iter().find_map(|item| match &item.kind {
                                ItemKind::Alias { name, ty } if matches!(name.text.as_str(), "Transform" | "Service" | "Output") => {
                                    Some(ty.last())
                                }
                                _ => None,
                            });
                            self.extractor(ty.last(), ty.span, before, made);
                        }
                        "Service" | "AuthorizeRequest" | "AsyncAuthorizeRequest" | "ValidateRequest" | "Guard" | "CanActivate" => {
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
                        self.function(&function, self_type);
                    }
                }
                ItemKind::Use(_) | ItemKind::Struct { .. } | ItemKind::Enum { .. } => {}
            }
        }
    }

    fn bind(&mut self, name: SmolStr, kind: BindingKind, value: Node, span: Span) {
        self.bindings.push(Binding { name, kind, value, span });
    }

    fn function(&mut self, function: &Function, self_type: &str) {
        let eval::Body { func, sites, compares_expiry, routers, global_guards, sinks: found } =
            Eval::new(self.names, self_type).function(function);
        let owner = if self_type.is_empty() { func.name.clone() } else { smol_str::format_smolstr!("{self_type}.{}", func.name) };
        self.read.push(Read { owner, func, sites, compares_expiry, routers, global_guards, sinks: found });
        // Functions inside functions.
        for stmt in &function.body.stmts {
            if let Stmt::Item(item) = stmt {
                self.items(std::slice::from_ref(item), self_type);
            }
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
            whole.calls.push(CallSite { callee: Ref::new(Scope::Local, [method.0, method.1]), span });
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

/// Free functions that carry their route: of Rocket and actix-web.
fn routed(cx: &mut Extract<'_>, items: &[Item]) {
    let text: &str = &cx.file.text;
    let framework = match (text.contains("rocket"), text.contains("actix_web"), text.contains("nestrs") || text.contains("nest_rs")) {
        (_, _, true) | (false, false, false) => return,
        (_, true, _) => "actix-web",
        (true, false, _) => "rocket",
    };
    for item in items {
        match &item.kind {
            ItemKind::Function(function) => handlers::free(cx, &item.attrs, function, framework),
            ItemKind::Module { items, .. } if !names::is_test(&item.attrs) => routed(cx, items),
            _ => {}
        }
    }
}

/// Traits by which a framework takes a value from the request.
fn is_extractor(name: &str) -> bool {
    matches!(
        name,
        "FromRequest" | "FromRequestParts" | "OptionalFromRequestParts" | "RequestPartsExt" | "FromRequestPartsRef" | "ExtractFromRequest"
    )
}

/// The facts of one function.
fn facts(cx: &mut Extract<'_>, read: &Read, functions: &FxHashMap<&str, &Func>) {
    let owner = if read.owner.is_empty() { SmolStr::from("snippet") } else { read.owner.clone() };
    let mut used = Vec::new();
    for ((interest, span), node) in &read.sites {
        match interest {
            Interest::Cors => {
                if let Some(policy) = cors::policy(node) {
                    cx.fact(*span, owner.clone(), FactKind::Cors(policy));
                }
            }
            Interest::TokenCheck => {
                if let Some(mut check) = token::check(node) {
                    used.extend(check.options.as_ref().map(|options| Chain::of(options).root.span));
                    if read.compares_expiry {
                        check.expiry = Field::unknown(Why::Opaque, *span);
                    }
                    if check.signature.value() == Some(&false) {
                        check.verified_elsewhere = verified(&owner, &read.func, *span, functions);
                    }
                    cx.fact(*span, owner.clone(), FactKind::TokenCheck(check));
                }
            }
            Interest::TokenOptions => {}
            Interest::TokenIssue => {
                if let Some(issue) = token::issue(node) {
                    cx.fact(*span, owner.clone(), FactKind::TokenIssue(issue));
                }
            }
        }
    }
    // Options that no call in this function uses are used by another one.
    for ((interest, span), node) in &read.sites {
        if *interest == Interest::TokenOptions
            && !used.contains(span)
            && let Some(mut check) = token::options(node)
        {
            let says = |field: &Field<bool>| field.value() == Some(&false);
            if says(&check.signature) || says(&check.expiry) || !check.required_claims.is_absent() {
                check.verified_elsewhere = verified(&owner, &read.func, *span, functions);
                cx.fact(*span, owner.clone(), FactKind::TokenCheck(check));
            }
        }
    }
}

/// Whether the function, or one of this file that it calls, also verifies a token: a claim is looked
/// at first to find the key, and the token is checked with it afterwards.
fn verified(owner: &str, func: &Func, site: Span, functions: &FxHashMap<&str, &Func>) -> Tri {
    // A type or function that says so in its name: whoever uses it knows.
    let owner = owner.to_ascii_lowercase();
    if ["unverified", "untrusted", "unchecked"].iter().any(|word| owner.contains(word)) {
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
    (here || below()).into()
}
