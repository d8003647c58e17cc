//! Terraform and OpenTofu: blocks become resources and bindings. Expressions stay as they are
//! written; `link::terraform` evaluates them, module by module.

pub(super) mod json;

use smol_str::{SmolStr, format_smolstr};

use super::Extract;
use crate::ir::{Binding, BindingKind, FactKind, For, Map, Node, NodeKind, Resource, ResourceMode, Span};
use crate::parse::hcl::{Block, Body};
use crate::source::FileKind;

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let parsed = crate::parse::hcl::parse(&cx.file.src());
    let body = cx.take(parsed);
    match cx.file.kind {
        FileKind::Terraform => {
            for block in &body.blocks {
                read_block(cx, block);
            }
        }
        FileKind::Tfvars => {
            for attr in &body.attrs {
                bind(cx, format_smolstr!("var.{}", attr.key), BindingKind::Setting, attr.value.clone(), attr.key_span);
            }
        }
        _ => {}
    }
}

fn read_block(cx: &mut Extract<'_>, block: &Block) {
    match (block.ident.as_str(), block.labels.as_slice()) {
        ("resource", [ty, name]) => resource(cx, block, ResourceMode::Managed, &ty.text, &name.text),
        ("data" | "ephemeral", [ty, name]) => resource(cx, block, ResourceMode::Data, &ty.text, &name.text),
        ("provider", [name]) => resource(cx, block, ResourceMode::Provider, &name.text, &name.text),
        ("variable", [name]) => input(cx, block, &name.text),
        ("output", [name]) => {
            if let Some(value) = block.body.get("value") {
                bind(cx, format_smolstr!("output.{}", name.text), BindingKind::Output, value.clone(), block.head);
            }
        }
        ("module", [name]) => {
            let value = body_node(&block.body, block.span);
            bind(cx, format_smolstr!("module.{}", name.text), BindingKind::Module, value, block.head);
        }
        ("locals", []) => {
            for attr in &block.body.attrs {
                bind(cx, format_smolstr!("local.{}", attr.key), BindingKind::Const, attr.value.clone(), attr.key_span);
            }
        }
        ("terraform", _) => {
            for backend in block.body.of("backend") {
                let ty = format_smolstr!("backend_{}", backend.label(0));
                resource(cx, backend, ResourceMode::Provider, &ty, &backend.label(0));
            }
            for providers in block.body.of("required_providers") {
                let name = SmolStr::new_static("required_providers");
                resource(cx, providers, ResourceMode::Provider, &name, &name);
            }
        }
        _ => {}
    }
}

fn bind(cx: &mut Extract<'_>, name: SmolStr, kind: BindingKind, value: Node, span: Span) {
    cx.out.symbols.bindings.push(Binding { name, kind, value, span });
}

fn input(cx: &mut Extract<'_>, block: &Block, name: &SmolStr) {
    let value = body_node(&block.body, block.span);
    bind(cx, format_smolstr!("var.{name}"), BindingKind::Input, value, block.head);
}

fn resource(cx: &mut Extract<'_>, block: &Block, mode: ResourceMode, ty: &SmolStr, name: &SmolStr) {
    emit(cx, block.head, mode, ty, name, body_node(&block.body, block.span));
}

/// Adds the fact of a resource, data source or provider.
fn emit(cx: &mut Extract<'_>, span: Span, mode: ResourceMode, ty: &SmolStr, name: &SmolStr, attrs: Node) {
    let address = match mode {
        ResourceMode::Data => format_smolstr!("data.{ty}.{name}"),
        ResourceMode::Provider => format_smolstr!("provider.{name}"),
        ResourceMode::Managed | ResourceMode::ModuleCall => format_smolstr!("{ty}.{name}"),
    };
    let provider = SmolStr::new(ty.split('_').next().unwrap_or(ty));
    let resource = Resource { provider, ty: ty.clone(), name: name.clone(), address: address.clone(), mode, attrs };
    cx.fact(span, address, FactKind::Resource(resource));
}

/// A body as a map: attributes, and each kind of nested block as a list of maps. A `dynamic` block is
/// a [`For`] in that list whose names are `NAME.key` and `NAME.value`, as its content writes them.
pub(crate) fn body_node(body: &Body, span: Span) -> Node {
    let mut map = Map::default();
    for attr in &body.attrs {
        map.push(attr.key.clone(), attr.key_span, attr.value.clone());
    }
    let mut lists: Vec<(SmolStr, Span, Vec<Node>)> = Vec::new();
    for block in &body.blocks {
        let (name, item) = if block.ident == "dynamic" { (block.label(0), dynamic(block)) } else { (block.ident.clone(), labelled(block)) };
        match lists.iter_mut().find(|(known, _, _)| *known == name) {
            Some((_, _, items)) => items.push(item),
            None => lists.push((name, block.head, vec![item])),
        }
    }
    for (name, head, items) in lists {
        let whole = items.first().map_or(head, |first| first.span);
        map.push(name, head, Node::new(whole, NodeKind::List(items)));
    }
    Node::new(span, NodeKind::Map(map))
}

/// A nested block; its labels, which only provisioners and backends have, nest it deeper.
fn labelled(block: &Block) -> Node {
    let mut node = body_node(&block.body, block.span);
    for label in block.labels.iter().rev() {
        let mut outer = Map::default();
        outer.push(label.text.clone(), label.span, Node::new(block.span, NodeKind::List(vec![node])));
        node = Node::new(block.span, NodeKind::Map(outer));
    }
    node
}

fn dynamic(block: &Block) -> Node {
    let iterator = block.body.get("iterator").and_then(Node::as_ref).map_or_else(|| block.label(0), |name| SmolStr::new(name.first()));
    let over = block.body.get("for_each").cloned().unwrap_or_else(|| Node::unknown(crate::ir::Why::Broken, block.span));
    let content = block.body.of("content").next();
    let body =
        content.map_or_else(|| Node::new(block.span, NodeKind::Map(Map::default())), |content| body_node(&content.body, content.span));
    let each = For {
        key: Some(format_smolstr!("{iterator}.key")),
        value: format_smolstr!("{iterator}.value"),
        over,
        map_key: None,
        body,
        cond: None,
        grouped: false,
    };
    Node::new(block.span, NodeKind::For(Box::new(each)))
}
