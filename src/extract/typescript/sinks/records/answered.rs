//! Records that a handler answers with as they came from the store, every column of them.

use smol_str::SmolStr;

use super::model;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::extract::typescript::sinks::{called_name, root_name};
use crate::lower::words::names_password;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Links of a chain that are followed back to the store.
const MAX_HOPS: u32 = 8;
/// What of a query says which columns are wanted.
const CHOOSES: [&str; 7] = ["attributes", "select", "projection", "exclude", "omit", "fields", "columns"];

/// The model whose records a call answers with, every column of them.
pub(super) fn whole_record<'t>(module: &Module<'t>, call: Syntax<'t>, handler: Syntax<'t>) -> Option<SmolStr> {
    if !matches!(called_name(call), "json" | "send" | "jsonp") || !matches!(root_name(call), "res" | "response") {
        return None;
    }
    let answer = call.field(Field::Arguments)?.first()?;
    let model = record(module, answer, MAX_HOPS).or_else(|| {
        answer.children().filter(|_| answer.kind() == Kind::Object).find_map(|entry| {
            let value = match entry.kind() {
                Kind::ShorthandProperty => Some(entry),
                Kind::Spread => entry.first(),
                _ => entry.field(Field::Value),
            };
            record(module, value?, MAX_HOPS)
        })
    });
    model.filter(|_| !takes_out(handler))
}

/// Whether a handler takes a password out of what it has found.
fn takes_out(handler: Syntax<'_>) -> bool {
    handler.below().any(|node| match node.kind() {
        Kind::Unary => node.text().starts_with("delete ") && node.text().to_ascii_lowercase().contains("passw"),
        Kind::Assignment => {
            let target = node.field(Field::Left).and_then(|left| left.field(Field::Property)).map_or("", Syntax::text);
            let value = node.field(Field::Right).map(Syntax::kind);
            target.to_ascii_lowercase().contains("passw") && matches!(value, Some(Kind::Undefined | Kind::Null | Kind::String))
        }
        _ => false,
    })
}

/// The model that a value is a record of, or a list of records.
fn record<'t>(module: &Module<'t>, value: Syntax<'t>, left: u32) -> Option<SmolStr> {
    let left = left.checked_sub(1)?;
    match value.kind() {
        Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As => record(module, value.first()?, left),
        Kind::Identifier | Kind::ShorthandProperty => {
            let declaration = module.lookup(value.text(), value).filter(|declaration| !module.is_reassigned(declaration))?;
            match &declaration.form {
                Form::Variable(Some(made), path) if path.iter().all(|name| matches!(*name, "rows" | "[]")) => record(module, *made, left),
                Form::Parameter(path) if path.is_empty() => of_callback(module, declaration.name, left),
                _ => None,
            }
        }
        Kind::Subscript => record(module, value.field(Field::Object)?, left),
        Kind::Member => match value.field(Field::Property)?.text() {
            "rows" | "dataValues" | "_doc" => record(module, value.field(Field::Object)?, left),
            _ => None,
        },
        Kind::New => {
            let class = value.field(Field::Constructor).filter(|class| class.kind() == Kind::Identifier)?;
            class.text().starts_with(|char: char| char.is_ascii_uppercase()).then(|| model::stem(class.text()))
        }
        Kind::Call => of_call(module, value, left),
        _ => None,
    }
}

/// What a query answers with; of a chain behind it, what does not choose columns is looked through.
fn of_call<'t>(module: &Module<'t>, call: Syntax<'t>, left: u32) -> Option<SmolStr> {
    let name = called_name(call);
    let before = || call.field(Field::Function)?.field(Field::Object);
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    match name {
        "lean" | "exec" | "sort" | "limit" | "skip" | "populate" | "toArray" | "toObject" | "toJSON" | "save" => {
            record(module, before()?, left)
        }
        "get" if arguments.next().is_none_or(|first| first.kind() == Kind::Object && first.text().contains("plain")) => {
            record(module, before()?, left)
        }
        "find" | "findOne" | "findById" | "findAll" | "findByPk" | "findMany" | "findUnique" | "findFirst" | "findOneBy" | "create"
        | "findOneAndUpdate" | "findByIdAndUpdate" | "findAndCountAll" => {
            let mut given = arguments.filter(|argument| !argument.kind().is_function());
            let first = given.next();
            let chooses = first.into_iter().any(chooses)
                || given.any(|more| more.kind() == Kind::String || chooses(more) || is_projection(name, more));
            (!chooses).then(|| model::of_receiver(module, call)).flatten()
        }
        "query" | "execute" | "all" | "get" | "one" | "oneOrNone" | "any" | "many" | "manyOrNone" => {
            of_statement(module, call.field(Field::Arguments)?.first()?)
        }
        _ => None,
    }
}

/// The table of which a statement asks for every column, or for the password.
fn of_statement<'t>(module: &Module<'t>, statement: Syntax<'t>) -> Option<SmolStr> {
    let mut text = match statement.kind() {
        Kind::Identifier => match &module.lookup(statement.text(), statement)?.form {
            Form::Variable(Some(made), path) if path.is_empty() => *made,
            _ => return None,
        },
        _ => statement,
    };
    for _ in 0..MAX_HOPS {
        text = text.field(Field::Left).filter(|_| text.kind() == Kind::Binary).unwrap_or(text);
    }
    let words = Some(unquoted(text)).filter(|_| matches!(text.kind(), Kind::String | Kind::TemplateString))?.trim_start();
    let lower = words.to_ascii_lowercase();
    let columns = lower.strip_prefix("select ")?.split(" from ").next()?;
    let asks_for_all = columns.split(',').any(|column| {
        let column = column.trim().trim_matches(['`', '"']);
        column == "*" || column.ends_with(".*") && !lower.contains(" join ") || names_password(column.rsplit('.').next().unwrap_or(column))
    });
    model::of_statement(text).filter(|_| asks_for_all)
}

/// Whether options of a query name its columns.
fn chooses(options: Syntax<'_>) -> bool {
    let mut entries = options.children().filter(|_| options.kind() == Kind::Object);
    entries.any(|entry| CHOOSES.contains(&entry.field(Field::Key).map_or_else(|| entry.text(), unquoted)) || entry.kind() == Kind::Spread)
        || options.kind() == Kind::Identifier
}

/// Mongoose's `find(filter, { password: 0 })`.
fn is_projection(method: &str, argument: Syntax<'_>) -> bool {
    matches!(method, "find" | "findOne" | "findById") && argument.kind() == Kind::Object
}

/// What a callback is handed: of `.then((users) => …)` what is waited for, of `find({}, (error, users) => …)` what is
/// found.
fn of_callback<'t>(module: &Module<'t>, parameter: Syntax<'t>, left: u32) -> Option<SmolStr> {
    let function = parameter.ancestors().find(|outer| outer.kind().is_function())?;
    let at = function.field(Field::Parameters).map_or(Some(0), |list| list.children().position(|one| one.holds(parameter)))?;
    let call = function.parent().filter(|outer| outer.kind() == Kind::Arguments)?.parent()?;
    match (called_name(call), at) {
        ("then", 0) => record(module, call.field(Field::Function)?.field(Field::Object)?, left),
        ("then", _) => None,
        (_, 1) => of_call(module, call, left),
        _ => None,
    }
}
