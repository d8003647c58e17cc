//! From a name to what it stands for: the few look-ups that routes need, over the names of all files.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Call, Fact, FactKind, FileId, Func, Mount, Node, NodeKind, Op, Param, Ref, Scope, Span};
use crate::link::symbols;

/// How far a chain of names is followed.
const MAX_HOPS: usize = 12;

/// Modules that are asked for one name: where all export what all others do, there are more ways than modules.
const MAX_ASKED: usize = 2_000;

/// A binding of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    /// The file.
    pub file: FileId,
    /// The name with its members: `app`, `App.server`, `fn@120.router`.
    pub name: SmolStr,
}

/// The names of all files.
pub(super) struct Names<'a> {
    symbols: &'a symbols::Names<'a>,
    /// What plugins put on the application for all: `fastify.decorate('authenticate', …)`, by project and name.
    decorations: FxHashMap<(FileId, SmolStr), Decoration<'a>>,
    /// What a framework imports everywhere, by project and name.
    everywhere: FxHashMap<(FileId, SmolStr), &'a Node>,
    /// What functions that register routes are handed, by the parameter: `require('./pilot')(app, guards)`.
    handed: BTreeMap<FileId, Vec<Handed<'a>>>,
    /// Modules that may still be asked in the look-up that goes on; nothing outside of one.
    left: Cell<Option<usize>>,
}

/// What a parameter is handed.
struct Handed<'a> {
    parameter: &'a Param,
    /// Nothing where calls differ.
    value: Option<&'a Node>,
}

/// What a plugin put on the application.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decoration<'a> {
    /// What it is.
    pub value: &'a Node,
    /// Whether no other plugin of the project puts something there under the same name.
    pub is_only: bool,
}

/// What a name stands for: its place, and its value where the repository has it.
#[derive(Debug, Clone)]
pub(super) struct Found<'a> {
    /// Where it is bound.
    pub place: Place,
    /// What it is bound to.
    pub value: Option<&'a Node>,
}

impl<'a> Names<'a> {
    /// Look-ups over these names and what plugins decorate applications with.
    pub(super) fn new(symbols: &'a symbols::Names<'a>, facts: &'a [Fact]) -> Self {
        let (decorations, everywhere) = (FxHashMap::default(), FxHashMap::default());
        let mut names = Self { symbols, decorations, everywhere, handed: BTreeMap::new(), left: Cell::new(None) };
        for fact in facts {
            let Some(resource) = fact.resource().filter(|resource| matches!(resource.ty.as_str(), "decoration" | "auto-import")) else {
                continue;
            };
            let place = (names.project(fact.span.file), resource.name.clone());
            if resource.ty == "auto-import" {
                names.everywhere.insert(place, &resource.attrs);
                continue;
            }
            let is_only = !names.decorations.contains_key(&place);
            names.decorations.insert(place, Decoration { value: &resource.attrs, is_only });
        }
        for fact in facts {
            if let FactKind::Mount(Mount { child: Node { kind: NodeKind::Call(call), span, .. }, .. }) = &fact.kind {
                names.hand(span.file, call);
            }
        }
        names
    }

    /// Remembers what a function gets that registers routes.
    fn hand(&mut self, file: FileId, call: &'a Call) {
        let Some(func) = self.function_named(file, &call.callee) else { return };
        let handed = self.handed.entry(func.span.file).or_default();
        for (parameter, argument) in func.params.iter().zip(&call.args) {
            match handed.iter_mut().find(|known| known.parameter.span == parameter.span) {
                Some(known) => known.value = known.value.filter(|value| value.kind == argument.kind),
                None => handed.push(Handed { parameter, value: Some(argument) }),
            }
        }
    }

    /// What a parameter's name stands for, where every call of its function hands over the same.
    fn handed(&self, file: FileId, path: &[SmolStr], hops: usize) -> Option<Found<'a>> {
        let [first, rest @ ..] = path else { return None };
        let (name, at) = first.split_once("@@")?;
        let at: u32 = at.parse().ok()?;
        let known = self.handed.get(&file)?.iter().find(|known| known.parameter.span.start <= at && at < known.parameter.span.end)?;
        let value = known.value?;
        // `(app, { requireUser })` takes a member of what it is handed.
        let member = known.parameter.name.is_empty().then(|| SmolStr::new(name));
        let path: Vec<SmolStr> = member.into_iter().chain(rest.iter().cloned()).collect();
        let place = Place { file: value.span.file, name: first.clone() };
        self.member(&place, value, &path, hops).filter(|found| found.value.is_some())
    }

    /// What the last of a longer name was put on the application as.
    pub(super) fn decoration(&self, file: FileId, name: &Ref) -> Option<Decoration<'a>> {
        let is_member = name.path.len() > 1 && name.scope == Scope::Local || name.scope == Scope::Request;
        let last = name.path.last().filter(|_| is_member)?;
        self.decorations.get(&(self.project(file), last.clone())).copied()
    }

    /// What every file binds: each name with its value.
    pub(super) fn bindings(&self) -> impl Iterator<Item = (&'a str, &'a Node)> + '_ {
        self.symbols.all().flat_map(|file| &file.bindings).map(|binding| (binding.name.as_str(), &binding.value))
    }

    /// What a name in a file stands for, through constants, imports, re-exports and instances.
    pub(super) fn bound(&self, file: FileId, name: &Ref) -> Option<Found<'a>> {
        self.bounded(|| self.find_within(file, name, MAX_HOPS))
    }

    /// A look-up within its bound; one inside of another takes from what that has left.
    fn bounded<T>(&self, look_up: impl FnOnce() -> T) -> T {
        if self.left.get().is_some() {
            return look_up();
        }
        self.left.set(Some(MAX_ASKED));
        let found = look_up();
        self.left.set(None);
        found
    }

    /// The same, also of a parameter whose function is handed one thing alone.
    pub(super) fn find(&self, file: FileId, name: &Ref) -> Option<Found<'a>> {
        let handed = || Some(name).filter(|name| name.scope == Scope::Local).and_then(|name| self.handed(file, &name.path, MAX_HOPS));
        self.bounded(|| self.bound(file, name).or_else(handed))
    }

    /// What a library exports under a name by which the repository hands it on: `module.exports = passport`.
    pub(super) fn handed_on(&self, file: FileId, name: &Ref) -> Option<Ref> {
        let (mut file, mut name) = (file, name.clone());
        for _ in 0..MAX_HOPS {
            let Scope::Import(module) = &name.scope else { return None };
            let Some(exporter) = self.symbols.module(file, module) else { return Some(name) };
            let known = self.symbols.of(exporter)?;
            let export = |wanted: &str| known.exports.iter().rev().find(|(name, _)| name == wanted).map(|(_, target)| target);
            let (first, rest) = name.path.split_first()?;
            // A member of what is exported as a whole: `require('./passport').initialize()`.
            let whole = || export("default").map(|target| (target, if first == "*" { rest } else { &name.path[..] }));
            let (exported, rest) = export(first).map(|target| (target, rest)).or_else(whole)?;
            let import = || known.imports.iter().rev().find(|import| Some(&import.local) == exported.path.first());
            let mut target = match &exported.scope {
                Scope::Import(_) => exported.clone(),
                _ => exported.path[1..].iter().fold(import()?.target.clone(), |target, member| target.child(member.clone())),
            };
            target.path.extend(rest.iter().cloned());
            (file, name) = (exporter, target);
        }
        None
    }

    fn find_within(&self, file: FileId, name: &Ref, hops: usize) -> Option<Found<'a>> {
        let hops = hops.checked_sub(1)?;
        match &name.scope {
            Scope::Global if !self.everywhere.is_empty() => {
                self.find_local(file, &name.path, hops).or_else(|| self.find_everywhere(file, &name.path, hops))
            }
            Scope::Local | Scope::Rust | Scope::Global => self.find_local(file, &name.path, hops),
            Scope::Import(module) => self.find_export(self.symbols.module(file, module)?, &name.path, hops),
            _ => None,
        }
    }

    /// The longest bound prefix of a path, and what the rest of the path means on its value.
    fn find_local(&self, file: FileId, path: &[SmolStr], hops: usize) -> Option<Found<'a>> {
        for length in (1..=path.len()).rev() {
            let joined = path[..length].join(".");
            let Some(value) = self.value(file, &joined) else { continue };
            let place = Place { file, name: joined.into() };
            return self.member(&place, value, &path[length..], hops);
        }
        let import = self.symbols.of(file)?.imports.iter().rev().find(|import| Some(&import.local) == path.first())?;
        let mut target = import.target.clone();
        target.path.extend(path[1..].iter().cloned());
        self.find_within(file, &target, hops)
    }

    /// A name that a framework imports everywhere.
    fn find_everywhere(&self, file: FileId, path: &[SmolStr], hops: usize) -> Option<Found<'a>> {
        let (first, rest) = path.split_first()?;
        let node = self.everywhere.get(&(self.project(file), first.clone()))?;
        let target = rest.iter().fold(Node::as_ref(node)?.clone(), |target, name| target.child(name.clone()));
        self.find_within(node.span.file, &target, hops)
    }

    fn find_export(&self, file: FileId, path: &[SmolStr], hops: usize) -> Option<Found<'a>> {
        let hops = hops.checked_sub(1)?;
        self.left.set(Some(self.left.get()?.checked_sub(1)?));
        let (first, rest) = path.split_first()?;
        if first == "*" {
            // `require('./x')` is what the module exports as a whole.
            let whole = [SmolStr::new("default")];
            return self.find_export(file, if rest.is_empty() { &whole } else { rest }, hops);
        }
        let exports = &self.symbols.of(file)?.exports;
        for (_, target) in exports.iter().rev().filter(|(name, _)| name == first) {
            let mut target = target.clone();
            target.path.extend(rest.iter().cloned());
            if let Some(found) = self.find_within(file, &target, hops) {
                return Some(found);
            }
        }
        for (_, target) in exports.iter().filter(|(name, _)| name == "*") {
            let Some(module) = target.module() else { continue };
            let Some(next) = self.symbols.module(file, module) else { continue };
            if let Some(found) = self.find_export(next, path, hops) {
                return Some(found);
            }
        }
        if first == "default" {
            // `import x from` a module without a default export.
            return if rest.is_empty() { None } else { self.find_export(file, rest, hops) };
        }
        // `const { guard } = require('./guards')` of `module.exports = guards`: a member of what is exported as a whole.
        let whole = &exports.iter().rev().find(|(name, _)| name == "default")?.1;
        let target = path.iter().fold(whole.clone(), |target, name| target.child(name.clone()));
        self.find_within(file, &target, hops).filter(|found| found.value.is_some())
    }

    /// The member `rest` of a binding's value.
    fn member(&self, place: &Place, value: &'a Node, rest: &[SmolStr], hops: usize) -> Option<Found<'a>> {
        let hops = hops.checked_sub(1)?;
        let file = place.file;
        let through = |target: &Ref| {
            let mut target = target.clone();
            target.path.extend(rest.iter().cloned());
            self.find_within(file, &target, hops)
        };
        let found = match &value.kind {
            NodeKind::Ref(target) => through(target),
            NodeKind::Call(call) if call.is_new && !rest.is_empty() => through(&call.callee),
            // `module.exports = createGuards('Admin')`: a member of what the function returns.
            NodeKind::Call(call) if !rest.is_empty() => {
                // Within the hops that are left: `const list = list.filter(…)` leads to itself.
                let maker = self.find_within(file, &call.callee, hops).and_then(|found| found.value).and_then(Node::as_func);
                let made = maker.and_then(|func| Some((func.span.file, func.returns.as_ref()?)));
                let made = made.or_else(|| {
                    // `createCoreController('api::x.x', () => ({ … }))`: of what the callback returns.
                    let NodeKind::Func(func) = &call.args.last()?.kind else { return None };
                    func.returns.as_ref().filter(|returned| returned.as_map().is_some()).map(|returned| (file, returned))
                });
                made.and_then(|(file, returned)| self.member(&Place { file, name: place.name.clone() }, returned, rest, hops))
                    .filter(|found| found.value.is_some())
            }
            NodeKind::Op(Op::Await, operands) => match operands.first().map(|node| &node.kind) {
                Some(NodeKind::Ref(target)) => through(target),
                _ => None,
            },
            NodeKind::Map(map) if !rest.is_empty() => {
                let inner = map.get(&rest[0])?;
                let name = format!("{}.{}", place.name, rest[0]).into();
                self.member(&Place { file: inner.span.file, name }, inner, &rest[1..], hops)
            }
            _ => None,
        };
        found.or_else(|| {
            let name = if rest.is_empty() { place.name.clone() } else { format!("{}.{}", place.name, rest.join(".")).into() };
            Some(Found { place: Place { file, name }, value: rest.is_empty().then_some(value) })
        })
    }

    /// The value that a file binds to a dotted name.
    pub(super) fn value(&self, file: FileId, name: &str) -> Option<&'a Node> {
        self.symbols.binding(file, name).map(|binding| &binding.value)
    }

    /// The function that a value is or names.
    pub(super) fn function(&self, node: &'a Node) -> Option<&'a Arc<Func>> {
        match &node.kind {
            NodeKind::Func(func) => Some(func),
            NodeKind::Ref(name) => self.function_named(node.span.file, name),
            _ => None,
        }
    }

    /// The function of a name in a file.
    pub(super) fn function_named(&self, file: FileId, name: &Ref) -> Option<&'a Arc<Func>> {
        self.find(file, name)?.value?.as_func()
    }

    /// Whether a name stands for a function rather than for a text; of what is not in the repository, its words
    /// decide.
    pub(super) fn is_called(&self, node: &Node) -> bool {
        let NodeKind::Ref(name) = &node.kind else { return false };
        match self.find(node.span.file, name).and_then(|found| found.value).map(|value| &value.kind) {
            Some(NodeKind::Func(_) | NodeKind::List(_) | NodeKind::Map(_)) => true,
            Some(NodeKind::Text(_) | NodeKind::Op(..)) => false,
            Some(_) | None => super::words::may_authenticate(name.last_named()) || !super::words::may_be_path(name.last_named()),
        }
    }

    /// A value with names replaced by what they stand for, as far as that is known.
    pub(super) fn chase<'n>(&self, node: &'n Node) -> &'n Node
    where
        'a: 'n,
    {
        match &node.kind {
            NodeKind::Ref(name) => self.find(node.span.file, name).and_then(|found| found.value).unwrap_or(node),
            _ => node,
        }
    }

    /// All that the module exports which a name stands for as a whole (`import * as routers`), as names in their files; `most`
    /// of them.
    pub(super) fn exported(&self, file: FileId, name: &Ref, most: usize) -> Vec<Node> {
        let Scope::Import(module) = &name.scope else { return Vec::new() };
        let first = self.symbols.module(file, module).filter(|_| name.path.len() == 1 && name.first() == "*");
        let (mut open, mut seen, mut found) = (first.into_iter().collect::<Vec<_>>(), BTreeSet::new(), Vec::new());
        while let Some(file) = open.pop() {
            let Some(known) = self.symbols.of(file).filter(|_| seen.insert(file) && found.len() < most) else { continue };
            for (name, target) in &known.exports {
                match target.module().filter(|_| name == "*") {
                    Some(module) => open.extend(self.symbols.module(file, module)),
                    None => found.push(Node::new(Span { file, ..Span::default() }, NodeKind::Ref(target.clone()))),
                }
            }
        }
        found
    }

    /// The path of a file.
    pub(super) fn path(&self, file: FileId) -> &'a str {
        self.symbols.files.path(file)
    }

    /// The manifest of the project that a file belongs to; without one, the repository is one project.
    pub(super) fn project(&self, file: FileId) -> FileId {
        let files = self.symbols.files;
        let folders = std::iter::successors(files.path(file).rsplit_once('/').map(|(folder, _)| folder), |folder| {
            folder.rsplit_once('/').map(|(outer, _)| outer)
        });
        let found = folders.take(MAX_HOPS).find_map(|folder| files.find(&format!("{folder}/package.json")));
        found.or_else(|| files.find("package.json")).unwrap_or(FileId(0))
    }

    /// What a metadata key is: its text, or the place that binds it.
    pub(super) fn identity(&self, key: &Node) -> String {
        if let NodeKind::Ref(name) = &key.kind
            && let Some(found) = self.find(key.span.file, name)
        {
            // What the environment holds is known in its own file by that.
            let is_of_environment = |value: &&Node| value.as_ref().is_some() && value.to_string().starts_with("env.");
            return match found.value {
                Some(value) if value.as_str().is_some() => value.as_str().unwrap_or_default().to_owned(),
                Some(value) if is_of_environment(&value) => value.to_string(),
                _ => format!("{}:{}", found.place.file.0, found.place.name),
            };
        }
        let called = key.as_call().and_then(|call| self.find(key.span.file, &call.callee));
        match called {
            Some(found) => format!("{}:{}", found.place.file.0, found.place.name),
            None => key.to_string(),
        }
    }
}
