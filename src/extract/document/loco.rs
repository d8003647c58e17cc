//! Loco's configuration: the cross-origin policy of its middleware (read in the sources of loco 0.16).

use crate::extract::Extract;
use crate::ir::{Cors, FactKind, Field, Map, Node, Origins, Span};

/// Emits the policy, if the document is such a configuration.
pub(super) fn settings(cx: &mut Extract<'_>, path: &str, map: &Map) -> bool {
    let cors = map.get("server").and_then(|server| server.get("middlewares")).and_then(|middlewares| middlewares.get("cors"));
    let Some(cors) = cors.filter(|_| path.contains("config/")) else { return false };
    let is_on = cors.get("enable").and_then(Node::as_bool) == Some(true);
    let is_development = ["development", "test", "local"].iter().any(|word| path.rsplit('/').next().unwrap_or_default().contains(word));
    if is_on && !is_development {
        let (span, policy) = policy(cors);
        cx.fact(span, "cors", FactKind::Cors(Box::new(policy)));
    }
    true
}

/// Without a list every origin is allowed, as with a star.
fn policy(cors: &Node) -> (Span, Cors) {
    let written = cors.as_map().and_then(|map| map.pair("allow_origins"));
    let (span, origins) = match written {
        None => (cors.span, Field::known(Origins::Any, cors.span)),
        Some((key, list)) => match list.as_list() {
            Some([star]) if star.as_str() == Some("*") => (key, Field::known(Origins::Any, key)),
            Some(items) => (key, Field::known(Origins::List(items.to_vec()), key)),
            None => (key, Field::unknown(list.why(), key)),
        },
    };
    let credentials = match cors.get("allow_credentials") {
        None => Field::Absent,
        Some(flag) => flag.as_bool().map_or(Field::unknown(flag.why(), flag.span), |value| Field::known(value, flag.span)),
    };
    let policy = Cors { library: "loco-rs".into(), origins, credentials, methods: Field::Absent, headers: Field::Absent, service: None };
    (span, policy)
}
