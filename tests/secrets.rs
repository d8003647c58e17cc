//! Every detector finds its own sample however it is written down, and none of its misses; every
//! format of `testdata/secret-formats.txt` is covered by a detector or by a mechanism.

use std::collections::BTreeMap;

use seclint::ir::Power;
use seclint::secrets::{Detector, detectors, explain, sample};
use seclint::source::{FileId, SourceFile, keystore};
use seclint::tables::secret_rows;

/// The detectors that report something in a file.
fn found(path: &str, text: &str) -> Vec<&'static str> {
    let file = SourceFile::new(FileId(0), path, text);
    let judged = (1..=text.lines().count()).flat_map(|line| explain(&file, line));
    judged.filter(|judged| judged.confidence.is_some()).map(|judged| judged.detector).collect()
}

/// A key that gives a detector what it needs to know.
fn key(detector: &Detector) -> String {
    let word = detector.near.first().copied().unwrap_or("some").trim_matches('_').replace([' ', '-', '.'], "_");
    format!("{word}_api_token")
}

/// The same token under a key as files of every kind write it: path and text.
fn assignments(key: &str, token: &str) -> Vec<(&'static str, String)> {
    let upper = key.to_uppercase();
    let mut camel = String::new();
    for (at, word) in key.split('_').enumerate() {
        camel += &if at == 0 { word.to_owned() } else { word[..1].to_uppercase() + &word[1..] };
    }
    vec![
        (".env", format!("{upper}={token}")),
        ("config.json", format!("{{\"{camel}\": \"{token}\"}}")),
        ("config.yaml", format!("{key}: {token}")),
        ("values.yaml", format!("{key}: \"{token}\"")),
        ("main.tf", format!("  {key} = \"{token}\"")),
        ("src/config.ts", format!("export const {camel}: string = '{token}';")),
        ("src/env.ts", format!("const {camel} = process.env.{upper} ?? `{token}`;")),
        ("settings.py", format!("{upper} = '{token}'")),
        ("app.py", format!("client = Client({key}='{token}', retries=3)")),
        ("main.go", format!("\t{camel} := \"{token}\"")),
        ("App.java", format!("  private static final String {upper} = \"{token}\";")),
        ("main.rs", format!("const {upper}: &str = \"{token}\";")),
        ("deploy.sh", format!("export {upper}=\"{token}\"")),
        ("run.sh", format!("export {upper}={token}")),
        ("query.sh", format!("curl 'https://api.test/v1/x?page=1&{key}={token}&z=1'")),
        ("header.sh", format!("curl -H '{key}: {token}' https://api.test/v1/x")),
        ("comment.py", format!("# {upper} = \"{token}\"")),
        ("README.md", format!("Set `{upper}={token}` before you start.")),
        ("src/one.js", format!("var a={{b:1,{camel}:\"{token}\",c:2}};f(a)")),
        ("settings.json", format!("{{\"script\": \"export {upper}=\\\"{token}\\\"\\nrun\"}}")),
        ("Dockerfile", format!("ENV {upper}={token}")),
        ("app.properties", format!("{}={token}", key.replace('_', "."))),
    ]
}

/// The same without a key, for a token that says by itself what it is.
fn alone(token: &str) -> Vec<(&'static str, String)> {
    vec![
        ("src/a.ts", format!("send(\"{token}\");")),
        ("notes.txt", token.to_owned()),
        ("prose.md", format!("It was `{token}`, I think.")),
        ("newline.log", format!("first\\n{token}\\nlast")),
        ("tab.log", format!("first\\t{token}")),
        ("percent.txt", format!("https://api.test/x?t%3D{token}")),
        ("unicode.json", format!("{{\"a\": \"t\\u003d{token}\"}}")),
        ("nested.json", format!("{{\"a\": \"{{\\\"b\\\":\\\"{token}\\\"}}\"}}")),
        ("bearer.sh", format!("curl -H 'Authorization: Bearer {token}' https://api.test/")),
        ("a.xml", format!("<a>{token}</a>")),
    ]
}

/// Whether one of the detectors reports what `detector` would.
fn names(got: &[&str], detector: &Detector) -> bool {
    got.iter().any(|id| detectors().iter().any(|other| other.id == *id && (other.id == detector.id || other.name == detector.name)))
}

#[test]
fn every_detector_finds_its_samples_however_they_are_written() {
    const SEEDS: u64 = 20;
    let mut failed: BTreeMap<String, usize> = BTreeMap::new();
    for detector in detectors().iter().filter(|detector| detector.power != Power::Nothing) {
        for seed in 0..SEEDS {
            let token = sample::sample(detector.id, seed).expect("every detector can be sampled");
            let alone = if detector.near.is_empty() { alone(&token) } else { Vec::new() };
            // Every context in turn: 20 seeds see each of them.
            let contexts = [assignments(&key(detector), &token), alone].concat();
            let picked = contexts.iter().enumerate().filter(|(at, _)| seed == 0 || *at as u64 % SEEDS == seed);
            for (_, (path, text)) in picked {
                let got = found(path, text);
                if !names(&got, detector) {
                    *failed.entry(format!("{} in {path}: {got:?}, e.g. {text}", detector.id)).or_default() += 1;
                }
            }
        }
    }
    let lines: Vec<&str> = failed.keys().map(String::as_str).collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), lines.join("\n"));
}

#[test]
fn what_is_public_by_design_is_no_secret() {
    for detector in detectors().iter().filter(|detector| detector.power == Power::Nothing) {
        for seed in 0..5 {
            let token = sample::sample(detector.id, seed).expect("every detector can be sampled");
            let got = found("config.toml", &format!("{} = \"{token}\"\n", key(detector)));
            assert!(got.is_empty(), "{} is public by design, but found as {got:?}: {token}", detector.id);
        }
    }
}

#[test]
fn rows_find_their_hits_and_none_of_their_misses() {
    let mut failed = Vec::new();
    for row in secret_rows("detector").chain(secret_rows("mechanism")) {
        let id = row.text("id");
        let path = if row.text("file").is_empty() { "config.txt" } else { row.text("file") };
        let report = |line: &str| found(path, &format!("{}\n", sample::expand(line).expect("a sample that exists")));
        for hit in row.texts("hits") {
            let got = report(hit);
            if !got.contains(&id) {
                failed.push(format!("{id} misses its hit {hit:?}: {got:?}"));
            }
        }
        if let Some(magic) = row.texts("magic").next() {
            let bytes: Vec<u8> = (0..magic.len()).step_by(2).map(|at| u8::from_str_radix(&magic[at..at + 2], 16).expect("hex")).collect();
            assert!(keystore(path, &bytes).is_some(), "{id} does not know its magic");
        }
        for miss in row.texts("misses") {
            let got = report(miss);
            // A mechanism without an id says that nothing at all is found.
            if if id.is_empty() { !got.is_empty() } else { got.contains(&id) } {
                failed.push(format!("{id} finds its miss {miss:?}: {got:?}"));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn every_known_format_is_covered() {
    let rows = || secret_rows("detector").chain(secret_rows("mechanism"));
    let covered: Vec<&str> = rows().flat_map(|row| row.texts("covers").chain([row.text("id")])).collect();
    let formats = include_str!("../testdata/secret-formats.txt");
    let names = formats.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let missing: Vec<&str> = names.filter(|name| !covered.contains(name)).collect();
    assert!(missing.is_empty(), "{} formats are covered by no row:\n{}", missing.len(), missing.join("\n"));
    for row in secret_rows("mechanism") {
        assert!(
            row.texts("hits").chain(row.texts("misses")).chain(row.texts("magic")).next().is_some(),
            "{} shows no line",
            row.text("id")
        );
    }
}

#[test]
fn what_only_looks_like_a_token_is_none() {
    let mut failed = Vec::new();
    for detector in detectors().iter().filter(|detector| detector.near.is_empty() && detector.power != Power::Nothing) {
        let token = sample::sample(detector.id, 7).expect("every detector can be sampled");
        let (head, body) = token.split_at(token.len() / 3);
        let filler = |with: &str| head.to_owned() + &with.repeat(body.len()).chars().take(body.len()).collect::<String>();
        for text in [filler("x"), filler("X"), filler("0"), filler("1234567890"), format!("{head}..."), format!("{head}EXAMPLE")] {
            let got = found("src/a.ts", &format!("send(\"{text}\");\n"));
            if got.contains(&detector.id) {
                failed.push(format!("{} finds {text}", detector.id));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// The blocks of `testdata/secrets/shapes.txt`: a path, and its lines with what is expected of each.
fn shapes() -> Vec<(String, Vec<(char, String)>)> {
    let mut blocks: Vec<(String, Vec<(char, String)>)> = Vec::new();
    for line in include_str!("../testdata/secrets/shapes.txt").lines() {
        if let Some(path) = line.strip_prefix("=== ") {
            blocks.push((path.to_owned(), Vec::new()));
        } else if let (Some((_, lines)), Some(sign)) = (blocks.last_mut(), line.chars().next()) {
            lines.push((sign, line.get(2..).unwrap_or_default().to_owned()));
        }
    }
    blocks
}

#[test]
fn credentials_are_read_in_the_shapes_of_every_language() {
    let mut failed = Vec::new();
    for (path, lines) in shapes() {
        let text = lines.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n");
        let file = SourceFile::new(FileId(0), path.as_str(), text);
        for (index, (sign, line)) in lines.iter().enumerate() {
            let is_found = explain(&file, index + 1).iter().any(|judged| judged.confidence.is_some());
            match (sign, is_found) {
                ('+', false) => failed.push(format!("missed in {path}: {line}")),
                ('-', true) => failed.push(format!("false in {path}: {line}")),
                _ => {}
            }
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn what_a_terminal_coloured_is_read_without_its_colours() {
    let is_found = |line: &str| {
        let file = SourceFile::new(FileId(0), "run.conf", line);
        explain(&file, 1).iter().any(|judged| judged.confidence.is_some())
    };
    assert!(!is_found("admin_password = \u{1b}[4mrandom_password.password.result\u{1b}[0m\u{1b}[0m"));
    assert!(is_found("admin_password = \u{1b}[4mc0rrect7H0rse9Staple\u{1b}[0m"));
}
