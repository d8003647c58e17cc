//! Three-valued truth, so that what is not known can't turn into a finding.

use serde::Serialize;

/// Kleene's strong three-valued logic. `!Maybe` is `Maybe`: negating an unknown proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[must_use]
pub enum Tri {
    /// Provably false.
    No,
    /// Not known.
    #[default]
    Maybe,
    /// Provably true.
    Yes,
}

impl Tri {
    /// Both: the lesser of the two.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either: the greater of the two.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// Whether it is provably true.
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }

    /// Whether it is provably false.
    pub fn is_no(self) -> bool {
        self == Self::No
    }

    /// Whether it is not known.
    pub fn is_maybe(self) -> bool {
        self == Self::Maybe
    }

    /// Yes if any is, no if all are provably not.
    pub fn any(values: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Self::No;
        for value in values {
            any = any.or(value);
            if any.is_yes() {
                break;
            }
        }
        any
    }

    /// Yes if all are, no if one provably is not.
    pub fn all(values: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for value in values {
            all = all.and(value);
            if all.is_no() {
                break;
            }
        }
        all
    }
}

impl std::ops::Not for Tri {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_stays_unknown() {
        assert_eq!(!Tri::Maybe, Tri::Maybe);
        assert_eq!(Tri::Maybe.and(Tri::No), Tri::No);
        assert_eq!(Tri::Maybe.and(Tri::Yes), Tri::Maybe);
        assert_eq!(Tri::Maybe.or(Tri::Yes), Tri::Yes);
        assert_eq!(Tri::Maybe.or(Tri::No), Tri::Maybe);
        assert_eq!(Tri::any([]), Tri::No);
        assert_eq!(Tri::all([]), Tri::Yes);
    }
}
