//! Settings that are bad wherever they stand: certificates unchecked, cookies without their flags.

use super::{called_name, maker, root_name};
use crate::extract::Extract;
use crate::extract::typescript::names::{Module, unquoted};
use crate::ir::{Call, FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};
use crate::lower::words::{names_login_cookie, names_password, names_token};
use crate::parse::typescript::{Field, Kind, Syntax};

/// `rejectUnauthorized: false`, wherever it stands: no caller wants it by accident.
pub(super) fn pair(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let key = node.field(Field::Key).map_or("", unquoted);
    if matches!(key, "httpOnly" | "secure") && node.field(Field::Value).is_some_and(|value| value.kind() == Kind::False) {
        cookie(node, key, cx);
        return;
    }
    // `server.state('sid', { isSecure: false })` of Hapi.
    if matches!(key, "isHttpOnly" | "isSecure") && node.field(Field::Value).is_some_and(|value| value.kind() == Kind::False) {
        let call = node.parent().and_then(Syntax::parent).filter(|outer| outer.kind() == Kind::Arguments);
        let name = call.and_then(Syntax::first).filter(|first| first.kind() == Kind::String).map_or("", unquoted);
        let flag = if key == "isSecure" { "secure" } else { "httpOnly" };
        cx.fact(node.span(), name, FactKind::Sink(unflagged(name, flag, node.span())));
        return;
    }
    if key == "cacheLocation" {
        node.field(Field::Value).into_iter().for_each(|value| token_cache(node, value, cx));
        return;
    }
    if let Some(value) = node.field(Field::Value).filter(|value| is_weak_version(key, *value)) {
        verification_off(node, unquoted(value), cx);
        return;
    }
    if !matches!(key, "rejectUnauthorized" | "strictSSL" | "insecureSkipVerify" | "checkServerIdentity") {
        return;
    }
    if let Some(value) = node.field(Field::Value)
        && (value.kind() == Kind::False
            || key == "insecureSkipVerify" && value.kind() == Kind::True
            || key == "checkServerIdentity" && answers_nothing(value))
        && !is_asked_for(node)
    {
        verification_off(node, key, cx);
    }
}

/// `query.get('rejectUnauthorized') === 'false' ? { rejectUnauthorized: false } : {}`: who runs the program
/// switches the check off, by its name.
fn is_asked_for(node: Syntax<'_>) -> bool {
    const WORDS: [&str; 18] = [
        "rejectunauthorized",
        "insecure",
        "skipverify",
        "skiptlsverify",
        "unsafetls",
        "unsafessl",
        "selfsigned",
        "acceptinvalid",
        "ignoressl",
        "ignoretls",
        "ignorecert",
        "verifyssl",
        "verifytls",
        "verifycert",
        "sslverify",
        "tlsverify",
        "serveridentity",
        // As of PostgreSQL, whose `require` encrypts and asks for no certificate.
        "sslmode",
    ];
    node.ancestors().any(|outer| {
        let asked = match outer.kind() {
            Kind::If | Kind::Ternary => outer.field(Field::Condition),
            Kind::SwitchCase => outer.field(Field::Value),
            _ => None,
        };
        asked.is_some_and(|condition| {
            let asked: String = condition.text().chars().filter(char::is_ascii_alphanumeric).collect();
            let asked = asked.to_ascii_lowercase();
            WORDS.iter().any(|word| asked.contains(word))
        })
    })
}

/// `() => undefined`, `function () {}`.
fn answers_nothing(value: Syntax<'_>) -> bool {
    let body = value.field(Field::Body).filter(|_| value.kind().is_function());
    body.is_some_and(|body| matches!(body.kind(), Kind::Undefined | Kind::Null) || body.kind() == Kind::Block && body.size() <= 2)
}

/// `app.on('certificate-error', (event, …, callback) => callback(true))` of Electron, under no condition.
pub(super) fn certificate_error(call: Syntax<'_>, cx: &mut Extract<'_>) {
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    let (Some(event), Some(handler)) = (arguments.next(), arguments.next()) else { return };
    if unquoted(event) != "certificate-error" || handler.below().any(|node| matches!(node.kind(), Kind::If | Kind::Ternary | Kind::Switch))
    {
        return;
    }
    let accepts = |node: &Syntax<'_>| {
        let only = node.field(Field::Arguments).and_then(Syntax::first);
        node.kind() == Kind::Call
            && node.field(Field::Function).is_some_and(|function| function.kind() == Kind::Identifier)
            && only.is_some_and(|only| only.kind() == Kind::True)
    };
    if let Some(place) = handler.below().find(accepts) {
        verification_off(place, "certificate-error", cx);
    }
}

/// `curl.setOpt('SSL_VERIFYPEER', 0)` of libcurl.
pub(super) fn curl(call: Syntax<'_>, cx: &mut Extract<'_>) {
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
    let (Some(option), Some(value)) = (arguments.next(), arguments.next()) else { return };
    let name = unquoted(option.field(Field::Property).unwrap_or(option));
    if matches!(name, "SSL_VERIFYPEER" | "SSL_VERIFYHOST") && matches!(value.text(), "0" | "false") {
        verification_off(call, name, cx);
    }
}

/// `minVersion: 'TLSv1'`, `secureProtocol: 'SSLv3_method'`, and a check of the name that says nothing.
fn is_weak_version(key: &str, value: Syntax<'_>) -> bool {
    match key {
        "minVersion" | "maxVersion" => matches!(unquoted(value), "TLSv1" | "TLSv1.1"),
        "secureProtocol" => matches!(
            unquoted(value),
            "SSLv2_method"
                | "SSLv3_method"
                | "SSLv23_method"
                | "TLSv1_method"
                | "TLSv1_1_method"
                | "TLSv1_client_method"
                | "TLSv1_server_method"
        ),
        _ => false,
    }
}

/// `httpOnly: false`, `secure: false` in the options of a cookie, told from other `secure` by the
/// keys beside it or the name around it.
fn cookie(flag: Syntax<'_>, key: &str, cx: &mut Extract<'_>) {
    let Some(object) = flag.parent().filter(|object| object.kind() == Kind::Object) else { return };
    let has = |name: &str| super::has_key(object, name);
    let around = object.parent().and_then(|outer| outer.field(Field::Key)).map_or("", unquoted);
    if key == "secure" && !has("httpOnly") && !has("sameSite") && around != "cookie" {
        return;
    }
    let call = object.parent().filter(|outer| outer.kind() == Kind::Arguments);
    // A cookie as a record (`{ name, value, secure }`) is data, unless it is handed over to be set.
    if call.is_none() && (has("name") || has("key")) && has("value") {
        return;
    }
    // Scripts send this one back in a header.
    let of_csrf = |node: Syntax<'_>| {
        let text = node.text().to_ascii_lowercase();
        text.contains("csrf") || text.contains("xsrf")
    };
    let sets_csrf = |outer: Syntax<'_>| outer.kind().is_function() && outer.field(Field::Name).is_some_and(of_csrf);
    if call.is_some_and(of_csrf) || flag.ancestors().any(sets_csrf) || is_cleared(object) {
        return;
    }
    let name = call.and_then(Syntax::first).filter(|first| first.kind() == Kind::String).map_or("", unquoted);
    let mut sink = unflagged(name, key, flag.span());
    // `res.cookie('nv', token, …)`: what it holds says what it is for.
    let value = call.and_then(|arguments| arguments.children().nth(1)).filter(|value| value.kind() == Kind::Identifier);
    if value.is_some_and(|value| names_token(value.text())) {
        sink.parts.iter_mut().for_each(|part| part.tainted = Tri::Yes);
    }
    cx.fact(flag.span(), name, FactKind::Sink(sink));
}

/// `{ maxAge: 0 }`, `{ expires: new Date(0) }`: the cookie is taken away, so that it holds nothing.
fn is_cleared(options: Syntax<'_>) -> bool {
    options.children().filter(|entry| entry.kind() == Kind::Pair).any(|entry| {
        let (Some(key), Some(value)) = (entry.field(Field::Key), entry.field(Field::Value)) else { return false };
        match unquoted(key) {
            "maxAge" | "max-age" => value.text() == "0" || value.text().starts_with('-'),
            "expires" => matches!(value.text(), "new Date(0)" | "new Date(1)"),
            _ => false,
        }
    })
}

/// Emits a password that is read off the address: addresses are kept in logs and histories.
pub(super) fn password_in_query<'t>(module: &Module<'t>, member: Syntax<'t>, cx: &mut Extract<'_>) {
    let Some(name) = member.field(Field::Property).map(Syntax::text).filter(|name| names_password(name)) else { return };
    if !member.field(Field::Object).is_some_and(|object| object.text().ends_with("query")) {
        return;
    }
    let value = module.lower(member);
    if value.as_ref().is_some_and(|read| read.scope == Scope::Request && read.first() == "query") {
        let callee = Ref::new(Scope::Global, ["query"]);
        let parts = vec![SinkPart::new(value, Tri::No, name)];
        cx.fact(member.span(), name, FactKind::Sink(Sink { kind: SinkKind::Send, callee, parts, options: None }));
    }
}

/// Whether a call sets a cookie that scripts may read unless it says otherwise: `res.cookie(…)`, `reply.setCookie(…)`,
/// `cookies().set(…)` of Next.js, `setCookie(c, …)` of Hono. What Koa sets, scripts may not read.
fn sets_cookie<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    let object = call.field(Field::Function).and_then(|function| function.field(Field::Object));
    match called_name(call) {
        "cookie" => matches!(root_name(call), "res" | "response"),
        "setCookie" => match object {
            Some(_) => matches!(root_name(call), "reply" | "res" | "response"),
            None => module.callee_of(call).is_some_and(|callee| callee.module() == Some("hono/cookie")),
        },
        "set" => object.is_some_and(|object| {
            let is_of_answer = matches!(object.text(), "res.cookies" | "response.cookies");
            let jar = || maker(module, object).filter(|made| called_name(*made) == "cookies");
            is_of_answer || jar().and_then(|made| module.callee_of(made)).is_some_and(|callee| callee.module() == Some("next/headers"))
        }),
        _ => false,
    }
}

/// `Cookies.set('token', …)` of js-cookie: what a script sets, scripts can read.
fn is_of_script<'t>(module: &Module<'t>, call: Syntax<'t>) -> bool {
    called_name(call) == "set" && module.callee_of(call).is_some_and(|callee| matches!(callee.module(), Some("js-cookie" | "cookies-js")))
}

/// `res.cookie('token', value)` without `httpOnly`, which is off unless it is asked for.
pub(super) fn cookie_set<'t>(module: &Module<'t>, call: Syntax<'t>, cx: &mut Extract<'_>) {
    let is_of_script = is_of_script(module, call);
    if !is_of_script && !sets_cookie(module, call) {
        return;
    }
    let mut arguments = call.field(Field::Arguments).into_iter().flat_map(Syntax::children).skip_while(|first| {
        // Hono is handed the context first.
        first.kind() == Kind::Identifier && called_name(call) == "setCookie"
    });
    let (Some(name), Some(_), options) = (arguments.next(), arguments.next(), arguments.next()) else { return };
    if name.kind() != Kind::String || !names_login_cookie(unquoted(name)) {
        return;
    }
    if is_of_script {
        return cookie_of_script(call, unquoted(name), cx);
    }
    let says_nothing = options.is_none_or(|options| {
        let may_hold = |entry: Syntax<'_>| {
            entry.kind() != Kind::Pair && entry.kind() != Kind::ShorthandProperty
                || entry.field(Field::Key).is_none_or(|key| unquoted(key) == "httpOnly")
        };
        options.kind() == Kind::Object && !options.children().any(may_hold)
    });
    if says_nothing {
        let name = unquoted(name);
        cx.fact(call.span(), name, FactKind::Sink(unflagged(name, "httpOnly", call.span())));
    }
}

/// `res.setHeader('Set-Cookie', `sid=${sid}; Path=/`)`: the whole header is seen, and asks for no `HttpOnly`.
pub(super) fn cookie_header(call: Syntax<'_>, value: Syntax<'_>, cx: &mut Extract<'_>) {
    let first = std::iter::once(value).chain(value.below()).find(|node| matches!(node.kind(), Kind::Fragment | Kind::Identifier));
    let Some((name, _)) = first.filter(|first| first.kind() == Kind::Fragment).and_then(|first| first.text().split_once('=')) else {
        return;
    };
    let name = name.trim();
    let text = value.text().to_ascii_lowercase();
    if names_login_cookie(name) && !text.contains("httponly") && !text.contains("max-age=0") && !text.contains("expires=thu, 01 jan 1970") {
        cx.fact(call.span(), name, FactKind::Sink(unflagged(name, "httpOnly", call.span())));
    }
}

/// `document.cookie = 'token=…'`: what a script sets, scripts can read.
pub(super) fn cookie_of_script(node: Syntax<'_>, name: &str, cx: &mut Extract<'_>) {
    cx.fact(node.span(), name, FactKind::Sink(unflagged(name, "httpOnly", node.span())));
}

/// `cacheLocation="localstorage"` of a provider in markup.
pub(super) fn attribute(node: Syntax<'_>, cx: &mut Extract<'_>) {
    let mut parts = node.children();
    if let (Some(name), Some(value)) = (parts.next(), parts.next())
        && name.text() == "cacheLocation"
    {
        token_cache(node, value, cx);
    }
}

/// The setting of Auth0's and Microsoft's clients that puts tokens where every script can read them.
fn token_cache(node: Syntax<'_>, value: Syntax<'_>, cx: &mut Extract<'_>) {
    let word = unquoted(value).rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if word != "localstorage" && word != "sessionstorage" {
        return;
    }
    let key = Node::text("token", node.span());
    let value = Node::new(value.span(), NodeKind::Null);
    let parts = vec![SinkPart::new(key, Tri::Maybe, ""), SinkPart::new(value, Tri::Maybe, "cacheLocation")];
    let callee = Ref::new(Scope::Global, ["cacheLocation"]);
    cx.fact(node.span(), "cacheLocation", FactKind::Sink(Sink { kind: SinkKind::Store, callee, parts, options: None }));
}

fn unflagged(name: &str, flag: &str, span: Span) -> Sink {
    let value = Node::new(span, NodeKind::Bool(false));
    Sink {
        kind: SinkKind::Cookie,
        callee: Ref::new(Scope::Global, [flag]),
        parts: vec![SinkPart::new(value, Tri::No, name)],
        options: None,
    }
}

/// `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'`, `agent.options.rejectUnauthorized = false`.
pub(super) fn assignment<'t>(module: &Module<'t>, node: Syntax<'t>, cx: &mut Extract<'_>) {
    let (Some(left), Some(right)) = (node.field(Field::Left), node.field(Field::Right)) else { return };
    unescaped(module, left, right, cx);
    if !matches!(left.kind(), Kind::Member | Kind::Subscript) {
        return;
    }
    let text = left.text();
    let off = text.ends_with("rejectUnauthorized") && right.kind() == Kind::False
        || text.contains("NODE_TLS_REJECT_UNAUTHORIZED") && module.lower(right).as_number() == Some(0.0);
    if off {
        verification_off(node, if right.kind() == Kind::False { "rejectUnauthorized" } else { "NODE_TLS_REJECT_UNAUTHORIZED" }, cx);
    }
}

/// `mustache.escape = (text) => text`.
fn unescaped<'t>(module: &Module<'t>, left: Syntax<'t>, right: Syntax<'t>, cx: &mut Extract<'_>) {
    let is_escape = left.kind() == Kind::Member && left.field(Field::Property).is_some_and(|name| name.text() == "escape");
    let object = left.field(Field::Object).filter(|_| is_escape && right.kind().is_function()).map(|object| module.lower(object));
    if object.as_ref().and_then(Node::as_ref).and_then(Ref::module) != Some("mustache") {
        return;
    }
    let given = right.field(Field::Parameter).or_else(|| right.field(Field::Parameters)?.first());
    let body = right.field(Field::Body).map_or("", Syntax::text);
    let body = body.trim_matches(['{', '}', ';', ' ', '\n']).trim_start_matches("return ");
    if given.is_some_and(|given| given.text() == body) {
        cx.fact(left.span(), "escape", FactKind::Call(Call::of(Ref::import("mustache", "escape"))));
    }
}

fn verification_off(node: Syntax<'_>, name: &str, cx: &mut Extract<'_>) {
    let sink = Sink::unverified(Ref::new(Scope::Global, [name]), node.span());
    cx.fact(node.span(), name, FactKind::Sink(sink));
}
