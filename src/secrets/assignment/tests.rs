//! Each form of assignment gives its literal, and nothing else.

use super::*;

fn value(kind: FileKind, text: &str) -> Option<String> {
    let hit = ["assword", "ASSWORD", "ecret", "ECRET"].iter().find_map(|word| text.find(word).map(|at| at - 1..at + word.len()))?;
    let found = read(text.as_bytes(), key_around(text.as_bytes(), &hit), kind)?;
    Some(text[found.value].to_owned())
}

#[test]
fn each_form_gives_its_literal() {
    use FileKind::{Code, Dockerfile, Dotenv, Ini, Json, Prose, Rust, Shell, Terraform, Text, TypeScript, Xml, Yaml};
    for (kind, text, expected) in [
        (Dotenv, "DB_PASSWORD=hunter2 # dev\n", Some("hunter2")),
        (Dotenv, "export DB_PASSWORD='hunter2'\n", Some("hunter2")),
        (Yaml, "password: hunter2\n", Some("hunter2")),
        (Yaml, "{ user: a, password: hunter2, x: 1 }\n", Some("hunter2")),
        (Yaml, "- name: DB_PASSWORD\n  value: hunter2\n", Some("hunter2")),
        (Yaml, "password:\n  other: x\n", None),
        (Yaml, "  MasterPassword:\n    Type: String\n    NoEcho: true\n    Default: hunter2\n", Some("hunter2")),
        (Yaml, "  MasterPassword:\n    Type: String\n    NoEcho: true\n  Next:\n    Type: String\n    Default: x\n", None),
        (Yaml, "password:\n  type: string\n  default: x\n", None),
        (Json, r#"{"Password": {"NoEcho": true, "Type": "String", "Default": "hunter2"}}"#, Some("hunter2")),
        (Json, "{\"password\": \"hunter2\"}", Some("hunter2")),
        (Json, r#"{"x": "{\"password\":\"hunter2\"}"}"#, Some("hunter2")),
        (TypeScript, "const password: string = 'hunter2';", Some("hunter2")),
        (TypeScript, "x: process.env.JWT_SECRET || 'hunter2'", Some("hunter2")),
        (TypeScript, "secret: config.secret", None),
        (TypeScript, "type: show ? 'password' : 'text'", None),
        (Rust, "env::var(\"DB_PASSWORD\").unwrap_or(\"hunter2\".into())", Some("hunter2")),
        (Rust, "let password = String::from(\"hunter2\");", Some("hunter2")),
        (Rust, "secret: env::var(\"SHOP_JWT\").unwrap_or_else(|_| \"hunter2\".into()),", Some("hunter2")),
        (Rust, "let secret = std::env::var(\"SHOP_JWT\")\n    .unwrap_or_else(|_| String::from(\"hunter2\"));", Some("hunter2")),
        (Rust, "let secret = env::var(\"SHOP_JWT\").unwrap_or_else(|_| panic!(\"no key\"));", None),
        (Rust, "let secret = map.get(id).unwrap_or(&other);\nlet name = \"hunter2\";", None),
        (Code, "os.getenv('DB_PASSWORD', 'hunter2')", Some("hunter2")),
        (Code, "$config['password'] = 'hunter2';", Some("hunter2")),
        (Code, "\"Server=x;Password=hunter2;Encrypt=true\"", Some("hunter2")),
        (Code, "user.setPassword(\"hunter2\")", Some("hunter2")),
        (Code, "login(password=getpass())", None),
        (Xml, "<password>hunter2</password>", Some("hunter2")),
        (Xml, "<property name=\"password\" value=\"hunter2\"/>", Some("hunter2")),
        (Shell, "docker run -e DB_PASSWORD=hunter2 img", Some("hunter2")),
        (Shell, "mysql --password hunter2 db", Some("hunter2")),
        (Shell, "echo ${DB_PASSWORD:-hunter2}", Some("hunter2")),
        (Dockerfile, "ENV DB_PASSWORD hunter2", Some("hunter2")),
        (Ini, "password = hunter2\n", Some("hunter2")),
        (Text, "machine x login y password hunter2\n", Some("hunter2")),
        (Terraform, "password = \"hunter2\"", Some("hunter2")),
        (Terraform, "password = var.password", None),
        (Prose, "run with DB_PASSWORD=hunter2 set", Some("hunter2")),
        (Prose, "the password is secret", None),
        (Prose, "Password `Some(Limit::of(60))` ends it after a minute", None),
    ] {
        assert_eq!(value(kind, text).as_deref(), expected, "{kind:?}: {text}");
    }
}
