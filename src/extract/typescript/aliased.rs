//! Second names of an application: `const app = instance.withTypeProvider<TypeBoxTypeProvider>()` of Fastify is the
//! instance itself, said to have other types.

use super::names::{Form, Module};
use super::sinks::called_name;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Names that are followed, one behind the other.
const MAX_NAMES: usize = 4;

/// Methods by which something is registered on an application: what else is called needs no look-up.
const REGISTERS: [&str; 16] = [
    "use", "register", "route", "addHook", "decorate", "get", "post", "put", "patch", "delete", "del", "head", "options", "all", "on",
    "openapi",
];

/// The name that an object had first, where `method` is called on another of its names.
pub(super) fn original<'t>(module: &Module<'t>, object: Syntax<'t>, method: &str) -> Syntax<'t> {
    let mut at = object;
    for _ in 0..MAX_NAMES {
        if at.kind() != Kind::Identifier || !REGISTERS.contains(&method) {
            break;
        }
        let Some(declared) = module.lookup(at.text(), at).filter(|declared| !module.is_reassigned(declared)) else { break };
        let Form::Variable(Some(made), path) = &declared.form else { break };
        let Some(named) = typed(*made).filter(|_| path.is_empty()) else { break };
        at = named;
    }
    at
}

/// What `instance.withTypeProvider<T>()` says the types of.
fn typed(made: Syntax<'_>) -> Option<Syntax<'_>> {
    let made = if made.kind() == Kind::As { made.first()? } else { made };
    let is_typed = made.kind() == Kind::Call && called_name(made) == "withTypeProvider";
    is_typed.then(|| made.field(Field::Function)?.field(Field::Object)).flatten()
}
