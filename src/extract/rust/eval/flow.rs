//! How what comes from outside runs on: into functions and methods of the file, through closures and the
//! adapters of `Option`, `Result` and iterators, and back out of functions that read it.

use smol_str::SmolStr;

use super::calls::is_transparent_method;
use super::expr::call_node;
use super::{Caller, Eval, MAX_HOPS, MAX_WEIGHT, holds_outside, request};
use crate::extract::rust::chain::Chain;
use crate::extract::rust::{sinks, sites};
use crate::ir::{Entry, Node, NodeKind, Op, Ref, Scope, Span, Why};
use crate::parse::rust::{Expr, ExprKind, Function, Path, Type};

/// Filters inside filters that are looked into.
const MAX_NESTING: u32 = 8;

impl Eval<'_, '_> {
    /// What a function of this file returns, with its parameters unknown, if that is a value that some
    /// extractor knows or one from outside: `fn first_line(stream: &TcpStream) -> String`.
    pub(super) fn returned(&self, path: &Path, owner: &str) -> Option<Node> {
        let function = self.names.function(path, self.self_type)?;
        let value = self.names.memo(path, self.self_type, || {
            let mut other = Eval::new(self.names, owner);
            other.hops = self.hops + 1;
            other.params(&function.params, false);
            Some(other.result(function)).filter(|value| value.weight(MAX_WEIGHT) < MAX_WEIGHT)
        });
        value.filter(|value| sites::is_known(value) || holds_outside(value))
    }

    /// The value that a function ends in: its last expression, else what its first `return` gives.
    pub(super) fn result(&mut self, function: &Function) -> Node {
        let value = self.block(&function.body);
        if matches!(value.kind, NodeKind::Null) { self.func.returns.take().unwrap_or(value) } else { value }
    }

    /// Follows a call into a function of this file that is handed what comes from outside: what flows on there
    /// is found with the value that it has here. Gives what the function returns.
    pub(super) fn follow(&mut self, function: &Function, self_type: &str, receiver: Option<&Node>, args: &[Node]) -> Option<Node> {
        let brings = args.iter().chain(receiver).any(holds_outside);
        if self.hops >= MAX_HOPS || !brings || !self.names.may_follow(function) {
            return None;
        }
        let mut other = Eval::new(self.names, self_type);
        (other.hops, other.development, other.caller) = (self.hops + 1, self.development, self.caller.max(Caller::Known));
        if let Some(receiver) = receiver {
            other.bind("self", receiver.clone());
        }
        for (param, value) in function.params.iter().zip(args) {
            other.bind_pat(&param.pat, Some(value.clone()));
            if let (Some(ty), Some(local)) = (&param.ty, other.locals.last_mut().filter(|_| param.pat.names.len() == 1)) {
                local.ty = Some(ty.clone());
            }
        }
        let value = other.result(function);
        self.believed.extend(other.believed());
        self.sinks.extend(other.sinks);
        self.believed.append(&mut other.believed);
        self.flows.append(other.flows);
        Some(value).filter(|value| value.weight(MAX_WEIGHT) < MAX_WEIGHT)
    }

    /// Follows a method of a type of this file: by the struct that is made here, or by the type that is written.
    pub(super) fn follow_method(&mut self, on: &Expr, receiver: &Node, name: &str, args: &[Node]) -> Option<Node> {
        let names = self.names;
        let (ty, function) = self.types_of(on, receiver).into_iter().find_map(|ty| {
            let method = names.method(&ty, name).or_else(|| names.method(names.only_type_with(&ty)?, name))?;
            Some((ty, method))
        })?;
        self.follow(function, &ty, Some(receiver), args)
    }

    /// The types that an expression may be of, the surest first.
    pub(super) fn types_of(&self, on: &Expr, receiver: &Node) -> Vec<SmolStr> {
        let mut types = Vec::new();
        if let Some(call) = receiver.as_call().filter(|call| call.receiver.is_none()) {
            match call.callee.path.as_slice() {
                [.., ty] if call.is_new => types.push(ty.clone()),
                // `Store::open(path)` makes a `Store`, mostly.
                [.., ty, _] if ty.starts_with(char::is_uppercase) => types.push(ty.clone()),
                _ => {}
            }
        }
        types.extend(self.type_of(on).map(|ty| SmolStr::from(request::content(ty).last())));
        types
    }

    /// Arguments of a method; closures among them are handed what the method is called on.
    pub(super) fn fed(&mut self, args: &[Expr], from: Option<&Node>, filters: Option<&Node>) -> Vec<Node> {
        let read = filters.map(|filters| read_by_filters(filters, MAX_NESTING)).unwrap_or_default();
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let is_closure = matches!(arg.kind, ExprKind::Closure(_));
            self.feed = from.filter(|_| is_closure).cloned();
            if is_closure && filters.is_some() {
                self.feed = Some(Node::new(arg.span, NodeKind::Ref(Ref::new(Scope::Request, ["params", "path"]))));
                self.fed_types.clone_from(&read);
            }
            values.push(self.expr(arg));
            self.feed = None;
            self.fed_types.clear();
            // warp: a function by its name takes what the filters before it took of the request.
            if filters.is_some()
                && let Some(function) = arg.as_path().and_then(|path| self.names.function(path, self.self_type))
            {
                let brought: Vec<Node> = function.params.iter().map(|param| of_filters(param, &read)).collect();
                self.follow(function, "", None, &brought);
            }
        }
        values
    }

    /// What an adapter makes of a value from outside: what its closure or function makes of it.
    pub(super) fn adapted(&mut self, name: &str, receiver: &Node, args: &[Expr], values: &[Node], span: Span) -> Option<Node> {
        let either = |first: Node, second: Node| Node::new(span, NodeKind::Op(Op::Coalesce, vec![first, second]));
        match (name, values) {
            ("map" | "and_then" | "filter_map" | "flat_map" | "then" | "map_while" | "find_map" | "is_some_and" | "is_ok_and", [made]) => {
                Some(self.applied(args.last(), made, receiver, span))
            }
            ("map_or" | "fold", [default, made]) => Some(either(self.applied(args.last(), made, receiver, span), default.clone())),
            ("map_or_else", [default, made]) => {
                let default = self.applied(args.first(), default, &Node::unknown(Why::Opaque, span), span);
                Some(either(self.applied(args.last(), made, receiver, span), default))
            }
            _ => None,
        }
    }

    /// A closure, or a function by its name, applied to a value.
    fn applied(&mut self, arg: Option<&Expr>, made: &Node, value: &Node, span: Span) -> Node {
        let unknown = || Node::unknown(Why::Opaque, span);
        match &made.kind {
            NodeKind::Func(func) => func.returns.clone().unwrap_or_else(unknown),
            NodeKind::Ref(name) if sinks::is_through(name) || is_transparent_method(name.last()) => value.clone(),
            NodeKind::Ref(name) => {
                let function = arg.and_then(Expr::as_path).and_then(|path| self.names.function(path, self.self_type));
                let given = std::slice::from_ref(value);
                match function.and_then(|function| self.follow(function, "", None, given)) {
                    Some(value) => value,
                    None => Node::new(span, call_node(name.clone(), None, vec![value.clone()], false)),
                }
            }
            _ => unknown(),
        }
    }
}

/// The types that warp's filters read a query or a body into.
fn read_by_filters(filters: &Node, depth: u32) -> Vec<SmolStr> {
    let chain = Chain::of(filters);
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let read = chain.root.as_call().filter(|call| call.callee.first() == "warp" && matches!(call.callee.last(), "query" | "json" | "form"));
    let mut types: Vec<SmolStr> = read.and_then(|call| Some(call.args.first()?.as_ref()?.last().into())).into_iter().collect();
    for joined in chain.steps.iter().filter(|step| step.name == "and").flat_map(|step| step.args) {
        types.extend(read_by_filters(joined, depth));
    }
    types
}

/// Text as it was sent.
pub(super) fn is_plain_text(ty: &str) -> bool {
    matches!(ty, "String" | "str" | "HashMap" | "Bytes" | "Value")
}

/// A parameter of a function that warp calls.
fn of_filters(param: &crate::parse::rust::Param, read: &[SmolStr]) -> Node {
    let name = param.pat.names.first().map(|name| name.text.clone()).unwrap_or_default();
    let is_text =
        param.ty.as_ref().map(|ty| request::content(ty).last()).is_some_and(|ty| is_plain_text(ty) || read.iter().any(|known| known == ty));
    let kind = if is_text {
        NodeKind::Ref(Ref::new(Scope::Request, ["params".into(), name]))
    } else {
        NodeKind::Ref(Ref::new(Scope::Local, [name]))
    };
    Node::new(param.pat.span, kind)
}

/// What a server answered to a request of this program.
pub(super) fn is_answer(receiver: &Node) -> bool {
    let chain = Chain::of(receiver);
    let names_client = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["reqwest", "ureq", "surf", "isahc", "attohttpc", "minreq"].iter().any(|word| lower.contains(word))
    };
    let sends = chain.steps.iter().any(|step| matches!(step.name, "send" | "call" | "get" | "post"));
    match &chain.root.kind {
        NodeKind::Call(call) => call.callee.path.iter().any(|name| names_client(name)) || sends && call.callee.names().contains(&"Client"),
        NodeKind::Ref(name) => sends && name.last().to_ascii_lowercase().contains("client"),
        _ => false,
    }
}

/// A type from which bytes of another machine are read.
pub(super) fn is_stream(ty: &Type) -> bool {
    let is = |ty: &Type| matches!(ty.last(), "TcpStream" | "UnixStream" | "TlsStream" | "SslStream" | "OwnedReadHalf" | "ReadHalf");
    is(ty) || ty.args.iter().any(is)
}

/// Whether a method reads into what it is handed, and gives how much it read.
pub(super) fn reads_into(method: &str) -> bool {
    matches!(method, "read" | "read_exact" | "read_to_end" | "read_to_string" | "read_line" | "read_until" | "read_buf" | "peek" | "recv")
}

/// A number made of a text or of bytes by a function of its type: `u32::from_be_bytes(bytes)`,
/// `usize::from_str_radix(text, 16)`. Of two bytes or fewer there is nothing to fear.
pub(super) fn number(callee: &Ref, args: &[Node], span: Span) -> Option<Node> {
    let [.., owner, name] = callee.names()[..] else { return None };
    let first = args.first()?;
    let makes = name == "from_str" || name == "from_str_radix" || name == "from" || name == "try_from" || name.ends_with("e_bytes");
    if !makes || !request::is_number(owner) || !super::is_of_request(first) {
        return None;
    }
    let is_short = matches!(owner, "u8" | "i8" | "u16" | "i16" | "bool");
    Some(if is_short { Node::unknown(Why::Opaque, span) } else { request::number_of(first, span) })
}

/// Whether a value is a struct that is made here, with what was done to it since.
pub(super) fn is_made_here(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Call(call) => call.receiver.as_ref().map_or(call.is_new, is_made_here),
        NodeKind::Op(Op::Cond, operands) => operands.get(1).is_some_and(is_made_here),
        _ => false,
    }
}

/// The values of a struct that is made here.
pub(super) fn fields(node: &Node) -> impl Iterator<Item = &Node> {
    let entries = node.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
    entries.iter().map(|entry| match entry {
        Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value) => value,
    })
}
