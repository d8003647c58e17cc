//! What stands between a hostile file and `syn`, which recurses without a bound and aborts the
//! process on deep input: a lexical look at the nesting, and the cut into items for what does not parse.

use std::ops::Range;

use super::lex::{Lexer, Token};

/// Brackets inside brackets. Written code stays below 40; `syn` dies at about 400 nested types on a
/// stack of 2 MiB, and lowering takes its share.
const MAX_BRACKETS: u32 = 128;
/// Prefix operators, nested closures and `else if` in one statement: each is a recursion of `syn`.
const MAX_PREFIXES: u32 = 128;
/// `<` without `>`.
const MAX_ANGLES: u32 = 64;
/// `.` and binary operators in one statement: trees that lean to the left.
const MAX_CHAIN: u32 = 512;

/// The place where a text nests deeper than `syn` may be asked to follow.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let mut levels = vec![Level::default()];
    for (token, range) in Lexer::new(text) {
        let depth = levels.len() as u32;
        let level = levels.last_mut()?;
        let word = if token == Token::Word { text.get(range.clone()).unwrap_or_default() } else { "" };
        if level.step(token, word) || depth > MAX_BRACKETS {
            return Some(range.start);
        }
        match token {
            Token::Open => levels.push(Level::default()),
            Token::Close(_) if levels.len() > 1 => {
                levels.pop();
                if let Some(outer) = levels.last_mut() {
                    outer.before = Some(token);
                }
            }
            _ => {}
        }
    }
    None
}

/// Counts within one pair of brackets.
#[derive(Debug, Default)]
struct Level {
    prefixes: u32,
    angles: u32,
    chain: u32,
    before: Option<Token>,
    before_is_keyword: bool,
}

impl Level {
    /// Counts a token; whether a bound is passed.
    fn step(&mut self, token: Token, word: &str) -> bool {
        let keyword = matches!(
            word,
            "return"
                | "break"
                | "else"
                | "move"
                | "as"
                | "dyn"
                | "impl"
                | "unsafe"
                | "async"
                | "yield"
                | "in"
                | "let"
                | "fn"
                | "mut"
                | "box"
        );
        if self.before == Some(Token::Close(b'}')) && word != "else" && token != Token::Punct(b'.') && token != Token::Punct(b'?') {
            (self.prefixes, self.chain) = (0, 0);
        }
        let operand = match self.before {
            Some(Token::Word) => !self.before_is_keyword,
            Some(Token::Literal | Token::Close(_) | Token::Punct(b'?')) => true,
            _ => false,
        };
        match token {
            Token::Punct(b';') => (self.prefixes, self.chain, self.angles) = (0, 0, 0),
            Token::Punct(b',') => (self.prefixes, self.chain) = (0, 0),
            Token::Punct(b'<') => self.angles += 1,
            Token::Punct(b'>') if !matches!(self.before, Some(Token::Punct(b'-' | b'='))) => self.angles = self.angles.saturating_sub(1),
            Token::Punct(b'=') => self.prefixes += u32::from(operand),
            Token::Punct(b':' | b'\'' | b'#' | b'$' | b'>') => {}
            Token::Punct(_) if operand => self.chain += 1,
            Token::Punct(_) => self.prefixes += 1,
            Token::Word if keyword => self.prefixes += 1,
            _ => {}
        }
        self.before = Some(token);
        self.before_is_keyword = keyword;
        self.prefixes > MAX_PREFIXES || self.angles > MAX_ANGLES || self.chain > MAX_CHAIN
    }
}

/// Cuts a text into runs that begin with an item at the start of a line, so that a part which does
/// not even tokenise costs no more than itself.
pub(super) fn chunks(text: &str) -> Vec<Range<usize>> {
    let mut cuts = vec![0];
    let mut depth = 0_usize;
    let mut before = None;
    for (token, range) in Lexer::new(text) {
        let at_line_start = range.start == 0 || text.as_bytes()[range.start - 1] == b'\n';
        if at_line_start && range.start > 0 && starts_item(text.get(range.clone()).unwrap_or_default()) {
            let item_ended = matches!(before, Some(Token::Close(b'}') | Token::Punct(b';')));
            if item_ended || (depth > 0 && token == Token::Word) {
                cuts.push(range.start);
                depth = 0;
            }
        }
        match token {
            Token::Open => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = Some(token);
    }
    cuts.push(text.len());
    cuts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

fn starts_item(word: &str) -> bool {
    matches!(
        word,
        "#" | "fn"
            | "pub"
            | "impl"
            | "struct"
            | "enum"
            | "mod"
            | "use"
            | "async"
            | "const"
            | "static"
            | "trait"
            | "type"
            | "unsafe"
            | "extern"
            | "macro_rules"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_code_is_not_deep() {
        assert_eq!(too_deep(include_str!("guard.rs")), None);
        assert_eq!(too_deep("const C: char = '{'; const S: &str = \"((((\"; /* {{{ /* { */ */ fn f<'a>(x: &'a str) {}"), None);
        assert_eq!(too_deep(&format!("fn f() {{ {} }}", "g();\n".repeat(5000))), None);
        assert_eq!(too_deep(&format!("const X: &[&str] = &[{}];", "\"a\", ".repeat(5000))), None);
        assert_eq!(too_deep(&format!("fn f(c: char) -> bool {{ matches!(c, 'a'{}) }}", " | 'b'".repeat(300))), None);
    }

    #[test]
    fn every_way_to_nest_is_seen() {
        for (open, close) in [("(", ")"), ("[", "]"), ("!", ""), ("-", ""), ("Vec<", ">"), ("|x| ", ""), ("if a {} else ", ""), ("a.", "")]
        {
            let text = format!("fn f() {{ let x = {}1{}; }}", open.repeat(3000), close.repeat(3000));
            assert!(too_deep(&text).is_some(), "{open}");
        }
    }

    #[test]
    fn a_broken_item_is_cut_off() {
        let text = "use a::b;\n\n#[test]\nfn broken( {\n\nfn whole() {}\n";
        let parts: Vec<&str> = chunks(text).into_iter().map(|range| text[range].trim()).collect();
        assert_eq!(parts, ["use a::b;", "#[test]\nfn broken( {", "fn whole() {}"]);
    }
}
