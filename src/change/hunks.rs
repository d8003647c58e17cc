//! The lines in which two contents of a file differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp, TextDiff};

use super::Changed;

/// Lines of a file that are compared; a longer one is one hunk.
const MAX_LINES: usize = 20_000;

/// A run of lines that the change wrote, took away, or both; lines count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) before: Range<usize>,
    pub(super) after: Range<usize>,
}

/// The hunks of a file, in order.
pub(super) fn hunks(changed: &Changed) -> Vec<Hunk> {
    let (before, after) = (changed.before.as_deref().unwrap_or_default(), changed.after.as_deref().unwrap_or_default());
    let count = |text: &str| text.split_inclusive('\n').count();
    let (old, new) = (count(before), count(after));
    if old + new > MAX_LINES {
        return vec![Hunk { before: 0..old, after: 0..new }];
    }
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_lines(before, after);
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        match hunks.last_mut() {
            Some(last) if last.before.end == op.old_range().start && last.after.end == op.new_range().start => {
                last.before.end = op.old_range().end;
                last.after.end = op.new_range().end;
            }
            _ => hunks.push(Hunk { before: op.old_range(), after: op.new_range() }),
        }
    }
    hunks
}

impl Hunk {
    /// The file as it is, but for this hunk.
    pub(super) fn taken_back(&self, changed: &Changed) -> String {
        let lines = |text: &'_ Option<std::sync::Arc<str>>| -> Vec<String> {
            text.as_deref().unwrap_or_default().split_inclusive('\n').map(str::to_owned).collect()
        };
        let (before, mut after) = (lines(&changed.before), lines(&changed.after));
        let old = before.get(self.before.clone()).unwrap_or_default().to_vec();
        after.splice(self.after.clone(), old);
        after.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunk_is_taken_back_alone() {
        let changed = Changed { path: String::new(), before: Some("a\nb\nc\nd\n".into()), after: Some("a\nB\nc\n".into()) };
        let hunks = hunks(&changed);
        assert_eq!(hunks, [Hunk { before: 1..2, after: 1..2 }, Hunk { before: 3..4, after: 3..3 }]);
        assert_eq!(hunks[0].taken_back(&changed), "a\nb\nc\n");
        assert_eq!(hunks[1].taken_back(&changed), "a\nB\nc\nd\n");
    }
}
