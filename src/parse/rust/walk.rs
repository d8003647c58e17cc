//! A walk through an expression, outermost first.

use super::tree::{Block, Expr, ExprKind, MacroCall, Stmt};

impl Block {
    /// Calls `visit` with every expression below, and how many branches (`if`, `match`) stand around it.
    /// Items inside the block are left out.
    pub fn walk<'e>(&'e self, branch: usize, visit: &mut impl FnMut(&'e Expr, usize)) {
        for stmt in &self.stmts {
            stmt.walk(branch, visit);
        }
    }
}

impl Stmt {
    /// The same of a statement.
    fn walk<'e>(&'e self, branch: usize, visit: &mut impl FnMut(&'e Expr, usize)) {
        match self {
            Self::Let { value, otherwise, .. } => {
                if let Some(value) = value {
                    value.walk(branch, visit);
                }
                if let Some(block) = otherwise {
                    block.walk(branch + 1, visit);
                }
            }
            Self::Expr { expr, .. } => expr.walk(branch, visit),
            Self::Item(_) => {}
        }
    }
}

impl Expr {
    /// The same of an expression, itself included. The parser bounds how deep expressions are.
    pub fn walk<'e>(&'e self, branch: usize, visit: &mut impl FnMut(&'e Self, usize)) {
        visit(self, branch);
        let mut at = |inner: &'e Self| inner.walk(branch, visit);
        match &self.kind {
            ExprKind::Call { callee, args } => {
                at(callee);
                args.iter().for_each(at);
            }
            ExprKind::Method { on, args, .. } => {
                at(on);
                args.iter().for_each(at);
            }
            ExprKind::Field { on: inner, .. }
            | ExprKind::Unary(_, inner)
            | ExprKind::Try(inner)
            | ExprKind::Await(inner)
            | ExprKind::Let { value: inner, .. } => at(inner),
            ExprKind::Index { on: left, index: right }
            | ExprKind::Binary { left, right, .. }
            | ExprKind::Assign { target: left, value: right }
            | ExprKind::Repeat { item: left, len: right } => {
                at(left);
                at(right);
            }
            ExprKind::Struct { fields, rest, .. } => {
                fields.iter().map(|(_, value)| value).for_each(&mut at);
                if let Some(rest) = rest {
                    at(rest);
                }
            }
            ExprKind::Map(pairs) => {
                for (key, value) in pairs {
                    at(key);
                    at(value);
                }
            }
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().for_each(at),
            ExprKind::Return(Some(value)) => at(value),
            ExprKind::Closure(closure) => at(&closure.body),
            ExprKind::Block(block) => block.walk(branch, visit),
            ExprKind::If { cond, then, otherwise } => {
                at(cond);
                then.walk(branch + 1, visit);
                if let Some(other) = otherwise {
                    other.walk(branch + 1, visit);
                }
            }
            ExprKind::Match { on, arms } => {
                at(on);
                for arm in arms {
                    if let Some(guard) = &arm.guard {
                        guard.walk(branch + 1, visit);
                    }
                    arm.body.walk(branch + 1, visit);
                }
            }
            ExprKind::Loop { head, body, .. } => {
                if let Some(head) = head {
                    at(head);
                }
                body.walk(branch, visit);
            }
            ExprKind::Macro(call) => {
                let MacroCall { args, stmts, .. } = &**call;
                args.iter().map(|arg| &arg.value).for_each(at);
                for stmt in stmts {
                    stmt.walk(branch, visit);
                }
            }
            _ => {}
        }
    }

    /// The names of a chain of methods from the outermost in, and what the first is called on.
    pub fn chain(&self) -> (Vec<&str>, &Self) {
        let mut names = Vec::new();
        let mut at = self;
        loop {
            match &at.kind {
                ExprKind::Method { on, name, .. } => {
                    names.push(name.text.as_str());
                    at = on;
                }
                ExprKind::Await(inner) | ExprKind::Try(inner) => at = inner,
                _ => return (names, at),
            }
        }
    }
}
