//! Cross-origin headers that are set by hand: `res.setHeader('Access-Control-Allow-Origin', '*')`,
//! objects of headers. They become calls of a library that does not exist, `headers#cors`, so that
//! their values are resolved and judged as those of any other.

use super::names::{Form, Module, unquoted};
use super::sinks::called_name;
use crate::extract::Extract;
use crate::ir::{Call, FactKind, Map, Node, NodeKind, Ref, Scope, Tri};
use crate::parse::typescript::{Field, Kind, Syntax};

/// Origins that a file allows by a header of its own and that are looked at: the function around each is read for it.
const MAX_ORIGINS: usize = 200;
const ORIGIN: &str = "access-control-allow-origin";
const CONTENT_POLICY: &str = "content-security-policy";
const FRAME: &str = "x-frame-options";
const HSTS: &str = "strict-transport-security";
const METHODS: &str = "access-control-allow-methods";
const CREDENTIALS: &str = "access-control-allow-credentials";

/// Emits what a content policy lets a page run, as the call of helmet that would set it. With a nonce or a hash,
/// browsers leave `unsafe-inline` out.
fn content_policy(name: Syntax<'_>, cx: &mut Extract<'_>) {
    let Some((value, place)) = value_of(name).filter(|(value, _)| value.kind() == Kind::String) else { return };
    let directives = || unquoted(value).split(';').filter_map(|directive| directive.trim().split_once(' '));
    let of = |wanted: &str| directives().find(|(name, _)| *name == wanted).map(|(_, sources)| sources);
    let Some(sources) = of("script-src").or_else(|| of("default-src")) else { return };
    if ["'nonce-", "'sha", "'strict-dynamic'"].iter().any(|word| sources.contains(word)) {
        return;
    }
    let span = value.span();
    let mut node = Node::new(span, NodeKind::List(sources.split_whitespace().map(|source| Node::text(source, span)).collect()));
    for key in ["scriptSrc", "directives", "contentSecurityPolicy"] {
        let mut map = Map::default();
        map.push(key, span, node);
        node = Node::new(span, NodeKind::Map(map));
    }
    let call = Call { args: vec![node], ..Call::of(Ref::import("helmet", "contentSecurityPolicy")) };
    cx.fact(place.span(), "Content-Security-Policy", FactKind::Call(call));
}

/// Emits a header with its text, as a call of `headers#frame` (who may put the page in a frame) or `headers#hsts`.
fn said<'t>(module: &Module<'t>, name: Syntax<'t>, export: &str, cx: &mut Extract<'_>) {
    let Some((value, place)) = value_of(name).filter(|(value, _)| value.kind() == Kind::String) else { return };
    let call = Call { args: vec![module.lower(value)], ..Call::of(Ref::import("headers", export)) };
    cx.fact(place.span(), unquoted(name), FactKind::Call(call));
}

/// Emits how a listener tells the windows whose messages it takes, as a policy that lists them.
fn of_messages(function: Syntax<'_>, cx: &mut Extract<'_>) {
    let Some(pattern) = loose_test(function, "") else { return };
    let place = pattern.span;
    let mut options = Map::default();
    options.push("origin", place, pattern);
    let call = Call { args: vec![Node::new(place, NodeKind::Map(options))], ..Call::of(Ref::import("headers", "cors")) };
    cx.fact(place, "message", FactKind::Call(call));
}

/// Emits the policies of a file.
pub(super) fn emit(module: &Module<'_>, cx: &mut Extract<'_>) {
    module
        .tree
        .all()
        .filter(|node| node.kind().is_function() && module.hears_windows(*node))
        .for_each(|function| of_messages(function, cx));
    let strings: Vec<Syntax<'_>> = module.tree.all().filter(|node| node.kind() == Kind::String).collect();
    let named = |header: &'static str| strings.iter().copied().filter(move |node| is_header(*node, header));
    named(CONTENT_POLICY).for_each(|name| content_policy(name, cx));
    named(FRAME).for_each(|name| said(module, name, "frame", cx));
    named(HSTS).for_each(|name| said(module, name, "hsts", cx));
    for node in named(ORIGIN).take(MAX_ORIGINS) {
        let Some((value, place)) = value_of(node) else { continue };
        let origin = module.lower(value);
        let function = node.ancestors().find(|outer| outer.kind().is_function());
        if unquoted(value) == "*" && is_for_everybody(node, place, function) {
            continue;
        }
        // What is sent under a condition, or after a look-up, is not whatever was asked.
        let is_checked = function.is_some_and(|function| chooses(function) || is_conditional(node, value, function));
        let around = beside(place, function);
        let with_credentials = around.or(node.parent()).is_some_and(|around| allows_credentials(around, node));
        let span = node.span();
        let mut options = Map::default();
        let origin = match origin.kind {
            NodeKind::Text(_) | NodeKind::Null => origin,
            NodeKind::List(mut items) if items.len() == 1 => items.swap_remove(0),
            _ if is_checked => {
                match function
                    .and_then(|function| pattern_test(module, function, value.text()).or_else(|| loose_test(function, value.text())))
                {
                    Some(pattern) => pattern,
                    None => continue,
                }
            }
            _ => origin,
        };
        options.push("origin", span, origin);
        if with_credentials {
            options.push("credentials", span, Node::new(span, NodeKind::Bool(true)));
        }
        if let Some(methods) = around.and_then(|around| set_beside(around, METHODS)) {
            options.push("methods", methods.span(), module.lower(methods));
        }
        let args = vec![Node::new(place.span(), NodeKind::Map(options))];
        let call = Call { callee: Ref::import("headers", "cors"), receiver: None, args, is_new: false, result_used: Tri::Yes };
        cx.fact(place.span(), "Access-Control-Allow-Origin", FactKind::Call(call));
    }
}

fn is_header(node: Syntax<'_>, header: &str) -> bool {
    node.kind() == Kind::String && unquoted(node).eq_ignore_ascii_case(header)
}

/// The value of a header, with the call, pair or assignment that sets it.
fn value_of(name: Syntax<'_>) -> Option<(Syntax<'_>, Syntax<'_>)> {
    let parent = name.parent()?;
    match parent.kind() {
        Kind::Pair if name.role() == Field::Key => Some((parent.field(Field::Value)?, parent)),
        // `{ key: 'Access-Control-Allow-Origin', value: '*' }` of Next.js.
        Kind::Pair if parent.field(Field::Key).is_some_and(|key| matches!(unquoted(key), "key" | "name")) => {
            let entry = parent.parent()?.children().find(|entry| entry.field(Field::Key).is_some_and(|key| unquoted(key) == "value"))?;
            Some((entry.field(Field::Value)?, entry))
        }
        Kind::Arguments => {
            let call = parent.parent().filter(|call| call.kind() == Kind::Call)?;
            let function = call.field(Field::Function)?;
            let method = function.field(Field::Property).unwrap_or(function).text();
            // `@Header(…)` of NestJS is a function of that name.
            let sets = method == "Header"
                || function.kind() == Kind::Member && matches!(method, "setHeader" | "header" | "set" | "append" | "addHeader");
            let value = parent.children().nth(1).filter(|_| sets && parent.first() == Some(name))?;
            Some((value, call))
        }
        // `ctx.res.headers['Access-Control-Allow-Origin'] = ['*']`.
        Kind::Subscript => {
            let assignment = parent.parent().filter(|outer| outer.kind() == Kind::Assignment && parent.role() == Field::Left)?;
            Some((assignment.field(Field::Right)?, assignment))
        }
        _ => None,
    }
}

/// Where the headers stand that are sent with one: the object or the list of entries that it is in, or the function that
/// sets it.
fn beside<'t>(place: Syntax<'t>, function: Option<Syntax<'t>>) -> Option<Syntax<'t>> {
    match place.parent().filter(|_| place.kind() == Kind::Pair) {
        Some(object) if is_named_entry(place) => object.parent(),
        Some(object) => Some(object),
        None => function,
    }
}

/// The text of a header that is set there too.
fn set_beside<'t>(around: Syntax<'t>, header: &str) -> Option<Syntax<'t>> {
    let value = around.below().filter(|node| is_header(*node, header)).find_map(value_of).map(|(value, _)| value);
    value.filter(|value| value.kind() == Kind::String)
}

/// Whether a header for credentials is set with that of an origin, and not where another origin is answered:
/// `if (any) { … } else { … }`.
fn allows_credentials(around: Syntax<'_>, origin: Syntax<'_>) -> bool {
    let others = || {
        let tests = origin.ancestors().take_while(|outer| outer.id() > around.id()).filter(|outer| outer.kind() == Kind::If);
        tests
            .flat_map(|test| [test.field(Field::Consequence), test.field(Field::Alternative)])
            .flatten()
            .filter(|branch| !branch.holds(origin))
    };
    let set = around.below().filter(|node| is_header(*node, CREDENTIALS)).filter_map(value_of);
    set.filter(|(value, _)| unquoted(*value) == "true").any(|(value, _)| !others().any(|branch| branch.holds(value)))
}

/// Whether `*` is right where it stands: on files of a folder that is served, on what is marked for shared
/// caches, and where the policy that is carried out says so itself (`if (origin === '*')`).
fn is_for_everybody<'t>(name: Syntax<'t>, place: Syntax<'t>, function: Option<Syntax<'t>>) -> bool {
    let serves = function
        .and_then(Syntax::parent)
        .is_some_and(|pair| pair.kind() == Kind::Pair && pair.field(Field::Key).is_some_and(|key| unquoted(key) == "setHeaders"));
    let is_said = name.ancestors().take_while(|outer| Some(*outer) != function).any(|outer| {
        matches!(outer.kind(), Kind::If | Kind::Ternary)
            && outer
                .field(Field::Condition)
                .is_some_and(|asked| asked.below().any(|part| part.kind() == Kind::String && unquoted(part) == "*"))
    });
    // Beside it: in the same object, in the list of entries, or set in the same function.
    let around = beside(place, function);
    let is_cached = around.is_some_and(|around| {
        around.below().filter(|node| is_header(*node, "cache-control")).filter_map(value_of).any(|(value, _)| {
            let text = value.text().to_ascii_lowercase();
            text.contains("public") && !text.contains("private")
        })
    });
    (serves || is_said || is_cached || function.is_some_and(|function| answers_constant(function) || is_below_public_path(function)))
        && !around.is_some_and(|around| allows_credentials(around, name))
}

/// Whether a function stands behind a path of what is there for everybody: `app.use('/feed', (req, res, next) => …)`.
fn is_below_public_path(function: Syntax<'_>) -> bool {
    const PUBLIC: [&str; 10] = ["feed", "rss", "atom", "public", "static", "assets", "fonts", "oembed", "embed", ".well-known"];
    let path = function.parent().filter(|list| list.kind() == Kind::Arguments).and_then(Syntax::first);
    let path = path.filter(|path| path.kind() == Kind::String).map_or("", unquoted);
    path.split('/')
        .any(|segment| PUBLIC.contains(&segment.split_once('.').map_or(segment, |(name, _)| if name.is_empty() { segment } else { name })))
}

/// Whether all that a handler of a path to be read does is to answer with a text that stands in it: `res.send('ok')`.
fn answers_constant(handler: Syntax<'_>) -> bool {
    let is_read = handler
        .parent()
        .filter(|list| list.kind() == Kind::Arguments)
        .and_then(Syntax::parent)
        .is_some_and(|call| call.kind() == Kind::Call && called_name(call) == "get");
    let is_constant = |call: Syntax<'_>| {
        let mut given = call.field(Field::Arguments).into_iter().flat_map(Syntax::children);
        given.all(|given| matches!(given.kind(), Kind::String | Kind::Number))
    };
    let calls = || handler.below().filter(|node| node.kind() == Kind::Call);
    let sets = |call: Syntax<'_>| matches!(called_name(call), "set" | "header" | "setHeader" | "type" | "status" | "send" | "end");
    is_read && calls().all(|call| sets(call) && is_constant(call)) && calls().any(|call| matches!(called_name(call), "send" | "end"))
}

/// The `value` of `{ key: '…', value: '…' }`.
fn is_named_entry(pair: Syntax<'_>) -> bool {
    pair.field(Field::Key).is_some_and(|key| unquoted(key) == "value")
}

/// Whether a function looks an origin up in a list or a pattern.
fn chooses(function: Syntax<'_>) -> bool {
    let is_of_origin = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["origin", "host", "referer", "allow", "domain", "cors"].iter().any(|word| text.contains(word))
    };
    function.below().filter(|node| node.kind() == Kind::Member).any(|member| {
        let name = member.field(Field::Property).map_or("", Syntax::text);
        let asks = matches!(name, "includes" | "indexOf" | "has" | "test" | "match" | "some" | "find" | "endsWith" | "startsWith");
        asks && is_of_origin(member.parent().unwrap_or(member).text())
    })
}

/// The only test of a function, if it asks for a part of the origin, or of what is `sent`: as the pattern that it is.
fn loose_test(function: Syntax<'_>, sent: &str) -> Option<Node> {
    let mut tests = function.below().filter(|node| node.kind() == Kind::Call).filter_map(|call| {
        let called = call.field(Field::Function)?;
        let method = called.field(Field::Property)?.text();
        let is_test = matches!(method, "includes" | "indexOf" | "has" | "test" | "match" | "some" | "find" | "endsWith" | "startsWith");
        is_test.then_some((call, method, called.field(Field::Object)?))
    });
    let (call, method, object) = tests.next()?;
    let part = call.field(Field::Arguments)?.first().filter(|part| part.kind() == Kind::String)?;
    if tests.next().is_some() || !object.text().to_ascii_lowercase().ends_with("origin") && object.text() != sent {
        return None;
    }
    // `indexOf(…) === 0` asks for the beginning.
    let is_at_start = call.parent().is_some_and(|outer| outer.kind() == Kind::Binary && outer.text().trim_end().ends_with("= 0"));
    let method = if method == "indexOf" && is_at_start { "startsWith" } else { method };
    let escaped = unquoted(part).replace('.', "\\.").replace('/', "\\/");
    let pattern = match method {
        "endsWith" => format!("/{escaped}$/"),
        "startsWith" => format!("/^{escaped}/"),
        "includes" | "indexOf" => format!("/{escaped}/"),
        _ => return None,
    };
    let args = vec![Node::text(pattern, part.span())];
    let regex = Call { callee: Ref::new(Scope::Global, ["RegExp"]), receiver: None, args, is_new: true, result_used: Tri::Yes };
    Some(Node::new(part.span(), NodeKind::Call(Box::new(regex))))
}

/// The pattern that the only test of a function tries on the origin, or on what is `sent`: `OWN.test(origin)`, `origin.match(OWN)`.
fn pattern_test<'t>(module: &Module<'t>, function: Syntax<'t>, sent: &str) -> Option<Node> {
    let mut tests = function.below().filter(|node| node.kind() == Kind::Call).filter_map(|call| {
        let called = call.field(Field::Function)?;
        let (object, first) = (called.field(Field::Object)?, call.field(Field::Arguments)?.first()?);
        match called.field(Field::Property)?.text() {
            "test" => Some((object, first)),
            "match" => Some((first, object)),
            _ => None,
        }
    });
    let (pattern, tested) = tests.next()?;
    let is_of_origin = tested.text().to_ascii_lowercase().contains("origin") || tested.text() == sent;
    let is_pattern = |node: Syntax<'t>| match node.kind() {
        Kind::Regex => true,
        Kind::Identifier => module.lookup(node.text(), node).is_some_and(
            |declaration| matches!(&declaration.form, Form::Variable(Some(made), path) if path.is_empty() && made.kind() == Kind::Regex),
        ),
        _ => false,
    };
    (is_of_origin && is_pattern(pattern) && tests.next().is_none()).then(|| module.lower(pattern))
}

/// Whether a header is sent under a condition other than that the value is there at all.
fn is_conditional(node: Syntax<'_>, value: Syntax<'_>, function: Syntax<'_>) -> bool {
    let bare = |text: &str| text.trim_matches(['(', ')', ' ']).replace('"', "'");
    let sent = bare(value.text());
    // `if (origin)`, `if (origin !== undefined)`.
    let asks_for_value = |outer: Syntax<'_>| {
        outer.field(Field::Condition).is_some_and(|asked| {
            let asked = bare(asked.text());
            let rest = asked.strip_prefix(sent.as_str()).map(|rest| rest.trim_start_matches([')', ' ']));
            rest.is_some_and(|rest| {
                rest.is_empty() || matches!(rest.trim_start_matches(['!', '=', ' ']), "undefined" | "null" | "''") && rest.starts_with('!')
            })
        })
    };
    node.ancestors()
        .take_while(|outer| *outer != function)
        .any(|outer| matches!(outer.kind(), Kind::If | Kind::Ternary | Kind::Switch) && !asks_for_value(outer))
}
