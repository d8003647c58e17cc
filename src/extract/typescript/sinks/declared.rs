//! Objects that say by their own keys what they are for, whoever is handed them: the algorithms of the web's cryptography,
//! the folders that Hapi serves, the pictures that Next.js takes. They become calls of libraries that do not exist, which
//! `rules/tables/settings.toml` names.

use super::{has_key, owner, value_of};
use crate::extract::Extract;
use crate::extract::typescript::names::{Module, unquoted};
use crate::ir::{Call, FactKind, Node, Ref, Sink, SinkKind, SinkPart, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Emits what an entry of an object makes of it.
pub(super) fn pair<'t>(module: &Module<'t>, entry: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(key), Some(value)) = (entry.field(Field::Key).map(unquoted), entry.field(Field::Value)) else { return };
    let algorithm = || {
        let object = entry.parent().filter(|object| object.kind() == Kind::Object)?;
        Some((object, value_of(object, "name").map_or("", unquoted)))
    };
    let (library, export, object) = match key {
        "iterations" => match algorithm().filter(|(_, name)| *name == "PBKDF2") {
            Some((object, _)) => ("webcrypto", "pbkdf2", object),
            None => return,
        },
        "modulusLength" => match algorithm().filter(|(_, name)| name.starts_with("RSA")) {
            Some((object, _)) => ("webcrypto", "rsa", object),
            None => return,
        },
        "iv" if algorithm().is_some_and(|(_, name)| name.starts_with("AES")) => return vector(entry, value, cx),
        "directory" if value_of(value, "listing").is_some() && value_of(value, "path").is_some() => ("hapi-directory", "handler", value),
        "images" if has_key(value, "dangerouslyAllowSVG") && takes_every_host(value) => ("next-images", "images", value),
        _ => return,
    };
    let callee = Ref::import(library, export);
    let call = Call { args: vec![module.lower(object)], ..Call::of(callee.clone()) };
    cx.fact(entry.span(), owner(entry, &callee), FactKind::Call(call));
}

/// `{ name: 'AES-GCM', iv: new Uint8Array(12) }`: bytes that nobody has drawn.
fn vector(entry: Syntax<'_>, value: Syntax<'_>, cx: &mut Extract<'_>) {
    let length = value.field(Field::Arguments).and_then(Syntax::first);
    let is_made = value.kind() == Kind::New && value.field(Field::Constructor).is_some_and(|class| class.text() == "Uint8Array");
    if is_made && length.is_some_and(|length| length.kind() == Kind::Number) {
        let callee = Ref::import("webcrypto", "encrypt");
        let parts = vec![SinkPart::new(Node::text("zeros", value.span()), Tri::No, "iv")];
        cx.fact(entry.span(), owner(entry, &callee), FactKind::Sink(Sink { kind: SinkKind::Cipher, callee, parts, options: None }));
    }
}

/// `remotePatterns: [{ hostname: '**' }]`, where no policy keeps scripts in pictures from running.
fn takes_every_host(images: Syntax<'_>) -> bool {
    let hosts = value_of(images, "remotePatterns").or_else(|| value_of(images, "domains"));
    let is_any = |word: Syntax<'_>| word.kind() == Kind::String && matches!(unquoted(word), "**" | "*");
    hosts.is_some_and(|hosts| hosts.below().any(is_any)) && !has_key(images, "contentSecurityPolicy")
}
