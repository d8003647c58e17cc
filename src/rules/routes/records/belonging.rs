//! Records that are somebody's by the columns of their model, in applications that anybody may sign up to.

use std::collections::BTreeMap;

use super::{Found, Handlers, label, lookups, shown, sinks};
use crate::ir::{Fact, FactKind, Kind, Node, Resource, Route, Sink, SinkKind, SinkPart, Span};
use crate::link::Model;
use crate::rules::routes::models::models;
use crate::rules::routes::{is_read, served};

/// Records that nobody but their owner and operators has to do with, by the stem of their model's name.
const OWN: [&str; 38] = [
    "order",
    "cart",
    "basket",
    "address",
    "addresse",
    "ticket",
    "supportticket",
    "appointment",
    "prescription",
    "medicalrecord",
    "booking",
    "reservation",
    "transaction",
    "payment",
    "paymentmethod",
    "card",
    "creditcard",
    "wallet",
    "bankaccount",
    "invoice",
    "receipt",
    "payslip",
    "salary",
    "loan",
    "claim",
    "refund",
    "transfer",
    "deposit",
    "withdrawal",
    "statement",
    "diary",
    "labresult",
    "diagnosis",
    "taxreturn",
    "purchase",
    "wishlist",
    "insurance",
    "passport",
];

/// Models whose records are somebody's, by the stems of their names.
#[derive(Default)]
pub(super) struct Belonging<'m>(BTreeMap<&'m str, &'m Fact>);

impl<'m> Belonging<'m> {
    /// Finds them, where whoever signs up is one of many: a customer of theirs has an account.
    pub(super) fn of(model: &'m Model) -> Self {
        let signs_up = |route: &Route| {
            let is_sent = route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "MUTATION" | "ACTION"));
            is_sent && route.public.as_deref() == Some("sign-up")
        };
        if !served(model).any(|(_, route)| signs_up(route)) {
            return Self::default();
        }
        let accounts = models(model);
        let owned = model.of(Kind::Resource).filter_map(|fact| match &fact.kind {
            FactKind::Resource(resource) if resource.provider == "orm" && resource.ty == "owned" => Some((fact, resource)),
            _ => None,
        });
        let owned: Vec<_> = owned.collect();
        let said = |resource: &'m Resource, key: &str| resource.attrs.get(key).and_then(Node::as_str).unwrap_or_default();
        // An account may be known by such a column itself: `customerId` of a user.
        let known_by: Vec<&str> =
            owned.iter().filter(|(_, it)| accounts.contains_key(it.name.as_str())).map(|(_, it)| said(it, "column")).collect();
        let mut found = BTreeMap::new();
        for (fact, resource) in owned.into_iter().filter(|(fact, _)| !model.files.class(fact.span).is_not_production()) {
            let of = said(resource, "of");
            let has_account = of == "user" || accounts.contains_key(of) || known_by.contains(&said(resource, "column"));
            if has_account && OWN.contains(&resource.name.as_str()) {
                found.entry(resource.name.as_str()).or_insert(fact);
            }
        }
        Self(found)
    }

    /// Where all records of such a model are read, or one is added for whoever a request names: the place, in the handler
    /// where another function does it, the model, and what is wrong.
    pub(super) fn of_everybody(&self, model: &'m Model, handlers: &Handlers<'m>) -> Vec<(Found<'m>, &'m Fact, String)> {
        let mut found = Vec::new();
        if self.0.is_empty() {
            return found;
        }
        let sent: Vec<(&Fact, &Sink)> = sinks(model, SinkKind::Answer).filter(|(_, sink)| label(sink) == "sends").collect();
        for (fact, sink) in lookups(model) {
            let Some(of) = self.to_somebody(sink.callee.first()) else { continue };
            let name = sink.callee.first();
            let add = |found: &mut Vec<_>, handed: Option<Span>, what: String| {
                found.push((Found { fact, handed, route: fact, is_opened: false }, of, what));
            };
            let named = |part: &SinkPart| format!("`{name}` is made for whoever {} names", shown(part));
            let reads = |place: Span| handlers.around(place).iter().all(|(_, route)| is_read(route));
            match label(sink) {
                "all" if sink.callee.path.len() == 1 && reads(fact.span) => {
                    add(&mut found, None, format!("all there is of `{name}` goes to whoever asks"));
                }
                "all" if sink.callee.path.len() > 1 => {
                    let of_service = sent.iter().filter(|(place, sent)| sent.callee.path[..] == sink.callee.path[1..] && reads(place.span));
                    for (place, _) in of_service {
                        add(&mut found, Some(place.span), format!("all there is of `{name}` goes to whoever asks"));
                    }
                }
                "makes" if sink.parts[0].taken.is_empty() => {
                    add(&mut found, None, named(&sink.parts[0]));
                }
                "makes" => {
                    for part in sink.parts.iter().skip(1) {
                        add(&mut found, Some(part.value.span), named(part));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The model of a name, if its records are somebody's.
    pub(super) fn to_somebody(&self, name: &str) -> Option<&'m Fact> {
        self.0.get(name).copied()
    }
}
