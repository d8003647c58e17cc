//! Macros: `format!` and its kin as a text with holes, others as calls of their arguments.

use smol_str::SmolStr;

use crate::extract::rust::{func, sites};
use crate::ir::{CallSite, Map, Node, NodeKind, Op, Part, Piece, Ref, Scope, Span, Text, Why};
use crate::parse::rust::{Arg, Block, ExprKind, MacroCall, Path};

use super::expr::{call_node, join};
use super::{Eval, MAX_WEIGHT};

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
        let mark = self.locals.len();
        if !call.stmts.is_empty() {
            self.branched(|eval| eval.block(&Block { stmts: call.stmts.clone(), span: call.span }));
        }
        self.retire(mark);
        let mut callee = self.names.path(&call.path, self.self_type);
        if let Some(last) = callee.path.last_mut() {
            *last = smol_str::format_smolstr!("{last}!");
        }
        self.func.calls.push(CallSite { callee: callee.clone(), span: call.span });
        Node::new(call.span, call_node(callee, None, args, false))
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
