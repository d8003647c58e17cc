//! GitHub workflows and actions: the whole tree as a resource, and the scripts that steps run.

use smol_str::SmolStr;

use super::resource;
use crate::extract::Extract;
use crate::ir::{FactKind, Map, Node, NodeKind, Script, ScriptPhase, Text};

/// A file below `.github/workflows`, or an action.
pub(super) fn is_workflow(path: &str, map: &Map) -> bool {
    let in_workflows = path.contains(".github/workflows/") || path.contains(".gitea/workflows/") || path.contains(".forgejo/workflows/");
    (in_workflows && map.get("jobs").is_some())
        || (map.get("runs").is_some_and(|runs| runs.get("using").is_some())
            && (path.ends_with("action.yml") || path.ends_with("action.yaml")))
}

/// Emits the workflow and the commands of its steps, with the secrets in their environment.
pub(super) fn workflow(cx: &mut Extract<'_>, document: &Node, map: &Map) {
    let name = map.get("name").and_then(Node::as_str).unwrap_or_default();
    resource(cx, document.span, "github-actions", if map.get("runs").is_some() { "action" } else { "workflow" }, name, document.clone());
    let mut secrets = secret_names(map.get("env"));
    let empty = Map::default();
    let jobs = map.get("jobs").and_then(Node::as_map).unwrap_or(&empty);
    for job in jobs.pairs().map(|(_, job)| job).chain(map.get("runs")) {
        let outer = secrets.len();
        secrets.extend(secret_names(job.get("env")));
        for step in job.get("steps").map(Node::one_or_many).unwrap_or_default() {
            let Some((command, span)) = step.get("run").and_then(|run| Some((run.as_text()?.clone(), run.span))) else { continue };
            let mut known = secrets.clone();
            known.extend(secret_names(step.get("env")));
            let owner = step.get("name").and_then(Node::as_str).map_or_else(|| SmolStr::from("run"), SmolStr::from);
            let script = Script { phase: ScriptPhase::Ci, command, secrets: known, runner: "github-actions".into() };
            cx.fact(span, owner, FactKind::Script(script));
        }
        secrets.truncate(outer);
    }
}

/// The names under `env` whose values come from `secrets`.
fn secret_names(env: Option<&Node>) -> Vec<SmolStr> {
    let Some(map) = env.and_then(Node::as_map) else { return Vec::new() };
    map.pairs().filter(|(_, value)| value.as_text().is_some_and(holds_secret)).map(|(name, _)| name.clone()).collect()
}

fn holds_secret(text: &Text) -> bool {
    text.holes().any(|hole| match &hole.kind {
        NodeKind::Ref(reference) => reference.names().join(".").contains("secrets."),
        _ => false,
    })
}
