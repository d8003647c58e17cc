//! One pass over a file's bytes: which frameworks it names, so that most source files are never
//! parsed, and where the secrets engine has to look.

use std::sync::LazyLock;

use smallvec::SmallVec;

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
    /// The same of a page in a browser: what its address, a message or a server's answer must not reach.
    JsPage,
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
const NAMES: [(&str, Gate); 18] = [
    ("nitric", Gate::Nitric),
    ("cloud-code", Gate::CloudCode),
    ("js-routes", Gate::JsRoutes),
    ("jwt", Gate::Jwt),
    ("cors", Gate::Cors),
    ("js-names", Gate::JsNames),
    ("js-sinks", Gate::JsSinks),
    ("js-page", Gate::JsPage),
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

/// A word that opens a gate.
struct Word {
    text: &'static str,
    opens: Gate,
    /// It counts where a module is named alone.
    is_module: bool,
    /// The list of [`COMPANY`] of which a word must stand in the text, too.
    beside: Option<usize>,
}

/// What opens which gate: the rows of `rules/tables/gates.toml`. Matched without ASCII case.
static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let named = |row: &V| NAMES.iter().find(|(name, _)| *name == row.text("opens")).map(|(_, gate)| *gate);
    let beside = |row: &V| COMPANY.iter().position(|company| company.name == row.text("beside"));
    rows("gate")
        .filter_map(|row| Some((row, named(row)?)))
        .flat_map(|(row, opens)| {
            let is_module = |text: &str| row.flag("modules") && text.starts_with(['\'', '"']);
            row.texts("words").map(move |text| Word { text, opens, is_module: is_module(text), beside: beside(row) })
        })
        .collect()
});

/// What other words must stand beside.
struct Company {
    name: &'static str,
    words: Needles,
    /// Whether a member that is set by its name will do.
    members: bool,
}

impl Company {
    fn stands_in(&self, text: &[u8]) -> bool {
        self.words.stand_in(text) || self.members && sets_member(text)
    }
}

/// The rows of `[[beside]]`.
static COMPANY: LazyLock<Vec<Company>> = LazyLock::new(|| {
    let words = |row: &'static V| Needles::new(row.texts("words").map(|word| (word.as_bytes(), true)));
    rows("beside").map(|row| Company { name: row.text("name"), words: words(row), members: row.flag("members") }).collect()
});

fn rows(list: &str) -> impl Iterator<Item = &'static V> {
    table("gates").map(|table| table.list(list)).unwrap_or_default().iter()
}

/// Words for what nobody may know, in lower case.
pub fn secret_words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().filter(|word| word.opens == Gate::SecretWord).map(|word| word.text)
}

/// The literals of the secrets engine, then [`WORDS`].
static LITERALS: LazyLock<Needles> = LazyLock::new(|| {
    let secrets = secrets::literals().iter().map(|literal| (literal.as_slice(), false));
    Needles::new(secrets.chain(WORDS.iter().map(|word| (word.text.as_bytes(), true))))
});

/// What the one pass over a text finds.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The gates that the text opens.
    pub gates: Gates,
    /// Where the secrets engine's literals stand, by place.
    pub hits: Vec<Hit>,
}

/// Reads a text once, and what words stand beside if such a word is there and nothing else opens its gate.
pub fn look(text: &str) -> Seen {
    let mut gates = Gates::default();
    let mut beside: SmallVec<[(Gate, usize); 4]> = SmallVec::new();
    let mut hits = LITERALS.find(text.as_bytes());
    let secrets = secrets::literals().len();
    hits.retain(|hit| {
        let Some(index) = usize::from(hit.needle).checked_sub(secrets) else { return true };
        let word = &WORDS[index];
        match word.beside {
            _ if word.is_module && !names_module(&text.as_bytes()[..hit.range().start]) => {}
            None => gates.insert(word.opens),
            Some(list) if beside.contains(&(word.opens, list)) => {}
            Some(list) => beside.push((word.opens, list)),
        }
        false
    });
    for (gate, list) in beside {
        if !gates.has(gate) && COMPANY[list].stands_in(text.as_bytes()) {
            gates.insert(gate);
        }
    }
    Seen { gates, hits }
}

/// Whether a string that follows is the name of a module: `from '…'`, `import '…'`, `require('…')`.
fn names_module(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    [&b"("[..], b"from", b"import"].iter().any(|word| before.ends_with(word))
}

/// Whether a member is set by its name: `target[key] = value`, not `const [open, setOpen] = …`.
fn sets_member(text: &[u8]) -> bool {
    memchr::memchr_iter(b']', text).any(|close| {
        let after = text[close + 1..].trim_ascii_start();
        let is_set = match after {
            [b'=', next, ..] => !matches!(next, b'=' | b'>'),
            _ => after.starts_with(b"??=") || after.starts_with(b"||="),
        };
        is_set && is_member(&text[..close])
    })
}

/// Whether a bracket that is not closed yet belongs to what stands before it: `target[key`.
fn is_member(before: &[u8]) -> bool {
    /// Bytes of a name that are looked at.
    const LONGEST: usize = 80;
    let before = &before[before.len().saturating_sub(LONGEST)..];
    let mut closed = 0;
    let open = before.iter().rposition(|byte| {
        match byte {
            b']' => closed += 1,
            b'[' if closed == 0 => return true,
            b'[' => closed -= 1,
            _ => {}
        }
        false
    });
    let owner = open.and_then(|open| before[..open].last());
    owner.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b')' | b']' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_gate_and_its_company() {
        let words: usize = rows("gate").map(|row| row.texts("words").count()).sum();
        assert_eq!(WORDS.len(), words);
        assert!(WORDS.iter().all(|word| !word.text.is_empty() && *word.text == word.text.to_ascii_lowercase()));
        assert!(rows("gate").all(|row| row.text("beside").is_empty() || COMPANY.iter().any(|company| company.name == row.text("beside"))));
    }

    #[test]
    fn some_words_need_others_beside_them() {
        assert!(!look("const id = new URLSearchParams(location.search).get('id')").gates.has(Gate::JsPage));
        assert!(look("frame.src = new URLSearchParams(location.search).get('id')").gates.has(Gate::JsPage));
        assert!(!look("await this.createUser.execute(command)").gates.has(Gate::JsSql));
        assert!(look("await pool.execute('SELECT 1')").gates.has(Gate::JsSql));
    }

    #[test]
    fn a_member_that_is_set_is_told_from_an_array_that_is_taken_apart() {
        for text in ["target[key] = value", "rows[i][j] ??= {}", "of(x)[key]=1", "this.#kept[ names[0] ] = x"] {
            assert!(sets_member(text.as_bytes()), "{text}");
        }
        for text in ["const [open, setOpen] = useState(false)", "if (a[i] === b[i])", "([key]) => key", "x = [1]\n  ", "]= 1"] {
            assert!(!sets_member(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_named_library_opens_its_gate() {
        assert!(look("export const x = expression || honor").gates == Gates::default());
        assert!(look("const countries = ['pg', 'redis']").gates == Gates::default());
        assert!(look("type Rest = Omit<Job, 'payload'>").gates == Gates::default());
        for text in ["import pg from 'pg'", "const pg = require( \"pg\" )", "import 'pg'", "await import(\n'pg')"] {
            assert!(look(text).gates.has(Gate::Sdk), "{text}");
        }
    }
}
