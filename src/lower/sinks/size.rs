//! How much a caller says: of bytes that are reserved, of rounds of a loop.

use super::taint::tainted;
use crate::ir::{Node, NodeKind, Op, Tri};

/// Whether a request says how large a number is: `Number(text)`, `parseInt(text, 10) * 4`.
pub(super) fn size_from(node: &Node) -> Tri {
    match &node.kind {
        NodeKind::Op(Op::Mul | Op::Add, operands) => Tri::any(operands.iter().map(size_from)),
        NodeKind::Call(call) if matches!(call.callee.last(), "Number" | "parseInt" | "parseFloat") => {
            call.args.first().map_or(Tri::No, size_from)
        }
        NodeKind::Op(Op::Attr, operands) if operands.get(1).and_then(Node::as_str) == Some("length") => length_from(&operands[0], 6),
        _ => tainted(node, 12),
    }
}

/// Whether a caller says how long something is: not of what is a list for sure, which is as long as what was sent
/// (`request.query.ids.split(',')`); of what may only say that it has a length (`{ length: 1e9 }`).
pub(super) fn length_from(node: &Node, depth: u32) -> Tri {
    let Some(depth) = depth.checked_sub(1) else { return Tri::No };
    match &node.kind {
        NodeKind::List(_) => Tri::No,
        NodeKind::Call(call) => match (call.callee.last(), &call.receiver) {
            ("split" | "keys" | "values" | "entries" | "matchAll", _) => Tri::No,
            ("filter" | "map" | "slice" | "flat" | "flatMap" | "sort" | "reverse" | "concat", Some(list)) => length_from(list, depth),
            _ => tainted(node, 12),
        },
        NodeKind::Op(Op::Cond, operands) => Tri::any(operands.iter().skip(1).map(|operand| length_from(operand, depth))),
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => Tri::any(operands.iter().map(|operand| length_from(operand, depth))),
        _ => tainted(node, 12),
    }
}
