//! Names across JavaScript and TypeScript files: what an import stands for, what a constant holds.
//!
//! Resolution is bounded in steps, depth and size, so that cycles of imports and constants that
//! double each other end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, SmolStrBuilder};

use super::packages::Packages;
use crate::ir::{
    Binding, BindingKind, Call, Entry, Func, Hop, HopKind, Map, Node, NodeKind, Op, Part, Ref, Scope, Span, Symbols, Text, Why,
};
use crate::source::{FileId, Files};

/// Names that are followed from one use.
const MAX_HOPS: u32 = 24;
/// Modules that one exports again, those that they export again included.
const MAX_AGAIN: usize = 256;
/// Nesting of values that is resolved.
const MAX_NESTING: u32 = 48;
/// Nodes that one value may grow to.
const MAX_NODES: usize = 20_000;

/// The names of every file, with what leads from one to another.
#[derive(Debug)]
pub struct Names<'l> {
    /// Every file.
    pub files: &'l Files,
    symbols: &'l [Symbols],
    /// The projects.
    pub packages: &'l Packages,
    /// By file: bindings by name.
    bindings: Vec<FxHashMap<&'l str, &'l Binding>>,
    /// By file: exports by name.
    exports: Vec<FxHashMap<&'l str, &'l Ref>>,
    /// By file: modules of which everything is exported again.
    stars: Vec<Vec<&'l str>>,
    /// The same with those that these export again, nearest first, of files that were asked for.
    again: RefCell<FxHashMap<FileId, Rc<[FileId]>>>,
    /// By file and name: which of those has the name, of names that were asked for.
    named: RefCell<ByName>,
    /// By file and specifier: where it leads, of specifiers that were asked for.
    found: RefCell<ByName>,
}

/// Files by what another file calls something.
type ByName = FxHashMap<FileId, FxHashMap<SmolStr, Option<FileId>>>;

/// Where a name leads.
#[derive(Debug, Clone)]
pub enum Target<'l> {
    /// A binding of a file in the repository, and the names after it.
    Bound {
        /// The file.
        file: FileId,
        /// The binding.
        binding: &'l Binding,
        /// Names that follow: members of the value.
        rest: Vec<SmolStr>,
    },
    /// Something outside of the repository: a library's export, the environment, a global.
    Outside(Ref),
}

impl<'l> Names<'l> {
    /// Indexes the symbols of all files.
    pub fn new(files: &'l Files, symbols: &'l [Symbols], packages: &'l Packages) -> Self {
        let bindings = symbols.iter().map(|file| file.bindings.iter().map(|binding| (binding.name.as_str(), binding)).collect()).collect();
        let exports =
            symbols.iter().map(|file| file.exports.iter().rev().map(|(name, target)| (name.as_str(), target)).collect()).collect();
        let star = |(name, target): &'l (SmolStr, Ref)| (name == "*").then(|| target.module()).flatten();
        let stars = symbols.iter().map(|file| file.exports.iter().filter_map(star).collect()).collect();
        let (again, named, found) = Default::default();
        Self { files, symbols, packages, bindings, exports, stars, again, named, found }
    }

    /// The names of one file.
    pub fn of(&self, file: FileId) -> Option<&'l Symbols> {
        self.symbols.get(file.0 as usize)
    }

    /// A binding of a file by its name.
    pub fn binding(&self, file: FileId, name: &str) -> Option<&'l Binding> {
        self.bindings.get(file.0 as usize)?.get(name).copied()
    }

    /// The file that a specifier leads to from a file.
    pub fn module(&self, from: FileId, specifier: &str) -> Option<FileId> {
        if let Some(known) = self.found.borrow().get(&from).and_then(|found| found.get(specifier)) {
            return *known;
        }
        let found = self.packages.find(self.files, self.files.path(from), specifier);
        self.found.borrow_mut().entry(from).or_default().insert(SmolStr::new(specifier), found);
        found
    }

    /// Where a name of a file leads.
    pub fn target(&self, file: FileId, reference: &Ref) -> Target<'l> {
        self.follow(file, reference, 0).unwrap_or_else(|| Target::Outside(reference.clone()))
    }

    /// The name of what a reference stands for outside of the repository (`jsonwebtoken#verify`),
    /// however many files hand it on; the reference itself if it leads to a binding.
    pub fn canonical(&self, file: FileId, reference: &Ref) -> Ref {
        let mut at = (file, reference.clone());
        for _ in 0..MAX_HOPS {
            match self.target(at.0, &at.1) {
                Target::Outside(outside) => return outside,
                Target::Bound { file, binding, rest } => match &binding.value.kind {
                    NodeKind::Ref(next) if binding.kind == BindingKind::Const => {
                        at = (file, rest.iter().fold(next.clone(), |next, name| next.child(name.clone())));
                    }
                    _ => break,
                },
            }
        }
        reference.clone()
    }

    /// A name leads to one other at the most, so the bound on hops ends cycles too: to remember the names on the way
    /// took longer than to go it.
    fn follow(&self, file: FileId, reference: &Ref, depth: u32) -> Option<Target<'l>> {
        if depth > MAX_HOPS {
            return None;
        }
        match &reference.scope {
            Scope::Local => self.local(file, reference),
            Scope::Import(specifier) => match self.module(file, specifier) {
                Some(module) => self.export(module, &reference.path, depth + 1),
                None => Some(Target::Outside(reference.clone())),
            },
            _ => Some(Target::Outside(reference.clone())),
        }
    }

    fn local(&self, file: FileId, reference: &Ref) -> Option<Target<'l>> {
        let [first, rest @ ..] = reference.path.as_slice() else { return None };
        // A class member has a binding of its own.
        if let [member, rest @ ..] = rest
            && let Some(binding) = self.member(file, first, member, 0)
        {
            return Some(Target::Bound { file: binding.0, binding: binding.1, rest: rest.to_vec() });
        }
        let binding = self.binding(file, first)?;
        Some(Target::Bound { file, binding, rest: rest.to_vec() })
    }

    /// A member of a class or of what it extends.
    pub fn member(&self, file: FileId, class: &str, member: &str, depth: u32) -> Option<(FileId, &'l Binding)> {
        let mut name = SmolStrBuilder::new();
        for part in [class, ".", member] {
            name.push_str(part);
        }
        if let Some(binding) = self.binding(file, &name.finish()) {
            return Some((file, binding));
        }
        let class = self.binding(file, class).filter(|binding| binding.kind == BindingKind::Class && depth < 8)?;
        match self.target(file, class.value.get("extends")?.as_ref()?) {
            Target::Bound { file, binding, rest } if rest.is_empty() => self.member(file, &binding.name, member, depth + 1),
            _ => None,
        }
    }

    fn export(&self, file: FileId, path: &[SmolStr], depth: u32) -> Option<Target<'l>> {
        let (first, rest) = path.split_first()?;
        if first == "*" {
            if !rest.is_empty() {
                return self.export(file, rest, depth);
            }
            // What `require` gives is what `module.exports` is.
            let whole = self.exports.get(file.0 as usize)?.get("default")?;
            return self.follow(file, whole, depth);
        }
        let exports = self.exports.get(file.0 as usize)?;
        let extend = |target: &Ref, rest: &[SmolStr]| rest.iter().fold(target.clone(), |target, name| target.child(name.clone()));
        if let Some(target) = exports.get(first.as_str()) {
            return self.follow(file, &extend(target, rest), depth);
        }
        if let Some(module) = self.reexporter(file, first) {
            let target = self.exports.get(module.0 as usize)?.get(first.as_str())?;
            return self.follow(module, &extend(target, rest), depth + 1);
        }
        // `import config from './x'; config.a` of an alias looks like an export `a`.
        let target = exports.get("default").filter(|_| first != "default")?;
        self.follow(file, &extend(target, path), depth)
    }

    /// The nearest of the modules that a file exports again which has a name. The files of a folder ask their barrel for
    /// the same names, and a barrel may have hundreds of modules.
    fn reexporter(&self, file: FileId, name: &str) -> Option<FileId> {
        if self.stars.get(file.0 as usize)?.is_empty() {
            return None;
        }
        if let Some(known) = self.named.borrow().get(&file).and_then(|names| names.get(name)) {
            return *known;
        }
        let has = |module: &FileId| self.exports.get(module.0 as usize).is_some_and(|exports| exports.contains_key(name));
        let found = self.again(file).iter().copied().find(has);
        self.named.borrow_mut().entry(file).or_default().insert(SmolStr::new(name), found);
        found
    }

    /// Every module of which a file exports everything again.
    fn again(&self, file: FileId) -> Rc<[FileId]> {
        if let Some(known) = self.again.borrow().get(&file) {
            return known.clone();
        }
        let stars = |file: FileId| self.stars.get(file.0 as usize).into_iter().flatten().rev().map(move |star| (file, *star));
        let mut found: Vec<FileId> = Vec::new();
        let mut left: Vec<_> = stars(file).collect();
        while let Some((from, star)) = left.pop() {
            if let Some(module) = self.module(from, star).filter(|module| *module != file && !found.contains(module)) {
                if found.len() == MAX_AGAIN {
                    break;
                }
                found.push(module);
                left.extend(stars(module));
            }
        }
        let found: Rc<[FileId]> = found.into();
        self.again.borrow_mut().insert(file, found.clone());
        found
    }

    /// A value with every name in it replaced by what it holds, as far as the repository says.
    pub fn value(&self, file: FileId, node: &Node) -> Node {
        Values { names: self, left: Cell::new(MAX_NODES) }.value(file, node, 0, 0)
    }

    /// A call with its callee named as the library names it, and its arguments resolved. A method of
    /// something that was made by a library gets the making call as its receiver.
    pub fn call(&self, file: FileId, call: &Call) -> Call {
        let values = Values { names: self, left: Cell::new(MAX_NODES) };
        values.call(file, call, 0, 0)
    }
}

/// One resolution, with what is left of its size.
struct Values<'n, 'l> {
    names: &'n Names<'l>,
    left: Cell<usize>,
}

impl Values<'_, '_> {
    fn value(&self, file: FileId, node: &Node, hops: u32, depth: u32) -> Node {
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
            value = operation(Op::Attr, vec![value, Node::text(name.clone(), node.span)], node);
        }
        let kind = if found == file { HopKind::Local } else { HopKind::Import };
        let shown = SmolStr::new(reference.path.join(".").split('@').next().unwrap_or_default());
        let span = if found == file { binding.span } else { node.span };
        value.via = value.via.then(Hop { kind, name: shown, span });
        value
    }

    fn call(&self, file: FileId, call: &Call, hops: u32, depth: u32) -> Call {
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
        call.is_new && (call.callee.names().as_slice() == ["URL"] || call.callee.module().is_some_and(is_construct))
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
