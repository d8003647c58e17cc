//! Credentials that stand in the code and let somebody in: accounts that a program makes with a password of its own, and
//! what a caller sends compared with a literal.

use super::records::model;
use super::{called_name, owner};
use crate::extract::Extract;
use crate::extract::typescript::calls::is_in_development;
use crate::extract::typescript::names::{Form, Module, unquoted};
use crate::ir::{FactKind, Node, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use crate::lower::words::{names_account, names_password, stem_of_model};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Records of one call that are looked at.
const MAX_RECORDS: usize = 24;

/// Emits an account that is made with a password of the code: `User.create({ name: 'admin', password: '…' })`.
pub(super) fn account<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let makes = matches!(
        called_name(call),
        "create" | "createMany" | "insertMany" | "insert" | "insertOne" | "save" | "upsert" | "bulkCreate" | "findOrCreate" | "build"
    );
    let Some(arguments) = call.field(Field::Arguments).filter(|_| makes || call.kind() == Kind::New) else { return };
    let is_model = if call.kind() == Kind::New {
        let class = call.field(Field::Constructor).map_or("", |class| class.field(Field::Property).unwrap_or(class).text());
        class.starts_with(|char: char| char.is_ascii_uppercase()) && names_account(&stem_of_model(class))
    } else {
        model::of_receiver(module, call).is_some_and(|model| names_account(&model))
    };
    if is_model {
        arguments.children().take(2).for_each(|argument| records(module, argument, 4, cx));
    }
}

/// Emits the accounts of `basicAuth({ users: { admin: '…' } })`, whom a page in front of others lets in.
pub(super) fn basic<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    if module.callee_of(call).is_none_or(|callee| callee.module() != Some("express-basic-auth")) {
        return;
    }
    let users = call.field(Field::Arguments).and_then(Syntax::first).and_then(|options| super::value_of(options, "users"));
    for entry in users.into_iter().flat_map(Syntax::children).take(MAX_RECORDS) {
        let password = entry.field(Field::Value).filter(|value| value.kind() == Kind::String && unquoted(*value).len() > 2);
        if password.is_some() && !is_in_development(entry) {
            emit(entry, "account", cx);
        }
    }
}

/// Emits `app.keys = ['…']` of Koa: what its cookies are signed with.
pub(super) fn keys<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    let is_keys = left.field(Field::Property).is_some_and(|name| left.kind() == Kind::Member && name.text() == "keys");
    let Some(app) = left.field(Field::Object).filter(|_| is_keys && right.kind() == Kind::Array) else { return };
    let made = super::rows::maker(module, app).and_then(|made| module.callee_of(made));
    let first = right.children().find(|key| key.kind() == Kind::String && !unquoted(*key).is_empty());
    if let Some(key) = first.filter(|_| made.is_some_and(|made| matches!(made.module(), Some("koa" | "@koa/koa")))) {
        let callee = Ref::import("koa", "keys");
        let parts = vec![SinkPart::new(module.lower(key), Tri::No, "mac")];
        cx.fact(key.span(), owner(node, &callee), FactKind::Sink(Sink { kind: SinkKind::Cipher, callee, parts, options: None }));
    }
}

/// The records among what a call is handed: objects, lists of them, what is below `data`.
fn records<'t>(module: &Module<'t>, value: Syntax<'t>, depth: u32, cx: &mut Extract<'_>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value.kind() {
        Kind::Array => value.children().take(MAX_RECORDS).for_each(|item| records(module, item, depth, cx)),
        Kind::Identifier => {
            if let Some(Form::Variable(Some(made), path)) = module.lookup(value.text(), value).map(|declared| &declared.form)
                && path.is_empty()
                && matches!(made.kind(), Kind::Array | Kind::Object)
            {
                records(module, *made, depth, cx);
            }
        }
        Kind::Object => {
            record(module, value, cx);
            for key in ["data", "create", "defaults"] {
                if let Some(inner) = super::value_of(value, key) {
                    records(module, inner, depth, cx);
                }
            }
        }
        _ => {}
    }
}

/// Emits an entry `password: hash('…')` beside what names somebody, whoever it is handed to.
pub(super) fn pair<'t>(module: &Module<'t>, entry: Syntax<'t>, cx: &mut Extract<'_>) {
    let is_hashed = entry.field(Field::Value).is_some_and(|value| bare(value).kind() == Kind::Call);
    let named = entry.field(Field::Key).is_some_and(|key| names_password(unquoted(key)));
    let Some(object) = entry.parent().filter(|object| is_hashed && named && object.kind() == Kind::Object) else { return };
    if ["email", "username", "name", "login"].iter().any(|key| super::has_key(object, key)) {
        record(module, object, cx);
    }
}

fn record<'t>(module: &Module<'t>, object: Syntax<'t>, cx: &mut Extract<'_>) {
    let value = |entry: Syntax<'t>| entry.field(Field::Value).unwrap_or(entry);
    let entry = object.children().find(|entry| names_password(unquoted(entry.field(Field::Key).unwrap_or(*entry))));
    let Some(entry) = entry.filter(|entry| literal(module, value(*entry), 3).is_some()) else { return };
    if is_in_development(entry) {
        return;
    }
    let is_admin = object.children().any(|entry| {
        let (key, value) = (unquoted(entry.field(Field::Key).unwrap_or(entry)).to_ascii_lowercase(), value(entry));
        let says = value.text().trim_matches(['\'', '"', '`']).to_ascii_lowercase();
        match key.replace('_', "").as_str() {
            "isadmin" | "admin" | "superuser" | "issuperuser" | "isstaff" | "issuperadmin" => says == "true" || says == "1",
            "role" | "roles" | "type" | "userrole" | "permissions" => says.contains("admin") || says.contains("root"),
            "email" | "username" | "name" | "login" | "firstname" => says.starts_with("admin") || says.ends_with("admin") || says == "root",
            _ => false,
        }
    });
    emit(entry, if is_admin { "admin" } else { "account" }, cx);
}

/// The literal that a password is, or is hashed of.
fn literal<'t>(module: &Module<'t>, value: Syntax<'t>, depth: u32) -> Option<&'t str> {
    let depth = depth.checked_sub(1)?;
    let value = bare(value);
    match value.kind() {
        Kind::String => Some(unquoted(value)).filter(|text| !text.is_empty() && !is_hash(text)),
        Kind::Call => {
            let name = called_name(value).to_ascii_lowercase();
            let makes = ["hash", "crypt", "encode", "digest"].iter().any(|word| name.contains(word));
            value.field(Field::Arguments)?.first().filter(|_| makes).and_then(|first| literal(module, first, depth))
        }
        Kind::Identifier | Kind::ShorthandProperty => match &module.lookup(value.text(), value)?.form {
            Form::Variable(Some(made), path) if path.is_empty() => literal(module, *made, depth),
            _ => None,
        },
        _ => None,
    }
}

fn bare(mut value: Syntax<'_>) -> Syntax<'_> {
    while matches!(value.kind(), Kind::Await | Kind::Parenthesized | Kind::As | Kind::NonNull) {
        let Some(inner) = value.first() else { break };
        value = inner;
    }
    value
}

/// Whether a literal is a hash: who reads it still has to guess.
fn is_hash(text: &str) -> bool {
    text.starts_with('$') || text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Emits `request.query.key !== 'secret123'`: who reads the code knows what to send.
pub(super) fn compared<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let is_test = node.field(Field::Operator).is_some_and(|sign| matches!(sign.text(), "===" | "!==" | "==" | "!="));
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    let sides = if right.kind() == Kind::String { (left, right) } else { (right, left) };
    let (sent, known) = sides;
    if !is_test || known.kind() != Kind::String || sent.kind() == Kind::String {
        return;
    }
    let Some(name) = sent_name(module, sent) else { return };
    if may_be_credential(&name, unquoted(known)) && !is_in_development(node) {
        emit_as(known, node, "compared", cx);
    }
}

/// The name of what a request says.
fn sent_name<'t>(module: &Module<'t>, sent: Syntax<'t>) -> Option<String> {
    // `req.get('x-api-key')`.
    if sent.kind() == Kind::Call && matches!(called_name(sent), "get" | "header") {
        let on = sent.field(Field::Function)?.field(Field::Object)?;
        let is_request = module.lower(on).as_ref().is_some_and(|name| name.scope == Scope::Request && name.path.len() < 2);
        return sent
            .field(Field::Arguments)?
            .first()
            .filter(|first| is_request && first.kind() == Kind::String)
            .map(|name| unquoted(name).to_owned());
    }
    if !matches!(sent.kind(), Kind::Identifier | Kind::Member | Kind::Subscript) {
        return None;
    }
    let of = |node: Syntax<'t>| {
        let lowered = module.lower(node);
        let name = lowered.as_ref().filter(|name| name.scope == Scope::Request && name.path.len() > 1)?;
        matches!(name.first(), "body" | "query" | "params" | "headers" | "cookies" | "payload" | "args").then(|| name.last().to_owned())
    };
    if let Some(name) = of(sent) {
        return Some(name);
    }
    match &module.lookup(sent.text(), sent).filter(|_| sent.kind() == Kind::Identifier)?.form {
        Form::Variable(Some(made), path) if path.is_empty() => of(bare(*made)),
        // `const { password } = req.body`.
        Form::Variable(Some(made), path) if path.len() == 1 => {
            let lowered = module.lower(*made);
            let whole = lowered.as_ref().filter(|name| name.scope == Scope::Request)?;
            matches!(whole.first(), "body" | "query" | "headers").then(|| path[0].to_owned())
        }
        _ => None,
    }
}

/// Whether a literal lets its sender in, by the name that it is sent under: most of what is compared is a kind or a state.
fn may_be_credential(name: &str, literal: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    let is_state =
        matches!(literal, "" | "undefined" | "null" | "true" | "false" | "none" | "*" | "password" | "string" | "bearer" | "Bearer");
    if is_state || literal.contains(' ') || literal.starts_with(['*', '<']) {
        return false;
    }
    let has_digit = literal.bytes().any(|byte| byte.is_ascii_digit());
    if names_password(&name) || matches!(name.as_str(), "passcode" | "adminpass") {
        return literal.len() >= 3;
    }
    let is_key = ["apikey", "adminkey", "secretkey", "accesskey", "masterkey", "secret", "xapikey", "adminsecret", "admintoken", "authkey"]
        .iter()
        .any(|word| name.ends_with(word));
    // `x-cron-key`: of other keys, what nobody would write as a word.
    let is_drawn = literal.len() >= 12
        && literal.bytes().any(|byte| byte.is_ascii_uppercase())
        && literal.bytes().any(|byte| byte.is_ascii_lowercase())
        && literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_key && literal.len() >= 5
        || is_drawn && name.starts_with('x') && (name.ends_with("key") || name.ends_with("token"))
        || matches!(name.as_str(), "key" | "token" | "authorization" | "xauthtoken") && literal.len() >= 6 && has_digit
}

fn emit(entry: Syntax<'_>, label: &str, cx: &mut Extract<'_>) {
    emit_as(entry, entry, label, cx);
}

fn emit_as(place: Syntax<'_>, around: Syntax<'_>, label: &str, cx: &mut Extract<'_>) {
    let callee = Ref::new(Scope::Global, ["known"]);
    let parts = vec![SinkPart::new(Node::text("known", place.span()), Tri::Yes, label)];
    let owner = owner(around, &callee);
    cx.fact(place.span(), owner, FactKind::Sink(Sink { kind: SinkKind::Compare, callee, parts, options: None }));
}
