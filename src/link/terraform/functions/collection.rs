//! Functions on lists, sets and maps. Sets are lists without repetitions.

use super::Args;
use crate::ir::{Entry, Map, Node, NodeKind, Op, Tri, Why};
use crate::link::terraform::access;

/// Items of a result.
const MAX_ITEMS: usize = 10_000;

/// The result, or nothing if it is not one of these functions or an argument is not known.
pub(super) fn call(name: &str, args: &Args<'_>) -> Option<Node> {
    Some(match name {
        "length" => length(args)?,
        "concat" => args.list(args.list.iter().flat_map(parts).collect()),
        "flatten" => {
            let mut out = Vec::new();
            flatten(args.get(0)?, &mut out, 0);
            args.list(out)
        }
        "toset" => args.list(access::set(parts(args.get(0)?))),
        "distinct" => args.list(distinct(parts(args.get(0)?))),
        "tolist" => match &args.get(0)?.kind {
            NodeKind::Text(_) | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Map(_) => super::error(args.span),
            _ => args.get(0)?.clone(),
        },
        "tomap" => match &args.get(0)?.kind {
            NodeKind::Text(_) | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::List(_) => super::error(args.span),
            _ => args.get(0)?.clone(),
        },
        "sensitive" | "nonsensitive" | "ephemeralasnull" => args.get(0)?.clone(),
        "list" => args.list(args.list.to_vec()),
        "transpose" => transpose(args)?,
        "one" => match args.items(0)?.as_slice() {
            [] => args.node(NodeKind::Null),
            [only] => only.clone(),
            _ => super::error(args.span),
        },
        "merge" => merge(args)?,
        "lookup" => lookup(args)?,
        "element" => element(args)?,
        "keys" => args.list(access::iterate(known_map(args, 0)?)?.into_iter().map(|(key, _)| key).collect()),
        "values" => args.list(access::iterate(known_map(args, 0)?)?.into_iter().map(|(_, value)| value).collect()),
        "contains" => contains(args)?,
        "compact" => {
            args.list(args.items(0)?.into_iter().filter(|item| !matches!(item.kind, NodeKind::Null) && item.as_str() != Some("")).collect())
        }
        "coalesce" => first_of(args, |node| match &node.kind {
            NodeKind::Null => Tri::No,
            NodeKind::Text(text) => !text.eq_str(""),
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::List(_) | NodeKind::Map(_) => Tri::Yes,
            _ => Tri::Maybe,
        }),
        "coalescelist" => first_of(args, |node| match &node.kind {
            NodeKind::List(items) if items.iter().any(access::is_open) => Tri::Maybe,
            NodeKind::List(items) => (!items.is_empty()).into(),
            NodeKind::Null => Tri::No,
            _ => Tri::Maybe,
        }),
        "reverse" => {
            let mut items = args.items(0)?;
            items.reverse();
            args.list(items)
        }
        "sort" => {
            let mut items = args.items(0)?;
            items.iter().map(access::scalar).collect::<Option<Vec<_>>>()?;
            items.sort_by_cached_key(access::scalar);
            args.list(items)
        }
        "slice" => {
            let items = args.items(0)?;
            let (start, end) = (args.number(1)? as usize, args.number(2)? as usize);
            items.get(start..end).map_or_else(|| super::error(args.span), |items| args.list(items.to_vec()))
        }
        "chunklist" => {
            let size = args.number(1)? as usize;
            args.list(args.items(0)?.chunks(size.max(1)).map(|chunk| args.list(chunk.to_vec())).collect())
        }
        "range" => range(args)?,
        "zipmap" => {
            let mut map = Map::default();
            for (key, value) in args.items(0)?.into_iter().zip(args.items(1)?) {
                map.entries.push(access::entry(key, value));
            }
            args.node(NodeKind::Map(map))
        }
        "index" => {
            let wanted = args.get(1)?;
            let at = args.items(0)?.iter().position(|item| access::same(item, wanted).is_yes());
            at.map_or_else(|| super::error(args.span), |at| args.node(NodeKind::Number(at as f64)))
        }
        "matchkeys" => {
            let (values, keys, wanted) = (args.items(0)?, args.items(1)?, args.items(2)?);
            let is_wanted = |key: &Node| wanted.iter().any(|other| access::same(key, other).is_yes());
            args.list(values.into_iter().zip(keys).filter(|(_, key)| is_wanted(key)).map(|(value, _)| value).collect())
        }
        "setunion" => args.list(access::set(args.list.iter().flat_map(parts).collect())),
        "setintersection" | "setsubtract" => {
            let keep = name == "setintersection";
            let mut items = args.items(0)?;
            for index in 1..args.list.len() {
                let other = args.items(index)?;
                items.retain(|item| other.iter().any(|other| access::same(item, other).is_yes()) == keep);
            }
            args.list(access::set(items))
        }
        "setproduct" => product(args)?,
        "sum" => {
            let numbers: Option<Vec<f64>> = args.items(0)?.iter().map(Node::as_number).collect();
            args.node(NodeKind::Number(numbers?.into_iter().sum()))
        }
        "alltrue" => super::super::eval::boolean(Tri::all(args.items(0)?.iter().map(Node::truth)), args.span),
        "anytrue" => super::super::eval::boolean(Tri::any(args.items(0)?.iter().map(Node::truth)), args.span),
        _ => return None,
    })
}

/// The elements of a list with its hops; of what is not known, one that stands for any number.
fn parts(node: &Node) -> Vec<Node> {
    match &node.kind {
        NodeKind::List(items) => items.iter().map(|item| access::inherit(item, &node.via)).collect(),
        NodeKind::Null => Vec::new(),
        _ if access::is_open(node) => vec![node.clone()],
        _ => vec![Node::new(node.span, NodeKind::Op(Op::Spread, vec![node.clone()]))],
    }
}

fn known_map<'a>(args: &Args<'a>, index: usize) -> Option<&'a Node> {
    args.list.get(index).filter(|node| node.as_map().is_some_and(|map| !map.is_open()))
}

fn length(args: &Args<'_>) -> Option<Node> {
    let count = match &args.get(0)?.kind {
        NodeKind::Text(text) => text.known()?.chars().count(),
        NodeKind::Map(map) if !map.is_open() => map.entries.len(),
        NodeKind::List(_) => args.items(0)?.len(),
        _ => return None,
    };
    Some(args.node(NodeKind::Number(count as f64)))
}

fn flatten(node: &Node, out: &mut Vec<Node>, depth: usize) {
    for item in parts(node) {
        if matches!(item.kind, NodeKind::List(_)) && depth < 64 && out.len() < MAX_ITEMS {
            flatten(&item, out, depth + 1);
        } else {
            out.push(item);
        }
    }
}

/// Without repetitions; a string is found by its text, so that long sets stay linear.
fn distinct(items: Vec<Node>) -> Vec<Node> {
    let mut seen = rustc_hash::FxHashSet::default();
    items.into_iter().filter(|item| !item.is_known() || seen.insert(item.to_string())).collect()
}

/// Later keys win; a map that is not known leaves the result open where it stands.
fn merge(args: &Args<'_>) -> Option<Node> {
    let mut out = Map::default();
    for arg in args.list {
        match &arg.kind {
            NodeKind::Map(map) => {
                for entry in &map.entries {
                    match entry {
                        Entry::Pair { key, key_span, value } => {
                            out.entries.retain(|old| !matches!(old, Entry::Pair { key: old, .. } if old == key));
                            out.push(key.clone(), *key_span, access::inherit(value, &arg.via));
                        }
                        other => out.entries.push(other.clone()),
                    }
                }
            }
            NodeKind::Null => {}
            NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Bool(_) => return None,
            _ => {
                // What was known before may be overwritten: it is not known any more.
                let taken = std::mem::take(&mut out.entries);
                let unsure = taken.into_iter().map(|entry| match entry {
                    Entry::Pair { key, key_span, value } => Entry::Pair { key, key_span, value: Node::unknown(Why::NoValue, value.span) },
                    other => other,
                });
                out.entries.extend(unsure);
                out.entries.push(Entry::Spread(arg.clone()));
            }
        }
        if out.entries.len() > MAX_ITEMS {
            return None;
        }
    }
    Some(args.node(NodeKind::Map(out)))
}

fn lookup(args: &Args<'_>) -> Option<Node> {
    let name = args.text(1)?;
    match &args.get(0)?.kind {
        NodeKind::Map(map) => match map.get(&name) {
            Some(value) => Some(access::inherit(value, &args.get(0)?.via)),
            None if map.is_open() => None,
            None => Some(args.get(2).cloned().unwrap_or_else(|| super::error(args.span))),
        },
        NodeKind::Null => args.get(2).cloned(),
        _ => None,
    }
}

fn element(args: &Args<'_>) -> Option<Node> {
    let items = args.items(0)?;
    if items.is_empty() {
        return Some(super::error(args.span));
    }
    let at = (args.number(1)? as i64).rem_euclid(items.len() as i64) as usize;
    items.get(at).cloned()
}

fn contains(args: &Args<'_>) -> Option<Node> {
    let wanted = args.get(1)?;
    let NodeKind::List(items) = &args.get(0)?.kind else { return None };
    let found = Tri::any(items.iter().map(|item| if access::is_open(item) { Tri::Maybe } else { access::same(item, wanted) }));
    Some(super::super::eval::boolean(found, args.span))
}

/// The first argument for which `holds`; unknown if one before it may hold.
fn first_of(args: &Args<'_>, holds: impl Fn(&Node) -> Tri) -> Node {
    for arg in args.list {
        match holds(arg) {
            Tri::Yes => return arg.clone(),
            Tri::Maybe => return if matches!(arg.kind, NodeKind::Text(_)) { arg.clone() } else { args.unknown() },
            Tri::No => {}
        }
    }
    super::error(args.span)
}

fn range(args: &Args<'_>) -> Option<Node> {
    let (start, end, step) = match args.list.len() {
        1 => (0.0, args.number(0)?, 1.0),
        2 => (args.number(0)?, args.number(1)?, 1.0),
        _ => (args.number(0)?, args.number(1)?, args.number(2)?),
    };
    if step == 0.0 || ((end - start) / step) > MAX_ITEMS as f64 {
        return None;
    }
    let mut items = Vec::new();
    let mut at = start;
    while (step > 0.0 && at < end) || (step < 0.0 && at > end) {
        items.push(args.node(NodeKind::Number(at)));
        at += step;
    }
    Some(args.list(items))
}

/// From lists of values by key to lists of keys by value.
fn transpose(args: &Args<'_>) -> Option<Node> {
    let mut groups: std::collections::BTreeMap<smol_str::SmolStr, Vec<Node>> = std::collections::BTreeMap::new();
    for (key, values) in access::iterate(known_map(args, 0)?)? {
        for value in values.as_list()? {
            groups.entry(access::scalar(value)?).or_default().push(key.clone());
        }
    }
    let mut map = Map::default();
    for (value, keys) in groups {
        map.push(value, args.span, args.list(keys));
    }
    Some(args.node(NodeKind::Map(map)))
}

fn product(args: &Args<'_>) -> Option<Node> {
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    for index in 0..args.list.len() {
        let items = args.items(index)?;
        if rows.len().saturating_mul(items.len()) > MAX_ITEMS {
            return None;
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                items.iter().map(|item| {
                    let mut longer = row.clone();
                    longer.push(item.clone());
                    longer
                })
            })
            .collect();
    }
    Some(args.list(rows.into_iter().map(|row| args.list(row)).collect()))
}
