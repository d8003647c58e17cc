//! Cross-origin policies of tower-http, actix-cors, `rocket_cors`, poem, warp, salvo, tide and of headers
//! that are set by hand as one fact.
//!
//! Their words differ in what they mean: `permissive()` is a literal `*` in tower-http and every
//! origin with credentials in actix-cors; saying nothing allows nobody there, and everybody in poem
//! and `rocket_cors` (read in the sources of tower-http 0.6, actix-cors 0.7, `rocket_cors` 0.6, poem 3, warp 0.3).

use crate::ir::{Cors, Entry, Field, Map, Node, NodeKind, Op, Origins, Span, Text, Why};

use super::chain::{Chain, Step};
use crate::lower::cors::star_of_crate;

/// The policies that headers set by hand make up: those of one function belong together.
pub(super) fn by_headers(headers: &[(Node, Node, Span)]) -> Vec<(Span, Cors)> {
    let credentials = headers.iter().find(|(name, value, _)| ends(name, "credentials") && value.as_bool() == Some(true));
    let origins = headers.iter().filter(|(name, ..)| ends(name, "origin"));
    let policy = |(_, value, span): &(Node, Node, Span)| {
        let origins = match &value.kind {
            NodeKind::Text(text) if text.eq_str("*").is_yes() => Origins::Any,
            _ if echoes(value, 8) => Origins::Reflected,
            _ => return None,
        };
        let policy = Cors {
            library: "headers".into(),
            origins: Field::known(origins, *span),
            credentials: credentials.map_or(Field::Absent, |(_, _, span)| Field::known(true, *span)),
            methods: Field::Absent,
            headers: Field::Absent,
            service: None,
        };
        Some((*span, policy))
    };
    origins.filter_map(policy).collect()
}

/// Whether a value names a header about cross-origin requests: the name or its constant.
pub(super) fn is_header(name: &Node) -> bool {
    ends(name, "origin") || ends(name, "credentials")
}

/// `Access-Control-Allow-` and this, as text or as the constant of the `http` crate.
fn ends(name: &Node, end: &str) -> bool {
    let name = match &name.kind {
        NodeKind::Text(text) => text.as_str().unwrap_or_default(),
        NodeKind::Ref(name) => name.last(),
        // `HeaderName::from_static("…")`.
        NodeKind::Call(call) => call.args.first().and_then(Node::as_str).unwrap_or_default(),
        _ => return false,
    };
    let name = name.to_ascii_lowercase().replace('_', "-");
    name.strip_prefix("access-control-allow-") == Some(end)
}

/// The `Origin` header of the request.
fn echoes(node: &Node, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &node.kind {
        NodeKind::Call(call) => {
            let asks = |arg: &Node| match &arg.kind {
                NodeKind::Text(text) => text.eq_ignore_case("origin").is_yes(),
                NodeKind::Ref(name) => name.last() == "ORIGIN",
                _ => false,
            };
            matches!(call.callee.last(), "get" | "header" | "get_one") && call.args.iter().any(asks)
                || call.receiver.as_ref().is_some_and(|on| echoes(on, depth))
        }
        NodeKind::Op(Op::Coalesce | Op::Or, operands) => operands.first().is_some_and(|first| echoes(first, depth)),
        NodeKind::Text(text) => text.holes().any(|hole| echoes(hole, depth)),
        _ => false,
    }
}

/// The policy that a chain builds; none if it is no policy.
pub(super) fn policy(node: &Node) -> Option<Cors> {
    let chain = Chain::of(node);
    let constructor = chain.constructor()?;
    let names = constructor.callee.names();
    let library = match names.first().copied()? {
        "CorsLayer" => "tower_http",
        first => first,
    };
    let at = chain.root.span;
    let mut policy = Cors {
        library: library.replace('_', "-").into(),
        origins: Field::Absent,
        credentials: Field::Absent,
        methods: Field::Absent,
        headers: Field::Absent,
        service: None,
    };
    let reflected = || Field::known(Origins::Reflected, at);
    match (library, names.last().copied()?) {
        ("tower_http" | "salvo" | "salvo_cors" | "salvo_extra", "permissive") => policy.origins = Field::known(Origins::Any, at),
        ("tower_http" | "salvo" | "salvo_cors" | "salvo_extra", "very_permissive") | ("actix_cors", "permissive") => {
            (policy.origins, policy.credentials) = (reflected(), Field::known(true, at));
        }
        // `Cors::new` of actix-cors is that of versions before 0.5, which began with every origin.
        ("rocket_cors" | "poem", _) | ("actix_cors", "new") => policy.origins = reflected(),
        _ => policy.origins = Field::known(Origins::None, at),
    }
    if let Some(map) = constructor.args.first().and_then(Node::as_map) {
        from_map(map, &mut policy);
    }
    for step in &chain.steps {
        apply(library, *step, &mut policy);
    }
    Some(policy)
}

/// `CorsOptions { allowed_origins, allow_credentials: true, ..Default::default() }`.
fn from_map(map: &Map, policy: &mut Cors) {
    for entry in &map.entries {
        if let Entry::Pair { key, value, .. } = entry {
            let step = Step { name: key, args: std::slice::from_ref(value), span: value.span };
            apply("rocket_cors", step, policy);
        }
    }
}

fn apply(library: &str, step: Step<'_>, policy: &mut Cors) {
    let origins = |origins: Origins| Field::known(origins, step.span);
    let first = step.args.first();
    match step.name.trim_end_matches('=') {
        "allow_credentials" => policy.credentials = first.map_or(Field::Absent, |node| flag(node, step.span)),
        "supports_credentials" => policy.credentials = Field::known(true, step.span),
        "send_wildcard"
            if matches!(policy.origins.value(), Some(Origins::Reflected)) && first.is_none_or(|node| node.as_bool() != Some(false)) =>
        {
            policy.origins = origins(Origins::Any);
        }
        "allow_methods" | "allowed_methods" | "allow_method" => policy.methods = methods(step),
        "allow_any_origin" => policy.origins = origins(Origins::Reflected),
        "allow_origins_fn" | "allowed_origin_fn" => {
            policy.origins = origins(first.map_or(Origins::None, by_function));
        }
        "allow_origin" | "allowed_origins" => {
            if let Some(node) = first {
                policy.origins = named(library, node, step.span);
            }
        }
        "allow_origins" | "allowed_origin" | "allow_origin_regex" => {
            let are_patterns = step.name == "allow_origin_regex";
            let mut list = match std::mem::take(&mut policy.origins) {
                Field::Known { value: Origins::List(list), .. } => list,
                _ => Vec::new(),
            };
            list.extend(step.args.iter().map(|arg| if are_patterns { pattern(arg) } else { arg.clone() }));
            policy.origins = origins(Origins::List(list));
        }
        _ => {}
    }
}

/// The methods that a step allows: `[Method::GET]`, `vec!["GET"]`, one at a time.
fn methods(step: Step<'_>) -> Field<Vec<Text>> {
    let name = |node: &Node| match &node.kind {
        NodeKind::Text(text) => text.as_str().map(|method| Text::lit(method, node.span)),
        NodeKind::Ref(method) => Some(Text::lit(method.last(), node.span)),
        _ => None,
    };
    match step.args.iter().flat_map(each).map(name).collect::<Option<Vec<Text>>>() {
        Some(methods) if !methods.is_empty() => Field::known(methods, step.span),
        _ => Field::unknown(Why::Opaque, step.span),
    }
}

/// An argument that names the allowed origins.
fn named(library: &str, node: &Node, span: Span) -> Field<Origins> {
    let known = |origins| Field::known(origins, span);
    match &node.kind {
        NodeKind::Text(text) if text.eq_str("*").is_yes() => {
            known(star_of_crate(library).unwrap_or_else(|| Origins::List(vec![node.clone()])))
        }
        NodeKind::Text(_) => known(Origins::List(vec![node.clone()])),
        NodeKind::List(items) => known(Origins::List(items.clone())),
        NodeKind::Ref(reference) => match (library, reference.last()) {
            (library, "Any") if star_of_crate(library).is_some() => known(Origins::Any),
            ("rocket_cors", "All") => known(Origins::Reflected),
            // Of another file: linking looks it up.
            _ if reference.is_rust_constant() => known(Origins::List(vec![node.clone()])),
            _ => Field::unknown(node.why(), span),
        },
        NodeKind::Call(call) => match (call.callee.last(), &call.receiver) {
            ("any", None) => known(Origins::Any),
            ("mirror_request" | "all" | "All", None) => known(Origins::Reflected),
            ("predicate" | "async_predicate", None) => known(call.args.first().map_or(Origins::None, by_function)),
            ("some_regex", None) => known(Origins::List(call.args.iter().flat_map(each).map(pattern).collect())),
            ("some", None) if call.args.len() == 2 => {
                let (exact, patterns) = (each(&call.args[0]).cloned(), each(&call.args[1]).map(pattern));
                known(Origins::List(exact.chain(patterns).collect()))
            }
            ("list" | "some_exact" | "some", None) => known(Origins::List(call.args.clone())),
            // `"*".parse::<HeaderValue>()`.
            ("parse", Some(text)) => named(library, text, span),
            ("from" | "exact", None) if call.args.len() == 1 => named(library, &call.args[0], span),
            _ => Field::unknown(node.why(), span),
        },
        _ => Field::unknown(node.why(), span),
    }
}

/// The values of a list, or the value itself.
fn each(node: &Node) -> impl Iterator<Item = &Node> {
    node.as_list().unwrap_or(std::slice::from_ref(node)).iter()
}

/// A text that is a regular expression, as rules know one: between slashes.
fn pattern(node: &Node) -> Node {
    node.as_str().map_or_else(|| node.clone(), |text| Node::text(format!("/{text}/"), node.span))
}

/// A function that decides: one that always says yes reflects the origin.
fn by_function(node: &Node) -> Origins {
    match &node.kind {
        NodeKind::Func(func) if func.returns.as_ref().is_some_and(|value| value.as_bool() == Some(true)) => Origins::Reflected,
        NodeKind::Func(func) => match func.returns.as_ref().and_then(pattern_of_test) {
            Some(pattern) => Origins::List(vec![pattern]),
            None => Origins::Callback(node.clone()),
        },
        _ => Origins::Callback(node.clone()),
    }
}

/// A test for an end of the origin as the pattern that it is: `origin.as_bytes().ends_with(b"example.com")`.
fn pattern_of_test(test: &Node) -> Option<Node> {
    let call = test.as_call().filter(|call| call.receiver.is_some())?;
    let part = call.args.first()?.as_str()?.replace('.', "\\.").replace('/', "\\/");
    let pattern = match call.callee.last() {
        "ends_with" => format!("/{part}$/"),
        "starts_with" => format!("/^{part}/"),
        "contains" => format!("/{part}/"),
        _ => return None,
    };
    Some(Node::text(pattern, test.span))
}

fn flag(node: &Node, span: Span) -> Field<bool> {
    match node.as_bool() {
        Some(value) => Field::known(value, span),
        None => Field::unknown(node.why(), span),
    }
}
