//! The findings that were there when seclint came: a file with one line each, sorted, so that branches
//! merge; keyed by fingerprint, so that it survives edits above a finding and not a change of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::finding::Finding;
use crate::source::Files;

const HEADER: &str = "# Findings that are accepted for now, one a line: fingerprint, rule, path. What follows ` # ` is the reason.\n\
                      # Written by `seclint baseline update`, which keeps reasons and drops what is gone.\n";

/// Accepted findings: fingerprints with their reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    /// Rule and path, for people and for merges.
    about: String,
    reason: String,
}

impl Baseline {
    /// Reads the file. An error names the line that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (entry, reason) = line.rsplit_once(" # ").unwrap_or((line, ""));
            let (fingerprint, about) = entry.split_once(' ').unwrap_or((entry, ""));
            let is_fingerprint = fingerprint.split_once(':').is_some_and(|(hash, count)| {
                hash.len() == 24 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && count.bytes().all(|byte| byte.is_ascii_digit())
            });
            if !is_fingerprint {
                return Err(format!("line {}: `{}` is no fingerprint", at + 1, crate::source::escape(fingerprint)));
            }
            let entry = Entry { about: about.trim().to_owned(), reason: reason.trim().to_owned() };
            entries.insert(fingerprint.to_owned(), entry);
        }
        Ok(Self { entries })
    }

    /// The reason of an accepted finding, if it is one.
    pub fn accepts(&self, fingerprint: &str) -> Option<&str> {
        self.entries.get(fingerprint).map(|entry| &*entry.reason)
    }

    /// These findings, with the reasons that were given before.
    #[must_use]
    pub fn of(findings: &[Finding], files: &Files, before: &Self) -> Self {
        let entry = |finding: &Finding| Entry {
            about: format!("{} {}", finding.rule.id, files.path(finding.span.file)),
            reason: before.accepts(&finding.fingerprint).unwrap_or_default().to_owned(),
        };
        Self { entries: findings.iter().map(|finding| (finding.fingerprint.clone(), entry(finding))).collect() }
    }

    /// Entries, as their lines name them, that no finding has any more.
    pub fn stale<'b>(&'b self, findings: &[Finding]) -> Vec<&'b str> {
        let there = |fingerprint: &str| findings.iter().any(|finding| finding.fingerprint == fingerprint);
        self.entries.iter().filter(|(fingerprint, _)| !there(fingerprint)).map(|(_, entry)| &*entry.about).collect()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The file: sorted by rule and path, so that a reader finds an entry and branches merge.
impl std::fmt::Display for Baseline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut lines: Vec<(&str, &str, &str)> =
            self.entries.iter().map(|(fingerprint, entry)| (&*entry.about, &**fingerprint, &*entry.reason)).collect();
        lines.sort_unstable();
        f.write_str(HEADER)?;
        for (about, fingerprint, reason) in lines {
            write!(f, "{fingerprint} {about}")?;
            if !reason.is_empty() {
                write!(f, " # {reason}")?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_is_written() {
        let text = format!("{HEADER}0123456789abcdef01234567:1 a-rule a/b.tf # until the move\n0123456789abcdef01234567:2 a-rule a/b.tf\n");
        let baseline = Baseline::parse(&text).unwrap();
        assert_eq!(baseline.to_string(), text);
        assert_eq!(baseline.accepts("0123456789abcdef01234567:1"), Some("until the move"));
        assert_eq!(baseline.accepts("0123456789abcdef01234567:3"), None);
        assert_eq!(baseline.stale(&[]), ["a-rule a/b.tf", "a-rule a/b.tf"]);
        assert!(Baseline::parse("<<<<<<< HEAD\n").is_err());
    }
}
