//! The AWS actions that write and can be limited to a resource: what a wildcard in an action stands for.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::ir::{Span, Text};

/// What an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Creates, changes or deletes.
    Write,
    /// Grants permissions.
    Permissions,
}

/// Front-coded names by service, as `scripts/aws-actions.py` writes them.
static DATA: &str = include_str!("../../../rules/data/aws-actions.txt");

/// The lines of each service.
static SERVICES: LazyLock<FxHashMap<&'static str, Vec<(Level, &'static str)>>> = LazyLock::new(|| {
    let mut services: FxHashMap<&'static str, Vec<(Level, &'static str)>> = FxHashMap::default();
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        if let (Some(service), Some(level), Some(names)) = (words.next(), words.next(), words.next()) {
            services.entry(service).or_default().push((if level == "p" { Level::Permissions } else { Level::Write }, names));
        }
    }
    services
});

/// The actions that `service:pattern` stands for, in the order of the table; none for a pattern that
/// is not of one service.
pub fn matching(pattern: &str) -> Vec<(String, Level)> {
    let Some((service, pattern)) = pattern.split_once(':') else { return Vec::new() };
    let service = service.to_ascii_lowercase();
    let mut found = Vec::new();
    for (level, names) in SERVICES.get(service.as_str()).into_iter().flatten() {
        let mut name = String::new();
        for word in names.split(' ') {
            let shared = word.chars().next().and_then(|digit| digit.to_digit(36)).unwrap_or(0);
            name.truncate(shared as usize);
            name.push_str(&word[1..]);
            if Text::lit(name.as_str(), Span::default()).glob_ignore_case(pattern).is_yes() {
                found.push((format!("{service}:{name}"), *level));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_expanded_by_the_table() {
        assert_eq!(matching("iam:PassRole"), [("iam:PassRole".to_owned(), Level::Permissions)]);
        assert!(matching("s3:Put*").iter().any(|(name, _)| name == "s3:PutObject"));
        assert!(matching("xray:PutTraceSegments").is_empty());
        assert!(matching("*").is_empty() && matching("nowhere:*").is_empty());
    }
}
