//! The command line: arguments in, exit code out. Nothing else prints or reads the environment.
//!
//! Exit codes are an interface: 0 clean, 1 findings at or above `--fail-on`, 2 anything that kept
//! seclint from doing its job, 130 when interrupted.

mod baseline;
mod color;
mod completions;
mod config;
mod docs;
mod explain;
mod facts;
mod history;
mod hook;
mod init;
mod judgement;
mod load;
mod lsp;
mod output;
mod own_rules;
mod progress;
mod repair;
mod routes;
mod rules;
mod running;
mod scan;
mod select;
mod test;
mod today;
mod trail;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Mutex;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Finds security mistakes in infrastructure as code and source repositories.
#[derive(Debug, Parser)]
#[command(name = "seclint", version, max_term_width = 100, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Scan files and folders
    Scan(Box<scan::Arguments>),
    /// Scan the whole history of a git repository for secrets
    History(Box<history::Arguments>),
    /// Print what seclint reads off files: the first thing to look at when a rule is silent
    Facts(facts::Arguments),
    /// List every route with what stands in front of it
    Routes(routes::Arguments),
    /// List the rules
    Rules(rules::Arguments),
    /// Explain a rule: what it flags, why it matters, how to fix it
    Explain(explain::Arguments),
    /// Accept the findings that are there, and fail on new ones alone
    #[command(subcommand)]
    Baseline(baseline::Command),
    /// Show the configuration that is in force
    #[command(subcommand)]
    Config(config::Command),
    /// Write a commented `seclint.toml` for this repository
    Init(init::Arguments),
    /// Scan what is staged before each commit
    #[command(subcommand)]
    Hook(hook::Command),
    /// Serve an editor (Language Server Protocol)
    Lsp(lsp::Arguments),
    /// Run the examples of your own rules in `.seclint/rules/`
    Test(test::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
    /// Print the manual page
    Man(completions::ManArguments),
    /// Write the source of the documentation site
    #[command(hide = true)]
    Docs(docs::Arguments),
}

/// What a command answers.
enum Answer {
    /// Nothing to complain about.
    Clean,
    /// Findings at or above the threshold, failed examples.
    Findings,
    /// The job could not be done whole.
    Incomplete,
}

/// Runs the program.
pub fn main() -> ExitCode {
    // A panic is told in one line, never as a backtrace; those of single files are caught before.
    static PLACE: Mutex<String> = Mutex::new(String::new());
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        if let Ok(mut last) = PLACE.lock() {
            *last = place;
        }
    }));
    std::panic::catch_unwind(run).unwrap_or_else(|_| {
        let place = PLACE.lock().map(|place| place.clone()).unwrap_or_default();
        say(&format!("error: seclint failed inside, at {place}: please report it with the command that you ran"));
        ExitCode::from(2)
    })
}

fn run() -> ExitCode {
    let matches = match Arguments::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are answers; anything else is a mistake in the arguments.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let answer = Arguments::from_arg_matches(&matches).map_err(anyhow::Error::from).and_then(|arguments| match arguments.command {
        Command::Scan(arguments) => scan::run(&arguments, matches.subcommand_matches("scan").unwrap_or(&matches)),
        Command::History(arguments) => history::run(&arguments, matches.subcommand_matches("history").unwrap_or(&matches)),
        Command::Facts(arguments) => facts::run(&arguments),
        Command::Routes(arguments) => routes::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Baseline(command) => baseline::run(&command),
        Command::Config(command) => config::run(&command),
        Command::Init(arguments) => init::run(&arguments),
        Command::Hook(command) => hook::run(&command),
        Command::Lsp(arguments) => lsp::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Man(arguments) => completions::man(&arguments, Arguments::command()),
        Command::Docs(arguments) => docs::run(&arguments, Arguments::command()),
    });
    match answer {
        Ok(Answer::Clean) => ExitCode::SUCCESS,
        Ok(Answer::Findings) => ExitCode::from(1),
        Ok(Answer::Incomplete) => ExitCode::from(2),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// A line on standard error; that it can't be written is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// The reader of a pipe that has seen enough is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// The folder that relative paths begin at.
fn working_folder() -> anyhow::Result<std::path::PathBuf> {
    use anyhow::Context as _;
    std::env::current_dir().context("the current folder can't be read")
}
