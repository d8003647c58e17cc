//! Committed secrets: one rule a sort of secret, one judgement of severity for all.
//!
//! Severity = what the secret opens, less one step for each thing that makes harm less likely: a
//! failed checksum, a test, an example, documentation. Then what git says of the file: an environment
//! that is tracked is at least high, for it is what a deployment runs with and everybody with the
//! repository has it; a file that git neither tracks nor ignores is at most medium, one that it ignores
//! at most low, since nobody but its owner has it. A sample that the whole world knows is a note, for
//! those who ask for doubtful findings.

use std::fmt::Write as _;

use crate::finding::{Finding, Level, Severity};
use crate::ir::{Fact, FactKind, History, Kind, Power, Secret, SecretFamily, StepKind, Tri, Validity};

use super::Check;

/// A token or key of a known provider.
pub(super) fn provider(cx: &mut Check<'_>, fact: &Fact, secret: &Secret) {
    report(cx, fact, secret, SecretFamily::Provider);
}

/// A password, secret or token whose key says what it is.
pub(super) fn generic(cx: &mut Check<'_>, fact: &Fact, secret: &Secret) {
    // `dockerfile-secret` says what a variable of an image means; of a former Dockerfile, and of a part
    // of one that no `FROM` begins, it knows nothing.
    let is_known = || cx.model.of(Kind::Stage).any(|stage| stage.span.file == fact.span.file);
    if secret.detector != "image-variable" || secret.history.is_some() || !is_known() {
        report(cx, fact, secret, SecretFamily::Generic);
    }
}

/// A private key.
pub(super) fn private_key(cx: &mut Check<'_>, fact: &Fact, secret: &Secret) {
    report(cx, fact, secret, SecretFamily::PrivateKey);
}

/// A seed of a NATS key.
pub(super) fn nats_seed(cx: &mut Check<'_>, fact: &Fact, secret: &Secret) {
    report(cx, fact, secret, SecretFamily::NatsSeed);
}

/// A password in a URL.
pub(super) fn url(cx: &mut Check<'_>, fact: &Fact, secret: &Secret) {
    report(cx, fact, secret, SecretFamily::Url);
}

/// A password in a NATS URL.
pub(super) fn nats_url(cx: &mut Check<'_>, fact: &Fact, secret: &Secret) {
    report(cx, fact, secret, SecretFamily::NatsUrl);
}

/// What signs tokens or sessions.
pub(super) fn signing(cx: &mut Check<'_>, fact: &Fact, secret: &Secret) {
    // `dockerfile-secret` says what a variable of an image means.
    if !is_set_in_image(cx, secret) {
        report(cx, fact, secret, SecretFamily::Signing);
    }
}

fn report(cx: &mut Check<'_>, fact: &Fact, secret: &Secret, family: SecretFamily) {
    if secret.family != family {
        return;
    }
    let subject = format!("{}:{}:{}", secret.key.as_deref().unwrap_or_default(), secret.detector, secret.tag);
    let mut finding = cx
        .finding(fact, fact.span, what(secret))
        .subject(subject)
        .severity(severity(secret))
        .confidence(secret.confidence)
        .label(secret.name.clone())
        .history(secret.history.clone());
    if secret.history.is_some() {
        finding = finding
            .why("whoever has a clone of the repository has this secret, be it removed since or not")
            .fix("Revoke it and issue a new one; only then does it help to rewrite history (git filter-repo)");
    }
    if secret.committed != Tri::Yes && secret.ignored == Tri::Yes {
        finding = finding
            .why("git ignores this file, so that only this machine holds it; any program that runs here can still read it")
            .fix("Move it to a vault (AWS Secrets Manager or Parameter Store, HashiCorp Vault, the keychain through aws-vault) and read it when the program starts");
    } else if secret.committed == Tri::No {
        finding = finding
            .why("git does not track this file yet, and no `.gitignore` names it, so that one `git add .` commits it")
            .fix("Name the file in `.gitignore`, and move the secret to a vault (AWS Secrets Manager or Parameter Store, HashiCorp Vault, the keychain through aws-vault)");
    }
    finding = in_image(finding, secret);
    if let Some(used) = secret.in_use {
        finding = finding.related(used, "this environment uses what the example shows");
    }
    if secret.power == Power::Nothing {
        finding = finding.level(Level::Pedantic);
    }
    if let Some(pair) = secret.pair {
        finding = finding.part(pair, "the other half of the pair");
    }
    cx.report(finding);
}

/// Whether an instruction of an image build sets it, under a name that the rule about images knows.
fn is_set_in_image(cx: &Check<'_>, secret: &Secret) -> bool {
    secret.key.as_deref().is_some_and(crate::lower::variable::names_secret)
        && cx.model.of(Kind::Stage).filter(|fact| fact.span.file == secret.span.file).any(|fact| match &fact.kind {
            FactKind::Stage(stage) => stage
                .steps
                .iter()
                .any(|step| matches!(step.kind, StepKind::Env { .. } | StepKind::Arg { .. }) && step.span.contains(secret.span)),
            _ => false,
        })
}

fn in_image(finding: Finding, secret: &Secret) -> Finding {
    match secret.in_image {
        Some(copy) => finding.related(copy, "this copies the file into an image, whose every layer its users can read"),
        None => finding,
    }
}

/// A name at the start of a sentence.
fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// What stands there, with what may be shown of it. No byte beyond [`crate::ir::SecretValue::masked`].
fn what(secret: &Secret) -> String {
    let mut what = match &secret.key {
        Some(key) if !key.contains("://") => format!("{key} holds a {} ({})", secret.name, secret.value),
        Some(url) => format!("{url} holds a {}", secret.name),
        None => format!("{} ({}) in plain text", capitalized(&secret.name), secret.value),
    };
    match secret.validity {
        Validity::Valid => what.push_str("; its checksum or structure is right"),
        Validity::Malformed => what.push_str("; its checksum is wrong, so that it may be damaged or made up"),
        Validity::Unchecked => {}
    }
    if let Some(harmless) = &secret.harmless {
        what.push_str("; ");
        what.push_str(harmless);
    }
    if let Some(History { added, removed, in_head }) = &secret.history {
        let _ = match removed {
            _ if *in_head => write!(what, "; added in {added}, and still there"),
            Some(removed) => write!(what, "; added in {added}, removed in {removed}"),
            None => write!(what, "; added in {added}"),
        };
    }
    what
}

fn severity(secret: &Secret) -> Severity {
    let mut severity = match secret.power {
        Power::Nothing => return Severity::Note,
        Power::Little => Severity::Low,
        Power::Some => Severity::Medium,
        Power::Much => Severity::High,
        Power::Everything => Severity::Critical,
    };
    if secret.validity == Validity::Malformed {
        severity = severity.lowered();
    }
    if secret.harmless.is_some() {
        severity = severity.lowered();
        // What somebody made up for a test or an example opens nothing, whatever it would sign or log in to.
        if matches!(secret.family, SecretFamily::Generic | SecretFamily::Signing | SecretFamily::Url | SecretFamily::NatsUrl) {
            severity = severity.min(Severity::Low);
        }
    }
    match (secret.committed, secret.ignored) {
        (Tri::Yes, _) if secret.in_environment && secret.harmless.is_none() && severity == Severity::Medium => Severity::High,
        (Tri::Yes, _) => severity,
        (_, Tri::Yes) => severity.min(Severity::Low),
        (Tri::No, _) => severity.min(Severity::Medium),
        _ => severity,
    }
}
