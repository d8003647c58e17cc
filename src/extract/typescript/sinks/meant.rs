//! Which calls of a common name are the ones that a table means: by what they are called on and what they are
//! handed. `map.get(key)` asks no database, `history.redirect(…)` sends no browser anywhere.

use super::{checked, has_key, root_name};
use crate::ir::SinkKind;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Whether a method of a common name is the one that the table means, by what it is called on.
pub(super) fn is_meant(kind: SinkKind, name: &str, node: Syntax<'_>) -> bool {
    let argument = |at: usize| node.field(Field::Arguments).and_then(|arguments| arguments.children().nth(at));
    match kind {
        SinkKind::Log => {
            let root = root_name(node).to_ascii_lowercase();
            root == "console" || root.ends_with("logger") || root == "log" || root == "winston"
        }
        // `map.get(key)`: of names that everything has, a text that is put together.
        SinkKind::Sql if matches!(name, "get" | "all" | "each" | "any" | "one" | "none" | "many" | "where" | "andWhere" | "orWhere") => {
            argument(0).is_some_and(|first| matches!(first.kind(), Kind::TemplateString | Kind::Binary) || is_named_statement(first))
        }
        // Hashes are updated too: a filter is written out.
        SinkKind::Query if matches!(name, "update" | "count") => argument(0).is_some_and(|first| first.kind() == Kind::Object),
        // `createHmac(…).update(req.body)` hashes.
        SinkKind::Assign if name == "update" && is_on_hash(node) => false,
        SinkKind::Assign if !is_of_store(node, argument(0)) => false,
        // A validator in front of the handler has seen to the types and the names.
        SinkKind::Query | SinkKind::Assign => !checked::is_behind_validator(node),
        SinkKind::Store => matches!(root_name(node), "localStorage" | "sessionStorage" | "window"),
        SinkKind::Redirect => root_name(node) != "history",
        // `root` keeps what is sent below a folder.
        SinkKind::Path if matches!(name, "sendFile" | "sendfile" | "download") => {
            !node.field(Field::Arguments).into_iter().flat_map(Syntax::children).any(|options| has_key(options, "root"))
        }
        SinkKind::Path if name == "render" => matches!(root_name(node), "res" | "response" | "reply" | "ctx"),
        SinkKind::Html if name == "html" => matches!(root_name(node), "c" | "ctx" | "context"),
        // `new Response(page, { headers: { 'content-type': 'text/html' } })`.
        SinkKind::Html if name.ends_with("Response") => argument(1).is_some_and(|options| options.text().contains("text/html")),
        // `res.type('text').send(…)`.
        SinkKind::Html => !is_of_another_type(node),
        SinkKind::Fetch if name == "goto" || name == "open" => root_name(node).to_ascii_lowercase().ends_with("page"),
        SinkKind::Code if name == "run" => is_sandbox(node),
        SinkKind::Code if matches!(name, "evaluate" | "setContent") => root_name(node).to_ascii_lowercase().ends_with("page"),
        _ => true,
    }
}

fn is_on_hash(call: Syntax<'_>) -> bool {
    let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    object.is_some_and(|object| {
        let text = object.text().to_ascii_lowercase();
        ["hmac", "hash", "cipher", "createsign", "createverify"].iter().any(|word| text.contains(word))
    })
}

/// Whether a call may write a record: a method, and one of a store where a parameter is written that NestJS
/// fills, since services have methods of the same names.
fn is_of_store(call: Syntax<'_>, written: Option<Syntax<'_>>) -> bool {
    let Some(function) = call.field(Field::Function).filter(|function| function.kind() == Kind::Member) else { return false };
    let Some(object) =
        function.field(Field::Object).filter(|object| object.field(Field::Object).is_some_and(|base| base.kind() == Kind::This))
    else {
        return true;
    };
    let is_parameter = written.is_some_and(|written| written.kind() == Kind::Identifier);
    let name = object.field(Field::Property).map_or("", Syntax::text);
    let class = call.ancestors().find(|outer| outer.kind().is_class());
    let is_store = |class: Syntax<'_>| {
        ["Repository<", "Model<", "EntityManager", "EntityRepository<", "Collection<"]
            .iter()
            .any(|store| class.text().contains(&format!("{name}: {store}")))
    };
    !is_parameter || class.is_some_and(is_store)
}

/// `new User(req.body)`: a record of a class of the application.
pub(super) fn is_record(node: Syntax<'_>, name: &str) -> bool {
    node.kind() == Kind::New
        && name.starts_with(|char: char| char.is_ascii_uppercase())
        && node
            .field(Field::Arguments)
            .and_then(Syntax::first)
            .is_some_and(|first| first.text().ends_with("body") || first.text().contains("...req.body"))
        && !checked::is_behind_validator(node)
}

/// `sql`, `query`, `statement`: a variable that holds a statement.
fn is_named_statement(node: Syntax<'_>) -> bool {
    let name = node.text().to_ascii_lowercase();
    node.kind() == Kind::Identifier && ["sql", "query", "stmt", "statement"].iter().any(|word| name.contains(word))
}

/// Whether the chain that answers says that it is no HTML.
fn is_of_another_type(node: Syntax<'_>) -> bool {
    let Some(before) = node.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return false };
    let text = before.text();
    ["type(", "header(", "set(", "contentType("].iter().any(|setter| text.contains(setter)) && !text.contains("html")
}

/// `new VM().run(…)` of vm2, or on a name that says as much.
fn is_sandbox(node: Syntax<'_>) -> bool {
    let Some(object) = node.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return false };
    let text = object.text();
    text.starts_with("new VM") || text.starts_with("new NodeVM") || matches!(text, "vm" | "nodeVm" | "nodeVM" | "sandbox")
}
