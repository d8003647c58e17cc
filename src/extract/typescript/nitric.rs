//! What a file does with the resources of Nitric that it asks permissions for.

use smol_str::SmolStr;

use super::names::Module;
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Map, Node, NodeKind, Resource, ResourceMode};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits one resource for each handle that never leaves the file, with the permissions granted
/// (`granted`) and the methods called through it (`used`). Of a handle that is exported or handed to
/// a function, the uses are not all seen, and nothing is said.
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
        let used = used.into_iter().map(|(method, place)| Node::text(method, place.span())).collect();
        attrs.push("used", name.span(), Node::new(name.span(), NodeKind::List(used)));
        let kind = made.callee.last();
        let shown = made.args.first().map(ToString::to_string).unwrap_or_default();
        let resource = Resource {
            provider: "nitric".into(),
            ty: format!("nitric:{kind}").into(),
            address: format!("{kind} {shown}").into(),
            name: shown.into(),
            mode: ResourceMode::Managed,
            attrs: Node::new(value.span(), NodeKind::Map(attrs)),
        };
        cx.fact(value.span(), resource.address.clone(), FactKind::Resource(resource));
    }
}

fn words(grant: &Call) -> Vec<Node> {
    grant.args.iter().flat_map(Node::one_or_many).cloned().collect()
}

/// Every method called through a name, or none if the name goes anywhere else.
fn uses<'t>(module: &Module<'t>, name: Syntax<'t>) -> Option<Vec<(SmolStr, Syntax<'t>)>> {
    let exported = name.ancestors().nth(2).is_some_and(|outer| outer.kind() == Kind::Export);
    if exported {
        return None;
    }
    let mut used = Vec::new();
    let same = |node: &Syntax<'t>| {
        matches!(node.kind(), Kind::Identifier | Kind::ShorthandProperty) && node.text() == name.text() && *node != name
    };
    for place in module.tree.all().filter(same) {
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
