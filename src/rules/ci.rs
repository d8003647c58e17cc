//! Continuous integration: what strangers can make a pipeline run, and what its runs hold.

pub(super) mod keys;
pub(super) mod strangers;

use super::Check;
use crate::finding::Severity;
use crate::ir::{Entry, Fact, Field, Job, Node, NodeKind, Variable};

/// An action of somebody else, by a name that its owner can move to other code.
pub(super) fn unpinned_action(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    if job.platform != "github-actions" {
        return;
    }
    for uses in job.steps.iter().filter_map(|step| step.uses.as_ref()).chain(&job.calls) {
        let Some(name) = uses.as_str() else { continue };
        if name.starts_with("./") || name.contains("@sha256:") {
            continue;
        }
        let (action, version) = name.split_once('@').unwrap_or((name, ""));
        let owner = action.split('/').next().unwrap_or_default();
        let is_commit = version.len() >= 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_commit || matches!(owner, "actions" | "github") {
            continue;
        }
        let moves = if matches!(version, "main" | "master" | "develop" | "latest" | "") {
            "is other code tomorrow"
        } else {
            "can be moved to other code"
        };
        cx.report(cx.finding(fact, uses.span, format!("`{name}` {moves}")).subject(action));
    }
}

/// The token of the run may do everything.
pub(super) fn write_all(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    if let Field::Known { value, span, .. } = &job.permissions
        && value.as_str() == Some("write-all")
    {
        cx.report(cx.finding(fact, *span, format!("`permissions: write-all` lets every step of `{}` change the repository", job.name)));
    }
}

/// Nothing says what the token of the run may do.
pub(super) fn no_permissions(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    if job.platform == "github-actions" && job.permissions.is_absent() && job.name != "action" && job.calls.is_none() {
        cx.report(cx.finding(
            fact,
            fact.span,
            format!("nothing says what the token of `{}` may do, so the organisation's default holds", job.name),
        ));
    }
}

/// `ACTIONS_ALLOW_UNSECURE_COMMANDS`: what a step prints can set variables of those behind it.
pub(super) fn insecure_commands(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    let variables = job.variables.iter().chain(job.steps.iter().flat_map(|step| &step.variables));
    for Variable { value, span, .. } in variables.filter(|variable| variable.name == "ACTIONS_ALLOW_UNSECURE_COMMANDS") {
        if value.as_ref().and_then(Node::as_bool) == Some(true) {
            cx.report(cx.finding(fact, *span, "`ACTIONS_ALLOW_UNSECURE_COMMANDS` lets whatever a step prints set variables and the path"));
        }
    }
}

/// A reusable workflow is given every secret there is.
pub(super) fn inherited_secrets(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    if let (Some(span), Some(called)) = (job.inherits_secrets, &job.calls) {
        cx.report(cx.finding(fact, span, format!("every secret of the repository is handed to `{called}`")));
    }
}

/// The token stays in `.git/config`, where an upload of the folder takes it along.
pub(super) fn persisted_credentials(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    let uploads =
        |at: usize| job.steps[at..].iter().any(|step| step.action() == Some("actions/upload-artifact") && takes_all(step.input("path")));
    for (at, step) in job.steps.iter().enumerate().filter(|(_, step)| step.action() == Some("actions/checkout")) {
        if step.input("persist-credentials").is_some_and(|value| value.as_bool() != Some(true)) {
            continue;
        }
        let mut found = cx.finding(fact, step.span, "the checkout leaves the token in `.git/config` for every later step");
        if uploads(at) {
            found = found.severity(Severity::Medium).label("and a later step uploads the folder");
        }
        cx.report(found);
    }
}

/// Whether a path of an upload is the folder of the checkout.
fn takes_all(path: Option<&Node>) -> bool {
    path.and_then(Node::as_str).is_some_and(|path| path.lines().any(|line| matches!(line.trim(), "." | "./" | "*" | "./*" | "**")))
}

/// A machine of one's own runs what a pull request brings.
pub(super) fn own_runner(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    let opened = job.triggers.iter().find(|(event, _)| matches!(event.as_str(), "pull_request" | "pull_request_target"));
    let Some((runner, (event, span))) = job.runner.as_ref().zip(opened) else { return };
    let names = |node: &Node| node.as_str() == Some("self-hosted");
    let is_own = match &runner.kind {
        NodeKind::List(labels) => labels.iter().any(names),
        NodeKind::Map(map) => map
            .entries
            .iter()
            .any(|entry| matches!(entry, Entry::Pair { key, value, .. } if key == "labels" && value.one_or_many().into_iter().any(names))),
        _ => names(runner),
    };
    if is_own {
        let what = format!("`{}` runs what a `{event}` brings on a machine of your own", job.name);
        cx.report(cx.finding(fact, runner.span, what).related(*span, "the event"));
    }
}
