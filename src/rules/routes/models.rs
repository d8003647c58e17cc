//! Models that keep a password among their columns, and whole records of theirs that are sent.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::records::{label, sinks};
use crate::ir::{Fact, Kind, Node, Resource, Sink, SinkKind, Span};
use crate::link::Model;
use crate::rules::Check;

/// The models that keep a password, by the stems of their names.
pub(super) type Models<'m> = BTreeMap<&'m str, Vec<(&'m Fact, &'m Resource)>>;

/// Finds them.
pub(super) fn models(model: &Model) -> Models<'_> {
    let mut models = Models::new();
    for fact in model.of(Kind::Resource) {
        if let Some(resource) = fact.resource().filter(|resource| resource.provider == "orm" && resource.ty == "model") {
            models.entry(&resource.name).or_default().push((fact, resource));
        }
    }
    models
}

/// The model of a name with its column of passwords, if nothing hides it. Of models of one name, one that does may be the
/// one that is meant.
pub(super) fn unhidden<'m>(models: &Models<'m>, name: &str) -> Option<(&'m Fact, &'m str)> {
    let hides = |resource: &Resource| resource.attrs.get("hides").and_then(Node::as_bool).unwrap_or_default();
    let of_name = models.get(name)?;
    let (fact, resource) = of_name.first().copied().filter(|_| !of_name.iter().any(|(_, resource)| hides(resource)))?;
    Some((fact, resource.attrs.get("password").and_then(Node::as_str).unwrap_or("password")))
}

/// Functions of one service that hand each other's records back.
const MAX_HANDED: usize = 3;

/// The model of the records that are put on requests, by the member that holds them, if nothing else ever is.
fn carried<'m>(models: &Models<'m>, sent: &[(&'m Fact, &'m Sink)]) -> BTreeMap<&'m str, Option<(&'m SmolStr, Span)>> {
    let mut carried: BTreeMap<&str, Option<(&SmolStr, Span)>> = BTreeMap::new();
    for (fact, sink) in sent.iter().filter(|(_, sink)| label(sink) == "puts") {
        let found = unhidden(models, &fact.owner).map(|_| (&fact.owner, fact.span));
        carried.entry(sink.callee.last()).and_modify(|known| *known = known.filter(|_| found.is_some())).or_insert(found);
    }
    carried
}

/// What the functions of services hand back, by their holders and names.
pub(super) struct Services<'m> {
    given: BTreeMap<&'m [SmolStr], Vec<(&'m Fact, &'m Sink)>>,
    /// What they hand back of another function of the same service.
    hands: BTreeMap<&'m [SmolStr], &'m Fact>,
}

impl<'m> Services<'m> {
    /// Collects them from what is answered.
    pub(super) fn of(sent: &[(&'m Fact, &'m Sink)]) -> Self {
        let mut given: BTreeMap<&[SmolStr], Vec<(&Fact, &Sink)>> = BTreeMap::new();
        for (fact, sink) in sent.iter().filter(|(_, sink)| label(sink) == "gives") {
            given.entry(&sink.callee.path).or_default().push((fact, sink));
        }
        let hands = sent.iter().filter(|(_, sink)| label(sink) == "hands").map(|(fact, sink)| (sink.callee.path.as_slice(), *fact));
        Self { given, hands: hands.collect() }
    }

    /// What is handed back to a handler that sends it (`sends`), by where it comes from.
    pub(super) fn answer(&self, sends: &Sink) -> impl Iterator<Item = &'m Fact> + use<'m, '_> {
        let asked = member(sends);
        let mut service = sends.callee.path.clone();
        for _ in 0..MAX_HANDED {
            match self.hands.get(service.as_slice()).filter(|_| !self.given.contains_key(service.as_slice())) {
                Some(other) => match other.owner.split_once('.') {
                    Some((holder, method)) => (service[0], service[1]) = (holder.into(), method.into()),
                    None => service[1] = other.owner.clone(),
                },
                None => break,
            }
        }
        let found = self.given.get(service.as_slice()).into_iter().flatten();
        found.filter(move |(_, other)| asked.is_empty() || asked == member(other)).map(|(fact, _)| *fact)
    }
}

/// The member of an answer that a sink speaks of.
fn member(sink: &Sink) -> String {
    sink.parts.first().and_then(|part| part.value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// Records with the hash of a password among their columns, sent as they are stored.
pub(in crate::rules) fn with_password(cx: &mut Check<'_>) {
    let models = models(cx.model);
    let sent: Vec<_> = sinks(cx.model, SinkKind::Answer).collect();
    let services = Services::of(&sent);
    let carried = carried(&models, &sent);
    for (fact, sink) in &sent {
        let (owner, through) = match label(sink) {
            "" => (&fact.owner, None),
            "sends" => match services.answer(sink).find(|given| unhidden(&models, &given.owner).is_some()) {
                Some(given) => (&given.owner, Some(given.span)),
                None => continue,
            },
            "carries" => match carried.get(sink.callee.last()).copied().flatten() {
                Some((owner, place)) => (owner, Some(place)),
                None => continue,
            },
            _ => continue,
        };
        let Some((model, column)) = unhidden(&models, owner) else { continue };
        let what = format!("every column of `{owner}` goes to the client, `{column}` too");
        let finding = cx.finding(fact, fact.span, what).related(model.span, "the columns are these");
        cx.report_by_place(match through {
            Some(place) => finding.related(place, "the whole record comes from here"),
            None => finding,
        });
    }
}
