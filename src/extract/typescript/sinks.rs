//! Functions that are dangerous when a stranger's data reaches them, by the rows of
//! `rules/tables/sinks.toml`; and settings that are bad wherever they stand.

mod answer;
mod callers;
mod checked;
mod compare;
mod dom;
mod flow;
mod handed;
mod meant;
mod pollute;
mod purpose;
mod settings;
mod slow;

use std::cell::OnceCell;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use self::callers::Callers;
use self::checked::Checked;
use self::meant::{is_meant, is_record};
use super::names::{Form, Module, unquoted};
use crate::extract::Extract;
use crate::ir::{FactKind, Handed, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::tables::{V, table};

/// What a row says of a name.
#[derive(Clone, Copy)]
struct Row {
    kind: SinkKind,
    argument: Option<usize>,
    labels: &'static [V],
    /// What a method is called on, where its name alone says little.
    on: &'static [V],
}

impl Row {
    /// Whether the last name of what a method is called on is one that the row wants: `this.http` of
    /// `this.http.get(…)`.
    fn is_on(&self, call: Syntax<'_>) -> bool {
        let object = || call.field(Field::Function).and_then(|function| function.field(Field::Object));
        self.on.is_empty()
            || object().is_some_and(|object| {
                let name = object.field(Field::Property).unwrap_or(object).text().to_ascii_lowercase();
                self.on.iter().filter_map(V::as_text).any(|on| on == name)
            })
    }
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
        let value = Row { kind, argument, labels: row.list("labels"), on: row.list("on") };
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
        "filter" => SinkKind::Filter,
        "pollute" => SinkKind::Pollute,
        _ => return None,
    })
}

/// A file with what is read of the rest of it, once a sink is there to ask for it.
struct Around<'m, 't> {
    module: &'m Module<'t>,
    checked: OnceCell<Checked<'t>>,
    callers: OnceCell<Callers<'t>>,
}

/// Emits the sinks of a file; says what its calls hand to functions of other files.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) -> Vec<Handed> {
    let around = Around { module, checked: OnceCell::new(), callers: OnceCell::new() };
    let mut handed = Vec::new();
    for node in module.tree.all() {
        match node.kind() {
            Kind::Call | Kind::New => {
                call(&around, node, cx);
                dom::call(&around, node, cx);
                handed::emit(module, node, &mut handed);
            }
            Kind::Pair => {
                settings::pair(node, cx);
                pair(&around, node, cx);
            }
            Kind::Assignment | Kind::AugmentedAssignment => {
                settings::assignment(module, node, cx);
                pollute::assignment(&around, node, cx);
                dom::assignment(&around, node, cx);
            }
            Kind::Binary => compare::emit(module, node, cx),
            Kind::Return => answer::emit(&around, node, cx),
            Kind::Regex => slow::emit(module, node, cx),
            Kind::JsxAttribute => {
                settings::attribute(node, cx);
                dom::attribute(&around, node, cx);
            }
            kind if kind.is_function() => pollute::merge(node, cx),
            _ => {}
        }
    }
    handed
}

fn call<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    let Some(arguments) = node.field(Field::Arguments).filter(|arguments| arguments.kind() == Kind::Arguments) else { return };
    let name = called_name(node);
    if name == "cookie" {
        settings::cookie_set(node, cx);
        return;
    }
    if matches!(name, "render" | "view") {
        answer::view(around, node, cx);
    }
    // Most calls are of no known name: ask for the cheap part first.
    let is_method = KNOWN.methods.contains_key(name);
    let may_be = is_method
        || KNOWN.globals.contains_key(name)
        || matches!(name, "random" | "createHash" | "pseudoRandomBytes" | "MD5" | "SHA1")
        || may_be_imported(name, node);
    if !may_be && !is_record(node, name) {
        return;
    }
    let is_import = || (name == "import").then(|| Ref::new(Scope::Global, [name]));
    let Some(callee) = module.callee_of(node).or_else(is_import).map(|callee| promisified(module, node, callee)) else { return };
    if is_record(node, name) {
        let row = Row { kind: SinkKind::Assign, argument: Some(0), labels: &[], on: &[] };
        let parts = parts(around, node, arguments, row);
        cx.fact(node.span(), owner(node, &callee), FactKind::Sink(Sink { kind: row.kind, callee, parts, options: None }));
        return;
    }
    match rows(&callee, name, node) {
        [] => purpose::emit(module, node, &callee, cx),
        rows => {
            for row in rows.iter().filter(|row| row.is_on(node) && is_meant(row.kind, name, node)) {
                let parts = parts(around, node, arguments, *row);
                if row.kind == SinkKind::Fetch {
                    send(module, node, arguments, &callee, cx);
                }
                if !parts.is_empty() {
                    let options = options(module, node, row.kind);
                    let sink = Sink { kind: row.kind, callee: callee.clone(), parts, options };
                    cx.fact(node.span(), owner(node, &callee), FactKind::Sink(sink));
                }
            }
        }
    }
}

/// A request with its address and all that goes with it: what is secret should not go in the clear.
fn send<'t>(module: &Module<'t>, node: Syntax<'t>, arguments: Syntax<'t>, callee: &Ref, cx: &mut Extract<'_>) {
    let mut values = arguments.children().map(|argument| module.lower(argument));
    let Some(first) = values.next() else { return };
    let mut rest: Vec<Node> = values.collect();
    // `request.post({ url, form })`.
    let named = first.as_map().and_then(|map| ["url", "uri"].iter().find_map(|key| map.get(key))).cloned();
    let address = match named {
        Some(address) => {
            rest.insert(0, first);
            address
        }
        None => first,
    };
    if !rest.is_empty() {
        let options = Some(Node::new(node.span(), NodeKind::List(rest)));
        let parts = vec![SinkPart::new(address, Tri::No, "")];
        cx.fact(node.span(), owner(node, callee), FactKind::Sink(Sink { kind: SinkKind::Send, callee: callee.clone(), parts, options }));
    }
}

/// Values whose key says what is done with them: `$where` is code of the store, `filter: '(uid=…)'` an
/// expression of LDAP.
fn pair<'t>(around: &Around<'_, 't>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(value) = node.field(Field::Value) else { return };
    let key = node.field(Field::Key).map_or("", unquoted);
    let kind = match key {
        "$where" => SinkKind::Query,
        "filter" if matches!(value.kind(), Kind::TemplateString | Kind::Binary | Kind::Identifier) => SinkKind::Filter,
        "__html" => return dom::html(around, node, value, cx),
        "Location" => SinkKind::Redirect,
        "destination"
            if node.ancestors().nth(1).and_then(|outer| outer.field(Field::Key)).is_some_and(|key| unquoted(key) == "redirect") =>
        {
            SinkKind::Redirect
        }
        // What a function of AWS answers with.
        "body" if node.parent().is_some_and(|object| has_key(object, "statusCode")) => SinkKind::Html,
        _ => return,
    };
    value_sink(around, node, kind, Ref::new(Scope::Global, [key]), value, None, cx);
}

/// Emits a sink with one part.
fn value_sink<'t>(
    around: &Around<'_, 't>,
    node: Syntax<'t>,
    kind: SinkKind,
    callee: Ref,
    part: Syntax<'t>,
    options: Option<Node>,
    cx: &mut Extract<'_>,
) {
    let parts = around.flowing(node, part, kind, "");
    if !parts.is_empty() {
        let owner = owner(node, &callee);
        cx.fact(node.span(), owner, FactKind::Sink(Sink { kind, callee, parts, options }));
    }
}

impl<'t> Around<'_, 't> {
    /// What flows into a part: its value, and that value as the callers in this file make it. Nothing where
    /// the code has tested it.
    fn flowing(&self, call: Syntax<'t>, part: Syntax<'t>, kind: SinkKind, label: &str) -> Vec<SinkPart> {
        let (module, mut parts) = (self.module, Vec::new());
        let comes_from_request =
            !matches!(kind, SinkKind::Cipher | SinkKind::Log | SinkKind::ErrorBody | SinkKind::Assign | SinkKind::Store);
        if kind == SinkKind::ErrorBody && loses_stack(call, part) {
            return parts;
        }
        let value = module.lower(part);
        if kind == SinkKind::Log {
            let label = if takes_password(call) { "password" } else { "" };
            parts.push(SinkPart::new(value, Tri::Maybe, label));
            return parts;
        }
        if !comes_from_request {
            parts.push(SinkPart::new(value, Tri::Maybe, label));
            return parts;
        }
        if self.checked.get_or_init(|| Checked::new(module.tree)).holds(module, call, part, kind) {
            return parts;
        }
        let value = flow::flowing(module, part, value);
        let taken = handed::taken(module, part);
        if !taken.is_empty() {
            let seen = self.callers.get_or_init(|| Callers::new(module.tree)).seen_from(module, part, &value);
            parts.extend(seen.into_iter().map(|value| SinkPart::new(value, Tri::Maybe, label)));
        }
        parts.push(SinkPart { taken, ..SinkPart::new(value, Tri::Maybe, label) });
        parts
    }
}

fn parts<'t>(around: &Around<'_, 't>, node: Syntax<'t>, arguments: Syntax<'t>, row: Row) -> Vec<SinkPart> {
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
            [] => "",
            labels => match labels.get(at).and_then(V::as_text) {
                Some(label) => label,
                None => break,
            },
        };
        parts.extend(around.flowing(node, part, row.kind, label));
    }
    parts
}

/// Whether a function reads a password of its request, so that a whole body in it holds one.
fn takes_password(node: Syntax<'_>) -> bool {
    let function = node.ancestors().find(|outer| outer.kind().is_function());
    function.is_some_and(|function| function.text().contains("assword"))
}

/// `delete answer.stack` in the function that sends the answer.
fn loses_stack(call: Syntax<'_>, part: Syntax<'_>) -> bool {
    let name = format!("{}.stack", part.text());
    let function = call.ancestors().find(|outer| outer.kind().is_function());
    function.filter(|_| part.kind() == Kind::Identifier).is_some_and(|function| {
        let is_deleted = |node: Syntax<'_>| node.text().strip_prefix("delete").is_some_and(|rest| rest.trim() == name);
        function.below().filter(|node| node.kind() == Kind::Unary).any(is_deleted)
    })
}

/// What the rule may ask beside the parts: the options of a parser, the name that an answer is sent by.
fn options<'t>(module: &Module<'t>, node: Syntax<'t>, kind: SinkKind) -> Option<Node> {
    match kind {
        SinkKind::Xml => {
            let options = node.field(Field::Arguments)?.children().nth(1)?;
            Some(module.lower(options))
        }
        SinkKind::Html | SinkKind::ErrorBody => Some(Node::text(root_name(node), node.span())),
        // `vm.runInContext('load(data)', { load, data })`: what the text names.
        SinkKind::Code => node.field(Field::Arguments)?.children().nth(1).map(|names| module.lower(names)),
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

fn has_key(object: Syntax<'_>, key: &str) -> bool {
    object.kind() == Kind::Object
        && object.children().any(|entry| {
            entry.field(Field::Key).map_or(entry.kind() == Kind::ShorthandProperty && entry.text() == key, |name| unquoted(name) == key)
        })
}

fn rows(callee: &Ref, name: &str, node: Syntax<'_>) -> &'static [Row] {
    let found = match &callee.scope {
        Scope::Import(_) => KNOWN.imports.get(callee.to_string().as_str()),
        Scope::Global if callee.path.len() == 1 => KNOWN.globals.get(callee.first()),
        Scope::Global => KNOWN.globals.get(callee.to_string().as_str()),
        _ => None,
    };
    // `User.find(…)` of `const User = require('./user')` is a method of what a file of the application exports.
    let is_of_file = callee.module().is_some_and(|module| module.starts_with(['.', '/', '~']) || module.starts_with("@/"))
        && node.field(Field::Function).is_some_and(|function| function.kind() == Kind::Member);
    let is_method = callee.path.len() > 1 || is_of_file || callee.scope == Scope::Global && !KNOWN.globals.contains_key(callee.first());
    found.or_else(|| KNOWN.methods.get(name).filter(|_| is_method)).map(Vec::as_slice).unwrap_or_default()
}

/// What `promisify(exec)` stands for is the function itself; `createRequire(…)` makes `require`.
fn promisified<'t>(module: &Module<'t>, node: Syntax<'t>, callee: Ref) -> Ref {
    let made = node
        .field(Field::Function)
        .filter(|function| function.kind() == Kind::Identifier && callee.scope == Scope::Local)
        .and_then(|function| module.lookup(function.text(), function))
        .and_then(|declaration| match &declaration.form {
            Form::Variable(Some(value), path) if path.is_empty() && value.kind() == Kind::Call => Some(*value),
            _ => None,
        });
    if made.is_some_and(|made| called_name(made) == "createRequire") {
        return Ref::new(Scope::Global, ["require"]);
    }
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
        Kind::Import => "import",
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
        Kind::String => matches!(kind, SinkKind::Cipher | SinkKind::Store) || kind == SinkKind::Code && part.text().contains('('),
        Kind::Number | Kind::True | Kind::False | Kind::Null => false,
        Kind::TemplateString => matches!(kind, SinkKind::Cipher | SinkKind::Store) || part.child(Kind::Substitution).is_some(),
        Kind::Object => {
            matches!(
                kind,
                SinkKind::Assign
                    | SinkKind::ErrorBody
                    | SinkKind::Query
                    | SinkKind::Log
                    | SinkKind::Fetch
                    | SinkKind::Pollute
                    | SinkKind::Path
                    | SinkKind::Sql
            )
        }
        kind => !kind.is_function(),
    }
}

fn owner(node: Syntax<'_>, callee: &Ref) -> SmolStr {
    super::calls::owner_of(node, callee)
}
