//! Where what flows into a dangerous function comes from.

mod address;
mod markup;
mod query;
mod statement;
mod taint;
mod words;

pub use self::words::names_secret_value;

use self::query::is_query;
use self::taint::tainted;
use crate::ir::{Entry, Map, Node, NodeKind, Op, Scope, Sink, SinkKind, SinkPart, Tri};

/// Says of each part of a resolved sink whether a request controls it. A sink that nothing of
/// interest flows into is none.
pub fn judge(sink: &mut Sink) -> bool {
    let answer = sink.options.as_ref().and_then(Node::as_str).unwrap_or_default();
    let is_express = matches!(answer, "res" | "response" | "_res");
    match sink.kind {
        SinkKind::Hash | SinkKind::Random => return sink.parts.iter().any(|part| !part.label.is_empty()),
        SinkKind::Tls | SinkKind::Cookie | SinkKind::Cipher | SinkKind::Compare | SinkKind::Send | SinkKind::Keep => {
            return !sink.parts.is_empty() || sink.kind == SinkKind::Tls;
        }
        SinkKind::Sql => {
            let method = sink.callee.last();
            for part in &mut sink.parts {
                if let Some(text) = statement::joined(&part.value) {
                    part.value.kind = NodeKind::Text(text);
                }
            }
            sink.parts.retain(|part| statement::is_sql(&part.value) || statement::is_part(method, &part.value) || is_whole(part));
        }
        SinkKind::Html => match answer {
            "page" => sink.parts.retain(|part| tainted(&part.value, 12).is_yes()),
            "trusted" => return markup::is_trusted(&mut sink.parts),
            _ => {
                let is_page = is_express && sink.callee.last() == "send";
                sink.parts.retain(|part| markup::is_markup(&part.value) || is_page && markup::is_words(&part.value) || is_whole(part));
            }
        },
        SinkKind::ErrorBody => sink.parts.retain(|part| markup::shows_error(&part.value, is_express, 8)),
        SinkKind::Assign => sink.parts.retain(|part| is_whole_body(&part.value)),
        SinkKind::Path if sink.callee.last() == "render" => {
            // What a template shows is escaped; a whole body brings options of the engine too.
            sink.parts.retain(|part| part.value.as_map().is_none() || is_whole_body(&part.value));
        }
        SinkKind::Fetch => sink.parts.retain(|part| address::controls_host(&part.value).is_yes() && !address::is_of_page(&part.value)),
        SinkKind::Redirect => sink.parts.retain(|part| address::controls_host(&part.value).is_yes()),
        SinkKind::Query if sink.callee.last() == "$where" => {}
        SinkKind::Query => sink.parts.retain(|part| is_query(&part.value)),
        SinkKind::Filter => sink.parts.retain(|part| statement::is_filter(&part.value)),
        SinkKind::Store => return is_token_kept(&sink.parts),
        SinkKind::Code => embedded(sink),
        SinkKind::Log => {
            let everyone_hears = sink.callee.last() == "postMessage";
            sink.parts.retain_mut(|part| {
                let secret = secret_in(&part.value, everyone_hears, 4);
                part.label = secret.clone().unwrap_or_default();
                secret.is_some()
            });
        }
        _ => {}
    }
    let expands = sink.options.as_ref().and_then(|options| options.get("noent")).and_then(Node::as_bool);
    if sink.kind == SinkKind::Xml && expands != Some(true) {
        return false;
    }
    for part in &mut sink.parts {
        part.tainted = match sink.kind {
            SinkKind::Query if sink.callee.last() == "$where" => tainted(&part.value, 12),
            SinkKind::Sql => tainted(&part.value, 12).max(statement::has_quoted_parameter(part)),
            // A query that is left is one whose values come as they were sent.
            SinkKind::Assign | SinkKind::ErrorBody | SinkKind::Log | SinkKind::Query => Tri::Yes,
            // Entities are expanded whoever sends the document.
            SinkKind::Xml => tainted(&part.value, 12).max(Tri::Maybe),
            SinkKind::Pollute => pollutes(part),
            _ => tainted(&part.value, 12),
        };
    }
    // A parameter of a function that runs things is its purpose; only what a request brings is wrong.
    let must_be_seen = matches!(sink.kind, SinkKind::Exec | SinkKind::Code | SinkKind::Pattern | SinkKind::Deserialize | SinkKind::Filter);
    sink.parts.retain(|part| if must_be_seen { part.tainted.is_yes() } else { !part.tainted.is_no() });
    !sink.parts.is_empty()
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

/// Names that come from outside, for two members at least or with a value from there; of a library, what it
/// merges.
fn pollutes(part: &SinkPart) -> Tri {
    match (part.label.as_str(), &part.value.kind) {
        ("merge", _) => Tri::Maybe,
        ("own", NodeKind::Op(Op::And, both)) => {
            let is_object = both.get(1).is_some_and(|value| matches!(&value.kind, NodeKind::Ref(name) if name.scope == Scope::Request));
            if is_object && both.first().is_some_and(|name| tainted(name, 12).is_yes()) { Tri::Maybe } else { Tri::No }
        }
        _ if tainted(&part.value, 12).is_yes() => Tri::Yes,
        _ => Tri::No,
    }
}

/// `localStorage.setItem('token', …)`: a key that says what logs somebody in, and a value that is none of the code.
fn is_token_kept(parts: &[SinkPart]) -> bool {
    let [key, value] = parts else { return false };
    let Some(key) = key.value.as_str().map(str::to_ascii_lowercase) else { return false };
    let word: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_token = word.ends_with("token") || word.contains("jwt") && !word.contains("exp");
    is_token && (!value.value.is_known() || value.label == "cacheLocation")
}

/// The library of a function that is dangerous below a version only, and that version.
pub fn dangerous_below(sink: &Sink) -> Option<(&'static str, &'static str)> {
    let rows = crate::tables::table("sinks").map(|table| table.list("javascript")).unwrap_or_default();
    let module = sink.callee.module().filter(|_| matches!(sink.kind, SinkKind::Deserialize | SinkKind::Pollute))?;
    let row = rows.iter().find(|row| row.texts("imports").any(|name| name == sink.callee.to_string()))?;
    let library = row.texts("imports").filter_map(|name| name.split('#').next()).find(|library| *library == module)?;
    Some((library, row.get("below")?.as_text()?))
}

/// Whether a name is that of a password itself: `password`, `newPassword`.
pub fn names_password(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "pwd", "passphrase"].iter().any(|word| name.ends_with(word))
}

/// The name of a password or key among what is logged.
fn secret_in(node: &Node, tokens: bool, depth: u32) -> Option<smol_str::SmolStr> {
    if depth == 0 {
        return None;
    }
    match &node.kind {
        NodeKind::Ref(name) => {
            let last = name.last().split('@').next().unwrap_or_default();
            if name.scope == Scope::Request && last == "authorization" {
                return Some(last.into());
            }
            (is_secret_name(last) || tokens && is_token(last)).then(|| last.into())
        }
        NodeKind::Text(text) => text.holes().find_map(|hole| secret_in(hole, tokens, depth - 1)),
        NodeKind::Op(Op::Attr, operands) => {
            let last = operands.get(1).and_then(Node::as_str)?;
            (is_secret_name(last) || tokens && is_token(last)).then(|| last.into())
        }
        NodeKind::Map(map) => map.pairs().find_map(|(key, value)| {
            let is_named = tokens && is_token(key) && !value.is_known();
            if is_named { Some(key.clone()) } else { secret_in(value, tokens, depth - 1) }
        }),
        NodeKind::Call(call) if call.callee.last() == "stringify" => {
            call.args.first().and_then(|value| secret_in(value, tokens, depth - 1))
        }
        _ => None,
    }
}

fn is_token(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("token") || matches!(name.as_str(), "jwt" | "session" | "sessionid" | "credentials" | "apikey")
}

/// Names that hold a secret itself, not a word on one.
fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    let talks_of_one = ["is", "has", "show", "forgot", "reset", "no", "needs"].iter().any(|word| name.starts_with(word));
    let ends = [
        "password",
        "passwd",
        "passphrase",
        "privatekey",
        "secretkey",
        "apikey",
        "accesstoken",
        "refreshtoken",
        "clientsecret",
        "creditcard",
        "creditcardnumber",
        "cardnumber",
    ];
    !talks_of_one && ends.iter().any(|end| name.ends_with(end)) || matches!(name.as_str(), "creditcard" | "cardnumber" | "cvv" | "ssn")
}

/// The request's body as it came, or spread into a record.
fn is_whole_body(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && name.path.len() == 1 && name.first() == "body",
        NodeKind::Map(map) => map.entries.iter().any(|entry| match entry {
            Entry::Spread(inner) => is_whole_body(inner),
            Entry::Pair { key, value, .. } => matches!(key.as_str(), "data" | "$set") && is_whole_body(value),
            Entry::Computed { .. } => false,
        }),
        _ => false,
    }
}
