//! What functions of JavaScript make of what they are handed, put in the place of their calls: `buildQuery(name)` in a
//! call that runs it.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::callers::member;
use super::symbols::{Names, Target};
use crate::ir::{Call, Func, Made, Node, NodeKind, Op, Ref, Scope, Span, Symbols, Taken, Why};
use crate::source::FileId;

/// Functions in functions that are followed.
const MAX_HOPS: u32 = 3;
/// Nesting of a value that calls are looked for in, and that parameters are replaced in.
const MAX_NESTING: u32 = 12;
/// Nodes of a value that is put in the place of a call.
const MAX_WEIGHT: usize = 64;

/// The functions of a repository that hand on what they are handed.
pub(super) struct Results<'n, 'l> {
    names: &'n Names<'l>,
    made: FxHashMap<Span, &'l Made>,
}

impl<'n, 'l> Results<'n, 'l> {
    pub(super) fn new(names: &'n Names<'l>, symbols: &'l [Symbols]) -> Self {
        let made = symbols.iter().flat_map(|symbols| &symbols.made).map(|made| (made.function, made)).collect();
        Self { names, made }
    }

    /// Replaces the calls in a resolved value by what they return, as far as that is known to be made of what they are
    /// handed.
    pub(super) fn fill(&self, value: &mut Node) {
        if !self.made.is_empty() {
            self.fill_within(value, MAX_HOPS, MAX_NESTING);
        }
    }

    fn fill_within(&self, value: &mut Node, hops: u32, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        value.each_part_mut(&mut |part| self.fill_within(part, hops, depth));
        match &mut value.kind {
            NodeKind::Call(call) => {
                if let Some(made) = self.result(value.span.file, call, hops) {
                    value.kind = made.kind;
                }
            }
            // What a hole has become is a part of the text.
            NodeKind::Text(text) if text.holes().any(|hole| hole.as_text().is_some()) => *text = std::mem::take(text).flat(),
            // A member of what is returned.
            NodeKind::Op(Op::Attr, operands) if let [whole, key] = operands.as_slice() => {
                if let (Some(_), Some(key)) = (whole.as_map(), key.as_str()) {
                    value.kind = whole.member(key).kind;
                }
            }
            _ => {}
        }
    }

    /// Replaces an argument of a library that a function of the repository makes by what that returns in one expression:
    /// `jwt.verify(token, key(), options({ ignoreExpiration: true }))`.
    pub(super) fn answer(&self, argument: &mut Node) {
        self.answer_within(argument, MAX_HOPS);
    }

    fn answer_within(&self, value: &mut Node, hops: u32) {
        let Some(hops) = hops.checked_sub(1) else { return };
        match &mut value.kind {
            NodeKind::Call(call) => {
                if let Some(returned) = self.returned(value.span.file, call) {
                    value.kind = returned.kind;
                    self.answer_within(value, hops);
                }
            }
            NodeKind::Map(_) | NodeKind::Op(Op::Or | Op::Coalesce | Op::Await, _) => {
                value.each_part_mut(&mut |part| self.answer_within(part, hops));
            }
            _ => {}
        }
    }

    /// The settings or the text that a function returns in one expression, with what it is handed.
    fn returned(&self, file: FileId, call: &Call) -> Option<Node> {
        let func = self.function(file, call)?;
        let is_settled = |node: &Node| {
            matches!(node.kind, NodeKind::Map(_) | NodeKind::Text(_) | NodeKind::List(_) | NodeKind::Op(Op::Or | Op::Coalesce, _))
        };
        let returns = func.returns.as_ref().filter(|returned| is_settled(returned))?;
        let mut value = self.names.value(func.span.file, returns);
        for (parameter, given) in func.params.iter().zip(&call.args).filter(|(parameter, _)| !parameter.name.is_empty()) {
            let own = Ref::new(Scope::Local, [format_smolstr!("{}@@{}", parameter.name, parameter.span.start)]);
            value.replace(&own, given, MAX_NESTING);
        }
        // What was handed over may have been spread into it.
        (value.weight(MAX_WEIGHT) < MAX_WEIGHT).then(|| self.names.value(func.span.file, &value))
    }

    /// What a call returns, with what it hands over in the place of the parameters.
    fn result(&self, file: FileId, call: &Call, hops: u32) -> Option<Node> {
        let hops = hops.checked_sub(1)?;
        let made = *self.made.get(&self.function(file, call)?.span)?;
        let mut value = self.names.value(made.function.file, &made.value);
        self.fill_within(&mut value, hops, MAX_NESTING);
        forget(&mut value, &made.taken, MAX_NESTING);
        for taken in &made.taken {
            let argument = call.args.get(taken.argument).and_then(|argument| member(argument, &taken.path));
            let given = argument.map_or_else(|| Node::unknown(Why::Opaque, value.span), std::borrow::Cow::into_owned);
            value.replace(&Ref::new(Scope::Local, [taken.parameter.clone()]), &given, MAX_NESTING);
        }
        (value.weight(MAX_WEIGHT) < MAX_WEIGHT).then_some(value)
    }

    /// The function that is called: by a name that leads to it, or as a method of what a class makes.
    fn function(&self, file: FileId, call: &Call) -> Option<&'l Func> {
        if call.is_new {
            return None;
        }
        let Some(receiver) = &call.receiver else { return self.named(file, &call.callee, MAX_NESTING) };
        let instance = instance_of(receiver);
        let class = instance.as_call().filter(|class| class.is_new)?;
        self.named(instance.span.file, &class.callee.child(call.callee.last()), MAX_NESTING)
    }

    /// The function that a name leads to, through what modules export and what classes make.
    fn named(&self, file: FileId, name: &Ref, hops: u32) -> Option<&'l Func> {
        let hops = hops.checked_sub(1)?;
        let Target::Bound { file, binding, rest } = self.names.target(file, name) else { return None };
        let through = |target: &Ref, rest: &[SmolStr]| {
            let target = rest.iter().fold(target.clone(), |target, name| target.child(name.clone()));
            self.named(file, &target, hops)
        };
        match (&binding.value.kind, rest.as_slice()) {
            (NodeKind::Func(func), []) => Some(func),
            (NodeKind::Ref(target), rest) => through(target, rest),
            (NodeKind::Call(call), [_]) if call.is_new => through(&call.callee, &rest),
            (NodeKind::Map(map), [first, rest @ ..]) => match &map.get(first)?.kind {
                NodeKind::Func(func) if rest.is_empty() => Some(func),
                NodeKind::Ref(target) => through(target, rest),
                _ => None,
            },
            _ => None,
        }
    }
}

fn instance_of(node: &Node) -> &Node {
    match &node.kind {
        NodeKind::Op(Op::Await, operands) => operands.first().unwrap_or(node),
        _ => node,
    }
}

/// Leaves nothing open but what the call hands over: who gives the other parameters is not known.
fn forget(value: &mut Node, taken: &[Taken], depth: u32) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match &value.kind {
        NodeKind::Ref(name) if name.is_parameter() && taken.iter().all(|taken| taken.parameter != name.path[0]) => {
            value.kind = NodeKind::Unknown(Why::Opaque);
        }
        _ => value.each_part_mut(&mut |part| forget(part, taken, depth)),
    }
}
