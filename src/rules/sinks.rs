//! Dangerous functions and what flows into them.

use super::Check;
use crate::finding::Severity;
use crate::ir::{Confidence, Fact, Node, Sink, SinkKind, SinkPart, Tri};

/// SQL put together from text and values.
pub(super) fn sql(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    flow(cx, fact, sink, SinkKind::Sql, |part| format!("{} goes into the text of an SQL statement", shown(part)));
}

/// A request to an address that a request names.
pub(super) fn fetch(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    flow(cx, fact, sink, SinkKind::Fetch, |part| format!("the caller says which server is asked ({})", shown(part)));
}

/// A file that a request names.
pub(super) fn path(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    flow(cx, fact, sink, SinkKind::Path, |part| format!("the caller says which file is opened ({})", shown(part)));
}

/// Markup put together from text and a request.
pub(super) fn html(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    flow(cx, fact, sink, SinkKind::Html, |part| format!("{} goes into markup as it came", shown(part)));
}

/// A whole request body written into a record.
pub(super) fn assign(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    flow(cx, fact, sink, SinkKind::Assign, |_| format!("`{}` writes whatever fields the caller sends", sink.callee.last()));
}

/// Insides of the server in an answer.
pub(super) fn error_body(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    flow(cx, fact, sink, SinkKind::ErrorBody, |_| "the stack trace is sent to the caller".to_owned());
}

/// Connections whose other end is not checked.
pub(super) fn tls_off(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    let off = sink.options.as_ref().and_then(|options| options.get("verify")).and_then(Node::as_bool) == Some(false);
    if sink.kind == SinkKind::Tls && off {
        cx.report_by_place(cx.finding(fact, fact.span, format!("`{}` switches the check of certificates off", sink.callee.last())));
    }
}

/// Cookies that scripts or listeners can read.
pub(super) fn cookie(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    let Some(part) = sink.parts.first().filter(|_| sink.kind == SinkKind::Cookie) else { return };
    let name = part.label.to_ascii_lowercase();
    // Scripts send the value of these back in a header.
    if name.contains("csrf") || name.contains("xsrf") {
        return;
    }
    let flag = sink.callee.last();
    let whose = if part.label.is_empty() { "the cookie".to_owned() } else { format!("the cookie `{}`", part.label) };
    let what = if flag == "httpOnly" { format!("scripts can read {whose}") } else { format!("{whose} is sent over plain HTTP") };
    cx.report_by_place(cx.finding(fact, fact.span, what).subject(format!("{} {flag}", part.label)));
}

/// Broken hashes on what must stay secret.
pub(super) fn weak_hash(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    purpose(cx, fact, sink, SinkKind::Hash, |part| match part.value.as_str() {
        Some(algorithm) => format!("`{}` is hashed with {}", part.label, algorithm.to_ascii_uppercase()),
        None => format!("`{}` is hashed with a broken function", part.label),
    });
}

/// Guessable numbers where nobody may guess.
pub(super) fn weak_random(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    purpose(cx, fact, sink, SinkKind::Random, |part| format!("`{}` is made of numbers that can be guessed", part.label));
}

fn purpose(cx: &mut Check<'_>, fact: &Fact, sink: &Sink, kind: SinkKind, what: impl Fn(&SinkPart) -> String) {
    if let Some(part) = sink.parts.first().filter(|part| sink.kind == kind && !part.label.is_empty()) {
        cx.report_by_place(cx.finding(fact, fact.span, what(part)));
    }
}

/// What provably comes from a request is reported as such; what comes through a parameter, of which
/// the callers are not seen, with less confidence.
fn flow(cx: &mut Check<'_>, fact: &Fact, sink: &Sink, kind: SinkKind, what: impl Fn(&SinkPart) -> String) {
    if sink.kind != kind {
        return;
    }
    let Some(part) = sink.parts.iter().max_by_key(|part| part.tainted).filter(|part| !part.tainted.is_no()) else { return };
    let finding = cx.finding(fact, fact.span, what(part)).via(&part.value.via);
    let finding = match (part.tainted, kind) {
        (Tri::Yes, _) => finding,
        // A statement with a value in its text is wrong whoever calls; elsewhere the value may be fixed.
        (_, SinkKind::Sql) => finding.severity(Severity::Medium).confidence(Confidence::Medium),
        _ => finding.confidence(Confidence::Low),
    };
    cx.report_by_place(finding);
}

/// The value that matters, by its name.
fn shown(part: &SinkPart) -> String {
    let hole = part.value.as_text().and_then(|text| text.holes().next());
    let name = hole.unwrap_or(&part.value).as_ref().map(ToString::to_string);
    name.map_or_else(|| "a value".to_owned(), |name| format!("`{}`", name.split('@').next().unwrap_or_default()))
}
