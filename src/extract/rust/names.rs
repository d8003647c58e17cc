//! The names of one file: what `use` brings in, and the constants and functions that it defines.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::ir::{Import, Node, Ref, Scope};
use crate::parse::rust::{Attr, Expr, Function, Item, ItemKind, Path, RustTree, Type, Use};

/// Names by their last part. Modules of one file share one table: a clash of names across inline
/// modules of a file is rarer than a name that is used across them.
#[derive(Debug, Default)]
pub(super) struct Names<'t> {
    uses: FxHashMap<SmolStr, &'t Use>,
    constants: FxHashMap<SmolStr, &'t Expr>,
    functions: FxHashMap<SmolStr, &'t Function>,
    /// Values of constants and functions that were read already; `None` while one is being read, or
    /// if it is too large to be copied.
    memo: RefCell<FxHashMap<SmolStr, Option<Node>>>,
}

impl<'t> Names<'t> {
    /// Collects the names of a file.
    pub(super) fn of(tree: &'t RustTree) -> Self {
        let mut names = Self::default();
        names.add(&tree.items, None);
        names
    }

    fn add(&mut self, items: &'t [Item], owner: Option<&str>) {
        for item in items {
            match &item.kind {
                ItemKind::Use(leaves) => self.add_leaves(leaves),
                ItemKind::Const { name, value } => {
                    self.constants.insert(qualified(owner, &name.text), value);
                }
                ItemKind::Function(function) if !is_test(&item.attrs) => {
                    self.functions.insert(qualified(owner, &function.name.text), function);
                    self.add_uses(function);
                }
                ItemKind::Impl { ty, items, .. } => self.add(items, Some(ty.last())),
                ItemKind::Module { items, .. } if !is_test(&item.attrs) => self.add(items, None),
                ItemKind::Macro(call) => self.add(&call.items, None),
                _ => {}
            }
        }
    }

    fn add_leaves(&mut self, leaves: &'t [Use]) {
        for leaf in leaves {
            self.uses.insert(leaf.local.text.clone(), leaf);
        }
    }

    /// `use` inside a function's body.
    fn add_uses(&mut self, function: &'t Function) {
        for stmt in &function.body.stmts {
            if let crate::parse::rust::Stmt::Item(Item { kind: ItemKind::Use(leaves), .. }) = stmt {
                self.add_leaves(leaves);
            }
        }
    }

    /// The imports, for linking, sorted by place.
    pub(super) fn imports(tree: &RustTree) -> Vec<Import> {
        let mut found = Vec::new();
        collect_imports(&tree.items, &mut found);
        found
    }

    /// A path with `use` applied. A single name that nothing brings in is local.
    pub(super) fn path(&self, path: &Path, self_type: &str) -> Ref {
        self.names(&path.names, self_type)
    }

    /// A type's outermost name with `use` applied.
    pub(super) fn ty(&self, ty: &Type, self_type: &str) -> Ref {
        self.names(&ty.names, self_type)
    }

    fn names(&self, names: &[SmolStr], self_type: &str) -> Ref {
        let Some((first, rest)) = names.split_first() else { return Ref { scope: Scope::Local, path: smallvec::smallvec![] } };
        if first == "Self" && !self_type.is_empty() {
            return Ref::new(Scope::Rust, std::iter::once(SmolStr::from(self_type)).chain(rest.iter().cloned()));
        }
        match self.uses.get(first) {
            Some(leaf) => Ref::new(Scope::Rust, leaf.path.iter().chain(rest).cloned()),
            None if rest.is_empty() => Ref::new(Scope::Local, [first.clone()]),
            None => Ref::new(Scope::Rust, names.iter().cloned()),
        }
    }

    /// A constant of this file.
    pub(super) fn constant(&self, path: &Path, self_type: &str) -> Option<&'t Expr> {
        self.constants.get(&self.key(path, self_type)?).copied()
    }

    /// A function of this file.
    pub(super) fn function(&self, path: &Path, self_type: &str) -> Option<&'t Function> {
        self.functions.get(&self.key(path, self_type)?).copied()
    }

    /// The value behind a name, read once; none while it is being read (recursion).
    pub(super) fn memo(&self, path: &Path, self_type: &str, read: impl FnOnce() -> Option<Node>) -> Option<Node> {
        let key = self.key(path, self_type)?;
        if let Some(known) = self.memo.borrow().get(&key) {
            return known.clone();
        }
        self.memo.borrow_mut().insert(key.clone(), None);
        let value = read();
        self.memo.borrow_mut().insert(key, value.clone());
        value
    }

    /// `name`, or `Type::name` for what an `impl` defines; none for what is imported.
    fn key(&self, path: &Path, self_type: &str) -> Option<SmolStr> {
        match path.names.as_slice() {
            [one] if !self.uses.contains_key(one) => Some(one.clone()),
            [.., owner, name] if owner == "Self" => Some(qualified(Some(self_type), name)),
            [.., owner, name] if owner.starts_with(char::is_uppercase) && !self.uses.contains_key(owner) => {
                Some(qualified(Some(owner), name))
            }
            [owner, name] if !self.uses.contains_key(owner) || matches!(owner.as_str(), "self" | "super") => Some(name.clone()),
            _ => None,
        }
    }
}

fn qualified(owner: Option<&str>, name: &str) -> SmolStr {
    owner.map_or_else(|| name.into(), |owner| smol_str::format_smolstr!("{owner}::{name}"))
}

fn collect_imports(items: &[Item], found: &mut Vec<Import>) {
    for item in items {
        match &item.kind {
            ItemKind::Use(leaves) => found.extend(leaves.iter().map(|leaf| Import {
                local: leaf.local.text.clone(),
                target: Ref::new(Scope::Rust, leaf.path.iter().cloned()),
                span: leaf.local.span,
            })),
            ItemKind::Module { items, .. } if !is_test(&item.attrs) => collect_imports(items, found),
            _ => {}
        }
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, `#[rstest]`, `#[bench]`: code that is not shipped.
pub(super) fn is_test(attrs: &[Attr]) -> bool {
    attrs.iter().any(|attr| match attr.path.last() {
        "test" | "rstest" | "bench" | "proptest" | "test_case" | "quickcheck" => true,
        "cfg" => attr.args.iter().any(|arg| says_test(&arg.value)),
        _ => false,
    })
}

/// `test`, `any(test, …)`, `all(test, …)`; not `not(test)`.
fn says_test(expr: &Expr) -> bool {
    use crate::parse::rust::ExprKind;
    match &expr.kind {
        ExprKind::Path(path) => path.single() == Some("test"),
        ExprKind::Call { callee, args } => callee.as_path().is_some_and(|path| path.last() != "not") && args.iter().any(says_test),
        _ => false,
    }
}
