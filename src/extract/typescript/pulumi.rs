//! Settings of Pulumi's stacks that are secrets by their name and are asked for like any other.

use super::names::{Form, Module, unquoted};
use crate::extract::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Resource, ResourceMode};
use crate::lower::words::names_secret_value;
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits one resource, `pulumi:Config`, for each setting that is read in the clear: `config.require('dbPassword')`.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    for node in module.tree.all().filter(|node| node.kind() == Kind::Call) {
        if let Some(key) = read(node).filter(|key| names_secret_value(unquoted(*key)) && !is_hidden(node))
            && is_config(module, node)
        {
            let name = unquoted(key);
            let mut attrs = Map::default();
            attrs.push("name", key.span(), Node::text(name, key.span()));
            attrs.push("secret", node.span(), Node::new(node.span(), NodeKind::Bool(false)));
            let resource = Resource {
                provider: "pulumi".into(),
                ty: "pulumi:Config".into(),
                address: format!("setting {name}").into(),
                name: name.into(),
                mode: ResourceMode::Managed,
                attrs: Node::new(node.span(), NodeKind::Map(attrs)),
            };
            cx.fact(node.span(), resource.address.clone(), FactKind::Resource(resource));
        }
    }
}

/// The name that a call asks for without keeping it secret; `requireSecret` and `getSecret` keep it.
fn read(call: Syntax<'_>) -> Option<Syntax<'_>> {
    let method = call.field(Field::Function)?.field(Field::Property)?;
    let key = call.field(Field::Arguments)?.first()?;
    (matches!(method.text(), "require" | "get" | "requireObject" | "getObject") && key.kind() == Kind::String).then_some(key)
}

/// `pulumi.secret(config.require('dbPassword'))`: kept secret from here on.
fn is_hidden(call: Syntax<'_>) -> bool {
    let around = call.parent().filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::parent);
    around.and_then(|outer| outer.field(Field::Function)).is_some_and(|function| {
        let name = function.field(Field::Property).unwrap_or(function);
        name.text() == "secret"
    })
}

/// Whether a call is made on `new pulumi.Config()`, by its name or where it is made.
fn is_config<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    let Some(object) = call.field(Field::Function).and_then(|function| function.field(Field::Object)) else { return false };
    let made = match object.kind() {
        Kind::Identifier => match module.lookup(object.text(), object).map(|declaration| &declaration.form) {
            Some(Form::Variable(Some(made), path)) if path.is_empty() => *made,
            _ => return false,
        },
        Kind::Parenthesized => object.first().unwrap_or(object),
        _ => object,
    };
    made.kind() == Kind::New
        && module.callee_of(made).is_some_and(|class| class.module() == Some("@pulumi/pulumi") && class.last() == "Config")
}
