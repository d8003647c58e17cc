//! The variables of a build: `ARG` and `ENV`, and texts in which they are filled in.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Node, NodeKind, Op, Part, Piece, Scope, Text, Why};

/// Bytes that an expanded text may have: `ENV A=$A$A` doubles with each line.
const MAX_EXPANDED: usize = 16 * 1024;

/// Variables by name. `None` is one that is declared and has no value in the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    environment: FxHashMap<SmolStr, Option<Text>>,
    arguments: FxHashMap<SmolStr, Option<Text>>,
}

impl Variables {
    /// What a stage built on this one inherits.
    pub(super) fn environment(&self) -> Self {
        Self { environment: self.environment.clone(), arguments: FxHashMap::default() }
    }

    /// `ENV`.
    pub(super) fn set(&mut self, name: &SmolStr, value: Option<Text>) {
        self.environment.insert(name.clone(), value);
    }

    /// `ARG`.
    pub(super) fn declare(&mut self, name: &SmolStr, default: Option<Text>) {
        self.arguments.insert(name.clone(), default);
    }

    /// The value of a name; `ENV` wins over `ARG`.
    pub(super) fn get(&self, name: &str) -> Option<Text> {
        self.environment.get(name).or_else(|| self.arguments.get(name)).cloned().flatten()
    }

    /// Fills in a value.
    pub(super) fn expand_node(&self, node: &mut Node) {
        if let NodeKind::Text(text) = &mut node.kind {
            *text = self.expand(text);
        }
    }

    /// A text with what is known filled in; neighbouring known parts become one.
    pub(super) fn expand(&self, text: &Text) -> Text {
        if !text.has_holes() {
            return text.clone();
        }
        let mut out = Text::default();
        for piece in &text.pieces {
            let filled = match &piece.part {
                Part::Lit(_) => None,
                Part::Hole(node) => self.fill(node),
            };
            match filled {
                // The value is shown where it is used: that is the line to change.
                Some(value) => value.pieces.into_iter().for_each(|inner| add(&mut out, Piece { span: piece.span, ..inner })),
                None => add(&mut out, piece.clone()),
            }
        }
        out
    }

    fn fill(&self, node: &Node) -> Option<Text> {
        match &node.kind {
            NodeKind::Ref(reference) if reference.scope == Scope::Env => self.get(reference.first()),
            NodeKind::Op(Op::Coalesce, operands) => {
                let [variable, default] = operands.as_slice() else { return None };
                let name = variable.as_ref()?.first();
                match self.get(name) {
                    Some(value) if value.as_str() != Some("") => Some(value),
                    // Empty, declared without a value, or not declared: the default is what the file says.
                    _ => default.as_text().cloned(),
                }
            }
            _ => None,
        }
    }
}

fn add(out: &mut Text, piece: Piece) {
    let size: usize = out.pieces.iter().map(|piece| if let Part::Lit(text) = &piece.part { text.len() } else { 1 }).sum();
    if size > MAX_EXPANDED {
        let cut = matches!(out.pieces.last(), Some(Piece { part: Part::Hole(_), .. }));
        if !cut {
            let rest = Node::unknown(Why::Bound, piece.span);
            out.pieces.push(Piece { span: piece.span, part: Part::Hole(Box::new(rest)) });
        }
        return;
    }
    if let (Some(Piece { span, part: Part::Lit(before) }), Part::Lit(text)) = (out.pieces.last_mut(), &piece.part) {
        *before = format!("{before}{text}").into();
        *span = span.to(piece.span);
    } else {
        out.pieces.push(piece);
    }
}
