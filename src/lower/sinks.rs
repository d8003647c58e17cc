//! Where what flows into a dangerous function comes from.

mod address;
mod log;
mod markup;
mod plain;
mod pollute;
mod query;
mod size;
mod statement;
mod taint;
mod written;

use smol_str::SmolStr;

pub use self::address::{goes_in_the_clear, is_public_name};
pub use self::markup::{holds_markup, is_found, is_meant_as_markup, leaves_markup, names_words};
pub use self::plain::is_in_statement as has_password_in_statement;
pub use self::query::flatten_queries;
use self::query::is_query;
use self::size::{length_from, size_from};
pub use self::taint::is_markdown;
use self::taint::tainted;
pub use self::written::{is_of_people as is_written_by_people, is_of_some as is_written_by_some};
use super::variable::names_database_address;
use super::words::{names_password, names_secret_value, names_token};
use crate::ir::{Entry, Map, Node, NodeKind, Op, Ref, Scope, Sink, SinkKind, SinkPart, Tri};

/// Says of each part of a resolved sink whether a request controls it. A sink that nothing of
/// interest flows into is none.
pub fn judge(sink: &mut Sink) -> bool {
    let answer = sink.options.as_ref().and_then(Node::as_str).unwrap_or_default();
    let is_express = matches!(answer, "res" | "response" | "_res");
    match sink.kind {
        SinkKind::Escape
        | SinkKind::Session
        | SinkKind::Within
        | SinkKind::Lookup
        | SinkKind::Answer
        | SinkKind::Promote
        | SinkKind::Claim
        | SinkKind::Landing => return true,
        // What of an error is sent was told by the code around it.
        SinkKind::ErrorBody if sink.parts.iter().any(|part| !part.label.is_empty()) => return true,
        SinkKind::Log if answer == "told" => return true,
        SinkKind::Disclose => return discloses(sink),
        SinkKind::Keep if sink.parts.iter().any(|part| part.label.is_empty()) => return keeps_password(sink),
        SinkKind::LogLine if sink.options.is_some() => return log::line(sink),
        SinkKind::Hash | SinkKind::Random => return sink.parts.iter().any(|part| !part.label.is_empty()),
        SinkKind::Send if sink.options.is_some() => return sends_in_the_clear(sink),
        SinkKind::Compare if sink.callee.first() == "known" => return true,
        SinkKind::Compare if plain::is_candidate(sink) => return plain::judge(sink),
        SinkKind::Tls | SinkKind::Cookie | SinkKind::Cipher | SinkKind::Compare | SinkKind::Send | SinkKind::Keep => {
            return !sink.parts.is_empty() || sink.kind == SinkKind::Tls;
        }
        SinkKind::Sql => {
            for part in &mut sink.parts {
                // `query({ sql: '…' })` of mysql, `query({ text: '…' })` of pg.
                if let Some(inner) =
                    ["sql", "text", "query", "Statement", "QueryString"].iter().find_map(|key| part.value.as_map()?.get(key))
                {
                    part.value = inner.clone();
                }
                join(part);
            }
            let runs = answer == "connection";
            sink.parts.retain(|part| {
                statement::is_sql(&part.value)
                    || statement::is_part(&sink.callee, &part.value)
                    || statement::is_order(&sink.callee, &part.value)
                    || runs && statement::is_of_request(&part.value)
                    || is_whole(part)
            });
        }
        SinkKind::Html => match answer {
            "page" | "answers" | "told" => return markup::is_of_page(sink),
            "trusted" => return markup::is_trusted(&mut sink.parts),
            _ => {
                let is_page = is_express && sink.callee.last() == "send";
                sink.parts.iter_mut().for_each(join);
                sink.parts.iter_mut().filter(|_| is_page).for_each(markup::open_json);
                sink.parts.iter_mut().for_each(|part| markup::open_scripts(&mut part.value));
                sink.parts.retain(|part| {
                    markup::is_markup(&part.value)
                        || is_page && (markup::is_words(&part.value) || markup::is_markdown_of_record(&part.value))
                        || is_whole(part)
                });
                if let Some(part) = sink.parts.iter().find(|part| tainted(&part.value, 12).is_no() && markup::holds_record(&part.value, 12))
                {
                    let mut part = part.clone();
                    part.tainted = Tri::Maybe;
                    sink.options = Some(Node::text("record", part.value.span));
                    sink.parts = vec![part];
                    return true;
                }
            }
        },
        SinkKind::ErrorBody => sink.parts.retain(|part| markup::shows_error(&part.value, is_express, 8)),
        // What is copied into a new object is written nowhere yet.
        SinkKind::Assign if sink.options.is_some() => return false,
        SinkKind::Assign => sink.parts.retain(|part| is_whole_body(&part.value)),
        SinkKind::Path if sink.callee.last() == "render" => {
            // What a template shows is escaped; a whole body brings options of the engine too.
            sink.parts.retain(|part| part.value.as_map().is_none() || is_whole_body(&part.value));
        }
        SinkKind::Fetch => sink.parts.retain(|part| address::controls_host(&part.value).is_yes() && !address::is_of_page(&part.value)),
        // A page of Electron that was taken over asks for any program to be opened.
        SinkKind::Redirect if sink.callee.last() == "openExternal" => {
            sink.parts.retain_mut(|part| {
                part.tainted = Tri::from(part.value.as_ref().is_some_and(is_asked_by_page)).max(address::controls_host(&part.value));
                part.tainted.is_yes()
            });
            return !sink.parts.is_empty();
        }
        SinkKind::Redirect => {
            sink.parts.retain(|part| address::controls_host(&part.value).is_yes() && !address::is_of_cookie(&part.value));
        }
        SinkKind::Query if sink.callee.last() == "$where" => {}
        SinkKind::Query => sink.parts.retain(|part| is_query(&part.value)),
        SinkKind::Filter => sink.parts.retain(|part| statement::is_filter(&part.value)),
        SinkKind::Store => return is_token_kept(&sink.parts),
        SinkKind::Heard => {
            sink.parts.retain_mut(|part| {
                part.tainted = Tri::Yes;
                address::comes_of(&part.value, &["posted"])
            });
            return !sink.parts.is_empty();
        }
        SinkKind::Mail => {
            sink.parts.retain_mut(|part| {
                part.tainted = Tri::Yes;
                address::links_to_own_host(&part.value, 6)
            });
            return !sink.parts.is_empty();
        }
        // Whoever runs a function may say how much it does, and the schema of an interface which of its methods; what a
        // page reserves is its visitor's own.
        SinkKind::Allocate | SinkKind::Method => {
            sink.parts.retain(|part| !is_of_event(&part.value) && !address::is_of_page(&part.value));
        }
        SinkKind::Code => embedded(sink),
        SinkKind::Log => {
            let by_everyone = sink.callee.last() == "postMessage";
            sink.parts.retain_mut(|part| {
                let of_body = std::mem::take(&mut part.label);
                let heard = Heard { by_everyone, body_has_password: !of_body.is_empty() };
                let secret = secret_in(&part.value, heard, 4);
                // Of a whole body, its type says what is secret in it.
                let secret = secret.map(|named| if named == "password" && !of_body.is_empty() { of_body } else { named });
                part.label = secret.clone().unwrap_or_default();
                // Of an object, the entry is meant.
                if let Some(entry) = part.value.as_map().and_then(|map| {
                    map.pairs()
                        .find(|(key, value)| is_named(key, value) || secret_in(value, heard, 3).is_some())
                        .map(|(_, value)| value.clone())
                }) {
                    part.value = entry;
                }
                secret.is_some() || !by_everyone && log::personal_in(&part.value, 4).is_some()
            });
            // A log that names no secret may tell of a person.
            if !by_everyone && !sink.parts.is_empty() && sink.parts.iter().all(|part| part.label.is_empty()) {
                sink.kind = SinkKind::Disclose;
                return discloses(sink);
            }
            sink.parts.retain(|part| !part.label.is_empty());
        }
        _ => {}
    }
    let expands = sink.options.as_ref().and_then(|options| options.get("noent")).and_then(Node::as_bool);
    if sink.kind == SinkKind::Deserialize && says_safe_schema(sink) {
        return false;
    }
    let always_expands = sink.parts.iter().any(|part| part.label == "expands");
    if sink.kind == SinkKind::Xml && !always_expands && expands != Some(true) {
        return false;
    }
    for part in &mut sink.parts {
        part.tainted = match sink.kind {
            SinkKind::Query if sink.callee.last() == "$where" => tainted(&part.value, 12),
            SinkKind::Sql => {
                tainted(&part.value, 12).max(statement::has_quoted_parameter(part)).max(statement::has_quoted_json(&part.value))
            }
            // A query that is left is one whose values come as they were sent.
            SinkKind::Assign | SinkKind::ErrorBody | SinkKind::Log | SinkKind::Query => Tri::Yes,
            // Entities are expanded whoever sends the document.
            SinkKind::Xml if !always_expands => tainted(&part.value, 12).max(Tri::Maybe),
            // What a schema asks of every record that is saved.
            SinkKind::Pattern if part.label == "saved" => Tri::Yes,
            // A loop runs as often as its list is long.
            SinkKind::Allocate if sink.callee.last() == "for" => length_from(&part.value, 6),
            SinkKind::Allocate => size_from(&part.value),
            SinkKind::Pollute => pollute::is_brought(part),
            // A text of a record that somebody filled in.
            SinkKind::Code
                if tainted(&part.value, 12).is_no()
                    && markup::holds_record(&part.value, 12)
                    && !is_own_module(&sink.callee, &part.value) =>
            {
                part.label = "record".into();
                Tri::Maybe
            }
            _ => tainted(&part.value, 12),
        };
    }
    for part in sink.parts.iter_mut().filter(|part| sink.kind == SinkKind::Sql && part.tainted.is_maybe()) {
        if statement::holds_names_alone(&part.value) {
            part.label = SinkPart::NAME.into();
        }
    }
    // A parameter of a function that runs things is its purpose; only what a request brings is wrong.
    let must_be_seen = matches!(
        sink.kind,
        SinkKind::Exec
            | SinkKind::Code
            | SinkKind::Pattern
            | SinkKind::Deserialize
            | SinkKind::Filter
            | SinkKind::Allocate
            | SinkKind::Method
    ) || always_expands;
    let is_seen = |part: &SinkPart| part.tainted.is_yes() || part.label == "record";
    sink.parts.retain(|part| if must_be_seen { is_seen(part) } else { !part.tainted.is_no() });
    !sink.parts.is_empty()
}

/// `require(`../engines/${row.key}/engine`)`: a file of the application's own folder, which a row of its own names.
fn is_own_module(callee: &Ref, path: &Node) -> bool {
    let begin = path.as_text().and_then(statement::first_words).unwrap_or_default();
    matches!(callee.last(), "require" | "import") && begin.starts_with("./") | begin.starts_with("../")
}

/// Makes one text of a value that a call joins of others.
fn join(part: &mut SinkPart) {
    if let Some(text) = statement::joined(&part.value) {
        part.value.kind = NodeKind::Text(text);
    }
}

/// Where a value that a view shows comes from: yes for a request, no for what the code writes or makes itself,
/// perhaps for what it was handed or has looked up.
pub fn origin(node: &Node) -> Tri {
    if tainted(node, 12).is_yes() {
        return Tri::Yes;
    }
    match &node.kind {
        NodeKind::Unknown(_) | NodeKind::Op(Op::Await, _) => Tri::Maybe,
        NodeKind::Ref(name) => matches!(name.scope, Scope::Local | Scope::Request).into(),
        NodeKind::Text(text) => Tri::any(text.holes().map(origin)),
        NodeKind::Op(_, operands) => Tri::any(operands.iter().map(origin)),
        // A record without what its library keeps of it, and some of a list.
        NodeKind::Call(call)
            if matches!(call.callee.last(), "get" | "toJSON" | "toObject" | "lean" | "filter" | "slice" | "reverse")
                && !markup::is_prepared(call) =>
        {
            let is_own = call.callee.scope == Scope::Local && call.callee.path.len() > 1;
            call.receiver.as_ref().map_or_else(|| is_own.into(), origin)
        }
        // A part of a text that was handed over or looked up.
        NodeKind::Call(call) if matches!(call.callee.last(), "substring" | "substr" | "trim" | "toString") => {
            call.receiver.as_ref().map_or(Tri::No, origin)
        }
        // `db.prepare('SELECT …').all()` of SQLite waits for nothing.
        NodeKind::Call(call) if matches!(call.callee.last(), "get" | "all" | "iterate") => markup::is_prepared(call).into(),
        _ => Tri::No,
    }
    .min(Tri::Maybe)
}

/// Whether a parameter is in a value as whoever calls hands it over.
pub fn is_raw_in(parameter: &Ref, value: &Node) -> bool {
    let outside = Node::new(value.span, NodeKind::Ref(Ref::new(Scope::Request, ["query", "handed"])));
    let mut value = value.clone();
    value.replace(parameter, &outside, 12);
    let mut part = SinkPart::new(value, Tri::Maybe, "");
    join(&mut part);
    tainted(&part.value, 12).is_yes()
}

/// What is handed to another company: secrets, and what tells of a person.
fn discloses(sink: &mut Sink) -> bool {
    let heard = Heard { by_everyone: false, body_has_password: false };
    sink.parts.retain_mut(|part| {
        let told = secret_in(&part.value, heard, 6).map(|name| (name, Tri::Yes));
        let told = told.or_else(|| log::personal_in(&part.value, 6).map(|name| (name, Tri::Maybe)));
        let Some((name, sure)) = told else { return false };
        (part.label, part.tainted) = (name, sure);
        true
    });
    !sink.parts.is_empty()
}

/// A password, and nothing else that is secret, in what is written down: programs keep tokens of their own.
fn keeps_password(sink: &mut Sink) -> bool {
    let heard = Heard { by_everyone: false, body_has_password: false };
    sink.parts.retain_mut(|part| {
        let Some(name) = secret_in(&part.value, heard, 6).filter(|name| names_password(name)) else { return false };
        part.label = name;
        true
    });
    !sink.parts.is_empty()
}

/// Whether a request goes in the clear. Its options stay if a password or token is among them.
fn sends_in_the_clear(sink: &mut Sink) -> bool {
    let heard = Heard { by_everyone: true, body_has_password: false };
    let sent = sink.options.as_ref().and_then(Node::as_list).unwrap_or_default();
    if !sent.iter().any(|value| secret_in(value, heard, 5).is_some()) {
        sink.options = None;
    }
    sink.parts.iter().any(|part| part.value.as_text().is_some_and(goes_in_the_clear))
}

fn is_of_event(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && name.first() == "event",
        NodeKind::Op(_, operands) => operands.iter().any(is_of_event),
        _ => false,
    }
}

/// What a page of Electron asks the process that shows it.
fn is_asked_by_page(name: &Ref) -> bool {
    name.scope == Scope::Request && name.first() == "ipc"
}

/// `load(text, { schema: JSON_SCHEMA })` of js-yaml: a schema without functions.
fn says_safe_schema(sink: &Sink) -> bool {
    let schema = sink.options.as_ref().and_then(|options| options.get("schema")?.as_ref());
    schema.is_some_and(|schema| {
        matches!(schema.last(), "JSON_SCHEMA" | "FAILSAFE_SCHEMA" | "CORE_SCHEMA" | "DEFAULT_SAFE_SCHEMA" | "SAFE_SCHEMA")
    })
}

/// What may come whole from a stranger, and does.
fn is_whole(part: &SinkPart) -> bool {
    part.label == "whole" && tainted(&part.value, 12).is_yes()
}

/// A text of code that does the same with the names it is given: `vm.runInContext('eval(order)', { order })`,
/// or expands the entities of a document.
fn embedded(sink: &mut Sink) {
    let Some(names) = sink.options.as_ref().and_then(Node::as_map) else { return };
    let Some(code) = sink.parts.first().and_then(|part| part.value.as_str()) else { return };
    let lower = code.to_ascii_lowercase();
    if lower.contains("noent: true") || lower.contains("noent:true") {
        let values: Vec<SinkPart> = names.pairs().map(|(_, value)| SinkPart::new(value.clone(), Tri::Maybe, "")).collect();
        let mut options = Map::default();
        let place = sink.parts[0].value.span;
        options.push("noent", place, Node::new(place, NodeKind::Bool(true)));
        *sink = Sink { kind: SinkKind::Xml, parts: values, options: Some(Node::new(place, NodeKind::Map(options))), ..sink.clone() };
        return;
    }
    if let Some((_, rest)) = lower.split_once("eval(") {
        let name = rest.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').next().unwrap_or_default();
        let given = names.pairs().find(|(key, _)| key.to_ascii_lowercase() == name).map(|(_, value)| value.clone());
        sink.parts = given.into_iter().map(|value| SinkPart::new(value, Tri::Maybe, "")).collect();
    }
}

/// `localStorage.setItem('token', …)`: a key that says what logs somebody in, and a value that is none of the code.
fn is_token_kept(parts: &[SinkPart]) -> bool {
    let [key, value] = parts else { return false };
    let Some(key) = key.value.as_str().map(str::to_ascii_lowercase) else { return false };
    let word: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_of_card = ["cardnumber", "creditcard", "cvv", "ssn", "socialsecuritynumber"].iter().any(|name| word.ends_with(name));
    let is_token = is_of_card || word.ends_with("token") || word.contains("jwt") && !word.contains("exp") || names_password(&word);
    is_token && (!value.value.is_known() || value.label == "cacheLocation")
}

/// The library of a function that is dangerous below a version only, and that version.
pub fn dangerous_below(sink: &Sink) -> Option<(&'static str, &'static str)> {
    let rows = crate::tables::table("sinks").map(|table| table.list("javascript")).unwrap_or_default();
    let module = sink.callee.module().filter(|_| matches!(sink.kind, SinkKind::Deserialize | SinkKind::Pollute))?;
    let row = rows.iter().find(|row| row.get("below").is_some() && row.texts("imports").any(|name| name == sink.callee.to_string()))?;
    let library = row.texts("imports").filter_map(|name| name.split('#').next()).find(|library| *library == module)?;
    Some((library, row.get("below")?.as_text()?))
}

/// Who hears what is logged or sent, and what is in it by the code around it.
#[derive(Clone, Copy)]
struct Heard {
    /// Any window: tokens too are secrets there, which a log of a server may name.
    by_everyone: bool,
    /// A whole body holds a password.
    body_has_password: bool,
}

/// `{ newPassword: value }`: an entry of that name, whose value is none of the code.
fn is_named(key: &str, value: &Node) -> bool {
    let says_other = |name: &str| ["mask", "redact", "hidden", "has", "is"].iter().any(|word| name.to_ascii_lowercase().starts_with(word));
    names_password(key) && names_secret_value(key) && value.as_ref().is_some_and(|name| !says_other(name.last()))
}

/// The name of a password or key among what is logged.
fn secret_in(node: &Node, heard: Heard, depth: u32) -> Option<SmolStr> {
    if depth == 0 {
        return None;
    }
    let is_secret = |name: &str| names_secret_value(name) || heard.by_everyone && names_token(name);
    // `const accessToken = await issue(user)`: linking has put the value in the place of the name.
    if matches!(node.kind, NodeKind::Op(Op::Await, _) | NodeKind::Unknown(_))
        && let Some(hop) = node.via.hops().iter().find(|hop| is_secret(&hop.name))
        && !selects_others(node, &is_secret)
    {
        return Some(hop.name.clone());
    }
    // `await request.json()`.
    if heard.body_has_password && matches!(node.kind, NodeKind::Op(Op::Await, _)) && is_whole_body(node) {
        return Some("password".into());
    }
    match &node.kind {
        // `process.env`.
        NodeKind::Ref(name) if name.scope == Scope::Env && name.path.is_empty() => Some("environment".into()),
        // Where a database is, and the password for it.
        NodeKind::Ref(name) if name.scope == Scope::Env && !heard.by_everyone && names_database_address(name.last()) => {
            Some(SmolStr::new(name.last()))
        }
        NodeKind::Ref(name) => {
            let last = name.last().split('@').next().unwrap_or_default();
            let of_request = match (name.scope == Scope::Request, name.path.as_slice()) {
                (true, [whole]) if heard.body_has_password && matches!(whole.as_str(), "body" | "payload" | "args" | "dto") => {
                    Some("password")
                }
                (true, [whole]) if whole == "headers" => Some("authorization"),
                // What a server sends of itself: `config.headers.Authorization`.
                (false, [.., headers, key]) if headers == "headers" && key.eq_ignore_ascii_case("authorization") => Some("authorization"),
                // What a caller brings under that name lets whoever reads it in.
                (true, [part, ..]) => {
                    let is_token = matches!(last, "token" | "jwt") && matches!(part.as_str(), "body" | "headers" | "cookies" | "payload");
                    Some(last).filter(|last| is_token || last.eq_ignore_ascii_case("authorization"))
                }
                _ => None,
            };
            // `document.cookie`.
            let of_page = Some(last).filter(|last| heard.by_everyone && *last == "cookie" && name.first() == "document");
            of_request.or(of_page).or(Some(last).filter(|last| is_secret(last))).map(SmolStr::new)
        }
        NodeKind::Text(text) => text.holes().find_map(|hole| secret_in(hole, heard, depth - 1)),
        NodeKind::Op(Op::Attr, operands) => {
            let last = operands.get(1).and_then(Node::as_str);
            // `context.switchToHttp().getRequest().headers`.
            let is_request = operands.first().and_then(Node::as_call).is_some_and(|call| call.callee.last() == "getRequest");
            let of_request = last.filter(|last| is_request && *last == "headers").map(|_| "authorization");
            of_request.or(last.filter(|last| is_secret(last))).map(SmolStr::new)
        }
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => operands.iter().find_map(|operand| secret_in(operand, heard, depth - 1)),
        NodeKind::Map(map) => map.pairs().find_map(|(key, value)| {
            let is_named = heard.by_everyone && is_secret(key) && !value.is_known() || is_named(key, value);
            if is_named { Some(key.clone()) } else { secret_in(value, heard, depth - 1) }
        }),
        NodeKind::Call(call) if matches!(call.callee.last(), "stringify" | "String") => {
            call.args.first().and_then(|value| secret_in(value, heard, depth - 1))
        }
        _ => None,
    }
}

/// `await prisma.credentials.findUnique({ where, select: { name: true } })`: none of the columns is a secret.
fn selects_others(node: &Node, is_secret: &dyn Fn(&str) -> bool) -> bool {
    let NodeKind::Op(Op::Await, operands) = &node.kind else { return false };
    let asked = operands.first().and_then(Node::as_call).and_then(|call| call.args.first()?.get("select")?.as_map());
    asked.is_some_and(|columns| {
        columns.pairs().count() == columns.entries.len() && !columns.pairs().any(|(name, _)| is_secret(name) || name == "data")
    })
}

/// The request's body as it came, or spread into a record.
fn is_whole_body(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && name.path.len() == 1 && matches!(name.first(), "body" | "payload"),
        NodeKind::List(rows) => rows.iter().any(is_whole_body),
        // Each field of a form is a key of `Object.fromEntries(form)`.
        NodeKind::Call(call) if call.callee.last() == "fromEntries" => call.args.first().is_some_and(is_whole_form),
        // `await request.json()`.
        NodeKind::Op(Op::Await, operands) => {
            operands.first().and_then(Node::as_call).is_some_and(|call| call.callee.scope == Scope::Request && call.callee.last() == "json")
        }
        NodeKind::Map(map) => map.entries.iter().any(|entry| match entry {
            Entry::Spread(inner) => is_whole_body(inner),
            Entry::Pair { key, value, .. } => matches!(key.as_str(), "data" | "$set") && is_whole_body(value),
            Entry::Computed { .. } => false,
        }),
        _ => false,
    }
}

/// A form as it was sent, or all of its fields: `formData`, `form.entries()`, `await request.formData()`.
fn is_whole_form(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && name.path.len() == 1 && name.first() == "formData",
        NodeKind::Op(Op::Await, operands) => operands.first().is_some_and(is_whole_form),
        NodeKind::Call(call) => match call.callee.last() {
            "entries" => call.receiver.as_ref().is_some_and(is_whole_form) || is_form_of(&call.callee),
            "formData" => call.callee.scope == Scope::Request,
            _ => false,
        },
        _ => false,
    }
}

/// `formData.entries` of a form that an action is handed.
fn is_form_of(callee: &Ref) -> bool {
    callee.scope == Scope::Request && callee.path.len() == 2 && callee.first() == "formData"
}
