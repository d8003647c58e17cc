//! Clients of NATS in languages that no parser reads: where they accept any certificate, or log a seed.

use super::{is_comment, line_around};
use crate::extract::Extract;
use crate::ir::{FactKind, Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Span, Tri};

/// How a client library is told to accept any certificate.
struct Switch {
    /// The ending of the language's files.
    ending: &'static str,
    /// What a file that uses the library names.
    library: &'static str,
    /// The setting.
    name: &'static str,
    /// What it is set to; of a call nothing.
    value: Option<&'static str>,
    /// What checks the certificate all the same.
    instead: &'static [&'static str],
}

const SWITCHES: [Switch; 6] = [
    Switch {
        ending: ".go",
        library: "nats-io/nats.go",
        name: "InsecureSkipVerify",
        value: Some("true"),
        instead: &["VerifyPeerCertificate", "VerifyConnection"],
    },
    Switch { ending: ".py", library: "nats", name: "verify_mode", value: Some("ssl.CERT_NONE"), instead: &[] },
    Switch { ending: ".py", library: "nats", name: "_create_unverified_context()", value: None, instead: &[] },
    Switch { ending: ".py", library: "nats", name: "check_hostname", value: Some("False"), instead: &["CERT_NONE"] },
    Switch { ending: ".cs", library: "NATS.", name: "InsecureSkipVerify", value: Some("true"), instead: &[] },
    Switch { ending: ".java", library: "io.nats.client", name: ".opentls()", value: None, instead: &[] },
];

/// What writes a log in Go. What is printed for whoever asked (`nsc generate nkey`) is none, unless it says so.
const LOGGERS: [&str; 9] = ["log.", "slog.", "logger.", ".Debugf(", ".Infof(", ".Debug(", ".Info(", ".Warnf(", "(\"DEBUG"];

/// Adds a connection without a check for each place that asks for one, and a log for each seed in one.
pub(in crate::extract) fn extract(cx: &mut Extract<'_>) {
    logged_seeds(cx);
    let text: &str = &cx.file.text;
    let mut found = Vec::new();
    for switch in SWITCHES.iter().filter(|switch| cx.file.path.ends_with(switch.ending) && text.contains(switch.library)) {
        if !switch.instead.iter().any(|check| text.contains(check)) {
            let places = memchr::memmem::find_iter(text.as_bytes(), switch.name).filter(|at| switch.is_thrown(text, *at));
            found.extend(places.map(|at| (switch.name, at)));
        }
    }
    for (name, at) in found {
        let span = Span::new(cx.file.id, at, at + name.len());
        let sink = Sink::unverified(Ref::new(Scope::Global, [name.trim_matches(['.', '(', ')'])]), span);
        cx.fact(span, name, FactKind::Sink(sink));
    }
}

/// `log.Printf("user %s", resp.UserSeed)` in Go: the private half of an nkey.
fn logged_seeds(cx: &mut Extract<'_>) {
    let text: &str = &cx.file.text;
    if !cx.file.path.ends_with(".go") || !["nats", "nkeys"].iter().any(|library| text.contains(library)) {
        return;
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let places = memchr::memmem::find_iter(text.as_bytes(), "Seed").filter_map(|at| {
        let (before, behind) = line_around(text, at);
        let ends = !behind.as_bytes().get("Seed".len()).is_some_and(|next| is_name(next) || *next == b'(');
        let is_code = before.matches('"').count() % 2 == 0;
        let start = at - before.bytes().rev().take_while(is_name).count();
        let is_logged = ends && is_code && !is_comment(before) && LOGGERS.iter().any(|logger| before.contains(logger));
        is_logged.then(|| Span::new(cx.file.id, start, at + "Seed".len()))
    });
    let found: Vec<Span> = places.collect();
    for span in found {
        let name = &cx.file.text[span.range()];
        let part = SinkPart::new(Node::new(span, NodeKind::Null), Tri::Yes, name);
        let sink = Sink { kind: SinkKind::Log, callee: Ref::new(Scope::Global, ["log"]), parts: vec![part], options: None };
        cx.fact(span, "log", FactKind::Sink(sink));
    }
}

impl Switch {
    /// Whether the setting at a place is made there, and not in a comment.
    fn is_thrown(&self, text: &str, at: usize) -> bool {
        let (before, behind) = line_around(text, at);
        let after = text[at + self.name.len()..].trim_start();
        let is_set =
            self.value.is_none_or(|value| after.strip_prefix([':', '=']).is_some_and(|after| after.trim_start().starts_with(value)));
        // A server in the same process is reached over no network.
        let is_in_process = [before, behind].iter().any(|part| part.contains("InProcessServer("));
        is_set && !is_comment(before) && !is_in_process
    }
}
