//! Keys of clouds that live longer than a run, where the platform would vouch for the run instead.

use crate::ir::{Fact, Job, JobStep, Node, Span, Text};
use crate::rules::Check;

/// A key that is kept as a secret of the pipeline, though the cloud would trust the run itself.
pub(in crate::rules) fn long_lived(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    let mut told: Vec<&str> = Vec::new();
    let stored = job.variables.iter().chain(job.steps.iter().flat_map(|step| &step.variables));
    let named = stored.filter(|variable| variable.value.as_ref().is_some_and(is_stored)).filter_map(|variable| {
        let cloud = match variable.name.as_str() {
            "AWS_SECRET_ACCESS_KEY" => "AWS",
            "GOOGLE_CREDENTIALS" | "GOOGLE_APPLICATION_CREDENTIALS_JSON" | "GCP_SA_KEY" | "GCLOUD_SERVICE_KEY" => "Google Cloud",
            "AZURE_CLIENT_SECRET" | "ARM_CLIENT_SECRET" | "AZURE_CREDENTIALS" => "Azure",
            _ => return None,
        };
        Some((cloud, variable.name.as_str(), variable.span))
    });
    let inputs = job.steps.iter().filter_map(input);
    let mut found: Vec<(&str, &str, Span)> = named.chain(inputs).collect();
    found.sort_by_key(|(_, _, span)| *span);
    for (cloud, name, span) in found {
        // One key is handed to many steps; one place is enough to say so.
        if !told.contains(&cloud) {
            told.push(cloud);
            let what = format!("`{name}` hands a key of {cloud} that does not expire to the job `{}`", job.name);
            cx.report(cx.finding(fact, span, what).subject(format!("{}:{cloud}", job.name)));
        }
    }
}

/// The input of an action, orb or pipe that takes a key.
fn input(step: &JobStep) -> Option<(&'static str, &str, Span)> {
    let action = step.action()?;
    let pipe = action.split(':').next().unwrap_or(action);
    let (cloud, name) = match pipe {
        "aws-actions/configure-aws-credentials" | "aws-cli/setup" => ("AWS", "aws-secret-access-key"),
        "google-github-actions/auth" => ("Google Cloud", "credentials_json"),
        "google-github-actions/setup-gcloud" | "google-github-actions/deploy-cloudrun" => ("Google Cloud", "service_account_key"),
        "azure/login" | "Azure/login" => ("Azure", "creds"),
        _ if pipe.starts_with("atlassian/aws-") => ("AWS", "AWS_SECRET_ACCESS_KEY"),
        _ => return None,
    };
    let value = step.input(name)?;
    // CircleCI's orbs name the variable that holds it.
    (is_stored(value) || pipe == "aws-cli/setup").then_some((cloud, name, value.span))
}

/// Whether a value comes from the platform's store of secrets; what a step before gave
/// (`steps.x.outputs.y`) may be short-lived.
fn is_stored(value: &Node) -> bool {
    let from_secrets = |text: &Text| {
        text.holes().filter_map(Node::as_ref).any(|name| name.names().join(".").contains("secrets."))
            || text.as_str().is_some_and(|text| text.starts_with('$') && text.len() > 1)
    };
    value.as_text().is_some_and(from_secrets)
}
