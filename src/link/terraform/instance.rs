//! Instances of blocks: what `count` and `for_each` make of one block, and the names they have.

use smol_str::{SmolStr, format_smolstr};

use crate::ir::{Node, NodeKind, Span};

/// Instances of one block that are evaluated; of a longer `for_each` the first ones stand for all.
pub(super) const MAX_INSTANCES: usize = 1_000;

/// The instances of a block.
#[derive(Debug, Clone)]
pub(super) enum Keys {
    /// Neither `count` nor `for_each`.
    Single,
    /// `count`.
    Count(usize),
    /// `for_each`: keys with their values.
    Items(Vec<(SmolStr, Node)>),
    /// Not known how many: one stands for all.
    Unknown,
}

/// One instance.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// The only one.
    Single,
    /// By index.
    Count(usize),
    /// By key, with its value.
    Item(SmolStr, Node),
    /// Any.
    Unknown,
}

impl Keys {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Single | Self::Unknown => 1,
            Self::Count(count) => *count,
            Self::Items(items) => items.len(),
        }
    }

    /// The instances, up to the bound.
    pub(super) fn list(&self) -> Vec<Key> {
        match self {
            Self::Single => vec![Key::Single],
            Self::Unknown => vec![Key::Unknown],
            Self::Count(count) => (0..(*count).min(MAX_INSTANCES)).map(Key::Count).collect(),
            Self::Items(items) => items.iter().take(MAX_INSTANCES).map(|(key, value)| Key::Item(key.clone(), value.clone())).collect(),
        }
    }
}

impl Key {
    /// The address of this instance of `base`.
    pub(super) fn address(&self, base: &str) -> SmolStr {
        match self {
            Self::Single | Self::Unknown => SmolStr::new(base),
            Self::Count(index) => format_smolstr!("{base}[{index}]"),
            Self::Item(key, _) => format_smolstr!("{base}[\"{key}\"]"),
        }
    }

    /// The value of `count.index`, `each.key`, `each.value`.
    pub(super) fn value(&self, object: &str, attribute: &str) -> Option<Node> {
        match (self, object, attribute) {
            (Self::Count(index), "count", "index") => Some(Node::new(Span::default(), NodeKind::Number(*index as f64))),
            (Self::Item(key, value), "each", "key") => Some(Node::text(key.clone(), value.span)),
            (Self::Item(_, value), "each", "value") => Some(value.clone()),
            _ => None,
        }
    }
}
