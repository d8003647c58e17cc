//! Rust, read with `syn` and reduced to plain data.
//!
//! Spans of `proc-macro2` live in a map of the thread that keeps every text parsed: all of `syn` stays
//! inside [`parse`], which forgets the map before it returns. A file that does not parse is retried
//! item by item, then statement by statement: what cannot be read costs no more than itself.

mod expr;
mod guard;
mod item;
mod lex;
mod live;
mod macros;
mod place;
mod tree;
mod walk;

use std::str::FromStr;

use proc_macro2::TokenStream;

use super::{MAX_PARSED_BYTES, Parsed};
use crate::ir::{Problem, ProblemKind, Span};
use crate::source::Src;
use place::Places;

pub use live::{Live, live};
pub use tree::{
    Arg, Arm, Attr, Block, Closure, Expr, ExprKind, Field, Function, Item, ItemKind, MacroCall, Name, Param, Pat, Path, RustTree, Stmt,
    Type, Unary, Use, Variant,
};

/// Reads Rust: a file, or a snippet of items and statements.
pub fn parse(src: &Src<'_>) -> Parsed<RustTree> {
    let mut parsed = Parsed { tree: RustTree::default(), problems: Vec::new() };
    if src.text.len() > MAX_PARSED_BYTES {
        let message = format!("larger than {} KiB: its code was not read, its text was", MAX_PARSED_BYTES >> 10);
        parsed.problems.push(Problem::new(ProblemKind::Size, message, src.span(0..0)));
        return parsed;
    }
    let shebang = if src.text.starts_with("#!") && !src.text[2..].trim_start().starts_with('[') {
        memchr::memchr(b'\n', src.text.as_bytes()).unwrap_or(src.text.len())
    } else {
        0
    };
    read(src, shebang..src.text.len(), true, &mut parsed);
    proc_macro2::extra::invalidate_current_thread_spans();
    parsed
}

/// Reads one run of the text; what does not tokenise whole is cut into items once.
fn read(src: &Src<'_>, range: std::ops::Range<usize>, whole: bool, parsed: &mut Parsed<RustTree>) {
    let text = &src.text[range.clone()];
    let lower = Lower { src, base: range.start, places: &Places::of(text) };
    let tokens = match guard::too_deep(text) {
        None => TokenStream::from_str(text).map_err(|error| {
            let at = lower.places.range(error.span()).start;
            (ProblemKind::Syntax, "this does not read as Rust; the rest of the file was used".to_owned(), at)
        }),
        Some(at) => Err((ProblemKind::Depth, "nested deeper than any written code: this item was not read, its text was".to_owned(), at)),
    };
    match tokens {
        Ok(tokens) => lower.file(tokens, &mut parsed.tree.items, &mut parsed.problems),
        Err(_) if whole => {
            for chunk in guard::chunks(text) {
                read(src, range.start + chunk.start..range.start + chunk.end, false, parsed);
            }
        }
        Err((kind, message, at)) => {
            let at = (range.start + at).min(range.end);
            let end = src.text[at..].find('\n').map_or(range.end, |line| at + line).max(at);
            parsed.problems.push(Problem::new(kind, message, src.span(at..end)));
        }
    }
}

/// The way from `syn` to the tree, with the places.
#[derive(Clone, Copy)]
struct Lower<'s> {
    src: &'s Src<'s>,
    /// Where the tokens' text begins in `src`.
    base: usize,
    /// From the tokens' places to bytes of their text.
    places: &'s Places<'s>,
}

impl Lower<'_> {
    fn span(&self, span: proc_macro2::Span) -> Span {
        let range = self.places.range(span);
        self.src.span(self.base + range.start..self.base + range.end)
    }

    fn name(&self, ident: &proc_macro2::Ident) -> Name {
        Name { text: text(ident), span: self.span(ident.span()) }
    }

    /// A file's items; what is none is read as statements, what is neither is searched for blocks.
    fn file(&self, tokens: TokenStream, items: &mut Vec<Item>, problems: &mut Vec<Problem>) {
        match syn::parse2::<syn::File>(tokens.clone()) {
            Ok(file) => items.extend(file.items.iter().filter_map(|item| self.item(item))),
            Err(error) => {
                let mut stmts = Vec::new();
                let mut lost = None;
                for part in macros::split(tokens) {
                    match syn::parse2::<syn::File>(part.clone()) {
                        Ok(file) => items.extend(file.items.iter().filter_map(|item| self.item(item))),
                        Err(_) => {
                            if !self.loose(part, &mut stmts, macros::RETRIES) {
                                lost = lost.or(Some(error.span()));
                            }
                        }
                    }
                }
                if !stmts.is_empty() {
                    let span = self.src.span(self.base..self.src.text.len());
                    let function = Function { body: Block { stmts, span }, span, ..Function::default() };
                    items.push(Item { attrs: Vec::new(), kind: ItemKind::Function(function) });
                }
                if let Some(span) = lost {
                    let message = "this item does not read as Rust; the rest of the file was used";
                    problems.push(Problem::new(ProblemKind::Syntax, message, self.span(span)));
                }
            }
        }
    }
}

/// A name without `r#`.
fn text(ident: &proc_macro2::Ident) -> smol_str::SmolStr {
    use std::fmt::Write as _;
    let mut text = smol_str::SmolStrBuilder::new();
    let _ = write!(text, "{ident}");
    let text = text.finish();
    text.strip_prefix("r#").map_or(text.clone(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Parsed<RustTree> {
        parse(&Src::whole(FileId(0), text))
    }

    fn functions(parsed: &Parsed<RustTree>) -> Vec<&str> {
        let name = |item: &'_ Item| match &item.kind {
            ItemKind::Function(function) => Some(function.name.text.clone()),
            _ => None,
        };
        parsed.tree.items.iter().filter_map(name).map(|name| &*name.to_string().leak()).collect()
    }

    #[test]
    fn a_broken_item_costs_no_other() {
        let parsed = read("fn a() {}\nfn b( -> { }\nfn c() {}\n");
        assert!(functions(&parsed).contains(&"a") && functions(&parsed).contains(&"c"), "{parsed:?}");
        let parsed = read("fn a() {}\n\nfn b() { (\n\nfn c() {}\n");
        assert_eq!(functions(&parsed), ["a", "c"]);
        assert_eq!(parsed.problems.len(), 1);
    }

    #[test]
    fn a_snippet_is_a_function() {
        let parsed = read("let cors = CorsLayer::very_permissive();\nlet app = Router::new().layer(cors);\n");
        assert_eq!(functions(&parsed), [""]);
        assert!(parsed.problems.is_empty());
    }

    #[test]
    fn spans_are_bytes_of_the_text() {
        let text = "#!/usr/bin/env run\nconst GRÜSSE: &str = \"hällo\";\nconst B: &[u8] = b\"x\";";
        let parsed = read(text);
        let ItemKind::Const { value, .. } = &parsed.tree.items[0].kind else { panic!("a constant") };
        assert_eq!(&text[value.span.range()], "\"hällo\"");
        let ExprKind::Str { inner, .. } = &value.kind else { panic!("a string") };
        assert_eq!(&text[inner.range()], "hällo");
    }

    #[test]
    fn deep_input_is_a_problem_and_no_crash() {
        for (open, close) in [("(", ")"), ("!", ""), ("{", "}"), ("[", "]"), ("-", ""), ("vec![", "]"), ("f(|| ", ")")] {
            let text = format!("fn ok() {{}}\nfn deep() {{ let x = {}1{}; }}\n", open.repeat(20_000), close.repeat(20_000));
            let parsed = read(&text);
            assert_eq!(functions(&parsed), ["ok"]);
            assert_eq!(parsed.problems[0].kind, ProblemKind::Depth);
        }
    }
}
