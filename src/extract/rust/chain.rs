//! Builder chains: `CorsLayer::new().allow_origin(x).allow_credentials(true)` as a root and its steps.

use crate::ir::{Call, Node, NodeKind, Op, Span};

/// A value and what was called on it, in order.
#[derive(Debug)]
pub(super) struct Chain<'n> {
    /// The value that the first call was made on, or the constructor's call.
    pub root: &'n Node,
    /// The calls, in the order they are made. An assignment to a field is a step `field=`.
    pub steps: Vec<Step<'n>>,
}

/// One call of a [`Chain`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'n> {
    /// The method.
    pub name: &'n str,
    /// Its arguments.
    pub args: &'n [Node],
    /// The whole call up to here.
    pub span: Span,
}

impl<'n> Chain<'n> {
    /// Reads a value as a chain; any value is one, perhaps without steps.
    pub(super) fn of(node: &'n Node) -> Self {
        let mut steps = Vec::new();
        let mut at = node;
        loop {
            match &at.kind {
                NodeKind::Call(call) => match &call.receiver {
                    Some(receiver) => {
                        steps.push(Step { name: call.callee.last(), args: &call.args, span: at.span });
                        at = receiver;
                    }
                    None => break,
                },
                // A step on one branch: `if dev { v.allow_any(); }` is `Cond(_, v.allow_any(), v)`.
                NodeKind::Op(Op::Cond, operands) if operands.len() == 3 && is_step_on(&operands[1], &operands[2]) => at = &operands[1],
                NodeKind::Op(Op::Await, operands) if operands.len() == 1 => at = &operands[0],
                _ => break,
            }
        }
        steps.reverse();
        Self { root: at, steps }
    }

    /// The constructor's call.
    pub(super) fn constructor(&self) -> Option<&'n Call> {
        self.root.as_call()
    }

    /// The last step of a name: a later call overrides an earlier one.
    pub(super) fn last(&self, names: &[&str]) -> Option<Step<'n>> {
        self.steps.iter().rev().find(|step| names.contains(&step.name)).copied()
    }
}

/// Whether `new` is one call on `old`.
fn is_step_on(new: &Node, old: &Node) -> bool {
    new.as_call().and_then(|call| call.receiver.as_ref()).is_some_and(|receiver| receiver.span == old.span)
}
