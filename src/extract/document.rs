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
use crate::ir::{FactKind, Map, Node, NodeKind, Ref, Resource, ResourceMode, Scope, Sink, Span};
use crate::lower::words::names_secret_value;

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
    } else if name.starts_with("pulumi.") && has("config") {
        pulumi_settings(cx, map);
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
        if (provider, ty) == ("npm", "package") {
            scripts(cx, map);
        }
        if provider == "serverless" {
            for part in map.get("resources").map(Node::one_or_many).unwrap_or_default() {
                if let Some(template) = part.as_map() {
                    cloudformation::template(cx, template);
                }
            }
        }
    }
}

/// Settings of a stack (`Pulumi.prod.yaml`) that are secrets by their name, and stand there in the clear: one that is kept
/// secret is a map, `secure: …`.
fn pulumi_settings(cx: &mut Extract<'_>, map: &Map) {
    for (key, value) in map.get("config").and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
        let name = key.rsplit(':').next().unwrap_or(key);
        let is_text = value.as_str().is_some_and(|text| !text.is_empty() && !text.starts_with("${"));
        if is_text && names_secret_value(name) {
            let mut attrs = Map::default();
            attrs.push("name", value.span, Node::text(name, value.span));
            attrs.push("secret", value.span, Node::new(value.span, NodeKind::Bool(false)));
            resource(cx, value.span, "pulumi", "pulumi:Config", name, Node::new(value.span, NodeKind::Map(attrs)));
        }
    }
}

/// Scripts of a package that start it, or build it, without a check of certificates: `NODE_TLS_REJECT_UNAUTHORIZED=0 node .`.
fn scripts(cx: &mut Extract<'_>, map: &Map) {
    const DEVELOPMENT: [&str; 12] =
        ["dev", "test", "e2e", "lint", "local", "debug", "watch", "storybook", "serve", "react-scripts start", "nodemon", "tsx watch"];
    for (name, script) in map.get("scripts").and_then(Node::as_map).into_iter().flat_map(Map::pairs) {
        let Some(text) = script.as_str().filter(|text| text.contains("NODE_TLS_REJECT_UNAUTHORIZED=")) else { continue };
        let is_off = |word: &str| word.trim_matches(['"', '\'']) == "0";
        let mut set = text.split([' ', ';', '&']).filter_map(|word| word.split_once("NODE_TLS_REJECT_UNAUTHORIZED="));
        let is_meant_for = |word: &&str| name.contains(*word) || text.contains(*word);
        if set.any(|(_, value)| is_off(value)) && !DEVELOPMENT.iter().any(is_meant_for) {
            let sink = Sink::unverified(Ref::new(Scope::Global, ["NODE_TLS_REJECT_UNAUTHORIZED"]), script.span);
            cx.fact(script.span, name.clone(), FactKind::Sink(sink));
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
