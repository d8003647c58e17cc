//! Values that the code tests before it uses them: `if name.contains("..") { return … }`,
//! `if ALLOWED.contains(&host.as_str()) { … }`. What passes such a test is the code's choice.

use smol_str::SmolStr;

use crate::parse::rust::{Block, Closure, Expr, ExprKind, Path, Stmt, Unary};

use super::{Eval, request};

/// Tests that are remembered at one place: each name is looked up among them.
const MAX_CHECKED: usize = 256;
/// Conditions inside conditions that are read of a closure.
const MAX_NESTING: u32 = 8;

/// A name, or a field of one: the variable's place and the fields after it.
type Place = (usize, SmolStr);

/// What a condition proves of the values in it.
#[derive(Debug, Clone, Default)]
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
            ExprKind::Call { callee, args } if callee.as_path().is_some_and(|path| says_test(path.last()) || reads_number(path)) => {
                let places: Vec<Place> = args.iter().filter_map(|arg| self.place(arg)).collect();
                Proven { when_true: places.clone(), when_false: places }
            }
            ExprKind::Macro(call) if call.path.last() == "matches" => {
                Proven { when_true: call.args.first().and_then(|arg| self.place(&arg.value)).into_iter().collect(), ..Proven::default() }
            }
            ExprKind::Try(on) | ExprKind::Await(on) => self.proven(on),
            // `let is_known = KNOWN.contains(&name);`
            ExprKind::Path(_) => self.variable(cond).map(|at| self.locals[at].proves.clone()).unwrap_or_default(),
            _ => Proven::default(),
        }
    }

    /// Keeps what holds after a statement that may leave the function: `path.strip_prefix(&root)?;`,
    /// `check_name(&name)?;`, `let Ok(rest) = path.strip_prefix(&root) else { … }`.
    pub(super) fn passed(&mut self, stmt: &Expr, leaves: bool) {
        let tested = match &stmt.kind {
            ExprKind::Try(on) => result_of(on),
            ExprKind::Macro(call) if matches!(call.path.last(), "ensure" | "assert" | "require") => {
                let proven = call.args.first().map(|cond| self.proven(&cond.value).when_true).unwrap_or_default();
                self.remember(proven);
                return;
            }
            _ if leaves => result_of(stmt),
            _ => return,
        };
        if is_verdict(tested) {
            let proven = self.proven(tested).when_true;
            self.remember(proven);
        }
    }

    /// Keeps what holds from here to the end of the block.
    pub(super) fn remember(&mut self, proven: Vec<Place>) {
        if self.checked.len() < MAX_CHECKED {
            self.checked.extend(proven);
        }
    }

    fn tested(&self, on: &Expr, name: &str, args: &[Expr]) -> Proven {
        // `path.strip_prefix(&root).is_err()`
        if matches!(name, "is_ok" | "is_err") && args.is_empty() && is_verdict(on) {
            let Proven { when_true, when_false } = self.proven(on);
            return if name == "is_ok" {
                Proven { when_true, ..Proven::default() }
            } else {
                Proven { when_true: when_false, when_false: when_true }
            };
        }
        let subject = self.place(on);
        let of_args = || args.iter().filter_map(|arg| self.place(arg)).collect::<Vec<_>>();
        match (name, subject) {
            ("contains" | "contains_key" | "is_match" | "any" | "eq", _) if !of_args().is_empty() => {
                Proven { when_true: of_args(), ..Proven::default() }
            }
            // `x.contains("..")`, `x.starts_with('/')`, `x.chars().any(…)`: what is not wanted.
            ("contains" | "is_absolute" | "has_root" | "any", Some(place)) => Proven { when_false: vec![place], ..Proven::default() },
            // `https://example.com` is how `https://example.com.evil.org` begins too.
            ("starts_with", Some(_)) if args.first().and_then(Expr::as_str).is_some_and(is_open_address) => Proven::default(),
            // `root.starts_with` of a path that may still hold `..` proves nothing.
            // Of a text, the rest after a prefix may be anything.
            ("strip_prefix", Some((at, _))) if !is_resolved(&self.locals[at].value) => Proven::default(),
            ("starts_with" | "strip_prefix", Some((at, fields))) => {
                let is_raw_path = fields.is_empty() && is_joined(&self.locals[at].value);
                if is_raw_path {
                    Proven::default()
                } else {
                    Proven { when_true: vec![(at, fields.clone())], when_false: vec![(at, fields)] }
                }
            }
            ("ends_with", Some(place)) => Proven { when_true: vec![place.clone()], when_false: vec![place] },
            // Of `parse`, `is_verdict` knows whether it makes a number.
            ("all" | "eq" | "eq_ignore_ascii_case" | "parse", Some(place)) => Proven { when_true: vec![place], ..Proven::default() },
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
                            | "iter"
                            | "to_string_lossy"
                            | "extension"
                            | "to_ascii_lowercase"
                    );
                keeps.then(|| self.place(on)).flatten()
            }
            ExprKind::Call { callee, args } if callee.as_path().is_some_and(keeps_place) => self.place(args.first()?),
            ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) | ExprKind::Try(on) => self.place(on),
            _ => None,
        }
    }

    /// Whether a variable or a field of it was tested.
    pub(super) fn is_checked(&self, at: usize, fields: &str) -> bool {
        self.checked.iter().any(|(known, tested)| *known == at && (tested == fields || tested.is_empty()))
    }
}

/// A result before it is put in other words: `check(name).map_err(Error::Name)`, `path.strip_prefix(root).ok()`.
fn result_of(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Method { on, name, .. }
            if matches!(name.text.as_str(), "ok" | "map_err" | "ok_or" | "ok_or_else" | "context" | "with_context") =>
        {
            result_of(on)
        }
        ExprKind::Await(on) => result_of(on),
        _ => expr,
    }
}

/// `Some(name)`, `Path::new(&name)`.
fn keeps_place(path: &Path) -> bool {
    matches!(path.names.as_slice(), [.., one] if one == "Some")
        || matches!(path.names.as_slice(), [.., owner, new] if owner == "Path" && new == "new")
}

/// `Uuid::parse_str`, `u64::from_str`: what they take is the text of a number.
fn reads_number(path: &Path) -> bool {
    let [.., owner, name] = path.names.as_slice() else { return false };
    request::is_number(owner) && matches!(name.as_str(), "parse_str" | "try_parse" | "from_str" | "from_string" | "parse")
}

/// Calls whose failing says that a value is not one that is wanted.
fn is_verdict(expr: &Expr) -> bool {
    let judges = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["valid", "ensure", "check", "verify", "allow", "permit"].iter().any(|word| lower.starts_with(word))
    };
    match &expr.kind {
        // `form.validate()?` of a derive knows lengths and formats, and lets the rest through.
        ExprKind::Method { name, args, types, .. } => {
            let is_number = || name.text == "parse" && types.first().is_some_and(|ty| request::is_number(ty.last()));
            name.text == "strip_prefix" || !args.is_empty() && judges(&name.text) || is_number()
        }
        ExprKind::Call { callee, .. } => callee.as_path().is_some_and(|path| judges(path.last()) || reads_number(path)),
        _ => false,
    }
}

/// Whether a closure lets through what passes a test alone: `|origin| KNOWN.contains(origin)`.
pub(super) fn picks(closure: &Expr) -> bool {
    let ExprKind::Closure(closure) = &closure.kind else { return false };
    picks_at(closure, MAX_NESTING)
}

fn picks_at(closure: &Closure, depth: u32) -> bool {
    match closure.params.as_slice() {
        [param] => matches!(param.pat.names.as_slice(), [name] if decides(&closure.body, &name.text, depth)),
        _ => false,
    }
}

/// Whether a condition holds for values of the code's own choice alone.
fn decides(cond: &Expr, name: &str, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let is_it = |expr: &Expr| is_form_of(expr, name);
    match &cond.kind {
        ExprKind::Binary { op: "&&", left, right } => decides(left, name, depth) || decides(right, name, depth),
        ExprKind::Binary { op: "||", left, right } => decides(left, name, depth) && decides(right, name, depth),
        ExprKind::Binary { op: "==", left, right } => is_it(left) != is_it(right),
        ExprKind::Method { on, name: method, args, .. } => match (method.text.as_str(), args.as_slice()) {
            ("is_ok_and" | "is_some_and", [test]) if is_it(on) => {
                matches!(&test.kind, ExprKind::Closure(test) if picks_at(test, depth))
            }
            ("contains" | "contains_key" | "is_match", [of, ..]) => is_it(of),
            // `KNOWN.iter().any(|known| *known == origin)`
            ("any", [test]) => matches!(&test.kind, ExprKind::Closure(test) if decides(&test.body, name, depth)),
            _ => false,
        },
        ExprKind::Block(block) => matches!(block.stmts.as_slice(), [Stmt::Expr { expr, .. }] if decides(expr, name, depth)),
        ExprKind::Macro(call) => call.path.last() == "matches" && call.args.first().is_some_and(|arg| is_it(&arg.value)),
        _ => false,
    }
}

/// The beginning of an address whose host may go on.
fn is_open_address(start: &str) -> bool {
    start.split_once("://").is_some_and(|(_, host)| !host.contains('/'))
}

/// What a name is, in the form that it is tested in.
fn is_form_of(expr: &Expr, name: &str) -> bool {
    match &expr.kind {
        ExprKind::Path(path) => path.single() == Some(name),
        ExprKind::Method { on, name: method, args, .. } => {
            args.is_empty() && super::calls::is_transparent_method(&method.text) && is_form_of(on, name)
        }
        ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) => is_form_of(on, name),
        _ => false,
    }
}

/// A path without links and `..`, as the file system knows it.
fn is_resolved(value: &crate::ir::Node) -> bool {
    value.as_call().is_some_and(|call| matches!(call.callee.last(), "canonicalize" | "absolutize" | "clean" | "normalize"))
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
        || ["valid", "allow", "safe", "permit", "trusted", "check", "whitelist", "verify", "known", "sanit", "ensure"]
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

pub(super) fn leaves(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Return(_) | ExprKind::Other => true,
        ExprKind::Macro(call) => matches!(call.path.last(), "bail" | "panic" | "unreachable" | "todo" | "unimplemented" | "throw"),
        ExprKind::Call { callee, .. } => callee.as_path().is_some_and(|path| matches!(path.last(), "exit" | "abort")),
        ExprKind::Try(on) => matches!(&on.kind, ExprKind::Call { callee, .. } if callee.as_path().is_some_and(|path| path.last() == "Err")),
        ExprKind::Block(block) => diverges(block),
        _ => false,
    }
}
