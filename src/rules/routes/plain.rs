//! Passwords that are stored as they came, or compared as they are stored.

use super::models::{Models, models};
use super::records::{label, sinks};
use std::collections::BTreeSet;

use crate::finding::Severity;
use crate::ir::{Fact, Kind, Node, Resource, Sink, SinkKind, Span};
use crate::lower::has_password_in_statement;
use crate::lower::words::names_account;
use crate::rules::Check;

/// Passwords that are stored as they came, or compared as they are stored.
pub(in crate::rules) fn password(cx: &mut Check<'_>) {
    let of_models = models(cx.model);
    let is_hooked =
        cx.model.of(Kind::Resource).filter_map(Fact::resource).any(|resource| resource.provider == "orm" && resource.ty == "hook");
    let all: Vec<_> = sinks(cx.model, SinkKind::Compare).chain(sinks(cx.model, SinkKind::Sql)).collect();
    for (fact, sink) in all {
        match label_of(sink) {
            Some("kept") if is_hooked => {}
            Some("kept") => kept(cx, &of_models, fact, sink),
            Some(label) => {
                if let Some(what) = said(label) {
                    // Of the values of a statement, the password is meant.
                    let value = sink.parts.first().filter(|_| sink.kind == SinkKind::Compare).map(|part| part.value.span);
                    let value = value.filter(|value| fact.span.contains(*value));
                    cx.report_by_place(cx.finding(fact, value.unwrap_or(fact.span), what));
                }
            }
            None => {}
        }
    }
}

fn label_of(sink: &Sink) -> Option<&str> {
    match sink.kind {
        SinkKind::Compare => sink.parts.first().map(|part| part.label.as_str()),
        _ => sink.parts.iter().find_map(|part| has_password_in_statement(&part.value)),
    }
}

fn said(label: &str) -> Option<&'static str> {
    Some(match label {
        "asked" => "the store is asked for the password as it was typed: it is stored as it is",
        "written" => "the password is stored as it came",
        "password" => "the password is compared with the stored one: it is stored as it is",
        "given back" => "what should hash the password gives it back so that it can be read: it is stored as it is",
        "stored" => "the password is stored as it came, and compared so at the login",
        _ => return None,
    })
}

/// A record that is handed a password as it came, whose model is seen, and hashes nothing.
fn kept(cx: &mut Check<'_>, models: &Models<'_>, fact: &Fact, sink: &Sink) {
    let name = sink.options.as_ref().and_then(Node::as_str).unwrap_or_default();
    // What logs in elsewhere (an account of a mail server) has to be kept so that it can be read.
    let Some(of_name) = models.get(name).filter(|_| names_account(name)) else { return };
    let hashes = |resource: &Resource| resource.attrs.get("hashes").and_then(Node::as_bool).unwrap_or(true);
    let Some((model, _)) = of_name.first().filter(|_| !of_name.iter().any(|(_, resource)| hashes(resource))) else { return };
    let finding = cx.finding(fact, fact.span, "the password is stored as it came");
    cx.report_by_place(finding.related(model.span, "nothing hashes it here"));
}

/// Credentials that stand in the code and let somebody in. What a rule about secrets tells of is told there.
pub(in crate::rules) fn known(cx: &mut Check<'_>) {
    let secrets: BTreeSet<Span> = cx.model.of(Kind::Secret).map(|secret| secret.span).collect();
    let is_told = |place: Span| {
        let from = Span { end: place.start, ..place };
        secrets
            .range(Span { start: 0, end: 0, ..from }..)
            .take_while(|told| told.file == place.file && told.start < place.end)
            .any(|told| told.end > place.start)
    };
    let all: Vec<_> = sinks(cx.model, SinkKind::Compare).filter(|(_, sink)| sink.callee.first() == "known").collect();
    for (fact, sink) in all {
        let class = cx.model.files.class(fact.span);
        if class.test || class.example || class.docs || is_told(fact.span) {
            continue;
        }
        let finding = match label(sink) {
            "admin" => cx.finding(fact, fact.span, "an administrator is made with a password that stands in the code"),
            "account" => cx.finding(fact, fact.span, "an account is made with a password that stands in the code").severity(Severity::Low),
            _ => cx.finding(fact, fact.span, "whoever sends the literal that stands here is let in"),
        };
        cx.report_by_place(finding);
    }
}
