//! Macro bodies: `syn` leaves them as tokens, but `format!`, `json!`, `info!` and `routes!` hold facts.
//!
//! A body is read as a list of arguments (with `tracing`'s `%x`, `?x` and `field = x`), as JSON, as
//! statements, as items; of what is none of these, its blocks are.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use smol_str::SmolStr;
use syn::parse::Parser as _;

use super::{Arg, Expr, ExprKind, Lower, MacroCall, Path, Stmt};

/// Macros whose bodies are templates of code or of another language.
const OPAQUE: [&str; 12] = [
    "quote",
    "quote_spanned",
    "parse_quote",
    "html",
    "view",
    "rsx",
    "stringify",
    "concat_idents",
    "bitflags",
    "asm",
    "include",
    "compile_error",
];

/// How many levels of blocks are tried again where their surroundings do not parse: each try reads
/// the whole block, so that this bounds the work.
pub(super) const RETRIES: u8 = 8;

impl Lower<'_> {
    pub(super) fn macro_call(&self, mac: &syn::Macro) -> MacroCall {
        let path = self.path(&mac.path);
        let close = match &mac.delimiter {
            syn::MacroDelimiter::Paren(it) => it.span.close(),
            syn::MacroDelimiter::Brace(it) => it.span.close(),
            syn::MacroDelimiter::Bracket(it) => it.span.close(),
        };
        let span = path.span.to(self.span(close));
        let mut call = MacroCall { path, args: Vec::new(), stmts: Vec::new(), items: Vec::new(), span };
        if call.path.last() == "html" {
            self.raw_markup(mac.tokens.clone(), &mut call.args, RETRIES);
        }
        if mac.tokens.is_empty() || OPAQUE.contains(&call.path.last()) {
            return call;
        }
        let braces = matches!(mac.delimiter, syn::MacroDelimiter::Brace(_));
        match call.path.last() {
            "lazy_static" | "thread_local" | "cfg_if" => self.body(without_ref(mac.tokens.clone()), &mut call),
            // mongodb: `doc! { "name": name }`.
            "doc" if braces => call.args.push(Arg { name: None, value: self.json_map(mac.tokens.clone(), span) }),
            "json" | "doc" | "bson" => call.args.push(Arg { name: None, value: self.json(&mac.tokens, span) }),
            "vec" => match syn::parse2::<Repeat>(mac.tokens.clone()) {
                Ok(Repeat(item, len)) => {
                    let kind = ExprKind::Repeat { item: Box::new(self.expr(&item)), len: Box::new(self.expr(&len)) };
                    call.args.push(Arg { name: None, value: Expr { span, kind } });
                }
                Err(_) => call.args = self.args(mac.tokens.clone()),
            },
            _ if braces => self.body(mac.tokens.clone(), &mut call),
            _ => call.args = self.args(mac.tokens.clone()),
        }
        call
    }

    /// maud: `PreEscaped(value)` in a template, which shows the value as it is.
    fn raw_markup(&self, tokens: TokenStream, args: &mut Vec<Arg>, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let mut after_name = false;
        for tree in tokens {
            let is_name = matches!(&tree, TokenTree::Ident(name) if name == "PreEscaped");
            if let TokenTree::Group(group) = tree {
                if after_name {
                    let path = Path { names: vec!["PreEscaped".into()], types: Vec::new(), span: self.span(group.span()) };
                    let callee = Expr { span: path.span, kind: ExprKind::Path(path) };
                    let values = self.args(group.stream()).into_iter().map(|arg| arg.value).collect();
                    let kind = ExprKind::Call { callee: Box::new(callee), args: values };
                    args.push(Arg { name: None, value: Expr { span: self.span(group.span()), kind } });
                } else {
                    self.raw_markup(group.stream(), args, depth);
                }
            }
            after_name = is_name;
        }
    }

    /// A body that reads as statements or items.
    fn body(&self, tokens: TokenStream, call: &mut MacroCall) {
        if let Ok(file) = syn::parse2::<syn::File>(tokens.clone()) {
            call.items.extend(file.items.iter().filter_map(|item| self.item(item)));
        } else {
            self.loose(tokens, &mut call.stmts, RETRIES);
        }
    }

    /// Whatever reads as statements; whether all of it did.
    pub(super) fn loose(&self, tokens: TokenStream, stmts: &mut Vec<Stmt>, retries: u8) -> bool {
        if let Ok(block) = syn::Block::parse_within.parse2(tokens.clone()) {
            stmts.extend(self.stmts(&block));
            return true;
        }
        let Some(retries) = retries.checked_sub(1) else { return false };
        let parts = split(tokens.clone());
        if parts.len() > 1 {
            let mut all = true;
            for part in parts {
                all &= self.loose(part, stmts, retries);
            }
            return all;
        }
        for tree in tokens {
            if let TokenTree::Group(group) = tree {
                if group.delimiter() == Delimiter::Brace {
                    self.loose(group.stream(), stmts, retries);
                } else {
                    for arg in self.args(group.stream()) {
                        stmts.push(Stmt::Expr { expr: arg.value, semi: true });
                    }
                }
            }
        }
        false
    }

    /// Arguments by commas; one that is no expression is read as a type, or left out.
    pub(super) fn args(&self, tokens: TokenStream) -> Vec<Arg> {
        let mut args = Vec::new();
        for part in commas(tokens) {
            args.extend(self.arg(&part));
        }
        args
    }

    fn arg(&self, tokens: &[TokenTree]) -> Option<Arg> {
        let (mut name, mut rest) = named(tokens);
        // tracing: `%x` is shown by Display, `?x` by Debug; alone it is a field of its own name.
        if let [TokenTree::Punct(sigil), shown @ ..] = rest
            && matches!(sigil.as_char(), '%' | '?')
        {
            if let [TokenTree::Ident(field)] = shown {
                name = name.or_else(|| Some(field.to_string().into()));
            }
            rest = shown;
        }
        let stream: TokenStream = rest.iter().cloned().collect();
        let value = if let Ok(expr) = syn::parse2::<syn::Expr>(stream.clone()) {
            self.expr(&expr)
        } else {
            let ty = self.ty(&syn::parse2::<syn::Type>(stream).ok()?);
            Expr { span: ty.span, kind: ExprKind::Path(Path { names: ty.names, types: ty.args, span: ty.span }) }
        };
        Some(Arg { name, value })
    }

    /// The body of `json!`: JSON with expressions for values.
    fn json(&self, tokens: &TokenStream, span: crate::ir::Span) -> Expr {
        let mut trees = tokens.clone().into_iter();
        match (trees.next(), trees.next()) {
            (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => self.json_map(group.stream(), span),
            (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Bracket => {
                let items = commas(group.stream()).into_iter().map(|part| self.json(&part.into_iter().collect(), span));
                Expr { span: self.span(group.span()), kind: ExprKind::List(items.collect()) }
            }
            _ => syn::parse2::<syn::Expr>(tokens.clone()).map_or(Expr { span, kind: ExprKind::Other }, |expr| self.expr(&expr)),
        }
    }

    fn json_map(&self, tokens: TokenStream, span: crate::ir::Span) -> Expr {
        let mut entries = Vec::new();
        for part in commas(tokens) {
            let colon = part.iter().position(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':'));
            let Some(colon) = colon else { continue };
            let key = self.json(&part[..colon].iter().cloned().collect(), span);
            entries.push((key, self.json(&part[colon + 1..].iter().cloned().collect(), span)));
        }
        Expr { span, kind: ExprKind::Map(entries) }
    }
}

/// `[item; len]` without its brackets.
struct Repeat(syn::Expr, syn::Expr);

impl syn::parse::Parse for Repeat {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let item = input.parse()?;
        input.parse::<syn::Token![;]>()?;
        Ok(Self(item, input.parse()?))
    }
}

/// `name = rest` and `dotted.name = rest`; `target: rest` of the log macros.
fn named(tokens: &[TokenTree]) -> (Option<SmolStr>, &[TokenTree]) {
    let mut name = String::new();
    for (at, tree) in tokens.iter().enumerate() {
        match tree {
            TokenTree::Ident(ident) if at % 2 == 0 => name.push_str(&ident.to_string()),
            TokenTree::Literal(literal) if at == 0 => name.push_str(literal.to_string().trim_matches('"')),
            TokenTree::Punct(punct) if at % 2 == 1 && punct.as_char() == '.' => name.push('.'),
            TokenTree::Punct(punct) if at % 2 == 1 && matches!(punct.as_char(), '=' | ':') && punct.spacing() == Spacing::Alone => {
                return (Some(name.into()), &tokens[at + 1..]);
            }
            // `name = %x` and `name: &x`: the first sign is joined to the next one.
            TokenTree::Punct(punct) if at % 2 == 1 && punct.as_char() == '=' => {
                let next = matches!(tokens.get(at + 1), Some(TokenTree::Punct(next)) if matches!(next.as_char(), '%' | '?' | '&' | '*' | '!' | '-'));
                return if next { (Some(name.into()), &tokens[at + 1..]) } else { (None, tokens) };
            }
            _ => return (None, tokens),
        }
    }
    (None, tokens)
}

/// Token runs between commas, outside any bracket and outside `<…>` of a path.
fn commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    let mut angles = 0_u32;
    let mut before = ' ';
    for tree in tokens {
        let mut sign = ' ';
        if let TokenTree::Punct(punct) = &tree {
            sign = punct.as_char();
            match sign {
                ',' if angles == 0 => {
                    parts.push(Vec::new());
                    before = sign;
                    continue;
                }
                ';' if angles == 0 => {
                    parts.push(Vec::new());
                    continue;
                }
                // A type argument follows `::` or a name in upper case; a comparison does not.
                '<' if before == ':' || before == 'T' => angles += 1,
                '>' if before != '-' && before != '=' => angles = angles.saturating_sub(1),
                _ => {}
            }
        }
        before = match &tree {
            TokenTree::Ident(ident) if ident.to_string().starts_with(char::is_uppercase) => 'T',
            TokenTree::Punct(_) => sign,
            _ => ' ',
        };
        if let Some(part) = parts.last_mut() {
            part.push(tree);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Token runs that end with `;` or with a block: candidates for items and statements.
pub(super) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts: Vec<Vec<TokenTree>> = vec![Vec::new()];
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let mut ends = match &tree {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        // A block that goes on: `if a {} else {}`, `S { … }.run()`, `match x { … }?`.
        if ends && matches!(&tree, TokenTree::Group(_)) {
            ends = match trees.peek() {
                Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '#'),
                Some(TokenTree::Ident(ident)) => ident != "else",
                _ => true,
            };
        }
        if let Some(part) = parts.last_mut() {
            part.push(tree);
        }
        if ends {
            parts.push(Vec::new());
        }
    }
    parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.into_iter().collect()).collect()
}

/// `static ref X: T = …;` of `lazy_static!` without its `ref`.
fn without_ref(tokens: TokenStream) -> TokenStream {
    let mut after_static = false;
    tokens
        .into_iter()
        .filter(|tree| {
            let (drop, is_static) = match tree {
                TokenTree::Ident(ident) => (after_static && ident == "ref", ident == "static"),
                _ => (false, false),
            };
            after_static = is_static;
            !drop
        })
        .collect()
}
