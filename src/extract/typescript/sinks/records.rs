//! Records that handlers of requests deal with: which are looked up by an id that the request names, whether the
//! handler asks whose they are, and which go out as they are stored. A handler is looked at once, whole.

mod answered;
mod caller;
mod found;
pub(super) mod model;
mod operators;

use smol_str::SmolStr;

use self::caller::Asked;
use self::found::Lookup;
use super::called_name;
use crate::extract::Extract;
use crate::extract::typescript::names::Module;
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};
use crate::parse::typescript::{Kind, Syntax};

/// Nodes of a handler that are looked at; what is longer is no handler of one thing.
const MAX_HANDLER: usize = 6_000;

/// Emits what a function does with records, if it is handed a request.
pub(super) fn handler<'t>(module: &Module<'t>, function: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(request) = caller::request_of(function) else { return };
    let is_handler = |node: Syntax<'t>| node.kind().is_function() && caller::request_of(node).is_some();
    if function.size() > MAX_HANDLER || function.below().any(is_handler) {
        return;
    }
    let asked = Asked::of(function, request);
    for node in function.below() {
        if let Some(page) = operators::landing(node) {
            emit(
                SinkKind::Landing,
                Ref::new(Scope::Global, ["redirect"]),
                page,
                SinkPart::new(Node::text(page, node.span()), Tri::Yes, ""),
                node.span(),
                cx,
            );
        }
        if let Some(role) = operators::promoted(module, node).filter(|_| !asked.is_known()) {
            emit(
                SinkKind::Promote,
                Ref::new(Scope::Global, [role]),
                role,
                SinkPart::new(Node::text(role, node.span()), Tri::Yes, ""),
                node.span(),
                cx,
            );
        }
    }
    for call in function.below().filter(|node| node.kind() == Kind::Call) {
        if let Some(lookup) = Lookup::of(module, call, &asked) {
            emit_lookup(&lookup, call.span(), cx);
        }
        if let Some(model) = answered::whole_record(module, call, function) {
            let value = Node::text(model.clone(), call.span());
            let callee = Ref::new(Scope::Global, [called_name(call)]);
            emit(SinkKind::Answer, callee, &model, SinkPart::new(value, Tri::Yes, ""), call.span(), cx);
        }
    }
    owner_named(module, function, &asked, cx);
}

/// A record that is looked up: whose it is `own` if the handler asks, `named` if the request alone says which.
fn emit_lookup(lookup: &Lookup, place: Span, cx: &mut Extract<'_>) {
    let label = if lookup.is_own { "own" } else { "named" };
    let callee = Ref::new(Scope::Global, [lookup.model.clone(), lookup.method.clone()]);
    emit(SinkKind::Lookup, callee, &lookup.model, SinkPart::new(lookup.by.clone(), Tri::Yes, label), place, cx);
}

/// The name by which a handler knows its caller, or takes anybody's of the request: `userId` of `req.session`, of
/// `req.params`.
fn owner_named<'t>(module: &Module<'t>, function: Syntax<'t>, asked: &Asked<'t>, cx: &mut Extract<'_>) {
    let (name, label, place) = match asked {
        Asked::Caller { name: Some(name), place } => (*name, "caller", *place),
        Asked::Caller { name: None, place } => ("caller", "caller", *place),
        Asked::Nobody => match caller::owner_of_request(module, function) {
            Some(read) => (read.name, "anybody", read.place),
            None => return,
        },
    };
    let value = Node::text(name, place.span());
    emit(SinkKind::Lookup, Ref::new(Scope::Global, [name]), name, SinkPart::new(value, Tri::Yes, label), place.span(), cx);
}

fn emit(kind: SinkKind, callee: Ref, owner: &str, part: SinkPart, place: Span, cx: &mut Extract<'_>) {
    cx.fact(place, SmolStr::new(owner), FactKind::Sink(Sink { kind, callee, parts: vec![part], options: None }));
}
