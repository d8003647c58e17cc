//! Services that handlers hand the id of a record to, with who calls or without: where one handler hands both, what the
//! service is told of the id alone it does for whoever asks.

use smol_str::SmolStr;

use super::handler::Handler;
use super::{caller, found, model};
use crate::extract::typescript::names::Module;
use crate::extract::typescript::sinks::called_name;
use crate::ir::{Node, NodeKind, Tri, leads_inside};
use crate::parse::typescript::{Field, Kind, Syntax};

/// A call of a service.
pub(super) struct Through {
    /// What the service is known by wherever it is named: the last part of its module, or the member that holds it.
    pub service: SmolStr,
    /// What it is asked to do.
    pub method: SmolStr,
    /// The id that it is handed.
    pub by: Node,
    /// Whether it is handed who calls, too.
    pub is_asked: bool,
}

impl Through {
    /// What a call in a handler hands to a service of another file.
    pub(super) fn of<'t>(module: &Module<'t>, call: Syntax<'t>, handler: &Handler<'t>) -> Option<Self> {
        let arguments = call.field(Field::Arguments).filter(|list| list.kind() == Kind::Arguments)?;
        let method = called_name(call);
        if arguments.first().is_none() || found::is_statement(module, call) || found::has_model(module, call) {
            return None;
        }
        let service = service_of(module, call)?;
        // `{ id: req.params.id, userId: req.user.id }`.
        let values = arguments.children().take(6).flat_map(|argument| match argument.kind() {
            Kind::Object => argument.children().map(|entry| entry.field(Field::Value).unwrap_or(entry)).take(12).collect(),
            _ => vec![argument],
        });
        let (mut by, mut is_asked) = (None, false);
        for value in values.filter(|value| !value.kind().is_function()) {
            match handler.sent(module, value).filter(|name| by.is_none() && model::is_id(name.last())) {
                Some(name) => by = Some(Node::new(value.span(), NodeKind::Ref(name))),
                None => is_asked |= found::is_of_caller(module, handler, value) || caller::tells_of_caller(module, handler, value),
            }
        }
        Some(Self { service, method: SmolStr::new(method), by: by?, is_asked })
    }
}

/// The service that a method is of: `orderService.cancel(…)` of `import * as orderService from '../services/order'`,
/// `this.orders.cancel(…)`.
fn service_of<'t>(module: &Module<'t>, call: Syntax<'t>) -> Option<SmolStr> {
    let object = call.field(Field::Function)?.field(Field::Object)?;
    match object.kind() {
        Kind::Identifier => {
            let callee = module.callee_of(call)?;
            let source = callee.module().filter(|source| leads_inside(source) != Tri::No)?;
            Some(SmolStr::new(source.rsplit('/').next()?.trim_end_matches(".js").to_ascii_lowercase()))
        }
        Kind::Member if object.field(Field::Object)?.kind() == Kind::This => {
            let name = object.field(Field::Property)?.text();
            let declared = model::handed_to_class(call, name).map_or(name, Syntax::text).to_ascii_lowercase();
            declared.ends_with("service").then(|| SmolStr::new(declared))
        }
        _ => None,
    }
}
