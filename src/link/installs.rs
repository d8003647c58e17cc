//! Which commands install JavaScript packages, and whether the packages may run scripts of their own when
//! they are installed.
//!
//! npm before 12 and Yarn 1 let every package; Yarn 2 to 4 do unless `enableScripts` says no; pnpm from 10
//! on, npm from 12 on and Bun ask for a list of those that may. What version runs is known only where
//! `packageManager` or the image says it, so npm counts as what Node.js ships (11 and older).

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Fact, FactKind, FileId, Install, Node, Resource, Script, Text, Tri};
use crate::lower::command::{Plain, is_assignment, plain};
use crate::source::Files;
use crate::source::paths::{folder_of, folders_up};

/// Says of each script what it installs.
pub(super) fn link(files: &Files, facts: &mut [Fact]) {
    let settings = Settings::new(files, facts);
    let changed = changes(facts);
    for fact in facts {
        let FactKind::Script(script) = &mut fact.kind else { continue };
        // What an earlier command of the file sets is not looked at more closely.
        let may_be_off = changed.contains(&fact.span.file);
        let path = files.path(fact.span.file);
        script.installs = script.commands.iter().filter_map(|command| install(&plain(command)?)).collect();
        for at in 0..script.installs.len() {
            let runs = if is_off_by_variable(script) { Tri::No } else { settings.allow(path, &script.installs[at].manager) };
            let install = &mut script.installs[at];
            let written = install.runs_scripts.and(runs);
            install.runs_scripts = if may_be_off { written.and(Tri::Maybe) } else { written };
        }
    }
}

/// Files whose scripts change the settings of npm, or npm itself.
fn changes(facts: &[Fact]) -> BTreeSet<FileId> {
    let changes = |script: &Script| {
        script.commands.iter().filter_map(plain).any(|command| {
            let line = command.line();
            line.contains("ignore-scripts") && !command.is(&["npm", "yarn", "pnpm"])
                || line.contains("ignore-scripts") && line.contains("config")
                || line.contains("enableScripts")
                || command.is(&["npm"]) && [" npm@12", " npm@latest", " npm@next"].iter().any(|version| line.contains(version))
        })
    };
    facts.iter().filter(|fact| matches!(&fact.kind, FactKind::Script(script) if changes(script))).map(|fact| fact.span.file).collect()
}

/// A command that installs packages.
fn install(command: &Plain<'_>) -> Option<Install> {
    let manager = ["npm", "pnpm", "yarn", "bun"].into_iter().find(|manager| command.is(&[manager]))?;
    let verb = command.arguments.iter().map(Text::known).find(|word| !word.as_ref().is_some_and(|word| word.starts_with('-')));
    let installs = match verb {
        // A verb that is not known.
        Some(None) => false,
        Some(Some(verb)) => {
            matches!(verb.as_ref(), "install" | "i" | "ci" | "add" | "clean-install" | "install-clean" | "cit" | "it")
                && !(manager == "yarn" && matches!(verb.as_ref(), "ci" | "i" | "it"))
        }
        None => manager == "yarn",
    };
    if !installs || command.has(&["--version", "-v", "--help", "--dry-run", "--lockfile-only", "--package-lock-only"]) {
        return None;
    }
    let is_off = is_flag_on(command, "--ignore-scripts") || command.find(&["--mode"]).is_some_and(|mode| mode.ends("skip-build").is_yes());
    let by_assignment = command
        .command
        .words
        .iter()
        .map_while(Text::known)
        .take_while(|word| is_assignment(word))
        .any(|word| word.split_once('=').is_some_and(|(name, value)| is_switch(name, value)));
    let runs_scripts = Tri::from(!is_off && !by_assignment);
    Some(Install { manager: manager.into(), runs_scripts, span: command.command.span })
}

/// `--flag` or `--flag=true`.
fn is_flag_on(command: &Plain<'_>, flag: &str) -> bool {
    command.find(&[flag]).is_some_and(|word| !word.ends("=false").is_yes())
}

fn is_off_by_variable(script: &Script) -> bool {
    script.variables.iter().any(|variable| {
        let value = variable.value.as_ref().map(ToString::to_string).unwrap_or_default();
        is_switch(&variable.name, value.trim_matches('"'))
    })
}

/// Whether a variable of the environment switches scripts off.
fn is_switch(name: &str, value: &str) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "npm_config_ignore_scripts" => matches!(value, "true" | "1"),
        "yarn_enable_scripts" => matches!(value, "false" | "0"),
        _ => false,
    }
}

/// What the settings of package managers say, by folder.
#[derive(Default)]
struct Settings {
    /// By manager and folder; the answer of the nearest folder holds.
    allow: BTreeMap<(&'static str, String), Tri>,
    /// The manager and its major version as `packageManager` of a folder names it.
    versions: BTreeMap<String, (String, u32)>,
}

impl Settings {
    fn new(files: &Files, facts: &[Fact]) -> Self {
        let mut settings = Self::default();
        for fact in facts {
            let FactKind::Resource(resource) = &fact.kind else { continue };
            let folder = || folder_of(files.path(fact.span.file)).to_owned();
            match (resource.provider.as_str(), resource.ty.as_str()) {
                ("npm", "settings") => settings.npm(&folder(), resource),
                ("npm", "package") => settings.package(folder(), resource),
                ("yarn", "settings") => {
                    if let Some(value) = resource.attrs.get("enableScripts").and_then(Node::as_bool) {
                        settings.allow.insert(("yarn", folder()), value.into());
                    }
                }
                ("pnpm", "settings") => settings.pnpm(&folder(), &resource.attrs),
                _ => {}
            }
        }
        settings
    }

    fn npm(&mut self, folder: &str, resource: &Resource) {
        let says = |key: &str| resource.attrs.get(key).and_then(Node::as_bool);
        if says("ignore-scripts") == Some(true) || says("strict-allow-scripts") == Some(true) {
            for manager in ["npm", "pnpm", "yarn"] {
                self.allow.insert((manager, folder.to_owned()), Tri::No);
            }
        }
    }

    fn package(&mut self, folder: String, resource: &Resource) {
        // npm 12 goes by this list; npm 11 reads it and warns.
        if resource.attrs.get("allowScripts").is_some() || resource.attrs.get("lavamoat").is_some() {
            self.allow.entry(("npm", folder.clone())).or_insert(Tri::Maybe);
        }
        if let Some(pnpm) = resource.attrs.get("pnpm") {
            self.pnpm(&folder, pnpm);
        }
        let named = resource.attrs.get("packageManager").and_then(Node::as_str).and_then(|named| named.split_once('@'));
        if let Some((manager, version)) = named
            && let Some(major) = version.split('.').next().and_then(|major| major.parse().ok())
        {
            self.versions.insert(folder, (manager.to_owned(), major));
        }
    }

    fn pnpm(&mut self, folder: &str, attrs: &Node) {
        let lists = ["onlyBuiltDependencies", "neverBuiltDependencies", "onlyBuiltDependenciesFile", "allowBuilds"];
        if attrs.get("dangerouslyAllowAllBuilds").and_then(Node::as_bool) == Some(true) {
            self.allow.insert(("pnpm", folder.to_owned()), Tri::Yes);
        } else if lists.iter().any(|key| attrs.get(key).is_some()) {
            self.allow.entry(("pnpm", folder.to_owned())).or_insert(Tri::No);
        }
    }

    /// Whether an install in the project of the file at `path` runs scripts. The folder of a build is
    /// that of its file as a rule, and a workflow runs at the root.
    fn allow(&self, path: &str, manager: &str) -> Tri {
        let said = folders_up(folder_of(path))
            .find_map(|folder| self.allow.iter().find(|((name, at), _)| *name == manager && at == folder).map(|(_, said)| *said));
        if let Some(said) = said {
            return said;
        }
        // A folder below, which the script may have gone to.
        if self.allow.iter().any(|((name, _), said)| *name == manager && said.is_no()) {
            return Tri::Maybe;
        }
        let version = folders_up(folder_of(path))
            .find_map(|folder| self.versions.get(folder))
            .filter(|(name, _)| name == manager)
            .map(|(_, major)| *major);
        match (manager, version) {
            ("npm", Some(major)) => (major < 12).into(),
            ("pnpm", Some(major)) => (major < 10).into(),
            ("npm" | "yarn", _) => Tri::Yes,
            ("bun", _) => Tri::No,
            _ => Tri::Maybe,
        }
    }
}
