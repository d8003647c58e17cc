//! One call across files: what callers hand to the parameters that flow into a sink.
//!
//! A function is known by the import that leads to it. A method of something that is made elsewhere
//! (`dao.findByName(…)`) is known by its name, where only one file has a sink in a function of that name.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::symbols::{Names, Target};
use crate::ir::{Fact, FactKind, Handed, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Span, Symbols};
use crate::source::FileId;

/// Callers of one parameter that are looked at.
const MAX_CALLERS: usize = 8;
/// Nesting of a value that parameters are replaced in.
const MAX_NESTING: u32 = 12;
/// Names that many things have: too short to know a method by.
const SHORT: usize = 6;

/// What is handed to the functions that have sinks.
pub(super) struct Callers<'l> {
    by_import: FxHashMap<(FileId, SmolStr, usize), Vec<&'l Node>>,
    by_name: FxHashMap<(SmolStr, usize), Vec<&'l Node>>,
    /// The only file with a sink in a function of a name; of look-ups apart from all others.
    home: FxHashMap<(bool, SmolStr), Option<FileId>>,
}

impl<'l> Callers<'l> {
    pub(super) fn new(names: &Names<'_>, symbols: &'l [Symbols], facts: &[Fact]) -> Self {
        let mut home: FxHashMap<(bool, SmolStr), Option<FileId>> = FxHashMap::default();
        for fact in facts {
            let FactKind::Sink(sink) = &fact.kind else { continue };
            for taken in sink.parts.iter().flat_map(|part| &part.taken) {
                let file = home.entry((sink.kind == SinkKind::Lookup, taken.function.clone())).or_insert(Some(fact.span.file));
                if *file != Some(fact.span.file) {
                    *file = None;
                }
            }
        }
        let mut callers = Self { by_import: FxHashMap::default(), by_name: FxHashMap::default(), home };
        for (file, file_symbols) in symbols.iter().enumerate() {
            let file = FileId(u32::try_from(file).unwrap_or(u32::MAX));
            file_symbols.handed.iter().for_each(|handed| callers.add(names, file, handed));
        }
        callers
    }

    fn add(&mut self, names: &Names<'_>, file: FileId, handed: &'l Handed) {
        let callee = &handed.callee;
        let called = callee.last();
        let has_sink = |is_lookup: bool| self.home.contains_key(&(is_lookup, called.into()));
        if !has_sink(false) && !has_sink(true) && !matches!(callee.scope, Scope::Import(_)) {
            return;
        }
        match method_of(names, names.target(file, callee)) {
            Target::Bound { file, binding, rest } => {
                let bound = binding.name.rsplit('.').next().unwrap_or_default();
                let name = rest.last().map_or(bound, SmolStr::as_str);
                self.by_import.entry((file, name.into(), handed.argument)).or_default().push(&handed.value);
            }
            Target::Outside(outside) if outside.module().is_some_and(|module| !module.starts_with('.')) => {}
            Target::Outside(_) if called.len() >= SHORT => {
                self.by_name.entry((called.into(), handed.argument)).or_default().push(&handed.value);
            }
            Target::Outside(_) => {}
        }
        // A method of what another file makes: the name leads to the object alone.
        if callee.path.len() > 1 && called.len() >= SHORT && callee.module().is_none() {
            self.by_name.entry((called.into(), handed.argument)).or_default().push(&handed.value);
        }
    }

    /// Adds the parts of a sink as callers in other files make them.
    pub(super) fn fill(&self, file: FileId, sink: &mut Sink) {
        let is_lookup = sink.kind == SinkKind::Lookup;
        let mut filled: BTreeMap<(String, Option<Span>), SinkPart> = BTreeMap::new();
        for part in &sink.parts {
            for taken in &part.taken {
                let imported = self.by_import.get(&(file, taken.function.clone(), taken.argument));
                let is_only = self.home.get(&(is_lookup, taken.function.clone())) == Some(&Some(file));
                let named = self.by_name.get(&(taken.function.clone(), taken.argument)).filter(|_| is_only);
                for value in imported.into_iter().chain(named).flatten().take(MAX_CALLERS) {
                    if let Some(part) = seen_from(sink.kind, part, &taken.parameter, value) {
                        // Who looks up records counts, not only by what.
                        filled.entry((value.to_string(), is_lookup.then_some(value.span))).or_insert(part);
                    }
                }
            }
        }
        // A hash is of what is hashed, whatever else its callers bring.
        if sink.kind == SinkKind::Hash && !filled.is_empty() {
            sink.parts.clear();
        }
        sink.parts.extend(filled.into_values());
    }
}

/// Where a method of an instance stands: in the file of its class, as of `this.orders.find(id)` for a service that the
/// constructor is handed. What an object calls otherwise, `module.exports = { search: findByName }`, by its own name.
fn method_of<'l>(names: &Names<'l>, target: Target<'l>) -> Target<'l> {
    let Target::Bound { file, binding, rest } = &target else { return target };
    if let [member] = rest.as_slice()
        && let Some(function) = binding.value.as_map().and_then(|map| map.get(member)?.as_ref())
        && let Target::Bound { file, binding, rest } = names.target(*file, function)
    {
        return Target::Bound { file, binding, rest };
    }
    let made = binding.value.as_call().filter(|call| call.is_new && rest.len() == 1);
    match made.map(|made| names.target(*file, &made.callee)) {
        Some(Target::Bound { file, binding, rest: inner }) if inner.is_empty() => Target::Bound { file, binding, rest: rest.clone() },
        _ => target,
    }
}

/// A part with a parameter replaced by what a caller hands over; of a hash, labelled with a password's name.
fn seen_from(kind: SinkKind, part: &SinkPart, parameter: &SmolStr, value: &Node) -> Option<SinkPart> {
    // `req.body.password || ''`.
    let name = match &value.kind {
        NodeKind::Op(_, operands) => operands.first().and_then(Node::as_ref),
        _ => value.as_ref(),
    };
    if kind == SinkKind::Hash {
        let name = name?.last();
        return crate::lower::words::names_password(name).then(|| SinkPart::new(part.value.clone(), part.tainted, name));
    }
    if name.is_some_and(|name| name.scope != Scope::Request) {
        return None;
    }
    let own = Ref::new(Scope::Local, [parameter.clone()]);
    // Of all that a request sends, what matters is the member that the function takes.
    let is_whole = name.is_some_and(|name| name.path.len() == 1) || value.as_map().is_some();
    if is_whole && (kind == SinkKind::Lookup || !takes_member(&part.value, &own)) {
        return None;
    }
    if kind == SinkKind::Lookup {
        return Some(SinkPart::new(value.clone(), part.tainted, part.label.clone()));
    }
    if name.is_some_and(|name| name.first() == Handed::KEY) {
        return None;
    }
    let mut seen = SinkPart::new(part.value.clone(), part.tainted, part.label.clone());
    seen.value.replace(&own, value, MAX_NESTING);
    Some(seen)
}

/// Whether a value holds members of a parameter, and the parameter itself nowhere.
fn takes_member(value: &Node, parameter: &Ref) -> bool {
    let (mut members, mut itself) = (false, false);
    value.names(&mut |name| {
        itself |= name == parameter;
        members |= name.scope == parameter.scope && name.path.len() > 1 && name.path.starts_with(&parameter.path);
    });
    members && !itself
}
