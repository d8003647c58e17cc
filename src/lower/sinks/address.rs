//! Addresses: which part of one a caller chooses.

use super::taint::tainted;
use crate::ir::{Node, NodeKind, Op, Part, Ref, Scope, Text, Tri};

/// Whether a request says which host is asked, not only a path or a parameter of a known one.
pub(super) fn controls_host(node: &Node) -> Tri {
    match &node.kind {
        NodeKind::Text(text) => match text.pieces.first().map(|piece| &piece.part) {
            Some(Part::Hole(first)) => controls_host(first),
            Some(Part::Lit(words)) if matches!(words.as_str(), "http://" | "https://" | "//") => {
                text.holes().next().map_or(Tri::No, controls_host)
            }
            _ => Tri::No,
        },
        NodeKind::Map(map) => {
            ["url", "uri", "baseURL", "hostname", "host"].iter().find_map(|key| map.get(key)).map_or(Tri::No, controls_host)
        }
        NodeKind::Ref(name) if is_own_address(name) => Tri::No,
        NodeKind::Op(Op::Or | Op::Coalesce, operands) => Tri::any(operands.iter().map(controls_host)),
        NodeKind::Op(Op::Cond, operands) => Tri::any(operands.iter().skip(1).map(controls_host)),
        NodeKind::Op(Op::Index | Op::Attr | Op::Await, operands) => operands.first().map_or(Tri::No, controls_host),
        NodeKind::Call(call) if is_own_address(&call.callee) => Tri::No,
        // The second argument is only the base of the first.
        NodeKind::Call(call) if matches!(call.callee.last(), "URL" | "parse") => call.args.first().map_or(Tri::No, controls_host),
        _ => tainted(node, 8),
    }
}

/// The address of the request itself is on this server; headers that name it are the proxy's.
fn is_own_address(name: &Ref) -> bool {
    name.scope == Scope::Request
        && match name.first() {
            // Whoever runs a function (`event`) may say which server it asks: the platform itself does.
            "url" | "originalUrl" | "hostname" | "headers" | "header" | "get" | "event" => true,
            // The page's own, to come back to.
            "address" => match name.path.get(1).map(smol_str::SmolStr::as_str) {
                Some("hash") => name.path.len() == 2,
                Some("href" | "search" | "URL") => true,
                _ => false,
            },
            "nextUrl" => !name.path.iter().any(|part| part == "searchParams"),
            _ => false,
        }
}

/// Whether a value is of the address of a page: what a browser asks for, its visitor could.
pub(super) fn is_of_page(node: &Node) -> bool {
    let of_page = |name: &Ref| name.scope == Scope::Request && matches!(name.first(), "address" | "message");
    match &node.kind {
        NodeKind::Ref(name) => of_page(name),
        NodeKind::Text(text) => text.holes().any(is_of_page),
        NodeKind::Op(_, operands) => operands.iter().any(is_of_page),
        NodeKind::Call(call) => of_page(&call.callee) || call.receiver.iter().chain(&call.args).any(is_of_page),
        _ => false,
    }
}

/// `http://` to a host that is not this one.
pub fn goes_in_the_clear(address: &Text) -> bool {
    let Some(Part::Lit(start)) = address.pieces.first().map(|piece| &piece.part) else { return false };
    let Some(rest) = start.strip_prefix("http://") else { return false };
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    // An address that is known only in part may be a local one.
    let is_whole = rest.len() > host.len() || !address.has_holes();
    is_whole && is_public_name(host)
}

/// A name with a domain that can be bought, or a public address.
pub fn is_public_name(host: &str) -> bool {
    let Some((_, domain)) = host.rsplit_once('.') else { return false };
    let is_number = host.chars().all(|char| char.is_ascii_digit() || char == '.');
    let is_reserved = matches!(domain, "local" | "internal" | "localhost" | "test" | "lan" | "svc" | "home" | "corp" | "invalid");
    let is_private = ["127.", "10.", "192.168.", "172.", "169.254.", "0."].iter().any(|start| host.starts_with(start));
    !is_reserved && if is_number { !is_private } else { domain.len() >= 2 && domain.chars().all(|char| char.is_ascii_alphabetic()) }
}
