//! Checks and issues of JSON Web Tokens, from the rows of `rules/tables/jwt.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use semver::{Version, VersionReq};
use smol_str::SmolStr;

use super::javascript::{Site, option, receiver};
use crate::ir::{Behaviour, Fact, FactKind, Field, Mixed, Node, NodeKind, Text, TokenCheck, TokenIssue, Tri};
use crate::tables::{V, table};

/// Rows by the last name of what is called.
static ROWS: LazyLock<FxHashMap<&'static str, Vec<&'static V>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&str, Vec<&V>> = FxHashMap::default();
    for row in table("jwt").map(|table| table.list("javascript")).unwrap_or_default() {
        let name = row.get("method").and_then(V::as_text).unwrap_or_else(|| row.text("export"));
        rows.entry(name.rsplit('.').next().unwrap_or(name)).or_default().push(row);
    }
    rows
});

/// Adds the check or issue that a call is.
pub(super) fn call(site: &Site<'_>, out: &mut Vec<Fact>) {
    let rows = ROWS.get(site.call.callee.last()).map(Vec::as_slice).unwrap_or_default();
    if let Some(row) = rows.iter().find(|row| site.is(row)) {
        let kind = match row.text("does") {
            "issue" => FactKind::TokenIssue(Box::new(issue(site, row))),
            does => FactKind::TokenCheck(Box::new(check(site, row, does))),
        };
        out.push(Fact::new(site.span, site.owner.clone(), kind));
        return;
    }
    if let Some(issue) = jose_signer(site) {
        out.push(Fact::new(site.span, site.owner.clone(), FactKind::TokenIssue(Box::new(issue))));
    }
}

fn check(site: &Site<'_>, row: &V, does: &str) -> TokenCheck {
    let library = row.text("library");
    // `verify(token, key, callback)` has no options.
    let options = row.int("options").and_then(|position| site.argument(position)).filter(|node| !is_callback(node));
    let flag = |key: &str| option(options, row.text(key), Node::as_bool);
    let keep = |key: &str| option(options, row.text(key), |node| Some(node.clone()));
    let no_verify = row.int("no-verify").and_then(|position| site.argument(position));
    let signature = match no_verify.map(truthy) {
        Some(Tri::Yes) => Field::known(false, no_verify.map_or(site.span, |node| node.span)),
        Some(Tri::Maybe) => Field::unknown(crate::ir::Why::Opaque, site.span),
        _ => Field::known(does == "verify", site.span),
    };
    let lets_through = row
        .get("optional-value")
        .is_some_and(|_| option(options, row.text("optional"), Node::as_bool).value() == Some(&row.flag("optional-value")));
    TokenCheck {
        library: library.into(),
        version: (site.version)(library),
        callee: site.call.callee.clone(),
        algorithms: algorithms(site, row, options),
        signature,
        issuer: keep("issuer"),
        audience: keep("audience"),
        expiry: flag("ignore-expiry").map(|ignored| !ignored),
        required_claims: Field::Absent,
        key: key(site, row, options),
        enforced: if lets_through { Tri::No } else { Tri::Maybe },
        verified_elsewhere: if does == "decode" && is_from_issuer(site) { Tri::Yes } else { Tri::Maybe },
        result_used: site.call.result_used,
        behaviour: behaviour(site, row),
        options: options.cloned(),
        span: site.span,
    }
}

/// A function, or what is called like one that is handed over: `verify(token, key, done)`.
fn is_callback(node: &Node) -> bool {
    let is_named = |name: &str| matches!(name, "cb" | "callback" | "done" | "next");
    matches!(node.kind, NodeKind::Func(_)) || node.as_ref().is_some_and(|name| is_named(name.first().split('@').next().unwrap_or_default()))
}

/// What the installed version of a package does; one of unknown version may be old where that makes a key of nothing,
/// and is not where any key would do.
fn behaviour(site: &Site<'_>, row: &V) -> Behaviour {
    let major = site.major(row.text("library"));
    let is_below = |column: &str| row.int(column).zip(major).is_some_and(|(below, major)| major < below);
    let installed = || (site.version)(row.text("library")).and_then(|version| Version::parse(&version).ok());
    let is_confused = || {
        let wanted = row.get("confused").and_then(V::as_text).and_then(|versions| VersionReq::parse(versions).ok());
        wanted.is_some_and(|wanted| installed().is_some_and(|version| wanted.matches(&version)))
    };
    Behaviour {
        mixed: if is_below("confused-below") || is_confused() { Mixed::Confused } else { Mixed::ByKey },
        takes_empty_key: is_below("empty-key-below") || major.is_none() && row.int("empty-key-below").is_some(),
        refuses_audience: false,
    }
}

/// What a version of a crate does; of unknown version, the newest.
pub fn behaviour_of_crate(name: &str, version: Option<&Version>) -> Behaviour {
    let rows = table("jwt").map(|table| table.list("rust")).unwrap_or_default();
    let Some(row) = rows.iter().find(|row| row.text("library") == name && row.is_for(version)) else {
        return Behaviour::default();
    };
    Behaviour {
        mixed: match row.text("mixed") {
            "confused" => Mixed::Confused,
            "refused" => Mixed::Refused,
            _ => Mixed::ByKey,
        },
        refuses_audience: row.flag("refuses-audience"),
        takes_empty_key: row.flag("takes-empty-key"),
    }
}

/// Whether the token is one that the issuer's token endpoint has just answered with. OpenID Connect
/// Core 3.1.3.7 lets the TLS of that answer stand for the signature.
fn is_from_issuer(site: &Site<'_>) -> bool {
    let token = site.call.args.first().map(ToString::to_string).unwrap_or_default().to_ascii_lowercase();
    token.ends_with("id_token") || token.ends_with("idtoken") || token.contains("id_token ") || token.contains("idtoken@")
}

fn issue(site: &Site<'_>, row: &V) -> TokenIssue {
    let library = row.text("library");
    let options = row.int("options").and_then(|position| site.argument(position));
    let named = match row.int("algorithm-argument").and_then(|position| site.argument(position)) {
        Some(node) => node.to_field(|node| node.as_text().cloned()),
        None => option(options, row.text("algorithm"), |node| node.as_text().cloned()),
    };
    TokenIssue {
        library: library.into(),
        version: (site.version)(library),
        callee: site.call.callee.clone(),
        algorithm: named,
        lifetime: match option(options, row.text("lifetime"), lifetime) {
            Field::Absent if row.flag("own-lifetime") => Field::unknown(crate::ir::Why::Opaque, site.span),
            field => field,
        },
        claims: row.int("claims").and_then(|position| site.argument(position)).cloned(),
        key: key(site, row, options),
        span: site.span,
    }
}

/// `new SignJWT(claims).setExpirationTime('2h').sign(key)` of jose: what is not called is not set.
fn jose_signer(site: &Site<'_>) -> Option<TokenIssue> {
    if site.call.callee.last() != "sign" && site.call.callee.last() != "encode" {
        return None;
    }
    let made = super::javascript::root(site.call);
    let unsecured = super::javascript::is_import(made, "jose", "UnsecuredJWT");
    if !unsecured && !super::javascript::is_import(made, "jose", "SignJWT") {
        return None;
    }
    let mut lifetime_set = Field::Absent;
    let mut algorithm = if unsecured { Field::known(Text::lit("none", site.span), site.span) } else { Field::Absent };
    let mut link = Some(site.call);
    while let Some(call) = link {
        match call.callee.last() {
            "setExpirationTime" => lifetime_set = call.args.first().map_or(Field::Absent, |node| node.to_field(lifetime)),
            "setProtectedHeader" => algorithm = option(call.args.first(), "alg", |node| node.as_text().cloned()),
            _ => {}
        }
        link = receiver(call);
    }
    // What else is called on a signer that a variable holds is not seen: `signer.setExpirationTime('5m'); signer.sign(key)`.
    let is_held = super::javascript::root_span(site.call).is_none_or(|made| !site.span.contains(made));
    if is_held && lifetime_set.is_absent() {
        lifetime_set = Field::unknown(crate::ir::Why::Opaque, site.span);
    }
    Some(TokenIssue {
        library: "jose".into(),
        version: (site.version)("jose"),
        callee: made.callee.clone(),
        algorithm,
        lifetime: lifetime_set,
        claims: made.args.first().cloned(),
        key: site.call.args.first().map_or(Field::Absent, |node| node.to_field(|node| Some(node.clone()))),
        span: site.span,
    })
}

fn key(site: &Site<'_>, row: &V, options: Option<&Node>) -> Field<Node> {
    match row.int("key").and_then(|position| site.argument(position)) {
        // An empty key is written, unlike one that is left out.
        Some(node) => Field::Known { value: node.clone(), span: node.span, via: node.via.clone() },
        None => option(options, row.text("key-in"), |node| Some(node.clone())),
    }
}

fn algorithms(site: &Site<'_>, row: &V, options: Option<&Node>) -> Field<Vec<Node>> {
    let read = |node: &Node| match &node.kind {
        NodeKind::List(items) => Some(items.clone()),
        NodeKind::Text(_) => Some(vec![node.clone()]),
        _ => None,
    };
    match row.int("algorithm-argument").and_then(|position| site.argument(position)) {
        Some(node) => node.to_field(read),
        None => option(options, row.text("algorithms"), read),
    }
}

/// Whether a value counts as true: any string but the empty one does, `'false'` too.
fn truthy(node: &Node) -> Tri {
    match &node.kind {
        NodeKind::Null => Tri::No,
        NodeKind::Bool(value) => (*value).into(),
        NodeKind::Number(value) => (*value != 0.0).into(),
        NodeKind::Text(text) => text.as_str().map_or(Tri::Maybe, |text| (!text.is_empty()).into()),
        NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Func(_) => Tri::Yes,
        _ => Tri::Maybe,
    }
}

/// A lifetime in seconds: a number of seconds, or `2h`, `7 days` as the `ms` package reads them
/// (there a bare number in a string is milliseconds).
fn lifetime(node: &Node) -> Option<f64> {
    if let NodeKind::Number(seconds) = node.kind {
        return Some(seconds);
    }
    let text: SmolStr = node.as_str()?.trim().to_ascii_lowercase().into();
    let digits = text.find(|char: char| !(char.is_ascii_digit() || char == '.')).unwrap_or(text.len());
    let amount: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "" | "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        "y" | "yr" | "yrs" | "year" | "years" => 31_557_600.0,
        _ => return None,
    };
    Some(amount * unit)
}
