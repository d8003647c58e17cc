//! Tokens that are taken apart by hand: the payload of a JSON Web Token that a request brings, decoded and read as JSON
//! without anything that looks at its signature.

use super::Eval;
use super::handed::is_chosen;
use crate::extract::rust::chain::Chain;
use crate::extract::rust::token;
use crate::ir::{CallSite, Node, NodeKind, Op, Ref, Span};

/// Nesting of a value in which what a request brings is looked for.
const MAX_NESTING: u32 = 12;

impl Eval<'_, '_> {
    /// Remembers where the payload of a token is decoded.
    pub(super) fn note_payload(&mut self, function: &str, args: &[Node], span: Span) {
        if (function.starts_with("decode") || function.ends_with("decode")) && args.first().is_some_and(is_payload) {
            self.payloads.push(span);
        }
    }

    /// The payloads of tokens that the function reads as JSON and believes.
    pub(super) fn believed(&mut self) -> Vec<Span> {
        let says = |name: &str| ["verify", "hmac", "signature", "finalize", "ct_eq", "validate"].iter().any(|word| name.contains(word));
        let verifies = |callee: &Ref| token::verifies(callee) || says(&callee.last().to_ascii_lowercase());
        if self.payloads.is_empty() || self.func.calls.iter().any(|call| verifies(&call.callee)) {
            return Vec::new();
        }
        let reads = |call: &CallSite| matches!(call.callee.names().as_slice(), ["serde_json", "from_slice" | "from_str" | "from_reader"]);
        if self.func.calls.iter().any(reads) { std::mem::take(&mut self.payloads) } else { Vec::new() }
    }
}

/// `token.split('.').nth(1)`, `parts[1]` of what a request brings.
fn is_payload(node: &Node) -> bool {
    let is_second = |at: &Node| at.as_number() == Some(1.0);
    let parts = match &node.kind {
        NodeKind::Op(Op::Index, operands) if operands.get(1).is_some_and(is_second) => &operands[0],
        NodeKind::Op(Op::Coalesce, operands) => return operands.first().is_some_and(is_payload),
        NodeKind::Call(call) if call.callee.last() == "nth" && call.args.first().is_some_and(is_second) => match &call.receiver {
            Some(parts) => parts,
            None => return false,
        },
        _ => return false,
    };
    let chain = Chain::of(parts);
    let by_dots = chain.last(&["split", "splitn"]).is_some_and(|step| step.args.last().is_some_and(|sign| sign.as_str() == Some(".")));
    by_dots && is_chosen(parts, MAX_NESTING)
}
