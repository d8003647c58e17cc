//! Expressions as [`Node`]s, with imports applied and nothing else resolved.

mod literal;
mod reference;

use self::literal::{number, operator, regex, unescape};
pub(super) use self::reference::is_env;
use self::reference::{extend, is_request_part};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::believed::result_used;
use super::names::{Module, unquoted};
use super::request;
use crate::ir::{Call, Entry, Map, Node, NodeKind, Op, Part, Piece, Ref, Scope, Text, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Nesting of one expression that is followed; deeper parts are unknown.
const MAX_NESTING: u32 = 96;

impl<'t> Module<'t> {
    /// The value of an expression.
    pub(super) fn lower(&self, node: Syntax<'t>) -> Node {
        self.expr(node, 0)
    }

    fn expr(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        if depth > MAX_NESTING {
            return Node::unknown(Why::Bound, span);
        }
        let depth = depth + 1;
        let make = |kind| Node::new(span, kind);
        match node.kind() {
            Kind::String | Kind::TemplateString => make(NodeKind::Text(self.string(node, depth))),
            Kind::Number => make(number(node.text()).map_or(NodeKind::Unknown(Why::Opaque), NodeKind::Number)),
            Kind::True => make(NodeKind::Bool(true)),
            Kind::False => make(NodeKind::Bool(false)),
            Kind::Null | Kind::Undefined => make(NodeKind::Null),
            Kind::Regex => make(NodeKind::Call(Box::new(regex(node)))),
            Kind::Array => make(NodeKind::List(node.children().map(|item| self.expr(item, depth)).collect())),
            Kind::Spread => match node.first() {
                Some(inner) => make(NodeKind::Op(Op::Spread, vec![self.expr(inner, depth)])),
                None => Node::unknown(Why::Broken, span),
            },
            Kind::Object => make(NodeKind::Map(self.object(node, depth))),
            Kind::Identifier | Kind::ShorthandProperty => self.identifier(node),
            Kind::This | Kind::Super => make(NodeKind::Ref(Self::this(node))),
            Kind::Member | Kind::Subscript => self.member(node, depth),
            Kind::Call | Kind::New => self.call(node, depth),
            Kind::Parenthesized
            | Kind::As
            | Kind::Satisfies
            | Kind::NonNull
            | Kind::Instantiation
            | Kind::JsxExpression
            | Kind::ExpressionStatement => node.first().map_or_else(|| Node::unknown(Why::Broken, span), |inner| self.expr(inner, depth)),
            Kind::TypeAssertion | Kind::Sequence => {
                node.children().last().map_or_else(|| Node::unknown(Why::Broken, span), |inner| self.expr(inner, depth))
            }
            Kind::Assignment => match node.field(Field::Right) {
                Some(right) => self.expr(right, depth),
                None => Node::unknown(Why::Broken, span),
            },
            Kind::Await => match node.first().map(|inner| self.expr(inner, depth)) {
                // `await import('m')` is the module.
                Some(inner) if matches!(&inner.kind, NodeKind::Ref(target) if target.last() == "*") => inner,
                Some(inner) => make(NodeKind::Op(Op::Await, vec![inner])),
                None => Node::unknown(Why::Broken, span),
            },
            Kind::Ternary => {
                let part = |field| node.field(field).map_or_else(|| Node::unknown(Why::Broken, span), |part| self.expr(part, depth));
                make(NodeKind::Op(Op::Cond, vec![part(Field::Condition), part(Field::Consequence), part(Field::Alternative)]))
            }
            Kind::Unary => self.unary(node, depth),
            Kind::Binary => self.binary(node, depth),
            kind if kind.is_function() => make(NodeKind::Func(self.function(node))),
            _ => Node::unknown(Why::Opaque, span),
        }
    }

    /// A string or template, its escapes decoded, its substitutions as holes.
    fn string(&self, node: Syntax<'t>, depth: u32) -> Text {
        let mut text = Text::default();
        for part in node.children() {
            let span = part.span();
            let piece = match part.kind() {
                Kind::Fragment => Part::Lit(SmolStr::new(part.text())),
                Kind::Escape => Part::Lit(unescape(part.text())),
                Kind::Substitution => {
                    let inner = part.first().map_or_else(|| Node::unknown(Why::Broken, span), |inner| self.expr(inner, depth));
                    text.push(inner);
                    continue;
                }
                _ => continue,
            };
            text.pieces.push(Piece { span, part: piece });
        }
        text.join_literals();
        text
    }

    fn object(&self, node: Syntax<'t>, depth: u32) -> Map {
        let mut map = Map::default();
        for entry in node.children() {
            match entry.kind() {
                Kind::Pair | Kind::Method => {
                    let Some(key) = entry.field(Field::Key).or_else(|| entry.field(Field::Name)) else { continue };
                    let value = match entry.kind() {
                        Kind::Method => Node::new(entry.span(), NodeKind::Func(self.function(entry))),
                        _ => match entry.field(Field::Value) {
                            Some(value) => self.expr(value, depth),
                            None => Node::unknown(Why::Broken, entry.span()),
                        },
                    };
                    match key.kind() {
                        Kind::ComputedName => {
                            let key = key.first().map_or_else(|| Node::unknown(Why::Broken, key.span()), |inner| self.expr(inner, depth));
                            map.entries.push(match key.as_str() {
                                Some(known) => Entry::Pair { key: known.into(), key_span: key.span, value },
                                None => Entry::Computed { key, value },
                            });
                        }
                        _ => map.push(SmolStr::new(unquoted(key)), key.span(), value),
                    }
                }
                Kind::ShorthandProperty => map.push(SmolStr::new(entry.text()), entry.span(), self.identifier(entry)),
                Kind::Spread => {
                    if let Some(inner) = entry.first() {
                        map.entries.push(Entry::Spread(self.expr(inner, depth)));
                    }
                }
                _ => {}
            }
        }
        map
    }

    fn identifier(&self, node: Syntax<'t>) -> Node {
        let span = node.span();
        if node.text() == "undefined" {
            return Node::new(span, NodeKind::Null);
        }
        Node::new(span, NodeKind::Ref(self.name(node)))
    }

    fn member(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let Some(object) = node.field(Field::Object) else { return Node::unknown(Why::Broken, span) };
        if is_env(node) {
            return Node::new(span, NodeKind::Ref(Ref::to(Scope::Env)));
        }
        let base = self.expr(object, depth);
        let key = match node.kind() {
            Kind::Member => node.field(Field::Property).map(|name| Node::text(name.text(), name.span())),
            _ => node.field(Field::Index).map(|index| self.expr(index, depth)),
        };
        let Some(key) = key else { return Node::unknown(Why::Broken, span) };
        match (&base.kind, key.as_str()) {
            (NodeKind::Ref(target), Some(name)) if let Some(part) = self.outside(target, name, object) => {
                Node::new(span, NodeKind::Ref(part))
            }
            (NodeKind::Ref(_), Some(name)) if is_request_part(name) && self.is_context(object) => {
                // `ctx.request.body` of Koa and `c.req.query` of Hono.
                let path: &[&str] = if matches!(name, "request" | "req") { &[] } else { &[name] };
                Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, path.iter().copied())))
            }
            // The application itself, which Payload puts on requests; Hapi calls a body so.
            (NodeKind::Ref(target), Some("payload"))
                if target.scope == Scope::Request
                    && target.path.is_empty()
                    && self.tree.holds("PayloadRequest", |text| text.contains("PayloadRequest")) =>
            {
                Node::new(span, NodeKind::Ref(Ref::new(Scope::Global, ["payload"])))
            }
            (NodeKind::Ref(target), Some(name)) => Node::new(span, NodeKind::Ref(extend(target, name))),
            (NodeKind::Call(call), Some("query")) if request::takes_address_apart(call) => {
                Node::new(span, NodeKind::Ref(Ref::new(Scope::Request, ["query"])))
            }
            (_, Some(_)) => Node::new(span, NodeKind::Op(Op::Attr, vec![base, key])),
            (_, None) => Node::new(span, NodeKind::Op(Op::Index, vec![base, key])),
        }
    }

    fn call(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let is_new = node.kind() == Kind::New;
        if let Some(module) = self.required(node).filter(|_| !is_new) {
            return Node::new(span, NodeKind::Ref(module));
        }
        if let Some(parsed) = self.parsed(node) {
            return Node::new(span, NodeKind::Ref(parsed));
        }
        let Some(function) = node.field(Field::Function).or_else(|| node.field(Field::Constructor)) else {
            return Node::unknown(Why::Broken, span);
        };
        let (callee, receiver) = self.callee(function, depth);
        // `Deno.env.get('X')`.
        if callee.scope == Scope::Global && callee.names().as_slice() == ["Deno", "env", "get"] {
            let name = node.field(Field::Arguments).and_then(Syntax::first).map(unquoted);
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, name)));
        }
        let args = match node.field(Field::Arguments) {
            // A tagged template.
            Some(args) if args.kind() == Kind::TemplateString => vec![self.expr(args, depth)],
            Some(args) => args.children().map(|arg| self.expr(arg, depth)).collect(),
            None => Vec::new(),
        };
        Node::new(span, NodeKind::Call(Box::new(Call { callee, receiver, args, is_new, result_used: result_used(node) })))
    }

    /// What is called, and the expression that it is called on where that is no plain name.
    fn callee(&self, function: Syntax<'t>, depth: u32) -> (Ref, Option<Node>) {
        let lowered = self.expr(function, depth);
        match lowered.kind {
            NodeKind::Ref(target) => (called(target), None),
            NodeKind::Op(Op::Attr, mut operands) if operands.len() == 2 => {
                let name = SmolStr::new(operands[1].as_str().unwrap_or_default());
                (Ref::new(Scope::Global, [name]), Some(operands.swap_remove(0)))
            }
            kind => (Ref::to(Scope::Global), Some(Node { kind, ..lowered })),
        }
    }

    /// What a call or `new` calls, without lowering its arguments or receiver.
    pub(super) fn callee_of(&self, node: Syntax<'t>) -> Option<Ref> {
        let mut function = node.field(Field::Function).or_else(|| node.field(Field::Constructor))?;
        let mut names: SmallVec<[&str; 4]> = SmallVec::new();
        for _ in 0..16 {
            match function.kind() {
                Kind::Parenthesized | Kind::NonNull | Kind::As | Kind::Instantiation => function = function.first()?,
                Kind::Member => {
                    names.push(function.field(Field::Property)?.text());
                    function = function.field(Field::Object)?;
                }
                Kind::Identifier => {
                    let base = self.name(function);
                    return Some(called(names.iter().rev().fold(base, |base, name| extend(&base, name))));
                }
                Kind::This | Kind::Super => {
                    let base = Self::this(function);
                    return Some(names.iter().rev().fold(base, |base, name| base.child(*name)));
                }
                Kind::Call => {
                    if let Some(base) = self.required(function) {
                        return Some(called(names.iter().rev().fold(base, |base, name| extend(&base, name))));
                    }
                    return names.first().map(|name| Ref::new(Scope::Global, [*name]));
                }
                _ => return names.first().map(|name| Ref::new(Scope::Global, [*name])),
            }
        }
        None
    }

    fn unary(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let operator = node.field(Field::Operator).map_or("", Syntax::text);
        let Some(argument) = node.field(Field::Argument) else { return Node::unknown(Why::Broken, span) };
        match operator {
            "!" => Node::new(span, NodeKind::Op(Op::Not, vec![self.expr(argument, depth)])),
            "void" => Node::new(span, NodeKind::Null),
            // `+text` is `Number(text)`.
            "+" => match self.expr(argument, depth) {
                Node { kind: NodeKind::Number(value), .. } => Node::new(span, NodeKind::Number(value)),
                inner => {
                    let call = Call { args: vec![inner], ..Call::of(Ref::new(Scope::Global, ["Number"])) };
                    Node::new(span, NodeKind::Call(Box::new(call)))
                }
            },
            "-" => match self.expr(argument, depth) {
                Node { kind: NodeKind::Number(value), .. } => Node::new(span, NodeKind::Number(-value)),
                inner => Node::new(span, NodeKind::Op(Op::Neg, vec![inner])),
            },
            _ => Node::unknown(Why::Opaque, span),
        }
    }

    /// A chain of one operator is one flat operation: `a + b + c` nests to the left without end.
    fn binary(&self, node: Syntax<'t>, depth: u32) -> Node {
        let span = node.span();
        let word = node.field(Field::Operator).map_or("", Syntax::text);
        let Some(op) = operator(word) else { return Node::unknown(Why::Opaque, span) };
        let mut parts = Vec::new();
        let mut left = node;
        let flat = matches!(op, Op::Add | Op::Or | Op::And | Op::Coalesce);
        loop {
            let (Some(first), Some(second)) = (left.field(Field::Left), left.field(Field::Right)) else {
                return Node::unknown(Why::Broken, span);
            };
            parts.push(second);
            let same = first.kind() == Kind::Binary && first.field(Field::Operator).is_some_and(|operator| operator.text() == word);
            if flat && same && parts.len() < 4096 {
                left = first;
            } else {
                parts.push(first);
                break;
            }
        }
        let operands: Vec<Node> = parts.into_iter().rev().map(|part| self.expr(part, depth)).collect();
        let is_text = |operand: &Node| matches!(operand.kind, NodeKind::Text(_));
        if op == Op::Add && operands.iter().any(is_text) {
            let mut text = Text::default();
            for operand in operands {
                text.push(operand);
            }
            text.join_literals();
            return Node::new(span, NodeKind::Text(text));
        }
        Node::new(span, NodeKind::Op(op, operands))
    }
}

/// A namespace that is called is the module's own function.
fn called(target: Ref) -> Ref {
    match target.module() {
        Some(module) if target.path.len() == 1 && target.first() == "*" => Ref::import(module, "default"),
        _ => target,
    }
}
