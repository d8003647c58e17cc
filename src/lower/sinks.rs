//! Where what flows into a dangerous function comes from.

mod query;
mod taint;

use self::query::is_query;
use self::taint::tainted;
use crate::ir::{Entry, Node, NodeKind, Op, Part, Ref, Scope, Sink, SinkKind, SinkPart, Text, Tri};

/// Says of each part of a resolved sink whether a request controls it. A sink that nothing of
/// interest flows into is none.
pub fn judge(sink: &mut Sink) -> bool {
    let answer = sink.options.as_ref().and_then(Node::as_str).unwrap_or_default();
    let is_express = matches!(answer, "res" | "response" | "_res");
    match sink.kind {
        SinkKind::Tls | SinkKind::Hash | SinkKind::Random | SinkKind::Cookie | SinkKind::Cipher => {
            return !sink.parts.is_empty() || sink.kind == SinkKind::Tls;
        }
        SinkKind::Sql => sink.parts.retain(|part| is_sql(&part.value)),
        SinkKind::Html => {
            let is_page = is_express && sink.callee.last() == "send";
            sink.parts.retain(|part| is_markup(&part.value) || is_page && is_words(&part.value));
        }
        SinkKind::ErrorBody => sink.parts.retain(|part| shows_error(&part.value, is_express, 8)),
        SinkKind::Assign => sink.parts.retain(|part| is_whole_body(&part.value)),
        SinkKind::Fetch | SinkKind::Redirect => sink.parts.retain(|part| controls_host(&part.value).is_yes()),
        SinkKind::Query => sink.parts.retain(|part| is_query(&part.value)),
        SinkKind::Store => return is_token_kept(&sink.parts),
        SinkKind::Log => {
            sink.parts.retain_mut(|part| {
                let secret = secret_in(&part.value, 4);
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
            SinkKind::Assign | SinkKind::ErrorBody | SinkKind::Log => Tri::Yes,
            // What is no operator of a text is a filter whose values come as they were sent.
            SinkKind::Query => query::certainty(&part.value),
            // Entities are expanded whoever sends the document.
            SinkKind::Xml => tainted(&part.value, 12).max(Tri::Maybe),
            _ => tainted(&part.value, 12),
        };
    }
    // A parameter of a function that runs things is its purpose; only what a request brings is wrong.
    let must_be_seen = matches!(sink.kind, SinkKind::Exec | SinkKind::Code | SinkKind::Pattern | SinkKind::Deserialize);
    sink.parts.retain(|part| if must_be_seen { part.tainted.is_yes() } else { !part.tainted.is_no() });
    !sink.parts.is_empty()
}

/// `localStorage.setItem('token', …)`: a key that says what logs somebody in, and a value that is none of the code.
fn is_token_kept(parts: &[SinkPart]) -> bool {
    let [key, value] = parts else { return false };
    let Some(key) = key.value.as_str().map(str::to_ascii_lowercase) else { return false };
    let names =
        ["token", "jwt", "accesstoken", "access_token", "authtoken", "auth_token", "id_token", "idtoken", "refreshtoken", "refresh_token"];
    names.contains(&key.replace('-', "_").as_str()) && !value.value.is_known()
}

/// The library of a function that is dangerous below a major version only, and that version.
pub fn dangerous_below(sink: &Sink) -> Option<(&'static str, i64)> {
    let rows = crate::tables::table("sinks").map(|table| table.list("javascript")).unwrap_or_default();
    let module = sink.callee.module().filter(|_| sink.kind == SinkKind::Deserialize)?;
    let row = rows.iter().find(|row| row.texts("imports").any(|name| name == sink.callee.to_string()))?;
    let library = row.texts("imports").next()?.split('#').next().filter(|library| *library == module)?;
    Some((library, row.int("below")?))
}

/// A text that begins as a statement of SQL does and has holes.
fn is_sql(node: &Node) -> bool {
    let Some(text) = node.as_text().filter(|text| text.has_holes()) else { return false };
    first_words(text).is_some_and(|words| {
        let words = words.trim_start().to_ascii_lowercase();
        [
            "select ",
            "insert into",
            "update ",
            "delete from",
            "with ",
            "drop ",
            "alter ",
            "create ",
            "truncate ",
            "exec ",
            "call ",
            "grant ",
            "set ",
        ]
        .iter()
        .any(|start| {
            words.starts_with(start) || words.trim_start_matches(['\n', '(']).starts_with(start.trim_end()) && words.len() > start.len()
        })
    })
}

fn first_words(text: &Text) -> Option<&str> {
    match &text.pieces.first()?.part {
        Part::Lit(words) => Some(words),
        Part::Hole(_) => None,
    }
}

fn is_markup(node: &Node) -> bool {
    node.as_text().is_some_and(|text| text.has_holes() && text.contains("<").is_yes())
}

/// Words of a request in a page: what Express sends of a text is HTML.
fn is_words(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && name.path.len() > 1,
        NodeKind::Text(text) => text.has_holes() && !first_words(text).is_some_and(|words| words.trim_start().starts_with(['{', '['])),
        _ => false,
    }
}

/// `err.stack` in what is answered, and, of Express, the whole error.
fn shows_error(node: &Node, whole: bool, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    match &node.kind {
        NodeKind::Ref(name) if name.path.len() > 1 => name.last() == "stack",
        NodeKind::Ref(name) => whole && name.scope == Scope::Local && is_caught(name.first()),
        NodeKind::Map(map) => {
            map.entries.iter().any(|entry| matches!(entry, Entry::Pair { value, .. } if shows_error(value, whole, depth - 1)))
        }
        NodeKind::Text(text) => text.holes().any(|hole| shows_error(hole, false, depth - 1)),
        _ => false,
    }
}

/// A parameter that holds an error: of a `catch`, or the first of a callback.
fn is_caught(name: &str) -> bool {
    name.split_once("@@").is_some_and(|(name, _)| matches!(name, "err" | "error" | "e" | "ex" | "exception"))
}

/// The name of a password or key among what is logged.
fn secret_in(node: &Node, depth: u32) -> Option<smol_str::SmolStr> {
    if depth == 0 {
        return None;
    }
    match &node.kind {
        NodeKind::Ref(name) => {
            let last = name.last().split('@').next().unwrap_or_default();
            is_secret_name(last).then(|| last.into())
        }
        NodeKind::Text(text) => text.holes().find_map(|hole| secret_in(hole, depth - 1)),
        NodeKind::Op(Op::Attr, operands) => {
            let last = operands.get(1).and_then(Node::as_str)?;
            is_secret_name(last).then(|| last.into())
        }
        NodeKind::Map(map) => map.pairs().find_map(|(_, value)| secret_in(value, depth - 1)),
        _ => None,
    }
}

/// Names that hold a secret itself, not a word on one.
fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    let talks_of_one = ["is", "has", "show", "forgot", "reset", "no", "needs"].iter().any(|word| name.starts_with(word));
    let ends = ["password", "passwd", "passphrase", "privatekey", "secretkey", "apikey", "accesstoken", "refreshtoken", "clientsecret"];
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

/// Whether a request says which host is asked, not only a path or a parameter of a known one.
fn controls_host(node: &Node) -> Tri {
    match &node.kind {
        NodeKind::Text(text) => match text.pieces.first().map(|piece| &piece.part) {
            Some(Part::Hole(first)) => controls_host(first),
            Some(Part::Lit(words)) if matches!(words.as_str(), "http://" | "https://" | "//") => {
                text.holes().next().map_or(Tri::No, controls_host)
            }
            _ => Tri::No,
        },
        NodeKind::Map(map) => {
            ["url", "uri", "baseURL", "hostname", "host"].iter().find_map(|key| map.get(key)).map_or(Tri::No, controls_host)
        }
        NodeKind::Ref(name) if is_own_address(name) => Tri::No,
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => Tri::any(operands.iter().map(controls_host)),
        NodeKind::Op(Op::Cond, operands) => Tri::any(operands.iter().skip(1).map(controls_host)),
        NodeKind::Call(call) if is_own_address(&call.callee) => Tri::No,
        // The second argument is only the base of the first.
        NodeKind::Call(call) if call.callee.last() == "URL" => call.args.first().map_or(Tri::No, controls_host),
        _ => tainted(node, 8),
    }
}

/// The address of the request itself is on this server; headers that name it are the proxy's.
fn is_own_address(name: &Ref) -> bool {
    name.scope == Scope::Request
        && match name.first() {
            "url" | "originalUrl" | "hostname" | "headers" | "header" | "get" => true,
            "nextUrl" => !name.path.iter().any(|part| part == "searchParams"),
            _ => false,
        }
}
