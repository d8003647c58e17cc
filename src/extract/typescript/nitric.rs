//! What a file does with the resources of Nitric that it asks permissions for, or takes from another file.

use smol_str::SmolStr;

use super::names::{Form, Module, unquoted};
use super::sinks::called_name;
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Map, Node, NodeKind, Ref, Resource, ResourceMode, Scope, Span, Tri, leads_inside};
use crate::parse::typescript::{Field, Kind, Syntax};

/// The type of a resource that another file makes, until linking finds it.
const ELSEWHERE: &str = "nitric-grant";

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
        let Some(holder) = value.field(Field::Function).and_then(|function| function.field(Field::Object)) else { continue };
        let NodeKind::Call(grant) = module.lower(value).kind else { continue };
        let mut attrs = Map::default();
        // `bucket('x').allow('read')`, `const x = bucket('x')` before it, or in another file.
        let (ty, shown) = match made_by(module, holder) {
            Some(Made::Here(made)) => {
                (format!("nitric:{}", made.callee.last()), made.args.first().map(ToString::to_string).unwrap_or_default())
            }
            Some(Made::Elsewhere(target)) => {
                attrs.push("made", holder.span(), Node::new(holder.span(), NodeKind::Ref(target)));
                (ELSEWHERE.to_owned(), holder.text().to_owned())
            }
            None => continue,
        };
        let Some(used) = uses(module, name) else { continue };
        attrs.push("granted", value.span(), Node::new(value.span(), NodeKind::List(words(&grant))));
        attrs.push("used", name.span(), list(used, name.span()));
        if name.ancestors().nth(2).is_some_and(|outer| outer.kind() == Kind::Export) {
            attrs.push("exported", name.span(), Node::text(name.text(), name.span()));
        }
        push(cx, &ty, &shown, value.span(), attrs);
    }
    taken(module, cx);
}

/// What is asked for permissions: a resource that is made here, or one of another file.
enum Made {
    Here(Box<Call>),
    Elsewhere(Ref),
}

fn made_by<'t>(module: &Module<'t>, holder: Syntax<'t>) -> Option<Made> {
    let here = |made: Syntax<'t>| match module.lower(made).kind {
        NodeKind::Call(made) if made.callee.module() == Some("@nitric/sdk") => Some(Made::Here(made)),
        _ => None,
    };
    if holder.kind() != Kind::Identifier {
        return here(holder);
    }
    match &module.lookup(holder.text(), holder)?.form {
        Form::Variable(Some(made), path) if path.is_empty() => here(*made),
        Form::Import(target) if is_own(target) => Some(Made::Elsewhere(target.clone())),
        _ => None,
    }
}

/// Whether `store.set(…)` is called on a handle that may set what a store of keys holds: `kv('x').allow('set')`.
pub(super) fn is_store<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    let Some(name) = object.filter(|object| object.kind() == Kind::Identifier) else { return false };
    let Some(Form::Variable(Some(granted), path)) = module.lookup(name.text(), name).map(|declaration| &declaration.form) else {
        return false;
    };
    let is_word = |word: Syntax<'_>| word.kind() == Kind::String && matches!(unquoted(word), "set" | "setting" | "writing");
    path.is_empty()
        && granted.kind() == Kind::Call
        && matches!(called_name(*granted), "allow" | "for")
        && granted.field(Field::Arguments).is_some_and(|words| words.children().any(is_word))
}

/// What is done with the names that are taken from the application's other files.
fn taken(module: &Module<'_>, cx: &mut Extract<'_>) {
    for declaration in module.top() {
        let Form::Import(target) = &declaration.form else { continue };
        if !is_own(target) {
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

/// Whether a name may be one of the application's other files.
fn is_own(target: &Ref) -> bool {
    matches!(&target.scope, Scope::Import(from) if leads_inside(from) != Tri::No)
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
