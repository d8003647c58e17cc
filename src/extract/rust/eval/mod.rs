//! A function's body, read once from top to bottom: expressions become [`Node`]s with the values of
//! local variables put in, and calls that some extractor knows are kept as sites.
//!
//! A variable that is changed by a method or an assignment carries the change as a step of its chain,
//! so that `let mut v = Validation::new(a); v.validate_exp = false;` is one value.

mod by_hand;
mod calls;
mod changes;
mod checks;
mod errors;
mod expr;
mod filters;
mod flow;
mod handed;
mod macros;
mod outside;
mod presence;
mod refusals;
mod request;
mod results;
mod secret;

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::ir::{Call, Func, Node, NodeKind, Ref, Scope, Sink, Span, Text};
use crate::parse::rust::{Attr, Block, Expr, ExprKind, Function, Param, Pat, Stmt, Type};

pub(super) use self::handed::Flows;
use self::outside::{holds, holds_outside, is_from_outside, is_of_request, shown_of_request};
pub(super) use self::presence::only_looks;
use super::chain::Chain;
use super::func;
use super::names::Names;
use super::routers::{self, Router};
use super::sinks;
use super::sites::{self, Interest};

/// Values larger than this are not copied into each use of their variable.
const MAX_WEIGHT: usize = 128;
/// Functions and constants followed into each other.
const MAX_HOPS: u8 = 4;

/// A function being read.
pub(super) struct Eval<'n, 't> {
    names: &'n Names<'t>,
    /// The type whose `impl` the function stands in.
    self_type: &'n str,
    /// The same as a type.
    of_self: Type,
    locals: Vec<Local>,
    /// Routers made here or handed in.
    routers: Vec<Router>,
    global_guards: Vec<Node>,
    sinks: Vec<(Span, Sink)>,
    headers: Vec<(Node, Node, Span)>,
    /// Calls that rows of `settings.toml` judge.
    costs: Vec<(Span, Call)>,
    /// Calls to be judged at the end, by what they are and where.
    sites: BTreeMap<(Interest, Span), Node>,
    /// The summary so far.
    pub(super) func: Func,
    /// Depth of branches at this point.
    branch: u32,
    /// Depth of branches that run in development only.
    development: u32,
    /// Depth of branches by a mode of TLS that somebody chose.
    tls_mode: u32,
    /// Inside a comparison: a status code here is asked about, not answered.
    comparing: bool,
    /// Whether an expiry is compared with something.
    pub(super) compares_expiry: bool,
    /// Functions followed to get here.
    hops: u8,
    /// For whom the function is read.
    caller: Caller,
    /// What goes to functions that may stand in other files, and comes back.
    flows: Flows,
    /// Where payloads of tokens are decoded by hand.
    payloads: Vec<Span>,
    /// Those that functions believe which are handed the token.
    believed: Vec<Span>,
    /// Calls without whose result the function is left, until they are read.
    needs: Vec<Span>,
    /// Whether something is done with values here that callers in other files would have to know of.
    concerns_callers: bool,
    /// What the closure to be read next is handed.
    feed: Option<Node>,
    /// The types that warp's filters read of the request for that closure.
    fed_types: Vec<SmolStr>,
    /// The type that the value to be read next is wanted as.
    expected: Option<SmolStr>,
    /// Variables and fields that were tested, by what holds here.
    checked: Vec<(usize, SmolStr)>,
}

/// For whom a function is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    /// For itself.
    Nobody,
    /// For one of this file, which hands it what a request brings.
    Known,
    /// For one that another file may have.
    Imagined,
}

/// A function that was read: its summary, and the calls in it that somebody knows.
#[derive(Default)]
pub(super) struct Read {
    /// What it is called in findings: its type's name and its own.
    pub owner: SmolStr,
    /// Its summary.
    pub func: Func,
    /// Calls that some extractor knows.
    pub sites: BTreeMap<(Interest, Span), Node>,
    /// Whether an expiry is compared with something.
    pub compares_expiry: bool,
    /// Whether it compares nothing and looks nothing up, as far as its own code says.
    pub checks_nothing: bool,
    /// Where the payload of a token is decoded by hand and believed.
    pub believed: Vec<Span>,
    /// Routers made here or handed in.
    pub routers: Vec<Router>,
    /// Guards that nestrs puts in front of everything.
    pub global_guards: Vec<Node>,
    /// Dangerous calls.
    pub sinks: Vec<(Span, Sink)>,
    /// Calls of functions that take a number that may be too small.
    pub costs: Vec<(Span, Call)>,
    /// Headers about cross-origin requests that are set by hand: name, value and place.
    pub headers: Vec<(Node, Node, Span)>,
    /// What goes to functions that may stand in other files, and comes back.
    pub flows: Flows,
}

/// A local variable.
struct Local {
    name: SmolStr,
    value: Node,
    /// Depth of branches where it was declared.
    branch: u32,
    /// Whether its value may be put in for its name.
    small: bool,
    /// Its type, where that is written.
    ty: Option<Type>,
    /// The name of the secret that it holds.
    secret: Option<SmolStr>,
    /// Whether it holds no secret, whatever its name says.
    plain: bool,
    /// What it proves of other variables, if it is the outcome of a test.
    proves: checks::Proven,
    /// The parameter that it is.
    parameter: Option<usize>,
    /// Whether it says who calls, or nothing for whoever did not sign in.
    holds_identity: bool,
}

impl<'n, 't> Eval<'n, 't> {
    pub(super) fn new(names: &'n Names<'t>, self_type: &'n str) -> Self {
        Self {
            names,
            self_type,
            of_self: Type { names: vec![self_type.into()], ..Type::default() },
            locals: Vec::new(),
            routers: Vec::new(),
            global_guards: Vec::new(),
            sinks: Vec::new(),
            headers: Vec::new(),
            costs: Vec::new(),
            sites: BTreeMap::new(),
            func: Func::default(),
            branch: 0,
            development: 0,
            tls_mode: 0,
            comparing: false,
            compares_expiry: false,
            hops: 0,
            caller: Caller::Nobody,
            flows: Flows::default(),
            payloads: Vec::new(),
            believed: Vec::new(),
            needs: Vec::new(),
            concerns_callers: false,
            feed: None,
            fed_types: Vec::new(),
            expected: None,
            checked: Vec::new(),
        }
    }

    /// Reads a whole function: its summary, and the sites in it.
    pub(super) fn function(mut self, function: &Function, attrs: &[Attr]) -> Read {
        self.func.name = function.name.text.clone();
        self.func.span = function.span;
        self.func.accepts_any = true;
        let is_handler = request::is_handler(attrs);
        self.params(&function.params, is_handler);
        self.open_parameters(&function.params);
        let value = self.block(&function.body);
        self.recorded(function, attrs);
        if let Some(label) = sinks::unguessable(&function.name.text)
            && let Some(generator) = sinks::guessable(&value)
        {
            self.add_sinks(vec![changes::weak_random(label, generator)], generator);
        }
        let value = self.served(function, value);
        self.func.returns = (value.weight(MAX_WEIGHT) < MAX_WEIGHT).then_some(value);
        self.retire(0);
        let mut believed = self.believed();
        believed.append(&mut self.believed);
        let checks_nothing = self.func.accepts_any;
        let takes_credentials = self.func.reads_credentials || function.params.iter().any(presence::is_unread);
        self.func.accepts_any = checks_nothing && takes_credentials && only_looks(&self.func);
        if function.public && !is_handler && (self.concerns_callers || self.makes_words(function)) {
            self.imagine_callers(function);
        }
        Read {
            owner: SmolStr::default(),
            func: self.func,
            sites: self.sites,
            compares_expiry: self.compares_expiry,
            checks_nothing,
            believed,
            routers: self.routers,
            global_guards: self.global_guards,
            sinks: self.sinks,
            headers: self.headers,
            costs: self.costs,
            flows: self.flows,
        }
    }

    /// Reads one expression outside any function: a constant.
    pub(super) fn constant(mut self, expr: &Expr) -> (Node, BTreeMap<(Interest, Span), Node>) {
        let node = self.expr(expr);
        (node, self.sites)
    }

    fn params(&mut self, params: &[Param], handler: bool) {
        for (position, param) in params.iter().enumerate() {
            let meant = param.ty.as_ref().and_then(|ty| self.names.meant(ty)).map(|ty| Param { ty: Some(ty), ..param.clone() });
            let param = meant.as_ref().unwrap_or(param);
            let mut lowered = func::param(param, self.names, self.self_type);
            if !presence::is_unread(param) {
                func::note_type(&mut self.func, &lowered);
            }
            let brought = self.of_request(param, &lowered, handler);
            let router = lowered.ty.as_ref().and_then(routers::framework_of_type);
            let is_error = lowered.ty.as_ref().is_some_and(errors::is_of_library);
            for (at, name) in param.pat.names.iter().enumerate() {
                let local = || Node::new(name.span, NodeKind::Ref(Ref::new(Scope::Local, [name.text.clone()])));
                let mut value = brought.as_ref().and_then(|values| values.get(at)).cloned().unwrap_or_else(local);
                if is_error {
                    value = errors::bound(&name.text, name.span);
                }
                if let Some(framework) = router {
                    let key = smol_str::format_smolstr!("{}@{}", name.text, param.pat.span.start);
                    value.kind = NodeKind::Ref(self.router(key, framework, "parameter", Vec::new(), name.span));
                }
                self.bind(&name.text, value);
                if let (Some(local), [_]) = (self.locals.last_mut(), param.pat.names.as_slice()) {
                    local.ty.clone_from(&param.ty);
                    local.parameter = Some(position);
                    local.plain = param.ty.as_ref().is_some_and(|ty| is_no_text(ty) && !is_short_code(&name.text) || hides_itself(ty));
                    local.secret = param.ty.as_ref().filter(|ty| name.text == "pin" && is_words(ty)).map(|_| name.text.clone());
                }
            }
            if let [only] = param.pat.names.as_slice() {
                lowered.name = only.text.clone();
            }
            self.func.params.push(lowered);
        }
    }

    /// Strings that a function is handed: who calls it is not seen. Their names carry their
    /// place, as those of all parameters whose value may be anything.
    fn open_parameters(&mut self, params: &[Param]) {
        for param in params {
            let is_text = param.ty.as_ref().is_some_and(is_words);
            let [name] = param.pat.names.as_slice() else { continue };
            let structural = [
                "table", "column", "schema", "order", "sort", "field", "sql", "query", "where", "clause", "database", "prefix", "enum",
                "index", "view", "role",
            ];
            if is_text
                && !structural.iter().any(|word| name.text.contains(word))
                && let Some(local) = self.locals.iter_mut().rev().find(|local| local.name == name.text)
                && matches!(&local.value.kind, NodeKind::Ref(known) if known.scope == Scope::Local)
            {
                let key = smol_str::format_smolstr!("{}@{}", name.text, name.span.start);
                local.value.kind = NodeKind::Ref(Ref::new(Scope::Local, [key]));
            }
        }
    }

    fn router(&mut self, key: SmolStr, framework: &'static str, made: &str, args: Vec<Node>, span: Span) -> Ref {
        self.routers.push(Router { key: key.clone(), framework, made: made.into(), args, steps: Vec::new(), span, replaced: false });
        Ref::new(Scope::Local, [key])
    }

    /// The methods of a path that a function makes for a router elsewhere: `fn users() -> MethodRouter`.
    fn served(&mut self, function: &Function, value: Node) -> Node {
        let framework = match function.returns.as_ref().map_or("", Type::last) {
            "MethodRouter" | "ApiMethodRouter" => "axum",
            "RouteMethod" => "poem",
            _ => return value,
        };
        // What wraps any handler that it is given serves none.
        let is_given = |arg: &Node| matches!(arg.as_ref(), Some(name) if function.params.iter().any(|param| param.pat.names.iter().any(|given| *given.text == *name.last())));
        if Chain::of(&value).constructor().is_none_or(|call| call.args.iter().any(is_given)) {
            return value;
        }
        let (span, key) = (value.span, smol_str::format_smolstr!("router@{}", function.name.span.start));
        let router = self.router(key, framework, "new", Vec::new(), span);
        let step = routers::Step { name: "route".into(), args: vec![Node::new(span, NodeKind::Text(Text::default())), value], span };
        self.routers.last_mut().into_iter().for_each(|router| router.steps.push(step.clone()));
        Node::new(span, NodeKind::Ref(router))
    }

    /// The router that a value stands for.
    fn router_of(&mut self, node: &Node) -> Option<&mut Router> {
        let name = node.as_ref().filter(|name| name.scope == Scope::Local && name.path.len() == 1)?;
        self.routers.iter_mut().rev().find(|router| router.key == name.path[0])
    }

    fn bind(&mut self, name: &str, value: Node) {
        let value = Self::light(value);
        let small = value.weight(MAX_WEIGHT) < MAX_WEIGHT;
        self.locals.push(Local {
            name: name.into(),
            value,
            branch: self.branch,
            small,
            ty: None,
            secret: None,
            plain: false,
            proves: checks::Proven::default(),
            parameter: None,
            holds_identity: false,
        });
    }

    /// A value that is too large to be copied, of which something comes from a request, becomes that part.
    fn light(value: Node) -> Node {
        if value.weight(MAX_WEIGHT) < MAX_WEIGHT {
            return value;
        }
        match shown_of_request(&value, 16).cloned() {
            Some(source) => source,
            None => value,
        }
    }

    fn bind_pat(&mut self, pat: &Pat, value: Option<Node>) {
        if let Some(held) = value.as_ref().and_then(|value| expr::held(value, &pat.path, 16)).filter(|held| held.len() == pat.names.len()) {
            pat.names.iter().zip(held).for_each(|(name, value)| self.bind(&name.text, value));
            return;
        }
        match (pat.names.as_slice(), value) {
            ([name], _) if pat.path.last().is_some_and(|path| path == "Err") => self.bind(&name.text, errors::bound(&name.text, name.span)),
            ([name], _) if self.is_error_of_library(&pat.path) => self.bind(&name.text, errors::bound(&name.text, name.span)),
            // `x`, `Some(x)`, `Ok(x)`, `State(x)`: the one name holds the value.
            ([name], Some(value)) => self.bind(&name.text, value),
            // `let (router, api) = …` of a pair that is known.
            (names, Some(Node { kind: NodeKind::List(items), .. })) if !pat.plain && pat.path.is_empty() && names.len() == items.len() => {
                names.iter().zip(items).for_each(|(name, item)| self.bind(&name.text, item));
            }
            // `let (router, document) = router.split_for_parts()`.
            ([first, rest @ ..], Some(value)) if self.router_of(&value).is_some() => {
                self.bind(&first.text, value);
                for name in rest {
                    self.bind(&name.text, Node::new(name.span, NodeKind::Ref(Ref::new(Scope::Local, [name.text.clone()]))));
                }
            }
            (names, value) => {
                let source =
                    value.as_ref().and_then(|value| shown_of_request(value, 16)).and_then(Node::as_ref).map(|name| name.path[0].clone());
                if let Some(value) = &value {
                    self.offer(value);
                }
                for name in names {
                    let bound = match &source {
                        Some(source) => Ref::new(Scope::Request, [source.clone(), name.text.clone()]),
                        None => Ref::new(Scope::Local, [name.text.clone()]),
                    };
                    self.bind(&name.text, Node::new(name.span, NodeKind::Ref(bound)));
                }
            }
        }
    }

    /// Forgets the variables from `mark` on; what they had become is offered as a site.
    fn retire(&mut self, mark: usize) {
        while self.locals.len() > mark {
            if let Some(local) = self.locals.pop() {
                self.offer(&local.value);
            }
        }
        self.checked.retain(|(at, _)| *at < mark);
    }

    /// Reads `let`: the value, and what its name and type say of it.
    fn declare(&mut self, pat: &Pat, ty: Option<&Type>, value: Option<&Expr>) {
        let secret = value.and_then(|value| self.secret_of(value));
        let proves = value.filter(|_| pat.plain).map(|value| self.proven(value)).unwrap_or_default();
        self.expected = ty.map(|ty| request::content(ty).last().into());
        let node = value.map(|expr| self.inner(expr));
        self.expected = None;
        let made_plain = node
            .as_ref()
            .is_some_and(|node| matches!(node.kind, NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Func(_) | NodeKind::Null))
            || ty.is_some_and(|ty| is_no_text(ty) || hides_itself(ty))
            || value.is_some_and(|value| secret.is_none() && is_made_harmless(value));
        if let ([name], Some(node)) = (pat.names.as_slice(), &node)
            && let Some(label) = sinks::unguessable(&name.text).filter(|_| sinks::weak_random(node, 12).is_some())
        {
            self.add_sinks(vec![changes::weak_random(label, node.span)], node.span);
        }
        let ty = ty
            .cloned()
            .or_else(|| value.and_then(|value| self.made_type(value)))
            .or_else(|| value.and_then(|value| self.type_of(value)).cloned());
        self.bind_pat(pat, node);
        if let (Some(local), [_]) = (self.locals.last_mut(), pat.names.as_slice()) {
            (local.ty, local.secret, local.plain, local.proves) = (ty, secret, made_plain, proves);
        }
        if let (Some(value), [_]) = (value, pat.names.as_slice()) {
            self.bound_to(value);
        }
    }

    fn block(&mut self, block: &Block) -> Node {
        let mark = self.locals.len();
        let mut value = Node::new(block.span, NodeKind::Null);
        let count = block.stmts.len();
        for (at, stmt) in block.stmts.iter().enumerate() {
            match stmt {
                Stmt::Let { pat, ty, value, otherwise } => {
                    if let (Some(block), Some(value)) = (otherwise, value) {
                        self.left_without(value);
                        self.branched(|eval| eval.block(block));
                    }
                    self.declare(pat, ty.as_ref(), value.as_ref());
                    if let Some(value) = value {
                        self.passed(value, otherwise.is_some());
                    }
                }
                Stmt::Expr { expr, semi } => {
                    let node = self.expr(expr);
                    self.passed(expr, false);
                    if at + 1 == count && !semi {
                        value = node;
                    }
                }
                Stmt::Item(_) => {}
            }
        }
        self.retire(mark);
        value
    }

    fn branched<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.branch += 1;
        let value = read(self);
        self.branch -= 1;
        value
    }

    /// A value in its final place: its chain ends here.
    pub(super) fn expr(&mut self, expr: &Expr) -> Node {
        let node = self.inner(expr);
        if matches!(node.kind, NodeKind::Call(_) | NodeKind::Op(..)) {
            self.offer(&node);
        }
        node
    }

    /// Keeps a header that is set by hand: `(ACCESS_CONTROL_ALLOW_ORIGIN, "*")`, `(SET_COOKIE, "sid=1")`.
    fn header(&mut self, pair: &[Node], span: Span) {
        let [name, value] = pair else { return };
        if self.hops > 0 || self.development > 0 {
            return;
        }
        if super::cors::is_header(name) {
            self.headers.push((name.clone(), value.clone(), span));
        }
        self.sinks.extend(sinks::written_cookie(name, value, span));
    }

    /// Keeps a value that some extractor knows; of one root, the longest chain.
    fn offer(&mut self, node: &Node) {
        if self.hops > 0 || self.development > 0 {
            return;
        }
        sites::interests(node, &mut |interest, span| {
            let steps = |node: &Node| Chain::of(node).steps.len();
            let slot = self.sites.entry((interest, span));
            match slot {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(node.clone());
                }
                std::collections::btree_map::Entry::Occupied(mut slot) if steps(slot.get()) < steps(node) => {
                    slot.insert(node.clone());
                }
                std::collections::btree_map::Entry::Occupied(_) => {}
            }
        });
    }
}

/// A text.
fn is_words(ty: &Type) -> bool {
    matches!(ty.last(), "str" | "String" | "Cow")
}

/// Names of secrets that are numbers.
fn is_short_code(name: &str) -> bool {
    matches!(name, "cvv" | "cvc" | "cvv2" | "pin_code" | "pincode" | "ssn" | "card_number" | "passcode")
}

/// A number or a flag.
fn is_no_text(ty: &Type) -> bool {
    matches!(ty.last(), "bool" | "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" | "f64" | "Regex" | "Duration" | "Instant")
        && ty.args.is_empty()
}

/// A type that shows nothing of the secret in it, until it is asked to.
fn hides_itself(ty: &Type) -> bool {
    let at = if ty.last() == "Option" { ty.args.first().unwrap_or(ty) } else { ty };
    matches!(at.last(), "SecretString" | "SecretBox" | "Secret" | "SecretVec" | "SecretSlice" | "SecretBytesMut" | "Redacted" | "Masked")
}

/// What a function makes that hashes, hides or tests a secret.
fn is_made_harmless(value: &Expr) -> bool {
    let says = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["hash", "encrypt", "mask", "redact", "verify", "seal", "digest"].iter().any(|word| lower.contains(word))
    };
    match &value.kind {
        ExprKind::Call { callee, .. } => callee.as_path().is_some_and(|path| says(path.last())),
        ExprKind::Method { on, name, .. } => says(&name.text) || is_made_harmless(on),
        ExprKind::Try(on) | ExprKind::Await(on) => is_made_harmless(on),
        ExprKind::Str { text, .. } => text.chars().all(|char| char == '*'),
        _ => false,
    }
}
