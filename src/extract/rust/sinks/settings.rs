//! Settings of Rust libraries that are bad wherever they stand: certificates that nobody checks,
//! connections in the clear, cookies without their flags.

use smol_str::SmolStr;

use super::sink;
use crate::extract::rust::chain::Chain;
use crate::extract::rust::names::Names;
use crate::ir::{Node, NodeKind, Op, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};
use crate::parse::rust::{Expr, ExprKind, Item, ItemKind, Path, Stmt};

/// Settings by a call of a path.
pub(super) fn of_call(callee: &Ref, args: &[Node]) -> Vec<Sink> {
    let names = callee.names();
    let is_remote = |node: &Node| node.as_text().is_some_and(|text| text.as_str().is_some_and(names_remote_host));
    match (names.as_slice(), args) {
        // A database over the network without TLS.
        ([.., "tokio_postgres" | "postgres" | "Client" | "Config", "connect"], [address, tls, ..])
            if tls.as_ref().is_some_and(|tls| tls.last() == "NoTls") && is_remote(address) =>
        {
            vec![Sink::unverified(callee.clone(), address.span)]
        }
        // redis: what stands behind the address.
        ([.., "Client" | "ConnectionInfo" | "redis", "open" | "from_url"], [address, ..])
            if address.as_str().is_some_and(|address| address.starts_with("rediss://") && address.ends_with("#insecure")) =>
        {
            vec![Sink::unverified(Ref::new(Scope::Local, ["#insecure"]), address.span)]
        }
        _ => Vec::new(),
    }
}

/// Settings by a method.
pub(super) fn of_method(
    name: &str,
    receiver: &Node,
    args: &[Node],
    callee: &Ref,
    span: Span,
    on: &impl Fn(&[&str]) -> bool,
) -> Option<Sink> {
    let first = args.first();
    let is = |value: bool| first.and_then(Node::as_bool) == Some(value);
    let mode = first.and_then(Node::as_ref).map(Ref::last).unwrap_or_default();
    let constant = first.filter(|first| first.as_ref().is_some_and(Ref::is_rust_constant));
    if let (Some(constant), Some(bad)) = (constant, switch(name)) {
        return Some(Sink { parts: vec![awaited(constant, bad)], ..Sink::unverified(callee.clone(), span) });
    }
    let off = match name {
        _ if turns_check_off(name) => first.is_some_and(is_true_by_default),
        // A server that asks its callers for no certificate.
        "set_verify" | "set_verify_callback" if is_acceptor(receiver) => false,
        "set_verify" | "set_verify_callback" => matches!(mode, "NONE" | "SSL_VERIFY_NONE") || args.get(1).is_some_and(says_yes),
        "min_protocol_version" | "min_tls_version" | "set_min_proto_version" | "min_tls_protocol_version" => {
            first.is_some_and(is_old_protocol)
        }
        _ if is_check(name) => is(false),
        "set_certificate_verifier" | "with_custom_certificate_verifier" | "set_custom_certificate_verifier" => return None,
        "ssl_mode" => matches!(mode, "Disable" | "Disabled" | "Allow") && !stays_here(receiver),
        "ssl_options" => mode.starts_with("DANGER"),
        "disable_verification" | "with_no_certificate_verification" => first.is_none() || is(true),
        "trust_cert" => first.is_none() && on(&["config", "tiberius"]),
        "build" => logs_in_without_tls(receiver),
        "tls" => matches!(mode, "None" | "Insecure") && on(&["smtp", "transport", "mailer", "builder"]),
        _ => false,
    };
    if off {
        return Some(Sink::unverified(callee.clone(), span));
    }
    let flag = match name {
        "cookie_secure" | "with_secure" | "set_secure" => "secure",
        "cookie_http_only" | "with_http_only" | "set_http_only" => "httpOnly",
        "secure" if on(&["cookie", "session", "identity"]) => "secure",
        "http_only" if on(&["cookie", "session", "identity"]) => "httpOnly",
        _ => return None,
    };
    // Cookies that are built whole are judged as a whole.
    let is_session = matches!(name, "cookie_secure" | "cookie_http_only" | "with_secure" | "with_http_only")
        || on(&["session", "identity", "cookieconfig"]);
    match constant.filter(|_| is_session) {
        Some(constant) => {
            let mut flag = flag_off("session", flag, span);
            flag.parts.push(awaited(constant, false));
            Some(flag)
        }
        None => (is(false) && is_session).then(|| flag_off("session", flag, span)),
    }
}

/// `SslAcceptor::mozilla_intermediate(…)` of openssl.
fn is_acceptor(receiver: &Node) -> bool {
    Chain::of(receiver).constructor().is_some_and(|call| call.callee.names().contains(&"SslAcceptor"))
}

/// The value that makes a setting bad, of one that is on or off.
fn switch(name: &str) -> Option<bool> {
    if turns_check_off(name) { Some(true) } else { is_check(name).then_some(false) }
}

/// A setting that a constant of another file decides.
fn awaited(constant: &Node, bad: bool) -> SinkPart {
    SinkPart::new(constant.clone(), Tri::Maybe, if bad { SinkPart::IF_TRUE } else { SinkPart::IF_FALSE })
}

/// Methods that switch a check on or off.
fn is_check(name: &str) -> bool {
    matches!(
        name,
        "set_verify_hostname"
            | "ssl_verify_peer"
            | "ssl_verify_host"
            | "verify_hostname"
            | "verify_cert"
            | "tls_verify"
            | "set_certificate_verification"
            | "proxy_ssl_verify_peer"
    )
}

/// `true`, and `insecure.unwrap_or(true)`.
fn is_true_by_default(value: &Node) -> bool {
    match &value.kind {
        NodeKind::Op(Op::Coalesce, operands) => operands.last().is_some_and(is_true_by_default),
        _ => value.as_bool() == Some(true),
    }
}

/// Whether the options of a connection name a socket or a host on the same machine.
fn stays_here(options: &Node) -> bool {
    let chain = Chain::of(options);
    let is_here =
        |host: &Node| host.as_str().is_some_and(|host| host.starts_with('/') || matches!(host, "localhost" | "127.0.0.1" | "::1"));
    chain.steps.iter().any(|step| step.name == "socket" || step.name == "host" && step.args.iter().any(is_here))
}

/// lettre: `SmtpTransport::builder_dangerous(host).credentials(login)`, and nothing said of TLS.
fn logs_in_without_tls(receiver: &Node) -> bool {
    let chain = Chain::of(receiver);
    let to_other = |host: &Node| host.as_str().is_none_or(crate::lower::is_public_name);
    chain.constructor().is_some_and(|call| call.callee.last() == "builder_dangerous" && call.args.iter().all(to_other))
        && chain.last(&["credentials"]).is_some()
        && chain.last(&["tls"]).is_none()
}

/// `Some(Protocol::Tlsv10)`, `Version::TLS_1_1`.
fn is_old_protocol(node: &Node) -> bool {
    node.as_ref().is_some_and(|name| {
        matches!(name.last(), "Tlsv10" | "Tlsv11" | "Sslv3" | "TLS_1_0" | "TLS_1_1" | "TLS1" | "TLS1_1" | "SSL3" | "Tls10" | "Tls11")
    })
}

/// Methods and fields that accept what should be turned away.
pub(in super::super) fn turns_check_off(name: &str) -> bool {
    [
        "danger_accept_invalid",
        "dangerous_accept_invalid",
        "accept_invalid_cert",
        "accept_invalid_hostname",
        "allow_invalid_cert",
        "allow_invalid_hostname",
        "danger_skip_domain",
        "skip_tls_verif",
        "insecure_skip_verify",
        "skip_certificate_verif",
        "danger_disable",
        "disable_certificate_verif",
        "set_no_tls_verify",
        "tls_insecure",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// A field that is set: `config.accept_invalid_certs = true`.
pub(in super::super) fn of_field(name: &str, value: &Node, span: Span) -> Option<Sink> {
    let callee = || Ref::new(Scope::Local, [name]);
    let off = turns_check_off(name) && value.as_bool() == Some(true)
        || matches!(name, "verify_ssl" | "verify_tls" | "ssl_verify" | "tls_verify" | "verify_certs") && value.as_bool() == Some(false);
    off.then(|| Sink::unverified(callee(), span))
}

/// A name that stands for a check that is off wherever it is used.
pub(in super::super) fn of_path(name: &Ref, span: Span) -> Option<Sink> {
    name.last().starts_with("DANGER_ACCEPT_INVALID").then(|| Sink::unverified(name.clone(), span))
}

/// Whether what is handed to rustls as the verifier accepts every certificate: by its code if that is
/// in the file, else by its name.
pub(in super::super) fn is_verifier_off(node: &Node, names: &Names<'_>) -> bool {
    let name = match &node.kind {
        NodeKind::Ref(name) => name,
        NodeKind::Call(call) => &call.callee,
        _ => return false,
    };
    let path = name.names();
    let Some(ty) = path.iter().rev().find(|part| part.starts_with(char::is_uppercase)) else { return false };
    names.accepts_all(ty).unwrap_or_else(|| {
        let lower = ty.to_ascii_lowercase();
        let starts =
            ["no", "skip", "danger", "insecure", "accept", "allow", "dummy", "null", "disable", "noop", "trustall", "bypass", "ignore"];
        starts.iter().any(|start| lower.starts_with(start)) && ["verif", "cert", "tls"].iter().any(|word| lower.contains(word))
    })
}

/// Where an `impl` of a certificate verifier says yes and does nothing else.
pub(in super::super) fn accepts_all(items: &[Item]) -> Option<Span> {
    items.iter().find_map(|item| {
        let ItemKind::Function(function) = &item.kind else { return None };
        let is_check = matches!(function.name.text.as_str(), "verify_server_cert" | "verify_client_cert");
        let mut stmts =
            function.body.stmts.iter().filter(|stmt| !matches!(stmt, Stmt::Expr { expr: Expr { kind: ExprKind::Macro(_), .. }, .. }));
        match (stmts.next(), stmts.next()) {
            (Some(Stmt::Expr { expr, .. }), None) if is_check && is_assertion(expr) => Some(expr.span),
            _ => None,
        }
    })
}

/// `Ok(ServerCertVerified::assertion())`.
fn is_assertion(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { callee, args } => match callee.as_path().map(Path::last) {
            Some("Ok") => args.first().is_some_and(is_assertion),
            Some("assertion") => true,
            _ => false,
        },
        ExprKind::Return(Some(value)) => is_assertion(value),
        _ => false,
    }
}

/// A closure that answers `true` whatever it is asked.
fn says_yes(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Func(func) if func.returns.as_ref().is_some_and(|value| value.as_bool() == Some(true)))
}

pub(super) fn flag_off(label: &str, flag: &str, span: Span) -> Sink {
    let callee = Ref::new(Scope::Local, [flag]);
    let value = Node::new(span, NodeKind::Bool(false));
    sink(SinkKind::Cookie, &callee, vec![SinkPart::new(value, Tri::No, label)])
}

/// What is wrong with a cookie that is built here: the crates `cookie` (actix-web, axum-extra, tower-cookies,
/// salvo, tide) and `biscotti` set neither flag unless told; Rocket (`rocket`: its names may come in by a glob)
/// sets its own.
pub(in super::super) fn cookie(node: &Node, rocket: bool) -> Vec<(Span, Sink)> {
    let chain = Chain::of(node);
    let Some(call) = chain.constructor() else { return Vec::new() };
    let sets_flags = rocket || call.callee.first() == "rocket";
    let name = match call.args.first() {
        Some(Node { kind: NodeKind::List(pair), .. }) => pair.first(),
        first => first,
    };
    let value = match call.args.first() {
        Some(Node { kind: NodeKind::List(pair), .. }) => pair.get(1),
        _ => call.args.get(1),
    };
    // `Cookie::from("name")` and an empty value take a cookie away.
    let removes = value.is_none_or(|value| value.as_str() == Some(""))
        || chain.steps.iter().any(|step| {
            matches!(step.name, "removal" | "make_removal" | "set_expires" | "expires")
                && step.args.iter().any(|arg| matches!(arg.kind, NodeKind::Null))
        });
    let ends_now = |node: &Node| match &node.kind {
        NodeKind::Call(call) => {
            matches!(call.callee.last(), "ZERO" | "zero") || call.args.first().and_then(Node::as_number).is_some_and(|number| number <= 0.0)
        }
        NodeKind::Ref(name) => name.last() == "ZERO",
        _ => false,
    };
    let removes = removes || chain.last(&["max_age", "set_max_age"]).is_some_and(|step| step.args.first().is_some_and(ends_now));
    if removes {
        return Vec::new();
    }
    let label: SmolStr = name.and_then(Node::as_str).unwrap_or_default().into();
    let mut found = Vec::new();
    for (flag, setters) in
        [("secure", ["secure", "set_secure", "partitioned", "set_partitioned"]), ("httpOnly", ["http_only", "set_http_only", "", ""])]
    {
        let step = chain.steps.iter().rev().find(|step| setters.contains(&step.name));
        let same_site_none = || {
            chain
                .last(&["same_site", "set_same_site"])
                .is_some_and(|step| step.args.first().and_then(Node::as_ref).is_some_and(|mode| mode.last() == "None"))
        };
        match step {
            Some(step) if step.args.first().and_then(Node::as_bool) == Some(false) => {
                found.push((step.span, flag_off(&label, flag, step.span)));
            }
            None if sets_flags => {}
            None if flag == "secure" && !same_site_none() => found.push((chain.root.span, flag_off(&label, flag, chain.root.span))),
            None if flag == "httpOnly" && holds_session(&label) => found.push((chain.root.span, flag_off(&label, flag, chain.root.span))),
            _ => {}
        }
    }
    found
}

/// Whether a cookie's name says that it logs somebody in.
pub(super) fn holds_session(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["session", "auth", "token", "jwt", "sid", "login", "remember"].iter().any(|word| lower.contains(word))
}

/// `host=db.example.com user=…` and `postgres://…@db.example.com/…`.
fn names_remote_host(address: &str) -> bool {
    let host = if let Some((_, rest)) = address.split_once("://") {
        rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).split(['/', ':', '?']).next()
    } else {
        address.split_whitespace().find_map(|word| word.strip_prefix("host="))
    };
    host.is_some_and(crate::lower::is_public_name)
}
