//! Places that hold a secret by what stands around them, without a key: `rules/secrets/places.toml`.

use super::key::KeyClass;
use crate::tables::{self, V};

/// What an argument of a call holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// What a key of this class would be assigned.
    Class(KeyClass),
    /// `user:password`.
    UserPassword,
}

/// What a literal of the table leads to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The argument of this index of the call that the literal begins.
    Argument(usize, Holds),
    /// The operand of this option of the command; glued to it or not.
    Option(&'static str, bool),
    /// What `echo` writes to the program; after a colon or whole.
    Pipe { after_colon: bool },
}

/// Every literal with what it leads to.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Place)> {
    let calls = tables::secret_rows("call").flat_map(|row| {
        let place = Place::Argument(row.int("argument").and_then(|index| usize::try_from(index).ok()).unwrap_or(0), holds(row));
        row.texts("before").map(move |literal| (literal, place))
    });
    let commands = tables::secret_rows("command").map(|row| (row.text("program"), Place::Option(row.text("option"), row.flag("glued"))));
    let pipes = tables::secret_rows("pipe").map(|row| (row.text("program"), Place::Pipe { after_colon: row.flag("colon") }));
    calls.chain(commands).chain(pipes)
}

fn holds(row: &V) -> Holds {
    match row.text("class") {
        "pair" => Holds::UserPassword,
        "token" => Holds::Class(KeyClass::Token),
        "signing" => Holds::Class(KeyClass::Signing),
        _ => Holds::Class(KeyClass::Password),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_says_where_to_look() {
        for (literal, place) in all() {
            assert!(literal.len() >= 4, "{literal:?} is found everywhere");
            if let Place::Option(option, _) = place {
                assert!(!option.is_empty(), "{literal}");
            }
        }
    }
}
