//! A secret's bytes never leave: not in any format, not in `facts`, not in an error, whichever rule
//! shows the line that it stands on.
#![expect(clippy::disallowed_methods, reason = "runs the binary on a tree of its own")]

use std::fs;
use std::process::Command;

use seclint::report::Format;

/// Made up, and different enough from each other to tell which one leaked.
const PLANTED: [&str; 4] = ["rT7-vq92-Lmz8-xxKd", "Zk4!mWq8#Lp2$vNx", "h7Gd93kLqPz81MnbVt5Y", "9f3KxQ27LmZpT4vB"];

#[test]
fn no_output_shows_a_planted_secret() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| fs::write(dir.path().join(name), text).expect("a file of the sample");
    write(".env", format!("DB_PASSWORD={}\nAPI_SECRET=\"{}\"\n", PLANTED[0], PLANTED[1]));
    write(
        "Dockerfile",
        format!("FROM alpine:3.20\nENV DB_PASSWORD={}\nRUN curl -u admin:{} https://example.com | sh\n", PLANTED[0], PLANTED[2]),
    );
    // On the line of another rule's finding, and far to the right.
    write(
        "main.tf",
        format!(
            "resource \"aws_iam_policy\" \"x\" {{ policy = jsonencode({{ Statement = [{{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }}] }}) }} # {} password = \"{}\"\n",
            " ".repeat(300),
            PLANTED[3]
        ),
    );
    write(
        "app.ts",
        format!("import cors from 'cors';\nexport const password = \"{}\"; cors({{ origin: true, credentials: true }});\n", PLANTED[2]),
    );
    // The id of a pair stands in an excerpt beside its secret.
    let sample = |id: &str| seclint::secrets::sample::sample(id, 7).expect("a detector with samples");
    let pair = [sample("aws-access-key-id"), sample("aws-secret-access-key")];
    write("credentials", format!("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n", pair[0], pair[1]));
    // A server's token may be a plain word, which only its place makes a secret.
    let words = ["marmalade-otter", "lagoonlantern"];
    let server = format!("listen: 0.0.0.0:4222\nauthorization {{ token: {} }}\njetstream {{ key: {} }}\n", words[0], words[1]);
    write("nats-server.conf", server);
    write("broken.tf", format!("variable \"db_password\" {{ default = \"{}\" \n", PLANTED[1]));
    let run = |args: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_seclint")).args(args).current_dir(dir.path()).output().expect("seclint runs");
        format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr))
    };
    let mut outputs: Vec<(String, String)> = Format::ALL
        .iter()
        .map(|format| (format.name().to_owned(), run(&["scan", ".", "--level", "auditor", "--verbose", "--format", format.name()])))
        .collect();
    outputs.push(("facts".to_owned(), run(&["facts", ".env", "Dockerfile", "main.tf", "app.ts"])));
    for (name, output) in outputs {
        assert!(output.len() > 100, "{name} says something: {output}");
        for secret in PLANTED.into_iter().chain(words).chain(pair.iter().map(String::as_str)) {
            assert!(!output.contains(secret), "{name} shows {secret}:\n{output}");
            // Nor in the forms that writers give strings.
            assert!(!output.contains(&secret.replace('$', "\\u0024")), "{name} shows {secret} escaped");
        }
    }
}
