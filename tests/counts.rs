//! Deterministic counts over the generated repository: a performance regression is a diff here (files
//! and bytes that each parser read, places that the secrets engine looked at, facts by kind, rule
//! calls), whatever the machine does. `UPDATE=1` rewrites it.
#![expect(clippy::disallowed_methods, reason = "reads and rewrites the golden")]

#[path = "../benches/repository/mod.rs"]
mod repository;

use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::secrets;
use seclint::settle::Settings;
use seclint::source::{FileId, SourceFile};

#[test]
fn counts_are_those_of_the_golden() {
    let mut session = Session::default();
    let mut looked = secrets::Counts::default();
    for file in repository::repository(400) {
        session.set_file(&file.path, &file.text);
        looked = looked + secrets::count(&SourceFile::new(FileId(0), file.path, file.text));
    }
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    let counts = serde_json::json!({ "pipeline": outcome.counts, "secrets": looked });
    let got = serde_json::to_string_pretty(&counts).expect("counts serialise") + "\n";
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/counts.golden.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(golden, &got).expect("the golden is writable");
    }
    let wanted = std::fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(got, wanted, "counts changed: if that is meant, UPDATE=1 cargo test --test counts");
}
