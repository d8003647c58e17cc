//! Dangerous calls in Rust: by the rows of `rules/tables/rust-sinks.toml`, and what says on its own
//! that a protection is off or a secret stands in the code.

mod compare;
mod costs;
mod crypto;
mod kept;
mod markup;
mod settings;
mod shell;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Node, NodeKind, Op, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};
use crate::tables::table;
use kept::{is_shared, writes};

pub(super) use self::compare::{Side, compared};
pub(super) use self::costs::{costs, number_in};
pub(super) use self::crypto::{guessable, hashed_into, unguessable, unstretched, weak_random};
pub(super) use self::kept::{is_of_person, of_record, opened};
pub(super) use self::markup::{page, written_cookie};
pub(super) use self::settings::{accepts_all, cookie, is_verifier_off, of_field, of_path, turns_check_off};
pub(super) use self::shell::of_macro as shell_macro;

/// A row of the table.
struct Row {
    kind: SinkKind,
    end: Vec<&'static str>,
    argument: Option<usize>,
    whole: bool,
    on: Vec<&'static str>,
}

impl Row {
    /// Whether the row is about what the method is called on.
    fn is_on(&self, on: &impl Fn(&[&str]) -> bool) -> bool {
        self.on.is_empty() || on(&self.on)
    }
}

#[derive(Default)]
struct Known {
    calls: FxHashMap<&'static str, Vec<Row>>,
    methods: FxHashMap<&'static str, Vec<Row>>,
    through: FxHashMap<&'static str, Vec<Vec<&'static str>>>,
    sources: FxHashMap<&'static str, Vec<(Vec<&'static str>, &'static str)>>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    let rows = |list: &str| table("rust-sinks").map_or(&[][..], |table| table.list(list));
    let split = |end: &'static str| end.split("::").collect::<Vec<_>>();
    for (list, name) in [("call", "ends"), ("method", "names")] {
        for row in rows(list) {
            for end in row.texts(name).map(split) {
                let Some(kind) = kind_of(row.text("kind")) else { continue };
                let argument = row.int("argument").and_then(|at| usize::try_from(at).ok());
                let to = if list == "call" { &mut known.calls } else { &mut known.methods };
                let last = end.last().copied().unwrap_or_default();
                to.entry(last).or_default().push(Row { kind, end, argument, whole: row.flag("whole"), on: row.texts("on").collect() });
            }
        }
    }
    for end in rows("through").iter().flat_map(|row| row.texts("ends")).map(split) {
        known.through.entry(end.last().copied().unwrap_or_default()).or_default().push(end);
    }
    for row in rows("source") {
        for end in row.texts("ends").map(split) {
            known.sources.entry(end.last().copied().unwrap_or_default()).or_default().push((end, row.text("from")));
        }
    }
    known
});

fn kind_of(name: &str) -> Option<SinkKind> {
    Some(match name {
        "sql" => SinkKind::Sql,
        "fetch" => SinkKind::Fetch,
        "path" => SinkKind::Path,
        "html" => SinkKind::Html,
        "redirect" => SinkKind::Redirect,
        "pattern" => SinkKind::Pattern,
        "exec" => SinkKind::Exec,
        "allocate" => SinkKind::Allocate,
        "deserialize" => SinkKind::Deserialize,
        _ => return None,
    })
}

/// Whether the table knows a call.
pub(super) fn knows_call(callee: &Ref) -> bool {
    KNOWN.calls.get(callee.last()).is_some_and(|rows| rows.iter().any(|row| callee.names().ends_with(&row.end)))
}

/// Whether the table knows a method. `on` says whether what it is called on bears one of these words.
pub(super) fn knows_method(name: &str, on: impl Fn(&[&str]) -> bool) -> bool {
    KNOWN.methods.get(name).is_some_and(|rows| rows.iter().any(|row| row.is_on(&on)))
}

/// Whether the table knows a method of that name.
pub(super) fn may_know_method(name: &str) -> bool {
    KNOWN.methods.contains_key(name)
}

/// Whether a call hands its argument on in another form.
pub(super) fn is_through(callee: &Ref) -> bool {
    let names = callee.names();
    matches!(names.as_slice(), ["Some" | "Ok" | "Box" | "Cow"])
        || KNOWN.through.get(callee.last()).is_some_and(|ends| ends.iter().any(|end| names.ends_with(end)))
}

/// Where what a call gives comes from, if from outside: `input` is whoever runs the program.
pub(super) fn source(callee: &Ref) -> Option<&'static str> {
    let names = callee.names();
    KNOWN.sources.get(callee.last())?.iter().find(|(end, _)| names.ends_with(end)).map(|(_, from)| *from)
}

/// The sinks that a call of a path is. `secret` is the name of a secret in an argument, if there is one.
pub(super) fn of_call(callee: &Ref, args: &[Node], secret: impl Fn(usize) -> Option<SmolStr>) -> Vec<Sink> {
    let names = callee.names();
    let rows = KNOWN.calls.get(callee.last()).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Sink> = rows.iter().filter(|row| names.ends_with(&row.end)).filter_map(|row| flow(row, callee, args)).collect();
    found.extend(addressed(callee, args, &found, &secret));
    if names.first() == Some(&"sqlx")
        && let Some(label) = secret(0)
        && writes(&args[0])
    {
        found.push(sink(SinkKind::Keep, callee, vec![SinkPart::new(args[0].clone(), Tri::Yes, label)]));
    }
    found.extend(crypto::of_call(callee, args, &secret));
    found.extend(settings::of_call(callee, args));
    found.extend(unlimited(callee, args));
    if matches!(names.as_slice(), [.., "fs", "write"])
        && let Some(label) = secret(1).filter(|label| is_of_person(label) || is_shared(&args[0]))
    {
        found.push(sink(SinkKind::Keep, callee, vec![SinkPart::new(args[1].clone(), Tri::Yes, label)]));
    }
    found
}

/// The sinks that a method is. `on` says whether what it is called on bears one of these words.
pub(super) fn of_method(
    name: &str,
    receiver: &Node,
    args: &[Node],
    span: Span,
    on: impl Fn(&[&str]) -> bool,
    secret: impl Fn(usize) -> Option<SmolStr>,
) -> Vec<Sink> {
    let callee = Ref::new(Scope::Local, [name]);
    let rows = KNOWN.methods.get(name).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Sink> = Vec::new();
    // `query_as("…").fetch_one(db)`: the text is there, what is handed over is the connection.
    let is_made = || super::chain::Chain::of(receiver).constructor().is_some_and(|call| call.callee.last().starts_with("query"));
    let has_text = name.starts_with("fetch") && is_made();
    let is_page = || !markup::is_said_plain(receiver);
    for row in rows.iter().filter(|row| !has_text && row.is_on(&on) && (row.kind != SinkKind::Html || is_page())) {
        if !found.iter().any(|known| known.kind == row.kind) {
            found.extend(flow(row, &callee, args));
        }
        if row.kind == SinkKind::Fetch {
            found.extend(addressed(&Ref::new(Scope::Local, ["reqwest", name]), args, &found, &secret));
        }
    }
    found.extend(shell::of_method(name, receiver, args, &callee));
    found.extend(crypto::of_method(name, receiver, args, &callee, &secret));
    found.extend(settings::of_method(name, receiver, args, &callee, span, &on));
    if let Some(kept) = kept::kept(name, receiver, args, &secret) {
        found.push(sink(SinkKind::Keep, &callee, vec![kept]));
    }
    found.extend(kept::guessable(name, receiver, args, &callee));
    // `url.query_pairs_mut().append_pair("ssn", ssn)`
    if matches!(name, "append_pair" | "set_query")
        && let Some(label) = (0..args.len()).find_map(&secret).filter(|label| is_of_person(label))
    {
        found.push(sink(SinkKind::Send, &callee, vec![SinkPart::new(args[0].clone(), Tri::Yes, label)]));
    }
    // `client.get(address).query(&[("password", password)])`: servers and proxies log what an address holds.
    if name == "query"
        && is_request(receiver)
        && let Some(label) = secret(0).filter(|label| is_of_person(label))
    {
        found.push(sink(SinkKind::Send, &callee, vec![SinkPart::new(args[0].clone(), Tri::Yes, label)]));
    }
    if matches!(name, "write_all" | "write")
        && on(&["stdout", "stderr"])
        && let Some(label) = secret(0)
    {
        found.push(sink(SinkKind::Log, &callee, vec![SinkPart::new(args[0].clone(), Tri::Yes, label)]));
    }
    if name == "write_all"
        && on(&["file", "writer"])
        && let Some(label) = secret(0).filter(|label| is_of_person(label))
    {
        found.push(sink(SinkKind::Keep, &callee, vec![SinkPart::new(args[0].clone(), Tri::Yes, label)]));
    }
    found
}

/// A request that is being put together: `client.post(address)`, `reqwest::Client::new().get(address)`.
fn is_request(receiver: &Node) -> bool {
    let chain = super::chain::Chain::of(receiver);
    chain
        .last(&["get", "post", "put", "patch", "delete", "request"])
        .is_some_and(|step| step.args.iter().any(|arg| arg.as_text().is_some_and(|text| !text.starts("http").is_no())))
}

/// A sink that a value goes into as it is.
pub(super) fn whole(kind: SinkKind, value: Node) -> Sink {
    let callee = Ref::new(Scope::Local, ["answer"]);
    sink(kind, &callee, vec![SinkPart::new(value, Tri::Yes, SmolStr::default())])
}

/// `to_bytes(body, usize::MAX)`: as much memory as the caller sends.
fn unlimited(callee: &Ref, args: &[Node]) -> Option<Sink> {
    let [body, limit] = args else { return None };
    let is_all = callee.last() == "to_bytes" && limit.as_ref().is_some_and(|limit| limit.last() == "MAX");
    let of_request = root_of(body).as_ref().is_some_and(|name| name.scope == Scope::Request && name.first() == "params");
    (is_all && of_request).then(|| sink(SinkKind::Allocate, callee, vec![SinkPart::new(body.clone(), Tri::Yes, SmolStr::default())]))
}

/// `vec![0; n]` of a size that a stranger names.
pub(super) fn of_repeat(len: &Node, span: Span) -> Option<Sink> {
    let callee = Ref::new(Scope::Local, ["vec!"]);
    let part = SinkPart::new(Node { span, ..len.clone() }, Tri::Maybe, SmolStr::default());
    judged(sink(SinkKind::Allocate, &callee, vec![part]))
}

/// What a value is read from, through methods and defaults.
fn root_of(node: &Node) -> &Node {
    match &node.kind {
        NodeKind::Call(call) => call.receiver.as_ref().map_or(node, root_of),
        NodeKind::Op(Op::Coalesce | Op::Or | Op::Index, operands) => operands.first().map_or(node, root_of),
        _ => node,
    }
}

/// What flows into a row's argument, judged.
fn flow(row: &Row, callee: &Ref, args: &[Node]) -> Option<Sink> {
    let label = if row.whole { "whole" } else { "part" };
    let part = |value: &Node| SinkPart::new(value.clone(), Tri::Maybe, label);
    // `statement.query_map([format!("%{name}%")], …)`: what stands in a list are the values of a statement.
    let may_flow = |value: &&Node| row.kind != SinkKind::Sql || value.as_list().is_none();
    let parts = match row.argument {
        Some(at) => args.get(at).filter(may_flow).map(part).into_iter().collect(),
        None => args.iter().filter(may_flow).map(part).collect(),
    };
    judged(sink(row.kind, callee, parts))
}

/// Whether a call asks an address, or keeps it to be asked: a client, an endpoint of OAuth.
fn asks(callee: &Ref) -> bool {
    let is_client = |name: &&str| matches!(*name, "reqwest" | "blocking" | "ureq" | "surf" | "isahc" | "attohttpc" | "minreq");
    let is_endpoint =
        |owner: &str| ["TokenUrl", "AuthUrl", "RevocationUrl", "IntrospectionUrl", "DeviceAuthorizationUrl", "IssuerUrl"].contains(&owner);
    match callee.names().as_slice() {
        [.., owner, "new"] if is_endpoint(owner) => true,
        names => names.iter().any(is_client),
    }
}

/// What an address gives away: a secret in it, or that it goes in the clear.
fn addressed(callee: &Ref, args: &[Node], found: &[Sink], secret: &impl Fn(usize) -> Option<SmolStr>) -> Vec<Sink> {
    if !asks(callee) || found.iter().any(|sink| sink.kind == SinkKind::Send) {
        return Vec::new();
    }
    let is_address = |arg: &Node| arg.as_text().is_some_and(|text| !text.starts("http").is_no() || !text.starts("HTTP").is_no());
    let Some(at) = args.iter().position(is_address) else { return Vec::new() };
    let mut sinks = Vec::new();
    let address = &args[at];
    if let Some(label) = secret(at) {
        sinks.push(sink(SinkKind::Send, callee, vec![SinkPart::new(address.clone(), Tri::Yes, label)]));
    } else if address.as_text().is_some_and(crate::lower::goes_in_the_clear) {
        sinks.push(sink(SinkKind::Send, callee, vec![SinkPart::new(address.clone(), Tri::No, SmolStr::default())]));
    }
    sinks
}

/// What a request brings; of a statement, also what a parameter or whoever runs the program does.
fn judged(mut sink: Sink) -> Option<Sink> {
    let is_sure = |sink: &Sink| sink.kind == SinkKind::Sql || sink.parts.iter().any(|part| part.tainted.is_yes());
    // Discovery documents and pages of results name the next address; that is what they are for.
    // The address of the request itself is on this server.
    if matches!(sink.kind, SinkKind::Fetch | SinkKind::Redirect) {
        sink.parts.retain(|part| is_chosen(&part.value));
    }
    match sink.kind {
        SinkKind::Allocate => {
            sink.parts.iter_mut().for_each(|part| part.tainted = is_size_of_request(&part.value));
            sink.parts.retain(|part| !part.tainted.is_no());
            (!sink.parts.is_empty()).then_some(sink)
        }
        // A value inside a pattern of the code's own must be escaped, wherever it comes from.
        SinkKind::Pattern if sink.parts.iter().any(|part| part.value.as_text().is_some_and(|text| text.holes().any(is_runtime))) => {
            sink.parts.iter_mut().for_each(|part| part.tainted = Tri::Yes);
            Some(sink)
        }
        _ => (crate::lower::judge(&mut sink) && is_sure(&sink)).then_some(sink),
    }
}

/// What the caller makes up in its request.
fn is_chosen(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && matches!(name.first(), "params" | "headers"),
        NodeKind::Text(text) => text.holes().any(is_chosen),
        NodeKind::Call(call) => call.receiver.iter().chain(&call.args).any(is_chosen),
        NodeKind::Op(_, operands) => operands.iter().any(is_chosen),
        _ => false,
    }
}

/// Read from the environment or the command line.
fn is_runtime(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Env || name.scope == Scope::Request && !matches!(name.first(), "number" | "stored"),
        NodeKind::Op(Op::Coalesce | Op::Or | Op::Index, operands) => operands.first().is_some_and(is_runtime),
        NodeKind::Call(call) => call.receiver.as_ref().is_some_and(is_runtime) && !call.callee.last().contains("escape"),
        _ => false,
    }
}

fn sink(kind: SinkKind, callee: &Ref, parts: Vec<SinkPart>) -> Sink {
    Sink { kind, callee: callee.clone(), parts, options: None }
}

/// Whether a value says how much of something there shall be, and a stranger says the number.
pub(super) fn is_size_of_request(node: &Node) -> Tri {
    match &node.kind {
        NodeKind::Ref(name) if name.scope == Scope::Request => match name.first() {
            "input" => Tri::Maybe,
            "stored" => Tri::No,
            _ => Tri::Yes,
        },
        // One byte of what came is small.
        NodeKind::Op(Op::Index, operands) => match operands.as_slice() {
            [of, at] if at.as_number().is_none() => is_size_of_request(of),
            _ => Tri::No,
        },
        NodeKind::Op(Op::Cond, operands) => Tri::any(operands.iter().skip(1).map(is_size_of_request)),
        NodeKind::Op(Op::Add | Op::Mul | Op::Sub | Op::Div | Op::Coalesce | Op::Or, operands) => {
            Tri::any(operands.iter().map(is_size_of_request))
        }
        NodeKind::Call(call) if matches!(call.callee.last(), "min" | "clamp" | "len" | "max_len") || is_short(&call.callee) => Tri::No,
        NodeKind::Call(call) => Tri::any(call.receiver.iter().chain(&call.args).map(is_size_of_request)),
        _ => Tri::No,
    }
}

/// Whether a call gives a number of two bytes at most: `buf.get_u16()`, `BigEndian::read_u16(&buf)`.
fn is_short(callee: &Ref) -> bool {
    callee.names().iter().any(|name| name.split('_').any(|part| matches!(part, "u8" | "i8" | "u16" | "i16")))
}
