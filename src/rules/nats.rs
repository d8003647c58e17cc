//! NATS: what a server's configuration leaves open. Only what `[match]` cannot say is here.

use crate::finding::Severity;
use crate::ir::{Confidence, Fact, Map, Node, NodeKind, Resource, Span, Tri};

use super::Check;

/// Clients need no credentials.
pub(super) fn no_auth(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    if !clients_from_outside(server).is_yes() || server.is_open() {
        return;
    }
    let has = |key: &str| server.get(key).is_some();
    let authorization = server.get("authorization").and_then(Node::as_map);
    let asks = ["user", "password", "token", "users", "auth_callout"];
    let by_authorization =
        has("authorization") && authorization.is_none_or(|map| map.is_open() || asks.iter().any(|key| map.get(key).is_some()));
    let accounts = server.get("accounts").and_then(Node::as_map);
    let by_accounts = has("accounts")
        && accounts.is_none_or(|map| {
            map.is_open()
                || map
                    .pairs()
                    .any(|(_, account)| account.as_map().is_none_or(|account| account.is_open() || account.get("users").is_some()))
        });
    let tls = server.get("tls").and_then(Node::as_map);
    let by_certificate =
        tls.is_some_and(|tls| ["verify", "verify_and_map"].iter().any(|key| tls.get(key).is_some_and(|on| on.as_bool() != Some(false))));
    if by_authorization || by_accounts || by_certificate || has("operator") || has("trusted_keys") || has("users") || has("nkeys") {
        return;
    }
    let (span, address) = listener(server, fact.span);
    cx.report_by_place(cx.finding(fact, span, format!("clients that reach {address} need no credentials")));
}

/// Client traffic is not encrypted.
pub(super) fn no_tls(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    if !clients_from_outside(server).is_yes() || server.is_open() || server.get("tls").is_some() {
        return;
    }
    let (span, address) = listener(server, fact.span);
    cx.report_by_place(cx.finding(fact, span, format!("clients talk to {address} without TLS")));
}

/// Monitoring or profiling answers everybody.
pub(super) fn monitoring(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    // The server's own host is the default of the monitoring host.
    let inherited = server.get("host").is_some_and(is_loopback);
    for key in ["http", "http_port", "https", "https_port", "prof_port"] {
        let Some((span, value)) = server.pair(key) else { continue };
        let open = match &value.kind {
            NodeKind::Number(port) => *port > 0.0 && !inherited,
            NodeKind::Text(text) => {
                text.known().is_some_and(|text| !text.is_empty()) && !is_loopback(value) && (!is_port(value) || !inherited)
            }
            _ => false,
        };
        if open {
            let profiling = key == "prof_port";
            let what = if profiling { "profiling" } else { "monitoring" };
            let finding = cx.finding(fact, span, format!("{what} answers everybody who reaches `{key}: {value}`"));
            cx.report_by_place(if profiling { finding.severity(Severity::High) } else { finding });
        }
    }
}

/// A user may publish and subscribe everything.
pub(super) fn wide_permissions(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(user) = section(resource, "nats-user") else { return };
    let Some(permissions) = user.get("permissions").and_then(Node::as_map) else { return };
    let publish = permissions.get("publish").and_then(everything);
    let subscribe = permissions.get("subscribe").and_then(everything);
    if let (Some(publish), Some(subscribe)) = (publish, subscribe) {
        let finding = cx.finding(fact, publish, "the user may publish to every subject (`>`) and read every subject");
        cx.report_by_place(finding.related(subscribe, "and subscribe to all of them"));
    }
    for direction in ["publish", "subscribe"] {
        let system = permissions.get(direction).into_iter().flat_map(|node| allowed(node)).find(|node| node.as_str() == Some("$SYS.>"));
        if let Some(system) = system {
            let finding = cx.finding(fact, system.span, format!("the user may {direction} on the server's own subjects (`$SYS.>`)"));
            cx.report_by_place(finding.severity(Severity::High));
        }
    }
}

/// A client without credentials becomes this user.
pub(super) fn no_auth_user(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    if resource.provider != "nats" || !matches!(resource.ty.as_str(), "nats-server" | "nats-websocket" | "nats-mqtt" | "nats-leafnodes") {
        return;
    }
    let Some((span, name)) = resource.attrs.as_map().and_then(|map| map.pair("no_auth_user")) else { return };
    let Some(name) = name.as_str() else { return };
    let user = cx.model.facts.iter().find_map(|other| match &other.kind {
        crate::ir::FactKind::Resource(it) if it.ty == "nats-user" && other.span.file == fact.span.file => {
            it.attrs.as_map().filter(|map| map.get("user").and_then(Node::as_str) == Some(name))
        }
        _ => None,
    });
    let unlimited = user.is_some_and(|map| match map.get("permissions").and_then(Node::as_map) {
        None => !map.is_open(),
        Some(permissions) => permissions.get("publish").and_then(everything).is_some(),
    });
    let what = if unlimited {
        format!("clients without credentials become `{name}`, who may do everything in its account")
    } else {
        format!("clients without credentials become `{name}`")
    };
    let finding = cx.finding(fact, span, what);
    cx.report_by_place(if unlimited { finding.severity(Severity::High) } else { finding.confidence(Confidence::Medium) });
}

fn section<'r>(resource: &'r Resource, ty: &str) -> Option<&'r Map> {
    (resource.provider == "nats" && resource.ty == ty).then(|| resource.attrs.as_map()).flatten()
}

/// Whether the client port is reached from other machines; nats-server listens on all addresses
/// unless it is told otherwise.
fn clients_from_outside(server: &Map) -> Tri {
    let Some(address) = server.get("listen").filter(|listen| !is_port(listen)).or_else(|| server.get("host")) else { return Tri::Yes };
    match address.as_text() {
        Some(text) if !text.has_holes() => (!is_loopback(address)).into(),
        _ => Tri::Maybe,
    }
}

fn listener(server: &Map, otherwise: Span) -> (Span, String) {
    for key in ["listen", "port", "host"] {
        if let Some((span, value)) = server.pair(key) {
            return (span, format!("`{key}: {value}`"));
        }
    }
    (otherwise, "the default port 4222 on every address".to_owned())
}

fn is_port(node: &Node) -> bool {
    node.as_number().is_some()
}

fn is_loopback(node: &Node) -> bool {
    node.as_str().is_some_and(|text| {
        let host = text.trim_start_matches('[');
        host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("::1")
    })
}

/// Where a permission allows `>`; a list of denials beside it takes from it.
fn everything(node: &Node) -> Option<Span> {
    if node.as_map().is_some_and(|map| map.get("deny").is_some()) {
        return None;
    }
    allowed(node).into_iter().find(|subject| subject.as_str() == Some(">")).map(|subject| subject.span)
}

/// The subjects of a permission: a string, a list, or `{ allow: …, deny: … }`.
fn allowed(node: &Node) -> Vec<&Node> {
    match node.as_map() {
        Some(map) => map.get("allow").map(Node::one_or_many).unwrap_or_default(),
        None => node.one_or_many(),
    }
}
