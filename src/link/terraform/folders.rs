//! Which folders are root modules, and how one folder names another.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::config::{Config, Configs, Named};
use crate::source::paths::join;

/// The folders to start from: those that no other calls, those that only examples and tests call,
/// and one of each circle. What was downloaded is reached through its callers alone.
pub(super) fn roots(configs: &Configs) -> Vec<SmolStr> {
    let mut called = BTreeSet::new();
    for config in configs.values() {
        called.extend(config.calls.iter().filter_map(|call| source_dir(configs, config, call)).filter(|dir| {
            let target = &configs[dir];
            *dir != config.dir && (target.is_example || !config.is_example)
        }));
    }
    let own = || configs.keys().filter(|dir| !is_downloaded(dir));
    let mut roots: Vec<SmolStr> = own().filter(|dir| !called.contains(*dir)).cloned().collect();
    let mut reached = BTreeSet::new();
    for root in &roots {
        reach(configs, root, &mut reached);
    }
    for dir in own() {
        if !reached.contains(dir) {
            reach(configs, dir, &mut reached);
            roots.push(dir.clone());
        }
    }
    roots.sort();
    roots
}

fn reach(configs: &Configs, dir: &SmolStr, reached: &mut BTreeSet<SmolStr>) {
    let mut open = vec![dir.clone()];
    while let Some(dir) = open.pop() {
        if let Some(config) = configs.get(&dir)
            && reached.insert(dir)
        {
            open.extend(config.calls.iter().filter_map(|call| source_dir(configs, config, call)));
        }
    }
}

/// Whether `terraform init` put a folder there.
pub(super) fn is_downloaded(path: &str) -> bool {
    path.split('/').any(|part| part == ".terraform")
}

/// The folder of a local module call, if it is in the repository.
pub(super) fn source_dir(configs: &Configs, config: &Config, call: &Named) -> Option<SmolStr> {
    let source = call.value.get("source")?.as_str()?;
    if !source.starts_with("./") && !source.starts_with("../") && source != "." && source != ".." {
        return None;
    }
    let dir = join(&config.dir, source)?;
    configs.contains_key(dir.as_str()).then(|| dir.into())
}

/// The folder `to` as it is written in the folder `from`: `../../modules/disk`, `.` for itself.
pub(super) fn relative(from: &str, to: &str) -> SmolStr {
    let parts = |path: &'_ str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut steps: Vec<&str> = vec![".."; from.len() - shared];
    steps.extend(to[shared..].iter().map(String::as_str));
    if steps.is_empty() { SmolStr::new_static(".") } else { steps.join("/").into() }
}
