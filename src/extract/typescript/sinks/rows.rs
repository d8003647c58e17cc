//! The rows of `rules/tables/sinks.toml`, and which of them speak of a call: by what is called, by what it is called
//! on, by what made that, by the package that it comes from in the end.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{called_name, root_name};
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{Ref, Scope, SinkKind, leads_inside};
use crate::parse::typescript::{Field, Kind, Syntax};
use crate::tables::{V, table};

/// What a row says of a name.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub kind: SinkKind,
    pub argument: Option<usize>,
    pub labels: &'static [V],
    /// What a method is called on, where its name alone says little.
    on: &'static [V],
    /// What makes the thing that a method is called on, where no name need say it.
    made: &'static [V],
    /// The libraries that it may be of.
    from: &'static [V],
}

impl Row {
    /// Whether a method is called on what the row wants: by the last name of it (`this.http` of `this.http.get(…)`), by
    /// the first, or by the function that made it.
    pub(super) fn is_on<'t>(&self, module: &Module<'t>, call: Syntax<'t>) -> bool {
        if !self.from.is_empty() {
            let library = library_of(module, call, MAX_CHAIN);
            return library.is_some_and(|library| self.from.iter().filter_map(V::as_text).any(|from| is_library(library, from)));
        }
        if self.on.is_empty() && self.made.is_empty() {
            return true;
        }
        let Some(object) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return false };
        let last = object.field(Field::Property).unwrap_or(object).text();
        let is_named = [last, root_name(object)].iter().any(|name| {
            let name = name.to_ascii_lowercase();
            self.on.iter().filter_map(V::as_text).any(|on| on.strip_prefix('*').map_or(on == name, |end| name.ends_with(end)))
        });
        let made = || maker(module, object);
        is_named || self.made.iter().filter_map(V::as_text).any(|row| made().is_some_and(|call| is_made_by(module, call, row)))
    }
}

/// Links of a chain that are followed to where it begins.
const MAX_CHAIN: u32 = 12;

/// The package that a value comes from in the end: `dd-trace` of `span.setTag(…)`, where `const span =
/// tracer.scope().active()` and `const tracer = require('dd-trace').init()`.
fn library_of<'t>(module: &Module<'t>, value: Syntax<'t>, left: u32) -> Option<&'t str> {
    let left = left.checked_sub(1)?;
    let inner = match value.kind() {
        Kind::Identifier => match &module.lookup(value.text(), value)?.form {
            Form::Import(_) => return module.source_of(value),
            Form::Variable(Some(made), _) => *made,
            // `bugsnag.notify(error, (event) => event.setUser(…))`.
            Form::Parameter(_) => {
                let function = module.lookup(value.text(), value)?.name.ancestors().find(|outer| outer.kind().is_function())?;
                function.parent().filter(|outer| outer.kind() == Kind::Arguments)?.parent()?
            }
            _ => return None,
        },
        Kind::Call if value.field(Field::Function)?.text() == "require" => {
            return value.field(Field::Arguments)?.first().filter(|first| first.kind() == Kind::String).map(unquoted);
        }
        Kind::Call => value.field(Field::Function)?,
        Kind::New => value.field(Field::Constructor)?,
        Kind::Member => value.field(Field::Object)?,
        Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As => value.first()?,
        _ => return None,
    };
    library_of(module, inner, left)
}

/// Whether a package is the one that a row names, or of its scope (`@sentry/*`).
fn is_library(library: &str, row: &str) -> bool {
    row.strip_suffix('*').map_or(library == row, |scope| library.starts_with(scope))
}

/// Whether a call is of the function that a row names, with its library (`node-expat#Parser`) or without.
fn is_made_by<'t>(module: &Module<'t>, call: Syntax<'t>, row: &str) -> bool {
    match row.split_once('#') {
        Some((library, name)) => called_name(call) == name && module.callee_of(call).is_some_and(|made| made.module() == Some(library)),
        None => called_name(call) == row,
    }
}

/// The call that makes what a name stands for: `new Sandbox()` of `const box = new Sandbox()`, or the value itself.
pub(super) fn maker<'t>(module: &Module<'t>, value: Syntax<'t>) -> Option<Syntax<'t>> {
    let mut made = match value.kind() {
        Kind::Identifier => match &module.lookup(value.text(), value)?.form {
            Form::Variable(Some(made), path) if path.is_empty() => *made,
            _ => return None,
        },
        Kind::Member if value.field(Field::Object)?.kind() == Kind::This => member_of_class(value)?,
        _ => value,
    };
    while matches!(made.kind(), Kind::Await | Kind::Parenthesized) {
        made = made.first()?;
    }
    matches!(made.kind(), Kind::Call | Kind::New).then_some(made)
}

/// What a member of a class is given: by its declaration, by the default of a parameter that declares it, or by the
/// constructor.
fn member_of_class(member: Syntax<'_>) -> Option<Syntax<'_>> {
    let name = member.field(Field::Property)?.text();
    let class = member.ancestors().find(|outer| outer.kind().is_class())?.field(Field::Body)?;
    let declared = class.children().find_map(|own| {
        let is_own = own.field(Field::Name).or_else(|| own.field(Field::Property)).is_some_and(|own| own.text() == name);
        own.field(Field::Value).filter(|_| is_own && matches!(own.kind(), Kind::Field | Kind::JsField))
    });
    declared.or_else(|| {
        let constructor = class
            .children()
            .find(|own| own.kind() == Kind::Method && own.field(Field::Name).is_some_and(|name| name.text() == "constructor"))?;
        let mut parameters = constructor.field(Field::Parameters).into_iter().flat_map(Syntax::children);
        let default = parameters
            .find(|one| one.field(Field::Pattern).is_some_and(|pattern| pattern.text() == name))
            .and_then(|one| one.field(Field::Value));
        let body = constructor.field(Field::Body)?;
        default.or_else(|| {
            let assignments = body.below().filter(|inner| inner.kind() == Kind::Assignment);
            assignments
                .filter(|inner| inner.field(Field::Left).is_some_and(|left| left.text().strip_prefix("this.") == Some(name)))
                .find_map(|inner| inner.field(Field::Right))
        })
    })
}

#[derive(Default)]
struct Known {
    imports: FxHashMap<&'static str, Vec<Row>>,
    globals: FxHashMap<&'static str, Vec<Row>>,
    /// The last names of globals: `alloc` of `Buffer.alloc`.
    last_names: FxHashSet<&'static str>,
    methods: FxHashMap<&'static str, Vec<Row>>,
    /// Packages that hand on what another has, by their names.
    aliases: FxHashMap<&'static str, &'static str>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    for row in table("sinks").map(|table| table.list("alias")).unwrap_or_default() {
        row.texts("modules").for_each(|module| {
            known.aliases.insert(module, row.text("is"));
        });
    }
    for row in table("sinks").map(|table| table.list("javascript")).unwrap_or_default() {
        let Some(kind) = kind_of(row) else { continue };
        let argument = row.int("argument").and_then(|at| usize::try_from(at).ok());
        let value = Row { kind, argument, labels: row.list("labels"), on: row.list("on"), made: row.list("made"), from: row.list("from") };
        row.texts("imports").for_each(|name| known.imports.entry(name).or_default().push(value));
        row.texts("globals").for_each(|name| {
            known.globals.entry(name).or_default().push(value);
            known.last_names.insert(name.rsplit('.').next().unwrap_or(name));
        });
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
        "allocate" => SinkKind::Allocate,
        "mail" => SinkKind::Mail,
        "disclose" => SinkKind::Disclose,
        "log-line" => SinkKind::LogLine,
        "keep" => SinkKind::Keep,
        _ => return None,
    })
}

impl Row {
    /// A row that no table has, for what is known by its shape.
    pub(super) const fn of(kind: SinkKind, argument: usize) -> Self {
        Self { kind, argument: Some(argument), labels: &[], on: &[], made: &[], from: &[] }
    }
}

/// Whether some row may speak of a call of this name; most calls are of no known name.
pub(super) fn may_speak_of(name: &str, call: Syntax<'_>) -> bool {
    let name = without_promise(name);
    KNOWN.methods.contains_key(name) || KNOWN.last_names.contains(name) || is_imported(name, call)
}

/// The rows that speak of what is called. A function of a package that has a method's name is meant by rows that
/// name the package alone.
pub(super) fn rows(callee: &Ref, name: &str, node: Syntax<'_>) -> impl Iterator<Item = &'static Row> {
    let name = without_promise(name);
    let found = match &callee.scope {
        Scope::Import(module) => KNOWN.imports.get(callee.to_string().as_str()).or_else(|| of_other_name(module, callee)),
        Scope::Global if callee.path.len() == 1 => KNOWN.globals.get(callee.first()),
        Scope::Global => KNOWN.globals.get(callee.to_string().as_str()),
        _ => None,
    };
    // `User.find(…)` of `const User = require('./user')` is a method of what a file of the application exports.
    let is_member = node.field(Field::Function).is_some_and(|function| function.kind() == Kind::Member);
    let is_of_file = is_member && callee.module().is_some_and(|module| leads_inside(module).is_yes());
    let is_method = callee.path.len() > 1 || is_of_file || callee.scope == Scope::Global && !KNOWN.globals.contains_key(callee.first());
    let is_whole = found.is_some() || is_method;
    let list = found.or_else(|| KNOWN.methods.get(name).filter(|_| is_method || is_member));
    list.into_iter().flatten().filter(move |row| is_whole || !row.from.is_empty())
}

/// `readFile` of `readFileAsync`, which bluebird makes of it.
fn without_promise(name: &str) -> &str {
    name.strip_suffix("Async").filter(|name| !name.is_empty()).unwrap_or(name)
}

/// The rows of a function whose package hands on what another has (`mz/fs`), has one module for each of its functions
/// (`lodash/template`), or was promisified.
fn of_other_name(module: &str, callee: &Ref) -> Option<&'static Vec<Row>> {
    let alias = KNOWN.aliases.get(module).copied().unwrap_or(module);
    let mut path: SmallVec<[&str; 4]> = callee.path.iter().map(SmolStr::as_str).collect();
    if let Some(last) = path.last_mut() {
        *last = without_promise(last);
    }
    let whole = Ref::import(alias, path.join("."));
    let single = || {
        let (package, name) = alias.split_once('/').filter(|(package, _)| matches!(*package, "lodash" | "lodash-es" | "underscore"))?;
        KNOWN.imports.get(Ref::import(package.trim_end_matches("-es"), name).to_string().as_str())
    };
    KNOWN.imports.get(whole.to_string().as_str()).or_else(single)
}

/// Whether an export of that name is in the tables; a bare name may be any default export.
fn is_imported(name: &str, node: Syntax<'_>) -> bool {
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
