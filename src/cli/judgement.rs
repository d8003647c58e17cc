//! What is made of findings: which are let go, and which make the exit code 1.

use clap::Args;

use crate::finding::Severity;

/// Arguments that every command with findings has.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The least severity that makes the exit code 1; every finding by default
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(super) fail_on: Option<Severity>,
    /// Report what comments take out as well: for audits
    #[arg(long)]
    pub(super) no_ignores: bool,
    /// List suppressed findings in SARIF, marked as such: for audits, not for an upload to GitHub
    #[arg(long)]
    pub(super) include_suppressed: bool,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub(super) exit_zero: bool,
}
