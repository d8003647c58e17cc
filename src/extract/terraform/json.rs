//! Terraform in JSON: `.tf.json`, `.tofu.json`, values files, and what `terraform init` writes. Strings
//! are templates, blocks are objects or lists of objects, and `//` is a comment.
//! <https://developer.hashicorp.com/terraform/language/syntax/json>

use smol_str::{SmolStr, format_smolstr};

use super::{Extract, bind, emit};
use crate::ir::{BindingKind, Entry, For, Map, Node, NodeKind, ResourceMode, Span};
use crate::parse::hcl;

/// Reads the document if the file's name says that it is Terraform's.
pub(in crate::extract) fn extract(cx: &mut Extract<'_>, document: &Node) -> bool {
    let path = cx.file.path.clone();
    let is = |ending: &str| path.ends_with(ending);
    if is(".tf.json") || is(".tofu.json") {
        configuration(cx, document);
    } else if is(".tfvars.json") {
        each_pair(document, &mut |name, span, value| {
            bind(cx, format_smolstr!("var.{name}"), BindingKind::Setting, value.clone(), span);
        });
    } else if is(".terraform/modules/modules.json") {
        for module in document.get("Modules").map(Node::one_or_many).unwrap_or_default() {
            if let (Some(key), Some(dir)) = (module.get("Key").and_then(Node::as_str), module.get("Dir")) {
                bind(cx, key.into(), BindingKind::Setting, dir.clone(), module.span);
            }
        }
    } else {
        return false;
    }
    true
}

fn configuration(cx: &mut Extract<'_>, document: &Node) {
    each_pair(document, &mut |section, _, blocks| {
        let mode = match section {
            "resource" => ResourceMode::Managed,
            "data" | "ephemeral" => ResourceMode::Data,
            "provider" => ResourceMode::Provider,
            _ => ResourceMode::ModuleCall,
        };
        match section {
            "resource" | "data" | "ephemeral" => each_pair(blocks, &mut |ty, _, named| {
                each_pair(named, &mut |name, span, bodies| {
                    bodies.each(&mut |attrs| emit(cx, span, mode, &ty.into(), &name.into(), body(attrs)));
                });
            }),
            "provider" => each_pair(blocks, &mut |name, span, bodies| {
                bodies.each(&mut |attrs| emit(cx, span, mode, &name.into(), &name.into(), body(attrs)));
            }),
            "locals" => each_pair(blocks, &mut |name, span, value| {
                bind(cx, format_smolstr!("local.{name}"), BindingKind::Const, expression(value), span);
            }),
            "variable" => each_pair(blocks, &mut |name, span, bodies| {
                bodies.each(&mut |attrs| bind(cx, format_smolstr!("var.{name}"), BindingKind::Input, variable(attrs), span));
            }),
            "output" => each_pair(blocks, &mut |name, span, bodies| {
                if let Some(value) = bodies.get("value") {
                    bind(cx, format_smolstr!("output.{name}"), BindingKind::Output, expression(value), span);
                }
            }),
            "module" => each_pair(blocks, &mut |name, span, bodies| {
                bodies.each(&mut |attrs| bind(cx, format_smolstr!("module.{name}"), BindingKind::Module, body(attrs), span));
            }),
            _ => {}
        }
    });
}

/// Every entry of a map, or of each map of a list, but comments.
fn each_pair(node: &Node, visit: &mut dyn FnMut(&str, Span, &Node)) {
    node.each(&mut |item| {
        for entry in item.as_map().map_or(&[][..], |map| &map.entries) {
            if let Entry::Pair { key, key_span, value } = entry
                && key != "//"
            {
                visit(key, *key_span, value);
            }
        }
    });
}

/// The body of a block: attributes and nested blocks look the same, `dynamic` ones stand apart.
fn body(attrs: &Node) -> Node {
    let mut map = Map::default();
    let mut dynamic: Vec<(SmolStr, Span, Node)> = Vec::new();
    each_pair(attrs, &mut |name, span, value| match name {
        "dynamic" => each_pair(value, &mut |name, span, blocks| {
            blocks.each(&mut |block| dynamic.push((name.into(), span, dynamic_block(name, block))));
        }),
        // Names of resources, not templates.
        "depends_on" | "provider" | "providers" | "lifecycle" => {}
        _ => map.push(name, span, expression(value)),
    });
    for (name, span, block) in dynamic {
        let list = map.entries.iter_mut().find_map(|entry| match entry {
            Entry::Pair { key, value, .. } if *key == name => Some(value),
            _ => None,
        });
        match list {
            Some(Node { kind: NodeKind::List(items), .. }) => items.push(block),
            Some(one) => *one = Node::new(one.span, NodeKind::List(vec![one.clone(), block])),
            None => map.push(name, span, Node::new(block.span, NodeKind::List(vec![block]))),
        }
    }
    Node::new(attrs.span, NodeKind::Map(map))
}

/// As in HCL: a [`For`] whose names are `ITERATOR.key` and `ITERATOR.value`.
fn dynamic_block(name: &str, block: &Node) -> Node {
    let iterator = block.get("iterator").and_then(Node::as_str).unwrap_or(name);
    let each = For {
        key: Some(format_smolstr!("{iterator}.key")),
        value: format_smolstr!("{iterator}.value"),
        over: block.get("for_each").map_or_else(|| Node::unknown(crate::ir::Why::Broken, block.span), expression),
        map_key: None,
        body: block.get("content").map_or_else(|| Node::new(block.span, NodeKind::Map(Map::default())), body),
        cond: None,
        grouped: false,
    };
    Node::new(block.span, NodeKind::For(Box::new(each)))
}

/// A variable: its default is no template, and its type is an expression in a string.
fn variable(attrs: &Node) -> Node {
    let mut map = Map::default();
    each_pair(attrs, &mut |name, span, value| {
        let value = match (name, value.as_text()) {
            ("type", Some(text)) => hcl::parse_expression(text, value.span),
            _ => value.clone(),
        };
        map.push(name, span, value);
    });
    Node::new(attrs.span, NodeKind::Map(map))
}

/// A value whose strings, and the keys of whose maps, are templates.
fn expression(node: &Node) -> Node {
    match &node.kind {
        NodeKind::Text(text) => hcl::parse_string(text, node.span),
        NodeKind::List(items) => Node::new(node.span, NodeKind::List(items.iter().map(expression).collect())),
        NodeKind::Map(map) => {
            let mut out = Map { entries: Vec::with_capacity(map.entries.len()) };
            each_pair(node, &mut |key, key_span, value| {
                let value = expression(value);
                if key.contains("${") {
                    let key = hcl::parse_string(&crate::ir::Text::lit(key, key_span), key_span);
                    out.entries.push(Entry::Computed { key, value });
                } else {
                    out.push(key, key_span, value);
                }
            });
            out.entries.extend(map.entries.iter().filter(|entry| matches!(entry, Entry::Spread(_))).cloned());
            Node::new(node.span, NodeKind::Map(out))
        }
        _ => node.clone(),
    }
}
