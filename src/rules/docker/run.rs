//! What the commands of `RUN` do: downloads, checks that are switched off, passwords, rights.

use std::borrow::Cow;

use crate::finding::Level;
use crate::ir::{Fact, ShellCommand, Span, Stage, StepKind, Text};
use crate::lower::command::{Plain, is_assignment, plain};
use crate::lower::variable::{is_filled_in, is_tls_switch};
use crate::rules::Check;

const SHELLS: [&str; 12] = ["sh", "bash", "ash", "dash", "zsh", "ksh", "python", "python3", "perl", "ruby", "node", "php"];

/// Every `RUN` of a stage with its commands.
fn runs(stage: &Stage) -> impl Iterator<Item = (&[ShellCommand], Span)> {
    stage.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Run { commands, .. } => Some((commands.as_slice(), step.span)),
        _ => None,
    })
}

fn commands(stage: &Stage) -> impl Iterator<Item = Plain<'_>> {
    runs(stage).flat_map(|(commands, _)| commands.iter().filter_map(plain))
}

fn is_download(command: &Plain<'_>) -> bool {
    command.is(&["curl", "wget", "fetch", "aria2c"])
}

/// `curl … | sh`, `bash -c "$(curl …)"`, `bash <(curl …)`.
pub(in crate::rules) fn piped_download(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for (commands, _) in runs(stage) {
        for (index, download) in commands.iter().enumerate().filter_map(|(index, command)| Some((index, plain(command)?))) {
            if !is_download(&download) {
                continue;
            }
            let piped =
                commands[index..].iter().zip(&commands[index + 1..]).take_while(|(from, _)| from.pipes).filter_map(|(_, to)| plain(to));
            let shell = piped.into_iter().find(|to| runs_its_input(to));
            // What stands in `$(…)` or `<(…)` of a shell's arguments comes after it.
            let inside = commands[..index]
                .iter()
                .rev()
                .take(3)
                .filter_map(plain)
                .find(|outer| outer.is(&SHELLS) && outer.command.span.contains(download.command.span));
            if let Some(shell) = shell.or(inside) {
                let what = format!("what `{}` downloads is run by `{}` unseen", download.program, shell.program);
                cx.report(cx.finding(fact, download.command.span, what));
            }
        }
    }
}

/// A shell that is given neither a script nor a command (`python3 -c …` only reads data).
fn runs_its_input(command: &Plain<'_>) -> bool {
    let script =
        command.arguments.iter().take_while(|argument| argument.as_str() != Some("-s")).find(|argument| !argument.starts("-").is_yes());
    command.is(&SHELLS) && (script.is_none() || command.has(&["-s"])) && !command.has(&["-c", "-m", "-e", "-n", "--version"])
}

/// A check of certificates that is switched off, by a variable or an option.
pub(in crate::rules) fn tls_off(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for step in &stage.steps {
        if let StepKind::Env { key, value } = &step.kind
            && let Some(value) = value.as_text().and_then(Text::known)
            && is_tls_switch(key, &value)
        {
            let found = cx.finding(fact, step.span, format!("`{key}={value}` switches the check of certificates off for good"));
            cx.report(found.subject(key.clone()));
        }
    }
    for command in commands(stage) {
        let line = command.line().to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().all(|word| line.contains(word));
        let off = match command.program.as_ref() {
            "curl" => command.has(&["--insecure", "--proxy-insecure"]) || command.has_short('k'),
            "wget" => command.has(&["--no-check-certificate"]),
            "npm" | "yarn" | "pnpm" => says(&["strict-ssl", "false"]),
            "git" => line.contains("sslverify=false") || says(&["sslverify", "false"]),
            "pip" | "pip3" | "python" | "python3" | "uv" | "poetry" => command.has(&["--trusted-host"]) || says(&["trusted-host"]),
            "apt-get" | "apt" => says(&["verify-peer=false"]) || says(&["verify-host=false"]),
            "yum" | "dnf" | "microdnf" => line.contains("sslverify=0") || line.contains("sslverify=false"),
            "conda" | "mamba" => says(&["ssl_verify", "false"]),
            "export" => command
                .arguments
                .iter()
                .filter_map(Text::known)
                .any(|argument| argument.split_once('=').is_some_and(|(key, value)| is_tls_switch(key, value))),
            _ => false,
        };
        if off {
            cx.report(cx.finding(fact, command.command.span, format!("`{}` does not check certificates here", command.program)));
        }
    }
    for (commands, _) in runs(stage) {
        for command in commands {
            let assigned = command.words.iter().map_while(Text::known).take_while(|word| is_assignment(word));
            for word in assigned {
                if let Some((key, value)) = word.split_once('=').filter(|(key, value)| is_tls_switch(key, value)) {
                    cx.report(cx.finding(fact, command.span, format!("`{key}={value}` switches the check of certificates off")));
                }
            }
        }
    }
}

/// Packages that are installed without a signature.
pub(in crate::rules) fn unsigned_packages(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for command in commands(stage) {
        let line = command.line();
        let flag = match command.program.as_ref() {
            "apt-get" | "apt" | "aptitude" => command.find(&["--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"]),
            "yum" | "dnf" | "microdnf" | "tdnf" | "rpm" => command.find(&["--nogpgcheck", "--nosignature", "--nodigest", "--no-gpgchecks"]),
            "zypper" => command.find(&["--no-gpg-checks", "--allow-unsigned-rpm"]),
            "apk" => command.find(&["--allow-untrusted"]),
            _ => None,
        };
        let written = ["[trusted=yes]", "gpgcheck=0"].into_iter().find(|word| line.contains(word));
        let flag = flag.and_then(Text::known).or(written.map(Cow::Borrowed));
        if let Some(flag) = flag {
            cx.report(cx.finding(
                fact,
                command.command.span,
                format!("`{}` takes packages without a signature (`{flag}`)", command.program),
            ));
        }
    }
}

/// A password or token on a command line.
pub(in crate::rules) fn secret_in_command(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for (commands, _) in runs(stage) {
        for (index, command) in commands.iter().enumerate() {
            let Some(plain) = plain(command) else { continue };
            let next = commands.get(index + 1).filter(|_| command.pipes).and_then(self::plain);
            let found = password_option(&plain).or_else(|| {
                // `echo 'root:secret' | chpasswd`
                let next = next.filter(|next| next.is(&["chpasswd", "passwd"]))?;
                let word = plain.arguments.last().filter(|_| plain.is(&["echo", "printf"]))?;
                let value = word.known()?;
                let password = value.trim_end_matches("\\n").rsplit(':').next().unwrap_or_default().to_owned();
                is_filled_in(&password).then(|| {
                    (format!("`{}` is given a password", next.program), word.pieces.first().map_or(command.span, |piece| piece.span))
                })
            });
            if let Some((what, span)) = found {
                cx.report(cx.finding(fact, span, what));
            }
        }
    }
}

/// The option of a command that holds a literal password.
fn password_option(command: &Plain<'_>) -> Option<(String, Span)> {
    let words: Vec<Option<Cow<'_, str>>> = command.arguments.iter().map(Text::known).collect();
    let place = |index: usize| command.arguments[index].pieces.first().map_or(command.command.span, |piece| piece.span);
    let value_of = |index: usize, flag: &str| -> Option<(String, usize)> {
        let word = words[index].as_deref()?;
        if word == flag {
            return Some((words.get(index + 1)?.as_deref()?.to_owned(), index + 1));
        }
        Some((word.strip_prefix(flag)?.strip_prefix('=')?.to_owned(), index))
    };
    let program = command.program.as_ref();
    let flags: &[&str] = match program {
        "curl" => &["-u", "--user", "--proxy-user"],
        "wget" => &["--password", "--http-password", "--ftp-password"],
        "sshpass" | "docker" | "podman" | "helm" | "useradd" | "usermod" => &["-p", "--password"],
        "mysql" | "mysqladmin" | "psql" | "mongo" | "mongosh" | "redis-cli" => &["--password", "-a"],
        _ => &["--password", "--token", "--api-key", "--secret", "--auth-token"],
    };
    for index in 0..words.len() {
        for flag in flags {
            let Some((value, at)) = value_of(index, flag) else { continue };
            let secret = if program == "curl" { value.split_once(':').map_or("", |(_, password)| password) } else { &value };
            if is_filled_in(secret) && !secret.starts_with(['-', '$']) {
                return Some((format!("`{program} {flag}` is given a password"), place(at)));
            }
        }
    }
    None
}

/// Files that everybody may write, or programs that get root's rights.
pub(in crate::rules) fn wide_rights(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for command in commands(stage).filter(|command| command.is(&["chmod"])) {
        let mode = command.arguments.iter().filter_map(Text::known).find(|argument| !argument.starts_with('-'));
        let Some(mode) = mode else { continue };
        let what = match mode.as_ref() {
            "777" | "0777" | "a+rwx" | "ugo+rwx" | "1777" | "666" | "0666" | "a+w" | "o+w" | "ugo+w" if mode != "1777" => {
                "lets everybody write"
            }
            "u+s" | "+s" | "4755" | "4775" | "4777" | "6755" | "g+s" => "gives the program its owner's rights",
            _ => continue,
        };
        cx.report(cx.finding(fact, command.command.span, format!("`chmod {mode}` {what}")));
    }
}

/// `sudo` in a build, which is root already or should not become it.
pub(in crate::rules) fn sudo(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for (commands, _) in runs(stage) {
        for command in commands.iter().filter(|command| command.words.first().is_some_and(|word| word.as_str() == Some("sudo"))) {
            cx.report(cx.finding(fact, command.span, "`sudo` is used in the build"));
        }
    }
}

/// Packages without a version.
pub(in crate::rules) fn unpinned_package(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for command in commands(stage) {
        let Some((manager, package)) = unpinned(&command) else { continue };
        let what = format!("`{manager}` installs `{package}` in whatever version is the latest");
        let mut found = cx.finding(fact, command.command.span, what);
        // A distribution's repositories keep one version a release, so pinning there breaks builds.
        if ["apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper"].contains(&manager.as_str()) {
            found = found.level(Level::Pedantic);
        }
        cx.report(found);
    }
}

fn unpinned(command: &Plain<'_>) -> Option<(String, String)> {
    let manager = match command.program.as_ref() {
        "python" | "python3" if command.find(&["-m"]).is_some() => "pip",
        program => program,
    };
    let mut operands = Vec::new();
    let mut words = command.arguments.iter();
    while let Some(word) = words.next() {
        let word = word.known()?;
        if word.starts_with('-') {
            // Options whose value is the next word.
            if matches!(
                word.as_ref(),
                "-r" | "-c"
                    | "-e"
                    | "-i"
                    | "-t"
                    | "-f"
                    | "--requirement"
                    | "--constraint"
                    | "--index-url"
                    | "--extra-index-url"
                    | "--target"
                    | "--prefix"
                    | "--repository"
                    | "-X"
                    | "-m"
                    | "--trusted-host"
                    | "--find-links"
                    | "--virtual"
                    | "--loglevel"
                    | "--filter"
                    | "-F"
                    | "-C"
                    | "--dir"
                    | "--cwd"
                    | "--registry"
                    | "--store-dir"
                    | "--cache"
                    | "--cache-dir"
                    | "--cache-folder"
                    | "--network-timeout"
                    | "--network-concurrency"
                    | "--fetch-timeout"
                    | "--reporter"
                    | "--omit"
                    | "--timeout"
                    | "--default-timeout"
                    | "--retries"
                    | "--progress-bar"
                    | "--platform"
                    | "--python-version"
                    | "--only-binary"
                    | "--no-binary"
                    | "--userconfig"
                    | "--include"
                    | "--only"
                    | "--tag"
                    | "--workspace"
                    | "--modules-folder"
                    | "--install-strategy"
                    | "--mutex"
                    | "--maxsockets"
                    | "--https-proxy"
                    | "--fetch-retries"
                    | "-v"
                    | "--version"
            ) {
                if matches!(word.as_ref(), "-v" | "--version") && manager == "gem" {
                    return None;
                }
                words.next();
            }
            continue;
        }
        operands.push(word);
    }
    if manager == "pip" && operands.first().is_some_and(|word| word == "pip") {
        operands.remove(0);
    }
    let (verb, packages) = operands.split_first()?;
    let installs = match manager {
        "npm" | "pnpm" => matches!(verb.as_ref(), "install" | "i" | "add"),
        "yarn" | "apk" => verb == "add" || verb == "global",
        "apt-get" | "apt" | "yum" | "dnf" | "microdnf" | "zypper" | "pip" | "pip3" | "gem" => verb == "install",
        _ => false,
    };
    let pinned = |package: &str| match manager {
        "npm" | "pnpm" | "yarn" => {
            package.rfind('@').is_some_and(|at| at > 0 && &package[at..] != "@latest") || package == "global" || package == "add"
        }
        "pip" | "pip3" => package.contains("==") || package.contains("@ ") || package.contains("~="),
        "gem" => package.contains(':'),
        "yum" | "dnf" | "microdnf" | "zypper" => package.contains(|c: char| c.is_ascii_digit()) && package.contains('-'),
        _ => package.contains('=') || package.contains('~') || package.starts_with('.'),
    };
    let local = |package: &str| {
        package.starts_with(['.', '/'])
            || package.contains("://")
            || package.ends_with(".whl")
            || package.ends_with(".tgz")
            || package.ends_with(".deb")
            || package.ends_with(".rpm")
    };
    let tools = ["pip", "setuptools", "wheel", "npm"];
    let package = packages.iter().find(|package| !pinned(package) && !local(package) && !tools.contains(&package.as_ref()))?;
    installs.then(|| (manager.to_owned(), package.to_string()))
}
