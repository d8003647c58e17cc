//! Makes small what is kept of a file. Extraction grows lists of one or two items, for which a vector reserves
//! four, and writes the same name (`unwrap`, `Result`) anew at each place; what is kept of a repository is mostly
//! such lists and names.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Binding, Entry, FactKind, FileFacts, Func, Map, Node, NodeKind, Part, Ref};

/// Names, each once: those of one file, or of all that a thread reads.
#[derive(Debug, Default)]
pub struct Names(FxHashSet<Ref>);

impl Names {
    /// Makes an equal name the same one.
    fn share(&mut self, name: &mut Ref) {
        match self.0.get(name) {
            Some(known) => *name = known.clone(),
            None => drop(self.0.insert(name.clone())),
        }
    }
}

impl FileFacts {
    /// Shrinks what is kept of a file to its size; it says the same as before.
    pub fn trim(&mut self, names: &mut Names) {
        self.facts.shrink_to_fit();
        self.problems.shrink_to_fit();
        self.markers.shrink_to_fit();
        let symbols = &mut self.symbols;
        symbols.bindings.shrink_to_fit();
        symbols.imports.shrink_to_fit();
        symbols.exports.shrink_to_fit();
        symbols.functions.shrink_to_fit();
        symbols.handed.shrink_to_fit();
        symbols.relayed.shrink_to_fit();
        symbols.made.shrink_to_fit();
        symbols.awaited.shrink_to_fit();
        for Binding { value, .. } in &mut symbols.bindings {
            value.trim(names);
        }
        for fact in &mut self.facts {
            match &mut fact.kind {
                FactKind::Resource(resource) => resource.attrs.trim(names),
                FactKind::Call(call) => trim_all(&mut call.args, names),
                FactKind::Route(route) => route.handler.iter_mut().for_each(|handler| handler.trim(names)),
                _ => {}
            }
        }
    }
}

impl Node {
    /// Shrinks the value and those in it; as deep as parsers nest, which is bounded.
    fn trim(&mut self, names: &mut Names) {
        match &mut self.kind {
            NodeKind::Text(text) => {
                text.pieces.shrink_to_fit();
                for piece in &mut text.pieces {
                    if let Part::Hole(hole) = &mut piece.part {
                        hole.trim(names);
                    }
                }
            }
            NodeKind::List(items) | NodeKind::Op(_, items) => trim_all(items, names),
            NodeKind::Map(map) => map.trim(names),
            NodeKind::Call(call) => {
                names.share(&mut call.callee);
                call.receiver.iter_mut().for_each(|receiver| receiver.trim(names));
                trim_all(&mut call.args, names);
            }
            NodeKind::For(each) => {
                each.over.trim(names);
                each.body.trim(names);
            }
            // A function is shared by the names that it goes by: the first of them trims it.
            NodeKind::Func(func) => {
                if let Some(func) = Arc::get_mut(func) {
                    func.trim(names);
                }
            }
            NodeKind::Ref(name) => names.share(name),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Unknown(_) => {}
        }
    }
}

impl Map {
    fn trim(&mut self, names: &mut Names) {
        self.entries.shrink_to_fit();
        for entry in &mut self.entries {
            match entry {
                Entry::Pair { value, .. } | Entry::Spread(value) => value.trim(names),
                Entry::Computed { key, value } => {
                    key.trim(names);
                    value.trim(names);
                }
            }
        }
    }
}

impl Func {
    fn trim(&mut self, names: &mut Names) {
        self.params.shrink_to_fit();
        for param in &mut self.params {
            param.ty.iter_mut().chain(&mut param.ty_args).chain(&mut param.markers).for_each(|name| names.share(name));
        }
        self.calls.shrink_to_fit();
        self.calls.iter_mut().for_each(|call| names.share(&mut call.callee));
        self.denies.shrink_to_fit();
        trim_all(&mut self.answers, names);
        trim_all(&mut self.tests, names);
        self.left_out.shrink_to_fit();
        let lists = self.left_out.iter_mut().map(|left| &mut left.paths);
        self.returns.iter_mut().chain(lists).for_each(|value| value.trim(names));
    }
}

fn trim_all(nodes: &mut Vec<Node>, names: &mut Names) {
    nodes.shrink_to_fit();
    for node in nodes {
        node.trim(names);
    }
}
