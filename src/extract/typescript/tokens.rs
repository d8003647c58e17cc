//! Tokens that go where others read them: into an address, into the session that every script of a page may ask for.
//! They become calls of libraries that do not exist, whose rows stand in `rules/tables/settings.toml`.

use super::names::{Form, Module, unquoted};
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Ref};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Parameters of an address that hold a token which lets in whoever has it. `?token=` is often good for one use.
const PARAMETERS: [&str; 7] = ["access_token", "accessToken", "refresh_token", "refreshToken", "jwt", "auth_token", "authToken"];
/// Parts of the names of services that take a token in no other way, or one that everybody may see.
const DEMANDED: [&str; 10] =
    ["facebook.", "instagram.", "googleapis.", "google.", "qq.com", "mapbox.", "dingtalk.", "vk.com", "threads.net", "baidu"];

/// Emits what a file does with tokens.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    let says_session = ["next-auth", "@auth/", "NextAuth"].iter().any(|word| cx.file.text.contains(word));
    for node in module.tree.all() {
        match node.kind() {
            Kind::Substitution => {
                let before = node.parent().and_then(|whole| whole.children().take_while(|part| *part != node).last());
                let text = before.filter(|before| before.kind() == Kind::Fragment).map_or("", Syntax::text);
                if let (Some(value), Some(whole)) = (node.first(), node.parent()) {
                    address(module, (text, value), whole, cx);
                }
            }
            Kind::Binary if node.field(Field::Operator).is_some_and(|sign| sign.text() == "+") => {
                let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { continue };
                let before = if left.kind() == Kind::Binary { left.field(Field::Right).unwrap_or(left) } else { left };
                if before.kind() == Kind::String {
                    address(module, (unquoted(before), right), node, cx);
                }
            }
            _ if says_session && node.kind().is_function() && is_session_callback(node) => session(node, cx),
            _ => {}
        }
    }
}

/// `…?access_token=${token}`: what is put behind a parameter for a token, in an address of the application's own, or one that is
/// written out. Of `?token=`, what a browser is sent to with a token that was signed just now.
fn address<'t>(module: &Module<'t>, (before, value): (&str, Syntax<'t>), whole: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(name) = before.strip_suffix('=').and_then(|text| text.rsplit(['?', '&']).next().filter(|name| name.len() < text.len())) else {
        return;
    };
    let text = whole.text();
    // Who is asked must stand there: a provider of accounts may take a token in no other way.
    let bare = text.trim_start_matches(['`', '\'', '"']);
    let is_told = bare.starts_with('/') && is_of_page(whole) || bare.starts_with("https://") && !bare.starts_with("https://${");
    let is_sent = || name == "token" && is_of_redirect(whole) && is_signed(module, value);
    if (PARAMETERS.contains(&name) && names_token(value) && is_told || is_sent()) && !DEMANDED.iter().any(|host| text.contains(host)) {
        call("addresses", whole, cx);
    }
}

/// Whether a browser is sent to an address.
fn is_of_redirect(address: Syntax<'_>) -> bool {
    let call = address.parent().filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::parent);
    call.and_then(|call| call.field(Field::Function)?.field(Field::Property)).is_some_and(|name| name.text() == "redirect")
}

/// Whether a value is what `jsonwebtoken` signs.
fn is_signed<'t>(module: &Module<'t>, value: Syntax<'t>) -> bool {
    let made = match module.lookup(value.text(), value).map(|declaration| &declaration.form) {
        Some(Form::Variable(Some(made), path)) if value.kind() == Kind::Identifier && path.is_empty() => *made,
        _ => value,
    };
    made.kind() == Kind::Call && module.callee_of(made).is_some_and(|made| made.module() == Some("jsonwebtoken") && made.last() == "sign")
}

/// Whether a path is one of the page's own server: no client of another one is handed it.
fn is_of_page(path: Syntax<'_>) -> bool {
    let call = path.parent().filter(|outer| outer.kind() == Kind::Arguments).and_then(Syntax::parent);
    let own = ["fetch", "axios", "window.", "location.", "res.", "redirect"];
    call.and_then(|call| call.field(Field::Function)).is_none_or(|called| own.iter().any(|start| called.text().starts_with(start)))
}

/// Whether an expression is a token by its name; what a constant or the environment holds is a key of the application's own.
fn names_token(value: Syntax<'_>) -> bool {
    let value = match value.kind() {
        Kind::Call => match value.field(Field::Arguments).and_then(Syntax::first) {
            Some(inner) if value.field(Field::Function).is_some_and(|function| function.text() == "encodeURIComponent") => inner,
            _ => return false,
        },
        Kind::NonNull | Kind::As | Kind::Parenthesized => value.first().unwrap_or(value),
        _ => value,
    };
    let name = match value.kind() {
        Kind::Identifier => value.text(),
        Kind::Member if !value.text().contains("env.") => value.field(Field::Property).map_or("", Syntax::text),
        _ => return false,
    };
    let is_constant = name.bytes().all(|byte| !byte.is_ascii_lowercase());
    let name = name.to_ascii_lowercase();
    !is_constant && (name.ends_with("token") || name.ends_with("jwt"))
}

/// The function `session` of the callbacks of Auth.js.
fn is_session_callback(function: Syntax<'_>) -> bool {
    let entry = if function.kind() == Kind::Method { Some(function) } else { function.parent().filter(|outer| outer.kind() == Kind::Pair) };
    let Some(entry) = entry else { return false };
    let name = entry.field(Field::Key).or_else(|| entry.field(Field::Name)).map_or("", unquoted);
    let holder = entry.parent().filter(|object| object.kind() == Kind::Object).and_then(Syntax::parent);
    name == "session"
        && holder.is_some_and(|holder| {
            holder.kind() == Kind::Pair && holder.field(Field::Key).is_some_and(|key| unquoted(key) == "callbacks")
                || holder.kind() == Kind::VariableDeclarator && holder.field(Field::Name).is_some_and(|name| name.text() == "callbacks")
        })
}

/// `session.accessToken = token.accessToken`, `{ ...session, accessToken: token.accessToken }`.
fn session(callback: Syntax<'_>, cx: &mut Extract<'_>) {
    let Some(body) = callback.field(Field::Body) else { return };
    for node in std::iter::once(body).chain(body.below()) {
        let (name, value) = match node.kind() {
            Kind::Assignment => {
                let Some(left) = node.field(Field::Left).filter(|left| left.kind() == Kind::Member) else { continue };
                let root = left.text().trim_start_matches(['(', ' ']);
                if !root.starts_with("session") {
                    continue;
                }
                (left.field(Field::Property).map_or("", Syntax::text), node.field(Field::Right))
            }
            Kind::Pair => (node.field(Field::Key).map_or("", unquoted), node.field(Field::Value)),
            _ => continue,
        };
        let is_token = matches!(name, "accessToken" | "access_token" | "refreshToken" | "refresh_token" | "idToken" | "id_token");
        let is_copied = value.is_some_and(|value| {
            let root = value.text().trim_start_matches(['(', ' ']);
            ["token.", "token?.", "token as", "account.", "account?.", "user."].iter().any(|from| root.starts_with(from))
        });
        if is_token && is_copied {
            call("next-auth/session", node, cx);
        }
    }
}

fn call(library: &str, place: Syntax<'_>, cx: &mut Extract<'_>) {
    cx.fact(place.span(), "token", FactKind::Call(Call::of(Ref::import(library, "token"))));
}
