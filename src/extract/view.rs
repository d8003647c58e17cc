//! Views of template engines: each value that one shows without escaping it. Linking finds who renders the view
//! and with what.

use super::Extract;
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::is_meant_as_markup;
use crate::parse::view::{Engine, Shown, parse};

/// Reads the file's facts, if it is a view.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let Some(engine) = Engine::of(&cx.file.path) else { return };
    for shown in parse(&cx.file.src(), engine) {
        let name = shown.path.join(".");
        // `route.query.about` of Vue's router.
        let is_address = matches!(shown.path.as_slice(), [route, part, ..]
            if matches!(route.as_str(), "route" | "$route") && matches!(part.as_str(), "query" | "params" | "hash"));
        if shown.is_address {
            if is_address {
                leads_to(&shown, cx);
            }
            continue;
        }
        let tainted = if is_address { Tri::Yes } else { Tri::Maybe };
        // A member of a record, in a view that a server renders; what is content is markup as often as not.
        let is_of_record = matches!(engine, Engine::Ejs | Engine::Mustache | Engine::Pug)
            && matches!(shown.path.as_slice(), [_, .., last] if last != "content" && !is_meant_as_markup(last));
        let value = Node::new(shown.span, NodeKind::Ref(Ref::new(Scope::Global, shown.path)));
        let parts = vec![SinkPart::new(value, tainted, name.clone())];
        let options = Some(Node::text(if is_of_record { "record" } else { "view" }, shown.span));
        cx.fact(shown.span, name, FactKind::Sink(Sink { kind: SinkKind::Html, callee: Ref::new(Scope::Global, ["view"]), parts, options }));
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
