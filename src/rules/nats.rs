//! NATS: what a server's configuration leaves open. Only what `[match]` cannot say is here.

use crate::finding::{Finding, Severity};
use crate::ir::{Confidence, Fact, Map, Node, Resource, Span, Text, Tri};

use super::Check;
use crate::lower::nats::is_written;

/// Clients need no credentials.
pub(super) fn no_auth(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    if !clients_from_outside(server).is_yes() || server.is_open() {
        return;
    }
    if asks_clients(server) {
        return;
    }
    let (span, address) = listener(server, fact.span);
    report(cx, cx.finding(fact, span, format!("clients that reach {address} need no credentials")));
}

/// Whether clients are asked who they are, in any of the ways that the server has.
fn asks_clients(server: &Map) -> bool {
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
    by_authorization || by_accounts || verifies(server) || has("operator") || has("trusted_keys") || has("users") || has("nkeys")
}

/// Whether a block's TLS asks for a certificate.
fn verifies(block: &Map) -> bool {
    let tls = block.get("tls").and_then(Node::as_map);
    let on = |tls: &Map, key: &str| tls.get(key).is_some_and(|on| on.as_bool() != Some(false));
    tls.is_some_and(|tls| ["verify", "verify_and_map", "verify_cert_and_check_known_urls"].iter().any(|key| on(tls, key)))
}

/// Client traffic is not encrypted.
pub(super) fn no_tls(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let (block, of) = match section(resource, "nats-mqtt") {
        Some(mqtt) if mqtt.get("port").is_some() || mqtt.get("listen").is_some() => (mqtt, "MQTT clients"),
        _ => match section(resource, "nats-server") {
            Some(server) => (server, "clients"),
            None => return,
        },
    };
    if !clients_from_outside(block).is_yes() || block.is_open() || block.get("tls").is_some() {
        return;
    }
    let (span, address) = if of == "clients" { listener(block, fact.span) } else { (fact.span, "`mqtt`".to_owned()) };
    report(cx, cx.finding(fact, span, format!("{of} talk to {address} without TLS")));
}

/// Monitoring or profiling answers everybody.
pub(super) fn monitoring(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    // The server's own host is the default of the monitoring host.
    let inherited = !clients_from_outside(server).is_yes();
    for key in ["http", "http_port", "https", "https_port", "prof_port"] {
        let Some((span, value)) = server.pair(key) else { continue };
        let open = match value.as_number() {
            Some(port) => port > 0.0 && !inherited,
            None => value.as_str().is_some_and(|text| !text.is_empty()) && !is_loopback(value),
        };
        if open {
            let profiling = key == "prof_port";
            let what = if profiling { "profiling" } else { "monitoring" };
            let finding = cx.finding(fact, span, format!("{what} answers everybody who reaches `{key}: {value}`")).subject(key);
            report(cx, if profiling { finding.severity(Severity::High) } else { finding });
        }
    }
}

/// Other servers may join without credentials.
///
/// Clusters and gateways with TLS ask for a certificate whatever `verify` says; leaf nodes without users
/// of their own are asked for those of the server.
pub(super) fn peers(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    for name in ["cluster", "gateway", "leafnodes"] {
        let Some((span, block)) = server.pair(name) else { continue };
        let Some(block) = block.as_map().filter(|block| !block.is_open()) else { continue };
        let listens = block.get("listen").is_some() || block.get("port").and_then(Node::as_number).is_some_and(|port| port > 0.0);
        let asks = match name {
            "leafnodes" => server.is_open() || asks_clients(server) || verifies(block),
            _ => block.get("tls").is_some(),
        };
        let knows =
            ["reject_unknown", "reject_unknown_cluster"].iter().any(|key| block.get(key).is_some_and(|on| on.as_bool() != Some(false)));
        if listens && !asks && !knows && block.get("authorization").is_none() && clients_from_outside(block).is_yes() {
            // From the name of the block to what makes it listen.
            let listener = ["listen", "port"].iter().find_map(|key| block.get(key)).filter(|it| it.span.file == span.file);
            let place = listener.map_or(span, |it| span.to(it.span));
            report(cx, cx.finding(fact, place, format!("servers may join at `{name}` without credentials")).subject(name));
        }
    }
}

/// TLS that does not hold what it promises, each at its own line.
pub(super) fn weak_tls(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(map) = section(resource, "nats-tls").or_else(|| section(resource, "nats-server")) else { return };
    let place = map.get("section").and_then(Node::as_str).unwrap_or_default();
    for (key, says) in [
        ("allow_non_tls", "clients may connect without TLS (`allow_non_tls`)"),
        ("allow_insecure_cipher_suites", "broken cipher suites are allowed"),
    ] {
        if let Some((span, _)) = map.pair(key).filter(|(_, on)| on.as_bool() == Some(true)) {
            report(cx, cx.finding(fact, span, format!("{says} ({place})")).subject(format!("{place} {key}")));
        }
    }
    if let Some((span, version)) = map.pair("min_version")
        && matches!(version.to_string().trim_start_matches("TLS").trim_start_matches('v'), "1" | "1.0" | "1.1")
    {
        report(cx, cx.finding(fact, span, format!("TLS {version} is accepted ({place})")).subject(format!("{place} min_version")));
    }
    let is_weak = |suite: &&Node| suite.as_str().is_some_and(|suite| ["_RC4_", "_3DES_", "_NULL_"].iter().any(|weak| suite.contains(weak)));
    if let Some(suite) = map.get("cipher_suites").map(Node::one_or_many).unwrap_or_default().into_iter().find(is_weak) {
        report(
            cx,
            cx.finding(fact, suite.span, format!("the broken cipher suite {suite} is accepted ({place})"))
                .subject(format!("{place} suites")),
        );
    }
}

/// Traffic is written to the log.
pub(super) fn logging(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    for (key, says) in [
        ("trace", "every message and the credentials of clients are traced"),
        ("trace_verbose", "every message, system ones too, is traced"),
        ("trace_headers", "headers of messages are traced"),
        ("debug", "connections are logged in detail"),
    ] {
        if let Some((span, _)) = server.pair(key).filter(|(_, on)| on.as_bool() == Some(true)) {
            report(cx, cx.finding(fact, span, format!("{says} (`{key}`)")).subject(key));
        }
    }
}

/// Messages of any size are taken.
pub(super) fn payload(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    // From here on the server itself warns: `MAX_PAYLOAD_MAX_SIZE` of nats-server.
    const LARGEST: f64 = 8_388_608.0;
    let Some((span, size)) = section(resource, "nats-server").and_then(|server| server.pair("max_payload")) else { return };
    if let Some(bytes) = size.as_number().filter(|bytes| *bytes > LARGEST) {
        report(cx, cx.finding(fact, span, format!("messages of {bytes} bytes are taken (`max_payload`)")));
    }
}

/// A password or token that stands in clear.
pub(super) fn plaintext_password(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    in_clear(cx, fact, resource, "nats-user", &[("password", "password")]);
}

/// The same of a token.
pub(super) fn plaintext_token(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    in_clear(cx, fact, resource, "nats-user", &[("token", "token")]);
}

/// What opens stored messages stands in clear.
pub(super) fn storage_key(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    const KEYS: [(&str, &str); 3] = [
        ("key", "key of stored messages"),
        ("tpm.encryption_password", "password of the TPM"),
        ("tpm.srk_password", "password of the TPM"),
    ];
    in_clear(cx, fact, resource, "nats-jetstream", &KEYS);
}

fn in_clear(cx: &mut Check<'_>, fact: &Fact, resource: &Resource, ty: &str, keys: &[(&str, &str)]) {
    if resource.provider != "nats" || resource.ty != ty {
        return;
    }
    for (path, what) in keys {
        for value in
            resource.attrs.all(path).into_iter().filter(|value| value.as_number().is_some() || value.as_str().is_some_and(is_written))
        {
            let finding = cx.finding(fact, value.span, format!("the {what} of {} is written in clear", resource.name)).via(&value.via);
            report(cx, finding.subject(format!("{} {path}", fact.owner)));
        }
    }
}

/// A user may publish and subscribe everything.
pub(super) fn wide_permissions(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    if let Some(user) = section(resource, "nats-user-jwt").and_then(|claims| claims.get("nats")) {
        // The token of a scoped signing key has no limits of its own, not even the one on subscriptions.
        let is_scoped = user.get("subs").and_then(Node::as_number) != Some(-1.0);
        if !is_scoped && ["pub", "sub"].iter().all(|way| user.get(way).is_none_or(allows_everything)) {
            let what = "the user may publish to every subject and read every subject: its token limits neither";
            report(cx, cx.finding(fact, fact.span, what));
        }
        return;
    }
    if let Some(account) = section(resource, "nats-account-jwt").and_then(|claims| claims.get("nats")) {
        let defaults = account.get("default_permissions");
        let names_all = |way: &str| defaults.and_then(|defaults| defaults.get(way)).is_some_and(|claim| everything(claim).is_some());
        if names_all("pub") && names_all("sub") {
            let what = "a user without permissions of its own may publish to every subject and read every subject (`default_permissions`)";
            report(cx, cx.finding(fact, fact.span, what));
        }
        return;
    }
    let Some(user) = section(resource, "nats-user") else { return };
    let Some(permissions) = user.get("permissions").and_then(Node::as_map) else { return };
    match (permissions.get("publish").and_then(everything), permissions.get("subscribe").and_then(everything)) {
        (Some(publish), Some(subscribe)) => {
            let finding = cx.finding(fact, publish, "the user may publish to every subject (`>`) and read every subject");
            report(cx, finding.related(subscribe, "and subscribe to all of them"));
        }
        // Who may publish nothing is there to watch.
        (None, Some(subscribe)) if !permissions.get("publish").is_some_and(denies_everything) => {
            let what = "the user may read every subject (`>`), the answers to others among them";
            report(cx, cx.finding(fact, subscribe, what).severity(Severity::Low));
        }
        _ => {}
    }
    for direction in ["publish", "subscribe"] {
        let system = permissions.get(direction).into_iter().flat_map(|node| allowed(node)).find(|node| node.as_str() == Some("$SYS.>"));
        if let Some(system) = system {
            let finding = cx.finding(fact, system.span, format!("the user may {direction} on the server's own subjects (`$SYS.>`)"));
            report(cx, finding.severity(Severity::High));
        }
    }
}

/// An account exports all that it has, or the server's own subjects, to every other one.
pub(super) fn export_everything(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let by_token = section(resource, "nats-account-jwt").and_then(|claims| claims.get("nats")).and_then(Node::as_map);
    let Some(account) = section(resource, "nats-account").or(by_token) else { return };
    let account_name = if by_token.is_some() { format!("account {}", resource.name) } else { resource.name.to_string() };
    for export in account.get("exports").map(Node::one_or_many).unwrap_or_default() {
        // A configuration names the subject by the kind of the export, a token by itself.
        let subject = ["stream", "service", "subject"].iter().find_map(|key| export.get(key).and_then(Node::as_str)).unwrap_or_default();
        // The accounts' own subjects, which the position of the token keeps apart, are what `nsc` exports.
        let is_system = subject.starts_with("$SYS.") && subject.ends_with(".>") && !subject.contains('*');
        let is_limited = export.get("accounts").is_some() || export.get("token_req").is_some_and(|on| on.as_bool() != Some(false));
        if (subject == ">" || is_system) && !is_limited && export.as_map().is_some_and(|map| !map.is_open()) {
            let finding = cx.finding(fact, export.span, format!("{account_name} exports `{subject}` without naming who may import"));
            report(cx, if is_system { finding.severity(Severity::High) } else { finding });
        }
    }
}

/// Applications sign in to the account that sees every other one.
pub(super) fn system_account(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(server) = section(resource, "nats-server") else { return };
    let Some((_, account)) = server.pair("system_account") else { return };
    let Some(name) = account.as_str().filter(|name| !name.to_ascii_lowercase().contains("sys")) else { return };
    let Some(accounts) = server.get("accounts").and_then(Node::as_map).filter(|accounts| !accounts.is_open()) else { return };
    let has_users = |account: &Node| account.as_map().is_none_or(|map| map.is_open() || map.get("users").is_some());
    // Where another account has users too, who signs in to this one is there to operate the server.
    let is_only_one = accounts.pairs().all(|(other, account)| (other == name) == has_users(account));
    if is_only_one && accounts.get(name).is_some() && server.get("authorization").is_none() {
        let what = format!("every user is one of `{name}`, the system account");
        report(cx, cx.finding(fact, account.span, what));
    }
}

/// A server connects to another one over the internet, and nothing makes it insist on TLS.
pub(super) fn remote_unencrypted(cx: &mut Check<'_>, fact: &Fact, resource: &Resource) {
    let Some(remote) = section(resource, "nats-remote").filter(|remote| !remote.is_open() && remote.get("tls").is_none()) else { return };
    if resource.name != "leafnodes remote" {
        return;
    }
    for url in ["url", "urls"].iter().filter_map(|key| remote.get(key)).flat_map(Node::one_or_many) {
        let Some((scheme, host)) = url.as_str().and_then(|url| url.split_once("://")) else { continue };
        if matches!(scheme, "nats" | "nats-leaf" | "leaf" | "ws") && is_public_host(host) {
            report(cx, cx.finding(fact, url.span, format!("the remote `{scheme}://{host}` is reached without TLS")));
        }
    }
}

/// Whether a host of a URL is one of the internet: no address of a private network, and no name that only a
/// cluster or an office knows.
fn is_public_host(authority: &str) -> bool {
    const INSIDE: [&str; 8] = ["svc", "local", "internal", "lan", "home", "localdomain", "intranet", "test"];
    let host = authority.rsplit('@').next().unwrap_or_default().split([':', '/']).next().unwrap_or_default();
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return !(address.is_private() || address.is_loopback() || address.is_link_local() || address.is_unspecified());
    }
    let is_name = host.contains('.') && !host.contains(['$', '{', '<', '[']);
    is_name && !host.split('.').any(|label| INSIDE.contains(&label))
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
    let permissions = user.and_then(|map| map.get("permissions")).and_then(Node::as_map);
    // A few subjects for everybody are what the option is for.
    if permissions.is_some_and(|map| ["publish", "subscribe"].into_iter().all(|way| map.get(way).is_some_and(is_limited))) {
        return;
    }
    let unlimited = user.is_some_and(|map| match permissions {
        None => !map.is_open(),
        Some(permissions) => permissions.get("publish").and_then(everything).is_some(),
    });
    let what = if unlimited {
        format!("clients without credentials become `{name}`, who may do everything in its account")
    } else {
        format!("clients without credentials become `{name}`")
    };
    let finding = cx.finding(fact, span, what).subject(format!("no_auth_user {name}"));
    report(cx, if unlimited { finding.severity(Severity::High) } else { finding.confidence(Confidence::Medium) });
}

/// Hands in a finding about a configuration, which says what runs; beside tests that is less.
fn report(cx: &mut Check<'_>, finding: Finding) {
    let class = cx.model.files.class(finding.span);
    if !class.vendored {
        let severity = if class.is_not_production() { finding.severity.lowered() } else { finding.severity };
        cx.report(finding.severity(severity));
    }
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
            let is_filled_in = value.as_text().is_some_and(Text::has_holes);
            return (span, if is_filled_in { format!("the client port (`{key}`)") } else { format!("`{key}: {value}`") });
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

/// Whether what may be sent or read is named, and is not all there is.
fn is_limited(node: &Node) -> bool {
    let subjects = allowed(node);
    let is_every = |subject: &&Node| matches!(subject.as_str(), Some(">" | "*.>") | None);
    denies_everything(node) || (!subjects.is_empty() && !subjects.iter().any(is_every))
}

fn denies_everything(node: &Node) -> bool {
    let denied = node.get("deny").map(Node::one_or_many).unwrap_or_default();
    denied.iter().any(|subject| subject.as_str() == Some(">"))
}

/// Whether the claim for a direction limits nothing: it is empty, or allows `>` and denies nothing.
fn allows_everything(claim: &Node) -> bool {
    let allow = claim.get("allow").map(Node::one_or_many).unwrap_or_default();
    let deny = claim.get("deny").map(Node::one_or_many).unwrap_or_default();
    deny.is_empty() && (allow.is_empty() || allow.iter().any(|subject| subject.as_str() == Some(">")))
}

/// The subjects of a permission: a string, a list, or `{ allow: …, deny: … }`.
fn allowed(node: &Node) -> Vec<&Node> {
    match node.as_map() {
        Some(map) => map.get("allow").map(Node::one_or_many).unwrap_or_default(),
        None => node.one_or_many(),
    }
}
