//! Encodings. `jsonencode` and `yamlencode` stay calls around their evaluated value, so that a policy
//! keeps its tree and its places; nothing needs the text that they make.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use smol_str::SmolStr;

use super::Args;
use crate::ir::{Call, Map, Node, NodeKind, Ref, Scope, Text, Tri};

/// The result, or nothing if it is not one of these functions or an argument is not known.
pub(super) fn call(name: &str, args: &Args<'_>) -> Option<Node> {
    Some(match name {
        "jsonencode" | "yamlencode" => {
            let callee = Ref::new(Scope::Hcl, [name]);
            let call = Call { callee, receiver: None, args: args.list.to_vec(), is_new: false, result_used: Tri::Yes };
            args.node(NodeKind::Call(Box::new(call)))
        }
        "jsondecode" | "yamldecode" => decode(name == "jsondecode", args.get(0)?)?,
        "base64encode" => args.string(STANDARD.encode(args.text(0)?.as_bytes())),
        "base64decode" => {
            let bytes = STANDARD.decode(args.text(0)?.trim().as_bytes()).ok()?;
            args.string(String::from_utf8(bytes).ok()?)
        }
        "textencodebase64" => args.string(STANDARD.encode(encode(&args.text(0)?, &args.text(1)?)?)),
        "textdecodebase64" => args.string(text(&STANDARD.decode(args.text(0)?.trim().as_bytes()).ok()?, &args.text(1)?)?),
        "urlencode" => args.string(url(&args.text(0)?)),
        "csvdecode" => table(args)?,
        _ => return None,
    })
}

/// A text in one of the encodings of IANA that configurations use: PowerShell takes UTF-16LE.
fn encode(text: &str, encoding: &str) -> Option<Vec<u8>> {
    Some(match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" => text.as_bytes().to_vec(),
        "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => return None,
    })
}

fn text(bytes: &[u8], encoding: &str) -> Option<String> {
    let units = |read: fn([u8; 2]) -> u16| bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect::<Vec<_>>();
    match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" => String::from_utf8(bytes.to_vec()).ok(),
        "UTF-16LE" => String::from_utf16(&units(u16::from_le_bytes)).ok(),
        "UTF-16BE" => String::from_utf16(&units(u16::from_be_bytes)).ok(),
        _ => None,
    }
}

fn decode(json: bool, node: &Node) -> Option<Node> {
    match &node.kind {
        NodeKind::Call(call) if matches!(call.callee.last(), "jsonencode" | "yamlencode") => call.args.first().cloned(),
        NodeKind::Text(text) => {
            let tree = if json { crate::lower::embedded::json(text) } else { crate::lower::embedded::yaml(text) };
            tree.map(|mut tree| {
                tree.via = node.via.clone();
                tree
            })
            .or_else(|| simple(text, node))
        }
        _ => None,
    }
}

/// A JSON or YAML scalar.
fn simple(text: &Text, node: &Node) -> Option<Node> {
    let known = text.known()?;
    let kind = match known.trim() {
        "null" | "" => NodeKind::Null,
        "true" => NodeKind::Bool(true),
        "false" => NodeKind::Bool(false),
        word => NodeKind::Number(word.parse().ok()?),
    };
    Some(Node::new(node.span, kind))
}

/// Rows of a CSV text as maps by the names of its first line; quoted cells may hold commas, not lines.
fn table(args: &Args<'_>) -> Option<Node> {
    const MAX_ROWS: usize = 10_000;
    let text = args.text(0)?;
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let names = cells(lines.next()?);
    let mut rows = Vec::new();
    for line in lines.take(MAX_ROWS) {
        let mut row = Map::default();
        for (name, cell) in names.iter().zip(cells(line)) {
            row.push(name.as_str(), args.span, args.string(cell));
        }
        rows.push(args.node(NodeKind::Map(row)));
    }
    Some(args.list(rows))
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if !quoted || letters.next_if_eq(&'"').is_none() => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().into_iter().for_each(|cell| cell.push(letter)),
        }
    }
    cells
}

fn url(text: &str) -> SmolStr {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out.into()
}
