//! nats-server's configuration wherever it stands: a file of its own, a value of a `ConfigMap`, the values
//! of its chart, the arguments of a container. All become the tree that the server would read.

mod chart;
mod command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use smol_str::SmolStr;

pub use chart::is_chart;

use super::embedded;
use crate::ir::{Entry, Fact, FactKind, Map, Node, NodeKind, Resource, Text};
use crate::source::FileKind;

/// A configuration as it is written, before includes and variables are put in.
#[derive(Debug)]
pub struct Config {
    /// By what other configurations include it.
    pub path: String,
    /// Its name for people: the file's, the key's, the service's.
    pub name: SmolStr,
    /// Its entries; an `include` is a spread, a variable an unresolved name.
    pub map: Map,
    /// Whether the server has more than is seen here: a chart's own entries, another file.
    pub is_part: bool,
    /// Whether it says nothing by itself: lines that only mean something where they are included.
    pub only_included: bool,
}

/// Adds the configurations that a resource or an image holds. `path` is its file's.
pub fn configs(fact: &Fact, path: &str, out: &mut Vec<Config>) {
    let resource = match &fact.kind {
        FactKind::Resource(resource) => resource,
        FactKind::Stage(stage) => return out.extend(command::image(stage, path)),
        _ => return,
    };
    match (resource.provider.as_str(), resource.ty.as_str()) {
        ("nats", ty @ ("nats-config" | "nats-fragment")) => {
            if let NodeKind::Map(map) = &resource.attrs.kind {
                let only_included = ty == "nats-fragment";
                out.push(Config { path: path.into(), name: resource.name.clone(), map: map.clone(), is_part: false, only_included });
            }
        }
        ("nats", "nats-command") => out.extend(command::config(&resource.attrs, path, &resource.name)),
        ("kubernetes", "ConfigMap" | "Secret") => files(&resource.attrs, path, out),
        ("compose", "service") => out.extend(command::service(resource, path)),
        ("kubernetes", "Application" | "HelmRelease") | ("helm", "values") | (_, "helm_release") => chart::configs(resource, path, out),
        (_, ty) if ty.starts_with("kubernetes_config_map") || ty.starts_with("kubernetes_secret") => files(&resource.attrs, path, out),
        ("kubernetes", _) => command::containers(fact, resource, path, out),
        _ => {}
    }
}

/// The files in a `ConfigMap` or Secret that a server reads.
fn files(object: &Node, path: &str, out: &mut Vec<Config>) {
    let is_secret = object.get("kind").and_then(Node::as_str) == Some("Secret");
    for (section, encoded) in [("data", is_secret), ("stringData", false), ("binaryData", true), ("binary_data", true)] {
        for (key, value) in object.get(section).and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
            let Some(text) = value.as_text().filter(|_| key.ends_with(".conf")) else { continue };
            let decoded = if encoded { decode(text) } else { None };
            let text = decoded.as_ref().unwrap_or(text);
            let Some(Node { kind: NodeKind::Map(map), .. }) = embedded::nats(text) else { continue };
            let only_included = FileKind::of(key, &text.to_string()) != FileKind::NatsConf;
            out.push(Config { path: format!("{path}/{key}"), name: key.clone(), map, is_part: false, only_included });
        }
    }
}

/// What base64 holds; each of its bytes stands at the place of the whole.
fn decode(text: &Text) -> Option<Text> {
    let bytes = STANDARD.decode(text.as_str()?.trim()).ok()?;
    Some(Text::lit(String::from_utf8(bytes).ok()?, text.pieces.first()?.span))
}

/// One name for each key: the server ignores case and has aliases. Names of accounts stay as they are.
pub fn canonical(key: &str) -> SmolStr {
    const KEYS: [&str; 78] = [
        "accounts",
        "allow",
        "allow_delete",
        "allow_insecure_cipher_suites",
        "allow_non_tls",
        "allowed_origins",
        "auth_callout",
        "authorization",
        "ca_file",
        "cert_file",
        "cipher",
        "cipher_suites",
        "cluster",
        "credentials",
        "debug",
        "default_permissions",
        "deny",
        "encryption_password",
        "exports",
        "gateway",
        "gateways",
        "host",
        "http",
        "http_port",
        "https",
        "https_port",
        "imports",
        "insecure",
        "issuer",
        "jetstream",
        "key",
        "key_file",
        "leafnodes",
        "listen",
        "max_connections",
        "max_payload",
        "min_version",
        "mqtt",
        "nkey",
        "nkeys",
        "no_auth_user",
        "no_tls",
        "operator",
        "password",
        "permissions",
        "port",
        "prof_port",
        "proxy",
        "publish",
        "reject_unknown",
        "reject_unknown_cluster",
        "remotes",
        "resolver",
        "resolver_preload",
        "resolver_tls",
        "routes",
        "same_origin",
        "server_name",
        "service",
        "srk_password",
        "store_dir",
        "stream",
        "subscribe",
        "system_account",
        "tls",
        "token",
        "token_req",
        "tpm",
        "trace",
        "trace_headers",
        "trace_verbose",
        "trusted_keys",
        "url",
        "urls",
        "user",
        "users",
        "verify",
        "verify_and_map",
    ];
    let lower = key.to_ascii_lowercase();
    match lower.as_str() {
        "pass" => "password",
        "username" => "user",
        "net" => "host",
        "permission" => "permissions",
        "default_permission" => "default_permissions",
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
        "websocket" | "xkey" | "auth_users" => lower.as_str(),
        other if KEYS.contains(&other) => other,
        _ => key,
    }
    .into()
}

/// Sets a key of a map, in place of one that is there; maps are joined.
fn merge(into: &mut Map, entry: &Entry) {
    let Entry::Pair { key, key_span, value } = entry else {
        into.entries.push(entry.clone());
        return;
    };
    let old = into.entries.iter_mut().find_map(|entry| match entry {
        Entry::Pair { key: name, value, .. } if name == key => Some(value),
        _ => None,
    });
    match (old, &value.kind) {
        (Some(Node { kind: NodeKind::Map(old), .. }), NodeKind::Map(new)) => new.entries.iter().for_each(|entry| merge(old, entry)),
        (Some(old), _) => *old = value.clone(),
        (None, _) => into.push(key.clone(), *key_span, value.clone()),
    }
}

/// Whether a password or token is there to read: no bcrypt hash, no variable and no place that a template fills.
pub fn is_written(value: &str) -> bool {
    let is_hash = value.len() > 50 && value.starts_with("$2");
    let is_filled_in = value.starts_with(['<', '{', '%', '$']) || value.contains("{{") || value.contains("${");
    !value.is_empty() && !is_filled_in && !is_hash
}

/// The name of what a configuration belongs to.
fn name_of(resource: &Resource) -> SmolStr {
    if resource.name.is_empty() { "nats".into() } else { resource.name.clone() }
}
