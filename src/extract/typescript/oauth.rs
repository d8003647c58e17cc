//! The flows of OAuth 2 that a client asks for, in options and in addresses.

use super::names::{Module, unquoted};
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Field as Known, Node, OAuthClient, Ref, Span, Text, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits a client for each place that names its flow: `response_type: 'token'`,
/// `grant_type: 'password'`, `…?response_type=token`; or an address that goes over plain HTTP.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    for node in module.tree.all() {
        match node.kind() {
            Kind::Pair => {
                let key = node.field(Field::Key).map_or("", unquoted);
                if key == "checks" {
                    provider(module, node, cx);
                }
                if key == "disablePKCE" && node.field(Field::Value).is_some_and(|value| value.kind() == Kind::True) {
                    let call = Call::of(Ref::import("angular-oauth2-oidc", key));
                    cx.fact(node.span(), key, FactKind::Call(call));
                }
                let Some(value) = node.field(Field::Value).filter(|value| value.kind() == Kind::String) else { continue };
                match key {
                    "response_type" | "responseType" => {
                        response_type(node, unquoted(value), cx);
                        if unquoted(value) == "code" {
                            parameters(node, cx);
                        }
                    }
                    "code_challenge_method" if unquoted(value) == "plain" && is_parameter(node) => pkce_plain(node.span(), cx),
                    "grant_type" | "grantType" if unquoted(value) == "password" => client(node.span(), "password", cx, |_| ()),
                    _ if is_address(key) && is_plain(unquoted(value)) => plain(value, unquoted(value), cx),
                    _ => {}
                }
            }
            // `params.append('grant_type', 'password')`.
            Kind::Arguments => {
                let mut parts = node.children().filter(|part| part.kind() == Kind::String).map(unquoted);
                match (parts.next(), parts.next()) {
                    (Some("grant_type"), Some("password")) => client(node.span(), "password", cx, |_| ()),
                    (Some("response_type"), Some(value)) => response_type(node, value, cx),
                    (Some("code_challenge_method"), Some("plain")) => pkce_plain(node.span(), cx),
                    (Some("redirect_uri"), Some(value)) if is_plain(value) => plain(node, value, cx),
                    _ => {}
                }
            }
            Kind::Fragment => {
                let text = node.text();
                if let Some((_, rest)) = text.split_once("response_type=") {
                    let value = rest.split(['&', '#']).next().unwrap_or_default();
                    response_type(node, value, cx);
                    if value == "code" {
                        code(node, cx);
                    }
                } else if text.contains("grant_type=password") {
                    client(node.span(), "password", cx, |_| ());
                }
            }
            _ => {}
        }
    }
}

/// `{ id, type: 'oauth', checks: ['none'] }`: a provider of Auth.js that is written out, as a call of one that it
/// brings.
fn provider<'t>(module: &Module<'t>, checks: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(object) = checks.parent().filter(|object| object.kind() == Kind::Object) else { return };
    let is_type = |entry: Syntax<'_>| {
        entry.field(Field::Key).is_some_and(|key| unquoted(key) == "type")
            && entry.field(Field::Value).is_some_and(|value| matches!(unquoted(value), "oauth" | "oidc"))
    };
    if object.children().any(is_type) {
        let call = Call { args: vec![module.lower(object)], ..Call::of(Ref::import("next-auth/providers/own", "default")) };
        cx.fact(object.span(), "provider", FactKind::Call(call));
    }
}

/// Tokens that come back in the address of a redirect: `token`, `id_token token`, not `code`.
fn response_type(node: Syntax<'_>, value: &str, cx: &mut Extract<'_>) {
    if value.split([' ', '+']).flat_map(|word| word.split("%20")).any(|word| word == "token") {
        client(node.span(), "implicit", cx, |_| ());
    }
}

/// An address that asks for a code: what the whole of its text says of `state` and PKCE.
fn code(fragment: Syntax<'_>, cx: &mut Extract<'_>) {
    let Some(whole) = fragment.parent().filter(|whole| matches!(whole.kind(), Kind::String | Kind::TemplateString)) else { return };
    let text = whole.text();
    let span = whole.span();
    if text.contains("code_challenge_method=plain") {
        pkce_plain(span, cx);
    } else if text.contains("client_id=") && !text.contains("code_challenge") && is_whole(whole) {
        client(span, "authorization_code", cx, |client| client.state = Known::known(false, span));
    }
    let redirect = text.split("redirect_uri=").nth(1).and_then(|rest| rest.split(['&', '#', '`', '\'', '"']).next());
    if let Some(redirect) = redirect.filter(|redirect| is_plain(redirect)) {
        plain(whole, redirect, cx);
    }
}

fn pkce_plain(span: Span, cx: &mut Extract<'_>) {
    client(span, "authorization_code", cx, |client| client.pkce = Known::known(false, span));
}

/// `new URLSearchParams({ client_id, response_type: 'code', … })` that is put into an address in the same function: what all
/// of its parameters, and the function, say of `state` and PKCE.
fn parameters(entry: Syntax<'_>, cx: &mut Extract<'_>) {
    let Some(object) = entry.parent().filter(|object| object.kind() == Kind::Object) else { return };
    if !is_parameter(entry) {
        return;
    }
    let made = object.parent().and_then(Syntax::parent);
    let is_plain = |entry: Syntax<'_>| matches!(entry.kind(), Kind::Pair | Kind::ShorthandProperty);
    let says_client = object.children().any(|entry| entry.field(Field::Key).is_some_and(|key| unquoted(key) == "client_id"));
    let Some(function) = entry.ancestors().find(|outer| outer.kind().is_function()) else { return };
    let text = function.text();
    let is_joined = ["?\" +", "?' +", "?${", ".search ="].iter().any(|join| text.contains(join));
    let says_more = ["state", "challenge", "pkce"].iter().any(|word| text.to_ascii_lowercase().contains(word));
    // Nobody is sent to an address that the server itself asks.
    let is_asked = ["axios", "fetch("].iter().any(|word| text.contains(word));
    if says_client && is_joined && !says_more && !is_asked && object.children().all(is_plain) {
        let span = made.map_or(entry.span(), Syntax::span);
        client(span, "authorization_code", cx, |client| client.state = Known::known(false, span));
    }
}

/// Whether an entry is one of `new URLSearchParams({ … })`.
fn is_parameter(entry: Syntax<'_>) -> bool {
    let object = entry.parent().filter(|object| object.kind() == Kind::Object).and_then(Syntax::parent);
    let made = object.filter(|list| list.kind() == Kind::Arguments).and_then(Syntax::parent);
    let called = made.and_then(|made| made.field(Field::Constructor).or_else(|| made.field(Field::Function))).map_or("", Syntax::text);
    matches!(called, "URLSearchParams" | "qs.stringify" | "querystring.stringify")
}

/// Whether nothing adds a `state` to an address: it has none, is no part of a longer text, has values for
/// single parameters alone, and the function around it speaks of none.
fn is_whole(address: Syntax<'_>) -> bool {
    let is_part = address.parent().is_some_and(|outer| match outer.kind() {
        Kind::Substitution => true,
        Kind::Binary => !is_joined_of_parameters(outer),
        _ => false,
    });
    let mut before = "";
    for part in address.children() {
        if part.kind() == Kind::Substitution && !before.is_empty() && !before.ends_with('=') {
            return false;
        }
        before = part.text();
    }
    let around = address.ancestors().find(|outer| outer.kind().is_function() || outer.kind() == Kind::Program);
    let says_state = around.is_some_and(|around| around.text().to_ascii_lowercase().contains("state") && around.kind() != Kind::Program);
    let builds = address.ancestors().take(2).any(|outer| outer.kind() == Kind::New);
    !is_part && !says_state && !builds && !address.text().to_ascii_lowercase().contains("state")
}

/// `'…?response_type=code&client_id=' + id`: every value that is put behind a text is that of one parameter.
fn is_joined_of_parameters(part: Syntax<'_>) -> bool {
    let is_sum = |node: Syntax<'_>| node.kind() == Kind::Binary && node.field(Field::Operator).is_some_and(|sign| sign.text() == "+");
    let mut whole = part;
    while let Some(outer) = whole.parent().filter(|outer| is_sum(*outer)) {
        whole = outer;
    }
    let mut parts = Vec::new();
    while is_sum(whole) {
        let (Some(left), Some(right)) = (whole.field(Field::Left), whole.field(Field::Right)) else { return false };
        parts.push(right);
        whole = left;
    }
    parts.push(whole);
    parts.reverse();
    parts.windows(2).all(|pair| pair[1].kind() == Kind::String || pair[0].kind() == Kind::String && unquoted(pair[0]).ends_with('='))
        && !parts.iter().any(|part| part.text().contains("state=") || part.text().contains("code_challenge"))
}

/// Options that hold an address of a flow.
fn is_address(key: &str) -> bool {
    matches!(
        key,
        "tokenURL"
            | "authorizationURL"
            | "callbackURL"
            | "redirect_uri"
            | "redirectUri"
            | "redirectURI"
            | "redirect_uris"
            | "userInfoURL"
            | "token_endpoint"
            | "authorization_endpoint"
            | "userinfo_endpoint"
            | "issuerBaseURL"
            | "tokenUrl"
            | "authorizationUrl"
    )
}

/// An address on plain HTTP that leaves the machine and its network.
fn is_plain(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://").or_else(|| address.strip_prefix("http%3A%2F%2F")) else { return false };
    let host = rest.split(['/', ':', '?', '%']).next().unwrap_or_default();
    let is_local = host.starts_with("127.") || host.starts_with("192.168.") || host.starts_with("10.") || host.starts_with("0.");
    let is_reserved = [".local", ".test", ".internal", ".localhost", ".lan"].iter().any(|end| host.ends_with(end));
    host.contains('.') && !is_local && !is_reserved && !host.contains('$')
}

fn plain(node: Syntax<'_>, address: &str, cx: &mut Extract<'_>) {
    let span = node.span();
    client(span, "authorization_code", cx, |client| client.redirect_uris.push(Node::text(address, span)));
}

fn client(span: Span, grant: &str, cx: &mut Extract<'_>, complete: impl FnOnce(&mut OAuthClient)) {
    let mut client = OAuthClient {
        library: "http".into(),
        grant: Known::known(Text::lit(grant, span), span),
        pkce: Known::Absent,
        state: Known::Absent,
        redirect_uris: Vec::new(),
        secret: Known::Absent,
        storage: None,
        follows_redirects: Tri::Maybe,
        span,
    };
    complete(&mut client);
    cx.fact(span, grant, FactKind::OAuthClient(Box::new(client)));
}
