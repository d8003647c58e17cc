//! Expressions: names, calls, methods, fields, assignments and operators become nodes.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::extract::rust::{func, sinks, sites};
use crate::ir::{Call, Entry, Func, Map, Node, NodeKind, Op, Part, Piece, Ref, Scope, Span, Text, Tri, Why};
use crate::parse::rust::{Arm, Expr, ExprKind, Path, Unary};

use super::{Eval, MAX_HOPS, MAX_WEIGHT, checks, errors, is_of_request, refusals};

impl<'n, 't> Eval<'n, 't> {
    /// A value that may still be called on or bound to a name.
    pub(super) fn inner(&mut self, expr: &Expr) -> Node {
        let at = |kind: NodeKind| Node::new(expr.span, kind);
        match &expr.kind {
            ExprKind::Str { text, inner } => {
                func::note_text(&mut self.func, text);
                at(NodeKind::Text(Text { pieces: vec![Piece { span: *inner, part: Part::Lit(text.clone()) }] }))
            }
            ExprKind::Bytes(bytes) => at(NodeKind::Text(Text::lit(String::from_utf8_lossy(bytes), expr.span))),
            ExprKind::Number(number) => at(NodeKind::Number(*number)),
            ExprKind::Bool(flag) => at(NodeKind::Bool(*flag)),
            ExprKind::Char(char) => at(NodeKind::Text(Text::lit(char.to_string(), expr.span))),
            ExprKind::Path(path) => self.name(path, expr.span),
            ExprKind::Call { callee, args } => self.call(callee, args, expr.span),
            ExprKind::Method { on, name, args, types } => {
                func::note_types(&mut self.func, types);
                self.method(on, &name.text, name.span, args, types, expr.span)
            }
            ExprKind::Field { on, name } => self.field(on, &name.text, expr.span),
            ExprKind::Index { on, index } => {
                let operands = vec![self.expr(on), self.expr(index)];
                at(NodeKind::Op(Op::Index, operands))
            }
            ExprKind::Struct { path, fields, rest } => {
                let callee = self.names.path(path, self.self_type);
                func::note_path(&mut self.func, &callee, path.span, self.comparing);
                let mut map = Map::default();
                if let Some(rest) = rest {
                    map.entries.push(Entry::Spread(self.expr(rest)));
                }
                for (name, value) in fields {
                    self.handed_on(std::slice::from_ref(value));
                    let secret = set_to(value).and_then(|value| self.secret_of(value));
                    let value = self.expr(value);
                    self.add_sinks(sinks::of_record(&callee, &value, secret).into_iter().collect(), value.span);
                    self.add_sinks(sinks::of_field(&name.text, &value, value.span).into_iter().collect(), value.span);
                    self.random_under(&name.text, &value);
                    map.push(name.text.clone(), name.span, value);
                }
                let args = vec![Node::new(expr.span, NodeKind::Map(map))];
                at(call_node(callee, None, args, true))
            }
            ExprKind::Map(pairs) => {
                let mut map = Map::default();
                for (key, value) in pairs {
                    let value = self.expr(value);
                    if let Some(name) = key.as_str() {
                        self.random_under(name, &value);
                        map.push(name, key.span, value);
                    } else {
                        let key = self.expr(key);
                        map.entries.push(Entry::Computed { key, value });
                    }
                }
                at(NodeKind::Map(map))
            }
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                let items = self.exprs(items);
                self.header(&items, expr.span);
                self.answer(&items, expr.span);
                self.add_sinks(sinks::page(&items).into_iter().collect(), expr.span);
                at(NodeKind::List(items))
            }
            ExprKind::Repeat { item, len } => {
                let operands = vec![self.expr(item), self.expr(len)];
                self.add_sinks(sinks::of_repeat(&operands[1], expr.span).into_iter().collect(), expr.span);
                at(NodeKind::Op(Op::Mul, operands))
            }
            ExprKind::Unary(Unary::Not, on) => {
                let node = self.expr(on);
                match node.kind {
                    NodeKind::Bool(flag) => at(NodeKind::Bool(!flag)),
                    _ => at(NodeKind::Op(Op::Not, vec![node])),
                }
            }
            ExprKind::Unary(Unary::Neg, on) => {
                let node = self.expr(on);
                match node.kind {
                    NodeKind::Number(number) => at(NodeKind::Number(-number)),
                    _ => at(NodeKind::Op(Op::Neg, vec![node])),
                }
            }
            ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) => self.inner(on),
            ExprKind::Binary { op, left, right } => self.binary(op, left, right, expr.span),
            ExprKind::Assign { target, value } => {
                let value = self.inner(value);
                self.assign(target, value, expr.span);
                at(NodeKind::Null)
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::If { cond, then, otherwise } => {
                let mark = self.locals.len();
                let proven = self.proven(cond);
                let leaves = checks::diverges(then);
                let only_logs = otherwise.is_none() && refusals::only_logs(then);
                if !only_logs {
                    self.asked(cond);
                }
                if leaves {
                    self.left_if(cond);
                }
                let before = self.func.calls.len();
                let cond = self.expr(cond);
                // What is only written down, and an error that nobody looks at, turn nobody away.
                if only_logs {
                    self.func.calls.truncate(before);
                }
                let mode = sites::mode(&cond);
                let is_mode_of_tls = u32::from(sites::is_mode_of_tls(&cond));
                self.tls_mode += is_mode_of_tls;
                self.development += u32::from(mode == sites::Mode::Development);
                let then = self.knowing(&proven.when_true, |eval| eval.branched(|eval| eval.block(then)));
                self.retire(mark);
                self.development -= u32::from(mode == sites::Mode::Development);
                self.development += u32::from(mode == sites::Mode::Production);
                let otherwise =
                    otherwise.as_ref().map(|other| self.knowing(&proven.when_false, |eval| eval.branched(|eval| eval.inner(other))));
                self.development -= u32::from(mode == sites::Mode::Production);
                self.tls_mode -= is_mode_of_tls;
                if leaves {
                    self.remember(proven.when_false);
                }
                match otherwise {
                    Some(otherwise) => at(NodeKind::Op(Op::Cond, vec![cond, then, otherwise])),
                    None => at(NodeKind::Unknown(Why::Opaque)),
                }
            }
            ExprKind::Let { pat, value } => {
                let secret = self.secret_of(value);
                let value = self.expr(value);
                self.bind_pat(pat, Some(value));
                if let (Some(local), [_]) = (self.locals.last_mut(), pat.names.as_slice()) {
                    local.secret = secret;
                }
                at(NodeKind::Unknown(Why::Opaque))
            }
            ExprKind::Match { on, arms } => {
                self.left_in(on, arms);
                let subject = self.place(on);
                let before = self.func.calls.len();
                let on = self.expr(on);
                if arms.iter().any(refusals::goes_on_without) {
                    self.func.calls[before..].iter_mut().for_each(|call| call.is_noted = true);
                }
                let is_mode_of_tls = u32::from(sites::is_mode_of_tls(&on));
                self.tls_mode += is_mode_of_tls;
                let mut values = Vec::new();
                for arm in arms {
                    let mark = self.locals.len();
                    // `n @ 0..=4096`: what is bound is one of the literals.
                    let is_listed =
                        !arm.pat.literals.is_empty() && arm.pat.names.first().is_some_and(|name| name.span.start == arm.pat.span.start);
                    self.bind_pat(&arm.pat, Some(on.clone()).filter(|on| !is_listed && on.weight(MAX_WEIGHT) < MAX_WEIGHT));
                    let mut proven = arm.guard.as_ref().map(|guard| self.proven(guard).when_true).unwrap_or_default();
                    if let Some(guard) = &arm.guard {
                        self.expr(guard);
                    }
                    // An arm of literals: in it the value is one of them.
                    if is_choice(arm) {
                        proven.extend(subject.clone());
                    }
                    values.push(self.knowing(&proven, |eval| eval.branched(|eval| eval.inner(&arm.body))));
                    self.retire(mark);
                }
                self.tls_mode -= is_mode_of_tls;
                // Whoever is none of the literals does not come past.
                let (listed, others): (Vec<&Arm>, Vec<&Arm>) = arms.iter().partition(|arm| is_choice(arm));
                self.func.accepts_any &= arms.iter().all(|arm| arm.pat.literals.is_empty());
                if !listed.is_empty() && !others.is_empty() && others.iter().all(|arm| checks::leaves(&arm.body)) {
                    self.remember(subject.into_iter().collect());
                }
                choice(values, expr.span)
            }
            ExprKind::Loop { pat, head, body } => {
                let mark = self.locals.len();
                let head = head.as_ref().map(|head| self.expr(head));
                if let Some(pat) = pat {
                    self.bind_pat(pat, head.filter(is_of_request));
                }
                self.branched(|eval| eval.block(body));
                self.retire(mark);
                at(NodeKind::Unknown(Why::Opaque))
            }
            ExprKind::Closure(closure) => {
                let mark = self.locals.len();
                let (feed, read) = (self.feed.take(), std::mem::take(&mut self.fed_types));
                for param in &closure.params {
                    let lowered = func::param(param, self.names, self.self_type);
                    func::note_type(&mut self.func, &lowered);
                    match (&feed, self.of_request(param, &lowered, false)) {
                        (Some(value), _)
                            if param.ty.as_ref().is_none_or(|ty| {
                                matches!(ty.last(), "String" | "str" | "HashMap" | "Bytes" | "_")
                                    || read.iter().any(|known| known == ty.last())
                            }) || errors::is_error(value) =>
                        {
                            self.bind_pat(&param.pat, Some(value.clone()));
                            if let (Some(local), [_]) = (self.locals.last_mut(), param.pat.names.as_slice()) {
                                local.ty.clone_from(&param.ty);
                            }
                        }
                        (_, Some(brought)) => {
                            for (name, value) in param.pat.names.iter().zip(brought) {
                                self.bind(&name.text, value);
                            }
                        }
                        _ => {
                            for name in &param.pat.names {
                                self.bind(&name.text, Node::new(name.span, NodeKind::Ref(Ref::new(Scope::Local, [name.text.clone()]))));
                            }
                        }
                    }
                }
                let (calls, denies) = (self.func.calls.len(), self.func.denies.len());
                let value = self.branched(|eval| eval.expr(&closure.body));
                self.retire(mark);
                let func = Func {
                    params: closure.params.iter().map(|param| func::param(param, self.names, self.self_type)).collect(),
                    calls: self.func.calls[calls..].to_vec(),
                    denies: self.func.denies[denies..].to_vec(),
                    returns: Some(value).filter(|value| value.weight(MAX_WEIGHT) < MAX_WEIGHT),
                    span: expr.span,
                    ..Func::default()
                };
                at(NodeKind::Func(Arc::new(func)))
            }
            ExprKind::Return(value) => {
                if let Some(value) = value {
                    let value = self.expr(value);
                    if self.func.returns.is_none() && value.weight(MAX_WEIGHT) < MAX_WEIGHT {
                        self.func.returns = Some(value);
                    }
                }
                at(NodeKind::Null)
            }
            ExprKind::Try(inner) => {
                self.tried(inner);
                self.inner(inner)
            }
            ExprKind::Await(inner) => self.inner(inner),
            ExprKind::Macro(call) => self.macro_call(call),
            ExprKind::Other => Node::unknown(Why::Opaque, expr.span),
        }
    }

    pub(super) fn name(&mut self, path: &Path, span: Span) -> Node {
        if let Some(single) = path.single() {
            if let Some(at) = self.locals.iter().rposition(|local| local.name == single) {
                let local = &self.locals[at];
                if self.is_checked(at, "") && is_of_request(&local.value) {
                    return Node::unknown(Why::Opaque, span);
                }
                let mut node =
                    if local.small { local.value.clone() } else { Node::new(span, NodeKind::Ref(Ref::new(Scope::Local, [single]))) };
                if matches!(node.kind, NodeKind::Ref(_)) {
                    node.span = span;
                }
                return node;
            }
            if single == "None" {
                return Node::new(span, NodeKind::Null);
            }
        }
        if self.hops < MAX_HOPS
            && let Some(value) = self.constant_value(path)
        {
            return value;
        }
        let reference = self.names.path(path, self.self_type);
        func::note_path(&mut self.func, &reference, span, self.comparing);
        self.add_sinks(sinks::of_path(&reference, span).into_iter().collect(), span);
        Node::new(span, NodeKind::Ref(reference))
    }

    /// Reads something else of the file, with no variables of this function.
    pub(super) fn hop(&self, read: impl FnOnce(&mut Eval<'n, 't>) -> Node) -> Option<Node> {
        let mut other = Eval::new(self.names, self.self_type);
        other.hops = self.hops + 1;
        Some(read(&mut other)).filter(|node| node.weight(MAX_WEIGHT) < MAX_WEIGHT)
    }

    fn constant_value(&self, path: &Path) -> Option<Node> {
        let expr = self.names.constant(path, self.self_type)?;
        self.names.memo(path, self.self_type, || self.hop(|eval| eval.expr(expr)))
    }

    /// The local variable that an expression is.
    pub(super) fn variable(&self, expr: &Expr) -> Option<usize> {
        let single = expr.as_path()?.single()?;
        self.locals.iter().rposition(|local| local.name == single)
    }

    pub(super) fn set(&mut self, variable: Option<usize>, value: Node) {
        if self.development > 0 {
            return;
        }
        if let Some(local) = variable.and_then(|index| self.locals.get_mut(index)) {
            local.small = value.weight(MAX_WEIGHT) < MAX_WEIGHT;
            if local.small {
                local.value = value;
            } else if let Some(source) = super::shown_of_request(&value, 16) {
                (local.value, local.small) = (source.clone(), true);
            }
        }
        self.checked.retain(|(at, _)| Some(*at) != variable);
    }

    fn field(&mut self, on: &Expr, name: &str, span: Span) -> Node {
        let base = self.inner(on);
        // An identity that some extractor found, or did not.
        self.func.reads_credentials |= matches!(name, "user" | "current_user" | "auth_user" | "identity");
        if let Some((at, fields)) = self.place(on)
            && self.is_checked(at, &smol_str::format_smolstr!("{fields}.{name}"))
        {
            return Node::unknown(Why::Opaque, span);
        }
        if let Some(value) = member(&base, name, 32) {
            return value;
        }
        // `self.0` of `struct AppError(anyhow::Error)`.
        if name == "0" && on.as_path().and_then(Path::single) == Some("self") && self.wraps_error() {
            return errors::bound(&"0".into(), span);
        }
        match &base.kind {
            NodeKind::Ref(reference) if reference.scope == Scope::Request && name != "0" && reference.path.len() < 16 => {
                self.field_of_request(on, reference, name, span)
            }
            NodeKind::Ref(reference) if reference.scope == Scope::Request => base,
            NodeKind::Ref(reference) if reference.path.len() < 16 => Node::new(span, NodeKind::Ref(reference.child(name))),
            _ => {
                self.offer(&base);
                let name = Node::text(name, span);
                Node::new(span, NodeKind::Op(Op::Attr, vec![base, name]))
            }
        }
    }

    /// Reads something while more is known of some variables.
    fn knowing<T>(&mut self, proven: &[(usize, SmolStr)], read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.checked.len();
        self.checked.extend(proven.iter().cloned());
        let value = read(self);
        self.checked.truncate(before.min(self.checked.len()));
        value
    }

    fn assign(&mut self, target: &Expr, value: Node, span: Span) {
        if let ExprKind::Field { on, name } = &target.kind {
            self.add_sinks(sinks::of_field(&name.text, &value, span).into_iter().collect(), span);
            let Some(index) = self.variable(on) else { return };
            let old = self.locals[index].value.clone();
            if old.weight(MAX_WEIGHT) >= MAX_WEIGHT {
                return;
            }
            let callee = Ref::new(Scope::Local, [smol_str::format_smolstr!("{}=", name.text)]);
            let step = Node::new(span, call_node(callee, Some(old.clone()), vec![value], false));
            let changed = if self.branch > self.locals[index].branch {
                Node::new(span, NodeKind::Op(Op::Cond, vec![Node::unknown(Why::Opaque, span), step, old]))
            } else {
                step
            };
            self.set(Some(index), changed);
        } else {
            if let ExprKind::Index { on, .. } = &target.kind {
                // An array that is filled is no longer what it began as.
                let index = self
                    .base(on)
                    .filter(|index| !is_of_request(&self.locals[*index].value) && !sites::is_known(&self.locals[*index].value));
                self.set(index, Node::unknown(Why::Opaque, span));
                return;
            }
            let Some(index) = self.variable(target).or_else(|| self.behind(target)) else { return };
            // `v = v.step()`: the call has made it a step of the variable already.
            if is_last_step(&self.locals[index].value, value.span) {
                return;
            }
            let changed = if self.branch > self.locals[index].branch {
                let old = self.locals[index].value.clone();
                Node::new(span, NodeKind::Op(Op::Cond, vec![Node::unknown(Why::Opaque, span), value, old]))
            } else {
                value
            };
            self.set(Some(index), changed);
        }
    }

    /// The variable behind `*x`, `*x.lock().await`, `*x.write().unwrap()`.
    fn behind(&self, target: &Expr) -> Option<usize> {
        match &target.kind {
            ExprKind::Unary(Unary::Deref, on) | ExprKind::Await(on) | ExprKind::Try(on) => self.behind(on),
            ExprKind::Method { on, name, args, .. }
                if args.is_empty() && matches!(name.text.as_str(), "lock" | "write" | "borrow_mut" | "unwrap" | "get_mut") =>
            {
                self.behind(on)
            }
            _ => self.variable(target),
        }
    }

    fn binary(&mut self, op: &str, left: &Expr, right: &Expr, span: Span) -> Node {
        if op == "+=" {
            let variable = self.variable(left);
            let (old, new) = (self.inner(left), self.expr(right));
            self.grown(variable, op, std::slice::from_ref(&new));
            let joined = join(old, new, span);
            self.set(variable, joined);
            return Node::new(span, NodeKind::Null);
        }
        let asked = self.comparing;
        self.comparing |= matches!(op, "==" | "!=");
        let (names, left, right) = ((name_of(left), name_of(right)), self.expr(left), self.expr(right));
        self.comparing = asked;
        if matches!(op, "==" | "!=") {
            self.note_comparison([&left, &right]);
            let sides = (sinks::Side { value: &left, name: names.0 }, sinks::Side { value: &right, name: names.1 });
            self.add_sinks(sinks::compared(&sides.0, &sides.1).into_iter().collect(), span);
        }
        if matches!(op, "<" | ">" | "<=" | ">=") {
            let expiry = |node: &Node| node.as_ref().is_some_and(|name| matches!(name.last(), "exp" | "expires_at" | "expires"));
            let attribute = |node: &Node| matches!(&node.kind, NodeKind::Op(Op::Attr, operands) if operands[1].as_str() == Some("exp"));
            self.compares_expiry |= [&left, &right].into_iter().any(|node| expiry(node) || attribute(node));
        }
        let kind = match op {
            "+" if left.as_text().is_some() => return join(left, right, span),
            "+" => Op::Add,
            "-" => Op::Sub,
            "*" => match (left.as_number(), right.as_number()) {
                (Some(a), Some(b)) => return Node::new(span, NodeKind::Number(a * b)),
                _ => Op::Mul,
            },
            "/" => Op::Div,
            "%" => Op::Rem,
            "&&" => Op::And,
            "||" => Op::Or,
            "==" => Op::Eq,
            "!=" => Op::Ne,
            "<" => Op::Lt,
            "<=" => Op::Le,
            ">" => Op::Gt,
            ">=" => Op::Ge,
            _ => return Node::unknown(Why::Opaque, span),
        };
        Node::new(span, NodeKind::Op(kind, vec![left, right]))
    }
}

/// What a column is set to: `Set(value)` of sea-orm.
fn set_to(value: &Expr) -> Option<&Expr> {
    match &value.kind {
        ExprKind::Call { callee, args } if callee.as_path().is_some_and(|path| path.last() == "Set") => args.first(),
        _ => None,
    }
}

/// Whether an arm is for some literals.
fn is_choice(arm: &Arm) -> bool {
    !arm.pat.literals.is_empty() && arm.pat.names.is_empty()
}

/// The name that an expression is read from: `password` of `form.password.as_str()`.
fn name_of(expr: &Expr) -> SmolStr {
    match &expr.kind {
        ExprKind::Path(path) => path.single().unwrap_or_default().into(),
        ExprKind::Field { name, .. } => name.text.clone(),
        ExprKind::Method { on, name, args, .. } if args.is_empty() && super::calls::is_transparent_method(&name.text) => name_of(on),
        ExprKind::Unary(Unary::Deref | Unary::BorrowMut, on) => name_of(on),
        // `user.password.as_deref() == Some(password)`
        ExprKind::Call { callee, args } => match (callee.as_path().and_then(|path| path.single()), args.as_slice()) {
            (Some("Some"), [inner]) => name_of(inner),
            _ => SmolStr::default(),
        },
        _ => SmolStr::default(),
    }
}

/// A field of a value that is made here: `Filter { name }.name`, or what was assigned to it since.
fn member(base: &Node, name: &str, depth: u32) -> Option<Node> {
    let depth = depth.checked_sub(1)?;
    match &base.kind {
        NodeKind::Call(call) if call.is_new => match call.args.first()?.as_map()?.get(name) {
            Some(value) => Some(value.clone()),
            None => match call.args.first()?.as_map()?.entries.first()? {
                Entry::Spread(rest) => member(rest, name, depth),
                _ => None,
            },
        },
        NodeKind::Call(call) if call.callee.last().strip_suffix('=') == Some(name) => call.args.first().cloned(),
        NodeKind::Call(call) if call.callee.last().ends_with('=') => member(call.receiver.as_ref()?, name, depth),
        NodeKind::List(items) => items.get(name.parse::<usize>().ok()?).cloned(),
        NodeKind::Op(Op::Cond, operands) => member(operands.get(1)?, name, depth).or_else(|| member(operands.get(2)?, name, depth)),
        _ => None,
    }
}

/// What a variant of the file's own holds that is made in a value: `line` of `Action::Run(line)`.
pub(super) fn held(value: &Node, variant: &[SmolStr], depth: u32) -> Option<Vec<Node>> {
    let depth = depth.checked_sub(1)?;
    let [.., owner, name] = variant else { return None };
    match &value.kind {
        NodeKind::Call(call) if call.receiver.is_none() && !call.is_new => {
            let is_it = matches!(call.callee.path.as_slice(), [.., of, last] if last == name && (of == owner || owner == "Self"));
            is_it.then(|| call.args.clone())
        }
        NodeKind::Op(Op::Cond | Op::Coalesce, operands) => operands.iter().find_map(|operand| held(operand, variant, depth)),
        _ => None,
    }
}

/// Whether the last change of a value is the call at `span`.
fn is_last_step(value: &Node, span: Span) -> bool {
    match &value.kind {
        NodeKind::Op(Op::Cond, operands) if operands.len() == 3 => operands[1].span == span,
        NodeKind::Call(_) => value.span == span,
        _ => false,
    }
}

/// A call's node.
pub(super) fn call_node(callee: Ref, receiver: Option<Node>, args: Vec<Node>, is_new: bool) -> NodeKind {
    NodeKind::Call(Box::new(Call { callee, receiver, args, is_new, result_used: Tri::Maybe }))
}

/// Two strings joined; bounded, past the bound the rest is left out.
pub(super) fn join(left: Node, right: Node, span: Span) -> Node {
    let mut pieces = match left.kind {
        NodeKind::Text(text) => text.pieces,
        _ => vec![Piece { span: left.span, part: Part::Hole(Box::new(left)) }],
    };
    if pieces.len() < MAX_WEIGHT {
        match right.kind {
            NodeKind::Text(text) => pieces.extend(text.pieces),
            _ => pieces.push(Piece { span: right.span, part: Part::Hole(Box::new(right)) }),
        }
    }
    Node::new(span, NodeKind::Text(Text { pieces }))
}

/// One of several values.
fn choice(mut values: Vec<Node>, span: Span) -> Node {
    if values.is_empty() || values.len() > 16 {
        return Node::unknown(Why::Opaque, span);
    }
    let mut chosen = values.pop().unwrap_or_else(|| Node::unknown(Why::Opaque, span));
    while let Some(value) = values.pop() {
        chosen = Node::new(span, NodeKind::Op(Op::Cond, vec![Node::unknown(Why::Opaque, span), value, chosen]));
    }
    chosen
}
