//! Functions that hand on what they are handed: route → controller → service → model. What a request brings is followed
//! from call to call, a few of them at the most.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{Callers, Given, Homes, MAX_CALLERS, MAX_NESTING, Place, add_home, file_id, member, places};
use crate::ir::{Handed, Node, NodeKind, Ref, Relayed, Scope, Symbols, Taken};
use crate::link::symbols::Names;
use crate::source::FileId;

/// Functions between the one that has the request and the one that has the sink.
const MAX_BETWEEN: usize = 3;
/// Nodes of a value that is handed on: what callers make of each other's values may double at each step.
const MAX_WEIGHT: usize = 200;
/// Values of all places together that are handed on.
const MAX_RELAYED: usize = 50_000;

/// An argument, and the parameter of the function around the call that it is made of.
type Relay<'l> = (&'l Relayed, &'l Taken);

/// Arguments that are made of parameters, by the parameter.
pub(super) struct Relays<'l> {
    by_parameter: FxHashMap<(FileId, &'l str, usize), Vec<Relay<'l>>>,
    /// The only file with a function of a name that hands something on.
    home: Homes,
}

impl<'l> Relays<'l> {
    /// Indexes those of all files.
    pub(super) fn new(symbols: &'l [Symbols]) -> Self {
        let mut by_parameter: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut home = Homes::default();
        for (file, symbols) in symbols.iter().enumerate() {
            for relayed in &symbols.relayed {
                for taken in &relayed.taken {
                    by_parameter.entry((file_id(file), taken.function.as_str(), taken.argument)).or_default().push((relayed, taken));
                    add_home(&mut home, false, &taken.function, file_id(file));
                }
            }
        }
        Self { by_parameter, home }
    }

    /// Whether a function of this name hands something on.
    pub(super) fn has(&self, function: &str) -> bool {
        self.home.contains_key(&(false, function.into()))
    }

    /// The only file with a function of this name that hands something on, if no other has one with a sink.
    fn home(&self, callers: &Callers<'_>, function: &SmolStr) -> Option<FileId> {
        let key = (false, function.clone());
        let file = self.home.get(&key).copied().flatten()?;
        callers.home.get(&key).is_none_or(|sink| *sink == Some(file)).then_some(file)
    }

    /// Hands on what is given, and what that gives, to [`MAX_BETWEEN`] functions.
    pub(super) fn follow(&self, names: &Names<'_>, callers: &mut Callers<'l>, mut fresh: Vec<(Place, Given<'l>)>) {
        let mut seen: FxHashSet<(Place, String)> = FxHashSet::default();
        let mut left = MAX_RELAYED;
        for _ in 0..MAX_BETWEEN {
            let mut next = Vec::new();
            for (place, given) in fresh {
                let Some(file) = place.file.or_else(|| self.home(callers, &place.function)) else { continue };
                let relays = self.by_parameter.get(&(file, place.function.as_str(), place.argument));
                for (relayed, taken) in relays.into_iter().flatten().filter(|(relayed, _)| !relayed.tested.is_yes()) {
                    let Some(value) = through(names, file, relayed, taken, &given.value) else { continue };
                    let shown = value.to_string();
                    let mut places = places(names, file, &relayed.callee, relayed.argument);
                    // An id that is no text goes on within one class: `remove(id)` that asks `this.findOne(id)`.
                    let is_key = value.as_ref().is_some_and(|name| name.first() == Handed::KEY);
                    places.retain(|place| !is_key || place.file == Some(file));
                    places.retain(|place| callers.has_room(place) && seen.insert((place.clone(), shown.clone())));
                    let Some(fewer) = left.checked_sub(places.len()) else { return };
                    left = fewer;
                    callers.add(
                        places,
                        &Given { value: Cow::Owned(value), relayed: !is_key, tested: given.tested.max(relayed.tested) },
                        &mut next,
                    );
                }
            }
            fresh = next;
        }
    }
}

impl Callers<'_> {
    /// Whether less has come to a parameter through other functions than is looked at.
    fn has_room(&self, place: &Place) -> bool {
        self.given.get(place).is_none_or(|given| given.iter().filter(|given| given.relayed).count() < MAX_CALLERS)
    }
}

/// What an argument is for something that is handed to the function around the call.
fn through(names: &Names<'_>, file: FileId, relayed: &Relayed, taken: &Taken, given: &Node) -> Option<Node> {
    let given = member(given, &taken.path)?;
    if given.as_ref().as_ref().is_some_and(|name| name.scope != Scope::Request) {
        return None;
    }
    if given.as_ref().as_ref().is_some_and(|name| name.first() == Handed::KEY) {
        let is_itself = relayed.value.as_ref().is_some_and(|name| name.path.as_slice() == [taken.parameter.clone()]);
        return is_itself.then(|| given.into_owned());
    }
    let mut value = names.value(file, &relayed.value);
    value.replace(&Ref::new(Scope::Local, [taken.parameter.clone()]), &given, MAX_NESTING);
    if value.weight(MAX_WEIGHT) == MAX_WEIGHT {
        return None;
    }
    let NodeKind::Ref(name) = &value.kind else { return value.brought() };
    (name.scope == Scope::Request).then_some(value)
}
