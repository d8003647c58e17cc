//! What a module of NestJS holds: controllers, resolvers among its providers, other modules, guards for the whole application.

use super::{PACKAGE, add_option};
use crate::extract::typescript::names::{Form, Module};
use crate::extract::typescript::routing::path_text;
use crate::extract::typescript::{shown, sinks};
use crate::ir::{Call, Entry, Fact, FactKind, Guard, GuardScope, Map, Mount, Node, NodeKind, Op, Ref, Scope, Service, Text, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

/// How deep lists, conditions and calls of what a module holds are looked through.
const MAX_DEPTH: usize = 6;
/// Constants in constants that the options of a module are made of.
const MAX_CONSTANTS: usize = 6;

/// The module that a class is by its decorator, and what its functions make of it.
pub(super) fn add<'t>(
    module: &Module<'t>,
    class: Syntax<'t>,
    (binding, name): (&Ref, &'t str),
    decorator: (Syntax<'t>, &Node),
    facts: &mut Vec<Fact>,
) {
    let (at, decorator) = decorator;
    if let Some(options) = decorator.as_call().and_then(|call| call.args.first()) {
        let options = written_out(module, at, options, MAX_CONSTANTS);
        if let Some(exported) = options.get(Service::EXPORTS) {
            add_option(Service::EXPORTS, exported.clone(), facts);
        }
        add_parts(binding, &options, facts);
    }
    for made in made_modules(class, name) {
        add_parts(binding, &written_out(module, made, &module.lower(made), MAX_CONSTANTS), facts);
    }
}

/// The options of a module with the constants of the file in the place of their names: `@Module(metadata)`,
/// `providers: [...guards, TagService]`.
fn written_out<'t>(module: &Module<'t>, at: Syntax<'t>, options: &Node, depth: usize) -> Node {
    let Some(depth) = depth.checked_sub(1) else { return options.clone() };
    let inner = |node: &Node| written_out(module, at, node, depth);
    let kind = match &options.kind {
        NodeKind::Ref(name) if name.scope == Scope::Local => {
            let made = module.lookup(name.first(), at).and_then(|declaration| match &declaration.form {
                Form::Variable(Some(made), path) if path.is_empty() => Some(*made),
                _ => None,
            });
            let is_written = |made: &Syntax<'t>| matches!(made.kind(), Kind::Object | Kind::Array | Kind::As | Kind::Satisfies);
            let Some(made) = made.filter(|made| is_written(made) && module.pays(made.size())) else {
                return options.clone();
            };
            return inner(&name.path.iter().skip(1).fold(module.lower(made), |value, member| value.member(member)));
        }
        NodeKind::Map(map) => {
            let mut out = Map::default();
            for entry in &map.entries {
                match entry {
                    Entry::Pair { key, key_span, value } => out.push(key.clone(), *key_span, inner(value)),
                    Entry::Spread(spread) => match inner(spread).kind {
                        NodeKind::Map(spread) => out.entries.extend(spread.entries),
                        _ => out.entries.push(entry.clone()),
                    },
                    Entry::Computed { .. } => out.entries.push(entry.clone()),
                }
            }
            NodeKind::Map(out)
        }
        NodeKind::List(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                match &item.kind {
                    NodeKind::Op(Op::Spread, operands) if let [spread] = operands.as_slice() => match inner(spread).kind {
                        NodeKind::List(spread) => out.extend(spread),
                        _ => out.push(item.clone()),
                    },
                    // `const guard = { provide: APP_GUARD, useClass: KeyGuard }`, named among the providers.
                    NodeKind::Ref(_) => {
                        let made = inner(item);
                        out.push(if made.get("provide").is_some() { made } else { item.clone() });
                    }
                    _ => out.push(item.clone()),
                }
            }
            NodeKind::List(out)
        }
        _ => return options.clone(),
    };
    Node::new(options.span, kind)
}

/// What the functions of a module return as it: `static register(): DynamicModule { return { module: X, controllers } }`.
fn made_modules<'t>(class: Syntax<'t>, name: &'t str) -> impl Iterator<Item = Syntax<'t>> {
    let methods = class.child(Kind::ClassBody).into_iter().flat_map(Syntax::children).filter(|member| member.kind() == Kind::Method);
    let bodies = methods.filter_map(|method| method.field(Field::Body)).flat_map(Syntax::children);
    let returned = bodies.filter(|statement| statement.kind() == Kind::Return).filter_map(Syntax::first);
    returned.filter(move |made| made.kind() == Kind::Object && sinks::value_of(*made, "module").is_some_and(|module| module.text() == name))
}

/// What a module holds: controllers, resolvers among its providers, other modules, guards for the whole application.
fn add_parts(binding: &Ref, options: &Node, facts: &mut Vec<Fact>) {
    if let Some(providers) = options.get("providers") {
        provided(binding, providers, true, MAX_DEPTH, facts);
    }
    for list in ["controllers", "providers", "imports"].iter().filter_map(|key| options.get(key)) {
        let order = list.span.start;
        list.each(&mut |item| routed(binding, item, facts));
        for child in held(list, MAX_DEPTH) {
            let span = child.span;
            let mount = Mount { parent: binding.clone(), prefix: Text::default(), child, guards: Vec::new(), order };
            facts.push(Fact::new(span, shown(binding), FactKind::Mount(mount)));
        }
    }
}

/// `RouterModule.register([{ path: 'admin', module: AdminModule, children: [ … ] }])`.
fn routed(binding: &Ref, item: &Node, facts: &mut Vec<Fact>) {
    let Some(call) = item.as_call().filter(|call| matches!(call.callee.last(), "register" | "forRoutes")) else { return };
    let is_router = call.callee.path.len() > 1 && call.callee.path[call.callee.path.len() - 2] == "RouterModule";
    if let Some(routes) = call.args.first().filter(|_| is_router) {
        routed_below(binding, routes, &Text::default(), MAX_DEPTH, facts);
    }
}

fn routed_below(binding: &Ref, routes: &Node, prefix: &Text, depth: usize, facts: &mut Vec<Fact>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    routes.each(&mut |route| {
        if let NodeKind::Ref(_) = route.kind {
            let mount = Mount {
                parent: binding.clone(),
                prefix: prefix.clone(),
                child: route.clone(),
                guards: Vec::new(),
                order: route.span.start,
            };
            facts.push(Fact::new(route.span, shown(binding), FactKind::Mount(mount)));
            return;
        }
        let mut below = prefix.clone();
        if let Some(path) = route.get("path") {
            below.push(Node::text("/", path.span));
            below.pieces.extend(path_text(path).pieces);
            below.join_literals();
        }
        for part in [route.get("module"), route.get("children")].into_iter().flatten() {
            routed_below(binding, part, &below, depth, facts);
        }
    });
}

/// Adds the guards that are provided for the whole application, those under a condition as such that may hold:
/// `providers: [...(isOpen ? [] : [{ provide: APP_GUARD, useClass: KeyGuard }])]`.
fn provided(binding: &Ref, providers: &Node, is_certain: bool, depth: usize, facts: &mut Vec<Fact>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let span = providers.span;
    let guard = match &providers.kind {
        NodeKind::List(items) => return items.iter().for_each(|item| provided(binding, item, is_certain, depth, facts)),
        NodeKind::Op(op, operands) => {
            let is_certain = is_certain && matches!(op, Op::Spread | Op::Await);
            return operands.iter().for_each(|operand| provided(binding, operand, is_certain, depth, facts));
        }
        // `[isOpen && guard, …].filter(Boolean)`, `base.concat(guards)`.
        NodeKind::Call(call) if matches!(call.callee.last(), "filter" | "concat" | "flat") => {
            let parts = call.receiver.iter().chain(&call.args);
            return parts.for_each(|part| provided(binding, part, is_certain, depth, facts));
        }
        NodeKind::Map(_) => global_guard(providers),
        // What another file provides, linking looks up by this name.
        NodeKind::Ref(name) if matches!(name.scope, Scope::Import(_)) && names_guards(name.last_named()) => {
            let call = Call { args: vec![providers.clone()], ..Call::of(Ref::import(PACKAGE, Guard::PROVIDED)) };
            Some(Node::new(span, NodeKind::Call(Box::new(call))))
        }
        _ => None,
    };
    let Some(guard) = guard else { return };
    let guard = if is_certain { guard } else { Node::new(span, NodeKind::Op(Op::And, vec![Node::unknown(Why::Opaque, span), guard])) };
    let guard = Guard::new(guard, GuardScope::App, Some(binding.clone()), span.start);
    facts.push(Fact::new(span, shown(binding), FactKind::Guard(guard)));
}

/// Whether a provider of another file may be a guard for the whole application, or a list with one: `globalProviders`.
fn names_guards(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("guard") || name.contains("provider")
}

/// The guard of `{ provide: APP_GUARD, useClass: JwtAuthGuard }`.
fn global_guard(provider: &Node) -> Option<Node> {
    let provide = provider.get("provide")?.as_ref()?;
    if provide.last() != "APP_GUARD" {
        return None;
    }
    let what = ["useClass", "useExisting", "useValue", "useFactory"].iter().find_map(|key| provider.get(key))?;
    Some(match &what.kind {
        // What a factory makes in several steps is not followed.
        NodeKind::Func(func) => func.returns.clone().unwrap_or_else(|| Node::unknown(Why::Opaque, what.span)),
        _ => what.clone(),
    })
}

/// The modules and controllers in a list: `X.forRoot(…)` is `X`, `forwardRef(() => X)` too.
pub(super) fn held(node: &Node, depth: usize) -> Vec<Node> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    match &node.kind {
        NodeKind::List(items) => items.iter().flat_map(|item| held(item, depth)).collect(),
        NodeKind::Op(Op::Spread | Op::Cond | Op::And | Op::Or | Op::Coalesce | Op::Await, operands) => {
            operands.iter().flat_map(|operand| held(operand, depth)).collect()
        }
        NodeKind::Call(call) if call.callee.last() == "forwardRef" => match call.args.first().map(|first| &first.kind) {
            Some(NodeKind::Func(func)) => func.returns.iter().flat_map(|returned| held(returned, depth)).collect(),
            _ => Vec::new(),
        },
        // `Object.values(controllers)`, of a file or of what a constant holds: linking opens it.
        NodeKind::Call(call) if call.is_values() => vec![node.clone()],
        NodeKind::Call(call) if matches!(call.callee.last(), "filter" | "concat" | "flat") && call.receiver.is_some() => {
            call.receiver.iter().chain(&call.args).flat_map(|part| held(part, depth)).collect()
        }
        NodeKind::Call(call) if call.callee.path.len() > 1 => {
            let mut name = call.callee.clone();
            name.path.pop();
            vec![Node::new(node.span, NodeKind::Ref(name))]
        }
        NodeKind::Ref(_) => vec![node.clone()],
        _ => Vec::new(),
    }
}
