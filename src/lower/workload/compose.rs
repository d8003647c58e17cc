//! Services of compose.

use smol_str::{SmolStr, format_smolstr};

use super::{Derived, environment, seen};
use crate::ir::{Fact, Node, NodeKind, Part, Piece, Resource, Text};

const PLATFORM: &str = "compose";

/// Adds what a service says.
pub(super) fn lower(fact: &Fact, resource: &Resource, out: &mut Vec<Fact>) {
    let service = &resource.attrs;
    let workload: SmolStr = format_smolstr!("service {}", resource.name);
    let host = |key: &str| seen(Some(service), key).map(|mode| is(&mode, "host"));
    let mut pod = Derived::new("workload-pod", PLATFORM, &workload, fact.span);
    pod.put("host-network", host("network_mode"));
    pod.put("host-pid", host("pid"));
    pod.put("host-ipc", host("ipc"));
    pod.put("host-users", host("userns_mode"));
    pod.put("host-names", host("uts"));
    pod.emit(out);
    let mut container = Derived::new("workload-container", PLATFORM, &workload, fact.span);
    for (key, name) in [
        ("image", "image"),
        ("built", "build"),
        ("privileged", "privileged"),
        ("read-only-root", "read_only"),
        ("add-capabilities", "cap_add"),
        ("drop-capabilities", "cap_drop"),
        ("run-as-user", "user"),
    ] {
        container.put(key, seen(Some(service), name));
    }
    container.put("environment", service.get("environment").and_then(variables));
    for option in service.get("security_opt").map(Node::one_or_many).unwrap_or_default() {
        let Some((name, value)) = option.as_str().and_then(|option| option.split_once([':', '='])) else { continue };
        match name {
            "seccomp" | "apparmor" if value == "unconfined" => container.put("seccomp", Some(Node::text("Unconfined", option.span))),
            "no-new-privileges" => container.put("privilege-escalation", Some(Node::new(option.span, NodeKind::Bool(value != "true")))),
            _ => {}
        }
    }
    container.emit(out);
    for volume in service.get("volumes").map(Node::one_or_many).unwrap_or_default() {
        mount(volume, &workload, out);
    }
    for port in service.get("ports").map(Node::one_or_many).unwrap_or_default() {
        self::port(port, &workload, out);
    }
}

/// `{KEY: value}`, or `[KEY=value]`.
fn variables(written: &Node) -> Option<Node> {
    match &written.kind {
        NodeKind::Map(map) => environment(map.pairs().map(|(name, value)| (name.clone(), value.clone())), written.span),
        NodeKind::List(items) => {
            let pair = |item: &Node| {
                let (name, value) = item.as_str()?.split_once('=')?;
                Some((name.into(), Node::text(value, item.span)))
            };
            environment(items.iter().filter_map(pair), written.span)
        }
        _ => None,
    }
}

/// Whether a mode is the wanted one, at its place.
fn is(mode: &Node, wanted: &str) -> Node {
    match mode.as_str() {
        Some(mode_) => Node::new(mode.span, NodeKind::Bool(mode_ == wanted)),
        None => mode.clone(),
    }
}

/// `/host/path:/target:ro`, or the long form of type `bind`. Named volumes and relative paths are the
/// project's own.
fn mount(volume: &Node, workload: &SmolStr, out: &mut Vec<Fact>) {
    let mut derived = Derived::new("workload-mount", PLATFORM, workload, volume.span);
    if let Some(text) = volume.as_text() {
        let parts = split(text);
        let Some(source) = parts.first().filter(|source| parts.len() > 1 && is_host_path(source)) else { return };
        derived.put("source", Some(Node::new(volume.span, NodeKind::Text(source.clone()))));
        derived.put("target", parts.get(1).map(|target| Node::new(volume.span, NodeKind::Text(target.clone()))));
        if parts.get(2).and_then(Text::as_str).is_some_and(|mode| mode.split(',').any(|flag| flag == "ro")) {
            derived.put("read-only", Some(Node::new(volume.span, NodeKind::Bool(true))));
        }
    } else {
        let Some(source) = volume.get("source").filter(|source| source.as_text().is_some_and(is_host_path)) else { return };
        derived.put("source", Some(source.clone()));
        derived.put("target", volume.get("target").cloned());
        derived.put("read-only", volume.get("read_only").cloned());
    }
    derived.emit(out);
}

fn is_host_path(source: &Text) -> bool {
    source.starts("/").is_yes() || source.starts("~").is_yes()
}

/// `5432:5432`, `127.0.0.1:5432:5432/tcp`, or the long form. A port alone is published under a random one.
fn port(port: &Node, workload: &SmolStr, out: &mut Vec<Fact>) {
    let mut derived = Derived::new("workload-port", PLATFORM, workload, port.span);
    let node = |text: &Text| Node::new(port.span, NodeKind::Text(without_protocol(text)));
    if let Some(text) = port.as_text() {
        let parts = split(text);
        let [address @ .., published, target] = parts.as_slice() else { return };
        derived.put("published", Some(node(published)));
        derived.put("target", Some(node(target)));
        if let Some(address) = address.last().filter(|address| address.as_str() != Some("0.0.0.0")) {
            derived.put("host-ip", Some(node(address)));
        }
    } else {
        if port.get("published").is_none() {
            return;
        }
        derived.put("published", port.get("published").cloned());
        derived.put("target", port.get("target").cloned());
        derived.put("host-ip", port.get("host_ip").cloned());
    }
    derived.emit(out);
}

fn without_protocol(text: &Text) -> Text {
    let mut text = text.clone();
    if let Some(Piece { part: Part::Lit(last), .. }) = text.pieces.last_mut()
        && let Some((port, _)) = last.split_once('/')
    {
        *last = port.into();
    }
    text
}

/// The parts between colons; `${X:-5432}` is one hole, and its colon is none of the text's.
fn split(text: &Text) -> Vec<Text> {
    let mut parts = vec![Text::default()];
    for piece in &text.pieces {
        match &piece.part {
            Part::Lit(literal) => {
                for (index, part) in interpolated(literal).into_iter().enumerate() {
                    if index > 0 {
                        parts.push(Text::default());
                    }
                    if let Some(last) = parts.last_mut().filter(|_| !part.is_empty()) {
                        last.pieces.push(Piece { span: piece.span, part: Part::Lit(part.into()) });
                    }
                }
            }
            Part::Hole(_) => {
                if let Some(last) = parts.last_mut() {
                    last.pieces.push(piece.clone());
                }
            }
        }
    }
    parts
}

/// Splits at colons outside of `${…}`, which compose fills in from its environment.
fn interpolated(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
