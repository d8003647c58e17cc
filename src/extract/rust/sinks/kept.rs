//! What is written down to be kept: in files, and in the columns of a table.

use smol_str::SmolStr;

use super::crypto::{unguessable, weak_random};
use super::sink;
use crate::extract::rust::chain::Chain;
use crate::ir::{Map, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::words::names_password;

/// Bytes of a statement whose columns are read.
const MAX_STATEMENT: usize = 4_000;

/// What people give away among the values of a statement that writes: bound one by one, or handed over together.
pub(super) fn kept(name: &str, receiver: &Node, args: &[Node], secret: &impl Fn(usize) -> Option<SmolStr>) -> Option<SinkPart> {
    let at = match name {
        "bind" if is_kept(receiver) => 0,
        "execute" | "exec_drop" | "exec" | "exec_batch" if args.first().is_some_and(writes) => 1,
        // diesel: `users::password.eq(&form.password)`; mongodb: `insert_one(doc! { … })`.
        "eq" if receiver.as_ref().is_some_and(|column| column.path.len() > 1 && names_password(column.last())) => 0,
        "insert_one" => 0,
        _ => return None,
    };
    let label = secret(at).filter(|label| is_of_person(label))?;
    as_typed(&args[at], label)
}

/// A field of a record of sea-orm that is about to be written: `ActiveModel { password: Set(form.password), … }`.
pub(in super::super) fn of_record(ty: &Ref, value: &Node, label: Option<SmolStr>) -> Option<Sink> {
    let set = value.as_call().filter(|set| ty.last() == "ActiveModel" && set.callee.last() == "Set")?;
    let label = label.filter(|label| is_of_person(label))?;
    Some(sink(SinkKind::Keep, ty, vec![as_typed(set.args.first()?, label)?]))
}

/// A value that is kept as somebody typed it.
fn as_typed(value: &Node, label: SmolStr) -> Option<SinkPart> {
    // A password that comes right from a request; elsewhere it may be hashed already, whatever it is called.
    let lower = label.to_ascii_lowercase();
    let is_as_typed = !lower.contains("pass")
        || lower.contains("passport")
        || values(value).into_iter().any(|name| name.scope == Scope::Request || name.scope == Scope::Local && is_new_password(&name.path));
    is_as_typed.then(|| SinkPart::new(value.clone(), Tri::Yes, label))
}

/// The names among values that are handed over one by one or together: `password`, `(name, password)`, `params![name, password]`.
fn values(node: &Node) -> Vec<&Ref> {
    let mut names = Vec::new();
    for part in parts(node) {
        let fields = part.as_map().into_iter().flat_map(Map::pairs).filter(|(key, _)| is_of_person(key));
        names.extend(part.as_ref().into_iter().chain(fields.filter_map(|(_, value)| value.as_ref())));
    }
    names
}

/// Values that are handed over together.
fn parts(node: &Node) -> &[Node] {
    match &node.kind {
        NodeKind::List(parts) => parts,
        NodeKind::Call(call) if call.callee.last().ends_with('!') => &call.args,
        _ => std::slice::from_ref(node),
    }
}

/// A parameter, whose name carries its place, that is the password somebody has just chosen.
fn is_new_password(path: &[SmolStr]) -> bool {
    let [name] = path else { return false };
    name.split_once('@').is_some_and(|(name, _)| matches!(name, "password" | "new_password" | "plain_password" | "plaintext_password"))
}

/// Guessable numbers in the column of a secret: `INSERT INTO invites (token) VALUES ($1)`, whatever the variable is called.
pub(super) fn guessable(name: &str, receiver: &Node, args: &[Node], callee: &Ref) -> Option<Sink> {
    let (statement, first, values) = match (name, args) {
        ("bind", [value]) => {
            let chain = Chain::of(receiver);
            let before = chain.steps.iter().filter(|step| step.name == "bind").count();
            (chain.constructor()?.args.first()?, before, std::slice::from_ref(value))
        }
        ("execute" | "exec_drop" | "query_row", [statement, values, ..]) => (statement, 0, parts(values)),
        _ => return None,
    };
    values.iter().enumerate().find_map(|(at, value)| {
        let generator = weak_random(value, 12)?;
        let text = statement.as_str().filter(|text| text.len() <= MAX_STATEMENT)?;
        let label = unguessable(column(text, first + at)?)?;
        let value = Node::new(generator, NodeKind::Null);
        Some(Sink { kind: SinkKind::Random, callee: callee.clone(), parts: vec![SinkPart::new(value, Tri::No, label)], options: None })
    })
}

/// The column that the value at a position of a statement goes into: `b` of `INSERT INTO t (a, b) VALUES ($1, $2)` and
/// of `UPDATE t SET a = $1, b = $2`.
fn column(statement: &str, at: usize) -> Option<&str> {
    let lower = statement.to_ascii_lowercase();
    let is_place = |item: &str| item.trim_start().starts_with(['$', '?', ':', '@']);
    if let Some(values) = lower.find("values") {
        let list = |text: &'_ str, from: usize| Some((from + text.find('(')? + 1, from + text.find(')')?));
        let (start, end) = list(&statement[..values], 0)?;
        let (first, last) = list(&statement[values..], values)?;
        let mut pairs = statement.get(start..end)?.split(',').zip(statement.get(first..last)?.split(','));
        return pairs.by_ref().filter(|(_, value)| is_place(value)).nth(at).map(|(column, _)| bare(column));
    }
    let set = lower.find(" set ")? + 5;
    let mut pairs = statement.get(set..)?.split(',').filter_map(|pair| pair.split_once('='));
    pairs.by_ref().filter(|(_, value)| is_place(value)).nth(at).map(|(column, _)| bare(column))
}

/// A column without its quotes.
fn bare(column: &str) -> &str {
    column.trim().trim_matches(['"', '`', '[', ']'])
}

/// What people give away: passwords and numbers of cards. A program's own keys are written to the files that
/// are for them.
pub(in super::super) fn is_of_person(label: &str) -> bool {
    let label: String = label.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    ["pass", "pwd", "card", "cvv", "cvc", "ssn", "social", "account", "medical", "pin"].iter().any(|word| label.contains(word))
}

/// A file that was opened to be written.
pub(in super::super) struct Opened {
    /// Whether it stands where everybody may read.
    pub is_shared: bool,
}

/// `OpenOptions::new().append(true).open("/tmp/state")?`, `File::create(path)?`.
pub(in super::super) fn opened(node: &Node) -> Option<Opened> {
    let chain = Chain::of(node);
    let made = chain.constructor().filter(|call| call.callee.names().iter().any(|name| matches!(*name, "File" | "OpenOptions")))?;
    let path = chain.last(&["open"]).and_then(|step| step.args.first()).or_else(|| made.args.first());
    Some(Opened { is_shared: path.is_some_and(is_shared) })
}

/// Whether a path is a known one where everybody may write and read: `/tmp/state`, `env::temp_dir().join("state")`.
pub(super) fn is_shared(path: &Node) -> bool {
    let below = |path: &str| path.starts_with("/tmp/") || path.starts_with("/var/tmp/");
    let chain = Chain::of(path);
    let of_system = || chain.constructor().is_some_and(|call| call.callee.names().ends_with(&["env", "temp_dir"]));
    let is_known = || chain.steps.iter().all(|step| step.name == "join" && step.args.iter().all(|part| part.as_str().is_some()));
    path.as_str().is_some_and(below) || of_system() && is_known()
}

/// `sqlx::query("INSERT …")`, diesel's `sql_query("INSERT …")`: what is bound to it is written.
fn is_kept(statement: &Node) -> bool {
    let call = Chain::of(statement).constructor();
    let is_statement = |callee: &Ref| callee.first() == "sqlx" || callee.last() == "sql_query";
    call.is_some_and(|call| is_statement(&call.callee) && call.args.first().is_some_and(writes))
}

/// Whether a statement writes.
pub(super) fn writes(statement: &Node) -> bool {
    let text = statement.as_text().map(ToString::to_string).unwrap_or_default();
    let start = text.trim_start().get(..6).map(str::to_ascii_lowercase).unwrap_or_default();
    matches!(start.as_str(), "insert" | "update")
}
