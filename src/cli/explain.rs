//! `seclint explain`: the page of a rule.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::bail;
use clap::Args;

use super::{Answer, own_rules, working_folder};
use crate::rules::Rule;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule's id; a former one is understood
    id: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let registry = own_rules::registry(&working_folder()?)?;
    let Some(rule) = registry.find(&arguments.id) else {
        if arguments.id.parse::<super::trail::Place>().is_ok() {
            bail!("`{}` is a place, not a rule; `seclint scan --explain-secret {0}` says what was made of it", arguments.id);
        }
        match registry.suggest(&arguments.id) {
            Some(near) => bail!("there is no rule `{}`; did you mean `{near}`?", arguments.id),
            None => bail!("there is no rule `{}`; `seclint rules` lists them", arguments.id),
        }
    };
    anstream::stdout().lock().write_all(page(rule).as_bytes())?;
    Ok(Answer::Clean)
}

/// The page with its front matter as a few readable lines.
fn page(rule: &Rule) -> String {
    let mut out = format!("{}: {}\n\n", rule.id, rule.title);
    for (name, value) in rows(rule).iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(out, "{name:>12}  {value}");
    }
    out.push_str(body(rule));
    out
}

/// What the front matter says to a reader.
pub(super) fn rows(rule: &Rule) -> [(&'static str, String); 8] {
    let cwe: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    let confidence = serde_json::to_value(rule.confidence).ok();
    let confidence = confidence.as_ref().and_then(|value| value.as_str()).unwrap_or_default();
    [
        ("severity", rule.severity.name().to_owned()),
        ("confidence", confidence.to_owned()),
        ("class", rule.class.to_owned()),
        ("weakness", cwe.join(", ")),
        ("owasp", rule.owasp.join(", ")),
        ("elsewhere", rule.peers.join(", ")),
        ("since", rule.since.to_owned()),
        ("formerly", rule.aliases.join(", ")),
    ]
}

/// The page without its front matter.
pub(super) fn body(rule: &Rule) -> &'static str {
    rule.page.splitn(3, "+++").nth(2).unwrap_or_default()
}
