//! Every example of every rule's page runs: bad ones are flagged where they are marked, good ones are
//! silent for all rules.
//! `RULE=iam-wildcard cargo test --test rules` runs the pages whose id holds that word.
#![expect(clippy::disallowed_methods, reason = "the test is told by the environment which rule to run")]

use seclint::rules::{Registry, examples, manifest};

#[test]
fn every_example_of_every_rule() {
    let registry = Registry::default();
    let only = std::env::var("RULE").ok();
    let mut failed = Vec::new();
    let mut count = 0;
    for rule in registry.all() {
        if only.as_ref().is_some_and(|only| !rule.id.contains(only.as_str())) {
            continue;
        }
        let page = manifest::parse(rule.page).expect("build.rs accepted the page");
        let mut numbers = [0, 0];
        for example in &page.examples {
            count += 1;
            let number = &mut numbers[usize::from(example.bad)];
            *number += 1;
            if let Err(message) = examples::run(example, rule, &registry) {
                let kind = if example.bad { "bad" } else { "good" };
                failed.push(format!("{}::{kind}::{number} {}\n  {}", rule.id, example.title, message.replace('\n', "\n  ")));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {count} examples failed:\n{}", failed.len(), failed.join("\n"));
}
