//! Azure Pipelines: stages, jobs and steps, any of which may be left out.

use super::{emit, entries, variables};
use crate::extract::Extract;
use crate::ir::{Entry, Field, Job, JobStep, Map, Node, Text, Variable};

/// Levels of `stages`, `jobs` and `strategy` that are followed.
const MAX_LEVELS: usize = 8;

/// A file that is named so and has steps at some level.
pub(super) fn is_pipeline(name: &str, map: &Map) -> bool {
    name.contains("azure-pipelines") && ["stages", "jobs", "steps", "extends"].iter().any(|key| map.get(key).is_some())
}

/// Emits the jobs.
pub(super) fn pipeline(cx: &mut Extract<'_>, map: &Map) {
    jobs(cx, map, &[], MAX_LEVELS);
}

fn jobs(cx: &mut Extract<'_>, map: &Map, outer: &[Variable], levels: usize) {
    if levels == 0 {
        return;
    }
    let own = variables(map.get("variables"), |_, value| is_macro(value));
    entries(cx, &own);
    let all: Vec<Variable> = outer.iter().cloned().chain(own).collect();
    if let Some((span, steps)) = map.pair("steps") {
        let name = map.get("job").or_else(|| map.get("deployment")).and_then(Node::as_str).unwrap_or("steps");
        let job = Job {
            platform: "azure-pipelines".into(),
            name: name.into(),
            triggers: Vec::new(),
            condition: map.get("condition").and_then(Node::as_text).cloned(),
            permissions: Field::Absent,
            runner: map.get("pool").cloned(),
            variables: all.clone(),
            calls: None,
            inherits_secrets: None,
            steps: steps.one_or_many().into_iter().filter_map(step).collect(),
        };
        emit(cx, span, job);
    }
    for key in ["stages", "jobs"] {
        for inner in map.get(key).map(Node::one_or_many).unwrap_or_default() {
            if let Some(inner) = inner.as_map() {
                jobs(cx, inner, &all, levels - 1);
            }
        }
    }
    // `strategy: {runOnce: {deploy: {steps: …}}}` of a deployment.
    let strategy = map.get("strategy").into_iter().filter_map(Node::as_map);
    for hook in strategy.flat_map(Map::pairs).filter_map(|(_, hooks)| hooks.as_map()).flat_map(Map::pairs) {
        if let Some(inner) = hook.1.as_map() {
            jobs(cx, inner, &all, levels - 1);
        }
    }
}

/// `script:`, `bash:`, `pwsh:`, `powershell:` and `task:`.
fn step(node: &Node) -> Option<JobStep> {
    let map = node.as_map()?;
    let script = ["script", "bash", "pwsh", "powershell"].iter().find_map(|key| map.get(key));
    let inputs = map.get("inputs");
    let inline = script.or_else(|| inputs?.get("script").or_else(|| inputs?.get("inlineScript")));
    Some(JobStep {
        condition: map.get("condition").and_then(Node::as_text).cloned(),
        uses: map.get("task").cloned(),
        inputs: inputs.cloned(),
        script: inline.and_then(Node::as_text).cloned(),
        variables: variables(map.get("env"), |_, value| is_macro(value)),
        span: match map.entries.first() {
            Some(Entry::Pair { key_span, value, .. }) => key_span.to(value.span),
            _ => node.span,
        },
    })
}

/// `$(name)`: secrets reach a step's environment in this way only, as other variables are there already.
fn is_macro(value: &Node) -> bool {
    let name = value.as_text().and_then(Text::as_str).and_then(|text| text.trim().strip_prefix("$(")?.strip_suffix(')'));
    name.is_some_and(|name| !name.contains('.') && crate::lower::variable::names_secret(name))
}
