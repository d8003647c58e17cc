//! nats-server's configuration as a server has it: includes put in, variables resolved, aliases of
//! keys made one, and the tree cut into the sections that rules ask about.
//!
//! Source of names and aliases: `server/opts.go` of nats-server 2.11.

use smol_str::SmolStr;

use crate::ir::{Entry, Fact, FactKind, Hop, HopKind, Map, Node, NodeKind, Ref, Resource, ResourceMode, Scope, Span};

use super::Linker;

/// Files included into each other.
const MAX_INCLUDES: usize = 8;
/// Nodes and look-ups of all configurations.
const MAX_STEPS: usize = 1_000_000;

/// Replaces each `nats-config` resource by its sections.
pub(super) fn link(linker: &mut Linker) {
    let is_config = |fact: &Fact| matches!(&fact.kind, FactKind::Resource(it) if it.provider == "nats" && it.ty == "nats-config");
    if !linker.facts.iter().any(is_config) {
        return;
    }
    let (configs, facts): (Vec<Fact>, Vec<Fact>) = std::mem::take(&mut linker.facts).into_iter().partition(is_config);
    linker.facts = facts;
    let mut files: Vec<(String, Map)> = Vec::new();
    for fact in configs {
        if let FactKind::Resource(Resource { attrs: Node { kind: NodeKind::Map(map), .. }, .. }) = fact.kind {
            files.push((linker.files.path(fact.span.file).to_owned(), map));
        }
    }
    let mut whole = Expander { files: &files, included: Vec::new(), steps: 0 };
    let expanded: Vec<Map> = files.iter().map(|(path, map)| whole.map(map, path, &mut Vec::new(), 0)).collect();
    let included = whole.included;
    for ((path, _), map) in files.iter().zip(&expanded) {
        let name: SmolStr = path.rsplit('/').next().unwrap_or_default().into();
        let mut sections = Sections { out: Vec::new(), name: &name, fragment: included.contains(path) };
        sections.server(map);
        linker.facts.extend(sections.out);
    }
}

/// Puts in includes and variables.
struct Expander<'f> {
    files: &'f [(String, Map)],
    included: Vec<String>,
    /// Work done so far.
    steps: usize,
}

impl<'f> Expander<'f> {
    /// `scopes` are the enclosing maps as written, outermost first.
    fn map(&mut self, map: &'f Map, path: &str, scopes: &mut Vec<&'f Map>, includes: usize) -> Map {
        let mut whole = Map::default();
        scopes.push(map);
        for entry in &map.entries {
            match entry {
                Entry::Spread(node) => {
                    let target = node.as_ref().and_then(Ref::module).map(|file| join(path, file));
                    let files = self.files;
                    let found = target.as_ref().and_then(|target| files.iter().find(|(path, _)| path == target));
                    match found {
                        Some((target, inner)) if includes < MAX_INCLUDES && self.steps < MAX_STEPS => {
                            self.included.push(target.clone());
                            whole.entries.extend(self.map(inner, target, scopes, includes + 1).entries);
                        }
                        _ => whole.entries.push(entry.clone()),
                    }
                }
                Entry::Pair { key, key_span, value } => {
                    let value = self.node(value, path, scopes, includes);
                    whole.push(canonical(key), *key_span, value);
                }
                Entry::Computed { .. } => whole.entries.push(entry.clone()),
            }
        }
        scopes.pop();
        whole
    }

    fn node(&mut self, node: &'f Node, path: &str, scopes: &mut Vec<&'f Map>, includes: usize) -> Node {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Node::unknown(crate::ir::Why::Bound, node.span);
        }
        match &node.kind {
            NodeKind::Map(map) => Node::new(node.span, NodeKind::Map(self.map(map, path, scopes, includes))),
            NodeKind::List(items) => {
                Node::new(node.span, NodeKind::List(items.iter().map(|item| self.node(item, path, scopes, includes)).collect()))
            }
            NodeKind::Ref(name) if name.scope == Scope::Local => self.variable(name.last(), node.span, scopes),
            _ => node.clone(),
        }
    }

    /// The value of the nearest enclosing key of that name, else the environment's.
    fn variable(&mut self, name: &str, span: Span, scopes: &[&'f Map]) -> Node {
        for scope in scopes.iter().rev() {
            self.steps += scope.entries.len();
            let found = scope.pairs().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            if let Some(value) = found.filter(|value| value.weight(64) < 64 && value.as_ref().is_none()) {
                let mut value = value.clone();
                value.via = value.via.then(Hop { kind: HopKind::Use, name: name.into(), span });
                return value;
            }
        }
        Node::new(span, NodeKind::Ref(Ref::new(Scope::Env, [name])))
    }
}

/// `conf/a.conf` and `./b.conf` make `conf/b.conf`.
fn join(from: &str, file: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// One name for each key: the server ignores case and has aliases.
fn canonical(key: &str) -> SmolStr {
    let lower = key.to_ascii_lowercase();
    match lower.as_str() {
        "pass" => "password",
        "username" => "user",
        "net" => "host",
        "leaf" => "leafnodes",
        "ws" => "websocket",
        "monitor_port" => "http_port",
        "pub" | "import" => "publish",
        "sub" | "export" => "subscribe",
        "operators" | "root" | "roots" | "root_operator" | "root_operators" => "operator",
        "trusted" => "trusted_keys",
        "account_resolver" | "accounts_resolver" => "resolver",
        "max_conn" => "max_connections",
        "system" => "system_account",
        "remote" => "remotes",
        "creds" => "credentials",
        "ek" | "encryption_key" => "key",
        other => other,
    }
    .into()
}

/// Cuts a configuration into resources.
struct Sections<'n> {
    out: Vec<Fact>,
    name: &'n SmolStr,
    /// Whether it is included by another file, so that it is no server's whole configuration.
    fragment: bool,
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

    fn server(&mut self, map: &Map) {
        const MARKS: [&str; 14] = [
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
        ];
        let place = map.pairs().next().and_then(|(key, _)| map.pair(key)).map_or_else(Span::default, |(span, _)| span);
        if !self.fragment && MARKS.iter().any(|key| map.get(key).is_some()) {
            self.push("nats-server", "server", place, map.clone());
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
            self.push("nats-account", &format!("account {name}"), account.span, section.clone());
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
