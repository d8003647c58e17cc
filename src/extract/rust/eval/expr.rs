//! Expressions: names, calls, methods, fields, assignments and operators become nodes.

use std::sync::Arc;

use crate::extract::rust::{func, routers, sinks, sites};
use crate::ir::{Call, CallSite, Entry, Func, Map, Node, NodeKind, Op, Part, Piece, Ref, Scope, Span, Text, Tri, Why};
use crate::parse::rust::{Expr, ExprKind, Path, Unary};

use super::{Eval, MAX_HOPS, MAX_WEIGHT, is_of_request, named};

impl<'n, 't> Eval<'n, 't> {
    fn exprs(&mut self, list: &[Expr]) -> Vec<Node> {
        list.iter().map(|expr| self.expr(expr)).collect()
    }

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
                self.method(on, &name.text, name.span, args, expr.span)
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
                    let value = self.expr(value);
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
                        map.push(name, key.span, value);
                    } else {
                        let key = self.expr(key);
                        map.entries.push(Entry::Computed { key, value });
                    }
                }
                at(NodeKind::Map(map))
            }
            ExprKind::List(items) | ExprKind::Tuple(items) => at(NodeKind::List(self.exprs(items))),
            ExprKind::Repeat { item, len } => {
                let operands = vec![self.expr(item), self.expr(len)];
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
            ExprKind::Unary(Unary::Deref, on) => self.inner(on),
            ExprKind::Binary { op, left, right } => self.binary(op, left, right, expr.span),
            ExprKind::Assign { target, value } => {
                let value = self.inner(value);
                self.assign(target, value, expr.span);
                at(NodeKind::Null)
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::If { cond, then, otherwise } => {
                let mark = self.locals.len();
                let cond = self.expr(cond);
                let mode = sites::mode(&cond);
                self.development += u32::from(mode == sites::Mode::Development);
                let then = self.branched(|eval| eval.block(then));
                self.retire(mark);
                self.development -= u32::from(mode == sites::Mode::Development);
                self.development += u32::from(mode == sites::Mode::Production);
                let otherwise = otherwise.as_ref().map(|other| self.branched(|eval| eval.inner(other)));
                self.development -= u32::from(mode == sites::Mode::Production);
                match otherwise {
                    Some(otherwise) => at(NodeKind::Op(Op::Cond, vec![cond, then, otherwise])),
                    None => at(NodeKind::Unknown(Why::Opaque)),
                }
            }
            ExprKind::Let { pat, value } => {
                let value = self.expr(value);
                self.bind_pat(pat, Some(value));
                at(NodeKind::Unknown(Why::Opaque))
            }
            ExprKind::Match { on, arms } => {
                let on = self.expr(on);
                let mut values = Vec::new();
                for arm in arms {
                    let mark = self.locals.len();
                    self.bind_pat(&arm.pat, Some(on.clone()).filter(|on| on.weight(MAX_WEIGHT) < MAX_WEIGHT));
                    if let Some(guard) = &arm.guard {
                        self.expr(guard);
                    }
                    values.push(self.branched(|eval| eval.inner(&arm.body)));
                    self.retire(mark);
                }
                choice(values, expr.span)
            }
            ExprKind::Loop { pat, head, body } => {
                let mark = self.locals.len();
                let head = head.as_ref().map(|head| self.expr(head));
                if let Some(pat) = pat {
                    let of_request = head.as_ref().is_some_and(is_of_request);
                    let scope = if of_request { Scope::Request } else { Scope::Local };
                    for name in &pat.names {
                        self.bind(&name.text, Node::new(name.span, NodeKind::Ref(named(&scope, &name.text))));
                    }
                }
                self.branched(|eval| eval.block(body));
                self.retire(mark);
                at(NodeKind::Unknown(Why::Opaque))
            }
            ExprKind::Closure(closure) => {
                let mark = self.locals.len();
                for param in &closure.params {
                    let lowered = func::param(param, self.names, self.self_type);
                    func::note_type(&mut self.func, &lowered);
                    for name in &param.pat.names {
                        self.bind(&name.text, Node::new(name.span, NodeKind::Ref(Ref::new(Scope::Local, [name.text.clone()]))));
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
            ExprKind::Try(inner) | ExprKind::Await(inner) => self.inner(inner),
            ExprKind::Macro(call) => self.macro_call(call),
            ExprKind::Other => Node::unknown(Why::Opaque, expr.span),
        }
    }

    pub(super) fn name(&mut self, path: &Path, span: Span) -> Node {
        if let Some(single) = path.single() {
            if let Some(local) = self.locals.iter().rev().find(|local| local.name == single) {
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
        Node::new(span, NodeKind::Ref(reference))
    }

    /// Reads something else of the file, with no variables of this function.
    fn hop(&self, read: impl FnOnce(&mut Eval<'n, 't>) -> Node) -> Option<Node> {
        let mut other = Eval::new(self.names, self.self_type);
        other.hops = self.hops + 1;
        Some(read(&mut other)).filter(|node| node.weight(MAX_WEIGHT) < MAX_WEIGHT)
    }

    fn constant_value(&self, path: &Path) -> Option<Node> {
        let expr = self.names.constant(path, self.self_type)?;
        self.names.memo(path, self.self_type, || self.hop(|eval| eval.expr(expr)))
    }

    /// What a function of this file returns, with its parameters unknown, if that is a value that
    /// some extractor knows.
    fn returned(&self, path: &Path) -> Option<Node> {
        let function = self.names.function(path, self.self_type)?;
        let value = self.names.memo(path, self.self_type, || {
            self.hop(|eval| {
                eval.params(&function.params);
                let value = eval.block(&function.body);
                if matches!(value.kind, NodeKind::Null) { eval.func.returns.take().unwrap_or(value) } else { value }
            })
        });
        value.filter(sites::is_known)
    }

    fn call(&mut self, callee: &Expr, args: &[Expr], span: Span) -> Node {
        let Some(path) = callee.as_path() else {
            let receiver = self.expr(callee);
            let args = self.exprs(args);
            return Node::new(span, call_node(Ref::new(Scope::Local, ["()"]), Some(receiver), args, false));
        };
        let reference = self.names.path(path, self.self_type);
        func::note_types(&mut self.func, &path.types);
        func::note_path(&mut self.func, &reference, path.span, self.comparing);
        self.func.calls.push(CallSite { callee: reference.clone(), span });
        // nestrs: `guard::<AuthnGuard>()`.
        if let ("guard", [ty], []) = (reference.last(), path.types.as_slice(), args) {
            return Node::new(ty.span, NodeKind::Ref(self.names.ty(ty, self.self_type)));
        }
        // Wrappers that do not change what the value is.
        if let ([only], true) = (args, is_transparent(&reference)) {
            return self.inner(only);
        }
        let args: Vec<Node> = self.exprs(args);
        if let ([.., module, name], Some(key)) = (reference.names().as_slice(), args.first().and_then(Node::as_str))
            && matches!(*name, "var" | "var_os")
            && matches!(*module, "env" | "dotenvy" | "dotenv")
        {
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, [key])));
        }
        self.sink(sinks::of_call(&reference, &args), span);
        if let Some(framework) = routers::framework(&reference) {
            let key = smol_str::format_smolstr!("router@{}", span.start);
            let made = reference.last().to_owned();
            return Node::new(span, NodeKind::Ref(self.router(key, framework, &made, args, span)));
        }
        let node = Node::new(span, call_node(reference, None, args, false));
        if self.hops < MAX_HOPS
            && path.types.is_empty()
            && let Some(returned) = self.returned(path)
        {
            self.offer(&node);
            return returned;
        }
        node
    }

    fn method(&mut self, on: &Expr, name: &str, name_span: Span, args: &[Expr], span: Span) -> Node {
        self.func.calls.push(CallSite { callee: Ref::new(Scope::Local, [name]), span: name_span });
        func::note_method(&mut self.func, name);
        if args.is_empty() && is_transparent_method(name) {
            return self.inner(on);
        }
        // A call on a variable may change it: it becomes a step of the variable's own chain.
        let variable = self.variable(on);
        let (on, step_name) = match &on.kind {
            ExprKind::Field { on: base, name: field }
                if self.variable(base).is_some_and(|index| sites::is_known(&self.locals[index].value)) =>
            {
                (&**base, smol_str::format_smolstr!("{}.{name}", field.text))
            }
            _ => (on, name.into()),
        };
        let variable = variable.or_else(|| self.variable(on));
        let receiver = self.inner(on);
        let mut args = self.exprs(args);
        match (name, args.len()) {
            ("unwrap_or" | "unwrap_or_else" | "or_else" | "or" | "map_or", _) if !args.is_empty() => {
                let mut fallback = args.swap_remove(0);
                if let NodeKind::Func(func) = &fallback.kind {
                    fallback = func.returns.clone().unwrap_or_else(|| Node::unknown(Why::Opaque, fallback.span));
                }
                return Node::new(span, NodeKind::Op(Op::Coalesce, vec![receiver, fallback]));
            }
            ("expect" | "context" | "with_context" | "map_err" | "ok_or" | "ok_or_else" | "ok_or_eyre" | "wrap_err", 1) => return receiver,
            ("push_str" | "push", 1) if variable.is_some() && receiver.as_text().is_some() => {
                let joined = join(receiver, args.swap_remove(0), span);
                self.set(variable, joined);
                return Node::new(span, NodeKind::Null);
            }
            _ => {}
        }
        self.sink(sinks::of_method(name, &args, name_span), name_span);
        if step_name == "use_guards_global" {
            self.global_guards.extend(args.iter().flat_map(Node::one_or_many).cloned());
        }
        if let Some(router) = self.router_of(&receiver) {
            router.steps.push(routers::Step {
                name: step_name,
                args,
                span: name_span.to(Span::new(span.file, span.end as usize, span.end as usize)),
            });
            return Node::new(span, receiver.kind);
        }
        // The step alone: a chain of many lines is no place to point at.
        let span = name_span.to(Span::new(span.file, span.end as usize, span.end as usize));
        let step = Node::new(span, call_node(Ref::new(Scope::Local, [step_name]), Some(receiver), args, false));
        if let Some(index) = variable
            && sites::is_known(&self.locals[index].value)
        {
            let old = self.locals[index].value.clone();
            let changed = if self.branch > self.locals[index].branch {
                Node::new(span, NodeKind::Op(Op::Cond, vec![Node::unknown(Why::Opaque, span), step.clone(), old]))
            } else {
                step.clone()
            };
            self.set(variable, changed);
        }
        step
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
            }
        }
    }

    fn field(&mut self, on: &Expr, name: &str, span: Span) -> Node {
        let base = self.inner(on);
        match &base.kind {
            NodeKind::Ref(reference) if reference.path.len() < 16 => Node::new(span, NodeKind::Ref(reference.child(name))),
            _ => {
                self.offer(&base);
                let name = Node::text(name, span);
                Node::new(span, NodeKind::Op(Op::Attr, vec![base, name]))
            }
        }
    }

    fn assign(&mut self, target: &Expr, value: Node, span: Span) {
        if let ExprKind::Field { on, name } = &target.kind {
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
            let Some(index) = self.variable(target) else { return };
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

    fn binary(&mut self, op: &str, left: &Expr, right: &Expr, span: Span) -> Node {
        if op == "+=" {
            let variable = self.variable(left);
            let (old, new) = (self.inner(left), self.expr(right));
            let joined = join(old, new, span);
            self.set(variable, joined);
            return Node::new(span, NodeKind::Null);
        }
        let asked = self.comparing;
        self.comparing |= matches!(op, "==" | "!=");
        let (left, right) = (self.expr(left), self.expr(right));
        self.comparing = asked;
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

/// `String::from`, `Some`, `Arc::new` …: the value stays what it is.
fn is_transparent(callee: &Ref) -> bool {
    match callee.names().as_slice() {
        ["Some" | "Ok" | "Box" | "Cow"] => true,
        [.., owner, name] => matches!(
            (*owner, *name),
            ("String" | "PathBuf" | "Cow" | "Arc" | "Rc" | "Box" | "Text" | "SecretString" | "Secret" | "SecretBox", "from" | "new")
                | ("Cow", "Borrowed" | "Owned")
                | ("Option", "Some")
                | ("HeaderValue", "from_static")
        ),
        _ => false,
    }
}

fn is_transparent_method(name: &str) -> bool {
    matches!(
        name,
        "to_string"
            | "to_owned"
            | "into"
            | "clone"
            | "as_str"
            | "as_ref"
            | "as_bytes"
            | "as_mut"
            | "to_vec"
            | "into_bytes"
            | "into_string"
            | "into_boxed_str"
            | "as_slice"
            | "borrow"
            | "deref"
            | "unwrap"
            | "unwrap_or_default"
            | "into_inner"
            | "cloned"
            | "copied"
            | "as_deref"
            | "trim"
            | "to_lowercase"
            | "to_uppercase"
            | "ok"
            | "into_owned"
            | "to_str"
            | "try_into"
    )
}
