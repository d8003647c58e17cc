//! One pass over a file's bytes: which frameworks it names, so that most source files are never
//! parsed, and where the secrets engine has to look.

use std::sync::LazyLock;

use crate::needles::{Hit, Needles};
use crate::secrets;
use crate::tables::{V, table};

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
    /// Something that another file may lean on: a guard, options of a library, names handed on.
    JsNames,
    /// A function that is dangerous when a request reaches it, or a request.
    JsSinks,
    /// A method that takes SQL; a reason to parse all but migrations whose statements are written out.
    JsSql,
    /// A Rust HTTP framework.
    RustRoutes,
    /// An SDK that is handed a secret.
    Sdk,
    /// A nestrs framework.
    Nestrs,
    /// A Rust library of databases, TLS or cryptography.
    RustSinks,
    /// A word for something that nobody may know.
    SecretWord,
    /// A macro of Rust that writes a log; a reason to parse with a word for a secret.
    RustLog,
    /// A generator that anybody can guess; a reason to parse with the name of something that nobody may guess.
    Random,
    /// A comment that takes findings out; no reason to parse.
    Marker,
    /// A variable that builds inline; a reason to parse if its name says that it is secret.
    BrowserEnv,
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

    /// Whether one of these gates is open.
    pub fn has_any(self, gates: &[Gate]) -> bool {
        gates.iter().any(|gate| self.has(*gate))
    }

    /// Every gate open: for tests and for files given by name.
    pub const ALL: Self = Self(u64::MAX);
}

/// The gates by the names that `rules/tables/gates.toml` calls them.
const NAMES: [(&str, Gate); 17] = [
    ("nitric", Gate::Nitric),
    ("cloud-code", Gate::CloudCode),
    ("js-routes", Gate::JsRoutes),
    ("jwt", Gate::Jwt),
    ("cors", Gate::Cors),
    ("js-names", Gate::JsNames),
    ("js-sinks", Gate::JsSinks),
    ("js-sql", Gate::JsSql),
    ("rust-routes", Gate::RustRoutes),
    ("sdk", Gate::Sdk),
    ("nestrs", Gate::Nestrs),
    ("rust-sinks", Gate::RustSinks),
    ("secret-word", Gate::SecretWord),
    ("rust-log", Gate::RustLog),
    ("random", Gate::Random),
    ("marker", Gate::Marker),
    ("browser-env", Gate::BrowserEnv),
];

/// What opens which gate: the rows of `rules/tables/gates.toml`. Matched without ASCII case.
static NEEDLES: LazyLock<Vec<(&str, Gate)>> = LazyLock::new(|| {
    let rows = table("gates").map(|table| table.list("gate")).unwrap_or_default();
    let named = |row: &V| NAMES.iter().find(|(name, _)| *name == row.text("opens")).map(|(_, gate)| *gate);
    rows.iter()
        .filter_map(|row| Some((row, named(row)?)))
        .flat_map(|(row, gate)| row.texts("words").map(move |word| (word, gate)))
        .collect()
});

/// Words for what nobody may know, in lower case.
pub fn secret_words() -> impl Iterator<Item = &'static str> {
    NEEDLES.iter().filter(|(_, gate)| *gate == Gate::SecretWord).map(|(word, _)| *word)
}

/// The literals of the secrets engine, then [`NEEDLES`].
static LITERALS: LazyLock<Needles> = LazyLock::new(|| {
    let secrets = secrets::literals().iter().map(|literal| (literal.as_slice(), false));
    Needles::new(secrets.chain(NEEDLES.iter().map(|(needle, _)| (needle.as_bytes(), true))))
});

/// What the one pass over a text finds.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The gates that the text opens.
    pub gates: Gates,
    /// Where the secrets engine's literals stand, by place.
    pub hits: Vec<Hit>,
}

/// Reads a text once.
pub fn look(text: &str) -> Seen {
    let mut gates = Gates::default();
    let mut hits = LITERALS.find(text.as_bytes());
    let secrets = secrets::literals().len();
    hits.retain(|hit| {
        let Some(index) = usize::from(hit.needle).checked_sub(secrets) else { return true };
        let (word, gate) = NEEDLES[index];
        let is_meant = gate != Gate::Sdk || !word.starts_with(['\'', '"']) || names_module(&text.as_bytes()[..hit.range().start]);
        if is_meant {
            gates.insert(gate);
        }
        false
    });
    Seen { gates, hits }
}

/// Whether a string that follows is the name of a module: `from '…'`, `import '…'`, `require('…')`.
fn names_module(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    [&b"("[..], b"from", b"import"].iter().any(|word| before.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_gate() {
        let rows = table("gates").unwrap().list("gate");
        let words: usize = rows.iter().map(|row| row.texts("words").count()).sum();
        assert_eq!(NEEDLES.len(), words);
        assert!(NEEDLES.iter().all(|(word, _)| !word.is_empty() && *word == word.to_ascii_lowercase()));
    }

    #[test]
    fn a_named_library_opens_its_gate() {
        assert!(look("export const x = expression || honor").gates == Gates::default());
        assert!(look("const countries = ['pg', 'redis']").gates == Gates::default());
        for text in ["import pg from 'pg'", "const pg = require( \"pg\" )", "import 'pg'", "await import(\n'pg')"] {
            assert!(look(text).gates.has(Gate::Sdk), "{text}");
        }
    }
}
