//! The two halves of one credential: an id and its secret in one object, section or run of
//! assignments are one finding, at the secret, with the id as its related place. Which keys name the
//! id of a secret (`pair`), and which detectors find it (`ids`), stands in the secret's row.

use std::ops::Range;

use crate::source::SourceFile;

use super::assignment;
use super::candidate::Candidate;
use super::detector::{self, Detector};
use super::harmless;
use super::value::Reason;

/// Bytes around a secret in which its id is looked for.
const WINDOW: usize = 600;

/// Gives each kept secret the place of its id; an id that was a finding of its own is covered by it.
pub(super) fn join(file: &SourceFile, found: &mut [Candidate]) {
    for index in 0..found.len() {
        let Candidate { span, confidence, .. } = &found[index];
        let Some(detector) = confidence.and_then(|_| detector::find(found[index].detector)) else { continue };
        if detector.pair.is_empty() && detector.ids.is_empty() {
            continue;
        }
        let block = block(file.text.as_bytes(), span);
        let Some(id) = found_id(found, detector, span, &block).or_else(|| named_id(file, detector, span, &block)) else { continue };
        for other in found.iter_mut().filter(|other| other.span.start < id.end && id.start < other.span.end) {
            if other.confidence.take().is_some() {
                other.reason = Reason::Covered;
            }
        }
        found[index].pair = Some(id);
    }
}

/// The lines around a place up to an empty line or the head of a section.
fn block(text: &[u8], place: &Range<usize>) -> Range<usize> {
    let floor = place.start.saturating_sub(WINDOW);
    let before = &text[floor..place.start];
    let breaks = |found: usize| floor + found + 1;
    let start = memchr::memmem::rfind(before, b"\n\n").max(memchr::memmem::rfind(before, b"\n[")).map_or(floor, breaks);
    let after = &text[place.end..(place.end + WINDOW).min(text.len())];
    let ends = [memchr::memmem::find(after, b"\n\n"), memchr::memmem::find(after, b"\n[")];
    start..place.end + ends.into_iter().flatten().min().unwrap_or(after.len())
}

/// An id that a detector found, the nearest one.
fn found_id(found: &[Candidate], detector: &Detector, secret: &Range<usize>, block: &Range<usize>) -> Option<Range<usize>> {
    found
        .iter()
        .filter(|other| detector.ids.contains(&other.detector) && matches!(other.reason, Reason::Shape | Reason::PublicByContext))
        .filter(|other| block.contains(&other.span.start) && other.span != *secret)
        .min_by_key(|other| other.span.start.abs_diff(secret.start))
        .map(|other| other.span.clone())
}

/// The literal under a key that names the id, the nearest one.
fn named_id(file: &SourceFile, detector: &Detector, secret: &Range<usize>, block: &Range<usize>) -> Option<Range<usize>> {
    let text = file.text.as_bytes();
    let lower = text[block.clone()].to_ascii_lowercase();
    let mut ids: Vec<Range<usize>> = Vec::new();
    for word in &detector.pair {
        for spelling in [(*word).to_owned(), word.replace('_', ""), word.replace('_', "-")] {
            for at in memchr::memmem::find_iter(&lower, &spelling).map(|at| block.start + at) {
                let key = assignment::key_around(text, &(at..at + spelling.len()));
                // `client_id_secret` is another key.
                if key.end != at + spelling.len() {
                    continue;
                }
                ids.extend(assignment::read(text, key, file.kind).map(|assignment| assignment.value));
            }
        }
    }
    let is_id =
        |id: &Range<usize>| id != secret && file.text.get(id.clone()).is_some_and(|text| text.len() >= 4 && !harmless::is_reference(text));
    ids.into_iter().filter(is_id).min_by_key(|id| id.start.abs_diff(secret.start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prefilter;
    use crate::secrets::{sample, scan};
    use crate::source::FileId;

    /// The texts of what is kept, each with its id.
    fn kept(path: &str, text: &str) -> Vec<(String, Option<String>)> {
        let file = SourceFile::new(FileId(0), path, text);
        scan::candidates(&file, &prefilter::look(&file.text).hits)
            .into_iter()
            .filter(|candidate| candidate.confidence.is_some())
            .map(|candidate| (text[candidate.span].to_owned(), candidate.pair.map(|id| text[id].to_owned())))
            .collect()
    }

    #[test]
    fn an_id_and_its_secret_are_one_finding() {
        let sample = |id: &str| sample::sample(id, 1).unwrap();
        let (id, secret) = (sample("aws-access-key-id"), sample("aws-secret-access-key"));
        for (path, text) in [
            ("credentials", format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")),
            ("a.ts", format!("new S3({{ accessKeyId: '{id}', awsSecretAccessKey: '{secret}' }});\n")),
            (".env", format!("AWS_SECRET_ACCESS_KEY={secret}\nAWS_ACCESS_KEY_ID={id}\n")),
        ] {
            assert_eq!(kept(path, &text), [(secret.clone(), Some(id.clone()))], "{path}");
        }
        let apart = format!("[a]\naws_access_key_id = {id}\n\n[b]\naws_secret_access_key = {secret}\n");
        assert_eq!(kept("credentials", &apart), [(id, None), (secret, None)]);
        let plaid = sample("plaid-secret-key");
        let text = format!("PLAID_CLIENT_ID=5f1b2c3d4e5f6a7b8c9d0e1f\nPLAID_SECRET={plaid}\n");
        assert_eq!(kept(".env", &text), [(plaid, Some("5f1b2c3d4e5f6a7b8c9d0e1f".to_owned()))]);
    }
}
