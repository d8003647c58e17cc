//! From `hcl-edit`'s tree to ours. Its depth is bounded by the parser (64 levels, 128 operators).

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{Block as EditBlock, BlockLabel, Body as EditBody, Structure};
use hcl_edit::template::{Directive, Element, Strip, Template};
use smol_str::SmolStr;

use super::text::Pieces;
use super::{Attr, Block, Body, Label};
use crate::ir::{Call, Entry, For, Map, Node, NodeKind, Op, Ref, Scope, Span, Tri};
use crate::source::Src;

/// Converts the tree of one text.
#[derive(Debug)]
pub(super) struct Convert<'s> {
    pub(super) src: &'s Src<'s>,
}

impl Convert<'_> {
    pub(super) fn body(&self, body: &EditBody) -> Body {
        let mut out = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attr) => out.attrs.push(Attr {
                    key: attr.key.as_str().into(),
                    key_span: self.span(attr.key.span()),
                    value: self.expr(&attr.value),
                }),
                Structure::Block(block) => out.blocks.push(self.block(block)),
            }
        }
        out
    }

    fn block(&self, block: &EditBlock) -> Block {
        let labels: Vec<Label> = block
            .labels
            .iter()
            .map(|label| match label {
                BlockLabel::Ident(name) => Label { text: name.as_str().into(), span: self.span(name.span()) },
                BlockLabel::String(name) => {
                    let range = name.span().unwrap_or_default();
                    let inner = if range.len() >= 2 { range.start + 1..range.end - 1 } else { range };
                    Label { text: name.as_str().into(), span: self.src.span(inner) }
                }
            })
            .collect();
        let ident = self.span(block.ident.span());
        let head = labels.last().map_or(ident, |label| ident.to(label.span));
        Block { ident: block.ident.as_str().into(), labels, body: self.body(&block.body), head, span: self.span(block.span()) }
    }

    fn span(&self, range: Option<Range<usize>>) -> Span {
        self.src.span(range.unwrap_or_default())
    }

    pub(super) fn expr(&self, expr: &Expression) -> Node {
        let span = self.span(expr.span());
        let kind = match expr {
            Expression::Null(_) => NodeKind::Null,
            Expression::Bool(value) => NodeKind::Bool(*value.value()),
            Expression::Number(value) => NodeKind::Number(value.value().as_f64().unwrap_or(f64::NAN)),
            Expression::String(value) => return self.string(value.span().unwrap_or_default(), value.as_str()),
            Expression::Array(items) => NodeKind::List(items.iter().map(|item| self.expr(item)).collect()),
            Expression::Object(object) => {
                NodeKind::Map(Map { entries: object.iter().map(|(key, value)| self.entry(key, value.expr())).collect() })
            }
            Expression::StringTemplate(template) => {
                let mut pieces = Pieces::new(self.src, 0);
                self.elements(template.iter(), &mut pieces, false);
                return pieces.finish(span, true);
            }
            Expression::HeredocTemplate(heredoc) => {
                let mut pieces = Pieces::new(self.src, heredoc.indent().unwrap_or(0));
                self.elements(heredoc.template.iter(), &mut pieces, true);
                return pieces.finish(span, false);
            }
            Expression::Parenthesis(inner) => return self.expr(inner.inner()),
            Expression::Variable(name) => NodeKind::Ref(Ref::new(Scope::Hcl, [name.as_str()])),
            Expression::Conditional(cond) => {
                NodeKind::Op(Op::Cond, vec![self.expr(&cond.cond_expr), self.expr(&cond.true_expr), self.expr(&cond.false_expr)])
            }
            Expression::FuncCall(call) => {
                let path = call.name.namespace.iter().chain(std::iter::once(&call.name.name)).map(|name| name.as_str());
                let mut args: Vec<Node> = call.args.iter().map(|arg| self.expr(arg)).collect();
                if call.args.expand_final()
                    && let Some(last) = args.pop()
                {
                    args.push(Node::new(last.span, NodeKind::Op(Op::Spread, vec![last])));
                }
                function(Ref::new(Scope::Hcl, path), args)
            }
            Expression::Traversal(traversal) => return self.traversal(traversal),
            Expression::UnaryOp(unary) => {
                let op = match unary.operator.value() {
                    UnaryOperator::Neg => Op::Neg,
                    UnaryOperator::Not => Op::Not,
                };
                NodeKind::Op(op, vec![self.expr(&unary.expr)])
            }
            Expression::BinaryOp(binary) => {
                NodeKind::Op(operator(*binary.operator.value()), vec![self.expr(&binary.lhs_expr), self.expr(&binary.rhs_expr)])
            }
            Expression::ForExpr(each) => NodeKind::For(Box::new(For {
                key: each.intro.key_var.as_ref().map(|name| name.as_str().into()),
                value: each.intro.value_var.as_str().into(),
                over: self.expr(&each.intro.collection_expr),
                map_key: each.key_expr.as_ref().map(|key| self.expr(key)),
                body: self.expr(&each.value_expr),
                cond: each.cond.as_ref().map(|cond| self.expr(&cond.expr)),
                grouped: each.grouping,
            })),
        };
        Node::new(span, kind)
    }

    /// A string without holes: the span is what stands between the quotes.
    fn string(&self, range: Range<usize>, decoded: &str) -> Node {
        let quoted = self.src.text.get(range.clone()).is_some_and(|text| text.len() >= 2 && text.starts_with('"'));
        let inner = if quoted { range.start + 1..range.end - 1 } else { range };
        Node::text(decoded, self.src.span(inner))
    }

    fn entry(&self, key: &ObjectKey, value: &Expression) -> Entry {
        let value = self.expr(value);
        match key {
            ObjectKey::Ident(name) => Entry::Pair { key: name.as_str().into(), key_span: self.span(name.span()), value },
            ObjectKey::Expression(expr) => key_entry(self.expr(expr), value),
        }
    }

    fn traversal(&self, traversal: &Traversal) -> Node {
        let mut node = self.expr(&traversal.expr);
        let start = traversal.span().map_or(0, |range| range.start);
        let whole = self.span(traversal.span());
        let mut splat = Splat::None;
        for operator in &traversal.operators {
            let span = operator.span().map_or(whole, |range| self.src.span(start..range.end));
            node = match operator.value() {
                TraversalOperator::AttrSplat(_) => {
                    splat = Splat::Attrs;
                    Node::new(span, NodeKind::Op(Op::Splat, vec![node]))
                }
                TraversalOperator::FullSplat(_) => {
                    splat = Splat::Full;
                    Node::new(span, NodeKind::Op(Op::Splat, vec![node]))
                }
                TraversalOperator::GetAttr(name) => attribute(node, name.as_str(), self.span(name.span()), span, splat),
                TraversalOperator::Index(key) => index(node, self.expr(key), span, splat),
                TraversalOperator::LegacyIndex(number) => {
                    let key = Node::new(span, NodeKind::Number(u32::try_from(*number.value()).unwrap_or(u32::MAX).into()));
                    index(node, key, span, splat)
                }
            };
        }
        node
    }

    fn elements<'t>(&self, elements: impl Iterator<Item = &'t Element>, pieces: &mut Pieces<'_>, raw: bool) {
        for element in elements {
            match element {
                Element::Literal(text) => {
                    let range = text.span().unwrap_or_default();
                    if raw {
                        pieces.raw(range.start, range.end);
                    } else {
                        pieces.quoted(range.start, range.end, text.as_str());
                    }
                }
                Element::Interpolation(hole) => pieces.hole(self.expr(&hole.expr), sides(hole.strip)),
                Element::Directive(directive) => match &**directive {
                    Directive::If(it) => {
                        let span = self.span(it.span());
                        let other = it.else_expr.as_ref();
                        let otherwise = other.map_or_else(
                            || Node::text("", span),
                            |other| self.inner(&other.template, pieces, raw, other.strip, it.endif_expr.strip),
                        );
                        let inner_end = other.map_or(it.endif_expr.strip, |other| other.strip);
                        let then = self.inner(&it.if_expr.template, pieces, raw, it.if_expr.strip, inner_end);
                        let node = Node::new(span, NodeKind::Op(Op::Cond, vec![self.expr(&it.if_expr.cond_expr), then, otherwise]));
                        pieces.directive(node, (sides(it.if_expr.strip).0, sides(it.endif_expr.strip).1));
                    }
                    Directive::For(it) => {
                        let each = &it.for_expr;
                        let node = Node::new(
                            self.span(it.span()),
                            NodeKind::For(Box::new(For {
                                key: each.key_var.as_ref().map(|name| name.as_str().into()),
                                value: each.value_var.as_str().into(),
                                over: self.expr(&each.collection_expr),
                                map_key: None,
                                body: self.inner(&each.template, pieces, raw, each.strip, it.endfor_expr.strip),
                                cond: None,
                                grouped: false,
                            })),
                        );
                        pieces.directive(node, (sides(each.strip).0, sides(it.endfor_expr.strip).1));
                    }
                },
            }
        }
    }

    /// The text inside a directive; the markers on both sides may trim it.
    fn inner(&self, template: &Template, around: &Pieces<'_>, raw: bool, before: Strip, after: Strip) -> Node {
        let mut pieces = around.nested();
        pieces.trim(sides(before).1);
        self.elements(template.iter(), &mut pieces, raw);
        if sides(after).0 {
            pieces.trim_last();
        }
        pieces.finish(self.span(template.span()), false)
    }

    /// A string of JSON: without a piece to keep, one interpolation is its expression.
    pub(super) fn string_template(&self, template: &Template, len: usize) -> Node {
        let mut pieces = Pieces::new(self.src, 0);
        self.elements(template.iter(), &mut pieces, true);
        pieces.finish(self.src.span(0..len), true)
    }

    pub(super) fn whole_template(&self, template: &Template, len: usize) -> Node {
        let mut pieces = Pieces::new(self.src, 0);
        self.elements(template.iter(), &mut pieces, true);
        pieces.finish(self.src.span(0..len), false)
    }
}

/// Whether attributes and indices go to each element of a splat before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Splat {
    None,
    /// `.*`: attributes do, an index takes from the list.
    Attrs,
    /// `[*]`: both do.
    Full,
}

/// `node.name`.
pub(super) fn attribute(mut node: Node, name: &str, name_span: Span, span: Span, splat: Splat) -> Node {
    match &mut node.kind {
        NodeKind::Ref(reference) if splat == Splat::None => {
            reference.path.push(name.into());
            node.span = span;
            return node;
        }
        NodeKind::Op(Op::Splat, operands) if splat != Splat::None => {
            operands.push(Node::text(name, name_span));
            node.span = span;
            return node;
        }
        _ => {}
    }
    Node::new(span, NodeKind::Op(Op::Attr, vec![node, Node::text(name, name_span)]))
}

/// `node[key]`.
pub(super) fn index(mut node: Node, key: Node, span: Span, splat: Splat) -> Node {
    if splat == Splat::Full
        && let NodeKind::Op(Op::Splat, operands) = &mut node.kind
    {
        operands.push(key);
        node.span = span;
        return node;
    }
    Node::new(span, NodeKind::Op(Op::Index, vec![node, key]))
}

/// `name(args)`.
pub(super) fn function(callee: Ref, args: Vec<Node>) -> NodeKind {
    NodeKind::Call(Box::new(Call { callee, receiver: None, args, is_new: false, result_used: Tri::Yes }))
}

/// An entry of an object: a literal key is known, everything else is computed.
pub(super) fn key_entry(key: Node, value: Node) -> Entry {
    let known: Option<SmolStr> = match &key.kind {
        NodeKind::Text(text) => text.as_str().map(SmolStr::new),
        NodeKind::Number(number) => Some(SmolStr::new(number.to_string())),
        NodeKind::Bool(value) => Some(SmolStr::new_static(if *value { "true" } else { "false" })),
        _ => None,
    };
    match known {
        Some(name) => Entry::Pair { key: name, key_span: key.span, value },
        None => Entry::Computed { key, value },
    }
}

fn operator(op: BinaryOperator) -> Op {
    match op {
        BinaryOperator::Eq => Op::Eq,
        BinaryOperator::NotEq => Op::Ne,
        BinaryOperator::LessEq => Op::Le,
        BinaryOperator::GreaterEq => Op::Ge,
        BinaryOperator::Less => Op::Lt,
        BinaryOperator::Greater => Op::Gt,
        BinaryOperator::Plus => Op::Add,
        BinaryOperator::Minus => Op::Sub,
        BinaryOperator::Mul => Op::Mul,
        BinaryOperator::Div => Op::Div,
        BinaryOperator::Mod => Op::Rem,
        BinaryOperator::And => Op::And,
        BinaryOperator::Or => Op::Or,
    }
}

fn sides(strip: Strip) -> (bool, bool) {
    match strip {
        Strip::None => (false, false),
        Strip::Start => (true, false),
        Strip::End => (false, true),
        Strip::Both => (true, true),
    }
}
