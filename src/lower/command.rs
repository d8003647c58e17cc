//! A shell's simple command as the program that it runs in the end.

use std::borrow::Cow;

use crate::ir::{ShellCommand, Text};

/// Programs that run another one, and whether their first operands are options only.
const WRAPPERS: [&str; 10] = ["sudo", "env", "exec", "nice", "nohup", "command", "time", "doas", "eatmydata", "corepack"];

/// A command without what only starts it: assignments, `sudo`, `env`.
pub struct Plain<'c> {
    /// The program's name, without its folder.
    pub program: Cow<'c, str>,
    /// What stands behind it.
    pub arguments: &'c [Text],
    /// The command as written.
    pub command: &'c ShellCommand,
}

/// A command as the program that it runs in the end; none if that is not known.
pub fn plain(command: &ShellCommand) -> Option<Plain<'_>> {
    let mut words = command.words.as_slice();
    loop {
        let (first, rest) = words.split_first()?;
        // A program whose name is not known is no program that a rule knows.
        let name = first.known()?;
        let base = name.rsplit('/').next().unwrap_or_default();
        if is_assignment(&name) || WRAPPERS.contains(&base) {
            words = rest;
            while let Some((option, rest)) = words.split_first().filter(|(word, _)| word.starts("-").is_yes()) {
                let takes_value = matches!(option.as_str(), Some("-u" | "-g" | "-n"));
                words = if takes_value { rest.get(1..).unwrap_or_default() } else { rest };
            }
            continue;
        }
        let program = base.to_owned().into();
        return Some(Plain { program, arguments: rest, command });
    }
}

/// Whether a word sets a variable: `CI=1`.
pub fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Plain<'_> {
    /// Whether the program is one of these.
    pub fn is(&self, programs: &[&str]) -> bool {
        programs.contains(&self.program.as_ref())
    }

    /// Whether an argument is one of these, or one with a value (`--flag=value`).
    pub fn has(&self, flags: &[&str]) -> bool {
        self.find(flags).is_some()
    }

    /// The argument that is one of these flags.
    pub fn find(&self, flags: &[&str]) -> Option<&Text> {
        self.arguments.iter().find(|argument| {
            let Some(argument) = argument.known() else { return false };
            flags.iter().any(|flag| *argument == **flag || argument.strip_prefix(flag).is_some_and(|rest| rest.starts_with('=')))
        })
    }

    /// Whether a letter is among the short options: `k` of `-fsSLk`.
    pub fn has_short(&self, letter: char) -> bool {
        self.arguments.iter().filter_map(Text::known).any(|argument| {
            argument
                .strip_prefix('-')
                .is_some_and(|rest| !rest.starts_with('-') && rest.chars().all(char::is_alphabetic) && rest.contains(letter))
        })
    }

    /// The arguments as one text, holes as `*`.
    pub fn line(&self) -> String {
        let mut line = String::new();
        for argument in self.arguments {
            line.push(' ');
            line.push_str(argument.known().as_deref().unwrap_or("*"));
        }
        line
    }
}
