//! The values of NATS's Helm charts, of both generations, as the configuration that they render.
//!
//! Source: `helm/charts/nats/values.yaml` of nats-io/k8s, 0.19 (`auth`, `cluster`, `nats`) and 1.2 (`config`).

use smol_str::SmolStr;

use super::{Config, merge, name_of};
use crate::ir::{Entry, Map, Node, NodeKind, Resource, Span};
use crate::lower::embedded;

/// Values that hold the chart's as a subchart's, that far down.
const MAX_NESTING: usize = 3;

/// Whether a document is values of the chart, or holds them under the name of a subchart.
pub fn is_chart(values: &Map) -> bool {
    !found(values, 0).is_empty()
}

/// The configurations that values stand for, be they a file's, a release's or an application's.
pub(super) fn configs(resource: &Resource, path: &str, out: &mut Vec<Config>) {
    let attrs = &resource.attrs;
    let mut values: Vec<Node> = match resource.ty.as_str() {
        "values" => vec![attrs.clone()],
        "HelmRelease" => attrs.all("spec.values").into_iter().cloned().collect(),
        "Application" => ["spec.source", "spec.sources"]
            .into_iter()
            .flat_map(|source| attrs.all(source))
            .flat_map(|source| [source.all("helm.valuesObject"), source.all("helm.values")].concat())
            .cloned()
            .collect(),
        _ => attrs.get("values").map(Node::one_or_many).unwrap_or_default().into_iter().cloned().collect(),
    };
    for value in &mut values {
        match &value.kind {
            NodeKind::Text(text) => match embedded::yaml(text) {
                Some(read) => *value = read,
                None => continue,
            },
            NodeKind::Call(_) => *value = embedded::document(value).into_owned(),
            _ => {}
        }
        let Some(map) = value.as_map() else { continue };
        for map in found(map, 0) {
            out.extend(open_to_everybody(map).map(|map| Config {
                path: format!("{path}#clients"),
                name: name_of(resource),
                map,
                is_part: false,
                only_included: false,
            }));
            out.push(Config {
                path: format!("{path}#values"),
                name: name_of(resource),
                map: rendered(map),
                is_part: true,
                only_included: false,
            });
        }
    }
}

/// The maps that are values of the chart.
fn found(values: &Map, depth: usize) -> Vec<&Map> {
    if is_second(values) || is_first(values) {
        return vec![values];
    }
    if depth == MAX_NESTING {
        return Vec::new();
    }
    values.pairs().filter_map(|(_, value)| value.as_map()).flat_map(|map| found(map, depth + 1)).collect()
}

/// Values of 1.0 and later: `config`, with what only this server has.
fn is_second(values: &Map) -> bool {
    let Some(config) = values.get("config").and_then(Node::as_map) else { return false };
    let is_map = |key: &str| config.get(key).is_some_and(|value| value.as_map().is_some());
    ["jetstream", "leafnodes", "nats"].into_iter().any(is_map)
}

/// Values of 0.x: `nats` beside `auth`.
fn is_first(values: &Map) -> bool {
    let has = |key: &str, inner: &[&str]| values.get(key).is_some_and(|value| inner.iter().any(|inner| value.get(inner).is_some()));
    has("nats", &["jetstream", "image", "limits", "tls", "logging", "serverNamePrefix", "externalAccess"])
        && (has("auth", &["basic", "token", "nkeys", "resolver", "systemAccount", "enabled"]) || values.get("natsbox").is_some())
}

fn rendered(values: &Map) -> Map {
    match values.get("config").and_then(Node::as_map).filter(|_| is_second(values)) {
        Some(config) => second(config),
        None => first(values),
    }
}

fn is_on(section: &Node) -> bool {
    section.get("enabled").and_then(Node::as_bool) == Some(true)
}

/// `config`: a section each with `enabled`, and `merge` and `patch` for what has no value of its own.
fn second(config: &Map) -> Map {
    let mut whole = Map::default();
    for (key, key_span, section) in entries(config) {
        match key.as_str() {
            "nats" => adopt(&mut whole, section, true),
            "profiling" if is_on(section) => {
                if let Some(port) = section.get("port") {
                    whole.push("prof_port", key_span, port.clone());
                }
            }
            "cluster" | "leafnodes" | "websocket" | "mqtt" | "gateway" | "jetstream" if is_on(section) => {
                let mut map = Map::default();
                adopt(&mut map, section, false);
                // The chart adds ports, routes and `no_tls`.
                map.entries.push(Entry::Spread(Node::unknown(crate::ir::Why::Missing, key_span)));
                whole.push(key.clone(), key_span, Node::new(section.span, NodeKind::Map(map)));
            }
            _ => {}
        }
    }
    changes(&mut whole, config);
    whole
}

/// What a section says of TLS, and what is merged into it.
fn adopt(into: &mut Map, section: &Node, port: bool) {
    let Some(map) = section.as_map() else { return };
    if let Some((span, value)) = map.pair("port").filter(|_| port) {
        into.push("port", span, value.clone());
    }
    if let Some((span, tls)) = map.pair("tls").filter(|(_, tls)| is_on(tls)) {
        let mut inner = Map::default();
        if let Some(tls) = tls.as_map() {
            changes(&mut inner, tls);
        }
        inner.entries.push(Entry::Spread(Node::unknown(crate::ir::Why::Missing, span)));
        into.push("tls", span, Node::new(tls.span, NodeKind::Map(inner)));
    }
    changes(into, map);
}

/// `merge: { … }` and `patch: [{ op: add, path: /a/b, value: … }]` of JSON Patch (RFC 6902).
fn changes(into: &mut Map, section: &Map) {
    for entry in section.get("merge").and_then(Node::as_map).into_iter().flat_map(|map| &map.entries) {
        merge(into, entry);
    }
    for change in section.get("patch").map(Node::one_or_many).unwrap_or_default() {
        let Some(value) = change.get("value").filter(|_| matches!(change.get("op").and_then(Node::as_str), Some("add" | "replace"))) else {
            continue;
        };
        let Some(path) = change.get("path").and_then(Node::as_str) else { continue };
        let wrap = |inner: Node, key: &str| {
            let mut map = Map::default();
            map.push(SmolStr::from(key), value.span, inner);
            Node::new(value.span, NodeKind::Map(map))
        };
        let keys: Vec<&str> = path.split('/').filter(|key| !key.is_empty()).collect();
        // A path into a list has no place in a map of what is known.
        if !keys.is_empty()
            && keys.len() < 8
            && keys.iter().all(|key| !key.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
            && let Node { kind: NodeKind::Map(map), .. } = keys.iter().rev().fold(value.clone(), |inner, key| wrap(inner, key))
        {
            map.entries.iter().for_each(|entry| merge(into, entry));
        }
    }
}

/// The values of 0.x, each under the name that the template gives it.
fn first(values: &Map) -> Map {
    let mut whole = Map::default();
    let auth = values.get("auth");
    if let Some((span, off)) = auth.and_then(Node::as_map).and_then(|auth| auth.pair("enabled"))
        && off.as_bool() == Some(true)
        && let Some(auth) = auth
    {
        let mut authorization = Map::default();
        for (from, to) in
            [("basic.users", "users"), ("basic.defaultPermissions", "default_permissions"), ("token", "token"), ("nkeys.users", "users")]
        {
            put(&mut authorization, to, auth.all(from).first().copied());
        }
        whole.push("authorization", span, Node::new(off.span, NodeKind::Map(authorization)));
        put_at(&mut whole, "accounts", auth.get("basic"), "accounts");
        put_at(&mut whole, "no_auth_user", auth.get("basic"), "noAuthUser");
    }
    let nats = values.get("nats");
    for (from, to) in [("debug", "debug"), ("trace", "trace")] {
        put_at(&mut whole, to, nats.and_then(|nats| nats.get("logging")), from);
    }
    let tls = |section: Option<&Node>| section.and_then(|section| section.get("tls")).cloned();
    put(&mut whole, "tls", tls(nats).as_ref());
    for key in ["cluster", "leafnodes", "websocket", "mqtt"] {
        let Some((span, section)) = values.pair(key).filter(|(_, section)| is_on(section)) else { continue };
        let mut map = Map::default();
        for (from, to) in [
            ("authorization", "authorization"),
            ("remotes", "remotes"),
            ("noTLS", "no_tls"),
            ("sameOrigin", "same_origin"),
            ("allowedOrigins", "allowed_origins"),
            ("tls", "tls"),
        ] {
            put_at(&mut map, to, Some(section), from);
        }
        map.entries.push(Entry::Spread(Node::unknown(crate::ir::Why::Missing, span)));
        whole.push(key, span, Node::new(section.span, NodeKind::Map(map)));
    }
    whole
}

/// The client port of a chart of 0.x that is published on its nodes while authentication is off.
fn open_to_everybody(values: &Map) -> Option<Map> {
    let (span, off) = values.get("auth").and_then(Node::as_map)?.pair("enabled")?;
    let is_published = values.get("nats")?.get("externalAccess").and_then(Node::as_bool) == Some(true);
    let mut map = Map::default();
    map.push("port", span, Node::new(off.span, NodeKind::Number(4222.0)));
    // What else the values say is told where it stands.
    map.push("tls", span, Node::unknown(crate::ir::Why::Opaque, span));
    (is_published && is_first(values) && off.as_bool() == Some(false)).then_some(map)
}

fn put(map: &mut Map, key: &'static str, value: Option<&Node>) {
    if let Some(value) = value.filter(|value| !matches!(value.kind, NodeKind::Null)) {
        map.push(key, value.span, value.clone());
    }
}

/// The same, with the place of the key.
fn put_at(map: &mut Map, key: &'static str, from: Option<&Node>, name: &str) {
    let pair = from.and_then(Node::as_map).and_then(|from| from.pair(name));
    if let Some((span, value)) = pair.filter(|(_, value)| !matches!(value.kind, NodeKind::Null)) {
        map.push(key, span, value.clone());
    }
}

fn entries(map: &Map) -> impl Iterator<Item = (&SmolStr, Span, &Node)> {
    map.entries.iter().filter_map(|entry| match entry {
        Entry::Pair { key, key_span, value } => Some((key, *key_span, value)),
        _ => None,
    })
}
