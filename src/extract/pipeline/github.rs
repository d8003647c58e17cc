//! GitHub Actions (and Gitea's and Forgejo's, which read the same files): workflows, and actions whose
//! steps run in the jobs of others.

use smol_str::SmolStr;

use super::{emit, entries, variables};
use crate::extract::Extract;
use crate::extract::document::resource;
use crate::ir::{Entry, Field, Job, JobStep, Map, Node, NodeKind, Span, Text, Variable};

/// A file below `.github/workflows`, or an action.
pub(super) fn is_workflow(path: &str, map: &Map) -> bool {
    let in_workflows = path.contains(".github/workflows/") || path.contains(".gitea/workflows/") || path.contains(".forgejo/workflows/");
    (in_workflows && map.get("jobs").is_some())
        || (map.get("runs").is_some_and(|runs| runs.get("using").is_some())
            && (path.ends_with("action.yml") || path.ends_with("action.yaml")))
}

/// Emits the workflow as it is written, and its jobs.
pub(super) fn workflow(cx: &mut Extract<'_>, document: &Node, map: &Map) {
    let name = map.get("name").and_then(Node::as_str).unwrap_or_default();
    resource(cx, document.span, "github-actions", if map.get("runs").is_some() { "action" } else { "workflow" }, name, document.clone());
    let shared = variables(map.get("env"), |_, value| holds_secret(value));
    entries(cx, &shared);
    let triggers = map.pair("on").map(|(_, on)| triggers(on)).unwrap_or_default();
    if let Some((span, runs)) = map.pair("runs") {
        let job = job("action", runs, &triggers, &shared, Field::Absent);
        emit(cx, span, job);
        return;
    }
    let Some(jobs) = map.get("jobs").and_then(Node::as_map) else { return };
    for pair in &jobs.entries {
        let Entry::Pair { key, key_span, value } = pair else { continue };
        let permissions = written(value.get("permissions").or_else(|| map.get("permissions")));
        let job = job(key, value, &triggers, &shared, permissions);
        entries(cx, &job.variables[shared.len()..]);
        emit(cx, *key_span, job);
    }
}

fn job(name: &str, node: &Node, triggers: &[(SmolStr, Span)], shared: &[Variable], permissions: Field<Node>) -> Job {
    let mut all = shared.to_vec();
    all.extend(variables(node.get("env"), |_, value| holds_secret(value)));
    let inherits = node.get("secrets").filter(|secrets| secrets.as_str() == Some("inherit"));
    Job {
        platform: "github-actions".into(),
        name: name.into(),
        triggers: triggers.to_vec(),
        condition: condition(node),
        permissions,
        runner: node.get("runs-on").cloned(),
        variables: all,
        calls: node.get("uses").cloned(),
        inherits_secrets: inherits.map(|secrets| secrets.span),
        steps: node.get("steps").map(Node::one_or_many).unwrap_or_default().into_iter().map(step).collect(),
    }
}

fn step(node: &Node) -> JobStep {
    let run = node.get("run");
    JobStep {
        condition: condition(node),
        uses: node.get("uses").cloned(),
        inputs: node.get("with").cloned(),
        script: run.and_then(Node::as_text).cloned(),
        variables: variables(node.get("env"), |_, value| holds_secret(value)),
        span: run.or_else(|| node.get("uses")).map_or(node.span, |it| it.span),
    }
}

/// `if:`, with or without braces.
fn condition(node: &Node) -> Option<Text> {
    node.get("if").and_then(Node::as_text).cloned()
}

fn written(node: Option<&Node>) -> Field<Node> {
    node.map_or(Field::Absent, |node| Field::known(node.clone(), node.span))
}

/// `on: push`, `on: [push, pull_request]`, or a map of events.
fn triggers(on: &Node) -> Vec<(SmolStr, Span)> {
    match &on.kind {
        NodeKind::Map(map) => map
            .entries
            .iter()
            .filter_map(|entry| if let Entry::Pair { key, key_span, .. } = entry { Some((key.clone(), *key_span)) } else { None })
            .collect(),
        _ => on.one_or_many().into_iter().filter_map(|event| Some((event.as_str()?.into(), event.span))).collect(),
    }
}

/// Whether a value is filled from `secrets`. The token of the run itself ends with the run.
fn holds_secret(value: &Node) -> bool {
    value.as_text().is_some_and(|text| {
        text.holes().filter_map(Node::as_ref).any(|name| {
            let name = name.names().join(".");
            name.match_indices("secrets.").any(|(at, word)| !name[at + word.len()..].starts_with("GITHUB_TOKEN"))
        })
    })
}
