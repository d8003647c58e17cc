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
use crate::ir::{Node, Problem, ProblemKind, Span};
use crate::source::Src;

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
            tree: Node::unknown(crate::ir::Why::Broken, src.span(0..src.text.len())),
            problems: vec![Problem::new(ProblemKind::Syntax, "the template does not parse", src.span(0..0))],
        },
    }
}

#[cfg(test)]
mod tests;
