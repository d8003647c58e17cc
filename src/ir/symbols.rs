//! What one file gives to the rest: its facts, the names it binds, imports and exports, its problems.

use smol_str::SmolStr;

use super::{Fact, FileId, Marker, Node, Ref, Span, Tri};

/// The result of extraction: a pure function of one file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileFacts {
    /// The file.
    pub file: FileId,
    /// Facts in source order.
    pub facts: Vec<Fact>,
    /// Names for linking.
    pub symbols: Symbols,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Comments that take findings out.
    pub markers: Vec<Marker>,
    /// Bytes that a parser read, if one did; most source files need none.
    pub parsed: Option<usize>,
}

impl FileFacts {
    /// Whether the file says nothing.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.problems.is_empty() && self.symbols.is_empty() && self.markers.is_empty()
    }
}

/// The names of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Symbols {
    /// Names bound at the top level (and class members as `Class.member`).
    pub bindings: Vec<Binding>,
    /// Names taken from other modules.
    pub imports: Vec<Import>,
    /// Names given to others: exported name and what it stands for. `*` re-exports all of a module.
    pub exports: Vec<(SmolStr, Ref)>,
    /// Functions in which facts stand, sorted: what is said in one function belongs together.
    pub functions: Vec<Span>,
    /// What its calls hand to functions that may stand in other files.
    pub handed: Vec<Handed>,
    /// Parameters that its functions hand on to others.
    pub relayed: Vec<Relayed>,
    /// What its functions make of their parameters.
    pub made: Vec<Made>,
    /// Calls whose results flow into sinks.
    pub awaited: Vec<Awaited>,
    /// Whether it says how query strings are parsed: `app.set('query parser', 'extended')`.
    pub parses_queries: bool,
}

/// An argument that matters where it ends: data of a request, a password.
#[derive(Debug, Clone, PartialEq)]
pub struct Handed {
    /// What is called.
    pub callee: Ref,
    /// The position of the argument.
    pub argument: usize,
    /// The value, whose names are of the scope of requests or unknown; or the local name of a password.
    pub value: Node,
    /// Whether the code has tested it before: yes for what it holds, perhaps for its type alone.
    pub tested: Tri,
}

impl Handed {
    /// The part of a request that an id is which holds no text: it chooses a record, and brings nothing else.
    pub const KEY: &str = "key";
}

/// An argument that is made of parameters of the function around the call: `orders.find(filter)` in a service that is
/// handed the filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Relayed {
    /// What is called.
    pub callee: Ref,
    /// The position of the argument.
    pub argument: usize,
    /// The value, in which the parameters stand open.
    pub value: Node,
    /// Those parameters.
    pub taken: Vec<Taken>,
    /// Whether the code has tested it before, as of [`Handed::tested`].
    pub tested: Tri,
}

/// What a function makes of its parameters: a statement, a path, an address.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The function.
    pub function: Span,
    /// What it returns, in which its parameters stand open.
    pub value: Node,
    /// Those parameters; of Rust, their names in the value say which they are.
    pub taken: Vec<Taken>,
}

/// A call of a function that may stand in another file, whose result flows into a sink.
#[derive(Debug, Clone, PartialEq)]
pub struct Awaited {
    /// The name that stands for the result in values.
    pub result: SmolStr,
    /// What is called.
    pub callee: Ref,
    /// What it is handed.
    pub args: Vec<Node>,
}

/// A parameter that flows into a sink.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The name that stands for it in values.
    pub parameter: SmolStr,
    /// The name that its function is called by.
    pub function: SmolStr,
    /// Its position.
    pub argument: usize,
    /// The members that lead from what is handed over to it: of `({ data }) => …`, `data`.
    pub path: Vec<SmolStr>,
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The name: `corsOptions`, `var.region`, `local.tags`, `module.vpc`, `output.arn`, `UsersController.find`.
    pub name: SmolStr,
    /// What kind of name it is.
    pub kind: BindingKind,
    /// Its value: an expression, a default, a function's summary.
    pub value: Node,
    /// The name's own place.
    pub span: Span,
}

/// Kinds of [`Binding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindingKind {
    /// A constant or local value.
    Const,
    /// A variable that is assigned more than once: its value is not settled.
    Mutable,
    /// An input: a Terraform variable (`value` is a map of default, type, sensitive, validation).
    Input,
    /// A value from a values file (`terraform.tfvars`).
    Setting,
    /// An output.
    Output,
    /// A module call (`value` is its arguments).
    Module,
    /// A function.
    Function,
    /// A class, struct or trait implementation.
    Class,
    /// A type alias.
    Alias,
}

/// `import { a as b } from 'm'`, `use m::a as b`, `const b = require('m').a`.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The name in this file.
    pub local: SmolStr,
    /// What it stands for.
    pub target: Ref,
    /// Where.
    pub span: Span,
}

/// Something that could not be read or was left out; reported, never fatal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// What kind of problem.
    pub kind: ProblemKind,
    /// One sentence in the user's words.
    pub message: String,
    /// The place.
    pub span: Span,
}

/// Kinds of [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Part of the file does not parse; the rest was used.
    Syntax,
    /// Nested too deeply to parse; text rules still ran.
    Depth,
    /// Larger than the limit for parsing or reading.
    Size,
    /// A bound of evaluation was reached.
    Bound,
    /// An error of seclint itself, caught.
    Internal,
}

impl Symbols {
    /// Whether the file binds, imports and exports nothing.
    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty() && self.imports.is_empty() && self.exports.is_empty() && !self.parses_queries
    }

    /// The last binding of a name.
    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|binding| binding.name == name)
    }
}

impl Problem {
    /// A problem at a place.
    pub fn new(kind: ProblemKind, message: impl Into<String>, span: Span) -> Self {
        Self { kind, message: message.into(), span }
    }
}
