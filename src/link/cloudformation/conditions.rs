//! Conditions of templates, with the values that parameters have by default. What only a deployment knows
//! (a parameter without a default, the region) is neither true nor false.

use super::{MAX_HOPS, Template};
use crate::ir::{Node, NodeKind, Tri};

impl Template<'_> {
    /// Whether a condition holds.
    pub(super) fn condition(&self, name: &str, depth: usize) -> Tri {
        let named = self.symbols.get(&format!("Conditions.{name}")).filter(|_| depth < MAX_HOPS);
        named.map_or(Tri::Maybe, |binding| self.holds(&binding.value, depth + 1))
    }

    fn holds(&self, node: &Node, depth: usize) -> Tri {
        if depth >= MAX_HOPS {
            return Tri::Maybe;
        }
        let NodeKind::Call(call) = &node.kind else {
            return node.get("Condition").and_then(Node::as_str).map_or(Tri::Maybe, |name| self.condition(name, depth));
        };
        let operands = || call.args.iter().map(|operand| self.holds(operand, depth + 1));
        match (call.callee.last(), call.args.as_slice()) {
            ("Fn::Equals", [left, right]) => self.equal(left, right),
            ("Fn::And", _) => Tri::all(operands()),
            ("Fn::Or", _) => Tri::any(operands()),
            ("Fn::Not", [one]) => !self.holds(one, depth + 1),
            ("Condition", [name]) => name.as_str().map_or(Tri::Maybe, |name| self.condition(name, depth)),
            _ => Tri::Maybe,
        }
    }

    fn equal(&self, left: &Node, right: &Node) -> Tri {
        let filled = |node: &Node| {
            let mut node = node.clone();
            self.fill(&mut node, 1);
            node.is_known().then(|| node.to_string())
        };
        filled(left).zip(filled(right)).map_or(Tri::Maybe, |(left, right)| (left == right).into())
    }
}
