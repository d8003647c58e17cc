//! `seclint test`: runs the examples of users' own rules.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::{Answer, own_rules, working_folder};
use crate::rules::{Registry, examples};

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder that holds `.seclint/rules/`
    #[arg(default_value = ".")]
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let root = working_folder()?.join(&arguments.path);
    let own = own_rules::load(&root)?;
    if own.is_empty() {
        bail!("{}: there are no rules in .seclint/rules/", arguments.path.display());
    }
    let registry =
        Registry::with(own.iter().map(|(_, own)| own.rule).collect()).map_err(|message| anyhow::anyhow!(".seclint/rules: {message}"))?;
    let mut out = anstream::stdout().lock();
    let (mut passed, mut failed) = (0, 0);
    for (path, own) in &own {
        let mut numbers = [0, 0];
        for example in &own.examples {
            let number = &mut numbers[usize::from(example.bad)];
            *number += 1;
            match examples::run(example, own.rule, &registry) {
                Ok(()) => passed += 1,
                Err(message) => {
                    failed += 1;
                    let kind = if example.bad { "bad" } else { "good" };
                    let line = example.files.first().map_or(1, |file| file.line);
                    writeln!(out, "{}:{line}: {}::{kind}::{number}\n  {}", path.display(), own.rule.id, message.replace('\n', "\n  "))?;
                }
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(if failed == 0 { Answer::Clean } else { Answer::Findings })
}
