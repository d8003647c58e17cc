//! Knowledge as data: the tables of `rules/tables/` and the detectors of `rules/secrets/`, compiled in
//! by `build.rs` as static values. A new library, resource type or token format is a row.

use semver::{Version, VersionReq};

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// A value of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum V {
    /// A string.
    Text(&'static str),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A list.
    List(&'static [V]),
    /// A table in the order of the file.
    Table(&'static [(&'static str, V)]),
}

impl V {
    /// The value at a key of a table.
    pub fn get(&self, key: &str) -> Option<&'static V> {
        match self {
            Self::Table(pairs) => pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The string at a key; empty without one.
    pub fn text(&self, key: &str) -> &'static str {
        self.get(key).and_then(V::as_text).unwrap_or("")
    }

    /// The integer at a key.
    pub fn int(&self, key: &str) -> Option<i64> {
        match self.get(key) {
            Some(Self::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// The flag at a key; `false` without one.
    pub fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Self::Bool(true)))
    }

    /// The items at a key; a single value is a list of one, nothing is an empty one.
    pub fn list(&self, key: &str) -> &'static [V] {
        match self.get(key) {
            Some(Self::List(items)) => items,
            Some(one) => std::slice::from_ref(one),
            None => &[],
        }
    }

    /// The strings at a key.
    pub fn texts(&self, key: &str) -> impl Iterator<Item = &'static str> {
        self.list(key).iter().filter_map(V::as_text)
    }

    /// Whether a row is for a version of its library: `versions` is a requirement as Cargo writes it. Where the version
    /// is unknown, the newest is meant.
    pub fn is_for(&self, version: Option<&Version>) -> bool {
        let newest = Version::new(u64::MAX, 0, 0);
        match self.get("versions").and_then(V::as_text).map(VersionReq::parse) {
            Some(required) => required.is_ok_and(|required| required.matches(version.unwrap_or(&newest))),
            None => true,
        }
    }

    /// The string itself.
    pub fn as_text(&self) -> Option<&'static str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A table of `rules/tables/` by its file name without ending.
pub fn table(name: &str) -> Option<&'static V> {
    TABLES.iter().find(|(file, _)| *file == name).map(|(_, table)| table)
}

/// Every row of every table of `rules/secrets/` under a key.
pub fn secret_rows(key: &'static str) -> impl Iterator<Item = &'static V> {
    SECRETS.iter().flat_map(move |(_, table)| table.list(key))
}
