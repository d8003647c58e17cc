//! Where a value comes from: a request, a parameter of which the callers are not seen, or the code.

use crate::ir::{Call, Entry, Node, NodeKind, Op, Ref, Scope, Tri};

/// Whether a request controls a value: yes where it is read off one, perhaps where a parameter is
/// all that is known of it, no where the repository says what it is.
pub(super) fn tainted(node: &Node, depth: u32) -> Tri {
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
        // `known.includes(name) ? name : 'other'`.
        NodeKind::Op(Op::Cond, operands) if operands.first().is_some_and(is_test) => Tri::No,
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

fn is_test(condition: &Node) -> bool {
    condition.as_call().is_some_and(|call| matches!(call.callee.last(), "includes" | "has" | "test"))
}

/// What a name stands for that linking could not replace.
fn source(name: &Ref) -> Tri {
    match &name.scope {
        // What middleware put there (`req.user`) is not the caller's.
        Scope::Request if matches!(name.first(), "file" | "files") => is_chosen_of_file(name.last()).into(),
        // The name that an archive gives an entry; a browser calls its measurements entries too.
        Scope::Request if name.first() == "entry" => {
            name.path.get(1).is_some_and(|part| matches!(part.as_str(), "entryName" | "path" | "fileName" | "header")).into()
        }
        // The address without its query: only the parameters are what the caller makes up.
        Scope::Request if name.first() == "nextUrl" => name.path.iter().any(|part| part == "searchParams").into(),
        // A body with a declared class, whose validators are not seen; what whoever runs a program types.
        Scope::Request if matches!(name.first(), "dto" | "input") => Tri::Maybe,
        Scope::Request => matches!(
            name.first(),
            "query"
                | "body"
                | "payload"
                | "params"
                | "param"
                | "headers"
                | "header"
                | "cookies"
                | "get"
                | "json"
                | "formData"
                | "text"
                | "originalUrl"
                | "url"
                | "hostname"
                | "rawBody"
                | "response"
                | "args"
                | "message"
                | "address"
                | "event"
        )
        .into(),
        // A parameter, of which nothing more is known.
        Scope::Local if name.path.len() == 1 && name.first().contains("@@") => Tri::Maybe,
        _ => Tri::No,
    }
}

/// What the caller says of a file that it sends; where the server keeps it is the server's choice.
fn is_chosen_of_file(name: &str) -> bool {
    !matches!(
        name,
        "path" | "filename" | "destination" | "tempFilePath" | "size" | "mimetype" | "fieldname" | "length" | "key" | "location"
    )
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
        "file_name",
        "file_stem",
        "extension",
    ];
    if cleans.iter().any(|word| name.contains(word)) && name != "tostring" {
        return Tri::No;
    }
    // `replace(/[^a-z]/g, '')` leaves only what is listed.
    let keeps_listed = |pattern: &Node| {
        pattern.as_call().and_then(|made| made.args.first()).and_then(Node::as_str).is_some_and(|pattern| pattern.contains("[^"))
    };
    // `replace(/[.*+?]/g, '\\$&')` puts a backslash before what has a meaning.
    let escapes = |with: &Node| with.as_str().is_some_and(|with| with.contains("\\$&"));
    if name.starts_with("replace") && (call.args.first().is_some_and(keeps_listed) || call.args.get(1).is_some_and(escapes)) {
        return Tri::No;
    }
    // Markup is escaped by hand.
    let is_text = |at: usize, text: &str| call.args.get(at).and_then(Node::as_str) == Some(text);
    if name.starts_with("replace") && is_text(0, "<") && is_text(1, "&lt;") {
        return Tri::No;
    }
    let receiver = call.receiver.as_ref().map_or(Tri::No, |receiver| tainted(receiver, depth));
    // What is put in the place of something else comes through.
    if name.starts_with("replace") {
        return receiver.max(call.args.get(1).map_or(Tri::No, |with| tainted(with, depth)));
    }
    let args = Tri::any(call.args.iter().map(|arg| tainted(arg, depth)));
    match (receiver, args) {
        // What an unknown function makes of its arguments is not known.
        (Tri::No, Tri::Yes | Tri::Maybe) => {
            if hands_on(call, &name) {
                args
            } else {
                Tri::No
            }
        }
        (receiver, _) => receiver,
    }
}

/// Functions whose result is their argument in another form.
fn hands_on(call: &Call, name: &str) -> bool {
    match name {
        "join" | "concat" | "trim" | "resolve" | "decodeuricomponent" | "string" | "atob" | "buffer" | "unescape" => true,
        "url" | "urlsearchparams" => call.is_new,
        "from" => call.callee.first() == "Buffer" || call.callee.names().contains(&"PathBuf"),
        "new" => call.callee.names().contains(&"Path"),
        "parse" => call.callee.first() == "JSON",
        "format" => call.callee.module() == Some("util"),
        _ => false,
    }
}
