//! Macros: `format!` and its kin as a text with holes, others as calls of their arguments.

use smol_str::SmolStr;

use crate::extract::rust::{func, sinks, sites};
use crate::ir::{CallSite, Map, Node, NodeKind, Op, Part, Piece, Ref, Scope, Sink, SinkKind, SinkPart, Span, Text, Tri, Why};
use crate::parse::rust::{Arg, Block, Expr, ExprKind, MacroCall, Path};

use super::expr::{call_node, join};
use super::{Eval, MAX_WEIGHT};

/// Standard output and error as what is written to: `io::stdout()`, `std::io::stderr().lock()`.
fn is_output(target: &Expr) -> bool {
    match &target.kind {
        ExprKind::Call { callee, .. } => callee.as_path().is_some_and(|path| matches!(path.last(), "stdout" | "stderr")),
        ExprKind::Method { on, .. } | ExprKind::Unary(_, on) => is_output(on),
        ExprKind::Path(path) => matches!(path.last(), "stdout" | "stderr" | "out" | "err"),
        _ => false,
    }
}

/// Methods after which no line break is left, as far as can be told.
fn ends_no_line(method: &str) -> bool {
    method.contains("escape")
        || method.starts_with("replace")
        || matches!(method, "filter" | "lines" | "split_whitespace" | "split_ascii_whitespace")
}

/// Words of a request in what is logged, of the command line in a log that is kept; a header has no line breaks.
fn shows_words(node: &Node, kept: bool) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => {
            name.scope == Scope::Request && (matches!(name.first(), "params" | "response") || kept && name.first() == "input")
        }
        NodeKind::Text(text) => text.holes().any(|hole| shows_words(hole, kept)),
        NodeKind::Op(Op::Index | Op::Attr, operands) => operands.first().is_some_and(|on| shows_words(on, kept)),
        NodeKind::Op(Op::Coalesce | Op::Or, operands) => operands.iter().any(|operand| shows_words(operand, kept)),
        NodeKind::Call(call) => call.receiver.as_ref().is_some_and(|on| shows_words(on, kept)) && !ends_no_line(call.callee.last()),
        _ => false,
    }
}

/// Whether a value comes out of a method of this name: `key.try_mnemonic().context("…")?`.
fn is_made_by(value: &Expr, method: &str) -> bool {
    match &value.kind {
        ExprKind::Method { on, name, .. } => name.text == method || is_made_by(on, method),
        ExprKind::Try(inner) => is_made_by(inner, method),
        _ => false,
    }
}

impl Eval<'_, '_> {
    pub(super) fn macro_call(&mut self, call: &MacroCall) -> Node {
        let name = call.path.last();
        match name {
            "format" | "format_args" | "concat" => return self.format(&call.args, call.span),
            "env" | "option_env" => {
                let key = call.args.first().and_then(|arg| arg.value.as_str()).unwrap_or_default();
                return Node::new(call.span, NodeKind::Ref(Ref::new(Scope::Env, [key])));
            }
            "write" | "writeln" => {
                if let Some((target, rest)) = call.args.split_first() {
                    if is_output(&target.value) {
                        self.log(call);
                    }
                    self.keep(&target.value, call);
                    let text = self.format(rest, call.span);
                    if let Some(index) = self.variable(&target.value) {
                        let joined = join(self.locals[index].value.clone(), text, call.span);
                        if joined.as_text().is_some() {
                            self.set(Some(index), joined);
                        }
                    }
                }
                return Node::new(call.span, NodeKind::Null);
            }
            _ => {}
        }
        let mut args = Vec::new();
        let is_log = sites::is_log_macro(name);
        if is_log {
            self.log(call);
        }
        for arg in &call.args {
            let mut node = if is_log && arg.value.as_str().is_some_and(|text| text.contains('{')) {
                self.format(std::slice::from_ref(arg), arg.value.span)
            } else {
                self.expr(&arg.value)
            };
            if let Some(name) = &arg.name {
                let mut map = Map::default();
                map.push(name.clone(), node.span, node);
                let span = arg.value.span;
                node = Node::new(span, NodeKind::Map(map));
            }
            args.push(node);
        }
        if is_log && let Some(value) = self.words_in_log(call, &args) {
            let callee = self.names.path(&call.path, self.self_type);
            let part = SinkPart::new(value, Tri::Yes, SmolStr::default());
            self.add_sinks(vec![Sink { kind: SinkKind::LogLine, callee, parts: vec![part], options: None }], call.span);
        }
        if matches!(name, "bail" | "ensure") {
            self.note_error(call.args.iter().map(|arg| &arg.value).find(|value| value.as_str().is_some()));
        }
        if name == "cmd" {
            let found = sinks::shell_macro(&args, &Ref::new(Scope::Local, ["cmd!"]));
            self.add_sinks(found.into_iter().collect(), call.span);
        }
        if name.starts_with("new_magic_crypt") {
            let found = sinks::of_call(&Ref::new(Scope::Rust, ["magic_crypt", "new_magic_crypt!"]), &args, |_| None);
            self.add_sinks(found, call.span);
        }
        let mark = self.locals.len();
        if !call.stmts.is_empty() {
            self.branched(|eval| eval.block(&Block { stmts: call.stmts.clone(), span: call.span }));
        }
        self.retire(mark);
        let mut callee = self.names.path(&call.path, self.self_type);
        if let Some(last) = callee.path.last_mut() {
            *last = smol_str::format_smolstr!("{last}!");
        }
        self.func.calls.push(CallSite::new(callee.clone(), call.span));
        Node::new(call.span, call_node(callee, None, args, false))
    }

    /// The words of a request that a line of a log shows as they are; `Debug` escapes what would end the line, and
    /// fields beside the message are told apart from it.
    fn words_in_log(&mut self, call: &MacroCall, args: &[Node]) -> Option<Node> {
        let at = call.args.iter().position(|arg| arg.name.is_none() && arg.value.as_str().is_some())?;
        let format = call.args[at].value.as_str().filter(|_| call.path.last() != "dbg")?;
        let rest = call.args[at + 1..].iter().zip(&args[at + 1..]);
        let named = |name: &str| rest.clone().find(|(arg, _)| arg.name.as_deref() == Some(name)).and_then(|(_, node)| node.get(name));
        let kept = !["print", "panic"].iter().any(|word| call.path.last().contains(word));
        let mut positions = 0;
        for (name, is_debug) in super::secret::placeholders(format) {
            let position = if name.is_empty() { Some(positions) } else { name.parse().ok() };
            positions += usize::from(name.is_empty());
            let value = match position {
                Some(position) => rest.clone().filter(|(arg, _)| arg.name.is_none()).nth(position).map(|(_, node)| node.clone()),
                None => named(name).cloned().or_else(|| {
                    let span = call.args[at].value.span;
                    Some(self.name(&Path { names: vec![name.into()], types: Vec::new(), span }, span))
                }),
            };
            if let Some(value) = value.filter(|value| !is_debug && shows_words(value, kept)) {
                return Some(value);
            }
        }
        None
    }

    /// A line of a log with a secret in it.
    fn log(&mut self, call: &MacroCall) {
        let Some(label) = self.secret_in_macro(call, true) else {
            let shown: Vec<Ref> = self.shown_whole(call).into_iter().map(|ty| self.names.ty(ty, self.self_type)).collect();
            return self.shown_elsewhere(shown, call.span);
        };
        // A command whose whole answer is what a method makes of a key was asked for it.
        let is_answer =
            matches!(call.args.as_slice(), [template, arg] if template.value.as_str() == Some("{}") && is_made_by(&arg.value, &label));
        if is_answer && matches!(call.path.last(), "println" | "print") {
            return;
        }
        let callee = self.names.path(&call.path, self.self_type);
        let part = SinkPart::new(Node::new(call.span, NodeKind::Null), Tri::Yes, label);
        if self.hops == 0 {
            self.add_sinks(vec![Sink { kind: SinkKind::Log, callee, parts: vec![part], options: None }], call.span);
        }
    }

    /// A secret that is written to a file: what people give away in any, another one where everybody may read.
    fn keep(&mut self, target: &Expr, call: &MacroCall) {
        let Some(label) = self.secret_in_macro(call, false) else { return };
        let Some(file) = self.variable(target).and_then(|index| sinks::opened(&self.locals[index].value)) else { return };
        if file.is_shared || sinks::is_of_person(&label) {
            let part = SinkPart::new(Node::new(call.span, NodeKind::Null), Tri::Yes, label);
            let callee = self.names.path(&call.path, self.self_type);
            self.add_sinks(vec![Sink { kind: SinkKind::Keep, callee, parts: vec![part], options: None }], call.span);
        }
    }

    /// `format!("{a} and {}", b)` as a text with holes.
    pub(super) fn format(&mut self, args: &[Arg], span: Span) -> Node {
        let Some((first, rest)) = args.split_first() else { return Node::unknown(Why::Opaque, span) };
        let ExprKind::Str { text, inner } = &first.value.kind else {
            let nodes = rest.iter().map(|arg| self.expr(&arg.value)).collect();
            return Node::new(span, NodeKind::Op(Op::Add, nodes));
        };
        func::note_text(&mut self.func, text);
        let values: Vec<(Option<SmolStr>, Node)> = rest.iter().map(|arg| (arg.name.clone(), self.expr(&arg.value))).collect();
        let mut positional = values.iter().filter(|(name, _)| name.is_none()).map(|(_, node)| node);
        let mut pieces = Vec::new();
        // Offsets hold only where nothing was escaped.
        let exact = inner.len() == text.len();
        let place = |start: usize, end: usize| {
            if exact { Span::new(inner.file, inner.start as usize + start, inner.start as usize + end) } else { *inner }
        };
        let mut at = 0;
        while at < text.len() {
            let next = text[at..].find(['{', '}']).map_or(text.len(), |found| at + found);
            let doubled = text[next..].starts_with("{{") || text[next..].starts_with("}}");
            let literal_end = if doubled { next + 1 } else { next };
            if literal_end > at {
                pieces.push(Piece { span: place(at, literal_end), part: Part::Lit(text[at..literal_end].into()) });
            }
            if doubled {
                at = next + 2;
                continue;
            }
            if next >= text.len() {
                break;
            }
            let Some(length) = text[next..].find('}') else { break };
            let spec = text[next..next + length].trim_start_matches('{');
            let name = spec.split(':').next().unwrap_or_default().trim();
            let hole_span = place(next, next + length + 1);
            let node = if name.is_empty() {
                positional.next().cloned()
            } else if let Ok(index) = name.parse::<usize>() {
                values.get(index).map(|(_, node)| node.clone())
            } else {
                let named = values.iter().find(|(known, _)| known.as_deref() == Some(name)).map(|(_, node)| node.clone());
                Some(named.unwrap_or_else(|| {
                    let path = Path { names: vec![name.into()], types: Vec::new(), span: hole_span };
                    self.name(&path, hole_span)
                }))
            };
            let node = node.unwrap_or_else(|| Node::unknown(Why::Opaque, hole_span));
            match node.kind {
                NodeKind::Text(inner) if pieces.len() + inner.pieces.len() <= MAX_WEIGHT => pieces.extend(inner.pieces),
                _ => pieces.push(Piece { span: node.span, part: Part::Hole(Box::new(node)) }),
            }
            at = next + length + 1;
        }
        Node::new(span, NodeKind::Text(Text { pieces }))
    }
}
