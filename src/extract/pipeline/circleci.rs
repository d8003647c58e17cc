//! `CircleCI`: jobs, the commands that they share, and the orbs that they use.

use super::{emit, entries, script_step, variables};
use crate::extract::Extract;
use crate::ir::{Entry, Field, Job, JobStep, Map, Node};

/// Emits the jobs.
pub(super) fn pipeline(cx: &mut Extract<'_>, map: &Map) {
    for section in ["jobs", "commands"] {
        let Some(jobs) = map.get(section).and_then(Node::as_map) else { continue };
        for pair in &jobs.entries {
            let Entry::Pair { key, key_span, value } = pair else { continue };
            let own = variables(value.get("environment"), |_, _| false);
            entries(cx, &own);
            let steps = value.get("steps").map(Node::one_or_many).unwrap_or_default();
            let job = Job {
                platform: "circleci".into(),
                name: key.clone(),
                triggers: Vec::new(),
                condition: None,
                permissions: Field::Absent,
                runner: value.get("docker").or_else(|| value.get("machine")).cloned(),
                variables: own,
                calls: None,
                inherits_secrets: None,
                steps: steps.into_iter().filter_map(step).collect(),
            };
            emit(cx, *key_span, job);
        }
    }
}

/// `checkout`, `run: …`, `run: {command: …}`, `aws-cli/setup: {…}`.
fn step(node: &Node) -> Option<JobStep> {
    let uses = |name: Node, inputs: Option<Node>| JobStep {
        condition: None,
        span: name.span,
        uses: Some(name),
        inputs,
        script: None,
        variables: Vec::new(),
    };
    let Some(map) = node.as_map() else { return node.as_str().map(|_| uses(node.clone(), None)) };
    let Some(Entry::Pair { key, key_span, value }) = map.entries.first() else { return None };
    if key == "run" {
        let command = value.get("command").unwrap_or(value);
        let own = variables(value.get("environment"), |_, _| false);
        return command.as_text().map(|script| script_step(script.clone(), command.span, own));
    }
    Some(uses(Node::text(key.clone(), *key_span), Some(value.clone())))
}
