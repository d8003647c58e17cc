//! Cross-origin policies, from the rows of `rules/tables/cors.toml` with each library's defaults.

pub(super) mod resource;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use semver::Version;

use super::javascript::{Site, option};
use crate::ir::{Cors, Fact, FactKind, Field, Func, Node, NodeKind, Op, Origins, Part, Ref, Scope, Text};
use crate::tables::{V, table};

/// Rows by the last name of what is called.
static ROWS: LazyLock<FxHashMap<&'static str, Vec<&'static V>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&str, Vec<&V>> = FxHashMap::default();
    for row in table("cors").map(|table| table.list("javascript")).unwrap_or_default() {
        let name = row.get("method").and_then(V::as_text).unwrap_or_else(|| row.text("export"));
        rows.entry(name.rsplit('.').next().unwrap_or(name)).or_default().push(row);
    }
    rows
});

/// Adds the policy that a call sets.
pub(super) fn call(site: &Site<'_>, out: &mut Vec<Fact>) {
    let rows = ROWS.get(site.call.callee.last()).map(Vec::as_slice).unwrap_or_default();
    let holds = |row: &&&V| row.int("below").is_none_or(|below| site.major(row.text("library")).is_some_and(|major| major < below));
    let Some(row) = rows.iter().filter(|row| site.is(row)).find(holds) else { return };
    let whole = row.int("options").and_then(|position| site.argument(position));
    let within = row.text("within");
    let options = if within.is_empty() {
        whole.cloned()
    } else {
        // Without the key there is no policy: the framework sends no header.
        let Field::Known { value, .. } = option(whole, within, |node| Some(node.clone())) else { return };
        Some(value)
    };
    // `cors: true` is the policy without options, `cors: false` none.
    let options = match options {
        Some(Node { kind: NodeKind::Bool(false), .. }) => return,
        Some(Node { kind: NodeKind::Bool(true) | NodeKind::Null, .. }) | None => None,
        options => options,
    };
    // `(req, done) => done(null, options)`.
    let options = match options.map(unwrapped) {
        Some(Node { kind: NodeKind::Func(func), .. }) => match func.answers.as_slice() {
            [answer] => answer.as_call().and_then(|call| call.args.get(1)).filter(|answer| answer.as_map().is_some()).cloned(),
            _ => return,
        },
        options => options,
    };
    let credentials = credentials(options.as_ref(), row, site);
    let origins = origins(options.as_ref(), row, site, &credentials);
    let list = |key: &str| option(options.as_ref(), key, texts);
    let cors = Cors {
        library: row.text("library").into(),
        origins,
        credentials,
        methods: list("methods"),
        headers: list("allowedHeaders"),
        service: None,
    };
    out.push(Fact::new(site.span, site.owner.clone(), FactKind::Cors(Box::new(cors))));
}

fn credentials(options: Option<&Node>, row: &V, site: &Site<'_>) -> Field<bool> {
    match option(options, "credentials", Node::as_bool) {
        Field::Absent if row.flag("default-credentials") => Field::known(true, site.span),
        field => field,
    }
}

/// Origins by the table's word for them.
fn named(word: &str) -> Origins {
    match word {
        "any" => Origins::Any,
        "reflected" => Origins::Reflected,
        _ => Origins::None,
    }
}

/// What a star among the origins stands for in a crate, in either spelling of its name; nothing where it is a name like
/// any other. tide answers it with the origin that asks.
pub fn star_of_crate(name: &str) -> Option<Origins> {
    match name.replace('_', "-").as_str() {
        "tower-http" | "salvo" | "salvo-cors" | "salvo-extra" => Some(Origins::Any),
        "tide" => Some(Origins::Reflected),
        _ => None,
    }
}

/// What an old version of a crate allows where nothing is said, if that is something else than in the newest one.
pub fn older_default(name: &str, version: &Version) -> Option<Origins> {
    let rows = table("cors").map(|table| table.list("rust")).unwrap_or_default();
    rows.iter().find(|row| row.text("library") == name && row.is_for(Some(version))).map(|row| named(row.text("default")))
}

fn origins(options: Option<&Node>, row: &V, site: &Site<'_>, credentials: &Field<bool>) -> Field<Origins> {
    let key = option(options, "origin", |node| Some(node.clone()));
    let default = || {
        let default = match row.get("with-credentials").and_then(V::as_text) {
            Some(reflected) if credentials.value() == Some(&true) => reflected,
            _ => row.text("default"),
        };
        Field::known(named(default), site.span)
    };
    match key {
        Field::Absent => default(),
        Field::Unknown { why, span } => Field::Unknown { why, span },
        Field::Known { value, .. } => {
            let place = |origins| Field::Known { value: origins, span: value.span, via: value.via.clone() };
            // Reading what asks is no mistake; sending it back is.
            let sent_back = || {
                let span = if site.span.contains(value.span) { value.span } else { site.span };
                Field::Known { value: Origins::Reflected, span, via: value.via.clone() }
            };
            match &value.kind {
                NodeKind::Bool(true) => place(Origins::Reflected),
                NodeKind::Bool(false) => place(Origins::None),
                NodeKind::Func(func) if allows_all(func) => place(Origins::Reflected),
                NodeKind::Func(func) => match func.tests.iter().map(pattern_of_test).collect::<Option<Vec<Node>>>() {
                    Some(patterns) if !patterns.is_empty() => place(Origins::List(patterns)),
                    _ => place(Origins::Callback(value.clone())),
                },
                NodeKind::Text(text) if text.eq_str("*").is_yes() => place(Origins::Any),
                NodeKind::Text(text) if text.has_holes() && text.pieces.len() == 1 => Field::unknown(value.why(), value.span),
                NodeKind::Text(_) => place(Origins::List(vec![value.clone()])),
                NodeKind::List(items) => {
                    // `['*']` is an exact match in most libraries, and the star in fastify; the intent is the same.
                    let star = items.iter().find(|item| item.as_text().is_some_and(|text| text.eq_str("*").is_yes()));
                    match star {
                        Some(_) => place(Origins::Any),
                        None => place(Origins::List(items.iter().map(pattern).collect())),
                    }
                }
                NodeKind::Ref(name) if is_origin_header(name, None) || is_chosen(name) => sent_back(),
                NodeKind::Call(call) if is_origin_header(&call.callee, call.args.first()) => sent_back(),
                // `process.env.ORIGIN || '*'`: what holds until somebody sets it.
                NodeKind::Op(Op::Or | Op::Coalesce, operands)
                    if operands.first().and_then(Node::as_ref).is_some_and(|name| name.scope == Scope::Env)
                        && operands.last().and_then(Node::as_str) == Some("*") =>
                {
                    place(Origins::Any)
                }
                // `req.headers.origin || '*'`.
                NodeKind::Op(Op::Or | Op::Coalesce, operands) if operands.first().is_some_and(asks_origin) => sent_back(),
                // `publicUrl.startsWith('https://')` is true or false once and for all, and true sends back whoever asks.
                NodeKind::Call(call)
                    if call.callee.last() == "startsWith"
                        && call.args.first().and_then(Node::as_str).is_some_and(|start| start.starts_with("https")) =>
                {
                    sent_back()
                }
                NodeKind::Call(_) if is_any(&pattern(&value)) => place(Origins::Reflected),
                NodeKind::Call(_) => place(Origins::List(vec![pattern(&value)])),
                _ => Field::unknown(value.why(), value.span),
            }
        }
    }
}

/// `() => (req, done) => …` of Fastify: the function that is made.
fn unwrapped(options: Node) -> Node {
    match &options.kind {
        NodeKind::Func(func) if func.params.is_empty() => match &func.returns {
            Some(made) if matches!(made.kind, NodeKind::Func(_)) => made.clone(),
            _ => options,
        },
        _ => options,
    }
}

/// Whether a function allows whoever asks: by its only answer, whatever the origin is, or by each of them.
fn allows_all(func: &Func) -> bool {
    if func.answers.len() > 1 {
        return func.denies.is_empty() && func.answers.iter().all(|answer| echoes(answer, func));
    }
    !func.returns_sometimes && func.returns.as_ref().is_some_and(|answer| echoes(answer, func))
}

/// A test for a part of an origin as the pattern that it is.
fn pattern_of_test(test: &Node) -> Option<Node> {
    let call = test.as_call()?;
    if let Some(regex) = call.receiver.iter().chain(&call.args).find(|part| part.as_call().is_some()) {
        return Some(pattern(regex));
    }
    let part = call.args.first()?.as_str()?.replace('.', "\\.").replace('/', "\\/");
    let text = match call.callee.last() {
        "endsWith" => format!("/{part}$/"),
        "startsWith" => format!("/^{part}/"),
        _ => format!("/{part}/"),
    };
    Some(Node::text(text, test.span))
}

/// A pattern that every origin has.
fn is_any(pattern: &Node) -> bool {
    let Some(text) = pattern.as_str().and_then(|text| text.strip_prefix('/')) else { return false };
    let body = text.rsplit_once('/').map_or("", |(body, _)| body);
    matches!(
        body.trim_start_matches('^').trim_end_matches('$'),
        "" | ".*" | ".+" | "(.*)" | ".*?" | "https?:\\/\\/.*" | "https?:\\/\\/.+" | "http"
    )
}

/// `(origin) => origin`, `(origin, done) => done(null, true)`: whoever asks is allowed.
fn echoes(answer: &Node, func: &Func) -> bool {
    let is_param = |name: &Ref, at: usize| {
        let param = func.params.get(at).filter(|param| !param.name.is_empty());
        name.path.len() == 1 && param.is_some_and(|param| name.first().split('@').next() == Some(param.name.as_str()))
    };
    match &answer.kind {
        // `ctx => ctx.get('Origin')` of Koa.
        _ if asks_origin(answer) => true,
        NodeKind::Ref(name) => is_param(name, 0),
        NodeKind::Bool(value) => *value,
        // `origin || true`.
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => operands.first().is_some_and(|first| echoes(first, func)),
        NodeKind::Call(call) if is_param(&call.callee, 1) => call.args.get(1).is_some_and(|allowed| echoes(allowed, func)),
        _ => false,
    }
}

fn asks_origin(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => is_origin_header(name, None),
        NodeKind::Call(call) => is_origin_header(&call.callee, call.args.first()),
        _ => false,
    }
}

/// `req.query.site`: the page that asks names itself.
fn is_chosen(name: &Ref) -> bool {
    name.scope == Scope::Request && name.path.len() > 1 && matches!(name.first(), "query" | "body" | "params")
}

/// `req.headers.origin`, `req.get('origin')`, `request.headers.get('origin')`.
fn is_origin_header(name: &Ref, argument: Option<&Node>) -> bool {
    // `ctx.get('Origin')` of Koa.
    let is_context = || argument.is_some() && name.path.len() == 2 && name.first().split('@').next() == Some("ctx") && name.last() == "get";
    if name.scope != Scope::Request && !is_context() {
        return false;
    }
    match argument {
        None => name.path.len() > 1 && name.last().eq_ignore_ascii_case("origin"),
        Some(argument) => {
            matches!(name.last(), "get" | "header") && argument.as_str().is_some_and(|text| text.eq_ignore_ascii_case("origin"))
        }
    }
}

/// A regular expression as the text that it is, with its slashes.
fn pattern(node: &Node) -> Node {
    match node.as_call() {
        Some(call) if call.callee.last() == "RegExp" => call.args.first().cloned().unwrap_or_else(|| node.clone()),
        _ => node.clone(),
    }
}

fn texts(node: &Node) -> Option<Vec<Text>> {
    match &node.kind {
        NodeKind::Text(text) => match text.pieces.as_slice() {
            [piece] => match &piece.part {
                Part::Lit(words) => Some(words.split(',').map(|word| Text::lit(word.trim(), piece.span)).collect()),
                Part::Hole(_) => None,
            },
            _ => None,
        },
        NodeKind::List(items) => items.iter().map(|item| item.as_text().cloned()).collect(),
        _ => None,
    }
}
