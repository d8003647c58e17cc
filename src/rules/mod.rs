//! Rules: pages in `rules/<family>/<id>.md` that `build.rs` compiles in, and the functions that some
//! of them name, one file a family.
//!
//! Rules see the linked [`Model`] only: never syntax, a parser, or a file's extension.

mod check;
mod ci;
mod cloud;
mod condition;
mod cors;
mod crypto;
mod docker;
pub mod examples;
mod iam;
mod jwt;
mod kubernetes;
pub mod manifest;
mod nats;
mod nestrs;
mod network;
mod nitric;
mod openapi;
mod packages;
mod registry;
pub mod routes;
mod secrets;
mod settings;
mod sinks;
mod source;
mod suppression;
mod user;
mod validated;
mod vault;
mod view;
mod web;
mod written;

pub use check::Check;
pub use registry::{Active, Registry, run};
pub use user::{UserRule, load as load_user_rules};
pub use view::view;

use crate::finding::{Level, Severity};
use crate::ir::{self, Confidence, Fact};
use manifest::Literal;

/// A rule as it is compiled in. Users' own rules become the same.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case id.
    pub id: &'static str,
    /// The folder that it stands in.
    pub family: &'static str,
    /// A sentence without a full stop.
    pub title: &'static str,
    /// How bad it is by default.
    pub severity: Severity,
    /// How sure it is by default.
    pub confidence: Confidence,
    /// Who sees it by default.
    pub level: Level,
    /// What is wrong, independent of tools.
    pub class: &'static str,
    /// Weakness numbers.
    pub cwe: &'static [u32],
    /// OWASP entries.
    pub owasp: &'static [&'static str],
    /// The same rule in other tools.
    pub peers: &'static [&'static str],
    /// The version that brought it.
    pub since: &'static str,
    /// Whether it is still in preview.
    pub preview: bool,
    /// Former ids.
    pub aliases: &'static [&'static str],
    /// *What it flags*, Markdown.
    pub what: &'static str,
    /// *Why it matters*, Markdown.
    pub why: &'static str,
    /// *How to fix*, Markdown.
    pub fix: &'static str,
    /// The first sentence of `why`.
    pub why_short: &'static str,
    /// The first sentence of `fix`.
    pub fix_short: &'static str,
    /// Titles and addresses.
    pub references: &'static [(&'static str, &'static str)],
    /// The whole page, as `seclint explain` shows it.
    pub page: &'static str,
    /// What may be changed about its findings.
    pub repair: Option<Repair>,
    /// What it does.
    pub logic: Logic,
}

/// `[repair]`, compiled.
#[derive(Debug)]
pub struct Repair {
    /// What it does, as an order.
    pub title: &'static str,
    /// Whether a program that is right stays as it is.
    pub safe: bool,
    /// Texts that are exchanged where a finding stands.
    pub swap: &'static [Swap],
}

/// A text that another takes the place of.
#[derive(Debug)]
#[expect(missing_docs, reason = "mirrors manifest::Swap")]
pub struct Swap {
    pub from: &'static str,
    pub to: &'static str,
    pub after: &'static str,
}

macro_rules! logic {
    ($($kind:ident),* $(,)?) => {
        /// What a rule does: a function over one kind of fact, over the whole model, or a matcher.
        pub enum Logic {
            $(
                #[doc = concat!("Called for each fact of kind ", stringify!($kind), ".")]
                $kind(fn(&mut Check<'_>, &Fact, &ir::$kind)),
            )*
            /// Called once.
            Model(fn(&mut Check<'_>)),
            /// No code: conditions over a fact.
            Match(Matcher),
        }

        impl Logic {
            /// The kind of fact it wants; `None` for the whole model.
            pub fn kind(&self) -> Option<ir::Kind> {
                match self {
                    $(Self::$kind(_) => Some(ir::Kind::$kind),)*
                    Self::Model(_) => None,
                    Self::Match(matcher) => Some(matcher.on),
                }
            }

            /// Looks at one fact.
            fn visit(&self, cx: &mut Check<'_>, fact: &Fact) {
                match (self, &fact.kind) {
                    $((Self::$kind(check), ir::FactKind::$kind(content)) => check(cx, fact, content),)*
                    (Self::Match(matcher), _) => condition::visit(matcher, cx, fact),
                    _ => {}
                }
            }
        }
    };
}

logic!(
    Resource,
    Call,
    Grant,
    Service,
    AuthScheme,
    Route,
    Guard,
    Mount,
    Cors,
    TokenCheck,
    TokenIssue,
    OAuthClient,
    Secret,
    EnvEntry,
    Stage,
    Listener,
    NetRule,
    Sink,
    Script,
    Job,
);

impl std::fmt::Debug for Logic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Logic({:?})", self.kind())
    }
}

/// `[match]`, compiled.
#[derive(Debug)]
pub struct Matcher {
    /// The kind of fact.
    pub on: ir::Kind,
    /// Globs of resource types; empty for all.
    pub types: &'static [&'static str],
    /// Where the finding points.
    pub at: &'static str,
    /// The message with `{path}` holes.
    pub message: &'static str,
    /// Whether an unknown answer is reported, under the pedantic level.
    pub report_unknown: bool,
    /// The condition.
    pub when: When,
}

/// A condition, compiled.
#[derive(Debug)]
pub struct When {
    /// Dotted path.
    pub path: &'static str,
    /// The test.
    pub test: Test,
}

/// The test of a [`When`].
#[derive(Debug)]
#[expect(missing_docs, reason = "each is documented at manifest::Condition, which it mirrors")]
pub enum Test {
    All(&'static [When]),
    Any(&'static [When]),
    None(&'static [When]),
    Each(&'static When),
    OneOf(&'static [Value]),
    Absent(bool),
    Glob(&'static str),
    Regex(&'static str),
    Lt(f64),
    Gt(f64),
    CidrOpen(bool),
}

/// A literal, compiled.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "mirrors manifest::Literal")]
pub enum Value {
    Bool(bool),
    Number(f64),
    Text(&'static str),
}

impl From<&Literal> for Value {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Number(value) => Self::Number(*value),
            Literal::Text(value) => Self::Text(value.clone().leak()),
        }
    }
}
