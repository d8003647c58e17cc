//! A value with the names in it replaced by what they hold, across files.

use std::cell::Cell;
use std::sync::Arc;

use smol_str::SmolStr;

use super::{MAX_HOPS, Names, Target};
use crate::ir::{BindingKind, Call, Entry, Func, Hop, HopKind, Map, Node, NodeKind, Op, Part, Ref, Scope, Span, Text, Why};
use crate::source::FileId;

/// Nesting of values that is resolved.
const MAX_NESTING: u32 = 48;
/// Nodes that one value may grow to.
const MAX_NODES: usize = 20_000;

/// One resolution, with what is left of its size.
pub(super) struct Values<'n, 'l> {
    names: &'n Names<'l>,
    left: Cell<usize>,
}

impl<'n, 'l> Values<'n, 'l> {
    pub(super) fn new(names: &'n Names<'l>) -> Self {
        Self { names, left: Cell::new(MAX_NODES) }
    }

    pub(super) fn value(&self, file: FileId, node: &Node, hops: u32, depth: u32) -> Node {
        if depth > MAX_NESTING || self.left.get() == 0 {
            return Node { via: node.via.clone(), ..Node::unknown(Why::Bound, node.span) };
        }
        self.left.set(self.left.get() - 1);
        let depth = depth + 1;
        let go = |inner: &Node| self.value(file, inner, hops, depth);
        let kind = match &node.kind {
            NodeKind::Ref(reference) => return self.name(file, node, reference, hops, depth),
            NodeKind::Text(text) if text.has_holes() => NodeKind::Text(self.text(file, text, hops, depth)),
            NodeKind::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    let item = go(item);
                    match item.kind {
                        NodeKind::Op(Op::Spread, ref inner) if matches!(inner.first(), Some(Node { kind: NodeKind::List(_), .. })) => {
                            list.extend(inner[0].as_list().unwrap_or_default().iter().cloned());
                        }
                        _ => list.push(item),
                    }
                }
                NodeKind::List(list)
            }
            NodeKind::Map(map) => NodeKind::Map(self.map(file, map, hops, depth)),
            NodeKind::Op(op, operands) => return operation(*op, operands.iter().map(go).collect(), node),
            NodeKind::Call(call) => return built_in(self.call(file, call, hops, depth), node),
            _ => return node.clone(),
        };
        Node { span: node.span, via: node.via.clone(), kind }
    }

    fn map(&self, file: FileId, map: &Map, hops: u32, depth: u32) -> Map {
        let mut out = Map::default();
        for entry in &map.entries {
            match entry {
                Entry::Pair { key, key_span, value } => out.push(key.clone(), *key_span, self.value(file, value, hops, depth)),
                Entry::Computed { key, value } => {
                    let (key, value) = (self.value(file, key, hops, depth), self.value(file, value, hops, depth));
                    match key.as_str() {
                        Some(known) => out.push(known, key.span, value),
                        None => out.entries.push(Entry::Computed { key, value }),
                    }
                }
                Entry::Spread(inner) => spread(self.value(file, inner, hops, depth), &mut out),
            }
        }
        out
    }

    fn text(&self, file: FileId, text: &Text, hops: u32, depth: u32) -> Text {
        let mut out = Text::default();
        for piece in &text.pieces {
            match &piece.part {
                Part::Lit(_) => out.pieces.push(piece.clone()),
                Part::Hole(inner) => out.push(self.value(file, inner, hops, depth)),
            }
        }
        out.join_literals();
        out
    }

    fn name(&self, file: FileId, node: &Node, reference: &Ref, hops: u32, depth: u32) -> Node {
        if hops >= MAX_HOPS {
            return node.clone();
        }
        let (found, binding, rest) = match self.names.target(file, reference) {
            Target::Bound { file, binding, rest } => (file, binding, rest),
            Target::Outside(outside) => return Node { kind: NodeKind::Ref(outside), ..node.clone() },
        };
        if !matches!(binding.kind, BindingKind::Const | BindingKind::Function) {
            return node.clone();
        }
        // Only the member that is asked for is resolved, not all of a large settings object.
        let (member, rest) = written_member(&binding.value, &rest);
        let mut value = self.value(found, member, hops + 1, depth);
        for name in rest {
            value = of_spread(&value, name).unwrap_or_else(|| operation(Op::Attr, vec![value, Node::text(name.clone(), node.span)], node));
        }
        let kind = if found == file { HopKind::Local } else { HopKind::Import };
        let shown = SmolStr::new(reference.path.join(".").split('@').next().unwrap_or_default());
        let span = if found == file { binding.span } else { node.span };
        value.via = value.via.then(Hop { kind, name: shown, span });
        value
    }

    pub(super) fn call(&self, file: FileId, call: &Call, hops: u32, depth: u32) -> Call {
        let mut args: Vec<Node> = call.args.iter().map(|arg| self.value(file, arg, hops, depth)).collect();
        if let ("apply" | "then", [Node { kind: NodeKind::Func(func), .. }]) = (call.callee.last(), args.as_mut_slice())
            && func.returns.is_some()
        {
            // What a value that comes later is made into.
            let returns = func.returns.as_ref().map(|returned| self.value(file, returned, hops, depth));
            *func = Arc::new(Func { returns, ..Func::clone(func) });
        }
        let mut receiver = call.receiver.as_ref().map(|receiver| self.value(file, receiver, hops, depth));
        let mut callee = self.names.canonical(file, &call.callee);
        if matches!(callee.scope, Scope::Local | Scope::Import(_)) && receiver.is_none() && callee.path.len() > 1 {
            let mut base = callee.clone();
            let method = base.path.pop().unwrap_or_default();
            let object = Node::new(Span::default(), NodeKind::Ref(base.clone()));
            let made = self.name(file, &object, &base, hops + 1, depth);
            if matches!(made.kind, NodeKind::Call(_) | NodeKind::Op(Op::Await, _) | NodeKind::List(_) | NodeKind::Text(_)) || is_part(&made)
            {
                receiver = Some(made);
                callee = Ref::new(Scope::Global, [method]);
            }
        }
        // A rule of Nitric's is a function that is called with scopes: `user('orders.read')`.
        if matches!(callee.scope, Scope::Local | Scope::Import(_)) && receiver.is_none() && callee.path.len() == 1 {
            let function = Node::new(Span::default(), NodeKind::Ref(callee.clone()));
            let made = self.name(file, &function, &callee, hops + 1, depth);
            if made.as_call().is_some_and(|call| call.callee.module() == Some("@nitric/sdk")) {
                receiver = Some(made);
                callee = Ref::to(Scope::Global);
            }
        }
        Call { callee, receiver, args, is_new: call.is_new, result_used: call.result_used }
    }
}

/// `new URL(…).searchParams`, `new RestApi(…).root`.
fn is_part(made: &Node) -> bool {
    let NodeKind::Op(Op::Attr, operands) = &made.kind else { return false };
    operands.first().and_then(Node::as_call).is_some_and(|call| {
        let is_construct = |module: &str| module.starts_with("aws-cdk-lib") || module.starts_with("@aws-cdk/");
        // `Secret.fromSecretNameV2(…)` is made like `new Secret(…)`.
        let is_found = || call.callee.path.len() > 1 && call.callee.last().starts_with("from");
        call.is_new && call.callee.names().as_slice() == ["URL"]
            || (call.is_new || is_found()) && call.callee.module().is_some_and(is_construct)
    })
}

/// Goes into maps as they are written, as far as names lead; a spread after the key may replace it.
fn written_member<'a, 'r>(mut value: &'a Node, mut rest: &'r [SmolStr]) -> (&'a Node, &'r [SmolStr]) {
    while let Some((name, tail)) = rest.split_first() {
        let Some(map) = value.as_map() else { break };
        let Some(Entry::Pair { value: inner, .. }) = map
            .entries
            .iter()
            .rev()
            .take_while(|entry| matches!(entry, Entry::Pair { .. }))
            .find(|entry| matches!(entry, Entry::Pair { key, .. } if key == name))
        else {
            break;
        };
        value = inner;
        rest = tail;
    }
    (value, rest)
}

/// A member of what a request brings, where nothing but that may set it: `wanted.name` of `const wanted = { ...req.query }`.
fn of_spread(object: &Node, name: &SmolStr) -> Option<Node> {
    let map = object.as_map().filter(|map| map.get(name).is_none())?;
    let mut open = map.entries.iter().filter(|entry| !matches!(entry, Entry::Pair { .. }));
    match (open.next(), open.next()) {
        (Some(Entry::Spread(Node { kind: NodeKind::Ref(whole), span, .. })), None) if whole.scope == Scope::Request => {
            Some(Node::new(*span, NodeKind::Ref(whole.child(name.clone()))))
        }
        _ => None,
    }
}

/// Adds the entries of a spread value to a map.
fn spread(value: Node, out: &mut Map) {
    match value.kind {
        NodeKind::Map(inner) => out.entries.extend(inner.entries),
        NodeKind::Null | NodeKind::Bool(false) => {}
        _ => out.entries.push(Entry::Spread(value)),
    }
}

/// An operation whose operands are resolved.
fn operation(op: Op, mut operands: Vec<Node>, node: &Node) -> Node {
    let same = |kind| Node { span: node.span, via: node.via.clone(), kind };
    match op {
        Op::Attr | Op::Index if operands.len() == 2 => {
            let key = operands[1].as_str().map(SmolStr::new);
            if let Some(key) = key {
                match &operands[0].kind {
                    NodeKind::Map(map) => {
                        let base = &operands[0];
                        if let Some(value) = map.get(&key) {
                            let mut value = value.clone();
                            for hop in base.via.hops() {
                                value.via = value.via.then(hop.clone());
                            }
                            return value;
                        }
                        if !map.is_open() {
                            return same(NodeKind::Null);
                        }
                    }
                    NodeKind::Ref(base) => return same(NodeKind::Ref(base.child(key))),
                    _ => {}
                }
            }
            same(NodeKind::Op(op, operands))
        }
        // A fallback after something that is settled never counts.
        Op::Or | Op::Coalesce if operands.first().is_some_and(|first| settled(first, op)) => operands.swap_remove(0),
        Op::Or | Op::Coalesce if operands.len() == 2 && matches!(operands[0].kind, NodeKind::Null) => operands.swap_remove(1),
        Op::Await if operands.first().is_some_and(|inner| !matches!(inner.kind, NodeKind::Call(_) | NodeKind::Unknown(_))) => {
            operands.swap_remove(0)
        }
        _ => same(NodeKind::Op(op, operands)),
    }
}

/// Whether a value is there whatever happens, so that `||` or `??` never looks at the next.
fn settled(value: &Node, op: Op) -> bool {
    match &value.kind {
        NodeKind::Text(text) => {
            op == Op::Coalesce || text.pieces.iter().any(|piece| matches!(&piece.part, Part::Lit(text) if !text.is_empty()))
        }
        NodeKind::Bool(value) => *value || op == Op::Coalesce,
        NodeKind::Number(value) => *value != 0.0 || op == Op::Coalesce,
        NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Func(_) => true,
        _ => false,
    }
}

/// Functions of the language that make a value of values: `Object.assign`, `Object.freeze`, `'a,b'.split(',')`.
fn built_in(call: Call, node: &Node) -> Node {
    let same = |kind| Node { span: node.span, via: node.via.clone(), kind };
    if call.callee.scope == Scope::Global && call.receiver.is_none() {
        match call.callee.names().as_slice() {
            ["Object", "assign"] => {
                let mut map = Map::default();
                for argument in call.args {
                    spread(argument, &mut map);
                }
                return same(NodeKind::Map(map));
            }
            ["Object", "freeze" | "seal"] | ["structuredClone"] if call.args.len() == 1 => {
                return call.args.into_iter().next().unwrap_or_else(|| same(NodeKind::Null));
            }
            _ => {}
        }
    }
    // `_.extend(common, own)`.
    if matches!(call.callee.module(), Some("underscore" | "lodash" | "lodash.merge" | "extend" | "deepmerge"))
        && matches!(call.callee.last(), "extend" | "assign" | "merge" | "defaults" | "default")
        && call.args.iter().any(|argument| argument.as_map().is_some())
    {
        let mut map = Map::default();
        call.args.into_iter().for_each(|argument| spread(argument, &mut map));
        return same(NodeKind::Map(map));
    }
    if call.callee.last() == "split"
        && let (Some(text), Some(separator)) = (call.receiver.as_ref().and_then(Node::as_str), call.args.first().and_then(Node::as_str))
        && !separator.is_empty()
    {
        let span = call.receiver.as_ref().map_or(node.span, |receiver| receiver.span);
        return same(NodeKind::List(text.split(separator).map(|part| Node::text(part, span)).collect()));
    }
    same(NodeKind::Call(Box::new(call)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A variable that nothing is left of is a choice of nothing.
    #[test]
    fn a_choice_of_nothing_is_one() {
        let node = Node::new(Span::default(), NodeKind::Null);
        for op in [Op::Or, Op::Coalesce, Op::Await, Op::Attr] {
            assert!(matches!(operation(op, Vec::new(), &node).kind, NodeKind::Op(..)), "{op:?}");
        }
    }
}
