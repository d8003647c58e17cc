//! What an answer or a page shows: markup with values in it, insides of an error.

use super::statement::first_words;
use super::taint::{is_markdown, tainted};
use crate::ir::{Call, Entry, Node, NodeKind, Op, Scope, Sink, SinkPart, Tri};

pub(super) fn is_markup(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Call(call) => is_markdown(&call.callee) || is_list(call),
        _ => node.as_text().is_some_and(|text| text.has_holes() && text.contains("<").is_yes()),
    }
}

/// `items.map((item) => `<li>${item}</li>`).join('')`.
fn is_list(call: &Call) -> bool {
    let made = call.receiver.as_ref().and_then(Node::as_call).filter(|made| call.callee.last() == "join" && made.callee.last() == "map");
    let item = made.and_then(|made| match &made.args.first()?.kind {
        NodeKind::Func(function) => function.returns.as_ref(),
        _ => None,
    });
    item.is_some_and(is_markup)
}

/// Words of a request in a page: what Express sends of a text is HTML.
pub(super) fn is_words(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => name.scope == Scope::Request && name.path.len() > 1,
        NodeKind::Text(text) => text.has_holes() && !first_words(text).is_some_and(|words| words.trim_start().starts_with(['{', '['])),
        _ => false,
    }
}

/// `err.stack` in what is answered, and, of Express, the whole error.
pub(super) fn shows_error(node: &Node, whole: bool, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    match &node.kind {
        NodeKind::Ref(name) if name.path.len() > 1 => name.last() == "stack",
        NodeKind::Ref(name) => whole && name.scope == Scope::Local && is_caught(name.first()),
        NodeKind::Map(map) => {
            map.entries.iter().any(|entry| matches!(entry, Entry::Pair { value, .. } if shows_error(value, whole, depth - 1)))
        }
        // `'failed: ' + error`: what a database or the platform says, in its words.
        NodeKind::Text(text) => text.holes().any(|hole| shows_error(hole, whole, depth - 1)),
        // `error ? error.stack : ''`; where the environment decides, a server in production may not.
        NodeKind::Op(Op::Cond, values)
            if values.first().is_some_and(|asked| asked.as_ref().is_some_and(|name| name.scope == Scope::Local)) =>
        {
            values.iter().skip(1).any(|value| shows_error(value, false, depth - 1))
        }
        NodeKind::Op(Op::Or | Op::Coalesce, values) => values.iter().any(|value| shows_error(value, false, depth - 1)),
        // `error.stack.split('\n')`, `String(error.stack)`.
        NodeKind::Call(call) => {
            let is_of_stack = call.callee.path.iter().rev().nth(1).is_some_and(|name| name == "stack");
            let hands_on = matches!(call.callee.last(), "split" | "toString" | "slice" | "replace" | "trim" | "String" | "join");
            let says_all = whole && matches!(call.callee.last(), "toString" | "String");
            // `error.toString()`.
            let is_own = says_all && call.callee.scope == Scope::Local && call.callee.path.len() == 2 && is_caught(call.callee.first());
            is_own
                || hands_on && (is_of_stack || call.args.iter().chain(&call.receiver).any(|value| shows_error(value, says_all, depth - 1)))
        }
        _ => false,
    }
}

/// A parameter that holds an error: of a `catch`, or the first of a callback.
fn is_caught(name: &str) -> bool {
    name.split_once("@@").is_some_and(|(name, _)| matches!(name, "err" | "error" | "e" | "ex" | "exception"))
}

/// Whether markup that a framework is told to trust may hold anything: it is not of the code, and nothing
/// cleans it.
pub(super) fn is_trusted(parts: &mut Vec<SinkPart>) -> bool {
    parts.retain_mut(|part| {
        part.tainted = tainted(&part.value, 12);
        if part.tainted.is_no() && is_cleaned(&part.value) {
            return false;
        }
        let is_open = matches!(part.value.kind, NodeKind::Ref(_) | NodeKind::Op(..) | NodeKind::Unknown(_)) || holds_words(&part.value, 6);
        if part.tainted.is_no() && is_open {
            part.tainted = Tri::Maybe;
        }
        !part.tainted.is_no()
    });
    !parts.is_empty()
}

/// Whether one of the values of a variable is what a function has escaped; the others are made of it:
/// `text = _.escape(value); text = text.replace(…)`.
fn is_cleaned(value: &Node) -> bool {
    let NodeKind::Op(Op::Or, values) = &value.kind else { return false };
    values.iter().filter_map(Node::as_call).any(|call| {
        let name = call.callee.last().to_ascii_lowercase();
        ["escape", "sanitize", "sanitise", "purify"].iter().any(|word| name.contains(word)) && !name.contains("unescape")
    })
}

/// Whether markup of a page holds what a request brings, or a text of a record.
pub(super) fn is_of_page(sink: &mut Sink) -> bool {
    let is_of_request = sink.parts.iter().any(|part| tainted(&part.value, 12).is_yes());
    let has_answers = sink.options.as_ref().and_then(Node::as_str) == Some("answers");
    let is_of_record = |part: &SinkPart| is_text_of_record(&part.value) || has_answers && holds_words(&part.value, 6);
    if !is_of_request && sink.parts.iter().any(is_of_record) {
        sink.options = sink.options.as_ref().map(|options| Node::text("record", options.span));
        sink.parts.iter_mut().for_each(|part| part.tainted = Tri::Maybe);
        return true;
    }
    sink.parts.retain_mut(|part| {
        part.tainted = tainted(&part.value, 12);
        part.tainted.is_yes()
    });
    !sink.parts.is_empty()
}

/// A text that people write about themselves and others, of what a variable of a function holds: `user.name`.
fn holds_words(node: &Node, depth: u32) -> bool {
    const WORDS: [&str; 18] = [
        "name",
        "username",
        "userName",
        "email",
        "firstName",
        "lastName",
        "fullName",
        "comment",
        "message",
        "bio",
        "author",
        "review",
        "feedback",
        "nickname",
        "body",
        "text",
        "title",
        "caption",
    ];
    match &node.kind {
        NodeKind::Ref(name) => {
            let is_variable = name.scope == Scope::Local && name.first().contains('@');
            is_variable && matches!(name.path.as_slice(), [_, .., last] if WORDS.contains(&last.as_str()))
        }
        NodeKind::Text(text) if depth > 0 => text.holes().any(|hole| holds_words(hole, depth - 1)),
        // Of what a loop goes through, nothing is known but how its members are called.
        NodeKind::Op(Op::Attr, operands) => match operands.as_slice() {
            [base, name] => matches!(base.kind, NodeKind::Unknown(_)) && name.as_str().is_some_and(|name| WORDS.contains(&name)),
            _ => false,
        },
        NodeKind::Op(Op::Or | Op::Coalesce | Op::Add, operands) if depth > 0 => {
            operands.iter().any(|operand| holds_words(operand, depth - 1))
        }
        _ => false,
    }
}

/// `(await notes.findOne(…)).title`: a member of what a store has found.
fn is_text_of_record(node: &Node) -> bool {
    let NodeKind::Op(Op::Attr, operands) = &node.kind else { return false };
    let [base, name] = operands.as_slice() else { return false };
    name.as_str().is_some_and(|name| !is_meant_as_markup(name)) && is_found(base)
}

fn is_found(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Op(Op::Attr | Op::Index | Op::Or | Op::Coalesce, operands) => operands.first().is_some_and(is_found),
        NodeKind::Op(Op::Await, operands) => operands.first().and_then(Node::as_call).is_some_and(|call| finds(call.callee.last())),
        _ => false,
    }
}

/// Whether a function answers with rows: of a model, or of the statement that it is the tag of.
fn finds(name: &str) -> bool {
    name.starts_with("find") || matches!(name, "sql" | "query" | "queryRow" | "select")
}

/// Whether a text of a record is in a value, as it is or put in the place of something else.
pub(super) fn holds_record(node: &Node, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    let any = |nodes: &[Node]| nodes.iter().any(|node| holds_record(node, depth - 1));
    match &node.kind {
        NodeKind::Op(Op::Attr, _) => is_text_of_record(node),
        NodeKind::Op(_, operands) => any(operands),
        NodeKind::Text(text) => text.holes().any(|hole| holds_record(hole, depth - 1)),
        NodeKind::Call(call) => {
            matches!(
                call.callee.last(),
                "replace" | "replaceAll" | "concat" | "String" | "toString" | "substring" | "substr" | "slice" | "trim"
            ) && { any(&call.args) || call.receiver.as_ref().is_some_and(|receiver| holds_record(receiver, depth - 1)) }
        }
        _ => false,
    }
}

/// Whether a name is that of a text that is markup on purpose: whoever fills it in has seen to it.
pub fn is_meant_as_markup(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // A description is no script.
    let name = name.replace("descript", "").replace("subscript", "").replace("transcript", "").replace("prescript", "");
    ["html", "markup", "css", "script", "style", "json", "svg", "icon", "csrf", "layout", "rendered", "markdown", "meta"]
        .iter()
        .any(|word| name.contains(word))
}
