//! String templates as pieces: literals that map byte for byte to the source, and holes.

use smol_str::SmolStr;

use crate::ir::{Node, NodeKind, Part, Piece, Span, Text};
use crate::source::Src;

/// Collects the pieces of a template.
#[derive(Debug)]
pub(super) struct Pieces<'s> {
    src: &'s Src<'s>,
    list: Vec<Piece>,
    /// Bytes of indentation that a `<<-` heredoc takes off each line.
    indent: usize,
    /// Whether the next byte is the first of a line of a heredoc.
    at_line: bool,
    /// Whether there is a `%{ … }`, whose result is a text even when nothing else stands there.
    directive: bool,
    /// Set by `~}`: the next literal loses its leading white space.
    trim_next: bool,
}

impl<'s> Pieces<'s> {
    pub(super) fn new(src: &'s Src<'s>, indent: usize) -> Self {
        Self { src, list: Vec::new(), indent, at_line: true, directive: false, trim_next: false }
    }

    /// The pieces of what stands in a directive, on its line first.
    pub(super) fn nested(&self) -> Self {
        Self { at_line: false, ..Self::new(self.src, self.indent) }
    }

    /// A literal of a quoted string whose escapes are decoded in `decoded`.
    pub(super) fn quoted(&mut self, start: usize, end: usize, decoded: &str) {
        self.at_line = false;
        let text = if std::mem::take(&mut self.trim_next) { decoded.trim_start() } else { decoded };
        let start = if end - start == decoded.len() { end - text.len() } else { start };
        self.lit(start, end, text);
    }

    /// A run of a heredoc or template file: one piece a line, so that text in it keeps its places.
    pub(super) fn raw(&mut self, start: usize, end: usize) {
        let Some(text) = self.src.text.get(start..end) else { return };
        let mut at = start;
        if std::mem::take(&mut self.trim_next) {
            at += text.len() - text.trim_start().len();
            self.at_line = false;
        }
        while at < end {
            let line_end = memchr::memchr(b'\n', &self.src.text.as_bytes()[at..end]).map_or(end, |offset| at + offset + 1);
            let mut from = at;
            if std::mem::take(&mut self.at_line) {
                let margin = self.src.text[at..line_end].bytes().take(self.indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                from += margin;
            }
            self.unescaped(from, line_end);
            self.at_line = self.src.text.as_bytes()[line_end - 1] == b'\n';
            at = line_end;
        }
    }

    /// `$${` and `%%{` stand for `${` and `%{`; cutting the text there keeps offsets exact.
    fn unescaped(&mut self, start: usize, end: usize) {
        let text = &self.src.text[start..end];
        let mut from = 0;
        for (at, _) in text.match_indices('{').filter(|(at, _)| *at >= 2) {
            let before = &text[..at];
            if at >= from + 2 && (before.ends_with("$$") || before.ends_with("%%")) {
                self.lit(start + from, start + at - 1, &text[from..at - 1]);
                from = at;
            }
        }
        self.lit(start + from, end, &text[from..]);
    }

    fn lit(&mut self, start: usize, end: usize, text: &str) {
        if !text.is_empty() {
            self.list.push(Piece { span: self.src.span(start..end), part: Part::Lit(SmolStr::new(text)) });
        }
    }

    /// An interpolation or directive; `trim` says on which sides it takes white space off.
    pub(super) fn hole(&mut self, node: Node, trim: (bool, bool)) {
        if trim.0 {
            self.trim_last();
        }
        self.at_line = false;
        self.trim_next = trim.1;
        self.list.push(Piece { span: node.span, part: Part::Hole(Box::new(node)) });
    }

    /// A `%{ … }`; otherwise as [`Self::hole`].
    pub(super) fn directive(&mut self, node: Node, trim: (bool, bool)) {
        self.directive = true;
        self.hole(node, trim);
    }

    /// Whether the next literal loses its leading white space.
    pub(super) fn trim(&mut self, next: bool) {
        self.trim_next = next;
    }

    /// Takes white space off the end of what is there.
    pub(super) fn trim_last(&mut self) {
        while let Some(Piece { span, part: Part::Lit(text) }) = self.list.last_mut() {
            let kept = text.trim_end();
            if kept.is_empty() {
                self.list.pop();
                continue;
            }
            if kept.len() < text.len() {
                if span.len() == text.len() {
                    span.end -= (text.len() - kept.len()) as u32;
                }
                *text = SmolStr::new(kept);
            }
            return;
        }
    }

    /// The template. One interpolation and nothing else is that expression, as in HCL.
    pub(super) fn finish(self, span: Span, unwrap: bool) -> Node {
        let mut list = self.list;
        if unwrap
            && !self.directive
            && matches!(list.as_slice(), [Piece { part: Part::Hole(_), .. }])
            && let Some(Piece { part: Part::Hole(node), .. }) = list.pop()
        {
            return *node;
        }
        Node::new(span, NodeKind::Text(Text { pieces: list }))
    }
}
