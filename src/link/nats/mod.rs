//! nats-server's configuration as a server has it: includes put in, variables resolved, aliases of
//! keys made one, and the tree cut into the sections that rules ask about.
//!
//! Source of names and aliases: `server/opts.go` of nats-server 2.11.

mod sections;

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Entry, Fact, FactKind, Hop, HopKind, Map, Node, NodeKind, Ref, Scope, SecretFamily, Span};
use crate::lower::nats::{Config, canonical, is_written};
use crate::secrets::credential;
use crate::source::paths::{folder_of, join};

use super::Linker;

/// Files included into each other.
const MAX_INCLUDES: usize = 8;
/// Nodes and look-ups of all configurations.
const MAX_STEPS: usize = 1_000_000;

/// Replaces each configuration, wherever it stands, by its sections.
pub(super) fn link(linker: &mut Linker) {
    let mut configs = Vec::new();
    linker.facts.retain(|fact| {
        crate::lower::nats::configs(fact, linker.files.path(fact.span.file), &mut configs);
        !fact.resource().is_some_and(|it| matches!(it.ty.as_str(), "nats-config" | "nats-fragment" | "nats-command"))
    });
    if configs.is_empty() {
        return;
    }
    let by_path = configs.iter().enumerate().map(|(at, config)| (config.path.as_str(), at)).collect();
    let mut expander = Expander { configs: &configs, by_path, included: BTreeSet::new(), steps: 0 };
    let expanded: Vec<(Map, BTreeSet<usize>)> = (0..configs.len()).map(|at| expander.whole(at)).collect();
    let mut sections = Vec::new();
    for at in roots(&configs, &expanded) {
        sections::cut(&configs[at], &expanded[at].0, &mut sections);
    }
    let mut seen = BTreeSet::new();
    // What several servers include is told once.
    sections.retain(|fact| fact.resource().is_none_or(|it| seen.insert((fact.span, it.ty.clone(), it.name.clone()))));
    own_secrets(&sections, &mut linker.facts);
    linker.facts.extend(sections);
}

/// The configurations that a server is started with: those that no other one includes, and of files
/// that include each other the first.
fn roots(configs: &[Config], expanded: &[(Map, BTreeSet<usize>)]) -> Vec<usize> {
    let included: BTreeSet<usize> = expanded.iter().flat_map(|(_, files)| files).copied().collect();
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    let mut roots = Vec::new();
    let (whole, parts): (Vec<usize>, Vec<usize>) = (0..configs.len()).partition(|at| !included.contains(at));
    for at in whole.into_iter().chain(parts) {
        if !reached.contains(&at) && !configs[at].only_included {
            roots.push(at);
            reached.extend(&expanded[at].1);
        }
    }
    roots
}

/// Of a password in a section one rule tells: the one about NATS. What the text alone could not tell for a
/// password becomes a secret too, so that no report shows it.
fn own_secrets(sections: &[Fact], facts: &mut Vec<Fact>) {
    const KEYS: [&str; 5] = ["password", "token", "key", "tpm.encryption_password", "tpm.srk_password"];
    let mut literals: BTreeMap<Span, (&str, &str)> = BTreeMap::new();
    for section in sections.iter().filter_map(Fact::resource).filter(|it| matches!(it.ty.as_str(), "nats-user" | "nats-jetstream")) {
        for key in KEYS {
            let values = section.attrs.all(key).into_iter().filter_map(|value| Some((value.span, (value.as_str()?, key))));
            literals.extend(values.filter(|(_, (value, _))| is_written(value)));
        }
    }
    for fact in facts.iter_mut() {
        let FactKind::Secret(secret) = &mut fact.kind else { continue };
        let place = literals.range(Span { end: 0, ..secret.span }..).next().map(|(place, _)| *place);
        let Some(place) = place.filter(|place| place.start == secret.span.start && place.file == secret.span.file) else { continue };
        literals.remove(&place);
        if secret.family == SecretFamily::Generic {
            secret.family = SecretFamily::NatsUser;
        }
    }
    facts.extend(literals.into_iter().map(|(span, (value, key))| credential(span, value, key, SecretFamily::NatsUser)));
}

/// Puts in includes and variables.
struct Expander<'f> {
    configs: &'f [Config],
    by_path: BTreeMap<&'f str, usize>,
    /// What the configuration at hand includes.
    included: BTreeSet<usize>,
    /// Work done so far.
    steps: usize,
}

impl<'f> Expander<'f> {
    /// One configuration, and those that it includes.
    fn whole(&mut self, at: usize) -> (Map, BTreeSet<usize>) {
        let config = &self.configs[at];
        let map = self.map(&config.map, &config.path, &mut Vec::new(), 0);
        self.included.remove(&at);
        (map, std::mem::take(&mut self.included))
    }

    /// `scopes` are the enclosing maps as written with their paths, outermost first.
    fn map(&mut self, map: &'f Map, path: &'f str, scopes: &mut Vec<(&'f Map, &'f str)>, includes: usize) -> Map {
        let mut whole = Map::default();
        scopes.push((map, path));
        for entry in &map.entries {
            match entry {
                Entry::Spread(node) => match self.include(node, path).filter(|_| includes < MAX_INCLUDES && self.steps < MAX_STEPS) {
                    Some(at) => {
                        self.included.insert(at);
                        let config = &self.configs[at];
                        whole.entries.extend(self.map(&config.map, &config.path, scopes, includes + 1).entries);
                    }
                    None => whole.entries.push(entry.clone()),
                },
                Entry::Pair { key, key_span, value } => {
                    let value = self.node(value, path, scopes, includes);
                    whole.push(canonical(key), *key_span, value);
                }
                Entry::Computed { .. } => whole.entries.push(entry.clone()),
            }
        }
        scopes.pop();
        whole
    }

    /// The configuration that an `include` names.
    fn include(&self, node: &Node, path: &str) -> Option<usize> {
        let file = node.as_ref().and_then(Ref::module)?;
        self.by_path.get(join(folder_of(path), file)?.as_str()).copied()
    }

    fn node(&mut self, node: &'f Node, path: &'f str, scopes: &mut Vec<(&'f Map, &'f str)>, includes: usize) -> Node {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Node::unknown(crate::ir::Why::Bound, node.span);
        }
        match &node.kind {
            NodeKind::Map(map) => Node::new(node.span, NodeKind::Map(self.map(map, path, scopes, includes))),
            NodeKind::List(items) => {
                Node::new(node.span, NodeKind::List(items.iter().map(|item| self.node(item, path, scopes, includes)).collect()))
            }
            NodeKind::Ref(name) if name.scope == Scope::Local => self.variable(name.last(), node.span, scopes, includes),
            _ => node.clone(),
        }
    }

    /// The value of the nearest enclosing key of that name, else the environment's.
    fn variable(&mut self, name: &str, span: Span, scopes: &mut Vec<(&'f Map, &'f str)>, includes: usize) -> Node {
        let found = scopes.iter().rev().find_map(|(scope, path)| self.lookup(scope, path, name, 0));
        let Some((value, path)) = found.filter(|(value, _)| value.weight(64) < 64 && value.as_ref().is_none()) else {
            return Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, [name])));
        };
        // A map or list that a name stands for may hold names of its own, but not lead on forever.
        let mut value = if includes < MAX_INCLUDES { self.node(value, path, scopes, includes + 1) } else { value.clone() };
        value.via = value.via.then(Hop { kind: HopKind::Use, name: name.into(), span });
        value
    }

    /// The value of a key in a map or in what it includes, and the file that it stands in.
    fn lookup(&mut self, scope: &'f Map, path: &'f str, name: &str, includes: usize) -> Option<(&'f Node, &'f str)> {
        self.steps += scope.entries.len();
        if includes > MAX_INCLUDES || self.steps > MAX_STEPS {
            return None;
        }
        scope.entries.iter().rev().find_map(|entry| match entry {
            Entry::Pair { key, value, .. } => key.eq_ignore_ascii_case(name).then_some((value, path)),
            Entry::Spread(node) => {
                let config = &self.configs[self.include(node, path)?];
                self.lookup(&config.map, &config.path, name, includes + 1)
            }
            Entry::Computed { .. } => None,
        })
    }
}
