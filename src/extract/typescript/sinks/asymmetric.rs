//! Keys of two halves that are used in a way that gives them away: paddings, hashes under signatures, small curves.

use super::{called_name, owner, value_of};
use crate::extract::Extract;
use crate::extract::typescript::names::{Module, unquoted};
use crate::ir::{FactKind, Node, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits `publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, data)`, `createSign('RSA-MD5')` and
/// `createECDH('secp112r1')` of Node's crypto.
pub(super) fn emit<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let name = called_name(call);
    if !matches!(name, "publicEncrypt" | "privateDecrypt" | "createSign" | "createVerify" | "createECDH") {
        return;
    }
    let Some(first) = call.field(Field::Arguments).and_then(Syntax::first) else { return };
    let says = match (name, first.kind()) {
        ("publicEncrypt" | "privateDecrypt", Kind::Object) => value_of(first, "padding").and_then(|padding| of_padding(padding.text())),
        ("createSign" | "createVerify", Kind::String) if unquoted(first).to_ascii_lowercase().contains("md5") => {
            Some("whoever makes two texts of one MD5 has a signature of both")
        }
        ("createECDH", Kind::String) if is_small(unquoted(first)) => Some("keys of this curve can be computed from their public half"),
        _ => None,
    };
    let Some(callee) = module.callee_of(call).filter(|callee| callee.module() == Some("crypto")) else { return };
    if let Some(says) = says {
        let parts = vec![SinkPart::new(Node::text(says, first.span()), Tri::Yes, "broken")];
        cx.fact(call.span(), owner(call, &callee), FactKind::Sink(Sink { kind: SinkKind::Cipher, callee, parts, options: None }));
    }
}

fn of_padding(padding: &str) -> Option<&'static str> {
    match padding.rsplit('.').next()? {
        "RSA_PKCS1_PADDING" => Some("who may ask whether a text is padded well reads it (PKCS#1 v1.5)"),
        "RSA_NO_PADDING" => Some("RSA without padding keeps short texts and equal ones no secret"),
        _ => None,
    }
}

/// Curves of fewer than 200 bits, by the number in their name.
fn is_small(curve: &str) -> bool {
    let digits: String = curve.chars().skip_while(|char| !char.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    (curve.starts_with("secp") || curve.starts_with("sect")) && digits.parse::<u32>().is_ok_and(|bits| bits < 200)
}
