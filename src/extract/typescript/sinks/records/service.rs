//! Which function of which service a value is the result of: by the class that a constructor is handed, by the name of a
//! constant, by the file that a function is imported from.

use smol_str::SmolStr;

use super::answered::MAX_HOPS;
use super::{carried, model};
use crate::extract::typescript::names::{Form, Module};
use crate::extract::typescript::sinks::callers::name_of;
use crate::ir::{Tri, leads_inside};
use crate::parse::typescript::{Field, Kind, Syntax};

/// The function of the same class whose result a value is, as it is or in a constant.
pub(super) fn of_own<'t>(module: &Module<'t>, value: Syntax<'t>) -> Option<SmolStr> {
    let mut value = value;
    for _ in 0..MAX_HOPS {
        match value.kind() {
            Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As => value = value.first()?,
            Kind::Identifier => match &module.lookup(value.text(), value).filter(|declared| !module.is_reassigned(declared))?.form {
                Form::Variable(Some(made), path) if path.is_empty() => value = *made,
                _ => return None,
            },
            _ => return carried::own_method(value),
        }
    }
    None
}

pub(super) fn letters(name: &str) -> SmolStr {
    name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect()
}

/// Whom a function of a service is known by: its class, or nothing for its file; and its name.
pub(super) fn home(function: Option<Syntax<'_>>) -> Option<(SmolStr, SmolStr)> {
    let function = function?;
    let name = name_of(function);
    let class = function.ancestors().find(|outer| outer.kind().is_class()).and_then(|class| class.field(Field::Name));
    (!name.is_empty()).then(|| (class.map_or_else(SmolStr::default, |class| letters(class.text())), SmolStr::new(name)))
}

/// The function of a service whose result a value is, and the member of that result.
pub(super) fn of_service<'t>(module: &Module<'t>, value: Syntax<'t>) -> Option<((SmolStr, SmolStr), &'t str)> {
    let (mut value, mut path) = (value, "");
    for _ in 0..MAX_HOPS {
        match value.kind() {
            Kind::Await | Kind::Parenthesized | Kind::NonNull | Kind::As => value = value.first()?,
            Kind::Member if path.is_empty() => {
                path = value.field(Field::Property)?.text();
                value = value.field(Field::Object)?;
            }
            Kind::Identifier | Kind::ShorthandProperty => {
                let declared = module.lookup(value.text(), value).filter(|declared| !module.is_reassigned(declared))?;
                match &declared.form {
                    Form::Variable(Some(made), taken) if taken.is_empty() => value = *made,
                    Form::Variable(Some(made), taken) if taken.len() == 1 && path.is_empty() && taken[0] != "[]" => {
                        path = taken[0];
                        value = *made;
                    }
                    _ => return None,
                }
            }
            Kind::Call => return Some((called_service(module, value)?, path)),
            _ => return None,
        }
    }
    None
}

/// The service of `this.users.find(id)` by the type that the constructor says, of `userService.find(id)` by the name, of
/// `findUser(id)` by the file that it is imported from.
fn called_service<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<(SmolStr, SmolStr)> {
    let function = call.field(Field::Function)?;
    let imported = |name: Syntax<'t>| module.source_of(name).filter(|source| leads_inside(source) != Tri::No).map(file_of);
    match function.kind() {
        Kind::Identifier => Some((imported(function)?, SmolStr::new(function.text()))),
        Kind::Member => {
            let (object, method) = (function.field(Field::Object)?, SmolStr::new(function.field(Field::Property)?.text()));
            let holder = match object.kind() {
                Kind::Identifier => imported(object).or_else(|| object.text().ends_with("ervice").then(|| letters(object.text())))?,
                Kind::Member if object.field(Field::Object)?.kind() == Kind::This => {
                    let name = object.field(Field::Property)?.text();
                    model::declared_type(call, name).map_or_else(|| letters(name), letters)
                }
                _ => return None,
            };
            Some((holder, method))
        }
        _ => None,
    }
}

/// The file that a specifier names, as [`file_stem`] calls it.
fn file_of(source: &str) -> SmolStr {
    let name = source.rsplit('/').next().unwrap_or(source);
    letters([".js", ".ts", ".mjs"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name))
}
