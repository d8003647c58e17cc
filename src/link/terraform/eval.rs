//! Evaluates an expression in a scope. What is not known stays as it is written: a name, or an
//! unknown with its reason; a value keeps the place of its literal and the hops that it came by.

use std::borrow::Cow;

use smol_str::SmolStr;

use super::instance::{Key, Keys};
use super::{Evaluator, access, functions};
use crate::ir::{Entry, For, Map, Node, NodeKind, Op, Part, Piece, Ref, Span, Text, Tri, Why};

/// Nested evaluations that are followed: through variables, locals, modules and expressions together.
const MAX_DEPTH: usize = 200;
/// Bytes of a text that evaluation makes.
pub(super) const MAX_TEXT: usize = 1 << 18;
/// Nodes of a value that is copied; see [`Evaluator::remember`].
pub(super) const MAX_WEIGHT: usize = 50_000;
/// Bytes of made text that cost as much as one evaluated node.
pub(super) const TEXT_PER_STEP: usize = 32;
/// Items that one comprehension goes over.
const MAX_ITEMS: usize = 10_000;

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    /// The module instance.
    pub(super) module: usize,
    /// `count.index`, `each.key`.
    pub(super) key: &'s Key,
    /// Names of comprehensions and templates.
    pub(super) frame: Option<&'s Frame<'s>>,
}

/// One local name.
#[derive(Debug)]
pub(super) struct Frame<'s> {
    pub(super) name: &'s str,
    pub(super) value: &'s Node,
    pub(super) up: Option<&'s Frame<'s>>,
}

impl<'s> Scope<'s> {
    /// The scope of a module without `count` or `each`.
    pub(super) fn of(module: usize) -> Self {
        Self { module, key: &Key::Single, frame: None }
    }

    fn with<'n>(&'n self, frame: &'n Frame<'n>) -> Scope<'n>
    where
        's: 'n,
    {
        Scope { frame: Some(frame), ..*self }
    }
}

/// An evaluation error: `try` goes on to its next argument.
pub(super) fn error(span: Span) -> Node {
    Node::unknown(Why::Broken, span)
}

/// Whether a value is an evaluation error.
pub(super) fn is_error(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Unknown(Why::Broken))
}

impl Evaluator<'_> {
    /// The value of `node` in `scope`, as far as it is known.
    pub(super) fn eval(&mut self, node: &Node, scope: Scope<'_>) -> Node {
        self.steps += 1;
        if self.steps > super::MAX_STEPS || self.depth >= MAX_DEPTH {
            return Node::unknown(Why::Bound, node.span);
        }
        self.depth += 1;
        let value = match &node.kind {
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Func(_) | NodeKind::Unknown(_) => node.clone(),
            NodeKind::Text(text) if !text.has_holes() => node.clone(),
            NodeKind::Text(text) => self.text(node, text, scope),
            NodeKind::List(items) => self.list(node, items, scope),
            NodeKind::Map(map) => self.map(node, map, scope),
            NodeKind::Ref(reference) => self.reference(node, reference, scope),
            NodeKind::Call(call) => functions::call(self, node, call, scope),
            NodeKind::Op(op, operands) => self.op(node, *op, operands, scope),
            NodeKind::For(each) => self.comprehension(node.span, each, scope),
        };
        self.depth -= 1;
        value
    }

    fn list(&mut self, node: &Node, items: &[Node], scope: Scope<'_>) -> Node {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            match &item.kind {
                NodeKind::For(each) if each.value.contains('.') => self.dynamic(item, each, scope, &mut out),
                _ => out.push(self.eval(item, scope)),
            }
        }
        Node::new(node.span, NodeKind::List(out))
    }

    /// A `dynamic` block: one block an element, or the block as it is if the elements are not known.
    fn dynamic(&mut self, node: &Node, each: &For, scope: Scope<'_>, out: &mut Vec<Node>) {
        let over = self.eval(&each.over, scope);
        let Some(items) = access::iterate(&over).filter(|items| items.iter().all(|(_, value)| !access::is_open(value))) else {
            let body = self.eval(&each.body, scope);
            out.push(Node::new(node.span, NodeKind::For(Box::new(For { over, body, ..each.clone() }))));
            return;
        };
        for (key, value) in items.iter().take(MAX_ITEMS) {
            let inner = Frame { name: &each.value, value, up: scope.frame };
            let outer = Frame { name: each.key.as_deref().unwrap_or(""), value: key, up: Some(&inner) };
            out.push(self.eval(&each.body, scope.with(&outer)));
        }
    }

    fn map(&mut self, node: &Node, map: &Map, scope: Scope<'_>) -> Node {
        let mut out = Map { entries: Vec::with_capacity(map.entries.len()) };
        for entry in &map.entries {
            match entry {
                Entry::Pair { key, key_span, value } => out.push(key.clone(), *key_span, self.eval(value, scope)),
                Entry::Computed { key, value } => {
                    let key = self.eval(key, scope);
                    let value = self.eval(value, scope);
                    out.entries.push(access::entry(key, value));
                }
                Entry::Spread(node) => out.entries.push(Entry::Spread(self.eval(node, scope))),
            }
        }
        Node::new(node.span, NodeKind::Map(out))
    }

    /// A template: known holes become text, the others stay.
    fn text(&mut self, node: &Node, text: &Text, scope: Scope<'_>) -> Node {
        let mut pieces = Vec::with_capacity(text.pieces.len());
        let mut size = 0;
        let mut broken = false;
        for piece in &text.pieces {
            match &piece.part {
                Part::Lit(literal) => {
                    size += literal.len();
                    pieces.push(piece.clone());
                }
                Part::Hole(hole) => {
                    let value = self.hole(hole, scope);
                    broken |= is_error(&value);
                    size += access::push_text(&mut pieces, value, piece.span);
                }
            }
            if size > MAX_TEXT {
                return Node::unknown(Why::Bound, node.span);
            }
        }
        if broken {
            return error(node.span);
        }
        self.steps += size / TEXT_PER_STEP;
        Node::new(node.span, NodeKind::Text(Text { pieces: join(pieces, node.span) }))
    }

    /// An interpolation, or a `%{ for }` whose texts are joined.
    fn hole(&mut self, hole: &Node, scope: Scope<'_>) -> Node {
        let value = self.eval(hole, scope);
        let (NodeKind::For(_), NodeKind::List(items)) = (&hole.kind, &value.kind) else { return value };
        let mut pieces = Vec::new();
        for item in items {
            access::push_text(&mut pieces, item.clone(), item.span);
        }
        Node::new(value.span, NodeKind::Text(Text { pieces }))
    }

    fn reference(&mut self, node: &Node, reference: &Ref, scope: Scope<'_>) -> Node {
        let path = &reference.path;
        let Some(first) = path.first() else { return node.clone() };
        let mut frame = scope.frame;
        while let Some(local) = frame {
            if local.name == first {
                return self.follow(local.value, &path[1..], node.span);
            }
            let dotted = path.get(1).is_some_and(|second| {
                local.name.strip_prefix(first.as_str()).and_then(|rest| rest.strip_prefix('.')) == Some(second.as_str())
            });
            if dotted {
                return self.follow(local.value, &path[2..], node.span);
            }
            frame = local.up;
        }
        let Some(second) = path.get(1) else { return node.clone() };
        let rest = &path[2..];
        match first.as_str() {
            "var" => match self.variable(scope.module, second) {
                Some(value) => self.follow(&value, rest, node.span),
                None => node.clone(),
            },
            "local" => match self.local(scope.module, second) {
                Some(value) => self.follow(&value, rest, node.span),
                None => node.clone(),
            },
            "each" | "count" => match scope.key.value(first, second) {
                Some(value) => self.follow(&value, rest, node.span),
                None => node.clone(),
            },
            // Terraform runs in the folder of the root module.
            "path" if second == "module" => {
                Node::text(super::folders::relative(&self.root_dir(), &self.modules[scope.module].config.dir), node.span)
            }
            "path" => Node::text(".", node.span),
            "terraform" | "self" => node.clone(),
            "module" => match self.module_value(scope.module, second) {
                Some(value) => self.follow(&value, rest, node.span),
                None => node.clone(),
            },
            "data" => {
                match path.get(2).and_then(|third| self.resource_value(scope.module, &smol_str::format_smolstr!("data.{second}.{third}"))) {
                    Some(value) => self.follow(&value, &path[3..], node.span),
                    None => node.clone(),
                }
            }
            _ => match self.resource_value(scope.module, &smol_str::format_smolstr!("{first}.{second}")) {
                Some(value) => self.follow(&value, rest, node.span),
                None => node.clone(),
            },
        }
    }

    /// Attribute after attribute of a value, cloning no more than the last.
    pub(super) fn follow(&mut self, base: &Node, names: &[SmolStr], span: Span) -> Node {
        let mut via = base.via.clone();
        let mut current = Cow::Borrowed(base);
        for name in names {
            current = match current {
                Cow::Borrowed(node) => match node.as_map().and_then(|map| map.get(name)) {
                    Some(child) => {
                        via = access::join(&child.via, &via);
                        Cow::Borrowed(child)
                    }
                    None => Cow::Owned(self.attr(node, name, span)),
                },
                Cow::Owned(node) => Cow::Owned(self.attr(&node, name, span)),
            };
            if let Cow::Owned(node) = &mut current {
                node.via = access::join(&node.via, &via);
            }
        }
        let mut value = current.into_owned();
        self.charge(&value);
        value.via = via;
        if !matches!(value.kind, NodeKind::Text(_) | NodeKind::Map(_) | NodeKind::List(_) | NodeKind::Bool(_) | NodeKind::Number(_)) {
            value.span = span;
        }
        value
    }

    /// Copies are work too: without this, ten lists of ten times the list before would be 10^10 nodes.
    fn charge(&mut self, value: &Node) {
        if matches!(value.kind, NodeKind::List(_) | NodeKind::Map(_)) {
            self.steps += value.weight(MAX_WEIGHT) / 2;
        }
    }

    /// One attribute of a value.
    pub(super) fn attr(&mut self, node: &Node, name: &str, span: Span) -> Node {
        match &node.kind {
            NodeKind::Map(map) => match map.get(name) {
                Some(child) => access::inherit(child, &node.via),
                None if map.is_open() => Node::unknown(Why::NoValue, span),
                None => error(span),
            },
            NodeKind::Ref(reference) if access::is_handle(reference) && reference.path.len() == 1 => {
                self.handle_attr(&reference.path[0], name, span)
            }
            NodeKind::Ref(reference) => Node::new(span, NodeKind::Ref(reference.child(name))),
            NodeKind::Unknown(why) => Node::unknown(*why, span),
            NodeKind::List(items) => match name.parse::<usize>() {
                Ok(at) if at < items.len() => access::inherit(&items[at], &node.via),
                _ => error(span),
            },
            NodeKind::Call(_) | NodeKind::Op(..) | NodeKind::For(_) => Node::unknown(Why::Opaque, span),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::Func(_) => error(span),
        }
    }

    fn index(&mut self, base: &Node, key: &Node, span: Span) -> Node {
        match (&base.kind, &key.kind) {
            (_, NodeKind::Unknown(Why::Broken)) => error(span),
            // Not known how many instances there are: one stands for all.
            (NodeKind::Ref(reference), _) if access::is_handle(reference) && reference.path.len() == 1 => base.clone(),
            (NodeKind::List(items), _) => match key.as_number() {
                Some(number) if number >= 0.0 => {
                    let at = number as usize;
                    if items.iter().take(at + 1).any(access::is_open) {
                        return Node::unknown(Why::NoValue, span);
                    }
                    items.get(at).map_or_else(|| error(span), |item| access::inherit(item, &base.via))
                }
                _ => Node::unknown(Why::NoValue, span),
            },
            (_, NodeKind::Text(text)) => match text.known() {
                Some(name) => self.attr(base, &name, span),
                None => Node::unknown(Why::NoValue, span),
            },
            (NodeKind::Map(_), NodeKind::Number(_) | NodeKind::Bool(_)) => self.attr(base, &key.to_string(), span),
            (NodeKind::Null, _) => error(span),
            (NodeKind::Ref(_), NodeKind::Number(_)) => Node::unknown(Why::NoValue, span),
            _ => Node::unknown(base.why(), span),
        }
    }

    fn splat(&mut self, base: &Node, rest: &[Node], span: Span, scope: Scope<'_>) -> Node {
        let items: Vec<Node> = match &base.kind {
            NodeKind::List(items) => items.iter().map(|item| access::inherit(item, &base.via)).collect(),
            NodeKind::Null => Vec::new(),
            NodeKind::Unknown(_) | NodeKind::Op(..) | NodeKind::Call(_) | NodeKind::For(_) => return Node::unknown(base.why(), span),
            NodeKind::Ref(reference) if !access::is_handle(reference) || reference.path.len() > 1 => {
                return Node::unknown(Why::Computed, span);
            }
            NodeKind::Map(map) if map.pairs().next().is_some_and(|(_, value)| value.as_ref().is_some_and(access::is_handle)) => {
                map.pairs().map(|(_, value)| value.clone()).collect()
            }
            _ => vec![base.clone()],
        };
        let mut out = Vec::with_capacity(items.len());
        for mut item in items {
            if !access::is_open(&item) {
                for step in rest {
                    let key = self.eval(step, scope);
                    item = match key.as_str() {
                        Some(name) => self.attr(&item, name, span),
                        None => self.index(&item, &key, span),
                    };
                }
            }
            out.push(item);
        }
        Node::new(span, NodeKind::List(out))
    }

    fn op(&mut self, node: &Node, op: Op, operands: &[Node], scope: Scope<'_>) -> Node {
        let span = node.span;
        match (op, operands) {
            (Op::Cond, [cond, then, otherwise]) => {
                let cond = self.eval(cond, scope);
                match cond.truth() {
                    Tri::Yes => self.eval(then, scope),
                    Tri::No => self.eval(otherwise, scope),
                    Tri::Maybe if is_error(&cond) => cond,
                    Tri::Maybe => {
                        let (then, otherwise) = (self.eval(then, scope), self.eval(otherwise, scope));
                        if access::same(&then, &otherwise).is_yes() {
                            return then;
                        }
                        Node::new(span, NodeKind::Op(Op::Cond, vec![cond, then, otherwise]))
                    }
                }
            }
            (Op::Index, [base, key]) => {
                let (base, key) = (self.eval(base, scope), self.eval(key, scope));
                self.index(&base, &key, span)
            }
            (Op::Attr, [base, name]) => {
                let base = self.eval(base, scope);
                name.as_str().map_or_else(|| error(span), |name| self.attr(&base, name, span))
            }
            (Op::Splat, [base, rest @ ..]) => {
                let base = self.eval(base, scope);
                self.splat(&base, rest, span, scope)
            }
            (Op::Not, [one]) => {
                let one = self.eval(one, scope);
                if is_error(&one) { one } else { boolean(!one.truth(), span) }
            }
            (Op::And | Op::Or, _) => {
                let (stop, join): (Tri, fn(Tri, Tri) -> Tri) = if op == Op::And { (Tri::No, Tri::and) } else { (Tri::Yes, Tri::or) };
                let mut all = !stop;
                for operand in operands {
                    let value = self.eval(operand, scope);
                    if is_error(&value) {
                        return value;
                    }
                    all = join(all, value.truth());
                    if all == stop {
                        break;
                    }
                }
                boolean(all, span)
            }
            (Op::Eq | Op::Ne, [left, right]) => {
                let (left, right) = (self.eval(left, scope), self.eval(right, scope));
                if let Some(broken) = [&left, &right].into_iter().find(|value| is_error(value)) {
                    return broken.clone();
                }
                let same = access::same(&left, &right);
                boolean(if op == Op::Eq { same } else { !same }, span)
            }
            _ => {
                let mut numbers = Vec::with_capacity(operands.len());
                for operand in operands {
                    let value = self.eval(operand, scope);
                    let Some(number) = value.as_number() else {
                        return if is_error(&value) { value } else { Node::unknown(value.why(), span) };
                    };
                    numbers.push(number);
                }
                arithmetic(op, &numbers, span)
            }
        }
    }

    fn comprehension(&mut self, span: Span, each: &For, scope: Scope<'_>) -> Node {
        let over = self.eval(&each.over, scope);
        let Some(items) = access::iterate(&over) else {
            return if is_error(&over) { over } else { Node::unknown(over.why(), span) };
        };
        let mut out = Collected::new(each);
        for (key, value) in items.iter().take(MAX_ITEMS) {
            if access::is_open(value) {
                out.open(span);
                continue;
            }
            let inner = Frame { name: &each.value, value, up: scope.frame };
            let outer = Frame { name: each.key.as_deref().unwrap_or(""), value: key, up: Some(&inner) };
            let scope = scope.with(&outer);
            let holds = each.cond.as_ref().map_or(Tri::Yes, |cond| self.eval(cond, scope).truth());
            match holds {
                Tri::No => {}
                Tri::Maybe => out.open(span),
                Tri::Yes => {
                    let key = each.map_key.as_ref().map(|key| self.eval(key, scope));
                    let value = self.eval(&each.body, scope);
                    out.push(key, value);
                }
            }
        }
        if items.len() > MAX_ITEMS {
            out.open(span);
        }
        out.finish(span)
    }

    /// The keys that a `count` or `for_each` gives.
    pub(super) fn keys(&mut self, attrs: &Node, scope: Scope<'_>) -> Keys {
        let Some(map) = attrs.as_map() else { return Keys::Single };
        if let Some(count) = map.get("count") {
            let value = self.eval(count, scope);
            return value.as_number().map_or(Keys::Unknown, |number| Keys::Count(if number > 0.0 { number as usize } else { 0 }));
        }
        let Some(each) = map.get("for_each") else { return Keys::Single };
        let value = self.eval(each, scope);
        match access::iterate(&value) {
            Some(items) if !items.iter().any(|(_, value)| access::is_open(value)) => {
                let keyed = matches!(value.kind, NodeKind::Map(_));
                Keys::Items(
                    items
                        .into_iter()
                        .map(|(key, value)| {
                            let name = if keyed { &key } else { &value };
                            (SmolStr::new(name.to_string()), value)
                        })
                        .collect(),
                )
            }
            _ => Keys::Unknown,
        }
    }
}

/// What a comprehension has collected.
#[derive(Debug)]
enum Collected {
    List(Vec<Node>),
    Map(Map, bool),
}

impl Collected {
    fn new(each: &For) -> Self {
        if each.map_key.is_some() { Self::Map(Map::default(), each.grouped) } else { Self::List(Vec::new()) }
    }

    fn open(&mut self, span: Span) {
        let unknown = Node::unknown(Why::NoValue, span);
        match self {
            Self::List(items) => items.push(Node::new(span, NodeKind::Op(Op::Spread, vec![unknown]))),
            Self::Map(map, _) => map.entries.push(Entry::Spread(unknown)),
        }
    }

    fn push(&mut self, key: Option<Node>, value: Node) {
        match (self, key) {
            (Self::List(items), _) => items.push(value),
            (Self::Map(map, grouped), Some(key)) => {
                let value = if *grouped { Node::new(value.span, NodeKind::List(vec![value])) } else { value };
                let entry = access::entry(key, value);
                if let (true, Entry::Pair { key, value: more, .. }) = (*grouped, &entry)
                    && let Some(Entry::Pair { value: known, .. }) =
                        map.entries.iter_mut().find(|old| matches!(old, Entry::Pair { key: old, .. } if old == key))
                    && let (NodeKind::List(known), NodeKind::List(more)) = (&mut known.kind, &more.kind)
                {
                    known.extend(more.iter().cloned());
                    return;
                }
                map.entries.push(entry);
            }
            (Self::Map(..), None) => {}
        }
    }

    fn finish(self, span: Span) -> Node {
        Node::new(
            span,
            match self {
                Self::List(items) => NodeKind::List(items),
                Self::Map(map, _) => NodeKind::Map(map),
            },
        )
    }
}

/// Joins the literals of a text of one line, so that it is a plain string again.
fn join(pieces: Vec<Piece>, span: Span) -> Vec<Piece> {
    let is_plain = |piece: &Piece| matches!(&piece.part, Part::Lit(text) if !text.contains('\n'));
    if pieces.len() < 2 || !pieces.iter().all(is_plain) {
        return pieces;
    }
    let mut whole = String::new();
    for piece in &pieces {
        if let Part::Lit(text) = &piece.part {
            whole.push_str(text);
        }
    }
    vec![Piece { span, part: Part::Lit(whole.into()) }]
}

pub(super) fn boolean(value: Tri, span: Span) -> Node {
    match value {
        Tri::Yes => Node::new(span, NodeKind::Bool(true)),
        Tri::No => Node::new(span, NodeKind::Bool(false)),
        Tri::Maybe => Node::unknown(Why::NoValue, span),
    }
}

fn arithmetic(op: Op, numbers: &[f64], span: Span) -> Node {
    let [first, rest @ ..] = numbers else { return error(span) };
    let value = match (op, rest) {
        (Op::Neg, []) => -first,
        (Op::Add, _) => numbers.iter().sum(),
        (Op::Mul, _) => numbers.iter().product(),
        (Op::Sub, [second]) => first - second,
        (Op::Div, [second]) if *second != 0.0 => first / second,
        (Op::Rem, [second]) if *second != 0.0 => first % second,
        (Op::Lt, [second]) => return boolean((first < second).into(), span),
        (Op::Le, [second]) => return boolean((first <= second).into(), span),
        (Op::Gt, [second]) => return boolean((first > second).into(), span),
        (Op::Ge, [second]) => return boolean((first >= second).into(), span),
        _ => return error(span),
    };
    Node::new(span, NodeKind::Number(value))
}
