//! Formats for other programs hold their schemas, and the page for a browser holds its promises: nothing is
//! loaded, nothing of the tree becomes markup, and it works in a browser where one is installed.
#![expect(clippy::disallowed_methods, reason = "the test reads schemas and runs a browser")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seclint::engine::{Outcome, Session};
use seclint::report::view::View;
use seclint::report::{Format, Report, Style};
use seclint::rules::Registry;
use seclint::settle::Settings;
use serde_json::Value;
use sha2::{Digest, Sha256};

const SECRET: &str = "correct-horse-9f2c";

/// A tree with findings of many kinds, one in a file whose name and content would like to be markup.
fn outcome() -> Outcome {
    let mut session = Session::default();
    let hostile = format!("DB_PASSWORD={SECRET}\nX=</script><script>document.title='owned'</script>\n");
    session.set_file("<img src=x onerror=alert(1)>/.env", &hostile);
    session.set_file("Dockerfile", "FROM node:22.14.0-slim\nCOPY . /app\nCMD [\"node\", \"/app/index.js\"]\n");
    session.set_file(
        "auth.js",
        "import jwt from 'jsonwebtoken'\nexport const check = (t) => jwt.verify(t, key, { algorithms: ['HS256', 'none'] })\n",
    );
    session.set_file("main.tf", "resource \"aws_ebs_volume\" \"v\" {\n  availability_zone = \"a\"\n  encrypted = false\n}\nresource {{{\n");
    session.findings(&Registry::default().active(|_| true), &Settings::default())
}

fn written(format: Format) -> String {
    let outcome = outcome();
    assert!(outcome.findings.len() > 3, "{:?}", outcome.findings);
    let registry = Registry::default();
    let warnings = ["a warning".to_owned()];
    let report = Report {
        outcome: &outcome,
        rules: registry.all(),
        skipped: &[],
        files: 4,
        unit: "file",
        warnings: &warnings,
        before: 0,
        include_suppressed: false,
        view: View::of(&outcome),
    };
    let mut out = Vec::new();
    report.write(format, &Style::default(), &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

fn json(format: Format) -> Value {
    serde_json::from_str(&written(format)).expect("JSON")
}

/// What is wrong with a value by the part of JSON Schema that our schemas use.
fn mistakes(value: &Value, schema: &Value, root: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return mistakes(value, &root["definitions"][name.trim_start_matches("#/definitions/")], root, at, found);
    }
    let is_of_type = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        _ => false,
    };
    if schema["type"].as_str().is_some_and(|name| !is_of_type(name)) {
        found.push(format!("{at} is no {}: {value}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|list| !list.contains(value)) || schema.get("const").is_some_and(|only| only != value) {
        found.push(format!("{at} may not be {value}"));
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(schema), _) | (None, schema @ Value::Object(_)) => mistakes(inner, schema, root, &format!("{at}.{key}"), found),
            (None, Value::Bool(false)) => found.push(format!("{at}.{key} is not in the schema")),
            _ => {}
        }
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(key).is_none() {
            found.push(format!("{at}.{key} is missing"));
        }
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        mistakes(item, &schema["items"], root, &format!("{at}[{number}]"), found);
    }
}

#[test]
fn json_holds_the_schema_that_is_published() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the schema is there")).expect("JSON");
    let mut found = Vec::new();
    mistakes(&json(Format::Json), &schema, &schema, "report", &mut found);
    for line in written(Format::JsonLines).lines() {
        let finding: Value = serde_json::from_str(line).expect("JSON");
        mistakes(&finding, &schema["definitions"]["finding"], &schema, "line", &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Elements and attributes of `junit-10.xsd`, which Jenkins' `xUnit` plugin refuses a report by.
#[test]
fn junit_holds_the_strict_form() {
    let allowed = [
        ("testsuites", "name tests failures errors"),
        ("testsuite", "name tests failures errors"),
        ("testcase", "name classname"),
        ("failure", "message type"),
    ];
    let report = written(Format::JUnit);
    let mut seen = BTreeSet::new();
    for tag in report.split('<').skip(2).filter(|tag| !tag.starts_with('/')) {
        let (head, _) = tag.split_once('>').expect("a tag ends");
        let (name, attributes) = head.split_once(' ').expect("each has attributes");
        // What stands before each opening quote: values are escaped, so that quotes are only around them.
        let names: Vec<&str> =
            attributes.split('"').step_by(2).map(|name| name.trim().trim_end_matches('=')).filter(|n| n.len() > 1).collect();
        assert!(allowed.contains(&(name, names.join(" ").as_str())), "{name}: {names:?}");
        seen.insert(name);
    }
    assert_eq!(seen.len(), allowed.len());
}

#[test]
fn gitlab_takes_the_security_report() {
    let report = json(Format::GitLabSast);
    assert!(report["version"].as_str().is_some_and(|version| version.starts_with("15.")));
    let scan = &report["scan"];
    assert_eq!((&scan["type"], &scan["status"]), (&Value::from("sast"), &Value::from("success")));
    for tool in ["analyzer", "scanner"] {
        for key in ["id", "name", "version"] {
            assert!(scan[tool][key].as_str().is_some_and(|text| !text.is_empty()), "{tool}.{key}");
        }
        assert!(scan[tool]["vendor"]["name"].is_string());
    }
    let mut ids = BTreeSet::new();
    for found in report["vulnerabilities"].as_array().expect("a list") {
        assert!(ids.insert(found["id"].to_string()), "ids differ");
        assert!(["Info", "Low", "Medium", "High", "Critical"].contains(&found["severity"].as_str().unwrap_or_default()));
        let identifiers = found["identifiers"].as_array().expect("a list");
        assert!(
            (1..=20).contains(&identifiers.len())
                && identifiers.iter().all(|id| id["type"].is_string() && id["name"].is_string() && id["value"].is_string())
        );
        assert!(found["location"]["file"].is_string() && found["location"]["start_line"].as_u64().is_some_and(|line| line > 0));
        assert!(
            found["links"]
                .as_array()
                .expect("a list")
                .iter()
                .all(|link| link["url"].as_str().is_some_and(|url| url.starts_with("https://")))
        );
    }
}

#[test]
fn suggestions_and_fixes_are_the_repairs() {
    let of = |list: &Value, rule: &str, key: &str| {
        let named = |found: &&Value| found["ruleId"] == rule || found["code"]["value"] == rule || found["rule"] == rule;
        list.as_array().expect("a list").iter().find(named).map(|found| found[key].clone()).unwrap_or_default()
    };
    let rdjson = of(&json(Format::Rdjson)["diagnostics"], "jwt-alg-none", "suggestions");
    assert_eq!((rdjson[0]["text"].as_str(), rdjson[0]["range"]["start"]["line"].as_u64()), (Some(""), Some(2)));
    let sarif = of(&json(Format::Sarif)["runs"][0]["results"], "jwt-alg-none", "fixes");
    assert_eq!(sarif[0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]["startLine"], 2);
    let own = of(&json(Format::Json)["findings"], "jwt-alg-none", "repair");
    assert_eq!((own["safe"].as_bool(), own["edits"][0]["path"].as_str()), (Some(true), Some("auth.js")));
}

/// What stands between two words, each time.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.match_indices(start).filter_map(|(at, _)| text[at + start.len()..].split(end).next()).collect()
}

#[test]
fn the_page_loads_nothing_and_lets_nothing_in() {
    let page = written(Format::Html);
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"")[0];
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    for (tag, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let blocks = between(&page, tag, end);
        assert_eq!(blocks.len(), 1, "one {tag}, and none of the tree's");
        assert!(policy.contains(&format!("'sha256-{}'", STANDARD.encode(Sha256::digest(blocks[0])))), "{tag}");
    }
    for tag in ["<img", "<link", "<iframe", "<object", "<base", " onerror=alert(1)>/.env\"", "<script>document"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(["src=\"", "url(", "@import"].iter().all(|word| !page.replace("<img src=x", "").contains(word)));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains(SECRET));
    assert!(between(&page, "href=\"", "\"").iter().all(|address| address.starts_with('#') || address.starts_with("https://")));
    for control in ["name=\"severity\"", "name=\"rule\"", "name=\"folder\"", "name=\"text\""] {
        let at = page.find(control).expect("a control");
        assert!(page[..at].rfind("<label").is_some_and(|label| !page[label..at].contains("</label>")), "{control} has a label");
    }
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(browser) =
        ["chromium", "chromium-browser", "google-chrome"].iter().find(|name| Command::new(name).arg("--version").output().is_ok())
    else {
        return;
    };
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("report.html");
    std::fs::write(&file, written(Format::Html)).expect("written");
    let address = format!("file://{}#rule-jwt-alg-none", file.display());
    let options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"];
    let ran = Command::new(browser).args(options).arg(&address).output().expect("it runs");
    let page = String::from_utf8_lossy(&ran.stdout);
    // The script ran, since it opened the rule of the address, and nothing of the tree's did.
    assert!(page.contains("<details id=\"rule-jwt-alg-none\" open=\"\">"), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(between(&page, "<title>", "</title>")[0].starts_with("seclint:"), "the tree's script ran");
}
