//! Where secrets are when they are in no file: in bundles for browsers, in environments that untrusted
//! code runs in, in files that the next commit may take along.

pub(super) mod dotenv;
pub(super) mod sdk;

use std::collections::BTreeSet;

use super::Check;
use crate::finding::{Level, Severity};
use crate::ir::{EnvEntry, Fact, FactKind, Kind, Node, NodeKind, Scope, Script, Text, Variable};
use crate::lower::variable::{Inlined, inlined, is_secret_for_browsers};

/// Packages run scripts of their own while secrets are in the environment.
pub(super) fn install_with_secrets(cx: &mut Check<'_>, fact: &Fact, script: &Script) {
    let secrets: Vec<&Variable> = script.variables.iter().filter(|variable| variable.secret && !is_npm_file(&variable.name)).collect();
    let Some(first) = secrets.first() else { return };
    for install in script.installs.iter().filter(|install| install.runs_scripts.is_yes()) {
        let what = format!("`{}` runs the scripts of every dependency while {} is in the environment", install.manager, names(&secrets));
        let mut found = cx.finding(fact, install.span, what).subject(format!("{}:{}", fact.owner, first.name));
        // The token that fetches private packages is often there for no other purpose.
        if secrets.iter().all(|variable| reads_registry(&variable.name)) {
            found = found.severity(Severity::Low);
        }
        cx.report(found.related(first.span, "the secret"));
    }
}

/// Packages run scripts of their own, with nothing to steal as far as the file says.
pub(super) fn install_scripts(cx: &mut Check<'_>, fact: &Fact, script: &Script) {
    if script.variables.iter().any(|variable| variable.secret && !is_npm_file(&variable.name)) {
        return;
    }
    for install in script.installs.iter().filter(|install| install.runs_scripts.is_yes()) {
        let what = format!("`{}` runs the install scripts of every dependency", install.manager);
        cx.report(cx.finding(fact, install.span, what).level(Level::Pedantic));
    }
}

/// `--mount=type=secret,id=npmrc`: shown to the install on purpose, since it fetches with it.
fn is_npm_file(name: &str) -> bool {
    name.to_ascii_lowercase().trim_start_matches('.').starts_with("npmrc")
}

fn reads_registry(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["npm", "node_auth", "yarn", "registry", "github_packages", "gh_packages", "artifactory", "font_awesome", "fontawesome"]
        .iter()
        .any(|word| name.contains(word))
}

/// The first names, and how many there are besides.
fn names(secrets: &[&Variable]) -> String {
    let shown: Vec<String> = secrets.iter().take(3).map(|secret| format!("`{}`", secret.name)).collect();
    match secrets.len().saturating_sub(3) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A secret under a name, or in a place, that a build writes into the code for browsers.
pub(super) fn public_env(cx: &mut Check<'_>) {
    let mut told = BTreeSet::new();
    for fact in cx.model.of(Kind::EnvEntry) {
        let FactKind::EnvEntry(entry) = &fact.kind else { continue };
        let what = if entry.place == "bundle" {
            let Some(name) = bundled_secret(entry) else { continue };
            format!("the build writes the value of `{name}` into the code that every visitor downloads")
        } else {
            let Some(row) = inlined(&entry.key).filter(|_| is_secret_for_browsers(&entry.key) && may_be_secret(&entry.value)) else {
                continue;
            };
            if entry.place != "source" && !is_used(cx, row) {
                continue;
            }
            format!(
                "`{}` begins with `{}`, so that {} writes its value into the code that every visitor downloads",
                entry.key, row.prefix, row.tool
            )
        };
        // A file that reads it ten times is wrong once.
        if told.insert((fact.span.file, &entry.key)) {
            let found = cx.finding(fact, fact.span, what);
            cx.report_by_place(found);
        }
    }
}

/// The secret that the settings of a bundler hand over: by the key, or by the variable that they read.
fn bundled_secret(entry: &EnvEntry) -> Option<&str> {
    let key = entry.key.rsplit('.').next().unwrap_or(&entry.key);
    let is_literal = matches!(entry.value.kind, NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Null);
    if !is_literal && is_secret_for_browsers(key) && may_be_secret(&entry.value) {
        return Some(key);
    }
    read_variable(&entry.value, 4).filter(|name| is_secret_for_browsers(name))
}

/// The variable that an expression reads: `process.env.X`, `JSON.stringify(process.env.X)`, `process.env.X ?? ''`.
fn read_variable(node: &Node, depth: u32) -> Option<&str> {
    match &node.kind {
        NodeKind::Ref(name) => (name.scope == Scope::Env && name.path.len() == 1).then(|| name.first()),
        NodeKind::Call(call) if depth > 0 && call.callee.last() == "stringify" => read_variable(call.args.first()?, depth - 1),
        NodeKind::Op(crate::ir::Op::Or | crate::ir::Op::Coalesce, operands) if depth > 0 => read_variable(operands.first()?, depth - 1),
        _ => None,
    }
}

/// Whether a value may be a secret: no switch, no number, no key that is made for browsers.
fn may_be_secret(value: &Node) -> bool {
    if value.as_bool().is_some() || value.as_number().is_some() {
        return false;
    }
    let is_harmless = |text: &str| {
        let is_address = (text.starts_with("http://") || text.starts_with("https://")) && !text.contains('@');
        is_address || ["pk_", "pk.", "phc_"].iter().any(|start| text.starts_with(start))
    };
    !value.as_text().and_then(Text::known).is_some_and(|text| is_harmless(&text))
}

/// Whether the repository uses the tool that inlines a prefix, for one that other programs use as well.
fn is_used(cx: &Check<'_>, row: &Inlined) -> bool {
    let depends = |package: &Node| {
        ["dependencies", "devDependencies"]
            .iter()
            .filter_map(|sort| package.get(sort))
            .any(|list| row.with.iter().any(|name| list.get(name).is_some()))
    };
    row.with.is_empty()
        || cx.model.of(Kind::Resource).any(|fact| match &fact.kind {
            FactKind::Resource(resource) => resource.provider == "npm" && resource.ty == "package" && depends(&resource.attrs),
            _ => false,
        })
}
