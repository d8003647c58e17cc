//! What is done with a collection as a whole: all of its rows are read, or one is added that is somebody's by the word of
//! whoever asks.

use smol_str::SmolStr;

use super::caller::is_owner;
use super::handler::Handler;
use super::{found, model};
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::extract::typescript::sinks::{called_name, value_of};
use crate::parse::typescript::{Field, Kind, Syntax};

/// What may be said of rows without choosing any of them.
const NO_CHOICE: [&str; 14] = [
    "relations",
    "include",
    "order",
    "orderBy",
    "select",
    "attributes",
    "take",
    "skip",
    "limit",
    "offset",
    "populate",
    "sort",
    "with",
    "cache",
];
/// Steps from a column to what names whoever it holds.
const MAX_STEPS: usize = 8;

/// The model of which a call reads every record: `Order.find()`, `prisma.order.findMany({ include })`,
/// `db.query('select * from orders')`.
pub(super) fn read<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<SmolStr> {
    if let Some((statement, _)) = found::bound(module, call) {
        let text = statement.text().to_ascii_lowercase();
        let is_whole = text.contains("select ") && !["where", " limit 1", "count(", "join "].iter().any(|word| text.contains(word));
        return is_whole.then(|| model::of_statement(statement)).flatten();
    }
    if !matches!(called_name(call), "find" | "findAll" | "findMany" | "findAndCountAll" | "findAndCount") {
        return None;
    }
    let arguments = call.field(Field::Arguments).filter(|list| list.kind() == Kind::Arguments)?;
    let chooses = |entry: Syntax<'t>| !entry.field(Field::Key).is_some_and(|key| NO_CHOICE.contains(&unquoted(key)));
    let is_whole = match arguments.first() {
        Some(options) => options.kind() == Kind::Object && !options.children().any(chooses),
        None => true,
    };
    let mut chain = call.ancestors().take_while(|outer| matches!(outer.kind(), Kind::Member | Kind::Call));
    let is_narrowed =
        chain.any(|outer| outer.kind() == Kind::Call && matches!(called_name(outer), "where" | "and" | "or" | "equals" | "filter"));
    model::of_receiver(module, call).filter(|_| is_whole && !is_narrowed)
}

/// A record that is added for somebody.
pub(super) struct Added<'t> {
    /// What it is.
    pub model: SmolStr,
    /// What names whoever it is for.
    pub by: Syntax<'t>,
}

/// What a call adds for whoever something names: `new Order({ customerId })`, `orders.create({ user })` of
/// `const user = await users.findOne(dto.userId)`.
pub(super) fn added<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<Added<'t>> {
    let made = call.field(Field::Constructor).filter(|made| call.kind() == Kind::New && made.kind() == Kind::Identifier);
    if made.is_none() && !matches!(called_name(call), "create" | "insert" | "insertOne" | "save") {
        return None;
    }
    let first = call.field(Field::Arguments)?.first().filter(|first| first.kind() == Kind::Object)?;
    let columns = value_of(first, "data").filter(|data| data.kind() == Kind::Object).unwrap_or(first);
    let holds_owner = |name: &str| is_owner(name) || matches!(name, "user" | "owner" | "customer" | "buyer");
    let holder = columns.children().find_map(|entry| match entry.kind() {
        Kind::ShorthandProperty => holds_owner(entry.text()).then_some(entry),
        _ => entry.field(Field::Value).filter(|_| entry.field(Field::Key).is_some_and(|key| holds_owner(unquoted(key)))),
    })?;
    let model = match made {
        Some(made) => model::stem(made.text()),
        None => model::of_receiver(module, call)?,
    };
    Some(Added { model, by: named_by(module, holder)? })
}

/// What names whoever a column holds: the id of a record that was looked up by it.
fn named_by<'t>(module: &Module<'t>, holder: Syntax<'t>) -> Option<Syntax<'t>> {
    let mut at = holder;
    for _ in 0..MAX_STEPS {
        at = match at.kind() {
            Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As => at.first()?,
            // `{ connect: { id } }`, `{ where: { id: dto.userId } }`.
            Kind::Object => {
                let only = at.children().next().filter(|_| at.children().count() == 1)?;
                match only.kind() {
                    Kind::ShorthandProperty => return Some(only),
                    _ => only.field(Field::Value)?,
                }
            }
            Kind::Call | Kind::New if matches!(called_name(at), "String" | "Number" | "ObjectId" | "parseInt" | "BigInt") => {
                at.field(Field::Arguments)?.first()?
            }
            Kind::Call if ["find", "get"].iter().any(|verb| called_name(at).starts_with(verb)) => at.field(Field::Arguments)?.first()?,
            Kind::Identifier | Kind::ShorthandProperty => match &module.lookup(at.text(), at)?.form {
                Form::Variable(Some(made), path) if path.is_empty() && !module.lookup(at.text(), at)?.top => *made,
                _ => return Some(at),
            },
            Kind::Member => return Some(at),
            _ => return None,
        };
    }
    None
}

/// The member of what is handed over that a name is: `userId` of `dto.userId`, of `const { userId } = dto`.
pub(super) fn member<'t>(module: &Module<'t>, name: Syntax<'t>) -> Option<&'t str> {
    match name.kind() {
        Kind::Member => Some(name.field(Field::Property)?.text()),
        _ => match &module.lookup(name.text(), name)?.form {
            Form::Variable(Some(made), path) if made.kind() == Kind::Identifier && path.len() == 1 => path.first().copied(),
            _ => None,
        },
    }
}

/// Whether a handler chooses whom a record is added for by what its request says.
pub(super) fn is_chosen<'t>(module: &Module<'t>, handler: &Handler<'t>, added: &Added<'t>) -> bool {
    handler.sent(module, added.by).is_some()
}
