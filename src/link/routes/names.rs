//! From a name to what it stands for: the few look-ups that routes need, over the names of all files.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Fact, FileId, Func, Node, NodeKind, Op, Ref, Scope};
use crate::link::symbols;

/// How far a chain of names is followed.
const MAX_HOPS: usize = 12;

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
    decorations: FxHashMap<(FileId, SmolStr), &'a Node>,
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
        let mut names = Self { symbols, decorations: FxHashMap::default() };
        for fact in facts {
            if let Some(resource) = fact.resource().filter(|resource| resource.ty == "fastify-decoration") {
                names.decorations.insert((names.project(fact.span.file), resource.name.clone()), &resource.attrs);
            }
        }
        names
    }

    /// What the last of a longer name was put on the application as.
    pub(super) fn decoration(&self, file: FileId, name: &Ref) -> Option<&'a Node> {
        let last = name.path.last().filter(|_| name.path.len() > 1 && name.scope == Scope::Local)?;
        self.decorations.get(&(self.project(file), last.clone())).copied()
    }

    /// What a name in a file stands for, through constants, imports, re-exports and instances.
    pub(super) fn find(&self, file: FileId, name: &Ref) -> Option<Found<'a>> {
        self.find_within(file, name, MAX_HOPS)
    }

    fn find_within(&self, file: FileId, name: &Ref, hops: usize) -> Option<Found<'a>> {
        let hops = hops.checked_sub(1)?;
        match &name.scope {
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

    fn find_export(&self, file: FileId, path: &[SmolStr], hops: usize) -> Option<Found<'a>> {
        let hops = hops.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        if first == "*" {
            // `require('./x')` is what the module exports as a whole.
            let whole = [SmolStr::new("default")];
            return self.find_export(file, if rest.is_empty() { &whole } else { rest }, hops);
        }
        let exports = &self.symbols.of(file)?.exports;
        for (name, target) in exports.iter().rev().filter(|(name, _)| name == first) {
            let _ = name;
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
        // `const { a } = require('./x')` and `import x from` a module without a default export.
        if first == "default" && !rest.is_empty() { self.find_export(file, rest, hops) } else { None }
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
        match &self.find(file, name)?.value?.kind {
            NodeKind::Func(func) => Some(func),
            _ => None,
        }
    }

    /// A value with names replaced by what they stand for, as far as that is known.
    pub(super) fn chase(&self, node: &'a Node) -> &'a Node {
        match &node.kind {
            NodeKind::Ref(name) => self.find(node.span.file, name).and_then(|found| found.value).unwrap_or(node),
            _ => node,
        }
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
            return match found.value.and_then(Node::as_str) {
                Some(text) => text.to_owned(),
                None => format!("{}:{}", found.place.file.0, found.place.name),
            };
        }
        let called = key.as_call().and_then(|call| self.find(key.span.file, &call.callee));
        match called {
            Some(found) => format!("{}:{}", found.place.file.0, found.place.name),
            None => key.to_string(),
        }
    }
}
