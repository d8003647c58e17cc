//! What a document of a general format (YAML, JSON, TOML) is, decided by its content: the same
//! Kubernetes object may stand in a manifest, a list, or a file of JSON.

mod cloudformation;
mod compose;
mod hosting;
mod kubernetes;
mod loco;
mod openapi;
pub(super) mod plan;

use smol_str::SmolStr;

use super::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Resource, ResourceMode, Span};

/// Emits the resources of one document. CloudFormation's functions in it become references and texts.
pub(super) fn extract(cx: &mut Extract<'_>, document: &mut Node) {
    // Of the document alone: a file may hold thousands.
    if cx.file.text.get(document.span.range()).is_none_or(cloudformation::names_functions) {
        cloudformation::resolve_functions(document);
    }
    let NodeKind::Map(map) = &document.kind else {
        // A list of objects, or lines of JSON.
        if let NodeKind::List(items) = &document.kind {
            items
                .iter()
                .filter_map(Node::as_map)
                .filter(|map| map.get("apiVersion").is_some())
                .for_each(|map| kubernetes::object(cx, map, document.span));
        }
        return;
    };
    let path = cx.file.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let has = |key: &str| map.get(key).is_some();
    if has("apiVersion") && has("kind") {
        kubernetes::object(cx, map, document.span);
    } else if cloudformation::is_template(map) {
        cloudformation::template(cx, map);
    } else if plan::is_plan(map) {
        plan::plan(cx, document, map);
    } else if super::pipeline::extract(cx, &path, document, map)
        || hosting::extract(cx, name, map)
        || loco::settings(cx, &path, map)
        || openapi::document(cx, map)
    {
    } else if compose::is_compose(name, map) {
        compose::project(cx, map);
    } else if let Some((provider, ty)) = manifest(name, map) {
        let name = ["name", "package.name", "service"].iter().find_map(|at| document.all(at).first().and_then(|name| name.as_str()));
        // A policy has no name but its file's.
        let name = SmolStr::from(if ty.contains("policy") { &cx.file.path } else { name.unwrap_or_default() });
        resource(cx, document.span, provider, ty, name, document.clone());
        if provider == "serverless" {
            for part in map.get("resources").map(Node::one_or_many).unwrap_or_default() {
                if let Some(template) = part.as_map() {
                    cloudformation::template(cx, template);
                }
            }
        }
    }
}

/// Files whose name says what they are, and documents that one key gives away.
fn manifest(name: &str, map: &Map) -> Option<(&'static str, &'static str)> {
    let has = |key: &str| map.get(key).is_some();
    match name {
        "package.json" => return Some(("npm", "package")),
        "cargo.toml" => return Some(("cargo", "manifest")),
        _ if name == "jsconfig.json" || name.starts_with("tsconfig") && name.ends_with(".json") => return Some(("tsconfig", "config")),
        ".yarnrc.yml" => return Some(("yarn", "settings")),
        "pnpm-workspace.yaml" => return Some(("pnpm", "settings")),
        "nest-cli.json" => return Some(("nestjs", "config")),
        _ => {}
    }
    // `values.yaml`, `values-prod.yaml`, `nats-values.yaml`, `nats.values.yml`.
    let is_values = name.starts_with("values") || name.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with("values"));
    if is_values && (crate::lower::nats::is_chart(map) || crate::lower::workload::holds_contexts(map)) {
        return Some(("helm", "values"));
    }
    if holds_policy(map) {
        return Some(("aws", "policy-document"));
    }
    if map.get("bindings").is_some_and(|list| list.one_or_many().iter().any(|it| it.get("role").is_some() && it.get("members").is_some())) {
        return Some(("google", "iam-policy"));
    }
    if has("auths") && map.get("auths").is_some_and(|auths| auths.as_map().is_some()) {
        return Some(("docker", "config"));
    }
    if has("service") && has("provider") && (has("functions") || name.starts_with("serverless.")) {
        return Some(("serverless", "service"));
    }
    None
}

/// A policy of AWS, or what its command line takes and prints with policies in it.
fn holds_policy(map: &Map) -> bool {
    let is_policy =
        |policy: &Map| policy.get("Statement").is_some_and(|list| list.one_or_many().iter().any(|it| it.get("Effect").is_some()));
    let in_place = |key: &str| map.get(key).and_then(Node::as_map).is_some_and(is_policy);
    is_policy(map)
        || in_place("PolicyDocument")
        || in_place("AssumeRolePolicyDocument")
        || map.get("PolicyVersion").and_then(|version| version.get("Document")).and_then(Node::as_map).is_some_and(is_policy)
        || map.get("Role").is_some_and(|role| role.get("AssumeRolePolicyDocument").is_some())
        || map.get("RoleDetailList").is_some()
}

/// Adds a resource; its owner and address are its type and name.
pub(super) fn resource(cx: &mut Extract<'_>, span: Span, provider: &str, ty: &str, name: impl Into<SmolStr>, attrs: Node) {
    let name = name.into();
    let address: SmolStr = if name.is_empty() { ty.into() } else { format!("{ty}/{name}").into() };
    let resource =
        Resource { provider: provider.into(), ty: ty.into(), name, address: address.clone(), mode: ResourceMode::Managed, attrs };
    cx.fact(span, address, FactKind::Resource(resource));
}
