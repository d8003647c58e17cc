//! The part of a Rust file that is shipped: what is left without comments, tests and `macro_rules!`.
//!
//! Tests are a quarter to a half of what would be parsed, comments another fifth, and a framework is often
//! named in them alone. They are cut by tokens, before any parser, and what is left keeps its offsets.

use std::ops::Range;

use super::lex::{Lexer, Token};

/// Tokens of an item outside of brackets that are looked at for its end.
const MAX_HEAD: usize = 2_000;

/// A text of the length of the file, in which what is not shipped is blank.
#[derive(Debug)]
pub struct Live {
    /// The text.
    pub text: String,
    /// Bytes from which it was made: those of tokens, and the space between them.
    pub bytes: usize,
}

/// Blanks what is not shipped. Newlines stay, so that a place has the line that it had.
pub fn live(text: &str) -> Live {
    let tokens: Vec<(Token, Range<usize>)> = Lexer::new(text).collect();
    let items = Items { text, tokens: &tokens, closed: &closed(&tokens) };
    let mut copy = Copy { text, out: String::with_capacity(text.len()), at: 0, bytes: 0 };
    let mut at = 0;
    while let Some((_, range)) = tokens.get(at) {
        let (after, is_test) = items.attributes(at);
        let end = items.macro_rules(after).or_else(|| is_test.then(|| items.end(after)).flatten());
        if let Some(end) = end {
            at = end;
            continue;
        }
        copy.token(range.clone());
        at += 1;
        while at < after {
            copy.token(tokens[at].1.clone());
            at += 1;
        }
    }
    copy.blank_to(text.len());
    Live { text: copy.out, bytes: copy.bytes }
}

/// For each bracket that opens, the token behind the one that closes it; 0 for one that nothing closes.
fn closed(tokens: &[(Token, Range<usize>)]) -> Vec<usize> {
    let mut behind = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (at, (token, _)) in tokens.iter().enumerate() {
        match token {
            Token::Open => open.push(at),
            Token::Close(_) => {
                if let Some(start) = open.pop() {
                    behind[start] = at + 1;
                }
            }
            _ => {}
        }
    }
    behind
}

/// Copies tokens to where they stand.
struct Copy<'t> {
    text: &'t str,
    out: String,
    at: usize,
    bytes: usize,
}

impl Copy<'_> {
    fn token(&mut self, range: Range<usize>) {
        let space = range.start - self.at;
        self.bytes += range.len() + space.min(1);
        self.blank_to(range.start);
        self.out.push_str(&self.text[range.clone()]);
        self.at = range.end;
    }

    fn blank_to(&mut self, end: usize) {
        let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
        self.out.extend(self.text.as_bytes()[self.at..end].iter().map(|byte| blank(*byte)));
        self.at = end;
    }
}

/// The tokens of a file, to find items in.
#[derive(Clone, Copy)]
struct Items<'t> {
    text: &'t str,
    tokens: &'t [(Token, Range<usize>)],
    closed: &'t [usize],
}

impl Items<'_> {
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|(_, range)| self.text.get(range.clone())).unwrap_or_default()
    }

    /// The token behind the bracket that closes the one at `at`.
    fn group(&self, at: usize) -> Option<usize> {
        self.closed.get(at).copied().filter(|behind| *behind > 0)
    }

    /// The token behind the attributes that begin at `at`, and whether one of them says that it is a test.
    fn attributes(&self, mut at: usize) -> (usize, bool) {
        let mut is_test = false;
        while self.word(at) == "#" && self.word(at + 1) == "[" {
            let Some(end) = self.group(at + 1) else { break };
            is_test |= self.says_test(at + 2, end - 1);
            at = end;
        }
        (at, is_test)
    }

    /// `test`, `tokio::test`, `rstest`, `cfg(test)`, `cfg(any(test, …))`; not `cfg(not(test))`.
    fn says_test(&self, start: usize, end: usize) -> bool {
        let mut last = start;
        while last + 3 < end && self.word(last + 1) == ":" {
            last += 3;
        }
        match self.word(last) {
            "test" | "rstest" | "bench" | "proptest" | "test_case" | "quickcheck" => true,
            "cfg" => self.condition_says_test(last + 1, end),
            _ => false,
        }
    }

    fn condition_says_test(&self, start: usize, end: usize) -> bool {
        let mut at = start;
        while at < end {
            match self.word(at) {
                "not" if self.word(at + 1) == "(" => match self.group(at + 1) {
                    Some(after) => at = after,
                    None => return false,
                },
                "test" if matches!(self.word(at + 1), "," | ")") => return true,
                _ => at += 1,
            }
        }
        false
    }

    /// The token behind `macro_rules! name { … }`, which is a template of code.
    fn macro_rules(&self, at: usize) -> Option<usize> {
        if self.word(at) != "macro_rules" || self.word(at + 1) != "!" {
            return None;
        }
        let end = self.group(at + 3)?;
        Some(if self.word(end) == ";" { end + 1 } else { end })
    }

    /// The token behind the item whose first word is at `at`; none if that begins no item.
    fn end(&self, mut at: usize) -> Option<usize> {
        loop {
            at = match (self.word(at), self.word(at + 1)) {
                ("pub" | "extern", "(") => self.group(at + 1)?,
                ("const", "fn" | "unsafe" | "async" | "extern") | ("pub" | "async" | "unsafe" | "default", _) => at + 1,
                ("extern", abi) if abi.starts_with('"') => at + 2,
                ("fn" | "mod" | "impl" | "trait" | "enum" | "struct" | "union", _) => return self.block_or_semicolon(at),
                ("use" | "const" | "static" | "type" | "extern", _) => return self.semicolon(at),
                _ => return None,
            };
        }
    }

    /// The token behind the first block or semicolon.
    fn block_or_semicolon(&self, at: usize) -> Option<usize> {
        self.first(at, |token, word| matches!(token, Token::Open if word == "{") || token == Token::Punct(b';'))
    }

    /// The token behind the first semicolon.
    fn semicolon(&self, at: usize) -> Option<usize> {
        self.first(at, |token, _| token == Token::Punct(b';'))
    }

    /// The token behind the first one that ends an item, what is in brackets left out.
    fn first(&self, mut at: usize, ends: impl Fn(Token, &str) -> bool) -> Option<usize> {
        for _ in 0..MAX_HEAD {
            let token = self.tokens.get(at)?.0;
            let behind = match token {
                Token::Open => self.group(at)?,
                Token::Close(_) => return None,
                _ => at + 1,
            };
            if ends(token, self.word(at)) {
                return Some(behind);
            }
            at = behind;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        let live = live(text);
        assert_eq!(live.text.len(), text.len());
        live.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tests_and_comments_are_blank() {
        for (text, wanted) in [
            ("/// Doc.\nfn a() { /* x */ b() } // y", "fn a() { b() }"),
            ("#[test] fn a() {} fn b() {}", "fn b() {}"),
            ("#[ignore] #[tokio::test(flavor = \"x\")] pub(crate) async fn a() -> [u8; 2] { x } fn b() {}", "fn b() {}"),
            ("#[cfg(test)] mod tests { use super::*; fn a() {} } struct S;", "struct S;"),
            ("#[cfg(all(unix, any(test, feature = \"x\")))] use a::b; fn c() {}", "fn c() {}"),
            ("#[cfg(test)] const A: S = S { a: 1 }; #[rstest] const fn b() {} fn c() {}", "fn c() {}"),
            ("#[macro_export] macro_rules! m { ($a:expr) => { $a } } fn c() {}", "fn c() {}"),
        ] {
            assert_eq!(left(text), wanted);
        }
    }

    #[test]
    fn what_is_shipped_stays() {
        for text in [
            "#[cfg(not(test))] fn a() {}",
            "#[cfg(feature = \"test\")] mod a { }",
            "#[inline] fn a() { \"// no comment\" }",
            "#[cfg(not(any(test, unix)))] use a;",
            "struct S { #[cfg(test)] a: u8, b: u8 }",
            "fn a() { #[cfg(test)] { b() } c() }",
            "#[cfg(test)] fn broken( {",
            "fn f<'a>(x: &'a str) -> char { '\"' }",
        ] {
            assert_eq!(left(text), text);
        }
    }
}
