//! Terraform's pure functions over values that may be partly known. An argument that is not known
//! makes the result unknown, except where the known part answers: `concat`, `merge`, `join`, `format`.

mod collection;
mod encoding;
mod file;
mod network;
mod string;
mod time;

pub(super) use self::file::{read, with_names};
use super::eval::{MAX_TEXT, Scope, TEXT_PER_STEP, error, is_error};
use super::{Evaluator, access};
use crate::ir::{Call, Node, NodeKind, Op, Part, Span, Tri, Why};

/// Nodes of an argument that are counted as work.
const MAX_COST: usize = 1 << 14;

/// What a function works with: its evaluated arguments.
#[derive(Debug)]
pub(super) struct Args<'a> {
    pub(super) list: &'a [Node],
    /// The call, which is the place of what a function makes.
    pub(super) span: Span,
}

/// Evaluates a call. `try`, `can` and `coalesce` look at their arguments one by one.
pub(super) fn call(this: &mut Evaluator<'_>, node: &Node, call: &Call, scope: Scope<'_>) -> Node {
    let name = match call.callee.path.as_slice() {
        [name] => name.as_str(),
        [core, name] if core == "core" => name.as_str(),
        // A function of a provider.
        _ => return Node::unknown(Why::Computed, node.span),
    };
    match name {
        "try" => {
            let mut last = error(node.span);
            for arg in &call.args {
                last = this.eval(arg, scope);
                if !access::has_error(&last) {
                    return last;
                }
            }
            return error(last.span);
        }
        "can" => {
            let value = call.args.first().map(|arg| this.eval(arg, scope));
            let holds = match value {
                Some(value) if access::has_error(&value) => Tri::No,
                Some(value) if value.is_known() => Tri::Yes,
                _ => Tri::Maybe,
            };
            return super::eval::boolean(holds, node.span);
        }
        _ => {}
    }
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        if let NodeKind::Op(Op::Spread, operands) = &arg.kind {
            let value = operands.first().map_or_else(|| error(arg.span), |operand| this.eval(operand, scope));
            match value.kind {
                NodeKind::List(items) => args.extend(items.into_iter().map(|mut item| {
                    item.via = access::join(&item.via, &value.via);
                    item
                })),
                _ => args.push(Node::new(arg.span, NodeKind::Op(Op::Spread, vec![value]))),
            }
        } else {
            args.push(this.eval(arg, scope));
        }
    }
    if let Some(broken) = args.iter().find(|arg| is_error(arg)) {
        return broken.clone();
    }
    this.steps += args.iter().map(|arg| arg.weight(MAX_COST)).sum::<usize>() / 4;
    let args = Args { list: &args, span: node.span };
    if matches!(name, "file" | "fileexists" | "filebase64" | "templatefile" | "templatestring" | "fileset" | "abspath") {
        return file::call(this, name, &args, scope);
    }
    let value = string::call(name, &args)
        .or_else(|| collection::call(name, &args))
        .or_else(|| encoding::call(name, &args))
        .or_else(|| network::call(name, &args))
        .or_else(|| time::call(name, &args));
    let size = value.as_ref().map_or(0, text_size);
    this.steps += size / TEXT_PER_STEP;
    value.filter(|_| size <= MAX_TEXT).unwrap_or_else(|| args.unknown())
}

/// Bytes of a text; nothing for other values.
fn text_size(node: &Node) -> usize {
    let pieces = node.as_text().map_or(&[][..], |text| &text.pieces);
    pieces.iter().map(|piece| if let Part::Lit(literal) = &piece.part { literal.len() } else { 8 }).sum()
}

impl Args<'_> {
    /// The argument at an index, if there is one.
    pub(super) fn get(&self, index: usize) -> Option<&Node> {
        self.list.get(index)
    }

    /// A string argument; numbers and booleans are converted, as Terraform does.
    pub(super) fn text(&self, index: usize) -> Option<smol_str::SmolStr> {
        access::scalar(self.get(index)?)
    }

    /// A number argument.
    pub(super) fn number(&self, index: usize) -> Option<f64> {
        self.get(index)?.as_number()
    }

    /// A list argument that is known to its end, each element with the hops of the list.
    pub(super) fn items(&self, index: usize) -> Option<Vec<Node>> {
        let node = self.get(index)?;
        let items: Vec<Node> = access::iterate(node)?.into_iter().map(|(_, value)| value).collect();
        (matches!(node.kind, NodeKind::List(_)) && !items.iter().any(access::is_open)).then_some(items)
    }

    /// The result of a function whose arguments are not known enough.
    pub(super) fn unknown(&self) -> Node {
        let why = self.list.iter().find(|arg| !arg.is_known()).map_or(Why::Opaque, Node::why);
        Node::unknown(if why == Why::Broken { Why::Opaque } else { why }, self.span)
    }

    /// A string that the function makes; it stands where the call does.
    pub(super) fn string(&self, text: impl Into<smol_str::SmolStr>) -> Node {
        Node::text(text, self.span)
    }

    /// A string that is a part or a form of the argument at an index; it stands where that does, so
    /// that a finding points at the literal and not at `split(…)`.
    pub(super) fn part(&self, index: usize, text: impl Into<smol_str::SmolStr>) -> Node {
        let Some(whole) = self.get(index).filter(|node| matches!(node.kind, NodeKind::Text(_))) else { return self.string(text) };
        Node { via: whole.via.clone(), ..Node::text(text, whole.span) }
    }

    pub(super) fn node(&self, kind: NodeKind) -> Node {
        Node::new(self.span, kind)
    }

    pub(super) fn list(&self, items: Vec<Node>) -> Node {
        self.node(NodeKind::List(items))
    }
}
