//! Seeds of NATS keys in every place that people keep them in: each must be found, and no public key may be.
//! Places times roles times random keys; a place is a file with `%` where the key stands.
//! `ROUNDS=50 cargo test --test nkeys` draws more keys.
#![expect(clippy::disallowed_methods, reason = "the test is told by the environment how many keys to draw")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seclint::engine::Session;
use seclint::rules::Registry;
use seclint::secrets::sample::sample;
use seclint::settle::Settings;

/// What a key may be for. Every role has seeds and public keys.
const ROLES: [&str; 8] = ["user", "account", "operator", "server", "cluster", "xkey", "module", "service"];

/// Files with the key in it.
const PLACES: &[(&str, &str)] = &[
    ("keys/app.nk", "%\n"),
    ("keys/bare", "%"),
    ("keys/windows.nk", "%\r\n"),
    ("app.creds", "-----BEGIN USER NKEY SEED-----\n%\n------END USER NKEY SEED------\n"),
    ("short.creds", "---BEGIN ACCOUNT NKEY SEED---\r\n%\r\n---END ACCOUNT NKEY SEED---\r\n"),
    (".env", "NATS_NKEY=%\n"),
    ("quoted.env", "NATS_SEED=\"%\"\nexport OTHER='%'\n"),
    ("run.sh", "#!/bin/sh\nexport NATS_SEED=%\nnats --nkey=% pub a b\n"),
    ("Dockerfile", "FROM scratch\nENV SEED=%\n"),
    ("app.yaml", "nats:\n  seed: %\n"),
    ("quoted.yaml", "nats: {seed: \"%\", list: ['%']}\n"),
    ("block.yaml", "creds: |\n  -----BEGIN USER NKEY SEED-----\n  %\n  ------END USER NKEY SEED------\n"),
    ("folded.yaml", "creds: \"-----BEGIN USER NKEY SEED-----\\n%\\n------END USER NKEY SEED------\\n\"\n"),
    ("app.json", "{\"seed\": \"%\", \"nested\": [{\"k\": \"%\"}]}\n"),
    ("lines.json", "{\"creds\": \"-----BEGIN USER NKEY SEED-----\\n%\\n------END USER NKEY SEED------\\n\"}\n"),
    ("app.toml", "seed = \"%\"\nother = '%'\n"),
    ("app.ini", "[nats]\nseed = %\n"),
    ("app.properties", "nats.seed=%\n"),
    ("nats.conf", "leafnodes { remotes [ { url: \"tls://hub:7422\", nkey: % } ] }\n"),
    ("quoted/nats.conf", "leafnodes { remotes [ { url: \"tls://hub:7422\", seed = \"%\" } ] }\n"),
    ("main.go", "package main\n\nvar kp, _ = nkeys.FromSeed([]byte(\"%\"))\nconst raw = `%`\n"),
    ("main.rs", "fn main() { let kp = nkeys::KeyPair::from_seed(\"%\").unwrap(); }\n"),
    ("raw.rs", "const SEED: &str = r#\"%\"#;\n"),
    ("main.ts", "const kp = fromSeed(new TextEncoder().encode(\"%\"));\nconst other = `%`;\n"),
    ("main.py", "nc = await nats.connect(nkeys_seed_str='%')\n"),
    ("Main.java", "class A { char[] seed = \"%\".toCharArray(); }\n"),
    ("Main.cs", "var opts = new NatsAuthOpts { Seed = \"%\" };\n"),
    ("main.rb", "seed = '%'\n"),
    ("main.ex", "nkey_seed: \"%\"\n"),
    ("main.kt", "val seed = \"%\"\n"),
    ("main.tf", "locals {\n  seed = \"%\"\n}\n"),
    ("prod.tfvars", "seed = \"%\"\n"),
    ("app.xml", "<nats><seed>%</seed><s v=\"%\"/></nats>\n"),
    ("README.md", "Use `%` to sign in:\n\n    nats --nkey %\n"),
    ("notes.txt", "the seed is %, and that is it.\n"),
    ("log.txt", "2026-01-01 seed=% jwt=none\n"),
    ("comment.go", "package a\n\n// old seed: %\n"),
    ("table.csv", "name,seed\napp,%\n"),
    ("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata:\n  seed: =\n"),
    ("creds.yaml", "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata:\n  app.creds: *\n"),
    ("cfg/.config/nats/context/a.json", "{\"url\": \"nats://localhost\", \"user_seed\": \"%\"}\n"),
];

/// The file of a place. `=` is the key in base64, `*` a credentials file in base64.
fn written(place: &str, key: &str) -> String {
    let creds = format!("-----BEGIN USER NKEY SEED-----\n{key}\n------END USER NKEY SEED------\n");
    match place {
        _ if place.contains("kind: Secret") => {
            place.replace(": =\n", &format!(": {}\n", STANDARD.encode(key))).replace(": *\n", &format!(": {}\n", STANDARD.encode(creds)))
        }
        place => place.replace('%', key),
    }
}

/// Every place with the key in it, and how many keys each file holds.
fn scanned(key: &str) -> (Session, Vec<(&'static str, usize)>) {
    let mut session = Session::default();
    let count = |(path, place): &(&'static str, &str)| (*path, place.matches('%').count().max(1));
    for (path, place) in PLACES {
        session.set_file(path, &written(place, key));
    }
    (session, PLACES.iter().map(count).collect())
}

/// What the rules about secrets say, as pairs of path and message.
fn told(session: &Session) -> Vec<(String, &'static str, String)> {
    const RULES: [&str; 5] = ["nats-seed", "generic-secret", "provider-token", "sdk-secret-literal", "nats-plaintext-password"];
    let outcome = session.findings(&Registry::default().active(|_| true), &Settings::default());
    let of_secret = outcome.findings.iter().filter(|finding| RULES.contains(&finding.rule.id));
    of_secret.map(|finding| (outcome.files.path(finding.span.file).to_owned(), finding.rule.id, finding.what.clone())).collect()
}

/// Keys drawn for each role.
fn rounds() -> u64 {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

#[test]
fn every_seed_is_found_wherever_it_stands() {
    let mut missed = Vec::new();
    for (role, seed) in ROLES.iter().flat_map(|role| (0..rounds()).map(move |seed| (role, seed))) {
        let (session, places) = scanned(&sample(&format!("nats-{role}-seed"), seed).expect("a seed of every role"));
        let told = told(&session);
        for (path, wanted) in places {
            let found = told.iter().filter(|(of, rule, _)| of == path && *rule == "nats-seed").count();
            if found != wanted {
                missed.push(format!("{role} {seed}: {found} of {wanted} in {path}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}

#[test]
fn no_public_key_is_taken_for_a_secret() {
    let mut wrong = Vec::new();
    for (role, seed) in ROLES.iter().flat_map(|role| (0..rounds()).map(move |seed| (role, seed))) {
        let (session, _) = scanned(&sample(&format!("nats-{role}-public"), seed).expect("a public key of every role"));
        wrong.extend(told(&session).into_iter().map(|(path, rule, what)| format!("{role} {seed}: {rule} in {path}: {what}")));
    }
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
}
