//! nestrs: settings, be they in the environment or written by the program.

use super::resources;
use crate::ir::{Confidence, EnvEntry, Fact, FactKind, Kind, Node};
use crate::rules::Check;

/// Variables of environments, without what is for development and tests.
fn settings<'m>(cx: &Check<'m>) -> impl Iterator<Item = (&'m Fact, &'m EnvEntry)> + use<'m> {
    cx.model.of(Kind::EnvEntry).filter_map(|fact| match &fact.kind {
        FactKind::EnvEntry(entry) => Some((fact, entry)),
        _ => None,
    })
}

/// Whether a key is a setting below any prefix: `ACME_AUTHN__ISSUER` is `AUTHN__ISSUER`.
fn is_setting(key: &str, setting: &str) -> bool {
    key.strip_suffix(setting).is_some_and(is_prefix)
}

/// Tokens for others are accepted.
pub(in crate::rules) fn audience(cx: &mut Check<'_>) {
    for (fact, entry) in settings(cx) {
        let off = match &entry.key {
            key if is_setting(key, "AUTHN__ALLOW_ANY_AUDIENCE") => true,
            key if is_setting(key, "AUTHN__EXPLICIT_TYPING") => false,
            _ => continue,
        };
        if entry.value.as_bool() == Some(off) {
            cx.report(cx.finding(fact, entry.value.span, format!("`{}` switches a check of tokens off", entry.key)));
        }
    }
    for (fact, options) in resources(cx, "nestrs-token-options") {
        const OFF: [(&str, bool, &str); 3] = [
            ("any-audience", true, "allow_any_audience: true"),
            ("explicit-typing", false, "explicit_typing: false"),
            ("audience", false, "audience: None"),
        ];
        for (key, off, name) in OFF {
            if options.attrs.get(key).and_then(Node::as_bool) == Some(off) {
                cx.report_by_place(cx.finding(fact, fact.span, format!("`{name}` switches a check of tokens off")));
            }
        }
    }
}

/// Tokens for others are accepted, since nothing says whom they must be for. Releases before 6 look at the audience
/// only where one is set.
pub(in crate::rules) fn audience_absent(cx: &mut Check<'_>) {
    const KEYS: [&str; 4] = ["AUTHN__SECRET", "AUTHN__PUBLIC_KEY", "AUTHN__PRIVATE_KEY", "AUTHN__PRIVATE_KEY_FILE"];
    let by_program = |key: &Node| key.as_str() == Some("AUTHN__AUDIENCE");
    let is_pinned = settings(cx).any(|(_, entry)| is_setting(&entry.key, "AUTHN__AUDIENCE"))
        || resources(cx, "nestrs-setting").any(|(_, setting)| setting.attrs.get("key").is_some_and(by_program));
    if is_pinned || !uses_release_before(cx, 6) {
        return;
    }
    // Once, at the first key of the cascade.
    if let Some((fact, entry)) = settings(cx).find(|(_, entry)| KEYS.iter().any(|key| is_setting(&entry.key, key))) {
        let what = format!("tokens are verified with `{}`, and no `AUTHN__AUDIENCE` says whom they must be for", entry.key);
        cx.report(cx.finding(fact, fact.span, what));
    }
}

/// Whether a manifest of cargo asks for an older release of the framework; without a version nothing is known.
fn uses_release_before(cx: &Check<'_>, major: u64) -> bool {
    let crates = crate::link::cargo::Crates::new(&cx.model.facts, &cx.model.files);
    ["nest-rs", "nestrs-"].iter().any(|framework| crates.required_of(framework).any(|version| version.major < major))
}

/// Filters that keep what the guards and the scope report out of the log.
pub(in crate::rules) fn silenced(cx: &mut Check<'_>) {
    for (fact, entry) in settings(cx).filter(|(_, entry)| entry.key.ends_with("_LOG")) {
        if entry.value.as_str().is_some_and(silences) {
            cx.report(cx.finding(fact, entry.value.span, format!("`{}` silences what the guards and the scope report", entry.value)));
        }
    }
    for (fact, filter) in resources(cx, "nestrs-log") {
        if let Some(text) = filter.attrs.get("filter").and_then(Node::as_str).filter(|text| silences(text)) {
            cx.report_by_place(cx.finding(fact, fact.span, format!("`{text}` silences what the guards and the scope report")));
        }
    }
}

/// Whether one of a filter's directives turns a target of the framework's warnings off.
fn silences(filter: &str) -> bool {
    const CRATES: [&str; 4] = ["nest_rs::", "nest_rs_", "nestrs::", "nestrs_"];
    const TARGETS: [&str; 4] = ["authn", "authz", "orm", "seaorm"];
    filter.split(',').filter_map(|directive| directive.trim().split_once('=')).any(|(target, level)| {
        let name = CRATES.iter().find_map(|framework| target.strip_prefix(framework));
        matches!(level, "off" | "error") && name.is_some_and(|name| TARGETS.contains(&name))
    })
}

/// Tokens that live longer than a day.
pub(in crate::rules) fn lifetime(cx: &mut Check<'_>) {
    const DAY: f64 = 86_400.0;
    for (fact, entry) in settings(cx).filter(|(_, entry)| is_setting(&entry.key, "AUTHN__EXPIRES_IN_SECS")) {
        if let Some(seconds) = entry.value.as_number().filter(|seconds| *seconds > DAY) {
            cx.report(cx.finding(fact, entry.value.span, format!("access tokens live {seconds} seconds")));
        }
    }
    for (fact, options) in resources(cx, "nestrs-token-options") {
        if let Some(seconds) = options.attrs.get("lifetime").and_then(Node::as_number).filter(|seconds| *seconds > DAY) {
            cx.report_by_place(cx.finding(fact, fact.span, format!("access tokens live {seconds} seconds")));
        }
    }
}

/// Settings by their names in the environment, be they in a file of it or written by the program.
fn all_settings<'m>(cx: &Check<'m>) -> impl Iterator<Item = (&'m Fact, &'m str, &'m Node)> + use<'m> {
    let by_program = resources(cx, "nestrs-setting")
        .filter_map(|(fact, setting)| Some((fact, setting.attrs.get("key")?.as_str()?, setting.attrs.get("value")?)));
    settings(cx).map(|(fact, entry)| (fact, entry.key.as_str(), &entry.value)).chain(by_program)
}

/// A protection that is on by default is switched off where it counts.
pub(in crate::rules) fn protection(cx: &mut Check<'_>) {
    for (fact, key, value) in all_settings(cx) {
        if !is_for_development(cx, fact) && takes_protection(key, &value.to_string(), fact.resource().is_some()) {
            cx.report_by_place(cx.finding(fact, value.span, format!("`{key}` takes a protection away that is on by default")));
        }
    }
}

/// Whether the name of a fact's file says that it is for those who write the program.
fn is_for_development(cx: &Check<'_>, fact: &Fact) -> bool {
    let file = cx.model.files.path(fact.span.file).rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ["dev", "test", "local", "example", "sample"].iter().any(|word| file.contains(word))
}

/// `by_program`: there an empty value is `None`, in the environment one that is not set.
fn takes_protection(key: &str, value: &str, by_program: bool) -> bool {
    let off = |settings: &[&str], wanted: &str| settings.iter().any(|setting| is_setting(key, setting)) && value == wanted;
    off(&["HTTP__SECURITY_HEADERS", "HTTP__FAIL_SECURE_STRICT", "GRAPHQL__DISABLE_INTROSPECTION"], "false")
        || off(&["GRAPHQL__PLAYGROUND", "STORAGE__ALLOW_HTTP"], "true")
        || off(&["MCP__ALLOWED_HOSTS"], "")
        || off(&["WS__MAX_CONNECTION_SECS", "GRAPHQL__MAX_CONNECTION_SECS", "HTTP__SSE_MAX_CONNECTION_SECS"], "0")
        || by_program && off(&["WS__MAX_CONNECTION_SECS", "GRAPHQL__MAX_DEPTH", "GRAPHQL__MAX_COMPLEXITY"], "")
}

/// An application that serves plain HTTP. Mostly a proxy ends TLS before it, so that only one which says so itself
/// is worth everybody's look.
pub(in crate::rules) fn without_tls(cx: &mut Check<'_>) {
    let of_server: Vec<_> = all_settings(cx)
        .filter(|(fact, key, _)| key.rsplit_once("HTTP__").is_some_and(|(prefix, _)| is_prefix(prefix)) && !is_for_development(cx, fact))
        .collect();
    let is_off = |(fact, key, value): &&(&Fact, &str, &Node)| {
        fact.resource().is_some() && is_setting(key, "HTTP__TLS") && value.as_str() == Some("")
    };
    if let Some((fact, _, value)) = of_server.iter().find(is_off) {
        return cx.report_by_place(cx.finding(fact, value.span, "the application serves plain HTTP (`tls: None`)"));
    }
    if of_server.iter().any(|(_, key, _)| key.contains("HTTP__TLS")) {
        return;
    }
    let listens = of_server.iter().find(|(_, key, value)| is_setting(key, "HTTP__HOST") && is_every_interface(value));
    if let Some((fact, key, value)) = listens {
        let what = format!("the application serves plain HTTP on `{value}`: `{key}` is set and no certificate is");
        cx.report_by_place(cx.finding(fact, value.span, what).confidence(Confidence::Low));
    }
}

/// What stands before a setting's namespace: nothing, or a prefix that the application chose.
fn is_prefix(text: &str) -> bool {
    text.is_empty() || text.ends_with('_')
}

fn is_every_interface(host: &Node) -> bool {
    matches!(host.as_str(), Some("0.0.0.0" | "::" | "[::]"))
}

/// Tokens or codes go over plain HTTP.
pub(in crate::rules) fn plain_http(cx: &mut Check<'_>) {
    const LOCAL: [&str; 5] = ["localhost", "127.", "0.0.0.0", "[::1", "host.docker.internal"];
    for (fact, key, value) in all_settings(cx).filter(|(_, key, _)| is_address_of_issuer(key)) {
        let Some(host) = value.as_str().and_then(|value| value.strip_prefix("http://")) else { continue };
        let name = host.split([':', '/']).next().unwrap_or_default();
        // A name of one part is a neighbour in the same network of containers.
        if name.contains('.') && !LOCAL.iter().any(|local| host.starts_with(local)) {
            cx.report_by_place(cx.finding(fact, value.span, format!("`{key}` goes over plain HTTP ({value})")));
        }
    }
}

/// `OAUTH_CLIENT__TOKEN_URL`, `SOCIAL__GITHUB__REDIRECT_URI`, `AUTHN__ISSUER`, below any prefix.
fn is_address_of_issuer(key: &str) -> bool {
    let Some((before, setting)) = key.rsplit_once("__") else { return false };
    let is_address = ["URL", "URI", "ISSUER", "ENDPOINT"].iter().any(|end| setting == *end || setting.ends_with(&format!("_{end}")));
    let is_of = |part: &str| matches!(part, "AUTHN" | "ISSUER" | "SOCIAL") || part.starts_with("OAUTH");
    is_address && before.split("__").any(|part| is_of(part) || part.split_once('_').is_some_and(|(_, part)| is_of(part)))
}
