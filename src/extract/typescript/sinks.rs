//! Functions that are dangerous when a stranger's data reaches them, by the rows of
//! `rules/tables/sinks.toml`; and settings that are bad wherever they stand.

mod callers;
mod checked;
mod purpose;
mod settings;

use std::cell::OnceCell;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use self::callers::Callers;
use self::checked::Checked;
use super::names::{Form, Module, unquoted};
use crate::extract::Extract;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::tables::{V, table};

/// What a row says of a name.
#[derive(Clone, Copy)]
struct Row {
    kind: SinkKind,
    argument: Option<usize>,
    labels: &'static [V],
}

#[derive(Default)]
struct Known {
    imports: FxHashMap<&'static str, Vec<Row>>,
    globals: FxHashMap<&'static str, Vec<Row>>,
    methods: FxHashMap<&'static str, Vec<Row>>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    for row in table("sinks").map(|table| table.list("javascript")).unwrap_or_default() {
        let Some(kind) = kind_of(row) else { continue };
        let argument = row.int("argument").and_then(|at| usize::try_from(at).ok());
        let value = Row { kind, argument, labels: row.list("labels") };
        row.texts("imports").for_each(|name| known.imports.entry(name).or_default().push(value));
        row.texts("globals").for_each(|name| known.globals.entry(name).or_default().push(value));
        row.texts("methods").for_each(|name| known.methods.entry(name).or_default().push(value));
    }
    known
});

fn kind_of(row: &V) -> Option<SinkKind> {
    Some(match row.text("kind") {
        "sql" => SinkKind::Sql,
        "fetch" => SinkKind::Fetch,
        "path" => SinkKind::Path,
        "html" => SinkKind::Html,
        "error-body" => SinkKind::ErrorBody,
        "assign" => SinkKind::Assign,
        "exec" => SinkKind::Exec,
        "code" => SinkKind::Code,
        "query" => SinkKind::Query,
        "redirect" => SinkKind::Redirect,
        "pattern" => SinkKind::Pattern,
        "xml" => SinkKind::Xml,
        "deserialize" => SinkKind::Deserialize,
        "cipher" => SinkKind::Cipher,
        "log" => SinkKind::Log,
        "store" => SinkKind::Store,
        _ => return None,
    })
}

/// What is read of the rest of the file, once a sink is there to ask for it.
struct Around<'t> {
    checked: OnceCell<Checked<'t>>,
    callers: OnceCell<Callers<'t>>,
}

/// Emits the sinks of a file.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    let around = Around { checked: OnceCell::new(), callers: OnceCell::new() };
    for node in module.tree.all() {
        match node.kind() {
            Kind::Call | Kind::New => call(module, node, &around, cx),
            Kind::Pair => settings::pair(node, cx),
            Kind::Assignment => settings::assignment(module, node, cx),
            _ => {}
        }
    }
}

fn call<'t>(module: &Module<'t>, node: Syntax<'t>, around: &Around<'t>, cx: &mut Extract<'_>) {
    let Some(arguments) = node.field(Field::Arguments).filter(|arguments| arguments.kind() == Kind::Arguments) else { return };
    let name = called_name(node);
    if name == "cookie" {
        settings::cookie_set(node, cx);
        return;
    }
    // Most calls are of no known name: ask for the cheap part first.
    let is_method = KNOWN.methods.contains_key(name);
    let may_be = is_method || KNOWN.globals.contains_key(name) || name == "random" || name == "createHash" || may_be_imported(name, node);
    if !may_be {
        return;
    }
    let Some(callee) = module.callee_of(node).map(|callee| promisified(module, node, callee)) else { return };
    match rows(&callee, name) {
        [] => purpose::emit(module, node, &callee, cx),
        rows => {
            for row in rows.iter().filter(|row| is_meant(row.kind, node)) {
                let parts = parts(module, node, arguments, *row, around);
                if !parts.is_empty() {
                    let options = options(module, node, row.kind);
                    let sink = Sink { kind: row.kind, callee: callee.clone(), parts, options };
                    cx.fact(node.span(), owner(node, &callee), FactKind::Sink(sink));
                }
            }
        }
    }
}

fn parts<'t>(module: &Module<'t>, node: Syntax<'t>, arguments: Syntax<'t>, row: Row, around: &Around<'t>) -> Vec<SinkPart> {
    // The arguments of a program are data unless a shell reads them.
    let argument = match row.kind {
        SinkKind::Exec if row.argument.is_none() && !runs_shell(arguments) => Some(0),
        _ => row.argument,
    };
    let mut parts = Vec::new();
    for (at, part) in arguments.children().enumerate() {
        if argument.is_some_and(|argument| argument != at) || !may_matter(row.kind, part) {
            continue;
        }
        let label = match row.labels {
            [] => SmolStr::default(),
            labels => match labels.get(at).and_then(V::as_text) {
                Some(label) => SmolStr::new(label),
                None => break,
            },
        };
        let comes_from_request =
            !matches!(row.kind, SinkKind::Cipher | SinkKind::Log | SinkKind::ErrorBody | SinkKind::Assign | SinkKind::Store);
        if comes_from_request
            && around.checked.get_or_init(|| Checked::new(module.tree)).holds(module, node, part, row.kind == SinkKind::Query)
        {
            continue;
        }
        let value = module.lower(part);
        if comes_from_request {
            let seen = around.callers.get_or_init(|| Callers::new(module.tree)).seen_from(module, part, &value);
            parts.extend(seen.into_iter().map(|value| SinkPart { value, tainted: Tri::Maybe, label: label.clone() }));
        }
        parts.push(SinkPart { value, tainted: Tri::Maybe, label });
    }
    parts
}

/// What the rule may ask beside the parts: the options of a parser, the name that an answer is sent by.
fn options<'t>(module: &Module<'t>, node: Syntax<'t>, kind: SinkKind) -> Option<Node> {
    match kind {
        SinkKind::Xml => {
            let options = node.field(Field::Arguments)?.children().nth(1)?;
            Some(module.lower(options))
        }
        SinkKind::Html | SinkKind::ErrorBody => Some(Node::text(root_name(node), node.span())),
        _ => None,
    }
}

/// `spawn('sh', ['-c', line])`, `spawn(line, { shell: true })`.
fn runs_shell(arguments: Syntax<'_>) -> bool {
    let program = arguments.first().map_or("", unquoted);
    let is_shell = matches!(program.rsplit('/').next().unwrap_or_default(), "sh" | "bash" | "zsh" | "cmd" | "cmd.exe" | "powershell");
    let asks = |entry: Syntax<'_>| {
        entry.kind() == Kind::Pair
            && entry.field(Field::Key).is_some_and(|key| unquoted(key) == "shell")
            && entry.field(Field::Value).is_some_and(|value| value.kind() != Kind::False)
    };
    is_shell || arguments.children().filter(|part| part.kind() == Kind::Object).flat_map(Syntax::children).any(asks)
}

/// Whether a method of a common name is the one that the table means, by what it is called on.
fn is_meant(kind: SinkKind, node: Syntax<'_>) -> bool {
    match kind {
        SinkKind::Log => {
            let root = root_name(node).to_ascii_lowercase();
            root == "console" || root.ends_with("logger") || root == "log" || root == "winston"
        }
        // A validator in front of the handler has seen to the types and the names.
        SinkKind::Query | SinkKind::Assign => !checked::is_behind_validator(node),
        SinkKind::Store => matches!(root_name(node), "localStorage" | "sessionStorage" | "window"),
        SinkKind::Redirect => root_name(node) != "history",
        _ => true,
    }
}

fn rows(callee: &Ref, name: &str) -> &'static [Row] {
    let found = match &callee.scope {
        Scope::Import(_) => KNOWN.imports.get(callee.to_string().as_str()),
        Scope::Global if callee.path.len() == 1 => KNOWN.globals.get(callee.first()),
        Scope::Global => KNOWN.globals.get(callee.to_string().as_str()),
        _ => None,
    };
    let is_method = callee.path.len() > 1 || callee.scope == Scope::Global && !KNOWN.globals.contains_key(callee.first());
    found.or_else(|| KNOWN.methods.get(name).filter(|_| is_method)).map(Vec::as_slice).unwrap_or_default()
}

/// What `promisify(exec)` stands for is the function itself.
fn promisified<'t>(module: &Module<'t>, node: Syntax<'t>, callee: Ref) -> Ref {
    let made = node
        .field(Field::Function)
        .filter(|function| function.kind() == Kind::Identifier && callee.scope == Scope::Local)
        .and_then(|function| module.lookup(function.text(), function))
        .and_then(|declaration| match &declaration.form {
            Form::Variable(Some(value), path) if path.is_empty() && value.kind() == Kind::Call => Some(*value),
            _ => None,
        });
    let inner = made.filter(|made| called_name(*made) == "promisify").and_then(|made| made.field(Field::Arguments)?.first());
    inner.and_then(|inner| module.lower(inner).as_ref().cloned()).unwrap_or(callee)
}

/// The name of what is called, without looking anything up.
fn called_name(node: Syntax<'_>) -> &str {
    let Some(function) = node.field(Field::Function).or_else(|| node.field(Field::Constructor)) else { return "" };
    match function.kind() {
        Kind::Member if function.text() == "Object.assign" => "Object.assign",
        Kind::Member => function.field(Field::Property).map_or("", Syntax::text),
        Kind::Identifier => function.text(),
        _ => "",
    }
}

/// The name at the root of what a method is called on: `res` of `res.status(500).json(…)`.
fn root_name(call: Syntax<'_>) -> &str {
    let mut node = call;
    for _ in 0..16 {
        let inner = match node.kind() {
            Kind::Call => node.field(Field::Function),
            Kind::Member | Kind::Subscript => node.field(Field::Object),
            Kind::NonNull | Kind::Parenthesized | Kind::As | Kind::Await => node.first(),
            Kind::Identifier => return node.text(),
            _ => None,
        };
        let Some(inner) = inner else { break };
        node = inner;
    }
    ""
}

/// Whether an export of that name is in the tables; a bare name may be any default export.
fn may_be_imported(name: &str, node: Syntax<'_>) -> bool {
    static NAMES: LazyLock<FxHashSet<&'static str>> =
        LazyLock::new(|| KNOWN.imports.keys().filter_map(|name| name.rsplit(['#', '.']).next()).collect());
    let is_bare = |function: Syntax<'_>| match function.kind() {
        Kind::Identifier => name.len() <= 12,
        // `require('request')(address)`.
        Kind::Call => function.text().starts_with("require("),
        _ => false,
    };
    NAMES.contains(name) || node.field(Field::Function).is_some_and(is_bare)
}

/// A literal can bring nothing in, and an inline function is no data.
fn may_matter(kind: SinkKind, part: Syntax<'_>) -> bool {
    match part.kind() {
        Kind::String => matches!(kind, SinkKind::Cipher | SinkKind::Store),
        Kind::Number | Kind::True | Kind::False | Kind::Null => false,
        Kind::TemplateString => kind == SinkKind::Cipher || part.child(Kind::Substitution).is_some(),
        Kind::Object => matches!(kind, SinkKind::Assign | SinkKind::ErrorBody | SinkKind::Query | SinkKind::Log | SinkKind::Fetch),
        kind => !kind.is_function(),
    }
}

fn owner(node: Syntax<'_>, callee: &Ref) -> SmolStr {
    super::calls::owner_of(node, callee)
}
