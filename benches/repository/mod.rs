//! A generated repository: the same bytes for the same size on every machine, with the mix of files of
//! a web product (source that names no framework, some that does, infrastructure, images, locales).

use std::fmt::Write as _;

/// One file of the repository.
pub(crate) struct Generated {
    /// Path, with `/`.
    pub(crate) path: String,
    /// Content.
    pub(crate) text: String,
}

const WORDS: [&str; 24] = [
    "account", "invoice", "render", "session", "update", "parse", "client", "order", "queue", "metric", "profile", "search", "upload",
    "report", "payment", "cache", "filter", "notify", "region", "policy", "token", "schema", "worker", "export",
];

struct Words(u64);

impl Words {
    fn number(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.number(WORDS.len())]
    }
}

/// `files` files; about 3 KB each.
pub(crate) fn repository(files: usize) -> Vec<Generated> {
    (0..files).map(|at| file(at, &mut Words(0x9E37_79B9_7F4A_7C15 ^ (at as u64 + 1).wrapping_mul(0x2545_F491_4F6C_DD1D)))).collect()
}

fn file(at: usize, words: &mut Words) -> Generated {
    let folder = format!("services/{}{}", words.word(), at % 40);
    let (name, text) = match at % 20 {
        0 => ("main.tf".to_owned(), terraform(words)),
        1 => ("routes.ts".to_owned(), express(words)),
        2 => ("lib.rs".to_owned(), rust(words)),
        3 => ("Dockerfile".to_owned(), "FROM node:22-alpine AS build\nWORKDIR /app\nCOPY package.json .\nRUN npm ci --ignore-scripts\nCOPY src src\nUSER node\nCMD [\"node\", \"src/main.js\"]\n".to_owned()),
        4 => (".env.example".to_owned(), format!("PORT=3000\nLOG_LEVEL=info\nDATABASE_URL=postgres://localhost/{}\n", words.word())),
        5 => ("deployment.yaml".to_owned(), kubernetes(words)),
        6 => ("messages.json".to_owned(), messages(words)),
        7 => ("README.md".to_owned(), prose(words)),
        8 => ("routes.rs".to_owned(), axum(words)),
        9 => ("model.rs".to_owned(), rust(words) + RUST_TESTS),
        _ => (format!("{}.ts", words.word()), source(words)),
    };
    Generated { path: format!("{folder}/{at}/{name}"), text }
}

fn terraform(words: &mut Words) -> String {
    let mut text = String::from("variable \"actions\" {\n  type    = list(string)\n  default = [\"s3:GetObject\"]\n}\n\n");
    for at in 0..12 {
        let name = words.word();
        let _ = writeln!(
            text,
            "resource \"aws_iam_policy\" \"{name}_{at}\" {{\n  name = \"{name}-{at}\"\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{{\n      Effect   = \"Allow\"\n      Action   = var.actions\n      Resource = \"arn:aws:s3:::{name}/*\"\n    }}]\n  }})\n}}\n"
        );
    }
    text.push_str("resource \"aws_iam_policy\" \"admin\" {\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }] })\n}\n");
    text
}

fn express(words: &mut Words) -> String {
    let mut text =
        String::from("import express from 'express';\nimport { authenticate } from './auth';\n\nconst router = express.Router();\n");
    for at in 0..25 {
        let name = words.word();
        let _ = writeln!(
            text,
            "router.get('/{name}/{at}/:id', authenticate, async (req, res) => {{\n  const found = await store.{name}.find(req.params.id);\n  res.json(found);\n}});\n"
        );
    }
    text + "export default router;\n"
}

fn rust(words: &mut Words) -> String {
    let mut text = String::from("//! A part of the product.\n\nuse std::collections::BTreeMap;\n\n");
    for at in 0..25 {
        let name = words.word();
        let _ = writeln!(
            text,
            "/// Counts the {name}s.\npub fn {name}_{at}(input: &BTreeMap<String, u64>) -> u64 {{\n    input.values().filter(|value| **value > {at}).sum()\n}}\n"
        );
    }
    text
}

/// Tests that alone name a framework: the file needs no parser.
const RUST_TESTS: &str = "#[cfg(test)]\nmod tests {\n    use axum::Router;\n\n    #[tokio::test]\n    async fn answers() {\n        let app: Router = Router::new();\n        assert!(reqwest::get(\"http://localhost/\").await.is_err(), \"{app:?}\");\n    }\n}\n";

/// A service of which comments and tests are not read.
fn axum(words: &mut Words) -> String {
    let mut routes = String::new();
    let mut handlers = String::new();
    for at in 0..12 {
        let name = words.word();
        let _ = writeln!(routes, "        .route(\"/{name}/{at}\", get({name}_{at}))");
        let _ =
            writeln!(handlers, "/// Shows a {name}.\nasync fn {name}_{at}(user: AuthUser) -> Json<u64> {{\n    Json(user.id + {at})\n}}\n");
    }
    format!(
        "use axum::routing::get;\nuse axum::{{Json, Router}};\n\npub fn router() -> Router {{\n    Router::new()\n{routes}}}\n\n{handlers}{RUST_TESTS}"
    )
}

fn source(words: &mut Words) -> String {
    let mut text = String::new();
    for at in 0..30 {
        let (name, other) = (words.word(), words.word());
        let _ = writeln!(
            text,
            "export function {name}{at}(input: Record<string, number>): number {{\n  const {other} = Object.values(input).filter((value) => value > {at});\n  return {other}.length;\n}}\n"
        );
    }
    text
}

fn kubernetes(words: &mut Words) -> String {
    let name = words.word();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      containers:\n        - name: {name}\n          image: registry.example.com/{name}:1.4.2\n          securityContext:\n            runAsNonRoot: true\n            allowPrivilegeEscalation: false\n"
    )
}

fn messages(words: &mut Words) -> String {
    let mut text = String::from("{\n");
    for at in 0..60 {
        let _ = writeln!(text, "  \"{}.{at}\": \"Please {} your {} again\",", words.word(), words.word(), words.word());
    }
    text + "  \"end\": \"\"\n}\n"
}

fn prose(words: &mut Words) -> String {
    let mut text = String::from("# Service\n\n");
    for _ in 0..120 {
        let _ = write!(text, "The {} {}s the {} of a {}. ", words.word(), words.word(), words.word(), words.word());
    }
    text
}
