//! What Terraform's variables are given beside what Terraform reads by itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::engine::Session;
use crate::walk::Root;

/// Arguments that give values.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Variables {
    /// A values file that `terraform plan` would be given; others than `terraform.tfvars` and
    /// `*.auto.tfvars` are not read by themselves, and the last one wins
    #[arg(long, value_name = "FILE")]
    pub(super) var_file: Vec<PathBuf>,
    /// Give Terraform's variables the values of `TF_VAR_name` of the environment too, as `terraform plan`
    /// would; without this the environment says nothing
    #[arg(long)]
    var_env: bool,
}

impl Variables {
    /// Tells a session the values: files by the paths that they are reported under.
    pub(super) fn give(&self, session: &mut Session, root: &Root, working: &Path) -> anyhow::Result<()> {
        let reported = |name: &PathBuf| {
            let at = working.join(name).canonicalize().with_context(|| format!("{} can't be read", name.display()))?;
            Ok(crate::source::path_from_bytes(&root.relative(&at)))
        };
        session.set_values_files(self.var_file.iter().map(reported).collect::<anyhow::Result<_>>()?);
        if self.var_env {
            session.set_variables(of_environment());
        }
        Ok(())
    }
}

/// The variables that the environment gives, by name.
#[expect(clippy::disallowed_methods, reason = "whoever runs the scan asked for it")]
fn of_environment() -> Vec<(String, String)> {
    let named = |(name, value): (OsString, OsString)| Some((name.to_str()?.strip_prefix("TF_VAR_")?.to_owned(), value.into_string().ok()?));
    let mut found: Vec<(String, String)> = std::env::vars_os().filter_map(named).collect();
    found.sort();
    found
}
