//! `seclint.toml`: what the owner of a repository says once instead of on each command line.
//!
//! It adds to the built-in rules and never replaces them. Every mistake in it is an error that names the
//! place: a typo must not switch a check off. It can name no program, no address, and nothing outside the
//! repository.

mod mistake;

use std::collections::BTreeMap;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;
use toml::Spanned;

use crate::finding::{Dials, Level, Severity};
use crate::ir::Confidence;
use crate::rules::Registry;
pub use mistake::Mistake;

/// Where the file may stand, below the root; the first that is there counts.
pub const PLACES: [&str; 3] = ["seclint.toml", ".seclint.toml", ".github/seclint.toml"];

/// What the file says. Nothing is required.
#[derive(Debug, Default)]
pub struct Config {
    /// Which findings to report.
    pub dials: Dials,
    /// The least severity that makes the exit code 1.
    pub fail_on: Option<Severity>,
    /// Globs of paths to leave out.
    pub exclude: Vec<String>,
    /// Whether comments may take findings out.
    pub ignore_comments: Option<bool>,
    /// Severities that differ from the rule's own, by rule id.
    pub severities: BTreeMap<&'static str, Severity>,
    /// Rules that do not run, by id, with the reason.
    pub off: BTreeMap<&'static str, String>,
    /// Findings that are accepted in some paths.
    pub ignores: Vec<PathIgnore>,
    /// The repository's own functions, classes and extractors that turn anonymous callers away.
    pub guards: Vec<String>,
    /// Texts that are known to be harmless wherever a finding stands on them: made-up keys, own accounts.
    pub trusted_values: Vec<String>,
}

/// Findings of some rules, accepted in some paths.
#[derive(Debug)]
pub struct PathIgnore {
    /// The rules.
    pub rules: Vec<&'static str>,
    /// The paths.
    pub paths: GlobSet,
    /// Why.
    pub reason: String,
    /// The last day on which it holds: `2026-12-31`.
    pub until: Option<String>,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct File {
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    level: Option<Level>,
    fail_on: Option<Severity>,
    exclude: Vec<Spanned<String>>,
    ignore_comments: Option<bool>,
    rules: BTreeMap<Spanned<String>, RuleTable>,
    ignore: Vec<IgnoreTable>,
    trust: TrustTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct TrustTable {
    guards: Vec<Spanned<String>>,
    values: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuleTable {
    severity: Option<Severity>,
    enabled: Option<Spanned<bool>>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct IgnoreTable {
    rules: Vec<Spanned<String>>,
    paths: Vec<Spanned<String>>,
    reason: Spanned<String>,
    until: Option<Spanned<String>>,
}

/// Reads the file against the rules that there are; every mistake that can be found is returned.
pub fn parse(text: &str, registry: &Registry) -> Result<Config, Vec<Mistake>> {
    let file: File = toml::from_str(text).map_err(|error| vec![Mistake::of_toml(&error)])?;
    let mut mistakes = Vec::new();
    let mut config = Config {
        dials: Dials { severity: file.severity, confidence: file.confidence, level: file.level },
        fail_on: file.fail_on,
        ignore_comments: file.ignore_comments,
        exclude: file.exclude.iter().map(|glob| glob.get_ref().clone()).collect(),
        ..Config::default()
    };
    if let Err(list) = globs(&file.exclude) {
        mistakes.extend(list);
    }
    let find = |id: &Spanned<String>, mistakes: &mut Vec<Mistake>| {
        let rule = registry.find(id.get_ref());
        if rule.is_none() {
            mistakes.push(Mistake::unknown_rule(id, registry));
        }
        rule.map(|rule| rule.id)
    };
    for (id, table) in &file.rules {
        let Some(rule) = find(id, &mut mistakes) else { continue };
        if let Some(severity) = table.severity {
            config.severities.insert(rule, severity);
        }
        if let Some(enabled) = table.enabled.as_ref().filter(|enabled| !enabled.get_ref()) {
            if table.reason.trim().is_empty() {
                mistakes.push(Mistake::new(enabled.span(), format!("`{rule}` is switched off without a `reason`")));
            }
            config.off.insert(rule, table.reason.clone());
        }
    }
    for table in &file.ignore {
        if table.reason.get_ref().trim().is_empty() {
            mistakes.push(Mistake::new(table.reason.span(), "an exception needs a reason"));
        }
        let rules = table.rules.iter().filter_map(|id| find(id, &mut mistakes)).collect();
        match globs(&table.paths) {
            Ok(paths) => config.ignores.push(PathIgnore {
                rules,
                paths,
                reason: table.reason.get_ref().clone(),
                until: table.until.as_ref().map(|until| until.get_ref().clone()),
            }),
            Err(list) => mistakes.extend(list),
        }
    }
    config.guards = checked(&file.trust.guards, is_name, "a guard is named as in the code: `requireUser`, `auth.required`", &mut mistakes);
    let is_value = |value: &str| value.chars().count() >= MIN_VALUE;
    config.trusted_values = checked(&file.trust.values, is_value, "so short a value stands for too much", &mut mistakes);
    mistakes.sort_by_key(|mistake| mistake.span.start);
    if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
}

/// Characters of a trusted value at the least: `*` would silence half of the rules.
const MIN_VALUE: usize = 8;

/// The texts that are as they should be; the others are mistakes.
fn checked(list: &[Spanned<String>], is_right: impl Fn(&str) -> bool, wrong: &str, mistakes: &mut Vec<Mistake>) -> Vec<String> {
    let (right, other): (Vec<_>, Vec<_>) = list.iter().partition(|text| is_right(text.get_ref()));
    mistakes.extend(other.iter().map(|text| Mistake::new(text.span(), wrong)));
    right.into_iter().map(|text| text.get_ref().clone()).collect()
}

/// `requireUser`, `auth.required`, `guards::Admin`.
fn is_name(text: &str) -> bool {
    let plain = |character: char| character.is_alphanumeric() || "_$.:".contains(character);
    text.chars().any(char::is_alphanumeric) && text.chars().all(plain)
}

fn globs(patterns: &[Spanned<String>]) -> Result<GlobSet, Vec<Mistake>> {
    let mut set = GlobSetBuilder::new();
    let mut mistakes = Vec::new();
    for pattern in patterns {
        match Glob::new(pattern.get_ref()) {
            Ok(glob) => {
                set.add(glob);
            }
            Err(error) => mistakes.push(Mistake::new(pattern.span(), format!("this is no glob: {}", error.kind()))),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    set.build().map_err(|error| vec![Mistake::new(0..0, error.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let list = parse(text, &Registry::default()).err().unwrap_or_default();
        list.iter().map(|mistake| format!("{}: {}", &text[mistake.span.clone()], mistake.message)).collect()
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = "severity = \"low\"\nconfidence = \"medium\"\nfail-on = \"high\"\nexclude = [\"vendor/**\"]\n[rules.DOCKERFILE-ROOT-USER]\nseverity = \"note\"\n\
                    [rules.suppression-unused]\nenabled = false\nreason = \"noisy\"\n\
                    [[ignore]]\nrules = [\"dockerfile-secret\"]\npaths = [\"legacy/**\"]\nreason = \"going away\"\nuntil = \"2026-12-31\"\n";
        let config = parse(text, &Registry::default()).unwrap();
        assert_eq!(config.dials, Dials { severity: Some(Severity::Low), confidence: Some(Confidence::Medium), level: None });
        assert_eq!(config.severities["dockerfile-root-user"], Severity::Note);
        assert_eq!(config.off["suppression-unused"], "noisy");
        assert!(config.ignores[0].paths.is_match("legacy/a/b"));
        assert!(parse("", &Registry::default()).is_ok());
    }

    #[test]
    fn every_mistake_names_its_place() {
        assert_eq!(mistakes("severty = \"low\""), ["severty: unknown key `severty`; did you mean `severity`?"]);
        assert_eq!(mistakes("severity = \"hgih\""), ["\"hgih\": unknown value `hgih`; did you mean `high`?"]);
        assert_eq!(
            mistakes("[rules.dockerfile-root-usr]\nseverity = \"low\""),
            ["dockerfile-root-usr: there is no rule `dockerfile-root-usr`; did you mean `dockerfile-root-user`?"]
        );
        assert_eq!(mistakes("exclude = [\"[\"]").len(), 1);
        assert_eq!(
            mistakes("[rules.dockerfile-root-user]\nenabled = false"),
            ["false: `dockerfile-root-user` is switched off without a `reason`"]
        );
        assert_eq!(mistakes("[trust]\ngaurds = []"), ["gaurds: unknown key `gaurds`; did you mean `guards`?"]);
        assert_eq!(mistakes("[trust]\nguards = [\"require user\"]\nvalues = [\"*\"]").len(), 2);
        assert_eq!(mistakes("a = = 1").len(), 1);
    }
}
