//! Members whose names come from outside.

use super::taint::tainted;
use crate::ir::{NodeKind, Op, Scope, SinkPart, Tri};

/// Names that come from outside, for two members at least or with a value from there; of a library, what it
/// merges.
pub(super) fn is_brought(part: &SinkPart) -> Tri {
    match (part.label.as_str(), &part.value.kind) {
        ("merge", _) => Tri::Maybe,
        ("own", NodeKind::Op(Op::And, both)) => {
            // `body`, and `body[key]` of a loop over its keys.
            let is_object = both.get(1).is_some_and(|value| {
                let base = if let NodeKind::Op(Op::Index, parts) = &value.kind { parts.first().unwrap_or(value) } else { value };
                matches!(&base.kind, NodeKind::Ref(name) if name.scope == Scope::Request)
            });
            if is_object && both.first().is_some_and(|name| tainted(name, 12).is_yes()) { Tri::Maybe } else { Tri::No }
        }
        _ if tainted(&part.value, 12).is_yes() => Tri::Yes,
        _ => Tri::No,
    }
}
