//! What an answer or a page shows: markup with values in it, insides of an error.

use super::address::comes_of;
use super::statement::first_words;
use super::taint::{is_markdown, tainted};
use super::written;
use smol_str::SmolStr;

use crate::ir::{Call, Entry, Node, NodeKind, Op, Part, Ref, Scope, Sink, SinkPart, Text, Tri};

pub(super) fn is_markup(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Call(call) => is_markdown(&call.callee) || is_list(call),
        _ => node.as_text().is_some_and(|text| text.has_holes() && text.contains("<").is_yes()),
    }
}

/// Whether a text with values in it is markup: it has a tag.
pub fn holds_markup(text: &Text) -> bool {
    let has_tag = |words: &str| words.contains("</") || words.contains("<br") || words.contains("<p>") || words.contains("<div");
    text.has_holes() && text.pieces.iter().any(|piece| matches!(&piece.part, Part::Lit(words) if has_tag(words)))
}

/// Puts data in the place of its JSON where a script holds it: `<script>var state = ${JSON.stringify(state)}</script>`, which
/// a `</script>` in the data ends.
pub(super) fn open_scripts(node: &mut Node) {
    let NodeKind::Text(text) = &mut node.kind else { return };
    let mut is_script = false;
    for piece in &mut text.pieces {
        match &mut piece.part {
            Part::Lit(words) => {
                let (open, close) = (words.rfind("<script"), words.rfind("</script"));
                is_script = match (open, close) {
                    (None, None) => is_script,
                    (open, close) => open > close,
                };
            }
            Part::Hole(hole) => {
                let data = hole.as_call().filter(|call| is_script && call.callee.last() == "stringify").and_then(|call| call.args.first());
                if let Some(data) = data.cloned() {
                    **hole = data;
                }
            }
        }
    }
}

/// Puts what a request brought in the place of its JSON, where Express sends that as a text, which is HTML: JSON leaves tags as
/// they are.
pub(super) fn open_json(part: &mut SinkPart) {
    let made = part.value.as_call().filter(|call| call.callee.first() == "JSON" && call.callee.last() == "stringify");
    if let Some(data) = made.and_then(|call| call.args.first()).filter(|data| tainted(data, 12).is_yes()).cloned() {
        (part.value, part.label) = (data, "whole".into());
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
        if part.tainted.is_no() && is_cleaned(&part.value) || !part.tainted.is_yes() && is_setting(&part.value) {
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

/// `environment.LOGO_URL`: who runs the application sets what is written in capitals.
fn is_setting(value: &Node) -> bool {
    let name = match &value.kind {
        NodeKind::Ref(name) if name.path.len() > 1 => name.last(),
        NodeKind::Op(Op::Attr, operands) => operands.get(1).and_then(Node::as_str).unwrap_or_default(),
        _ => return false,
    };
    name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
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
    let kind = sink.options.as_ref().and_then(Node::as_str).unwrap_or_default();
    let (has_answers, is_told) = (matches!(kind, "answers" | "told"), kind == "told");
    let is_of_request = sink.parts.iter().any(|part| tainted(&part.value, 12).is_yes() && !is_of_socket(&part.value));
    let is_of_record = |part: &SinkPart| {
        is_text_of_record(&part.value) || has_answers && holds_words(&part.value, 6) || holds_message(&part.value, is_told, 6)
    };
    if !is_of_request && sink.parts.iter().any(is_of_record) {
        sink.options = sink.options.as_ref().map(|options| Node::text("record", options.span));
        sink.parts.iter_mut().for_each(|part| (part.tainted, part.label) = (Tri::Maybe, SmolStr::default()));
        return true;
    }
    // `comment.content`: whether people write such, the application says.
    let named = || sink.parts.iter().map(|part| part.label.clone()).find(|label| !label.is_empty());
    let owner = sink.parts.iter().find_map(|part| written::whose(&part.value, 6)).map(SmolStr::from).or_else(named);
    if let Some(owner) = owner.filter(|_| !is_of_request) {
        sink.options = sink.options.as_ref().map(|options| Node::text(if has_answers { "written" } else { "shown" }, options.span));
        sink.parts.iter_mut().for_each(|part| (part.tainted, part.label) = (Tri::Maybe, owner.clone()));
        return true;
    }
    sink.parts.retain_mut(|part| {
        (part.tainted, part.label) = (tainted(&part.value, 12), SmolStr::default());
        part.tainted.is_yes() && !is_of_socket(&part.value)
    });
    !sink.parts.is_empty()
}

/// Whether all that comes from outside in a value is a message of a socket, which the page's own server sends.
fn is_of_socket(node: &Node) -> bool {
    comes_of(node, &["message"]) && !comes_of(node, &["address", "posted", "page"])
}

/// Whether a message of a socket in a value is what others wrote: by the name of its part, or `is_told` by that of the event
/// if it is the whole.
fn holds_message(node: &Node, is_told: bool, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &node.kind {
        NodeKind::Ref(name) if name.scope == Scope::Request && name.first() == "message" => match name.path.as_slice() {
            [_] => is_told,
            [.., last] => names_words(last),
            [] => false,
        },
        NodeKind::Text(text) => text.holes().any(|hole| holds_message(hole, is_told, depth)),
        NodeKind::Op(_, operands) => operands.iter().any(|operand| holds_message(operand, is_told, depth)),
        _ => false,
    }
}

/// Whether a name is that of a text that people write about themselves and others: `name`, `noteTitle`, `first_name`.
pub fn names_words(name: &str) -> bool {
    const WHOLE: [&str; 20] = [
        "name",
        "username",
        "userName",
        "email",
        "firstName",
        "lastName",
        "fullName",
        "firstname",
        "lastname",
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
    /// What people write something of, and what of it.
    const OF: [&str; 18] = [
        "note", "post", "user", "comment", "message", "review", "blog", "article", "topic", "ticket", "todo", "task", "profile", "author",
        "sender", "display", "customer", "product",
    ];
    const ENDS: [&str; 9] = ["title", "body", "text", "content", "comment", "name", "subject", "message", "bio"];
    if WHOLE.contains(&name) {
        return true;
    }
    let word: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    OF.iter().any(|of| word.strip_prefix(of).is_some_and(|end| ENDS.contains(&end)))
}

/// A text that people write about themselves and others, of what a variable of a function holds: `user.name`.
fn holds_words(node: &Node, depth: u32) -> bool {
    match &node.kind {
        NodeKind::Ref(name) => {
            let is_variable = name.scope == Scope::Local && name.first().contains('@');
            is_variable && matches!(name.path.as_slice(), [_, .., last] if names_words(last))
        }
        NodeKind::Text(text) if depth > 0 => text.holes().any(|hole| holds_words(hole, depth - 1)),
        // Of what a loop goes through, nothing is known but how its members are called.
        NodeKind::Op(Op::Attr, operands) => match operands.as_slice() {
            [base, name] => {
                let is_open = matches!(base.kind, NodeKind::Unknown(_)) || is_answer(base);
                is_open && name.as_str().is_some_and(names_words)
            }
            _ => false,
        },
        NodeKind::Op(Op::Or | Op::Coalesce | Op::Add, operands) if depth > 0 => {
            operands.iter().any(|operand| holds_words(operand, depth - 1))
        }
        // `products.map((product) => `<li>${product.name}</li>`).join('')`.
        NodeKind::Call(call) if depth > 0 => match (call.callee.last(), &call.receiver, call.args.first().map(|made| &made.kind)) {
            ("join", Some(list), _) => holds_words(list, depth - 1),
            ("map", _, Some(NodeKind::Func(item))) => {
                item.returns.as_ref().is_some_and(|item| is_markup(item) && holds_words(item, depth - 1))
            }
            _ => false,
        },
        _ => false,
    }
}

/// What a server has answered: `await response.json()`, `(await client.get(…)).data`.
fn is_answer(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Op(Op::Attr, operands) => operands.first().is_some_and(is_answer),
        NodeKind::Op(Op::Await, operands) => operands.first().is_some_and(|call| call.as_call().is_some()),
        _ => false,
    }
}

/// `(await notes.findOne(…)).title`: a member of what a store has found.
fn is_text_of_record(node: &Node) -> bool {
    let NodeKind::Op(Op::Attr, operands) = &node.kind else { return false };
    let [base, name] = operands.as_slice() else { return false };
    name.as_str().is_some_and(|name| !is_meant_as_markup(name)) && is_found(base)
}

/// Whether a value is what a store has found.
pub fn is_found(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Op(Op::Attr | Op::Index | Op::Or | Op::Coalesce, operands) => operands.first().is_some_and(is_found),
        NodeKind::Op(Op::Await, operands) => operands.first().and_then(Node::as_call).is_some_and(|call| finds(call.callee.last())),
        _ => false,
    }
}

/// `db.prepare('SELECT …').all()`.
pub(super) fn is_prepared(call: &Call) -> bool {
    call.receiver.as_ref().and_then(Node::as_call).is_some_and(|made| made.callee.last() == "prepare")
}

/// Whether a function answers with rows: of a model, or of the statement that it is the tag of.
fn finds(name: &str) -> bool {
    name.starts_with("find") || matches!(name, "sql" | "query" | "queryRow" | "select")
}

/// `marked.parse(note.text)`: the markup in a text of a record comes through.
pub(super) fn is_markdown_of_record(node: &Node) -> bool {
    node.as_call().is_some_and(|call| super::taint::is_markdown(&call.callee) && call.args.first().is_some_and(is_text_of_record))
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
        NodeKind::Call(_) if is_markdown_of_record(node) => true,
        NodeKind::Call(call) => {
            matches!(
                call.callee.last(),
                "replace" | "replaceAll" | "concat" | "String" | "toString" | "substring" | "substr" | "slice" | "trim"
            ) && { any(&call.args) || call.receiver.as_ref().is_some_and(|receiver| holds_record(receiver, depth - 1)) }
        }
        _ => false,
    }
}

/// Whether what a function makes of its parameter keeps the markup in it: it changes nothing, or replaces signs that open no
/// tag, and lists of such that do (`/<script/gi`).
pub fn leaves_markup(made: &Node, parameter: &Ref) -> bool {
    const MOST: usize = 16;
    let mut value = made;
    for _ in 0..MOST {
        match &value.kind {
            NodeKind::Ref(name) => return name == parameter,
            NodeKind::Op(Op::Or | Op::Coalesce, operands) => match operands.first() {
                Some(first) => value = first,
                None => return false,
            },
            NodeKind::Call(call) => {
                let leaves = match call.callee.last() {
                    "replace" | "replaceAll" => call.args.first().is_some_and(|pattern| !takes_tags(pattern)),
                    "trim" | "toString" | "slice" | "substring" | "substr" | "String" => true,
                    _ => false,
                };
                let is_of_parameter =
                    || call.callee.path.len() == 2 && call.callee.scope == parameter.scope && call.callee.path[0] == parameter.path[0];
                match call.receiver.as_ref().or_else(|| call.args.first().filter(|_| call.callee.last() == "String")) {
                    Some(inner) if leaves => value = inner,
                    _ => return leaves && is_of_parameter(),
                }
            }
            _ => return false,
        }
    }
    false
}

/// Whether a pattern fits what opens any tag: `<`, `/[&<>]/g`, `/<[^>]*>/g`; not the name of one alone.
fn takes_tags(pattern: &Node) -> bool {
    let Some(text) = pattern.as_str().or_else(|| pattern.as_call()?.args.first()?.as_str()) else { return true };
    text.match_indices('<').any(|(at, _)| {
        let after = text[at + 1..].trim_start_matches(['\\', '/', '?', '(', ':']);
        !after.starts_with(|char: char| char.is_ascii_alphabetic()) || text[at + 1..].starts_with("\\w")
    })
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
