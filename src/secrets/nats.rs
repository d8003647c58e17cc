//! What the token of a NATS user, account or operator says of it, as a resource of its kind at the token's
//! place: `nats-user-jwt`, `nats-account-jwt`, `nats-operator-jwt`. Tokens stand in `.jwt` and `.creds` files,
//! in `resolver_preload` and `operator` of a configuration, in the store of `nsc`, in Secrets and `ConfigMap`s.

use std::ops::Range;

use serde_json::Value;
use smol_str::SmolStr;

use super::validity::base64;
use crate::extract::Extract;
use crate::ir::{FactKind, Node, Resource, ResourceMode};
use crate::source::{MapPiece, Src};

/// Adds the claims of a token, if it is one of NATS.
pub(super) fn claims(cx: &mut Extract<'_>, token: Range<usize>) {
    let Some((ty, claims)) = cx.file.text.get(token.clone()).and_then(read) else { return };
    let span = cx.file.src().span(token);
    let whole = MapPiece { at: 0, len: claims.len() as u32, host: span };
    let attrs = crate::parse::json::parse(&Src::embedded(span.file, &claims, &[whole])).tree;
    let name: SmolStr = attrs.get("name").and_then(Node::as_str).unwrap_or_default().into();
    let resource =
        Resource { provider: "nats".into(), ty: ty.into(), name: name.clone(), address: name.clone(), mode: ResourceMode::Managed, attrs };
    cx.fact(span, name, FactKind::Resource(resource));
}

/// The kind of a token's subject and its claims as text; in base64 once more in a Secret.
fn read(token: &str) -> Option<(&'static str, String)> {
    // Base64 of `eyJ`.
    if token.starts_with("ZXlK") {
        return read(std::str::from_utf8(&base64(token)?).ok().filter(|inner| inner.starts_with("eyJ"))?);
    }
    let text = String::from_utf8(base64(token.split('.').nth(1)?)?).ok()?;
    let claims: Value = serde_json::from_str(&text).ok()?;
    // The first version of the format has the type beside `nats`.
    let ty = claims.get("nats")?.get("type").or_else(|| claims.get("type")).and_then(Value::as_str)?;
    let ty = match ty {
        "user" => "nats-user-jwt",
        "account" => "nats-account-jwt",
        "operator" => "nats-operator-jwt",
        _ => return None,
    };
    Some((ty, text))
}
