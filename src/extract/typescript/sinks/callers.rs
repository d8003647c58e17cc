//! One call back: what the callers in the same file hand to the parameters that flow into a sink.

use rustc_hash::FxHashMap;

use super::called_name;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{Node, Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax, Tree};

/// Callers of one function that are looked at.
const MAX_CALLERS: usize = 16;
/// Nesting of a value that parameters are replaced in.
const MAX_NESTING: u32 = 12;

/// The calls of a file by the name of what they call.
pub(super) struct Callers<'t> {
    by_name: FxHashMap<&'t str, Vec<Syntax<'t>>>,
}

impl<'t> Callers<'t> {
    /// Collects the calls in one pass.
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        let mut by_name: FxHashMap<&str, Vec<Syntax<'t>>> = FxHashMap::default();
        for call in tree.all().filter(|node| node.kind() == Kind::Call) {
            by_name.entry(called_name(call)).or_default().push(call);
        }
        Self { by_name }
    }

    /// `value` as the callers make it: once for each of them that is open (nothing has tested what it hands over), with one
    /// parameter replaced by what it gets.
    pub(super) fn seen_from(
        &self,
        module: &Module<'t>,
        part: Syntax<'t>,
        value: &Node,
        is_open: &dyn Fn(Syntax<'t>, Syntax<'t>) -> bool,
    ) -> Vec<Node> {
        let mut seen = Vec::new();
        for name in std::iter::once(part).chain(part.below()).filter(|node| node.kind() == Kind::Identifier).take(16) {
            let Some(declaration) = module.lookup(name.text(), name) else { continue };
            if !matches!(&declaration.form, Form::Parameter(path) if path.is_empty()) {
                continue;
            }
            let Some(function) = declaration.name.ancestors().find(|outer| outer.kind().is_function()) else { continue };
            let Some(at) =
                function.field(Field::Parameters).into_iter().flat_map(Syntax::children).position(|one| one.holds(declaration.name))
            else {
                continue;
            };
            let parameter = Ref::new(Scope::Local, [module.linked_name(declaration)]);
            let callers = self.by_name.get(name_of(function)).into_iter().flatten();
            for call in callers.filter(|call| is_of_file(**call, function)).take(MAX_CALLERS) {
                let argument = call.field(Field::Arguments).and_then(|arguments| arguments.children().nth(at));
                if let Some(argument) = argument.filter(|argument| may_be_of_request(*argument) && is_open(*call, *argument)) {
                    let mut value = value.clone();
                    value.replace(&parameter, &module.lower(argument), MAX_NESTING);
                    seen.push(value);
                }
            }
        }
        seen
    }
}

/// Whether an argument may be a part of a request: a name, a member, or one of them in another form.
fn may_be_of_request(argument: Syntax<'_>) -> bool {
    match argument.kind() {
        Kind::Identifier | Kind::Member | Kind::Subscript => true,
        Kind::As | Kind::NonNull | Kind::Parenthesized | Kind::Await => argument.first().is_some_and(may_be_of_request),
        Kind::Call => {
            called_name(argument) == "String" || argument.field(Field::Function).is_some_and(|function| function.kind() == Kind::Member)
        }
        _ => false,
    }
}

/// Whether a call of the same name is of this function: of a method, on `this`; else by the bare name.
fn is_of_file(call: Syntax<'_>, function: Syntax<'_>) -> bool {
    let Some(called) = call.field(Field::Function) else { return false };
    if function.kind() == Kind::Method { called.text().starts_with("this.") } else { called.kind() == Kind::Identifier }
}

/// The name that a function is called by: its own, or that of the constant, key or member that holds it.
pub(in super::super) fn name_of(function: Syntax<'_>) -> &str {
    let named = function.field(Field::Name).or_else(|| {
        let holder = function.parent()?;
        match holder.kind() {
            Kind::VariableDeclarator | Kind::Field => holder.field(Field::Name),
            Kind::JsField => holder.field(Field::Property),
            Kind::Pair => holder.field(Field::Key),
            Kind::Assignment => holder.field(Field::Left).map(|left| left.field(Field::Property).unwrap_or(left)),
            _ => None,
        }
    });
    named.map_or("", unquoted)
}
