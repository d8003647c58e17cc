//! Which rules run and which findings are shown.

use anyhow::bail;
use clap::{Args, ValueEnum};

use crate::config::Config;
use crate::finding::{Dials, Level, Severity};
use crate::ir::{Confidence, Kind};
use crate::rules::{Active, Registry, Rule, manifest};

/// The dials: severity says how bad, confidence how sure, level who wants to see it, class what is wrong.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The least severity to report
    #[arg(long, value_name = "SEVERITY", value_enum)]
    severity: Option<Severity>,
    /// The least confidence to report: how sure seclint is that a finding is true
    #[arg(long, value_name = "CONFIDENCE", value_enum)]
    confidence: Option<Confidence>,
    /// Whose findings to report: everybody's, doubtful ones too, or everything that could matter
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// Run these rules only (ids or families)
    #[arg(long = "rule", value_name = "ID", value_delimiter = ',')]
    rules: Vec<String>,
    /// Don't run these rules (ids or families)
    #[arg(long = "skip-rule", value_name = "ID", value_delimiter = ',')]
    skip: Vec<String>,
    /// Run the rules of these classes only
    #[arg(long = "class", value_name = "CLASS", value_delimiter = ',')]
    classes: Vec<String>,
    /// Look for secrets alone, which is several times faster: nothing is parsed for other rules
    #[arg(long)]
    secrets: bool,
}

/// Whether a rule reports secrets as a text alone shows them.
pub(super) fn is_about_secrets(rule: &Rule) -> bool {
    rule.family == "secrets" && rule.logic.kind() == Some(Kind::Secret)
}

impl Arguments {
    /// Which findings are shown, as far as the command line says.
    pub(super) fn dials(&self) -> Dials {
        Dials { severity: self.severity, confidence: self.confidence, level: self.level }
    }

    /// The rules that run. An unknown id is an error: a typo must not switch a check off in silence.
    pub(super) fn active(&self, registry: &Registry, config: &Config) -> anyhow::Result<Active> {
        for name in self.rules.iter().chain(&self.skip) {
            let family = registry.all().iter().any(|rule| rule.family == name);
            if registry.find(name).is_none() && !family {
                match registry.suggest(name) {
                    Some(near) => bail!("there is no rule `{name}`; did you mean `{near}`?"),
                    None => bail!("there is no rule `{name}`; `seclint rules` lists them"),
                }
            }
        }
        for class in &self.classes {
            if !manifest::CLASSES.contains(&class.as_str()) {
                bail!("there is no class `{class}`; classes are {}", manifest::CLASSES.join(", "));
            }
        }
        let active = registry.active(|rule| self.keeps(rule, registry, config));
        if active.count() == 0 && !registry.all().is_empty() {
            bail!("no rule is left to run: look at --rule, --skip-rule, --class and --secrets");
        }
        Ok(active)
    }

    /// Whether a rule runs.
    fn keeps(&self, rule: &Rule, registry: &Registry, config: &Config) -> bool {
        let named =
            |names: &[String]| names.iter().any(|name| rule.family == name || registry.find(name).is_some_and(|found| found.id == rule.id));
        (self.rules.is_empty() || named(&self.rules))
            && !named(&self.skip)
            && (!self.secrets || is_about_secrets(rule))
            && (!config.off.contains_key(rule.id) || (!self.rules.is_empty() && named(&self.rules)))
            && (self.classes.is_empty() || self.classes.iter().any(|class| class == rule.class))
    }
}

impl ValueEnum for Confidence {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Low, Self::Medium, Self::High]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}

impl ValueEnum for Level {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Regular, Self::Pedantic, Self::Auditor]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}
