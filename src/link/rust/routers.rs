//! Routers that functions of other files make, configure or lay guards around.

use rustc_hash::FxHashMap;
use smol_str::{SmolStr, format_smolstr};

use super::Index;
use crate::ir::{Call, Fact, FactKind, Func, Node, NodeKind, Ref, Scope};
use crate::source::FileId;

/// The guards that are laid around a router, by its file and the name that stands for it there.
pub(super) type Layers = FxHashMap<(FileId, SmolStr), Vec<Node>>;

/// Collects what is laid around each router.
pub(super) fn layers(facts: &[Fact]) -> Layers {
    let mut layers = Layers::default();
    for fact in facts {
        let FactKind::Guard(guard) = &fact.kind else { continue };
        if let Some(router) = guard.service.as_ref().filter(|router| router.scope == Scope::Local && router.path.len() == 1) {
            layers.entry((fact.span.file, router.last().into())).or_default().push(guard.what.clone());
        }
    }
    layers
}

impl Index<'_> {
    /// The router that a mount places: the one that a function of another file makes or configures. What is
    /// laid around it where it is mounted, `users::router().layer(auth)`, joins the guards.
    pub(super) fn child(&self, node: &Node, from: FileId, hops: usize, guards: &mut Vec<Node>) -> Node {
        let Some(hops) = hops.checked_sub(1) else { return node.clone() };
        let kind = match &node.kind {
            NodeKind::Ref(name) if name.path.len() > 1 || self.find(name, from).is_some() => match self.find(name, from) {
                Some((file, binding)) => {
                    let NodeKind::Func(func) = &binding.value.kind else { return node.clone() };
                    // `.configure(users::config)`: its parameter is the router.
                    let router = func.params.iter().find(|param| param.ty.as_ref().is_some_and(|ty| ty.last() == "ServiceConfig"));
                    let name = match router {
                        Some(param) => smol_str::format_smolstr!("{}@{}", param.name, param.span.start),
                        None => binding.name.clone(),
                    };
                    let mut there = func.span;
                    there.file = file;
                    return Node::new(there, NodeKind::Ref(Ref::new(Scope::Local, [name])));
                }
                None => return node.clone(),
            },
            NodeKind::Call(call) => {
                if let Some(router) = call.receiver.as_ref().filter(|_| lays_around(call.callee.last())) {
                    guards.extend(call.args.iter().map(|guard| self.guard(guard, from, hops)));
                    return self.child(router, from, hops, guards);
                }
                if let Some(func) = self.function(&call.callee, from).or_else(|| self.method_of(call, from)) {
                    let Some(made) = &func.returns else { return node.clone() };
                    if let Some((argument, layers)) = self.handed_through(func, made, call) {
                        guards.extend(layers.iter().map(|guard| self.guard(guard, func.span.file, hops)));
                        return self.child(argument, from, hops, guards);
                    }
                    return self.child(made, func.span.file, hops, guards);
                }
                let mut call = call.clone();
                call.args = call.args.iter().map(|argument| self.child(argument, from, hops, guards)).collect();
                call.receiver = call.receiver.as_ref().map(|receiver| self.child(receiver, from, hops, guards));
                NodeKind::Call(call)
            }
            NodeKind::List(items) => NodeKind::List(items.iter().map(|item| self.child(item, from, hops, guards)).collect()),
            NodeKind::Op(op, operands) => NodeKind::Op(*op, operands.iter().map(|item| self.child(item, from, hops, guards)).collect()),
            other => other.clone(),
        };
        Node { span: node.span, via: node.via.clone(), kind }
    }

    /// The router that a function gives back as it was handed, with what it lays around it:
    /// `members_only(Router::new().route(…))`.
    fn handed_through<'c>(&self, func: &Func, made: &Node, call: &'c Call) -> Option<(&'c Node, &[Node])> {
        let name = made.as_ref().filter(|name| name.scope == Scope::Local && name.path.len() == 1)?;
        let is_made = |at: &usize| {
            let param = &func.params[*at];
            name.last() == format_smolstr!("{}@{}", param.name, param.span.start)
        };
        let at = (0..func.params.len()).find(is_made)?;
        let layers = self.layers.get(&(func.span.file, name.last().into()));
        Some((call.args.get(at)?, layers.map(Vec::as_slice).unwrap_or_default()))
    }
}

/// Methods that put a guard around a whole router.
fn lays_around(method: &str) -> bool {
    matches!(method, "layer" | "route_layer" | "wrap" | "around" | "with")
}
