//! Clients of NATS in languages that no parser reads: where they accept any certificate.

use super::{is_comment, line_around};
use crate::extract::Extract;
use crate::ir::{FactKind, Ref, Scope, Sink, Span};

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

/// Adds a connection without a check for each place that asks for one.
pub(in crate::extract) fn extract(cx: &mut Extract<'_>) {
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
