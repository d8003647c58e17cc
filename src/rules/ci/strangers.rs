//! What a stranger can make a workflow run: by a title or branch name that is written into a script, or
//! by a pull request whose code runs with the repository's own rights.
//!
//! Facts: GitHub, "Script injections" and "Secure use reference".

use crate::finding::Severity;
use crate::ir::{Confidence, Fact, Job, JobStep, Node, Span, Text};
use crate::lower::command::plain;
use crate::lower::embedded;
use crate::rules::Check;

/// Values that a stranger writes, and the events that bring them; none for any event.
const WRITTEN: [(&str, &[&str]); 17] = [
    ("github.event.issue.title", &["issues", "issue_comment"]),
    ("github.event.issue.body", &["issues", "issue_comment"]),
    ("github.event.pull_request.title", PULLS),
    ("github.event.pull_request.body", PULLS),
    ("github.event.pull_request.head.ref", PULLS),
    ("github.event.pull_request.head.label", PULLS),
    ("github.event.pull_request.head.repo.default_branch", PULLS),
    ("github.head_ref", PULLS),
    ("github.event.comment.body", &["issue_comment", "commit_comment", "discussion_comment", "pull_request_review_comment"]),
    ("github.event.review.body", &["pull_request_review"]),
    ("github.event.discussion.title", &["discussion", "discussion_comment"]),
    ("github.event.discussion.body", &["discussion", "discussion_comment"]),
    ("github.event.head_commit.message", &["push"]),
    ("github.event.head_commit.author.name", &["push"]),
    ("github.event.workflow_run.head_branch", &["workflow_run"]),
    ("github.event.workflow_run.head_commit.message", &["workflow_run"]),
    ("github.event.workflow_run.display_title", &["workflow_run"]),
];

const PULLS: &[&str] = &["pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"];

/// Events whose runs have the repository's rights, whoever caused them.
const TRUSTED: [&str; 8] =
    ["pull_request_target", "issues", "issue_comment", "discussion", "discussion_comment", "workflow_run", "push", "commit_comment"];

/// Inputs of actions that are scripts.
const SCRIPTS: [&str; 4] = ["script", "inlineScript", "run", "command"];

/// A text of a stranger becomes part of a script before any shell sees it.
pub(in crate::rules) fn injection(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    for step in &job.steps {
        let inputs = SCRIPTS.into_iter().filter_map(|name| step.input(name)?.as_text());
        for hole in step.script.iter().chain(inputs).flat_map(Text::holes) {
            let Some(name) = hole.as_ref() else { continue };
            let expression = name.names().join(".");
            let Some((value, events)) = written_by_stranger(&expression) else { continue };
            let brings = |event: &str| events.is_empty() || events.contains(&event);
            // What starts an action, or a workflow that others call, is not in its file.
            let is_open = job.triggers.is_empty() || has_event(job, "workflow_call");
            let severity = match job.triggers.iter().find(|(event, _)| brings(event) && TRUSTED.contains(&event.as_str())) {
                Some((event, _)) if event != "push" => Severity::Critical,
                Some(_) => Severity::High,
                None if is_open || job.triggers.iter().any(|(event, _)| brings(event)) => Severity::High,
                None => continue,
            };
            let what = format!("`{value}` is written into a script, and whoever opens an issue or pull request writes it");
            let found = cx.finding(fact, hole.span, what).severity(severity).subject(format!("{}:{value}", job.name));
            cx.report(found);
        }
    }
}

/// The value of a stranger that an expression results in. What it is compared with, or searched for, gives a
/// truth value only.
fn written_by_stranger(expression: &str) -> Option<(String, &'static [&'static str])> {
    expression.split("||").filter_map(|part| part.rsplit("&&").next()).find_map(|part| {
        let part = part.trim();
        let tests = ["==", "!=", "contains(", "startsWith(", "endsWith(", "hashFiles("];
        if tests.iter().any(|test| part.contains(test)) || part.starts_with('!') {
            return None;
        }
        // A whole event as JSON holds all of them.
        if let Some(inner) = part.strip_prefix("toJSON(").or_else(|| part.strip_prefix("toJson(")) {
            let inner = inner.trim_end_matches(')').trim();
            let holds =
                |(name, _): &&(&str, &[&str])| name.strip_prefix(inner).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            return WRITTEN
                .iter()
                .find(holds)
                .map(|(_, events)| (inner.to_owned(), if inner.matches('.').count() > 1 { *events } else { &[][..] }));
        }
        let is_name = |byte: char| byte.is_ascii_alphanumeric() || matches!(byte, '.' | '_' | '*' | '[' | ']' | '-');
        part.split(|byte: char| !is_name(byte)).find_map(|name| {
            let listed = WRITTEN.iter().find(|(written, _)| *written == name).map(|(_, events)| *events);
            listed.or_else(|| of_commits(name)).map(|events| (name.to_owned(), events))
        })
    })
}

/// `github.event.commits[0].message`, `github.event.pages.*.page_name`.
fn of_commits(name: &str) -> Option<&'static [&'static str]> {
    let of = |start: &str| name.strip_prefix(start).is_some_and(|rest| rest.starts_with(['.', '[']));
    let last = name.rsplit('.').next().unwrap_or_default();
    if of("github.event.commits") && matches!(last, "message" | "email" | "name") {
        return Some(&["push"]);
    }
    (of("github.event.pages") && last == "page_name").then_some(&["gollum"])
}

fn has_event(job: &Job, event: &str) -> bool {
    job.triggers.iter().any(|(name, _)| name == event)
}

/// The code of a pull request is fetched and run in a run that has the repository's secrets.
pub(in crate::rules) fn untrusted_checkout(cx: &mut Check<'_>, fact: &Fact, job: &Job) {
    let Some((event, at)) =
        job.triggers.iter().find(|(event, _)| matches!(event.as_str(), "pull_request_target" | "workflow_run" | "issue_comment"))
    else {
        return;
    };
    if job.condition.as_ref().is_some_and(is_guarded) {
        return;
    }
    let fetched = job.steps.iter().position(|step| fetches_head(step) && !step.condition.as_ref().is_some_and(is_guarded));
    let Some((index, step)) = fetched.and_then(|index| Some((index, job.steps.get(index)?))) else { return };
    let Some(runs) = job.steps[index..].iter().find_map(runs_code) else { return };
    let what = format!("the code of a pull request is fetched and run, and `{event}` gives it the repository's secrets and token");
    let mut found = cx.finding(fact, step.span, what).related(*at, "the event").related(runs, "this runs it");
    if job.condition.is_some() || step.condition.is_some() {
        found = found.severity(Severity::High).confidence(Confidence::Medium);
    }
    cx.report(found);
}

/// A condition that lets only pull requests of the repository's own branches, or of people with rights, through.
fn is_guarded(condition: &Text) -> bool {
    let text = condition.to_string();
    ["head.repo.full_name", "head.repo.fork", "head_repository", "author_association", "github.actor", "user.login", "merged", "permission"]
        .iter()
        .any(|word| text.contains(word))
        || text.contains("event_name == 'push'")
        || text.contains("event_name != 'pull_request_target'")
        || text.contains("event == 'push'")
        || text.contains("event_name == 'pull_request'")
}

/// A checkout of the head of a pull request.
fn fetches_head(step: &JobStep) -> bool {
    const HEAD: [&str; 6] = [
        "github.event.pull_request.head.",
        "github.head_ref",
        "github.event.workflow_run.head_",
        "refs/pull/",
        "pull_request.merge_commit_sha",
        "head.sha",
    ];
    let is_head = |node: &Node| {
        let text = node.as_text().map(ToString::to_string).unwrap_or_default();
        HEAD.iter().any(|word| text.contains(word))
    };
    if step.action() == Some("actions/checkout") {
        return step.input("ref").is_some_and(is_head) || step.input("repository").is_some_and(is_head);
    }
    step.script.as_ref().is_some_and(|script| {
        embedded::shell(script).iter().filter_map(plain).any(|command| command.is(&["gh"]) && command.line().starts_with(" pr checkout"))
    })
}

/// A step that runs what the folder holds: its scripts, its build, the packages that it names.
fn runs_code(step: &JobStep) -> Option<Span> {
    const BUILDERS: [&str; 22] = [
        "npm", "pnpm", "yarn", "bun", "npx", "make", "cargo", "gradle", "gradlew", "mvn", "mvnw", "tox", "pytest", "bundle", "rake",
        "composer", "docker", "node", "go", "poetry", "uv", "just",
    ];
    if step.action().is_some_and(|action| action.starts_with("./")) {
        return Some(step.span);
    }
    let commands = embedded::shell(step.script.as_ref()?);
    let runs = |command: &crate::lower::command::Plain<'_>| {
        let installs_only = command.has(&["--ignore-scripts"]) && command.is(&["npm", "pnpm", "yarn", "bun"]);
        let asks = command.has(&["--version", "-v", "--help"]) || matches!(command.line().trim(), "config" | "version");
        let by_path = command.command.words.first().is_some_and(|word| word.starts("./").is_yes());
        let is_script = command.is(&["sh", "bash", "python", "python3"])
            && command.arguments.first().and_then(Text::known).is_some_and(|file| file.contains('.') && !file.starts_with('-'));
        let installs = command.is(&["pip", "pip3"])
            && command.line().contains(" install")
            && (command.has(&["-r", "-e"]) || command.line().ends_with(" ."));
        (command.is(&BUILDERS) && !installs_only && !asks) || by_path || is_script || installs
    };
    commands.iter().filter_map(plain).find(runs).map(|command| command.command.span)
}
