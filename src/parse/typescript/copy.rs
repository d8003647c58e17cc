//! The parser's tree, copied in one walk into nodes of ours. To step through the children of a node is most of what that
//! costs, so what is certain without a look at them is not stepped through.

use std::ops::Range;

use super::{Field, Grammar, Keep, Kind, Raw, Tree};
use crate::ir::{Problem, ProblemKind, Span};
use crate::parse::Parsed;
use crate::source::Src;

/// Levels of the syntax tree that are kept. An expression in brackets takes two or three levels, and
/// a statement in a function four; what is nested deeper is left out and said so.
const MAX_LEVELS: usize = 4 * crate::parse::MAX_DEPTH;

/// Copies the parser's tree; collects what is broken or too deep as at most one problem each.
pub(super) fn copy<'s>(src: Src<'s>, grammar: &Grammar, parsed: &tree_sitter::Tree) -> Parsed<Tree<'s>> {
    let mut nodes: Vec<Raw> = Vec::with_capacity(src.text.len() / 6 + 8);
    let mut open: Vec<u32> = Vec::new();
    let mut broken: Option<(Span, usize)> = None;
    let mut deep: Option<Span> = None;
    let is_broken = parsed.root_node().has_error();
    let mut cursor = parsed.walk();
    // Levels of the cursor that have no node of ours: tokens and comments have no children, so only
    // kept nodes are descended into and the two stacks stay in step.
    loop {
        let node = cursor.node();
        let (kind, keep) = grammar.kind(&node);
        if is_broken && (kind == Kind::Error || node.is_missing()) {
            let span = src.span(node.byte_range());
            broken = Some(broken.map_or((span, 1), |(first, count)| (first, count + 1)));
        }
        let mut descend = false;
        let field = if keep == Keep::None { Field::None } else { grammar.field(&cursor) };
        if matches!(keep, Keep::All | Keep::Whole) || keep == Keep::WithRole && field != Field::None {
            let index = nodes.len() as u32;
            let parent = open.last().copied().unwrap_or(0);
            let (start, end) = (node.start_byte() as u32, node.end_byte() as u32);
            nodes.push(Raw { kind, field, start, end, parent, after: index + 1 });
            let plain = if is_broken { None } else { plain(src.text, kind, start, end) };
            if let Some(inner) = plain {
                if !inner.is_empty() {
                    let (start, end) = (inner.start, inner.end);
                    nodes.push(Raw { kind: Kind::Fragment, field: Field::None, start, end, parent: index, after: index + 2 });
                    nodes[index as usize].after = index + 2;
                }
            } else if keep == Keep::Whole {
                // Nothing below it is asked for.
            } else if open.len() >= MAX_LEVELS {
                deep = deep.or_else(|| (node.child_count() > 0).then(|| src.span(node.byte_range())));
            } else if cursor.goto_first_child() {
                open.push(index);
                descend = true;
            }
        }
        if descend {
            continue;
        }
        let mut end = node.end_byte() as u32;
        while !is_broken && is_last(src.text, &nodes, &open, end) || !cursor.goto_next_sibling() {
            let Some(index) = open.pop() else {
                return finish(Tree::new(src, nodes), broken, deep);
            };
            let after = nodes.len() as u32;
            let closed = &mut nodes[index as usize];
            closed.after = after;
            end = closed.end;
            cursor.goto_parent();
        }
    }
}

/// Whether nothing that is kept follows a node that ends at `end` in the one that it stands in: they end together, or but
/// for a bracket or semicolon. To ask the cursor costs as much as to step to one that does follow.
fn is_last(text: &str, nodes: &[Raw], open: &[u32], end: u32) -> bool {
    let Some(outer) = open.last().map(|index| &nodes[*index as usize]) else { return false };
    match outer.end.saturating_sub(end) {
        0 => true,
        1 => match text.as_bytes().get(end as usize) {
            Some(b')' | b']' | b'}') => true,
            Some(b';') => matches!(outer.kind, Kind::ExpressionStatement | Kind::Lexical | Kind::Return | Kind::ImportStatement),
            _ => false,
        },
        _ => false,
    }
}

/// What stands between the signs that begin and end a node, if it is certain without looking below it: the text of a string
/// that escapes nothing, nothing in empty brackets.
fn plain(text: &str, kind: Kind, start: u32, end: u32) -> Option<Range<u32>> {
    match kind {
        Kind::Arguments | Kind::FormalParameters | Kind::Object | Kind::Array | Kind::Block => (end - start == 2).then_some(0..0),
        Kind::String => {
            let inner = text.as_bytes().get(start as usize + 1..(end as usize).checked_sub(1)?)?;
            // In markup, `&amp;` is a node of its own.
            (!inner.iter().any(|byte| matches!(byte, b'\\' | b'&'))).then_some(start + 1..end - 1)
        }
        _ => None,
    }
}

fn finish(tree: Tree<'_>, broken: Option<(Span, usize)>, deep: Option<Span>) -> Parsed<Tree<'_>> {
    let mut problems = Vec::new();
    if let Some((span, count)) = broken {
        let message = match count {
            1 => "a part of the file does not parse; the rest was used".to_owned(),
            _ => format!("{count} parts of the file do not parse, the first here; the rest was used"),
        };
        problems.push(Problem::new(ProblemKind::Syntax, message, span));
    }
    if let Some(span) = deep {
        problems.push(Problem::new(ProblemKind::Depth, "nested too deeply; this part was left out", span));
    }
    Parsed { tree, problems }
}
