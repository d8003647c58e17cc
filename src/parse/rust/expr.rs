//! Expressions and statements from `syn`. Spans are put together from parts: `Spanned::span` of a
//! nested expression prints all of it again at each level.

use syn::{BinOp, UnOp};

use super::{Arm, Block, Closure, Expr, ExprKind, Lower, Name, Param, Stmt, Unary};
use crate::ir::Span;

impl Lower<'_> {
    pub(super) fn block(&self, block: &syn::Block) -> Block {
        Block { stmts: self.stmts(&block.stmts), span: self.span(block.brace_token.span.join()) }
    }

    pub(super) fn stmts(&self, stmts: &[syn::Stmt]) -> Vec<Stmt> {
        stmts.iter().filter_map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&self, stmt: &syn::Stmt) -> Option<Stmt> {
        Some(match stmt {
            syn::Stmt::Local(it) => {
                let (pat, ty) = match &it.pat {
                    syn::Pat::Type(typed) => (&*typed.pat, Some(self.ty(&typed.ty))),
                    pat => (pat, None),
                };
                let otherwise = it.init.as_ref().and_then(|init| init.diverge.as_ref()).map(|(_, expr)| match self.expr(expr) {
                    Expr { kind: ExprKind::Block(block), .. } => block,
                    expr => Block { span: expr.span, stmts: vec![Stmt::Expr { expr, semi: false }] },
                });
                Stmt::Let { pat: self.pat(pat), ty, value: it.init.as_ref().map(|init| self.expr(&init.expr)), otherwise }
            }
            syn::Stmt::Item(item) => Stmt::Item(self.item(item)?),
            syn::Stmt::Expr(expr, semi) => Stmt::Expr { expr: self.expr(expr), semi: semi.is_some() },
            syn::Stmt::Macro(it) => Stmt::Expr { expr: self.macro_expr(&it.mac), semi: it.semi_token.is_some() },
        })
    }

    fn boxed(&self, expr: &syn::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn exprs<'e>(&self, list: impl IntoIterator<Item = &'e syn::Expr>) -> Vec<Expr> {
        list.into_iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn macro_expr(&self, mac: &syn::Macro) -> Expr {
        let call = self.macro_call(mac);
        Expr { span: call.span, kind: macros_kind(call) }
    }

    pub(super) fn expr(&self, expr: &syn::Expr) -> Expr {
        let at = |span: Span, kind: ExprKind| Expr { span, kind };
        match expr {
            syn::Expr::Lit(it) => self.literal(&it.lit),
            syn::Expr::Path(it) => {
                let mut path = self.path(&it.path);
                // `<Des as KeyInit>::new` is a function of `Des`.
                if let Some(of) = &it.qself {
                    let last = path.names.pop();
                    let owner = self.ty(&of.ty);
                    path.names = owner.names.into_iter().chain(last).collect();
                    path.types.extend(owner.args);
                }
                at(path.span, ExprKind::Path(path))
            }
            syn::Expr::Reference(it) if it.mutability.is_none() => self.expr(&it.expr),
            syn::Expr::Reference(it) => {
                let on = self.boxed(&it.expr);
                at(self.span(it.and_token.spans[0]).to(on.span), ExprKind::Unary(Unary::BorrowMut, on))
            }
            syn::Expr::Paren(it) => self.expr(&it.expr),
            syn::Expr::Group(it) => self.expr(&it.expr),
            syn::Expr::Cast(it) => self.expr(&it.expr),
            syn::Expr::Call(it) => {
                let callee = self.boxed(&it.func);
                at(callee.span.to(self.span(it.paren_token.span.close())), ExprKind::Call { callee, args: self.exprs(&it.args) })
            }
            syn::Expr::MethodCall(it) => {
                let on = self.boxed(&it.receiver);
                let types = it.turbofish.iter().flat_map(|list| &list.args).filter_map(|argument| self.type_argument(argument));
                let kind = ExprKind::Method { name: self.name(&it.method), types: types.collect(), args: self.exprs(&it.args), on };
                let ExprKind::Method { on, .. } = &kind else { return Expr::default() };
                at(on.span.to(self.span(it.paren_token.span.close())), kind)
            }
            syn::Expr::Field(it) => {
                let on = self.boxed(&it.base);
                let name = match &it.member {
                    syn::Member::Named(ident) => self.name(ident),
                    syn::Member::Unnamed(index) => Name { text: index.index.to_string().into(), span: self.span(index.span) },
                };
                at(on.span.to(name.span), ExprKind::Field { on, name })
            }
            syn::Expr::Index(it) => {
                let on = self.boxed(&it.expr);
                at(on.span.to(self.span(it.bracket_token.span.close())), ExprKind::Index { on, index: self.boxed(&it.index) })
            }
            syn::Expr::Struct(it) => {
                let path = self.path(&it.path);
                let field = |field: &syn::FieldValue| {
                    let name = match &field.member {
                        syn::Member::Named(ident) => self.name(ident),
                        syn::Member::Unnamed(index) => Name { text: index.index.to_string().into(), span: self.span(index.span) },
                    };
                    (name, self.expr(&field.expr))
                };
                let span = path.span.to(self.span(it.brace_token.span.close()));
                let fields = it.fields.iter().map(field).collect();
                at(span, ExprKind::Struct { path, fields, rest: it.rest.as_ref().map(|rest| self.boxed(rest)) })
            }
            syn::Expr::Array(it) => at(self.span(it.bracket_token.span.join()), ExprKind::List(self.exprs(&it.elems))),
            syn::Expr::Repeat(it) => {
                let kind = ExprKind::Repeat { item: self.boxed(&it.expr), len: self.boxed(&it.len) };
                at(self.span(it.bracket_token.span.join()), kind)
            }
            syn::Expr::Tuple(it) => at(self.span(it.paren_token.span.join()), ExprKind::Tuple(self.exprs(&it.elems))),
            syn::Expr::Unary(it) => {
                let on = self.boxed(&it.expr);
                let (op, token) = match it.op {
                    UnOp::Not(token) => (Unary::Not, token.spans[0]),
                    UnOp::Neg(token) => (Unary::Neg, token.spans[0]),
                    UnOp::Deref(token) => (Unary::Deref, token.spans[0]),
                    _ => return *on,
                };
                at(self.span(token).to(on.span), ExprKind::Unary(op, on))
            }
            syn::Expr::Binary(it) => {
                let (left, right) = (self.boxed(&it.left), self.boxed(&it.right));
                at(left.span.to(right.span), ExprKind::Binary { op: operator(&it.op), left, right })
            }
            syn::Expr::Assign(it) => {
                let (target, value) = (self.boxed(&it.left), self.boxed(&it.right));
                at(target.span.to(value.span), ExprKind::Assign { target, value })
            }
            syn::Expr::Block(it) => self.block_expr(&it.block),
            syn::Expr::Unsafe(it) => self.block_expr(&it.block),
            syn::Expr::Async(it) => self.block_expr(&it.block),
            syn::Expr::Const(it) => self.block_expr(&it.block),
            syn::Expr::TryBlock(it) => self.block_expr(&it.block),
            syn::Expr::If(it) => {
                let then = self.block(&it.then_branch);
                let otherwise = it.else_branch.as_ref().map(|(_, expr)| self.boxed(expr));
                let end = otherwise.as_ref().map_or(then.span, |expr| expr.span);
                let kind = ExprKind::If { cond: self.boxed(&it.cond), then, otherwise };
                at(self.span(it.if_token.span).to(end), kind)
            }
            syn::Expr::Let(it) => {
                let value = self.boxed(&it.expr);
                at(self.span(it.let_token.span).to(value.span), ExprKind::Let { pat: self.pat(&it.pat), value })
            }
            syn::Expr::Match(it) => {
                let arm = |arm: &syn::Arm| Arm {
                    pat: self.pat(&arm.pat),
                    guard: arm.guard.as_ref().map(|(_, expr)| self.expr(expr)),
                    body: self.expr(&arm.body),
                };
                let span = self.span(it.match_token.span).to(self.span(it.brace_token.span.close()));
                at(span, ExprKind::Match { on: self.boxed(&it.expr), arms: it.arms.iter().map(arm).collect() })
            }
            syn::Expr::ForLoop(it) => {
                let body = self.block(&it.body);
                let kind = ExprKind::Loop { pat: Some(self.pat(&it.pat)), head: Some(self.boxed(&it.expr)), body };
                at(self.span(it.for_token.span).to(self.span(it.body.brace_token.span.close())), kind)
            }
            syn::Expr::While(it) => {
                let body = self.block(&it.body);
                let kind = ExprKind::Loop { pat: None, head: Some(self.boxed(&it.cond)), body };
                at(self.span(it.while_token.span).to(self.span(it.body.brace_token.span.close())), kind)
            }
            syn::Expr::Loop(it) => {
                let body = self.block(&it.body);
                at(self.span(it.loop_token.span).to(body.span), ExprKind::Loop { pat: None, head: None, body })
            }
            syn::Expr::Closure(it) => {
                let body = self.expr(&it.body);
                let params = it.inputs.iter().map(|pat| match pat {
                    syn::Pat::Type(typed) => {
                        Param { attrs: self.attrs(&typed.attrs), pat: self.pat(&typed.pat), ty: Some(self.ty(&typed.ty)) }
                    }
                    pat => Param { attrs: Vec::new(), pat: self.pat(pat), ty: None },
                });
                let span = self.span(it.or1_token.spans[0]).to(body.span);
                at(span, ExprKind::Closure(Box::new(Closure { params: params.collect(), body })))
            }
            syn::Expr::Return(it) => self.leave(self.span(it.return_token.span), it.expr.as_deref()),
            syn::Expr::Break(it) => self.leave(self.span(it.break_token.span), it.expr.as_deref()),
            syn::Expr::Try(it) => {
                let inner = self.boxed(&it.expr);
                at(inner.span.to(self.span(it.question_token.spans[0])), ExprKind::Try(inner))
            }
            syn::Expr::Await(it) => {
                let inner = self.boxed(&it.base);
                at(inner.span.to(self.span(it.await_token.span)), ExprKind::Await(inner))
            }
            syn::Expr::Macro(it) => self.macro_expr(&it.mac),
            syn::Expr::Range(it) => {
                let ends = it.start.iter().chain(&it.end).map(|end| self.expr(end));
                let list: Vec<Expr> = ends.collect();
                at(list.first().map(|first| first.span).unwrap_or_default(), ExprKind::Tuple(list))
            }
            _ => Expr::default(),
        }
    }

    fn block_expr(&self, block: &syn::Block) -> Expr {
        let block = self.block(block);
        Expr { span: block.span, kind: ExprKind::Block(block) }
    }

    fn leave(&self, start: Span, value: Option<&syn::Expr>) -> Expr {
        let value = value.map(|value| self.boxed(value));
        let span = value.as_ref().map_or(start, |value| start.to(value.span));
        Expr { span, kind: ExprKind::Return(value) }
    }

    pub(super) fn literal(&self, literal: &syn::Lit) -> Expr {
        let span = self.span(literal.span());
        let kind = match literal {
            syn::Lit::Str(it) => self.string(it.value().into(), span),
            syn::Lit::CStr(it) => self.string(it.value().to_string_lossy().into(), span),
            syn::Lit::ByteStr(it) => ExprKind::Bytes(it.value()),
            syn::Lit::Byte(it) => ExprKind::Number(f64::from(it.value())),
            syn::Lit::Char(it) => ExprKind::Char(it.value()),
            syn::Lit::Int(it) => it.base10_digits().parse().map_or(ExprKind::Other, ExprKind::Number),
            syn::Lit::Float(it) => it.base10_digits().parse().map_or(ExprKind::Other, ExprKind::Number),
            syn::Lit::Bool(it) => ExprKind::Bool(it.value),
            _ => ExprKind::Other,
        };
        Expr { span, kind }
    }

    /// The content's place: behind the first quote and before the last one.
    fn string(&self, text: smol_str::SmolStr, span: Span) -> ExprKind {
        let inner = self.src.text.get(span.range()).filter(|_| span.file == self.src.file).and_then(|written| {
            let (open, close) = (written.find('"')?, written.rfind('"')?);
            (open < close).then(|| Span::new(span.file, span.start as usize + open + 1, span.start as usize + close))
        });
        ExprKind::Str { text, inner: inner.unwrap_or(span) }
    }
}

/// `vec![…]` is a list, `json!({…})` its map; any other macro stays a call.
fn macros_kind(mut call: super::MacroCall) -> ExprKind {
    let unnamed = call.args.iter().all(|arg| arg.name.is_none()) && call.stmts.is_empty() && call.items.is_empty();
    match call.path.last() {
        "vec" if unnamed => match call.args.as_mut_slice() {
            [super::Arg { value: Expr { kind: kind @ ExprKind::Repeat { .. }, .. }, .. }] => std::mem::take(kind),
            _ => ExprKind::List(call.args.into_iter().map(|arg| arg.value).collect()),
        },
        "json" if call.args.len() == 1 && matches!(call.args[0].value.kind, ExprKind::Map(_)) => {
            call.args.pop().map_or(ExprKind::Other, |arg| arg.value.kind)
        }
        _ => ExprKind::Macro(Box::new(call)),
    }
}

fn operator(op: &BinOp) -> &'static str {
    match op {
        BinOp::Add(_) => "+",
        BinOp::Sub(_) => "-",
        BinOp::Mul(_) => "*",
        BinOp::Div(_) => "/",
        BinOp::Rem(_) => "%",
        BinOp::And(_) => "&&",
        BinOp::Or(_) => "||",
        BinOp::Eq(_) => "==",
        BinOp::Lt(_) => "<",
        BinOp::Le(_) => "<=",
        BinOp::Ne(_) => "!=",
        BinOp::Ge(_) => ">=",
        BinOp::Gt(_) => ">",
        BinOp::AddAssign(_) => "+=",
        _ => "",
    }
}
