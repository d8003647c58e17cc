//! Modules that are not in the repository: of the most used public ones a table says which resource their
//! arguments are attributes of, so that the rules for resources see them.

use smol_str::{SmolStr, format_smolstr};

use crate::ir::{Entry, Map, Node, NodeKind, Resource, ResourceMode, Why};
use crate::tables::{V, table};

/// The resources that a module call stands for, with its arguments as their attributes. What is not
/// among the arguments has the module's own default, which is not known.
pub(super) fn resources(call: &Resource) -> Vec<Resource> {
    let rows = table("modules").map_or(&[][..], |table| table.list("module"));
    let Some(row) = rows.iter().find(|row| is_source(&call.ty, row.text("source"))) else { return Vec::new() };
    let Some(arguments) = call.attrs.as_map() else { return Vec::new() };
    let made = |ty: &str, number: usize, attrs: Map| Resource {
        provider: ty.split('_').next().unwrap_or(ty).into(),
        ty: ty.into(),
        name: call.name.clone(),
        address: format_smolstr!("{}.{ty}.{number}", call.address),
        mode: ResourceMode::Managed,
        attrs: Node::new(call.attrs.span, NodeKind::Map(attrs)),
    };
    let mut out: Vec<Resource> = row.texts("as").map(|ty| made(ty, 0, attributes(arguments, row, call))).collect();
    if row.flag("rules") {
        let rules = security_rules(arguments).into_iter().enumerate();
        out.extend(rules.map(|(number, attrs)| made("aws_security_group_rule", number, attrs)));
    }
    out
}

/// Whether a source names a module of the registry, there or by its repository.
fn is_source(written: &str, name: &str) -> bool {
    let written = written.strip_prefix("registry.terraform.io/").unwrap_or(written);
    if written == name {
        return true;
    }
    let mut parts = name.splitn(3, '/');
    let (Some(owner), Some(module), Some(provider)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let repository = format!("github.com/{owner}/terraform-{provider}-{module}");
    let rest = written.find(&repository).map(|at| &written[at + repository.len()..]);
    rest.is_some_and(|rest| rest.is_empty() || rest == ".git" || rest.starts_with('?') || rest.starts_with(".git?"))
}

fn attributes(arguments: &Map, row: &V, call: &Resource) -> Map {
    let mut attrs = Map::default();
    for entry in &arguments.entries {
        let Entry::Pair { key, key_span, value } = entry else { continue };
        let renamed = row.list("rename").iter().find(|rename| rename.text("from") == key).map(|rename| rename.text("to"));
        match renamed.and_then(|name| name.split_once('.')) {
            Some((block, name)) => {
                let inner = attrs.entries.iter_mut().find_map(|entry| match entry {
                    Entry::Pair { key, value: Node { kind: NodeKind::Map(map), .. }, .. } if key == block => Some(map),
                    _ => None,
                });
                if let Some(inner) = inner {
                    inner.push(name, *key_span, value.clone());
                } else {
                    let mut inner = Map::default();
                    inner.push(name, *key_span, value.clone());
                    inner.entries.push(default(call));
                    attrs.push(block, *key_span, Node::new(value.span, NodeKind::Map(inner)));
                }
            }
            None => attrs.push(renamed.unwrap_or(key), *key_span, value.clone()),
        }
    }
    attrs.entries.push(default(call));
    attrs
}

/// Stands for all that the module sets by itself.
fn default(call: &Resource) -> Entry {
    Entry::Spread(Node::unknown(Why::Missing, call.attrs.span))
}

/// `ingress_rules` with `ingress_cidr_blocks`, and `ingress_with_cidr_blocks`.
fn security_rules(arguments: &Map) -> Vec<Map> {
    let mut out = Vec::new();
    let list = |key: &str| arguments.get(key).map(Node::one_or_many).unwrap_or_default();
    for (ranges, attr) in [("ingress_cidr_blocks", "cidr_blocks"), ("ingress_ipv6_cidr_blocks", "ipv6_cidr_blocks")] {
        let Some(ranges) = arguments.get(ranges) else { continue };
        out.extend(list("ingress_rules").into_iter().filter_map(|name| {
            let mut rule = named(name)?;
            rule.push(attr, ranges.span, ranges.clone());
            Some(rule)
        }));
    }
    for block in list("ingress_with_cidr_blocks") {
        let Some(given) = block.as_map() else { continue };
        let mut rule = given.get("rule").and_then(named).unwrap_or_else(|| given.clone());
        let Some(ranges) = given.get("cidr_blocks") else { continue };
        // Several ranges stand in one string.
        let parts = ranges.as_str().map(|text| text.split(',').map(str::trim).collect::<Vec<_>>()).unwrap_or_default();
        let items = parts.into_iter().map(|part| Node { via: ranges.via.clone(), ..Node::text(part, ranges.span) }).collect();
        rule.push("cidr_blocks", ranges.span, Node::new(ranges.span, NodeKind::List(items)));
        rule.push("type", block.span, Node::text("ingress", block.span));
        out.push(rule);
    }
    out
}

/// A rule that the module knows by name.
fn named(name: &Node) -> Option<Map> {
    let rows = table("modules").map_or(&[][..], |table| table.list("named-rule"));
    let row = rows.iter().find(|row| name.as_str() == Some(row.text("name")))?;
    let mut map = Map::default();
    map.push("type", name.span, Node::text("ingress", name.span));
    map.push("protocol", name.span, Node::text(SmolStr::new_static(row.text("protocol")), name.span));
    for (key, port) in ["from_port", "to_port"].into_iter().zip(row.list("ports")) {
        if let V::Int(port) = port {
            map.push(key, name.span, Node::new(name.span, NodeKind::Number(*port as f64)));
        }
    }
    Some(map)
}
