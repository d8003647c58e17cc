//! Which rules there are, which are active, and the loop that runs them.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::finding::Finding;
use crate::ir::{Depth, Kind};
use crate::link::Model;

use super::{Check, Logic, Rule};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// All rules: the built-in ones and a user's own.
#[derive(Debug, Clone)]
pub struct Registry {
    rules: Vec<&'static Rule>,
}

/// The rules that run, by the kind of fact they want.
#[derive(Debug)]
pub struct Active {
    registry: Registry,
    running: BTreeSet<&'static str>,
    by_kind: FxHashMap<Kind, Vec<&'static Rule>>,
    on_model: Vec<&'static Rule>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { rules: BUILTIN.iter().collect() }
    }
}

impl Registry {
    /// The built-in rules and `own`; an id that is taken already is refused with its name.
    pub fn with(own: Vec<&'static Rule>) -> Result<Self, String> {
        let mut registry = Self::default();
        for rule in own {
            if registry.find(rule.id).is_some() {
                return Err(format!("rule id `{}` is taken already", rule.id));
            }
            registry.rules.push(rule);
        }
        Ok(registry)
    }

    /// Every rule, by family and id for the built-in ones.
    pub fn all(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// The rule of an id or a former id; case does not matter.
    pub fn find(&self, id: &str) -> Option<&'static Rule> {
        let named = |rule: &&&'static Rule| rule.id.eq_ignore_ascii_case(id);
        let renamed = |rule: &&&'static Rule| rule.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id));
        self.rules.iter().find(named).or_else(|| self.rules.iter().find(renamed)).copied()
    }

    /// The ids nearest to a word that is none, for "did you mean".
    pub fn suggest(&self, word: &str) -> Option<&'static str> {
        let word = word.to_ascii_lowercase();
        let score = |id: &str| {
            let shared = id.split('-').filter(|part| word.split('-').any(|other| other == *part)).count();
            (shared, std::cmp::Reverse(id.len().abs_diff(word.len())))
        };
        self.rules.iter().map(|rule| rule.id).filter(|id| score(id).0 > 0).max_by_key(|id| score(id))
    }

    /// The rules that `keep` lets run.
    pub fn active(&self, keep: impl Fn(&Rule) -> bool) -> Active {
        let mut active = Active { registry: self.clone(), running: BTreeSet::new(), by_kind: FxHashMap::default(), on_model: Vec::new() };
        for rule in self.rules.iter().copied().filter(|rule| keep(rule)) {
            active.running.insert(rule.id);
            match rule.logic.kind() {
                Some(kind) => active.by_kind.entry(kind).or_default().push(rule),
                None => active.on_model.push(rule),
            }
        }
        active
    }
}

impl Active {
    /// The rule of an id, whether it runs or not.
    pub fn find(&self, id: &str) -> Option<&'static Rule> {
        self.registry.find(id)
    }

    /// The rule of an id if it runs.
    pub fn running(&self, id: &str) -> Option<&'static Rule> {
        self.find(id).filter(|rule| self.running.contains(rule.id))
    }

    /// The id nearest to a word that is none.
    pub fn suggest(&self, word: &str) -> Option<&'static str> {
        self.registry.suggest(word)
    }

    /// How much of each file these rules need to be read.
    pub fn depth(&self) -> Depth {
        let secrets_alone = self.on_model.is_empty() && self.by_kind.keys().all(|kind| *kind == Kind::Secret);
        if secrets_alone { Depth::Secrets } else { Depth::Structure }
    }

    /// How many rules run.
    pub fn count(&self) -> usize {
        Kind::ALL.iter().filter_map(|kind| self.by_kind.get(kind)).map(Vec::len).sum::<usize>() + self.on_model.len()
    }
}

/// Runs the active rules over the model. The count of calls (a rule looking at a fact) is the
/// deterministic measure that the benchmark's golden holds.
pub fn run(active: &Active, model: &Model) -> (Vec<Finding>, usize) {
    let mut found = Vec::new();
    let mut calls = 0;
    for fact in &model.facts {
        for rule in active.by_kind.get(&fact.kind.kind()).into_iter().flatten().copied() {
            calls += 1;
            let mut cx = Check::new(model, rule);
            rule.logic.visit(&mut cx, fact);
            found.append(&mut cx.finish());
        }
    }
    for rule in active.on_model.iter().copied() {
        calls += 1;
        let mut cx = Check::new(model, rule);
        if let Logic::Model(check) = rule.logic {
            check(&mut cx);
        }
        found.append(&mut cx.finish());
    }
    for finding in &mut found {
        crate::repair::propose(finding, &model.files);
    }
    (found, calls)
}
