//! What functions of other files make of what they are handed: `let sql = queries::by_name(&name);`. A sink that such
//! a result flows into waits for linking, which knows what the function returns.

use smol_str::SmolStr;

use super::handed::{is_chosen, is_own, waiting};
use super::{Eval, holds};
use crate::ir::{Awaited, Call, Node, NodeKind, Part, Ref, Scope, Sink, SinkKind, SinkPart, Span, Taken, Tri};
use crate::parse::rust::{Function, Type};

/// Nesting of a value in which results are looked for.
const MAX_NESTING: u32 = 8;
/// Results of one function that are waited for.
const MAX_AWAITED: usize = 64;

impl Eval<'_, '_> {
    /// Whether a function makes a text, a path or an address of what it is handed.
    pub(super) fn makes_words(&self, function: &Function) -> bool {
        let is_parameter = |name: &Ref| {
            let plain = name.first().split('@').next();
            name.scope == Scope::Local && self.func.params.iter().any(|param| Some(param.name.as_str()) == plain)
        };
        function.returns.as_ref().is_some_and(|ty| are_words(ty, MAX_NESTING))
            && self.func.returns.as_ref().is_some_and(|value| holds(value, false, &is_parameter))
    }

    /// Arguments in which the results of functions of other files stand open, if there are any.
    pub(super) fn with_results_open(&self, args: &[Node]) -> Option<(Vec<Node>, Vec<Awaited>)> {
        if self.development > 0 || !args.iter().any(|arg| holds_result(arg, MAX_NESTING)) {
            return None;
        }
        let (mut opened, mut awaited) = (args.to_vec(), Vec::new());
        for arg in &mut opened {
            open_results(arg, &mut awaited, MAX_NESTING);
        }
        Some((opened, awaited))
    }

    /// A log of a struct that another file may have, of which linking knows what it prints.
    pub(super) fn shown_elsewhere(&mut self, types: Vec<Ref>, span: Span) {
        let may_be_own = |ty: &Ref| ty.scope == Scope::Rust && ty.path.len() > 1 && is_own(ty) && ty.last().starts_with(char::is_uppercase);
        let is_read_for_itself = self.hops == 0;
        for ty in types.into_iter().filter(|_| is_read_for_itself).filter(may_be_own) {
            let taken = Taken {
                parameter: smol_str::format_smolstr!("{}#{}", ty.last(), span.start),
                function: ty.last().into(),
                argument: 0,
                path: Vec::new(),
            };
            let value = Node::new(span, NodeKind::Ref(ty.child("Debug")));
            let part = SinkPart { taken: vec![taken], ..SinkPart::new(value, Tri::Yes, SmolStr::default()) };
            let callee = Ref::new(Scope::Local, ["log"]);
            self.add_sinks(vec![Sink { kind: SinkKind::Log, callee, parts: vec![part], options: None }], span);
        }
    }

    /// Keeps the sinks that wait for results.
    pub(super) fn wait_for(&mut self, found: Vec<Sink>, awaited: Vec<Awaited>, span: Span) {
        let callee = |key: &SmolStr| {
            let call = awaited.iter().find(|awaited| awaited.result == *key);
            (0, call.map(|call| SmolStr::from(call.callee.last())).unwrap_or_default())
        };
        let waiting: Vec<Sink> = found.into_iter().filter_map(|sink| waiting(sink, callee)).collect();
        if !waiting.is_empty() && self.flows.awaited.len() < MAX_AWAITED {
            self.flows.awaited.extend(awaited);
            self.add_sinks(waiting, span);
        }
    }
}

/// `String`, `PathBuf`, `Result<Url, Error>`.
fn are_words(ty: &Type, depth: u32) -> bool {
    match ty.last() {
        "Result" | "Option" | "Box" => depth > 0 && ty.args.first().is_some_and(|inner| are_words(inner, depth - 1)),
        name => matches!(name, "String" | "str" | "Cow" | "PathBuf" | "OsString" | "Url" | "Uri"),
    }
}

/// A call by path of what may be a function of another file, that is handed a part of a request.
fn is_result(call: &Call) -> bool {
    let is_function = call.receiver.is_none() && !call.is_new && call.callee.scope == Scope::Rust && call.callee.path.len() > 1;
    let name = call.callee.last();
    is_function
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('!')
        && is_own(&call.callee)
        && call.args.iter().any(|arg| is_chosen(arg, MAX_NESTING))
}

fn holds_result(node: &Node, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &node.kind {
        NodeKind::Call(call) => is_result(call) || call.receiver.iter().chain(&call.args).any(|part| holds_result(part, depth)),
        NodeKind::Text(text) => text.holes().any(|hole| holds_result(hole, depth)),
        NodeKind::Op(_, parts) | NodeKind::List(parts) => parts.iter().any(|part| holds_result(part, depth)),
        _ => false,
    }
}

fn open_results(node: &mut Node, awaited: &mut Vec<Awaited>, depth: u32) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match &mut node.kind {
        NodeKind::Call(call) if is_result(call) => {
            let result = smol_str::format_smolstr!("{}#{}", call.callee.last(), node.span.start);
            awaited.push(Awaited { result: result.clone(), callee: call.callee.clone(), args: std::mem::take(&mut call.args) });
            node.kind = NodeKind::Ref(Ref::new(Scope::Request, [SmolStr::new_static("params"), result]));
        }
        NodeKind::Call(call) => call.receiver.iter_mut().chain(&mut call.args).for_each(|part| open_results(part, awaited, depth)),
        NodeKind::Text(text) => {
            for piece in &mut text.pieces {
                if let Part::Hole(hole) = &mut piece.part {
                    open_results(hole, awaited, depth);
                }
            }
        }
        NodeKind::Op(_, parts) | NodeKind::List(parts) => parts.iter_mut().for_each(|part| open_results(part, awaited, depth)),
        _ => {}
    }
}
