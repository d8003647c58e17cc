//! What functions of other files make of what they are handed, put in the place of the calls that wait for it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Index;
use super::flows::{MAX_HOPS, MAX_NESTING, MAX_WEIGHT, Parameter, key_of, open};
use crate::ir::{Awaited, Node, Span, Symbols, Why};
use crate::source::FileId;

/// What stands open in sinks: parameters by what callers hand over, results by what functions return.
pub(super) struct Results<'i, 'l> {
    index: &'i Index<'l>,
    parameters: &'i BTreeMap<Parameter, Node>,
    awaited: FxHashMap<Parameter, &'l Awaited>,
    made: FxHashMap<Span, &'l Node>,
    /// Results that were asked for; none while one is being put together.
    known: RefCell<FxHashMap<Parameter, Option<Node>>>,
}

impl<'i, 'l> Results<'i, 'l> {
    pub(super) fn new(index: &'i Index<'l>, symbols: &'l [Symbols], parameters: &'i BTreeMap<Parameter, Node>) -> Self {
        let (awaited, made, known) = Default::default();
        let mut results = Self { index, parameters, awaited, made, known };
        for (at, symbols) in symbols.iter().enumerate() {
            let file = FileId(at as u32);
            results.awaited.extend(symbols.awaited.iter().map(|awaited| ((file, awaited.result.clone()), awaited)));
            results.made.extend(symbols.made.iter().map(|made| (made.function, &made.value)));
        }
        results
    }

    /// What a key of a file stands for, as far as it is known.
    pub(super) fn value(&self, key: &Parameter) -> Option<Node> {
        self.value_within(key, MAX_HOPS)
    }

    fn value_within(&self, key: &Parameter, hops: u8) -> Option<Node> {
        let Some(awaited) = self.awaited.get(key) else { return self.parameters.get(key).cloned() };
        if let Some(known) = self.known.borrow().get(key) {
            return known.clone();
        }
        self.known.borrow_mut().insert(key.clone(), None);
        let result = hops.checked_sub(1).and_then(|hops| self.result(key.0, awaited, hops));
        self.known.borrow_mut().insert(key.clone(), result.clone());
        result
    }

    /// What a function returns, with what the call hands over in the places of its parameters.
    fn result(&self, from: FileId, awaited: &Awaited, hops: u8) -> Option<Node> {
        let func = self.index.function(&awaited.callee, from)?;
        let mut made = Node::clone(self.made.get(&func.span)?);
        for key in made.open_parameters() {
            let position = (0..func.params.len()).find(|at| key_of(func, *at).as_ref() == Some(&key));
            let with = match position {
                Some(at) => awaited.args.get(at).map(|arg| self.filled(from, arg, hops)),
                None => self.value_within(&(func.span.file, key.clone()), hops),
            };
            made.replace(&open(&key), &with.unwrap_or_else(|| Node::unknown(Why::Opaque, func.span)), MAX_NESTING);
        }
        (made.weight(MAX_WEIGHT) < MAX_WEIGHT).then_some(made)
    }

    /// A value of a file in which nothing stands open.
    fn filled(&self, file: FileId, value: &Node, hops: u8) -> Node {
        let mut filled = value.clone();
        for key in value.open_parameters() {
            let with = self.value_within(&(file, key.clone()), hops);
            filled.replace(&open(&key), &with.unwrap_or_else(|| Node::unknown(Why::Opaque, value.span)), MAX_NESTING);
        }
        filled
    }
}
