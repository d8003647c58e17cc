//! Functions that are dangerous when a stranger's data reaches them, by the rows of
//! `rules/tables/sinks.toml`; and settings that are bad wherever they stand.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::names::{Module, unquoted};
use crate::extract::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::tables::{V, table};

/// What a row says of a name.
#[derive(Clone, Copy)]
struct Row {
    kind: SinkKind,
    argument: Option<usize>,
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
        let value = Row { kind, argument: row.int("argument").and_then(|at| usize::try_from(at).ok()) };
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
        _ => return None,
    })
}

/// Emits the sinks of a file.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    for node in module.tree.all() {
        match node.kind() {
            Kind::Call => call(module, node, cx),
            Kind::Pair => pair(node, cx),
            Kind::Assignment => assignment(module, node, cx),
            _ => {}
        }
    }
}

fn call<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(arguments) = node.field(Field::Arguments).filter(|arguments| arguments.kind() == Kind::Arguments) else { return };
    let name = called_name(node);
    // Most calls are of no known name: ask for the cheap part first.
    let is_method = KNOWN.methods.contains_key(name);
    let may_be = is_method || KNOWN.globals.contains_key(name) || name == "random" || name == "createHash" || may_be_imported(name, node);
    if !may_be {
        return;
    }
    let Some(callee) = module.callee_of(node) else { return };
    match rows(&callee, name) {
        [] => purpose(module, node, &callee, cx),
        rows => {
            for row in rows {
                let wanted: Vec<Syntax<'_>> = match row.argument {
                    Some(at) => arguments.children().nth(at).into_iter().collect(),
                    None => arguments.children().collect(),
                };
                let parts: Vec<SinkPart> =
                    wanted.into_iter().filter(|part| may_matter(row.kind, *part)).map(|part| whole(module.lower(part))).collect();
                if !parts.is_empty() {
                    let owner = owner(node, &callee);
                    let sink = Sink { kind: row.kind, callee: callee.clone(), parts, options: None };
                    cx.fact(node.span(), owner, FactKind::Sink(sink));
                }
            }
        }
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

/// The name of what is called, without looking anything up.
fn called_name(node: Syntax<'_>) -> &str {
    let Some(function) = node.field(Field::Function) else { return "" };
    match function.kind() {
        Kind::Member if function.text() == "Object.assign" => "Object.assign",
        Kind::Member => function.field(Field::Property).map_or("", Syntax::text),
        Kind::Identifier => function.text(),
        _ => "",
    }
}

/// Whether an export of that name is in the tables; a bare name may be any default export.
fn may_be_imported(name: &str, node: Syntax<'_>) -> bool {
    static NAMES: LazyLock<rustc_hash::FxHashSet<&'static str>> =
        LazyLock::new(|| KNOWN.imports.keys().filter_map(|name| name.rsplit(['#', '.']).next()).collect());
    NAMES.contains(name) || node.field(Field::Function).is_some_and(|function| function.kind() == Kind::Identifier && name.len() <= 12)
}

/// A literal can bring nothing in, and an inline function is no data.
fn may_matter(kind: SinkKind, part: Syntax<'_>) -> bool {
    match part.kind() {
        Kind::String | Kind::Number | Kind::True | Kind::False | Kind::Null => false,
        Kind::TemplateString => part.child(Kind::Substitution).is_some(),
        Kind::Object => kind == SinkKind::Assign || kind == SinkKind::ErrorBody,
        kind => !kind.is_function(),
    }
}

fn whole(value: Node) -> SinkPart {
    SinkPart { value, tainted: Tri::Maybe, label: SmolStr::default() }
}

/// Calls that are weak for some purposes only: the purpose is read off the names around them.
fn purpose<'t>(module: &Module<'t>, node: Syntax<'t>, callee: &Ref, cx: &mut Extract<'_>) {
    let (kind, label) = match (callee.module(), callee.last()) {
        (Some("crypto"), "createHash") => {
            let Some(algorithm) = node.field(Field::Arguments).and_then(Syntax::first).filter(|first| first.kind() == Kind::String) else {
                return;
            };
            if !matches!(unquoted(algorithm).to_ascii_lowercase().replace('-', "").as_str(), "md5" | "sha1" | "md4" | "ripemd160") {
                return;
            }
            (SinkKind::Hash, secret_name(node))
        }
        (None, "random") if callee.scope == Scope::Global && callee.first() == "Math" => (SinkKind::Random, secret_name(node)),
        _ => return,
    };
    let Some(label) = label else { return };
    let argument = node.field(Field::Arguments).and_then(Syntax::first).map(|first| module.lower(first));
    let value = argument.unwrap_or_else(|| Node::new(node.span(), NodeKind::Null));
    let sink = Sink { kind, callee: callee.clone(), parts: vec![SinkPart { value, tainted: Tri::No, label: label.into() }], options: None };
    cx.fact(node.span(), owner(node, callee), FactKind::Sink(sink));
}

/// The nearest name around a value that says it is a password, token or key: what is hashed in the
/// same chain, the variable or property it is for, the function it is made in.
fn secret_name(node: Syntax<'_>) -> Option<&str> {
    for outer in node.ancestors().take(24) {
        let name = match outer.kind() {
            Kind::Call => {
                let inner = outer.field(Field::Arguments).into_iter().flat_map(Syntax::below);
                if let Some(found) = inner
                    .filter(|inner| inner.kind() != Kind::Fragment)
                    .map(Syntax::text)
                    .find(|text| text.len() <= 40 && is_secret_name(text))
                {
                    return Some(found);
                }
                continue;
            }
            Kind::VariableDeclarator | Kind::Function | Kind::Method | Kind::Field | Kind::JsField => {
                outer.field(Field::Name).or_else(|| outer.field(Field::Property))
            }
            Kind::Pair => outer.field(Field::Key),
            Kind::Assignment => outer.field(Field::Left),
            Kind::Class | Kind::Program => return None,
            _ => None,
        };
        if let Some(name) = name.map(unquoted)
            && is_secret_name(name)
        {
            return Some(name);
        }
        if matches!(outer.kind(), Kind::Function | Kind::Method) {
            return None;
        }
    }
    None
}

/// Words in a name, by case and separators; `passwordHint` and `tokenize` are none.
fn is_secret_name(name: &str) -> bool {
    let mut words: Vec<String> = vec![String::new()];
    let mut after_lower = false;
    for char in name.chars() {
        if !char.is_ascii_alphanumeric() || char.is_ascii_uppercase() && after_lower {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| char.is_ascii_alphanumeric()) {
            word.extend(char.to_lowercase());
        }
        after_lower = char.is_ascii_lowercase();
    }
    let is = |word: &String| {
        matches!(
            word.as_str(),
            "password" | "passwd" | "pwd" | "passphrase" | "secret" | "token" | "otp" | "apikey" | "nonce" | "csrf" | "salt"
        )
    };
    let harmless = |word: &String| {
        matches!(
            word.as_str(),
            "hint" | "strength" | "count" | "length" | "limit" | "etag" | "cache" | "color" | "id" | "index" | "address"
        )
    };
    words.iter().any(is) && !words.iter().any(harmless)
}

/// `rejectUnauthorized: false`, wherever it stands: no caller wants it by accident.
fn pair(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let key = node.field(Field::Key).map_or("", unquoted);
    if matches!(key, "httpOnly" | "secure") && node.field(Field::Value).is_some_and(|value| value.kind() == Kind::False) {
        cookie(node, key, cx);
        return;
    }
    if !matches!(key, "rejectUnauthorized" | "strictSSL" | "insecureSkipVerify") {
        return;
    }
    if let Some(value) = node.field(Field::Value)
        && (value.kind() == Kind::False || key == "insecureSkipVerify" && value.kind() == Kind::True)
    {
        verification_off(node, key, cx);
    }
}

/// `httpOnly: false`, `secure: false` in the options of a cookie, told from other `secure` by the
/// keys beside it or the name around it.
fn cookie(flag: Syntax<'_>, key: &str, cx: &mut Extract<'_>) {
    let Some(object) = flag.parent().filter(|object| object.kind() == Kind::Object) else { return };
    let has = |name: &str| object.children().any(|entry| entry.field(Field::Key).is_some_and(|key| unquoted(key) == name));
    let around = object.parent().and_then(|outer| outer.field(Field::Key)).map_or("", unquoted);
    if key == "secure" && !has("httpOnly") && !has("sameSite") && around != "cookie" {
        return;
    }
    let call = object.parent().filter(|outer| outer.kind() == Kind::Arguments);
    let name = call.and_then(Syntax::first).filter(|first| first.kind() == Kind::String).map_or("", unquoted);
    let value = Node::new(flag.span(), NodeKind::Bool(false));
    let sink = Sink {
        kind: SinkKind::Cookie,
        callee: Ref::new(Scope::Global, [key]),
        parts: vec![SinkPart { value, tainted: Tri::No, label: name.into() }],
        options: None,
    };
    cx.fact(flag.span(), name, FactKind::Sink(sink));
}

/// `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'`, `agent.options.rejectUnauthorized = false`.
fn assignment<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    if !matches!(left.kind(), Kind::Member | Kind::Subscript) {
        return;
    }
    let text = left.text();
    let off = text.ends_with("rejectUnauthorized") && right.kind() == Kind::False
        || text.contains("NODE_TLS_REJECT_UNAUTHORIZED") && module.lower(right).as_number() == Some(0.0);
    if off {
        verification_off(node, if right.kind() == Kind::False { "rejectUnauthorized" } else { "NODE_TLS_REJECT_UNAUTHORIZED" }, cx);
    }
}

fn verification_off(node: Syntax<'_>, name: &str, cx: &mut Extract<'_>) {
    let mut options = Map::default();
    options.push("verify", node.span(), Node::new(node.span(), NodeKind::Bool(false)));
    let options = Some(Node::new(node.span(), NodeKind::Map(options)));
    let callee = Ref::new(Scope::Global, [name]);
    cx.fact(node.span(), name, FactKind::Sink(Sink { kind: SinkKind::Tls, callee, parts: Vec::new(), options }));
}

fn owner(node: Syntax<'_>, callee: &Ref) -> SmolStr {
    super::calls::owner_of(node, callee)
}
