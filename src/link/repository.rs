//! What git says of the files that hold secrets.

use crate::ir::{Fact, FactKind, Tri};
use crate::source::Files;

/// Says of each secret whether git tracks or ignores its file; outside a repository both stay open.
pub(super) fn git_state(files: &Files, facts: &mut [Fact]) {
    for fact in facts {
        if let FactKind::Secret(secret) = &mut fact.kind
            && let Some(meta) = files.get(fact.span.file)
        {
            secret.committed = meta.tracked.map_or(Tri::Maybe, Tri::from);
            secret.ignored = meta.ignored.map_or(Tri::Maybe, Tri::from);
        }
    }
}
