//! The names of one file: what `use` brings in, and the constants and functions that it defines.

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::ir::{Node, Ref, Scope};
use crate::parse::rust::{Expr, Field, Function, Item, ItemKind, Path, RustTree, Stmt, Type, Use, Variant};

/// Bytes of functions that are read again for their callers, in one file.
const MAX_FOLLOWED: usize = 1 << 19;

/// A struct of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Struct<'t> {
    /// Its fields.
    pub fields: &'t [Field],
    /// Whether `Debug` is derived, which prints every field.
    pub prints: bool,
}

/// Names by their last part. Modules of one file share one table: a clash of names across inline
/// modules of a file is rarer than a name that is used across them.
#[derive(Debug, Default)]
pub(super) struct Names<'t> {
    uses: FxHashMap<SmolStr, &'t Use>,
    /// Crates of which everything in a module is brought in.
    globs: FxHashSet<SmolStr>,
    /// Crates of which something is brought in.
    crates: FxHashSet<SmolStr>,
    constants: FxHashMap<SmolStr, &'t Expr>,
    functions: FxHashMap<SmolStr, &'t Function>,
    structs: FxHashMap<SmolStr, Struct<'t>>,
    enums: FxHashMap<SmolStr, &'t [Variant]>,
    /// Types of the file that implement a trait, by the trait; none where there are several.
    implementors: FxHashMap<SmolStr, Option<&'t str>>,
    aliases: FxHashMap<SmolStr, &'t Type>,
    /// Whether some `use … as` gives a name of the file's own.
    renames: bool,
    /// Verifiers of certificates, and whether they accept every one.
    verifiers: FxHashMap<SmolStr, bool>,
    /// Bytes of functions that may still be read again for their callers.
    budget: Cell<usize>,
    /// Whether a word for a secret is anywhere in the file.
    pub(super) speaks_of_secrets: bool,
    /// Whether the file is about logging in, where a `token` is a secret.
    speaks_of_login: bool,
    /// Values of constants and functions that were read already; `None` while one is being read, or
    /// if it is too large to be copied.
    memo: RefCell<FxHashMap<SmolStr, Option<Node>>>,
}

impl<'t> Names<'t> {
    /// Collects the names of a file.
    pub(super) fn of(tree: &'t RustTree, text: &str) -> Self {
        let names_any = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let speaks_of_login = names_any(&["jwt", "login", "bearer", "session", "oauth", "Jwt", "auth_token"])
            && !names_any(&["peek_token", "next_token()", "Token::Word", "Token::Ident"]);
        let mut names = Self { budget: Cell::new(MAX_FOLLOWED), speaks_of_login, ..Self::default() };
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
                ItemKind::Function(function) => {
                    self.functions.insert(qualified(owner, &function.name.text), function);
                    self.add_uses(function);
                }
                ItemKind::Struct { name, fields } => {
                    let prints =
                        item.attrs.iter().any(|attr| attr.is("derive") && attr.args.iter().any(|arg| is_named(&arg.value, "Debug")));
                    self.structs.insert(name.text.clone(), Struct { fields, prints });
                }
                ItemKind::Enum { name, variants } => {
                    self.enums.insert(name.text.clone(), variants);
                }
                ItemKind::Alias { name, ty } if owner.is_none() => {
                    self.aliases.insert(name.text.clone(), ty);
                }
                ItemKind::Impl { of, ty, items } => {
                    if of.as_ref().is_some_and(|of| of.last().ends_with("CertVerifier")) {
                        self.verifiers.insert(ty.last().into(), super::sinks::accepts_all(items).is_some());
                    }
                    if let Some(of) = of {
                        let only = self.implementors.entry(of.last().into()).or_insert(Some(ty.last()));
                        *only = only.filter(|known| *known == ty.last());
                    }
                    self.add(items, Some(ty.last()));
                }
                ItemKind::Module { items, .. } => self.add(items, None),
                ItemKind::Macro(call) => self.add(&call.items, None),
                _ => {}
            }
        }
    }

    fn add_leaves(&mut self, leaves: &'t [Use]) {
        for leaf in leaves {
            if leaf.local.text == "*" {
                self.globs.extend(leaf.path.first().cloned());
            }
            self.crates.extend(leaf.path.first().cloned());
            self.renames |= leaf.path.last() != Some(&leaf.local.text);
            self.uses.insert(leaf.local.text.clone(), leaf);
        }
    }

    /// `use` and `const` inside a function's body.
    fn add_uses(&mut self, function: &'t Function) {
        for stmt in &function.body.stmts {
            let Stmt::Item(item) = stmt else { continue };
            match &item.kind {
                ItemKind::Use(leaves) => self.add_leaves(leaves),
                ItemKind::Const { name, value } => {
                    self.constants.insert(name.text.clone(), value);
                }
                _ => {}
            }
        }
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
        let Some((first, rest)) = names.split_first() else { return Ref::to(Scope::Local) };
        if first == "Self" && !self_type.is_empty() {
            return Ref::new(Scope::Rust, std::iter::once(SmolStr::from(self_type)).chain(rest.iter().cloned()));
        }
        match self.uses.get(first) {
            Some(leaf) => Ref::new(Scope::Rust, leaf.path.iter().chain(rest).cloned()),
            // salvo's prelude brings them in.
            None if matches!(first.as_str(), "JwtAuth" | "BasicAuth") && self.globs.contains("salvo") => {
                Ref::new(Scope::Rust, std::iter::once(SmolStr::new_static("salvo")).chain(names.iter().cloned()))
            }
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

    /// A free function of this file by its name.
    pub(super) fn function_named(&self, name: &str) -> Option<&'t Function> {
        self.functions.get(name).copied()
    }

    /// A struct of this file.
    pub(super) fn strukt(&self, name: &str) -> Option<Struct<'t>> {
        self.structs.get(name).copied()
    }

    /// Whether a name is an enum of this file.
    pub(super) fn is_enum(&self, name: &str) -> bool {
        self.enums.contains_key(name)
    }

    /// The fields of a variant of an enum of this file.
    pub(super) fn variant(&self, name: &str, variant: &str) -> Option<&'t [Field]> {
        self.enums.get(name)?.iter().find(|known| known.name.text == variant).map(|known| known.fields.as_slice())
    }

    /// The only type of this file that implements a trait.
    pub(super) fn only_type_with(&self, name: &str) -> Option<&'t str> {
        self.implementors.get(name).copied().flatten()
    }

    /// What a type alias of this file stands for.
    pub(super) fn alias(&self, name: &str) -> Option<&'t Type> {
        self.aliases.get(name).copied()
    }

    /// A type by the names that it was given where it is defined, if this file calls it otherwise:
    /// `type Search = Query<Filter>`, `use axum::extract::Path as Segments`.
    pub(super) fn meant(&self, ty: &Type) -> Option<Type> {
        let alias = self.alias(ty.last()).filter(|_| ty.args.is_empty());
        if self.renames { Some(self.renamed(alias.unwrap_or(ty))) } else { alias.cloned() }
    }

    fn renamed(&self, ty: &Type) -> Type {
        let leaf = match ty.names.as_slice() {
            [one] => self.uses.get(one).filter(|leaf| leaf.path.last().is_some_and(|last| last != one && last != "*")),
            _ => None,
        };
        let names = leaf.map_or(&ty.names, |leaf| &leaf.path).clone();
        Type { names, args: ty.args.iter().map(|inner| self.renamed(inner)).collect(), span: ty.span }
    }

    /// Whether a verifier of this file accepts every certificate; none if it is not of this file.
    pub(super) fn accepts_all(&self, verifier: &str) -> Option<bool> {
        self.verifiers.get(verifier).copied()
    }

    /// Whether names of a crate may come in by a glob: `use salvo::prelude::*`.
    pub(super) fn has_glob_of(&self, name: &str) -> bool {
        self.globs.contains(name)
    }

    /// Whether something of a crate is brought in.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.crates.contains(name)
    }

    /// A method of a type of this file.
    pub(super) fn method(&self, ty: &str, name: &str) -> Option<&'t Function> {
        self.functions.get(&qualified(Some(ty), name)).copied()
    }

    /// Whether the file is about logging in.
    pub(super) fn speaks_of_login(&self) -> bool {
        self.speaks_of_login
    }

    /// Whether a call into a function may be followed; what that costs is taken off.
    pub(super) fn may_follow(&self, function: &Function) -> bool {
        let left = self.budget.get().checked_sub(function.span.range().len());
        self.budget.set(left.unwrap_or_default());
        left.is_some()
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
            // `usize::MAX` is the library's.
            [owner, _] if is_number_type(owner) => None,
            [owner, name] if !self.uses.contains_key(owner) || matches!(owner.as_str(), "self" | "super") => Some(name.clone()),
            _ => None,
        }
    }
}

/// The numbers of the language.
fn is_number_type(name: &str) -> bool {
    matches!(name.as_bytes(), [b'u' | b'i' | b'f', b'0'..=b'9', ..]) || matches!(name, "usize" | "isize")
}

/// Whether an argument of an attribute is this name.
fn is_named(expr: &Expr, name: &str) -> bool {
    expr.as_path().is_some_and(|path| path.last() == name)
}

fn qualified(owner: Option<&str>, name: &str) -> SmolStr {
    owner.map_or_else(|| name.into(), |owner| smol_str::format_smolstr!("{owner}::{name}"))
}
