//! Compiles `rules/` in: checks every page and table and writes them as typed statics, so that
//! nothing is parsed at start-up and a mistake in a rule is a compile error with file and line.

#![expect(clippy::disallowed_methods, reason = "a build script reads rules/ and writes to OUT_DIR")]

#[path = "src/rules/manifest.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "shared with the crate, which uses more of it")]
mod manifest;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use manifest::{Condition, Literal, Matching, Page, Repair};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/rules");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut mistakes = Vec::new();
    let rules = rules(&root, &mut mistakes);
    let tables = tables(&root, &mut mistakes);
    for mistake in &mistakes {
        println!("cargo::error={mistake}");
    }
    if mistakes.is_empty() {
        write(&out.join("rules.rs"), &rules);
        write(&out.join("tables.rs"), &tables);
    }
}

fn write(path: &Path, text: &str) {
    if let Err(error) = fs::write(path, text) {
        println!("cargo::error=cannot write {}: {error}", path.display());
    }
}

/// Every file below `dir` with an ending, sorted.
fn list(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn rules(root: &Path, mistakes: &mut Vec<String>) -> String {
    let mut out = String::from("/// The built-in rules, by family and id.\npub(super) static BUILTIN: &[Rule] = &[\n");
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for path in list(&root.join("rules"), ".md") {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let page = match manifest::parse(&text) {
            Ok(page) => page,
            Err(list) => {
                mistakes.extend(list.iter().map(|mistake| format!("{shown}:{}: {}", mistake.line, mistake.message)));
                continue;
            }
        };
        let line_of = |key: &str| text.lines().position(|line| line.starts_with(key)).map_or(1, |at| at + 1);
        let id = page.front.id.clone();
        if path.file_stem().is_none_or(|stem| stem.to_string_lossy() != id) {
            mistakes.push(format!("{shown}:{}: the file of rule `{id}` is `{id}.md`", line_of("id")));
        }
        for taken in std::iter::once(&id).chain(&page.front.aliases) {
            if let Some(other) = ids.insert(taken.clone(), shown.clone()) {
                mistakes.push(format!("{shown}:{}: id `{taken}` is taken by {other}", line_of("id")));
            }
        }
        if let Some(Err(message)) = page.front.check.as_ref().map(|check| find_function(root, check)) {
            mistakes.push(format!("{shown}:{}: {message}", line_of("check")));
        }
        let family = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut page = page;
        page.front.peers.extend(peers_of_rows(root, &page.front.rows));
        rule(&mut out, &page, &family, &text);
    }
    out.push_str("];\n");
    out
}

/// What other tools call the rows of a table: `CKV_AWS_3` is checkov's, the others are trivy's.
fn peers_of_rows(root: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(root.join(format!("rules/tables/{name}.toml"))).unwrap_or_default();
    let table = toml::from_str::<toml::Table>(&text).unwrap_or_default();
    let rows = table.get("rows").and_then(toml::Value::as_array).into_iter().flatten();
    let ids = rows.filter_map(|row| row.get("peers")?.as_array()).flatten().filter_map(toml::Value::as_str);
    let mut peers: Vec<String> = ids.map(|id| format!("{}:{id}", if id.starts_with("CKV") { "checkov" } else { "trivy" })).collect();
    peers.sort();
    peers.dedup();
    peers
}

/// Looks for `fn name(` in the family's file, so that a missing function is said at the rule's line.
fn find_function(root: &Path, check: &str) -> Result<(), String> {
    let (module, name) = check.rsplit_once("::").ok_or_else(|| format!("`check = \"{check}\"` is `family::function`"))?;
    let file = format!("src/rules/{}.rs", module.replace("::", "/"));
    let text = fs::read_to_string(root.join(&file)).map_err(|_| format!("there is no {file} for `check = \"{check}\"`"))?;
    if text.contains(&format!("fn {name}(")) { Ok(()) } else { Err(format!("{file} has no function `{name}`")) }
}

fn rule(out: &mut String, page: &Page, family: &str, text: &str) {
    let front = &page.front;
    let fields = [
        ("id", quoted(&front.id)),
        ("family", quoted(family)),
        ("title", quoted(&front.title)),
        ("severity", format!("crate::finding::Severity::{}", camel(&front.severity))),
        ("confidence", format!("crate::ir::Confidence::{}", camel(&front.confidence))),
        ("level", format!("crate::finding::Level::{}", camel(&front.level))),
        ("class", quoted(&front.class)),
        ("cwe", format!("&{:?}", front.cwe)),
        ("owasp", strings(&front.owasp)),
        ("peers", strings(&front.peers)),
        ("since", quoted(&front.since)),
        ("preview", (front.status == "preview").to_string()),
        ("aliases", strings(&front.aliases)),
        ("what", quoted(&page.what)),
        ("why", quoted(&page.why)),
        ("fix", quoted(&page.fix)),
        ("why_short", quoted(&manifest::first_sentence(&page.why))),
        ("fix_short", quoted(&manifest::first_sentence(&page.fix))),
        ("references", format!("&{:?}", page.references)),
        ("page", quoted(text)),
        ("repair", front.repair.as_ref().map_or_else(|| "None".to_owned(), repair)),
        ("logic", logic(front.on.as_str(), front.check.as_deref(), front.matcher.as_ref())),
    ];
    out.push_str("    Rule {\n");
    for (name, value) in fields {
        let _ = writeln!(out, "        {name}: {value},");
    }
    out.push_str("    },\n");
}

fn logic(on: &str, check: Option<&str>, matcher: Option<&Matching>) -> String {
    let kind = if on == "oauth-client" { "OAuthClient".to_owned() } else { camel(on) };
    match (check, matcher) {
        (Some(check), _) => format!("Logic::{kind}(super::{check})"),
        (None, Some(matcher)) => format!(
            "Logic::Match(super::Matcher {{ on: Kind::{kind}, types: {}, at: {}, message: {}, report_unknown: {}, when: {} }})",
            strings(&matcher.types),
            quoted(&matcher.at),
            quoted(&matcher.message),
            matcher.unknown == "report",
            when(&matcher.when),
        ),
        (None, None) => String::new(),
    }
}

fn repair(written: &Repair) -> String {
    let swap = written
        .swap
        .iter()
        .map(|swap| format!("super::Swap {{ from: {}, to: {}, after: {} }}", quoted(&swap.from), quoted(&swap.to), quoted(&swap.after)));
    let swap: Vec<String> = swap.collect();
    format!("Some(super::Repair {{ title: {}, safe: {}, swap: &[{}] }})", quoted(&written.title), written.safe, swap.join(", "))
}

fn when(condition: &Condition) -> String {
    let list = |items: &Vec<Condition>| items.iter().map(when).collect::<Vec<_>>().join(", ");
    let literal = |literal: &Literal| match literal {
        Literal::Bool(value) => format!("super::Value::Bool({value})"),
        Literal::Number(value) => format!("super::Value::Number({value:?})"),
        Literal::Text(value) => format!("super::Value::Text({})", quoted(value)),
    };
    let c = condition;
    let test = [
        c.all.as_ref().map(|items| format!("All(&[{}])", list(items))),
        c.any.as_ref().map(|items| format!("Any(&[{}])", list(items))),
        c.none.as_ref().map(|items| format!("None(&[{}])", list(items))),
        c.each.as_ref().map(|inner| format!("Each(&{})", when(inner))),
        c.is.as_ref().map(|value| format!("OneOf(&[{}])", literal(value))),
        c.one_of.as_ref().map(|items| format!("OneOf(&[{}])", items.iter().map(literal).collect::<Vec<_>>().join(", "))),
        c.absent.map(|value| format!("Absent({value})")),
        c.glob.as_ref().map(|text| format!("Glob({})", quoted(text))),
        c.regex.as_ref().map(|text| format!("Regex({})", quoted(text))),
        c.lt.map(|value| format!("Lt({value:?})")),
        c.gt.map(|value| format!("Gt({value:?})")),
        c.cidr_open.map(|value| format!("CidrOpen({value})")),
    ];
    let test = test.into_iter().flatten().next().unwrap_or_default();
    format!("super::When {{ path: {}, test: super::Test::{test} }}", quoted(&c.path))
}

/// Every table of `rules/tables/` and `rules/secrets/` as a static tree of values.
fn tables(root: &Path, mistakes: &mut Vec<String>) -> String {
    let mut out = String::new();
    for folder in ["tables", "secrets"] {
        let mut names = Vec::new();
        for path in list(&root.join("rules").join(folder), ".toml") {
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let text = fs::read_to_string(&path).unwrap_or_default();
            match toml::from_str::<toml::Table>(&text) {
                Ok(table) => {
                    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                    names.push(format!("({}, {})", quoted(&name), value(&toml::Value::Table(table))));
                }
                Err(error) => {
                    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                    mistakes.push(format!("{shown}:{line}: {}", error.message()));
                }
            }
        }
        let _ = writeln!(
            out,
            "/// The tables of `rules/{folder}/`, by file name.\nstatic {}: &[(&str, V)] = &[{}];",
            folder.to_uppercase(),
            names.join(", ")
        );
    }
    out
}

fn value(value_: &toml::Value) -> String {
    match value_ {
        toml::Value::String(text) => format!("V::Text({})", quoted(text)),
        toml::Value::Integer(number) => format!("V::Int({number})"),
        toml::Value::Float(number) => format!("V::Float({number:?})"),
        toml::Value::Boolean(flag) => format!("V::Bool({flag})"),
        toml::Value::Datetime(date) => format!("V::Text({})", quoted(&date.to_string())),
        toml::Value::Array(items) => format!("V::List(&[{}])", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        toml::Value::Table(table) => {
            let pairs: Vec<String> = table.iter().map(|(key, item)| format!("({}, {})", quoted(key), value(item))).collect();
            format!("V::Table(&[{}])", pairs.join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn strings(list: &[String]) -> String {
    format!("&{list:?}")
}

/// `token-check` to `TokenCheck`.
fn camel(name: &str) -> String {
    name.split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}
