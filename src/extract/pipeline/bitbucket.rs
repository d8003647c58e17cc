//! Bitbucket Pipelines: steps below branches, tags and pull requests, each a job of its own.

use super::{emit, lines, script_step, shell_variable, variables};
use crate::extract::Extract;
use crate::ir::{Entry, Field, Job, JobStep, Map, Node, NodeKind};

/// Levels between the top and a step.
const MAX_LEVELS: usize = 8;

/// Emits the steps as jobs.
pub(super) fn pipeline(cx: &mut Extract<'_>, map: &Map) {
    for section in ["pipelines", "definitions"] {
        if let Some(node) = map.get(section) {
            steps(cx, node, MAX_LEVELS);
        }
    }
}

fn steps(cx: &mut Extract<'_>, node: &Node, levels: usize) {
    if levels == 0 {
        return;
    }
    match &node.kind {
        NodeKind::List(items) => items.iter().for_each(|item| steps(cx, item, levels - 1)),
        NodeKind::Map(map) => {
            for entry in &map.entries {
                let Entry::Pair { key, key_span, value } = entry else { continue };
                if key == "step" && value.get("script").is_some() {
                    let name = value.get("name").and_then(Node::as_str).unwrap_or("step");
                    let job = Job {
                        platform: "bitbucket-pipelines".into(),
                        name: name.into(),
                        triggers: Vec::new(),
                        condition: None,
                        permissions: Field::Absent,
                        runner: value.get("image").cloned(),
                        variables: Vec::new(),
                        calls: None,
                        inherits_secrets: None,
                        steps: script(value),
                    };
                    emit(cx, *key_span, job);
                } else {
                    steps(cx, value, levels - 1);
                }
            }
        }
        _ => {}
    }
}

/// Lines of shell, and pipes: `- pipe: atlassian/aws-s3-deploy:1.1.0` with its variables.
fn script(step: &Node) -> Vec<JobStep> {
    let mut all = Vec::new();
    for item in step.get("script").map(Node::one_or_many).unwrap_or_default() {
        if let Some(pipe) = item.get("pipe") {
            let inputs = item.get("variables").cloned();
            let variables = variables(item.get("variables"), |_, value| shell_variable(value).is_some());
            all.push(JobStep { condition: None, uses: Some(pipe.clone()), inputs, script: None, variables, span: pipe.span });
        } else {
            all.extend(lines(Some(item)).map(|(text, span)| script_step(text, span, Vec::new())));
        }
    }
    all
}
