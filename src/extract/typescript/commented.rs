//! Protection that stands in a comment: `// app.use(csrf())`, `/* https.createServer(options, app) */`. Comments are
//! what is between two statements, so that no text of the code is taken for one.

use super::names::Module;
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Ref};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Calls in comments that matter, and what they are of.
const CALLS: [(&str, &str); 6] = [
    ("use(csrf", "csrf"),
    ("use(csurf", "csurf"),
    ("use(lusca", "lusca"),
    ("use(express.csrf", "csrf"),
    ("use(helmet", "helmet"),
    ("https.createServer(", "https"),
];

/// Emits what is commented out, as a call of a library that does not exist.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    if !CALLS.iter().any(|(call, _)| cx.file.text.contains(call)) {
        return;
    }
    let server = plain_server(module);
    for list in module.tree.all().filter(|node| matches!(node.kind(), Kind::Program | Kind::Block)) {
        let mut before = list.start();
        for statement in list.children() {
            between(server, list, before, statement.start(), cx);
            before = end_of(statement);
        }
        between(server, list, before, end_of(list), cx);
    }
}

fn end_of(node: Syntax<'_>) -> u32 {
    node.start() + offset(node.text().len())
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Looks at what stands between two statements.
fn between(server: Option<Syntax<'_>>, list: Syntax<'_>, start: u32, end: u32, cx: &mut Extract<'_>) {
    let Some(gap) = cx.file.text.get(start as usize..end as usize) else { return };
    let mut found = Vec::new();
    for (call, name) in CALLS {
        let Some(at) = gap.find(call) else { continue };
        let line = gap[..at].rfind('\n').map_or(0, |at| at + 1);
        match name {
            "https" => found.extend(server.map(|server| (name, server.span()))),
            _ => found.push((name, list.span_of(start + offset(line), start + offset(at + call.len())))),
        }
    }
    for (name, place) in found {
        cx.fact(place, name, FactKind::Call(Call::of(Ref::import("commented-out", name))));
    }
}

/// The server without TLS, where there is none with it.
fn plain_server<'t>(module: &Module<'t>) -> Option<Syntax<'t>> {
    let made = |module_name: &str| {
        module.tree.all().find(|node| {
            let function = node.field(Field::Function).filter(|_| node.kind() == Kind::Call);
            function.is_some_and(|function| function.text() == module_name)
        })
    };
    made("http.createServer").filter(|_| made("https.createServer").is_none())
}
