//! What the scan finds before it is a fact: candidates with their verdicts, and which of overlapping
//! ones is kept.

use std::ops::Range;

use smol_str::SmolStr;

use crate::ir::{Confidence, Power, Secret, SecretFamily, SecretValue, Tri, Validity};
use crate::source::{FileKind, SourceFile};

use super::known;
use super::value::Reason;

/// Something that could be a secret, with the verdict.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The value's bytes.
    pub(super) span: Range<usize>,
    /// The detector's id.
    pub(super) detector: &'static str,
    /// What it is.
    pub(super) name: SmolStr,
    /// Its sort.
    pub(super) family: SecretFamily,
    /// What it opens.
    pub(super) power: Power,
    /// The place of its id.
    pub(super) pair: Option<Range<usize>>,
    /// Its key.
    pub(super) key: Option<SmolStr>,
    /// What its structure says.
    pub(super) validity: Validity,
    /// Why it was kept or not.
    pub(super) reason: Reason,
    /// How sure it is; `None` if it was not kept.
    pub(super) confidence: Option<Confidence>,
    /// Of overlapping finds the largest is kept.
    pub(super) rank: usize,
}

pub(super) const RANK_GENERIC: usize = 1;
pub(super) const RANK_CONTEXT: usize = 2;
/// The length of a token's prefix is added: the longer is the more specific.
pub(super) const RANK_TOKEN: usize = 100;
/// A prefix that several providers use, with one of them named beside it.
pub(super) const RANK_NAMED: usize = 1000;
pub(super) const RANK_ARMOUR: usize = 2000;

/// The secret of a kept candidate.
pub(super) fn secret(file: &SourceFile, candidate: &Candidate) -> Option<Secret> {
    let value = file.text.get(candidate.span.clone())?;
    let known = known::sample(value).or_else(|| is_made_for_job(file, candidate, value).then_some("it says that it is for a job of CI"));
    Some(Secret {
        detector: candidate.detector.into(),
        name: candidate.name.clone(),
        family: candidate.family,
        power: if known.is_some() { Power::Nothing } else { candidate.power },
        value: SecretValue::new(value),
        key: candidate.key.clone(),
        span: file.src().span(candidate.span.clone()),
        pair: candidate.pair.clone().map(|id| file.src().span(id)),
        confidence: candidate.confidence?,
        validity: candidate.validity,
        tag: super::tag::tag(value).into(),
        can_be_guessed: super::tag::can_be_guessed(value),
        harmless: known.map(SmolStr::new_static).or_else(|| lowered(file, candidate)),
        in_environment: file.kind == FileKind::Dotenv,
        committed: Tri::Maybe,
        ignored: Tri::Maybe,
        in_image: None,
        in_use: None,
        history: None,
    })
}

/// The secret of a file that is a container of private keys. What stands for its value is the digest
/// of its bytes: a changed file is a new finding.
pub(super) fn keystore(file: &SourceFile) -> Option<Secret> {
    let digest = super::tag::hex(&file.keystore?);
    let is_debug = file.path.ends_with("debug.keystore");
    Some(Secret {
        detector: "keystore-file".into(),
        name: "key store with a private key".into(),
        family: SecretFamily::PrivateKey,
        // Whoever has it still needs its password, which is guessed offline.
        power: if is_debug { Power::Nothing } else { Power::Some },
        tag: super::tag::tag(&digest).into(),
        can_be_guessed: false,
        value: SecretValue::new(digest),
        key: None,
        span: file.span(),
        pair: None,
        confidence: Confidence::High,
        validity: Validity::Unchecked,
        harmless: if is_debug { Some("it is Android's debug key store") } else { role(file, 0) }.map(SmolStr::new_static),
        committed: Tri::Maybe,
        ignored: Tri::Maybe,
        in_image: None,
        in_environment: false,
        in_use: None,
        history: None,
    })
}

/// Whether a value in a description of CI jobs says in words that it is made up for them: `test-only`, `ci_secret`.
fn is_made_for_job(file: &SourceFile, candidate: &Candidate, value: &str) -> bool {
    const SAYS: [&str; 7] = ["test", "tests", "testing", "ci", "e2e", "dummy", "fake"];
    let mut parts = value.split(['-', '_']);
    let is_phrase = || value.len() <= 40 && value.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'2'));
    is_password_by_choice(candidate) && is_of_ci(&file.path) && is_phrase() && parts.any(|part| SAYS.contains(&part))
}

/// Whether nothing but its key makes it a secret.
fn is_password_by_choice(candidate: &Candidate) -> bool {
    matches!(candidate.reason, Reason::LiteralPassword | Reason::Chosen)
}

/// What makes harm less likely at a candidate's place: the role of the file, a comment, a job of CI.
pub(super) fn lowered(file: &SourceFile, candidate: &Candidate) -> Option<SmolStr> {
    let is_of_job =
        || is_password_by_choice(candidate) && is_of_ci(&file.path) && is_word(file.text.get(candidate.span.clone()).unwrap_or_default());
    role(file, candidate.span.start)
        .or_else(|| is_of_job().then_some("it is a word that opens a service of a CI job or a development container"))
        .map(SmolStr::new_static)
}

/// What the file's role, or a comment, says about a secret at a place in it.
fn role(file: &SourceFile, at: usize) -> Option<&'static str> {
    let class = file.class;
    if class.test || is_unit_test(file, at) {
        Some("it stands in a test")
    } else if class.example {
        Some("it stands in an example")
    } else if class.docs {
        Some("it stands in documentation")
    } else if class.vendored {
        Some("it stands in somebody else's code")
    } else if super::context::is_comment(file.text.as_bytes(), file.kind, at) {
        Some("it stands in a comment")
    } else if super::sampled::is_of_sample(file, at) {
        Some("it stands in made-up data")
    } else if super::sampled::is_fenced(file, at) || super::sampled::is_example_of_schema(file, at) {
        Some("it stands in an example")
    } else if super::context::is_help(file.text.as_bytes(), at) {
        Some("it stands in a help text")
    } else {
        None
    }
}

/// Files that describe CI jobs and development containers, whose services live for minutes.
fn is_of_ci(path: &str) -> bool {
    const FOLDERS: &[&str] = &[".github/", ".devcontainer/", ".circleci/", ".buildkite/", ".gitlab/", ".azure-pipelines/"];
    const NAMES: &[&str] =
        &[".gitlab-ci.yml", ".travis.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".drone.yml", "appveyor.yml"];
    let name = path.rsplit('/').next().unwrap_or(path);
    FOLDERS.iter().any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}"))) || NAMES.contains(&name)
}

/// `postgres`, `root`, `minio123`: small letters, then digits that count up.
pub(super) fn is_word(value: &str) -> bool {
    let word = ["1234", "123", "12", "1"].iter().find_map(|count| value.strip_suffix(count)).unwrap_or(value);
    word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether a place lies in the unit tests of a Rust file, which stand at its end.
fn is_unit_test(file: &SourceFile, at: usize) -> bool {
    file.kind == FileKind::Rust
        && file.text.match_indices("#[cfg(test)]").any(|(start, mark)| {
            start < at
                && file.text[start + mark.len()..]
                    .trim_start()
                    .trim_start_matches("pub(crate) ")
                    .trim_start_matches("pub ")
                    .starts_with("mod ")
        })
}

/// Of overlapping candidates the most specific one is kept, then the longest.
pub(super) fn settle(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by(|a, b| {
        (a.span.start, a.confidence.is_none(), b.rank, b.span.end).cmp(&(b.span.start, b.confidence.is_none(), a.rank, a.span.end))
    });
    let mut kept: Vec<usize> = Vec::new();
    for index in 0..found.len() {
        if found[index].confidence.is_none() {
            continue;
        }
        // Kept ones do not overlap, so only the last can reach into this one.
        match kept.last().copied().filter(|last| found[*last].span.end > found[index].span.start) {
            Some(last) if found[last].rank >= found[index].rank => cover(&mut found[index]),
            Some(last) => {
                cover(&mut found[last]);
                kept.pop();
                kept.push(index);
            }
            None => kept.push(index),
        }
    }
    found
}

fn cover(candidate: &mut Candidate) {
    candidate.confidence = None;
    candidate.reason = Reason::Covered;
}
