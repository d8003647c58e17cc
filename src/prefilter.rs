//! One Aho-Corasick pass over a file's bytes: which frameworks it names, so that most source files
//! are never parsed.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A reason to parse a source file: some library or shape that an extractor knows is named in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Gate {
    /// Nitric's SDK.
    Nitric,
    /// AWS CDK, Pulumi, SST, CDKTF, serverless.ts: resources in code.
    CloudCode,
    /// A JavaScript HTTP framework, or a file whose name makes it a route.
    JsRoutes,
    /// A JavaScript or Rust JWT library.
    Jwt,
    /// CORS middleware or headers.
    Cors,
    /// A Rust HTTP framework.
    RustRoutes,
    /// A nestrs framework.
    Nestrs,
}

/// The set of gates that a file opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gates(u64);

impl Gates {
    /// Adds a gate.
    pub fn insert(&mut self, gate: Gate) {
        self.0 |= 1 << gate as u8;
    }

    /// Whether a gate is open.
    pub fn has(self, gate: Gate) -> bool {
        self.0 & (1 << gate as u8) != 0
    }

    /// Whether any gate is open.
    pub fn any(self) -> bool {
        self.0 != 0
    }

    /// Every gate open: for tests and for files given by name.
    pub const ALL: Self = Self(u64::MAX);
}

/// What opens which gate. Needles are matched without ASCII case.
const NEEDLES: &[(&str, Gate)] = &[
    ("@nitric/", Gate::Nitric),
    ("aws-cdk-lib", Gate::CloudCode),
    ("@aws-cdk/", Gate::CloudCode),
    ("@pulumi/", Gate::CloudCode),
    ("express", Gate::JsRoutes),
    ("@nestjs/", Gate::JsRoutes),
    ("jsonwebtoken", Gate::Jwt),
    ("tower_http", Gate::Cors),
    ("access-control-allow-", Gate::Cors),
    ("axum", Gate::RustRoutes),
    ("nest_rs", Gate::Nestrs),
    ("nestrs", Gate::Nestrs),
];

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(NEEDLES.iter().map(|(needle, _)| needle))
        .unwrap_or_else(|error| unreachable!("the needles are constants: {error}"))
});

/// The gates that `text` opens.
pub fn gates(text: &str) -> Gates {
    let mut gates = Gates::default();
    for found in AUTOMATON.find_overlapping_iter(text.as_bytes()) {
        gates.insert(NEEDLES[found.pattern().as_usize()].1);
    }
    gates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_opens_its_gate() {
        assert!(gates("import { api } from '@nitric/sdk'").has(Gate::Nitric));
        assert!(!gates("export const x = 1").any());
    }
}
