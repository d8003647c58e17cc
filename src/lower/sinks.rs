//! Where what flows into a dangerous function comes from.

use crate::ir::{Call, Entry, Node, NodeKind, Op, Part, Ref, Scope, Sink, SinkKind, Text, Tri};

/// Says of each part of a resolved sink whether a request controls it. A sink that nothing of
/// interest flows into is none.
pub fn judge(sink: &mut Sink) -> bool {
    match sink.kind {
        SinkKind::Tls | SinkKind::Hash | SinkKind::Random | SinkKind::Cookie => return true,
        SinkKind::Sql => sink.parts.retain(|part| is_sql(&part.value)),
        SinkKind::Html => sink.parts.retain(|part| is_markup(&part.value)),
        SinkKind::ErrorBody => sink.parts.retain(|part| shows_stack(&part.value, 8)),
        SinkKind::Assign => sink.parts.retain(|part| is_whole_body(&part.value)),
        SinkKind::Fetch => sink.parts.retain(|part| controls_host(&part.value).is_yes()),
        _ => {}
    }
    for part in &mut sink.parts {
        part.tainted = match sink.kind {
            SinkKind::Assign | SinkKind::ErrorBody => Tri::Yes,
            _ => tainted(&part.value, 12),
        };
    }
    sink.parts.retain(|part| !part.tainted.is_no());
    !sink.parts.is_empty()
}

/// Whether a request controls a value: yes where it is read off one, perhaps where a parameter is
/// all that is known of it, no where the repository says what it is.
fn tainted(node: &Node, depth: u32) -> Tri {
    if depth == 0 {
        return Tri::No;
    }
    let any = |nodes: &[Node]| Tri::any(nodes.iter().map(|node| tainted(node, depth - 1)));
    match &node.kind {
        NodeKind::Ref(name) => source(name),
        NodeKind::Text(text) => Tri::any(text.holes().map(|hole| tainted(hole, depth - 1))),
        NodeKind::List(items) => any(items),
        // Which member of a known value is chosen brings nothing of the key in.
        NodeKind::Op(Op::Index | Op::Attr, operands) => operands.first().map_or(Tri::No, |base| tainted(base, depth - 1)),
        NodeKind::Op(Op::Cond, operands) => any(operands.get(1..).unwrap_or_default()),
        NodeKind::Op(Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Not, _) => Tri::No,
        NodeKind::Op(_, operands) => any(operands),
        NodeKind::Call(call) => through(call, depth - 1),
        NodeKind::Map(map) => Tri::any(map.entries.iter().map(|entry| match entry {
            Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value) => tainted(value, depth - 1),
        })),
        _ => Tri::No,
    }
}

/// What a name stands for that linking could not replace.
fn source(name: &Ref) -> Tri {
    match &name.scope {
        // What middleware put there (`req.user`) is not the caller's.
        Scope::Request => matches!(
            name.first(),
            "query"
                | "body"
                | "params"
                | "param"
                | "headers"
                | "header"
                | "cookies"
                | "get"
                | "json"
                | "formData"
                | "text"
                | "nextUrl"
                | "originalUrl"
                | "url"
                | "hostname"
                | "file"
                | "files"
                | "rawBody"
        )
        .into(),
        // A parameter, of which nothing more is known.
        Scope::Local if name.path.len() == 1 && name.first().contains("@@") => Tri::Maybe,
        _ => Tri::No,
    }
}

/// Functions whose result is a number, a boolean, or made safe.
fn through(call: &Call, depth: u32) -> Tri {
    if call.callee.scope == Scope::Request {
        return source(&call.callee);
    }
    let name = call.callee.last().to_ascii_lowercase();
    let cleans = [
        "parseint",
        "parsefloat",
        "number",
        "escape",
        "encode",
        "sanitize",
        "sanitise",
        "validate",
        "quote",
        "basename",
        "includes",
        "isinteger",
        "map",
        "tostring",
        "uuid",
        "check",
        "allow",
    ];
    if cleans.iter().any(|word| name.contains(word)) && name != "tostring" {
        return Tri::No;
    }
    let receiver = call.receiver.as_ref().map_or(Tri::No, |receiver| tainted(receiver, depth));
    let args = Tri::any(call.args.iter().map(|arg| tainted(arg, depth)));
    match (receiver, args) {
        // What an unknown function makes of its arguments is not known.
        (Tri::No, Tri::Yes | Tri::Maybe) => {
            if matches!(name.as_str(), "join" | "concat" | "trim" | "resolve" | "decodeuricomponent" | "string") { args } else { Tri::No }
        }
        (receiver, _) => receiver,
    }
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

/// `err.stack` in what is answered.
fn shows_stack(node: &Node, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    match &node.kind {
        NodeKind::Ref(name) => name.last() == "stack" && name.path.len() > 1,
        NodeKind::Map(map) => map.entries.iter().any(|entry| matches!(entry, Entry::Pair { value, .. } if shows_stack(value, depth - 1))),
        NodeKind::Text(text) => text.holes().any(|hole| shows_stack(hole, depth - 1)),
        _ => false,
    }
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
            Some(Part::Hole(first)) => tainted(first, 8),
            Some(Part::Lit(words)) if matches!(words.as_str(), "http://" | "https://") => {
                text.holes().next().map_or(Tri::No, |first| tainted(first, 8))
            }
            _ => Tri::No,
        },
        NodeKind::Map(map) => map.get("url").or_else(|| map.get("uri")).or_else(|| map.get("hostname")).map_or(Tri::No, controls_host),
        // The address of the request itself is on this server.
        NodeKind::Ref(name) if matches!(name.first(), "url" | "originalUrl" | "nextUrl") => Tri::No,
        _ => tainted(node, 8),
    }
}
