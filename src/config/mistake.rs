//! What is wrong in a configuration, where, and what was probably meant.

use std::ops::Range;

use toml::Spanned;

use crate::rules::Registry;

/// A mistake in a file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes that it is about.
    pub span: Range<usize>,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl Mistake {
    /// A mistake at a place.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    /// What the TOML reader says, with the nearest of the names that it expected.
    pub(super) fn of_toml(error: &toml::de::Error) -> Self {
        let message = error.message();
        let span = error.span().unwrap_or(0..0);
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let kind = match message.split(' ').nth(1) {
            Some("field") if message.starts_with("unknown") => "key",
            Some("variant") if message.starts_with("unknown") => "value",
            _ => return Self::new(span, message),
        };
        let Some((wrong, expected)) = quoted.split_first() else { return Self::new(span, message) };
        let hint = match nearest(wrong, expected.iter().copied()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!("; expected one of {}", expected.join(", ")),
        };
        Self::new(span, format!("unknown {kind} `{wrong}`{hint}"))
    }

    /// A rule that does not exist.
    pub(super) fn unknown_rule(id: &Spanned<String>, registry: &Registry) -> Self {
        let name = id.get_ref();
        let near = registry.suggest(name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Self::new(id.span(), format!("there is no rule `{name}`{near}"))
    }
}

/// The nearest of some names, if one is near.
fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|name| (distance(wrong, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().max(3) / 3 + 1)
        .map(|(_, name)| name)
}

/// Insertions, deletions, changes and exchanges of neighbours between two short words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}
