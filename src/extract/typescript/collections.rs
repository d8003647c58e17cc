//! Frameworks that serve what is described to them: collections of Payload (`{ slug, access: { read, create }, fields }`) and
//! lists of Keystone (`list({ access: { operation: { query } }, fields })`).
//!
//! An access function decides by its answer. What a collection of Payload says nothing of, whoever is signed in may do, and
//! nobody may do what a list of Keystone says nothing of; an endpoint of Payload's own asks nobody unless its handler does.

use memchr::memmem;
use smol_str::{SmolStr, format_smolstr};

use super::filed::Filed;
use super::names::{Module, unquoted};
use super::routing::path_text;
use crate::extract::Extract;
use crate::ir::{Call, Field as Value, Node, NodeKind, Ref, Security, Span, Text, Tri, Why};
use crate::parse::typescript::{Field, Kind, Syntax};

const PAYLOAD: &str = "payload";
const KEYSTONE: &str = "@keystone-6/core";

/// Operations of a collection, with the methods and paths that they are asked for by.
const OPERATIONS: [(&str, &str, &str); 4] =
    [("read", "GET", ""), ("create", "POST", ""), ("update", "PATCH", "/:id"), ("delete", "DELETE", "/:id")];
/// Operations of a list.
const QUERIES: [(&str, &str); 4] = [("query", "QUERY"), ("create", "MUTATION"), ("update", "MUTATION"), ("delete", "MUTATION")];

/// Adds the collections, endpoints and lists of one file.
pub(super) fn extract(cx: &mut Extract<'_>, module: &Module<'_>) {
    let text = &cx.file.text;
    // As a module's name: Hapi has a payload too.
    let is_payload = memmem::find_iter(text.as_bytes(), b"payload").any(|at| at > 0 && matches!(text.as_bytes()[at - 1], b'\'' | b'"'));
    if is_payload {
        let mut filed = Filed::new(PAYLOAD);
        for node in module.tree.all().filter(|node| node.kind() == Kind::Object) {
            if let Some(above) = described(node) {
                collection(module, node, above, &mut filed);
            } else if is_endpoint(node) {
                endpoint(module, node, &mut filed);
            }
        }
        filed.emit(cx);
    }
    if memmem::find(cx.file.text.as_bytes(), b"@keystone").is_some() {
        let mut filed = Filed::new(KEYSTONE);
        let is_list = |callee: Ref| callee.last() == "list" && callee.module().is_some_and(|module| module.starts_with("@keystone"));
        for node in module.tree.all().filter(|node| node.kind() == Kind::Call) {
            if module.callee_of(node).is_some_and(is_list) {
                list(module, node, &mut filed);
            }
        }
        filed.emit(cx);
    }
}

/// The value of a key that is written in an object.
fn of<'t>(object: Syntax<'t>, key: &str) -> Option<Syntax<'t>> {
    object.children().find_map(|entry| match entry.kind() {
        Kind::Pair => entry.field(Field::Value).filter(|_| entry.field(Field::Key).is_some_and(|name| unquoted(name) == key)),
        Kind::Method => Some(entry).filter(|_| entry.field(Field::Name).is_some_and(|name| unquoted(name) == key)),
        Kind::ShorthandProperty => Some(entry).filter(|_| entry.text() == key),
        _ => None,
    })
}

/// Below which path an object is served as a collection or a global, if it is one: blocks have a slug and fields too.
fn described(object: Syntax<'_>) -> Option<&'static str> {
    of(object, "slug").and_then(|_| of(object, "fields"))?;
    let outer = object.parent()?;
    let declared = match outer.kind() {
        Kind::VariableDeclarator => outer.field(Field::Type).map_or("", Syntax::text),
        Kind::Satisfies | Kind::As => outer.children().last().map_or("", Syntax::text),
        _ => "",
    };
    match declared {
        declared if declared.contains("GlobalConfig") => Some("/api/globals/"),
        declared if declared.contains("CollectionConfig") => Some("/api/"),
        "" => ["access", "auth", "endpoints"].iter().any(|key| of(object, key).is_some()).then_some("/api/"),
        _ => None,
    }
}

fn collection<'t>(module: &Module<'t>, object: Syntax<'t>, above: &str, filed: &mut Filed) {
    let Some(slug) = of(object, "slug") else { return };
    let is_global = above.ends_with("globals/");
    let access = of(object, "access").map(|access| module.lower(access));
    for (operation, method, below) in OPERATIONS {
        // Whoever signs up makes an account.
        let is_sign_up = operation == "create" && of(object, "auth").is_some();
        if is_sign_up || is_global && matches!(operation, "create" | "delete") {
            continue;
        }
        let decided = access.as_ref().map(|access| access.get(operation).cloned().ok_or_else(|| access.clone()));
        let at = match &decided {
            Some(Ok(function)) => Span { end: function.span.start + 1, ..function.span },
            _ => slug.span(),
        };
        let mut path = Text::lit(above, at);
        path.pieces.extend(path_text(&module.lower(slug)).pieces);
        path.push(Node::text(if is_global { "" } else { below }, at));
        path.join_literals();
        let mut route = filed.route(method, "", Node::unknown(Why::Opaque, at));
        (route.path, route.handler) = (path, None);
        match decided {
            Some(Ok(function)) => route.guards = vec![decides(PAYLOAD, function)],
            Some(Err(access)) if access.as_map().is_none_or(crate::ir::Map::is_open) => route.security = Value::unknown(Why::Opaque, at),
            _ => route.security = asked(PAYLOAD, "signed-in users", at),
        }
        filed.add_at(route, at);
    }
}

/// Whether an object is an endpoint of the application's own.
fn is_endpoint(object: Syntax<'_>) -> bool {
    ["path", "method", "handler"].iter().all(|key| of(object, key).is_some())
}

fn endpoint<'t>(module: &Module<'t>, object: Syntax<'t>, filed: &mut Filed) {
    let (Some(path), Some(method), Some(handler)) = (of(object, "path"), of(object, "method"), of(object, "handler")) else { return };
    let collection = object.ancestors().filter(|outer| outer.kind() == Kind::Object).find(|outer| described(*outer).is_some());
    let mut whole = Text::lit(collection.and_then(described).unwrap_or("/api"), path.span());
    if let Some(slug) = collection.and_then(|collection| of(collection, "slug")) {
        whole.pieces.extend(path_text(&module.lower(slug)).pieces);
    }
    whole.pieces.extend(path_text(&module.lower(path)).pieces);
    whole.join_literals();
    let lowered = module.lower(object);
    let mut handlers: Vec<Node> = lowered.get("handler").map(Node::one_or_many).unwrap_or_default().into_iter().cloned().collect();
    let answers = handlers.pop().unwrap_or_else(|| Node::unknown(Why::Opaque, handler.span()));
    let mut route = filed.route(&unquoted(method).to_ascii_uppercase(), "", answers);
    route.path = whole;
    route.guards = handlers;
    filed.add_at(route, path.span());
}

/// `Kiln: list({ access, fields })`.
fn list<'t>(module: &Module<'t>, call: Syntax<'t>, filed: &mut Filed) {
    let named = call.ancestors().take(3).find(|outer| matches!(outer.kind(), Kind::Pair | Kind::VariableDeclarator));
    let name = named.and_then(|outer| outer.field(Field::Key).or_else(|| outer.field(Field::Name))).map_or("", unquoted);
    let lowered = module.lower(call);
    let Some(access) = lowered.as_call().and_then(|call| call.args.first()).and_then(|options| options.get("access")) else { return };
    for (operation, method) in QUERIES {
        let decided: Vec<Node> = if access.as_map().is_some() {
            ["operation", "filter", "item"].iter().filter_map(|kind| of_operation(access.get(kind)?, operation)).cloned().collect()
        } else {
            vec![access.clone()]
        };
        let span = decided.first().map_or(access.span, |function| function.span);
        let at = Span { end: span.start + 1, ..span };
        let what: SmolStr =
            if operation == "query" { format_smolstr!("/{}s", lower_first(name)) } else { format_smolstr!("/{operation}{name}") };
        let mut route = filed.route(method, &what, Node::unknown(Why::Opaque, at));
        route.handler = None;
        if access.get("operation").is_some_and(|operations| operations.as_map().is_some() && operations.get(operation).is_none()) {
            route.security = asked(KEYSTONE, "nobody", at);
        }
        route.guards = decided.into_iter().map(|function| decides(KEYSTONE, function)).collect();
        filed.add_at(route, at);
    }
}

/// One function for all operations, or one for each.
fn of_operation<'n>(access: &'n Node, operation: &str) -> Option<&'n Node> {
    if access.as_map().is_some() { access.get(operation) } else { Some(access) }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A function that decides by its answer, as a guard.
pub(super) fn decides(package: &str, function: Node) -> Node {
    let callee = Ref::import(package, "access");
    let span = function.span;
    let call = Call { callee, receiver: None, args: vec![function], is_new: false, result_used: Tri::Yes };
    Node::new(span, NodeKind::Call(Box::new(call)))
}

/// What a framework asks for by itself.
fn asked(package: &str, whom: &str, at: Span) -> Value<Security> {
    Value::known(Security::Schemes(vec![(Ref::import(package, whom), Vec::new())]), at)
}
