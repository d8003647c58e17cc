//! CloudFormation and SAM templates: resources, the names that linking resolves, intrinsic functions.

use smol_str::{SmolStr, format_smolstr};

use super::resource;
use crate::extract::Extract;
use crate::ir::{Binding, BindingKind, Call, Entry, Map, Node, NodeKind, Part, Piece, Ref, Scope, Span, Text, Tri};
use crate::lower::cloudformation::snake;
use crate::lower::variable::names_secret;

/// Resources whose types are `Service::…::Thing`, or the format's own version.
pub(super) fn is_template(map: &Map) -> bool {
    let typed = |resource: &Node| resource.get("Type").and_then(Node::as_str).is_some_and(|ty| ty.contains("::"));
    let resources = map.get("Resources").and_then(Node::as_map);
    resources
        .is_some_and(|resources| map.get("AWSTemplateFormatVersion").is_some() || resources.pairs().any(|(_, resource)| typed(resource)))
}

/// Emits each resource with its properties and each parameter for a secret, and binds parameters, mappings and
/// conditions.
pub(super) fn template(cx: &mut Extract<'_>, map: &Map) {
    for (section, kind) in [("Parameters", BindingKind::Input), ("Mappings", BindingKind::Const), ("Conditions", BindingKind::Const)] {
        let Some(names) = map.get(section).and_then(Node::as_map) else { continue };
        for entry in &names.entries {
            let Entry::Pair { key, key_span, value } = entry else { continue };
            if section == "Parameters" && names_secret(&snake(key)) {
                resource(cx, *key_span, "cloudformation", "AWS::CloudFormation::Parameter", key.clone(), value.clone());
            }
            let name = if section == "Parameters" { key.clone() } else { format_smolstr!("{section}.{key}") };
            cx.out.symbols.bindings.push(Binding { name, kind, value: value.clone(), span: *key_span });
        }
    }
    if let Some(value) = map.get("Globals") {
        let binding = Binding { name: "Globals".into(), kind: BindingKind::Const, value: value.clone(), span: value.span };
        cx.out.symbols.bindings.push(binding);
    }
    let globals = map.get("Globals").and_then(Node::as_map);
    let Some(resources) = map.get("Resources").and_then(Node::as_map) else { return };
    for entry in &resources.entries {
        let Entry::Pair { key, key_span, value } = entry else { continue };
        let Some(ty) = value.get("Type").and_then(Node::as_str) else { continue };
        let mut attrs = value.get("Properties").cloned().unwrap_or_else(|| Node::new(value.span, NodeKind::Map(Map::default())));
        if let Some(defaults) = globals.and_then(|globals| globals.get(ty.strip_prefix("AWS::Serverless::").unwrap_or_default())) {
            add_globals(&mut attrs, defaults);
        }
        cx.out.symbols.bindings.push(Binding {
            name: format_smolstr!("Resources.{key}"),
            kind: BindingKind::Output,
            value: Node::text(SmolStr::from(ty), *key_span),
            span: *key_span,
        });
        let ty = SmolStr::from(ty);
        resource(cx, *key_span, "cloudformation", &ty, key.clone(), attrs);
    }
}

/// SAM's `Globals`: properties that every function has unless it sets them.
fn add_globals(attrs: &mut Node, defaults: &Node) {
    if let (NodeKind::Map(map), Some(defaults)) = (&mut attrs.kind, defaults.as_map()) {
        let missing: Vec<Entry> =
            defaults.entries.iter().filter(|entry| !matches!(entry, Entry::Pair { key, .. } if map.get(key).is_some())).cloned().collect();
        map.entries.splice(0..0, missing);
    }
}

/// Whether a text may hold an intrinsic function; most documents need no walk.
pub(super) fn names_functions(text: &str) -> bool {
    ["Fn::", "Ref\"", "Ref:", "!"].iter().any(|word| text.contains(word))
}

/// Turns `{Ref: X}`, `!GetAtt X.Arn` and `Fn::Sub` into references and texts with holes, everywhere.
pub(super) fn resolve_functions(node: &mut Node) {
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(resolve_functions),
        NodeKind::Map(map) => {
            for entry in &mut map.entries {
                match entry {
                    Entry::Pair { value, .. } | Entry::Computed { value, .. } | Entry::Spread(value) => resolve_functions(value),
                }
            }
            if let [Entry::Pair { key, value, .. }] = map.entries.as_mut_slice()
                && (key == "Ref" || key.starts_with("Fn::"))
            {
                let argument = std::mem::replace(value, Node::new(value.span, NodeKind::Null));
                node.kind = function(&key.clone(), argument);
            }
        }
        NodeKind::Call(call) if call.callee.scope == Scope::Cfn => {
            if let Some(mut argument) = call.args.pop() {
                resolve_functions(&mut argument);
                node.kind = function(call.callee.last(), argument);
            }
        }
        _ => {}
    }
}

fn function(name: &str, argument: Node) -> NodeKind {
    let made = match name {
        "Ref" => argument.as_str().map(|name| NodeKind::Ref(Ref::new(Scope::Cfn, [name]))),
        "Fn::GetAtt" => attribute(&argument).map(NodeKind::Ref),
        "Fn::Sub" => substituted(&argument).map(NodeKind::Text),
        "Fn::Join" => joined(&argument).map(NodeKind::Text),
        _ => None,
    };
    made.unwrap_or_else(|| {
        let args = match argument.kind {
            NodeKind::List(items) => items,
            _ => vec![argument],
        };
        let callee = Ref::new(Scope::Cfn, [name]);
        NodeKind::Call(Box::new(Call { callee, receiver: None, args, is_new: false, result_used: Tri::Yes }))
    })
}

/// `A.B` or `[A, B]`.
fn attribute(argument: &Node) -> Option<Ref> {
    match &argument.kind {
        NodeKind::List(items) => Some(Ref::new(Scope::Cfn, items.iter().map(Node::as_str).collect::<Option<Vec<_>>>()?)),
        _ => argument.as_str().map(|path| Ref::new(Scope::Cfn, path.splitn(2, '.'))),
    }
}

/// `${X}` and `${X.Arn}` become holes; `${!X}` is the text `${X}`. Values of the second argument are put in.
fn substituted(argument: &Node) -> Option<Text> {
    let (template, values) = match &argument.kind {
        NodeKind::List(items) => (items.first()?.as_text()?, items.get(1).and_then(Node::as_map)),
        _ => (argument.as_text()?, None),
    };
    let mut out = Text::default();
    for piece in &template.pieces {
        let Part::Lit(text) = &piece.part else {
            out.pieces.push(piece.clone());
            continue;
        };
        let place = |from: usize, to: usize| {
            if piece.span.len() == text.len() {
                Span::new(piece.span.file, piece.span.start as usize + from, piece.span.start as usize + to)
            } else {
                piece.span
            }
        };
        let mut at = 0;
        while let Some(open) = text[at..].find("${").map(|open| at + open) {
            let Some(close) = text[open..].find('}').map(|close| open + close) else { break };
            if open > at {
                out.pieces.push(Piece { span: place(at, open), part: Part::Lit(text[at..open].into()) });
            }
            let name = text[open + 2..close].trim();
            let span = place(open, close + 1);
            let part = match (name.strip_prefix('!'), values.and_then(|values| values.get(name))) {
                (Some(escaped), _) => Part::Lit(format_smolstr!("${{{escaped}}}")),
                (None, Some(value)) => Part::Hole(Box::new(value.clone())),
                (None, None) => Part::Hole(Box::new(Node::new(span, NodeKind::Ref(Ref::new(Scope::Cfn, name.splitn(2, '.')))))),
            };
            out.pieces.push(Piece { span, part });
            at = close + 1;
        }
        if at < text.len() {
            out.pieces.push(Piece { span: place(at, text.len()), part: Part::Lit(text[at..].into()) });
        }
    }
    Some(out)
}

/// `[separator, [a, b]]` of a list that stands there.
fn joined(argument: &Node) -> Option<Text> {
    let [separator, items] = argument.as_list()? else { return None };
    let (separator, items) = (separator.as_str()?, items.as_list()?);
    let mut out = Text::default();
    for (index, item) in items.iter().enumerate() {
        if index > 0 && !separator.is_empty() {
            out.pieces.push(Piece { span: item.span, part: Part::Lit(separator.into()) });
        }
        match item.as_text() {
            Some(text) => out.pieces.extend(text.pieces.iter().cloned()),
            None => out.pieces.push(Piece { span: item.span, part: Part::Hole(Box::new(item.clone())) }),
        }
    }
    out.join_literals();
    Some(out)
}
