//! The properties that a program gives a resource, in the terms of the resource's schema.

use smol_str::SmolStr;

use crate::ir::{Call, Entry, Map, Node, NodeKind, Op, Part, Piece, Ref, Scope, Text};
use crate::lower::cloudformation::snake;
use crate::lower::javascript::Site;

/// Nesting of values that is translated.
const MAX_DEPTH: usize = 32;

/// How names of properties become those of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Naming {
    /// They are the schema's.
    AsWritten,
    /// `cidrBlocks` is `cidr_blocks`.
    Snake,
    /// The same, and `statements` of blocks are `statement`.
    Singular,
}

/// Keys below which names are the user's own.
const FREE: [&str; 6] = ["tags", "labels", "annotations", "variables", "environmentVariables", "metadata"];

/// Lists of blocks that Terraform too calls in the plural.
const PLURALS: [&str; 3] = ["principals", "notPrincipals", "policies"];

/// Translates values at one site.
pub(in crate::lower) struct Values<'s, 'c> {
    /// The site.
    pub site: &'s Site<'c>,
    /// How names are translated.
    pub naming: Naming,
}

impl Values<'_, '_> {
    /// A resolved value as the schema has it: references to other resources by address, JSON as its tree.
    pub(in crate::lower) fn value(&self, node: &Node) -> Node {
        self.translate(node, self.naming, 0)
    }

    fn translate(&self, node: &Node, naming: Naming, depth: usize) -> Node {
        if depth > MAX_DEPTH {
            return node.clone();
        }
        let depth = depth + 1;
        let same = |kind| Node { span: node.span, via: node.via.clone(), kind };
        match &node.kind {
            NodeKind::Map(map) => same(NodeKind::Map(self.map(map, naming, depth))),
            NodeKind::List(items) => same(NodeKind::List(items.iter().map(|item| self.translate(item, naming, depth)).collect())),
            NodeKind::Text(text) if text.has_holes() => same(NodeKind::Text(self.text(text, naming, depth))),
            NodeKind::Call(call) => self.call(node, call, naming, depth),
            NodeKind::Op(Op::Attr, operands) if operands.len() == 2 => {
                let base = self.translate(&operands[0], naming, depth);
                match (&base.kind, operands[1].as_str()) {
                    (NodeKind::Ref(name), Some(attr)) if name.scope == Scope::Hcl => same(NodeKind::Ref(name.child(snake(attr)))),
                    _ => node.clone(),
                }
            }
            NodeKind::Op(Op::Await, operands) if operands.len() == 1 => self.translate(&operands[0], naming, depth),
            NodeKind::Op(op, operands) => {
                same(NodeKind::Op(*op, operands.iter().map(|operand| self.translate(operand, naming, depth)).collect()))
            }
            NodeKind::Ref(name) => match constant(name) {
                Some(text) => Node { via: node.via.clone(), ..Node::text(text, node.span) },
                None => node.clone(),
            },
            _ => node.clone(),
        }
    }

    fn map(&self, map: &Map, naming: Naming, depth: usize) -> Map {
        let mut out = Map::default();
        for entry in &map.entries {
            let Entry::Pair { key, key_span, value } = entry else {
                out.entries.push(entry.clone());
                continue;
            };
            let inner = if FREE.contains(&key.as_str()) { Naming::AsWritten } else { naming };
            let value = self.translate(value, inner, depth);
            out.push(renamed(key, &value, naming), *key_span, value);
        }
        out
    }

    fn text(&self, text: &Text, naming: Naming, depth: usize) -> Text {
        let mut out = Text::default();
        for piece in &text.pieces {
            match &piece.part {
                Part::Hole(hole) => {
                    let hole = self.translate(hole, naming, depth);
                    out.pieces.push(Piece { span: piece.span, part: Part::Hole(Box::new(hole)) });
                }
                Part::Lit(_) => out.pieces.push(piece.clone()),
            }
        }
        out
    }

    fn call(&self, node: &Node, call: &Call, naming: Naming, depth: usize) -> Node {
        if let Some(address) = super::address_of(self.site, call, node.span) {
            return Node { via: node.via.clone(), ..Node::new(node.span, NodeKind::Ref(Ref::new(Scope::Hcl, [address]))) };
        }
        match (call.callee.last(), call.args.as_slice()) {
            ("stringify" | "jsonStringify" | "jsonencode", [json, ..]) => self.translate(json, Naming::AsWritten, depth),
            ("interpolate" | "output" | "asString", [inner]) => self.translate(inner, naming, depth),
            ("toString", []) => call.receiver.as_ref().map_or_else(|| node.clone(), |inner| self.translate(inner, naming, depth)),
            ("concat", parts) if call.callee.module() == Some("@pulumi/pulumi") => {
                let mut text = Text::default();
                for part in parts {
                    text.push(self.translate(part, naming, depth));
                }
                text.join_literals();
                Node { via: node.via.clone(), ..Node::new(node.span, NodeKind::Text(text)) }
            }
            ("apply" | "then", [Node { kind: NodeKind::Func(func), .. }]) => {
                let Some(returned) = &func.returns else { return node.clone() };
                match (member_of_parameter(returned), &call.receiver) {
                    (Some(name), Some(receiver)) => {
                        let operands = vec![receiver.clone(), Node::text(name.clone(), returned.span)];
                        self.translate(&Node::new(node.span, NodeKind::Op(Op::Attr, operands)), naming, depth)
                    }
                    _ => self.translate(returned, naming, depth),
                }
            }
            _ => node.clone(),
        }
    }
}

/// `json` of `document => document.json`.
fn member_of_parameter(returned: &Node) -> Option<&SmolStr> {
    let name = returned.as_ref().filter(|name| name.scope == Scope::Local)?;
    match name.path.as_slice() {
        [parameter, member] if parameter.contains('@') => Some(member),
        _ => None,
    }
}

fn renamed(key: &SmolStr, value: &Node, naming: Naming) -> SmolStr {
    // A policy document keeps its own names.
    if naming == Naming::AsWritten || key.starts_with(|first: char| !first.is_ascii_lowercase()) || key.contains([':', '-', '.', '/']) {
        return key.clone();
    }
    let is_block = |item: &Node| matches!(item.kind, NodeKind::Map(_));
    let blocks = naming == Naming::Singular && value.as_list().is_some_and(|items| items.iter().any(is_block));
    match key.strip_suffix('s').filter(|stem| blocks && !stem.ends_with('s') && !PLURALS.contains(&key.as_str())) {
        Some(stem) => snake(stem.strip_suffix("ie").map_or_else(|| stem.to_owned(), |stem| format!("{stem}y")).as_str()),
        None => snake(key),
    }
}

/// A constant of a library: the ARN of a policy of AWS's own, a member of an enumeration.
fn constant(name: &Ref) -> Option<SmolStr> {
    let module = name.module()?;
    match name.names().as_slice() {
        [.., "ManagedPolicy" | "ManagedPolicies", policy] if module.starts_with("@pulumi/aws") => {
            Some(smol_str::format_smolstr!("arn:aws:iam::aws:policy/{policy}"))
        }
        _ if module.starts_with("aws-cdk-lib") || module.starts_with("@aws-cdk/") => Some(name.last().into()),
        _ => None,
    }
}
