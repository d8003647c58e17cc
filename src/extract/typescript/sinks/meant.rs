//! Which calls of a common name are the ones that a table means: by what they are called on and what they are
//! handed. `map.get(key)` asks no database, `history.redirect(…)` sends no browser anywhere.

use super::{called_name, checked, has_key, rest, root_name, value_of};
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{Scope, SinkKind, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Whether a method of a common name is the one that the table means, by what it is called on.
pub(super) fn is_meant<'t>(module: &Module<'t>, kind: SinkKind, name: &str, node: Syntax<'t>) -> bool {
    let argument = |at: usize| node.field(Field::Arguments).and_then(|arguments| arguments.children().nth(at));
    match kind {
        // `map.get(key)`: of names that everything has, a text that is put together.
        SinkKind::Sql if matches!(name, "get" | "all" | "each" | "any" | "one" | "none" | "many" | "where" | "andWhere" | "orWhere") => {
            argument(0).is_some_and(|first| {
                is_put_together(first)
                    || is_named_statement(first)
                    || is_variable_put_together(module, first)
                    || first.kind() == Kind::Member && is_of_builder(node)
            })
        }
        SinkKind::Sql if matches!(name, "orderBy" | "addOrderBy" | "groupBy" | "addGroupBy") => is_of_builder(node),
        // `t.raw('plans.features')` of next-intl is a text.
        SinkKind::Sql if name == "raw" => !is_of_translations(module, node),
        // Hashes are updated too: a filter is written out.
        // Sequelize's `update(values, { where })` takes what is written first.
        SinkKind::Query if name == "update" => {
            argument(0).is_some_and(|first| first.kind() == Kind::Object) && argument(1).is_some_and(|second| !has_key(second, "where"))
        }
        SinkKind::Query if is_on_service(node) => false,
        SinkKind::Query if name == "count" => argument(0).is_some_and(|first| first.kind() == Kind::Object),
        // `createHmac(…).update(req.body)` hashes.
        SinkKind::Assign if name == "update" && is_on_hash(node) => false,
        // `Object.assign(req.body, defaults)` writes into the request.
        SinkKind::Assign if name == "assign" && argument(0).is_some_and(|target| is_of_request(module, target)) => false,
        // `save(event.body as Blob, name)`: bytes have no columns.
        SinkKind::Assign if argument(0).is_some_and(is_of_bytes) => false,
        SinkKind::Assign if argument(1).is_some_and(names_fields) || !is_of_store(module, node, argument(0)) => false,
        // `'*'.repeat(header.length)`: as many as were sent.
        SinkKind::Allocate if argument(0).is_some_and(|size| is_length_of_text(module, size)) => false,
        // A validator in front of the handler has seen to the types and the names.
        SinkKind::Query | SinkKind::Assign | SinkKind::Allocate => !checked::is_behind_validator(node),
        // The log of a function keeps what is written at once together.
        SinkKind::LogLine => !is_in_function_of_cloud(node),
        SinkKind::Cipher if name == "createHmac" => !evens_lengths(node),
        SinkKind::Store => matches!(root_name(node), "localStorage" | "sessionStorage" | "window"),
        // `new Parser().redirect(…)` is of a class, not the answer of a framework.
        SinkKind::Redirect => root_name(node) != "history" && !is_on_new(node),
        // `client.sendFile(phone, path)` of a chat: answers alone send a file by their first argument.
        SinkKind::Path if name == "sendFile" && !is_on_answer(node) => false,
        // Fastify sends from the folder that its plugin is told.
        SinkKind::Path if name == "sendFile" && root_name(node) == "reply" => false,
        // `root` keeps what is sent below a folder.
        SinkKind::Path if matches!(name, "sendFile" | "sendfile" | "download") => {
            let mut roots = node.field(Field::Arguments).into_iter().flat_map(Syntax::children).filter(|options| has_key(*options, "root"));
            // The folder that the program runs in holds its code and its settings.
            roots.all(|options| value_of(options, "root").is_some_and(|root| matches!(unquoted(root), "." | "./" | "/" | "process.cwd()")))
        }
        SinkKind::Path if name == "file" => argument(1).is_some_and(|options| {
            options.children().any(|entry| {
                entry.text().starts_with("confine") && entry.field(Field::Value).is_some_and(|value| value.kind() == Kind::False)
            })
        }),
        SinkKind::Path if name == "render" => matches!(root_name(node), "res" | "response" | "reply" | "ctx"),
        // `h.response(page)` of Hapi.
        SinkKind::Html if name == "response" => matches!(root_name(node), "h" | "toolkit" | "responseToolkit"),
        SinkKind::Html if name == "html" => matches!(root_name(node), "c" | "ctx" | "context"),
        // `new Response(page, { headers: { 'content-type': 'text/html' } })`.
        SinkKind::Html if name.ends_with("Response") => argument(1).is_some_and(|options| options.text().contains("text/html")),
        // `process.stderr.write(error.stack)` answers nobody.
        SinkKind::ErrorBody => root_name(node) != "process" && !is_of_reading(node),
        SinkKind::Pattern if matches!(name, "match" | "matchAll" | "search") => is_on_text(node),
        // `res.type('text').send(…)`.
        SinkKind::Html => !is_of_another_type(node),
        _ => true,
    }
}

fn is_of_request<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    module.lower(node).as_ref().is_some_and(|name| name.scope == Scope::Request)
}

/// Whether a call stands in the `catch` of a `try` that does nothing but read a text: the error tells its sender what is
/// wrong with it, `Unexpected token } in JSON`.
fn is_of_reading<'t>(node: Syntax<'t>) -> bool {
    const READERS: [&str; 5] = ["JSON.parse", "JSON5.parse", "decodeURIComponent", "decodeURI", "URL"];
    let clause = node.ancestors().take_while(|outer| !outer.kind().is_function()).find(|outer| outer.kind() == Kind::Catch);
    let tried = clause.and_then(Syntax::parent).and_then(|attempt| attempt.field(Field::Body));
    let called = |inner: Syntax<'t>| match inner.kind() {
        Kind::Call | Kind::New => inner.field(Field::Function).or_else(|| inner.field(Field::Constructor)).map(Syntax::text),
        _ => None,
    };
    let shows_stack = node.field(Field::Arguments).is_some_and(|sent| sent.text().contains(".stack"));
    !shows_stack
        && tried.is_some_and(|tried| {
            let mut calls = tried.below().filter_map(called).peekable();
            calls.peek().is_some() && calls.all(|name| READERS.contains(&name))
        })
}

/// Whether both sides of a comparison are hashed with the same key, so that they are of one length: the key hides nothing.
fn evens_lengths(call: Syntax<'_>) -> bool {
    let function = call.ancestors().find(|outer| outer.kind().is_function()).map_or("", Syntax::text);
    let begin = call.text().split_inclusive(')').next().unwrap_or_default();
    function.contains("timingSafeEqual(") && function.matches(begin).count() > 1
}

/// Whether a call is made for an event that a platform runs a function with.
fn is_in_function_of_cloud(call: Syntax<'_>) -> bool {
    let takes_event = |function: Syntax<'_>| {
        let first = function.field(Field::Parameters).and_then(Syntax::first).or_else(|| function.field(Field::Parameter));
        first.is_some_and(|first| matches!(first.field(Field::Pattern).unwrap_or(first).text(), "event" | "_event"))
    };
    call.ancestors().filter(|outer| outer.kind().is_function()).any(takes_event)
}

/// What the names of texts end in.
const TEXTS: [&str; 20] = [
    "name",
    "title",
    "text",
    "body",
    "content",
    "description",
    "value",
    "mail",
    "path",
    "url",
    "string",
    "str",
    "line",
    "word",
    "tag",
    "message",
    "data",
    "html",
    "input",
    "label",
];

/// Whether a method is called on a text, by its name, by what made it, or by the pattern that it is handed: services
/// search and caches match too.
fn is_on_text(call: Syntax<'_>) -> bool {
    let Some(object) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return false };
    let pattern = call.field(Field::Arguments).and_then(Syntax::first);
    let made = object.field(Field::Function).and_then(|function| function.field(Field::Property)).map_or("", Syntax::text);
    let last = object.field(Field::Property).unwrap_or(object).text().to_ascii_lowercase();
    matches!(object.kind(), Kind::String | Kind::TemplateString)
        || matches!(made, "toLowerCase" | "toUpperCase" | "toString" | "trim" | "slice" | "substring" | "replace" | "join")
        || pattern.is_some_and(|pattern| matches!(pattern.kind(), Kind::TemplateString | Kind::Binary))
        || TEXTS.iter().any(|word| last.ends_with(word))
}

/// Whether a method is called on what answers a request, by its name; one of no object may be.
fn is_on_answer(call: Syntax<'_>) -> bool {
    let Some(object) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return true };
    // `res.status(200).sendFile(place)`.
    let name = if object.kind() == Kind::Call { root_name(object) } else { object.field(Field::Property).unwrap_or(object).text() };
    let lower = name.to_ascii_lowercase();
    matches!(name, "ctx" | "context" | "c" | "h" | "this") || ["res", "reply", "rep"].iter().any(|part| lower.contains(part))
}

/// Whether a call is made on the texts of a page in its reader's language: `const t = useTranslations('plans')`.
fn is_of_translations<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    let Some(object) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return false };
    let Some(declared) = module.lookup(object.text(), object).filter(|_| object.kind() == Kind::Identifier) else { return false };
    let Form::Variable(Some(made), _) = &declared.form else { return false };
    let made = if made.kind() == Kind::Await { made.first().unwrap_or(*made) } else { *made };
    made.kind() == Kind::Call
        && matches!(called_name(made), "useTranslations" | "getTranslations" | "useTranslation" | "useI18n" | "getI18n")
}

/// Whether a size is the length of what is a text however it is sent: a header, what `String(…)` makes, what is typed so.
fn is_length_of_text<'t>(module: &Module<'t>, size: Syntax<'t>) -> bool {
    let is_length = size.field(Field::Property).is_some_and(|name| name.text() == "length");
    let Some(text) = size.field(Field::Object).filter(|_| is_length) else { return false };
    let is_text = |value: Syntax<'t>| {
        let first = if value.kind() == Kind::Binary { value.field(Field::Left).unwrap_or(value) } else { value };
        let is_header = |index: &str| index.contains(".headers") && !index.contains(".body");
        match first.kind() {
            Kind::Call => {
                matches!(called_name(first), "get" | "header" | "String" | "toString" | "trim" | "toLowerCase" | "toUpperCase" | "join")
            }
            Kind::TemplateString | Kind::String => true,
            Kind::Member | Kind::Subscript => is_header(first.text()),
            _ => false,
        }
    };
    if text.kind() != Kind::Identifier {
        return is_text(text);
    }
    match module.lookup(text.text(), text).map(|declared| (&declared.form, declared.name)) {
        Some((Form::Variable(Some(made), path), _)) => path.is_empty() && is_text(*made),
        Some((Form::Parameter(path), name)) if path.is_empty() => {
            let kind = name.parent().and_then(|one| one.field(Field::Type)).map_or("", Syntax::text);
            matches!(kind.trim_start_matches([':', ' ']), "Buffer" | "Uint8Array")
        }
        _ => false,
    }
}

fn is_on_new(call: Syntax<'_>) -> bool {
    let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    object.is_some_and(|object| object.kind() == Kind::New)
}

fn is_of_bytes(written: Syntax<'_>) -> bool {
    let kind = written.children().last().filter(|_| written.kind() == Kind::As);
    kind.is_some_and(|kind| matches!(kind.text(), "Blob" | "File" | "Buffer" | "ArrayBuffer" | "Uint8Array"))
}

/// `{ fields: ['name'] }` behind what is written: Sequelize leaves all others out.
fn names_fields(options: Syntax<'_>) -> bool {
    value_of(options, "fields").is_some_and(|fields| fields.kind() == Kind::Array)
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
fn is_of_store<'t>(module: &Module<'t>, call: Syntax<'t>, written: Option<Syntax<'t>>) -> bool {
    let Some(function) = call.field(Field::Function).filter(|function| function.kind() == Kind::Member) else { return false };
    let (holder, method) = (function.field(Field::Object), function.field(Field::Property).map_or("", Syntax::text));
    if holder.is_some_and(|holder| holder.kind() == Kind::This && has_method(holder, method) || is_made_by_own(module, holder, method)) {
        return false;
    }
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

/// `this.items.find(text)` of `constructor(private items: ItemsService)`: what a service of the application's own does with a
/// text is told there.
fn is_on_service(call: Syntax<'_>) -> bool {
    const LONGEST: usize = 64 << 10;
    let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    let own = object.filter(|object| object.field(Field::Object).is_some_and(|base| base.kind() == Kind::This));
    let name = own.and_then(|own| own.field(Field::Property)).map_or("", Syntax::text);
    let class = call.ancestors().find(|outer| outer.kind().is_class()).filter(|class| !name.is_empty() && class.span().len() <= LONGEST);
    class.is_some_and(|class| {
        let declaration = format!(" {name}: ");
        let mut declared = class.text().split(&declaration).skip(1);
        declared.any(|rest| rest.split(|char: char| !char.is_ascii_alphanumeric()).next().is_some_and(|of| of.ends_with("Service")))
    })
}

/// Whether the class around a place has a method of a name: what that writes is told there.
fn has_method(place: Syntax<'_>, name: &str) -> bool {
    let class = place.ancestors().find(|outer| outer.kind().is_class()).and_then(|class| class.field(Field::Body));
    let is_named = |member: Syntax<'_>| member.kind() == Kind::Method && member.field(Field::Name).is_some_and(|own| own.text() == name);
    class.is_some_and(|body| body.children().any(is_named))
}

/// `const { apps } = await init()`, `const { appController } = await init()`: what a function of the application's own makes
/// takes the fields that it wants, unless it or its method is called as a model's is; of what it holds, what it calls a part of
/// the application alone (`appController.links.create(body)`).
fn is_made_by_own<'t>(module: &Module<'t>, holder: Syntax<'t>, method: &str) -> bool {
    const PARTS: [&str; 4] = ["Controller", "Service", "Manager", "Handler"];
    let is_common = matches!(method, "create" | "update" | "save" | "insert");
    let of_part = |object: &Syntax<'t>| PARTS.iter().any(|part| object.text().ends_with(part));
    let holder = holder.field(Field::Object).filter(of_part).unwrap_or(holder);
    let is_model = holder.text().starts_with(|first: char| first.is_ascii_uppercase());
    if holder.kind() != Kind::Identifier || is_model || !is_common {
        return false;
    }
    match module.lookup(holder.text(), holder).map(|declared| &declared.form) {
        Some(Form::Variable(Some(value), path)) if !path.is_empty() && value.kind() == Kind::Await => {
            let made = value.first().filter(|made| made.kind() == Kind::Call);
            made.and_then(|made| module.callee_of(made)).is_some_and(|callee| callee.is_own() != Tri::No)
        }
        _ => false,
    }
}

/// `new User(req.body)`: a record of a class of the application.
pub(super) fn is_record<'t>(module: &Module<'t>, node: Syntax<'t>, name: &str) -> bool {
    node.kind() == Kind::New
        && name.starts_with(|char: char| char.is_ascii_uppercase())
        && name != "Function"
        && node
            .field(Field::Arguments)
            .and_then(Syntax::first)
            .is_some_and(|first| first.text().ends_with("body") || first.text().contains("...req.body") || rest::is_in(module, first))
        && !checked::is_behind_validator(node)
}

/// A text with values in it.
fn is_put_together(node: Syntax<'_>) -> bool {
    matches!(node.kind(), Kind::TemplateString | Kind::Binary)
}

/// `var q = "SELECT … '" + id + "'"`, whatever it is called.
fn is_variable_put_together<'t>(module: &Module<'t>, node: Syntax<'t>) -> bool {
    let declared = || module.lookup(node.text(), node);
    node.kind() == Kind::Identifier
        && declared().is_some_and(|declared| matches!(declared.form, Form::Variable(Some(made), _) if is_put_together(made)))
}

/// `sql(changes)` within `` sql`update users set ${…}` ``: each member of the object is a column of its name, unless more
/// arguments name those that are meant. Behind `in` it is a list of values.
pub(super) fn is_columns(call: Syntax<'_>) -> bool {
    let statement = call.parent().filter(|outer| outer.kind() == Kind::Substitution).and_then(Syntax::parent);
    let Some(statement) = statement.filter(|outer| outer.kind() == Kind::TemplateString) else { return false };
    let tag = statement.parent().and_then(|tagged| tagged.field(Field::Function)).map(Syntax::text);
    let before = &statement.text()[..(call.start() - statement.start()) as usize];
    let word = before.trim_end_matches(['$', '{', ' ', '\n', '\t']).rsplit(char::is_whitespace).next().unwrap_or_default();
    tag.is_some_and(|tag| call.field(Field::Function).is_some_and(|function| function.text() == tag))
        && call.field(Field::Arguments).is_some_and(|arguments| arguments.children().count() == 1)
        && !word.eq_ignore_ascii_case("in")
}

/// `sql`, `query`, `statement`: a variable that holds a statement.
fn is_named_statement(node: Syntax<'_>) -> bool {
    let name = node.text().to_ascii_lowercase();
    node.kind() == Kind::Identifier && ["sql", "query", "stmt", "statement"].iter().any(|word| name.contains(word))
}

/// `dataSource.createQueryBuilder().….where(…)` of `TypeORM`.
fn is_of_builder(call: Syntax<'_>) -> bool {
    let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    object.is_some_and(|object| object.text().contains(".createQueryBuilder("))
}

/// Whether the chain that answers says that it is no HTML, or the function does before.
fn is_of_another_type(node: Syntax<'_>) -> bool {
    let Some(before) = node.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return false };
    let text = before.text();
    ["type(", "header(", "set(", "contentType("].iter().any(|setter| text.contains(setter)) && !text.contains("html")
        || before.kind() == Kind::Identifier && is_typed_before(node, text)
}

/// Bytes in front of an answer that are searched for its type: a type is set near to what it is the type of, and a
/// function may answer in thousands of places.
const MAX_BEFORE: usize = 8 << 10;

/// `res.type('txt')`, `res.setHeader('Content-Type', 'text/plain')` in the function of a call.
fn is_typed_before(call: Syntax<'_>, answer: &str) -> bool {
    let Some(function) = call.ancestors().find(|outer| outer.kind().is_function()) else { return false };
    let end = (call.start() - function.start()) as usize;
    let start = end.saturating_sub(MAX_BEFORE);
    let before = (start..start + 4).find_map(|start| function.text().get(start..end)).unwrap_or_default();
    let types = before.match_indices(answer).filter_map(|(at, _)| {
        let rest = before[at + answer.len()..].strip_prefix('.')?;
        let (method, rest) = rest.split_once('(')?;
        let arguments = rest.split([')', '\n']).next()?.to_ascii_lowercase();
        match method {
            "type" | "contentType" => Some(arguments),
            "set" | "setHeader" | "header" | "writeHead" if arguments.contains("content-type") => Some(arguments),
            _ => None,
        }
    });
    let is_page = |given: &str| ["html", "svg", "xml"].iter().any(|kind| given.contains(kind));
    let is_literal = |given: &str| given.trim_end_matches([' ', '}']).ends_with(['\'', '"']);
    types.last().is_some_and(|given| is_literal(&given) && !is_page(&given))
}
