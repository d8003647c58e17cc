//! Terraform as `terraform plan` would see it without a provider: every root module is evaluated,
//! local modules once for each call with its arguments, `count` and `for_each` make instances.
//!
//! Names are evaluated when they are asked for and remembered, so that locals, variables, module
//! arguments and outputs come in any order; a name that is asked for while it is evaluated is a
//! cycle and stays unknown. Nothing is guessed: a variable without a value stays a name.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "numbers of HCL are floats; counts and indices are far below 2^52, and casts saturate"
)]

mod access;
pub(super) mod companions;
mod config;
mod eval;
mod folders;
mod functions;
mod handle;
mod instance;
mod plan;
mod types;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use self::config::{Config, Configs, Named};
use self::eval::Scope;
use self::folders::{is_downloaded, roots, source_dir};
use self::instance::{Key, Keys, MAX_INSTANCES};
use super::Linker;
use crate::ir::{Entry, Fact, FactKind, Hop, HopKind, Map, Node, NodeKind, Problem, ProblemKind, Resource, ResourceMode, Span, Why};
use crate::source::Files;

/// Evaluated nodes of one root module.
const MAX_STEPS: usize = 1_000_000;
/// Evaluated nodes of all root modules.
const MAX_ALL_STEPS: usize = 40_000_000;
/// Module instances of one root module.
const MAX_MODULES: usize = 2_000;
/// Calls in calls.
const MAX_MODULE_DEPTH: usize = 24;
/// Resource instances of one root module.
const MAX_RESOURCES: usize = 20_000;
/// Resource instances of all root modules.
const MAX_ALL_RESOURCES: usize = 200_000;

/// Replaces the resources as written by their evaluated instances.
pub(super) fn evaluate(linker: &mut Linker) {
    let configs = config::collect(linker);
    let mut evaluated = Vec::new();
    let mut problems = Vec::new();
    let (mut left, mut room) = (MAX_ALL_STEPS, MAX_ALL_RESOURCES);
    for dir in roots(&configs) {
        let mut evaluator = Evaluator::new(&configs, &linker.files);
        let before = MAX_STEPS.saturating_sub(left);
        evaluator.steps = before;
        evaluator.room = room.min(MAX_RESOURCES);
        evaluator.run(&configs[&dir]);
        left = left.saturating_sub(evaluator.steps - before);
        room = room.saturating_sub(evaluator.facts.len());
        companions::link(&mut evaluator.facts);
        evaluated.push((dir, evaluator.facts));
        problems.append(&mut evaluator.problems);
    }
    problems.sort_by_key(|problem: &Problem| problem.span);
    problems.dedup();
    plan::link(linker, &mut evaluated);
    linker.facts.extend(evaluated.into_iter().flat_map(|(_, facts)| facts));
    linker.problems.append(&mut problems);
}

/// A name that is evaluated, or is being evaluated.
#[derive(Debug, Clone)]
enum Memo {
    Running,
    Done(Rc<Node>),
}

/// The instances of a module call, with their index in the evaluator.
type Children = Rc<Vec<(Key, usize)>>;

/// The instances of a resource, and whether it has `count` or `for_each`.
type Instances = Rc<(bool, Vec<Key>)>;

/// An instance of a module.
#[derive(Debug)]
struct Module<'c> {
    config: &'c Config,
    /// `infra/prod/module.a["k"].module.b`; of a root module its folder.
    path: SmolStr,
    /// The instance that calls it, with the index of the call and its key there.
    parent: Option<(usize, usize, Key)>,
    depth: usize,
    memo: FxHashMap<SmolStr, Memo>,
    /// Instances of the calls by index; `None` while they are found out.
    children: FxHashMap<usize, Option<Children>>,
    /// Instances of the resources by index.
    resources: FxHashMap<usize, Option<Instances>>,
}

/// What an address stands for.
#[derive(Debug, Clone)]
enum Handle {
    Resource {
        module: usize,
        index: usize,
        key: Key,
    },
    Module(usize),
    /// A module that is not in the repository.
    Absent,
}

/// Evaluates one root module with all that it calls.
#[derive(Debug)]
pub(super) struct Evaluator<'c> {
    configs: &'c Configs,
    files: &'c Files,
    modules: Vec<Module<'c>>,
    handles: FxHashMap<SmolStr, Handle>,
    attrs: FxHashMap<(SmolStr, SmolStr), Memo>,
    templates: FxHashMap<SmolStr, Option<Rc<Node>>>,
    facts: Vec<Fact>,
    problems: Vec<Problem>,
    /// Resource instances that there is room for, and whether there were more.
    room: usize,
    is_full: bool,
    steps: usize,
    depth: usize,
}

impl<'c> Evaluator<'c> {
    fn new(configs: &'c Configs, files: &'c Files) -> Self {
        Self {
            configs,
            files,
            modules: Vec::new(),
            handles: FxHashMap::default(),
            attrs: FxHashMap::default(),
            templates: FxHashMap::default(),
            facts: Vec::new(),
            problems: Vec::new(),
            room: MAX_RESOURCES,
            is_full: false,
            steps: 0,
            depth: 0,
        }
    }

    fn root_dir(&self) -> SmolStr {
        self.modules.first().map(|module| module.config.dir.clone()).unwrap_or_default()
    }

    fn run(&mut self, config: &'c Config) {
        self.add_module(config, config.dir.clone(), None, 0);
        let mut at = 0;
        while at < self.modules.len() {
            let config = self.modules[at].config;
            for index in 0..config.resources.len() {
                self.emit(at, index);
            }
            for index in 0..config.calls.len() {
                self.children(at, index);
            }
            at += 1;
        }
        if self.steps > MAX_STEPS
            && let Some((span, _)) = config.resources.first()
        {
            self.bound(*span, "the evaluation of this module was stopped: it is too large");
        }
    }

    fn bound(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::new(ProblemKind::Bound, message, span));
    }

    fn add_module(&mut self, config: &'c Config, path: SmolStr, parent: Option<(usize, usize, Key)>, depth: usize) -> usize {
        self.modules.push(Module {
            config,
            path,
            parent,
            depth,
            memo: FxHashMap::default(),
            children: FxHashMap::default(),
            resources: FxHashMap::default(),
        });
        self.modules.len() - 1
    }

    /// The full address of something in a module instance: after the folder of the root module, since the
    /// same names in another root are other resources.
    fn full(&self, module: usize, address: &str) -> SmolStr {
        let Module { path, depth, .. } = &self.modules[module];
        match depth {
            _ if path.is_empty() => SmolStr::new(address),
            0 => format_smolstr!("{path}/{address}"),
            _ => format_smolstr!("{path}.{address}"),
        }
    }

    /// Evaluates every instance of a resource.
    fn emit(&mut self, module: usize, index: usize) {
        if self.is_full {
            return;
        }
        let (span, resource) = &self.modules[module].config.resources[index];
        let Some(keys) = self.instances(module, index) else { return };
        let call = self.own_call(module);
        for key in &keys.1 {
            if self.facts.len() >= self.room {
                self.is_full = true;
                self.bound(*span, "the repository has more resources than are evaluated; from here on they were not");
                return;
            }
            let scope = Scope { module, key, frame: None };
            let mut attrs = self.attributes(&resource.attrs, scope, &resource.address);
            let address = key.address(&self.full(module, &resource.address));
            let (mut span, mut owner) = (*span, resource.address.clone());
            if let Some(call) = call {
                // Nobody mends a file that was downloaded: what is wrong in it is said at the call.
                self.move_to_call(&mut attrs, call.span);
                (span, owner) = (call.span, format_smolstr!("module.{}.{owner}", call.name));
            }
            let evaluated = Resource { address, attrs, ..resource.clone_head() };
            self.facts.push(Fact::new(span, owner, FactKind::Resource(evaluated)));
        }
    }

    fn move_to_call(&self, node: &mut Node, call: Span) {
        if is_downloaded(self.files.path(node.span.file)) {
            node.span = call;
        }
        match &mut node.kind {
            NodeKind::List(items) => items.iter_mut().for_each(|item| self.move_to_call(item, call)),
            NodeKind::Map(map) => access::values_mut(map).for_each(|value| self.move_to_call(value, call)),
            _ => {}
        }
    }

    /// The attributes of a block, evaluated; those that only say how often it stands are left out.
    fn attributes(&mut self, attrs: &Node, scope: Scope<'_>, owner: &SmolStr) -> Node {
        let Some(map) = attrs.as_map() else { return self.eval(attrs, scope) };
        let mut out = Map { entries: Vec::with_capacity(map.entries.len()) };
        for entry in &map.entries {
            let Entry::Pair { key, key_span, value } = entry else { continue };
            if matches!(key.as_str(), "count" | "for_each" | "depends_on" | "providers") {
                continue;
            }
            let mut node = self.eval(value, scope);
            let used = node.via.clone();
            access::push_down(&mut node, &crate::ir::Via::default());
            if !used.hops().is_empty() {
                let hop = Hop { kind: HopKind::Use, name: owner.clone(), span: value.span };
                access::push_down(&mut node, &crate::ir::Via::default().then(hop));
            }
            out.push(key.clone(), *key_span, node);
        }
        Node::new(attrs.span, NodeKind::Map(out))
    }

    /// The keys of a resource, and whether it has `count` or `for_each`; nothing in a circle.
    fn instances(&mut self, module: usize, index: usize) -> Option<Instances> {
        if let Some(known) = self.modules[module].resources.get(&index) {
            return known.clone();
        }
        self.modules[module].resources.insert(index, None);
        let (span, resource) = &self.modules[module].config.resources[index];
        let keys = self.keys(&resource.attrs, Scope::of(module));
        self.too_many(*span, &keys, &resource.address);
        let many = matches!(keys, Keys::Count(_) | Keys::Items(_));
        let list = keys.list();
        let base = self.full(module, &resource.address);
        for key in &list {
            self.handles.insert(key.address(&base), Handle::Resource { module, index, key: key.clone() });
        }
        let known = Some(Rc::new((many, list)));
        self.modules[module].resources.insert(index, known.clone());
        known
    }

    fn too_many(&mut self, span: Span, keys: &Keys, name: &str) {
        if keys.len() > MAX_INSTANCES {
            self.bound(span, format!("`{name}` has {} instances; the first {MAX_INSTANCES} were evaluated", keys.len()));
        }
    }

    /// The instances of a module call.
    fn children(&mut self, module: usize, index: usize) -> Option<Children> {
        if let Some(known) = self.modules[module].children.get(&index) {
            return known.clone();
        }
        self.modules[module].children.insert(index, None);
        let config = self.modules[module].config;
        let call = &config.calls[index];
        let keys = self.keys(&call.value, Scope::of(module));
        let name = format_smolstr!("module.{}", call.name);
        self.too_many(call.span, &keys, &name);
        let target = source_dir(self.configs, config, call).or_else(|| self.installed(module, &call.name));
        let target = target.and_then(|dir| self.configs.get(&dir));
        let depth = self.modules[module].depth + 1;
        let base = self.full(module, &name);
        let mut list = Vec::new();
        for key in keys.list() {
            let address = key.address(&base);
            let Some(target) = target else {
                self.absent(module, call, &key, &address);
                self.handles.insert(address, Handle::Absent);
                list.push((key, usize::MAX));
                continue;
            };
            if depth > MAX_MODULE_DEPTH || self.modules.len() >= MAX_MODULES {
                self.bound(call.span, format!("`{name}` calls itself, or more modules than are followed: it was not evaluated"));
                break;
            }
            let child = self.add_module(target, address.clone(), Some((module, index, key.clone())), depth);
            self.handles.insert(address, Handle::Module(child));
            list.push((key, child));
        }
        let known = Some(Rc::new(list));
        self.modules[module].children.insert(index, known.clone());
        known
    }

    /// The folder where `terraform init` put a module that `module` calls `name`.
    fn installed(&self, module: usize, name: &str) -> Option<SmolStr> {
        let root = self.modules.first()?.config;
        if root.installed.is_empty() {
            return None;
        }
        let mut names = vec![name];
        let mut at = module;
        while let Some((parent, index, _)) = &self.modules[at].parent {
            names.push(&self.modules[*parent].config.calls[*index].name);
            at = *parent;
        }
        names.reverse();
        root.installed.get(names.join(".").as_str()).cloned()
    }

    /// The call in the user's own files that a downloaded module is evaluated for.
    fn own_call(&self, mut module: usize) -> Option<&'c Named> {
        let mut call = None;
        while is_downloaded(&self.modules[module].config.dir) {
            let (parent, index, _) = self.modules[module].parent.as_ref()?;
            call = Some(&self.modules[*parent].config.calls[*index]);
            module = *parent;
        }
        call
    }

    /// A call of a module that is not in the repository: its arguments are all there is.
    fn absent(&mut self, module: usize, call: &Named, key: &Key, address: &SmolStr) {
        let name = format_smolstr!("module.{}", call.name);
        let attrs = self.attributes(&call.value, Scope { module, key, frame: None }, &name);
        let ty = attrs.get("source").and_then(Node::as_str).map(SmolStr::new).unwrap_or_default();
        let resource = Resource {
            provider: "module".into(),
            ty,
            name: call.name.clone(),
            address: address.clone(),
            mode: ResourceMode::ModuleCall,
            attrs,
        };
        self.facts.push(Fact::new(call.span, name, FactKind::Resource(resource)));
    }

    /// A template file, parsed once.
    fn template(&mut self, path: &SmolStr, text: &str, file: crate::ir::FileId) -> Option<Rc<Node>> {
        self.templates.entry(path.clone()).or_insert_with(|| crate::lower::embedded::template(text, file).map(Rc::new)).clone()
    }

    /// Remembers the value of a name of a module; a name in a circle is unknown.
    fn remember(&mut self, module: usize, name: SmolStr, span: Span, evaluate: impl FnOnce(&mut Self) -> Node) -> Rc<Node> {
        match self.modules[module].memo.get(&name) {
            Some(Memo::Done(value)) => return value.clone(),
            Some(Memo::Running) => return Rc::new(Node::unknown(Why::Bound, span)),
            None => {}
        }
        self.modules[module].memo.insert(name.clone(), Memo::Running);
        let mut value = evaluate(self);
        if value.weight(eval::MAX_WEIGHT) >= eval::MAX_WEIGHT {
            self.bound(span, format!("`{name}` holds more than {} values: it was not evaluated", eval::MAX_WEIGHT));
            value = Node::unknown(Why::Bound, span);
        }
        let value = Rc::new(value);
        self.modules[module].memo.insert(name, Memo::Done(value.clone()));
        value
    }

    /// The value of `var.name`: the caller's argument, a values file, the default, or nothing.
    fn variable(&mut self, module: usize, name: &SmolStr) -> Option<Rc<Node>> {
        let config = self.modules[module].config;
        let input = config.vars.get(name)?;
        let (argument, default) = (self.argument(module, name), input.value.get("default"));
        let setting = config.setting(name).filter(|_| self.modules[module].parent.is_none());
        if argument.is_none() && setting.is_none() && default.is_none() {
            return None;
        }
        let label = format_smolstr!("var.{name}");
        Some(self.remember(module, label.clone(), input.span, |this| {
            let nullable = input.value.get("nullable").is_none_or(|node| node.as_bool() != Some(false));
            let mut value = None;
            if let Some((parent, key, node, call)) = argument {
                let name = format_smolstr!("module.{}", call.name);
                let hop = Hop { kind: HopKind::ModuleArgument, name, span: call.span };
                value = Some(through(this.eval(node, Scope { module: parent, key: &key, frame: None }), hop));
            } else if let Some((setting, kind)) = setting {
                let hop = Hop { kind, name: label.clone(), span: setting.span };
                value = Some(through(this.eval(&setting.value, Scope::of(module)), hop));
            }
            let value = match (value.filter(|value| nullable || !matches!(value.kind, NodeKind::Null)), default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    let hop = Hop { kind: HopKind::Default, name: label, span: input.span };
                    through(this.eval(default, Scope::of(module)), hop)
                }
                (None, None) => Node::unknown(Why::NoValue, input.span),
            };
            match input.value.get("type") {
                Some(ty) => types::convert(ty, value),
                None => value,
            }
        }))
    }

    /// The expression that the caller of a module gives to a variable.
    fn argument(&self, module: usize, name: &str) -> Option<(usize, Key, &'c Node, &'c Named)> {
        let (parent, index, key) = self.modules[module].parent.as_ref()?;
        let call = &self.modules[*parent].config.calls[*index];
        Some((*parent, key.clone(), call.value.get(name)?, call))
    }

    fn local(&mut self, module: usize, name: &SmolStr) -> Option<Rc<Node>> {
        let local = self.modules[module].config.locals.get(name)?;
        let label = format_smolstr!("local.{name}");
        Some(self.remember(module, label.clone(), local.span, |this| {
            let hop = Hop { kind: HopKind::Local, name: label, span: local.span };
            through(this.eval(&local.value, Scope::of(module)), hop)
        }))
    }

    fn output(&mut self, module: usize, name: &str, span: Span) -> Node {
        let Some(output) = self.modules[module].config.outputs.get(name) else { return eval::error(span) };
        let label = format_smolstr!("output.{name}");
        let value = self.remember(module, label.clone(), output.span, |this| {
            let hop = Hop { kind: HopKind::Output, name: label, span: output.span };
            through(this.eval(&output.value, Scope::of(module)), hop)
        });
        Node::clone(&value)
    }
}

impl Resource {
    /// All but address and attributes.
    fn clone_head(&self) -> Self {
        Self {
            provider: self.provider.clone(),
            ty: self.ty.clone(),
            name: self.name.clone(),
            address: SmolStr::default(),
            mode: self.mode,
            attrs: Node::new(self.attrs.span, NodeKind::Null),
        }
    }
}

/// A value after one more hop.
fn through(mut value: Node, hop: Hop) -> Node {
    value.via = value.via.then(hop);
    value
}
