//! Firewalls whose resources only differ in names, by the rows of `rules/tables/firewalls.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{collect, push, span_of};
use crate::ir::{Fact, Map, NetRule, Node, Resource, Text, Tri};
use crate::tables::{V, table};

static ROWS: LazyLock<FxHashMap<&'static str, Vec<&'static V>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&str, Vec<&V>> = FxHashMap::default();
    for row in table("firewalls").map(|table| table.list("firewall")).unwrap_or_default() {
        for ty in row.texts("types") {
            rows.entry(ty).or_default().push(row);
        }
    }
    rows
});

/// Adds the rules that a resource of the table holds.
pub(super) fn rules(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    for row in ROWS.get(resource.ty.as_str()).into_iter().flatten() {
        let blocks = match row.text("block") {
            "" => vec![&resource.attrs],
            path => resource.attrs.all(path),
        };
        for block in blocks {
            block.each(&mut |block| {
                if let Some(map) = block.as_map() {
                    rule(fact, resource, row, map, out);
                }
            });
        }
    }
}

fn rule(fact: &Fact, resource: &Resource, row: &V, map: &Map, out: &mut Vec<Fact>) {
    let ingress = is(row.text("direction"), map, resource);
    if ingress.is_maybe() {
        return;
    }
    let number = |key: &str| resource_or(map, key, |map| map.field(key.rsplit('.').next().unwrap_or(key), Node::as_number));
    let cidrs = row.texts("cidrs").flat_map(|path| if path.contains('.') { listed(&resource.attrs, path) } else { collect(map, &[path]) });
    let mut rule = NetRule {
        ingress: ingress.is_yes(),
        allow: is(row.text("allow"), map, resource),
        protocol: map.field(row.text("protocol"), |node| {
            node.as_text().cloned().or_else(|| Some(Text::lit(node.as_number()?.to_string(), node.span)))
        }),
        from_port: number(row.text("from")),
        to_port: number(row.text("to")),
        cidrs: cidrs.collect(),
        peers: Vec::new(),
        group: None,
        description: None,
    };
    let ports = collect(map, &[row.text("ports")]);
    for port in &ports {
        (rule.from_port, rule.to_port) = span_of(port);
        push(fact, resource, &rule, port.span, out);
    }
    if ports.is_empty() {
        push(fact, resource, &rule, fact.span, out);
    }
}

/// Reads a number that stands in the block, or in one below it.
fn resource_or<T>(map: &Map, path: &str, read: impl FnOnce(&Map) -> T) -> T {
    let mut map = map;
    let mut keys = path.split('.').peekable();
    while let Some(key) = keys.next() {
        let inner = if keys.peek().is_some() { map.get(key) } else { None };
        let Some(inner) = inner.and_then(|node| node.one_or_many().into_iter().next()).and_then(Node::as_map) else { break };
        map = inner;
    }
    read(map)
}

fn listed(attrs: &Node, path: &str) -> Vec<Node> {
    let mut found = Vec::new();
    for node in attrs.all(path) {
        node.each(&mut |item| found.push(item.clone()));
    }
    found
}

/// Whether `attr=value` holds, in the block or in the resource; nothing written holds as well, which is
/// what the platforms take it for.
fn is(condition: &str, map: &Map, resource: &Resource) -> Tri {
    let Some((attr, wanted)) = condition.split_once('=') else { return Tri::Yes };
    match map.get(attr).or_else(|| resource.attrs.get(attr)) {
        Some(node) => node.as_text().map_or(Tri::Maybe, |text| text.eq_ignore_case(wanted)),
        None => Tri::Yes,
    }
}
