//! Helpers of Handlebars that call markup safe: which of their parameters are in it. Linking asks what views hand them.

use super::{called_name, callers::name_of, flow};
use crate::extract::Extract;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{Call, FactKind, Node, NodeKind, Ref, Scope};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Parameters of a helper that are looked at.
const MAX_PARAMETERS: usize = 8;

/// Emits a helper that answers with `new Handlebars.SafeString(…)`, as a call of a library that does not exist,
/// `views#helper`: its name, the markup, and its parameters by their places.
pub(super) fn emit<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    if called_name(call) != "SafeString" {
        return;
    }
    let Some(markup) = call.field(Field::Arguments).and_then(Syntax::first) else { return };
    let Some(function) = call.ancestors().find(|outer| outer.kind().is_function()) else { return };
    let name = match function.parent().filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::first) {
        Some(first) if first.kind() == Kind::String => unquoted(first),
        Some(_) => return,
        None => name_of(function),
    };
    let list = function.field(Field::Parameters).into_iter().flat_map(Syntax::children).take(MAX_PARAMETERS);
    let parameters = list.map(|parameter| {
        let own = parameter.field(Field::Pattern).unwrap_or(parameter);
        let declaration = module.lookup(own.text(), markup).filter(|declaration| declaration.name == own);
        let is_plain = |form: &Form<'t>| matches!(form, Form::Parameter(path) if path.is_empty());
        match declaration.filter(|declaration| is_plain(&declaration.form)) {
            Some(declaration) => Node::new(own.span(), NodeKind::Ref(Ref::new(Scope::Local, [module.linked_name(declaration)]))),
            None => Node::new(own.span(), NodeKind::Null),
        }
    });
    let parameters: Vec<Node> = parameters.collect();
    if name.is_empty() || parameters.is_empty() {
        return;
    }
    let value = flow::flowing(module, markup, module.lower(markup));
    let args = vec![Node::text(name, call.span()), value, Node::new(function.span(), NodeKind::List(parameters))];
    cx.fact(call.span(), name, FactKind::Call(Call { args, ..Call::of(Ref::import("views", "helper")) }));
}
