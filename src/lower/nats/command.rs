//! The arguments of nats-server as the configuration that they stand for.
//!
//! Source: `server/opts.go` of nats-server 2.11, `ConfigureOptions`.

use smol_str::{SmolStr, format_smolstr};

use super::Config;
use crate::ir::{Entry, Fact, Map, Node, NodeKind, Part, Piece, Resource, Span, Stage, StepKind, Text, Why};
use crate::lower::embedded;

/// Options with a value, and the key that it is of.
const VALUES: [(&str, &str); 22] = [
    ("a", "host"),
    ("addr", "host"),
    ("net", "host"),
    ("host", "host"),
    ("p", "port"),
    ("port", "port"),
    ("m", "http_port"),
    ("http_port", "http_port"),
    ("ms", "https_port"),
    ("https_port", "https_port"),
    ("profile", "prof_port"),
    ("user", "authorization.user"),
    ("pass", "authorization.password"),
    ("auth", "authorization.token"),
    ("n", "server_name"),
    ("name", "server_name"),
    ("server_name", "server_name"),
    ("c", ""),
    ("config", ""),
    ("routes", "routes"),
    ("sd", "store_dir"),
    ("store_dir", "store_dir"),
];

/// Options without a value.
const SWITCHES: [(&str, &[&str]); 10] = [
    ("D", &["debug"]),
    ("debug", &["debug"]),
    ("V", &["trace"]),
    ("VV", &["trace"]),
    ("trace", &["trace"]),
    ("DV", &["debug", "trace"]),
    ("DVV", &["debug", "trace"]),
    ("tls", &["tls.on"]),
    ("tlsverify", &["tls.verify"]),
    ("tlscert", &["tls.on"]),
];

/// The configuration of a command whose words are a list.
pub(super) fn config(words: &Node, path: &str, name: &SmolStr) -> Option<Config> {
    let words: Vec<Text> = words.as_list()?.iter().filter_map(|word| word.as_text().cloned()).collect();
    let map = arguments(program(&words)?)?;
    Some(Config { path: format!("{path}#{name}"), name: name.clone(), map, is_part: true, only_included: false })
}

/// What stands behind the program, if the words start the server.
fn program(words: &[Text]) -> Option<&[Text]> {
    let at = words.iter().take(4).position(|word| word.as_str().is_some_and(|word| word.rsplit('/').next() == Some("nats-server")))?;
    Some(&words[at + 1..])
}

/// What an image starts.
pub(super) fn image(stage: &Stage, path: &str) -> Option<Config> {
    let words = |wanted: &str| {
        stage.steps.iter().rev().find_map(|step| match &step.kind {
            StepKind::Start { instruction, words, .. } if instruction == wanted => Some(words.clone()),
            _ => None,
        })
    };
    let words = [words("ENTRYPOINT"), words("CMD")].into_iter().flatten().flatten().collect::<Vec<_>>();
    let rest = match program(&words) {
        Some(rest) => rest,
        None if is_image(&stage.image) => &words,
        None => return None,
    };
    let map = arguments(rest).filter(|map| !map.entries.is_empty())?;
    Some(Config { path: format!("{path}#{}", stage.index), name: "image".into(), map, is_part: true, only_included: false })
}

/// A service of compose. What of it is published on every address of the host is reached from outside.
pub(super) fn service(resource: &Resource, path: &str) -> Option<Config> {
    let service = &resource.attrs;
    let words = start(service, "entrypoint", "command");
    let is_server = service.get("image").and_then(Node::as_text).is_some_and(is_image);
    let rest = match program(&words) {
        Some(rest) => rest,
        None if is_server => &words,
        None => return None,
    };
    let mut map = arguments(rest)?;
    // The image has a configuration of its own, which a volume may replace.
    let is_mounted = service.get("volumes").is_some_and(|volumes| volumes.to_string().contains(".conf"));
    let has_rest = ["environment", "env_file", "configs", "extends"].iter().any(|key| service.get(key).is_some());
    let is_part = map.is_open() || (rest.is_empty() && (is_mounted || has_rest || !is_server));
    let image = service.get("image").map_or(service.span, |image| image.span);
    let published = published(service);
    let is_reached = published.iter().any(|(port, _)| port == "4222");
    if is_reached {
        let span = words.first().and_then(|word| word.pieces.first()).map_or(image, |piece| piece.span);
        if map.get("port").is_none() && map.get("host").is_none() {
            map.push("port", span, Node::new(span, NodeKind::Number(4222.0)));
        }
    }
    map.entries.retain_mut(|entry| match entry {
        Entry::Pair { key, key_span, value } if key.starts_with("http") => {
            let port = published.iter().find(|(port, _)| *port == value.to_string());
            *key_span = port.map_or(*key_span, |(_, place)| *place);
            port.is_some()
        }
        _ => true,
    });
    // Whether there is TLS in front of it is not the project's to say.
    if map.get("tls").is_none() {
        map.push("tls", image, Node::unknown(Why::Missing, image));
    }
    let is_part = is_part || !is_reached;
    let name = format_smolstr!("service {}", resource.name);
    Some(Config { path: format!("{path}#{name}"), name, map, is_part, only_included: false })
}

/// The containers of an object that runs pods.
pub(super) fn containers(fact: &Fact, resource: &Resource, path: &str, out: &mut Vec<Config>) {
    let attrs = &resource.attrs;
    for spec in ["spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec"] {
        for container in attrs.all(spec).into_iter().flat_map(|spec| spec.all("containers")).flat_map(Node::one_or_many) {
            let words = start(container, "command", "args");
            let is_server = container.get("image").and_then(Node::as_text).is_some_and(is_image);
            let rest = match program(&words) {
                Some(rest) => rest,
                None if is_server => &words,
                None => continue,
            };
            if let Some(map) = arguments(rest).filter(|map| !map.entries.is_empty()) {
                let name = fact.owner.clone();
                out.push(Config { path: format!("{path}#{name}"), name, map, is_part: true, only_included: false });
            }
        }
    }
}

/// The words that a container starts with.
fn start(container: &Node, program: &str, arguments: &str) -> Vec<Text> {
    let mut words = Vec::new();
    for node in [program, arguments].iter().filter_map(|key| container.get(key)) {
        match &node.kind {
            NodeKind::List(items) => words.extend(items.iter().filter_map(|item| item.as_text().cloned())),
            NodeKind::Text(text) => words.extend(embedded::shell(text).into_iter().flat_map(|command| command.words)),
            _ => {}
        }
    }
    words
}

/// `nats`, `docker.io/library/nats:2`, `bitnami/nats`, `synadia/nats-server`.
fn is_image(image: &Text) -> bool {
    let text = image.to_string();
    let name = text.rsplit('/').next().unwrap_or_default();
    matches!(name.split([':', '@']).next().unwrap_or_default(), "nats" | "nats-server" | "nats-streaming")
}

/// The ports of the container that are published on every address of the host, and where.
fn published(service: &Node) -> Vec<(String, Span)> {
    let ports = service.get("ports").map(Node::one_or_many).unwrap_or_default();
    let target = |port: &Node| {
        if let Some(text) = port.as_str() {
            let parts: Vec<&str> = text.split(':').collect();
            let [address @ .., _, target] = parts.as_slice() else { return None };
            return if address.is_empty() || address == ["0.0.0.0"] { target.split('/').next().map(str::to_owned) } else { None };
        }
        port.get("published").filter(|_| port.get("host_ip").is_none())?;
        port.get("target").map(ToString::to_string)
    };
    ports.into_iter().filter_map(|port| Some((target(port)?, port.span))).collect()
}

/// The map that arguments stand for; open if a file is named, which holds the rest.
fn arguments(words: &[Text]) -> Option<Map> {
    let mut flat: Vec<(SmolStr, Node)> = Vec::new();
    let mut is_open = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(piece) = word.pieces.first() else { continue };
        let span = piece.span;
        let Part::Lit(head) = &piece.part else { continue };
        let Some(option) = head.strip_prefix("--").or_else(|| head.strip_prefix('-')) else { continue };
        let (option, glued) = option.split_once('=').map_or((option, None), |(option, _)| (option, after_equals(word)));
        if let Some((_, keys)) = SWITCHES.iter().find(|(name, _)| *name == option) {
            flat.extend(keys.iter().map(|key| (SmolStr::from(*key), Node::new(span, NodeKind::Bool(true)))));
        } else if let Some((_, key)) = VALUES.iter().find(|(name, _)| *name == option) {
            let value = glued.or_else(|| words.next().cloned())?;
            let place = value.pieces.first().map_or(span, |piece| piece.span);
            if key.is_empty() {
                is_open = Some(span);
            } else {
                flat.push((SmolStr::from(*key), Node::new(place, NodeKind::Text(value))));
            }
        }
    }
    let mut map = Map::default();
    for (key, value) in flat {
        let (key, value) = match key.split_once('.') {
            Some((section, inner)) => {
                let mut map = Map::default();
                let span = value.span;
                map.push(SmolStr::from(inner), span, value);
                (SmolStr::from(section), Node::new(span, NodeKind::Map(map)))
            }
            None => (key, value),
        };
        super::merge(&mut map, &Entry::Pair { key, key_span: value.span, value });
    }
    if let Some(span) = is_open {
        map.entries.push(Entry::Spread(Node::unknown(Why::Missing, span)));
    }
    Some(map)
}

/// The value of `--user=x`.
fn after_equals(word: &Text) -> Option<Text> {
    let mut text = word.clone();
    let Piece { span, part: Part::Lit(head) } = text.pieces.first_mut()? else { return None };
    let at = head.find('=')? + 1;
    if span.len() == head.len() {
        span.start += at as u32;
    }
    *head = head[at..].into();
    Some(text)
}
