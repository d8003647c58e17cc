//! The spanned value tree that HCL, YAML, JSON, TOML, TypeScript and Rust values become.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Field, Func, Ref, Span, Text, Tri};

/// A value or expression, where it stands, and how it came here.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub span: Span,
    /// The places it was handed through by linking; empty when it is used where it stands.
    pub via: Via,
    /// What it is.
    pub kind: NodeKind,
}

/// The forms of a [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// `null`, `undefined`, `None`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string, known or with holes.
    Text(Text),
    /// A list or tuple. An [`Op::Spread`] or a [`NodeKind::For`] in it stands for several items.
    List(Vec<Node>),
    /// A map with ordered keys.
    Map(Map),
    /// A name.
    Ref(Ref),
    /// A call that is not a value yet: `jsonencode(…)`, `fromSSM("x")`.
    Call(Box<super::Call>),
    /// An operator over its operands.
    Op(Op, Vec<Node>),
    /// A comprehension or a `dynamic` block.
    For(Box<For>),
    /// A function, closure or lambda, as the summary of what it does.
    Func(Arc<Func>),
    /// Something written that is not known.
    Unknown(Why),
}

/// Operators. Operands stand in the order of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// `if ? then : else`.
    Cond,
    /// `||`; in TypeScript a fallback.
    Or,
    /// `??`, `unwrap_or`: a fallback for absence.
    Coalesce,
    /// `&&`.
    And,
    /// `!`.
    Not,
    /// `==`, `===`.
    Eq,
    /// `!=`, `!==`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `+`, of numbers or strings.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `%`.
    Rem,
    /// Unary `-`.
    Neg,
    /// `a[b]` with a computed key.
    Index,
    /// `a.b` on something that is not a plain name; the second operand is the name as text.
    Attr,
    /// `a[*]`, `a.*`: every element; further operands are the attribute names taken of each.
    Splat,
    /// `...a` inside a list, a map or a call.
    Spread,
    /// `await a`.
    Await,
}

/// A comprehension: `[for k, v in over : value if cond]`, `{for … : key => value}`, or a dynamic block.
#[derive(Debug, Clone, PartialEq)]
pub struct For {
    /// The name of the key or index, if it is named.
    pub key: Option<SmolStr>,
    /// The name of the element.
    pub value: SmolStr,
    /// What is iterated.
    pub over: Node,
    /// The key expression of a map comprehension.
    pub map_key: Option<Node>,
    /// The element expression.
    pub body: Node,
    /// The `if` clause.
    pub cond: Option<Node>,
    /// Whether elements of one key are grouped into a list (`...`).
    pub grouped: bool,
}

/// A map: entries in source order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// The entries; a later one of the same key wins.
    pub entries: Vec<Entry>,
}

/// An entry of a [`Map`].
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A key that is known.
    Pair {
        /// The key.
        key: SmolStr,
        /// Where the key stands.
        key_span: Span,
        /// The value.
        value: Node,
    },
    /// A key that is an expression.
    Computed {
        /// The key expression.
        key: Node,
        /// The value.
        value: Node,
    },
    /// All entries of another map: `...options`, `<<: *anchor`, a `for` in a map.
    Spread(Node),
}

/// Why a value is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A variable or parameter that has no value in the repository.
    NoValue,
    /// Set by the provider or the platform when it runs.
    Computed,
    /// Comes from a secret store at run time.
    Vault,
    /// Comes from the process environment.
    Environment,
    /// Comes from a request.
    Request,
    /// Marked as sensitive; not looked at.
    Sensitive,
    /// A bound was reached: depth, steps, instances, size.
    Bound,
    /// The source is not in the repository: a remote module, a file outside.
    Missing,
    /// An expression that is not understood.
    Opaque,
    /// The text did not parse.
    Broken,
}

/// The places that a value was handed through, the nearest to the value first. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Via(pub Option<Arc<Vec<Hop>>>);

/// One step on the way of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What kind of step it was.
    pub kind: HopKind,
    /// The name that it went through: `var.actions`, `module.logs`.
    pub name: SmolStr,
    /// Where.
    pub span: Span,
}

/// The kinds of [`Hop`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopKind {
    /// The default of a variable.
    Default,
    /// An assignment in a values file.
    ValuesFile,
    /// A variable of the environment that the scan was told to read.
    Environment,
    /// A local value or constant.
    Local,
    /// An argument of a module call.
    ModuleArgument,
    /// An output of a module.
    Output,
    /// An import from another file.
    Import,
    /// The place that uses the value.
    Use,
}

impl Via {
    /// The steps, the nearest to the value first.
    pub fn hops(&self) -> &[Hop] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// One more step, farther from the value. Chains are bounded: past 16 steps the middle is dropped.
    #[must_use]
    pub fn then(&self, hop: Hop) -> Self {
        let mut hops = self.hops().to_vec();
        if hops.last() == Some(&hop) {
            return self.clone();
        }
        if hops.len() >= 16 {
            hops.remove(8);
        }
        hops.push(hop);
        Self(Some(Arc::new(hops)))
    }
}

impl Node {
    /// A value used where it stands.
    pub fn new(span: Span, kind: NodeKind) -> Self {
        Self { span, via: Via::default(), kind }
    }

    /// A known string.
    pub fn text(text: impl Into<SmolStr>, span: Span) -> Self {
        Self::new(span, NodeKind::Text(Text::lit(text, span)))
    }

    /// Something written that is not known.
    pub fn unknown(why: Why, span: Span) -> Self {
        Self::new(span, NodeKind::Unknown(why))
    }

    /// The string, if it is one and known whole.
    pub fn as_str(&self) -> Option<&str> {
        self.as_text().and_then(Text::as_str)
    }

    /// The string with its holes, if it is one.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The function.
    pub fn as_func(&self) -> Option<&std::sync::Arc<super::Func>> {
        match &self.kind {
            NodeKind::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The boolean; `"true"` and `"false"` count, as in HCL and YAML.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            NodeKind::Bool(value) => Some(*value),
            NodeKind::Text(text) => match text.as_str()? {
                "true" | "True" => Some(true),
                "false" | "False" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number; a string of digits counts.
    pub fn as_number(&self) -> Option<f64> {
        match &self.kind {
            NodeKind::Number(value) => Some(*value),
            NodeKind::Text(text) => text.as_str()?.trim().parse().ok(),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            NodeKind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The name, if it is one.
    pub fn as_ref(&self) -> Option<&Ref> {
        match &self.kind {
            NodeKind::Ref(reference) => Some(reference),
            _ => None,
        }
    }

    /// The call, if it is one.
    pub fn as_call(&self) -> Option<&super::Call> {
        match &self.kind {
            NodeKind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The value at a key of a map, or of the only element of a list (a nested block of HCL).
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            NodeKind::Map(map) => map.get(key),
            NodeKind::List(items) if items.len() == 1 => items[0].get(key),
            _ => None,
        }
    }

    /// Every value at a dotted path; lists on the way are entered: `rule.apply.kms_key`.
    pub fn all(&self, path: &str) -> Vec<&Self> {
        let mut found = vec![self];
        for key in path.split('.') {
            let mut next = Vec::new();
            for node in found {
                node.each(&mut |item| next.extend(item.as_map().and_then(|map| map.get(key))));
            }
            found = next;
        }
        found
    }

    /// Calls `visit` with each element of a (nested) list, or with the node itself.
    pub fn each<'n>(&'n self, visit: &mut impl FnMut(&'n Self)) {
        match &self.kind {
            NodeKind::List(items) => items.iter().for_each(|item| item.each(visit)),
            _ => visit(self),
        }
    }

    /// The elements: those of a list, none of `null`, else the node itself. IAM writes one string
    /// for a list of one.
    pub fn one_or_many(&self) -> Vec<&Self> {
        match &self.kind {
            NodeKind::List(items) => items.iter().collect(),
            NodeKind::Null => Vec::new(),
            _ => vec![self],
        }
    }

    /// Whether the whole value, down to its leaves, is known.
    pub fn is_known(&self) -> bool {
        match &self.kind {
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Func(_) => true,
            NodeKind::Text(text) => !text.has_holes(),
            NodeKind::List(items) => items.iter().all(Self::is_known),
            NodeKind::Map(map) => map.entries.iter().all(|entry| match entry {
                Entry::Pair { value, .. } => value.is_known(),
                Entry::Computed { .. } | Entry::Spread(_) => false,
            }),
            NodeKind::Ref(_) | NodeKind::Call(_) | NodeKind::Op(..) | NodeKind::For(_) | NodeKind::Unknown(_) => false,
        }
    }

    /// How many nodes the value holds, counted up to `limit`: what copying it costs.
    pub fn weight(&self, limit: usize) -> usize {
        let mut open = vec![self];
        let mut count = 0;
        while let Some(node) = open.pop() {
            count += 1;
            if count + open.len() >= limit {
                return limit;
            }
            node.add_parts(&mut open);
        }
        count
    }

    /// Calls `visit` with each name in the value.
    pub fn names<'n>(&'n self, visit: &mut impl FnMut(&'n Ref)) {
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            if let NodeKind::Ref(name) = &node.kind {
                visit(name);
            }
            node.add_parts(&mut open);
        }
    }

    /// The parameters that are left open in the value ([`Ref::open_parameter`]), each once.
    pub fn open_parameters(&self) -> Vec<SmolStr> {
        let mut keys: Vec<SmolStr> = Vec::new();
        self.names(&mut |name| keys.extend(name.open_parameter().filter(|key| !keys.contains(key)).cloned()));
        keys
    }

    /// Adds the values that this one is directly made of.
    fn add_parts<'n>(&'n self, open: &mut Vec<&'n Self>) {
        match &self.kind {
            NodeKind::Text(text) => open.extend(text.holes()),
            NodeKind::List(items) | NodeKind::Op(_, items) => open.extend(items),
            NodeKind::Map(map) => {
                for entry in &map.entries {
                    match entry {
                        Entry::Pair { value, .. } | Entry::Spread(value) => open.push(value),
                        Entry::Computed { key, value } => open.extend([key, value]),
                    }
                }
            }
            NodeKind::Call(call) => {
                open.extend(&call.receiver);
                open.extend(&call.args);
            }
            NodeKind::For(it) => {
                open.extend([&it.over, &it.body]);
                open.extend(it.map_key.iter().chain(&it.cond));
            }
            _ => {}
        }
    }

    /// The value as a field: `null` is absent (Terraform, YAML), what is not settled is unknown.
    pub fn to_field<T>(&self, read: impl FnOnce(&Self) -> Option<T>) -> Field<T> {
        if matches!(self.kind, NodeKind::Null) {
            return Field::Absent;
        }
        match read(self) {
            Some(value) => Field::Known { value, span: self.span, via: self.via.clone() },
            None => Field::Unknown { why: self.why(), span: self.span },
        }
    }

    /// Why it is not known, by what it refers to.
    pub fn why(&self) -> Why {
        match &self.kind {
            NodeKind::Unknown(why) => *why,
            NodeKind::Ref(reference) => match reference.scope {
                super::Scope::Env => Why::Environment,
                super::Scope::Vault => Why::Vault,
                super::Scope::Request => Why::Request,
                _ => Why::NoValue,
            },
            _ => Why::Opaque,
        }
    }

    /// Truth of a boolean value; absence of knowledge is `Maybe`.
    pub fn truth(&self) -> Tri {
        self.as_bool().map_or(Tri::Maybe, Tri::from)
    }
}

impl Map {
    /// The value of the last entry with this key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.pair(key).map(|(_, value)| value)
    }

    /// The key's span and the value of the last entry with this key.
    pub fn pair(&self, key: &str) -> Option<(Span, &Node)> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Pair { key: name, key_span, value } if name == key => Some((*key_span, value)),
            _ => None,
        })
    }

    /// Whether a spread or a computed key may set keys that are not seen.
    pub fn is_open(&self) -> bool {
        self.entries.iter().any(|entry| !matches!(entry, Entry::Pair { .. }))
    }

    /// The value of a key as a field: absent only if nothing in the map could set it.
    pub fn field<T>(&self, key: &str, read: impl FnOnce(&Node) -> Option<T>) -> Field<T> {
        for entry in self.entries.iter().rev() {
            match entry {
                Entry::Pair { key: name, value, .. } if name == key => return value.to_field(read),
                Entry::Pair { .. } => {}
                Entry::Computed { key: node, .. } | Entry::Spread(node) => return Field::Unknown { why: Why::Opaque, span: node.span },
            }
        }
        Field::Absent
    }

    /// Known keys with their values, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&SmolStr, &Node)> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Pair { key, value, .. } => Some((key, value)),
            _ => None,
        })
    }

    /// Adds an entry with a known key.
    pub fn push(&mut self, key: impl Into<SmolStr>, key_span: Span, value: Node) {
        self.entries.push(Entry::Pair { key: key.into(), key_span, value });
    }
}

/// A short form for messages and `seclint facts`; not a serialisation.
impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            NodeKind::Null => f.write_str("null"),
            NodeKind::Bool(value) => write!(f, "{value}"),
            NodeKind::Number(value) => write!(f, "{value}"),
            NodeKind::Text(text) => write!(f, "{text}"),
            NodeKind::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            NodeKind::Map(map) => {
                f.write_str("{")?;
                for (at, entry) in map.entries.iter().enumerate() {
                    f.write_str(if at > 0 { ", " } else { "" })?;
                    match entry {
                        Entry::Pair { key, value, .. } => write!(f, "{key}: {value}")?,
                        Entry::Computed { key, value } => write!(f, "[{key}]: {value}")?,
                        Entry::Spread(node) => write!(f, "...{node}")?,
                    }
                }
                f.write_str("}")
            }
            NodeKind::Ref(reference) => write!(f, "{}", reference.without_place()),
            NodeKind::Call(call) => write!(f, "{}(…)", call.callee.without_place()),
            NodeKind::Op(Op::Attr, operands) if operands.len() == 2 => write!(f, "{}.{}", operands[0], operands[1]),
            NodeKind::Op(op, operands) => {
                write!(f, "({op:?}")?;
                operands.iter().try_for_each(|operand| write!(f, " {operand}"))?;
                f.write_str(")")
            }
            NodeKind::For(_) => f.write_str("<for>"),
            NodeKind::Func(func) => write!(f, "<fn {}>", func.name),
            NodeKind::Unknown(why) => write!(f, "<{why:?}>"),
        }
    }
}

impl Hop {
    /// The step for people.
    pub fn describe(&self) -> String {
        let name = &self.name;
        match self.kind {
            HopKind::Default => format!("the default of `{name}`"),
            HopKind::ValuesFile => format!("`{name}` is set here"),
            HopKind::Environment => format!("`{name}` is set by the environment"),
            HopKind::Local => format!("`{name}` holds it"),
            HopKind::ModuleArgument => format!("handed to `{name}` here"),
            HopKind::Output => format!("returned as `{name}`"),
            HopKind::Import => format!("imported as `{name}`"),
            HopKind::Use => format!("used by `{name}`"),
        }
    }
}
