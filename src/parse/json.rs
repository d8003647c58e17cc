//! JSON and its relatives (comments, trailing commas, JSON5 words, one value a line) to a [`Node`].
//!
//! Drives jsonc-parser's scanner with a builder of our own, because its parser stops at the first
//! mistake: a missing bracket would lose a policy that stands before it.

use jsonc_parser::Scanner;
use jsonc_parser::ScannerOptions;
use jsonc_parser::tokens::Token;
use smol_str::SmolStr;

use super::{MAX_DEPTH, Parsed, Problems};
use crate::ir::{Entry, Map, Node, NodeKind, ProblemKind, Span, Text, Why};
use crate::source::Src;

/// Reads a value; a text of several values (JSON lines) becomes a list of them, an empty text `null`.
pub fn parse(src: &Src<'_>) -> Parsed<Node> {
    let mut builder = Builder { src, open: Vec::new(), roots: Vec::new(), skipping: 0, problems: Problems::default() };
    let mut offset = 0;
    // A scanner stops at a text that is no token; another one goes on behind it. Every restart costs
    // a problem and those are bounded, so the whole stays linear.
    while let Some(resume) = builder.scan_from(offset) {
        if builder.problems.is_full() {
            break;
        }
        offset = resume;
    }
    builder.finish()
}

/// A list or map that is not closed yet.
struct Open {
    start: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { map: Map, key: Option<(SmolStr, Span)> },
}

struct Builder<'s> {
    src: &'s Src<'s>,
    open: Vec<Open>,
    roots: Vec<Node>,
    /// Brackets open past the depth limit.
    skipping: usize,
    problems: Problems,
}

impl Builder<'_> {
    /// Reads tokens from an offset; where a new scanner must go on, if the text holds no token there.
    fn scan_from(&mut self, offset: usize) -> Option<usize> {
        let text = self.src.text;
        let mut scanner = Scanner::new(&text[offset..], &ScannerOptions::default());
        loop {
            match scanner.scan() {
                Ok(Some(token)) => self.token(token, offset + scanner.token_start(), offset + scanner.token_end()),
                Ok(None) => return None,
                Err(_) => {
                    let at = offset + scanner.token_start();
                    let rest = &text[at..];
                    self.problem("this is not JSON", at, at + rest.chars().next().map_or(0, char::len_utf8));
                    // A string that is not closed ends with its line; anything else is one wrong character.
                    if rest.starts_with(['"', '\'']) {
                        return memchr::memchr(b'\n', rest.as_bytes()).map(|line| at + line + 1);
                    }
                    return rest.chars().next().map(|wrong| at + wrong.len_utf8());
                }
            }
        }
    }

    fn token(&mut self, token: Token<'_>, start: usize, end: usize) {
        if self.skipping > 0 {
            match token {
                Token::OpenBrace | Token::OpenBracket => self.skipping += 1,
                Token::CloseBrace | Token::CloseBracket => self.skipping -= 1,
                _ => {}
            }
            return;
        }
        let span = self.src.span(start..end);
        match token {
            Token::OpenBrace => self.open(OpenKind::Map { map: Map::default(), key: None }, start, end),
            Token::OpenBracket => self.open(OpenKind::List(Vec::new()), start, end),
            Token::CloseBrace => self.close(true, start, end),
            Token::CloseBracket => self.close(false, start, end),
            Token::Comma => self.drop_key(),
            Token::Colon | Token::CommentLine(_) | Token::CommentBlock(_) => {}
            Token::String(text) => {
                let inner = self.src.span(start + 1..end.saturating_sub(1).max(start + 1));
                self.key_or_value(&text, inner, |text| Node::new(span, NodeKind::Text(Text::lit(text, inner))));
            }
            Token::Word(word) => {
                if self.wants_key() {
                    self.key_or_value(word, span, |_| Node::unknown(Why::Broken, span));
                } else {
                    self.problem("this is neither a JSON value nor a string", start, end);
                    self.value(Node::unknown(Why::Broken, span));
                }
            }
            Token::Number(digits) => self.key_or_value(digits, span, |digits| number(digits, span)),
            Token::Boolean(flag) => {
                self.key_or_value(if flag { "true" } else { "false" }, span, |_| Node::new(span, NodeKind::Bool(flag)));
            }
            Token::Null => self.key_or_value("null", span, |_| Node::new(span, NodeKind::Null)),
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: OpenKind::Map { key: None, .. }, .. }))
    }

    fn key_or_value(&mut self, text: &str, key_span: Span, node: impl FnOnce(&str) -> Node) {
        if let Some(Open { kind: OpenKind::Map { key: key @ None, .. }, .. }) = self.open.last_mut() {
            *key = Some((text.into(), key_span));
        } else {
            self.value(node(text));
        }
    }

    fn value(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.kind) {
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { map, key }) => match key.take() {
                Some((key, key_span)) => map.push(key, key_span, node),
                None => map.entries.push(Entry::Spread(Node::unknown(Why::Broken, node.span))),
            },
            None => self.roots.push(node),
        }
    }

    /// A comma or bracket where a key waits for its value.
    fn drop_key(&mut self) {
        if let Some(Open { kind: OpenKind::Map { key, .. }, .. }) = self.open.last_mut()
            && let Some((_, span)) = key
        {
            let span = *span;
            self.problems.push(ProblemKind::Syntax, "this key has no value", span);
            self.value(Node::unknown(Why::Broken, span));
        }
    }

    fn open(&mut self, kind: OpenKind, start: usize, end: usize) {
        if self.open.len() >= MAX_DEPTH {
            let span = self.src.span(start..end);
            self.problems.push(ProblemKind::Depth, format!("nested more than {MAX_DEPTH} levels deep; what is deeper is not read"), span);
            self.value(Node::unknown(Why::Bound, span));
            self.skipping = 1;
            return;
        }
        self.open.push(Open { start, kind });
    }

    fn close(&mut self, brace: bool, start: usize, end: usize) {
        let matches = |open: &Open| matches!(open.kind, OpenKind::Map { .. }) == brace;
        let Some(depth) = self.open.iter().rposition(matches) else {
            self.problem("this bracket closes nothing", start, end);
            return;
        };
        while self.open.len() > depth + 1 {
            self.problem("a bracket is missing before this one", start, end);
            self.close_top(start);
        }
        self.close_top(end);
    }

    fn close_top(&mut self, end: usize) {
        self.drop_key();
        let Some(open) = self.open.pop() else { return };
        let kind = match open.kind {
            OpenKind::List(items) => NodeKind::List(items),
            OpenKind::Map { map, .. } => NodeKind::Map(map),
        };
        let node = Node::new(self.src.span(open.start..end), kind);
        self.value(node);
    }

    fn problem(&mut self, message: &str, start: usize, end: usize) {
        self.problems.push(ProblemKind::Syntax, message, self.src.span(start..end));
    }

    fn finish(mut self) -> Parsed<Node> {
        let end = self.src.text.len();
        if let Some(open) = self.open.last() {
            let start = open.start;
            self.problem("this bracket is never closed", start, start + 1);
        }
        while !self.open.is_empty() {
            // More may have been meant to stand in it.
            let rest = Node::unknown(Why::Broken, self.src.span(end..end));
            match self.open.last_mut().map(|open| &mut open.kind) {
                Some(OpenKind::Map { map, .. }) => map.entries.push(Entry::Spread(rest)),
                Some(OpenKind::List(items)) => items.push(rest),
                None => {}
            }
            self.close_top(end);
        }
        let whole = self.src.span(0..end);
        let tree = match self.roots.len() {
            0 => Node::new(whole, NodeKind::Null),
            1 => self.roots.swap_remove(0),
            _ => Node::new(whole, NodeKind::List(self.roots)),
        };
        Parsed { tree, problems: self.problems.list }
    }
}

fn number(digits: &str, span: Span) -> Node {
    let (negative, plain) = match digits.as_bytes().first() {
        Some(b'-') => (true, &digits[1..]),
        Some(b'+') => (false, &digits[1..]),
        _ => (false, digits),
    };
    let value = match plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles")]
        Some(hex) => u64::from_str_radix(hex, 16).map_or(f64::NAN, |value| value as f64),
        None => plain.parse().unwrap_or(f64::NAN),
    };
    Node::new(span, NodeKind::Number(if negative { -value } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Parsed<Node> {
        parse(&Src::whole(FileId(0), text))
    }

    #[test]
    fn values_have_spans() {
        let text = "{ // comment\n \"a\": [1, true, null, -0x10,], 'b': \"x\\ny\" }";
        let parsed = read(text);
        assert_eq!(parsed.problems, []);
        assert_eq!(parsed.tree.to_string(), "{a: [1, true, null, -16], b: x\ny}");
        let (key_span, value) = parsed.tree.as_map().and_then(|map| map.pair("a")).unwrap();
        assert_eq!(&text[key_span.range()], "a");
        assert_eq!(&text[value.span.range()], "[1, true, null, -0x10,]");
        let text_node = parsed.tree.get("b").unwrap();
        assert_eq!(&text[text_node.span.range()], "\"x\\ny\"");
        assert_eq!(&text[text_node.as_text().unwrap().pieces[0].span.range()], "x\\ny");
    }

    #[test]
    fn what_was_read_of_a_broken_text_stays() {
        let parsed = read(r#"{"a": {"b": [1, {"c": "d"}, "e": }, "f": 2"#);
        assert!(!parsed.problems.is_empty());
        assert!(parsed.tree.to_string().contains("{c: d}"));
        assert!(parsed.tree.as_map().unwrap().is_open(), "what is cut off may hold more");
        let parsed = read("{\"a\": \"open\n \"b\": 1}");
        assert!(!parsed.problems.is_empty());
        assert_eq!(read("").tree.kind, NodeKind::Null);
        assert_eq!(read("{\"a\": 1}\n{\"a\": 2}\n").tree.to_string(), "[{a: 1}, {a: 2}]");
        assert_eq!(read("{\"a\": ${x}, \"b\": 1}").tree.get("b").and_then(Node::as_number), Some(1.0));
    }

    #[test]
    fn depth_and_problems_are_bounded() {
        let parsed = read(&"[".repeat(100_000));
        assert_eq!(parsed.problems[0].kind, ProblemKind::Depth);
        let parsed = read(&"\"\n".repeat(50_001));
        assert!(parsed.problems.len() <= super::super::MAX_PROBLEMS + 1);
        let parsed = read(&"{\"a\" ]".repeat(50_000));
        assert!(parsed.problems.len() <= super::super::MAX_PROBLEMS + 1);
    }
}
