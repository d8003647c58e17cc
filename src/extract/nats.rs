//! Configuration of nats-server: the whole tree as one resource, and the commands that start it. `link::nats`
//! puts in what is included and what variables hold, and cuts it into sections. Clients are read where no other
//! extractor does.

pub(super) mod clients;
pub(super) mod modes;

use smol_str::SmolStr;

use crate::ir::{FactKind, Node, NodeKind, Resource, ResourceMode, Span};

use super::Extract;

/// Files of another server are not read further than this.
const MAX_FRAGMENT: usize = 64 << 10;

/// Reads the file's facts. A `nats-fragment` may be anything: it counts only where a configuration
/// includes it, and what does not read in it is no problem.
pub(super) fn extract(cx: &mut Extract<'_>, ty: &str) {
    let parsed = if ty == "nats-config" {
        let parsed = crate::parse::nats_conf::parse(&cx.file.src());
        cx.take(parsed)
    } else if cx.file.text.len() <= MAX_FRAGMENT {
        crate::parse::nats_conf::parse(&cx.file.src()).tree
    } else {
        return;
    };
    let name = cx.file.path.rsplit('/').next().unwrap_or_default().into();
    resource(cx, ty, name, cx.file.span(), parsed);
}

/// The commands of a script or unit that start the server.
pub(super) fn commands(cx: &mut Extract<'_>) {
    const SERVER: &str = "nats-server";
    let text: &str = &cx.file.text;
    let mut lines = Vec::new();
    let mut end = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), SERVER) {
        if at < end {
            continue;
        }
        let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
        end = line_end(text, at);
        // Of a unit: `ExecStart=/usr/bin/nats-server …`
        let from = text[start..at].find("ExecStart=").map_or(start, |found| start + found + "ExecStart=".len());
        lines.push(from..end);
    }
    for range in lines {
        for command in crate::parse::shell::commands(&cx.file.src(), range, b'\\') {
            let words = command.words.into_iter().map(|word| {
                let span = word.pieces.first().map_or(command.span, |piece| piece.span);
                Node::new(span, NodeKind::Text(word))
            });
            let words = Node::new(command.span, NodeKind::List(words.collect()));
            resource(cx, "nats-command", SERVER.into(), command.span, words);
        }
    }
}

/// The end of a command's line, with the lines that a backslash continues it on.
fn line_end(text: &str, at: usize) -> usize {
    let mut end = at;
    loop {
        end = text[end..].find('\n').map_or(text.len(), |line| end + line);
        if end == text.len() || !text[..end].ends_with('\\') {
            return end;
        }
        end += 1;
    }
}

/// What stands on a line before and behind a place, as far as it can belong to it.
fn line_around(text: &str, at: usize) -> (&str, &str) {
    const REACH: usize = 400;
    let before = &text[boundary(text, at.saturating_sub(REACH))..at];
    let behind = &text[at..boundary(text, at + REACH)];
    (before.rsplit('\n').next().unwrap_or_default(), behind.split('\n').next().unwrap_or_default())
}

/// The last place up to another one where a character begins or the text ends.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Whether a line is a comment up to a place, by what stands before it.
fn is_comment(before: &str) -> bool {
    before.trim_start().starts_with(['#', '*']) || before.trim_start().starts_with("//") || before.contains(" // ")
}

fn resource(cx: &mut Extract<'_>, ty: &str, name: SmolStr, span: Span, attrs: Node) {
    let resource =
        Resource { provider: "nats".into(), ty: ty.into(), name: name.clone(), address: name.clone(), mode: ResourceMode::Managed, attrs };
    cx.fact(span, name, FactKind::Resource(resource));
}
