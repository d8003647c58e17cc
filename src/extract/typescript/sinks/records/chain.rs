//! Records that a chain of a query builder chooses: `knex('orders').where({ id })`,
//! `db.select().from(orders).where(eq(orders.id, id))`, `createQueryBuilder('o').where('o.id = :id', { id })`.

use smol_str::SmolStr;

use super::model;
use crate::extract::typescript::names::{Module, unquoted};
use crate::extract::typescript::sinks::called_name;
use crate::parse::typescript::{Field, Kind, Syntax};

/// What a condition says of the rows that are meant.
pub(super) enum Said<'t> {
    /// An entry of an object: a column with its value.
    Entry(Syntax<'t>),
    /// A column that has a value.
    Column(&'t str, Syntax<'t>),
}

/// Links of a chain that are looked at.
const MAX_LINKS: usize = 24;
/// Nesting of `and(eq(…), or(…))`.
const MAX_NESTING: u32 = 4;

/// Whether a method of a chain says which rows are meant.
pub(super) fn is_condition(method: &str) -> bool {
    matches!(method, "where" | "andWhere")
}

/// The calls of a chain, from the one that is handed in to the first.
fn links(call: Syntax<'_>) -> impl Iterator<Item = Syntax<'_>> {
    std::iter::successors(Some(call), |call| call.field(Field::Function)?.field(Field::Object).filter(|object| object.kind() == Kind::Call))
        .take(MAX_LINKS)
}

/// Whether more is said of the rows behind a call of a chain.
fn goes_on(call: Syntax<'_>) -> bool {
    let mut outer = call.ancestors().take(MAX_LINKS).take_while(|outer| matches!(outer.kind(), Kind::Member | Kind::Call));
    outer.any(|outer| outer.kind() == Kind::Call && is_condition(called_name(outer)))
}

/// The table that a chain is about, if a call is the last of it that says which rows are meant.
pub(super) fn model<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<SmolStr> {
    if goes_on(call) {
        return None;
    }
    let links = links(call);
    links.skip(1).find_map(|link| {
        let first = link.field(Field::Arguments)?.first()?;
        let is_table = match called_name(link) {
            "from" | "update" | "delete" | "into" | "table" | "deleteFrom" | "selectFrom" | "updateTable" => true,
            "knex" | "db" | "trx" | "database" | "pg" => first.kind() == Kind::String,
            "createQueryBuilder" | "queryBuilder" => return model::of_receiver(module, link),
            _ => false,
        };
        let named = match first.kind() {
            Kind::String => Some(unquoted(first)),
            Kind::Identifier => Some(first.text()),
            Kind::Member => first.field(Field::Property).map(Syntax::text),
            _ => None,
        };
        named.filter(|_| is_table).map(model::stem)
    })
}

/// What all conditions of a chain say.
pub(super) fn conditions<'t>(call: Syntax<'t>, out: &mut Vec<Said<'t>>) {
    for link in links(call).filter(|link| is_condition(called_name(*link))) {
        let arguments = || link.field(Field::Arguments).into_iter().flat_map(Syntax::children);
        let Some(first) = arguments().next() else { continue };
        match first.kind() {
            Kind::Object => out.extend(first.children().map(Said::Entry)),
            Kind::Call => condition(first, out),
            // `where('o.id = :id', { id })`.
            Kind::String if unquoted(first).contains(':') => {
                let bound = arguments().skip(1).filter(|bound| bound.kind() == Kind::Object);
                out.extend(bound.flat_map(Syntax::children).map(Said::Entry));
            }
            // `where('id', id)`, `where('id', '=', id)`.
            Kind::String => {
                if let Some(value) = arguments().skip(1).last() {
                    out.push(Said::Column(unquoted(first).rsplit('.').next().unwrap_or_default(), value));
                }
            }
            _ => {}
        }
    }
}

/// What `eq(orders.id, id)` compares, alone or in `and(…)`.
pub(super) fn condition<'t>(call: Syntax<'t>, out: &mut Vec<Said<'t>>) {
    nested(call, MAX_NESTING, out);
}

fn nested<'t>(call: Syntax<'t>, left: u32, out: &mut Vec<Said<'t>>) {
    let Some(left) = left.checked_sub(1) else { return };
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    match called_name(call) {
        "and" => arguments.filter(|inner| inner.kind() == Kind::Call).for_each(|inner| nested(inner, left, out)),
        "eq" => {
            if let (Some(column), Some(value)) = (arguments.next().and_then(|column| column.field(Field::Property)), arguments.next()) {
                out.push(Said::Column(column.text(), value));
            }
        }
        _ => {}
    }
}
