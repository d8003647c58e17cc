//! Cross-origin policies of buckets, functions, gateways and web applications: the `resource` rows of
//! `rules/tables/cors.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::texts;
use crate::ir::{Cors, Fact, FactKind, Field, Map, Node, NodeKind, Origins, Resource, ResourceMode};
use crate::tables::{V, table};

static ROWS: LazyLock<FxHashMap<&'static str, Vec<&'static V>>> = LazyLock::new(|| {
    let mut rows: FxHashMap<&str, Vec<&V>> = FxHashMap::default();
    for row in table("cors").map(|table| table.list("resource")).unwrap_or_default() {
        for ty in row.texts("types") {
            rows.entry(ty).or_default().push(row);
        }
    }
    rows
});

/// Adds the policies that a resource sets.
pub(in crate::lower) fn lower(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    if resource.mode != ResourceMode::Managed {
        return;
    }
    for row in ROWS.get(resource.ty.as_str()).into_iter().flatten() {
        for block in resource.attrs.all(row.text("block")) {
            block.each(&mut |block| {
                if let Some(cors) = policy(block, row, resource) {
                    out.push(Fact::new(block.span, fact.owner.clone(), FactKind::Cors(Box::new(cors))));
                }
            });
        }
    }
}

fn policy(block: &Node, row: &V, resource: &Resource) -> Option<Cors> {
    let none = Map::default();
    let (options, origins) = match &block.kind {
        NodeKind::Map(options) => (options, options.get(row.text("origins"))?),
        // SAM takes the origin itself in the place of the options.
        NodeKind::Text(_) => (&none, block),
        _ => return None,
    };
    let methods = options.field(row.text("methods"), texts);
    // Data that everybody may read anyhow is read from everywhere: what counts is who may write.
    let writes = |method: &str| ["PUT", "POST", "DELETE", "PATCH", "*"].iter().any(|write| write.eq_ignore_ascii_case(method));
    if row.flag("writes") && !methods.value().is_some_and(|methods| methods.iter().any(|method| method.as_str().is_some_and(writes))) {
        return None;
    }
    Some(Cors {
        library: resource.ty.clone(),
        origins: read(origins),
        credentials: options.field(row.text("credentials"), Node::as_bool),
        methods,
        headers: Field::Absent,
        service: None,
    })
}

fn read(origins: &Node) -> Field<Origins> {
    let mut open = None;
    origins.each(&mut |origin| {
        if origin.as_str().is_some_and(is_everybody) {
            open.get_or_insert(origin);
        }
    });
    match open {
        Some(star) => Field::Known { value: Origins::Any, span: star.span, via: star.via.clone() },
        None if origins.is_known() => {
            let list = origins.one_or_many().into_iter().cloned().collect();
            Field::Known { value: Origins::List(list), span: origins.span, via: origins.via.clone() }
        }
        None => Field::unknown(origins.why(), origins.span),
    }
}

/// `*`, in the quotes of a header's literal too, or every host of a scheme.
fn is_everybody(origin: &str) -> bool {
    matches!(origin.trim_matches('\''), "*" | "http://*" | "https://*")
}
