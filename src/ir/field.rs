//! A property that is known, absent, or not known; the three are different.

use super::{Span, Tri, Via, Why};

/// A property of a fact.
///
/// `Absent` means that the platform's default applies; `Unknown` means that something is written
/// that the repository does not settle. Rules may judge the first two only.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Field<T> {
    /// Nothing is written.
    #[default]
    Absent,
    /// Written, with its value, its place, and the places it came through.
    Known {
        /// The value.
        value: T,
        /// Where the value stands.
        span: Span,
        /// How it got here.
        via: Via,
    },
    /// Written, but not settled by the repository.
    Unknown {
        /// Why it is not known; a vault look-up is good news for a secret rule.
        why: Why,
        /// Where it is written.
        span: Span,
    },
}

impl<T> Field<T> {
    /// A value that stands at `span` itself.
    pub fn known(value: T, span: Span) -> Self {
        Self::Known { value, span, via: Via::default() }
    }

    /// A value that is written but not settled.
    pub fn unknown(why: Why, span: Span) -> Self {
        Self::Unknown { why, span }
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Where it is written, if it is.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Absent => None,
            Self::Known { span, .. } | Self::Unknown { span, .. } => Some(*span),
        }
    }

    /// Whether nothing is written.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it holds, with `default` for absence.
    pub fn test(&self, default: Tri, holds: impl FnOnce(&T) -> Tri) -> Tri {
        match self {
            Self::Absent => default,
            Self::Known { value, .. } => holds(value),
            Self::Unknown { .. } => Tri::Maybe,
        }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Known { value, span, via } => Field::Known { value: change(value), span, via },
            Self::Unknown { why, span } => Field::Unknown { why, span },
        }
    }
}

impl Field<bool> {
    /// The flag, with the platform's `default` when nothing is written.
    pub fn is(&self, default: bool) -> Tri {
        self.test(default.into(), |value| (*value).into())
    }
}
