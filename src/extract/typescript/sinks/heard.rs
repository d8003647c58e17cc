//! Listeners to messages of other windows that ask nobody's origin, with what they do with a message.

use super::{Around, called_name, root_name};
use crate::extract::Extract;
use crate::extract::typescript::names::unquoted;
use crate::ir::{FactKind, Ref, Scope, Sink, SinkKind, SinkPart};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Values of one listener that are looked at.
const MAX_PARTS: usize = 24;
/// What only a window has that its host writes to: an editor, an application around it, a tool of designers.
const HOSTS: [&str; 4] = ["acquireVsCodeApi", "ReactNativeWebView", "pluginMessage", "chrome.runtime"];

/// Emits a function that does what any window tells it.
pub(super) fn emit<'t>(around: &Around<'_, 't>, function: Syntax<'t>, cx: &mut Extract<'_>) {
    let module = around.module;
    let is_page = || module.tree.holds("window", |text| text.contains("window.") || text.contains("document."));
    let has_host = || module.tree.holds("host", |text| HOSTS.iter().any(|host| text.contains(host)));
    if !module.takes_any_window(function) || !is_page() || has_host() {
        return;
    }
    let mut parts: Vec<SinkPart> = Vec::new();
    for node in function.field(Field::Body).into_iter().flat_map(|body| std::iter::once(body).chain(body.below())) {
        let Some((label, values)) = effect(node) else { continue };
        for value in values.into_iter().filter(|value| value.kind() != Kind::String && !value.kind().is_function()) {
            parts.extend(around.flowing(node, value, SinkKind::Heard, label));
        }
        if parts.len() >= MAX_PARTS {
            break;
        }
    }
    if !parts.is_empty() {
        // The registration, where the function stands in it.
        let call = function.parent().filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::parent);
        let place = call.and_then(|call| call.field(Field::Function)).or_else(|| function.field(Field::Name)).unwrap_or(function).span();
        let callee = Ref::new(Scope::Global, ["message"]);
        cx.fact(place, "message", FactKind::Sink(Sink { kind: SinkKind::Heard, callee, parts, options: None }));
    }
}

/// What a node does beyond its function, and with what: a request, what is kept, where the page goes, markup, code.
fn effect(node: Syntax<'_>) -> Option<(&str, Vec<Syntax<'_>>)> {
    let arguments = || node.field(Field::Arguments).into_iter().flat_map(Syntax::children).collect::<Vec<_>>();
    match node.kind() {
        Kind::Call | Kind::New => {
            let name = called_name(node);
            let root = || root_name(node);
            let does = match name {
                "fetch" | "sendBeacon" | "eval" | "Function" | "axios" | "insertAdjacentHTML" => true,
                "ajax" | "post" | "get" | "getJSON" | "html" | "append" | "prepend" => matches!(root(), "$" | "jQuery" | "axios"),
                "put" | "patch" | "delete" | "request" => root() == "axios",
                // Of a request, not of a socket or a port.
                "send" => {
                    let lower = root().to_ascii_lowercase();
                    lower.contains("xhr") || lower.contains("req") || lower.contains("http")
                }
                "setItem" => matches!(root(), "localStorage" | "sessionStorage" | "window"),
                "write" | "writeln" => root() == "document",
                "assign" | "replace" => matches!(root(), "location" | "window") && node.text().contains("location."),
                "open" => root() == "window",
                _ => false,
            };
            does.then(|| (name, arguments()))
        }
        Kind::Assignment => {
            let left = node.field(Field::Left)?;
            let name = left.field(Field::Property).map_or_else(|| left.text(), Syntax::text);
            let does = matches!(name, "innerHTML" | "outerHTML" | "srcdoc" | "location" | "href")
                || left.text() == "document.cookie"
                || left.field(Field::Object).is_some_and(|object| matches!(unquoted(object), "localStorage" | "sessionStorage"));
            does.then(|| (name, node.field(Field::Right).into_iter().collect()))
        }
        _ => None,
    }
}
