//! What a guide can ask for with a line `{{…}}`: lists and tables of what is compiled in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::config::SCHEMA;
use crate::report::Format;
use crate::rules::{Registry, Rule};
use crate::secrets;

/// The families of rules, as a reader calls them, in the order of the site.
pub(super) const FAMILIES: [(&str, &str); 17] = [
    ("secrets", "Secrets"),
    ("iam", "Identities and permissions"),
    ("cloud", "Cloud resources"),
    ("network", "Networks"),
    ("docker", "Docker"),
    ("workload", "Containers and pods"),
    ("kubernetes", "Kubernetes"),
    ("ci", "Pipelines and supply chain"),
    ("routes", "Routes"),
    ("code", "Application code"),
    ("jwt", "JSON Web Tokens"),
    ("oauth", "OAuth"),
    ("cors", "Cross-origin requests"),
    ("nats", "NATS"),
    ("nitric", "Nitric"),
    ("nestrs", "NestRS"),
    ("suppression", "Comments to seclint"),
];

/// What is known to the guides.
pub(super) struct Known {
    registry: Registry,
    command: clap::Command,
}

/// The page of a rule: flat, so that a rule that changes its family keeps its address.
pub(super) fn address(rule: &Rule) -> String {
    format!("rules/{}.md", rule.id)
}

pub(super) fn address_of_family(family: &str) -> String {
    format!("families/{family}.md")
}

/// The page of a family.
pub(super) fn family(family: &str, rules: &[&Rule]) -> String {
    let mut out = format!("# {}\n\n| rule | severity | |\n|---|---|---|\n", title(family));
    for rule in rules {
        let _ = writeln!(out, "| [{}](../{}) | {} | {} |", rule.id, address(rule), rule.severity.name(), rule.title);
    }
    out
}

fn title(family: &str) -> &str {
    FAMILIES.iter().find(|(name, _)| *name == family).map_or(family, |(_, title)| title)
}

impl Known {
    pub(super) fn new(registry: Registry, command: clap::Command) -> Self {
        // The width of the terminal that it is made in is nothing to the reader.
        let mut command = command.term_width(100);
        command.build();
        Self { registry, command }
    }

    /// The rules by family, in the order of [`FAMILIES`]; one that is not in it comes last.
    pub(super) fn families(&self) -> Vec<(&'static str, Vec<&'static Rule>)> {
        let mut families: BTreeMap<(usize, &str), Vec<&'static Rule>> = BTreeMap::new();
        for rule in self.registry.all().iter().copied() {
            let place = FAMILIES.iter().position(|(name, _)| *name == rule.family).unwrap_or(FAMILIES.len());
            families.entry((place, rule.family)).or_default().push(rule);
        }
        families.into_iter().map(|((_, family), rules)| (family, rules)).collect()
    }

    /// The text for `{{name}}` or `{{name word}}`; `None` if there is none.
    pub(super) fn block(&self, name: &str) -> Option<String> {
        match name.split_once(' ').unwrap_or((name, "")) {
            ("contents", "") => Some(self.contents()),
            ("families", "") => Some(self.all_families()),
            ("peers", tool) => self.peers(tool),
            ("weaknesses", "") => Some(self.weaknesses()),
            ("token-formats", "") => Some(token_formats()),
            ("settings", "") => settings(),
            ("formats", "") => Some(formats()),
            ("commands", "") => Some(self.commands()),
            _ => None,
        }
    }

    /// The rules' part of the site's contents.
    fn contents(&self) -> String {
        let mut out = String::new();
        for (family, rules) in self.families() {
            let _ = writeln!(out, "- [{}]({})", title(family), address_of_family(family));
            for rule in rules {
                let _ = writeln!(out, "  - [{}]({})", rule.id, address(rule));
            }
        }
        out
    }

    fn all_families(&self) -> String {
        let mut out = String::from("| family | rules | among them |\n|---|---|---|\n");
        for (family, rules) in self.families() {
            let mut worst = rules.clone();
            worst.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
            let some: Vec<String> = worst.iter().take(3).map(|rule| link(rule)).collect();
            let _ = writeln!(out, "| [{}]({}) | {} | {} |", title(family), address_of_family(family), rules.len(), some.join(", "));
        }
        out
    }

    /// The rules by the ids that another tool has for them.
    fn peers(&self, tool: &str) -> Option<String> {
        let mut ids: BTreeMap<(&str, u64), (&str, Vec<&Rule>)> = BTreeMap::new();
        for rule in self.registry.all().iter().copied() {
            for id in rule.peers.iter().filter_map(|peer| peer.strip_prefix(tool)?.strip_prefix(':')) {
                ids.entry(numbered(id)).or_insert((id, Vec::new())).1.push(rule);
            }
        }
        let mut out = format!("{} ids of {tool} have a rule here:\n\n| {tool} | seclint | |\n|---|---|---|\n", ids.len());
        for (id, rules) in ids.values() {
            let links: Vec<String> = rules.iter().map(|rule| link(rule)).collect();
            let titles: Vec<&str> = rules.iter().map(|rule| rule.title).collect();
            let _ = writeln!(out, "| {id} | {} | {} |", links.join(", "), titles.join("; "));
        }
        (!ids.is_empty()).then_some(out)
    }

    /// The rules by the weaknesses that they find.
    fn weaknesses(&self) -> String {
        let mut weaknesses: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for rule in self.registry.all().iter().copied() {
            for number in rule.cwe {
                weaknesses.entry(*number).or_default().push(link(rule));
            }
        }
        let mut out = String::from("| weakness | rules |\n|---|---|\n");
        for (number, rules) in weaknesses {
            let _ = writeln!(out, "| [CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html) | {} |", rules.join(", "));
        }
        out
    }

    /// Every command with its help.
    fn commands(&self) -> String {
        let mut out = String::new();
        help(&self.command, &mut out);
        out
    }
}

fn link(rule: &Rule) -> String {
    format!("[{}]({})", rule.id, address(rule))
}

/// An id as it is sorted: `CKV_AWS_2` before `CKV_AWS_103`.
fn numbered(id: &str) -> (&str, u64) {
    let name = id.trim_end_matches(|character: char| character.is_ascii_digit());
    (name, id[name.len()..].parse().unwrap_or(0))
}

/// The commands that have none below them, in their order.
fn help(command: &clap::Command, out: &mut String) {
    let below: Vec<_> = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help").collect();
    if below.is_empty() {
        let name = command.get_bin_name().unwrap_or_default();
        let _ = writeln!(out, "## {name}\n\n```text\n{}\n```\n", command.clone().render_long_help().to_string().trim_end());
    }
    for command in below {
        help(command, out);
    }
}

fn token_formats() -> String {
    let mut detectors: Vec<_> = secrets::detectors().iter().collect();
    detectors.sort_by_key(|detector| detector.id);
    let mut out = format!("{} formats:\n\n| id | what it is | also called |\n|---|---|---|\n", detectors.len());
    for detector in detectors {
        let _ = writeln!(out, "| `{}` | {} | {} |", detector.id, detector.name, detector.covers.join(", "));
    }
    out
}

fn formats() -> String {
    let rows = Format::ALL.iter().map(|format| format!("| `{}` | {} |\n", format.name(), format.describe()));
    format!("| `--format` | what it is |\n|---|---|\n{}", rows.collect::<String>())
}

/// The settings of `seclint.toml`, as its schema has them.
fn settings() -> Option<String> {
    let schema: Value = serde_json::from_str(SCHEMA).ok()?;
    let mut out = String::from("| setting | value | |\n|---|---|---|\n");
    rows(&schema, &schema, "", &mut out);
    Some(out)
}

/// One row for each setting below `of`, a part of `schema`.
fn rows(schema: &Value, of: &Value, prefix: &str, out: &mut String) {
    for (name, setting) in of["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}{name}");
        let (tables, items) = (&setting["additionalProperties"], &setting["items"]);
        if tables.is_object() {
            rows(schema, tables, &format!("{path}.ID."), out);
        } else if items["properties"].is_object() {
            rows(schema, items, &format!("[[{path}]] "), out);
        } else if setting["properties"].is_object() {
            rows(schema, setting, &format!("{path}."), out);
        } else {
            let _ = writeln!(out, "| `{path}` | {} | {} |", values(schema, setting), setting["description"].as_str().unwrap_or_default());
        }
    }
}

/// What a setting may be.
fn values(schema: &Value, setting: &Value) -> String {
    let referred = setting["$ref"].as_str().and_then(|path| schema.pointer(path.trim_start_matches('#')));
    let setting = referred.unwrap_or(setting);
    match (setting["enum"].as_array(), setting["type"].as_str()) {
        (Some(values), _) => values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", "),
        (None, Some("array")) => "list of strings".to_owned(),
        (None, kind) => kind.unwrap_or_default().to_owned(),
    }
}
