//! Gives back what a vector reserved beyond its items. Extraction grows lists of one or two items, for
//! which a vector reserves four; what is kept of a repository is mostly such lists.

use std::sync::Arc;

use super::{Binding, Entry, FactKind, FileFacts, Func, Map, Node, NodeKind, Part};

impl FileFacts {
    /// Shrinks what is kept of a file to its size; says nothing else.
    pub fn trim(&mut self) {
        self.facts.shrink_to_fit();
        self.problems.shrink_to_fit();
        self.markers.shrink_to_fit();
        let symbols = &mut self.symbols;
        symbols.bindings.shrink_to_fit();
        symbols.imports.shrink_to_fit();
        symbols.exports.shrink_to_fit();
        symbols.functions.shrink_to_fit();
        symbols.handed.shrink_to_fit();
        for Binding { value, .. } in &mut symbols.bindings {
            value.trim();
        }
        for fact in &mut self.facts {
            match &mut fact.kind {
                FactKind::Resource(resource) => resource.attrs.trim(),
                FactKind::Call(call) => trim_all(&mut call.args),
                FactKind::Route(route) => route.handler.iter_mut().for_each(Node::trim),
                _ => {}
            }
        }
    }
}

impl Node {
    /// Shrinks the value and those in it; as deep as parsers nest, which is bounded.
    fn trim(&mut self) {
        match &mut self.kind {
            NodeKind::Text(text) => {
                text.pieces.shrink_to_fit();
                for piece in &mut text.pieces {
                    if let Part::Hole(hole) = &mut piece.part {
                        hole.trim();
                    }
                }
            }
            NodeKind::List(items) | NodeKind::Op(_, items) => trim_all(items),
            NodeKind::Map(map) => map.trim(),
            NodeKind::Call(call) => {
                call.receiver.iter_mut().for_each(Self::trim);
                trim_all(&mut call.args);
            }
            NodeKind::For(each) => {
                each.over.trim();
                each.body.trim();
            }
            // A function is shared by the names that it goes by: the first of them trims it.
            NodeKind::Func(func) => {
                if let Some(func) = Arc::get_mut(func) {
                    func.trim();
                }
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Ref(_) | NodeKind::Unknown(_) => {}
        }
    }
}

impl Map {
    fn trim(&mut self) {
        self.entries.shrink_to_fit();
        for entry in &mut self.entries {
            match entry {
                Entry::Pair { value, .. } | Entry::Spread(value) => value.trim(),
                Entry::Computed { key, value } => {
                    key.trim();
                    value.trim();
                }
            }
        }
    }
}

impl Func {
    fn trim(&mut self) {
        self.params.shrink_to_fit();
        self.calls.shrink_to_fit();
        self.denies.shrink_to_fit();
        trim_all(&mut self.answers);
        trim_all(&mut self.tests);
        self.returns.iter_mut().for_each(Node::trim);
    }
}

fn trim_all(nodes: &mut Vec<Node>) {
    nodes.shrink_to_fit();
    nodes.iter_mut().for_each(Node::trim);
}
