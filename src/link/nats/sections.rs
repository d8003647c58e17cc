//! A configuration cut into the resources that rules ask about: `nats-server`, `nats-user`, `nats-tls`,
//! `nats-account`, `nats-remote`, `nats-jetstream`, `nats-auth-callout`, and one each for the blocks that listen
//! (`nats-cluster`, `nats-gateway`, `nats-leafnodes`, `nats-websocket`, `nats-mqtt`).

use smol_str::SmolStr;

use crate::ir::{Entry, Fact, FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span, Why};
use crate::lower::nats::Config;

/// Keys that only a server's whole configuration has; a file without any holds users or accounts for one.
const MARKS: [&str; 20] = [
    "port",
    "listen",
    "host",
    "server_name",
    "jetstream",
    "cluster",
    "gateway",
    "leafnodes",
    "websocket",
    "mqtt",
    "http",
    "http_port",
    "https",
    "https_port",
    "prof_port",
    "tls",
    "allow_non_tls",
    "debug",
    "trace",
    "no_auth_user",
];

/// Cuts an expanded configuration into resources.
pub(super) fn cut(config: &Config, map: &Map, out: &mut Vec<Fact>) {
    Sections { out, name: &config.name }.server(map, config.is_part);
}

/// Cuts a configuration into resources.
struct Sections<'n> {
    out: &'n mut Vec<Fact>,
    name: &'n SmolStr,
}

impl Sections<'_> {
    fn push(&mut self, ty: &str, section: &str, span: Span, mut attrs: Map) {
        attrs.push("section", span, Node::text(section, span));
        let name = SmolStr::from(section);
        let address: SmolStr = smol_str::format_smolstr!("{}:{section}", self.name);
        let resource = Resource {
            provider: "nats".into(),
            ty: ty.into(),
            name,
            address: address.clone(),
            mode: ResourceMode::Managed,
            attrs: Node::new(span, NodeKind::Map(attrs)),
        };
        self.out.push(Fact::new(span, address, FactKind::Resource(resource)));
    }

    /// `is_part`: the server has more than is seen.
    fn server(&mut self, map: &Map, is_part: bool) {
        let first = map.entries.iter().find_map(|entry| match entry {
            Entry::Pair { key_span, .. } => Some(*key_span),
            _ => None,
        });
        let place = first.unwrap_or_default();
        if MARKS.iter().any(|key| map.get(key).is_some()) {
            let mut map = map.clone();
            if is_part {
                map.entries.push(Entry::Spread(Node::unknown(Why::Missing, place)));
            }
            self.push("nats-server", "server", place, map);
        }
        self.authorization(map, "server");
        self.users(map.get("users"), "users", map.get("default_permissions"));
        self.tls(map, "server");
        for name in ["cluster", "gateway", "leafnodes", "websocket", "mqtt"] {
            let Some((span, node)) = map.pair(name) else { continue };
            let Some(section) = node.as_map() else { continue };
            self.push(&format!("nats-{name}"), name, span, section.clone());
            self.authorization(section, name);
            self.tls(section, name);
            for remote in section.get("remotes").into_iter().chain(section.get("gateways")).flat_map(Node::one_or_many) {
                if let Some(inner) = remote.as_map() {
                    self.push("nats-remote", &format!("{name} remote"), remote.span, inner.clone());
                    self.tls(inner, &format!("{name} remote"));
                    if let Some(proxy) = inner.get("proxy").and_then(Node::as_map) {
                        self.push("nats-user", &format!("{name} proxy"), remote.span, proxy.clone());
                    }
                }
            }
        }
        if let Some((span, Node { kind: NodeKind::Map(section), .. })) = map.pair("jetstream") {
            self.push("nats-jetstream", "jetstream", span, section.clone());
        }
        if let Some((span, Node { kind: NodeKind::Map(section), .. })) = map.pair("resolver_tls") {
            self.push("nats-tls", "resolver", span, section.clone());
        }
        for (name, account) in map.get("accounts").and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
            let Some(section) = account.as_map() else { continue };
            let mut shared = section.clone();
            // `export` of an account is its list, not the permission that has the same name.
            if let (None, Some(list)) = (section.get("exports"), section.get("subscribe")) {
                shared.push("exports", list.span, list.clone());
            }
            self.push("nats-account", &format!("account {name}"), account.span, shared);
            self.users(section.get("users"), &format!("account {name}"), section.get("default_permissions"));
        }
    }

    /// `authorization { … }`: one user, a token, or a list of users.
    fn authorization(&mut self, map: &Map, section: &str) {
        let Some((span, node)) = map.pair("authorization") else { return };
        let Some(inner) = node.as_map() else { return };
        if ["user", "password", "token"].iter().any(|key| inner.get(key).is_some()) {
            self.push("nats-user", section, span, inner.clone());
        }
        self.users(inner.get("users"), section, inner.get("default_permissions").or_else(|| inner.get("permissions")));
        if let Some((span, Node { kind: NodeKind::Map(callout), .. })) = inner.pair("auth_callout") {
            self.push("nats-auth-callout", "auth_callout", span, callout.clone());
        }
    }

    fn users(&mut self, users: Option<&Node>, section: &str, default: Option<&Node>) {
        for user in users.map(Node::one_or_many).unwrap_or_default() {
            let Some(map) = user.as_map() else { continue };
            let mut map = map.clone();
            if let (None, Some(default)) = (map.get("permissions"), default) {
                map.push("permissions", default.span, default.clone());
            }
            let named = map.get("user").or_else(|| map.get("nkey")).and_then(Node::as_str).unwrap_or("user").to_owned();
            self.push("nats-user", &format!("{section} user {named}"), user.span, map);
        }
    }

    fn tls(&mut self, map: &Map, section: &str) {
        if let Some((span, Node { kind: NodeKind::Map(tls), .. })) = map.pair("tls") {
            self.push("nats-tls", section, span, tls.clone());
        }
    }
}
