//! Cross-origin policies of tower-http, actix-cors, `rocket_cors`, poem and warp as one fact.
//!
//! Their words differ in what they mean: `permissive()` is a literal `*` in tower-http and every
//! origin with credentials in actix-cors; saying nothing allows nobody there, and everybody in poem
//! and `rocket_cors` (read in the sources of tower-http 0.6, actix-cors 0.7, `rocket_cors` 0.6, poem 3, warp 0.3).

use crate::ir::{Cors, Entry, Field, Map, Node, NodeKind, Origins, Span};

use super::chain::{Chain, Step};

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
        ("tower_http", "permissive") => policy.origins = Field::known(Origins::Any, at),
        ("tower_http", "very_permissive") | ("actix_cors", "permissive") => {
            (policy.origins, policy.credentials) = (reflected(), Field::known(true, at));
        }
        ("rocket_cors" | "poem", _) => policy.origins = reflected(),
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
            let mut list = match std::mem::take(&mut policy.origins) {
                Field::Known { value: Origins::List(list), .. } => list,
                _ => Vec::new(),
            };
            list.extend(step.args.iter().cloned());
            policy.origins = origins(Origins::List(list));
        }
        _ => {}
    }
}

/// An argument that names the allowed origins.
fn named(library: &str, node: &Node, span: Span) -> Field<Origins> {
    let known = |origins| Field::known(origins, span);
    match &node.kind {
        NodeKind::Text(text) if library == "tower_http" && text.eq_str("*").is_yes() => known(Origins::Any),
        NodeKind::Text(_) => known(Origins::List(vec![node.clone()])),
        NodeKind::List(items) => known(Origins::List(items.clone())),
        NodeKind::Ref(reference) => match (library, reference.last()) {
            ("tower_http", "Any") => known(Origins::Any),
            ("rocket_cors", "All") => known(Origins::Reflected),
            _ => Field::unknown(node.why(), span),
        },
        NodeKind::Call(call) => match (call.callee.last(), &call.receiver) {
            ("any", None) => known(Origins::Any),
            ("mirror_request" | "all" | "All", None) => known(Origins::Reflected),
            ("predicate" | "async_predicate", None) => known(call.args.first().map_or(Origins::None, by_function)),
            ("list" | "some_exact" | "some" | "some_regex" | "exact", None) => known(Origins::List(call.args.clone())),
            // `"*".parse::<HeaderValue>()`.
            ("parse", Some(text)) => named(library, text, span),
            _ => Field::unknown(node.why(), span),
        },
        _ => Field::unknown(node.why(), span),
    }
}

/// A function that decides: one that always says yes reflects the origin.
fn by_function(node: &Node) -> Origins {
    match &node.kind {
        NodeKind::Func(func) if func.returns.as_ref().is_some_and(|value| value.as_bool() == Some(true)) => Origins::Reflected,
        _ => Origins::Callback(node.clone()),
    }
}

fn flag(node: &Node, span: Span) -> Field<bool> {
    match node.as_bool() {
        Some(value) => Field::known(value, span),
        None => Field::unknown(node.why(), span),
    }
}
