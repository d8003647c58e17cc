//! Secrets in structs whose derived `Debug` prints every field, and that some log shows whole.

use smol_str::SmolStr;

use super::names::Names;
use crate::lower::words::{names_cipher_key, names_secret_value};
use crate::parse::rust::{Field, Type};

/// Structs in structs that are looked into.
const MAX_NESTING: u32 = 3;
/// Fields of one struct that are looked at.
const MAX_FIELDS: usize = 64;

impl Names<'_> {
    /// Whether a name says that it holds a secret. A bare `token` is one where somebody logs in; elsewhere it is a word
    /// of a parser.
    pub(super) fn names_secret(&self, name: &str) -> bool {
        names_secret_value(name)
            || names_cipher_key(name)
            || self.speaks_of_login() && matches!(name.to_ascii_lowercase().as_str(), "token" | "jwt" | "bearer")
    }

    /// The secret that the derived `Debug` of a struct of this file prints.
    pub(super) fn printed(&self, ty: &Type) -> Option<SmolStr> {
        self.speaks_of_secrets.then(|| self.printed_within(ty, MAX_NESTING)).flatten()
    }

    fn printed_within(&self, ty: &Type, depth: u32) -> Option<SmolStr> {
        let depth = depth.checked_sub(1)?;
        let it = self.strukt(ty.last()).filter(|it| it.prints)?;
        let shown = it.fields.iter().take(MAX_FIELDS).filter(|field| !is_left_out(field));
        let own = |field: &&Field| is_text(&field.ty) && (self.names_secret(&field.name.text) || is_changed_password(ty.last(), field));
        match shown.clone().find(own) {
            Some(secret) => Some(smol_str::format_smolstr!("{}.{}", ty.last(), secret.name.text)),
            None => shown.map(|field| inside(&field.ty)).find_map(|inner| self.printed_within(inner, depth)),
        }
    }
}

/// `String`, `Option<String>`, `Vec<String>`.
fn is_text(ty: &Type) -> bool {
    let plain = |name: &str| matches!(name, "String" | "str" | "Option" | "Vec" | "Cow");
    plain(ty.last()) && ty.args.iter().all(|inner| plain(inner.last()))
}

/// What stands in an `Option`, a `Vec` or a pointer.
fn inside(ty: &Type) -> &Type {
    match ty.args.first() {
        Some(inner) if matches!(ty.last(), "Option" | "Vec" | "Box" | "Arc") => inner,
        _ => ty,
    }
}

/// `old` and `new` of a struct that is named for passwords.
fn is_changed_password(owner: &str, field: &Field) -> bool {
    let owner = owner.to_ascii_lowercase();
    let is_one = matches!(field.name.text.as_str(), "old" | "new" | "current" | "confirm" | "confirmation" | "repeat" | "previous");
    is_one && ["password", "passwd", "passphrase"].iter().any(|word| owner.contains(word))
}

/// What derives of other crates leave out or write otherwise: `#[debug(skip)]`, `#[derivative(Debug = "ignore")]`.
fn is_left_out(field: &Field) -> bool {
    field.attrs.iter().any(|attr| matches!(attr.path.last(), "debug" | "derivative" | "educe"))
}
