//! Names that extraction leaves as they are written and linking resolves.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::Tri;

/// A symbol path: `var.x`, `module.m.out`, `jsonwebtoken#verify`, `./auth#Guard`, `crate::auth::Guard`,
/// `process.env.X`, `!Ref P`.
///
/// One pointer wide, and shared by its copies: values are full of names, and linking hands them on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref(Arc<Name>);

/// The content of a [`Ref`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// Where the first name is looked up.
    pub scope: Scope,
    /// The names, in order.
    pub path: SmallVec<[SmolStr; 2]>,
}

/// Where a name is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A binding of the same file: constant, function, class, parameter.
    Local,
    /// Exported by a module; the specifier as written (`express`, `./auth`, `@app/guards`). The
    /// first name of the path is the export: `default`, `*` for the namespace itself, or a name.
    Import(SmolStr),
    /// Terraform: `var.x`, `local.y`, `aws_iam_role.r.arn`, `data.…`, `each.value`.
    Hcl,
    /// A Rust path after `use` was applied: `crate::…`, `axum::Router`.
    Rust,
    /// A CloudFormation logical id or pseudo parameter.
    Cfn,
    /// The process environment: `process.env.X`, `std::env::var("X")`, `$X` in a shell.
    Env,
    /// A secret store read at run time.
    Vault,
    /// Data of the current request: `req.body.x`, `ctx.params.id`, an extractor's binding.
    Request,
    /// Bound nowhere in the file: a global of the platform.
    Global,
    /// A template engine's value: `{{ .Values.x }}`, `<%= x %>`.
    Template,
}

/// Whether a specifier of JavaScript leads to a file of the application, as far as it tells: a path and the aliases that
/// `paths` of a tsconfig commonly give do, a scoped name may be a package of the same workspace, and any other is
/// a package's. Where all files are known, `link::Packages` tells.
pub fn leads_inside(specifier: &str) -> Tri {
    const ALIASES: [&str; 11] =
        ["src/", "@app/", "@lib/", "@libs/", "@core/", "@shared/", "@common/", "@utils/", "@server/", "@config/", "@src/"];
    let is_alias = || specifier.starts_with("@/") || ALIASES.iter().any(|alias| specifier.starts_with(alias));
    if specifier.starts_with(['.', '/', '~', '#']) || is_alias() {
        Tri::Yes
    } else if specifier.starts_with('@') {
        Tri::Maybe
    } else {
        Tri::No
    }
}

impl Deref for Ref {
    type Target = Name;

    fn deref(&self) -> &Name {
        &self.0
    }
}

impl DerefMut for Ref {
    fn deref_mut(&mut self) -> &mut Name {
        Arc::make_mut(&mut self.0)
    }
}

impl Ref {
    /// A reference from its scope and names.
    pub fn new<S: Into<SmolStr>>(scope: Scope, path: impl IntoIterator<Item = S>) -> Self {
        Self(Arc::new(Name { scope, path: path.into_iter().map(Into::into).collect() }))
    }

    /// A reference to the scope itself: `process.env`, the request.
    pub fn to(scope: Scope) -> Self {
        Self::new::<SmolStr>(scope, [])
    }

    /// The parameter that the name is or begins with, if its function was read as if strangers chose what it is handed:
    /// `params.name#120`.
    pub fn open_parameter(&self) -> Option<&SmolStr> {
        self.path.get(1).filter(|key| self.scope == Scope::Request && key.contains('#'))
    }

    /// `module#name`.
    pub fn import(module: impl Into<SmolStr>, name: impl Into<SmolStr>) -> Self {
        Self::new(Scope::Import(module.into()), [name.into()])
    }

    /// The names as string slices, to match on.
    pub fn names(&self) -> SmallVec<[&str; 4]> {
        self.path.iter().map(SmolStr::as_str).collect()
    }

    /// The last name: `verify` of `jsonwebtoken#verify`.
    pub fn last(&self) -> &str {
        self.path.last().map_or("", SmolStr::as_str)
    }

    /// The name that a reader would use: the last one that says something, else the module's.
    pub fn last_named(&self) -> &str {
        let named = self.path.iter().rev().map(SmolStr::as_str).find(|name| !matches!(*name, "default" | "*"));
        named.or_else(|| self.module()?.rsplit('/').next()).unwrap_or("")
    }

    /// The first name.
    pub fn first(&self) -> &str {
        self.path.first().map_or("", SmolStr::as_str)
    }

    /// The module that it is imported from, if it is.
    pub fn module(&self) -> Option<&str> {
        match &self.scope {
            Scope::Import(module) => Some(module),
            _ => None,
        }
    }

    /// Whether it is imported from a file of the application ([`leads_inside`]); what is not imported is in this file.
    pub fn is_own(&self) -> Tri {
        self.module().map_or(Tri::Yes, leads_inside)
    }

    /// Whether this is a constant of Rust by its spelling, in a module that the path names: `settings::KEY`.
    pub fn is_rust_constant(&self) -> bool {
        let name = self.last();
        self.scope == Scope::Rust && self.path.len() > 1 && name.len() > 1 && !name.contains(char::is_lowercase)
    }

    /// Whether this is a parameter of a function of JavaScript, or a member of one.
    pub fn is_parameter(&self) -> bool {
        self.scope == Scope::Local && self.first().contains("@@")
    }

    /// The same reference with one more name.
    #[must_use]
    pub fn child(&self, name: impl Into<SmolStr>) -> Self {
        let mut longer = self.clone();
        longer.path.push(name.into());
        longer
    }

    /// The name as the source writes it: that of a local variable is told apart by its place (`id@607`), which
    /// every edit above moves.
    #[must_use]
    pub fn without_place(&self) -> std::borrow::Cow<'_, Self> {
        if self.declared_as().is_some() {
            return std::borrow::Cow::Owned(self.undeclared());
        }
        let is_place = |at: &str| !at.is_empty() && at.bytes().all(|byte| byte.is_ascii_digit());
        let bare = match (&self.scope, self.path.first().and_then(|first| first.rsplit_once('@'))) {
            (Scope::Local, Some((name, at))) if is_place(at) => SmolStr::new(name.trim_end_matches('@')),
            _ => return std::borrow::Cow::Borrowed(self),
        };
        let mut written = self.clone();
        if let Some(first) = written.path.first_mut() {
            *first = bare;
        }
        std::borrow::Cow::Owned(written)
    }

    /// Whether it is read from somewhere at run time, so that no literal stands in the repository.
    pub fn is_runtime(&self) -> bool {
        matches!(self.scope, Scope::Env | Scope::Vault | Scope::Request | Scope::Template)
    }
}

impl std::fmt::Display for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (prefix, separator) = match &self.scope {
            Scope::Import(module) => (format!("{module}#"), "."),
            Scope::Rust => (String::new(), "::"),
            Scope::Env => ("env.".to_owned(), "."),
            Scope::Vault => ("vault:".to_owned(), "."),
            Scope::Request => ("request.".to_owned(), "."),
            Scope::Cfn => ("!Ref ".to_owned(), "."),
            Scope::Template => ("template:".to_owned(), "."),
            Scope::Local | Scope::Hcl | Scope::Global => (String::new(), "."),
        };
        write!(f, "{prefix}{}", self.names().join(separator))
    }
}
