//! Remix, and React Router as a framework: a module below `app/routes` is a route by its path, its `loader` answers
//! reads and its `action` everything else. Loaders run side by side, so that one of a layout guards no other;
//! `middleware` of a layout does.

use super::filed::{self, Filed, exported};
use super::names::Module;
use super::paths;
use crate::extract::Extract;
use crate::ir::{Fact, FactKind, Guard, GuardScope, Text};

const PACKAGE: &str = "@remix-run/react";

/// Whether a file is a route module: by its folder, or by the types that the framework writes for it.
pub(super) fn is_route(path: &str, text: &str) -> bool {
    let is_module = [".ts", ".tsx", ".js", ".jsx"].iter().any(|ending| path.ends_with(ending));
    let says = |word: &str| text.contains(word);
    is_module && (served(path).is_some() && says("export") || says("./+types/")) && (says("loader") || says("action") || says("middleware"))
}

/// Adds the routes of one module.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    if !is_route(&cx.file.path, &cx.file.text) {
        return;
    }
    let path = served(&cx.file.path).unwrap_or_else(|| named(&cx.file.path));
    let mut filed = Filed::new(PACKAGE);
    for (name, span) in exported(module) {
        let handler = filed::own(&cx.file.path, name, span);
        match name {
            "loader" => filed.add(filed.route("GET", &path, handler)),
            "action" => filed.add(filed.route("ACTION", &path, handler)),
            "middleware" | "unstable_middleware" => {
                let is_layout = cx.file.path.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
                let below = if is_layout { paths::unknown_below(span) } else { Text::lit(path.as_str(), span) };
                let guard = Guard::new(handler, GuardScope::Prefix(below, Vec::new()), None, 0);
                filed.facts.push(Fact::new(span, PACKAGE, FactKind::Guard(guard)));
            }
            _ => {}
        }
    }
    filed.emit(cx);
}

/// The path that a module below `app/routes` serves; `app/root.tsx` is above all.
fn served(file: &str) -> Option<String> {
    let (stem, _) = file.rsplit_once('.')?;
    if stem == "app/root" || stem.ends_with("/app/root") {
        return Some("/".to_owned());
    }
    let below = stem.strip_prefix("app/routes/").or_else(|| stem.split_once("/app/routes/").map(|(_, below)| below))?;
    let below = below.strip_suffix("/route").unwrap_or(below);
    let mut path = String::new();
    for folder in below.split('/') {
        let folder = folder.strip_suffix('+').unwrap_or(folder);
        for part in folder.split('.').filter(|part| !matches!(*part, "index" | "_index" | "route" | "server")) {
            segment(part, &mut path);
        }
    }
    Some(if path.is_empty() { "/".to_owned() } else { path })
}

/// `$id` is a parameter, `$` the rest, `_layout` no part of the path, `users_` is `users` outside of its layout.
fn segment(part: &str, path: &mut String) {
    let part = part.trim_matches(['(', ')']);
    if part.starts_with('_') || part.is_empty() {
        return;
    }
    path.push('/');
    match part.strip_prefix('$') {
        Some("") => path.push('*'),
        Some(name) => path.extend([":", name.trim_end_matches('_')]),
        None => path.push_str(part.trim_end_matches('_').trim_matches(['[', ']'])),
    }
}

/// What a module is called that the application's own list of routes places.
fn named(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    format!("/{}", name.split('.').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_a_path() {
        for (file, path) in [
            ("app/routes/beds.$bedId_.clear.tsx", "/beds/:bedId/clear"),
            ("apps/web/app/routes/_yard.customers.tsx", "/customers"),
            ("app/routes/_index.tsx", "/"),
            ("app/routes/admin/users/$id/route.tsx", "/admin/users/:id"),
            ("app/routes/api+/files.$.ts", "/api/files/*"),
        ] {
            assert_eq!(served(file).as_deref(), Some(path), "{file}");
        }
        assert_eq!(served("src/routes/index.ts"), None);
    }
}
