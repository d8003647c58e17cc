//! Continuous integration: each platform's file as jobs with steps, and the scripts that steps run.

mod azure;
mod bitbucket;
mod circleci;
mod github;
mod gitlab;

use smol_str::SmolStr;

use super::Extract;
use crate::ir::{Entry, EnvEntry, FactKind, Install, Job, JobStep, Map, Node, NodeKind, Script, ScriptPhase, Span, Text, Variable};
use crate::lower::embedded;

/// Reads a document if it is a pipeline of some platform; `path` is in lower case.
pub(super) fn extract(cx: &mut Extract<'_>, path: &str, document: &Node, map: &Map) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if github::is_workflow(path, map) {
        github::workflow(cx, document, map);
    } else if name.ends_with(".gitlab-ci.yml") || name.ends_with(".gitlab-ci.yaml") {
        gitlab::pipeline(cx, map);
    } else if path.contains(".circleci/") && map.get("jobs").is_some() {
        circleci::pipeline(cx, map);
    } else if azure::is_pipeline(name, map) {
        azure::pipeline(cx, map);
    } else if name == "bitbucket-pipelines.yml" {
        bitbucket::pipeline(cx, map);
    } else {
        return false;
    }
    true
}

/// Emits a job, the scripts of its steps with the variables in force, and the variables.
fn emit(cx: &mut Extract<'_>, span: Span, job: Job) {
    let mut given: Vec<Variable> = job.variables.clone();
    for step in &job.steps {
        entries(cx, &step.variables);
        if let Some(command) = &step.script {
            let mut variables = given.clone();
            variables.extend(step.variables.iter().cloned());
            let script = Script {
                phase: ScriptPhase::Ci,
                command: command.clone(),
                commands: embedded::shell(command),
                variables,
                runner: job.platform.clone(),
                installs: Vec::<Install>::new(),
            };
            cx.fact(step.span, job.name.clone(), FactKind::Script(script));
        }
        given.extend(handed_on(step));
    }
    cx.fact(span, job.name.clone(), FactKind::Job(Box::new(job)));
}

/// Emits the variables that the file sets at one place.
fn entries(cx: &mut Extract<'_>, variables: &[Variable]) {
    for Variable { name, value, span, .. } in variables {
        if let Some(value) = value {
            let entry = EnvEntry { key: name.clone(), value: value.clone(), place: "ci".into() };
            cx.fact(*span, name.clone(), FactKind::EnvEntry(entry));
        }
    }
}

/// What a step puts into the environment of those behind it.
fn handed_on(step: &JobStep) -> Vec<Variable> {
    let name = match step.action() {
        Some("aws-actions/configure-aws-credentials") if !says_no(step.input("output-env-credentials")) => "AWS_SECRET_ACCESS_KEY",
        Some("google-github-actions/auth") if !says_no(step.input("export_environment_variables")) => "GOOGLE_APPLICATION_CREDENTIALS",
        _ => return Vec::new(),
    };
    vec![Variable { name: name.into(), value: None, secret: true, span: step.span }]
}

fn says_no(input: Option<&Node>) -> bool {
    input.and_then(Node::as_bool) == Some(false)
}

/// The variables of a map; `is_secret` says which values come from a store of secrets.
fn variables(map: Option<&Node>, is_secret: impl Fn(&SmolStr, &Node) -> bool) -> Vec<Variable> {
    let Some(map) = map.and_then(Node::as_map) else { return Vec::new() };
    let pair = |entry: &Entry| match entry {
        Entry::Pair { key, key_span, value } => {
            Some(Variable { name: key.clone(), value: Some(value.clone()), secret: is_secret(key, value), span: key_span.to(value.span) })
        }
        _ => None,
    };
    map.entries.iter().filter_map(pair).collect()
}

/// The lines of a script that is written as a list, or the one text that it is.
fn lines(node: Option<&Node>) -> impl Iterator<Item = (Text, Span)> {
    node.map(Node::one_or_many).unwrap_or_default().into_iter().flat_map(|item| match &item.kind {
        // Lists in lists are flattened (GitLab's anchors and `!reference`).
        NodeKind::List(items) => items.iter().filter_map(line).collect(),
        _ => Vec::from_iter(line(item)),
    })
}

fn line(node: &Node) -> Option<(Text, Span)> {
    node.as_text().map(|text| (text.clone(), node.span))
}

/// A step that runs a script and nothing else.
fn script_step(script: Text, span: Span, variables: Vec<Variable>) -> JobStep {
    JobStep { condition: None, uses: None, inputs: None, script: Some(script), variables, span }
}

/// Whether a text is one variable of the shell's form: `$NAME`, `${NAME}`.
fn shell_variable(node: &Node) -> Option<&str> {
    let text = node.as_str()?.trim().strip_prefix('$')?;
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then_some(name)
}
