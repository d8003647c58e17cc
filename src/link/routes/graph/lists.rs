//! Several services at once: the elements of a list, all that a module or an object holds, the plugins of a folder.

use super::{Child, Graph, Service};
use crate::ir::{Call, For, Node, NodeKind, Text};
use crate::link::routes::names::{Names, Place};

/// How many elements of a list of routers are mounted.
const MAX_ELEMENTS: usize = 500;

impl Graph {
    /// The plugins of a folder, each below the folders that lead to it: `autoload({ dir: join(__dirname, 'routes') })`.
    pub(super) fn loaded(&self, node: &Node, call: &Call, names: &Names<'_>, out: &mut Vec<Child>) {
        let Some(dir) = call.args.first().and_then(|options| options.get("dir")) else { return };
        let parts: Vec<&str> = match &dir.kind {
            NodeKind::Call(join) => join.args.iter().filter_map(Node::as_str).collect(),
            NodeKind::Text(text) => text.as_str().into_iter().collect(),
            _ => Vec::new(),
        };
        let written = parts.iter().map(|part| part.trim_matches('/').trim_start_matches("./")).filter(|part| !part.is_empty());
        let written: Vec<&str> = written.collect();
        if written.is_empty() || written.iter().any(|part| part.contains("..")) {
            return;
        }
        let here = names.path(node.span.file).rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let root = format!("{here}{}/", written.join("/"));
        let is_on = |key: &str| call.args.first().and_then(|options| options.get(key)).is_some_and(|value| value.as_bool() != Some(false));
        let is_plugin = |place: &Place, service: &Service| service.framework == "fastify" && place.name.contains("@@");
        // `autohooks.js` is run for the plugins beside it, and for those in the folders below if it is asked for.
        let mut hooks: Vec<(&str, &Place)> = Vec::new();
        for (place, _) in self.services.iter().filter(|(place, service)| is_on("autoHooks") && is_plugin(place, service)) {
            if let Some(below) = names.path(place.file).strip_prefix(root.as_str())
                && let Some(folder) = autohooks(below)
            {
                hooks.push((folder, place));
            }
        }
        hooks.sort_by_key(|(folder, _)| folder.len());
        for (place, service) in &self.services {
            let Some(below) = names.path(place.file).strip_prefix(root.as_str()) else { continue };
            if hooks.iter().any(|(_, hook)| hook.file == place.file) {
                continue;
            }
            if is_plugin(place, service) && !out.iter().any(|child| child.service.file == place.file) {
                let folder = below.rsplit_once('/').map_or("", |(folder, _)| folder);
                let holds = |at: &str| folder == at || is_on("cascadeHooks") && (at.is_empty() || folder.starts_with(&format!("{at}/")));
                let hooks = hooks.iter().filter(|(at, _)| holds(at)).map(|(_, hook)| (*hook).clone()).collect();
                let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders).replace("/_", "/:");
                let folders = folders.strip_prefix('_').map_or(folders.clone(), |rest| format!(":{rest}"));
                let prefix = Text::lit(format!("/{folders}"), node.span);
                out.push(Child { prefix: Some(prefix), hooks, ..Child::new(place.clone(), false) });
            }
        }
    }

    /// `routes.forEach((route) => app.use(route.path, route.router))` over a list of another file: each element
    /// with its own path.
    pub(super) fn each(&self, it: &For, parent: &Place, names: &Names<'_>, depth: usize, out: &mut Vec<Child>) {
        let part = |element: &Node, name: &Node| {
            let path = name.as_ref().filter(|name| name.path.first() == Some(&it.value)).map(|name| name.path[1..].join("."))?;
            if path.is_empty() { Some(element.clone()) } else { element.all(&path).first().map(|node| (*node).clone()) }
        };
        for element in &elements(&it.over, names) {
            let before = out.len();
            if let Some(child) = part(element, &it.body) {
                self.children_of(&child, parent, names, depth, out);
            }
            let prefix = it.map_key.as_ref().and_then(|key| part(element, key)).and_then(|node| node.as_text().cloned());
            for child in &mut out[before..] {
                child.prefix.clone_from(&prefix);
            }
        }
    }
}

/// What a list holds, or what `Object.values` gives of an object or of what a file exports.
pub(super) fn elements(list: &Node, names: &Names<'_>) -> Vec<Node> {
    let list = names.chase(list);
    match &list.kind {
        NodeKind::List(items) => items.iter().take(MAX_ELEMENTS).map(|item| names.chase(item).clone()).collect(),
        NodeKind::Call(call) if call.is_values() => {
            let [of] = call.args.as_slice() else { return Vec::new() };
            let exported = of.as_ref().map(|name| names.exported(of.span.file, name, MAX_ELEMENTS)).unwrap_or_default();
            match names.chase(of).as_map().filter(|_| exported.is_empty()) {
                Some(map) => map.pairs().take(MAX_ELEMENTS).map(|(_, value)| value.clone()).collect(),
                None => exported,
            }
        }
        _ => Vec::new(),
    }
}

/// The folder of a file of hooks below the folder that is loaded.
fn autohooks(below: &str) -> Option<&str> {
    let (folder, file) = below.rsplit_once('/').unwrap_or(("", below));
    let stem = file.strip_suffix("js").or_else(|| file.strip_suffix("ts"))?.trim_end_matches(['m', 'c']);
    matches!(stem, "autohooks." | ".autohooks." | "_autohooks.").then_some(folder)
}
