//! What a file does with the resources of Nitric that it asks permissions for, or takes from another file.

use smol_str::SmolStr;

use super::names::{Form, Module, is_package};
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Map, Node, NodeKind, Resource, ResourceMode, Scope, Span};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits one resource for each handle whose uses are all seen: the permissions granted (`granted`), the methods
/// called through it (`used`), and for an exported one the name that other files take it by (`exported`).
/// Of a handle that is handed to a function the uses are not all seen, and nothing is said.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    for node in module.tree.all().filter(|node| node.kind() == Kind::VariableDeclarator) {
        let (Some(name), Some(value)) = (node.field(Field::Name), node.field(Field::Value)) else { continue };
        let is_granted =
            value.kind() == Kind::Call && matches!(module.callee_of(value), Some(callee) if matches!(callee.last(), "for" | "allow"));
        if name.kind() != Kind::Identifier || !is_granted {
            continue;
        }
        let NodeKind::Call(grant) = module.lower(value).kind else { continue };
        let Some(made) = grant.receiver.as_ref().and_then(Node::as_call).filter(|made| made.callee.module() == Some("@nitric/sdk")) else {
            continue;
        };
        let Some(used) = uses(module, name) else { continue };
        let mut attrs = Map::default();
        attrs.push("granted", value.span(), Node::new(value.span(), NodeKind::List(words(&grant))));
        attrs.push("used", name.span(), list(used, name.span()));
        if name.ancestors().nth(2).is_some_and(|outer| outer.kind() == Kind::Export) {
            attrs.push("exported", name.span(), Node::text(name.text(), name.span()));
        }
        let shown = made.args.first().map(ToString::to_string).unwrap_or_default();
        push(cx, &format!("nitric:{}", made.callee.last()), &shown, value.span(), attrs);
    }
    taken(module, cx);
}

/// What is done with the names that are taken from the application's other files.
fn taken(module: &Module<'_>, cx: &mut Extract<'_>) {
    for declaration in module.top() {
        let Form::Import(target) = &declaration.form else { continue };
        let is_own = matches!(&target.scope, Scope::Import(from) if !is_package(from) || from.starts_with(['@', '~', '#']));
        if !is_own {
            continue;
        }
        let name = declaration.name;
        let mut attrs = Map::default();
        attrs.push("handle", name.span(), Node::new(name.span(), NodeKind::Ref(target.clone())));
        if let Some(used) = uses(module, name) {
            attrs.push("used", name.span(), list(used, name.span()));
        }
        push(cx, "nitric-use", name.text(), name.span(), attrs);
    }
}

fn push(cx: &mut Extract<'_>, ty: &str, name: &str, span: Span, attrs: Map) {
    let kind = ty.rsplit(':').next().unwrap_or(ty);
    let resource = Resource {
        provider: "nitric".into(),
        ty: ty.into(),
        address: format!("{kind} {name}").into(),
        name: name.into(),
        mode: ResourceMode::Managed,
        attrs: Node::new(span, NodeKind::Map(attrs)),
    };
    cx.fact(span, resource.address.clone(), FactKind::Resource(resource));
}

fn words(grant: &Call) -> Vec<Node> {
    grant.args.iter().flat_map(Node::one_or_many).cloned().collect()
}

fn list(used: Vec<(SmolStr, Syntax<'_>)>, span: Span) -> Node {
    Node::new(span, NodeKind::List(used.into_iter().map(|(method, place)| Node::text(method, place.span())).collect()))
}

/// Every method called through a name, or none if the name goes anywhere else.
fn uses<'t>(module: &Module<'t>, name: Syntax<'t>) -> Option<Vec<(SmolStr, Syntax<'t>)>> {
    let mut used = Vec::new();
    let same = |node: &Syntax<'t>| {
        matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty) && node.text() == name.text() && *node != name
    };
    for place in module.tree.all().filter(same) {
        if place.parent().is_some_and(|outer| matches!(outer.kind(), Kind::ImportSpecifier | Kind::ImportClause)) {
            continue;
        }
        if module.lookup(place.text(), place).is_none_or(|declaration| declaration.name != name) {
            continue;
        }
        let mut link = place;
        let before = used.len();
        while let Some(outer) = link.parent() {
            match (outer.kind(), link.role()) {
                (Kind::Member, Field::Object) => used.push((outer.field(Field::Property)?.text().into(), outer)),
                (Kind::Call, Field::Function) | (Kind::Await | Kind::Parenthesized | Kind::NonNull, _) => {}
                _ => break,
            }
            link = outer;
        }
        if used.len() == before {
            return None;
        }
        // A part of the handle that is kept may be used later: `const file = images.file('x')`.
        if link.kind() == Kind::Member
            || link.parent().is_some_and(|outer| outer.kind() == Kind::VariableDeclarator)
                && used.last().is_some_and(|(last, _)| last == "file" || last == "doc" || last == "collection")
        {
            return None;
        }
    }
    Some(used)
}
