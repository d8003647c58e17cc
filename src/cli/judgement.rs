//! What is made of findings: which are let go, and which make the exit code 1.

use clap::Args;

use crate::config::Config;
use crate::finding::{Finding, Severity};

/// Arguments that every command with findings has.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The least severity that makes the exit code 1; every finding by default
    #[arg(long, value_name = "SEVERITY", value_enum)]
    fail_on: Option<Severity>,
    /// Report what comments take out as well: for audits
    #[arg(long)]
    pub(super) no_ignores: bool,
    /// List suppressed findings in SARIF, marked as such: for audits, not for an upload to GitHub
    #[arg(long)]
    pub(super) include_suppressed: bool,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
}

impl Arguments {
    /// Whether findings make the exit code 1.
    pub(super) fn fails(&self, findings: &[Finding], config: &Config) -> bool {
        let threshold = self.fail_on.or(config.fail_on).unwrap_or(Severity::Note);
        !self.exit_zero && findings.iter().any(|finding| finding.severity >= threshold)
    }
}
