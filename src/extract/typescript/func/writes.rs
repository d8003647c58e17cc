//! Calls that change what is stored.

use crate::extract::typescript::sinks::called_name;
use crate::ir::{Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Whether a call changes or takes away what is stored, unlike one that adds to it.
pub(super) fn alters(callee: &Ref, call: Syntax<'_>) -> bool {
    let adds = |name: &str| ["create", "insert", "send", "publish", "enqueue"].iter().any(|verb| name.starts_with(verb));
    let name = callee.last_named();
    is_write(name) && (!is_answer(callee) || is_on_store(call)) && !adds(name) && name != "bulkCreate"
        || statement(call).is_some_and(|text| !begins(text, "insert into "))
}

/// Methods that change stored data or send something.
pub(super) fn is_write(name: &str) -> bool {
    let stem = ["create", "insert", "update", "delete", "upsert", "remove", "save", "destroy", "send", "publish", "enqueue", "patch"]
        .iter()
        .find_map(|stem| name.strip_prefix(stem));
    stem.is_some_and(|rest| matches!(rest, "" | "One" | "Many" | "All" | "ById" | "AndUpdate" | "OneById"))
        || matches!(
            name,
            "updateTable"
                | "deleteFrom"
                | "insertInto"
                | "findOneAndUpdate"
                | "findByIdAndUpdate"
                | "findByIdAndDelete"
                | "bulkWrite"
                | "bulkCreate"
                | "sendMail"
                | "writeFile"
        )
}

/// A statement that changes rows, as what a call is made with: `` sql`delete from …` ``, `pool.query('update …')`,
/// `all(app, 'insert into …')`.
pub(super) fn statement(call: Syntax<'_>) -> Option<&str> {
    let given = call.field(Field::Arguments)?;
    let tag = std::iter::once(given).filter(|given| given.kind() == Kind::TemplateString);
    let mut texts = tag.chain(given.children().take(2)).filter(|text| matches!(text.kind(), Kind::String | Kind::TemplateString));
    texts.find_map(|text| {
        let text = text.text().get(1..)?.trim_start();
        let is_update = || begins(text, "update ") && text.to_ascii_lowercase().contains(" set ");
        (begins(text, "insert into ") || begins(text, "insert or ") || begins(text, "delete from ") || is_update()).then_some(text)
    })
}

fn begins(text: &str, verb: &str) -> bool {
    text.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb))
}

/// `res.send(…)` sends an answer, and stores nothing.
pub(super) fn is_answer(callee: &Ref) -> bool {
    let base = callee.first().split('@').next().unwrap_or_default();
    let of = callee.path.iter().rev().nth(1).map_or("", |of| of.split('@').next().unwrap_or(of));
    callee.scope == Scope::Global && callee.path.len() == 1
        || matches!(of, "headers" | "cookies" | "searchParams" | "formData" | "requestHeaders" | "responseHeaders")
        || matches!(base, "res" | "response" | "reply" | "ctx" | "c" | "rep" | "resp")
}

/// Whether a method is called on rows of a store that a chain chooses: `db.collection('pictures').remove(…)`,
/// `knex('users').where({ id }).update(…)`.
pub(super) fn is_on_store(call: Syntax<'_>) -> bool {
    const LINKS: usize = 6;
    const OF_STORE: [&str; 9] = ["collection", "where", "andWhere", "from", "table", "knex", "getRepository", "db", "tx"];
    let links = std::iter::successors(Some(call), |call| {
        call.field(Field::Function)?.field(Field::Object).filter(|object| object.kind() == Kind::Call)
    });
    links.skip(1).take(LINKS).any(|link| OF_STORE.contains(&called_name(link)))
}
