//! Values that the code tests before it uses them: `if name.contains("..") { return … }`,
//! `if ALLOWED.contains(&host.as_str()) { … }`. What passes such a test is the code's choice.

use smol_str::SmolStr;

use crate::parse::rust::{Block, Expr, ExprKind, Stmt, Unary};

use super::Eval;

/// A name, or a field of one: the variable's place and the fields after it.
type Place = (usize, SmolStr);

/// What a condition proves of the values in it.
#[derive(Debug, Default)]
pub(super) struct Proven {
    /// Where it holds.
    pub when_true: Vec<Place>,
    /// Where it does not.
    pub when_false: Vec<Place>,
}

impl Eval<'_, '_> {
    /// Reads a condition.
    pub(super) fn proven(&self, cond: &Expr) -> Proven {
        match &cond.kind {
            ExprKind::Unary(Unary::Not, on) => {
                let Proven { when_true, when_false } = self.proven(on);
                Proven { when_true: when_false, when_false: when_true }
            }
            ExprKind::Binary { op: "&&", left, right } => {
                let (mut both, right) = (self.proven(left), self.proven(right));
                both.when_true.extend(right.when_true);
                both.when_false.retain(|place| right.when_false.contains(place));
                both
            }
            ExprKind::Binary { op: "||", left, right } => {
                let (mut both, right) = (self.proven(left), self.proven(right));
                both.when_false.extend(right.when_false);
                both.when_true.retain(|place| right.when_true.contains(place));
                both
            }
            ExprKind::Binary { op: op @ ("==" | "!="), left, right } => {
                // Equal to a value of the code's own.
                let places: Vec<Place> = [left, right].into_iter().filter_map(|side| self.place(side)).collect();
                if *op == "==" {
                    Proven { when_true: places, ..Proven::default() }
                } else {
                    Proven { when_false: places, ..Proven::default() }
                }
            }
            // Bounds of a number.
            ExprKind::Binary { op: op @ ("<" | "<=" | ">" | ">="), left, right } => {
                let (small, large) = if op.starts_with('<') { (left, right) } else { (right, left) };
                Proven { when_true: self.place(small).into_iter().collect(), when_false: self.place(large).into_iter().collect() }
            }
            ExprKind::Method { on, name, args, .. } => self.tested(on, &name.text, args),
            ExprKind::Call { callee, args } if callee.as_path().is_some_and(|path| says_test(path.last())) => {
                let places: Vec<Place> = args.iter().filter_map(|arg| self.place(arg)).collect();
                Proven { when_true: places.clone(), when_false: places }
            }
            ExprKind::Macro(call) if call.path.last() == "matches" => {
                Proven { when_true: call.args.first().and_then(|arg| self.place(&arg.value)).into_iter().collect(), ..Proven::default() }
            }
            ExprKind::Try(on) | ExprKind::Await(on) => self.proven(on),
            _ => Proven::default(),
        }
    }

    fn tested(&self, on: &Expr, name: &str, args: &[Expr]) -> Proven {
        let subject = self.place(on);
        let of_args = || args.iter().filter_map(|arg| self.place(arg)).collect::<Vec<_>>();
        match (name, subject) {
            ("contains" | "contains_key" | "is_match" | "any" | "eq", _) if !of_args().is_empty() => {
                Proven { when_true: of_args(), ..Proven::default() }
            }
            // `x.contains("..")`, `x.starts_with('/')`, `x.chars().any(…)`: what is not wanted.
            ("contains" | "is_absolute" | "has_root" | "any", Some(place)) => Proven { when_false: vec![place], ..Proven::default() },
            // `root.starts_with` of a path that may still hold `..` proves nothing.
            ("starts_with", Some((at, fields))) => {
                let is_raw_path = fields.is_empty() && is_joined(&self.locals[at].value);
                if is_raw_path {
                    Proven::default()
                } else {
                    Proven { when_true: vec![(at, fields.clone())], when_false: vec![(at, fields)] }
                }
            }
            ("ends_with", Some(place)) => Proven { when_true: vec![place.clone()], when_false: vec![place] },
            ("all" | "eq" | "eq_ignore_ascii_case", Some(place)) => Proven { when_true: vec![place], ..Proven::default() },
            (name, subject) if says_test(name) => {
                let places: Vec<Place> = subject.into_iter().chain(of_args()).collect();
                Proven { when_true: places.clone(), when_false: places }
            }
            _ => Proven::default(),
        }
    }

    /// The variable or field that an expression is, through what only changes its form.
    pub(super) fn place(&self, expr: &Expr) -> Option<Place> {
        match &expr.kind {
            ExprKind::Path(_) => Some((self.variable(expr)?, SmolStr::default())),
            ExprKind::Field { on, name } => {
                let (at, fields) = self.place(on)?;
                Some((at, smol_str::format_smolstr!("{fields}.{}", name.text)))
            }
            ExprKind::Method { on, name, args, .. } if args.is_empty() => {
                let keeps = super::calls::is_transparent_method(&name.text)
                    || matches!(
                        name.text.as_str(),
                        "chars"
                            | "bytes"
                            | "components"
                            | "host_str"
                            | "host"
                            | "domain"
                            | "scheme"
                            | "iter"
                            | "to_string_lossy"
                            | "extension"
                            | "to_ascii_lowercase"
                    );
                keeps.then(|| self.place(on)).flatten()
            }
            ExprKind::Call { callee, args } if callee.as_path().is_some_and(|path| path.last() == "Some") => self.place(args.first()?),
            ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) | ExprKind::Try(on) => self.place(on),
            _ => None,
        }
    }

    /// Whether a variable or a field of it was tested.
    pub(super) fn is_checked(&self, at: usize, fields: &str) -> bool {
        self.checked.iter().any(|(known, tested)| *known == at && (tested == fields || tested.is_empty()))
    }
}

/// A path that was put together and not resolved.
fn is_joined(value: &crate::ir::Node) -> bool {
    match value.as_call() {
        Some(call) => {
            matches!(call.callee.last(), "join" | "new" | "from" | "push" | "clean") && !matches!(call.callee.first(), "canonicalize")
        }
        None => false,
    }
}

/// Names of functions that say whether a value is one that is wanted.
fn says_test(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "is_empty" | "is_some" | "is_none" | "is_ok" | "is_err" | "exists" | "is_file" | "is_dir") {
        return false;
    }
    lower.starts_with("is_")
        || ["valid", "allow", "safe", "permit", "trusted", "check", "whitelist", "verify", "known", "sanit"]
            .iter()
            .any(|word| lower.contains(word))
}

/// Whether a block does not run to its end: what follows holds for those alone that did not enter.
pub(super) fn diverges(block: &Block) -> bool {
    block.stmts.last().is_some_and(|stmt| match stmt {
        Stmt::Expr { expr, .. } => leaves(expr),
        _ => false,
    })
}

fn leaves(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Return(_) | ExprKind::Other => true,
        ExprKind::Macro(call) => matches!(call.path.last(), "bail" | "panic" | "unreachable" | "todo" | "unimplemented" | "throw"),
        ExprKind::Call { callee, .. } => callee.as_path().is_some_and(|path| matches!(path.last(), "exit" | "abort")),
        ExprKind::Try(on) => matches!(&on.kind, ExprKind::Call { callee, .. } if callee.as_path().is_some_and(|path| path.last() == "Err")),
        ExprKind::Block(block) => diverges(block),
        _ => false,
    }
}
