//! Functions of the repository that take what they need of a record that they are handed, so that what a caller sends
//! beside it ends there: `create(body)` that inserts `{ email: body.email, name: body.name }`.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::symbols::{Names, Target};
use crate::ir::{Fact, FactKind, Func, Node, NodeKind, Ref, Scope, Sink, SinkKind, Span, Symbols, Taken};
use crate::source::FileId;

/// Nesting of a value that a parameter is looked for in.
const MAX_NESTING: u32 = 6;

/// Functions that hand a parameter on as it is.
pub(super) struct Picked(FxHashSet<(FileId, SmolStr)>);

impl Picked {
    /// Those of all files, by what their calls and their sinks are given.
    pub(super) fn new(symbols: &[Symbols], facts: &[Fact]) -> Self {
        let mut hand_on = FxHashSet::default();
        let mut add = |file: FileId, value: &Node, taken: &[Taken]| {
            for taken in taken.iter().filter(|taken| is_whole_in(value, &taken.parameter, MAX_NESTING)) {
                hand_on.insert((file, taken.function.clone()));
            }
        };
        for (file, symbols) in (0..).map(FileId).zip(symbols) {
            symbols.relayed.iter().for_each(|relayed| add(file, &relayed.value, &relayed.taken));
        }
        for fact in facts {
            if let FactKind::Sink(sink) = &fact.kind {
                sink.parts.iter().for_each(|part| add(fact.span.file, &part.value, &part.taken));
            }
        }
        Self(hand_on)
    }

    /// Whether a whole record ends in a function of the repository that takes some fields of it.
    pub(super) fn ends(&self, sink: &Sink, place: Span, names: &Names<'_>) -> bool {
        if sink.kind != SinkKind::Assign {
            return false;
        }
        let ends =
            |func: &Func| !func.params.is_empty() && !func.calls.is_empty() && !self.0.contains(&(func.span.file, func.name.clone()));
        match names.target(place.file, &sink.callee) {
            Target::Bound { binding, rest, .. } if rest.is_empty() => binding.value.as_func().is_some_and(|func| ends(func)),
            // `query.user.create(body)` of `module.exports = { user: require('./user') }`.
            Target::Bound { .. } => {
                let called = names.value(place.file, &Node::new(place, NodeKind::Ref(sink.callee.clone())));
                called.as_func().is_some_and(|func| ends(func))
            }
            Target::Outside(_) => false,
        }
    }
}

/// Whether a parameter stands in a value as it is, also spread into an object.
fn is_whole_in(value: &Node, parameter: &SmolStr, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    match &value.kind {
        NodeKind::Ref(name) => *name == Ref::new(Scope::Local, [parameter.clone()]),
        NodeKind::Op(_, operands) | NodeKind::List(operands) => operands.iter().any(|operand| is_whole_in(operand, parameter, depth)),
        NodeKind::Map(map) => map.entries.iter().any(|entry| match entry {
            crate::ir::Entry::Spread(value) | crate::ir::Entry::Pair { value, .. } | crate::ir::Entry::Computed { value, .. } => {
                is_whole_in(value, parameter, depth)
            }
        }),
        NodeKind::Call(call) => call.args.iter().chain(&call.receiver).any(|argument| is_whole_in(argument, parameter, depth)),
        _ => false,
    }
}
