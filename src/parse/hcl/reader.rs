//! The second reader: HCL by hand, for what `hcl-edit` refuses. It loses no more than the expression
//! that is broken, and reads on at the next line or the next top-level block.

use crate::ir::{Node, NodeKind, Op, Problem, ProblemKind, Why};
use crate::parse::{MAX_DEPTH, Parsed};
use crate::source::Src;

use super::{Attr, Block, Body, Label};

mod expr;
mod string;

/// Problems of one file that are told.
const MAX_PROBLEMS: usize = 8;

/// Words that begin a block at the left margin: a missing `}` before them costs one block only.
const TOP_LEVEL: [&str; 10] = ["resource", "data", "module", "variable", "output", "locals", "provider", "terraform", "moved", "check"];

/// Reads the body of a whole file.
pub(super) fn body(src: &Src<'_>) -> Parsed<Body> {
    let mut reader = Reader { src, at: 0, space: (0, 0), depth: 0, newlines: 0, broken: false, problems: Vec::new() };
    let tree = reader.body(false);
    Parsed { tree, problems: reader.problems }
}

/// A position in the text, and what was met on the way.
#[derive(Debug)]
struct Reader<'s> {
    src: &'s Src<'s>,
    at: usize,
    /// The white space that was skipped last.
    space: (usize, usize),
    /// Nesting so far; past [`MAX_DEPTH`] an expression is not followed.
    depth: usize,
    /// How many brackets are open in which a newline is white space.
    newlines: usize,
    /// Set when the current expression is broken; whoever can resume clears it.
    broken: bool,
    problems: Vec<Problem>,
}

impl<'s> Reader<'s> {
    fn rest(&self) -> &'s str {
        self.src.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> u8 {
        self.src.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn is_end(&self) -> bool {
        self.at >= self.src.text.len()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn problem(&mut self, kind: ProblemKind, message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem::new(kind, message, self.src.span(self.at..self.at)));
        }
    }

    /// Marks the current expression as broken, once.
    fn fail(&mut self, message: impl Into<String>) -> Node {
        if !self.broken {
            self.problem(ProblemKind::Syntax, message);
        }
        self.broken = true;
        Node::unknown(Why::Broken, self.src.span(self.at..self.at))
    }

    /// White space and comments; newlines too inside of brackets.
    fn space(&mut self) {
        self.skip(self.newlines > 0);
    }

    /// Where the last token ended, white space behind it left out.
    fn token_end(&self) -> usize {
        if self.space.1 == self.at { self.space.0 } else { self.at }
    }

    fn skip(&mut self, newlines: bool) {
        let start = self.token_end();
        self.skip_space(newlines);
        self.space = (start, self.at);
    }

    fn skip_space(&mut self, newlines: bool) {
        loop {
            match self.peek() {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' if newlines => self.at += 1,
                b'#' => self.skip_line(),
                b'/' if self.rest().starts_with("//") => self.skip_line(),
                b'/' if self.rest().starts_with("/*") => {
                    self.at = self.rest().find("*/").map_or(self.src.text.len(), |end| self.at + end + 2);
                }
                0xEF if self.rest().starts_with('\u{FEFF}') => self.at += 3,
                0 if !self.is_end() => self.at += 1,
                _ => return,
            }
        }
    }

    fn skip_line(&mut self) {
        self.at = memchr::memchr(b'\n', self.rest().as_bytes()).map_or(self.src.text.len(), |end| self.at + end);
    }

    fn ident(&mut self) -> Option<&'s str> {
        let rest = self.rest();
        if !rest.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return None;
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        self.at += end;
        Some(&rest[..end])
    }

    fn body(&mut self, nested: bool) -> Body {
        let mut out = Body::default();
        loop {
            self.skip(true);
            if self.is_end() {
                if nested {
                    self.problem(ProblemKind::Syntax, "this block is never closed");
                }
                return out;
            }
            if self.peek() == b'}' {
                if nested {
                    self.at += 1;
                    return out;
                }
                self.problem(ProblemKind::Syntax, "a `}` that closes nothing");
                self.at += 1;
                continue;
            }
            if nested && self.is_top_level() {
                self.problem(ProblemKind::Syntax, "the block before is never closed");
                return out;
            }
            self.item(&mut out);
        }
    }

    fn is_top_level(&self) -> bool {
        let rest = self.rest();
        let at_margin = self.at == 0 || self.src.text.as_bytes()[self.at - 1] == b'\n';
        at_margin
            && TOP_LEVEL.iter().any(|word| {
                rest.strip_prefix(word).is_some_and(|after| after.starts_with([' ', '{', '"']) && !after.trim_start().starts_with('='))
            })
    }

    fn item(&mut self, out: &mut Body) {
        let start = self.at;
        let quoted = self.peek() == b'"';
        let Some((key, key_span)) = self.name() else {
            self.problem(ProblemKind::Syntax, "expected a name here; the line was skipped");
            self.skip_line();
            return;
        };
        self.skip(false);
        if self.peek() == b'=' && !self.rest().starts_with("==") || quoted && self.peek() == b':' {
            self.at += 1;
            self.newlines = 0;
            self.space();
            let value = self.expr();
            out.attrs.push(Attr { key, key_span, value });
            self.end_of_item();
            return;
        }
        let mut labels = Vec::new();
        while self.peek() != b'{' {
            let Some((text, span)) = self.name() else {
                self.problem(ProblemKind::Syntax, format!("expected `=` or `{{` after `{key}`; the line was skipped"));
                self.skip_line();
                return;
            };
            labels.push(Label { text, span });
            self.skip(false);
        }
        self.at += 1;
        let head = labels.last().map_or(key_span, |label: &Label| key_span.to(label.span));
        if self.depth >= MAX_DEPTH {
            self.problem(ProblemKind::Depth, "nested too deeply: the block was not read");
            self.close(b'}');
            return;
        }
        self.depth += 1;
        let body = self.body(true);
        self.depth -= 1;
        out.blocks.push(Block { ident: key, labels, body, head, span: self.src.span(start..self.at) });
    }

    /// A name or a quoted string without holes.
    fn name(&mut self) -> Option<(smol_str::SmolStr, crate::ir::Span)> {
        let start = self.at;
        if self.peek() == b'"' {
            let node = self.quoted();
            return node.as_str().map(|text| (text.into(), node.span));
        }
        let name = self.ident()?;
        Some((name.into(), self.src.span(start..self.at)))
    }

    /// After an expression: the end of the line, a `}`, or a problem and the rest of the line skipped.
    fn end_of_item(&mut self) {
        self.skip(false);
        if !self.broken && !self.is_end() && !matches!(self.peek(), b'\n' | b'}' | b',' | b';') {
            self.problem(ProblemKind::Syntax, "expected the end of the line; the rest was skipped");
            self.broken = true;
        }
        if std::mem::take(&mut self.broken) {
            if !self.is_top_level() {
                self.skip_line();
            }
        } else if matches!(self.peek(), b',' | b';') {
            self.at += 1;
        }
    }

    /// Goes past the bracket that closes the current one, over strings and nested brackets.
    fn close(&mut self, bracket: u8) {
        let mut open = 0_usize;
        if self.is_top_level() {
            return;
        }
        while !self.is_end() {
            match self.peek() {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' | b'(' => open += 1,
                b'}' | b']' | b')' if open > 0 => open -= 1,
                byte if byte == bracket => {
                    self.at += 1;
                    return;
                }
                b'\n' => {
                    self.at += 1;
                    if self.is_top_level() {
                        return;
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while !self.is_end() {
            match self.peek() {
                b'\\' => self.at += 1,
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\n' => return,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Runs `read` one level deeper, or skips to the closing bracket past the bound.
    fn nested(&mut self, close: u8, newlines: bool, read: impl FnOnce(&mut Self) -> NodeKind) -> NodeKind {
        if self.depth >= MAX_DEPTH {
            self.problem(ProblemKind::Depth, "nested too deeply: the expression was not read");
            self.close(close);
            return NodeKind::Unknown(Why::Bound);
        }
        self.depth += 1;
        let before = self.newlines;
        self.newlines = if newlines { before + 1 } else { 0 };
        let kind = read(self);
        self.newlines = before;
        self.depth -= 1;
        if std::mem::take(&mut self.broken) {
            self.close(close);
        }
        kind
    }
}

/// Joins a left-associative chain of one operator into one node, so that long chains are not deep.
fn chain(op: Op, left: Node, right: Node) -> NodeKind {
    match left.kind {
        NodeKind::Op(same, mut operands) if same == op && matches!(op, Op::Add | Op::Mul | Op::And | Op::Or) => {
            operands.push(right);
            NodeKind::Op(op, operands)
        }
        kind => NodeKind::Op(op, vec![Node { kind, ..left }, right]),
    }
}
