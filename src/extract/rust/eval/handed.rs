//! Across files: what calls hand to functions of other files, and what a function does with parameters that callers
//! in other files may fill with parts of a request. Linking joins the two.

use smol_str::SmolStr;

use super::{Caller, Eval, MAX_WEIGHT, holds_outside, request};
use crate::extract::rust::func;
use crate::ir::{Awaited, Handed, Made, Node, NodeKind, Ref, Scope, Sink, SinkKind, Symbols, Taken, Tri};
use crate::parse::rust::{Expr, ExprKind, Function, Type};

/// Arguments of one function that are remembered.
const MAX_HANDED: usize = 256;

/// What goes from one function into another that may stand in another file, and what comes back.
#[derive(Debug, Default)]
pub(in crate::extract::rust) struct Flows {
    /// What calls hand over.
    pub handed: Vec<Handed>,
    /// What functions make of their parameters.
    pub made: Vec<Made>,
    /// Calls whose results flow into sinks.
    pub awaited: Vec<Awaited>,
}

impl Flows {
    /// Adds what was found in another function.
    pub(super) fn append(&mut self, mut other: Self) {
        self.handed.append(&mut other.handed);
        self.made.append(&mut other.made);
        self.awaited.append(&mut other.awaited);
    }

    /// Puts all of it where linking looks.
    pub(in crate::extract::rust) fn keep(&mut self, symbols: &mut Symbols) {
        symbols.handed.append(&mut self.handed);
        symbols.made.append(&mut self.made);
        symbols.awaited.append(&mut self.awaited);
    }
}

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
            let value = other.result(function);
            let position = |at: u32| function.params.iter().position(|param| param.pat.span.start == at);
            let taken = |key: &SmolStr| (position(start_of(key)).unwrap_or_default(), function.name.text.clone());
            self.sinks.extend(other.sinks.into_iter().filter_map(|(span, sink)| Some((span, waiting(sink, taken)?))));
            self.flows.append(other.flows);
            if value.weight(MAX_WEIGHT) < MAX_WEIGHT && !value.open_parameters().is_empty() && self.makes_words(function) {
                self.flows.made.push(Made { function: function.span, value, taken: Vec::new() });
            }
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
            if is_told && self.flows.handed.len() < MAX_HANDED {
                self.flows.handed.push(Handed { callee: callee.clone(), argument, value: value.clone(), tested: Tri::No });
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
pub(super) fn is_own(callee: &Ref) -> bool {
    !matches!(callee.first(), "std" | "core" | "alloc" | "tokio" | "serde_json" | "Some" | "Ok" | "Err" | "Box" | "String" | "Vec" | "Arc")
}

/// Whether a value holds what the caller of a request makes up.
pub(super) fn is_chosen(node: &Node, depth: u32) -> bool {
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

/// Where what a key stands for is written.
fn start_of(key: &str) -> u32 {
    key.rsplit('#').next().and_then(|at| at.parse().ok()).unwrap_or_default()
}

/// A sink that waits for what stands open in it: its parts, each with the keys of that. `taken` says by which argument
/// of which function one is filled.
pub(super) fn waiting(mut sink: Sink, taken: impl Fn(&SmolStr) -> (usize, SmolStr)) -> Option<Sink> {
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
        let of = |parameter: SmolStr| {
            let (argument, function) = taken(&parameter);
            Taken { parameter, function, argument, path: Vec::new() }
        };
        part.taken = part.value.open_parameters().into_iter().map(of).collect();
    }
    sink.parts.retain(|part| !part.taken.is_empty());
    (!sink.parts.is_empty()).then_some(sink)
}
