//! Ciphers, keys, hashes and random numbers that do not hold, and connections whose other end is not checked.

use super::Check;
use super::sinks::purpose;
use crate::finding::Severity;
use crate::ir::{Fact, Node, NodeKind, Op, Sink, SinkKind};

/// Ciphers and modes that do not keep a secret.
pub(super) fn weak_cipher(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    if sink.kind != SinkKind::Cipher {
        return;
    }
    if let Some(says) = sink.parts.iter().filter(|part| part.label == "broken").find_map(|part| part.value.as_str()) {
        cx.report_by_place(cx.finding(fact, fact.span, says.to_owned()));
        return;
    }
    if let Some(bytes) = short_tag(sink) {
        let what = format!("a tag of {bytes} bytes is guessed in few tries");
        cx.report_by_place(cx.finding(fact, fact.span, what));
        return;
    }
    let what = match sink.callee.last() {
        name @ ("createCipher" | "createDecipher") => {
            format!("`{name}` makes the key of the password with one round of MD5, and no random start")
        }
        _ => match weak_algorithm(sink) {
            Some(name) => format!("`{name}` does not keep what it encrypts secret"),
            None => return,
        },
    };
    cx.report_by_place(cx.finding(fact, fact.span, what));
}

/// The length of the tag that says whether a message was changed, where it is too short.
fn short_tag(sink: &Sink) -> Option<f64> {
    const SHORTEST: f64 = 12.0;
    let options = sink.parts.iter().find(|part| part.label == "options")?;
    options.value.get("authTagLength").and_then(Node::as_number).filter(|bytes| *bytes < SHORTEST)
}

/// The name of a broken cipher, or of one in the mode that shows equal blocks as equal.
fn weak_algorithm(sink: &Sink) -> Option<String> {
    let named = sink.parts.iter().find(|part| part.label == "algorithm").and_then(|part| part.value.as_str());
    let name = named.or_else(|| Some(sink.callee.first()).filter(|_| sink.callee.module() == Some("crypto-js")))?;
    let mode = sink.parts.iter().find(|part| part.label == "options").and_then(|part| part.value.get("mode")?.as_ref());
    if mode.is_some_and(|mode| mode.last() == "ECB") {
        return Some(format!("{name}-ECB"));
    }
    let lower = name.to_ascii_lowercase();
    let is_broken =
        ["des", "3des", "rc2", "rc4", "bf", "blowfish", "cast", "idea", "seed", "tripledes"].iter().any(|weak| lower.starts_with(weak));
    (is_broken || lower.split('-').any(|word| word == "ecb")).then(|| name.to_owned())
}

/// A key or an initialisation vector that stands in the code.
pub(super) fn cipher_key(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    if sink.kind != SinkKind::Cipher {
        return;
    }
    for part in &sink.parts {
        let what = match part.label.as_str() {
            "key" => "the key is a literal in the code",
            "mac" => "the key that signs is a literal in the code",
            "iv" => "the initialisation vector is the same for every message",
            "nonce" => "the nonce is the same for every message",
            "salt" => "the salt is the same for every password",
            "password" => "the password that the key is made of is a literal in the code",
            _ => continue,
        };
        if let Some(literal) = fixed(&part.value, part.label == "iv") {
            cx.report_by_place(cx.finding(fact, literal.span, what).subject(part.label.clone()).via(&part.value.via));
        }
    }
}

/// A text that is written out, or bytes made of one; as a vector, also bytes that are all zero.
fn fixed(node: &Node, zeros: bool) -> Option<&Node> {
    let is_number = |node: &Node| matches!(node.kind, NodeKind::Number(_));
    match &node.kind {
        // Bytes: `[1, 2, 3]`, `[0; 32]`.
        NodeKind::List(items) => (!items.is_empty() && items.iter().all(is_number)).then_some(node),
        NodeKind::Op(Op::Mul, operands) => operands.first().is_some_and(is_number).then_some(node),
        NodeKind::Text(text) => text.as_str().filter(|text| !text.is_empty()).map(|_| node),
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => operands.last().and_then(|last| fixed(last, zeros)),
        NodeKind::Call(call) => match call.callee.last() {
            "from" | "parse" | "encode" | "Buffer" | "from_slice" | "clone_from_slice" | "decode" | "hex!" | "from_base64" | "from_hex"
            | "from_bytes" | "decode_from_slice" => call.args.first().and_then(|first| fixed(first, zeros)),
            "alloc" if zeros => Some(node),
            _ => None,
        },
        _ => None,
    }
}

/// Connections whose other end is not checked.
pub(super) fn tls_off(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    let says = |option: &str| sink.options.as_ref().and_then(|options| options.get(option)).and_then(Node::as_bool);
    if sink.kind == SinkKind::Tls && says("verify") == Some(false) {
        let name = sink.callee.last();
        let is_version = ["version", "proto"].iter().any(|word| name.to_ascii_lowercase().contains(word));
        let does = if is_version { "accepts versions of TLS that are broken" } else { "switches the check of certificates off" };
        let finding = cx.finding(fact, fact.span, format!("`{name}` {does}"));
        // One of several modes: whoever runs it chooses.
        cx.report_by_place(if says("chosen") == Some(true) { finding.severity(Severity::Low) } else { finding });
    }
}

/// Broken hashes on what must stay secret.
pub(super) fn weak_hash(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    purpose(cx, fact, sink, SinkKind::Hash, |part| match part.value.as_str() {
        Some(algorithm) if algorithm.starts_with("sha") && algorithm != "sha1" => {
            format!("`{}` is hashed with {}, of which a computer tries billions a second", part.label, algorithm.to_ascii_uppercase())
        }
        Some(algorithm) if algorithm.contains(' ') => format!("`{}` is hashed with {algorithm}", part.label),
        Some(algorithm) => format!("`{}` is hashed with {}", part.label, algorithm.to_ascii_uppercase()),
        None => format!("`{}` is hashed with a broken function", part.label),
    });
}

/// Guessable numbers where nobody may guess.
pub(super) fn weak_random(cx: &mut Check<'_>, fact: &Fact, sink: &Sink) {
    // A bundler shortens names until several things are called the same.
    if cx.model.files.class(fact.span).generated {
        return;
    }
    purpose(cx, fact, sink, SinkKind::Random, |part| match part.value.as_str().filter(|_| sink.callee.last() == "%") {
        Some(results) => format!("a random byte has not each of {results} results equally often"),
        None if sink.callee.last() == "clock" => format!("`{}` is the time at which it is made", part.label),
        None => format!("`{}` is made of numbers that can be guessed", part.label),
    });
}
