//! The flows of OAuth 2 that a client asks for, in options and in addresses.

use super::names::unquoted;
use crate::extract::Extract;
use crate::ir::{FactKind, Field as Known, OAuthClient, Text, Tri};
use crate::parse::typescript::{Field, Kind, Syntax, Tree};

/// Emits a client for each place that names its flow: `response_type: 'token'`,
/// `grant_type: 'password'`, `…?response_type=token`.
pub(super) fn emit(tree: &Tree<'_>, cx: &mut Extract<'_>) {
    for node in tree.all() {
        match node.kind() {
            Kind::Pair => {
                let key = node.field(Field::Key).map_or("", unquoted);
                let Some(value) = node.field(Field::Value).filter(|value| value.kind() == Kind::String) else { continue };
                match key {
                    "response_type" | "responseType" => response_type(node, unquoted(value), cx),
                    "grant_type" | "grantType" if unquoted(value) == "password" => client(node, "password", cx),
                    _ => {}
                }
            }
            Kind::Fragment => {
                let text = node.text();
                if let Some((_, rest)) = text.split_once("response_type=") {
                    response_type(node, rest.split(['&', '#']).next().unwrap_or_default(), cx);
                } else if text.contains("grant_type=password") {
                    client(node, "password", cx);
                }
            }
            _ => {}
        }
    }
}

/// Tokens that come back in the address of a redirect: `token`, `id_token token`, not `code`.
fn response_type(node: Syntax<'_>, value: &str, cx: &mut Extract<'_>) {
    if value.split([' ', '+']).flat_map(|word| word.split("%20")).any(|word| word == "token") {
        client(node, "implicit", cx);
    }
}

fn client(node: Syntax<'_>, grant: &str, cx: &mut Extract<'_>) {
    let span = node.span();
    let client = OAuthClient {
        library: "oauth2".into(),
        grant: Known::known(Text::lit(grant, span), span),
        pkce: Known::Absent,
        state: Known::Absent,
        redirect_uris: Vec::new(),
        secret: Known::Absent,
        storage: None,
        follows_redirects: Tri::Maybe,
        span,
    };
    cx.fact(span, grant, FactKind::OAuthClient(client));
}
