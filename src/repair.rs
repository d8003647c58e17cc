//! Changes that take findings away: where their edits come from, which of them go together, and what a
//! text looks like afterwards. `--fix`, SARIF's fixes, suggestions and an editor's actions all ask here.
//!
//! Pure: nothing is read or written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use similar::TextDiff;

use crate::finding::{Edit, Finding};
use crate::source::{Files, Span};

/// Lines around a change in a diff.
const CONTEXT: usize = 2;

/// Which repairs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that leave a right program as it is.
    Safe,
    /// All of them.
    All,
}

/// The changes of one file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FileEdits {
    replace: BTreeSet<(usize, usize, String)>,
    lines: BTreeSet<String>,
}

/// What is to be changed, file by file.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changes, by path.
    pub files: BTreeMap<String, FileEdits>,
    /// Findings that go away, as indices.
    pub findings: Vec<usize>,
}

/// Gives a finding the edits that its rule's page declares, unless the rule's function gave some; takes
/// them away where a file is not written by people.
pub fn propose(finding: &mut Finding, files: &Files) {
    let Some(repair) = &finding.rule.repair else { return };
    let Some(meta) = files.get(finding.span.file) else { return };
    if meta.class.generated || meta.class.vendored || meta.class.lock {
        finding.edits.clear();
        return;
    }
    if !finding.edits.is_empty() {
        return;
    }
    let Some(text) = meta.text() else { return };
    let Some(there) = text.get(finding.span.range()) else { return };
    let before = text[..finding.span.start as usize].trim_end();
    if let Some(swap) = repair.swap.iter().find(|swap| swap.from == there && before.ends_with(swap.after)) {
        finding.edits.push(Edit::Replace(finding.span, swap.to.to_owned()));
    }
}

/// Takes an element out of a list that is written with commas: `['a', 'b']`, `allow('a', 'b')`. Of the
/// first, the comma behind it goes too, of another the one before it; `None` where neither is there.
pub fn without_element(text: &str, element: Span) -> Option<Edit> {
    let Range { start, end } = element.range();
    let (before, after) = (text.get(..start)?, text.get(end..)?);
    let (kept, rest) = (before.trim_end(), after.trim_start());
    let range = match (kept.strip_suffix(','), rest.strip_prefix(',')) {
        (Some(kept), _) => kept.len()..end,
        (None, Some(rest)) => start..text.len() - rest.trim_start().len(),
        (None, None) => return None,
    };
    Some(Edit::Replace(Span::new(element.file, range.start, range.end), String::new()))
}

/// The edits of findings that go together. Of two that touch the same bytes the first counts; the other
/// is there again when the result is scanned.
pub fn plan<'f>(findings: impl IntoIterator<Item = &'f Finding>, files: &Files, wanted: Wanted) -> Plan {
    let mut plan = Plan::default();
    for (at, finding) in findings.into_iter().enumerate() {
        let Some(repair) = finding.repair() else { continue };
        if (repair.safe || wanted == Wanted::All) && plan.accept(&finding.edits, files) {
            plan.findings.push(at);
        }
    }
    plan
}

impl Plan {
    /// Takes all edits of a finding, or none.
    fn accept(&mut self, edits: &[Edit], files: &Files) -> bool {
        let fits = |edit: &Edit| match edit {
            Edit::Replace(span, text) => self.files.get(files.path(span.file)).is_none_or(|there| there.has_room(span.range(), text)),
            Edit::AddLine { .. } => true,
        };
        if !edits.iter().all(fits) {
            return false;
        }
        for edit in edits {
            match edit {
                Edit::Replace(span, text) => {
                    let file = self.files.entry(files.path(span.file).to_owned()).or_default();
                    file.replace.insert((span.start as usize, span.end as usize, text.clone()));
                }
                Edit::AddLine { path, line } => {
                    self.files.entry(path.clone()).or_default().lines.insert(line.clone());
                }
            }
        }
        true
    }
}

impl FileEdits {
    /// Whether an edit can be made beside those that are there; the same one is made once.
    fn has_room(&self, range: Range<usize>, text: &str) -> bool {
        self.replace.iter().all(|(start, end, other)| {
            (*start == range.start && *end == range.end && other == text) || *end < range.start || range.end < *start
        })
    }

    /// The text with the changes; line ends are those of the text.
    pub fn apply(&self, text: &str) -> String {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut out = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (start, end, new) in &self.replace {
            let Some(kept) = text.get(at..*start) else { continue };
            out.push_str(kept);
            out.push_str(&new.replace('\n', line_end));
            at = *end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        let there: BTreeSet<&str> = text.lines().map(str::trim_end).collect();
        for line in self.lines.iter().filter(|line| !there.contains(line.as_str())) {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push_str(line_end);
            }
            out.push_str(line);
            out.push_str(line_end);
        }
        out
    }
}

/// The changes of a text as a unified diff, as `diff -u` and `git diff` write it.
pub fn unified(path: &str, before: &str, after: &str) -> String {
    let (old, new) = (if before.is_empty() { "/dev/null".to_owned() } else { format!("a/{path}") }, format!("b/{path}"));
    TextDiff::from_lines(before, after).unified_diff().context_radius(CONTEXT).header(&old, &new).to_string()
}

/// What a finding's edits do to the lines that they touch: `-` and `+` lines, for a reader.
pub fn preview(finding: &Finding, files: &Files) -> Vec<String> {
    let mut out = Vec::new();
    let mut alone = Plan::default();
    alone.accept(&finding.edits, files);
    for (path, edits) in &alone.files {
        let text = files.find(path).and_then(|id| files.whole(id)).unwrap_or_default();
        let after = edits.apply(text);
        let diff = TextDiff::from_lines(text, &after);
        if *path != files.path(finding.span.file) {
            out.push(format!("{path}:"));
        }
        let changes: Vec<_> = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal).collect();
        let indent = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
        let shared = changes.iter().map(similar::Change::value).filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
        for change in changes {
            out.push(format!("{} {}", change.tag(), change.value().get(shared..).unwrap_or_default().trim_end()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn without(text: &str, element: &str) -> Option<String> {
        let at = text.find(element)?;
        let span = Span::new(FileId(0), at, at + element.len());
        let Edit::Replace(span, new) = without_element(text, span)? else { return None };
        let mut edits = FileEdits::default();
        edits.replace.insert((span.start as usize, span.end as usize, new));
        Some(edits.apply(text))
    }

    #[test]
    fn an_element_goes_with_its_comma() {
        assert_eq!(without("['a', 'b', 'c']", "'a'").as_deref(), Some("['b', 'c']"));
        assert_eq!(without("['a', 'b', 'c']", "'b'").as_deref(), Some("['a', 'c']"));
        assert_eq!(without("f(\n  'a',\n  'b',\n)", "'b'").as_deref(), Some("f(\n  'a',\n)"));
        assert_eq!(without("['a']", "'a'"), None);
    }

    #[test]
    fn lines_are_added_once_with_the_line_ends_of_the_file() {
        let mut edits = FileEdits::default();
        edits.lines.insert(".env".to_owned());
        assert_eq!(edits.apply(""), ".env\n");
        assert_eq!(edits.apply("dist"), "dist\n.env\n");
        assert_eq!(edits.apply("dist\r\n"), "dist\r\n.env\r\n");
        assert_eq!(edits.apply("dist\n.env\n"), "dist\n.env\n");
    }

    #[test]
    fn edits_of_the_same_bytes_wait_for_the_next_round() {
        let mut edits = FileEdits::default();
        edits.replace.insert((2, 5, String::new()));
        assert!(edits.has_room(2..5, "") && edits.has_room(6..8, "x"));
        assert!(!edits.has_room(2..5, "y") && !edits.has_room(4..8, "") && !edits.has_room(5..5, "x"));
    }
}
