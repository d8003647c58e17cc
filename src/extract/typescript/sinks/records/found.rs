//! Records that a handler, or a function that it hands an id to, asks a store for.

use smol_str::SmolStr;

use super::caller::{Asked, OWNERS, tells_of_caller};
use super::chain::{self, Said};
use super::handler::Handler;
use super::model;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::extract::typescript::sinks::{called_name, handed, rows};
use crate::ir::{Node, NodeKind, Taken};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Columns that hold whose a record is.
const HOLDERS: [&str; 7] = ["user", "owner", "author", "createdBy", "created_by", "customer", "UserId"];

/// One record, or those of one owner, as a handler finds it.
pub(super) struct Lookup {
    /// What it is a record of.
    pub model: SmolStr,
    /// By which method.
    pub method: SmolStr,
    /// What of the request names it.
    pub by: Node,
    /// Whether it is asked for, or compared, with the caller.
    pub is_own: bool,
    /// The parameters that name it.
    pub taken: Vec<Taken>,
}

impl Lookup {
    /// What a call looks up. Handlers that look at their caller for something else say nothing.
    pub(super) fn of<'t>(module: &Module<'t>, call: Syntax<'t>, handler: &Handler<'t>, asked: &Asked<'t>) -> Option<Self> {
        let method = called_name(call);
        let filter = Filter::of(module, call, method)?;
        // Whoever `requireUser()` gives: an owner whom the request does not name.
        let filter = filter.with_owners(|value| is_of_caller(module, handler, value));
        let of_known = || filter.owners.iter().any(|owner| owner.kind() == Kind::Member && handler.sent(module, *owner).is_none());
        let of_caller = filter.values().any(|value| is_of_caller(module, handler, value)) || of_known();
        let is_own = of_caller || asked.is_known() && is_compared(handler.function);
        let is_found_for_caller = || filter.values().any(|value| is_put_on(handler.request, value));
        if !is_own && (asked.is_known() || is_found_for_caller()) {
            return None;
        }
        let named = filter.named(module, handler);
        let by = match named {
            Some(name) => Node::new(call.span(), NodeKind::Ref(name)),
            None if of_caller => Node::text("", call.span()),
            None => return None,
        };
        let model = filter.model_by(|value| handler.sent(module, value).is_some());
        Some(Self { model, method: SmolStr::new(method), by, is_own, taken: Vec::new() })
    }

    /// What a call of a function looks up by an id that the function is handed. One that is handed somebody, too, may
    /// ask whose the record is.
    pub(super) fn of_service<'t>(module: &Module<'t>, call: Syntax<'t>, function: Syntax<'t>) -> Option<Self> {
        let method = called_name(call);
        let filter = Filter::of(module, call, method)?;
        let by = filter.ids.first().map(|(_, value)| *value);
        let is_own = !filter.owners.is_empty();
        if !is_own && (by.is_none() || is_handed_somebody(function)) {
            return None;
        }
        let taken = by.map_or_else(Vec::new, |by| handed::taken(module, by));
        if !is_own && (taken.is_empty() || is_compared(function)) {
            return None;
        }
        let by = by.map_or_else(|| Node::text("", call.span()), |by| module.lower(by));
        let model = filter.model_by(|_| true);
        Some(Self { model, method: SmolStr::new(method), by, is_own, taken })
    }
}

/// The statement of SQL that a call is the tag of.
fn tagged(call: Syntax<'_>) -> Option<Syntax<'_>> {
    call.field(Field::Arguments).filter(|text| text.kind() == Kind::TemplateString && model::is_statement(*text))
}

/// Whether it is seen what a call without a statement is about: most calls of such names ask no store.
pub(super) fn has_model<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    chain::is_condition(called_name(call)) || model::of_receiver(module, call).is_some()
}

/// Whether a call hands a statement of SQL over, with its values.
pub(super) fn is_statement<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    Bound::of(module, call).is_some()
}

/// Whether a parameter of a function is somebody: the caller, or where they are from.
fn is_handed_somebody(function: Syntax<'_>) -> bool {
    const SOMEBODY: [&str; 16] = [
        "user",
        "owner",
        "caller",
        "actor",
        "session",
        "auth",
        "ctx",
        "context",
        "requester",
        "viewer",
        "account",
        "tenant",
        "org",
        "team",
        "author",
        "where",
    ];
    let parameters = function.field(Field::Parameters).map(Syntax::text).unwrap_or_default().to_ascii_lowercase();
    SOMEBODY.iter().any(|word| parameters.contains(word))
}

/// By what records are chosen.
struct Filter<'t> {
    model: SmolStr,
    /// The values that stand for an id, by themselves or under its name.
    ids: Vec<(&'t str, Syntax<'t>)>,
    /// Those that say whose it is.
    owners: Vec<Syntax<'t>>,
    /// All others.
    others: Vec<Syntax<'t>>,
    /// Whether what is added says something of what the record belongs to.
    is_within: bool,
}

impl<'t> Filter<'t> {
    fn of(module: &Module<'t>, call: Syntax<'t>, method: &str) -> Option<Self> {
        if chain::is_condition(method) {
            let mut found = Self::new(chain::model(module, call)?);
            let mut said = Vec::new();
            chain::conditions(call, &mut said);
            found.add_said(said);
            return Some(found);
        }
        if let Some(statement) = tagged(call) {
            return Self::of_tagged(statement);
        }
        if let Some(bound) = Bound::of(module, call) {
            return Self::of_bound(&bound);
        }
        if !is_lookup(method) {
            return None;
        }
        let arguments: Vec<Syntax<'t>> = call.field(Field::Arguments)?.children().take(4).collect();
        let first = *arguments.first()?;
        let mut found = Self::new(model::of_receiver(module, call)?);
        let filter = arguments.iter().find_map(|argument| value_of(*argument, "where")).unwrap_or(first);
        match filter.kind() {
            Kind::Object => filter.children().for_each(|entry| found.add(entry)),
            Kind::Call if matches!(called_name(filter), "and" | "eq") => {
                let mut said = Vec::new();
                chain::condition(filter, &mut said);
                found.add_said(said);
            }
            _ if is_by_key(method) => found.ids.push(("", filter)),
            _ => {}
        }
        Some(found)
    }

    /// `` sql`select * from messages where id = ${id} and recipient = ${me.id}` ``: each value by the column before it.
    fn of_tagged(statement: Syntax<'t>) -> Option<Self> {
        let mut found = Self::new(model::of_statement(statement)?);
        found.add_holes(statement);
        Some(found)
    }

    /// A statement that is handed over with its values.
    fn of_bound(bound: &Bound<'t>) -> Option<Self> {
        let mut found = Self::new(model::of_statement(bound.statement)?);
        found.add_holes(bound.statement);
        let columns = model::compared(bound.statement);
        if columns.is_empty() {
            match model::id_of_statement(bound.statement) {
                Some(name) => bound.values.iter().for_each(|value| found.add_named(name, *value)),
                None => found.others.extend(&bound.values),
            }
        }
        for (column, slot) in columns {
            bound.value(slot).into_iter().for_each(|value| found.add_named(column, value));
        }
        Some(found)
    }

    /// Adds the values that are written into a statement, each by the column before it.
    fn add_holes(&mut self, statement: Syntax<'t>) {
        let text = statement.text();
        for hole in statement.children().filter(|part| part.kind() == Kind::Substitution) {
            let before = text.get(..(hole.start() - statement.start()) as usize).and_then(model::column_before);
            match (before, hole.first()) {
                (Some(column), Some(value)) => self.add_named(column, value),
                (None, Some(value)) => self.others.push(value),
                _ => {}
            }
        }
    }

    /// The same, with what tells of the caller among the owners, whatever the column is called: `club_id = ctx.club.id`.
    fn with_owners(mut self, tells: impl Fn(Syntax<'t>) -> bool) -> Self {
        let (owners, ids) =
            std::mem::take(&mut self.ids).into_iter().partition(|(name, value)| model::of_id(name).is_some() && tells(*value));
        self.ids = ids;
        self.owners.extend(owners.into_iter().map(|(_, value): (&str, Syntax<'t>)| value));
        self
    }

    /// What is looked up: by the id of something else, that.
    fn model_by(&self, chooses: impl Fn(Syntax<'t>) -> bool) -> SmolStr {
        let by = self.ids.iter().filter(|(_, value)| chooses(*value)).find_map(|(name, _)| model::of_id(name));
        by.unwrap_or_else(|| self.model.clone())
    }

    fn new(model: SmolStr) -> Self {
        Self { model, ids: Vec::new(), owners: Vec::new(), others: Vec::new(), is_within: false }
    }

    fn add_said(&mut self, said: Vec<Said<'t>>) {
        for said in said {
            match said {
                Said::Entry(entry) => self.add(entry),
                Said::Column(name, value) => self.add_named(name, value),
            }
        }
    }

    fn add(&mut self, entry: Syntax<'t>) {
        let (key, value) = match entry.kind() {
            Kind::ShorthandProperty => (entry.text(), entry),
            Kind::Pair => match (entry.field(Field::Key), entry.field(Field::Value)) {
                (Some(key), Some(value)) => (unquoted(key), value),
                _ => return,
            },
            _ => return,
        };
        match value.kind() {
            // Of a relation, whose it is; of a key of several columns, each: `where: { userId_lessonId: { userId, lessonId } }`.
            Kind::Object if !self.is_within => {
                self.is_within = !key.contains('_');
                value.children().for_each(|inner| self.add(inner));
                self.is_within = false;
            }
            Kind::Array if key == "AND" => value.children().flat_map(Syntax::children).for_each(|inner| self.add(inner)),
            _ => self.add_named(key, value),
        }
    }

    /// Adds a value by what it stands under: the id of something else is that of what is asked for, the id of an owner
    /// says who asks.
    fn add_named(&mut self, key: &'t str, value: Syntax<'t>) {
        if OWNERS.contains(&key) || HOLDERS.contains(&key) {
            return self.owners.push(value);
        }
        if self.is_within || !model::is_id(key) {
            return self.others.push(value);
        }
        self.ids.push((key, value));
    }

    fn values(&self) -> impl Iterator<Item = Syntax<'t>> + '_ {
        self.ids.iter().map(|(_, value)| value).chain(&self.owners).chain(&self.others).copied()
    }

    /// The part of the request that chooses: an id, or whose records are asked for.
    fn named(&self, module: &Module<'t>, handler: &Handler<'t>) -> Option<crate::ir::Ref> {
        let owner = self.owners.first().filter(|_| self.ids.is_empty());
        self.ids.iter().map(|(_, value)| value).chain(owner).find_map(|value| handler.sent(module, *value))
    }
}

/// A statement of SQL with the values that go along with it.
struct Bound<'t> {
    statement: Syntax<'t>,
    values: Vec<Syntax<'t>>,
}

impl<'t> Bound<'t> {
    /// `rows('select … where id = $1', [id])`, `all(app, 'select …', [id])`, `db.prepare('select …').bind(id)`.
    fn of(module: &Module<'t>, call: Syntax<'t>) -> Option<Self> {
        let list = call.field(Field::Arguments).filter(|list| list.kind() == Kind::Arguments)?;
        let mut arguments = list.children();
        let found = arguments.by_ref().take(2).find(|argument| model::is_statement(*argument));
        if found.is_some_and(|_| matches!(super::super::root_name(call), "console" | "logger" | "log")) {
            return None;
        }
        let (statement, given): (Syntax<'t>, Vec<Syntax<'t>>) = match found {
            Some(statement) => (statement, arguments.collect()),
            None if matches!(called_name(call), "bind" | "get" | "all" | "run" | "iterate") => {
                let object = call.field(Field::Function)?.field(Field::Object)?;
                let prepared = rows::maker(module, object).filter(|made| called_name(*made) == "prepare")?;
                (prepared.field(Field::Arguments)?.first().filter(|first| model::is_statement(*first))?, list.children().collect())
            }
            None => return None,
        };
        let given = given.into_iter().filter(|value| !value.kind().is_function());
        let values = given.flat_map(|value| if value.kind() == Kind::Array { value.children().collect() } else { vec![value] });
        Some(Self { statement, values: values.take(24).collect() })
    }

    /// The value that stands in a place of the statement.
    fn value(&self, slot: model::Slot<'_>) -> Option<Syntax<'t>> {
        match slot {
            model::Slot::At(at) => self.values.get(at).copied(),
            model::Slot::Named(name) => self.values.iter().find_map(|values| {
                let of_key = value_of(*values, name);
                of_key.or_else(|| values.children().find(|entry| entry.kind() == Kind::ShorthandProperty && entry.text() == name))
            }),
        }
    }
}

/// Whether a value is the caller's own id.
pub(super) fn is_of_caller<'t>(module: &Module<'t>, handler: &Handler<'t>, value: Syntax<'t>) -> bool {
    let tells = |node: Syntax<'t>| tells_of_caller(module, handler, node);
    std::iter::once(value).chain(value.below()).any(|node| match node.kind() {
        Kind::Identifier | Kind::ShorthandProperty => {
            tells(node)
                || module.lookup(node.text(), node).is_some_and(|declared| match &declared.form {
                    Form::Variable(Some(made), _) if !declared.top => std::iter::once(*made).chain(made.below()).take(24).any(tells),
                    _ => false,
                })
        }
        _ => tells(node),
    })
}

/// Whether a value is a member of what middleware puts on the request: `req.staff!.clinicId`, `req.tenant.id`.
fn is_put_on(request: &str, value: Syntax<'_>) -> bool {
    /// What callers send, and what others make of it.
    const SENT: [&str; 12] =
        ["body", "params", "query", "headers", "request", "req", "payload", "file", "files", "cookies", "nextUrl", "valid"];
    fn object(member: Syntax<'_>) -> Option<Syntax<'_>> {
        let object = member.field(Field::Object).filter(|_| member.kind() == Kind::Member)?;
        if object.kind() == Kind::NonNull { object.first() } else { Some(object) }
    }
    let holder = object(value).filter(|holder| object(*holder).is_some_and(|root| !request.is_empty() && root.text() == request));
    let name = holder.and_then(|holder| holder.field(Field::Property)).map_or("", Syntax::text);
    !name.is_empty() && !SENT.iter().any(|sent| name.starts_with(sent))
}

/// Whether a function compares something with its caller, as in `order.userId !== req.user.id`.
fn is_compared(function: Syntax<'_>) -> bool {
    function.below().any(|node| match node.kind() {
        Kind::Binary => {
            let operator = node.field(Field::Operator).map_or("", Syntax::text);
            matches!(operator, "===" | "!==" | "==" | "!=") && names_owner(node)
        }
        Kind::Call => called_name(node) == "equals" && names_owner(node),
        _ => false,
    })
}

/// Whether a comparison is one of ids: of who owns a record with who asks.
fn names_owner(node: Syntax<'_>) -> bool {
    let text = node.text().to_ascii_lowercase();
    ["user", "owner", "author", "creator", "createdby", "account", "session", "customer", "patient"].iter().any(|word| text.contains(word))
        && ["id", "_id", "owner", "author", "createdby"].iter().any(|word| text.contains(word))
}

fn value_of<'t>(object: Syntax<'t>, key: &str) -> Option<Syntax<'t>> {
    (object.kind() == Kind::Object).then(|| super::super::value_of(object, key)).flatten()
}

/// Whether a method chooses by the key that it is handed.
fn is_by_key(method: &str) -> bool {
    method.starts_with("findBy") || matches!(method, "findByPk" | "findById" | "get" | "delete" | "findOneById")
}

/// Methods of stores that find, change or take away records.
pub(super) fn is_lookup(method: &str) -> bool {
    method.starts_with("find")
        || matches!(
            method,
            "update"
                | "updateOne"
                | "updateMany"
                | "deleteOne"
                | "deleteMany"
                | "delete"
                | "destroy"
                | "remove"
                | "replaceOne"
                | "upsert"
                | "query"
                | "execute"
                | "raw"
                | "$queryRawUnsafe"
                | "get"
                | "all"
                | "run"
        )
}
