//! Constants that stand in other files and crates of the workspace, where what they hold decides: the key that a token is
//! signed with, the switch of a check, the origins of a policy.

use super::{Crates, Index, Linker};
use crate::ir::{Binding, BindingKind, Fact, FactKind, Field, Hop, HopKind, Node, NodeKind, Origins, Ref, SinkPart, Why};
use crate::lower::cors::star_of_crate;
use crate::source::FileId;

/// Constants that one leads to.
const MAX_HOPS: usize = 4;

/// Puts what constants hold in their place; drops the switches that turn out to be set as they should be.
pub(in crate::link) fn link(linker: &mut Linker, crates: &Crates) {
    let is_rust = |file: FileId| linker.files.path(file).ends_with(".rs");
    if !linker.facts.iter().any(|fact| names_constant(&fact.kind) && is_rust(fact.span.file)) {
        return;
    }
    let index = Index::new(crates, &linker.files, &linker.symbols);
    linker.facts.retain_mut(|fact| !is_rust(fact.span.file) || resolve(&index, fact));
}

/// Whether a fact depends on a constant that its file does not define.
fn names_constant(kind: &FactKind) -> bool {
    let is_one = |field: &Field<Node>| field.value().is_some_and(|value| value.as_ref().is_some_and(Ref::is_rust_constant));
    match kind {
        FactKind::TokenCheck(check) => is_one(&check.key),
        FactKind::TokenIssue(issue) => is_one(&issue.key),
        FactKind::Cors(cors) => matches!(cors.origins.value(), Some(Origins::List(list)) if list.iter().any(is_constant)),
        FactKind::Sink(sink) => sink.parts.iter().any(is_switch),
        _ => false,
    }
}

fn is_constant(node: &Node) -> bool {
    node.as_ref().is_some_and(Ref::is_rust_constant)
}

/// A switch that is set to a constant: what it would have to hold to be a finding is the part's label.
fn is_switch(part: &SinkPart) -> bool {
    matches!(part.label.as_str(), SinkPart::IF_TRUE | SinkPart::IF_FALSE) && is_constant(&part.value)
}

/// Whether the fact holds once its constants are known.
fn resolve(index: &Index<'_>, fact: &mut Fact) -> bool {
    let file = fact.span.file;
    match &mut fact.kind {
        FactKind::TokenCheck(check) => settle(index, file, &mut check.key),
        FactKind::TokenIssue(issue) => settle(index, file, &mut issue.key),
        FactKind::Cors(cors) => {
            let library = cors.library.clone();
            if let Field::Known { value: Origins::List(list), span, .. } = &mut cors.origins {
                for origin in list.iter_mut() {
                    if let Some(held) = value_of(index, file, origin) {
                        *origin = held;
                    }
                }
                let star = star_of_crate(&library).filter(|_| list.iter().any(|origin| origin.as_str() == Some("*")));
                if let Some(star) = star {
                    cors.origins = Field::known(star, *span);
                } else if list.iter().any(is_constant) {
                    cors.origins = Field::unknown(Why::Opaque, *span);
                }
            }
        }
        FactKind::Sink(sink) if sink.parts.iter().any(is_switch) => {
            let is_set = |part: &SinkPart| {
                let wanted = part.label == SinkPart::IF_TRUE;
                value_of(index, file, &part.value).and_then(|value| value.as_bool()) == Some(wanted)
            };
            if !sink.parts.iter().filter(|part| is_switch(part)).all(is_set) {
                return false;
            }
            sink.parts.retain(|part| !is_switch(part));
        }
        _ => {}
    }
    true
}

/// A key that a constant holds, by its literal; one that no file shows is unknown.
fn settle(index: &Index<'_>, file: FileId, key: &mut Field<Node>) {
    let Field::Known { value, span, .. } = key else { return };
    if is_constant(value) {
        let span = *span;
        *key = match value_of(index, file, value) {
            Some(held) => Field::Known { via: held.via.clone(), value: held, span },
            None => Field::unknown(Why::Opaque, span),
        };
    }
}

/// What a constant holds, through others that it is made of.
fn value_of(index: &Index<'_>, file: FileId, node: &Node) -> Option<Node> {
    let (mut file, mut name) = (file, node.as_ref()?.clone());
    for _ in 0..MAX_HOPS {
        let (there, Binding { kind: BindingKind::Const, value, span, .. }) = index.find(&name, file)? else { return None };
        if let NodeKind::Ref(next) = &value.kind {
            (file, name) = (there, next.clone());
            continue;
        }
        let mut held = value.clone();
        held.via = held.via.then(Hop { kind: HopKind::Import, name: name.last().into(), span: *span });
        return Some(held);
    }
    None
}
