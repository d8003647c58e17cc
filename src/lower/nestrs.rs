//! nestrs: what the name of a guard says. Extraction, linking and rules ask the same questions.

use crate::ir::{Node, NodeKind};

/// Whether a guard only slows callers down, or looks at what they send: it turns no stranger away.
pub fn limits_rate(name: &str) -> bool {
    ["Throttl", "RateLimit", "Moderat"].iter().any(|word| name.contains(word))
}

/// The name of a guard, be it in the repository or a library's.
pub fn guard_name(guard: &Node) -> String {
    match &guard.kind {
        NodeKind::Func(func) => func.name.to_string(),
        NodeKind::Ref(name) => name.last_named().to_owned(),
        _ => guard.to_string(),
    }
}

/// Whether a function of this name hands out a token.
pub fn signs_token(name: &str) -> bool {
    const NAMES: [&str; 8] = ["sign", "issue", "issue_token", "sign_token", "mint", "encode", "create_token", "generate_token"];
    NAMES.contains(&name)
}
