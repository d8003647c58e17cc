//! Every detector finds its own sample, in any spelling around it, and none of its misses.

use seclint::ir::Power;
use seclint::secrets::{Detector, detectors, explain, sample};
use seclint::source::{FileId, SourceFile};

fn found(path: &str, text: &str) -> Vec<&'static str> {
    let file = SourceFile::new(FileId(0), path, text);
    let judged = (1..=text.lines().count()).flat_map(|line| explain(&file, line));
    judged.filter(|judged| judged.confidence.is_some()).map(|judged| judged.detector).collect()
}

/// A line of configuration that gives a detector what it needs to know.
fn line(detector: &Detector, token: &str) -> String {
    let word = detector.near.first().copied().unwrap_or("some").replace([' ', '-'], "_");
    format!("{word}_api_token = \"{token}\"\n")
}

#[test]
fn every_detector_finds_its_samples() {
    let mut failed = Vec::new();
    for detector in detectors() {
        if detector.power == Power::Nothing {
            let token = sample::sample(detector.id, 0).expect("every detector can be sampled");
            if found("config.toml", &line(detector, &token)).contains(&detector.id) {
                failed.push(format!("{} is public by design, but found", detector.id));
            }
            continue;
        }
        for seed in 0..3 {
            let token = sample::sample(detector.id, seed).expect("every detector can be sampled");
            let text = line(detector, &token);
            let got = found("config.toml", &text);
            let same_name = |id: &str| detectors().iter().any(|other| other.id == id && other.name == detector.name);
            if !got.contains(&detector.id) && !got.iter().any(|id| same_name(id)) {
                failed.push(format!("{} in {text:?}: {got:?}", detector.id));
            }
        }
        for miss in &detector.misses {
            let text = sample::expand(miss).expect("a sample that exists");
            let got = found("config.txt", &format!("{text}\n"));
            if got.contains(&detector.id) {
                failed.push(format!("{} finds its miss {miss:?}", detector.id));
            }
        }
        for hit in &detector.hits {
            let text = sample::expand(hit).expect("a sample that exists");
            if !found("config.txt", &format!("{text}\n")).contains(&detector.id) {
                failed.push(format!("{} misses its hit {hit:?}", detector.id));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
