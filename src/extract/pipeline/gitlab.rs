//! GitLab CI: every map at the top that has a script is a job.

use super::{emit, entries, lines, script_step, shell_variable, variables};
use crate::extract::Extract;
use crate::ir::{Entry, Field, Job, Map, Node, Variable};

/// Keys at the top that are no jobs.
const KEYWORDS: [&str; 9] = ["default", "include", "stages", "variables", "workflow", "image", "services", "cache", "spec"];

/// Emits the jobs.
pub(super) fn pipeline(cx: &mut Extract<'_>, map: &Map) {
    let shared = own_variables(map.get("variables"));
    entries(cx, &shared);
    let default = map.get("default");
    let before_all = default.and_then(|default| default.get("before_script")).or_else(|| map.get("before_script"));
    for pair in &map.entries {
        let Entry::Pair { key, key_span, value } = pair else { continue };
        if KEYWORDS.contains(&key.as_str()) || value.get("script").is_none() {
            continue;
        }
        let own = own_variables(value.get("variables"));
        entries(cx, &own);
        let secrets = variables(value.get("secrets"), |_, _| true);
        let before = value.get("before_script").or(before_all);
        let scripts = lines(before).chain(lines(value.get("script"))).chain(lines(value.get("after_script")));
        let job = Job {
            platform: "gitlab-ci".into(),
            name: key.clone(),
            triggers: Vec::new(),
            condition: None,
            permissions: Field::Absent,
            runner: value.get("image").or_else(|| map.get("image")).cloned(),
            variables: shared.iter().cloned().chain(own).chain(secrets).collect(),
            calls: None,
            inherits_secrets: None,
            steps: scripts.map(|(script, span)| script_step(script, span, Vec::new())).collect(),
        };
        emit(cx, *key_span, job);
    }
}

/// Variables of the project, which the store of secrets fills, are handed on by name: `KEY: $PROD_KEY`.
fn own_variables(node: Option<&Node>) -> Vec<Variable> {
    variables(node, |name, value| {
        let handed_on = shell_variable(value).is_some_and(|from| !from.starts_with("CI_"));
        handed_on && crate::lower::variable::names_secret(name)
    })
}
