//! Passwords that a store is asked for, or handed, as they were typed: `find({ name, password })`, `WHERE password = ?`.
//! Whether what is handed is a password of a request, and none that was hashed on the way, is told once it is resolved
//! (`lower::sinks::plain`).

use smol_str::SmolStr;

use super::records::model;
use super::{Around, called_name, owner, value_of};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{FactKind, Node, Sink, SinkKind, SinkPart};
use crate::lower::words::{names_password, stem_of_model};
use crate::parse::typescript::{Field, Kind, Syntax};

/// The longest filter or statement that is looked at, in bytes.
const MAX_TEXT: usize = 2_000;
/// Values of one statement that are looked at.
const MAX_VALUES: usize = 24;
/// Nodes of a function that is searched for each value in it; in a larger one, another may be written.
const MAX_SIZE: usize = 20_000;

/// Emits a call that asks a store for a password, or writes one in a statement of SQL.
pub(super) fn emit<'t>(around: &Around<'_, 't>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let is_method = call.field(Field::Function).is_some_and(|function| function.kind() == Kind::Member);
    match called_name(call) {
        _ if !is_method => {}
        _ if call.kind() == Kind::New => {}
        "find" | "findOne" | "findAll" | "findFirst" | "findUnique" | "findFirstOrThrow" | "findUniqueOrThrow" | "findOneBy" | "findBy"
        | "findOneOrFail" | "findAndCountAll" | "count" | "countDocuments" | "exists" | "where" => filter(around, call, cx),
        "query" | "execute" | "run" | "get" | "all" | "one" | "oneOrNone" | "none" | "any" | "many" | "manyOrNone" | "raw"
        | "$queryRawUnsafe" | "$executeRawUnsafe" => statement(around, call, cx),
        "create" | "insert" | "insertOne" | "insertMany" | "save" | "update" | "updateOne" | "updateMany" | "upsert"
        | "findOneAndUpdate" | "findByIdAndUpdate" | "findOrCreate" | "build" => kept(around, call, cx),
        _ => {}
    }
}

/// `User.create({ login, password })`, `prisma.user.update({ where, data: { password } })`,
/// `users.updateOne({ _id }, { $set: { password } })`, `new User({ login, password })`: a record that is handed a password.
/// Whether its model hashes it, the rule asks.
fn kept<'t>(around: &Around<'_, 't>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children).take(3);
    let receiver = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    let of_driver = receiver.is_some_and(|on| on.kind() == Kind::Call && called_name(on) == "collection" || is_collection(module, on));
    let Some(model) = (if call.kind() == Kind::New { made_model(call) } else { model::of_receiver(module, call) }) else { return };
    if hashes(call) {
        return;
    }
    let Some(entry) = arguments.find_map(|argument| password_in(module, argument, 3)) else { return };
    let value = entry.field(Field::Value).or_else(|| entry.field(Field::Right)).unwrap_or(entry);
    if is_made_anew(value) {
        return;
    }
    let parts = around.given(value, if of_driver { "written" } else { "kept" });
    let Some(callee) = module.callee_of(call).filter(|_| !parts.is_empty()) else { return };
    let options = Some(Node::text(model, call.span()));
    let owner = owner(entry, &callee);
    cx.fact(entry.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options }));
}

/// `new User({ … })`.
pub(super) fn made<'t>(around: &Around<'_, 't>, made: Syntax<'t>, cx: &mut Extract<'_>) {
    if made_model(made).is_some() {
        kept(around, made, cx);
    }
}

fn made_model(made: Syntax<'_>) -> Option<SmolStr> {
    let class = made.field(Field::Constructor)?;
    let class = class.field(Field::Property).unwrap_or(class).text();
    let record = made.field(Field::Arguments)?.first()?;
    (class.starts_with(|char: char| char.is_ascii_uppercase()) && record.kind() == Kind::Object).then(|| stem_of_model(class))
}

/// `users` of `const users = db.collection('users')`.
fn is_collection<'t>(module: &Module<'t>, on: Syntax<'t>) -> bool {
    variable(module, on).is_some_and(|made| made.kind() == Kind::Call && called_name(made) == "collection")
}

/// The entry of a record, or the assignment to a member of one, that is its password.
fn password_in<'t>(module: &Module<'t>, value: Syntax<'t>, depth: u32) -> Option<Syntax<'t>> {
    let depth = depth.checked_sub(1)?;
    if value.kind() == Kind::Identifier {
        let declared = module.lookup(value.text(), value)?;
        let is_password = |left: Syntax<'t>| left.field(Field::Property).is_some_and(|name| names_password(name.text()));
        let mut written = module.member_assignments(declared).iter().filter(|written| written.field(Field::Left).is_some_and(is_password));
        let last = written.next_back().copied();
        return last.or_else(|| match &declared.form {
            Form::Variable(Some(made), path) if path.is_empty() && made.kind() == Kind::Object => password_in(module, *made, depth),
            _ => None,
        });
    }
    let entries = || value.children().filter(|_| value.kind() == Kind::Object);
    let name = |entry: Syntax<'t>| unquoted(entry.field(Field::Key).unwrap_or(entry));
    entries().find(|entry| entry.kind() != Kind::Spread && names_password(name(*entry))).or_else(|| {
        let inner = entries().filter(|entry| matches!(name(*entry), "data" | "$set" | "defaults" | "create" | "set"));
        inner.map(|entry| entry.field(Field::Value).unwrap_or(entry)).find_map(|inner| password_in(module, inner, depth))
    })
}

/// Whether a function around a place calls something that hashes, or encrypts a password.
fn hashes(place: Syntax<'_>) -> bool {
    const WORDS: [&str; 9] = ["hash", "bcrypt", "scrypt", "argon", "pbkdf", "salt", "digest", "derive", "hmac"];
    const LONGEST: usize = 40;
    let makes_other = |call: Syntax<'_>| {
        let function = call.field(Field::Function).or_else(|| call.field(Field::Constructor));
        let name = function.map_or("", Syntax::text);
        let name = name.get(name.len().saturating_sub(LONGEST)..).unwrap_or(name).to_ascii_lowercase();
        let is_handed_password = || call.field(Field::Arguments).is_some_and(|given| given.text().contains("assword"));
        WORDS.iter().any(|word| name.contains(word)) || name.contains("crypt") && is_handed_password()
    };
    // Callbacks belong to the function that hands them over; what is around that has other functions too.
    let is_callback = |function: Syntax<'_>| function.parent().is_some_and(|outer| outer.kind() == Kind::Arguments);
    let functions = || place.ancestors().filter(|outer| outer.kind().is_function());
    let own = functions().position(|function| !is_callback(function)).map_or(usize::MAX, |at| at + 1);
    functions().take(own).any(|function| {
        function.size() > MAX_SIZE || function.below().filter(|node| matches!(node.kind(), Kind::Call | Kind::New)).any(makes_other)
    })
}

/// `User.findOne({ name, password: req.body.password })`, below `where` too.
fn filter<'t>(around: &Around<'_, 't>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(first) = call.field(Field::Arguments).and_then(Syntax::first) else { return };
    let Some(filter) = variable(around.module, first).filter(|filter| filter.kind() == Kind::Object && may_name_password(*filter)) else {
        return;
    };
    let inner = value_of(filter, "where").and_then(|inner| variable(around.module, inner)).unwrap_or(filter);
    for entry in inner.children() {
        let key = entry.field(Field::Key).unwrap_or(entry);
        let value = entry.field(Field::Value).unwrap_or(entry);
        if names_password(unquoted(key)) && !is_made_anew(value) {
            report(around, entry, call, around.given(value, "asked"), cx);
        }
    }
}

/// `db.query('SELECT … WHERE password = ?', [name, password])`, `db.prepare('…').get(name, password)`.
fn statement<'t>(around: &Around<'_, 't>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    let mut arguments: Vec<Syntax<'t>> = call.field(Field::Arguments).into_iter().flat_map(Syntax::children).take(MAX_VALUES).collect();
    let on = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    let prepared = on.and_then(|on| variable(module, on)).filter(|on| on.kind() == Kind::Call && called_name(*on) == "prepare");
    let text = match prepared {
        Some(prepare) => prepare.field(Field::Arguments).and_then(Syntax::first),
        None if arguments.is_empty() => None,
        None => Some(arguments.remove(0)),
    };
    let is_text = |text: &Syntax<'t>| matches!(text.kind(), Kind::String | Kind::TemplateString | Kind::Binary) && may_name_password(*text);
    let Some(text) = text.and_then(|text| variable(module, text)).filter(is_text) else { return };
    let mut parts = vec![SinkPart::new(module.lower(text), crate::ir::Tri::Maybe, "statement")];
    let values = arguments.first().and_then(|first| variable(module, *first));
    match values.map(|values| (values, values.kind())) {
        Some((list, Kind::Array)) => {
            for (at, value) in list.children().take(MAX_VALUES).enumerate() {
                parts.extend(named(around, value, &format!("{}", at + 1)));
            }
        }
        Some((object, Kind::Object)) => {
            let inner = ["replacements", "bind"].iter().find_map(|key| value_of(object, key)).unwrap_or(object);
            for (at, entry) in inner.children().take(MAX_VALUES).enumerate() {
                let name = entry.field(Field::Key).map_or_else(|| format!("{}", at + 1), |key| unquoted(key).to_owned());
                let name = if entry.kind() == Kind::ShorthandProperty { entry.text().to_owned() } else { name };
                parts.extend(named(around, entry.field(Field::Value).unwrap_or(entry), &name));
            }
        }
        Some(_) => {
            for (at, value) in arguments.iter().filter(|value| !value.kind().is_function()).enumerate() {
                parts.extend(named(around, *value, &format!("{}", at + 1)));
            }
        }
        None => return,
    }
    report(around, call, call, parts, cx);
}

/// A value of a statement, by its place or its name.
fn named<'t>(around: &Around<'_, 't>, value: Syntax<'t>, name: &str) -> Vec<SinkPart> {
    if is_made_anew(value) { Vec::new() } else { around.given(value, name) }
}

fn report<'t>(around: &Around<'_, 't>, place: Syntax<'t>, call: Syntax<'t>, parts: Vec<SinkPart>, cx: &mut Extract<'_>) {
    let Some(callee) = around.module.callee_of(call).filter(|_| !parts.is_empty()) else { return };
    let owner = owner(place, &callee);
    cx.fact(place.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
}

/// Whether the function around a value writes another in its place: `req.body.password = hash(req.body.password)`.
fn is_made_anew(value: Syntax<'_>) -> bool {
    let function = value.ancestors().find(|outer| outer.kind().is_function());
    let writes =
        |node: Syntax<'_>| node.kind() == Kind::Assignment && node.field(Field::Left).is_some_and(|left| left.text() == value.text());
    value.kind() == Kind::Member && function.is_some_and(|function| function.size() > MAX_SIZE || function.below().any(writes))
}

/// What a name is given where it is declared, or the value itself.
fn variable<'t>(module: &Module<'t>, value: Syntax<'t>) -> Option<Syntax<'t>> {
    if value.kind() != Kind::Identifier {
        return Some(value);
    }
    match &module.lookup(value.text(), value)?.form {
        Form::Variable(Some(made), path) if path.is_empty() => Some(*made),
        _ => Some(value),
    }
}

fn may_name_password(node: Syntax<'_>) -> bool {
    let text = node.text();
    text.len() <= MAX_TEXT && ["assw", "ASSW", "pwd", "PWD"].iter().any(|word| text.contains(word))
}
