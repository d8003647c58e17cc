//! A conversation between an editor and `seclint lsp` over pipes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::tree::Tree;

/// An editor with one folder open.
struct Editor {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    root: String,
    last_id: u64,
    /// What is shown, by path: the latest diagnostics.
    shown: BTreeMap<String, Vec<Value>>,
    /// What the person at it was told.
    told: Vec<String>,
}

impl Editor {
    fn open(tree: &Tree) -> Self {
        Self::started(tree, |root| json!(root))
    }

    /// An editor that works on files of a tree, and says of `root_uri` what it has open.
    fn started(tree: &Tree, root_uri: impl Fn(&str) -> Value) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_seclint"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("seclint starts");
        let root = format!("file://{}", tree.path().join("").canonicalize().expect("the tree is there").display());
        let (to, from) = (child.stdin.take().expect("a pipe"), BufReader::new(child.stdout.take().expect("a pipe")));
        let mut editor = Self { child, to, from, root, last_id: 0, shown: BTreeMap::new(), told: Vec::new() };
        let capabilities = json!({ "textDocument": { "publishDiagnostics": {} } });
        let answer =
            editor.ask("initialize", &json!({ "processId": null, "rootUri": root_uri(&editor.root), "capabilities": capabilities }));
        assert_eq!(answer["serverInfo"]["name"], "seclint");
        assert_eq!(answer["capabilities"]["hoverProvider"], true);
        editor.tell("initialized", &json!({}));
        editor
    }

    fn uri(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{body}", body.len()).and_then(|()| self.to.flush()).expect("seclint listens");
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The answer to a request; what is told in between is remembered.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            if message["id"] == id {
                return message.get("result").or(message.get("error")).cloned().unwrap_or_default();
            }
            self.remember(&message);
        }
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut header = String::new();
            self.from.read_line(&mut header).expect("seclint speaks");
            match header.trim().split_once(": ") {
                Some(("Content-Length", digits)) => length = digits.parse().expect("a length"),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body).expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }

    fn remember(&mut self, message: &Value) {
        if message["method"] == "window/showMessage" {
            self.told.extend(message["params"]["message"].as_str().map(str::to_owned));
        }
        if message["method"] == "textDocument/publishDiagnostics" {
            let path =
                message["params"]["uri"].as_str().and_then(|uri| uri.strip_prefix(&format!("{}/", self.root))).expect("of the folder");
            let list = message["params"]["diagnostics"].as_array().cloned().unwrap_or_default();
            self.shown.insert(path.to_owned(), list);
        }
    }

    /// The rules that are shown at a file once seclint has told what it finds.
    fn rules(&mut self, path: &str) -> Vec<String> {
        // A question is answered after all that was told before it.
        self.ask("textDocument/hover", &json!({ "textDocument": { "uri": self.uri(path) }, "position": { "line": 9999, "character": 0 } }));
        let shown = self.shown.get(path).cloned().unwrap_or_default();
        shown.iter().filter_map(|diagnostic| diagnostic["code"].as_str().map(str::to_owned)).collect()
    }

    fn show(&mut self, path: &str, text: &str) {
        let document = json!({ "uri": self.uri(path), "languageId": "text", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    fn change(&mut self, path: &str, text: &str) {
        let document = json!({ "uri": self.uri(path), "version": 2 });
        self.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    fn actions(&mut self, path: &str, line: u32, only: &[&str]) -> Vec<Value> {
        let range = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line, "character": 0 } });
        let mut context = json!({ "diagnostics": [] });
        if !only.is_empty() {
            context["only"] = json!(only);
        }
        let params = json!({ "textDocument": { "uri": self.uri(path) }, "range": range, "context": context });
        self.ask("textDocument/codeAction", &params).as_array().cloned().unwrap_or_default()
    }

    fn close(mut self) {
        self.ask("shutdown", &Value::Null);
        self.tell("exit", &Value::Null);
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// A text after an action's edits, which are on single lines.
fn applied(text: &str, action: &Value, uri: &str) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for edit in action["edit"]["changes"][uri].as_array().expect("edits") {
        let at = |end: &str, part: &str| edit["range"][end][part].as_u64().expect("a number") as usize;
        assert_eq!(at("start", "line"), at("end", "line"));
        let line = &mut lines[at("start", "line")];
        line.replace_range(at("start", "character")..at("end", "character"), edit["newText"].as_str().expect("a text"));
    }
    lines.join("\n")
}

const DOCKERFILE: &str = "FROM node:22.14.0-slim\nCOPY . /app\nCMD [\"node\", \"/app/index.js\"]\n";

#[test]
fn an_editor_is_served() {
    let tree = Tree::new(&[("Dockerfile", DOCKERFILE), ("other.env", "A=bad\n"), (".git/HEAD", "")]);
    let mut editor = Editor::open(&tree);
    let uri = editor.uri("Dockerfile");
    assert_eq!(editor.rules("other.env"), ["test-bad-value"], "what is not open is told too");
    editor.show("Dockerfile", DOCKERFILE);
    assert_eq!(editor.rules("Dockerfile"), ["dockerfile-root-user"]);

    let position = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 6 } });
    let hover = editor.ask("textDocument/hover", &position);
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.contains("How to fix")), "{hover}");

    let actions = editor.actions("Dockerfile", 0, &[]);
    let titles: Vec<&str> = actions.iter().filter_map(|action| action["title"].as_str()).collect();
    assert_eq!(titles, ["Run what starts as an unprivileged user", "Ignore dockerfile-root-user here: write the reason behind it"]);
    let repaired = applied(DOCKERFILE, &actions[0], &uri);
    editor.change("Dockerfile", &repaired);
    assert_eq!(editor.rules("Dockerfile"), [""; 0], "{repaired}");

    // The comment counts once it says why.
    let ignored = applied(DOCKERFILE, &actions[1], &uri);
    editor.change("Dockerfile", &ignored);
    assert_eq!(editor.rules("Dockerfile"), ["suppression-without-reason"], "{ignored}");
    editor.change("Dockerfile", &ignored.replace("] ", "] a build image, never deployed"));
    assert_eq!(editor.rules("Dockerfile"), [""; 0]);

    // What is closed unsaved is as it is on disk again; what is deleted is forgotten.
    editor.tell("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    assert_eq!(editor.rules("Dockerfile"), ["dockerfile-root-user"]);
    std::fs::remove_file(tree.path().join("other.env")).expect("it is there");
    let gone = json!({ "uri": editor.uri("other.env"), "type": 3 });
    editor.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [gone] }));
    assert_eq!(editor.rules("other.env"), [""; 0]);

    let unknown = editor.ask("textDocument/rename", &json!({}));
    assert_eq!(unknown["code"], -32601);
    editor.close();
}

#[test]
fn safe_repairs_are_made_on_save_and_settings_are_read_again() {
    let text =
        "import jwt from 'jsonwebtoken'\nexport const check = (token) => jwt.verify(token, key, { algorithms: ['HS256', 'none'] })\n";
    let tree = Tree::new(&[("auth.js", text), ("a.env", "A=bad\n")]);
    let mut editor = Editor::open(&tree);
    let uri = editor.uri("auth.js");
    let all = editor.actions("auth.js", 0, &["source.fixAll"]);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(applied(text, &all[0], &uri).contains("['HS256']"));
    assert_eq!(editor.rules("a.env"), ["test-bad-value"]);
    tree.write("seclint.toml", "severity = \"critical\"\n");
    let saved = json!({ "textDocument": { "uri": editor.uri("seclint.toml") } });
    editor.tell("textDocument/didSave", &saved);
    assert_eq!(editor.rules("a.env"), [""; 0]);
    editor.close();
}

#[test]
fn a_single_file_is_judged_without_its_folder() {
    let tree = Tree::new(&[("Dockerfile", DOCKERFILE), ("other.env", "DB_PASSWORD=correct-horse-9f2c\n")]);
    for root in [None, Some("gone")] {
        let mut editor = Editor::started(&tree, |uri| root.map_or(Value::Null, |root| json!(format!("{uri}/{root}"))));
        editor.show("Dockerfile", DOCKERFILE);
        assert_eq!(editor.rules("Dockerfile"), ["dockerfile-root-user"]);
        assert!(!editor.shown.contains_key("other.env"), "nobody opened it");
        assert_eq!(editor.told.len(), usize::from(root.is_some()), "{:?}", editor.told);
        editor.close();
    }
}

#[test]
fn broken_settings_are_told_and_the_rest_goes_on() {
    let tree = Tree::new(&[("Dockerfile", DOCKERFILE), ("seclint.toml", "severty = \"low\"\n")]);
    let mut editor = Editor::open(&tree);
    assert_eq!(editor.rules("Dockerfile"), ["dockerfile-root-user"]);
    assert!(editor.told.iter().any(|message| message.contains("severty")), "{:?}", editor.told);
    editor.close();
}

/// Positions are UTF-16 code units: what stands before the finding counts as an editor counts it.
#[test]
fn positions_are_the_editors() {
    let tree = Tree::new(&[(".git/HEAD", "")]);
    let mut editor = Editor::open(&tree);
    editor.show("a.js", "const ä = '😀'; const db = { password: 'hR7w-Kq93xLmZp2v' };\n");
    assert_eq!(editor.rules("a.js"), ["generic-secret"]);
    assert_eq!(editor.shown["a.js"][0]["range"]["start"], json!({ "line": 0, "character": 40 }));
    editor.close();
}
