//! Places that hold a secret by what stands around them, without a key: `rules/secrets/places.toml`.

use super::key::KeyClass;
use crate::tables::{self, V};

/// What an argument of a call holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// What a key of this class would be assigned.
    Class(KeyClass),
    /// A password, whatever it looks like: nothing else is ever handed over there.
    Written,
    /// A password with a digit or a sign: the call is known by a name that others have too.
    DrawnPassword,
    /// `user:password`.
    UserPassword,
    /// The same, encoded for a header if its line names one.
    Encoded,
}

/// What a literal of the table leads to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The argument of this index of the call that the literal begins; the last one without an index.
    Argument(Option<usize>, Holds),
    /// The operand of this option of the command; glued to it or not.
    Option(&'static str, bool),
    /// The operand of this index of the command; the last one without an index.
    Operand(Option<usize>),
    /// The word after the directive of a network device.
    Directive,
    /// What `echo` writes to the program; after a colon or whole.
    Pipe { after_colon: bool },
}

/// Every literal with what it leads to.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Place)> {
    let calls = tables::secret_rows("call").flat_map(|row| {
        let place = Place::Argument(index(row, "argument"), holds(row));
        row.texts("before").map(move |literal| (literal, place))
    });
    let command = |row: &'static V| match row.text("option") {
        "" => Place::Operand(index(row, "operand")),
        option => Place::Option(option, row.flag("glued")),
    };
    let commands = tables::secret_rows("command").flat_map(move |row| row.texts("programs").map(move |name| (name, command(row))));
    let directives = tables::secret_rows("directive").flat_map(|row| row.texts("before")).map(|literal| (literal, Place::Directive));
    let pipes = tables::secret_rows("pipe").map(|row| (row.text("program"), Place::Pipe { after_colon: row.flag("colon") }));
    calls.chain(commands).chain(directives).chain(pipes)
}

/// An index that a row gives; `-1` is the last one.
fn index(row: &V, key: &str) -> Option<usize> {
    row.int(key).map_or(Some(0), |index| usize::try_from(index).ok())
}

fn holds(row: &V) -> Holds {
    match row.text("class") {
        "pair" => Holds::UserPassword,
        "written" => Holds::Written,
        "encoded" => Holds::Encoded,
        "drawn" => Holds::DrawnPassword,
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
