//! What the rest of the repository says of a secret: git of its file, an environment of an example.

use std::collections::BTreeMap;

use crate::ir::{Fact, FactKind, SecretValue, Span, Tri};
use crate::source::Files;

/// Says of each secret whether git tracks or ignores its file; outside a repository nothing is known of
/// tracking, and of ignoring only what a `.gitignore` names.
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

/// Finds examples that show what is in use: `.env.example` with the key of the `.env` beside it. A word that
/// both hold is a default that nobody changed, and says nothing.
pub(super) fn examples(files: &Files, facts: &mut [Fact]) {
    let mut used: BTreeMap<SecretValue, Span> = BTreeMap::new();
    for fact in &*facts {
        if let FactKind::Secret(secret) = &fact.kind
            && secret.in_environment
            && !secret.can_be_guessed
            && !files.class(fact.span).is_not_production()
        {
            used.entry(secret.value.clone()).or_insert(fact.span);
        }
    }
    for fact in facts {
        if let FactKind::Secret(secret) = &mut fact.kind
            && files.class(fact.span).example
            && let Some(used) = used.get(&secret.value)
        {
            secret.in_use = Some(*used);
            secret.harmless = None;
        }
    }
}
