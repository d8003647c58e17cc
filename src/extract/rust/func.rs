//! What a function's summary records: its parameters, where it turns a caller away, what it reads.

use crate::ir::{Func, Param, Ref, Scope, Span};
use crate::parse::rust;

use super::names::Names;

/// Bytes of a message that are looked at.
const MAX_MESSAGE: usize = 80;

/// A parameter with its type's outermost name and the names of its arguments.
pub(super) fn param(param: &rust::Param, names: &Names<'_>, self_type: &str) -> Param {
    let mut lowered = Param { span: param.pat.span, ..Param::default() };
    match param.pat.names.as_slice() {
        [only] => lowered.name = only.text.clone(),
        [] if param.pat.path.is_empty() && param.ty.is_some() => lowered.name = "_".into(),
        _ => {}
    }
    if let Some(ty) = &param.ty {
        lowered.ty = Some(names.ty(ty, self_type));
        add_arguments(ty, names, self_type, &mut lowered.ty_args);
    }
    lowered.markers = param.attrs.iter().map(|attr| names.path(&attr.path, self_type)).collect();
    lowered
}

/// The arguments of a type, theirs included: `Option<Auth<User>>` has `Auth` and `User`.
fn add_arguments(ty: &rust::Type, names: &Names<'_>, self_type: &str, to: &mut Vec<Ref>) {
    for argument in ty.args.iter().take(8) {
        if to.len() >= 8 {
            return;
        }
        to.push(names.ty(argument, self_type));
        add_arguments(argument, names, self_type, to);
    }
}

/// Extractors that hand a request's data to a handler.
pub(super) fn is_request(param: &Param) -> bool {
    let extractor = |name: &str| {
        matches!(
            name,
            "Path"
                | "Query"
                | "Json"
                | "Form"
                | "RawQuery"
                | "RawBody"
                | "RawForm"
                | "Bytes"
                | "Multipart"
                | "TypedHeader"
                | "HeaderMap"
                | "Uri"
                | "OriginalUri"
                | "Request"
                | "Parts"
                | "HttpRequest"
                | "Payload"
                | "Body"
                | "Data"
                | "Bind"
                | "Valid"
                | "JsonOrForm"
                | "MatchedPath"
                | "CookieJar"
                | "HttpBody"
                | "Validated"
                | "FormParam"
        )
    };
    let Some(ty) = &param.ty else { return false };
    // rocket's and actix' `Data<State>` is the application's own.
    (extractor(ty.last()) && ty.last() != "Data")
        || (ty.last() == "Option" && param.ty_args.first().is_some_and(|inner| extractor(inner.last())))
}

/// What written types say of the function: `parts.extract::<TypedHeader<Authorization<Bearer>>>()`.
pub(super) fn note_types(func: &mut Func, types: &[rust::Type]) {
    for ty in types {
        func.reads_credentials |= is_credential(ty.last());
        note_types(func, &ty.args);
    }
}

fn is_credential(name: &str) -> bool {
    matches!(
        name,
        "BearerAuth"
            | "BasicAuth"
            | "Bearer"
            | "Authorization"
            | "AuthBearer"
            | "CookieJar"
            | "PrivateCookieJar"
            | "SignedCookieJar"
            | "Session"
            | "Identity"
    )
}

/// What a parameter's type says of the function.
pub(super) fn note_type(func: &mut Func, param: &Param) {
    let names = param.ty.iter().chain(&param.ty_args);
    func.reads_credentials |= names.map(Ref::last).any(is_credential);
}

/// What a path in a body says: a status that turns the caller away, a header that holds credentials.
pub(super) fn note_path(func: &mut Func, path: &Ref, span: Span, comparing: bool) {
    let names = path.names();
    let Some(last) = names.last() else { return };
    if matches!(*last, "AUTHORIZATION" | "PROXY_AUTHORIZATION" | "COOKIE" | "X_API_KEY") {
        func.reads_credentials = true;
    }
    if !comparing && path.scope != Scope::Request && denies(last) {
        func.denies.push(span);
    }
}

/// A method in a body: an answer that turns the caller away, a read of credentials, a write.
pub(super) fn note_method(func: &mut Func, name: &str) {
    func.reads_credentials |=
        matches!(name, "cookies" | "cookie" | "get_private" | "get_signed" | "bearer_auth_token" | "get_session" | "token");
    func.writes |=
        matches!(name, "insert" | "update" | "delete" | "save" | "remove" | "create" | "execute" | "insert_one" | "delete_one" | "send");
    func.alters |= func.writes;
    func.continues |= matches!(name, "run" | "call");
}

/// A string in a body.
pub(super) fn note_text(func: &mut Func, text: &str) {
    if text.len() <= 32 {
        let lower = text.to_ascii_lowercase();
        func.reads_credentials |= matches!(
            lower.trim(),
            "authorization"
                | "bearer"
                | "basic"
                | "cookie"
                | "x-api-key"
                | "api-key"
                | "x-auth-token"
                | "session"
                | "token"
                | "access_token"
        );
    }
}

/// Whether a message says that the caller is turned away: `not signed in`, `Permission denied`.
pub(super) fn says_denied(message: &str) -> bool {
    const PHRASES: [&str; 7] =
        ["pleaselogin", "pleasesignin", "mustlogin", "mustbeloggedin", "mustbesignedin", "nopermission", "notallowed"];
    let plain: String = message.chars().take(MAX_MESSAGE).filter(char::is_ascii_alphanumeric).collect();
    denies(&plain) || PHRASES.iter().any(|phrase| plain.to_ascii_lowercase().contains(phrase))
}

/// Names of answers and errors that turn a caller away, as `UNAUTHORIZED`, `Unauthorized` and `unauthorized`.
fn denies(name: &str) -> bool {
    const WORDS: [&str; 22] = [
        "unauthori",
        "unauthent",
        "forbidden",
        "forbid",
        "notauthenticated",
        "notauthorized",
        "notloggedin",
        "notsignedin",
        "loginrequired",
        "signinrequired",
        "authrequired",
        "authenticationrequired",
        "invalidtoken",
        "missingtoken",
        "invalidcredential",
        "missingcredential",
        "wrongcredential",
        "autherror",
        "authredirect",
        "authenticationerror",
        "permissiondenied",
        "accessdenied",
    ];
    let plain: String = name.chars().filter(|char| *char != '_').map(|char| char.to_ascii_lowercase()).collect();
    plain == "noauth" || WORDS.iter().any(|word| plain.contains(word))
}
