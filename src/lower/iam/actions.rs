//! The actions of AWS: what a wildcard stands for, what each action does, and whether it can be limited
//! to a resource.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::pattern::covers;

/// What an action does; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Grants permissions.
    Permissions,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags, which conditions may rest on.
    Tagging,
    /// Reads content or settings.
    Read,
    /// Lists names.
    List,
}

impl Level {
    /// Its name in a message.
    pub fn word(self) -> &'static str {
        match self {
            Self::Permissions => "permissions",
            Self::Write => "write",
            Self::Tagging => "tagging",
            Self::Read => "read",
            Self::List => "list",
        }
    }
}

/// An action of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// `service:Name`.
    pub name: String,
    /// What it does.
    pub level: Level,
    /// Whether it can be limited to a resource.
    pub limited: bool,
}

/// Front-coded names by service, as `scripts/aws-actions.py` writes them.
static DATA: &str = include_str!("../../../rules/data/aws-actions.txt");

/// The names of one service and level.
#[derive(Debug, Clone, Copy)]
struct Line {
    level: Level,
    limited: bool,
    names: &'static str,
}

/// The lines of each service.
static SERVICES: LazyLock<FxHashMap<&'static str, Vec<Line>>> = LazyLock::new(|| {
    let mut services: FxHashMap<&'static str, Vec<Line>> = FxHashMap::default();
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        if let (Some(service), Some(mark), Some(names)) = (words.next(), words.next(), words.next()) {
            let level = match mark.to_ascii_lowercase().as_str() {
                "p" => Level::Permissions,
                "w" => Level::Write,
                "t" => Level::Tagging,
                "r" => Level::Read,
                _ => Level::List,
            };
            let limited = mark.bytes().all(|mark| mark.is_ascii_lowercase());
            services.entry(service).or_default().push(Line { level, limited, names });
        }
    }
    services
});

/// The actions that `service:pattern` stands for, in the order of the table; none for a pattern that
/// is not of one service.
pub fn matching(pattern: &str) -> Vec<Action> {
    let Some((service, pattern)) = pattern.split_once(':') else { return Vec::new() };
    let service = service.to_ascii_lowercase();
    let mut found = Vec::new();
    for line in SERVICES.get(service.as_str()).into_iter().flatten() {
        let mut name = String::new();
        for word in line.names.split(' ') {
            let shared = word.chars().next().and_then(|digit| digit.to_digit(36)).unwrap_or(0);
            name.truncate(shared as usize);
            name.push_str(&word[1..]);
            if covers(pattern, &name) {
                found.push(Action { name: format!("{service}:{name}"), level: line.level, limited: line.limited });
            }
        }
    }
    found
}

/// Whether the table has the service at all; an action of an unknown service may well exist.
pub fn is_service(name: &str) -> bool {
    SERVICES.contains_key(name.to_ascii_lowercase().as_str())
}

/// What actions do, by level and the worst first: `12 write actions such as s3:PutObject`. `known` are
/// names that a reader knows, to be shown before others.
pub fn by_level(actions: &[Action], known: &[&str]) -> String {
    let mut groups: Vec<String> = Vec::new();
    for level in [Level::Permissions, Level::Write, Level::Tagging, Level::Read, Level::List] {
        let of: Vec<&str> = actions.iter().filter(|action| action.level == level).map(|action| action.name.as_str()).collect();
        let mut shown: Vec<&str> = known.iter().filter(|name| of.contains(name)).copied().collect();
        shown.extend(of.iter().filter(|name| !known.contains(name)));
        shown.truncate(if level < Level::Tagging { 3 } else { 2 });
        let is_telling = level <= Level::Write || level == Level::Read;
        let shown = shown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match of.len() {
            0 => {}
            1..=2 => groups.push(format!("{} {shown}", level.word())),
            count if !is_telling => groups.push(format!("{count} {} actions", level.word())),
            count => groups.push(format!("{count} {} actions such as {shown}", level.word())),
        }
    }
    groups.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_expanded_by_the_table() {
        let pass = matching("iam:PassRole");
        assert_eq!(pass, [Action { name: "iam:PassRole".to_owned(), level: Level::Permissions, limited: true }]);
        assert!(matching("s3:Put*").iter().any(|action| action.name == "s3:PutObject" && action.level == Level::Write));
        assert!(matching("ec2:DescribeInstances").iter().all(|action| !action.limited && action.level == Level::List));
        assert!(matching("*").is_empty() && matching("nowhere:*").is_empty());
        assert!(is_service("S3") && !is_service("s4"));
    }

    #[test]
    fn a_message_shows_what_is_granted_by_level() {
        let shown = by_level(&matching("sqs:*"), &["sqs:SendMessage"]);
        assert!(shown.starts_with("4 permissions actions such as `sqs:AddPermission`"), "{shown}");
        assert!(shown.contains("write actions such as `sqs:SendMessage`"), "{shown}");
    }
}
