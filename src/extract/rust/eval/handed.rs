//! Across files: what calls hand to functions of other files, and what a function does with parameters that callers
//! in other files may fill with parts of a request. Linking joins the two.

use smol_str::SmolStr;

use super::{Caller, Eval, holds_outside, request};
use crate::extract::rust::func;
use crate::ir::{Handed, Node, NodeKind, Ref, Scope, Sink, SinkKind, Span, Taken};
use crate::parse::rust::{Expr, ExprKind, Function, Type};

/// Arguments of one function that are remembered.
const MAX_HANDED: usize = 256;

impl Eval<'_, '_> {
    /// Reads a function again as if strangers chose its parameters: what flows on then waits for its callers.
    pub(super) fn imagine_callers(&mut self, function: &Function) {
        if !self.names.may_follow(function) {
            return;
        }
        let mut other = Eval::new(self.names, self.self_type);
        (other.hops, other.caller) = (1, Caller::Imagined);
        other.func.name = function.name.text.clone();
        let mut opened = false;
        for param in &function.params {
            let is_brought = func::is_request(&func::param(param, self.names, self.self_type));
            let value = match (param.pat.names.as_slice(), &param.ty) {
                ([name], Some(ty)) if !is_brought && self.may_be_filled(ty) => {
                    opened = true;
                    let key = smol_str::format_smolstr!("{}#{}", name.text, param.pat.span.start);
                    Some(Node::new(name.span, NodeKind::Ref(Ref::new(Scope::Request, [SmolStr::new_static("params"), key]))))
                }
                _ => None,
            };
            other.bind_pat(&param.pat, value);
            if let (Some(local), [_]) = (other.locals.last_mut(), param.pat.names.as_slice()) {
                local.ty.clone_from(&param.ty);
            }
        }
        if opened {
            other.block(&function.body);
            self.sinks.extend(other.sinks.into_iter().filter_map(|(span, sink)| Some((span, waiting(sink, function)?))));
            self.handed.extend(other.handed);
        }
    }

    /// Whether a parameter may hold words of a request: no number, and nothing that a program is made of.
    fn may_be_filled(&self, ty: &Type) -> bool {
        const PARTS: [&str; 16] = [
            "Pool",
            "Conn",
            "Client",
            "State",
            "Config",
            "Context",
            "Executor",
            "Transaction",
            "Database",
            "Sender",
            "Receiver",
            "Logger",
            "Router",
            "Settings",
            "Formatter",
            "Rng",
        ];
        let inner = request::content(ty);
        let name = inner.last();
        !name.starts_with("Fn")
            && name != "fn"
            && !PARTS.iter().any(|part| name.contains(part))
            && !request::is_number(name)
            && !matches!(name, "u8" | "Self" | "Db" | "DB" | "")
            && !self.names.is_enum(name)
            && crate::extract::rust::routers::framework_of_type(&self.names.ty(ty, self.self_type)).is_none()
    }

    /// Remembers what a call by path hands to a function that this file does not have.
    pub(super) fn hand(&mut self, callee: &Ref, args: &[Node], places: &[Expr]) {
        self.concerns_callers |= self.hops == 0 && callee.path.len() > 1 && is_own(callee) && self.mention_parameter(places);
        self.keep_handed(callee, args);
    }

    /// The same of a method: of a type that is known, or known by its name alone.
    pub(super) fn hand_to_method(&mut self, on: &Expr, receiver: &Node, method: &str, args: &[Node], places: &[Expr]) {
        if args.is_empty() {
            return;
        }
        let of_self = matches!(&on.kind, ExprKind::Field { .. }) || self.type_of(on).is_some();
        self.concerns_callers |= self.hops == 0 && of_self && self.mention_parameter(places);
        if !args.iter().any(holds_outside) {
            return;
        }
        let callee = match self.types_of(on, receiver).into_iter().find(|ty| ty.starts_with(char::is_uppercase)) {
            Some(ty) => self.names.ty(&Type { names: vec![ty], ..Type::default() }, self.self_type).child(method),
            None => Ref::new(Scope::Local, [method]),
        };
        self.keep_handed(&callee, args);
    }

    fn keep_handed(&mut self, callee: &Ref, args: &[Node]) {
        if self.development > 0 {
            return;
        }
        for (argument, value) in args.iter().enumerate().filter(|(_, value)| is_chosen(value, 8)) {
            // What a parameter was taken apart into can't be told from a request's own.
            let is_told = self.caller != Caller::Imagined || !value.open_parameters().is_empty();
            if is_told && self.handed.len() < MAX_HANDED {
                self.handed.push(Handed { callee: callee.clone(), argument, value: value.clone() });
            }
        }
    }

    /// Whether a parameter is among the arguments as it is, or as a part of them.
    fn mention_parameter(&self, args: &[Expr]) -> bool {
        args.iter().any(|arg| match &arg.kind {
            ExprKind::Macro(call) => call.args.iter().any(|arg| self.is_parameter(&arg.value)),
            ExprKind::Struct { fields, .. } => fields.iter().any(|(_, value)| self.is_parameter(value)),
            _ => self.is_parameter(arg),
        })
    }

    fn is_parameter(&self, arg: &Expr) -> bool {
        self.place(arg).is_some_and(|(at, _)| self.locals[at].parameter.is_some())
    }
}

/// A path into the application's own crates, as far as it can be told: no library is called by `crate::…`, and one
/// of the standard library has nothing that waits for a caller.
fn is_own(callee: &Ref) -> bool {
    !matches!(callee.first(), "std" | "core" | "alloc" | "tokio" | "serde_json" | "Some" | "Ok" | "Err" | "Box" | "String" | "Vec" | "Arc")
}

/// Whether a value holds what the caller of a request makes up.
fn is_chosen(node: &Node, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && matches!(name.first(), "params" | "headers" | "url"),
        NodeKind::Text(text) => text.holes().any(|hole| is_chosen(hole, depth)),
        NodeKind::Call(call) if call.is_new => call.args.iter().any(|arg| super::flow::fields(arg).any(|value| is_chosen(value, depth))),
        NodeKind::Call(call) => call.receiver.as_ref().is_some_and(|on| is_chosen(on, depth)),
        NodeKind::Op(_, parts) | NodeKind::List(parts) => parts.iter().any(|part| is_chosen(part, depth)),
        _ => false,
    }
}

/// A sink that waits for its function's callers: its parts, each with the parameters in it.
fn waiting(mut sink: Sink, function: &Function) -> Option<Sink> {
    let waits = matches!(
        sink.kind,
        SinkKind::Sql
            | SinkKind::Fetch
            | SinkKind::Path
            | SinkKind::Html
            | SinkKind::Redirect
            | SinkKind::Pattern
            | SinkKind::Exec
            | SinkKind::Allocate
            | SinkKind::Deserialize
    );
    for part in sink.parts.iter_mut().filter(|_| waits) {
        let position = |key: &SmolStr| {
            let is_it = |span: Span| key.rsplit('#').next().and_then(|at| at.parse().ok()) == Some(span.start);
            function.params.iter().position(|param| is_it(param.pat.span)).unwrap_or_default()
        };
        let taken = |key: SmolStr| Taken { argument: position(&key), parameter: key, function: function.name.text.clone() };
        part.taken = part.value.open_parameters().into_iter().map(taken).collect();
    }
    sink.parts.retain(|part| !part.taken.is_empty());
    (!sink.parts.is_empty()).then_some(sink)
}
