//! The file format of a rule: TOML front matter and fixed Markdown sections, whose examples are the tests.
//!
//! `build.rs` includes this file to compile the built-in rules in; at run time it reads users' own
//! rules. It therefore uses nothing of the crate.

use serde::Deserialize;

/// A rule's page as written.
#[derive(Debug, Clone)]
pub struct Page {
    /// The front matter.
    pub front: Front,
    /// *What it flags*.
    pub what: String,
    /// *Why it matters*.
    pub why: String,
    /// *How to fix*.
    pub fix: String,
    /// *References*, as `(title, address)`.
    pub references: Vec<(String, String)>,
    /// *Examples*.
    pub examples: Vec<Example>,
}

/// The front matter of a rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Front {
    /// Kebab-case, names the sin, never changes meaning.
    pub id: String,
    /// A sentence without a full stop.
    pub title: String,
    /// `note`, `low`, `medium`, `high`, `critical`.
    pub severity: String,
    /// `low`, `medium`, `high`.
    pub confidence: String,
    /// `regular`, `pedantic`, `auditor`.
    #[serde(default = "regular")]
    pub level: String,
    /// One of [`CLASSES`].
    pub class: String,
    /// Numbers of the Common Weakness Enumeration.
    #[serde(default)]
    pub cwe: Vec<u32>,
    /// `API2:2023`, `A01:2021`.
    #[serde(default)]
    pub owasp: Vec<String>,
    /// The same rule elsewhere: `checkov:CKV_AWS_63`.
    #[serde(default)]
    pub peers: Vec<String>,
    /// The table of `rules/tables/` whose rows it judges by; their peers are its peers.
    #[serde(default)]
    pub rows: String,
    /// The version that brought it.
    pub since: String,
    /// `stable` or `preview`.
    #[serde(default = "stable")]
    pub status: String,
    /// Ids that it had before.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The kind of fact that it looks at, or `model` for the whole repository.
    #[serde(default)]
    pub on: String,
    /// Its function, `family::name`; the alternative to `match`.
    pub check: Option<String>,
    /// Its matcher; the alternative to `check`.
    #[serde(rename = "match")]
    pub matcher: Option<Matching>,
    /// What `--fix` may do about its findings.
    pub repair: Option<Repair>,
}

/// `[repair]`: a change that takes a finding away. The rule's function proposes the edits, or `swap` does.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Repair {
    /// What it does, as an order without a full stop.
    pub title: String,
    /// Whether a program that is right stays as it is; what isn't safe needs `--fix --unsafe`.
    #[serde(default)]
    pub safe: bool,
    /// Texts that are exchanged where the finding stands.
    #[serde(default)]
    pub swap: Vec<Swap>,
}

/// A text that another takes the place of.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Swap {
    /// All that stands at the finding.
    pub from: String,
    /// What shall stand there.
    pub to: String,
    /// What must stand before it, spaces aside: `origin:`.
    #[serde(default)]
    pub after: String,
}

/// `[match]`: a rule without code.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Matching {
    /// Resource types it looks at (globs); empty for all facts of the kind.
    #[serde(default)]
    pub types: Vec<String>,
    /// Path of the value that the finding points at; the fact itself if it is absent there.
    #[serde(default)]
    pub at: String,
    /// The message; `{path}` stands for the value at a path.
    pub message: String,
    /// `silent` (the default) or `report`: what an unknown answer means. `report` is pedantic.
    #[serde(default)]
    pub unknown: String,
    /// The condition.
    pub when: Condition,
}

/// A condition over a fact. Exactly one test, beside `path`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Condition {
    /// Dotted path of the value; lists on the way are entered, and any element may satisfy the test.
    pub path: String,
    /// All of these hold.
    pub all: Option<Vec<Condition>>,
    /// Any of these holds.
    pub any: Option<Vec<Condition>>,
    /// None of these holds.
    pub none: Option<Vec<Condition>>,
    /// One element at `path` satisfies this (its paths are relative to the element).
    pub each: Option<Box<Condition>>,
    /// The value equals this.
    pub is: Option<Literal>,
    /// The value equals one of these.
    pub one_of: Option<Vec<Literal>>,
    /// Nothing is written.
    pub absent: Option<bool>,
    /// The string matches this glob (`*`, `?`), without case.
    pub glob: Option<String>,
    /// The string matches this regular expression somewhere.
    pub regex: Option<String>,
    /// The number is less.
    pub lt: Option<f64>,
    /// The number is greater.
    pub gt: Option<f64>,
    /// The string is an address range open to the internet: `0.0.0.0/0`, `::/0`, or a range so wide
    /// that it amounts to it.
    pub cidr_open: Option<bool>,
}

/// A literal in a condition.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// A boolean; the strings `true` and `false` are equal to it.
    Bool(bool),
    /// A number; a string of digits is equal to it.
    Number(f64),
    /// A string.
    Text(String),
}

/// One example: a small repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Whether the rule must fire on the marked lines; otherwise no rule may fire at all.
    pub bad: bool,
    /// Its title, for the test's name.
    pub title: String,
    /// Its files.
    pub files: Vec<ExampleFile>,
}

/// A file of an [`Example`].
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleFile {
    /// Its path.
    pub path: String,
    /// The language of the fence, for documentation.
    pub language: String,
    /// Whether git tracks it in the example (`untracked` and `new` in the fence's info say no).
    pub tracked: bool,
    /// Whether an ignore file names it (`untracked` says so).
    pub ignored: bool,
    /// Its text, markers taken out.
    pub text: String,
    /// 1-based lines that must be flagged.
    pub marked: Vec<usize>,
    /// Line of the fence in the page.
    pub line: usize,
}

/// A mistake in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// 1-based line of the page.
    pub line: usize,
    /// What is wrong and what is expected.
    pub message: String,
}

fn regular() -> String {
    "regular".to_owned()
}

fn stable() -> String {
    "stable".to_owned()
}

/// Classes: what is wrong, whatever the tool's id. Never split by format.
pub const CLASSES: &[&str] = &[
    "iam-wildcard-action",
    "iam-wildcard-resource",
    "iam-wildcard-principal",
    "iam-privilege-escalation",
    "iam-other",
    "public-exposure",
    "open-ingress",
    "open-egress",
    "unencrypted-at-rest",
    "unencrypted-in-transit",
    "imds-v1",
    "missing-logging",
    "hardcoded-secret",
    "hardcoded-crypto",
    "cleartext-storage",
    "secret-in-url",
    "route-missing-auth",
    "missing-rate-limit",
    "security-headers",
    "error-exposure",
    "pii-logging",
    "cookie-flags",
    "token-storage",
    "cors-open",
    "cors-credentials-wildcard",
    "jwt-alg-none",
    "jwt-algorithm-confusion",
    "jwt-unverified-decode",
    "jwt-missing-claims",
    "jwt-hardcoded-secret",
    "jwt-sensitive-payload",
    "jwt-lifetime",
    "oauth-implicit",
    "oauth-flow",
    "sql-injection",
    "nosql-injection",
    "command-injection",
    "code-injection",
    "regex-injection",
    "open-redirect",
    "xxe",
    "deserialization",
    "ssrf",
    "xss",
    "path-injection",
    "log-injection",
    "mass-assignment",
    "object-authorization",
    "tls-disabled",
    "insecure-transport",
    "weak-crypto",
    "weak-hash",
    "weak-random",
    "dockerfile-secret",
    "dockerfile-root-user",
    "dockerfile-unpinned-image",
    "dockerfile-unpinned-package",
    "dockerfile-tls-verify",
    "dockerfile-other",
    "k8s-secret",
    "k8s-rbac",
    "k8s-network-policy",
    "k8s-privileged",
    "k8s-root-user",
    "k8s-capabilities",
    "k8s-host-namespace",
    "k8s-host-path",
    "k8s-hardening",
    "k8s-image",
    "k8s-exposure",
    "k8s-service-account",
    "k8s-resources",
    "k8s-control-plane",
    "k8s-other",
    "nats-seed",
    "nats-plaintext-password",
    "nats-url-credentials",
    "nats-no-auth",
    "nats-wide-permissions",
    "nats-tls",
    "nats-monitoring",
    "least-privilege",
    "npm-install-scripts",
    "vault-hygiene",
    "supply-chain",
    "suppression",
    "other",
];

/// Kinds of facts that `on` may name.
pub const KINDS: &[&str] = &[
    "resource",
    "call",
    "grant",
    "service",
    "auth-scheme",
    "route",
    "guard",
    "mount",
    "cors",
    "token-check",
    "token-issue",
    "oauth-client",
    "secret",
    "env-entry",
    "stage",
    "listener",
    "net-rule",
    "sink",
    "script",
    "job",
    "model",
];

const SECTIONS: [&str; 5] = ["What it flags", "Why it matters", "How to fix", "Examples", "References"];

/// Reads a rule's page; every mistake found is returned, with its line.
pub fn parse(text: &str) -> Result<Page, Vec<Mistake>> {
    let text = text.replace("\r\n", "\n");
    let mistake = |line: usize, message: String| vec![Mistake { line, message }];
    let rest = text.strip_prefix("+++\n").ok_or_else(|| mistake(1, "a rule begins with `+++` and TOML front matter".to_owned()))?;
    let end = rest.find("\n+++\n").ok_or_else(|| mistake(1, "the front matter has no closing `+++`".to_owned()))?;
    let front: Front = toml::from_str(&rest[..=end]).map_err(|error| {
        let at = error.span().map_or(0, |span| rest[..span.start.min(rest.len())].matches('\n').count());
        mistake(2 + at, error.message().to_owned())
    })?;
    let body = &rest[end + 5..];
    let first_line = 2 + rest[..end + 5].matches('\n').count();
    let mut mistakes = check_front(&front);
    let mut page =
        Page { front, what: String::new(), why: String::new(), fix: String::new(), references: Vec::new(), examples: Vec::new() };
    read_sections(body, first_line, &mut page, &mut mistakes);
    if mistakes.is_empty() { Ok(page) } else { Err(mistakes) }
}

fn check_front(front: &Front) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut one_of = |name: &str, value: &str, allowed: &[&str]| {
        if !allowed.contains(&value) {
            mistakes.push(Mistake { line: 1, message: format!("`{name} = \"{value}\"`: expected one of {}", allowed.join(", ")) });
        }
    };
    one_of("severity", &front.severity, &["note", "low", "medium", "high", "critical"]);
    one_of("confidence", &front.confidence, &["low", "medium", "high"]);
    one_of("level", &front.level, &["regular", "pedantic", "auditor"]);
    one_of("status", &front.status, &["stable", "preview"]);
    one_of("class", &front.class, CLASSES);
    one_of("on", &front.on, KINDS);
    if front.check.is_some() == front.matcher.is_some() {
        mistakes.push(Mistake { line: 1, message: "a rule has either `check = \"family::function\"` or a `[match]` table".to_owned() });
    }
    let kebab = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !kebab(&front.id) {
        mistakes.push(Mistake { line: 1, message: format!("`id = \"{}\"`: ids are kebab-case", front.id) });
    }
    if let Some(matcher) = &front.matcher {
        if front.on == "model" {
            mistakes.push(Mistake { line: 1, message: "`[match]` looks at one kind of fact; `on = \"model\"` needs `check`".to_owned() });
        }
        check_condition(&matcher.when, &mut mistakes);
    }
    mistakes
}

fn check_condition(condition: &Condition, mistakes: &mut Vec<Mistake>) {
    let c = condition;
    let tests = [
        c.all.is_some(),
        c.any.is_some(),
        c.none.is_some(),
        c.each.is_some(),
        c.is.is_some(),
        c.one_of.is_some(),
        c.absent.is_some(),
        c.glob.is_some(),
        c.regex.is_some(),
        c.lt.is_some(),
        c.gt.is_some(),
        c.cidr_open.is_some(),
    ];
    if tests.iter().filter(|set| **set).count() != 1 {
        mistakes.push(Mistake { line: 1, message: format!("a condition has exactly one test (path `{}`)", c.path) });
    }
    for list in [&c.all, &c.any, &c.none].into_iter().flatten() {
        for inner in list {
            check_condition(inner, mistakes);
        }
    }
    if let Some(inner) = &c.each {
        check_condition(inner, mistakes);
    }
}

fn read_sections(body: &str, first_line: usize, page: &mut Page, mistakes: &mut Vec<Mistake>) {
    let mut section = None;
    let mut seen = Vec::new();
    let mut lines = body.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let number = first_line + at;
        if let Some(title) = line.strip_prefix("# ") {
            let Some(index) = SECTIONS.iter().position(|name| *name == title.trim()) else {
                mistakes.push(Mistake { line: number, message: format!("unknown section `{title}`: expected {}", SECTIONS.join(", ")) });
                section = None;
                continue;
            };
            section = Some(index);
            seen.push(index);
            continue;
        }
        match section {
            Some(0) => push_line(&mut page.what, line),
            Some(1) => push_line(&mut page.why, line),
            Some(2) => push_line(&mut page.fix, line),
            Some(3) => {
                if let Some(title) = line.strip_prefix("## ") {
                    let (kind, title) = title.split_once(':').unwrap_or((title, ""));
                    match kind.trim() {
                        "Bad" | "Good" => {
                            page.examples.push(Example { bad: kind.trim() == "Bad", title: title.trim().to_owned(), files: Vec::new() });
                        }
                        other => {
                            mistakes.push(Mistake { line: number, message: format!("an example is `## Bad` or `## Good`, not `{other}`") });
                        }
                    }
                } else if let Some(info) = line.strip_prefix("```") {
                    let fence = "`".repeat(3 + info.len() - info.trim_start_matches('`').len());
                    let mut text = String::new();
                    let mut closed = false;
                    for (_, inner) in lines.by_ref() {
                        if inner.trim_end() == fence {
                            closed = true;
                            break;
                        }
                        push_line(&mut text, inner);
                    }
                    if !closed {
                        mistakes.push(Mistake { line: number, message: "this code fence is never closed".to_owned() });
                    }
                    let file = example_file(info.trim_start_matches('`'), &text, number);
                    match (file, page.examples.last_mut()) {
                        (Ok(file), Some(example)) => example.files.push(file),
                        (Err(message), _) => mistakes.push(Mistake { line: number, message }),
                        (_, None) => {
                            mistakes.push(Mistake { line: number, message: "a code block stands under `## Bad` or `## Good`".to_owned() });
                        }
                    }
                }
            }
            Some(4) => {
                let link = line
                    .trim()
                    .strip_prefix("- [")
                    .and_then(|rest| rest.split_once("]("))
                    .and_then(|(title, rest)| Some((title, rest.strip_suffix(')')?)));
                if let Some((title, address)) = link {
                    page.references.push((title.to_owned(), address.to_owned()));
                } else if !line.trim().is_empty() {
                    mistakes.push(Mistake { line: number, message: "a reference is `- [title](address)`".to_owned() });
                }
            }
            _ if line.trim().is_empty() => {}
            _ => mistakes.push(Mistake { line: number, message: "text outside a section".to_owned() }),
        }
    }
    for text in [&mut page.what, &mut page.why, &mut page.fix] {
        *text = text.trim().to_owned();
    }
    if seen != [0, 1, 2, 3, 4] {
        mistakes.push(Mistake { line: first_line, message: format!("the sections are, in this order: {}", SECTIONS.join(", ")) });
    }
    for (empty, name) in [(page.what.is_empty(), SECTIONS[0]), (page.why.is_empty(), SECTIONS[1]), (page.fix.is_empty(), SECTIONS[2])] {
        if empty {
            mistakes.push(Mistake { line: first_line, message: format!("section `{name}` is empty") });
        }
    }
    for bad in [true, false] {
        if !page.examples.iter().any(|example| example.bad == bad) {
            let which = if bad { "## Bad" } else { "## Good" };
            mistakes.push(Mistake { line: first_line, message: format!("there is no `{which}` example") });
        }
    }
    for example in &page.examples {
        let marked = example.files.iter().any(|file| !file.marked.is_empty());
        let line = example.files.first().map_or(first_line, |file| file.line);
        if example.bad && !marked {
            mistakes
                .push(Mistake { line, message: "a bad example marks the flagged lines with a trailing `# <--` (or `// <--`)".to_owned() });
        } else if !example.bad && marked {
            mistakes.push(Mistake { line, message: "a good example has no `<--` marker".to_owned() });
        }
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Reads `hcl main.tf untracked` and takes the markers out of the text.
fn example_file(info: &str, text: &str, line: usize) -> Result<ExampleFile, String> {
    let mut words = info.split_whitespace();
    let language = words.next().ok_or("a code block names its language and file: ```hcl main.tf")?.to_owned();
    let path = words.next().ok_or("a code block names its file after the language: ```hcl main.tf")?.to_owned();
    let (mut tracked, mut ignored) = (true, false);
    for word in words {
        match word {
            "untracked" => (tracked, ignored) = (false, true),
            "new" => tracked = false,
            other => return Err(format!("unknown word `{other}` after the file name: expected `untracked` or `new`")),
        }
    }
    let mut clean = String::new();
    let mut marked = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        let cut = ["# <--", "// <--", "; <--", "-- <--", "<!-- <--"].iter().find_map(|marker| raw.find(marker));
        if let Some(cut) = cut {
            marked.push(at + 1);
            push_line(&mut clean, raw[..cut].trim_end());
        } else {
            push_line(&mut clean, raw);
        }
    }
    Ok(ExampleFile { path, language, tracked, ignored, text: clean, marked, line })
}

/// The first sentence of a section, as one line without its full stop: what a finding says.
pub fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let end = paragraph.find(". ").unwrap_or(paragraph.len());
    paragraph[..end].trim_end_matches('.').to_owned()
}
