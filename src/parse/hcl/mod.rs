//! HCL: Terraform and its kin, to a spanned tree whose expressions are [`ir::Node`](crate::ir::Node)s.
//!
//! `hcl-edit` reads the whole file. What it refuses (an error anywhere, but also valid Terraform: a
//! newline before `?`, a duplicate key, nesting over 64) goes to our own tolerant [`reader`], which
//! loses no more than the broken expression.

mod convert;
mod reader;
mod text;

use smol_str::SmolStr;

use super::Parsed;
use crate::ir::{Node, NodeKind, Problem, ProblemKind, Span, Text, Why};
use crate::source::{MapPiece, Src};

/// The attributes and blocks of a file or of a block, in source order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body {
    /// `name = expression`.
    pub attrs: Vec<Attr>,
    /// `name "label" { … }`.
    pub blocks: Vec<Block>,
}

/// `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attr {
    /// The name.
    pub key: SmolStr,
    /// Where the name stands.
    pub key_span: Span,
    /// The expression, unevaluated.
    pub value: Node,
}

/// `name "label" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its name: `resource`, `ingress`.
    pub ident: SmolStr,
    /// Its labels.
    pub labels: Vec<Label>,
    /// What is in it.
    pub body: Body,
    /// Name and labels.
    pub head: Span,
    /// All of it.
    pub span: Span,
}

/// A label of a [`Block`].
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The text without quotes.
    pub text: SmolStr,
    /// Where it stands, without quotes.
    pub span: Span,
}

impl Body {
    /// The value of an attribute; of duplicates the last.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.attrs.iter().rev().find(|attr| attr.key == key).map(|attr| &attr.value)
    }

    /// The blocks of a name.
    pub fn of<'b>(&'b self, ident: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |block| block.ident == ident)
    }
}

impl Block {
    /// The label at an index; empty without one.
    pub fn label(&self, index: usize) -> SmolStr {
        self.labels.get(index).map(|label| label.text.clone()).unwrap_or_default()
    }
}

/// Reads a file.
pub fn parse(src: &Src<'_>) -> Parsed<Body> {
    match hcl_edit::parser::parse_body(src.text) {
        Ok(body) => Parsed { tree: convert::Convert { src }.body(&body), problems: Vec::new() },
        Err(_) => reader::body(src),
    }
}

/// Reads a template outside of HCL (`templatefile`): a text with holes.
pub fn parse_template(src: &Src<'_>) -> Parsed<Node> {
    match hcl_edit::parser::parse_template(src.text) {
        Ok(template) => Parsed { tree: convert::Convert { src }.whole_template(&template, src.text.len()), problems: Vec::new() },
        Err(_) => Parsed {
            tree: Node::unknown(Why::Broken, src.span(0..src.text.len())),
            problems: vec![Problem::new(ProblemKind::Syntax, "the template does not parse", src.span(0..0))],
        },
    }
}

/// Reads a string of Terraform's JSON syntax, which is a template: `"${x}"` alone is the expression `x`.
/// What does not parse is not known.
pub fn parse_string(text: &Text, span: Span) -> Node {
    let plain = |text: &str| !text.contains("${") && !text.contains("%{");
    match text.as_str() {
        Some(known) if !plain(known) => {
            let host = text.pieces.first().map_or(span, |piece| piece.span);
            let map = [MapPiece { at: 0, len: known.len() as u32, host }];
            let src = Src::embedded(span.file, known, &map);
            let template = hcl_edit::parser::parse_template(known);
            template.map_or_else(
                |_| Node::unknown(Why::Broken, span),
                |template| convert::Convert { src: &src }.string_template(&template, known.len()),
            )
        }
        _ => Node::new(span, NodeKind::Text(text.clone())),
    }
}

/// Reads a string that holds an expression, as `type` does in JSON.
pub fn parse_expression(text: &Text, span: Span) -> Node {
    let Some(known) = text.as_str() else { return Node::unknown(Why::Broken, span) };
    let host = text.pieces.first().map_or(span, |piece| piece.span);
    let map = [MapPiece { at: 0, len: known.len() as u32, host }];
    let src = Src::embedded(span.file, known, &map);
    hcl_edit::parser::parse_expr(known).map_or_else(|_| Node::unknown(Why::Broken, span), |expr| convert::Convert { src: &src }.expr(&expr))
}

#[cfg(test)]
mod tests;
