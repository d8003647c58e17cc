//! Where a value comes from, in words: what a finding says flows into a dangerous function.

use crate::ir::{Entry, Node, NodeKind, Ref, Scope, SinkPart};

/// Nesting of a value that is looked through.
const MAX_NESTING: u32 = 12;

/// The part of a value that matters: what comes from outside by where it comes from, else a name.
pub(super) fn shown(part: &SinkPart) -> String {
    let of_request = |name: &Ref| name.scope == Scope::Request;
    let of_environment = |name: &Ref| name.scope == Scope::Env;
    let handed_in = |name: &Ref| name.scope == Scope::Local && name.last().contains('@');
    let source = name_in(&part.value, &of_request, MAX_NESTING)
        .or_else(|| name_in(&part.value, &of_environment, MAX_NESTING))
        .or_else(|| name_in(&part.value, &handed_in, MAX_NESTING));
    let first_hole = || part.value.as_text().and_then(|text| text.holes().next()).unwrap_or(&part.value).as_ref();
    source.or_else(first_hole).map_or_else(|| "a value".to_owned(), in_words)
}

/// A source in words; what a request brings is best known by its name.
fn in_words(name: &Ref) -> String {
    let says = match (&name.scope, name.first(), name.last()) {
        (Scope::Request, "input", "stdin") => "what standard input holds",
        (Scope::Request, "input", "args" | "args_os") => "what the command line says",
        (Scope::Request, "input", _) => "what whoever runs the program types",
        (Scope::Request, "stored", _) => "what a file holds",
        (Scope::Request, "response", _) => "what another machine sends",
        (Scope::Request, "posted", _) => "what another window sends",
        (Scope::Request, "page", text) => return format!("the text of the page (`{text}`)"),
        (Scope::Request, "number", _) => "a number of the request",
        (Scope::Env, first, _) => return format!("the environment's `{first}`"),
        _ => return format!("`{}`", name.to_string().split('@').next().unwrap_or_default()),
    };
    says.to_owned()
}

/// The first name in a value that is one of those asked for.
fn name_in<'n>(node: &'n Node, is: &impl Fn(&Ref) -> bool, depth: u32) -> Option<&'n Ref> {
    let depth = depth.checked_sub(1)?;
    let below = |node: &'n Node| name_in(node, is, depth);
    match &node.kind {
        NodeKind::Ref(name) => is(name).then_some(name),
        NodeKind::Text(text) => text.holes().find_map(below),
        NodeKind::Call(call) if is(&call.callee) => Some(&call.callee),
        NodeKind::Call(call) => call.receiver.iter().chain(&call.args).find_map(below),
        NodeKind::Op(_, parts) | NodeKind::List(parts) => parts.iter().find_map(below),
        NodeKind::Map(map) => map.entries.iter().find_map(|entry| match entry {
            Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value) => below(value),
        }),
        _ => None,
    }
}
