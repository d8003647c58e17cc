//! Where a value comes from: a request, a parameter of which the callers are not seen, or the code.

use crate::ir::{Call, Entry, Node, NodeKind, Op, Part, Ref, Scope, Tri};

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
        // The header of a token is the sender's word, whether or not the token is verified later.
        NodeKind::Op(Op::Index | Op::Attr, operands) if is_token_header(operands) => {
            token_of(&operands[0]).map_or(Tri::No, |token| Tri::from(!token.is_known()).max(tainted(token, depth - 1)))
        }
        // How long a list of the code is.
        NodeKind::Op(Op::Attr, operands) if matches!(operands.as_slice(), [list, name] if list.as_list().is_some() && name.as_str() == Some("length")) => {
            Tri::No
        }
        // Which member of a known value is chosen brings nothing of the key in.
        NodeKind::Op(Op::Index | Op::Attr, operands) => operands.first().map_or(Tri::No, |base| tainted(base, depth - 1)),
        // `known.includes(name) ? name : 'other'`.
        NodeKind::Op(Op::Cond, operands) if operands.first().is_some_and(is_test) => Tri::No,
        // `order === 'asc' || order === 'desc' ? order : 'asc'`.
        NodeKind::Op(Op::Cond, operands) => match operands.as_slice() {
            [asked, then, other] if is_one_of(asked, then, 4) => tainted(other, depth - 1),
            _ => any(operands.get(1..).unwrap_or_default()),
        },
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

/// Whether a condition holds for some values that are written out alone.
fn is_one_of(condition: &Node, value: &Node, depth: u32) -> bool {
    match &condition.kind {
        NodeKind::Op(Op::Or, either) => depth > 0 && either.iter().all(|one| is_one_of(one, value, depth - 1)),
        NodeKind::Op(Op::Eq, sides) => {
            matches!(sides.as_slice(), [one, other] if one.kind == value.kind && other.is_known() || other.kind == value.kind && one.is_known())
        }
        _ => false,
    }
}

/// `jwt.decode(token, { complete: true }).header`.
fn is_token_header(operands: &[Node]) -> bool {
    matches!(operands, [whole, member] if token_of(whole).is_some() && member.as_str() == Some("header"))
}

/// The token that a library takes apart without looking at its signature.
fn token_of(node: &Node) -> Option<&Node> {
    let call = node.as_call()?;
    let takes_apart = matches!(
        (call.callee.module(), call.callee.last()),
        (Some("jsonwebtoken" | "jws"), "decode") | (Some("jose"), "decodeProtectedHeader")
    );
    call.args.first().filter(|_| takes_apart)
}

/// What a name stands for that linking could not replace.
fn source(name: &Ref) -> Tri {
    match &name.scope {
        // What middleware put there (`req.user`) is not the caller's.
        Scope::Request if matches!(name.first(), "file" | "files") => is_chosen_of_file(name.last()).into(),
        // The name that an archive gives an entry; a browser calls its measurements entries too.
        Scope::Request if name.first() == "entry" => name
            .path
            .get(1)
            .is_some_and(|part| matches!(part.as_str(), "entryName" | "rawEntryName" | "path" | "fileName" | "header"))
            .into(),
        // The address without its query: only the parameters are what the caller makes up.
        Scope::Request if name.first() == "nextUrl" => name.path.iter().any(|part| part == "searchParams").into(),
        // A body with a declared class, whose validators are not seen; what whoever runs a program types.
        // or a file holds.
        Scope::Request if matches!(name.first(), "dto" | "input" | "ipc" | "stored") => Tri::Maybe,
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
                | "parseBody"
                | "text"
                | "originalUrl"
                | "querystring"
                | "page"
                | "url"
                | "hostname"
                | "rawBody"
                | "response"
                | "args"
                | "message"
                | "posted"
                | "address"
                | "event"
        )
        .into(),
        // What a workflow of GitHub is run with: strangers write titles and comments.
        Scope::Import(module) if module == "@actions/github" => {
            let of_event = name.path.iter().any(|part| part == "payload");
            (of_event && matches!(name.last(), "title" | "body" | "ref" | "label" | "message" | "email" | "name" | "head_ref")).into()
        }
        // A parameter, of which nothing more is known.
        Scope::Local if name.path.len() == 1 && name.is_parameter() => Tri::Maybe,
        _ => Tri::No,
    }
}

/// What the caller says of a file that it sends; where the server keeps it is the server's choice.
fn is_chosen_of_file(name: &str) -> bool {
    !matches!(
        name,
        "path"
            | "filepath"
            | "filename"
            | "newFilename"
            | "destination"
            | "tempFilePath"
            | "size"
            | "mimetype"
            | "fieldname"
            | "length"
            | "key"
            | "location"
    )
}

/// What a call makes of the values that go into it.
fn through(call: &Call, depth: u32) -> Tri {
    let name = call.callee.last().to_ascii_lowercase();
    if name == "map" && call.args.first().and_then(Node::as_ref).is_some_and(makes_number) {
        return Tri::No;
    }
    // `list.map((item) => `<li>${item}</li>`)`.
    if let ("map" | "flatmap", Some(NodeKind::Func(function))) = (name.as_str(), call.args.first().map(|first| &first.kind)) {
        let made = function.returns.as_ref().map_or(Tri::No, |item| tainted(item, depth));
        // The items are what the code says: a parameter brings nothing else in.
        let is_of_code = call.receiver.as_ref().is_some_and(|list| is_list_of_code(list, depth));
        return if made.is_maybe() && is_of_code { Tri::No } else { made };
    }
    // `request.query.get('name')` reads a value, `request.query.name.replace(…)` makes one of it.
    if call.callee.scope == Scope::Request {
        let is_clean = call.callee.path.len() > 2 && (cleans(&name) && name != "map" || replaces_cleanly(call, &name));
        return if is_clean { Tri::No } else { source(&call.callee) };
    }
    if is_address_of_page(call) {
        return Tri::Yes;
    }
    if cleans(&name) || replaces_cleanly(call, &name) {
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
            if hands_on(call, &name) || is_markdown(&call.callee) {
                args
            } else {
                Tri::No
            }
        }
        (receiver, _) => receiver,
    }
}

/// `['name', 'email']`, and what is chosen of it: `['name', 'email'].filter((key) => key in changes)`.
fn is_list_of_code(list: &Node, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &list.kind {
        NodeKind::List(items) => items.iter().all(|item| tainted(item, depth).is_no()),
        NodeKind::Call(call) if matches!(call.callee.last(), "filter" | "slice" | "sort" | "reverse" | "concat") => {
            call.receiver.iter().chain(call.args.iter().filter(|_| call.callee.last() == "concat")).all(|part| is_list_of_code(part, depth))
        }
        _ => false,
    }
}

/// `list.map(Number)`.
fn makes_number(function: &Ref) -> bool {
    function.scope == Scope::Global && matches!(function.last(), "Number" | "parseInt" | "parseFloat" | "BigInt")
}

/// Functions whose result is a number, a boolean, or made safe.
fn cleans(name: &str) -> bool {
    let words = [
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
        "tofixed",
        "tolocale",
        "toiso",
        "isinteger",
        "map",
        "uuid",
        "check",
        "allow",
        "file_name",
        "file_stem",
        "extension",
    ];
    words.iter().any(|word| name.contains(word)) && name != "unescape"
}

/// Replacements that leave nothing dangerous: of all that is not listed (`/[^a-z]/g`), of what has a meaning by the
/// same with a backslash before it (`'\\$&'`), of brackets by what markup has for them.
fn replaces_cleanly(call: &Call, name: &str) -> bool {
    let argument = |at: usize| call.args.get(at);
    let keeps_listed = |pattern: &Node| {
        pattern.as_call().and_then(|made| made.args.first()).and_then(Node::as_str).is_some_and(|pattern| pattern.contains("[^"))
    };
    let is_text = |at: usize, text: &str| argument(at).and_then(Node::as_str) == Some(text);
    // `path.normalize(name).replace(/^(\.\.(\/|\\|$))+/, '')`: what leads out of a folder stands at the beginning then.
    let leads_out = |pattern: &Node| {
        let pattern = pattern.as_call().and_then(|made| made.args.first()).and_then(Node::as_str);
        pattern.is_some_and(|pattern| pattern.starts_with("/^(\\.\\.") && pattern.ends_with(")+/"))
    };
    let is_normal = || call.receiver.as_ref().and_then(Node::as_call).is_some_and(|made| made.callee.last() == "normalize");
    let stays_within = || is_text(1, "") && argument(0).is_some_and(leads_out) && is_normal();
    let escapes = || argument(1).and_then(Node::as_str).is_some_and(|with| with.contains("\\$&"));
    name.starts_with("replace")
        && (argument(0).is_some_and(keeps_listed)
            || escapes()
            || is_text(0, "<") && is_text(1, "&lt;")
            || stays_within()
            || writes_each_otherwise(call))
}

/// `text.replace(/[&<>"']/g, (char) => codes[char])`, `text.replace(/</g, '&lt;')`, `text.replace(/'/g, "''")`: every
/// character of a sort is written in another way.
fn writes_each_otherwise(call: &Call) -> bool {
    let [pattern, with] = call.args.as_slice() else { return false };
    // `text.replaceAll("'", "''")`.
    if let Some(pattern) = pattern.as_str() {
        return call.callee.last() == "replaceAll" && writes_otherwise(pattern, with);
    }
    let Some(made) = pattern.as_call().filter(|made| made.callee.last() == "RegExp") else { return false };
    // A literal keeps its slashes.
    let whole = made.args.first().and_then(Node::as_str).and_then(|text| text.strip_prefix('/')?.rsplit_once('/'));
    let Some((pattern, flags)) = whole else { return false };
    flags.contains('g')
        && match pattern {
            list if list.starts_with('[') && list.ends_with(']') => matches!(with.kind, NodeKind::Func(_)),
            _ => writes_otherwise(pattern, with),
        }
}

/// Whether a character is written so that it ends nothing.
fn writes_otherwise(pattern: &str, with: &Node) -> bool {
    let with = with.as_str().unwrap_or_default();
    match pattern {
        "<" => with.starts_with("&lt") || with.starts_with("&#"),
        "'" => matches!(with, "''" | "\\'"),
        _ => false,
    }
}

/// `$location.search()` of `AngularJS`, `new URL(location)`.
fn is_address_of_page(call: &Call) -> bool {
    let is_location =
        |name: &Ref| name.scope == Scope::Global && matches!(name.names().as_slice(), ["location"] | ["window" | "document", "location"]);
    let is_of_angular = call.callee.first().split('@').next() == Some("$location");
    is_of_angular && matches!(call.callee.last(), "search" | "hash" | "url" | "absUrl")
        || call.is_new && call.callee.last() == "URL" && call.args.first().and_then(Node::as_ref).is_some_and(is_location)
}

/// Whether a function makes markup of Markdown, and leaves the markup that is in it.
pub fn is_markdown(function: &Ref) -> bool {
    let is_maker = matches!(function.last(), "default" | "marked" | "parse" | "parseInline" | "snarkdown");
    is_maker && matches!(function.module(), Some("marked" | "snarkdown")) || function.last() == "makeHtml"
}

/// `/^(\w+)-(\d+)$/`: what fits is letters, digits and what the pattern writes out.
fn fits_words(made: &Call) -> bool {
    let pattern = made.args.first().and_then(Node::as_str);
    pattern.is_some_and(|pattern| {
        !["\\S", "\\W", "\\D", "\\s", "[^"].iter().any(|open| pattern.contains(open)) && !pattern.replace("\\.", "").contains('.')
    })
}

/// `new XMLParser().parse(text)`.
fn reads_documents(made: &Call) -> bool {
    matches!(made.callee.module(), Some("fast-xml-parser" | "xml2js" | "txml" | "@xmldom/xmldom" | "xmldom" | "libxmljs" | "libxmljs2"))
}

fn begins_at_root(path: &Node) -> bool {
    path.as_text()
        .and_then(|text| text.pieces.first())
        .is_some_and(|first| matches!(&first.part, Part::Lit(words) if words.starts_with('/')))
}

/// Functions that read a document of XML.
const DOCUMENTS: [&str; 6] = ["parsexml", "parsexmlstring", "parsefromstring", "parsestring", "parsestringpromise", "xml2js"];

/// Functions whose result is their argument in another form.
fn hands_on(call: &Call, name: &str) -> bool {
    match name {
        "join" | "concat" | "trim" | "resolve" | "decodeuricomponent" | "string" | "atob" | "buffer" | "unescape" | "fromentries"
        | "renderstring" => true,
        // What a document holds that the caller sends.
        name if DOCUMENTS.contains(&name) => true,
        "url" | "urlsearchparams" => call.is_new,
        "from" => call.callee.first() == "Buffer" || call.callee.names().contains(&"PathBuf"),
        "new" => call.callee.names().contains(&"Path"),
        "parse" if call.receiver.as_ref().and_then(Node::as_call).is_some_and(reads_documents) => true,
        "parse" => call.callee.first() == "JSON" || matches!(call.callee.module(), Some("url" | "querystring" | "qs")),
        // `/to=(.*)/.exec(address)`.
        "decodeprotectedheader" => call.callee.module() == Some("jose"),
        "exec" => call.receiver.as_ref().and_then(Node::as_call).is_some_and(|made| made.callee.last() == "RegExp" && !fits_words(made)),
        // What begins at the root can't leave it.
        "normalize" => call.callee.module() == Some("path") && !call.args.first().is_some_and(begins_at_root),
        "format" => call.callee.module() == Some("util"),
        _ => false,
    }
}
