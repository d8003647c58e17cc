//! Expressions of the second reader: precedence climbing and postfix operators.

use super::super::convert::{Splat, attribute, function, index, key_entry};
use super::{Reader, chain};
use crate::ir::{For, Map, Node, NodeKind, Op, ProblemKind, Ref, Scope, Why};
use crate::parse::MAX_DEPTH;

/// Binary operators by precedence, the longer spelling first.
const OPERATORS: [(&str, u8, Op); 13] = [
    ("||", 1, Op::Or),
    ("&&", 2, Op::And),
    ("==", 3, Op::Eq),
    ("!=", 3, Op::Ne),
    ("<=", 4, Op::Le),
    (">=", 4, Op::Ge),
    ("<", 4, Op::Lt),
    (">", 4, Op::Gt),
    ("+", 5, Op::Add),
    ("-", 5, Op::Sub),
    ("*", 6, Op::Mul),
    ("/", 6, Op::Div),
    ("%", 6, Op::Rem),
];

/// Operators of unlike kinds in a row that make a tree of that depth.
const MAX_CHAIN: usize = 128;

impl Reader<'_> {
    /// An expression, from the current position.
    pub(super) fn expr(&mut self) -> Node {
        if self.depth >= MAX_DEPTH {
            self.problem(ProblemKind::Depth, "nested too deeply: the expression was not read");
            self.broken = true;
            return Node::unknown(Why::Bound, self.src.span(self.at..self.at));
        }
        self.depth += 1;
        let node = self.conditional();
        self.depth -= 1;
        node
    }

    fn conditional(&mut self) -> Node {
        let start = self.at;
        let cond = self.binary(1);
        if !self.eat_over_lines("?") {
            return cond;
        }
        self.skip(true);
        let then = self.expr();
        if !self.eat_over_lines(":") {
            return self.fail("expected `:` of the conditional");
        }
        self.skip(true);
        let otherwise = self.expr();
        let span = self.src.span(start..self.token_end());
        Node::new(span, NodeKind::Op(Op::Cond, vec![cond, then, otherwise]))
    }

    /// `?` and `:` may stand on the next line, though the specification wants brackets for that.
    fn eat_over_lines(&mut self, token: &str) -> bool {
        let before = self.at;
        self.skip(true);
        if !self.broken && self.eat(token) {
            return true;
        }
        self.at = before;
        self.space();
        false
    }

    fn binary(&mut self, least: u8) -> Node {
        let start = self.at;
        let mut left = self.unary();
        for _ in 0..usize::MAX {
            self.space();
            let found = OPERATORS.iter().find(|(token, level, _)| *level >= least && self.rest().starts_with(token));
            let Some((token, level, op)) = found.filter(|_| !self.broken && !self.rest().starts_with("=>")) else { return left };
            if depth_of(&left) > MAX_CHAIN {
                return self.fail("more operators in a row than are followed");
            }
            self.at += token.len();
            self.skip(true);
            let right = self.binary(level + 1);
            let span = self.src.span(start..self.token_end());
            left = Node::new(span, chain(*op, left, right));
        }
        left
    }

    fn unary(&mut self) -> Node {
        let start = self.at;
        let op = match self.peek() {
            b'!' if !self.rest().starts_with("!=") => Op::Not,
            b'-' => Op::Neg,
            _ => return self.postfix(),
        };
        self.at += 1;
        self.space();
        if self.depth >= MAX_DEPTH {
            return self.fail("more operators in a row than are followed");
        }
        self.depth += 1;
        let operand = self.unary();
        self.depth -= 1;
        let span = self.src.span(start..self.token_end());
        match operand.kind {
            NodeKind::Number(value) if op == Op::Neg => Node::new(span, NodeKind::Number(-value)),
            _ => Node::new(span, NodeKind::Op(op, vec![operand])),
        }
    }

    fn postfix(&mut self) -> Node {
        let start = self.at;
        let mut node = self.term();
        let mut splat = Splat::None;
        let mut steps = 0;
        while !self.broken {
            if self.newlines > 0 {
                let before = self.at;
                self.space();
                if self.peek() != b'.' {
                    self.at = before;
                }
            }
            if self.rest().starts_with("...") {
                return node;
            }
            steps += 1;
            if steps > MAX_DEPTH {
                return self.fail("more attributes in a row than are followed");
            }
            if self.eat(".*") || self.eat("[*]") {
                splat = if self.src.text[..self.at].ends_with(']') { Splat::Full } else { Splat::Attrs };
                node = Node::new(self.src.span(start..self.at), NodeKind::Op(Op::Splat, vec![node]));
            } else if self.eat(".") {
                let name_start = self.at;
                if let Some(name) = self.ident() {
                    let name_span = self.src.span(name_start..self.at);
                    node = attribute(node, name, name_span, self.src.span(start..self.at), splat);
                } else if self.peek().is_ascii_digit() {
                    let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
                    let number = self.rest()[..digits].parse().unwrap_or(0.0);
                    self.at += digits;
                    let key = Node::new(self.src.span(start..self.at), NodeKind::Number(number));
                    node = index(node, key, self.src.span(start..self.at), splat);
                } else {
                    return self.fail("expected an attribute's name after `.`");
                }
            } else if self.eat("[") {
                self.newlines += 1;
                self.space();
                let key = self.expr();
                self.space();
                self.newlines -= 1;
                if !self.eat("]") {
                    return self.fail("expected `]`");
                }
                node = index(node, key, self.src.span(start..self.at), splat);
            } else {
                return node;
            }
        }
        node
    }

    fn term(&mut self) -> Node {
        let start = self.at;
        let kind = match self.peek() {
            b'"' => return self.quoted(),
            b'<' if self.rest().starts_with("<<") => return self.heredoc(),
            b'0'..=b'9' => self.number(),
            b'(' => {
                self.at += 1;
                let mut span = self.src.span(start..self.at);
                let kind = self.nested(b')', true, |inner| {
                    inner.space();
                    let node = inner.expr();
                    inner.space();
                    if !inner.broken && !inner.eat(")") {
                        inner.fail("expected `)`");
                    }
                    span = node.span;
                    node.kind
                });
                return Node::new(span, kind);
            }
            b'[' => {
                self.at += 1;
                self.nested(b']', true, Self::list)
            }
            b'{' => {
                self.at += 1;
                self.nested(b'}', true, Self::object)
            }
            _ => match self.ident() {
                Some("true") => NodeKind::Bool(true),
                Some("false") => NodeKind::Bool(false),
                Some("null") => NodeKind::Null,
                Some(name) => return self.name_or_call(name, start),
                None => return self.fail("expected an expression"),
            },
        };
        Node::new(self.src.span(start..self.at), kind)
    }

    fn number(&mut self) -> NodeKind {
        let bytes = self.rest().as_bytes();
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            let next_is_digit = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            let sign = matches!(byte, b'+' | b'-') && end > 0 && matches!(bytes[end - 1], b'e' | b'E');
            let point = *byte == b'.' && next_is_digit;
            let exponent = matches!(byte, b'e' | b'E') && (next_is_digit || matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if !(byte.is_ascii_digit() || sign || point || exponent) {
                break;
            }
            end += 1;
        }
        let value = self.rest()[..end].parse().unwrap_or(f64::NAN);
        self.at += end;
        NodeKind::Number(value)
    }

    fn name_or_call(&mut self, name: &str, start: usize) -> Node {
        let mut path = vec![name];
        while self.rest().starts_with("::") {
            self.at += 2;
            path.extend(self.ident());
        }
        if self.peek() != b'(' {
            return Node::new(self.src.span(start..self.at), NodeKind::Ref(Ref::new(Scope::Hcl, path)));
        }
        self.at += 1;
        let callee = Ref::new(Scope::Hcl, path);
        let kind = self.nested(b')', true, |inner| function(callee, inner.items(b')')));
        Node::new(self.src.span(start..self.at), kind)
    }

    /// Expressions up to the closing bracket, which is taken.
    fn items(&mut self, close: u8) -> Vec<Node> {
        let mut items = Vec::new();
        loop {
            self.space();
            if self.peek() == close {
                self.at += 1;
                return items;
            }
            let item = self.expr();
            self.space();
            let span = item.span;
            items.push(if self.eat("...") { Node::new(span, NodeKind::Op(Op::Spread, vec![item])) } else { item });
            self.space();
            if self.broken {
                return items;
            }
            if !self.eat(",") && self.peek() != close {
                self.fail("expected `,` or the end of the list");
                return items;
            }
        }
    }

    fn list(&mut self) -> NodeKind {
        self.space();
        match self.comprehension(b']') {
            Some(each) => NodeKind::For(Box::new(each)),
            None => NodeKind::List(self.items(b']')),
        }
    }

    fn object(&mut self) -> NodeKind {
        self.space();
        if let Some(each) = self.comprehension(b'}') {
            return NodeKind::For(Box::new(each));
        }
        let mut map = Map::default();
        loop {
            self.space();
            if self.peek() == b'}' {
                self.at += 1;
                return NodeKind::Map(map);
            }
            if self.is_top_level() {
                self.fail("the object before is never closed");
                return NodeKind::Map(map);
            }
            let key_start = self.at;
            let before = std::mem::take(&mut self.newlines);
            let key = self.object_key(key_start);
            self.skip(false);
            let assigned = !self.broken && (self.eat("=") || self.eat(":"));
            if !assigned {
                self.newlines = before;
                self.fail("expected `=` or `:` after the key");
                return NodeKind::Map(map);
            }
            // A value ends with its line: a newline is not white space in an object.
            self.skip(true);
            let value = self.expr();
            map.entries.push(key_entry(key, value));
            self.skip(false);
            self.newlines = before;
            if self.broken {
                return NodeKind::Map(map);
            }
            if !self.eat(",") && !matches!(self.peek(), b'\n' | b'}') {
                self.fail("expected `,`, a new line or `}`");
                return NodeKind::Map(map);
            }
        }
    }

    /// A bare name is a key, not a variable; anything longer is an expression.
    fn object_key(&mut self, start: usize) -> Node {
        if let Some(name) = self.ident() {
            let end = self.at;
            self.skip(false);
            if matches!(self.peek(), b'=' | b':') {
                return Node::text(name, self.src.span(start..end));
            }
            self.at = start;
        }
        self.binary(1)
    }

    /// `for k, v in over : …` up to the closing bracket, or nothing taken.
    fn comprehension(&mut self, close: u8) -> Option<For> {
        let start = self.at;
        if self.ident() != Some("for") || !matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at = start;
            return None;
        }
        self.space();
        let Some(first) = self.ident() else {
            self.at = start;
            return None;
        };
        self.space();
        let mut names = (None, first);
        if self.eat(",") {
            self.space();
            names = (Some(first.into()), self.ident().unwrap_or(""));
            self.space();
        }
        if self.ident() != Some("in") {
            self.at = start;
            return None;
        }
        self.space();
        let over = self.expr();
        self.space();
        if !self.eat(":") {
            self.fail("expected `:` of the `for`");
        }
        self.space();
        let mut body = self.expr();
        let mut map_key = None;
        self.space();
        if self.eat("=>") {
            self.space();
            map_key = Some(std::mem::replace(&mut body, self.expr()));
            self.space();
        }
        let grouped = self.eat("...");
        self.space();
        let before = self.at;
        let mut cond = None;
        if self.ident() == Some("if") {
            self.space();
            cond = Some(self.expr());
            self.space();
        } else {
            self.at = before;
        }
        if self.peek() == close {
            self.at += 1;
        } else {
            self.fail("expected the end of the `for`");
        }
        Some(For { key: names.0, value: names.1.into(), over, map_key, body, cond, grouped })
    }
}

/// How deep the left side of an operator tree is.
fn depth_of(node: &Node) -> usize {
    let mut depth = 0;
    let mut node = node;
    while let NodeKind::Op(_, operands) = &node.kind {
        let Some(first) = operands.first() else { break };
        depth += 1;
        node = first;
    }
    depth
}
