//! `seclint hook`: a git hook that scans what is staged. A hook that somebody else wrote is never changed
//! without being asked; where a tool manages hooks, its own file is named.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::{Answer, working_folder};
use crate::vcs::Repository;
use crate::walk::read_guarded;

const BEGIN: &str = "# >>> seclint >>>\n";
const END: &str = "# <<< seclint <<<\n";
/// That seclint is missing on one machine keeps nobody from working, and is said.
const BODY: &str = "if command -v seclint >/dev/null 2>&1; then\n  seclint scan --staged --hook || exit 1\nelse\n  echo 'seclint is not installed: this commit was not checked' >&2\nfi\n";
/// Bytes of a hook at the most.
const MAX_BYTES: u64 = 1 << 20;

/// What `hook` does.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan what is staged before each commit
    Install {
        /// Add the check to a hook that is there already
        #[arg(long)]
        append: bool,
    },
    /// Take the check out again
    Uninstall,
}

/// Tools that write hooks themselves, by a file of theirs, and what to write there.
const MANAGERS: [(&str, &str, &str); 6] = [
    ("lefthook.yml", "lefthook", LEFTHOOK),
    ("lefthook.yaml", "lefthook", LEFTHOOK),
    (".lefthook.yml", "lefthook", LEFTHOOK),
    ("lefthook.toml", "lefthook", "[pre-commit.commands.seclint]\nrun = \"seclint scan --staged --hook\"\n"),
    (".pre-commit-config.yaml", "pre-commit", PRE_COMMIT),
    (
        ".overcommit.yml",
        "overcommit",
        "PreCommit:\n  Seclint:\n    enabled: true\n    command: ['seclint', 'scan', '--staged', '--hook']\n",
    ),
];
const LEFTHOOK: &str = "pre-commit:\n  commands:\n    seclint:\n      run: seclint scan --staged --hook\n";
const PRE_COMMIT: &str = "repos:\n  - repo: https://github.com/seclint/seclint\n    rev: v0.1.0\n    hooks: [{ id: seclint }]\n";

pub(super) fn run(command: &Command) -> anyhow::Result<Answer> {
    let working = working_folder()?;
    let Some(repository) = Repository::around(&working) else { bail!("`seclint hook` needs a git repository") };
    match *command {
        Command::Install { append } => install(&repository, append),
        Command::Uninstall => uninstall(&repository),
    }
}

fn install(repository: &Repository, append: bool) -> anyhow::Result<Answer> {
    let top = repository.top();
    if let Some((file, tool, snippet)) = MANAGERS.iter().find(|(file, ..)| top.join(file).symlink_metadata().is_ok()) {
        bail!("{tool} manages the hooks here; add this to {file}:\n\n{snippet}");
    }
    let hook = hook_of(repository)?;
    let shown = hook.strip_prefix(top).unwrap_or(&hook).display().to_string();
    let block = format!("{BEGIN}{BODY}{END}");
    let text = match read(&hook, &shown)? {
        None => format!("#!/bin/sh\n{block}"),
        Some(text) if text.contains(BEGIN) => {
            writeln!(anstream::stdout().lock(), "{shown}: seclint is in it already")?;
            return Ok(Answer::Clean);
        }
        Some(text) if append && is_shell(&text) => format!("{}\n{block}", text.trim_end()),
        Some(text) if is_shell(&text) => {
            bail!("{shown} is there already: `seclint hook install --append` adds the check at its end")
        }
        Some(_) => bail!("{shown} is there already and is no shell script: call `seclint scan --staged --hook` in it"),
    };
    write(&hook, &text).with_context(|| format!("{shown}: can't be written"))?;
    writeln!(anstream::stdout().lock(), "{shown}: what is staged is scanned before each commit")?;
    Ok(Answer::Clean)
}

fn uninstall(repository: &Repository) -> anyhow::Result<Answer> {
    let hook = hook_of(repository)?;
    let shown = hook.strip_prefix(repository.top()).unwrap_or(&hook).display().to_string();
    let text = read(&hook, &shown)?.unwrap_or_default();
    let Some((before, after)) = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1))) else {
        writeln!(anstream::stdout().lock(), "{shown}: seclint is not in it")?;
        return Ok(Answer::Clean);
    };
    let rest = format!("{before}{after}");
    let failed = || format!("{shown}: can't be changed");
    if rest.trim() == "#!/bin/sh" {
        std::fs::remove_file(&hook).with_context(failed)?;
    } else {
        write(&hook, &format!("{}\n", rest.trim_end())).with_context(failed)?;
    }
    writeln!(anstream::stdout().lock(), "{shown}: the check is taken out")?;
    Ok(Answer::Clean)
}

/// Where git looks for the hook: husky's folder, `core.hooksPath`, or its own.
fn hook_of(repository: &Repository) -> anyhow::Result<PathBuf> {
    let top = repository.top();
    let configured = repository.hooks_path()?;
    let husky = top.join(".husky");
    // husky points git at a folder of its own making, which calls the scripts beside it.
    let is_husky = husky.is_dir() && configured.as_deref().is_none_or(|path| path.starts_with(".husky"));
    let folder = match configured {
        _ if is_husky => husky,
        Some(path) => {
            let folder = top.join(&path);
            if !folder.starts_with(top) || folder.canonicalize().is_ok_and(|real| !real.starts_with(top)) {
                bail!("git's `core.hooksPath` leads out of the repository, to {path}: the hook there is not this repository's alone");
            }
            folder
        }
        None => repository.folder()?.join("hooks"),
    };
    Ok(folder.join("pre-commit"))
}

fn read(hook: &Path, shown: &str) -> anyhow::Result<Option<String>> {
    if hook.symlink_metadata().is_err() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    if !read_guarded(hook, MAX_BYTES, &mut bytes).with_context(|| format!("{shown}: can't be read"))? {
        bail!("{shown}: over {MAX_BYTES} bytes");
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// husky's hooks have no first line that names a shell.
fn is_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    !first.starts_with("#!") || ["sh", "bash", "dash", "zsh", "ksh"].iter().any(|shell| first.split(['/', ' ']).any(|word| word == *shell))
}

/// Writes beside the hook and moves it there, so that no commit ever runs half of one.
#[expect(clippy::disallowed_methods, reason = "installing a hook is writing one")]
fn write(hook: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(hook.parent().unwrap_or(hook))?;
    let beside = hook.with_extension("seclint-new");
    std::fs::write(&beside, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o755))?;
    }
    std::fs::rename(&beside, hook)
}
