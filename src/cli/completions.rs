//! `seclint completions` and `seclint man`: what a package puts beside the binary.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use super::Answer;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell that reads them
    #[arg(value_enum)]
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Write the page of each command into this folder instead of the main one to standard output
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, mut command: Command) -> anyhow::Result<Answer> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "seclint", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(Answer::Clean)
}

pub(super) fn man(arguments: &ManArguments, command: Command) -> anyhow::Result<Answer> {
    if let Some(folder) = &arguments.out {
        clap_mangen::generate_to(command, folder).with_context(|| format!("{}: can't be written", folder.display()))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        std::io::stdout().lock().write_all(&page)?;
    }
    Ok(Answer::Clean)
}
