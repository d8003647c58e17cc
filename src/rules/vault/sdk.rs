//! Secrets that are handed to SDKs: as a literal, or from the environment, where a vault would give them to
//! this program alone. Which argument holds one is a row of `rules/tables/sdks.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::ir::{Call, Fact, Kind, Node, NodeKind, Op, Scope};
use crate::lower::option;
use crate::lower::variable::is_filled_in;
use crate::rules::Check;
use crate::tables::{V, table};

/// The rows by package.
static SDKS: LazyLock<FxHashMap<&'static str, Vec<&'static V>>> = LazyLock::new(|| {
    let mut sdks: FxHashMap<&'static str, Vec<&'static V>> = FxHashMap::default();
    for row in table("sdks").map(|sdks| sdks.list("sdk")).unwrap_or_default() {
        sdks.entry(row.text("module")).or_default().push(row);
    }
    sdks
});

/// A literal where an SDK takes its secret, unless a rule about secrets tells of it already.
pub(in crate::rules) fn literal(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    let asks_elsewhere = asks_another(call);
    for (name, value) in secrets(call) {
        // Of keys that take turns, the first signs.
        let value = value.as_list().and_then(<[Node]>::first).unwrap_or(&value);
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'));
        if asks_elsewhere && value.as_str().is_some_and(is_word) {
            continue;
        }
        // What stands in for a variable that is not set signs whatever it is called.
        let literal = fallback(value).filter(|_| signs(call));
        let is_fallback = literal.is_some();
        let value = literal.unwrap_or(value);
        let is_filled_in = |text: &str| is_filled_in(text) || is_fallback && !text.is_empty();
        let is_secret = value.as_str().is_some_and(|text| is_filled_in(text) && text.len() >= shortest(call) && !text.starts_with("eyJ"));
        if is_secret && !cx.model.of(Kind::Secret).any(|told| value.span.contains(told.span) || told.span.contains(value.span)) {
            let what = format!("{name} of `{}` is a literal", call.callee.last_named());
            let found = cx.finding(fact, value.span, what).via(&value.via);
            cx.report_by_place(found);
        }
    }
}

/// A secret that an SDK is handed from the environment.
pub(in crate::rules) fn from_environment(cx: &mut Check<'_>, fact: &Fact, call: &Call) {
    for (name, value) in secrets(call) {
        if let Some(variable) = variable(&value, 4) {
            let what = format!(
                "{name} of `{}` is read from `{variable}` of the environment, which every package of the program can read",
                call.callee.last_named()
            );
            let found = cx.finding(fact, value.span, what).via(&value.via);
            cx.report_by_place(found);
        }
    }
}

/// Whether a client asks another server than that of its maker, which may want no key: `new OpenAI({ apiKey: 'local',
/// baseURL })`.
fn asks_another(call: &Call) -> bool {
    let options = call.args.iter().filter_map(Node::as_map);
    options.into_iter().any(|options| ["baseURL", "baseUrl", "basePath", "endpoint"].iter().any(|key| options.get(key).is_some()))
}

/// The values that a call hands over as secrets, with what they are called.
fn secrets(call: &Call) -> Vec<(String, Node)> {
    let Some(rows) = call.callee.module().and_then(|module| SDKS.get(module)) else { return Vec::new() };
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| call.callee.path.iter().map(smol_str::SmolStr::as_str).eq(row.text("export").split('.'))) {
        let argument = row.int("argument").and_then(|at| call.args.get(usize::try_from(at).ok()?));
        if row.get("options").is_none() {
            found.extend(argument.map(|argument| ("the secret".to_owned(), argument.clone())));
        }
        for path in row.texts("options") {
            if let Some(value) = option(argument, path, |node| Some(node.clone())).value() {
                found.push((format!("`{path}`"), value.clone()));
            }
        }
    }
    found
}

/// The variable that a value is read from: `process.env.X`, `process.env.X ?? ''`, `[process.env.X]`.
fn variable(node: &Node, depth: u32) -> Option<&str> {
    match &node.kind {
        NodeKind::Ref(name) => (name.scope == Scope::Env && !name.path.is_empty()).then(|| name.first()),
        NodeKind::Op(Op::Or | Op::Coalesce, operands) | NodeKind::List(operands) if depth > 0 => {
            operands.first().and_then(|first| variable(first, depth - 1))
        }
        _ => None,
    }
}

/// How short a literal may be and still be a secret: what signs cookies is one whatever it is, and so is what opens a
/// database.
fn shortest(call: &Call) -> usize {
    let is_database = matches!(call.callee.module(), Some("mysql" | "mysql2" | "mysql2/promise" | "mariadb" | "pg" | "sequelize"));
    if is_database || signs(call) { 3 } else { 6 }
}

/// Whether a call is handed what signs cookies.
fn signs(call: &Call) -> bool {
    matches!(call.callee.module(), Some("cookie-parser" | "express-session" | "cookie-session"))
}

/// The literal of `process.env.SECRET || 'literal'`.
fn fallback(value: &Node) -> Option<&Node> {
    match &value.kind {
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => operands.last().filter(|last| last.as_str().is_some()),
        _ => None,
    }
}
