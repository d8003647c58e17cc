//! What is left of the members of a declared type once its validators have run: `name: 'text'` of
//! `class CreateDto { @IsString() name: string }`.

use smol_str::{SmolStr, format_smolstr};

use super::{Ref, Scope};

/// What a caller can send as one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// A number, an id, one of some words: nothing that means anything in a statement.
    Harmless,
    /// Any text, and nothing else.
    Text,
    /// Whatever JSON or a query holds.
    Anything,
}

impl Left {
    /// The key of a class or an interface under which its members stand.
    pub const KEY: &str = "members";
    /// What the names of schemas begin with, which are found like classes: what is not known of one says nothing.
    pub const SCHEMA: &str = "schema:";

    /// How it is written in the values of [`Left::KEY`].
    pub fn word(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::Text => "text",
            Self::Anything => "anything",
        }
    }

    /// The reverse of [`Left::word`].
    pub fn of(word: &str) -> Option<Self> {
        [Self::Harmless, Self::Text, Self::Anything].into_iter().find(|left| left.word() == word)
    }
}

impl Ref {
    /// A part of a request whose declared type a class or an interface says: `dto@query@SearchDto`.
    pub fn declared(part: &str, class: &str) -> Self {
        Self::new(Scope::Request, [format_smolstr!("dto@{part}@{class}")])
    }

    /// The part of the request and the type of what [`Ref::declared`] made, or of a member of it.
    pub fn declared_as(&self) -> Option<(&str, &str)> {
        self.first().strip_prefix("dto@").filter(|_| self.scope == Scope::Request)?.split_once('@')
    }

    /// The same without its type: what nobody has looked up says no more than that it is declared.
    #[must_use]
    pub fn undeclared(&self) -> Self {
        let rest = self.path.iter().skip(1).cloned();
        Self::new(Scope::Request, std::iter::once(SmolStr::new_static("dto")).chain(rest))
    }
}
