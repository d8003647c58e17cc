//! Views of template engines: each value that one shows without escaping it for the place where it stands. Linking finds
//! who renders the view and with what.

use super::Extract;
use crate::ir::{Call, FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::{is_meant_as_markup, names_words};
use crate::parse::view::{Engine, Place, Shown, helpers, parse};

/// Reads the file's facts, if it is a view.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let Some(engine) = Engine::of(&cx.file.path, &cx.file.text) else { return };
    // A template without a single tag writes a letter, a configuration or Markdown.
    let has_tags = engine == Engine::Pug || has_tag(&cx.file.text);
    if engine == Engine::Mustache {
        helped(cx);
    }
    for shown in parse(&cx.file.src(), engine) {
        let name = shown.path.join(".");
        // `route.query.about` of Vue's router.
        let is_address = matches!(shown.path.as_slice(), [route, part, ..]
            if matches!(route.as_str(), "route" | "$route") && matches!(part.as_str(), "query" | "params" | "hash"));
        let place = match shown.place {
            Place::Address if is_address => {
                leads_to(&shown, cx);
                continue;
            }
            Place::Address => continue,
            Place::Markup => "markup",
            Place::Script => "script",
            Place::Handler => "handler",
            Place::Json => "json",
        };
        let tainted = if is_address { Tri::Yes } else { Tri::Maybe };
        // A member of a record, in a view that a server renders; what is content is markup as often as not.
        let is_of_record = has_tags
            && matches!(engine, Engine::Ejs | Engine::Mustache | Engine::Pug)
            && shown.place == Place::Markup
            && matches!(shown.path.as_slice(), [_, .., last] if last != "content" && !is_meant_as_markup(last));
        let value = Node::new(shown.span, NodeKind::Ref(Ref::new(Scope::Global, shown.path)));
        let parts = vec![SinkPart::new(value, tainted, name.clone())];
        let options = Some(Node::text(if is_of_record { "record" } else { "view" }, shown.span));
        let callee = Ref::new(Scope::Global, ["view", place]);
        let callee = if shown.through.is_empty() { callee } else { callee.child(shown.through) };
        cx.fact(shown.span, name, FactKind::Sink(Sink { kind: SinkKind::Html, callee, parts, options }));
    }
}

/// `<p>`, `</p>`, `<!doctype html>`; `<%= name %>` is the engine's own.
fn has_tag(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!')))
}

/// Emits the helpers that a view hands what people write, as calls of a library that does not exist, `views#use`.
fn helped(cx: &mut Extract<'_>) {
    for helped in helpers(&cx.file.src()) {
        let argument = |path: Option<Vec<String>>| match path.filter(|path| path.last().is_some_and(|last| names_words(last))) {
            Some(path) => Node::text(path.join("."), helped.span),
            None => Node::new(helped.span, NodeKind::Null),
        };
        let arguments: Vec<Node> = helped.arguments.into_iter().map(argument).collect();
        if arguments.iter().any(|argument| argument.as_str().is_some()) {
            let args = vec![Node::text(helped.name.as_str(), helped.span), Node::new(helped.span, NodeKind::List(arguments))];
            cx.fact(helped.span, helped.name, FactKind::Call(Call { args, ..Call::of(Ref::import("views", "use")) }));
        }
    }
}

/// Emits an address that a link leads to, or that a frame shows, as the address of the page says.
fn leads_to(shown: &Shown, cx: &mut Extract<'_>) {
    let name = shown.path.join(".");
    let last = shown.path.last().cloned().unwrap_or_default();
    let value = Node::new(shown.span, NodeKind::Ref(Ref::new(Scope::Request, ["address".to_owned(), last])));
    let parts = vec![SinkPart::new(value, Tri::Maybe, "")];
    let callee = Ref::new(Scope::Global, ["href"]);
    cx.fact(shown.span, name, FactKind::Sink(Sink { kind: SinkKind::Redirect, callee, parts, options: None }));
}
