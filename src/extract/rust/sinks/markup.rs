//! Answers that are put together by hand: a page with its type, a cookie as the text of its header.

use super::settings::{flag_off, holds_session};
use super::{judged, sink};
use crate::extract::rust::chain::Chain;
use crate::ir::{Node, NodeKind, Part, Ref, Scope, Sink, SinkKind, SinkPart, Span, Text, Tri};
use smol_str::SmolStr;

/// `([(CONTENT_TYPE, "text/html")], page)`: what is shown as a page.
pub(in super::super) fn page(parts: &[Node]) -> Option<Sink> {
    let (body, before) = parts.split_last()?;
    let is_html = |pair: &Node| match pair.as_list() {
        Some([name, kind]) => is_header(name, "CONTENT_TYPE") && kind.as_str().is_some_and(|kind| kind.starts_with("text/html")),
        _ => false,
    };
    let says = before.iter().filter_map(Node::as_list).flatten().any(is_html);
    let part = || SinkPart::new(body.clone(), Tri::Maybe, "whole");
    says.then(|| judged(sink(SinkKind::Html, &Ref::new(Scope::Local, ["text/html"]), vec![part()]))).flatten()
}

/// Whether an answer has been said to be no page: `.content_type(ContentType::plaintext())`,
/// `.header(CONTENT_TYPE, "application/json")`.
pub(super) fn is_said_plain(answer: &Node) -> bool {
    let chain = Chain::of(answer);
    let said = chain.steps.iter().rev().find_map(|step| match (step.name, step.args) {
        ("content_type" | "set_content_type", [kind]) => Some(kind),
        ("header" | "insert_header" | "append_header", [name, kind]) if is_header(name, "CONTENT_TYPE") => Some(kind),
        ("insert_header" | "append_header", [pair]) => match pair.as_list() {
            Some([name, kind]) => is_header(name, "CONTENT_TYPE").then_some(kind),
            _ => Some(pair).filter(|pair| type_named(pair).is_some()),
        },
        _ => None,
    });
    let is_markup = |kind: &str| ["html", "svg", "xml"].iter().any(|word| kind.contains(word));
    said.and_then(type_named).is_some_and(|kind| !is_markup(&kind.to_ascii_lowercase()))
}

/// A media type as it is written: a text, a constant of `mime`, a function of `ContentType`.
fn type_named(kind: &Node) -> Option<&str> {
    let name = match &kind.kind {
        NodeKind::Text(_) => return kind.as_str(),
        NodeKind::Ref(name) => name,
        NodeKind::Call(call) if call.receiver.is_none() => &call.callee,
        _ => return None,
    };
    name.names().iter().any(|part| matches!(*part, "ContentType" | "mime")).then(|| name.last())
}

/// Whether a value names a header: a constant of `http`, or its text.
fn is_header(node: &Node, constant: &str) -> bool {
    match (node.as_ref(), node.as_str()) {
        (Some(name), _) => name.last() == constant,
        (_, Some(text)) => text.len() == constant.len() && text.to_ascii_uppercase().replace('-', "_") == constant,
        _ => false,
    }
}

/// What is wrong with a cookie that is written as `(SET_COOKIE, format!("sid={sid}; Path=/"))`.
pub(in super::super) fn written_cookie(name: &Node, value: &Node, span: Span) -> Vec<(Span, Sink)> {
    let Some(text) = value.as_text().filter(|_| is_header(name, "SET_COOKIE")) else { return Vec::new() };
    let Some((label, attributes)) = parts_of_cookie(text) else { return Vec::new() };
    let has = |word: &str| attributes.split(';').any(|attribute| attribute.trim().to_ascii_lowercase().starts_with(word));
    if has("max-age=0") || has("expires=thu, 01 jan 1970") {
        return Vec::new();
    }
    let mut found = Vec::new();
    if !has("secure") {
        found.push((span, flag_off(&label, "secure", span)));
    }
    if !has("httponly") && holds_session(&label) {
        found.push((span, flag_off(&label, "httpOnly", span)));
    }
    found
}

/// The name of a cookie and its attributes; none if what fills a hole may be attributes, or takes it away.
fn parts_of_cookie(text: &Text) -> Option<(SmolStr, String)> {
    let mut whole = String::new();
    for piece in &text.pieces {
        match &piece.part {
            Part::Lit(words) => whole.push_str(words),
            // A value, of the cookie itself or of an attribute.
            Part::Hole(_) if whole.ends_with('=') => whole.push('?'),
            Part::Hole(_) if !whole.contains(';') && whole.contains('=') => whole.push('?'),
            Part::Hole(_) => return None,
        }
    }
    let (name, rest) = whole.split_once('=')?;
    let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
    (!name.is_empty() && !value.is_empty()).then(|| (name.into(), attributes.to_owned()))
}
