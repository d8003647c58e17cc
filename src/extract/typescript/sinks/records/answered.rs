//! Records that a handler answers with as they came from the store, every column of them.

use smallvec::SmallVec;
use smol_str::{SmolStr, format_smolstr};

use super::handler::Handler;
use super::service::{home, letters, of_own, of_service};
use super::{MAX_HANDLER, carried, model};
use crate::extract::Extract;
use crate::extract::typescript::calls::{is_in_development, is_outside_production};
use crate::extract::typescript::names::{Declaration, Form, Module, unquoted};
use crate::extract::typescript::sinks::{called_name, sent, value_of};
use crate::extract::typescript::symbols::decorators_of;
use crate::ir::{Node, Ref, Scope, SinkKind, SinkPart, Tri};
use crate::lower::words::names_password;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Links of a chain that are followed back to the store.
pub(super) const MAX_HOPS: u32 = 8;
/// What of a query says which columns are wanted.
const CHOOSES: [&str; 7] = ["attributes", "select", "projection", "exclude", "omit", "fields", "columns"];

/// Emits the records that a call, a `return` or an assignment answers with, every column of them; those that a service
/// hands back, and what a handler sends of a service.
pub(in crate::extract::typescript::sinks) fn emit<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    set_on_request(module, node, cx);
    let sent = sent::value(module, node);
    let Some(value) = sent.or_else(|| node.first().filter(|_| node.kind() == Kind::Return)) else { return };
    let functions = || node.ancestors().filter(|outer| outer.kind().is_function());
    let is_whole = |outer: &Syntax<'t>| outer.kind() == Kind::Method || Handler::of(module, *outer).is_some();
    let Some(function) = functions().find(is_whole).or_else(|| functions().last()).filter(|outer| outer.size() <= MAX_HANDLER) else {
        return;
    };
    let mut parts: SmallVec<[(&str, Syntax<'t>); 4]> = SmallVec::new();
    parts.push(("", value));
    let object = made_of(module, value);
    parts.extend(object.into_iter().flat_map(Syntax::children).filter_map(|entry| match entry.kind() {
        Kind::ShorthandProperty => Some((entry.text(), entry)),
        Kind::Spread => Some(("", entry.first()?)),
        _ => Some((unquoted(entry.field(Field::Key)?), entry.field(Field::Value)?)),
    }));
    let mut told = false;
    for (path, part) in parts {
        let found = record(module, part, MAX_HOPS);
        if sent.is_none() {
            let Some(place) = home(functions().next()).filter(|_| !takes_out(function)) else { continue };
            if let Some(models) = found {
                models.iter().for_each(|model| tell(node, place.clone(), "gives", path, model, cx));
                continue;
            }
            // Of another service, by its holder and its name.
            let of_other = || of_service(module, part).filter(|(_, taken)| taken.is_empty() && path.is_empty());
            let other = of_own(module, part).or_else(|| of_other().map(|((holder, method), _)| format_smolstr!("{holder}.{method}")));
            if let Some(other) = other {
                tell(node, place, "hands", path, &other, cx);
            }
        } else if let Some(models) = found {
            if !told && !is_serialized(function) && !takes_out(function) {
                told = true;
                let callee = Ref::new(Scope::Global, [if node.kind() == Kind::Return { "return" } else { called_name(node) }]);
                // Of an answer over many lines, the entry that holds the record.
                let place = if path.is_empty() { node.span() } else { part.span() };
                for model in models {
                    let value = SinkPart::new(Node::text(model.clone(), place), Tri::Yes, "");
                    super::emit(SinkKind::Answer, callee.clone(), &model, value, place, cx);
                }
            }
        } else if let Some(member) = carried::of_request(part).filter(|_| !is_serialized(function) && !takes_out(function)) {
            tell(node, (SmolStr::new_static("request"), SmolStr::new(member)), "carries", "", "", cx);
        } else if let Some((service, path)) = of_service(module, part).filter(|_| !is_serialized(function) && !takes_out(function)) {
            tell(node, service, "sends", path, "", cx);
        }
    }
}

/// Emits the whole environment that a function of a service gives back.
pub(in crate::extract::typescript::sinks) fn gives_environment<'t>(returned: Syntax<'t>, entry: Syntax<'t>, cx: &mut Extract<'_>) {
    let function = returned.ancestors().find(|outer| outer.kind().is_function());
    if let Some(place) = home(function).filter(|_| !is_outside_production(returned)) {
        tell(entry, place, "gives", "", "process.env", cx);
    }
}

/// Emits a record that is put on the request for handlers; of what else is put there, that it may be anything.
fn set_on_request<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some((member, value)) = carried::set_on_request(node) else { return };
    for value in carried::given(value) {
        let found = record(module, value, MAX_HOPS).and_then(|models| models.into_iter().next()).unwrap_or_default();
        tell(node, (SmolStr::new_static("request"), SmolStr::new(member)), "puts", "", &found, cx);
    }
}

/// Emits a whole record that a call writes to a log.
pub(in crate::extract::typescript::sinks) fn logged<'t>(module: &Module<'t>, call: Syntax<'t>, part: Syntax<'t>, cx: &mut Extract<'_>) {
    let entries = part.children().filter(|_| part.kind() == Kind::Object);
    let values = entries.filter_map(|entry| if entry.kind() == Kind::ShorthandProperty { Some(entry) } else { entry.field(Field::Value) });
    let found = std::iter::once(part).chain(values).find_map(|value| record(module, value, MAX_HOPS));
    let Some(model) = found.and_then(|models| models.into_iter().next()) else { return };
    let Some(function) = call.ancestors().find(|outer| outer.kind().is_function()) else { return };
    if function.size() <= MAX_HANDLER && !takes_out(function) && !is_outside_production(call) && !is_in_development(call) {
        let value = SinkPart::new(Node::text(model.clone(), call.span()), Tri::Yes, "logged");
        super::emit(SinkKind::Answer, Ref::new(Scope::Global, [called_name(call)]), &model, value, call.span(), cx);
    }
}

/// The object that a value is, or the constant of that name.
fn made_of<'t>(module: &Module<'t>, value: Syntax<'t>) -> Option<Syntax<'t>> {
    match value.kind() {
        Kind::Object => Some(value),
        Kind::Identifier => match &module.lookup(value.text(), value)?.form {
            Form::Variable(Some(made), path) if path.is_empty() && made.kind() == Kind::Object => Some(*made),
            _ => None,
        },
        _ => None,
    }
}

/// What a service hands back, or a handler sends of it: by the holder and the name of the service's function.
fn tell(node: Syntax<'_>, (holder, method): (SmolStr, SmolStr), label: &str, path: &str, model: &str, cx: &mut Extract<'_>) {
    let holder = if holder.is_empty() { file_stem(&cx.file.path) } else { holder };
    let part = SinkPart::new(Node::text(path, node.span()), Tri::Yes, label);
    super::emit(SinkKind::Answer, Ref::new(Scope::Global, [holder, method]), model, part, node.span(), cx);
}

/// `userservice` of `src/users/user.service.ts`.
fn file_stem(path: &str) -> SmolStr {
    let name = path.rsplit('/').next().unwrap_or(path);
    letters(name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

/// Whether a decorator of a method, or of its class, says in which form its answers go out.
fn is_serialized(function: Syntax<'_>) -> bool {
    let says = |node: Syntax<'_>| {
        decorators_of(node).any(|mark| {
            // What writes down that something was asked leaves the answer as it is.
            let text = mark.text().replace("LoggingInterceptor", "").replace("LoggerInterceptor", "").replace("UseInterceptors", "");
            let text = text.replace("FileInterceptor", "").replace("FilesInterceptor", "");
            ["erializ", "Interceptor", "Transform", "Dto"].iter().any(|word| text.contains(word) && !text.starts_with("@Api"))
        })
    };
    says(function) || function.ancestors().find(|outer| outer.kind().is_class()).is_some_and(says)
}

/// Whether a handler takes a password out of what it has found.
fn takes_out(handler: Syntax<'_>) -> bool {
    // `const changes = { ...req.body }; delete changes.password` takes it out of what was sent.
    let is_sent = |name: &str| {
        let mut made = handler.below().filter(|node| node.kind() == Kind::VariableDeclarator);
        let made = made.find(|made| made.field(Field::Name).is_some_and(|own| own.text() == name));
        made.and_then(|made| made.field(Field::Value)).is_some_and(|value| value.text().contains("req.body"))
    };
    handler.below().any(|node| match node.kind() {
        Kind::Unary => {
            let rest = node.text().strip_prefix("delete ").unwrap_or_default();
            rest.to_ascii_lowercase().contains("passw") && !is_sent(rest.split(['.', '[']).next().unwrap_or_default())
        }
        Kind::Assignment => {
            let target = node.field(Field::Left).and_then(|left| left.field(Field::Property)).map_or("", Syntax::text);
            let value = node.field(Field::Right).map(Syntax::kind);
            target.to_ascii_lowercase().contains("passw") && matches!(value, Some(Kind::Undefined | Kind::Null | Kind::String))
        }
        _ => false,
    })
}

/// The models whose records a value is, that of the query first.
type Models = SmallVec<[SmolStr; 2]>;

/// The model that a value is a record of, or a list of records.
fn record<'t>(module: &Module<'t>, value: Syntax<'t>, left: u32) -> Option<Models> {
    let left = left.checked_sub(1)?;
    match value.kind() {
        Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As => record(module, value.first()?, left),
        Kind::Identifier | Kind::ShorthandProperty => {
            let declaration = module.lookup(value.text(), value)?;
            if module.is_reassigned(declaration) {
                return reassigned(module, declaration, left);
            }
            match &declaration.form {
                // `{ password, ...rest }`.
                Form::Variable(..) if declaration.name.parent().is_some_and(|outer| outer.kind() == Kind::RestPattern) => None,
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
            // `new UserEntity(user)` writes what its class says.
            let is_model = class.text().starts_with(|char: char| char.is_ascii_uppercase());
            is_model.then(|| model::stem(class.text())).filter(|stem| stem.len() == class.text().len()).map(alone)
        }
        Kind::Call => of_call(module, value, left),
        _ => None,
    }
}

/// The model of a variable that is given several values, if all of them are its records.
fn reassigned<'t>(module: &Module<'t>, declaration: &Declaration<'t>, left: u32) -> Option<Models> {
    const MOST: usize = 4;
    let first = match &declaration.form {
        Form::Variable(made, path) if path.is_empty() => *made,
        _ => return None,
    };
    let given = module.assignments(declaration);
    let values = first.into_iter().chain(given.iter().filter_map(|given| given.field(Field::Right)));
    let mut values = values.filter(|value| !matches!(value.kind(), Kind::Null | Kind::Undefined));
    let model = record(module, values.next()?, left)?;
    (given.len() <= MOST && values.all(|value| record(module, value, left).as_ref() == Some(&model))).then_some(model)
}

/// What a query answers with; of a chain behind it, what does not choose columns is looked through.
fn of_call<'t>(module: &Module<'t>, call: Syntax<'t>, left: u32) -> Option<Models> {
    let name = called_name(call);
    let before = || call.field(Field::Function)?.field(Field::Object);
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    match name {
        // What a repository of `TypeORM` saves, it gives back as it was handed over.
        "save" if model::is_of_repository(module, call) => record(module, arguments.next()?, left),
        "lean" | "exec" | "sort" | "limit" | "skip" | "populate" | "toArray" | "toObject" | "toJSON" | "save" => {
            let mut models = record(module, before()?, left)?;
            // `populate('user')`: the other record, whole, unless its columns are named.
            let path = arguments.next().filter(|path| name == "populate" && path.kind() == Kind::String);
            models.extend(path.filter(|_| arguments.next().is_none()).map(|path| model::stem(unquoted(path))));
            Some(models)
        }
        "get" if arguments.next().is_none_or(|first| first.kind() == Kind::Object && first.text().contains("plain")) => {
            record(module, before()?, left)
        }
        "find" | "findOne" | "findById" | "findAll" | "findByPk" | "findMany" | "findUnique" | "findFirst" | "findOneBy" | "create"
        | "findOneAndUpdate" | "findByIdAndUpdate" | "findAndCountAll" | "findUniqueOrThrow" | "findFirstOrThrow" | "findOneOrFail"
        | "findOneByOrFail" | "findBy" | "findByIdAndDelete" | "update" | "delete" | "upsert" => {
            if matches!(name, "update" | "delete" | "upsert") && !is_of_prisma(call) {
                return None;
            }
            let mut given = arguments.filter(|argument| !argument.kind().is_function());
            let first = given.next();
            // What is created is whatever was handed in.
            let is_made_of = |first: Syntax<'t>| name == "create" && first.kind() == Kind::Identifier;
            let chooses = first.into_iter().any(|first| chooses(first) && !is_made_of(first))
                || given.any(|more| more.kind() == Kind::String || chooses(more) || is_projection(name, more));
            let mut models = alone(model::of_receiver(module, call).filter(|_| !chooses)?);
            models.extend(first.into_iter().filter_map(|options| value_of(options, "include")).flat_map(included));
            Some(models)
        }
        "all" | "get" if let Some(statement) = carried::prepared(module, call) => of_statement(module, statement).map(alone),
        "query" | "execute" | "all" | "get" | "one" | "oneOrNone" | "any" | "many" | "manyOrNone" | "queryOne" | "queryAll"
        | "queryRow" | "fetchOne" | "fetchAll" | "getOne" | "selectOne" | "q" | "runQuery" | "executeQuery"
            if call.field(Field::Arguments)?.first().is_some() =>
        {
            of_statement(module, call.field(Field::Arguments)?.first()?).map(alone)
        }
        "from" | "where" | "first" | "returning" | "orderBy" | "execute" | "get" | "all" | "innerJoin" | "leftJoin" => {
            of_builder(call).map(alone)
        }
        _ => None,
    }
}

/// The models whose records an `include` of Sequelize brings along, every column of them.
fn included(include: Syntax<'_>) -> SmallVec<[SmolStr; 2]> {
    let named = |one: Syntax<'_>| {
        let one = if one.kind() == Kind::Object {
            if chooses(one) {
                return None;
            }
            value_of(one, "model")?
        } else {
            one
        };
        match one.kind() {
            Kind::String => Some(model::stem(unquoted(one))),
            Kind::Identifier => Some(model::stem(one.text())),
            Kind::Member => one.field(Field::Property).map(|name| model::stem(name.text())),
            _ => None,
        }
    };
    match include.kind() {
        Kind::Array => include.children().take(8).filter_map(named).collect(),
        // Of Prisma: `{ user: true }`.
        Kind::Object if value_of(include, "model").is_none() => {
            let whole = |entry: &Syntax<'_>| entry.field(Field::Value).is_some_and(|value| value.kind() == Kind::True);
            include.children().filter(whole).filter_map(|entry| entry.field(Field::Key)).map(|key| model::stem(unquoted(key))).collect()
        }
        _ => named(include).into_iter().collect(),
    }
}

fn alone(model: SmolStr) -> Models {
    std::iter::once(model).collect()
}

/// `prisma.user.update({ where, data })`, which answers with the record.
fn is_of_prisma(call: Syntax<'_>) -> bool {
    let first = call.field(Field::Arguments).and_then(Syntax::first);
    first.is_some_and(|options| crate::extract::typescript::sinks::has_key(options, "where"))
}

/// The table of `db.select().from(users).where(…)` and of `knex('users').where({ id }).first()`, where no link names
/// columns.
fn of_builder(call: Syntax<'_>) -> Option<SmolStr> {
    const MAX_LINKS: usize = 12;
    let links = std::iter::successors(Some(call), |call| {
        call.field(Field::Function)?.field(Field::Object).filter(|object| object.kind() == Kind::Call)
    });
    let (mut table, mut reads) = (None, false);
    for link in links.take(MAX_LINKS) {
        let first = link.field(Field::Arguments)?.first();
        match (called_name(link), first) {
            ("select" | "returning", None) => reads = true,
            ("select" | "returning", Some(first)) if unquoted(first) == "*" => reads = true,
            ("select" | "returning" | "column" | "columns" | "pluck" | "count" | "max" | "min" | "sum" | "del" | "delete", _) => {
                return None;
            }
            ("from" | "insert" | "update", Some(first)) if first.kind() == Kind::Identifier => table = Some(model::stem(first.text())),
            ("knex" | "db" | "trx", Some(first)) if first.kind() == Kind::String => {
                table = Some(model::stem(unquoted(first)));
                // A query of knex reads every column unless it says which.
                reads |= matches!(called_name(call), "first" | "where" | "orderBy");
            }
            ("innerJoin" | "leftJoin" | "join" | "insert" | "update", _) => return None,
            _ => {}
        }
    }
    table.filter(|_| reads)
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
    // `INSERT INTO users (…) VALUES (…) RETURNING *`.
    let returning = || {
        let before = [("insert into", "INTO"), ("update ", "UPDATE"), ("delete from", "FROM")];
        let (_, word) = before.into_iter().find(|(verb, _)| lower.starts_with(verb))?;
        Some((lower.rsplit_once("returning")?.1, model::table_behind(text, word)?))
    };
    let (columns, table) = match lower.strip_prefix("select ") {
        Some(rest) => (rest.split(" from ").next()?, model::of_statement(text)?),
        None => returning()?,
    };
    let asks_for_all = columns.split(',').any(|column| {
        let column = column.trim().trim_matches(['`', '"', ';']);
        column == "*" || column.ends_with(".*") && !lower.contains(" join ") || names_password(column.rsplit('.').next().unwrap_or(column))
    });
    asks_for_all.then_some(table)
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
fn of_callback<'t>(module: &Module<'t>, parameter: Syntax<'t>, left: u32) -> Option<Models> {
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
