//! Lock files: which version of each package is installed, read line by line. Their trees would be
//! megabytes of which nothing else is asked.

use smol_str::SmolStr;

use super::Extract;
use super::document::resource;
use crate::ir::{Map, Node, NodeKind, Span};

/// Emits one resource, `lock` of its ecosystem, whose attributes are package names with their versions.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let path = cx.file.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let (provider, is_toml) = match name {
        "package-lock.json" | "npm-shrinkwrap.json" | "pnpm-lock.yaml" => ("npm", false),
        "cargo.lock" => ("cargo", true),
        _ => return,
    };
    let mut versions = Versions { cx, map: Map::default() };
    match name {
        "pnpm-lock.yaml" => versions.pnpm(),
        _ => versions.assigned(is_toml),
    }
    let Versions { map, .. } = versions;
    if !map.entries.is_empty() {
        let span = Span::new(cx.file.id, 0, 0);
        resource(cx, span, provider, "lock", name, Node::new(span, NodeKind::Map(map)));
    }
}

struct Versions<'c, 'f> {
    cx: &'c Extract<'f>,
    map: Map,
}

impl Versions<'_, '_> {
    /// A line that names a package, and a later one that says its version: `"node_modules/x": {` and
    /// `"version": "1"` of npm, `name = "x"` and `version = "1"` of Cargo.
    fn assigned(&mut self, is_toml: bool) {
        let mut package = None;
        let mut at = 0;
        for line in self.cx.file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let Some((key, value)) = line.split_once(if is_toml { '=' } else { ':' }) else { continue };
            let (key, value) = (key.trim().trim_matches('"'), value.trim().trim_end_matches(','));
            let names_package = if is_toml { key == "name" } else { value.starts_with('{') };
            if names_package {
                let name = if is_toml { value } else { key };
                package = Some(name.trim_matches('"').rsplit("node_modules/").next().unwrap_or_default());
                // `"node_modules/x": { "version": "1", … }` on one line.
                let said = value.split_once("\"version\":").filter(|_| !is_toml).and_then(|(_, rest)| rest.split('"').nth(1));
                if let Some((package, version)) = said.and_then(|version| Some((package.take()?, version))) {
                    self.add(package, version, start, at);
                }
            } else if key == "version"
                && let Some(package) = package.take()
            {
                self.add(package, value.trim_matches('"'), start, at);
            }
        }
    }

    /// `  /jsonwebtoken@8.5.1:`, `  '@scope/x@1.0.0(peer@2)':`.
    fn pnpm(&mut self) {
        let mut at = 0;
        for line in self.cx.file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let Some(key) = line.trim().strip_suffix(':') else { continue };
            let key = key.trim_matches('\'').trim_start_matches('/');
            let key = key.split('(').next().unwrap_or_default();
            if let Some((name, version)) = key.rsplit_once('@')
                && version.starts_with(|first: char| first.is_ascii_digit())
            {
                self.add(name, version, start, at);
            }
        }
    }

    fn add(&mut self, package: &str, version: &str, start: usize, end: usize) {
        if package.is_empty() || version.len() > 64 {
            return;
        }
        let span = Span::new(self.cx.file.id, start, end.saturating_sub(1).max(start));
        self.map.push(SmolStr::from(package), span, Node::text(version, span));
    }
}
