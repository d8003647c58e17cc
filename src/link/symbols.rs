//! Names across JavaScript and TypeScript files: what an import stands for, what a constant holds.
//!
//! Resolution is bounded in steps, depth and size, so that cycles of imports and constants that
//! double each other end.

mod values;

use self::values::Values;
use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, SmolStrBuilder};

use super::packages::Packages;
use crate::ir::{Binding, BindingKind, Call, Node, NodeKind, Ref, Scope, Symbols};
use crate::source::{FileId, Files};

/// Names that are followed from one use.
const MAX_HOPS: u32 = 24;
/// Modules that one exports again, those that they export again included.
const MAX_AGAIN: usize = 256;

/// The names of every file, with what leads from one to another.
#[derive(Debug)]
pub struct Names<'l> {
    /// Every file.
    pub files: &'l Files,
    symbols: &'l [Symbols],
    /// The projects.
    pub packages: &'l Packages,
    /// By file: bindings by name.
    bindings: Vec<FxHashMap<&'l str, &'l Binding>>,
    /// By file: exports by name.
    exports: Vec<FxHashMap<&'l str, &'l Ref>>,
    /// By file: modules of which everything is exported again.
    stars: Vec<Vec<&'l str>>,
    /// The same with those that these export again, nearest first, of files that were asked for.
    again: RefCell<FxHashMap<FileId, Rc<[FileId]>>>,
    /// By file and name: which of those has the name, of names that were asked for.
    named: RefCell<ByName>,
    /// By file and specifier: where it leads, of specifiers that were asked for.
    found: RefCell<ByName>,
}

/// Files by what another file calls something.
type ByName = FxHashMap<FileId, FxHashMap<SmolStr, Option<FileId>>>;

/// Where a name leads.
#[derive(Debug, Clone)]
pub enum Target<'l> {
    /// A binding of a file in the repository, and the names after it.
    Bound {
        /// The file.
        file: FileId,
        /// The binding.
        binding: &'l Binding,
        /// Names that follow: members of the value.
        rest: Vec<SmolStr>,
    },
    /// Something outside of the repository: a library's export, the environment, a global.
    Outside(Ref),
}

impl<'l> Names<'l> {
    /// Indexes the symbols of all files.
    pub fn new(files: &'l Files, symbols: &'l [Symbols], packages: &'l Packages) -> Self {
        let bindings = symbols.iter().map(|file| file.bindings.iter().map(|binding| (binding.name.as_str(), binding)).collect()).collect();
        let exports =
            symbols.iter().map(|file| file.exports.iter().rev().map(|(name, target)| (name.as_str(), target)).collect()).collect();
        let star = |(name, target): &'l (SmolStr, Ref)| (name == "*").then(|| target.module()).flatten();
        let stars = symbols.iter().map(|file| file.exports.iter().filter_map(star).collect()).collect();
        let (again, named, found) = Default::default();
        Self { files, symbols, packages, bindings, exports, stars, again, named, found }
    }

    /// The names of one file.
    pub fn of(&self, file: FileId) -> Option<&'l Symbols> {
        self.symbols.get(file.0 as usize)
    }

    /// The names of every file, in the order of files.
    pub fn all(&self) -> impl Iterator<Item = &'l Symbols> + use<'l> {
        self.symbols.iter()
    }

    /// A binding of a file by its name.
    pub fn binding(&self, file: FileId, name: &str) -> Option<&'l Binding> {
        self.bindings.get(file.0 as usize)?.get(name).copied()
    }

    /// The file that a specifier leads to from a file.
    pub fn module(&self, from: FileId, specifier: &str) -> Option<FileId> {
        if let Some(known) = self.found.borrow().get(&from).and_then(|found| found.get(specifier)) {
            return *known;
        }
        let found = self.packages.find(self.files, self.files.path(from), specifier);
        self.found.borrow_mut().entry(from).or_default().insert(SmolStr::new(specifier), found);
        found
    }

    /// Where a name of a file leads.
    pub fn target(&self, file: FileId, reference: &Ref) -> Target<'l> {
        self.follow(file, reference, 0).unwrap_or_else(|| Target::Outside(reference.clone()))
    }

    /// The name of what a reference stands for outside of the repository (`jsonwebtoken#verify`),
    /// however many files hand it on; the reference itself if it leads to a binding.
    pub fn canonical(&self, file: FileId, reference: &Ref) -> Ref {
        let mut at = (file, reference.clone());
        for _ in 0..MAX_HOPS {
            match self.target(at.0, &at.1) {
                Target::Outside(outside) => return outside,
                Target::Bound { file, binding, rest } => match &binding.value.kind {
                    NodeKind::Ref(next) if binding.kind == BindingKind::Const => {
                        at = (file, rest.iter().fold(next.clone(), |next, name| next.child(name.clone())));
                    }
                    _ => break,
                },
            }
        }
        reference.clone()
    }

    /// A name leads to one other at the most, so the bound on hops ends cycles too: to remember the names on the way
    /// took longer than to go it.
    fn follow(&self, file: FileId, reference: &Ref, depth: u32) -> Option<Target<'l>> {
        if depth > MAX_HOPS {
            return None;
        }
        match &reference.scope {
            Scope::Local => self.local(file, reference),
            Scope::Import(specifier) => match self.module(file, specifier) {
                Some(module) => self.export(module, &reference.path, depth + 1),
                None => Some(Target::Outside(reference.clone())),
            },
            _ => Some(Target::Outside(reference.clone())),
        }
    }

    fn local(&self, file: FileId, reference: &Ref) -> Option<Target<'l>> {
        let [first, rest @ ..] = reference.path.as_slice() else { return None };
        // A class member has a binding of its own.
        if let [member, rest @ ..] = rest
            && let Some(binding) = self.member(file, first, member, 0)
        {
            return Some(Target::Bound { file: binding.0, binding: binding.1, rest: rest.to_vec() });
        }
        let binding = self.binding(file, first)?;
        Some(Target::Bound { file, binding, rest: rest.to_vec() })
    }

    /// A member of a class or of what it extends.
    pub fn member(&self, file: FileId, class: &str, member: &str, depth: u32) -> Option<(FileId, &'l Binding)> {
        let mut name = SmolStrBuilder::new();
        for part in [class, ".", member] {
            name.push_str(part);
        }
        if let Some(binding) = self.binding(file, &name.finish()) {
            return Some((file, binding));
        }
        let class = self.binding(file, class).filter(|binding| binding.kind == BindingKind::Class && depth < 8)?;
        match self.target(file, class.value.get("extends")?.as_ref()?) {
            Target::Bound { file, binding, rest } if rest.is_empty() => self.member(file, &binding.name, member, depth + 1),
            _ => None,
        }
    }

    fn export(&self, file: FileId, path: &[SmolStr], depth: u32) -> Option<Target<'l>> {
        let (first, rest) = path.split_first()?;
        if first == "*" {
            if !rest.is_empty() {
                return self.export(file, rest, depth);
            }
            // What `require` gives is what `module.exports` is.
            let whole = self.exports.get(file.0 as usize)?.get("default")?;
            return self.follow(file, whole, depth);
        }
        let exports = self.exports.get(file.0 as usize)?;
        let extend = |target: &Ref, rest: &[SmolStr]| rest.iter().fold(target.clone(), |target, name| target.child(name.clone()));
        if let Some(target) = exports.get(first.as_str()) {
            return self.follow(file, &extend(target, rest), depth);
        }
        if let Some(module) = self.reexporter(file, first) {
            let target = self.exports.get(module.0 as usize)?.get(first.as_str())?;
            return self.follow(module, &extend(target, rest), depth + 1);
        }
        // `import config from './x'; config.a` of an alias looks like an export `a`.
        let target = exports.get("default").filter(|_| first != "default")?;
        self.follow(file, &extend(target, path), depth)
    }

    /// The nearest of the modules that a file exports again which has a name. The files of a folder ask their barrel for
    /// the same names, and a barrel may have hundreds of modules.
    fn reexporter(&self, file: FileId, name: &str) -> Option<FileId> {
        if self.stars.get(file.0 as usize)?.is_empty() {
            return None;
        }
        if let Some(known) = self.named.borrow().get(&file).and_then(|names| names.get(name)) {
            return *known;
        }
        let has = |module: &FileId| self.exports.get(module.0 as usize).is_some_and(|exports| exports.contains_key(name));
        let found = self.again(file).iter().copied().find(has);
        self.named.borrow_mut().entry(file).or_default().insert(SmolStr::new(name), found);
        found
    }

    /// Every module of which a file exports everything again.
    fn again(&self, file: FileId) -> Rc<[FileId]> {
        if let Some(known) = self.again.borrow().get(&file) {
            return known.clone();
        }
        let stars = |file: FileId| self.stars.get(file.0 as usize).into_iter().flatten().rev().map(move |star| (file, *star));
        let mut found: Vec<FileId> = Vec::new();
        let mut left: Vec<_> = stars(file).collect();
        while let Some((from, star)) = left.pop() {
            if let Some(module) = self.module(from, star).filter(|module| *module != file && !found.contains(module)) {
                if found.len() == MAX_AGAIN {
                    break;
                }
                found.push(module);
                left.extend(stars(module));
            }
        }
        let found: Rc<[FileId]> = found.into();
        self.again.borrow_mut().insert(file, found.clone());
        found
    }

    /// A value with every name in it replaced by what it holds, as far as the repository says.
    pub fn value(&self, file: FileId, node: &Node) -> Node {
        Values::new(self).value(file, node, 0, 0)
    }

    /// A call with its callee named as the library names it, and its arguments resolved. A method of
    /// something that was made by a library gets the making call as its receiver.
    pub fn call(&self, file: FileId, call: &Call) -> Call {
        Values::new(self).call(file, call, 0, 0)
    }
}
