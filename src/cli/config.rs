//! `seclint config`, and finding and reading `seclint.toml`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::{Answer, own_rules, working_folder};
use crate::config::{self, Config, PLACES};
use crate::rules::Registry;
use crate::walk::{Root, Targets, read_guarded};

/// The JSON schema of `seclint.toml`.
pub(super) const SCHEMA: &str = include_str!("../../schemas/seclint.schema.json");

/// Bytes of the file at the most.
const MAX_BYTES: u64 = 1 << 20;

/// Which file is read.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub(super) struct Source {
    /// Read this file instead of the tree's `seclint.toml`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_config", "config_from"])]
    config: Option<PathBuf>,
    /// Read `seclint.toml` as it is in a commit: a pull request can't switch its own check off
    #[arg(long, value_name = "COMMIT")]
    pub(super) config_from: Option<String>,
    /// Read no `seclint.toml`
    #[arg(long, conflicts_with = "config_from")]
    no_config: bool,
}

impl Source {
    /// The configuration and the place that it was read from.
    pub(super) fn read(&self, root: &Root, registry: &Registry) -> anyhow::Result<(Config, Option<String>)> {
        let Some((place, text)) = self.text(root)? else { return Ok((Config::default(), None)) };
        match config::parse(&text, registry) {
            Ok(config) => Ok((config, Some(place))),
            Err(mistakes) => bail!("{place} is not right:\n\n{}", crate::report::mistakes(&place, &text, &mistakes).trim_end()),
        }
    }

    fn text(&self, root: &Root) -> anyhow::Result<Option<(String, String)>> {
        if self.no_config {
            return Ok(None);
        }
        if let Some(path) = &self.config {
            return Ok(Some((path.display().to_string(), read(path)?)));
        }
        if let Some(commit) = &self.config_from {
            let Some(repository) = &root.repository else { bail!("`--config-from` needs a git repository") };
            for place in PLACES {
                if let Some(bytes) = repository.blob_of(commit, place)? {
                    return Ok(Some((format!("{commit}:{place}"), String::from_utf8_lossy(&bytes).into_owned())));
                }
            }
            return Ok(None);
        }
        for place in PLACES {
            let path = root.top.join(place);
            if path.symlink_metadata().is_ok() {
                return Ok(Some((place.to_owned(), read(&path).with_context(|| place.to_owned())?)));
            }
        }
        Ok(None)
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let whole = read_guarded(path, MAX_BYTES, &mut bytes).with_context(|| format!("{}: can't be read", path.display()))?;
    if !whole {
        bail!("{}: over {MAX_BYTES} bytes", path.display());
    }
    String::from_utf8(bytes).with_context(|| format!("{}: not UTF-8", path.display()))
}

/// What `config` does.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what is in force and where it comes from
    Show,
    /// Print the JSON schema of `seclint.toml`
    Schema,
}

pub(super) fn run(command: &Command) -> anyhow::Result<Answer> {
    let mut out = anstream::stdout().lock();
    match *command {
        Command::Schema => out.write_all(SCHEMA.as_bytes())?,
        Command::Show => {
            let targets = Targets::of(&[PathBuf::from(".")], &working_folder()?)?;
            let registry = own_rules::registry(&targets.root.top)?;
            let (config, place) = Source::default().read(&targets.root, &registry)?;
            let from = place.unwrap_or_else(|| "default".to_owned());
            let dials = config.dials;
            let origin = |set: bool| if set { from.as_str() } else { "default" };
            writeln!(out, "severity = {:<10} # {}", dials.severity().name(), origin(dials.severity.is_some()))?;
            writeln!(out, "confidence = {:<8} # {}", dials.confidence().name(), origin(dials.confidence.is_some()))?;
            writeln!(out, "level = {:<13} # {}", dials.level().name(), origin(dials.level.is_some()))?;
            writeln!(out, "fail-on = {:<11} # {}", config.fail_on.map_or("note", |it| it.name()), origin(config.fail_on.is_some()))?;
            writeln!(
                out,
                "ignore-comments = {:<3} # {}",
                config.ignore_comments.unwrap_or(true),
                origin(config.ignore_comments.is_some())
            )?;
            writeln!(out, "exclude = {:?} # {}", config.exclude, origin(!config.exclude.is_empty()))?;
            for (rule, severity) in &config.severities {
                writeln!(out, "rules.{rule}.severity = {} # {from}", severity.name())?;
            }
            for (rule, reason) in &config.off {
                writeln!(out, "rules.{rule}.enabled = false # {from}: {reason}")?;
            }
            for (name, list) in [("guards", &config.guards), ("values", &config.trusted_values)] {
                if !list.is_empty() {
                    writeln!(out, "trust.{name} = {list:?} # {from}")?;
                }
            }
            for ignore in &config.ignores {
                writeln!(out, "ignore {} # {from}: {}", ignore.rules.join(", "), ignore.reason)?;
            }
        }
    }
    Ok(Answer::Clean)
}
